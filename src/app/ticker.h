/* The ticker: everything that happens because time has passed. One thread with one connection. */
#ifndef ONUS_APP_TICKER_H
#define ONUS_APP_TICKER_H

#include "app/app.h"

MUST_USE ticker *ticker_start(app *a, err *e);
void ticker_reload(ticker *t); /* SIGHUP: look at the chart now. Safe from any thread */
bool ticker_is_live(const ticker *t, usec now_monotonic);
void ticker_stop(ticker *t); /* flushes what was seen, ends, frees */

#endif
