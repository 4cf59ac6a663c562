/* Round trips in libpq's pipeline mode, without blocking: every trip has a deadline (connection.c waits), so that a
 * server which hangs, or a network that swallows packets, ends as ERR_UNAVAILABLE and not as a thread that never comes
 * back.
 *
 * The difficulty is the bookkeeping of a pipeline: each statement gives one result and one NULL, after a failure all
 * others give "aborted", a statement is prepared in the pipeline that uses it first, and a COMMIT of a failed
 * transaction answers with the tag ROLLBACK and no error. */
#include "trip.h"

#include "onus/embedded.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ── statements by name ── */

static int by_name(const void *wanted, const void *row) {
    return strcmp(wanted, ((const struct embedded_file *)row)->name);
}

static int find_query(const store_conn *c, const char *query) {
    char name[64];
    int len = snprintf(name, sizeof name, "%s.sql", query);
    assert(len > 0 && (size_t)len < sizeof name);
    const struct embedded_file *row = bsearch(name, queries_data, c->query_count, sizeof *queries_data, by_name);
    assert(row != NULL);
    return (int)(row - queries_data);
}

/* ── queueing ── */

static void fail(trip *t, const PGresult *r) {
    if (!t->failed) {
        t->failed = true;
        (void)conn_failed(t->conn, r, &t->why);
    }
}

void trip_begin(trip *t, store_conn *c) {
    t->conn = c;
    t->commits = t->reads = false;
    conn_begin(c, c->answers_within);
    t->step_count = t->result_count = 0;
    t->why = (err){0};
    t->failed = !conn_ensure(c, &t->why);
    if (!t->failed && PQenterPipelineMode(c->pg) != 1)
        fail(t, NULL);
}

static void add_step(trip *t, trip_step step) {
    assert(t->step_count < TRIP_MAX * 2);
    t->steps[t->step_count++] = step;
}

static int add_result(trip *t, int query, bool is_commit) {
    assert(t->result_count < TRIP_MAX);
    t->results[t->result_count] = NULL;
    add_step(t, (trip_step){query, t->result_count, is_commit});
    return t->result_count++;
}

static void prepare(trip *t, int query) {
    store_conn *c = t->conn;
    if (c->prepared[query])
        return;
    if (PQsendPrepare(c->pg, queries_data[query].name, queries_data[query].text, 0, NULL) != 1) {
        fail(t, NULL);
        return;
    }
    add_step(t, (trip_step){query, -1, false});
    c->prepared[query] = true; /* taken back when the server refuses */
}

int trip_add(trip *t, const char *query, params *p) {
    int place = find_query(t->conn, query);
    if (!t->failed)
        prepare(t, place);
    int result = add_result(t, place, false);
    if (t->failed)
        return result;
    int count = p != NULL ? p->count : 0;
    const char *values[PARAMS_MAX];
    int lengths[PARAMS_MAX], formats[PARAMS_MAX];
    for (int i = 0; i < count; i++) {
        values[i] = param_bytes(&p->items[i], &lengths[i]);
        formats[i] = 1;
    }
    if (PQsendQueryPrepared(t->conn->pg, queries_data[place].name, count, values, lengths, formats, 1) != 1)
        fail(t, NULL);
    return result;
}

int trip_send(trip *t, const char *query, params *p) {
    int result = trip_add(t, query, p);
    if (p != NULL)
        params_release(p);
    return result;
}

void trip_within(trip *t, usec within) {
    if (t->conn->answers_within > 0)
        conn_begin(t->conn, within);
}

void trip_commits(trip *t) {
    t->commits = true;
}

void trip_command(trip *t, const char *sql) {
    bool commit = strcmp(sql, "COMMIT") == 0;
    (void)add_result(t, -1, commit);
    t->reads |= strcmp(sql, "BEGIN READ ONLY") == 0;
    t->commits |= commit && !t->reads;
    if (!t->failed && PQsendQueryParams(t->conn->pg, sql, 0, NULL, NULL, NULL, NULL, 1) != 1)
        fail(t, NULL);
}

/* ── collecting ── */

/* The connection is gone. A server that had refused a statement before has committed nothing. */
static void lose(trip *t) {
    t->conn->uncertain = t->commits && !t->failed;
    t->failed = true;
    (void)conn_lost(t->conn, &t->why);
}

/* The next result; NULL at a statement's end. False: the connection is gone. */
static bool next_result(trip *t, PGresult **out) {
    *out = NULL;
    if (!conn_wait(t->conn)) {
        lose(t);
        return false;
    }
    *out = PQgetResult(t->conn->pg);
    return true;
}

static bool is_committed(const trip_step *step, PGresult *r) {
    return !step->is_commit || strcmp(PQcmdStatus(r), "COMMIT") == 0;
}

