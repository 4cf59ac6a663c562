/* Charts: what is read, every error with its place, and hostile files. */
#include "onus/clock.h"
#include "onus/diagnostic.h"
#include "onus/limits.h"
#include "support.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const char FULL[] =
    "  - id: production-model-degraded\n"
    "    name: Production model drift or SLO breach\n"
    "    description: What it is\n"
    "    verified: 2026-01-31\n"
    "    loop: system\n"
    "    match:\n"
    "      - [environment = production, alertname =~ \"(?i).*(drift|accuracy).*\"]\n"
    "      - [environment = production, slo = latency, model != \"\"]\n"
    "    responsible: mlops-engineer\n"
    "    accountable: head-of-mlops\n"
    "    consulted: [ml-engineer]\n"
    "    group_by: [service]\n"
    "    runbook: https://runbooks.example.com/drift?x=1#y\n"
    "    acknowledge_within: 5m\n"
    "    acknowledge_expires: 0s\n"
    "    reopen_after: 1h\n"
    "    decide_within: 20m\n"
    "  - { id: alerts, loop: science, match: a = b, responsible: [ml-engineer], accountable: head-of-mlops, group_by: "
    "[...],\n"
    "      consult: postmortem }\n"
    "  - { id: both, loop: platform, match: [a = c], A/R: mlops-engineer, responsible: ml-engineer }\n";

Test(chart_load, reads_every_field) {
    arena *a = arena_new();
    diagnostics d;
    chart *c = load_text(chart_text(a, FULL), &d);
    cr_assert_not_null(c, "%s", report(a, &d));
    cr_expect_eq(d.count, 0, "%s", report(a, &d));
    cr_assert_eq(c->row_count, 3);
    const chart_row *r = &c->rows[0];
    cr_expect_str_eq(r->name, "Production model drift or SLO breach");
    cr_expect_str_eq(r->description, "What it is");
    cr_expect_eq(r->verified, INT64_C(1769817600) * USEC_PER_SECOND);
    cr_expect_eq(r->match_count, 2);
    cr_expect_eq(r->match[1].count, 3);
    cr_expect_eq(r->consult, CONSULT_POSTMORTEM, "the System Loop asks later");
    cr_expect_eq(r->group_by_count, 1);
    cr_expect_not(r->group_by_alert);
    cr_expect_eq(r->acknowledge_within, 5 * USEC_PER_MINUTE);
    cr_expect_eq(r->acknowledge_expires, 0);
    cr_expect_eq(r->reopen_after, USEC_PER_HOUR);
    cr_expect_eq(r->decide_within, 20 * USEC_PER_MINUTE);
    cr_expect_eq(r->at.line, 12);
    r = &c->rows[1];
    cr_expect_str_eq(r->name, "alerts", "the name's default is the id");
    cr_expect(r->group_by_alert);
    cr_expect_null(r->group_by);
    cr_expect_eq(r->consult, CONSULT_POSTMORTEM);
    cr_expect_eq(r->acknowledge_within, 15 * USEC_PER_MINUTE);
    cr_expect_eq(r->acknowledge_expires, 4 * USEC_PER_HOUR);
    cr_expect_eq(r->reopen_after, 10 * USEC_PER_MINUTE);
    r = &c->rows[2];
    cr_expect_eq(r->responsible_count, 2);
    cr_expect_str_eq(r->accountable->id, "mlops-engineer");
    cr_expect_eq(r->consult, CONSULT_NOW);
    cr_expect_str_eq(c->teams[1].contacts[0].channel, "mail");
    cr_expect_str_eq(c->teams[1].contacts[0].address, "leads@example.com");
    cr_expect_str_eq(c->teams[2].name, "science");
    cr_expect_eq(strlen(c->digest), 64);
    chart_unref(c);
    diagnostics_release(&d);
    arena_free(a);
}

#define ROW(fields)                                                                                                    \
    "  - { id: r, loop: system, match: [a = b], responsible: mlops-engineer, accountable: head-of-mlops" fields " }\n"
