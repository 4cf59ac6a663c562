/* Owns summing up: each alert is routed by both charts, compared, and counted for its teams, its rows, and its kind.
 *
 * The difficulty is to hold a bounded amount for any number of alerts: teams and rows are the charts' own, kinds of
 * change have a limit, everything else is forgotten with the alert. */
#include "cli/tally.h"

#include "onus/text.h"

#include <string.h>

enum { NAME_BYTES = 200, EXAMPLE_BYTES = 400 };

void tally_init(tally *t, const tally_question *q) {
    *t = (tally){.memory = arena_new(), .scratch = arena_new(), .charts = {q->before, q->after}, .night = q->night};
    for (int side = BEFORE; side < SIDE_COUNT && q->night; side++)
        t->pages[side] = pages_new();
}

void tally_release(tally *t) {
    HASH_CLEAR(hh, t->teams);
    HASH_CLEAR(hh, t->rows);
    HASH_CLEAR(hh, t->changes);
    for (int side = BEFORE; side < SIDE_COUNT; side++)
        pages_free(t->pages[side]);
    arena_free(t->memory);
    arena_free(t->scratch);
}

/* ── the tables ── */

static tally_team *team_of(tally *t, const party *p) {
    tally_team *team = NULL;
    HASH_FIND_STR(t->teams, p->team, team);
    if (team)
        return team;
    team = ARENA_NEW(t->memory, tally_team);
    *team = (tally_team){.id = p->team, .name = p->team_name};
    HASH_ADD_KEYPTR(hh, t->teams, team->id, strlen(team->id), team);
    return team;
}

static const char *row_id(const route *r) {
    return r->row->index == UNOWNED_ROW ? "unowned" : r->row->id;
}

static tally_row *row_of(tally *t, const route *r) {
    const char *id = row_id(r);
    tally_row *row = NULL;
    HASH_FIND_STR(t->rows, id, row);
    if (row)
        return row;
    row = ARENA_NEW(t->memory, tally_row);
    row->id = id;
    HASH_ADD_KEYPTR(hh, t->rows, row->id, strlen(row->id), row);
    return row;
}

static const char *example_text(arena *a, labels set) {
    buf b;
    buf_init(&b);
    for (size_t i = 0; i < set.count && b.len < EXAMPLE_BYTES; i++)
        buf_printf(&b, "%s%s=%s", i ? " " : "", set.items[i].name, set.items[i].value);
    const char *text = text_shorten(a, b.data, EXAMPLE_BYTES);
    buf_release(&b);
    return text;
}

/* ── one alert ── */

typedef struct comparison {
    const replayed *event;
    route routes[SIDE_COUNT];
    tally_count counts[SIDE_COUNT]; /* what this alert adds */
    whom_change change;
} comparison;

static void count_add(tally_count *into, const tally_count *more) {
    into->alerts += more->alerts;
    into->pages += more->pages;
    into->night += more->night;
}

static void ask_pages(tally *t, comparison *k, int side) {
    const route *r = &k->routes[side];
    k->counts[side] = (tally_count){.alerts = 1};
    if (!t->pages[side])
        return;
    const page_question q = {.group_key = r->group_key,
                             .severity = r->severity,
                             .at = k->event->at,
                             .ends_at = k->event->ends_at,
                             .reopen_after = r->row->reopen_after};
    k->counts[side].pages = pages_count(t->pages[side], &q);
    k->counts[side].night = k->counts[side].pages && night_has(t->night, k->event->at);
}

static bool is_responsible(const route *r, const char *team) {
    for (size_t i = 0; i < r->raci.responsible_count; i++)
        if (strcmp(r->raci.responsible[i].team, team) == 0)
            return true;
    return false;
}

/* A team that plays two roles of one letter is counted once. */
static bool is_repeated(const party *parties, size_t i) {
    for (size_t k = 0; k < i; k++)
        if (strcmp(parties[k].team, parties[i].team) == 0)
            return true;
    return false;
}

static void count_responsible(tally *t, const comparison *k, int side) {
    const raci *r = &k->routes[side].raci;
    const route *other = &k->routes[side == BEFORE ? AFTER : BEFORE];
    for (size_t i = 0; i < r->responsible_count; i++) {
        if (is_repeated(r->responsible, i))
            continue;
        tally_team *team = team_of(t, &r->responsible[i]);
        count_add(&team->of[side], &k->counts[side]);
        if (!is_responsible(other, team->id))
            *(side == BEFORE ? &team->lost : &team->gained) += 1;
    }
}

/* An alert is told to a team once, whatever letters it bears. */
static void count_told(tally *t, const raci *r, int side) {
    size_t count = 1 + r->consulted_count + r->informed_count;
    party *all = ARENA_ARRAY(t->scratch, party, count);
    all[0] = r->accountable;
    for (size_t i = 0; i < r->consulted_count; i++)
        all[1 + i] = r->consulted[i];
    for (size_t i = 0; i < r->informed_count; i++)
        all[1 + r->consulted_count + i] = r->informed[i];
    for (size_t i = 0; i < count; i++)
        if (!is_repeated(all, i))
            team_of(t, &all[i])->told[side]++;
}

