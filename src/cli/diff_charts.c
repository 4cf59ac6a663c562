/* Owns comparing two charts by their text: rows, people, teams, services. Pure.
 *
 * The difficulty: the first row that matches wins, so a row that only stands elsewhere may change everything. Of the
 * rows that both charts have, the longest run that kept its order stays; the others have moved. */
#include "cli/diff.h"

#include "cli/chart_view.h"

#include "onus/rotation.h"
#include "onus/text.h"

#include <string.h>

enum { LIST_BYTES = 160 };

typedef struct comparing {
    arena *memory;
    chart_change *items;
    size_t count, room;
} comparing;

static void add_change(comparing *k, const chart_change *c) {
    if (k->count == k->room) {
        k->room = k->room ? 2 * k->room : 64;
        chart_change *more = ARENA_ARRAY(k->memory, chart_change, k->room);
        if (k->count > 0)
            memcpy(more, k->items, k->count * sizeof *more);
        k->items = more;
    }
    k->items[k->count++] = *c;
}

/* ── names → places ── */

typedef struct named {
    const char *id;
    size_t place;
    UT_hash_handle hh;
} named;

static void name_add(named **table, arena *a, const char *id, size_t place) {
    named *n = ARENA_NEW(a, named);
    *n = (named){.id = id, .place = place};
    HASH_ADD_KEYPTR(hh, *table, n->id, strlen(n->id), n);
}

static const named *name_find(named *table, const char *id) {
    named *n = NULL;
    HASH_FIND_STR(table, id, n);
    return n;
}

/* ── sentences ── */

/* "name: a → b; " */
static void put_change(buf *b, const char *name, const char *was, const char *is) {
    if (strcmp(was, is) != 0)
        buf_printf(b, "%s%s: %s → %s", b->len ? "; " : "", name, was[0] ? was : "nothing", is[0] ? is : "nothing");
}

static const char *roles_text(arena *a, const chart_role *const *roles, size_t count) {
    buf b;
    buf_init(&b);
    for (size_t i = 0; i < count; i++)
        buf_printf(&b, "%s%s", i ? ", " : "", roles[i]->id);
    const char *text = buf_to_arena(&b, a);
    buf_release(&b);
    return text;
}

static const char *list_text(arena *a, const matchers *list) {
    buf b;
    buf_init(&b);
    matchers_print(&b, list);
    const char *text = buf_to_arena(&b, a);
    buf_release(&b);
    return text;
}

static const char **list_texts(arena *a, const chart_row *row) {
    const char **texts = ARENA_ARRAY(a, const char *, row->match_count + 1);
    for (size_t i = 0; i < row->match_count; i++)
        texts[i] = list_text(a, &row->match[i]);
    return texts;
}

static bool is_among(const char *text, const char **texts, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(texts[i], text) == 0)
            return true;
    return false;
}

/* The lists of `of` that `other` lacks. */
static void put_lists(buf *b, arena *a, const chart_row *of, const chart_row *other, const char *sign) {
    const char **own = list_texts(a, of), **others = list_texts(a, other);
    for (size_t i = 0; i < of->match_count; i++)
        if (!is_among(own[i], others, other->match_count))
            buf_printf(b, "%smatch %s [%s]", b->len ? "; " : "", sign, text_shorten(a, own[i], LIST_BYTES));
}

static const char *group_text(arena *a, const chart_row *row) {
    if (row->group_by_alert)
        return "[...]";
    buf b;
    buf_init(&b);
    for (size_t i = 0; i < row->group_by_count; i++)
        buf_printf(&b, "%s%s", i ? ", " : "", row->group_by[i]);
    const char *text = row->group_by ? arena_printf(a, "[%s]", b.data) : "[service, alertname]";
    buf_release(&b);
    return text;
}

static const char *consult_text(const chart_row *row) {
    return row->consult == CONSULT_NOW ? "now" : "postmortem";
}

