/* What is wrong with charts that can be read: contradictions, hidden rows and services, and what should be otherwise.
 */
#include "onus/clock.h"
#include "onus/lint.h"
#include "support.h"

#include <criterion/criterion.h>
#include <string.h>

#define PEOPLE "responsible: mlops-engineer, accountable: head-of-mlops"

static const usec TODAY = INT64_C(1790000000) * USEC_PER_SECOND; /* 2026-09-21 */

static chart *check_text(const char *text, diagnostics *d) {
    diagnostics_init(d);
    return chart_load_bytes(&(chart_source){text, strlen(text), "raci.yaml"}, &(chart_context){.now = TODAY}, d);
}

/* ' stands for ". */
static char *quoted(arena *a, const char *text) {
    char *copy = arena_strdup(a, text);
    for (char *at = copy; *at; at++)
        *at = *at == '\'' ? '"' : *at;
    return copy;
}

/* ── contradictions ── */

typedef struct list_case {
    const char *list;
    const char *words; /* NULL: it can match */
} list_case;

Test(lint, lists_that_can_match_nothing) {
    static const list_case CASES[] = {
        {"a = x, a = y", "a = x and a = y"},
        {"a = '', a != ''", "a = \"\" and a != \"\""},
        {"a =~ 'x|y', a = z", "a =~ \"x|y\" and a = z"},
        {"a =~ 'x|y', a =~ 'y|z'", NULL},
        {"a =~ 'x|y', a =~ 'v|w'", "a =~ \"x|y\" and a =~ \"v|w\""},
        {"a =~ 'x|y', a != x, a != y", "a =~ \"x|y\" and a != x and a != y"},
        {"a =~ 'x|y', a != x", NULL},
        {"a =~ 'x|y', b = c, a !~ 'x|y|z'", "a =~ \"x|y\" and a !~ \"x|y|z\""},
        {"a =~ 'x.*', a !~ 'x.*'", "a =~ \"x.*\" and a !~ \"x.*\""},
        {"a =~ 'x.*', a !~ 'xy.*'", NULL},
        {"a =~ 'prod(uction)?', a = staging", "exclude"},
        {"a =~ 'prod(uction)?', a = production", NULL},
        {"a =~ '(?i)prod', a = PROD", NULL}, /* disregards case: not counted up */
        {"a =~ '', a != ''", "exclude"},
        {"severity =~ 'critical|page', a = b", NULL},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        arena *a = arena_new();
        diagnostics d;
        const char *row =
            arena_printf(a, "  - { id: r, loop: system, match: ['%s'], " PEOPLE ", informed: ml-engineer }\n",
                         quoted(a, CASES[i].list));
        chart *c = check_text(chart_text(a, row), &d);
        cr_expect_eq(reported(&d, "impossible-match", CASES[i].words ? CASES[i].words : ""), CASES[i].words != NULL,
                     "%s: %s", CASES[i].list, report(a, &d));
        chart_unref(c);
        diagnostics_release(&d);
        arena_free(a);
    }
}

/* ── hidden rows ── */

typedef struct hidden_case {
    const char *first, *second, *third;
    const char *winners; /* NULL: the third can win */
} hidden_case;

#define ONE "row \"one\" (line 12)"
#define BOTH ONE " and row \"two\" (line 13)"

static const hidden_case HIDDEN[] = {
    {"a = x", "a = y", "a =~ 'x|y'", BOTH},
    {"a = x", "a = y", "a =~ 'x|y|z'", NULL},
    {"a = x", "a = y", "a =~ 'x|y', b = c", BOTH},
    {"a = x, b = c", "a = y", "a =~ 'x|y'", NULL},
    {"a = x, b = c", "a = y", "a =~ 'x|y', b = c", BOTH},
    {"a =~ 'x|y|z'", "b = c", "a =~ 'z|x'", ONE},
    {"a =~ 'x|y'", "b = c", "a =~ 'x|y|z'", NULL},
    {"a =~ 'x|y'", "b = c", "a =~ 'x|y|z', a != z", ONE},
    {"a !~ 'x|y'", "b = c", "a =~ 'u|v'", ONE},
    {"a =~ '.*x.*', b =~ 'prod.*'", "b = c", "a =~ '.*x.*', b = production", ONE},
    {"a =~ 'x.*'", "b = c", "a =~ '(?i)x.*'", NULL},
    {"a != ''", "b = c", "a =~ '(?i).*drift.+'", ONE},
    {"a != ''", "b = c", "a =~ '.*'", NULL},
    {"a = x", "b = c", "a = x, a = y", NULL}, /* that it matches nothing is another problem */
};