#define PEOPLE "responsible: mlops-engineer, accountable: head-of-mlops"

typedef struct wrong {
    const char *rows, *rule, *words;
    unsigned line, column;
} wrong;

/* The rows begin in line 12. */
static const wrong WRONG[] = {
    {ROW(", colour: red"), "unknown-key", "no key \"colour\"", 12, 101},
    {ROW(", run_book: x"), "unknown-key", "did you mean \"runbook\"?", 12, 101},
    {ROW(", runbook: ftp://x/y"), "bad-url", "https://", 12, 110},
    {ROW(", runbook: \"https://x y\""), "bad-url", "white space", 12, 110},
    {ROW(", runbook: \"https://x/a>b\""), "bad-url", "must not hold >: write it as %3E", 12, 110},
    {ROW(", runbook: \"https:///x\""), "bad-url", "a host", 12, 110},
    {ROW(", acknowledge_within: 5 minutes"), "bad-duration", "15m", 12, 121},
    {ROW(", verified: yesterday"), "bad-date", "2026-01-31", 12, 111},
    {ROW(", verified: 2026-02-30"), "bad-date", "2026-01-31", 12, 111},
    {ROW(", consult: later"), "bad-word", "postmortem", 12, 110},
    {ROW(", group_by: [..., a]"), "bad-group", "beside", 12, 111},
    {ROW(", informed: [ml-enginer]"), "unknown-role", "did you mean \"ml-engineer\"?", 12, 112},
    {ROW(", informed: [ml-engineer, ml-engineer]"), "duplicate-role", "twice", 12, 125},
    {ROW(", informed: [{}]"), "wrong-type", "a map", 12, 112},
    {ROW(", informed: [mlops-engineer]"), "two-letters", "responsible and informed", 12, 111},
    {"  - { id: r, loop: sistem, match: [a = b], " PEOPLE " }\n", "unknown-loop", "did you mean \"system\"?", 12, 20},
    {"  - { id: r, match: [a = b], " PEOPLE " }\n", "missing-loop", "add `loop", 12, 5},
    {"  - { loop: system, match: [a = b], " PEOPLE " }\n", "missing-id", "add `id", 12, 5},
    {"  - { id: R 1, loop: system, match: [a = b], " PEOPLE " }\n", "bad-id", "a-z", 12, 11},
    {"  - { id: unowned, loop: system, match: [a = b], " PEOPLE " }\n", "bad-id", "unowned", 12, 11},
    {"  - { id: r, loop: system, match: [a = b], responsible: mlops-engineer }\n", "no-accountable", "add `accountable",
     12, 5},
    {"  - { id: r, loop: system, match: [a = b], accountable: head-of-mlops }\n", "no-responsible", "add `responsible",
     12, 5},
    {"  - { id: r, loop: system, match: [a = b], responsible: [], accountable: head-of-mlops }\n", "no-responsible",
     "add `responsible", 12, 5},
    {"  - { id: r, loop: system, match: [a = b], responsible: mlops-engineer, accountable: [head-of-mlops, "
     "ml-engineer] }\n",
     "not-one-accountable", "exactly one", 12, 86},
    {"  - { id: r, loop: system, match: [a = b], responsible: mlops-engineer, accountable: mlops-engineer }\n",
     "two-letters", "`A/R: ROLE`", 12, 57},
    {"  - { id: r, loop: system, " PEOPLE " }\n", "missing-match", "no `match`", 12, 5},
    {"  - { id: r, loop: system, match: [], " PEOPLE " }\n", "empty-match", "claim every event", 12, 35},
    {"  - { id: r, loop: system, match: [[]], " PEOPLE " }\n", "empty-match", "claim every event", 12, 36},
    {"  - { id: r, loop: system, match: [a = b, [c = d]], " PEOPLE " }\n", "bad-matcher", "mixed", 12, 35},
    {"  - { id: r, loop: system, match: [a b], " PEOPLE " }\n", "bad-matcher", "= != =~ !~", 12, 38},
    {"  - { id: r, loop: system, match: [a = \"x, y\"], " PEOPLE " }\n", "bad-matcher", "single quotes", 12, 40},
    {"  - { id: r, loop: system, match: ['a =~ \"(\"'], " PEOPLE " }\n", "bad-matcher", "missing )", 12, 42},
    {"  - { id: r, loop: system, match: [a = x, a = y], " PEOPLE " }\n", "impossible-match", "a = x and a = y", 12, 35},
    {"  - { id: r, loop: system, match: [a = x, a !~ \"x|y\"], " PEOPLE " }\n", "impossible-match", "exclude", 12, 35},
    {"  - { id: r, loop: system, match: [a =~ \"(x\", a = \"\"], " PEOPLE " }\n", "bad-matcher", "missing )", 12, 41},
    {"  - { id: r, loop: system, match: [a = \"\", a != \"\"], " PEOPLE " }\n", "impossible-match", "exclude", 12, 35},
    {ROW("") ROW(""), "duplicate-id", "line 12", 13, 11},
    {"  - 5\n", "wrong-type", "must be a map", 12, 5},
    {"  a: b\n", "wrong-type", "list of rows", 12, 3},
};

