/* What pages add to the API's JSON. */
#include "app/page_actions.h"
#include "app/page_facts.h"
#include "onus/limits.h"
#include "onus/text.h"

#include <criterion/criterion.h>
#include <string.h>

static const char *who_of(const cJSON *party) {
    return cJSON_GetStringValue(json_member(party, "who"));
}

Test(page_facts, each_party_says_who_is_on_call) {
    static const char JSON[] =
        "{\"opened_at\":\"2026-01-02T03:04:05Z\",\"raci\":{\"responsible\":[{\"team\":\"mlops\",\"team_name\":"
        "\"MLOps\","
        "\"person\":\"ann\",\"person_name\":\"Ann Lee\"}],\"accountable\":{\"team\":\"leads\",\"team_name\":\"Leads\"},"
        "\"consulted\":[{\"team\":\"bob\",\"team_name\":\"Bob Ray\",\"person\":\"bob\",\"person_name\":\"Bob Ray\"}],"
        "\"informed\":[]}}";
    arena *a = arena_new();
    err e;
    cJSON *incident = json_parse(JSON, strlen(JSON), &e);
    cr_assert(incident);
    page_facts_add(incident, 0, a);
    const cJSON *raci = json_member(incident, "raci");
    cr_expect_str_eq(who_of(cJSON_GetArrayItem(json_member(raci, "responsible"), 0)), "MLOps, on call: Ann Lee");
    cr_expect_str_eq(who_of(json_member(raci, "accountable")), "Leads");
    cr_expect_str_eq(who_of(cJSON_GetArrayItem(json_member(raci, "consulted"), 0)), "Bob Ray", "a team of one");
    cJSON_Delete(incident);
    arena_free(a);
}

static const char *told_text(const cJSON *incident, int at, const char *name) {
    return json_text(cJSON_GetArrayItem(json_member(incident, "told"), at), name);
}

static cJSON *with_facts(const char *json, const char *now, arena *a) {
    err e;
    usec at = 0;
    cJSON *incident = json_parse(json, strlen(json), &e);
    cr_assert(incident, "%s", e.text);
    cr_assert(time_from_text(now, &at, &e));
    page_facts_add(incident, at, a);
    return incident;
}

#define ALERT(title, severity, state, from, until, words)                                                              \
    "{\"title\":\"" title "\",\"source\":\"am\",\"severity\":\"" severity "\",\"state\":\"" state                      \
    "\",\"starts_at\":\"2026-01-02T" from ":00Z\",\"ends_at\":" until                                                  \
    ",\"labels\":{\"model\":\"fraud\",\"zone\":\"eu\"},"                                                               \
    "\"annotations\":" words "}"
#define HANDOFF                                                                                                        \
    "\"handoff\":{\"version\":\"3\",\"baseline\":{\"metrics\":[{\"name\":\"accuracy\",\"value\":0.94,\"threshold\":0." \
    "9},"                                                                                                              \
    "{\"name\":\"auc\",\"value\":0.97}]}}"

Test(page_facts, how_long_it_has_lasted) {
    static const struct {
        const char *json, *since, *lasted;
    } CASES[] = {
        {"{\"starts_at\":\"2026-01-02T03:00:00Z\",\"opened_at\":\"2026-01-02T03:10:00Z\"}", "2026-01-02 03:00 UTC",
         "1h"},
        {"{\"opened_at\":\"2026-01-02T03:10:00Z\"}", "2026-01-02 03:10 UTC", "50m"},
        {"{\"opened_at\":\"2026-01-02T03:10:00Z\",\"resolved_at\":\"2026-01-02T03:15:00Z\"}", "2026-01-02 03:10 UTC",
         "5m"},
        {"{\"opened_at\":\"x\"}", "", ""},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        arena *a = arena_new();
        cJSON *incident = with_facts(CASES[i].json, "2026-01-02T04:00:00Z", a);
        cr_expect_str_eq(json_text(incident, "since"), CASES[i].since, "%s", CASES[i].json);
        cr_expect_str_eq(json_text(incident, "lasted"), CASES[i].lasted, "%s", CASES[i].json);
        cJSON_Delete(incident);
        arena_free(a);
    }
}

