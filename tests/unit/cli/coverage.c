/* `onus coverage`: owners, contests, suggestions, totals, as people and programs read them. */
#include "unit/cli/harness.h"

#include "cli/coverage.h"
#include "onus/json.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const char chart_text[] = "version: 1\n"
                                 "teams:\n"
                                 "  ops: { name: Operations, contacts: [chat] }\n"
                                 "  ops-lead: { name: Operations Leads, contacts: [chat] }\n"
                                 "  ground: { name: Ground, contacts: [chat] }\n"
                                 "  ground-lead: { name: Ground Leads, contacts: [chat] }\n"
                                 "roles:\n"
                                 "  sre: { name: SRE, team: ops }\n"
                                 "  sre-lead: { name: SRE Lead, team: ops-lead }\n"
                                 "  platform: { name: Platform Engineer, team: ground }\n"
                                 "  platform-lead: { name: Head of Platform, team: ground-lead }\n"
                                 "activities:\n"
                                 "  - id: training-jobs\n"
                                 "    name: Training\n"
                                 "    loop: science\n"
                                 "    match:\n"
                                 "      - ['alertname =~ \"(?i).*job.*\"', namespace = train]\n"
                                 "    responsible: sre\n"
                                 "    accountable: sre-lead\n"
                                 "  - id: pages\n"
                                 "    name: Whatever pages at the edge\n"
                                 "    loop: system\n"
                                 "    match:\n"
                                 "      - [alertname = EdgeDown, severity = page]\n"
                                 "    responsible: sre\n"
                                 "    accountable: sre-lead\n"
                                 "  - id: clusters\n"
                                 "    name: Clusters\n"
                                 "    loop: platform\n"
                                 "    match:\n"
                                 "      - ['alertname =~ \"(?i)kube.*\"']\n"
                                 "      - [alertname = EdgeDown]\n"
                                 "    responsible: platform\n"
                                 "    accountable: platform-lead\n"
                                 "  - id: databases\n"
                                 "    name: Databases\n"
                                 "    loop: platform\n"
                                 "    match:\n"
                                 "      - ['alertname =~ \"(?i)postgres.*\"']\n"
                                 "    responsible: platform\n"
                                 "    accountable: platform-lead\n"
                                 "unowned: { loop: system, responsible: sre, accountable: sre-lead }\n";

static const char rules_text[] = "groups:\n"
                                 "- name: kubernetes\n"
                                 "  rules:\n"
                                 "  - alert: KubeJobFailed\n"
                                 "    expr: kube_job_failed > 0\n"
                                 "    annotations: { summary: \"{{ $labels.namespace }} failed\" }\n"
                                 "  - alert: KubeJobSlow\n"
                                 "    expr: max(kube_job_seconds) > 60\n"
                                 "    annotations: { summary: a namespace is slow }\n"
                                 "  - alert: KubeJobStuck\n"
                                 "    expr: sum by (namespace) (kube_job_stuck) > 0\n"
                                 "    labels: { namespace: serve }\n"
                                 "- name: stores\n"
                                 "  rules:\n"
                                 "  - { alert: PostgresDown, expr: pg_up == 0 }\n"
                                 "  - { alert: RedisDown, expr: redis_up == 0 }\n"
                                 "  - { alert: RedisMemoryHigh, expr: redis_memory > 1 }\n"
                                 "- name: edge\n"
                                 "  rules:\n"
                                 "  - { alert: EdgeDown, expr: up == 0, labels: { severity: page } }\n"
                                 "  - { alert: EdgeDown, expr: up == 0, labels: { severity: ticket } }\n"
                                 "---\n"
                                 "- { alert: \"it's odd: <b>\", expr: vector(1) }\n"
                                 "- { alert: \"{{ .Values.name }}\", expr: vector(1) }\n";

static void prepare(outcome *o) {
    outcome_init(o);
    outcome_file(o, "raci.yaml", chart_text);
    outcome_file(o, "rules.yaml", rules_text);
}

static cJSON *run_json(outcome *o, const char *arguments) {
    err e = {0};
    outcome_run(o, arguments);
    cJSON *json = json_parse(o->out, strlen(o->out), &e);
    cr_assert(json, "%s %s %s", e.text, o->out, o->err);
    return json;
}

static const char *text_of(const cJSON *object, const char *name) {
    const char *text = cJSON_GetStringValue(json_member(object, name));
    return text ? text : "";
}

