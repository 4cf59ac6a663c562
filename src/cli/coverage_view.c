/* Owns the looking: each rule's owner, what contests it, and the totals. Pure. Leaves suggestions to coverage_propose.c
 * and words to the printers.
 *
 * The difficulty is what to call contested. Charts overlap on purpose, so "another row matches, too" says nothing. Two
 * owners are in question only when a label decides that the rule does not set and that its alert may yet bear
 * (onus/rivals.h), or when rules of one name go to people under different Accountables. */
#include "cli/coverage.h"

#include "onus/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PROGRESS_EVERY = 500, PROGRESS_AFTER = 400 * 1000 /* microseconds */ };

/* ── progress, for people who wait ── */

typedef struct progress {
    cli *c;
    bool shown, terminal;
    usec began;
    size_t total;
} progress;

static void progress_step(progress *p, size_t done) {
    if (!p->terminal || done % PROGRESS_EVERY != 0 || clock_now(&p->c->clock) - p->began < PROGRESS_AFTER)
        return;
    fprintf(p->c->err, "\r%zu of %zu alerts", done, p->total);
    (void)fflush(p->c->err);
    p->shown = true;
}

static void progress_end(const progress *p) {
    if (p->shown)
        fputs("\r\033[K", p->c->err);
}

/* ── owners ── */

static void own(coverage *v, covered_alert *one, usec at) {
    route r;
    chart_route(v->chart, &(route_question){labels_with_handoff(v->c->memory, one->set), "coverage", at}, v->c->memory,
                &r);
    one->row = r.row;
    one->raci = r.raci;
    one->severity = r.severity;
    one->owned = r.row->index != UNOWNED_ROW;
}

/* Labels that senders and Onus add to alerts, whatever the rule says. */
static const char *const ADDED_LABELS[] = {"environment", "env", "stage", "cluster", "region"};

static bool is_name_byte(char c) {
    return isalnum((unsigned char)c) || c == '_' || c == ':';
}

/* Whether the name stands in the text as a word, behind `before`. */
static bool holds_name(const char *text, const char *before, const char *name) {
    size_t skip = strlen(before), length = strlen(name);
    for (const char *at = strstr(text, name); at; at = strstr(at + 1, name)) {
        bool begins = (size_t)(at - text) >= skip && memcmp(at - skip, before, skip) == 0 &&
                      (skip > 0 || at == text || !is_name_byte(at[-1]));
        if (begins && !is_name_byte(at[length]))
            return true;
    }
    return false;
}

/* A rule's expression names the labels that it selects and keeps, and its annotations those that it shows. */
static bool rule_names(const alert_rule *rule, const char *name) {
    return holds_name(rule->expression, "", name) || holds_name(rule->annotations, "abels.", name);
}

/* Onus sets the state of the handoff for whatever has a model. */
static bool has_model(const covered_alert *one) {
    static const char *const NAMES[] = {"model", "model_name"};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (labels_get(one->set, NAMES[i])[0] != '\0' || rule_names(one->rule, NAMES[i]))
            return true;
    return false;
}

static bool may_bear(const void *context, const char *name) {
    const covered_alert *one = context;
    for (size_t i = 0; i < sizeof ADDED_LABELS / sizeof *ADDED_LABELS; i++)
        if (strcmp(ADDED_LABELS[i], name) == 0)
            return true;
    return text_starts_with(name, "handoff") ? has_model(one) : rule_names(one->rule, name);
}

static void find_rival(chart_rivals *rivals, covered_alert *one) {
    rival found;
    if (!chart_rivals_find(rivals, &(rival_question){one->set, one->row, may_bear, one}, &found))
        return;
    one->rival = found;
    one->contest = one->owned ? CONTEST_KEY : CONTEST_NONE;
}

/* ── one name, two owners ── */

static int by_name(const void *left, const void *right) {
    const covered_alert *a = *(covered_alert *const *)left, *b = *(covered_alert *const *)right;
    int order = strcmp(a->name, b->name);
    return order != 0 ? order : (a > b) - (a < b);
}