Test(page_facts, a_handoff_says_what_it_is_now_when_that_has_changed) {
    arena *a = arena_new();
    static const char *const states[][2] = {{"handed-back", "handed-back"}, {"accepted", ""}};
    for (size_t i = 0; i < 2; i++) {
        cJSON *incident =
            with_facts(arena_printf(a, "{\"handoff\":{\"state\":\"accepted\",\"state_now\":\"%s\"}}", states[i][0]),
                       "2026-01-02T04:00:00Z", a);
        cr_expect_str_eq(json_text(json_member(incident, "handoff"), "state_changed"), states[i][1]);
        cJSON_Delete(incident);
    }
    arena_free(a);
}

/* Which buttons stand on a page: A acknowledge, U unacknowledge, C contest, W withdraw, D decide, R resolve. */
Test(page_facts, the_buttons_that_make_sense) {
    enum { TEAM, HEAD, FORMER };
    static const page_rights RIGHTS[] = {
        [TEAM] = {.withdraws = true}, [HEAD] = {.decides = true}, [FORMER] = {.has_lost_it = true}};
    static const struct {
        const char *state, *contested_by;
        int whose;
        const char *buttons;
    } CASES[] = {
        {"triggered", "", TEAM, "ACR"},    {"acknowledged", "", TEAM, "UCR"},    {"resolved", "", TEAM, ""},
        {"triggered", "Bob", TEAM, "AWR"}, {"acknowledged", "Bob", TEAM, "UWR"}, {"resolved", "Bob", TEAM, ""},
        {"triggered", "", HEAD, "ACR"},    {"triggered", "Bob", HEAD, "ADR"},    {"resolved", "Bob", HEAD, ""},
        {"triggered", "", FORMER, "R"},    {"acknowledged", "", FORMER, "R"},    {"triggered", "Bob", FORMER, "R"},
    };
    static const struct {
        const char *fact, *letter;
    } BUTTONS[] = {{"can_acknowledge", "A"}, {"can_unacknowledge", "U"}, {"can_contest", "C"},
                   {"can_withdraw", "W"},    {"can_decide", "D"},        {"can_resolve", "R"}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        cJSON *incident = cJSON_CreateObject(), *facts = cJSON_CreateObject();
        cJSON_AddStringToObject(incident, "state", CASES[i].state);
        cJSON_AddStringToObject(incident, "contested_by", CASES[i].contested_by);
        page_facts_add_buttons(facts, incident, RIGHTS[CASES[i].whose]);
        char shown[8] = "";
        for (size_t b = 0; b < sizeof BUTTONS / sizeof *BUTTONS; b++)
            if (cJSON_IsTrue(json_member(facts, BUTTONS[b].fact)))
                strcat(shown, BUTTONS[b].letter);
        cr_expect_str_eq(shown, CASES[i].buttons, "case %zu: %s", i, shown);
        cJSON_Delete(incident);
        cJSON_Delete(facts);
    }
}

