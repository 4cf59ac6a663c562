/* Owns the service's counters, gauges and histograms, and their text form (Prometheus text format 0.0.4, checked with
 * promtool in the tests). The figures of the database (open incidents) are added by whoever has a connection; the
 * transport prints its own. The difficulty: no lock on the hot path, so every figure is an atomic of its own. */
#include "app/metrics.h"

#include "onus/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct family {
    const char *name, *help;
} family;

static const family COUNTERS[COUNTER_COUNT] = {
    [COUNTER_EVENTS_UNOWNED] = {"onus_events_unowned_total", "Events that no row of the chart claimed."},
    [COUNTER_EVENTS_REPEATED_FROM_MEMORY] = {"onus_events_repeated_from_memory_total",
                                             "Unchanged alerts sent again, answered without the database."},
    [COUNTER_COMMITS] = {"onus_commits_total", "Group commits of events."},
    [COUNTER_COMMIT_CONFLICTS] = {"onus_commit_conflicts_total",
                                  "Commits repeated because another node was first, or a handoff changed."},
    [COUNTER_COMMIT_FAILURES] = {"onus_commit_failures_total", "Commits that failed because the database was away."},
    [COUNTER_COMMITS_UNCERTAIN] = {"onus_commits_uncertain_total",
                                   "Commits that were not answered, so that nobody knows whether they were done."},
    [COUNTER_POISON_EVENTS] = {"onus_poison_events_total", "Events that the database refused by themselves."},
    [COUNTER_UNREADABLE_ROWS] = {"onus_unreadable_rows_total",
                                 "Times that a row which a newer version has written could not be read."},
    [COUNTER_DUPLICATE_DELIVERIES] = {"onus_duplicate_deliveries_total",
                                      "Webhook deliveries whose id was seen before."},
    [COUNTER_INGEST_NOOPS] = {"onus_ingest_noops_total", "Webhooks that carried nothing to do: pings, unmapped types."},
    [COUNTER_INGEST_REFUSED_ALERTS] = {"onus_ingest_refused_alerts_total",
                                       "Alerts refused out of bodies whose other alerts were kept."},
    [COUNTER_INTAKE_REFUSALS] = {"onus_intake_refusals_total", "Webhooks answered 503 because the queue was full."},
    [COUNTER_UNDELIVERABLE_PAGES] = {"onus_undeliverable_pages_total",
                                     "Pages to Responsible that no contact received; Accountable was told."},
    [COUNTER_ESCALATIONS] = {"onus_escalations_total",
                             "Times an incident was due: silence or an expired acknowledgement."},
    [COUNTER_CHART_RELOADS] = {"onus_chart_reloads_total", "Charts taken into use."},
    [COUNTER_CHART_RELOAD_FAILURES] = {"onus_chart_reload_failures_total", "Edits of the chart that were refused."},
    [COUNTER_HANDOFF_CHANGES] = {"onus_handoff_changes_total",
                                 "Versions of models declared, accepted, rejected, handed back by this node."},
    [COUNTER_AUTH_FAILURES] = {"onus_auth_failures_total", "Requests refused for missing or wrong credentials."},
};

static const family GAUGES[GAUGE_COUNT] = {
    [GAUGE_INTAKE_EVENTS] = {"onus_intake_queue_events", "Events that wait for a committer."},
    [GAUGE_OPEN_ALERTS_REMEMBERED] = {"onus_open_alerts_remembered", "Open alerts held in memory."},
    [GAUGE_MESSAGES_WAITING] = {"onus_messages_waiting", "Messages in the outbox that are not delivered yet."},
    [GAUGE_OLDEST_MESSAGE_SECONDS] = {"onus_messages_oldest_seconds", "Age of the oldest message that is due."},
    [GAUGE_CHART_REVISION] = {"onus_chart_revision", "The revision of the chart in use."},
    [GAUGE_CHART_LOADED_AT] = {"onus_chart_last_reload_success_timestamp_seconds",
                               "When the chart was taken into use."},
    [GAUGE_CHART_RELOAD_OK] = {"onus_chart_last_reload_successful", "1 when the newest edit of the chart is in use."},
    [GAUGE_CLOCK_AHEAD_SECONDS] = {"onus_clock_ahead_seconds",
                                   "How far this node's clock is ahead of the database's, which it follows slowly."},
};

static const char *const INGEST_VERDICTS[METRICS_VERDICTS] = {
    [INGEST_ACCEPTED] = "accepted",       [INGEST_INVALID] = "invalid", [INGEST_TOO_LARGE] = "too_large",
    [INGEST_UNAVAILABLE] = "unavailable", [INGEST_DENIED] = "denied",
};

