/* One connection to PostgreSQL: opening it with bounded waits, its session's settings, and what its failures mean.
 *
 * Leaves statements to trip.c. The difficulty: every failure must end as one of four answers that a caller can act on,
 * and a connection that may lead to a server which is no longer the primary must be dropped, not used again. */
#include "connection.h"

#include "joins.h"

#include "onus/embedded.h"
#include "onus/text.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
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
    c->holds_node = false;
    joins_forget_all(c->joins);
    memset(c->prepared, 0, c->query_count * sizeof *c->prepared);
}

/* ── sessions that were given up ── */

/* The server may be in the midst of a COMMIT, which is not cancelled: only our side of the socket is closed, and the
 * server's end of it tells when the session has ended. */
static void leave(store_conn *c) {
    int fd = fcntl(PQsocket(c->pg), F_DUPFD_CLOEXEC, 0);
    assert(c->left_count < LIMIT_DATABASE_SESSIONS_LEFT);
    if (fd >= 0) {
        (void)shutdown(fd, SHUT_WR);
        c->left[c->left_count++] = fd;
    }
    conn_drop(c);
}

/* What it still had to say is nobody's any more. */
static bool has_ended(int fd) {
    char rest[4096];
    ssize_t got;
    do
        got = recv(fd, rest, sizeof rest, MSG_DONTWAIT);
    while (got > 0 || (got < 0 && errno == EINTR));
    return got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

static bool may_open_another(store_conn *c, err *e) {
    size_t kept = 0;
    for (size_t i = 0; i < c->left_count; i++) {
        if (has_ended(c->left[i]))
            (void)close(c->left[i]);
        else
            c->left[kept++] = c->left[i];
    }
    c->left_count = kept;
    return kept < LIMIT_DATABASE_SESSIONS_LEFT ||
           err_set(e, ERR_UNAVAILABLE,
                   "database: it does not answer, and has not ended %zu sessions that were given up", kept);
}

/* ── waiting ── */

void conn_begin(store_conn *c, usec within) {
    c->silent = c->uncertain = c->wait_cancelled = false;
    c->deadline = within > 0 ? clock_monotonic(&c->clock) + within : 0;
}

/* Milliseconds, for poll. */
static int time_left(const store_conn *c) {
    usec left = c->deadline - clock_monotonic(&c->clock);
    if (c->deadline == 0)
        return -1;
    return left > 0 ? (int)((left + USEC_PER_MS - 1) / USEC_PER_MS) : 0;
}

bool conn_wait(store_conn *c) {
    for (;;) {
        int unsent = PQflush(c->pg);
        if (unsent < 0)
            return false;
        if (PQisBusy(c->pg) == 0)
            return true;
        struct pollfd p = {.fd = PQsocket(c->pg), .events = (short)(POLLIN | (unsent > 0 ? POLLOUT : 0))};
        int ready = poll(&p, 1, time_left(c));
        c->silent = ready == 0;
        if (c->silent || (ready < 0 && errno != EINTR))
            return false;
        if (ready > 0 && (p.revents & ~POLLOUT) != 0 && PQconsumeInput(c->pg) != 1)
            return false;
    }
}

bool conn_lost(store_conn *c, err *e) {
    const char *what = c->silent ? "database: no answer in time" : "database: the connection is lost";
    err_set(e, ERR_UNAVAILABLE, "%s%s", what, c->uncertain ? "; whether the commit was done is not known" : "");
    if (c->silent) {
        conn_trouble(c, TROUBLE_SILENT, what);
        leave(c);
    } else if (c->pg != NULL) {
        conn_drop(c);
    }
    return false;
}

/* What an idle connection has to read is most often its end: the server was restarted. Found out before it is used, so
 * that nothing has to be tried twice. */
static bool has_gone(store_conn *c) {
    struct pollfd p = {.fd = PQsocket(c->pg), .events = POLLIN | POLLRDHUP};
    if (PQtransactionStatus(c->pg) != PQTRANS_IDLE || poll(&p, 1, 0) <= 0)
        return false;
    c->said_goodbye = false;
    return (p.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0 || PQconsumeInput(c->pg) != 1 || PQisBusy(c->pg) != 0 ||
           c->said_goodbye;
}

/* ── what a failure tells the others ── */

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
    const char *severity = PQresultErrorField(r, PG_DIAG_SEVERITY_NONLOCALIZED);
    bool has_ended =
        severity != NULL && text_equal(severity, "FATAL"); /* the next connection tells what is the matter */
    if (row->kind == ERR_UNAVAILABLE && !has_ended)
        conn_trouble(c, TROUBLE_REFUSED, e->text);
    if (row->drop || c->pg == NULL || PQstatus(c->pg) != CONNECTION_OK)
        conn_drop(c);
    return false;
}

/* ── opening ── */

/* Before the settings' own string, which may override them. */
static const char *const defaults[][2] = {
    {"connect_timeout", "2"},     {"tcp_user_timeout", "10000"}, {"keepalives_idle", "10"},
    {"keepalives_interval", "5"}, {"keepalives_count", "3"},     {"target_session_attrs", "read-write"},
    {"application_name", "onus"},
};

enum { DEFAULT_COUNT = sizeof defaults / sizeof *defaults };

/* No statement_timeout, which could hit the COMMIT behind the statement: who waits has a deadline of his own, and the
 * server looks every second whether he has hung up.
 * Generic plans that go by indexes: tables grow from nothing to a hundred thousand rows within a storm, faster than
 * statistics follow, and every statement here is a look-up. */
static const char session_settings[] =
    "SET statement_timeout = 0;"
    "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3;"
    "SET tcp_user_timeout = 20000;" /* the server's side of the line: what a vanished machine held is free then */
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

/* Of all that a server may have to note, two things matter: who cancels the wait for a standby lets COMMIT succeed; and
 * what ends an idle session comes as a note. */
static void read_notice(void *context, const PGresult *r) {
    store_conn *c = context;
    const char *from = PQresultErrorField(r, PG_DIAG_SOURCE_FUNCTION);
    const char *severity = PQresultErrorField(r, PG_DIAG_SEVERITY_NONLOCALIZED);
    c->wait_cancelled |= from != NULL && text_equal(from, "SyncRepWaitForLSN");
    c->said_goodbye |= severity != NULL && text_equal(severity, "FATAL");
}

bool conn_exec(store_conn *c, const char *sql, err *e) {
    if (PQsendQuery(c->pg, sql) != 1)
        return conn_failed(c, NULL, e);
    bool ok = true;
    while (c->pg != NULL) {
        if (!conn_wait(c))
            return conn_lost(c, e);
        PGresult *r = PQgetResult(c->pg);
        if (r == NULL)
            break;
        ExecStatusType status = PQresultStatus(r);
        if (ok && status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
            ok = conn_failed(c, r, e);
        PQclear(r);
    }
    return ok;
}

/* A server whose system cannot tell it that a client has hung up refuses the setting, and that is all. */
static bool watch_client(store_conn *c, err *e) {
    return conn_exec(c, "SET client_connection_check_interval = '1s'", e) || c->pg != NULL;
}

static bool set_up_session(store_conn *c, err *e) {
    if (PQserverVersion(c->pg) < STORE_LEAST_SERVER) {
        err_set(e, ERR_INVALID, "the database server is PostgreSQL %d; onus needs 14 or newer",
                PQserverVersion(c->pg) / 10000);
        conn_drop(c);
        return false;
    }
    if (PQsetnonblocking(c->pg, 1) != 0)
        return conn_failed(c, NULL, e);
    if (watch_client(c, e) && conn_exec(c, session_settings, e))
        return true;
    if (c->pg != NULL)
        conn_drop(c);
    return false;
}

static bool connect_anew(store_conn *c, err *e) {
    c->pg = open_connection(secret_reveal(c->database));
    if (c->pg == NULL)
        return err_set(e, ERR_UNAVAILABLE, "database: libpq has no memory for a connection");
    if (PQstatus(c->pg) != CONNECTION_OK)
        return conn_failed(c, NULL, e);
    (void)PQsetNoticeReceiver(c->pg, read_notice, c);
    return set_up_session(c, e);
}

bool conn_ensure(store_conn *c, err *e) {
    if (c->pg != NULL && has_gone(c))
        conn_drop(c);
    if (c->pg != NULL)
        return true;
    if (!check_conninfo(secret_reveal(c->database), e) || !may_open_another(c, e) ||
        (c->shared != NULL && !patience_may_connect(c->shared, e)))
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
    c->clock = clock_system();
    c->answers_within = STORE_HURRIED;
    return c;
}

void store_conn_free(store_conn *c) {
    if (c == NULL)
        return;
    PQfinish(c->pg);
    for (size_t i = 0; i < c->left_count; i++)
        (void)close(c->left[i]);
    joins_free(c->joins);
    secret_release(&c->database);
    free(c->prepared);
    free(c);
}

bool store_is_connected(const store_conn *c) {
    return c->pg != NULL && PQstatus(c->pg) == CONNECTION_OK;
}

void store_unhurried(store_conn *c) {
    c->answers_within = STORE_UNHURRIED;
}

bool store_was_silent(const store_conn *c) {
    return c->silent;
}

bool store_is_uncertain(const store_conn *c) {
    return c->uncertain;
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
        return !store_is_connected(c) && !c->silent && (tries->idempotent || !c->uncertain) &&
               tries->reconnects++ < RECONNECTS_MOST;
    if (e->kind != ERR_CONFLICT || tries->conflicts++ >= CONFLICTS_MOST)
        return false;
    (void)usleep((useconds_t)(1000 * tries->conflicts));
    return true;
}
