/* One transaction of the committer: a slice of events on its way from being prepared to what follows from its commit
 * (the memory of open alerts, the dispatcher, figures, the log). The steps are those of store_commit_begin, with the same
 * order between two jobs on one connection. */
#ifndef ONUS_APP_COMMIT_JOB_H
#define ONUS_APP_COMMIT_JOB_H

#include "app/intake.h"

typedef struct commit_item {
    const event *event;
    submission *owner;
} commit_item;

typedef struct commit_slice {
    const commit_item *items;
    size_t count;
    bool remember;      /* the delivery ids of the submissions that end in it */
    bool trusts_memory; /* what the memory of open alerts does not know is new: a first try, since it may be wrong */
} commit_slice;

typedef struct commit_job commit_job;

/* Prepares and sends the look-ups. The events outlast the job. */
commit_job *commit_job_begin(app *a, store_conn *store, const commit_slice *slice);
void commit_job_decide(commit_job *j);
/* True means committed. Both free the job. */
MUST_USE bool commit_job_end(commit_job *j, err *e);
void commit_job_abandon(commit_job *j);

#endif
