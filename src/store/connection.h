/* One connection, as the files of the store see it. */
#ifndef ONUS_STORE_CONNECTION_H
#define ONUS_STORE_CONNECTION_H

#include "onus/limits.h"
#include "onus/store.h"

#include <libpq-fe.h>

enum {
    STORE_NODE_BYTES = 64,
    STORE_BLOCK = 1024,          /* ids of alerts and messages taken at once; the increment of their sequences */
    STORE_LEAST_SERVER = 140000, /* PostgreSQL 14 */
};

#define STORE_HURRIED (LIMIT_DATABASE_ANSWER_MS * USEC_PER_MS)
#define STORE_UNHURRIED (10 * USEC_PER_SECOND) /* a thread of our own, which the watchdog looks at */
#define STORE_REPORT (30 * USEC_PER_SECOND)    /* what reads weeks */

typedef struct id_block {
    int64_t next, end;
} id_block;

struct store_conn {
    secret database;
    char node[STORE_NODE_BYTES];
    PGconn *pg;     /* NULL: not connected */
    bool *prepared; /* by place in queries_data */
    size_t query_count;
    id_block alert_ids, message_ids;
    struct joins *joins;
    size_t passed_over; /* rows that could not be read, since store_passed_over */
    err passed_over_why;
    patience *shared; /* NULL: none */
    bool holds_node;  /* this session says that the node lives */
    onus_clock clock;
    usec answers_within;                    /* a trip, connecting included; 0: as long as it takes */
    usec deadline;                          /* monotonic, of the trip under way; 0: none */
    int left[LIMIT_DATABASE_SESSIONS_LEFT]; /* sockets of sessions that were given up and have not ended */
    size_t left_count;
    bool silent, uncertain; /* the newest failure */
    bool said_goodbye;      /* the server has ended the session */
    bool wait_cancelled;    /* somebody has cancelled a COMMIT's wait for the standby */
};

/* From now on the trip has so long; 0: as long as it takes. */
void conn_begin(store_conn *c, usec within);
/* Connects when there is no connection, or when the server has ended it meanwhile. ERR_UNAVAILABLE otherwise. */
MUST_USE bool conn_ensure(store_conn *c, err *e);
void conn_drop(store_conn *c);
/* Until a result can be taken without blocking. False: see conn_lost. */
MUST_USE bool conn_wait(store_conn *c);
/* After a wait that failed: drops the connection, and says why. Returns false. */
bool conn_lost(store_conn *c, err *e);
/* What the server or libpq said, as an error of the store; drops the connection when it is of no more use. Returns
 * false. `r` may be NULL: then the connection's own message counts. */
bool conn_failed(store_conn *c, const PGresult *r, err *e);
/* Notes a row that could not be read. */
void conn_passed_over(store_conn *c, const err *why);
/* Tells the shared patience, where there is one. */
void conn_trouble(const store_conn *c, trouble what, const char *why);
void conn_works(const store_conn *c);
/* Runs plain SQL, several statements if need be; for the schema and the session only. */
MUST_USE bool conn_exec(store_conn *c, const char *sql, err *e);

#endif
