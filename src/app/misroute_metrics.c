/* Owns the figures about misroutes for /metrics: counted by the database over the last 30 days, so that they are the
 * same on every node and after every restart. Counting takes longer than a scrape may, so what was printed is kept for
 * a minute, or until somebody here decides about an owner. */
#include "app/misroute_metrics.h"

#include "onus/json.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define COUNTED_OVER (30 * USEC_PER_DAY)
#define KEPT_FOR USEC_PER_MINUTE

struct misroute_metrics {
    pthread_mutex_t lock;
    _Atomic bool stale;
    usec printed_at; /* monotonic; 0: never */
    char *text;
};

misroute_metrics *misroute_metrics_new(void) {
    misroute_metrics *m = mem_zalloc(1, sizeof *m);
    pthread_mutex_init(&m->lock, NULL);
    m->text = mem_strdup("");
    return m;
}

void misroute_metrics_free(misroute_metrics *m) {
    if (!m)
        return;
    pthread_mutex_destroy(&m->lock);
    free(m->text);
    free(m);
}

void misroute_metrics_forget(misroute_metrics *m) {
    atomic_store(&m->stale, true);
}

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

static bool print_anew(app *a, store_conn *store, arena *memory) {
    usec now = clock_now(&a->clock);
    report_span span = {now - COUNTED_OVER, now + USEC_PER_DAY,
                        "UTC"}; /* what a node with a fast clock has opened, too */
    char *json = NULL;
    err e = {0};
    cJSON *figures = store_misroute_figures(store, &span, memory, &json, &e) ? cJSON_Parse(json) : NULL;
    if (!figures)
        return false;
    buf out;
    buf_init(&out);
    for (size_t f = 0; f < sizeof FAMILIES / sizeof *FAMILIES; f++)
        put_family(&out, figures, f);
    put_contests(&out, figures);
    cJSON_Delete(figures);
    free(a->misroutes->text);
    a->misroutes->text = buf_detach(&out);
    buf_release(&out);
    return true;
}

void misroute_metrics_put(app *a, store_conn *store, arena *memory, buf *out) {
    misroute_metrics *m = a->misroutes;
    usec now = clock_monotonic(&a->clock);
    pthread_mutex_lock(&m->lock);
    bool old = m->printed_at == 0 || now - m->printed_at > KEPT_FOR;
    if (atomic_exchange(&m->stale, false) || old) {
        if (print_anew(a, store, memory))
            m->printed_at = now;
        else
            atomic_store(&m->stale, true);
    }
    buf_puts(out, m->text);
    pthread_mutex_unlock(&m->lock);
}
