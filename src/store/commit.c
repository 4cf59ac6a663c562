/* The group commit, and its small brother for one incident: load, decide, write. What it promises: true means
 * committed, false means that no part of it is (or, when the connection broke at the very COMMIT, that nobody knows).
 */
#include "change.h"

#include "rows.h"

#include <assert.h>

/* ── in steps ── */

/* Where a commit stands. It fails at any of them; what is left then does nothing. */
typedef enum stage { LOOKING, WRITING, NOTHING_TO_WRITE, FAILED } stage;

struct events_commit {
    change change;
    changes done;
    stage stage;
    err why;
};

/* A decision that changes nothing needs no COMMIT round trip of its own. */
static bool is_empty(const change *ch, const changes *done) {
    return done->incident_count + done->alert_count + done->timeline_count + done->message_count + done->contest_count +
               ch->delivery_id_count ==
           0;
}

events_commit *store_commit_begin(store_conn *c, const intake_batch *batch, usec now, arena *a) {
    events_commit *k = ARENA_NEW(a, events_commit);
    k->change = (change){.conn = c,
                         .memory = a,
                         .now = now,
                         .delivery_ids = batch->delivery_ids,
                         .delivery_id_count = batch->delivery_id_count,
                         .handoffs_serial = batch->handoffs_serial};
    change_ask_events(&k->change, batch->events, batch->event_count);
    return k;
}

/* Most alerts only join what is open: its people and texts are loaded for the others alone. */
static bool decide(events_commit *k, const store_decider *decider) {
    decider->decide(decider->context, k->change.world, &k->done);
    if (!k->done.wants_whole)
        return true;
    if (!change_load_whole(&k->change, &k->why))
        return false;
    k->done = (changes){0};
    decider->decide(decider->context, k->change.world, &k->done);
    return true;
}

static stage send_changes(events_commit *k) {
    change *ch = &k->change;
    if (!is_empty(ch, &k->done))
        return change_send(ch, &k->done, &k->why) ? WRITING : FAILED;
    trip_roll_back(ch->conn);
    return NOTHING_TO_WRITE;
}

void store_commit_decide(events_commit *k, const store_decider *decider, usec lease) {
    k->change.lease = lease;
    k->stage = change_take_events(&k->change, &k->why) && decide(k, decider) ? send_changes(k) : FAILED;
    trip_end(&k->change.asked);
}

bool store_commit_end(events_commit *k, changes *out, err *e) {
    if (k->stage == WRITING && !change_written(&k->change, &k->done, &k->why))
        k->stage = FAILED;
    if (k->stage == FAILED) {
        *e = k->why;
        return false;
    }
    *out = k->done;
    return true;
}

void store_commit_abandon(events_commit *k) {
    err e;
    if (change_take_events(&k->change, &e))
        trip_roll_back(k->change.conn);
    trip_end(&k->change.asked);
    k->stage = FAILED;
}

/* ── at once ── */

bool store_commit_events(store_conn *c, const intake_batch *batch, const store_decider *decider, usec now, usec lease,
                         arena *a, changes *out, err *e) {
    events_commit *k = store_commit_begin(c, batch, now, a);
    store_commit_decide(k, decider, lease);
    return store_commit_end(k, out, e);
}

bool store_change_incident(store_conn *c, int64_t incident_id, const store_incident_decider *decider, usec now,
                           usec lease, arena *a, changes *out, err *e) {
    change ch = {.conn = c, .memory = a, .now = now, .lease = lease};
    changes done = {0};
    incident *i = NULL;
    if (!change_load_incident(&ch, incident_id, &i, e))
        return false;
    if (!decider->decide(decider->context, ch.world, i, a, &done, e)) {
        trip_roll_back(c);
        return false;
    }
    if (is_empty(&ch, &done))
        trip_roll_back(c);
    else if (!change_send(&ch, &done, e) || !change_written(&ch, &done, e))
        return false;
    *out = done;
    return true;
}

bool store_seen(store_conn *c, const char *const *delivery_ids, size_t count, bool *seen, err *e) {
    arena *a = arena_new();
    trip t;
    params p;
    params_init(&p);
    put_delivery_digests(params_column(&p, PARAM_TEXT), delivery_ids, count, a);
    bool ok = trip_one(&t, c, "seen_deliveries", &p, e);
    for (size_t i = 0; ok && i < count; i++)
        seen[i] = row_bool(trip_result(&t, 0), (int)i, 0);
    trip_end(&t);
    arena_free(a);
    return ok;
}
