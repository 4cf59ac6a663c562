/* The command line as people and scripts meet it. */
#include "unit/cli/harness.h"

#include "cli/file_kind.h"
#include "onus/json.h"
#include "onus/limits.h"
#include "onus/text.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

Test(cli, help_lists_every_command) {
    outcome o;
    outcome_init(&o);
    size_t count;
    const command *all = cli_commands(&count);
    static const char *const ways[] = {"--help", "-h", "help"};
    for (size_t w = 0; w < 3; w++) {
        outcome_run(&o, ways[w]);
        cr_expect_eq(o.status, 0);
        for (size_t i = 0; i < count; i++)
            cr_expect(strstr(o.out, all[i].doc), "%s", all[i].name);
    }
    outcome_run(&o, "");
    cr_expect_eq(o.status, 2, "nothing asked");
    outcome_release(&o);
}

Test(cli, an_unknown_command_gets_a_suggestion) {
    outcome o;
    outcome_init(&o);
    outcome_run(&o, "chek raci.yaml");
    cr_expect_eq(o.status, 2);
    cr_expect(strstr(o.err, "did you mean \"check\"?"), "%s", o.err);
    outcome_run(&o, "frobnicate");
    cr_expect_eq(o.status, 2);
    cr_expect_null(strstr(o.err, "did you mean"), "%s", o.err);
    outcome_run(&o, "help frobnicate");
    cr_expect_eq(o.status, 2);
    outcome_release(&o);
}

static void run_and_exit(const char *arguments) {
    outcome o;
    outcome_init(&o);
    outcome_run(&o, arguments);
    exit(99); /* the command line must have ended the process by itself */
}

#define USAGE(name, arguments)                                                                                         \
    Test(usage, name, .exit_code = 2) {                                                                                \
        run_and_exit(arguments);                                                                                       \
    }
USAGE(check_without_a_file, "check")
USAGE(route_without_a_chart, "route alertname=x")
USAGE(an_unknown_option, "check --frobnicate x")
USAGE(check_in_a_form_that_there_is_not, "check --format=jsn x")
USAGE(an_unknown_scenario, "send drfit")
USAGE(no_scenario, "send")
USAGE(two_scenarios, "send drift gpu")
USAGE(token_without_a_database, "token list")
USAGE(token_without_a_name, "token add --role viewer --local x")
USAGE(token_without_a_role, "token add x --local x")
USAGE(an_unknown_verb, "token frobnicate --local x")
USAGE(oncall_without_a_chart, "oncall")
USAGE(test_without_a_chart, "test cases.yaml")
USAGE(test_without_cases, "test --chart raci.yaml")
USAGE(diff_of_one_chart, "diff old.yaml")
USAGE(diff_of_three_charts, "diff old.yaml new.yaml other.yaml")
USAGE(diff_over_both, "diff old.yaml new.yaml --rules r --since 30d --local x")
USAGE(diff_without_a_database, "diff old.yaml new.yaml --since 30d")
USAGE(diff_of_standard_input_with_itself, "diff - -")
USAGE(check_of_history_without_a_database, "check raci.yaml --since 30d")
USAGE(check_with_a_database_but_no_history, "check raci.yaml --local x")
USAGE(report_from_nowhere, "report")
USAGE(report_from_two_places, "report --url http://x --local y")
USAGE(report_of_a_service_by_another_chart, "report --url http://x --chart y")
USAGE(report_with_a_token_for_nobody, "report --local x --token-file y")
USAGE(report_in_two_forms, "report --local x --json --markdown")

Test(usage, help_of_a_command, .exit_code = 0) {
    run_and_exit("help route");
}

Test(usage, help_of_a_verb, .exit_code = 0) {
    run_and_exit("help handoff accept");
}

Test(cli, version) {
    outcome o;
    outcome_init(&o);
    err e;
    outcome_run(&o, "--version");
    cr_expect(strncmp(o.out, "onus ", 5) == 0, "%s", o.out);
    outcome_run(&o, "version --json");
    cJSON *json = json_parse(o.out, strlen(o.out), &e);
    cr_assert(json);
    cr_expect_str_eq(json_member(json_member(json, "libraries"), "libmicrohttpd")->valuestring, "0.9.75");
    cJSON_Delete(json);
    outcome_release(&o);
}