Test(chart_load, says_what_is_wrong_where_and_how_to_mend_it) {
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        arena *a = arena_new();
        diagnostics d;
        chart *c = load_text(chart_text(a, WRONG[i].rows), &d);
        cr_expect_null(c, "%s", WRONG[i].rows);
        cr_expect(reported(&d, WRONG[i].rule, WRONG[i].words), "%s%s", WRONG[i].rows, report(a, &d));
        bool placed = false;
        for (size_t k = 0; k < d.count; k++)
            placed = placed || (strcmp(d.items[k].rule, WRONG[i].rule) == 0 && d.items[k].at.line == WRONG[i].line &&
                                d.items[k].at.column == WRONG[i].column);
        cr_expect(placed, "expected %u:%u for %s%s", WRONG[i].line, WRONG[i].column, WRONG[i].rows, report(a, &d));
        chart_unref(c);
        diagnostics_release(&d);
        arena_free(a);
    }
}

Test(chart_load, all_errors_in_one_run) {
    static const char TEXT[] = "version: 2\n"
                               "teems: {}\n"
                               "teams:\n"
                               "  a: { contacts: [\"chat:\", pager] }\n"
                               "  b: { name: }\n"
                               "roles:\n"
                               "  r: { team: aa }\n"
                               "  s: {}\n"
                               "services:\n"
                               "  fraud: { match: [model], roles: { q: a } }\n"
                               "severities: { critical: [page], warning: [PAGE] }\n"
                               "service_labels: {}\n"
                               "acknowledge_within: soon\n"
                               "activities:\n"
                               "  - { id: x, loop: y }\n";
    diagnostics d;
    arena *a = arena_new();
    diagnostics_init(&d);
    static const char *const CHANNELS[] = {"chat", "pages"};
    chart *c = chart_load_bytes(&(chart_source){TEXT, strlen(TEXT), "raci.yaml"},
                                &(chart_context){.channels = CHANNELS, .channel_count = 2}, &d);
    cr_expect_null(c);
    static const char *const RULES[] = {
        "bad-version",  "unknown-key",    "bad-contact",    "unknown-channel", "empty-value",    "unknown-team",
        "missing-team", "bad-matcher",    "unknown-role",   "duplicate-word",  "wrong-type",     "bad-duration",
        "unknown-loop", "no-accountable", "no-responsible", "missing-match",   "missing-unowned"};
    for (size_t i = 0; i < sizeof RULES / sizeof *RULES; i++)
        cr_expect(reported(&d, RULES[i], ""), "%s is missing in\n%s", RULES[i], report(a, &d));
    for (size_t i = 1; i < d.count; i++)
        cr_expect_leq(d.items[i - 1].at.line, d.items[i].at.line);
    diagnostics_release(&d);
    arena_free(a);
}

