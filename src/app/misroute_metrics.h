/* Figures about misroutes, for /metrics. */
#ifndef ONUS_APP_MISROUTE_METRICS_H
#define ONUS_APP_MISROUTE_METRICS_H

#include "app/app.h"

/* Counts and prints. False: the database is away, and nothing was printed. */
MUST_USE bool misroute_metrics_put(store_conn *store, usec now, arena *memory, buf *out);

#endif
