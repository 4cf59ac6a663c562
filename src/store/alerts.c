/* Alerts and incidents outside the group commit: what is due, what has expired, what was seen again, and all that is
 * open. */
#include "rows.h"
#include "trip.h"

#include <assert.h>
#include <stdlib.h>

enum {
    OPEN_ALERTS_PAGE = 2000,
    POSTPONE_AT_ONCE = 5000, /* look-again times that are moved in one statement */
};

bool store_due_incidents(store_conn *c, usec now, size_t max, int64_t *ids, size_t *count, err *e) {
    trip t;
    params p;
    params_init(&p);
    params_time(&p, now);
    params_int(&p, (int64_t)max);
    bool ok = trip_one(&t, c, "due_incidents", &p, e);
    if (ok) {
        *count = (size_t)PQntuples(trip_result(&t, 0));
        assert(*count <= max);
        for (size_t i = 0; i < *count; i++)
            ids[i] = row_int(trip_result(&t, 0), (int)i, 0);
    }
    trip_end(&t);
    return ok;
}

/* ── expired ── */

static size_t read_expired(store_conn *c, const PGresult *r, usec now, arena *a, event **events) {
    field_reader reader;
    field_reader_init(&reader, r, alert_fields, alert_field_count);
    int rows = PQntuples(r);
    size_t count = 0;
    event *made = ARENA_ARRAY(a, event, (size_t)rows + 1);
    for (int row = 0; row < rows; row++) {
        alert one = {0};
        err e = {0};
        if (!field_read(&reader, row, &one, a, &e)) {
            conn_passed_over(c, &e);
            continue;
        }
        made[count++] = (event){.kind = EVENT_RESOLVED,
                                .source = one.source,
                                .key = one.key,
                                .labels = one.labels,
                                .annotations = one.annotations,
                                .title = one.title,
                                .starts_at = one.starts_at,
                                .ends_at = one.expires_at < now ? one.expires_at : now,
                                .expires_at = one.expires_at,
                                .starts_at_given = true,
                                .link = one.link,
                                .actor = "",
                                .note = ""};
    }
    *events = made;
    return count;
}

bool store_expired_alerts(store_conn *c, usec now, size_t max, arena *a, event **events, size_t *count, err *e) {
    trip t;
    trip_begin(&t, c);
    params p;
    params_init(&p);
    params_time(&p, now);
    params_int(&p, POSTPONE_AT_ONCE);
    (void)trip_send(&t, "postpone_checks", &p);
    params_time(&p, now);
    params_int(&p, (int64_t)max);
    int expired = trip_send(&t, "expired_alerts", &p);
    bool ok = trip_run(&t, e);
    if (ok)
        *count = read_expired(c, trip_result(&t, expired), now, a, events);
    trip_end(&t);
    return ok;
}

/* ── seen again ── */

static int by_alert_id(const void *a, const void *b) {
    const seen_alert *x = *(const seen_alert *const *)a, *y = *(const seen_alert *const *)b;
    return (x->alert_id > y->alert_id) - (x->alert_id < y->alert_id);
}

static void put_touched(params *p, seen_alert *const *sorted, size_t count) {
    param *id = params_column(p, PARAM_INT), *hash = params_column(p, PARAM_INT);
    param *seen = params_column(p, PARAM_TIME), *expires = params_column(p, PARAM_TIME);
    for (size_t i = 0; i < count; i++) {
        column_int(id, sorted[i]->alert_id);
        column_int(hash, (int64_t)sorted[i]->content_hash);
        column_time(seen, sorted[i]->last_seen_at);
        column_time(expires, sorted[i]->expires_at);
    }
}

static void mark_matched(const PGresult *r, seen_alert *const *sorted, size_t count) {
    for (size_t i = 0; i < count; i++)
        sorted[i]->matched = false;
    for (int row = 0; row < PQntuples(r); row++) {
        seen_alert wanted = {.alert_id = row_int(r, row, 0)}, *key = &wanted;
        seen_alert *const *found = bsearch(&key, sorted, count, sizeof *sorted, by_alert_id);
        size_t at = found != NULL ? (size_t)(found - sorted) : count;
        while (at > 0 && at < count && sorted[at - 1]->alert_id == wanted.alert_id)
            at--;
        for (; at < count && sorted[at]->alert_id == wanted.alert_id; at++)
            sorted[at]->matched = true;
    }
}

