/* Owns what the figures about misroutes are, for /metrics: counted by the database over the last 30 days, so that they
 * are the same on every node and after every restart. Leaves when they are counted to database_state.c. */
#include "app/misroute_metrics.h"

#include "onus/json.h"

#include <string.h>

#define COUNTED_OVER (30 * USEC_PER_DAY)

/* One family each; the label's name is the list's. */
static const struct {
    const char *list, *member, *name, *help;
} FAMILIES[] = {
    {"activity", "incidents", "onus_routed_incidents", "Incidents of the last 30 days, by the row that claimed them."},
    {"activity", "misrouted", "onus_misrouted_incidents",
     "Of these, those that were given to another role: by a contest that was accepted, or by a reassignment."},
    {"team", "incidents", "onus_team_routed_incidents",
     "Incidents of the last 30 days, by the team that was responsible first."},
    {"team", "misrouted", "onus_team_misrouted_incidents", "Of these, those that were given to another role."},
};

static void put_family(buf *out, const cJSON *figures, size_t f) {
    const cJSON *item;
    metric_put_family(out, FAMILIES[f].name, METRIC_GAUGE, FAMILIES[f].help);
    cJSON_ArrayForEach(item, json_member(figures, FAMILIES[f].list)) {
        const char *pairs[] = {FAMILIES[f].list, json_text(item, "name"), NULL};
        metric_put_sample(out, FAMILIES[f].name, pairs, (double)json_int(item, FAMILIES[f].member, 0));
    }
}

static void put_contests(buf *out, const cJSON *figures) {
    const cJSON *item;
    metric_put_family(out, "onus_contests", METRIC_GAUGE,
                      "Contests of the last 30 days, by row and by what they came to.");
    cJSON_ArrayForEach(item, json_member(figures, "contests")) {
        const char *pairs[] = {"activity", json_text(item, "name"), "decision", json_text(item, "decision"), NULL};
        metric_put_sample(out, "onus_contests", pairs, (double)json_int(item, "count", 0));
    }
}

bool misroute_metrics_put(store_conn *store, usec now, arena *memory, buf *out) {
    report_span span = {now - COUNTED_OVER, now + USEC_PER_DAY,
                        "UTC"}; /* what a node with a fast clock has opened, too */
    char *json = NULL;
    err e = {0};
    cJSON *figures =
        store_misroute_figures(store, &span, memory, &json, &e) ? json_parse_mended(json, strlen(json), &e) : NULL;
    if (!figures)
        return false;
    for (size_t f = 0; f < sizeof FAMILIES / sizeof *FAMILIES; f++)
        put_family(out, figures, f);
    put_contests(out, figures);
    cJSON_Delete(figures);
    return true;
}