static void put_row_change(buf *b, arena *a, const chart_row *was, const chart_row *is) {
    put_change(b, "loop", loop_to_text(was->loop), loop_to_text(is->loop));
    put_change(b, "responsible", roles_text(a, was->responsible, was->responsible_count),
               roles_text(a, is->responsible, is->responsible_count));
    put_change(b, "accountable", was->accountable->id, is->accountable->id);
    put_change(b, "consulted", roles_text(a, was->consulted, was->consulted_count),
               roles_text(a, is->consulted, is->consulted_count));
    put_change(b, "informed", roles_text(a, was->informed, was->informed_count),
               roles_text(a, is->informed, is->informed_count));
    put_change(b, "consult", consult_text(was), consult_text(is));
    put_change(b, "group_by", group_text(a, was), group_text(a, is));
    put_change(b, "acknowledge_within", duration_to_text(a, was->acknowledge_within),
               duration_to_text(a, is->acknowledge_within));
    put_change(b, "acknowledge_expires", duration_to_text(a, was->acknowledge_expires),
               duration_to_text(a, is->acknowledge_expires));
    put_change(b, "decide_within", duration_to_text(a, was->decide_within), duration_to_text(a, is->decide_within));
    put_change(b, "reopen_after", duration_to_text(a, was->reopen_after), duration_to_text(a, is->reopen_after));
    put_change(b, "runbook", was->runbook ? was->runbook : "", is->runbook ? is->runbook : "");
    put_change(b, "name", was->name, is->name);
    put_lists(b, a, was, is, "-");
    put_lists(b, a, is, was, "+");
}

/* Only what can be seen: the sentence is empty when nothing changed. */
static void add_changed(comparing *k, const chart_change *like, buf *text) {
    if (text->len == 0)
        return;
    chart_change c = *like;
    c.sign = '~';
    c.text = buf_to_arena(text, k->memory);
    add_change(k, &c);
}

/* ── rows ── */

/* The rows that both have, in the order of the new chart: is each part of the longest run that kept its order? */
typedef struct kept_rows {
    size_t *old_place; /* by place in the new chart; SIZE_MAX: it is new */
    bool *stays;
} kept_rows;