static bool touch(store_conn *c, seen_alert *const *sorted, size_t count, err *e) {
    trip t;
    params p;
    params_init(&p);
    put_touched(&p, sorted, count);
    bool ok = trip_one(&t, c, "touch_alerts", &p, e);
    if (ok)
        mark_matched(trip_result(&t, 0), sorted, count);
    trip_end(&t);
    return ok;
}

bool store_touch_alerts(store_conn *c, seen_alert *alerts, size_t count, err *e) {
    seen_alert **sorted = mem_alloc((count + 1) * sizeof *sorted);
    for (size_t i = 0; i < count; i++)
        sorted[i] = &alerts[i];
    qsort(sorted, count, sizeof *sorted, by_alert_id);
    store_tries tries = {0}; /* a touch and a commit may wait for each other in a circle; one of them is sent back */
    bool ok = false;
    do
        ok = touch(c, sorted, count, e);
    while (!ok && store_again(c, &tries, e));
    free(sorted);
    return ok;
}

/* ── seen again after another node had ended it ── */

static bool read_seen_after_end(const PGresult *r, arena *a, event **events, size_t *count, err *e) {
    field_reader reader;
    field_reader_init(&reader, r, alert_fields, alert_field_count);
    int rows = PQntuples(r);
    event *made = ARENA_ARRAY(a, event, (size_t)rows + 1);
    for (int row = 0; row < rows; row++) {
        alert one = {0};
        if (!field_read(&reader, row, &one, a, e))
            return false;
        made[row] = (event){.kind = EVENT_FIRING,
                            .source = one.source,
                            .key = one.key,
                            .labels = one.labels,
                            .annotations = one.annotations,
                            .title = one.title,
                            .starts_at = one.starts_at,
                            .expires_at = one.expires_at,
                            .starts_at_given = true,
                            .link = one.link,
                            .actor = "",
                            .note = "",
                            .began_at = one.last_seen_at};
    }
    *events = made;
    *count = (size_t)rows;
    return true;
}

bool store_seen_after_end(store_conn *c, const seen_alert *alerts, size_t count, arena *a, event **events,
                          size_t *event_count, err *e) {
    trip t;
    params p;
    params_init(&p);
    param *id = params_column(&p, PARAM_INT), *hash = params_column(&p, PARAM_INT);
    param *seen = params_column(&p, PARAM_TIME), *expires = params_column(&p, PARAM_TIME);
    size_t unmatched = 0;
    for (size_t i = 0; i < count; i++) {
        if (alerts[i].matched)
            continue;
        unmatched++;
        column_int(id, alerts[i].alert_id);
        column_int(hash, (int64_t)alerts[i].content_hash);
        column_time(seen, alerts[i].last_seen_at);
        column_time(expires, alerts[i].expires_at);
    }
    *event_count = 0;
    if (unmatched == 0) {
        params_release(&p);
        return true;
    }
    bool ok =
        trip_one(&t, c, "seen_after_end", &p, e) && read_seen_after_end(trip_result(&t, 0), a, events, event_count, e);
    trip_end(&t);
    return ok;
}

/* ── all that is open ── */

typedef struct open_alerts {
    arena *memory;            /* of one page */
    const char *source, *key; /* of the last one */
    int rows;
    void (*each)(void *context, const open_alert *a);
    void *context;
} open_alerts;

static void read_page(open_alerts *o, const PGresult *r) {
    o->rows = PQntuples(r);
    for (int row = 0; row < o->rows; row++) {
        open_alert one = {row_text(r, row, 0, o->memory), row_text(r, row, 1, o->memory), row_int(r, row, 2),
                          (uint64_t)row_int(r, row, 3), row_time(r, row, 4)};
        o->each(o->context, &one);
        o->source = one.source;
        o->key = one.key;
    }
}

static bool next_page(store_conn *c, open_alerts *o, err *e) {
    trip t;
    params p;
    params_init(&p);
    params_text(&p, o->source);
    params_text(&p, o->key);
    params_int(&p, OPEN_ALERTS_PAGE);
    arena_reset(o->memory); /* the parameters have been copied */
    bool ok = trip_one(&t, c, "open_alerts_page", &p, e);
    if (ok)
        read_page(o, trip_result(&t, 0));
    trip_end(&t);
    return ok;
}

bool store_each_open_alert(store_conn *c, void (*each)(void *context, const open_alert *a), void *context, err *e) {
    open_alerts o = {arena_new(), "", "", 0, each, context};
    bool ok;
    do {
        ok = next_page(c, &o, e);
    } while (ok && o.rows == OPEN_ALERTS_PAGE);
    arena_free(o.memory);
    return ok;
}