static const cJSON *item(const cJSON *json, const char *list, int number) {
    return cJSON_GetArrayItem(json_member(json, list), number);
}

Test(coverage, each_alert_has_its_owner_or_says_why_not) {
    static const struct {
        const char *alert, *row, *loop, *contested, *by;
        int line;
    } TABLE[] = {
        {"KubeJobFailed", "clusters", "platform", "training-jobs", "label", 4}, /* the rule shows a namespace */
        {"KubeJobSlow", "clusters", "platform", "", "", 7},                     /* its alert has none */
        {"KubeJobStuck", "clusters", "platform", "", "", 10},                   /* it says which */
        {"PostgresDown", "databases", "platform", "", "", 15},
        {"RedisDown", "unowned", "system", "", "", 16},
        {"RedisMemoryHigh", "unowned", "system", "", "", 17},
        {"EdgeDown", "pages", "system", "clusters", "name", 20},
        {"EdgeDown", "clusters", "platform", "pages", "name", 21},
        {"it's odd: <b>", "unowned", "system", "", "", 23},
        {"{{ .Values.name }}", "unowned", "system", "", "", 24},
    };
    outcome o;
    prepare(&o);
    cJSON *json = run_json(&o, "coverage --json --chart @raci.yaml @rules.yaml");
    cr_expect_eq(o.status, 0);
    cr_expect_eq(json_int(json, "total", 0), 10);
    cr_expect_eq(json_int(json, "unowned", 0), 4);
    cr_expect_eq(json_int(json, "contested", 0), 3);
    for (int i = 0; i < 10; i++) {
        const cJSON *one = item(json, "alerts", i), *contested = json_member(one, "contested");
        cr_expect_str_eq(text_of(one, "alert"), TABLE[i].alert);
        cr_expect_str_eq(text_of(one, "row"), TABLE[i].row, "%s", TABLE[i].alert);
        cr_expect_str_eq(text_of(one, "loop"), TABLE[i].loop);
        cr_expect_eq(json_int(one, "line", 0), TABLE[i].line);
        cr_expect_str_eq(text_of(contested, "row"), TABLE[i].contested, "%s", TABLE[i].alert);
        cr_expect_str_eq(text_of(contested, "by"), TABLE[i].by);
    }
    cr_expect(strstr(text_of(json_member(item(json, "alerts", 0), "contested"), "why"), "with namespace = train"));
    cr_expect(strstr(text_of(json_member(item(json, "alerts", 6), "contested"), "why"),
                     "severity = page here, severity = ticket there"));
    cJSON_Delete(json);
    outcome_release(&o);
}

Test(coverage, suggestions_can_be_pasted) {
    outcome o;
    prepare(&o);
    cJSON *json = run_json(&o, "coverage --json --chart @raci.yaml @rules.yaml");
    cr_assert_eq(cJSON_GetArraySize(json_member(json, "suggestions")), 3);
    const cJSON *family = item(json, "suggestions", 0), *odd = item(json, "suggestions", 1);
    cr_expect_str_eq(text_of(family, "row"), "databases", "it owns the rest of the group");
    cr_expect_str_eq(text_of(family, "match"), "alertname =~ \"(?i)redis.*\"");
    cr_expect_str_eq(text_of(family, "yaml"), "- ['alertname =~ \"(?i)redis.*\"']");
    cr_expect_eq(cJSON_GetArraySize(json_member(family, "alerts")), 2);
    cr_expect_str_eq(text_of(odd, "row"), "");
    cr_expect(strstr(text_of(odd, "yaml"), "- id: it-s-odd\n  name: 'it''s odd: <b>'\n  loop: system"), "%s",
              text_of(odd, "yaml"));
    cr_expect_str_eq(text_of(item(json, "suggestions", 2), "yaml"), "", "nothing is known of its name");
    cr_expect(strstr(text_of(item(json, "suggestions", 2), "why"), "render"));
    cJSON_Delete(json);
    outcome_release(&o);
}

/* Two texts, the second with its lines indented. */
static void put_indented(buf *b, const char *text, const char *indent) {
    for (const char *at = text; *at;) {
        size_t len = strcspn(at, "\n");
        buf_printf(b, "%s%.*s\n", indent, (int)len, at);
        at += len + (at[len] == '\n');
    }
}

