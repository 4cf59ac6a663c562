/* Handoffs in the database: the versions of models, their timelines, and the serial by which every node notices that
 * something has changed.
 *
 * The difficulty: what is decided depends on other versions too (what was accepted before, what to roll back to).
 * Changes are rare, so one lock, the serial's row, makes them follow one another. */
#include "rows.h"
#include "trip.h"

#include "onus/limits.h"

#include <assert.h>

/* ── changing ── */

static const char *text_or_empty(const PGresult *r, const char *name, arena *a) {
    return row_text(r, 0, column_of(r, name), a);
}

static bool read_known(const PGresult *r, const handoff_key *key, arena *a, handoff_known *out, err *e) {
    const char *state = text_or_empty(r, "state", a);
    *out = (handoff_known){.model = key->model,
                           .version = key->version,
                           .manifest = text_or_empty(r, "manifest", a),
                           .findings = row_int(r, 0, column_of(r, "errors")),
                           .changes = row_int(r, 0, column_of(r, "changes")),
                           .versions = row_int(r, 0, column_of(r, "versions")),
                           .previous_manifest = text_or_empty(r, "previous_manifest", a),
                           .rollback_accepted = row_bool(r, 0, column_of(r, "rollback_accepted"))};
    if (state[0] == '\0' || handoff_state_from_text(state, &out->state))
        return true;
    return err_set(e, ERR_SYSTEM, "the database holds a state of a handoff that this onus does not know: %.40s", state);
}

/* The transaction is open when it returns true, and ended when false. */
static bool load(store_conn *c, const handoff_key *key, arena *a, handoff_known *out, err *e) {
    trip t;
    params p;
    trip_begin(&t, c);
    trip_command(&t, "BEGIN");
    (void)trip_send(&t, "lock_handoffs", NULL);
    params_init(&p);
    params_text(&p, key->model);
    params_text(&p, key->version);
    params_text(&p, key->rollback_version);
    int loaded = trip_send(&t, "load_handoff", &p);
    bool ok = trip_run(&t, e);
    if (ok && !read_known(trip_result(&t, loaded), key, a, out, e)) {
        trip_roll_back(c);
        ok = false;
    }
    trip_end(&t);
    return ok;
}

static void supersede(trip *t, const store_handoff_change *change, arena *a) {
    params p;
    params_init(&p);
    params_text(&p, change->key.model);
    params_text(&p, change->key.version);
    params_time(&p, change->now);
    params_text(&p, change->actor);
    params_text(&p, arena_printf(a, "%s was accepted", change->key.version));
    (void)trip_send(t, "supersede_handoff", &p);
}

static bool write(store_conn *c, const store_handoff_change *change, const handoff_decision *d, bool is_new, arena *a,
                  err *e) {
    trip t;
    params p;
    trip_begin(&t, c);
    if (d->to == HANDOFF_ACCEPTED)
        supersede(&t, change, a);
    params_init(&p);
    params_text(&p, change->key.model);
    params_text(&p, change->key.version);
    params_text(&p, handoff_state_to_text(d->to));
    params_text(&p, d->manifest);
    params_text(&p, d->rollback_version);
    params_text(&p, d->findings);
    params_int32(&p, (int32_t)d->errors);
    params_int32(&p, (int32_t)d->warnings);
    params_text(&p, d->summary);
    params_time(&p, change->now);
    params_text(&p, change->actor);
    params_text(&p, d->reason);
    (void)trip_send(&t, is_new ? "insert_handoff" : "update_handoff", &p);
    trip_command(&t, "COMMIT");
    bool ok = trip_run(&t, e);
    trip_end(&t);
    return ok;
}

bool store_change_handoff(store_conn *c, const store_handoff_change *change, arena *a, handoff_decision *out,
                          bool *created, err *e) {
    handoff_known known = {0};
    handoff_decision decided = {0};
    if (!load(c, &change->key, a, &known, e))
        return false;
    bool is_new = known.state == HANDOFF_NONE;
    bool ok = change->decide(change->context, &known, a, &decided, e);
    if (!ok || !decided.changes)
        trip_roll_back(c);
    else
        ok = write(c, change, &decided, is_new, a, e);
    if (ok) {
        *out = decided;
        *created = is_new;
    }
    return ok;
}

/* ── what has changed ── */

bool store_handoffs_serial(store_conn *c, int64_t *serial, err *e) {
    trip t;
    bool ok = trip_read(&t, c, "handoff_serial", NULL, e);
    if (ok)
        *serial = row_int(trip_result(&t, 0), 0, 0);
    trip_end(&t);
    return ok;
}

static bool read_change(const PGresult *r, int row, arena *a, handoff_change *out, err *e) {
    const char *state = row_text(r, row, column_of(r, "state"), a);
    *out = (handoff_change){.serial = row_int(r, row, column_of(r, "serial")),
                            .model = row_text(r, row, column_of(r, "model"), a),
                            .version = row_text(r, row, column_of(r, "version"), a),
                            .at = row_time(r, row, column_of(r, "at")),
                            .actor = row_text(r, row, column_of(r, "actor"), a),
                            .summary = row_text(r, row, column_of(r, "summary"), a)};
    if (handoff_state_from_text(state, &out->state))
        return true;
    return err_set(e, ERR_SYSTEM, "the database holds a state of a handoff that this onus does not know: %.40s", state);
}

/* A change to a state that only a newer version knows leaves the version as this one knew it. */
static size_t read_changes(store_conn *c, const PGresult *r, arena *a, handoff_change *made) {
    size_t count = 0;
    for (int row = 0; row < PQntuples(r); row++) {
        err e = {0};
        if (read_change(r, row, a, &made[count], &e))
            count++;
        else
            conn_passed_over(c, &e);
    }
    return count;
}

bool store_handoff_changes(store_conn *c, int64_t after, arena *a, handoff_change **changes, size_t *count, err *e) {
    trip t;
    params p;
    params_init(&p);
    params_int(&p, after);
    bool ok = trip_read(&t, c, "handoff_changes", &p, e);
    if (ok) {
        const PGresult *r = trip_result(&t, 0);
        *changes = ARENA_ARRAY(a, handoff_change, (size_t)PQntuples(r) + 1);
        *count = read_changes(c, r, a, *changes);
    }
    trip_end(&t);
    return ok;
}

/* ── reading, as JSON text made by PostgreSQL ── */

static bool fetch(store_conn *c, const char *query, params *p, arena *a, char **json, err *e) {
    trip t;
    bool ok = trip_read(&t, c, query, p, e);
    if (ok && PQntuples(trip_result(&t, 0)) == 0)
        ok = err_set(e, ERR_NOT_FOUND, "nobody has declared this version of this model");
    else if (ok)
        *json = arena_strndup(a, PQgetvalue(trip_result(&t, 0), 0, 0), (size_t)PQgetlength(trip_result(&t, 0), 0, 0));
    trip_end(&t);
    return ok;
}

bool store_list_handoffs(store_conn *c, const handoff_filter *f, arena *a, char **json, err *e) {
    params p;
    assert(f->limit >= 1 && f->limit <= LIMIT_PAGE_ITEMS);
    params_init(&p);
    params_text(&p, f->model);
    params_text(&p, f->state);
    params_int(&p, f->before_id);
    params_int(&p, f->limit);
    return fetch(c, "list_handoffs", &p, a, json, e);
}

bool store_show_handoff(store_conn *c, const handoff_key *key, arena *a, char **json, err *e) {
    params p;
    params_init(&p);
    params_text(&p, key->model);
    params_text(&p, key->version);
    return fetch(c, "show_handoff", &p, a, json, e);
}