Test(lint, rows_that_several_earlier_ones_hide) {
    for (size_t i = 0; i < sizeof HIDDEN / sizeof *HIDDEN; i++) {
        arena *a = arena_new();
        diagnostics d;
        const char *const lists[] = {HIDDEN[i].first, HIDDEN[i].second, HIDDEN[i].third};
        static const char *const IDS[] = {"one", "two", "three"};
        const char *rows = "";
        for (size_t k = 0; k < 3; k++)
            rows = arena_printf(a, "%s  - { id: %s, loop: system, match: ['%s'], " PEOPLE " }\n", rows, IDS[k],
                                quoted(a, lists[k]));
        chart *c = check_text(chart_text(a, rows), &d);
        bool hidden = HIDDEN[i].winners != NULL;
        cr_expect_eq(reported(&d, "shadowed-row", "row \"three\" can never win"), hidden, "%zu: %s", i, report(a, &d));
        cr_expect(!hidden || reported(&d, "shadowed-row", HIDDEN[i].winners), "%zu: %s", i, report(a, &d));
        chart_unref(c);
        diagnostics_release(&d);
        arena_free(a);
    }
}

Test(lint, services_that_are_never_found) {
    static const char SERVICES[] = "services:\n"
                                   "  all: { match: ['model =~ \"a|b|c\"'] }\n"
                                   "  one: { match: [model = b] }\n"
                                   "  d: { match: [model = d] }\n"
                                   "  dd: { match: [model = d, app = x] }\n"
                                   "  e: { match: [model = e] }\n";
    arena *a = arena_new();
    diagnostics d;
    chart *c = check_text(arena_printf(a, "%s%s", chart_text(a, "  []\n"), SERVICES), &d);
    cr_expect_null(c);
    cr_expect_eq(d.errors, 2, "%s", report(a, &d));
    cr_expect(reported(&d, "shadowed-service", "\"one\" is never found: whatever it matches, service \"all\""));
    cr_expect(reported(&d, "shadowed-service", "\"dd\""));
    diagnostics_release(&d);
    arena_free(a);
}

/* ── style ── */

typedef struct style_case {
    const char *rows; /* begin in line 12; "" among the fields: nothing */
    const char *rule;
    unsigned line, column; /* 0: not found */
} style_case;

#define ROW(id, fields)                                                                                                \
    "  - { id: " id ", loop: system, match: [x = " id "], " PEOPLE ", informed: ml-engineer" fields " }\n"

static const style_case STYLE[] = {
    {ROW("r", ", acknowledge_within: 0s"), "never-escalated", 12, 144},
    {ROW("r", ", acknowledge_within: 1s"), "never-escalated", 0, 0},
    {"  - { id: r, loop: system, match: [x = y, severity = warning], " PEOPLE ", acknowledge_within: 0s }\n",
     "never-escalated", 0, 0},
    {"  - { id: r, loop: system, match: [x = y, 'severity =~ \"warning|page\"'], " PEOPLE
     ", acknowledge_within: 0s }\n",
     "never-escalated", 12, 151},
    {"  - { id: r, loop: system, match: [x = y, severity = CRITICAL], " PEOPLE ", acknowledge_within: 0s }\n",
     "never-escalated", 12, 142},
    {"  - { id: r, loop: system, match: [x = y], A/R: mlops-engineer, acknowledge_within: 0s }\n", "never-escalated", 0,
     0},
    {ROW("r", ", verified: 2026-03-25"), "stale-row", 0, 0}, /* 180 days */
    {ROW("r", ", verified: 2026-03-24"), "stale-row", 12, 134},
    {ROW("r", ", verified: 2026-09-01") ROW("s", ""), "stale-row", 13, 11},
    {ROW("r", ""), "stale-row", 0, 0}, /* nobody says when */
    {"  - { id: r, loop: system, match: [x = y], " PEOPLE ", consulted: ml-engineer, consult: now }\n",
     "consulted-at-night", 12, 134},
    {"  - { id: r, loop: system, match: [x = y], " PEOPLE ", consulted: ml-engineer, consult: postmortem }\n",
     "consulted-at-night", 0, 0},
    {"  - { id: r, loop: science, match: [x = y], " PEOPLE ", consulted: ml-engineer, consult: now }\n",
     "consulted-at-night", 0, 0},
    {"  - { id: r, loop: system, match: [x = y], " PEOPLE " }\n", "unused-role", 9, 3},
    {ROW("r", ""), "unused-role", 0, 0},
    {ROW("a", "") ROW("b", "") ROW("c", "") ROW("d", ""), "one-team-accountable", 0, 0}, /* too few to say */
    {ROW("a", "") ROW("b", "") ROW("c", "") ROW("d", "") ROW("e", ""), "one-team-accountable", 4, 3},
    {ROW("a", "") ROW("b", "") ROW("c", "") "  - { id: d, loop: system, match: [x = d], A/R: mlops-engineer }\n"
                                            "  - { id: e, loop: system, match: [x = e], A/R: mlops-engineer }\n",
     "one-team-accountable", 0, 0}, /* 60 % */
};