Test(cli, files_are_known_by_their_keys) {
    static const struct {
        const char *text;
        file_kind kind;
    } table[] = {
        {good_chart, FILE_CHART},
        {"", FILE_UNKNOWN},
        {"# activities:\nlisten: 127.0.0.1:1\n", FILE_SETTINGS},
        {"sources:\n  - { name: activities }\n", FILE_SETTINGS},
        {"{\n  \"listen\": \"x\",\n  \"channels\": {}\n}\n", FILE_SETTINGS},
        {"{\"version\": 1, \"unowned\": {}}", FILE_CHART},
        {"{\"listen\": 1}", FILE_SETTINGS},
        {"teams:\n  x:\n    channels: 1\n", FILE_CHART},
        {"channels:\n  teams: { kind: webhook }\n", FILE_SETTINGS},
        {"unownedx: 1\n", FILE_UNKNOWN},
        {"\"listen: 1\n", FILE_UNKNOWN},
        {"version: 1\ncases:\n  - { name: x, expect: { row: unowned } }\n", FILE_CASES},
        {"handoff: 1\nmodel: x\n", FILE_HANDOFF},
        {"{\n \"model\": \"x\",\n \"model_version\": \"1\"\n}\n", FILE_HANDOFF},
        {"groups:\n  - { name: x }\n", FILE_RULES},
        {"cases: []\nactivities: []\n", FILE_CHART},
        {"activities:\n  - match: [handoff = none]\n    handoff: x\n", FILE_CHART},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        cr_expect_eq(file_kind_of(table[i].text, strlen(table[i].text)), table[i].kind, "%zu: %s", i, table[i].text);
    file_position at = file_find_value("a: 1\n  - {name: x, format: \"y\"}\n", 32, "format", "y");
    cr_expect_eq(at.line, 2);
    cr_expect_eq(at.column, 24, "%u", at.column);
}

Test(cli, check_finds_every_error_in_one_run) {
    outcome o;
    outcome_init(&o);
    outcome_file(&o, "good.yaml", good_chart);
    outcome_run(&o, "check @good.yaml");
    cr_expect_eq(o.status, 0, "%s", o.out);
    cr_expect(strstr(o.out, "activities: 2") && strstr(o.out, "no errors"), "%s", o.out);

    outcome_file(&o, "bad.yaml", "version: 1\nteams: {}\nactivties: []\nroles: { a: { name: A, team: b } }\n");
    outcome_run(&o, "check @good.yaml @bad.yaml @none.yaml");
    cr_expect_eq(o.status, 1);
    cr_expect(strstr(o.out, "bad.yaml:3:1: error: ") && strstr(o.out, "activities"), "%s", o.out);
    cr_expect(strstr(o.out, "activties: []\n    ^"), "the line is shown: %s", o.out);
    cr_expect(strstr(o.out, "none.yaml: error: "), "%s", o.out);
    outcome_run(&o, "check --json @bad.yaml");
    err e;
    cJSON *json = json_parse(o.out, strlen(o.out), &e);
    cr_assert(json);
    cr_expect_gt(json_int(json, "errors", 0), 1);
    cJSON_Delete(json);
    outcome_release(&o);
}

Test(cli, check_of_settings_looks_at_channels_formats_and_the_chart) {
    outcome o;
    outcome_init(&o);
    outcome_file(&o, "raci.yaml", good_chart);
    outcome_file(&o, "onus.yaml",
                 "listen: 127.0.0.1:8080\npublic_url: http://127.0.0.1:8080\nchart: raci.yaml\n"
                 "database: dbname=onus\nsecrets: { link_key_file: never-read }\n"
                 "sources:\n  - { name: am, format: alertmanger, token_file: never-read }\n"
                 "channels:\n  chat: { kind: record }\n");
    outcome_run(&o, "check @raci.yaml @onus.yaml");
    cr_expect_eq(o.status, 1);
    cr_expect(strstr(o.out, "onus.yaml:7:25: error: source \"am\": no format \"alertmanger\""), "%s", o.out);
    cr_expect(strstr(o.out, "raci.yaml:3:"), "the chart names a channel that the settings lack: %s", o.out);
    const char *first = strstr(o.out, "raci.yaml:3:");
    cr_expect(first && !strstr(first + 1, "raci.yaml:3:"), "the chart is checked once: %s", o.out);
    outcome_release(&o);
}

Test(cli, check_of_settings_looks_at_templates) {
    outcome o;
    outcome_init(&o);
    outcome_file(&o, "raci.yaml", good_chart);
    outcome_file(
        &o, "onus.yaml",
        "chart: raci.yaml\ntemplates: words-of-ours\nchannels: { chat: { kind: record }, mail: { kind: record } }\n");
    outcome_run(&o, "check @onus.yaml");
    cr_expect_eq(o.status, EXIT_FAILED);
    cr_expect(strstr(o.out, "words-of-ours") && strstr(o.out, "[bad-template]"), "%s", o.out);
    outcome_release(&o);
}

Test(cli, route_says_who_and_why) {
    outcome o;
    outcome_init(&o);
    outcome_file(&o, "raci.yaml", good_chart);
    outcome_run(&o, "route --chart @raci.yaml environment=production model=fraud severity=critical");
    cr_expect_eq(o.status, 0, "%s", o.err);
    static const char *const said[] = {"A model degrades",
                                       "System Loop",
                                       "raci.yaml:11",
                                       "MLOps Engineer",
                                       "mail:mlops@example.com",
                                       "Head of MLOps",
                                       "at once",
                                       "is paged: do the work",
                                       "when it is over",
                                       "nothing-else",
                                       "environment = staging",
                                       "Row “A model degrades” claims it: environment is production, model is fraud;",
                                       "matched   environment =",
                                       "model-degraded / fraud",
                                       "1 of 2 matchers fit"};
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        cr_expect(strstr(o.out, said[i]), "\"%s\" is not in:\n%s", said[i], o.out);
    outcome_run(&o, "route --chart @raci.yaml --at 2026-01-02T02:00:00Z environment=production model=fraud");
    cr_expect(strstr(o.out, "2026-01-02 02:00 UTC"), "%s", o.out);
    outcome_run(&o, "route --chart @raci.yaml nonsense");
    cr_expect_eq(o.status, 2);
    outcome_run(&o, "route --chart @none.yaml a=b");
    cr_expect_eq(o.status, 1);
    outcome_release(&o);
}

Test(cli, route_as_json) {
    outcome o;
    outcome_init(&o);
    err e;
    outcome_file(&o, "raci.yaml", good_chart);
    outcome_run(&o, "route --json --chart @raci.yaml alertname=x");
    cJSON *json = json_parse(o.out, strlen(o.out), &e);
    cr_assert(json, "%s", o.out);
    cr_expect_str_eq(json_member(json, "activity")->valuestring, "unowned");
    cr_expect_str_eq(json_member(json, "loop")->valuestring, "system");
    cr_expect(!json_member(json, "matched"), "%s", o.out);
    const cJSON *plan = json_member(json, "plan");
    cr_expect_str_eq(json_member(cJSON_GetArrayItem(plan, 0), "letter")->valuestring, "responsible");
    cr_expect(cJSON_IsTrue(json_member(cJSON_GetArrayItem(plan, 0), "page")));
    cJSON_Delete(json);
    outcome_release(&o);
}

Test(cli, terminals_are_safe_from_what_strangers_wrote) {
    arena *a = arena_new();
    cr_expect_str_eq(printable(a, "a\033[31mb\r\nc\x7f d\xc2\x9b e\xc3\xa4"), "a [31mb  c  d⟨U+009B⟩ e\xc3\xa4");
    arena_free(a);
}

/* The last cell of a row is whole: it is where contacts stand, and nothing comes after it. */
Test(cli, one_long_cell_does_not_push_the_others_away) {
    buf rows;
    buf_init(&rows);
    for (int i = 0; i < 3000; i++)
        buf_putc(&rows, 'x');
    static const char *const columns[] = {"A", "B", "C"};
    arena *a = arena_new();
    text_table t;
    table_init(&t, a, columns, 3);
    table_add(&t, (const char *const[]){rows.data, NULL, rows.data});
    cr_expect_eq(strlen(t.cells[0]), LIMIT_CELL_BYTES);
    cr_expect(text_ends_with(t.cells[0], "…") && t.cells[1] == NULL);
    cr_expect_str_eq(t.cells[2], rows.data);
    arena_free(a);
    buf_release(&rows);
}

Test(cli, oncall_lists_roles_and_who_answers) {
    outcome o;
    outcome_init(&o);
    err e;
    outcome_file(&o, "raci.yaml", good_chart);
    outcome_run(&o, "oncall --chart @raci.yaml");
    cr_expect(strstr(o.out, "Data Scientist") && strstr(o.out, "mail:leads@example.com"), "%s", o.out);
    outcome_run(&o, "oncall --json --chart @raci.yaml --at 2026-01-02T02:00:00Z");
    cJSON *json = json_parse(o.out, strlen(o.out), &e);
    cr_assert(json, "%s", o.out);
    cr_expect_eq(cJSON_GetArraySize(json_member(json, "roles")), 3);
    cJSON_Delete(json);
    outcome_run(&o, "oncall --chart @raci.yaml --at noon");
    cr_expect_eq(o.status, 2);
    outcome_release(&o);
}
