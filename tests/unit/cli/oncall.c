/* `onus oncall` and what `onus route` says of shifts. */
#include "unit/cli/harness.h"

#include "onus/json.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* Ann and Bob by the week from Mondays at nine in Berlin, in their hours; Cyd through the nights and week-ends. */
static const char shift_chart[] =
    "version: 1\n"
    "people:\n"
    "  ann: { name: Ann Lee, contacts: [\"page:ann\"] }\n"
    "  bob: { name: Bob Ray, contacts: [\"page:bob\", chat] }\n"
    "  cyd: { name: Cyd Poe, contacts: [\"page:cyd\"] }\n"
    "teams:\n"
    "  mlops:\n"
    "    name: MLOps\n"
    "    contacts: [chat]\n"
    "    rotation:\n"
    "      - { people: [ann, bob], begins: 2026-01-05T09:00, shift: 1w, time_zone: Europe/Berlin, hours: 09:00-17:00 "
    "}\n"
    "      - { people: cyd, begins: 2026-01-01T00:00, shift: 1w, time_zone: Europe/Berlin }\n"
    "  leads: { name: Leads, contacts: [\"mail:leads\"] }\n"
    "  science: { name: Science, contacts: [lab] }\n"
    "  fraud: { name: Fraud Science, contacts: [fraud-lab] }\n"
    "roles:\n"
    "  engineer: { name: Engineer, team: mlops }\n"
    "  head: { name: Head, team: leads }\n"
    "  scientist: { name: Scientist, team: science }\n"
    "  vp: { name: VP, person: cyd }\n"
    "services:\n"
    "  fraud-detection: { match: [model = fraud], roles: { scientist: fraud } }\n"
    "activities:\n"
    "  - { id: degraded, name: A model degrades, loop: system, match: [model != \"\"], responsible: engineer,\n"
    "      accountable: head, consulted: scientist, informed: vp }\n"
    "unowned: { loop: system, responsible: engineer, accountable: head }\n";

static outcome o;

static void begin(void) {
    outcome_init(&o);
    outcome_file(&o, "raci.yaml", shift_chart);
}
static void end(void) {
    outcome_release(&o);
}
TestSuite(oncall, .init = begin, .fini = end);

/* Is there a line that holds all of these, in this order? */
static bool has_line(const char *text, const char *const *words, size_t count) {
    while (*text) {
        const char *stop = strchrnul(text, '\n'), *at = text;
        size_t found = 0;
        for (; found < count; found++) {
            at = strstr(at, words[found]);
            if (!at || at + strlen(words[found]) > stop)
                break;
            at += strlen(words[found]);
        }
        if (found == count)
            return true;
        text = *stop ? stop + 1 : stop;
    }
    return false;
}
#define EXPECT_LINE(...)                                                                                               \
    do {                                                                                                               \
        const char *const words[] = {__VA_ARGS__};                                                                     \
        cr_expect(has_line(o.out, words, sizeof words / sizeof *words), "no line with %s … in:\n%s", words[0], o.out); \
    } while (0)

Test(oncall, who_answers_for_each_role_and_until_when) {
    outcome_run(&o, "oncall --chart @raci.yaml --at 2026-01-06T15:50:00Z");
    cr_assert_eq(o.status, 0, "%s", o.err);
    EXPECT_LINE("Engineer", "every service", "MLOps", "Ann Lee", "2026-01-06 17:00 Europe/Berlin", "page:ann, chat");
    EXPECT_LINE("Head", "every service", "Leads", "mail:leads");
    EXPECT_LINE("Scientist", "every service", "Science", "lab");
    EXPECT_LINE("Scientist", "fraud-detection", "Fraud Science", "fraud-lab");
    EXPECT_LINE("VP", "Cyd Poe", "Cyd Poe", "page:cyd");
    outcome_run(&o, "oncall --chart @raci.yaml --at 2026-07-06T15:00:00Z"); /* in summer 17:00 is 15:00 UTC */
    EXPECT_LINE("Engineer", "Cyd Poe", "2026-07-07 09:00 Europe/Berlin", "page:cyd, chat");
}

