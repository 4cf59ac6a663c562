/* Tests of the store on a real PostgreSQL: one private cluster for the program, a fresh migrated database for each
 * test. */
#ifndef ONUS_TESTS_PG_H
#define ONUS_TESTS_PG_H

#include "onus/local_postgres.h"
#include "onus/store.h"

#include <criterion/criterion.h>
#include <libpq-fe.h>

#define NOON ((usec)1780000000 * USEC_PER_SECOND) /* 2026-05-28T20:26:40Z */
#define LEASE (30 * USEC_PER_SECOND)

/* One test's world: two connections as two nodes, and a plain one to look behind the curtain. */
typedef struct pg_test {
    arena *a;
    secret database;
    store_conn *one, *two;
    PGconn *raw;
    usec now;
    int64_t handoffs_serial; /* what events are prepared with */
    int decisions;           /* of the newest pg_commit_as: how often it was decided */
} pg_test;

pg_test pg_begin(void);       /* a copy of the migrated template */
pg_test pg_begin_empty(void); /* an empty database */
void pg_end(pg_test *t);

/* The first value of a query, as text. */
const char *pg_value(pg_test *t, const char *sql);
int64_t pg_number(pg_test *t, const char *sql);
void pg_do(pg_test *t, const char *sql);
/* Until another connection to the test's database waits for a lock. */
void pg_wait_for_a_waiter(pg_test *t);

/* A chart of one row whose Responsible has two contacts; routes are made by hand. */
typedef struct sample {
    const char *key;   /* of the alert; "a" when NULL */
    const char *group; /* group key; "row|a" when NULL */
    const char *title; /* "Latency" when NULL */
    event_kind kind;
    severity severity;
    usec starts_at; /* the test's now when 0 */
    usec expires_at;
    bool unheard;
} sample;

prepared_event pg_event(pg_test *t, const sample *s);
/* store_commit_events with the real decide_events; counts in t->decisions. */
bool pg_commit_as(pg_test *t, store_conn *c, const prepared_event *events, size_t count, changes *out, err *e);
/* The same on the first connection; must succeed. */
changes pg_commit(pg_test *t, const sample *samples, size_t count);
bool pg_act(pg_test *t, store_conn *c, int64_t incident, action_kind kind, changes *out, err *e);

#endif
