/* The schema: migrations, and the housekeeping that keeps history in its months.
 *
 * The difficulty: several nodes start at once, and each may be of another version. One advisory lock lets them take
 * turns; the checksums of what was applied say whether this binary and that database belong together. */
#include "rows.h"
#include "trip.h"

#include "onus/crypto.h"
#include "onus/embedded.h"
#include "onus/text.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ADVISORY_MIGRATE = 1869509987, /* "onus", and a number for each use */
    PRUNE_AT_ONCE = 2000,
    PRUNE_STEPS = 50, /* of each kind in one call: the next call goes on */
    DROPS_AT_ONCE = 12,
};
#define ALERT_KEYS_KEPT (30 * USEC_PER_DAY) /* after their end; no sender repeats a delivery for so long */
#define DELIVERIES_KEPT (7 * USEC_PER_DAY)

/* ── migrations ── */

static const char create_ledger[] = "CREATE TABLE IF NOT EXISTS schema_migrations ("
                                    "version integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL,"
                                    " applied_at timestamptz NOT NULL)";

typedef struct migration {
    int version;
    const char *name, *text;
    char *checksum;
} migration;

static migration migration_at(size_t i, arena *a) {
    const char *name = migrations_data[i].name, *text = migrations_data[i].text;
    return (migration){(int)strtol(name, NULL, 10), name, text, crypto_sha256_hex(a, text, strlen(text))};
}

static size_t migration_count(void) {
    size_t count = 0;
    while (migrations_data[count].name != NULL)
        count++;
    return count;
}

/* The applied ones, in the order of their versions; text format. NULL on failure. */
static PGresult *read_ledger(store_conn *c, err *e) {
    PGresult *r = PQexec(c->pg, "SELECT version, name, checksum FROM schema_migrations ORDER BY version");
    if (PQresultStatus(r) == PGRES_TUPLES_OK)
        return r;
    (void)conn_failed(c, r, e);
    PQclear(r);
    return NULL;
}

/* What was applied must be a beginning of what this binary has. */
static bool check_ledger(const PGresult *ledger, arena *a, err *e) {
    size_t known = migration_count();
    for (int row = 0; row < PQntuples(ledger); row++) {
        const char *name = PQgetvalue(ledger, row, 1);
        if ((size_t)row >= known)
            return err_set(e, ERR_INVALID,
                           "the database is newer than this onus: it has migration %s. Install the newer onus, or name "
                           "another database",
                           name);
        migration m = migration_at((size_t)row, a);
        if (!text_equal(m.name, name) || !text_equal(m.checksum, PQgetvalue(ledger, row, 2)))
            return err_set(e, ERR_INVALID,
                           "migration %s of the database is not the %s of this onus: they are of different builds. "
                           "Use the onus that made the database, or name another database",
                           name, m.name);
    }
    return true;
}

static bool record_migration(store_conn *c, const migration *m, usec now, err *e) {
    arena *a = arena_new();
    char version[16];
    (void)snprintf(version, sizeof version, "%d", m->version);
    const char *values[] = {version, m->name, m->checksum, time_to_text(a, now)};
    PGresult *r = PQexecParams(c->pg,
                               "INSERT INTO schema_migrations (version, name, checksum, applied_at)"
                               " VALUES ($1::integer, $2, $3, $4::timestamptz)",
                               4, NULL, values, NULL, NULL, 0);
    bool ok = PQresultStatus(r) == PGRES_COMMAND_OK || conn_failed(c, r, e);
    PQclear(r);
    arena_free(a);
    return ok;
}

static bool apply(store_conn *c, const migration *m, usec now, err *e) {
    if (conn_exec(c, "BEGIN", e) && conn_exec(c, m->text, e) && record_migration(c, m, now, e) &&
        conn_exec(c, "COMMIT", e))
        return true;
    if (c->pg != NULL)
        PQclear(PQexec(c->pg, "ROLLBACK"));
    return err_prefix(e, "migration %s", m->name);
}

static bool apply_missing(store_conn *c, usec now, int *applied, err *e) {
    arena *a = arena_new();
    PGresult *ledger = read_ledger(c, e);
    bool ok = ledger != NULL && check_ledger(ledger, a, e);
    size_t known = migration_count();
    for (size_t i = ok ? (size_t)PQntuples(ledger) : known; ok && i < known; i++) {
        migration m = migration_at(i, a);
        ok = apply(c, &m, now, e);
        *applied += ok;
    }
    PQclear(ledger);
    arena_free(a);
    return ok;
}

