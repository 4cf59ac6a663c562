/* The dispatcher: between the outbox and the transport. What was just committed is handed over under its lease; the
 * rest (retries, other nodes' leftovers, what did not fit) is claimed from the database, which is the truth. Results
 * are recorded in batches. */
#ifndef ONUS_APP_DISPATCHER_H
#define ONUS_APP_DISPATCHER_H

#include "app/app.h"

MUST_USE dispatcher *dispatcher_start(app *a, err *e);
/* A lease under which new messages are committed. */
typedef struct lease {
    usec length; /* 0: the transport is nearly full, they are claimed when it has room */
    usec ends;   /* monotonic */
} lease;
/* To be asked for before the commit is sent. */
lease dispatcher_lease(dispatcher *d);
/* After the commit. Copies the messages. Thread-safe, never blocks on I/O. What cannot be taken stays leased in the
 * database and is claimed later. */
void dispatcher_hand_over(dispatcher *d, const lease *lease, const message *messages, size_t count);
/* Nobody knows whether the commit at `now` was done: should it be there later, what it has leased is claimed within
 * moments. Thread-safe. */
void dispatcher_commit_uncertain(dispatcher *d, const lease *lease, usec now);
/* A page to Responsible reached nobody: tells Accountable, over the caller's connection. Thread-safe. */
void dispatcher_tell_accountable(dispatcher *d, store_conn *conn, const undeliverable_page *page);
bool dispatcher_is_live(const dispatcher *d, usec now_monotonic);
void dispatcher_put_metrics(dispatcher *d, buf *out);
/* Waits at most `grace` for what is being sent, records, gives the rest back, ends. Frees. */
void dispatcher_stop(dispatcher *d, usec grace);

#endif
