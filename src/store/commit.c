/* The group commit, and its small brother for one incident: load, decide, write. What it promises: true means
 * committed, false means that no part of it is (or, when the connection broke at the very COMMIT, that nobody knows).
 */
#include "change.h"

#include "joins.h"
#include "rows.h"

#include "onus/crypto.h"

#include <assert.h>
#include <string.h>

/* A decision that changes nothing needs no COMMIT round trip of its own. */
static bool is_empty(const change *ch, const changes *done) {
    return done->incident_count + done->alert_count + done->timeline_count + done->message_count + done->contest_count +
               ch->delivery_id_count ==
           0;
}

static bool write_or_end(change *ch, changes *done, err *e) {
    if (!is_empty(ch, done))
        return change_write(ch, done, e);
    trip_roll_back(ch->conn);
    return true;
}

/* A partial incident can be counted and nothing else: what it lacks must never be written over what is there. */
static bool needs_whole(const change *ch, const changes *done) {
    if (done->wants_whole)
        return true;
    for (size_t i = 0; i < done->incident_count; i++) {
        if (done->incidents[i]->partial && !change_counts_only(ch, done->incidents[i]))
            return true;
    }
    return false;
}

/* Most alerts only join what is open: its people and texts are loaded for the others alone. */
static bool decide(change *ch, const store_decider *decider, changes *done, err *e) {
    decider->decide(decider->context, ch->world, done);
    if (done->wants_astray) {
        trip_roll_back(ch->conn);
        return err_set(e, ERR_CONFLICT, "an alert that was thought unheard of has an incident");
    }
    if (!needs_whole(ch, done))
        return true;
    if (!change_load_whole(ch, e))
        return false;
    *done = (changes){0};
    decider->decide(decider->context, ch->world, done);
    return true;
}

static bool look_decide_write(change *ch, const intake_batch *batch, const store_decider *decider, changes *done,
                              err *e) {
    bool ok = change_load_events(ch, batch->events, batch->event_count, e) && decide(ch, decider, done, e) &&
              write_or_end(ch, done, e);
    trip_end(&ch->loaded);
    return ok;
}

/* The long way: look up, decide, write. When an alert that was taken for new has a row, once more with a look at it. */
static bool look_and_commit(const change *begun, const intake_batch *batch, const store_decider *decider, changes *done,
                            err *e) {
    change ch = *begun;
    if (look_decide_write(&ch, batch, decider, done, e))
        return true;
    if (e->kind != ERR_CONFLICT || !ch.takes_for_new)
        return false;
    joins_forget(ch.conn->joins, &ch);
    ch = *begun;
    *done = (changes){0};
    return look_decide_write(&ch, batch, decider, done, e);
}

typedef enum joining { JOINED, NOT_JOINED, REFUSED } joining;

/* Without a look, by what is remembered. NOT_JOINED: nothing was written, and the long way is to be gone, as somebody
 * has to be told or something turned out to be other than remembered. */
static joining join_at_once(change *ch, const intake_batch *batch, const store_decider *decider, changes *done,
                            err *e) {
    joins *known = ch->conn->joins;
    if (!joins_fill_world(known, ch, batch->events, batch->event_count))
        return NOT_JOINED;
    ch->is_remembered = true;
    decider->decide(decider->context, ch->world, done);
    if (done->message_count > 0 || done->contest_count > 0 || needs_whole(ch, done))
        return NOT_JOINED;
    if (change_write(ch, done, e))
        return JOINED;
    if (e->kind != ERR_CONFLICT)
        return REFUSED;
    joins_forget(known, ch);
    return NOT_JOINED;
}

bool store_commit_events(store_conn *c, const intake_batch *batch, const store_decider *decider, usec now, usec lease,
                         arena *a, changes *out, err *e) {
    const change begun = {.conn = c,
                          .memory = a,
                          .now = now,
                          .lease = lease,
                          .delivery_ids = batch->delivery_ids,
                          .delivery_id_count = batch->delivery_id_count,
                          .handoffs_serial = batch->handoffs_serial};
    change ch = begun;
    changes done = {0};
    joining joined = batch->event_count > 0 ? join_at_once(&ch, batch, decider, &done, e) : NOT_JOINED;
    if (joined == NOT_JOINED) {
        done = (changes){0};
        joined = look_and_commit(&begun, batch, decider, &done, e) ? JOINED : REFUSED;
    }
    if (joined == JOINED)
        *out = done;
    return joined == JOINED;
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
    if (!write_or_end(&ch, &done, e))
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

bool store_take_delivery(store_conn *c, const char *delivery_id, usec now, bool *first, err *e) {
    arena *a = arena_new();
    trip t;
    params p;
    params_init(&p);
    params_text(&p, crypto_sha256_hex(a, delivery_id, strlen(delivery_id)));
    params_time(&p, now);
    bool ok = trip_one(&t, c, "take_delivery", &p, e);
    *first = ok && PQntuples(trip_result(&t, 0)) == 1;
    trip_end(&t);
    arena_free(a);
    return ok;
}