static const double BOUNDS[HISTOGRAM_BUCKETS] = {0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2,
                                                 0.5,   1,     2,     5,    10,   30,   60};

metrics *metrics_new(const channels *c) {
    metrics *m = mem_zalloc(1, sizeof *m);
    size_t count = 0;
    (void)channels_names(c, &count);
    m->channels = c;
    m->deliveries = mem_zalloc(count ? count : 1, sizeof *m->deliveries);
    return m;
}

void metrics_free(metrics *m) {
    if (!m)
        return;
    free(m->deliveries);
    free(m);
}

void metrics_count(metrics *m, counter c, uint64_t by) {
    atomic_fetch_add_explicit(&m->counters[c], by, memory_order_relaxed);
}

void metrics_mended(metrics *m, const json_mends *mends) {
    for (size_t i = 0; i < JSON_MEND_COUNT; i++)
        if (mends->count[i])
            atomic_fetch_add_explicit(&m->mended[i], mends->count[i], memory_order_relaxed);
}

void metrics_set(metrics *m, gauge g, int64_t value) {
    atomic_store_explicit(&m->gauges[g], value, memory_order_relaxed);
}

void metrics_delivery(metrics *m, const char *channel, delivery_verdict v) {
    size_t count = 0;
    const char *const *names = channels_names(m->channels, &count);
    for (size_t i = 0; i < count; i++)
        if (text_equal(names[i], channel))
            atomic_fetch_add_explicit(&m->deliveries[i][v], 1, memory_order_relaxed);
}

void histogram_observe(histogram *h, usec took) {
    took = took > 0 ? took : 0; /* by the wall's clock, which may be set back; a sum never falls */
    double seconds = (double)took / 1e6;
    size_t i = 0;
    while (i < HISTOGRAM_BUCKETS && seconds > BOUNDS[i])
        i++;
    atomic_fetch_add_explicit(&h->buckets[i], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&h->sum_usec, took, memory_order_relaxed);
}

static const char *const TYPE_NAMES[] = {
    [METRIC_COUNTER] = "counter", [METRIC_GAUGE] = "gauge", [METRIC_HISTOGRAM] = "histogram"};

void metric_put_family(buf *out, const char *name, metric_type type, const char *help) {
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, TYPE_NAMES[type]);
}

static void put_label_value(buf *out, const char *value) {
    for (const char *p = value; *p; p++) {
        if (*p == '\\' || *p == '"')
            buf_putc(out, '\\');
        if (*p == '\n')
            buf_puts(out, "\\n");
        else
            buf_putc(out, *p);
    }
}

/* {a="b",c="d"}; `extra` is a last pair for a histogram's bound, or NULL. */
static void put_labels(buf *out, const char *const *pairs, const char *extra) {
    if ((!pairs || !pairs[0]) && !extra)
        return;
    buf_putc(out, '{');
    bool more = false;
    for (size_t i = 0; pairs && pairs[i]; i += 2) {
        buf_printf(out, "%s%s=\"", more ? "," : "", pairs[i]);
        put_label_value(out, pairs[i + 1]);
        buf_putc(out, '"');
        more = true;
    }
    if (extra)
        buf_printf(out, "%sle=\"%s\"", more ? "," : "", extra);
    buf_putc(out, '}');
}

void metric_put_sample(buf *out, const char *name, const char *const *label_pairs, double value) {
    buf_puts(out, name);
    put_labels(out, label_pairs, NULL);
    if (value >= -9e15 && value <= 9e15 && value == (double)(int64_t)value)
        buf_printf(out, " %" PRId64 "\n", (int64_t)value);
    else
        buf_printf(out, " %.9g\n", value);
}

void histogram_put(buf *out, const char *name, const char *const *label_pairs, const histogram *h) {
    uint64_t sum = 0;
    for (size_t i = 0; i <= HISTOGRAM_BUCKETS; i++) {
        char bound[32] = "+Inf";
        if (i < HISTOGRAM_BUCKETS && snprintf(bound, sizeof bound, "%g", BOUNDS[i]) >= (int)sizeof bound)
            continue;
        sum += atomic_load_explicit(&h->buckets[i], memory_order_relaxed);
        buf_printf(out, "%s_bucket", name);
        put_labels(out, label_pairs, bound);
        buf_printf(out, " %" PRIu64 "\n", sum);
    }
    buf_printf(out, "%s_sum", name);
    put_labels(out, label_pairs, NULL);
    buf_printf(out, " %.6f\n", (double)atomic_load_explicit(&h->sum_usec, memory_order_relaxed) / 1e6);
    buf_printf(out, "%s_count", name);
    put_labels(out, label_pairs, NULL);
    buf_printf(out, " %" PRIu64 "\n", sum);
}