static void count_rows(tally *t, const comparison *k) {
    tally_row *was = row_of(t, &k->routes[BEFORE]), *is = row_of(t, &k->routes[AFTER]);
    count_add(&was->of[BEFORE], &k->counts[BEFORE]);
    count_add(&is->of[AFTER], &k->counts[AFTER]);
    was->lost += was != is;
    is->gained += was != is;
    is->moved += k->change.kind == CHANGE_MOVED;
    is->otherwise += k->change.kind != CHANGE_MOVED && k->change.kind != CHANGE_NONE;
}

static tally_change *change_of(tally *t, const comparison *k) {
    const char *name = text_shorten(t->scratch, k->event->name, NAME_BYTES);
    const char *was = row_id(&k->routes[BEFORE]), *is = row_id(&k->routes[AFTER]);
    const char *key =
        arena_printf(t->scratch, "%d\x1f%s\x1f%s\x1f%s\x1f%s", (int)k->change.kind, was, is, k->change.text, name);
    tally_change *c = NULL;
    HASH_FIND_STR(t->changes, key, c);
    if (c || HASH_COUNT(t->changes) >= TALLY_CHANGES_MAX)
        return c;
    c = ARENA_NEW(t->memory, tally_change);
    *c = (tally_change){.key = arena_strdup(t->memory, key),
                        .kind = k->change.kind,
                        .name = arena_strdup(t->memory, name),
                        .rows = {was, is},
                        .text = arena_strdup(t->memory, k->change.text),
                        .why = route_why(&k->routes[AFTER], t->memory),
                        .example = example_text(t->memory, k->event->set)};
    HASH_ADD_KEYPTR(hh, t->changes, c->key, strlen(c->key), c);
    return c;
}

static void count_change(tally *t, const comparison *k) {
    t->by_kind[k->change.kind]++;
    if (k->change.kind == CHANGE_NONE)
        return;
    tally_change *c = change_of(t, k);
    t->unlisted += c == NULL;
    for (int side = BEFORE; c && side < SIDE_COUNT; side++)
        count_add(&c->of[side], &k->counts[side]);
}

void tally_add(tally *t, const replayed *e) {
    comparison k = {.event = e};
    arena_reset(t->scratch);
    for (int side = BEFORE; side < SIDE_COUNT; side++) {
        chart_route(t->charts[side], &(route_question){e->set, e->identity, e->at}, t->scratch, &k.routes[side]);
        ask_pages(t, &k, side);
        count_add(&t->total[side], &k.counts[side]);
    }
    k.change = whom_compare(&k.routes[BEFORE], &k.routes[AFTER], t->scratch);
    for (int side = BEFORE; side < SIDE_COUNT; side++) {
        count_responsible(t, &k, side);
        count_told(t, &k.routes[side].raci, side);
    }
    count_rows(t, &k);
    count_change(t, &k);
}

/* ── the end ── */

bool tally_team_changed(const tally_team *team) {
    return team->gained || team->lost || team->told[BEFORE] != team->told[AFTER] ||
           memcmp(&team->of[BEFORE], &team->of[AFTER], sizeof team->of[BEFORE]) != 0;
}

bool tally_row_changed(const tally_row *row) {
    return row->gained || row->lost || row->moved || row->otherwise ||
           memcmp(&row->of[BEFORE], &row->of[AFTER], sizeof row->of[BEFORE]) != 0;
}

size_t tally_changed(const tally *t) {
    size_t changed = 0;
    for (int k = 0; k < CHANGE_KIND_COUNT; k++)
        changed += t->by_kind[k];
    return changed;
}

static int descending(size_t a, size_t b) {
    return (a < b) - (a > b);
}

static int by_team(const tally_team *a, const tally_team *b) {
    int order = descending(a->gained + a->lost, b->gained + b->lost);
    return order ? order : strcmp(a->id, b->id);
}

static int by_row(const tally_row *a, const tally_row *b) {
    int order = descending(a->gained + a->lost + a->moved, b->gained + b->lost + b->moved);
    order = order ? order : descending(a->otherwise, b->otherwise);
    return order ? order : strcmp(a->id, b->id);
}

static int by_weight(const tally_change *a, const tally_change *b) {
    int order = (int)a->kind - (int)b->kind;
    order = order ? order : descending(a->of[AFTER].pages, b->of[AFTER].pages);
    order = order ? order : descending(a->of[AFTER].alerts, b->of[AFTER].alerts);
    return order ? order : strcmp(a->key, b->key);
}

static void sort_teams(tally *t) {
    HASH_SORT(t->teams, by_team);
}

static void sort_rows(tally *t) {
    HASH_SORT(t->rows, by_row);
}

static void sort_changes(tally *t) {
    HASH_SORT(t->changes, by_weight);
}

void tally_finish(tally *t) {
    sort_teams(t);
    sort_rows(t);
    sort_changes(t);
}
