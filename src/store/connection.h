/* One connection, as the files of the store see it. */
#ifndef ONUS_STORE_CONNECTION_H
#define ONUS_STORE_CONNECTION_H

#include "onus/store.h"

#include <libpq-fe.h>

enum {
    STORE_NODE_BYTES = 64,
    STORE_BLOCK = 1024,           /* ids of alerts and messages taken at once; the increment of their sequences */
    STORE_STATEMENT_SECONDS = 10, /* one statement, waiting for locks included */
    STORE_SILENCE_SECONDS = 20,   /* a server that says nothing for so long is gone */
    STORE_LEAST_SERVER = 140000,  /* PostgreSQL 14 */
};

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
    bool patient;     /* no limit on statements: migrations and housekeeping */
};

/* Connects when there is no connection. ERR_UNAVAILABLE otherwise. */
MUST_USE bool conn_ensure(store_conn *c, err *e);
void conn_drop(store_conn *c);
/* What the server or libpq said, as an error of the store; drops the connection when it is of no more use. Returns
 * false. `r` may be NULL: then the connection's own message counts. */
bool conn_failed(store_conn *c, const PGresult *r, err *e);
/* Notes a row that could not be read. */
void conn_passed_over(store_conn *c, const err *why);
/* Tells the shared patience, where there is one. */
void conn_trouble(const store_conn *c, trouble what, const char *why);
void conn_works(const store_conn *c);
/* Runs plain SQL, several statements if need be. Blocks; for the schema and the session only. */
MUST_USE bool conn_exec(store_conn *c, const char *sql, err *e);

#endif
