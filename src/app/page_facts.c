/* Owns how times and words of the API's JSON read on a page. Knows no page. */
#include "app/page_facts.h"

#include "onus/chart.h"
#include "onus/text.h"

#include <string.h>

static const char *text_of(const cJSON *object, const char *name) {
    const cJSON *value = json_member(object, name);
    return cJSON_IsString(value) ? value->valuestring : "";
}

static void add(cJSON *object, const char *name, const char *text) {
    if (*text && !json_member(object, name) && !cJSON_AddStringToObject(object, name, text))
        mem_exhausted();
}

/* 2026-01-02T03:04:05.678Z → 2026-01-02 03:04:05; that it is UTC is said once, by the page. */
static const char *to_the_second(arena *a, const char *time) {
    if (strlen(time) < sizeof "2026-01-02T03:04:05" - 1)
        return "";
    return arena_printf(a, "%.10s %.8s", time, time + 11);
}

static void add_second(cJSON *object, const char *name, const char *from, arena *a) {
    add(object, name, to_the_second(a, text_of(object, from)));
}

static void add_times(cJSON *list, arena *a) {
    cJSON *one;
    cJSON_ArrayForEach(one, list) {
        add_second(one, "when", "at", a);
        add_second(one, "from", "starts_at", a);
        add_second(one, "until", "ends_at", a);
        add_times(cJSON_GetObjectItemCaseSensitive(one, "attempts"), a);
    }
}

static void add_since(cJSON *incident, usec now, arena *a) {
    err e;
    usec since = 0, end = now;
    const char *began = text_of(incident, "starts_at"), *ended = text_of(incident, "resolved_at");
    if (!time_from_text(*began ? began : text_of(incident, "opened_at"), &since, &e))
        return;
    if (*ended && !time_from_text(ended, &end, &e))
        return;
    add(incident, "since", time_to_short_text(a, since));
    add(incident, "lasted", duration_to_rough_text(a, end - since));
}

/* The team as people read it, with who is on call. */
static void add_who(cJSON *object, arena *a) {
    const party p = {.team = text_of(object, "team"),
                     .team_name = text_of(object, "team_name"),
                     .person = text_of(object, "person"),
                     .person_name = text_of(object, "person_name")};
    if (cJSON_IsObject(object))
        add(object, "who", party_team_text(a, &p));
}

static void add_people(const cJSON *raci, arena *a) {
    for (int letter = RACI_RESPONSIBLE; letter < RACI_LETTER_COUNT; letter++) {
        cJSON *parties = cJSON_GetObjectItemCaseSensitive(raci, raci_letter_to_text((raci_letter)letter)), *one;
        if (!cJSON_IsArray(parties)) {
            add_who(parties, a);
            continue;
        }
        cJSON_ArrayForEach(one, parties) {
            add_who(one, a);
        }
    }
}

void page_facts_add(cJSON *incident, usec now, arena *a) {
    static const char *const lists[] = {"timeline", "alerts", "deliveries"};
    loop l;
    add_since(incident, now, a);
    if (loop_from_text(text_of(incident, "loop"), &l))
        add(incident, "loop_title", loop_title(l));
    add_people(json_member(incident, "raci"), a);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        add_times(cJSON_GetObjectItemCaseSensitive(incident, lists[i]), a);
}
