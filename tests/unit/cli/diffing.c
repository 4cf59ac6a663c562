/* `onus diff`: two charts, their text, and what they do to alerts. */
#include "unit/cli/harness.h"

#include "cli/night.h"
#include "cli/pages.h"
#include "cli/tally.h"
#include "onus/diagnostic.h"
#include "onus/json.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* ── pages ── */

#define MINUTE(n) ((usec)1772330400 * USEC_PER_SECOND + (n)*USEC_PER_MINUTE)

typedef struct page_step {
    const char *group;
    int at, until; /* minutes; until 0: it fires on */
    severity severity;
    bool paged;
    const char *why;
} page_step;

static const page_step STEPS[] = {
    {"a", 0, 30, SEVERITY_WARNING, true, "it opens"},
    {"a", 5, 10, SEVERITY_WARNING, false, "it joins"},
    {"b", 5, 6, SEVERITY_WARNING, true, "another group"},
    {"a", 6, 40, SEVERITY_CRITICAL, true, "it is worse"},
    {"a", 7, 20, SEVERITY_CRITICAL, false, "as bad as before"},
    {"a", 35, 38, SEVERITY_WARNING, false, "open until the last alert ends"},
    {"a", 45, 46, SEVERITY_WARNING, true, "it reopens"},
    {"a", 45, 46, SEVERITY_CRITICAL, false, "no worse than the incident ever was"},
    {"a", 60, 61, SEVERITY_WARNING, true, "too late to reopen: a new one"},
    {"a", 60, 61, SEVERITY_CRITICAL, false, "in the same moment: in the same page"},
    {"c", 61, 0, SEVERITY_INFO, true, "information pages, too"},
    {"c", 9999, 0, SEVERITY_INFO, false, "it never ended"},
};

Test(pages, incidents_are_paged_not_alerts) {
    pages *p = pages_new();
    for (size_t i = 0; i < sizeof STEPS / sizeof *STEPS; i++) {
        const page_step *s = &STEPS[i];
        const page_question q = {.group_key = s->group,
                                 .severity = s->severity,
                                 .at = MINUTE(s->at),
                                 .ends_at = s->until ? MINUTE(s->until) : 0,
                                 .reopen_after = 10 * USEC_PER_MINUTE};
        cr_expect_eq(pages_count(p, &q), s->paged, "%zu: %s", i, s->why);
    }
    pages_free(p);
    pages_free(NULL);
}

/* What is over is forgotten: were it not, a year of single alerts would be held at once. */
Test(pages, a_million_short_groups_are_not_held) {
    pages *p = pages_new();
    arena *a = arena_new();
    size_t paged = 0;
    for (int i = 0; i < 300000; i++) {
        arena_reset(a);
        const page_question q = {.group_key = arena_printf(a, "row\x1f%d", i % 200000),
                                 .at = MINUTE(i),
                                 .ends_at = MINUTE(i) + 1,
                                 .reopen_after = USEC_PER_MINUTE};
        paged += pages_count(p, &q);
    }
    cr_expect_eq(paged, 300000, "each is an incident of its own");
    arena_free(a);
    pages_free(p);
}

typedef struct night_case {
    const char *hours, *zone, *at;
    bool night;
} night_case;

static const night_case NIGHTS[] = {
    {"22:00-07:00", "UTC", "2026-03-01T21:59:59Z", false},
    {"22:00-07:00", "UTC", "2026-03-01T22:00:00Z", true},
    {"22:00-07:00", "UTC", "2026-03-01T06:59:59Z", true},
    {"22:00-07:00", "UTC", "2026-03-01T07:00:00Z", false},
    {"22:00-07:00", "Europe/Berlin", "2026-01-15T21:30:00Z", true},  /* 22:30 there */
    {"22:00-07:00", "Europe/Berlin", "2026-07-15T05:30:00Z", false}, /* 07:30 in summer */
    {"00:00-05:00", "Asia/Kolkata", "2026-07-15T18:29:00Z", false},
    {"00:00-05:00", "Asia/Kolkata", "2026-07-15T18:30:00Z", true},
};