/* The place in `tails` (ends of runs, ascending) that `old` extends. */
static size_t run_place(const size_t *tails, const size_t *old_place, size_t count, size_t old) {
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (old_place[tails[middle]] < old)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void find_stays(kept_rows *rows, size_t count, arena *a) {
    size_t *tails = ARENA_ARRAY(a, size_t, count + 1), *before = ARENA_ARRAY(a, size_t, count + 1), runs = 0;
    for (size_t i = 0; i < count; i++) {
        if (rows->old_place[i] == SIZE_MAX)
            continue;
        size_t at = run_place(tails, rows->old_place, runs, rows->old_place[i]);
        before[i] = at > 0 ? tails[at - 1] : SIZE_MAX;
        tails[at] = i;
        runs = at == runs ? runs + 1 : runs;
    }
    for (size_t i = runs > 0 ? tails[runs - 1] : SIZE_MAX; i != SIZE_MAX; i = before[i])
        rows->stays[i] = true;
}

static kept_rows find_kept(const chart *before, const chart *after, arena *a) {
    named *old = NULL;
    for (size_t i = 0; i < before->row_count; i++)
        name_add(&old, a, before->rows[i].id, i);
    kept_rows rows = {ARENA_ARRAY(a, size_t, after->row_count + 1), ARENA_ARRAY(a, bool, after->row_count + 1)};
    for (size_t i = 0; i < after->row_count; i++) {
        const named *n = name_find(old, after->rows[i].id);
        rows.old_place[i] = n ? n->place : SIZE_MAX;
    }
    HASH_CLEAR(hh, old);
    find_stays(&rows, after->row_count, a);
    return rows;
}

static const char *row_summary(arena *a, const chart_row *row) {
    return arena_printf(a, "%s; responsible: %s; accountable: %s", loop_title(row->loop),
                        roles_text(a, row->responsible, row->responsible_count), row->accountable->id);
}

static void compare_row(comparing *k, const chart_row *was, const chart_row *is, bool stays) {
    buf text;
    buf_init(&text);
    put_row_change(&text, k->memory, was, is);
    if (!stays)
        buf_printf(&text, "%sit stands elsewhere among the rows", text.len ? "; " : "");
    add_changed(k, &(chart_change){.what = "row", .id = is->id, .line = is->at.line}, &text);
    buf_release(&text);
}

static void compare_rows(comparing *k, const chart *before, const chart *after) {
    kept_rows kept = find_kept(before, after, k->memory);
    bool *found = ARENA_ARRAY(k->memory, bool, before->row_count + 1);
    for (size_t i = 0; i < after->row_count; i++) {
        const chart_row *is = &after->rows[i];
        size_t old = kept.old_place[i];
        if (old == SIZE_MAX) {
            add_change(k, &(chart_change){'+', "row", is->id, is->at.line, row_summary(k->memory, is)});
            continue;
        }
        found[old] = true;
        compare_row(k, &before->rows[old], is, kept.stays[i]);
    }
    for (size_t i = 0; i < before->row_count; i++) {
        const chart_row *was = &before->rows[i];
        if (!found[i])
            add_change(k, &(chart_change){'-', "row", was->id, was->at.line, row_summary(k->memory, was)});
    }
}

static void compare_unowned(comparing *k, const chart *before, const chart *after) {
    buf text;
    buf_init(&text);
    put_row_change(&text, k->memory, &before->unowned, &after->unowned);
    add_changed(k, &(chart_change){.what = "unowned", .id = "", .line = after->unowned.at.line}, &text);
    buf_release(&text);
}

/* ── teams, roles, services: one table of what they have in common ── */

typedef struct section {
    const char *what;
    size_t (*count)(const chart *c);
    const char *(*id)(const chart *c, size_t i);
    unsigned (*line)(const chart *c, size_t i);
    void (*put)(buf *b, arena *a, const chart *c, size_t i); /* what people notice of it, as one text */
} section;

/* Who is on call, layer by layer. */
static void rotation_put(buf *b, arena *a, const rotation *r) {
    for (size_t l = 0; l < r->layer_count; l++) {
        const rotation_layer *layer = &r->layers[l];
        buf_puts(b, l ? " | " : ", on call: ");
        for (size_t i = 0; i < layer->people_count; i++)
            buf_printf(b, "%s%s", i ? " " : "", layer->people[i]->id);
        buf_printf(b, " (%s each, %s, from %.16s", duration_to_text(a, layer->shift), layer->zone->name,
                   time_to_text(a, layer->begins));
        if (layer->until_minute != MINUTES_PER_DAY || layer->from_minute != 0 || layer->days != EVERY_DAY)
            buf_printf(b, ", %02d:%02d-%02d:%02d, days %02x", layer->from_minute / 60, layer->from_minute % 60,
                       layer->until_minute / 60, layer->until_minute % 60, layer->days);
        buf_putc(b, ')');
    }
    for (size_t i = 0; i < r->override_count; i++)
        buf_printf(b, " %s%s %.16s to %.16s", i ? "" : "; instead ", r->overrides[i].person->id,
                   time_to_text(a, r->overrides[i].from), time_to_text(a, r->overrides[i].until));
}

/* Without the teams of one, which stand last and are the people themselves. */
static size_t team_count(const chart *c) {
    size_t count = 0;
    while (count < c->team_count && !c->teams[count].person)
        count++;
    return count;
}
static const char *team_id(const chart *c, size_t i) {
    return c->teams[i].id;
}
static unsigned team_line(const chart *c, size_t i) {
    return c->teams[i].at.line;
}
static void team_put(buf *b, arena *a, const chart *c, size_t i) {
    const chart_team *team = &c->teams[i];
    buf_printf(b, "%s, %s", team->name, contacts_text(a, team->contacts, team->contact_count));
    if (team->dissolved)
        buf_printf(b, ", dissolved %.10s", time_to_text(a, team->dissolved));
    if (team->rotation)
        rotation_put(b, a, team->rotation);
}

static size_t person_count(const chart *c) {
    return c->person_count;
}
static const char *person_id(const chart *c, size_t i) {
    return c->people[i].id;
}
static unsigned person_line(const chart *c, size_t i) {
    return c->people[i].at.line;
}
static void person_put(buf *b, arena *a, const chart *c, size_t i) {
    const chart_person *p = &c->people[i];
    buf_printf(b, "%s, %s", p->name, contacts_text(a, p->contacts, p->contact_count));
    if (p->left)
        buf_printf(b, ", left %.10s", time_to_text(a, p->left));
}

static size_t role_count(const chart *c) {
    return c->role_count;
}
static const char *role_id(const chart *c, size_t i) {
    return c->roles[i].id;
}
static unsigned role_line(const chart *c, size_t i) {
    return c->roles[i].at.line;
}
static void role_put(buf *b, arena *a, const chart *c, size_t i) {
    (void)a;
    buf_printf(b, "%s, played by %s", c->roles[i].name, c->roles[i].team->id);
}

static size_t service_count(const chart *c) {
    return c->service_count;
}
static const char *service_id(const chart *c, size_t i) {
    return c->services[i].id;
}
static unsigned service_line(const chart *c, size_t i) {
    return c->services[i].at.line;
}
static void service_put(buf *b, arena *a, const chart *c, size_t i) {
    const chart_service *s = &c->services[i];
    buf_printf(b, "[%s]", text_shorten(a, list_text(a, &s->match), LIST_BYTES));
    for (size_t r = 0; r < s->role_count; r++)
        buf_printf(b, ", %s is %s", s->roles[r].role->id, s->roles[r].team->id);
}

static const section SECTIONS[] = {
    {"person", person_count, person_id, person_line, person_put},
    {"team", team_count, team_id, team_line, team_put},
    {"role", role_count, role_id, role_line, role_put},
    {"service", service_count, service_id, service_line, service_put},
};

static const char *section_text(const section *s, arena *a, const chart *c, size_t i) {
    buf b;
    buf_init(&b);
    s->put(&b, a, c, i);
    const char *text = buf_to_arena(&b, a);
    buf_release(&b);
    return text;
}

static named *section_names(const section *s, const chart *c, arena *a) {
    named *table = NULL;
    for (size_t i = 0; i < s->count(c); i++)
        name_add(&table, a, s->id(c, i), i);
    return table;
}

static void compare_section(comparing *k, const section *s, const chart *before, const chart *after) {
    arena *a = k->memory;
    named *old = section_names(s, before, a), *new = section_names(s, after, a);
    for (size_t i = 0; i < s->count(after); i++) {
        const named *n = name_find(old, s->id(after, i));
        const char *is = section_text(s, a, after, i), *was = n ? section_text(s, a, before, n->place) : is;
        const char *text = n ? arena_printf(a, "%s → %s", was, is) : is;
        if (!n || strcmp(was, is) != 0)
            add_change(k, &(chart_change){n ? '~' : '+', s->what, s->id(after, i), s->line(after, i), text});
    }
    for (size_t i = 0; i < s->count(before); i++)
        if (!name_find(new, s->id(before, i)))
            add_change(
                k, &(chart_change){'-', s->what, s->id(before, i), s->line(before, i), section_text(s, a, before, i)});
    HASH_CLEAR(hh, old);
    HASH_CLEAR(hh, new);
}

/* ── words ── */

static const char *words_text(arena *a, const char *const *words, size_t count) {
    buf b;
    buf_init(&b);
    for (size_t i = 0; i < count; i++)
        buf_printf(&b, "%s%s", i ? ", " : "", words[i]);
    const char *text = buf_to_arena(&b, a);
    buf_release(&b);
    return text;
}

static void compare_words(comparing *k, const chart *before, const chart *after) {
    buf text;
    buf_init(&text);
    for (int s = SEVERITY_CRITICAL; s >= SEVERITY_INFO; s--) {
        const chart_severity_words *was = &before->severities[s], *is = &after->severities[s];
        put_change(&text, severity_to_text((severity)s), words_text(k->memory, was->words, was->count),
                   words_text(k->memory, is->words, is->count));
    }
    add_changed(k, &(chart_change){.what = "severities", .id = ""}, &text);
    buf_clear(&text);
    put_change(&text, "labels", words_text(k->memory, before->service_labels, before->service_label_count),
               words_text(k->memory, after->service_labels, after->service_label_count));
    add_changed(k, &(chart_change){.what = "service_labels", .id = ""}, &text);
    buf_release(&text);
}

chart_changes charts_compare(const chart *before, const chart *after, arena *a) {
    comparing k = {.memory = a};
    compare_rows(&k, before, after);
    compare_unowned(&k, before, after);
    for (size_t i = 0; i < sizeof SECTIONS / sizeof *SECTIONS; i++)
        compare_section(&k, &SECTIONS[i], before, after);
    compare_words(&k, before, after);
    return (chart_changes){k.items, k.count};
}