static void judge(trip *t, const trip_step *step, PGresult *r) {
    ExecStatusType status = PQresultStatus(r);
    bool done = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (step->result < 0 && !done && t->conn->pg != NULL)
        t->conn->prepared[step->query] = false;
    if (done && !is_committed(step, r)) {
        t->failed = true;
        err_set(&t->why, ERR_UNAVAILABLE, "database: the transaction was rolled back");
        conn_trouble(t->conn, TROUBLE_REFUSED, t->why.text);
    }
    if (!done && status != PGRES_PIPELINE_ABORTED)
        fail(t, r);
}

static bool collect_step(trip *t, const trip_step *step) {
    PGresult *r;
    if (!next_result(t, &r))
        return false;
    if (r == NULL) {
        lose(t);
        return false;
    }
    judge(t, step, r);
    if (step->result >= 0)
        t->results[step->result] = r;
    else
        PQclear(r);
    if (t->conn->pg == NULL)
        return false;
    PGresult *end;
    if (!next_result(t, &end))
        return false;
    if (end == NULL)
        return true;
    PQclear(end);
    fail(t, NULL);
    return false;
}

static void collect_sync(trip *t) {
    PGresult *r;
    if (!next_result(t, &r))
        return;
    bool synced = PQresultStatus(r) == PGRES_PIPELINE_SYNC;
    PQclear(r);
    if (!synced || PQexitPipelineMode(t->conn->pg) != 1) {
        t->failed = false; /* the connection's own state counts now */
        fail(t, NULL);
    }
}

/* Committed here, and perhaps nowhere else. */
static void doubt(trip *t) {
    t->failed = t->conn->uncertain = true;
    err_set(&t->why, ERR_UNAVAILABLE, "database: the wait for the standby was cancelled");
    conn_drop(t->conn);
}

/* Sends and collects; leaves the connection dropped, idle, or in a failed transaction. */
static bool run(trip *t) {
    if (!t->failed && PQpipelineSync(t->conn->pg) != 1)
        fail(t, NULL);
    if (t->failed) {
        if (t->conn->pg != NULL)
            conn_drop(t->conn); /* half a pipeline was sent */
        return false;
    }
    int i = 0;
    while (i < t->step_count && collect_step(t, &t->steps[i]))
        i++;
    if (t->conn->pg != NULL)
        collect_sync(t);
    if (!t->failed && t->commits && t->conn->wait_cancelled)
        doubt(t);
    if (!t->failed)
        conn_works(t->conn);
    return !t->failed;
}

void trip_roll_back(store_conn *c) {
    if (c->pg == NULL)
        return;
    trip t;
    trip_begin(&t, c);
    trip_command(&t, "ROLLBACK");
    if (!run(&t) && c->pg != NULL)
        conn_drop(c);
    trip_end(&t);
}

bool trip_run(trip *t, err *e) {
    if (run(t))
        return true;
    if (t->conn->pg != NULL && PQtransactionStatus(t->conn->pg) != PQTRANS_IDLE)
        trip_roll_back(t->conn);
    *e = t->why;
    return false;
}

const PGresult *trip_result(const trip *t, int place) {
    assert(place >= 0 && place < t->result_count && t->results[place] != NULL);
    return t->results[place];
}

void trip_end(trip *t) {
    for (int i = 0; i < t->result_count; i++)
        PQclear(t->results[i]);
    t->result_count = t->step_count = 0;
}

static int add_reading(trip *t, const reading *what) {
    if (what->within > 0)
        trip_within(t, what->within);
    if (what->settings != NULL)
        trip_command(t, "BEGIN READ ONLY");
    for (const char *const *one = what->settings; one != NULL && *one != NULL; one++)
        trip_command(t, *one);
    int asked = trip_add(t, what->query, what->p);
    if (what->settings != NULL)
        trip_command(t, "COMMIT");
    return asked;
}

const PGresult *trip_ask(trip *t, store_conn *c, const reading *what, err *e) {
    store_tries tries = {0};
    int asked;
    bool ok;
    do {
        trip_begin(t, c);
        asked = add_reading(t, what);
        ok = trip_run(t, e);
        if (!ok)
            trip_end(t);
    } while (!ok && store_again(c, &tries, e));
    if (what->p != NULL)
        params_release(what->p);
    return ok ? trip_result(t, asked) : NULL;
}

bool trip_read(trip *t, store_conn *c, const char *query, params *p, err *e) {
    return trip_ask(t, c, &(reading){.query = query, .p = p}, e) != NULL;
}

bool trip_one(trip *t, store_conn *c, const char *query, params *p, err *e) {
    trip_begin(t, c);
    (void)trip_send(t, query, p);
    return trip_run(t, e);
}