static bool placed(const diagnostics *d, const char *rule, unsigned line, unsigned column) {
    for (size_t i = 0; i < d->count; i++)
        if (strcmp(d->items[i].rule, rule) == 0)
            return d->items[i].at.line == line && d->items[i].at.column == column;
    return line == 0;
}

Test(lint, what_works_and_should_be_otherwise_is_a_warning_at_its_place) {
    for (size_t i = 0; i < sizeof STYLE / sizeof *STYLE; i++) {
        arena *a = arena_new();
        diagnostics d;
        chart *c = check_text(chart_text(a, STYLE[i].rows), &d);
        cr_expect_not_null(c, "%zu: a warning refuses nothing: %s", i, report(a, &d));
        cr_expect(placed(&d, STYLE[i].rule, STYLE[i].line, STYLE[i].column), "%zu: %s: %s", i, STYLE[i].rule,
                  report(a, &d));
        chart_unref(c);
        diagnostics_release(&d);
        arena_free(a);
    }
}

/* A chart with one team a role. */
static const char *crowd(arena *a, const char *letter, int roles) {
    const char *teams = "", *names = "", *row = "";
    for (int i = 0; i < roles; i++) {
        teams = arena_printf(a, "%s  t%d: { contacts: [chat] }\n", teams, i);
        names = arena_printf(a, "%s  r%d: { team: t%d }\n", names, i, i);
        row = arena_printf(a, "%s%sr%d", row, i ? ", " : "", i);
    }
    return arena_printf(
        a,
        "version: 1\nteams:\n%s  a: { contacts: [chat] }\n  b: { contacts: [chat] }\nroles:\n%s"
        "  ra: { team: a }\n  rb: { team: b }\n"
        "activities: [{ id: r, loop: science, match: x = y, responsible: ra, accountable: rb, %s: [%s] }]\n"
        "unowned: { loop: system, responsible: ra, accountable: rb }\n",
        teams, names, letter, row);
}

Test(lint, too_many_to_ask_or_to_tell) {
    static const struct {
        const char *letter;
        int roles;
        const char *rule; /* NULL: none */
    } CASES[] = {{"consulted", 3, NULL},
                 {"consulted", 4, "many-consulted"},
                 {"informed", 8, NULL},
                 {"informed", 9, "many-informed"}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        arena *a = arena_new();
        diagnostics d;
        chart *c = check_text(crowd(a, CASES[i].letter, CASES[i].roles), &d);
        cr_expect_not_null(c);
        cr_expect_eq(d.count, CASES[i].rule ? 1 : 0, "%s", report(a, &d));
        cr_expect(!CASES[i].rule || reported(&d, CASES[i].rule, "\"r\""), "%s", report(a, &d));
        chart_unref(c);
        diagnostics_release(&d);
        arena_free(a);
    }
}

Test(lint, a_team_that_plays_no_role_and_a_default_that_never_escalates) {
    static const char TEXT[] =
        "version: 1\nacknowledge_within: 0s\n"
        "teams: { a: { contacts: [x] }, b: { contacts: [x] }, c: { contacts: [x] }, d: { contacts: [x] } }\n"
        "roles: { ra: { team: a }, rb: { team: b } }\n"
        "services: { s: { match: [model = m], roles: { ra: d } } }\n"
        "activities: [{ id: r, loop: science, match: x = y, responsible: ra, accountable: rb, acknowledge_within: 5m "
        "}]\n"
        "unowned: { loop: system, responsible: ra, accountable: rb }\n";
    arena *a = arena_new();
    diagnostics d;
    chart *c = check_text(TEXT, &d);
    cr_assert_not_null(c, "%s", report(a, &d));
    cr_expect_eq(d.count, 2, "%s", report(a, &d));
    cr_expect(placed(&d, "never-escalated", 2, 21), "what unowned has by default: %s", report(a, &d));
    cr_expect(reported(&d, "unused-team", "\"c\""), "a team that only a service has is used: %s", report(a, &d));
    chart_unref(c);
    diagnostics_release(&d);
    c = load_text(chart_text(a, ROW("r", ", verified: 2020-01-01")), &d);
    cr_expect_not(reported(&d, "stale-row", ""), "no day is known, none is asked");
    chart_unref(c);
    diagnostics_release(&d);
    arena_free(a);
}
