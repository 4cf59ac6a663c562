/* `onus check`: several files, their places, the forms of output, the exit status. */
#include "unit/cli/harness.h"

#include "cli/check.h"
#include "onus/json.h"

#include <criterion/criterion.h>
#include <string.h>

/* A chart with one error, one warning and one allowed warning. */
static const char mixed_chart[] =
    "version: 1\n"
    "teams:\n"
    "  mlops: { contacts: [chat] }\n"
    "  leads: { contacts: [chat] }\n"
    "  idle: { contacts: [chat] }\n"
    "  spare: { contacts: [chat] } # onus: allow unused-team: hired in May\n"
    "roles: { engineer: { team: mlops }, head: { team: leads } }\n"
    "activities:\n"
    "  - { id: one, loop: system, match: [model = a], responsible: engineer, accountable: head }\n"
    "  - { id: two, loop: system, match: [model = a, x = \"\"], responsible: engineer, accountable: head }\n"
    "unowned: { loop: system, responsible: engineer, accountable: head }\n";

static cJSON *parsed(const outcome *o) {
    err e;
    cJSON *json = json_parse(o->out, strlen(o->out), &e);
    cr_assert(json, "%s in %s", e.text, o->out);
    return json;
}

static const char *text_of(const cJSON *object, const char *name) {
    const cJSON *member = json_member(object, name);
    return cJSON_IsString(member) ? member->valuestring : "";
}

Test(check, text_shows_the_line_and_counts_what_is_allowed) {
    outcome o;
    outcome_init(&o);
    outcome_file(&o, "raci.yaml", mixed_chart);
    outcome_run(&o, "check @raci.yaml");
    cr_expect_eq(o.status, EXIT_FAILED);
    cr_expect(strstr(o.out, "raci.yaml:5:3: warning: the team \"idle\" plays no role; remove it, or give it one "
                            "[unused-team]\n      idle: { contacts: [chat] }\n      ^~~~\n"),
              "%s", o.out);
    cr_expect(strstr(o.out, "raci.yaml:10:37: error: row \"two\" can never win"), "%s", o.out);
    cr_expect_not(strstr(o.out, "spare"), "%s", o.out);
    cr_expect(strstr(o.out, "\n1 error, 1 warning, 1 allowed by comments\n"), "%s", o.out);
    outcome_release(&o);
}

Test(check, warnings_fail_only_when_strict) {
    outcome o;
    outcome_init(&o);
    char *chart = strdup(mixed_chart);
    memcpy(strstr(chart, "two, loop: system, match: [model = a"), "two, loop: system, match: [model = b", 36);
    outcome_file(&o, "raci.yaml", chart);
    outcome_run(&o, "check @raci.yaml");
    cr_expect_eq(o.status, EXIT_DONE, "%s", o.out);
    outcome_run(&o, "check --strict @raci.yaml");
    cr_expect_eq(o.status, EXIT_FAILED);
    free(chart);
    outcome_release(&o);
}

static const char settings_text[] = "chart: raci.yaml\n"
                                    "sources:\n"
                                    "  - { name: am, format: alertmanager, secret_file: never-read }\n"
                                    "  - { name: pd, format: pagerduty-webhok }\n"
                                    "channels:\n"
                                    "  chat: { kind: recrd }\n"
                                    "  hook: { kind: webhook, ulr: x, url: \"http://x/\" }\n"
                                    "templates: none\n";

Test(check, settings_are_placed_and_bring_their_chart_with_its_lines) {
    static const char *const EXPECTED[] = {
        "onus.yaml:3:52: error: source \"am\": the format alertmanager has no signature",
        "onus.yaml:4:25: error: source \"pd\": no format \"pagerduty-webhok\"; did you mean \"pagerduty-webhook\"?",
        "onus.yaml:6:17: error: channel \"chat\": no kind \"recrd\"; did you mean \"record\"?",
        "onus.yaml:7:26: error: channel \"hook\": a channel of kind webhook has no option \"ulr\"; did you mean "
        "\"url\"?",
        "onus.yaml:8:12: error: cannot read the templates",
        "raci.yaml:10:37: error: row \"two\" can never win",
        "\n      - { id: two, loop: system, match: [model = a, x = \"\"]", /* the line of a file that nobody named */
    };
    outcome o;
    outcome_init(&o);
    outcome_file(&o, "raci.yaml", mixed_chart);
    outcome_file(&o, "onus.yaml", settings_text);
    outcome_run(&o, "check @onus.yaml");
    for (size_t i = 0; i < sizeof EXPECTED / sizeof *EXPECTED; i++)
        cr_expect(strstr(o.out, EXPECTED[i]), "%s\nis missing in\n%s", EXPECTED[i], o.out);
    outcome_run(&o, "check --json @raci.yaml @onus.yaml");
    cJSON *json = parsed(&o);
    cr_expect_eq(cJSON_GetArraySize(json_member(json, "files")), 2, "the chart is checked once: %s", o.out);
    cr_expect(strstr(text_of(cJSON_GetArrayItem(json_member(json, "diagnostics"), 0), "file"), "raci.yaml"),
              "grouped by file, in the order of the command line: %s", o.out);
    cJSON_Delete(json);
    outcome_release(&o);
}

