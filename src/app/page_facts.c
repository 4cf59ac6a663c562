/* Owns how times and words of the API's JSON read on a page. Knows no page. */
#include "app/page_facts.h"

#include "onus/chart.h"
#include "onus/text.h"

#include <string.h>

enum { VALUE_BYTES = 100, LINE_BYTES = 300, SHOWN_MAX = 20 };

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
    add(object, name, to_the_second(a, json_text(object, from)));
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
    const char *began = json_text(incident, "starts_at"), *ended = json_text(incident, "resolved_at");
    if (!time_from_text(*began ? began : json_text(incident, "opened_at"), &since, &e))
        return;
    if (*ended && !time_from_text(ended, &end, &e))
        return;
    add(incident, "since", time_to_short_text(a, since));
    add(incident, "lasted", duration_to_rough_text(a, end - since));
}

/* ── the handoff: a manifest is a stranger's, of any shape ── */

static const char *short_text(const cJSON *value, arena *a) {
    const char *text = value ? json_scalar_text(a, value) : NULL;
    return text ? text_shorten(a, text, VALUE_BYTES) : "";
}

static cJSON *append(cJSON *list) {
    cJSON *object = cJSON_CreateObject();
    if (!object || !cJSON_AddItemToArray(list, object))
        mem_exhausted();
    return object;
}

static cJSON *add_list(cJSON *object, const char *name) {
    cJSON *list = cJSON_AddArrayToObject(object, name);
    if (!list)
        mem_exhausted();
    return list;
}

/* A list that is not empty has a flag beside it, so that a page can leave its heading out. */
static void end_list(cJSON *object, const cJSON *list, const char *flag) {
    if (cJSON_GetArraySize(list) > 0 && !cJSON_AddTrueToObject(object, flag))
        mem_exhausted();
}

static void add_metrics(cJSON *handoff, arena *a) {
    static const char *const names[] = {"name", "value", "threshold", "direction"};
    const cJSON *given = json_member(json_member(handoff, "baseline"), "metrics"), *metric;
    cJSON *list = add_list(handoff, "metrics");
    size_t shown = 0;
    cJSON_ArrayForEach(metric, given) {
        if (!cJSON_IsObject(metric) || shown++ >= SHOWN_MAX)
            continue;
        cJSON *one = append(list);
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            add(one, names[i], short_text(json_member(metric, names[i]), a));
    }
    end_list(handoff, list, "has_metrics");
}

/* {"cpu": 2, "memory": "4Gi"} → cpu 2, memory 4Gi */
static const char *in_a_line(const cJSON *map, arena *a) {
    buf b;
    buf_init(&b);
    const cJSON *one;
    size_t shown = 0;
    if (!cJSON_IsObject(map))
        buf_puts(&b, short_text(map, a));
    else
        cJSON_ArrayForEach(one, map) if (shown++ < SHOWN_MAX)
            buf_printf(&b, "%s%s %s", b.len ? ", " : "", text_shorten(a, one->string, VALUE_BYTES), short_text(one, a));
    const char *line = text_shorten(a, b.data, LINE_BYTES);
    buf_release(&b);
    return line;
}

static void add_uses(cJSON *handoff, arena *a) {
    const cJSON *resources = json_member(handoff, "resources"), *one;
    cJSON *list = add_list(handoff, "uses");
    size_t shown = 0;
    cJSON_ArrayForEach(one, resources) {
        const char *line = cJSON_IsObject(resources) && shown++ < SHOWN_MAX ? in_a_line(one, a) : "";
        if (!*line)
            continue;
        cJSON *use = append(list);
        add(use, "name", text_shorten(a, one->string, VALUE_BYTES));
        add(use, "value", line);
    }
    end_list(handoff, list, "has_uses");
}

static void add_own_values(cJSON *handoff, const cJSON *alerts, arena *a) {
    buf b;
    buf_init(&b);
    const cJSON *one;
    size_t shown = 0;
    cJSON_ArrayForEach(one, alerts) {
        const char *told = page_own_value(one);
        if (*told && shown++ < SHOWN_MAX)
            buf_printf(&b, "%s%s (%s)", b.len ? ", " : "", text_shorten(a, told, VALUE_BYTES),
                       text_shorten(a, json_text(one, "title"), VALUE_BYTES));
    }
    add(handoff, "own_values", b.data);
    buf_release(&b);
}

static void add_handoff(cJSON *incident, arena *a) {
    cJSON *handoff = cJSON_GetObjectItemCaseSensitive(incident, "handoff");
    if (!cJSON_IsObject(handoff))
        return;
    add_metrics(handoff, a);
    add_uses(handoff, a);
    add_second(handoff, "from", "since", a);
    if (*json_text(handoff, "version"))
        add_own_values(handoff, json_member(incident, "alerts"), a);
    if (!text_equal(json_text(handoff, "state"), json_text(handoff, "state_now")))
        add(handoff, "state_changed", json_text(handoff, "state_now"));
}

/* ── people ── */

/* The team as people read it, with who is on call. */
static void add_who(cJSON *object, arena *a) {
    const party p = {.team = json_text(object, "team"),
                     .team_name = json_text(object, "team_name"),
                     .person = json_text(object, "person"),
                     .person_name = json_text(object, "person_name")};
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
    add_handoff(incident, a);
    if (loop_from_text(json_text(incident, "loop"), &l))
        add(incident, "loop_title", loop_title(l));
    add_people(json_member(incident, "raci"), a);
    add_second(incident, "contested_since", "contested_at", a);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        add_times(cJSON_GetObjectItemCaseSensitive(incident, lists[i]), a);
    page_alerts_add(incident, now, a);
}