/* What a row says goes before what the chart says, and that before the row's own acknowledge_within. */
Test(chart_load, how_long_accountable_may_take_to_decide) {
    static const struct {
        const char *of_chart, *of_row;
        usec expected;
    } cases[] = {{"", "", 15 * USEC_PER_MINUTE},
                 {"", ", acknowledge_within: 5m", 5 * USEC_PER_MINUTE},
                 {"", ", acknowledge_within: 5m, decide_within: 0s", 0},
                 {"decide_within: 1h\n", ", acknowledge_within: 5m", USEC_PER_HOUR},
                 {"decide_within: 1h\n", ", decide_within: 2h", 2 * USEC_PER_HOUR}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        arena *a = arena_new();
        diagnostics d;
        const char *row = arena_printf(a,
                                       "  - { id: x, loop: system, match: a = b, responsible: mlops-engineer, "
                                       "accountable: head-of-mlops%s }\n%s",
                                       cases[c].of_row, cases[c].of_chart);
        chart *made = load_text(chart_text(a, row), &d);
        cr_assert_not_null(made, "%s", report(a, &d));
        cr_expect_eq(made->rows[0].decide_within, cases[c].expected, "%zu", c);
        chart_unref(made);
        diagnostics_release(&d);
        arena_free(a);
    }
}

Test(chart_load, people_who_cannot_be_reached) {
    static const char HEAD[] =
        "version: 1\nteams: { a: {}, b: {}, c: { contacts: [x] } }\nroles: { ra: { team: a }, rb: { team: b }, "
        "rc: { team: c } }\nactivities: []\n";
    arena *a = arena_new();
    diagnostics d;
    cr_expect_null(
        load_text(arena_printf(a, "%sunowned: { loop: system, responsible: ra, accountable: rc }\n", HEAD), &d));
    cr_expect(reported(&d, "unreachable-responsible", "\"a\""), "%s", report(a, &d));
    diagnostics_release(&d);
    chart *c = load_text(arena_printf(a, "%sunowned: { loop: system, responsible: rc, accountable: rb }\n", HEAD), &d);
    cr_expect_not_null(c, "%s", report(a, &d));
    cr_expect(reported(&d, "nobody-told", "\"b\""));
    cr_expect_eq(d.errors, 0);
    chart_unref(c);
    diagnostics_release(&d);
    arena_free(a);
}

Test(chart_load, a_service_may_not_give_one_team_two_letters) {
    arena *a = arena_new();
    diagnostics d;
    const char *text =
        arena_printf(a, "services:\n  fraud: { match: [model = fraud], roles: { head-of-mlops: mlops } }\n%s",
                     chart_text(a, ROW("")));
    cr_expect_null(load_text(text, &d));
    cr_expect(reported(&d, "two-letters", "in this service"), "%s", report(a, &d));
    diagnostics_release(&d);
    arena_free(a);
}

typedef struct shadow {
    const char *first, *second;
    bool hidden;
} shadow;

Test(chart_load, rows_that_can_never_win) {
    static const shadow CASES[] = {
        {"a = x", "a = x", true},
        {"a = x", "a = x, b = y", true},
        {"a = x, b = y", "a = x", false},
        {"a =~ 'x.*'", "a = xyz", true},
        {"a != ''", "a = xyz", true},
        {"a != ''", "a =~ 'x.*'", true},
        {"a =~ 'x.*'", "a =~ 'x.*', b = c", true},
        {"a =~ 'x.*'", "a =~ 'xy.*'", false}, /* true, but not proven */
        {"a = x", "b = x", false},
        {"a !~ 'x'", "a = y", true},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        arena *a = arena_new();
        buf one, two;
        buf_init(&one);
        buf_init(&two);
        for (const char *at = CASES[i].first; *at; at++)
            buf_putc(&one, *at == '\'' ? '"' : *at);
        for (const char *at = CASES[i].second; *at; at++)
            buf_putc(&two, *at == '\'' ? '"' : *at);
        diagnostics d;
        chart *c = load_text(chart_text(a, arena_printf(a,
                                                        "  - { id: one, loop: system, match: ['%s'], " PEOPLE " }\n"
                                                        "  - { id: two, loop: system, match: ['%s'], " PEOPLE " }\n",
                                                        one.data, two.data)),
                             &d);
        cr_expect_eq(c == NULL, CASES[i].hidden, "%s / %s: %s", CASES[i].first, CASES[i].second, report(a, &d));
        cr_expect_eq(reported(&d, "shadowed-row", "row \"one\" (line 12)"), CASES[i].hidden);
        chart_unref(c);
        diagnostics_release(&d);
        buf_release(&one);
        buf_release(&two);
        arena_free(a);
    }
}