Test(check, a_chart_that_the_settings_name_and_nobody_can_read) {
    outcome o;
    outcome_init(&o);
    outcome_file(&o, "onus.yaml", "listen: 127.0.0.1:1\nchart: gone.yaml\n");
    outcome_run(&o, "check @onus.yaml");
    cr_expect_eq(o.status, EXIT_FAILED);
    cr_expect(strstr(o.out, "onus.yaml:2:8: error: the chart: cannot read ") && strstr(o.out, "[unreadable-file]"),
              "%s", o.out);
    outcome_release(&o);
}

/* Not "no errors": what was asked was not done. */
Test(check, a_history_that_cannot_be_read_is_an_error) {
    outcome o;
    outcome_init(&o);
    outcome_file(&o, "raci.yaml", good_chart);
    outcome_file(&o, "none.yaml", "chart_file: raci.yaml\n");
    outcome_run(&o, "check @raci.yaml --since 30d --config @none.yaml");
    cr_expect_eq(o.status, 1);
    cr_expect(strstr(o.out, "raci.yaml: error: what was recorded could not be read"), "%s", o.out);
    cr_expect(strstr(o.out, "[unread-history]") && strstr(o.out, "\n1 error, "), "%s", o.out);
    cr_expect_neq(o.err[0], '\0');
    outcome_run(&o, "check @raci.yaml --since never --config @none.yaml");
    cr_expect_eq(o.status, 1);
    cr_expect(strstr(o.err, "--since") && strstr(o.out, "\n1 error, "), "%s%s", o.err, o.out);
    outcome_release(&o);
}

Test(check, json_has_what_is_allowed_with_its_reason) {
    outcome o;
    outcome_init(&o);
    outcome_file(&o, "raci.yaml", mixed_chart);
    outcome_run(&o, "check --format=json @raci.yaml");
    cJSON *json = parsed(&o);
    const cJSON *allowed = cJSON_GetArrayItem(json_member(json, "allowed"), 0);
    cr_expect_eq(json_int(json, "errors", 0), 1);
    cr_expect_eq(json_int(json, "warnings", 0), 1);
    cr_expect_eq(cJSON_GetArraySize(json_member(json, "diagnostics")), 2);
    cr_expect_str_eq(text_of(allowed, "rule"), "unused-team");
    cr_expect_str_eq(text_of(allowed, "reason"), "hired in May");
    cJSON_Delete(json);
    outcome_release(&o);
}

Test(check, github_gets_commands_that_no_text_can_break) {
    outcome o;
    outcome_init(&o);
    outcome_file(&o, "50%,a:b.yaml", mixed_chart);
    outcome_run(&o, "check --format=github @50%,a:b.yaml");
    cr_expect(strncmp(o.out, "::warning file=", 15) == 0, "%s", o.out);
    cr_expect(strstr(o.out, "50%25%2Ca%3Ab.yaml,line=5,col=3,endColumn=7,title=onus unused-team::the team \"idle\""),
              "%s", o.out);
    cr_expect(strstr(o.out, "\n::error file="), "%s", o.out);
    cr_expect_not(strstr(o.out, "spare"), "%s", o.out);
    outcome_release(&o);
}

Test(check, gitlab_tells_problems_apart_and_knows_them_again) {
    outcome o;
    outcome_init(&o);
    outcome_file(&o, "raci.yaml", mixed_chart);
    outcome_run(&o, "check --format=gitlab @raci.yaml");
    cJSON *json = parsed(&o);
    cr_assert_eq(cJSON_GetArraySize(json), 2);
    const cJSON *first = cJSON_GetArrayItem(json, 0), *second = cJSON_GetArrayItem(json, 1);
    cr_expect_str_eq(text_of(first, "severity"), "minor");
    cr_expect_str_eq(text_of(second, "severity"), "major");
    cr_expect_str_eq(text_of(second, "check_name"), "shadowed-row");
    cr_expect_eq(json_int(json_member(json_member(second, "location"), "lines"), "begin", 0), 10);
    cr_expect_str_neq(text_of(first, "fingerprint"), text_of(second, "fingerprint"));
    char *before = strdup(text_of(second, "fingerprint"));
    cJSON_Delete(json);
    char *moved = malloc(sizeof mixed_chart + 16);
    strcpy(moved, "# a new line\n");
    strcat(moved, mixed_chart);
    outcome_file(&o, "raci.yaml", moved);
    outcome_run(&o, "check --format=gitlab @raci.yaml");
    json = parsed(&o);
    cr_expect_str_eq(text_of(cJSON_GetArrayItem(json, 1), "fingerprint"), before, "a line above changes nothing");
    cJSON_Delete(json);
    free(moved);
    free(before);
    outcome_release(&o);
}

