/* Claiming messages, prolonging and giving back leases. Recording what became of them is record.c's.
 *
 * The rules of order stand in claim_messages.sql: it is one statement, so that two nodes cannot both get a message. */
#include "rows.h"
#include "trip.h"

#include <assert.h>

/* ── claiming ── */

#define MESSAGE_TEXT(name)                                                                                             \
    { #name, offsetof(message, name), FIELD_TEXT }
#define MESSAGE_TIME(name)                                                                                             \
    { #name, offsetof(message, name), FIELD_TIME }

static const field message_fields[] = {
    {"message_id", offsetof(message, id), FIELD_INT64},
    {"message_expires_at", offsetof(message, expires_at), FIELD_TIME},
    {"attempts", offsetof(message, attempts), FIELD_INT32},
    MESSAGE_TEXT(channel),
    MESSAGE_TEXT(address),
    MESSAGE_TEXT(role_name),
    MESSAGE_TEXT(team_name),
    MESSAGE_TEXT(team),
    MESSAGE_TEXT(actor),
    MESSAGE_TEXT(note),
    MESSAGE_TEXT(thread),
    MESSAGE_TIME(created_at),
    MESSAGE_TIME(not_before),
};

typedef struct claim_reader {
    field_reader messages, incidents;
    int letter, reason, first;
} claim_reader;

static claim_reader claim_reader_for(const PGresult *r) {
    claim_reader reader = {
        .letter = column_of(r, "letter"), .reason = column_of(r, "reason"), .first = column_of(r, "first")};
    field_reader_init(&reader.messages, r, message_fields, sizeof message_fields / sizeof *message_fields);
    field_reader_init(&reader.incidents, r, incident_fields, incident_field_count);
    return reader;
}

static bool read_claimed(const claim_reader *reader, int row, claimed_message *out, err *e) {
    const PGresult *r = reader->messages.result;
    message *m = &out->message;
    *m = (message){0};
    incident *i = ARENA_NEW(out->memory, incident);
    if (!field_read(&reader->messages, row, m, out->memory, e) ||
        !field_read(&reader->incidents, row, i, out->memory, e))
        return false;
    m->incident = i;
    m->first = row_bool(r, row, reader->first);
    if (!raci_letter_from_text(PQgetvalue(r, row, reader->letter), &m->letter) ||
        !message_reason_from_text(PQgetvalue(r, row, reader->reason), &m->reason))
        return err_set(e, ERR_SYSTEM, "message %lld has a letter or reason that this onus does not know",
                       (long long)m->id);
    return true;
}

/* A message that this binary cannot read stays leased until its lease ends, when a newer node may take it; the others
 * go out. */
static size_t read_all(const PGresult *r, claimed_message *out) {
    claim_reader reader = claim_reader_for(r);
    size_t count = (size_t)PQntuples(r);
    for (size_t i = 0; i < count; i++) {
        err e = {0};
        out[i] = (claimed_message){.memory = arena_new()};
        if (!read_claimed(&reader, (int)i, &out[i], &e))
            out[i].unreadable = arena_strdup(out[i].memory, e.text);
    }
    return count;
}

bool store_claim_messages(store_conn *c, usec now, usec lease, size_t max, claimed_message *out, size_t *count,
                          err *e) {
    trip t;
    params p;
    params_init(&p);
    params_time(&p, now);
    params_text(&p, c->node);
    params_time(&p, now + lease);
    params_int(&p, (int64_t)max);
    bool ok = trip_one(&t, c, "claim_messages", &p, e);
    if (ok) {
        const PGresult *r = trip_result(&t, 0);
        assert((size_t)PQntuples(r) <= max);
        *count = read_all(r, out);
    }
    trip_end(&t);
    return ok;
}

/* ── leases ── */

static void put_ids(params *p, const int64_t *ids, size_t count) {
    param *id = params_column(p, PARAM_INT);
    for (size_t i = 0; i < count; i++)
        column_int(id, ids[i]);
}

bool store_renew_leases(store_conn *c, int64_t *ids, size_t *count, usec now, usec lease, err *e) {
    trip t;
    params p;
    params_init(&p);
    put_ids(&p, ids, *count);
    params_text(&p, c->node);
    params_time(&p, now + lease);
    bool ok = trip_one(&t, c, "renew_leases", &p, e);
    if (ok) {
        const PGresult *r = trip_result(&t, 0);
        assert((size_t)PQntuples(r) <= *count);
        *count = (size_t)PQntuples(r);
        for (size_t i = 0; i < *count; i++)
            ids[i] = row_int(r, (int)i, 0);
    }
    trip_end(&t);
    return ok;
}

bool store_release_messages(store_conn *c, const released_message *messages, size_t count, err *e) {
    trip t;
    params p;
    params_init(&p);
    param *id = params_column(&p, PARAM_INT);
    params_text(&p, c->node);
    param *at = params_column(&p, PARAM_TIME);
    for (size_t i = 0; i < count; i++) {
        column_int(id, messages[i].id);
        column_time(at, messages[i].next_at);
    }
    bool ok = trip_one(&t, c, "release_messages", &p, e);
    trip_end(&t);
    return ok;
}

bool store_free_uncertain(store_conn *c, const usec *ends, size_t count, size_t *freed, err *e) {
    trip t;
    params p;
    params_init(&p);
    params_text(&p, c->node);
    param *end = params_column(&p, PARAM_TIME);
    for (size_t i = 0; i < count; i++)
        column_time(end, ends[i]);
    bool ok = trip_one(&t, c, "free_uncertain", &p, e);
    *freed = ok ? (size_t)PQntuples(trip_result(&t, 0)) : 0;
    trip_end(&t);
    return ok;
}

bool store_outbox_figures(store_conn *c, usec now, int64_t *waiting, usec *oldest_age, err *e) {
    trip t;
    params p;
    params_init(&p);
    params_time(&p, now);
    bool ok = trip_one(&t, c, "outbox_figures", &p, e);
    if (ok) {
        const PGresult *r = trip_result(&t, 0);
        usec oldest = row_time(r, 0, column_of(r, "oldest"));
        *waiting = row_int(r, 0, column_of(r, "waiting"));
        *oldest_age = oldest != 0 && oldest < now ? now - oldest : 0;
    }
    trip_end(&t);
    return ok;
}