Test(chart_load, a_file_that_is_not_there_or_too_large) {
    diagnostics d;
    diagnostics_init(&d);
    cr_expect_null(chart_load("/nonexistent/raci.yaml", NULL, &d));
    cr_expect(reported(&d, "unreadable-file", "No such file"));
    cr_expect_null(chart_load("/", NULL, &d));
    cr_expect_eq(d.errors, 2);
    diagnostics_release(&d);
    diagnostics_init(&d);
    size_t len = LIMIT_CHART_BYTES + 1;
    char *text = malloc(len);
    memset(text, '#', len);
    cr_expect_null(chart_load_bytes(&(chart_source){text, len, "f"}, NULL, &d));
    cr_expect(reported(&d, "too-large", "8192 KiB"));
    free(text);
    diagnostics_release(&d);
}

Test(chart_load, ten_thousand_rows_load_and_route) {
    arena *a = arena_new();
    buf rows;
    buf_init(&rows);
    for (int i = 0; i < 10000; i++)
        buf_printf(&rows,
                   "  - { id: r%d, loop: system, match: [[environment = production, model = m%d], ['alertname =~ "
                   "\"Team%dX.*\"']], " PEOPLE " }\n",
                   i, i, i);
    diagnostics d;
    chart *c = load_text(chart_text(a, rows.data), &d);
    cr_assert_not_null(c, "%s", report(a, &d));
    const label pairs[] = {{"environment", "production"}, {"model", "m9999"}};
    const label other[] = {{"alertname", "Team4711XDown"}};
    route r;
    chart_route(c, &(route_question){labels_from_pairs(a, pairs, 2), "", 0}, a, &r);
    cr_expect_str_eq(r.row->id, "r9999");
    chart_route(c, &(route_question){labels_from_pairs(a, other, 1), "", 0}, a, &r);
    cr_expect_str_eq(r.row->id, "r4711");
    chart_unref(c);
    diagnostics_release(&d);
    buf_release(&rows);
    arena_free(a);
}

/* A good chart with bytes changed, cut, doubled: an answer, never a crash. */
Test(chart_load, no_bytes_break_it) {
    arena *a = arena_new();
    const char *good = chart_text(a, FULL);
    size_t len = strlen(good);
    srand(3);
    for (int round = 0; round < 1500; round++) {
        char *text = malloc(len + 1);
        memcpy(text, good, len + 1);
        size_t from = (size_t)rand() % len, count = (size_t)rand() % 6;
        for (size_t i = 0; i < count; i++)
            text[(size_t)rand() % len] = "[]{}:,-\"'\n \t#&*!|>\xff~a0"[rand() % 23];
        size_t cut = rand() % 3 == 0 ? from : len;
        diagnostics d;
        diagnostics_init(&d);
        chart *c = chart_load_bytes(&(chart_source){text, cut, "f"}, NULL, &d);
        cr_expect((c != NULL) == (d.errors == 0));
        chart_unref(c);
        diagnostics_release(&d);
        free(text);
    }
    arena_free(a);
}

/* ── errors beside errors ── */

static size_t count_rule(const diagnostics *d, const char *rule) {
    size_t count = 0;
    for (size_t i = 0; i < d->count; i++)
        count += strcmp(d->items[i].rule, rule) == 0;
    return count;
}

