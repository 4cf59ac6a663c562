/* Owns judging: does a chart do what the cases expect? Pure.
 *
 * Whatever is compared is a list of things that came, each of which answers to several names (a party to its role, its
 * team, its person); the words of a case must name all of them, and nothing else. The difficulty is the sentence after
 * a failure: who reads it must see at once whether the chart or the case is wrong. */
#include "cli/test.h"

#include "onus/hash_table.h"
#include "onus/text.h"

#include <string.h>

enum { NAMES_MAX = 4, EXPLAINED_MAX = 100 /* failures of one run whose reasons are looked for */ };

typedef struct came_thing {
    const char *names[NAMES_MAX];
    size_t name_count;
    const char *shown;
} came_thing;

typedef struct came_list {
    came_thing *items;
    size_t count;
} came_list;

typedef struct judge {
    const chart *chart;
    arena *memory, *scratch; /* scratch: of one case */
    bool explain;            /* look for hints and near rows, which costs a look at every row */
    const test_case *of;
    const route *route;
} judge;

/* ── what came ── */

static came_list came_word(const judge *j, const char *word) {
    came_list list = {ARENA_NEW(j->memory, came_thing), word[0] != '\0'};
    list.items[0] = (came_thing){{word}, 1, word};
    return list;
}

static came_thing party_thing(arena *a, const party *p) {
    bool named = p->person && p->person[0];
    came_thing t = {
        .names = {p->role, arena_printf(a, "team:%s", p->team), named ? arena_printf(a, "person:%s", p->person) : NULL},
        .name_count = named ? 3 : 2};
    t.shown = named ? arena_printf(a, "%s (%s, %s)", p->role, t.names[1], t.names[2])
                    : arena_printf(a, "%s (%s)", p->role, t.names[1]);
    return t;
}

static came_list came_parties(const judge *j, const party *parties, size_t count) {
    came_list list = {ARENA_ARRAY(j->memory, came_thing, count + 1), count};
    for (size_t i = 0; i < count; i++)
        list.items[i] = party_thing(j->memory, &parties[i]);
    return list;
}

static came_list came_loop(const judge *j) {
    return came_word(j, loop_to_text(j->route->row->loop));
}

static const char *row_name(const chart_row *row) {
    return row->index == UNOWNED_ROW ? "unowned" : row->id;
}

static came_list came_row(const judge *j) {
    return came_word(j, row_name(j->route->row));
}

static came_list came_service(const judge *j) {
    return came_word(j, j->route->service);
}

static came_list came_severity(const judge *j) {
    return came_word(j, severity_to_text(j->route->severity));
}

static came_list came_responsible(const judge *j) {
    return came_parties(j, j->route->raci.responsible, j->route->raci.responsible_count);
}

static came_list came_accountable(const judge *j) {
    return came_parties(j, &j->route->raci.accountable, 1);
}

static came_list came_consulted(const judge *j) {
    return came_parties(j, j->route->raci.consulted, j->route->raci.consulted_count);
}

static came_list came_informed(const judge *j) {
    return came_parties(j, j->route->raci.informed, j->route->raci.informed_count);
}

/* Every contact that is paged when the incident opens, by its own name and by its people's. */
static came_list came_paged(const judge *j) {
    plan_step *steps;
    size_t step_count = decide_plan(j->route, j->memory, &steps), most = 1;
    for (size_t i = 0; i < step_count; i++)
        most += steps[i].who->contact_count;
    came_list list = {ARENA_ARRAY(j->memory, came_thing, most), 0};
    for (size_t i = 0; i < step_count; i++) {
        const plan_step *s = &steps[i];
        for (size_t k = 0; s->page && s->after == 0 && k < s->who->contact_count; k++) {
            came_thing t = party_thing(j->memory, s->who);
            t.shown = t.names[t.name_count++] = contacts_text(j->memory, &s->who->contacts[k], 1);
            list.items[list.count++] = t;
        }
    }
    return list;
}

/* ── does the chart know the word? ── */

typedef struct known_words {
    const char **words;
    size_t count;
} known_words;

static known_words known_rows(const judge *j) {
    const chart *c = j->chart;
    known_words list = {ARENA_ARRAY(j->scratch, const char *, c->row_count + 1), 0};
    list.words[list.count++] = "unowned";
    for (size_t i = 0; i < c->row_count; i++)
        list.words[list.count++] = c->rows[i].id;
    return list;
}

static known_words known_parties(const judge *j) {
    const chart *c = j->chart;
    known_words list = {ARENA_ARRAY(j->scratch, const char *, c->role_count + c->team_count + 1), 0};
    for (size_t i = 0; i < c->role_count; i++)
        list.words[list.count++] = c->roles[i].id;
    for (size_t i = 0; i < c->team_count; i++)
        list.words[list.count++] = arena_printf(j->scratch, "team:%s", c->teams[i].id);
    return list;
}

