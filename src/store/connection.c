/* One connection to PostgreSQL: opening it with bounded waits, its session's settings, and what its failures mean.
 *
 * Leaves statements to trip.c. The difficulty: every failure must end as one of four answers that a caller can act on,
 * and a connection that may lead to a server which is no longer the primary must be dropped, not used again. */
#include "connection.h"

#include "joins.h"

#include "onus/embedded.h"
#include "onus/text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ── what a failure means ── */

typedef struct sqlstate_row {
    const char *prefix; /* of the SQLSTATE; the first row that fits counts */
    err_kind kind;
    bool drop; /* the connection is of no more use */
} sqlstate_row;

static const sqlstate_row sqlstates[] = {
    {"40001", ERR_CONFLICT, false},   /* serialization failure */
    {"40P01", ERR_CONFLICT, false},   /* deadlock */
    {"55P03", ERR_CONFLICT, false},   /* lock not available */
    {"23505", ERR_CONFLICT, false},   /* unique: another node opened or took it first */
    {"22", ERR_INVALID, false},       /* data that no column can hold */
    {"23", ERR_INVALID, false},       /* a constraint */
    {"54", ERR_INVALID, false},       /* too large for an index or a field */
    {"25006", ERR_UNAVAILABLE, true}, /* read only: this is a standby now */
    {"25P03", ERR_UNAVAILABLE, true}, /* idle in transaction for too long */
    {"57P", ERR_UNAVAILABLE, true},   /* shutdown, crash, starting up */
    {"08", ERR_UNAVAILABLE, true},    /* connection */
    {"", ERR_UNAVAILABLE, false},     /* out of disk, cancelled, a trigger that refused …: nothing was written */
};

static const sqlstate_row *sqlstate_find(const char *sqlstate) {
    size_t i = 0;
    while (!text_starts_with(sqlstate, sqlstates[i].prefix))
        i++;
    return &sqlstates[i];
}

/* The first line, without its newline: libpq's messages end in one, and may go on with hints. */
static void set_message(err *e, err_kind kind, const char *message, const char *sqlstate) {
    int len = (int)strcspn(message, "\n");
    if (len == 0)
        err_set(e, kind, "database: connection lost");
    else if (sqlstate[0] == '\0')
        err_set(e, kind, "database: %.*s", len, message);
    else
        err_set(e, kind, "database: %.*s (%s)", len, message, sqlstate);
}

void conn_drop(store_conn *c) {
    PQfinish(c->pg);
    c->pg = NULL;
    joins_forget_all(c->joins);
    memset(c->prepared, 0, c->query_count * sizeof *c->prepared);
}

void conn_trouble(const store_conn *c, trouble what, const char *why) {
    if (c->shared != NULL)
        patience_failed(c->shared, what, why);
}

void conn_works(const store_conn *c) {
    if (c->shared != NULL)
        patience_worked(c->shared);
}

bool conn_failed(store_conn *c, const PGresult *r, err *e) {
    const char *sqlstate = r != NULL ? PQresultErrorField(r, PG_DIAG_SQLSTATE) : NULL;
    if (sqlstate == NULL) {
        set_message(e, ERR_UNAVAILABLE, c->pg != NULL ? PQerrorMessage(c->pg) : "", "");
        conn_drop(c);
        return false;
    }
    const sqlstate_row *row = sqlstate_find(sqlstate);
    const char *message = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
    set_message(e, row->kind, message != NULL ? message : "", sqlstate);
    if (row->kind == ERR_UNAVAILABLE)
        conn_trouble(c, TROUBLE_REFUSED, e->text);
    if (row->drop || c->pg == NULL || PQstatus(c->pg) != CONNECTION_OK)
        conn_drop(c);
    return false;
}

/* ── opening ── */

/* Before the settings' own string, which may override them. */
static const char *const defaults[][2] = {
    {"connect_timeout", "5"},     {"tcp_user_timeout", "10000"}, {"keepalives_idle", "10"},
    {"keepalives_interval", "5"}, {"keepalives_count", "3"},     {"target_session_attrs", "read-write"},
    {"application_name", "onus"},
};

enum { DEFAULT_COUNT = sizeof defaults / sizeof *defaults };

/* Generic plans that go by indexes: tables grow from nothing to a hundred thousand rows within a storm, faster than
 * statistics follow, and every statement here is a look-up. */
static const char session_settings[] =
    "SET idle_in_transaction_session_timeout = '30s';"
    "SET plan_cache_mode = force_generic_plan;"
    "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off;"
    "SET default_transaction_isolation = 'read committed';"
    "SET timezone = 'UTC'; SET datestyle = 'ISO';"
    "SELECT set_config('synchronous_commit', 'on', false)"
    " WHERE current_setting('synchronous_commit') IN ('off', 'local')";