static const char TWO_ERRORS_AND_MORE[] =
    "  - { id: broken, loop: system, match: [a = broken], responsible: mlops-engineer, accountable: head-of-mlops,\n"
    "      consulted: [ml-engineer], runbook: x }\n"
    "  - { id: same, loop: system, match: [a = one], responsible: mlops-engineer, accountable: head-of-mlops }\n"
    "  - { id: same, loop: system, match: [a = two], responsible: mlops-engineer, accountable: mlops-engineer }\n"
    "  - { id: below, loop: system, match: [a = one, b = c], responsible: mlops-engineer, accountable: head-of-mlops "
    "}\n"
    "  - { id: never, loop: system, match: [a = p, a = q], responsible: mlops-engineer, accountable: head-of-mlops,\n"
    "      acknowledge_within: 0s }\n"
    "  - { id: broken, loop: system, match: [a = broken], responsible: mlops-engineer, accountable: head-of-mlops }\n";

Test(chart_load, one_error_hides_no_other) {
    arena *a = arena_new();
    static const char *const RULES[] = {"bad-url",      "duplicate-id",     "two-letters",
                                        "shadowed-row", "impossible-match", "never-escalated"};
    diagnostics d;
    cr_expect_null(load_text(chart_text(a, TWO_ERRORS_AND_MORE), &d));
    for (size_t i = 0; i < sizeof RULES / sizeof *RULES; i++)
        cr_expect_eq(count_rule(&d, RULES[i]), 1, "%s in\n%s", RULES[i], report(a, &d));
    cr_expect_eq(d.count, 6, "and nothing that follows from the broken row:\n%s", report(a, &d));
    diagnostics_release(&d);
    arena_free(a);
}

Test(chart_load, a_key_given_twice_hides_nothing) {
    arena *a = arena_new();
    diagnostics d;
    const char *text = arena_printf(a,
                                    "version: 1\n%steams:\n  more: { contacts: [chat] }\n"
                                    "services:\n  s: { match: [model = s], roles: { ml-engineer: more } }\n"
                                    "  s: { match: [model = s], roles: { ml-engineer: more } }\n",
                                    chart_text(a, TWO_ERRORS_AND_MORE));
    cr_expect_null(load_text(text, &d));
    cr_expect_eq(count_rule(&d, "duplicate-key"), 3, "version, teams, s:\n%s", report(a, &d));
    cr_expect_eq(d.count, 9, "the six of the rows, too, and no unknown team, and no shadowed service:\n%s",
                 report(a, &d));
    diagnostics_release(&d);
    arena_free(a);
}

Test(chart_load, what_only_follows_from_an_error_is_not_reported) {
    static const struct {
        const char *text, *rule;
    } CASES[] = {
        {"version: 1\nteams: { a: { contacts: {} }, b: { contacts: [chat] } }\n"
         "roles: { r: { team: a }, s: { team: b } }\nactivities: []\n"
         "unowned: { loop: system, responsible: r, accountable: s }\n",
         "wrong-type"},
        {"version: 1\nteams: { a: { contacts: [chat] }, b: { contacts: [chat] } }\n"
         "roles: { r: { team: a }, s: { team: nope } }\nactivities: []\n"
         "unowned: { loop: system, responsible: r, accountable: s }\n",
         "unknown-team"},
        {"version: 1\nteams: { a: { contacts: [chat] }, b: { contacts: [chat] } }\n"
         "roles: { r: { team: a }, s: { team: b } }\nactivities: []\n"
         "unowned: { loop: sytem, responsible: r, accountable: s }\n",
         "unknown-loop"},
        {"version: 1\nteams: { a: { contacts: [chat] }, b: { contacts: [chat] } }\n"
         "roles: { r: { team: a }, s: { team: b, team: b } }\nactivities: []\n"
         "unowned: { loop: system, responsible: r, accountable: s }\n",
         "duplicate-key"},
    };
    arena *a = arena_new();
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        diagnostics d;
        cr_expect_null(load_text(CASES[i].text, &d));
        cr_expect(d.count == 1 && count_rule(&d, CASES[i].rule) == 1, "%s alone, not\n%s", CASES[i].rule,
                  report(a, &d));
        diagnostics_release(&d);
    }
    arena_free(a);
}