static const char *unknown_hint(const judge *j, known_words known, const char *word) {
    for (size_t i = 0; i < known.count; i++)
        if (strcmp(known.words[i], word) == 0)
            return "";
    const char *near = text_did_you_mean(word, known.words, known.count);
    const char *mend = near ? arena_printf(j->memory, "; did you mean \"%s\"?", near) : "";
    return arena_printf(j->memory, "the chart knows no \"%s\"%s", word, mend);
}

/* People are no part of the list: who is on call is known by the day only. */
static bool is_open_word(case_field field, const char *word) {
    return text_starts_with(word, "person:") || field == CASE_PAGED;
}

/* ── one key ── */

/* Told apart from a role that has this name. */
static const char *empty_text(arena *a, const char *none) {
    return arena_printf(a, "%s ([])", none);
}

typedef struct rule {
    came_list (*came)(const judge *j);
    known_words (*known)(const judge *j); /* NULL: any word may be right */
    const char *none;                     /* how an empty list reads */
} rule;

static const rule RULES[CASE_FIELD_COUNT] = {
    [CASE_LOOP] = {came_loop, NULL, ""},
    [CASE_ROW] = {came_row, known_rows, ""},
    [CASE_SERVICE] = {came_service, NULL, "none"},
    [CASE_SEVERITY] = {came_severity, NULL, ""},
    [CASE_RESPONSIBLE] = {came_responsible, known_parties, "nobody"},
    [CASE_ACCOUNTABLE] = {came_accountable, known_parties, "nobody"},
    [CASE_CONSULTED] = {came_consulted, known_parties, "nobody"},
    [CASE_INFORMED] = {came_informed, known_parties, "nobody"},
    [CASE_PAGED] = {came_paged, known_parties, "nobody"},
};

static bool names_thing(const char *word, const came_thing *t) {
    for (size_t i = 0; i < t->name_count; i++)
        if (strcmp(word, t->names[i]) == 0)
            return true;
    return false;
}

static bool holds(const case_expectation *e, const came_list *came) {
    for (size_t w = 0; w < e->count; w++) {
        bool found = false;
        for (size_t i = 0; i < came->count; i++)
            found = found || names_thing(e->words[w], &came->items[i]);
        if (!found)
            return false;
    }
    for (size_t i = 0; i < came->count; i++) {
        bool expected = false;
        for (size_t w = 0; w < e->count; w++)
            expected = expected || names_thing(e->words[w], &came->items[i]);
        if (!expected)
            return false;
    }
    return true;
}

static const char *join_words(arena *a, const case_expectation *e, const char *none) {
    const char *text = e->count ? e->words[0] : empty_text(a, none);
    for (size_t i = 1; i < e->count; i++)
        text = arena_printf(a, "%s, %s", text, e->words[i]);
    return text;
}

static const char *join_came(arena *a, const came_list *came, const char *none) {
    const char *text = came->count ? came->items[0].shown : none;
    for (size_t i = 1; i < came->count; i++)
        text = arena_printf(a, "%s, %s", text, came->items[i].shown);
    return text;
}

static const char *hint_for(const judge *j, case_field field) {
    const case_expectation *e = &j->of->expect[field];
    if (!RULES[field].known || !j->explain)
        return "";
    known_words known = RULES[field].known(j);
    for (size_t i = 0; i < e->count; i++) {
        const char *hint = is_open_word(field, e->words[i]) ? "" : unknown_hint(j, known, e->words[i]);
        if (hint[0])
            return hint;
    }
    return "";
}

static bool judge_field(const judge *j, case_field field, case_failure *out) {
    const case_expectation *e = &j->of->expect[field];
    if (!e->given || !RULES[field].came)
        return true;
    came_list came = RULES[field].came(j);
    if (holds(e, &came))
        return true;
    *out = (case_failure){field, join_words(j->memory, e, RULES[field].none),
                          join_came(j->memory, &came, RULES[field].none), hint_for(j, field)};
    return false;
}

/* ── groups: cases with one word open one incident, cases with two words two ── */

typedef struct group_seen {
    const char *text; /* a word, or a key */
    const case_verdict *first;
    UT_hash_handle hh;
} group_seen;

typedef struct groups {
    group_seen *words, *keys;
} groups;

static const char *group_word(const test_case *of) {
    const case_expectation *e = &of->expect[CASE_GROUP];
    return e->given ? e->words[0] : NULL;
}