Test(oncall, one_team_and_the_days_to_come) {
    outcome_run(&o, "oncall --chart @raci.yaml --at 2026-01-11T12:00:00Z --team mlops --days 2");
    cr_assert_eq(o.status, 0, "%s", o.err);
    cr_expect_null(strstr(o.out, "Leads"), "%s", o.out);
    EXPECT_LINE("MLOps", "2026-01-11 13:00", "2026-01-11 17:00", "Ann Lee");
    EXPECT_LINE("MLOps", "2026-01-11 17:00", "2026-01-12 09:00", "Cyd Poe");
    EXPECT_LINE("MLOps", "2026-01-12 09:00", "2026-01-12 17:00", "Bob Ray");
    EXPECT_LINE("MLOps", "2026-01-13 09:00", "2026-01-13 13:00 Europe/Berlin", "Bob Ray");
    outcome_run(&o, "oncall --chart @raci.yaml --team leads --days 2");
    cr_expect(strstr(o.out, "No rotation"), "%s", o.out);
}

Test(oncall, as_json) {
    err e;
    outcome_run(&o, "oncall --json --chart @raci.yaml --at 2026-01-11T12:00:00Z --days 2");
    cJSON *json = json_parse(o.out, strlen(o.out), &e);
    cr_assert(json, "%s", o.out);
    const cJSON *engineer = cJSON_GetArrayItem(json_member(json, "roles"), 0);
    cr_expect_str_eq(json_member(engineer, "person")->valuestring, "ann");
    cr_expect_str_eq(json_member(engineer, "until")->valuestring, "2026-01-11T16:00:00.000Z");
    cr_expect_eq(cJSON_GetArraySize(json_member(engineer, "contacts")), 2);
    cr_expect_null(json_member(cJSON_GetArrayItem(json_member(json, "roles"), 1), "person"), "null: the whole team");
    cr_expect_eq(cJSON_GetArraySize(json_member(json, "services")), 1);
    const cJSON *rotation = cJSON_GetArrayItem(json_member(json, "rotations"), 0);
    cr_expect_str_eq(json_member(rotation, "time_zone")->valuestring, "Europe/Berlin");
    const cJSON *third = cJSON_GetArrayItem(json_member(rotation, "shifts"), 2);
    cr_expect_str_eq(json_member(third, "person")->valuestring, "bob");
    cr_expect_str_eq(json_member(third, "from")->valuestring, "2026-01-12T08:00:00.000Z");
    cJSON_Delete(json);
}

Test(oncall, what_is_wrong_with_the_question) {
    outcome_run(&o, "oncall --chart @raci.yaml --team mlop");
    cr_expect_eq(o.status, 2);
    cr_expect(strstr(o.err, "no team \"mlop\"; did you mean \"mlops\"?"), "%s", o.err);
    outcome_run(&o, "oncall --chart @raci.yaml --days 0");
    cr_expect_eq(o.status, 2);
    outcome_run(&o, "oncall --chart @raci.yaml --days 367");
    cr_expect_eq(o.status, 2);
    cr_expect(strstr(o.err, "--days"), "%s", o.err);
}

/* ── route ── */

Test(oncall, a_route_says_who_plays_each_role_and_why) {
    outcome_run(&o, "route --chart @raci.yaml --at 2026-01-06T15:50:00Z model=fraud");
    cr_assert_eq(o.status, 0, "%s", o.err);
    EXPECT_LINE("Responsible", "Engineer", "MLOps, on call: Ann Lee", "plays it by default");
    EXPECT_LINE("Consulted", "Scientist", "Fraud Science", "service fraud-detection says so");
    EXPECT_LINE("Informed", "VP", "Cyd Poe", "the role names the person");
    EXPECT_LINE("Ann Lee", "MLOps", "2026-01-06 17:00 Europe/Berlin", "Cyd Poe");
}

Test(oncall, the_plan_has_times_contacts_and_whoever_is_on_call_then) {
    outcome_run(&o, "route --chart @raci.yaml --at 2026-01-06T15:50:00Z model=fraud");
    EXPECT_LINE("2026-01-06 15:50 UTC", "Engineer", "MLOps, on call: Ann Lee", "is paged", "page:ann, chat");
    EXPECT_LINE("2026-01-06 16:05 UTC", "Head", "Leads", "is paged, when nobody", "mail:leads");
    EXPECT_LINE("2026-01-06 16:05 UTC", "Engineer", "MLOps, on call: Cyd Poe", "is paged again", "page:cyd, chat");
    EXPECT_LINE("when it is over", "Scientist", "Fraud Science", "fraud-lab");
}