Test(check, sarif_places_each_result_and_keeps_what_is_allowed) {
    outcome o;
    outcome_init(&o);
    outcome_file(&o, "raci.yaml", mixed_chart);
    outcome_run(&o, "check --format=sarif @raci.yaml");
    cJSON *json = parsed(&o);
    const cJSON *run = cJSON_GetArrayItem(json_member(json, "runs"), 0), *results = json_member(run, "results");
    const cJSON *rules = json_member(json_member(json_member(run, "tool"), "driver"), "rules");
    cr_assert_eq(cJSON_GetArraySize(results), 3);
    size_t count;
    (void)lint_rules(&count);
    cr_expect_eq(cJSON_GetArraySize(rules), (int)count);
    for (int i = 0; i < 3; i++) {
        const cJSON *one = cJSON_GetArrayItem(results, i);
        const cJSON *rule = cJSON_GetArrayItem(rules, (int)json_int(one, "ruleIndex", -1));
        cr_expect_str_eq(text_of(rule, "id"), text_of(one, "ruleId"));
        cr_expect_eq(json_member(one, "suppressions") != NULL, i == 2);
    }
    cJSON_Delete(json);
    outcome_release(&o);
}

Test(check, files_of_another_kind_are_told_in_one_line) {
    static const struct {
        const char *path, *says;
    } TABLE[] = {{"config/cases.yaml", "onus test"}, {"config/handoff.example.yaml", "onus handoff validate"}};
    outcome o;
    outcome_init(&o);
    for (size_t i = 0; i < sizeof TABLE / sizeof *TABLE; i++) {
        char line[128];
        snprintf(line, sizeof line, "check %s", TABLE[i].path);
        outcome_run(&o, line);
        cr_expect_eq(o.status, EXIT_FAILED);
        cr_expect(strstr(o.out, TABLE[i].says) && strstr(o.out, "[other-kind]\n1 error, 0 warnings\n"), "%s", o.out);
    }
    outcome_release(&o);
}

Test(check, rules_are_listed_and_explained) {
    outcome o;
    outcome_init(&o);
    outcome_run(&o, "check --rules");
    cr_expect_eq(o.status, EXIT_DONE);
    cr_expect(strstr(o.out, "\nshadowed-row ") && strstr(o.out, "\nnever-passes "), "%s", o.out);
    outcome_run(&o, "check --rules --json");
    cJSON *json = parsed(&o);
    size_t count;
    (void)lint_rules(&count);
    cr_expect_eq(cJSON_GetArraySize(json_member(json, "rules")), (int)count);
    cJSON_Delete(json);
    outcome_run(&o, "check --explain shadowed-row");
    cr_expect_eq(o.status, EXIT_DONE);
    cr_expect(strstr(o.out, "# onus: allow shadowed-row: why"), "%s", o.out);
    outcome_run(&o, "check --explain two-letters");
    cr_expect_not(strstr(o.out, "# onus: allow"), "%s", o.out);
    outcome_run(&o, "check --explain shadowd-row");
    cr_expect_eq(o.status, EXIT_USAGE);
    cr_expect(strstr(o.err, "did you mean \"shadowed-row\"?"), "%s", o.err);
    outcome_release(&o);
}

Test(check, a_caret_in_colour_on_a_terminal) {
    outcome o;
    outcome_init(&o);
    outcome_file(&o, "raci.yaml", mixed_chart);
    char path[128];
    snprintf(path, sizeof path, "%s/raci.yaml", o.directory);
    char *paths[] = {path};
    cli c = {.memory = arena_new(), .clock = clock_system(), .color = true};
    check_report r = {.c = &c};
    check_files(&r, paths, 1);
    buf b;
    buf_init(&b);
    check_print_text(&r, &b);
    cr_expect(strstr(b.data, "\n\033[1;33m      ^~~~\033[0m\n"), "%s", b.data);
    cr_expect(strstr(b.data, "\033[1;31merror: \033[0m"), "%s", b.data);
    buf_release(&b);
    check_release(&r);
    arena_free(c.memory);
    outcome_release(&o);
}
