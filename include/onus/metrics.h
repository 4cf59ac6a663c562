/* Figures for /metrics in the Prometheus text format 0.0.4: counters, gauges, histograms; atomic, no lock on the hot
 * path. Families are one table (src/app/metrics.c): name, type, help, labels. */
#ifndef ONUS_METRICS_H
#define ONUS_METRICS_H

#include "onus/buf.h"
#include "onus/clock.h"

typedef enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM } metric_type;

/* Lines of one family; for those who print figures of their own. Label values are escaped; NULL-terminated name, value
 * pairs. */
void metric_put_family(buf *out, const char *name, metric_type type, const char *help);
void metric_put_sample(buf *out, const char *name, const char *const *label_pairs, double value);

/* A histogram over seconds with fixed bounds 1 ms … 60 s. */
enum { HISTOGRAM_BUCKETS = 15 };
typedef struct histogram {
    _Atomic uint64_t buckets[HISTOGRAM_BUCKETS + 1]; /* not cumulative; the last is +Inf */
    _Atomic int64_t sum_usec;
} histogram;
void histogram_observe(histogram *h, usec took);
void histogram_put(buf *out, const char *name, const char *const *label_pairs, const histogram *h);

#endif
