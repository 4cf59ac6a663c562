/* One transaction of a committer: a slice of events on its way from being routed to what follows from its commit (the
 * memory of open alerts, the dispatcher, figures, the log). */
#ifndef ONUS_APP_COMMIT_JOB_H
#define ONUS_APP_COMMIT_JOB_H

#include "app/intake.h"

typedef struct commit_item {
    submission *owner;
    size_t place; /* of the event, in its owner */
} commit_item;

typedef struct commit_slice {
    const commit_item *items;
    size_t count;
    bool remember;      /* the delivery ids of the submissions that end in it */
    bool trusts_memory; /* an alert that is unheard of is new: for a first try, as that may be wrong */
} commit_slice;

/* True means committed. */
MUST_USE bool commit_job_run(app *a, store_conn *store, const commit_slice *slice, err *e);

#endif