/* Were each joined to the first one by one, this would take a quarter of a terabyte. */
Test(chart_load, sections_given_very_often_are_read_once) {
    arena *a = arena_new();
    buf b;
    buf_init(&b);
    for (size_t i = 0; i < 200000; i++)
        buf_puts(&b, "teams: { a: }\n");
    diagnostics d;
    cr_expect_null(load_text(b.data, &d));
    cr_expect(reported(&d, "duplicate-key", "teams"), "%s", report(a, &d));
    diagnostics_release(&d);
    buf_release(&b);
    arena_free(a);
}

/* ── white space at the edges ── */

Test(chart_load, white_space_at_an_edge_is_said_where_it_stands) {
    static const struct {
        const char *match; /* the value of `match:` in line 12, as YAML */
        const char *places;
    } CASES[] = {
        {"[alertname = a]", ""},
        {"['alertname =~ \"a b|c d\"']", ""},
        {"['alertname = \" a\"']", "12:28"},
        {"['alertname != \"a \"']", "12:29"},
        {"['alertname =~ \" a|b\"']", "12:29"},
        {"['alertname =~ \"a| b\"']", "12:31"},
        {"['alertname =~ \"a |b\"']", "12:29"},
        {"['alertname !~ \"a|b \"']", "12:31"},
        {"['alertname =~ \"a|b\t\"']", "12:31"},
        {"['alertname =~ \"a|[ ]b|\\\\ c\"']", ""},
        {"['alertname =~ \"(?i)a| b\"']", "12:35"},
        {"['alertname =~ \"full( disk| cpu)?|a *| ?b\"']", ""},
        {"['alertname =~ \"[| ]a|[]| ]b|[[:alpha:] |]c\"']", ""},
        {"['alertname =~ \"a\\\\| b\"']", ""},
        /* joined lines: plain, quoted twice, quoted once, folded, kept */
        {"[alertname =~ \"a|\n     b\"]", "13:6"},
        {"[alertname =~ \"a\n     |b\"]", "12:28"},
        {"[alertname =~ \"x(a|\n     b)y\"]", "13:6"},
        {"[alertname =~ \"a\n     b\"]", ""},
        {"[alertname =~ \"a|\n\n     b\"]", "14:6"},
        {"[\"alertname =~ \\\"a|\n     b\\\"\"]", "13:6"},
        {"[\"alertname =~ \\\"a|\\\n     b\\\"\"]", ""},
        {"['alertname =~ \"a|\n     b\"']", "13:6"},
        {"\n      - >-\n        alertname =~ \"a|\n        b\"\n    ", "15:9"},
        {"\n      - |\n        alertname =~ \"a|\n        b\"\n    ", "15:9"},
        {"\n      - alertname =~ \"a|\n          b|\n          c\"\n    ", "14:11 15:11"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        arena *a = arena_new();
        diagnostics d;
        chart *c = load_text(chart_text(a, arena_printf(a,
                                                        "  - match: %s\n    id: one\n    loop: system\n"
                                                        "    responsible: mlops-engineer\n"
                                                        "    accountable: head-of-mlops\n",
                                                        CASES[i].match)),
                             &d);
        const char *places = "";
        for (size_t k = 0; k < d.count; k++)
            if (strcmp(d.items[k].rule, "outer-white-space") == 0)
                places =
                    arena_printf(a, "%s%s%u:%u", places, *places ? " " : "", d.items[k].at.line, d.items[k].at.column);
        cr_expect_str_eq(places, CASES[i].places, "%zu: %s: %s", i, CASES[i].match, report(a, &d));
        chart_unref(c);
        diagnostics_release(&d);
        arena_free(a);
    }
}