Test(coverage, what_is_pasted_owns_what_it_was_made_for_and_nothing_else_moves) {
    static const char *const ROWS[] = {"clusters",  "clusters", "clusters", "databases", "databases",
                                       "databases", "pages",    "clusters", "it-s-odd",  "unowned"};
    const char *databases = strstr(chart_text, "      - ['alertname =~ \"(?i)postgres"),
               *end = strstr(chart_text, "unowned:");
    outcome o;
    prepare(&o);
    cJSON *json = run_json(&o, "coverage --json --chart @raci.yaml @rules.yaml");
    buf pasted;
    buf_init(&pasted);
    buf_put(&pasted, chart_text, (size_t)(databases - chart_text));
    put_indented(&pasted, text_of(item(json, "suggestions", 0), "yaml"), "      ");
    buf_put(&pasted, databases, (size_t)(end - databases));
    put_indented(&pasted, text_of(item(json, "suggestions", 1), "yaml"), "  ");
    buf_puts(&pasted, end);
    outcome_file(&o, "pasted.yaml", pasted.data);
    cJSON_Delete(json);
    json = run_json(&o, "coverage --json --chart @pasted.yaml @rules.yaml");
    for (int i = 0; i < 10; i++)
        cr_expect_str_eq(text_of(item(json, "alerts", i), "row"), ROWS[i], "%d", i);
    cJSON_Delete(json);
    buf_release(&pasted);
    outcome_release(&o);
}

Test(coverage, suggestions_say_only_what_is_known) {
    static const struct {
        const char *rules, *row, *why;
    } CASES[] = {
        {"- { alert: 12, expr: a }\n", "", "no row owns anything like it"}, /* short, but no template */
        {"- { alert: WarpIt, expr: a }\n", "", "no row owns anything like it"},
        {"- { alert: PostgresLosesIt, expr: a }\n- { alert: WarpIt, expr: a }\n", "databases",
         "it owns others of the same file"}, /* not by "it" */
        {"groups:\n- name: stores\n  rules:\n  - alert: PostgresDown\n    expr: [\n  - alert: PostgresSlow\n"
         "    expr: a\n  - alert: WarpField\n    expr: a\n",
         "databases", "it owns others of the same file"}, /* past the mistake no group is known */
        {"groups:\n- name: stores\n  rules:\n  - { alert: PostgresSlow, expr: a }\n  - { alert: WarpField, expr: a }\n",
         "databases", "it owns others of the same group"},
    };
    outcome o;
    prepare(&o);
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        outcome_file(&o, "some.yaml", CASES[i].rules);
        cJSON *json = run_json(&o, "coverage --json --chart @raci.yaml @some.yaml");
        const cJSON *one = item(json, "suggestions", 0);
        cr_assert(one, "%s", CASES[i].rules);
        cr_expect_str_eq(text_of(one, "row"), CASES[i].row, "%s: %s", CASES[i].rules, text_of(one, "row"));
        cr_expect_str_eq(text_of(one, "why"), CASES[i].why, "%s: %s", CASES[i].rules, text_of(one, "why"));
        cr_expect_neq(text_of(one, "yaml")[0], '\0', "%s", CASES[i].rules);
        cJSON_Delete(json);
    }
    outcome_release(&o);
}

Test(coverage, strict_fails_when_one_is_unowned) {
    outcome o;
    prepare(&o);
    outcome_run(&o, "coverage --strict --chart @raci.yaml @rules.yaml");
    cr_expect_eq(o.status, 1);
    outcome_file(&o, "owned.yaml", "- alert: KubePodDown\n  expr: up == 0\n");
    outcome_run(&o, "coverage --strict --chart @raci.yaml @owned.yaml");
    cr_expect_eq(o.status, 0, "%s%s", o.out, o.err);
    cr_expect(strstr(o.out, "1 alert in 1 file: 1 owned (100.0 %), 0 unowned, 0 contested"), "%s", o.out);
    outcome_release(&o);
}

