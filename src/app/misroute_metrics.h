/* Figures about misroutes, for /metrics. Thread-safe. */
#ifndef ONUS_APP_MISROUTE_METRICS_H
#define ONUS_APP_MISROUTE_METRICS_H

#include "app/app.h"

misroute_metrics *misroute_metrics_new(void);
void misroute_metrics_free(misroute_metrics *m); /* NULL is fine */
/* Somebody has decided about an owner: count anew at the next scrape. */
void misroute_metrics_forget(misroute_metrics *m);
/* Without the database the last figures are printed again. */
void misroute_metrics_put(app *a, store_conn *store, arena *memory, buf *out);

#endif