static void put_histogram_family(buf *out, const char *name, const char *help, const histogram *h) {
    metric_put_family(out, name, METRIC_HISTOGRAM, help);
    histogram_put(out, name, NULL, h);
}

static void put_deliveries(metrics *m, buf *out) {
    size_t count = 0;
    const char *const *names = channels_names(m->channels, &count);
    metric_put_family(out, "onus_delivery_attempts_total", METRIC_COUNTER,
                      "Attempts to deliver a message, by outcome.");
    for (size_t i = 0; i < count; i++)
        for (delivery_verdict v = DELIVERED; v <= GIVE_UP; v++) {
            const char *pairs[] = {"channel", names[i], "outcome", delivery_verdict_to_text(v), NULL};
            metric_put_sample(out, "onus_delivery_attempts_total", pairs, (double)m->deliveries[i][v]);
        }
}

static void put_events(metrics *m, buf *out) {
    metric_put_family(out, "onus_events_total", METRIC_COUNTER, "Events decided, by what they came to.");
    for (event_outcome o = 0; o < OUTCOME_COUNT; o++) {
        const char *pairs[] = {"outcome", event_outcome_to_text(o), NULL};
        metric_put_sample(out, "onus_events_total", pairs, (double)m->outcomes[o]);
    }
    metric_put_family(out, "onus_events_by_loop_total", METRIC_COUNTER, "Events decided, by the loop that owns them.");
    for (int l = 0; l < LOOP_COUNT; l++) {
        const char *pairs[] = {"loop", loop_to_text((loop)l), NULL};
        metric_put_sample(out, "onus_events_by_loop_total", pairs, (double)m->loops[l]);
    }
    metric_put_family(out, "onus_ingest_requests_total", METRIC_COUNTER, "Webhooks, by how they were answered.");
    for (size_t i = 0; i < METRICS_VERDICTS; i++) {
        const char *pairs[] = {"verdict", INGEST_VERDICTS[i], NULL};
        metric_put_sample(out, "onus_ingest_requests_total", pairs, (double)m->ingest[i]);
    }
    metric_put_family(out, "onus_ingest_mended_total", METRIC_COUNTER,
                      "Mistakes in bodies that were mended instead of refused, by kind.");
    for (json_mend k = 0; k < JSON_MEND_COUNT; k++) {
        const char *pairs[] = {"kind", json_mend_to_text(k), NULL};
        metric_put_sample(out, "onus_ingest_mended_total", pairs, (double)m->mended[k]);
    }
    metric_put_family(out, "onus_http_requests_total", METRIC_COUNTER, "HTTP requests, by class of status.");
    for (size_t i = 1; i < METRICS_STATUS_CLASSES; i++) {
        char class[] = {(char)('0' + i), 'x', 'x', 0};
        const char *pairs[] = {"status", class, NULL};
        metric_put_sample(out, "onus_http_requests_total", pairs, (double)m->requests[i]);
    }
}

void metrics_put(metrics *m, buf *out) {
    for (size_t i = 0; i < COUNTER_COUNT; i++) {
        metric_put_family(out, COUNTERS[i].name, METRIC_COUNTER, COUNTERS[i].help);
        metric_put_sample(out, COUNTERS[i].name, NULL, (double)m->counters[i]);
    }
    for (size_t i = 0; i < GAUGE_COUNT; i++) {
        metric_put_family(out, GAUGES[i].name, METRIC_GAUGE, GAUGES[i].help);
        metric_put_sample(out, GAUGES[i].name, NULL, (double)m->gauges[i]);
    }
    put_events(m, out);
    put_deliveries(m, out);
    put_histogram_family(out, "onus_commit_seconds", "One group commit: load, decide, write, commit.",
                         &m->commit_seconds);
    put_histogram_family(out, "onus_intake_wait_seconds", "From a webhook's arrival to its answer.",
                         &m->batch_wait_seconds);
    put_histogram_family(out, "onus_page_seconds", "From a message's cause to its delivery.", &m->page_seconds);
    put_histogram_family(out, "onus_delivery_attempt_seconds", "One attempt to deliver.", &m->attempt_seconds);
    put_histogram_family(out, "onus_http_request_seconds", "HTTP requests, from the first byte to the answer.",
                         &m->request_seconds);
}