Test(oncall, a_route_as_json) {
    err e;
    outcome_run(&o, "route --json --chart @raci.yaml --at 2026-01-06T15:50:00Z model=fraud");
    cJSON *json = json_parse(o.out, strlen(o.out), &e);
    cr_assert(json, "%s", o.out);
    const cJSON *players = json_member(json, "players");
    static const char *const because[] = {"default", "default", "service", "person"};
    cr_assert_eq(cJSON_GetArraySize(players), 4);
    for (int i = 0; i < 4; i++)
        cr_expect_str_eq(json_member(cJSON_GetArrayItem(players, i), "because")->valuestring, because[i]);
    const cJSON *plan = json_member(json, "plan"), *again = cJSON_GetArrayItem(plan, 4);
    cr_expect_str_eq(json_member(again, "reason")->valuestring, "escalated");
    cr_expect_str_eq(json_member(again, "person")->valuestring, "cyd");
    cr_expect_str_eq(json_member(again, "at")->valuestring, "2026-01-06T16:05:00.000Z");
    cr_expect_str_eq(cJSON_GetArrayItem(json_member(again, "contacts"), 0)->valuestring, "page:cyd");
    const cJSON *shift = cJSON_GetArrayItem(json_member(json, "oncall"), 0);
    cr_expect_str_eq(json_member(shift, "until")->valuestring, "2026-01-06T16:00:00.000Z");
    cr_expect_str_eq(json_member(shift, "next_person")->valuestring, "cyd");
    cJSON_Delete(json);
}

Test(oncall, labels_in_braces) {
    static const struct {
        const char *labels, *wanted;
        int status;
    } CASES[] = {
        {"{model=\"fraud\",severity=\"critical\"}", "critical", 0},
        {"up{model=\"fraud\"} severity=info", "info", 0},
        {"{}", "unowned", 0},
        {"alertname=FooBar", "unowned / - / FooBar", 0},
        {"query={x}", "unowned", 0}, /* an ordinary label */
        {"{model=~\"f.*\"}", "one value", 2},
        {"{model=", "{model=", 2},
        {"model=fraud severity=info model=other", "the label \"model\" is given twice", 2},
        {"{model=\"fraud\"} model=fraud", "the label \"model\" is given twice", 2},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        char line[256];
        snprintf(line, sizeof line, "route --chart @raci.yaml %s", CASES[i].labels);
        outcome_run(&o, line);
        cr_expect_eq(o.status, CASES[i].status, "%s: %s", line, o.err);
        cr_expect(strstr(CASES[i].status ? o.err : o.out, CASES[i].wanted), "%s:\n%s%s", line, o.out, o.err);
    }
}

Test(oncall, errors_of_the_chart_have_a_caret) {
    outcome_file(&o, "bad.yaml", "version: 1\nteams: {}\nrolls: {}\n");
    outcome_run(&o, "route --chart @bad.yaml a=b");
    cr_expect_eq(o.status, 1);
    cr_expect(strstr(o.err, "bad.yaml:3:1: error:") && strstr(o.err, "    rolls: {}\n    ^~~~~"), "%s", o.err);
}

Test(oncall, check_knows_which_day_it_is) {
    outcome_file(&o, "old.yaml",
                 "version: 1\npeople: { ann: { contacts: [chat], left: 2020-01-01 } }\n"
                 "teams: { a: { contacts: [chat] } }\nroles: { a: { team: a }, b: { person: ann } }\n"
                 "activities: []\nunowned: { loop: system, responsible: a, accountable: b }\n");
    outcome_run(&o, "check @old.yaml");
    cr_expect_eq(o.status, 1);
    cr_expect(strstr(o.out, "old.yaml:4:39: error: \"ann\" (ann) left on 2020-01-01"), "%s", o.out);
    outcome_run(&o, "route --chart @old.yaml a=b");
    cr_expect_eq(o.status, 0, "%s", o.err);
}