Test(coverage, what_cannot_be_read_fails_and_the_rest_is_shown) {
    outcome o;
    prepare(&o);
    outcome_file(&o, "broken.yaml", "- { alert: KubePodDown, expr: x }\n- alert: [\n");
    outcome_run(&o, "coverage --chart @raci.yaml @broken.yaml @missing.yaml @rules.yaml");
    cr_expect_eq(o.status, 1);
    cr_expect(strstr(o.err, "broken.yaml:3:1: error: ") && strstr(o.err, "missing.yaml: error: "), "%s", o.err);
    cr_expect(strstr(o.out, "11 alerts in 2 files"), "%s", o.out);
    outcome_file(&o, "none.yaml", "groups: []\n");
    outcome_run(&o, "coverage --chart @raci.yaml @none.yaml");
    cr_expect_eq(o.status, 1);
    cr_expect(strstr(o.err, "none.yaml: warning: ") && strstr(o.err, "no alerting rule was found"), "%s", o.err);
    outcome_run(&o, "coverage --chart @none.yaml @rules.yaml");
    cr_expect_eq(o.status, 1);
    cr_expect(strstr(o.err, "none.yaml:1:1: error: "), "%s", o.err);
    outcome_release(&o);
}

Test(coverage, labels_that_the_sender_adds_decide) {
    outcome o;
    prepare(&o);
    cJSON *json = run_json(&o, "coverage --json --chart @raci.yaml --label namespace=train --label x=y @rules.yaml");
    cr_expect_str_eq(text_of(item(json, "alerts", 0), "row"), "training-jobs");
    cr_expect_str_eq(text_of(item(json, "alerts", 2), "row"), "clusters", "the rule's own label stands");
    cr_expect_str_eq(text_of(json_member(item(json, "alerts", 0), "labels"), "x"), "y");
    cJSON_Delete(json);
    outcome_run(&o, "coverage --chart @raci.yaml --label nonsense @rules.yaml");
    cr_expect_eq(o.status, 2);
    outcome_release(&o);
}

Test(coverage, totals_by_loop_row_and_team) {
    outcome o;
    prepare(&o);
    cJSON *json = run_json(&o, "coverage --json --chart @raci.yaml @rules.yaml");
    static const int LOOPS[] = {0, 5, 5}, ROWS[] = {0, 1, 4, 1, 4};
    for (int i = 0; i < 3; i++)
        cr_expect_eq(json_int(item(json, "loops", i), "alerts", -1), LOOPS[i]);
    for (int i = 0; i < 5; i++)
        cr_expect_eq(json_int(item(json, "rows", i), "alerts", -1), ROWS[i]);
    cr_expect_eq(json_member(item(json, "loops", 2), "percent")->valuedouble, 50.0);
    cr_expect_eq(cJSON_GetArraySize(json_member(json, "teams")), 4);
    cr_expect_str_eq(text_of(item(json, "teams", 0), "name"), "Ground");
    cr_expect_eq(json_int(item(json, "teams", 0), "responsible", -1), 5);
    cr_expect_eq(json_int(item(json, "teams", 1), "accountable", -1), 5);
    cJSON_Delete(json);
    outcome_run(&o, "coverage --chart @raci.yaml @rules.yaml");
    cr_expect(strstr(o.out, "Rows that own none of these: training-jobs\n"), "%s", o.out);
    outcome_release(&o);
}

Test(coverage, text_for_people) {
    outcome o;
    prepare(&o);
    outcome_run(&o, "coverage --chart @raci.yaml --unowned @rules.yaml");
    static const char *const SAID[] = {"RedisDown",
                                       "RedisMemoryHigh",
                                       "add to the match of row databases",
                                       "raci.yaml:35",
                                       "- ['alertname =~ \"(?i)redis.*\"']",
                                       "with namespace = train: training-jobs (Science Loop, ",
                                       "- id: it-s-odd",
                                       "4 unowned, 3 contested"};
    for (size_t i = 0; i < sizeof SAID / sizeof *SAID; i++)
        cr_expect(strstr(o.out, SAID[i]), "\"%s\" is not in:\n%s", SAID[i], o.out);
    cr_expect_null(strstr(o.out, "PostgresDown"), "it is no problem: %s", o.out);
    cr_expect_null(strstr(o.out, "RESPONSIBLE FOR"));
    static const struct {
        const char *by, *heading;
    } GROUPS[] = {{"file", "rules.yaml: 10 (4 unowned)\n"}, {"row", "clusters: 4\n"}, {"team", "Ground: 5\n"}};
    for (size_t i = 0; i < 3; i++) {
        char command[128];
        snprintf(command, sizeof command, "coverage --group-by %s --chart @raci.yaml @rules.yaml", GROUPS[i].by);
        outcome_run(&o, command);
        cr_expect(strstr(o.out, GROUPS[i].heading), "%s: %s", GROUPS[i].by, o.out);
    }
    outcome_release(&o);
}