/* libpq quotes the string that it cannot read, and the string may hold a password. */
static bool check_conninfo(const char *conninfo, err *e) {
    PQconninfoOption *parsed = PQconninfoParse(conninfo, NULL);
    if (parsed == NULL)
        return err_set(e, ERR_INVALID, "the database setting is not a connection string that libpq can read");
    PQconninfoFree(parsed);
    return true;
}

static PGconn *open_connection(const char *conninfo) {
    const char *names[DEFAULT_COUNT + 3], *values[DEFAULT_COUNT + 3];
    for (size_t i = 0; i < DEFAULT_COUNT; i++) {
        names[i] = defaults[i][0];
        values[i] = defaults[i][1];
    }
    names[DEFAULT_COUNT] = "dbname";
    values[DEFAULT_COUNT] = conninfo;
    names[DEFAULT_COUNT + 1] = "client_encoding";
    values[DEFAULT_COUNT + 1] = "UTF8";
    names[DEFAULT_COUNT + 2] = values[DEFAULT_COUNT + 2] = NULL;
    return PQconnectdbParams(names, values, 1);
}

static void ignore_notice(void *context, const PGresult *r) {
    (void)context;
    (void)r;
}

bool conn_exec(store_conn *c, const char *sql, err *e) {
    PGresult *r = PQexec(c->pg, sql);
    ExecStatusType status = PQresultStatus(r);
    bool ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || conn_failed(c, r, e);
    PQclear(r);
    return ok;
}

static bool set_up_session(store_conn *c, err *e) {
    if (PQserverVersion(c->pg) < STORE_LEAST_SERVER) {
        err_set(e, ERR_INVALID, "the database server is PostgreSQL %d; onus needs 14 or newer",
                PQserverVersion(c->pg) / 10000);
        conn_drop(c);
        return false;
    }
    char limit[64];
    int len = snprintf(limit, sizeof limit, "SET statement_timeout = '%ds'", c->patient ? 0 : STORE_STATEMENT_SECONDS);
    assert(len > 0 && (size_t)len < sizeof limit);
    if (!conn_exec(c, limit, e) || !conn_exec(c, session_settings, e)) {
        conn_drop(c);
        return false;
    }
    if (PQsetnonblocking(c->pg, 1) != 0)
        return conn_failed(c, NULL, e);
    return true;
}

static bool connect_anew(store_conn *c, err *e) {
    c->pg = open_connection(secret_reveal(c->database));
    if (c->pg == NULL)
        return err_set(e, ERR_UNAVAILABLE, "database: libpq has no memory for a connection");
    if (PQstatus(c->pg) != CONNECTION_OK)
        return conn_failed(c, NULL, e);
    (void)PQsetNoticeReceiver(c->pg, ignore_notice, NULL);
    return set_up_session(c, e);
}

bool conn_ensure(store_conn *c, err *e) {
    if (c->pg != NULL)
        return true;
    if (!check_conninfo(secret_reveal(c->database), e) || (c->shared != NULL && !patience_may_connect(c->shared, e)))
        return false;
    bool ok = connect_anew(c, e);
    if (ok)
        conn_works(c);
    else
        conn_trouble(c, TROUBLE_UNREACHED, e->text);
    return ok;
}

/* ── the contract ── */

store_conn *store_conn_new(secret database, const char *node, patience *shared) {
    store_conn *c = mem_zalloc(1, sizeof *c);
    c->database = secret_copy(database);
    memcpy(c->node, node, text_cut(node, sizeof c->node - 1));
    while (queries_data[c->query_count].name != NULL)
        c->query_count++;
    c->prepared = mem_zalloc(c->query_count + 1, sizeof *c->prepared);
    c->joins = joins_new();
    c->shared = shared;
    return c;
}

void store_conn_free(store_conn *c) {
    if (c == NULL)
        return;
    PQfinish(c->pg);
    joins_free(c->joins);
    secret_release(&c->database);
    free(c->prepared);
    free(c);
}

bool store_is_connected(const store_conn *c) {
    return c->pg != NULL && PQstatus(c->pg) == CONNECTION_OK;
}

/* ── rows of a newer version ── */

void conn_passed_over(store_conn *c, const err *why) {
    c->passed_over++;
    c->passed_over_why = *why;
}

size_t store_passed_over(store_conn *c, err *why) {
    size_t rows = c->passed_over;
    if (rows > 0)
        *why = c->passed_over_why;
    c->passed_over = 0;
    return rows;
}

/* ── again ── */

enum { CONFLICTS_MOST = 8, RECONNECTS_MOST = 1 };

bool store_again(const store_conn *c, store_tries *tries, const err *e) {
    if (e->kind == ERR_UNAVAILABLE)
        return !store_is_connected(c) && tries->reconnects++ < RECONNECTS_MOST;
    if (e->kind != ERR_CONFLICT || tries->conflicts++ >= CONFLICTS_MOST)
        return false;
    (void)usleep((useconds_t)(1000 * tries->conflicts));
    return true;
}
