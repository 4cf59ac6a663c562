/* What pages add to the API's JSON. */
#include "app/page_facts.h"

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