static bool same_owner(const covered_alert *a, const covered_alert *b) {
    return a->row == b->row || (a->owned && b->owned && a->row->loop == b->row->loop &&
                                text_equal(a->raci.accountable.team, b->raci.accountable.team));
}

/* Each of a name's rules is held against the first, and the first against the first that differs. */
static void compare_names(covered_alert **sorted, size_t count) {
    for (size_t i = 0, first = 0; i < count; i++) {
        if (strcmp(sorted[i]->name, sorted[first]->name) != 0)
            first = i;
        if (same_owner(sorted[first], sorted[i]))
            continue;
        sorted[i]->contest = CONTEST_NAME;
        sorted[i]->other = sorted[first];
        if (sorted[first]->contest != CONTEST_NAME) {
            sorted[first]->contest = CONTEST_NAME;
            sorted[first]->other = sorted[i];
        }
    }
}

static void find_namesakes(coverage *v) {
    covered_alert **sorted = ARENA_ARRAY(v->c->memory, covered_alert *, v->count ? v->count : 1);
    for (size_t i = 0; i < v->count; i++)
        sorted[i] = &v->alerts[i];
    if (v->count > 1)
        qsort(sorted, v->count, sizeof *sorted, by_name);
    compare_names(sorted, v->count);
}

/* ── totals ── */

static team_share *share_of(coverage *v, const party *who) {
    for (size_t i = 0; i < v->team_count; i++)
        if (strcmp(v->teams[i].id, who->team) == 0)
            return &v->teams[i];
    team_share *share = &v->teams[v->team_count++];
    *share = (team_share){.id = who->team, .name = who->team_name};
    return share;
}

static bool is_named_before(const raci *r, size_t number) {
    for (size_t i = 0; i < number; i++)
        if (strcmp(r->responsible[i].team, r->responsible[number].team) == 0)
            return true;
    return false;
}

static void count_alert(coverage *v, const covered_alert *one) {
    v->unowned += !one->owned;
    v->contested += one->contest != CONTEST_NONE;
    v->by_loop[one->row->loop]++;
    v->unowned_by_loop[one->row->loop] += !one->owned;
    v->by_row[one->owned ? (size_t)one->row->index : v->chart->row_count]++;
    for (size_t i = 0; i < one->raci.responsible_count; i++)
        if (!is_named_before(&one->raci, i))
            share_of(v, &one->raci.responsible[i])->responsible++;
    share_of(v, &one->raci.accountable)->accountable++;
}

static int by_team_name(const void *left, const void *right) {
    const team_share *a = left, *b = right;
    int order = strcmp(a->name, b->name);
    return order != 0 ? order : strcmp(a->id, b->id);
}

static void count_all(coverage *v) {
    v->by_row = ARENA_ARRAY(v->c->memory, size_t, v->chart->row_count + 1);
    v->teams = ARENA_ARRAY(v->c->memory, team_share, v->chart->team_count + 1);
    for (size_t i = 0; i < v->count; i++)
        count_alert(v, &v->alerts[i]);
    for (size_t i = 0; i < v->chart->row_count; i++)
        v->idle_rows += v->by_row[i] == 0;
    if (v->team_count > 1)
        qsort(v->teams, v->team_count, sizeof *v->teams, by_team_name);
}

void coverage_examine(coverage *v, labels extra) {
    arena *a = v->c->memory;
    int terminal = fileno(v->c->err);
    progress p = {v->c, false, terminal >= 0 && isatty(terminal), clock_now(&v->c->clock), v->rules.count};
    chart_rivals *rivals = chart_rivals_new(v->chart);
    v->count = v->rules.count;
    v->alerts = ARENA_ARRAY(a, covered_alert, v->count ? v->count : 1);
    for (size_t i = 0; i < v->count; i++) {
        covered_alert *one = &v->alerts[i];
        const alert_rule *rule = &v->rules.items[i];
        *one = (covered_alert){.rule = rule, .set = labels_with_extra(a, rule->labels, extra)};
        one->name = labels_get(one->set, "alertname");
        own(v, one, p.began);
        find_rival(rivals, one);
        progress_step(&p, i);
    }
    progress_end(&p);
    v->unexamined = chart_rivals_skipped(rivals);
    chart_rivals_free(rivals);
    find_namesakes(v);
    count_all(v);
}