/* What fires now, not what has ended; the worst first, the rest counted. */
Test(page_facts, an_incident_tells_what_fires_now) {
    arena *a = arena_new();
    cJSON *incident = with_facts(
        "{\"opened_at\":\"2026-01-02T03:00:00Z\"," HANDOFF
        ",\"alerts\":[" ALERT("Ended", "critical", "resolved", "03:00", "\"2026-01-02T03:10:00Z\"", "{}") "," ALERT(
            "Mild", "info", "firing", "03:01", "null",
            "{}") "," ALERT("Worst", "critical", "firing", "03:02", "null",
                            "{\"summary\":\"Worst\",\"description\":\"It\\nfell.\",\"value\":\"0."
                            "79\"}") "," ALERT("Second", "warning", "firing", "03:03", "null",
                                               "{\"summary\":\"It is slow\"}") "," ALERT("Third", "warning", "firing",
                                                                                         "03:04", "null", "{}") "]}",
        "2026-01-02T03:32:00Z", a);
    static const char *const order[] = {"Worst", "Second", "Third", ""};
    for (int i = 0; i < 4; i++)
        cr_expect_str_eq(told_text(incident, i, "title"), order[i]);
    cr_expect_str_eq(told_text(incident, 0, "since"), "2026-01-02 03:02 UTC");
    cr_expect_str_eq(told_text(incident, 0, "lasted"), "30m");
    cr_expect_str_eq(told_text(incident, 0, "summary"), "", "it is the title already");
    cr_expect_str_eq(told_text(incident, 1, "summary"), "It is slow");
    cr_expect_str_eq(told_text(incident, 0, "description"), "It\nfell.");
    cr_expect_str_eq(told_text(incident, 0, "value"), "0.79");
    cr_expect_str_eq(told_text(incident, 0, "baseline"), "accuracy 0.94 (threshold 0.9), auc 0.97");
    cr_expect_str_eq(told_text(incident, 1, "baseline"), "", "beside a value only");
    const cJSON *label =
        cJSON_GetArrayItem(json_member(cJSON_GetArrayItem(json_member(incident, "told"), 0), "label_list"), 1);
    cr_expect(text_equal(json_text(label, "name"), "zone") && text_equal(json_text(label, "value"), "eu"));
    cr_expect(cJSON_IsTrue(json_member(incident, "is_firing")));
    cr_expect_str_eq(json_text(incident, "more_firing"), "1");
    cJSON_Delete(incident);
    arena_free(a);
}

Test(page_facts, when_nothing_fires_the_last_is_told) {
    arena *a = arena_new();
    cJSON *incident =
        with_facts("{\"opened_at\":\"2026-01-02T03:00:00Z\",\"alerts\":[" ALERT(
                       "First", "critical", "resolved", "03:00", "\"2026-01-02T03:10:00Z\"",
                       "{}") "," ALERT("Last", "info", "resolved", "03:05", "\"2026-01-02T03:07:00Z\"", "{}") "]}",
                   "2026-01-02T05:00:00Z", a);
    cr_expect_str_eq(told_text(incident, 0, "title"), "Last");
    cr_expect_str_eq(told_text(incident, 0, "lasted"), "2m");
    cr_expect_str_eq(told_text(incident, 1, "title"), "");
    cr_expect(!json_member(incident, "is_firing") && !json_member(incident, "more_firing"));
    cJSON_Delete(incident);
    arena_free(a);
}

Test(page_facts, texts_are_cut_at_a_character_and_links_are_not) {
    arena *a = arena_new();
    char *arabic = arena_alloc(a, 4001);
    for (int i = 0; i < 4000; i += 2)
        memcpy(arabic + i, "\xd8\xa7", 2);
    arabic[4000] = '\0';
    cJSON *facts = cJSON_CreateObject(), *list = cJSON_AddArrayToObject(facts, "list");
    cJSON_AddStringToObject(facts, "title", arabic);
    cJSON_AddStringToObject(facts, "link", arabic);
    cJSON_AddStringToObject(facts, "runbook", arabic);
    cJSON_AddStringToObject(facts, "short", "as it is");
    cJSON_AddItemToArray(list, cJSON_CreateString(arabic));
    page_facts_shorten(facts, LIMIT_CELL_BYTES, a);
    const char *cut[] = {json_text(facts, "title"), list->child->valuestring};
    for (int i = 0; i < 2; i++) {
        cr_expect_leq(strlen(cut[i]), LIMIT_CELL_BYTES);
        cr_expect_gt(strlen(cut[i]), LIMIT_CELL_BYTES - 6);
        cr_expect(text_is_utf8(cut[i], strlen(cut[i])) && text_ends_with(cut[i], "…"));
    }
    cr_expect_str_eq(json_text(facts, "link"), arabic);
    cr_expect_str_eq(json_text(facts, "runbook"), arabic);
    cr_expect_str_eq(json_text(facts, "short"), "as it is");
    cJSON_Delete(facts);
    arena_free(a);
}