static const case_verdict *first_with(group_seen **table, const char *text, const case_verdict *v, arena *a) {
    group_seen *known = NULL;
    HASH_FIND_STR(*table, text, known);
    if (known)
        return known->first;
    known = ARENA_NEW(a, group_seen);
    *known = (group_seen){.text = text, .first = v};
    HASH_ADD_KEYPTR(hh, *table, known->text, strlen(text), known);
    return v;
}

static bool judge_group(groups *g, const case_verdict *v, arena *a, case_failure *out) {
    const char *word = group_word(v->of);
    if (!word)
        return true;
    const case_verdict *same_word = first_with(&g->words, word, v, a);
    const case_verdict *same_key = first_with(&g->keys, v->route.group_key, v, a);
    bool parted = strcmp(same_word->route.group_key, v->route.group_key) != 0;
    bool joined = strcmp(group_word(same_key->of), word) != 0;
    if (!parted && !joined)
        return true;
    const test_case *other = parted ? same_word->of : same_key->of;
    *out = (case_failure){.field = CASE_GROUP,
                          .expected = arena_printf(a,
                                                   parted ? "one incident with the case \"%s\" of line %u"
                                                          : "another incident than the case \"%s\" of line %u",
                                                   other->name, other->at.line),
                          .came = parted ? "an incident of its own" : "the same incident",
                          .hint = ""};
    return false;
}

/* ── one case, all cases ── */

static const chart_row *expected_row(const judge *j) {
    const case_expectation *e = &j->of->expect[CASE_ROW];
    for (size_t i = 0; e->count == 1 && i < j->chart->row_count; i++)
        if (strcmp(j->chart->rows[i].id, e->words[0]) == 0)
            return &j->chart->rows[i];
    return NULL;
}

/* The row that was expected, then those that came nearest. Nothing where the right row won: then its people, its
 * service or its group are wrong. */
static void find_near(const judge *j, case_verdict *v) {
    size_t rows = j->chart->row_count;
    const chart_row *wanted = expected_row(j);
    if (wanted == j->route->row)
        return;
    near_miss *all = ARENA_ARRAY(j->scratch, near_miss, rows + 1);
    size_t count = chart_near_misses(j->chart, j->of->labels, j->scratch, rows, all);
    if (wanted && wanted->match_count > 0)
        v->near[v->near_count++] = chart_near_miss(wanted, j->of->labels);
    for (size_t i = 0; i < count; i++) {
        if (all[i].row == wanted)
            v->near[0] = all[i];
        else if (v->near_count < CASE_NEAR_MAX)
            v->near[v->near_count++] = all[i];
    }
}

static void judge_case(const judge *j, groups *g, case_verdict *v) {
    case_failure failures[CASE_FIELD_COUNT];
    for (int f = 0; f < CASE_FIELD_COUNT; f++)
        if (!judge_field(j, (case_field)f, &failures[v->failure_count]))
            v->failure_count++;
    if (!judge_group(g, v, j->memory, &failures[v->failure_count]))
        v->failure_count++;
    case_failure *kept = ARENA_ARRAY(j->memory, case_failure, v->failure_count + 1);
    memcpy(kept, failures, v->failure_count * sizeof *kept);
    v->failures = kept;
}

static void groups_clear(groups *g) {
    HASH_CLEAR(hh, g->words);
    HASH_CLEAR(hh, g->keys);
}

static void judge_all(judge *j, const test_question *q, test_results *out) {
    groups g = {0};
    for (size_t i = 0; i < q->count; i++) {
        case_verdict *v = &out->verdicts[out->count++];
        const test_case *of = v->of = q->cases[i];
        if (i > 0 && strcmp(of->file, q->cases[i - 1]->file) != 0)
            groups_clear(&g); /* a word of `group` holds within its file */
        const char *identity =
            arena_printf(j->memory, "onus-test/%016llx", (unsigned long long)labels_fingerprint(of->labels));
        chart_route(
            j->chart,
            &(route_question){labels_with_handoff(j->memory, of->labels), identity, of->moment ? of->moment : q->now},
            j->memory, &v->route);
        j->of = of;
        j->route = &v->route;
        j->explain = out->failed < EXPLAINED_MAX;
        judge_case(j, &g, v);
        if (v->failure_count > 0 && j->explain)
            find_near(j, v);
        out->failed += v->failure_count > 0;
        arena_reset(j->scratch);
    }
    groups_clear(&g);
}

void cases_judge(const test_question *q, arena *a, test_results *out) {
    judge j = {.chart = q->chart, .memory = a, .scratch = arena_new()};
    out->chart = q->chart;
    out->verdicts = ARENA_ARRAY(a, case_verdict, q->count + 1);
    judge_all(&j, q, out);
    arena_free(j.scratch);
}