static bool make_partitions(store_conn *c, usec now, err *e) {
    trip t;
    params p;
    params_init(&p);
    params_time(&p, now);
    bool ok = trip_one(&t, c, "make_partitions", &p, e);
    trip_end(&t);
    return ok;
}

/* The lock belongs to the session: dropping the connection, whatever happens, gives it back. */
static bool migrate_locked(store_conn *c, usec now, int *applied, err *e) {
    char lock[64];
    int len = snprintf(lock, sizeof lock, "SELECT pg_advisory_lock(%d, 1)", ADVISORY_MIGRATE);
    assert(len > 0 && (size_t)len < sizeof lock);
    bool ok = conn_exec(c, lock, e) && conn_exec(c, create_ledger, e) && apply_missing(c, now, applied, e) &&
              make_partitions(c, now, e);
    if (c->pg != NULL)
        conn_drop(c);
    return ok;
}

/* A connection of its own, whose statements may take as long as they take. */
static store_conn *patient_conn(const store_conn *c) {
    store_conn *own = store_conn_new(c->database, c->node, c->shared);
    own->answers_within = 0;
    return own;
}

bool store_migrate(store_conn *c, usec now, int *applied, err *e) {
    store_conn *own = patient_conn(c);
    *applied = 0;
    bool ok = conn_ensure(own, e) && migrate_locked(own, now, applied, e);
    store_conn_free(own);
    return ok;
}

/* ── housekeeping ── */

/* A statement that answers with the number of rows that it removed. */
static bool prune_step(store_conn *c, const char *query, params *p, int64_t *removed, err *e) {
    trip t;
    bool ok = trip_one(&t, c, query, p, e);
    if (ok)
        *removed = row_int(trip_result(&t, 0), 0, 0);
    trip_end(&t);
    return ok;
}

static bool drop_partitions(store_conn *c, usec now, int months, err *e) {
    bool dropped = true, ok = true;
    for (int i = 0; i < DROPS_AT_ONCE && ok && dropped; i++) {
        trip t;
        params p;
        params_init(&p);
        params_time(&p, now);
        params_int32(&p, months);
        ok = trip_one(&t, c, "drop_partition", &p, e);
        dropped = ok && PQgetisnull(trip_result(&t, 0), 0, 0) == 0;
        trip_end(&t);
    }
    return ok;
}

typedef struct prune_row {
    const char *query;
    usec kept; /* older than this; 0: by months */
} prune_row;

static const prune_row prunes[] = {
    {"prune_alert_keys", ALERT_KEYS_KEPT},
    {"prune_deliveries", DELIVERIES_KEPT},
    {"prune_incidents", 0},
    {"prune_late_alerts", 0},
};

static bool prune(store_conn *c, const prune_row *row, usec now, int months, err *e) {
    int64_t removed = PRUNE_AT_ONCE;
    for (int step = 0; step < PRUNE_STEPS && removed == PRUNE_AT_ONCE; step++) {
        params p;
        params_init(&p);
        params_time(&p, now - row->kept);
        if (row->kept == 0)
            params_int32(&p, months);
        params_int(&p, PRUNE_AT_ONCE);
        if (!prune_step(c, row->query, &p, &removed, e))
            return false;
    }
    return true;
}

/* One node at a time; the others have nothing to do. Locks on whole tables are waited for briefly: writers go first. */
static bool take_turn(store_conn *c, bool *mine, err *e) {
    char lock[96];
    int len =
        snprintf(lock, sizeof lock, "SET lock_timeout = '2s'; SELECT pg_try_advisory_lock(%d, 2)", ADVISORY_MIGRATE);
    assert(len > 0 && (size_t)len < sizeof lock);
    PGresult *r = PQexec(c->pg, lock);
    bool ok = PQresultStatus(r) == PGRES_TUPLES_OK || conn_failed(c, r, e);
    *mine = ok && PQgetvalue(r, 0, 0)[0] == 't';
    PQclear(r);
    return ok;
}

static bool keep_house(store_conn *c, usec now, int months, err *e) {
    bool mine = false;
    if (!take_turn(c, &mine, e))
        return false;
    if (!mine)
        return true;
    if (!make_partitions(c, now, e) || !drop_partitions(c, now, months, e))
        return false;
    for (size_t i = 0; i < sizeof prunes / sizeof *prunes; i++) {
        if (!prune(c, &prunes[i], now, months, e))
            return false;
    }
    return true;
}

bool store_housekeep(store_conn *c, usec now, int retention_months, err *e) {
    store_conn *own = patient_conn(c);
    bool ok = conn_ensure(own, e) && keep_house(own, now, retention_months, e);
    store_conn_free(own);
    return ok;
}
