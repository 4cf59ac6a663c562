/* `onus test`: charts judged by cases. */
#include "unit/cli/harness.h"

#include "onus/json.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* A case of the good chart, and what its `expect` says. */
#define CASE(labels, expect) "version: 1\ncases:\n  - name: one\n    labels: " labels "\n    expect: " expect "\n"
#define DEGRADED "{ environment: production, model: fraud, severity: critical }"

typedef struct judged {
    const char *text;
    const char *says; /* NULL: it holds */
} judged;

static const judged JUDGED[] = {
    {CASE(DEGRADED, "{ loop: system, row: model-degraded, service: fraud, severity: critical }"), NULL},
    {CASE(DEGRADED, "{ responsible: engineer, accountable: head, consulted: [scientist], informed: [] }"), NULL},
    {CASE(DEGRADED, "{ responsible: team:mlops, consulted: team:science }"), NULL},
    {CASE(DEGRADED, "{ consulted: [scientist, team:science] }"), NULL}, /* both name the same party */
    {CASE(DEGRADED, "{ paged: [chat, 'mail:mlops@example.com'] }"), NULL},
    {CASE(DEGRADED, "{ paged: team:mlops }"), NULL},
    {CASE(DEGRADED, "{ paged: engineer }"), NULL},
    {CASE("{ alertname: x }", "{ row: unowned, service: [], severity: warning, consulted: [] }"), NULL},

    {CASE(DEGRADED, "{ loop: science }"), "loop        expected science (line 5)\n                came     system"},
    {CASE(DEGRADED, "{ row: nothing-else }"), "fails: environment = staging"},
    {CASE(DEGRADED, "{ row: model-degradd }"), "did you mean \"model-degraded\"?"},
    {CASE(DEGRADED, "{ service: [] }"), "expected none"},
    {CASE(DEGRADED, "{ severity: info }"), "came     critical"},
    {CASE(DEGRADED, "{ responsible: scientist }"), "came     engineer (team:mlops)"},
    {CASE(DEGRADED, "{ responsible: enginer }"), "the chart knows no \"enginer\"; did you mean \"engineer\"?"},
    {CASE(DEGRADED, "{ consulted: [] }"), "expected nobody ([]) (line 5)"},
    {CASE(DEGRADED, "{ consulted: nobody }"), "expected nobody (line 5)"},
    {CASE(DEGRADED, "{ consulted: [scientist, engineer] }"), "expected scientist, engineer"},
    {CASE(DEGRADED, "{ informed: head }"), "came     nobody"},
    {CASE(DEGRADED, "{ paged: chat }"), "came     chat, mail:mlops@example.com"},
    {CASE(DEGRADED, "{ paged: [chat, 'mail:mlops@example.com', head] }"), "paged"},
    {CASE("{ alertname: x }", "{ row: model-degraded }"), "0 of 2 matchers fit; fails: environment = production"},
};

Test(judging, cases_hold_or_say_what_came_instead) {
    outcome o;
    outcome_init(&o);
    outcome_file(&o, "raci.yaml", good_chart);
    for (size_t i = 0; i < sizeof JUDGED / sizeof *JUDGED; i++) {
        const judged *j = &JUDGED[i];
        outcome_file(&o, "cases.yaml", j->text);
        outcome_run(&o, "test --chart @raci.yaml @cases.yaml");
        cr_expect_eq(o.status, j->says ? EXIT_FAILED : EXIT_DONE, "%s%s%s", j->text, o.out, o.err);
        cr_expect(!j->says || strstr(o.out, j->says), "%s\nlacks: %s\n%s", j->text, j->says, o.out);
        cr_expect(strstr(o.out, j->says ? "0 passed, 1 failed" : "1 passed, 0 failed"), "%s", o.out);
        cr_expect(!j->says || strstr(o.out, "cases.yaml:3:11: failed: one"), "an editor can go there: %s", o.out);
    }
    outcome_release(&o);
}

#define IN_GROUP(name, model, group)                                                                                   \
    "  - { name: " name ", labels: { environment: production, model: " model ", alertname: " name                      \
    " }, expect: { group: " group " } }\n"

Test(judging, cases_of_one_group_open_one_incident_and_others_another) {
    outcome o;
    outcome_init(&o);
    outcome_file(&o, "raci.yaml", good_chart);
    outcome_file(&o, "good.yaml",
                 "version: 1\ncases:\n" IN_GROUP("a", "fraud", "x") IN_GROUP("b", "fraud", "x")
                     IN_GROUP("c", "churn", "y"));
    outcome_run(&o, "test --chart @raci.yaml @good.yaml");
    cr_expect_eq(o.status, EXIT_DONE, "%s", o.out);
    outcome_file(&o, "parted.yaml", "version: 1\ncases:\n" IN_GROUP("a", "fraud", "x") IN_GROUP("b", "churn", "x"));
    outcome_run(&o, "test --chart @raci.yaml @parted.yaml");
    cr_expect(strstr(o.out, "expected one incident with the case \"a\" of line 3 (line 4)"), "%s", o.out);
    outcome_file(&o, "joined.yaml", "version: 1\ncases:\n" IN_GROUP("a", "fraud", "x") IN_GROUP("b", "fraud", "y"));
    outcome_run(&o, "test --chart @raci.yaml @joined.yaml");
    cr_expect(strstr(o.out, "expected another incident than the case \"a\" of line 3 (line 4)"), "%s", o.out);
    outcome_run(&o, "test --chart @raci.yaml @good.yaml @good.yaml");
    cr_expect_eq(o.status, EXIT_DONE, "a word holds within its file: %s", o.out);
    outcome_release(&o);
}

