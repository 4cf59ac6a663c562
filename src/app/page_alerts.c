/* Owns what a page tells of an incident's alerts: what fires now, since when, in the sender's own words; and how much
 * of a stranger's text a page shows. Leaves the rest of the incident to page_facts.c.
 *
 * The difficulty: an incident may have a thousand alerts, and one label a thousand lines. The page tells a few alerts
 * whole, the worst first, and counts the rest. */
#include "app/page_facts.h"

#include "onus/chart.h"
#include "onus/handoffs.h"
#include "onus/limits.h"
#include "onus/text.h"

#include <string.h>

static void add(cJSON *object, const char *name, const char *text) {
    if (*text && !cJSON_AddStringToObject(object, name, text))
        mem_exhausted();
}

static cJSON *add_list(cJSON *object, const char *name) {
    cJSON *list = cJSON_AddArrayToObject(object, name);
    if (!list)
        mem_exhausted();
    return list;
}

static cJSON *append(cJSON *list) {
    cJSON *object = cJSON_CreateObject();
    if (!object || !cJSON_AddItemToArray(list, object))
        mem_exhausted();
    return object;
}

const char *page_own_value(const cJSON *alert) {
    size_t count = 0;
    const char *const *names = handoff_value_names(&count), *told = "";
    static const char *const places[] = {"annotations", "labels"};
    for (size_t p = 0; p < 2; p++)
        for (size_t i = 0; i < count && !*told; i++)
            told = json_text(json_member(alert, places[p]), names[i]);
    return told;
}

/* accuracy 0.94 (threshold 0.9), latency 120 (threshold 250) */
static const char *baseline_line(const cJSON *incident, arena *a) {
    const cJSON *metrics = json_member(json_member(incident, "handoff"), "metrics"), *one;
    buf b;
    buf_init(&b);
    cJSON_ArrayForEach(one, metrics) {
        const char *threshold = json_text(one, "threshold");
        buf_printf(&b, "%s%s %s", b.len ? ", " : "", json_text(one, "name"), json_text(one, "value"));
        if (*threshold)
            buf_printf(&b, " (threshold %s)", threshold);
    }
    const char *line = buf_to_arena(&b, a);
    buf_release(&b);
    return line;
}

/* When it began, as people read it, and how long that is until now or until it ended. */
static void add_times(cJSON *told, const cJSON *alert, usec now, arena *a) {
    err e;
    usec began = 0, ended = 0;
    if (!time_from_text(json_text(alert, "starts_at"), &began, &e))
        return;
    add(told, "since", time_to_short_text(a, began));
    bool is_over = time_from_text(json_text(alert, "ends_at"), &ended, &e) && ended != 0;
    add(told, "lasted", duration_to_rough_text(a, (is_over ? ended : now) - began));
}

static void add_labels(cJSON *told, const cJSON *alert) {
    const cJSON *one;
    cJSON *list = add_list(told, "label_list");
    cJSON_ArrayForEach(one, json_member(alert, "labels")) {
        cJSON *label = append(list);
        add(label, "name", one->string);
        add(label, "value", cJSON_IsString(one) ? one->valuestring : "");
    }
}

static void add_told(cJSON *list, const cJSON *incident, const cJSON *alert, usec now, arena *a) {
    cJSON *told = append(list);
    const cJSON *words = json_member(alert, "annotations");
    const char *title = json_text(alert, "title"), *summary = json_text(words, "summary"),
               *value = page_own_value(alert);
    add(told, "title", title);
    add(told, "severity", json_text(alert, "severity"));
    add(told, "source", json_text(alert, "source"));
    add(told, "summary", text_equal(summary, title) ? "" : summary);
    add(told, "description", json_text(words, "description"));
    add(told, "value", value);
    add(told, "baseline", *value ? baseline_line(incident, a) : "");
    add_times(told, alert, now, a);
    add_labels(told, alert);
}

/* The worst first; of equals, in the order in which they came. */
static size_t choose(const cJSON *alerts, const cJSON *chosen[LIMIT_ALERTS_TOLD], size_t *firing) {
    size_t count = 0;
    *firing = 0;
    for (int s = SEVERITY_CRITICAL; s >= SEVERITY_INFO; s--) {
        const cJSON *one;
        cJSON_ArrayForEach(one, alerts) {
            if (!text_equal(json_text(one, "state"), "firing") ||
                !text_equal(json_text(one, "severity"), severity_to_text((severity)s)))
                continue;
            if (count < LIMIT_ALERTS_TOLD)
                chosen[count++] = one;
            ++*firing;
        }
    }
    return count;
}

void page_alerts_add(cJSON *incident, usec now, arena *a) {
    const cJSON *alerts = json_member(incident, "alerts"), *chosen[LIMIT_ALERTS_TOLD];
    if (!cJSON_IsArray(alerts))
        return;
    size_t firing = 0, count = choose(alerts, chosen, &firing);
    cJSON *list = add_list(incident, "told");
    for (size_t i = 0; i < count; i++)
        add_told(list, incident, chosen[i], now, a);
    if (count == 0 && alerts->child)
        add_told(list, incident, alerts->child->prev, now, a); /* cJSON: the first one's prev is the last */
    if (count > 0 && !cJSON_AddTrueToObject(incident, "is_firing"))
        mem_exhausted();
    if (firing > count)
        add(incident, "more_firing", arena_printf(a, "%zu", firing - count));
}

/* ── how much is shown ── */

static bool is_link(const cJSON *one) {
    return one->string && (text_equal(one->string, "link") || text_equal(one->string, "runbook"));
}

void page_facts_shorten(cJSON *facts, size_t max, arena *a) {
    cJSON *one;
    cJSON_ArrayForEach(one, facts) {
        if (!cJSON_IsString(one))
            page_facts_shorten(one, max, a);
        else if (strlen(one->valuestring) > max && !is_link(one) &&
                 !cJSON_SetValuestring(one, text_shorten(a, one->valuestring, max)))
            mem_exhausted();
    }
}
