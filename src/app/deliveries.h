/* The delivery ids of one batch: what was seen before is dropped from it, with one look at the database for all. */
#ifndef ONUS_APP_DELIVERIES_H
#define ONUS_APP_DELIVERIES_H

#include "app/intake.h"

typedef struct deliveries deliveries;

/* Takes out of the submissions what the database has seen, and what comes a second time within the batch. False: the
 * database is away; nothing was taken out. `*out` is NULL when there are no ids. */
MUST_USE bool deliveries_drop_seen(store_conn *store, submission *list, deliveries **out, err *e);
size_t deliveries_dropped(const deliveries *d); /* NULL is fine */
/* After the commit: whoever repeats a delivery of the same batch is answered as the first one is. */
void deliveries_settle(const deliveries *d);
void deliveries_free(deliveries *d);

#endif
