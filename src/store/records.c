/* Small things that are kept: chart revisions and API tokens; the ping, and the check that a commit is possible. */
#include "rows.h"
#include "trip.h"

#include "onus/text.h"

#include <assert.h>

bool store_ping(store_conn *c, err *e) {
    trip t;
    bool ok = trip_one(&t, c, "ping", NULL, e);
    trip_end(&t);
    return ok;
}

enum { COMMIT_CHECKS_BYTES = 1024 * 1024 }; /* past it their table is emptied */

static bool empty_checks(store_conn *c, err *e) {
    trip t;
    bool ok = trip_one(&t, c, "empty_commit_checks", NULL, e);
    trip_end(&t);
    return ok;
}

bool store_check_commit(store_conn *c, usec now, err *e) {
    trip t;
    params p;
    params_init(&p);
    params_text(&p, c->node);
    params_time(&p, now);
    bool ok = trip_one(&t, c, "check_commit", &p, e);
    bool full = ok && row_int(trip_result(&t, 0), 0, 0) > COMMIT_CHECKS_BYTES;
    trip_end(&t);
    return ok && (!full || empty_checks(c, e));
}

/* ── chart revisions ── */

static bool find_chart(store_conn *c, const char *digest, int64_t *revision, err *e) {
    trip t;
    params p;
    params_init(&p);
    params_text(&p, digest);
    bool ok = trip_one(&t, c, "find_chart", &p, e);
    if (ok)
        *revision = PQntuples(trip_result(&t, 0)) > 0 ? row_int(trip_result(&t, 0), 0, 0) : 0;
    trip_end(&t);
    return ok;
}

/* Looked for first: an insert that finds its row there would use up a number each time, and people read them. */
bool store_record_chart(store_conn *c, const char *digest, const char *text, const char *path, usec now,
                        int64_t *revision, err *e) {
    int64_t found = 0;
    if (!find_chart(c, digest, &found, e))
        return false;
    if (found != 0) {
        *revision = found;
        return true;
    }
    trip t;
    params p;
    params_init(&p);
    params_text(&p, digest);
    params_text(&p, text);
    params_text(&p, path);
    params_time(&p, now);
    bool ok = trip_one(&t, c, "record_chart", &p, e);
    if (ok)
        *revision = row_int(trip_result(&t, 0), 0, 0);
    trip_end(&t);
    return ok;
}

/* ── tokens ── */

bool store_add_token(store_conn *c, const char *name, const char *sha256_hex, api_role role, usec now, usec expires_at,
                     err *e) {
    trip t;
    params p;
    params_init(&p);
    params_text(&p, name);
    params_text(&p, sha256_hex);
    params_text(&p, api_role_to_text(role));
    params_time(&p, now);
    params_time(&p, expires_at);
    bool ok = trip_one(&t, c, "add_token", &p, e);
    if (!ok && e->kind == ERR_CONFLICT)
        err_set(e, ERR_CONFLICT, "there is a token named %.100s already; revoke it first", name);
    trip_end(&t);
    return ok;
}

bool store_find_token(store_conn *c, const char *sha256_hex, usec now, arena *a, const char **name, api_role *role,
                      err *e) {
    trip t;
    params p;
    params_init(&p);
    params_text(&p, sha256_hex);
    params_time(&p, now);
    bool ok = trip_read(&t, c, "find_token", &p, e);
    if (ok) {
        const PGresult *r = trip_result(&t, 0);
        if (PQntuples(r) == 0)
            ok = err_set(e, ERR_NOT_FOUND, "no such token, or it is revoked or expired");
        else if (!api_role_from_text(PQgetvalue(r, 0, column_of(r, "role")), role))
            ok = err_set(e, ERR_SYSTEM, "the token has a role that this onus does not know");
        else
            *name = row_text(r, 0, column_of(r, "name"), a);
    }
    trip_end(&t);
    return ok;
}

bool store_revoke_token(store_conn *c, const char *name, usec now, err *e) {
    trip t;
    params p;
    params_init(&p);
    params_text(&p, name);
    params_time(&p, now);
    bool ok = trip_one(&t, c, "revoke_token", &p, e);
    if (ok && PQntuples(trip_result(&t, 0)) == 0)
        ok = err_set(e, ERR_NOT_FOUND, "there is no token named %.100s", name);
    trip_end(&t);
    return ok;
}

bool store_list_tokens(store_conn *c, arena *a, char **json, err *e) {
    trip t;
    bool ok = trip_read(&t, c, "list_tokens", NULL, e);
    if (ok)
        *json = (char *)arena_strdup(a, row_text(trip_result(&t, 0), 0, 0, a));
    trip_end(&t);
    return ok;
}