Test(coverage, what_strangers_wrote_cannot_command_a_terminal) {
    outcome o;
    prepare(&o);
    outcome_file(&o, "evil.yaml",
                 "groups:\n- name: \"g\\e[2J\"\n  rules:\n  - { alert: \"Kube\\e[31mX\", expr: a }\n"
                 "  - { alert: \"Odd\\e[31mX\", expr: a }\n");
    outcome_run(&o, "coverage --group-by row --chart @raci.yaml @evil.yaml");
    cr_expect_null(strchr(o.out, '\033'), "%s", o.out);
    outcome_release(&o);
}

Test(coverage, the_report_is_one_file_that_runs_nothing) {
    outcome o;
    prepare(&o);
    char path[128];
    snprintf(path, sizeof path, "%s/report.html", o.directory);
    outcome_run(&o, "coverage --chart @raci.yaml --html @report.html @rules.yaml");
    cr_assert_eq(o.status, 0, "%s", o.err);
    char *page = project_file(path);
    static const char *const SAID[] = {
        "<!DOCTYPE html>", "name=\"viewport\"",      "4 unowned",   "3 contested",         "it&#39;s odd: &lt;b&gt;",
        "- id: it-s-odd",  "with namespace = train", "(?i)redis.*", "prefers-color-scheme"};
    for (size_t i = 0; i < sizeof SAID / sizeof *SAID; i++)
        cr_expect(strstr(page, SAID[i]), "%s", SAID[i]);
    static const char *const ABSENT[] = {"<script", "<link", "src=", "url(", "@import", "<b>", "{{#"};
    for (size_t i = 0; i < sizeof ABSENT / sizeof *ABSENT; i++)
        cr_expect_null(strstr(page, ABSENT[i]), "%s", ABSENT[i]);
    free(page);
    outcome_run(&o, "coverage --chart @raci.yaml --html /nowhere/report.html @rules.yaml");
    cr_expect_eq(o.status, 1);
    cr_expect(strstr(o.err, "cannot write /nowhere/report.html: No such file or directory"), "%s", o.err);
    cr_expect_str_eq(o.out, "", "said before anything is looked at");
    outcome_run(&o, "coverage --chart @raci.yaml --html @ @rules.yaml");
    cr_expect_eq(o.status, 1);
    cr_expect(strstr(o.err, "Is a directory"), "%s", o.err);
    cr_expect_str_eq(o.out, "");
    outcome_release(&o);
}

Test(coverage, the_words_of_a_name) {
    static const struct {
        const char *name, *words;
    } CASES[] = {
        {"KServeLatencyP99High", "kserve latency p99 high"},
        {"GPUXidError", "gpu xid error"},
        {"node_filesystem-full", "node filesystem full"},
        {"Host is down", "host is down"},
        {"VLLMDown", "vllm down"},
        {"{{ .Values.prefix }}QueueLong", "queue long"},
        {"%(prefix)sHTTP5xx", "http5xx"},
        {"TemperaturHöhe", "temperatur höhe"},
        {"{{ open", "open"},
        {"", ""},
        {"!?", ""},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        arena *a = arena_new();
        const char *words[NAME_WORDS_MAX], *joined = "";
        size_t count = name_words(a, CASES[i].name, words);
        for (size_t w = 0; w < count; w++)
            joined = arena_printf(a, "%s%s%s", joined, w ? " " : "", words[w]);
        cr_expect_str_eq(joined, CASES[i].words, "%s", CASES[i].name);
        arena_free(a);
    }
}

static void run_and_exit(const char *arguments) {
    outcome o;
    outcome_init(&o);
    outcome_run(&o, arguments);
    exit(99);
}

#define USAGE(name, arguments)                                                                                         \
    Test(coverage_usage, name, .exit_code = 2) {                                                                       \
        run_and_exit(arguments);                                                                                       \
    }
USAGE(no_chart, "coverage rules.yaml")
USAGE(no_rules, "coverage --chart raci.yaml")
USAGE(an_unknown_grouping, "coverage --chart raci.yaml --group-by color rules.yaml")
