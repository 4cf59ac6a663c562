/* A round trip: statements that go to the server together and whose answers come back together.
 *
 * Without BEGIN a trip is one transaction of its own: all or nothing. A transaction over several trips starts with
 * trip_command(t, "BEGIN") and ends with "COMMIT"; when a trip fails, its transaction is rolled back. */
#ifndef ONUS_STORE_TRIP_H
#define ONUS_STORE_TRIP_H

#include "connection.h"
#include "params.h"

enum { TRIP_MAX = 24 };

typedef struct trip_step {
    int query;  /* place in queries_data; -1: a command */
    int result; /* place in results; -1: a PREPARE */
    bool is_commit;
} trip_step;

typedef struct trip {
    store_conn *conn;
    trip_step steps[TRIP_MAX * 2];
    int step_count;
    PGresult *results[TRIP_MAX];
    int result_count;
    bool reads;   /* and writes nothing */
    bool commits; /* when the connection is lost, nobody knows whether it has */
    bool failed;
    err why;
} trip;

/* Connects when needed, but never inside a transaction. A failure latches and is told by trip_run. */
void trip_begin(trip *t, store_conn *c);
/* Queues a statement of sql/queries, without ".sql"; gives the place of its result. `p` may be NULL; it is copied. */
int trip_add(trip *t, const char *query, params *p);
/* As trip_add, and releases `p`. */
int trip_send(trip *t, const char *query, params *p);
void trip_command(trip *t, const char *sql);
/* It may take so long, from now. */
void trip_within(trip *t, usec within);
/* It is a transaction that writes, without a COMMIT of its own. */
void trip_commits(trip *t);
/* Sends, waits, collects. On failure the results are gone and nothing was written. */
MUST_USE bool trip_run(trip *t, err *e);
const PGresult *trip_result(const trip *t, int place);
void trip_end(trip *t); /* frees the results; always called */

/* Ends a transaction that was begun in an earlier trip. */
void trip_roll_back(store_conn *c);

/* The commonest case: one statement, one trip. `p` is released. */
MUST_USE bool trip_one(trip *t, store_conn *c, const char *query, params *p, err *e);

/* What only reads. */
typedef struct reading {
    const char *query;
    params *p;                   /* NULL: none */
    const char *const *settings; /* SET LOCAL … of a transaction of its own, ended by NULL; NULL: as every statement */
    usec within;                 /* it may take so long; 0: as every trip */
} reading;
/* Asks once more on a new connection when the one that it used is found dead. NULL: failed. `p` is released. */
MUST_USE const PGresult *trip_ask(trip *t, store_conn *c, const reading *what, err *e);
/* The commonest case; trip_result(t, 0) is the answer. */
MUST_USE bool trip_read(trip *t, store_conn *c, const char *query, params *p, err *e);

#endif