Test(pages, night_is_a_matter_of_the_place) {
    arena *a = arena_new();
    err e = {0};
    for (size_t i = 0; i < sizeof NIGHTS / sizeof *NIGHTS; i++) {
        const night *n = night_new(a, NIGHTS[i].hours, NIGHTS[i].zone, &e);
        usec at;
        cr_assert(n && time_from_text(NIGHTS[i].at, &at, &e), "%s", e.text);
        cr_expect_eq(night_has(n, at), NIGHTS[i].night, "%s %s", NIGHTS[i].zone, NIGHTS[i].at);
    }
    static const char *const wrong[] = {"22-7", "22:00", "25:00-07:00", "22:00-22:00", "22:00-07:00x", "-1:00-07:00"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect_null(night_new(a, wrong[i], "UTC", &e), "%s", wrong[i]);
    cr_expect_null(night_new(a, "22:00-07:00", "Europe/Berlni", &e));
    cr_expect(strstr(e.text, "Europe/Berlin"), "%s", e.text);
    arena_free(a);
}

/* ── two charts ── */

/* The good chart with one text in the place of another. */
static char *edited(const char *what, const char *by) {
    const char *at = strstr(good_chart, what);
    cr_assert(at, "%s", what);
    size_t size = strlen(good_chart) + strlen(by) + 1;
    char *text = malloc(size);
    snprintf(text, size, "%.*s%s%s", (int)(at - good_chart), good_chart, by, at + strlen(what));
    return text;
}

typedef struct edit {
    const char *what, *by;
    const char *of_chart; /* what comparing the charts says */
    change_kind kind;     /* what it is for a degraded model */
    const char *text;
} edit;

static const edit EDITS[] = {
    {"name: A model degrades", "name: Another name", "row model-degraded (", CHANGE_NONE, ""},
    {"    responsible: engineer\n    accountable: head\n    consulted: [scientist]",
     "    responsible: scientist\n    accountable: head\n    consulted: [engineer]",
     "responsible: engineer → scientist; consulted: scientist → engineer", CHANGE_MOVED, "MLOps → Science"},
    {"informed: []", "consult: now", "consult: postmortem → now", CHANGE_TOLD,
     "no longer Science (consulted, when it is over); now Science (consulted, at once)"},
    {"    informed: []\n", "    acknowledge_within: 5m\n", "acknowledge_within: 15m → 5m", CHANGE_TOLD,
     "no longer Leads (accountable, after 15m)"},
    {"    informed: []\n", "    decide_within: 5m\n", "decide_within: 15m → 5m", CHANGE_NONE, ""},
    {"contacts: [chat, \"mail:mlops@example.com\"]", "contacts: [chat]", "team mlops (", CHANGE_REACHED,
     "MLOps: chat, mail:mlops@example.com → chat"},
    {"service_labels: [model]", "service_labels: [model]\nseverities: { critical: [page], warning: [critical] }",
     "severities: critical: nothing → page", CHANGE_SEVERITY, "critical → warning"},
    {"group_by: [service]", "group_by: [service, pod]", "group_by: [service] → [service, pod]", CHANGE_GROUPED,
     "[service] → [service, pod]"},
    {"service_labels: [model]", "service_labels: [environment]", "labels: model → environment", CHANGE_GROUPED,
     "fraud → production"},
    {"- [environment = production, model != \"\"]", "- [environment = prod]",
     "match - [environment = production, model != \"\"]; match + [environment = prod]", CHANGE_TOLD,
     "consulted: Science → nobody"},
};

static chart *load(const char *text) {
    diagnostics d;
    diagnostics_init(&d);
    chart *c = chart_load_bytes(&(chart_source){text, strlen(text), "raci.yaml"}, NULL, &d);
    diagnostics_release(&d);
    return c;
}

static const label DEGRADED[] = {
    {"alertname", "Drift"}, {"environment", "production"}, {"model", "fraud"}, {"pod", "p1"}, {"severity", "critical"}};

Test(diffing, what_an_edit_is_for_those_who_are_told) {
    for (size_t i = 0; i < sizeof EDITS / sizeof *EDITS; i++) {
        const edit *e = &EDITS[i];
        char *text = edited(e->what, e->by);
        chart *before = load(good_chart), *after = load(text);
        cr_assert(before && after, "%s", text);
        arena *a = arena_new();
        route was, is;
        const route_question q = {{DEGRADED, 5}, "am/1", MINUTE(0)};
        chart_route(before, &q, a, &was);
        chart_route(after, &q, a, &is);
        whom_change change = whom_compare(&was, &is, a);
        cr_expect_eq(change.kind, e->kind, "%s: %s", e->by, change.text);
        cr_expect(strstr(change.text, e->text), "%s: %s", e->by, change.text);
        arena_free(a);
        chart_unref(before);
        chart_unref(after);
        free(text);
    }
}

Test(diffing, the_charts_themselves) {
    outcome o;
    outcome_init(&o);
    outcome_file(&o, "old.yaml", good_chart);
    for (size_t i = 0; i < sizeof EDITS / sizeof *EDITS; i++) {
        char *text = edited(EDITS[i].what, EDITS[i].by);
        outcome_file(&o, "new.yaml", text);
        outcome_run(&o, "diff @old.yaml @new.yaml --exit-code");
        cr_expect_eq(o.status, EXIT_FAILED, "%s%s", o.out, o.err);
        cr_expect(strstr(o.out, EDITS[i].of_chart), "%s lacks:\n%s", EDITS[i].of_chart, o.out);
        free(text);
    }
    outcome_run(&o, "diff @old.yaml @old.yaml --exit-code");
    cr_expect_eq(o.status, EXIT_DONE);
    cr_expect(strstr(o.out, "the charts say the same"), "%s", o.out);
    outcome_release(&o);
}

Test(diffing, rows_that_come_go_and_move) {
    static const char row[] =
        "  - { id: %s, name: N, loop: system, match: [x = %s], responsible: engineer, accountable: "
        "head }\n";
    static const char *const orders[] = {"abcdef", "bcaxef"};
    char texts[2][4096];
    outcome o;
    outcome_init(&o);
    for (int side = 0; side < 2; side++) {
        const char *at = strstr(good_chart, "  - id: model-degraded"), *rest = strstr(good_chart, "service_labels");
        int len = snprintf(texts[side], sizeof texts[side], "%.*s", (int)(at - good_chart), good_chart);
        for (const char *id = orders[side]; *id; id++)
            len += snprintf(texts[side] + len, sizeof texts[side] - (size_t)len, row, (char[]){*id, '\0'},
                            (char[]){*id, '\0'});
        snprintf(texts[side] + len, sizeof texts[side] - (size_t)len, "%s", rest);
        outcome_file(&o, side == 0 ? "old.yaml" : "new.yaml", texts[side]);
    }
    outcome_run(&o, "diff @old.yaml @new.yaml");
    cr_expect_eq(o.status, EXIT_DONE, "%s", o.err);
    cr_expect(strstr(o.out, "~ row a (") && strstr(o.out, "it stands elsewhere"), "%s", o.out);
    cr_expect(strstr(o.out, "+ row x (") && strstr(o.out, "- row d ("), "%s", o.out);
    cr_expect_null(strstr(o.out, "row b"), "only what moved: %s", o.out);
    outcome_run(&o, "diff @old.yaml @new.yaml --json");
    err e;
    cJSON *json = json_parse(o.out, strlen(o.out), &e);
    cr_assert(json, "%s", o.out);
    cr_expect_eq(cJSON_GetArraySize(json_member(json, "changes")), 3);
    cJSON_Delete(json);
    outcome_release(&o);
}

/* ── over rules ── */

static const char rules[] =
    "groups:\n"
    "  - name: models\n"
    "    rules:\n"
    "      - { alert: Drift, expr: x, labels: { model: fraud, environment: production } }\n"
    "      - { alert: Slow, expr: x, labels: { model: churn, environment: production } }\n"
    "      - { alert: Elsewhere, expr: x, labels: { model: churn, environment: staging } }\n"
    "      - { alert: \"Odd|name <b>\", expr: x, labels: { model: m, environment: production } }\n"
    "      - { record: not:an:alert, expr: x }\n";

static void rules_begin(outcome *o) {
    outcome_init(o);
    char *text = edited(EDITS[1].what, EDITS[1].by);
    outcome_file(o, "old.yaml", good_chart);
    outcome_file(o, "new.yaml", text);
    outcome_file(o, "rules.yaml", rules);
    free(text);
}

static const cJSON *item_by(const cJSON *list, const char *name, const char *value) {
    const cJSON *item;
    cJSON_ArrayForEach(item, list) if (strcmp(json_member(item, name)->valuestring, value) == 0) return item;
    return NULL;
}

static int64_t side(const cJSON *object, const char *name, const char *which) {
    return json_int(json_member(object, name), which, -1);
}

Test(diffing, whose_alerts_change_over_rule_files) {
    outcome o;
    rules_begin(&o);
    err e;
    outcome_run(&o, "diff @old.yaml @new.yaml --rules @rules.yaml --json");
    cJSON *json = json_parse(o.out, strlen(o.out), &e);
    cr_assert(json, "%s%s", o.out, o.err);
    cr_expect_str_eq(json_member(json, "over")->valuestring, "4 alerting rules of 1 file");
    cr_expect_eq(json_int(json_member(json, "kinds"), "moved", 0), 3);
    cr_expect_eq(json_int(json, "changed", 0), 3);
    const cJSON *science = item_by(json_member(json, "teams"), "team", "science");
    cr_assert(science);
    cr_expect_eq(json_int(science, "gained", 0), 3);
    cr_expect_eq(side(science, "alerts", "before"), 0);
    cr_expect_eq(side(science, "alerts", "after"), 3);
    cr_expect_eq(side(science, "told", "before"), 3);
    cr_expect_eq(side(science, "told", "after"), 0);
    cr_expect_eq(json_int(item_by(json_member(json, "teams"), "team", "mlops"), "lost", 0), 3);
    cr_expect_eq(side(json, "pages", "after"), 0, "rules have no time");
    const cJSON *row = item_by(json_member(json, "rows"), "row", "model-degraded");
    cr_assert(row);
    cr_expect_eq(json_int(row, "moved", 0), 3);
    cr_expect_null(item_by(json_member(json, "rows"), "row", "nothing-else"), "as before");
    cr_expect_str_eq(json_member(item_by(json_member(json, "changed_alerts"), "name", "Drift"), "change")->valuestring,
                     "MLOps → Science");
    cJSON_Delete(json);
    outcome_release(&o);
}

Test(diffing, as_text_bounded) {
    outcome o;
    rules_begin(&o);
    outcome_run(&o, "diff @old.yaml @new.yaml --rules @rules.yaml --show 1");
    cr_expect_eq(o.status, EXIT_DONE, "%s", o.err);
    static const char *const said[] = {"4 alerting rules of 1 file, by ",
                                       "moved to another Responsible",
                                       "Science",
                                       "4 → 1",
                                       "and 1 more team\n",
                                       "MLOps → Science",
                                       "Row “A model degrades” claims it: environment is production, model is fraud",
                                       "and 2 more alerts"};
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        cr_expect(strstr(o.out, said[i]), "\"%s\" is not in:\n%s", said[i], o.out);
    cr_expect_null(strstr(o.out, "AT NIGHT"), "%s", o.out);
    outcome_run(&o, "diff @old.yaml @new.yaml --exit-code --rules @rules.yaml");
    cr_expect_eq(o.status, EXIT_FAILED);
    outcome_run(&o, "diff @old.yaml @old.yaml --exit-code --rules @rules.yaml");
    cr_expect_eq(o.status, EXIT_DONE);
    outcome_release(&o);
}

Test(diffing, as_markdown_that_no_name_can_break) {
    outcome o;
    rules_begin(&o);
    outcome_run(&o, "diff @old.yaml @new.yaml --rules @rules.yaml --markdown");
    static const char *const said[] = {"### Whose pages change: ",   "**3 change**, 1 as before",
                                       "| team | alerts | gained |", "<details><summary>By row</summary>",
                                       "Odd\\|name &lt;b&gt;",       "</details>"};
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        cr_expect(strstr(o.out, said[i]), "\"%s\" is not in:\n%s", said[i], o.out);
    outcome_run(&o, "diff @old.yaml @new.yaml --markdown");
    cr_expect(strstr(o.out, "| changed | row model-degraded |"), "%s", o.out);
    outcome_release(&o);
}

Test(diffing, labels_that_rules_do_not_have) {
    outcome o;
    rules_begin(&o);
    outcome_file(&o, "bare.yaml",
                 "groups: [{ name: g, rules: [{ alert: A, expr: x, labels: { model: m } }, { alert: B, expr: "
                 "x, labels: { model: m, environment: staging } }] }]\n");
    outcome_run(&o, "diff @old.yaml @new.yaml --rules @bare.yaml --exit-code");
    cr_expect_eq(o.status, EXIT_DONE, "%s", o.out);
    outcome_run(&o, "diff @old.yaml @new.yaml --rules @bare.yaml --label environment=production");
    cr_expect(strstr(o.out, "moved to another Responsible                 1"), "what a rule says itself stays: %s",
              o.out);
    outcome_run(&o, "diff @old.yaml @new.yaml --rules @bare.yaml --label up{environment=\"production\"}");
    cr_expect(strstr(o.out, "moved to another Responsible                 1"), "a series, as `route` takes it: %s%s",
              o.out, o.err);
    outcome_run(&o, "diff @old.yaml @new.yaml --rules @bare.yaml @rules.yaml");
    cr_expect(strstr(o.out, "6 alerting rules of 2 files"), "%s", o.out);
    outcome_release(&o);
}

Test(diffing, rules_that_were_read_in_part_fail) {
    outcome o;
    rules_begin(&o);
    outcome_file(&o, "cut.yaml",
                 "groups:\n  - rules:\n      - { alert: Whole, expr: x, labels: { environment: production } }\n"
                 "      - { alert: Cut, expr: x, labels: [ }\n");
    outcome_run(&o, "diff @old.yaml @new.yaml --rules @rules.yaml @cut.yaml");
    cr_expect_eq(o.status, EXIT_FAILED, "%s", o.out);
    cr_expect(strstr(o.err, "[yaml-syntax]") && strstr(o.out, "alerting rule"), "and the rest is shown:\n%s%s", o.out,
              o.err);
    outcome_release(&o);
}

Test(diffing, what_cannot_be_asked) {
    outcome o;
    rules_begin(&o);
    static const struct {
        const char *arguments;
        int status;
        const char *says;
    } table[] = {
        {"diff @old.yaml @none.yaml", EXIT_FAILED, "none.yaml"},
        {"diff @old.yaml @new.yaml --rules @none.yaml", EXIT_FAILED, "none.yaml"},
        {"diff @old.yaml @new.yaml --label nonsense --rules @rules.yaml", EXIT_USAGE, "name=value"},
        {"diff @old.yaml @new.yaml --label a=b --label a=c --rules @rules.yaml", EXIT_USAGE, "\"a\" is given twice"},
        {"diff @old.yaml @new.yaml --night late", EXIT_USAGE, "22:00-07:00"},
        {"diff @old.yaml @new.yaml --time-zone Nowhere", EXIT_USAGE, "Nowhere"},
        {"diff @old.yaml @new.yaml --show many", EXIT_USAGE, "--show"},
        {"diff @old.yaml @new.yaml --since soon --local @none", EXIT_USAGE, "30d"},
        {"diff @old.yaml @new.yaml --since 30d --local @none", EXIT_FAILED, "onus: "},
        {"check @old.yaml --since 30d --local @none", EXIT_FAILED, "onus: "},
        {"check @old.yaml --since soon --local @none", EXIT_FAILED, "30d"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        outcome_run(&o, table[i].arguments);
        cr_expect_eq(o.status, table[i].status, "%s: %s", table[i].arguments, o.err);
        cr_expect(strstr(o.err, table[i].says), "%s: %s", table[i].arguments, o.err);
        cr_expect_not(strstr(o.out, "no errors"), "%s: %s", table[i].arguments, o.out);
    }
    outcome_release(&o);
}

/* ── over what was recorded: the store's reading is tested in tests/pg and tests/e2e ── */

Test(diffing, pages_and_night_pages_are_counted_by_incident) {
    char *text = edited(EDITS[1].what, EDITS[1].by);
    chart *before = load(good_chart), *after = load(text);
    arena *a = arena_new();
    err e = {0};
    tally t;
    tally_init(&t, &(tally_question){before, after, night_new(a, "22:00-07:00", "UTC", &e)});
    /* 02:00: two alerts of one incident; 12:00: one more; then one that stays where it was */
    static const int minutes[] = {0, 1, 600};
    for (int i = 0; i < 3; i++)
        tally_add(&t, &(replayed){{DEGRADED, 5}, "Drift", "am/1", MINUTE(minutes[i]), MINUTE(minutes[i] + 5)});
    tally_add(&t, &(replayed){{DEGRADED, 1}, "Drift", "am/2", MINUTE(601), 0});
    tally_finish(&t);
    cr_expect_eq(t.total[AFTER].alerts, 4);
    cr_expect_eq(t.total[AFTER].pages, 3);
    cr_expect_eq(t.total[AFTER].night, 1);
    cr_expect_eq(tally_changed(&t), 3);
    cr_expect_str_eq(t.teams->id, "mlops");
    cr_expect_eq(t.teams->of[BEFORE].pages, 3);
    cr_expect_eq(t.teams->of[AFTER].pages, 1);
    cr_expect_eq(t.teams->of[AFTER].night, 0);
    cr_expect_eq(HASH_COUNT(t.changes), 1);
    cr_expect_eq(t.changes->of[AFTER].alerts, 3);
    tally_release(&t);
    arena_free(a);
    chart_unref(before);
    chart_unref(after);
    free(text);
}

Test(diffing, kinds_of_change_are_bounded) {
    char *text = edited(EDITS[1].what, EDITS[1].by);
    chart *before = load(good_chart), *after = load(text);
    arena *a = arena_new();
    tally t;
    tally_init(&t, &(tally_question){before, after, NULL});
    for (int i = 0; i < TALLY_CHANGES_MAX + 7; i++)
        tally_add(&t, &(replayed){{DEGRADED, 5}, arena_printf(a, "A%d", i), "am/1", MINUTE(0), 0});
    cr_expect_eq(HASH_COUNT(t.changes), TALLY_CHANGES_MAX);
    cr_expect_eq(t.unlisted, 7);
    cr_expect_eq(tally_changed(&t), TALLY_CHANGES_MAX + 7);
    tally_release(&t);
    arena_free(a);
    chart_unref(before);
    chart_unref(after);
    free(text);
}
