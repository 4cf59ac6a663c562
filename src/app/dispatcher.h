/* The dispatcher: between the outbox and the transport. What was just committed is handed over under its lease; the
 * rest (retries, other nodes' leftovers, what did not fit) is claimed from the database, which is the truth. Results
 * are recorded in batches. */
#ifndef ONUS_APP_DISPATCHER_H
#define ONUS_APP_DISPATCHER_H

#include "app/app.h"

MUST_USE dispatcher *dispatcher_start(app *a, err *e);
/* The lease under which to commit new messages: MESSAGE_LEASE when they can be handed over at once; 0 when the
 * transport is nearly full, so that they are claimed when it has room. */
usec dispatcher_lease(dispatcher *d);
/* Copies the messages. Thread-safe, never blocks on I/O. What cannot be taken stays leased in the database and is
 * claimed later. */
void dispatcher_hand_over(dispatcher *d, const message *messages, size_t count);
/* A page to Responsible reached nobody: tells Accountable, over the caller's connection. Thread-safe. */
void dispatcher_tell_accountable(dispatcher *d, store_conn *conn, const undeliverable_page *page);
bool dispatcher_is_live(const dispatcher *d, usec now_monotonic);
void dispatcher_put_metrics(dispatcher *d, buf *out);
/* Waits at most `grace` for what is being sent, records, gives the rest back, ends. Frees. */
void dispatcher_stop(dispatcher *d, usec grace);

#endif