static const char two_cases[] =
    "version: 1\ncases:\n"
    "  - { name: \"<night> & \\\"day\\\"\\t\\x01\", labels: { a: b }, expect: { loop: science } }\n"
    "  - { name: plain, labels: { a: b }, expect: { loop: system } }\n";

Test(judging, as_junit) {
    outcome o;
    outcome_init(&o);
    outcome_file(&o, "raci.yaml", good_chart);
    outcome_file(&o, "cases.yaml", two_cases);
    outcome_run(&o, "test --chart @raci.yaml @cases.yaml --junit @junit.xml");
    cr_expect_eq(o.status, EXIT_FAILED);
    cr_expect(strstr(o.out, "1 passed, 1 failed"), "%s", o.out);
    char path[128];
    snprintf(path, sizeof path, "%s/junit.xml", o.directory);
    char *xml = project_file(path);
    cr_expect(strstr(xml, "<testsuites name=\"onus test\" tests=\"2\" failures=\"1\" errors=\"0\">"), "%s", xml);
    cr_expect(strstr(xml, "name=\"&lt;night&gt; &amp; &quot;day&quot;  \""), "escaped, and without control: %s", xml);
    cr_expect(strstr(xml, "<failure message=\"loop: expected science, came system\" type=\"loop\">"), "%s", xml);
    free(xml);
    outcome_run(&o, "test --chart @raci.yaml @cases.yaml --junit -");
    cr_expect(strncmp(o.out, "<?xml", 5) == 0 && !strstr(o.out, "passed,"), "%s", o.out);
    outcome_run(&o, "test --chart @raci.yaml @cases.yaml --junit /nowhere/junit.xml");
    cr_expect_eq(o.status, EXIT_FAILED);
    cr_expect(strstr(o.err, "/nowhere/junit.xml"), "%s", o.err);
    outcome_release(&o);
}

Test(judging, as_json) {
    outcome o;
    outcome_init(&o);
    err e;
    outcome_file(&o, "raci.yaml", good_chart);
    outcome_file(&o, "cases.yaml", two_cases);
    outcome_run(&o, "test --json --chart @raci.yaml @cases.yaml");
    cJSON *json = json_parse(o.out, strlen(o.out), &e);
    cr_assert(json, "%s", o.out);
    cr_expect_eq(json_int(json, "failed", -1), 1);
    const cJSON *first = cJSON_GetArrayItem(json_member(json, "cases"), 0);
    cr_expect(cJSON_IsFalse(json_member(first, "passed")));
    cr_expect_str_eq(json_member(first, "activity")->valuestring, "unowned");
    const cJSON *failure = cJSON_GetArrayItem(json_member(first, "failures"), 0);
    cr_expect_str_eq(json_member(failure, "came")->valuestring, "system");
    cJSON_Delete(json);
    outcome_release(&o);
}

Test(judging, some_of_the_cases) {
    outcome o;
    outcome_init(&o);
    outcome_file(&o, "raci.yaml", good_chart);
    outcome_file(&o, "cases.yaml", two_cases);
    outcome_run(&o, "test --chart @raci.yaml -k PLAIN -v @cases.yaml");
    cr_expect_eq(o.status, EXIT_DONE);
    cr_expect(strstr(o.out, "passed: plain") && strstr(o.out, "1 passed, 0 failed"), "%s", o.out);
    outcome_run(&o, "test --list @cases.yaml");
    cr_expect(strstr(o.out, "cases.yaml:4:13: plain\n"), "%s", o.out);
    outcome_run(&o, "test --chart @raci.yaml -k nothing @cases.yaml");
    cr_expect_eq(o.status, EXIT_USAGE, "a filter that finds nothing proves nothing");
    outcome_release(&o);
}

Test(judging, a_file_that_cannot_be_read_fails) {
    outcome o;
    outcome_init(&o);
    outcome_file(&o, "raci.yaml", good_chart);
    outcome_file(&o, "good.yaml", two_cases);
    outcome_file(&o, "bad.yaml", CASE("{ a: b }", "{ lop: system }"));
    outcome_run(&o, "test --chart @raci.yaml @good.yaml @bad.yaml @none.yaml");
    cr_expect_eq(o.status, EXIT_FAILED);
    cr_expect(strstr(o.err, "bad.yaml:5:15: error: ") && strstr(o.err, "did you mean \"loop\"?"), "%s", o.err);
    cr_expect(strstr(o.err, "none.yaml: error: "), "%s", o.err);
    outcome_run(&o, "test --chart @none.yaml @good.yaml");
    cr_expect_eq(o.status, EXIT_FAILED);
    outcome_release(&o);
}

/* The shipped cases are the shipped chart's promise. */
Test(judging, the_shipped_chart_does_what_its_cases_expect) {
    outcome o;
    outcome_init(&o);
    outcome_run(&o, "test --chart config/raci.yaml config/cases.yaml");
    cr_expect_eq(o.status, EXIT_DONE, "%s%s", o.out, o.err);
    outcome_run(&o, "test --list config/cases.yaml");
    size_t lines = 0;
    for (const char *at = o.out; *at; at++)
        lines += *at == '\n';
    cr_expect_geq(lines, 33, "the three scenarios and thirty alerts");
    outcome_release(&o);
}