/* ── what the printers share ── */

const char *alert_place(arena *a, const covered_alert *one) {
    return arena_printf(a, "%s:%u", one->rule->file, one->rule->at.line);
}

const char *row_place(arena *a, const coverage *v, const chart_row *row) {
    return row->at.line ? arena_printf(a, "%s:%u", v->chart_path, row->at.line) : v->chart_path;
}

const char *rival_keys_text(arena *a, const rival *r) {
    buf b;
    buf_init(&b);
    for (size_t i = 0; i < r->key_count; i++) {
        buf_puts(&b, i ? ", " : "");
        matcher_print(&b, r->keys[i]);
    }
    const char *text = buf_to_arena(&b, a);
    buf_release(&b);
    return text;
}

static bool decides(const coverage *v, const covered_alert *one, const char *name, const char *value) {
    arena *a = v->c->memory;
    route r;
    labels set = labels_with_handoff(a, labels_with(a, one->set, name, value));
    chart_route(v->chart, &(route_question){set, "coverage", 0}, a, &r);
    return r.row != one->row;
}

/* The label by which two rules of one name differ, and by which the owner changes; "": it takes several. */
static const char *deciding_label(const coverage *v, const covered_alert *one, labels other) {
    for (size_t i = 0; i < one->set.count; i++) {
        const char *name = one->set.items[i].name, *value = labels_get(other, name);
        if (strcmp(value, one->set.items[i].value) != 0 && decides(v, one, name, value))
            return name;
    }
    for (size_t i = 0; i < other.count; i++)
        if (labels_get(one->set, other.items[i].name)[0] == '\0' &&
            decides(v, one, other.items[i].name, other.items[i].value))
            return other.items[i].name;
    return "";
}

static const char *label_text(arena *a, labels set, const char *name) {
    const char *value = labels_get(set, name);
    return *value ? arena_printf(a, "%s = %s", name, text_shorten(a, value, 100)) : arena_printf(a, "no %s", name);
}

static const char *namesake_text(arena *a, const coverage *v, const covered_alert *one) {
    const covered_alert *other = one->other;
    const char *name = deciding_label(v, one, other->set);
    const char *why =
        *name ? arena_printf(a, "%s here, %s there", label_text(a, one->set, name), label_text(a, other->set, name))
              : "their labels differ";
    return arena_printf(a, "%s has its name and goes to %s (%s): %s", alert_place(a, other), other->row->id,
                        loop_title(other->row->loop), why);
}

const char *contest_text(arena *a, const coverage *v, const covered_alert *one) {
    if (one->contest == CONTEST_NAME)
        return namesake_text(a, v, one);
    const rival *r = &one->rival;
    if (r->key_count == 0)
        return "";
    const char *instead = arena_printf(a, "%s (%s, %s)", r->row->id, loop_title(r->row->loop), row_place(a, v, r->row));
    return r->excluded ? arena_printf(a, "only while %s; else %s", rival_keys_text(a, r), instead)
                       : arena_printf(a, "with %s: %s", rival_keys_text(a, r), instead);
}

const char *party_names(arena *a, const party *parties, size_t count) {
    buf b;
    buf_init(&b);
    for (size_t i = 0; i < count; i++)
        buf_printf(&b, "%s%s", i ? ", " : "", parties[i].role_name);
    const char *text = buf_to_arena(&b, a);
    buf_release(&b);
    return text;
}

double percent(size_t part, size_t whole) {
    return whole == 0 ? 0 : 100.0 * (double)part / (double)whole;
}
