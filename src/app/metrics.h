/* The service's own figures, counted without a lock and printed for GET /metrics. */
#ifndef ONUS_APP_METRICS_H
#define ONUS_APP_METRICS_H

#include "onus/decide.h"
#include "onus/ingest.h"
#include "onus/metrics.h"
#include "onus/notify.h"

#include <stdatomic.h>

typedef enum counter {
    COUNTER_EVENTS_UNOWNED,
    COUNTER_EVENTS_REPEATED_FROM_MEMORY,
    COUNTER_COMMITS,
    COUNTER_COMMIT_CONFLICTS,
    COUNTER_COMMIT_FAILURES,
    COUNTER_COMMITS_UNCERTAIN,
    COUNTER_POISON_EVENTS,
    COUNTER_UNREADABLE_ROWS,
    COUNTER_DUPLICATE_DELIVERIES,
    COUNTER_INGEST_NOOPS,
    COUNTER_INGEST_REFUSED_ALERTS,
    COUNTER_INTAKE_REFUSALS,
    COUNTER_UNDELIVERABLE_PAGES,
    COUNTER_ESCALATIONS,
    COUNTER_CHART_RELOADS,
    COUNTER_CHART_RELOAD_FAILURES,
    COUNTER_AUTH_FAILURES,
    COUNTER_HANDOFF_CHANGES,
    COUNTER_COUNT
} counter;

typedef enum gauge {
    GAUGE_INTAKE_EVENTS,
    GAUGE_OPEN_ALERTS_REMEMBERED,
    GAUGE_MESSAGES_WAITING,
    GAUGE_OLDEST_MESSAGE_SECONDS,
    GAUGE_CHART_REVISION,
    GAUGE_CHART_LOADED_AT,
    GAUGE_CHART_RELOAD_OK,
    GAUGE_CLOCK_AHEAD_SECONDS,
    GAUGE_COUNT
} gauge;

enum { METRICS_STATUS_CLASSES = 6, METRICS_VERDICTS = INGEST_DENIED + 1 };

typedef struct metrics {
    _Atomic uint64_t counters[COUNTER_COUNT];
    _Atomic int64_t gauges[GAUGE_COUNT];
    _Atomic uint64_t outcomes[OUTCOME_COUNT];
    _Atomic uint64_t loops[LOOP_COUNT];                /* events by the loop that owns them */
    _Atomic uint64_t ingest[METRICS_VERDICTS];         /* source requests by verdict */
    _Atomic uint64_t mended[JSON_MEND_COUNT];          /* in what senders sent */
    _Atomic uint64_t requests[METRICS_STATUS_CLASSES]; /* by class of status: 1xx … 5xx */
    const channels *channels;
    _Atomic uint64_t (*deliveries)[GIVE_UP + 1]; /* by channel, in the order of channels_names */
    histogram commit_seconds, batch_wait_seconds, page_seconds, request_seconds, attempt_seconds;
} metrics;

metrics *metrics_new(const channels *c);
void metrics_free(metrics *m);
void metrics_count(metrics *m, counter c, uint64_t by);
void metrics_mended(metrics *m, const json_mends *mends);
void metrics_set(metrics *m, gauge g, int64_t value);
void metrics_delivery(metrics *m, const char *channel, delivery_verdict v);
void metrics_put(metrics *m, buf *out);

#endif
