/* The second half of a change: ids for what is new, everything that differs in a handful of statements, and COMMIT, all
 * in one round trip. Where nothing was locked before, that trip is the transaction, and needs no COMMIT of its own.
 *
 * COMMIT travels with the writes, so what must stop it has to be an error of the database itself: a group that somebody
 * else has opened or a key that another node has taken fails on a unique index, and the pipeline ends there. New rows
 * are written in the order of their unique keys, so that two writers cannot wait for each other in a circle. */
#include "change.h"

#include "joins.h"
#include "rows.h"

#include "onus/crypto.h"
#include "onus/text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { MONTH_SHIFT = 40 };

/* ── ids ── */

/* Months since 1970-01 in UTC, as onus_month in SQL (Hinnant's civil-from-days, counted in months). */
static int64_t month_of(usec t) {
    int64_t days = t / USEC_PER_DAY - (t % USEC_PER_DAY < 0) + 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day = days - era * 146097;
    int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    int64_t day_of_year = day - (365 * year + year / 4 - year / 100);
    int64_t march_month = (5 * day_of_year + 2) / 153;
    return (era * 400 + year) * 12 + march_month + 2 - (int64_t)1970 * 12;
}

static bool refill(store_conn *c, id_block *block, const char *query, err *e) {
    if (block->next < block->end)
        return true;
    trip t;
    bool ok = trip_one(&t, c, query, NULL, e);
    if (ok) {
        block->next = row_int(trip_result(&t, 0), 0, 0);
        block->end = block->next + STORE_BLOCK;
    }
    trip_end(&t);
    return ok;
}

/* Each episode has a number and a place in history of its own; a known alert that began anew is heard of anew. */
static bool is_new_episode(const change *ch, const alert *a) {
    const known_alert *known = a->id != 0 ? change_find_alert(ch, a) : NULL;
    return known == NULL || known->was.received_at != a->received_at;
}

static bool give_alert_ids(change *ch, changes *done, err *e) {
    for (size_t i = 0; i < done->alert_count; i++) {
        alert *a = done->alerts[i];
        if (!is_new_episode(ch, a))
            continue;
        if (!refill(ch->conn, &ch->conn->alert_ids, "next_alert_block", e))
            return false;
        a->id = (month_of(a->received_at != 0 ? a->received_at : ch->now) << MONTH_SHIFT) + ch->conn->alert_ids.next++;
    }
    return true;
}

static bool give_message_ids(change *ch, changes *done, err *e) {
    for (size_t i = 0; i < done->message_count; i++) {
        message *m = &done->messages[i];
        if (m->id != 0)
            continue;
        if (!refill(ch->conn, &ch->conn->message_ids, "next_message_block", e))
            return false;
        m->id = (month_of(m->created_at) << MONTH_SHIFT) + ch->conn->message_ids.next++;
    }
    return true;
}

static bool more_incident_ids(change *ch, size_t count, err *e) {
    trip t;
    params p;
    params_init(&p);
    params_int(&p, (int64_t)count);
    bool ok = trip_one(&t, ch->conn, "more_incident_ids", &p, e);
    if (ok) {
        int64_t *ids = ARENA_ARRAY(ch->memory, int64_t, ch->incident_id_count + count);
        if (ch->incident_id_count > 0)
            memcpy(ids, ch->incident_ids, ch->incident_id_count * sizeof *ids);
        for (size_t i = 0; i < count; i++)
            ids[ch->incident_id_count + i] = row_int(trip_result(&t, 0), (int)i, 0);
        ch->incident_ids = ids;
        ch->incident_id_count += count;
    }
    trip_end(&t);
    return ok;
}

static bool give_incident_ids(change *ch, changes *done, err *e) {
    size_t wanted = 0, given = 0;
    for (size_t i = 0; i < done->incident_count; i++)
        wanted += done->incidents[i]->id == 0;
    if (wanted > ch->incident_id_count && !more_incident_ids(ch, wanted - ch->incident_id_count, e))
        return false;
    for (size_t i = 0; i < done->incident_count; i++) {
        if (done->incidents[i]->id == 0)
            done->incidents[i]->id = ch->incident_ids[given++];
    }
    return true;
}

/* ── incidents ── */

typedef struct new_incident {
    const incident *incident;
    char hash[GROUP_HASH_BYTES];
} new_incident;

static int by_group(const void *a, const void *b) {
    return strcmp(((const new_incident *)a)->hash, ((const new_incident *)b)->hash);
}

static int by_incident_id(const void *a, const void *b) {
    const incident *x = *(const incident *const *)a, *y = *(const incident *const *)b;
    return (x->id > y->id) - (x->id < y->id);
}

static void insert_incidents(trip *t, new_incident *items, size_t count) {
    if (count == 0)
        return;
    qsort(items, count, sizeof *items, by_group);
    params p;
    params_init(&p);
    for (size_t f = 0; f < incident_field_count; f++) {
        const field *one = &incident_fields[f];
        param *column = params_column(&p, field_param_type(one));
        for (size_t i = 0; i < count; i++) {
            if (one->kind == FIELD_GROUP_HASH)
                column_text(column, items[i].hash);
            else
                field_put(column, one, items[i].incident);
        }
    }
    (void)trip_send(t, "insert_incidents", &p);
}

/* What an incident keeps for its life. */
static bool is_fixed(const field *f) {
    static const char *const fixed[] = {"group_key", "group_hash"};
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
        if (text_equal(f->column, fixed[i]))
            return true;
    }
    return false;
}

/* JSON is sent only where it has changed: most changes leave people and labels alone, and these are the longest
 * columns. */
static bool is_unchanged(const change *ch, const field *f, const incident *i) {
    const known_incident *known = change_find_incident(ch, i->id);
    if (known == NULL || (f->kind != FIELD_RACI && f->kind != FIELD_LABELS))
        return false;
    return memcmp((const char *)&known->was + f->offset, (const char *)i + f->offset, field_size(f)) == 0;
}

static void update_incidents(trip *t, const change *ch, const incident **items, size_t count) {
    if (count == 0)
        return;
    qsort(items, count, sizeof *items, by_incident_id);
    params p;
    params_init(&p);
    for (size_t f = 0; f < incident_field_count; f++) {
        const field *one = &incident_fields[f];
        if (is_fixed(one))
            continue;
        param *column = params_column(&p, field_param_type(one));
        for (size_t i = 0; i < count; i++) {
            if (is_unchanged(ch, one, items[i]))
                column_null(column);
            else
                field_put(column, one, items[i]);
        }
    }
    (void)trip_send(t, "update_incidents", &p);
}

/* What an alert moves by joining or leaving: the commonest change by far, so that it has a statement of its own. */
static bool is_count(const field *f) {
    static const char *const counts[] = {"severity", "starts_at", "updated_at", "open_alerts", "total_alerts"};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        if (text_equal(f->column, counts[i]))
            return true;
    }
    return false;
}

/* Decisions work in place: a text that is the same is at the same address. */
static bool only_counts_differ(const incident *i, const incident *was) {
    for (size_t f = 0; f < incident_field_count; f++) {
        const field *one = &incident_fields[f];
        const char *now = (const char *)i + one->offset, *before = (const char *)was + one->offset;
        if (memcmp(now, before, field_size(one)) != 0 && !is_count(one))
            return false;
    }
    return true;
}

bool change_counts_only(const change *ch, const incident *i) {
    const known_incident *known = change_find_incident(ch, i->id);
    return known != NULL && only_counts_differ(i, &known->was);
}

/* The place of the rows' new versions; -1: there are none. */
static int count_alerts(trip *t, const change *ch, const incident **items, size_t count) {
    if (count == 0)
        return -1;
    qsort(items, count, sizeof *items, by_incident_id);
    params p;
    params_init(&p);
    param *id = params_column(&p, PARAM_INT), *worst = params_column(&p, PARAM_TEXT);
    param *starts = params_column(&p, PARAM_TIME), *updated = params_column(&p, PARAM_TIME);
    param *open = params_column(&p, PARAM_INT32), *total = params_column(&p, PARAM_INT32);
    for (size_t i = 0; i < count; i++) {
        column_int(id, items[i]->id);
        column_text(worst, severity_to_text(items[i]->severity));
        column_time(starts, items[i]->starts_at);
        column_time(updated, items[i]->updated_at);
        column_int(open, items[i]->open_alerts);
        column_int(total, items[i]->total_alerts);
    }
    if (!ch->is_remembered)
        return trip_send(t, "count_incident_alerts", &p);
    param *version = params_column(&p, PARAM_INT32);
    for (size_t i = 0; i < count; i++)
        column_int(version, change_find_incident(ch, items[i]->id)->version);
    params_int32(&p, (int32_t)count);
    params_int(&p, ch->handoffs_serial);
    return trip_send(t, "count_joined_alerts", &p);
}

static int write_incidents(trip *t, const change *ch, const changes *done) {
    new_incident *fresh = ARENA_ARRAY(ch->memory, new_incident, done->incident_count + 1);
    const incident **changed = ARENA_ARRAY(ch->memory, const incident *, done->incident_count + 1);
    const incident **counted = ARENA_ARRAY(ch->memory, const incident *, done->incident_count + 1);
    size_t fresh_count = 0, changed_count = 0, counted_count = 0;
    for (size_t i = 0; i < done->incident_count; i++) {
        const incident *one = done->incidents[i];
        if (change_find_incident(ch, one->id) == NULL) {
            fresh[fresh_count].incident = one;
            group_hash(one->group_key, fresh[fresh_count++].hash);
        } else if (change_counts_only(ch, one)) {
            counted[counted_count++] = one;
        } else {
            changed[changed_count++] = one;
        }
    }
    insert_incidents(t, fresh, fresh_count);
    update_incidents(t, ch, changed, changed_count);
    return count_alerts(t, ch, counted, counted_count);
}

/* It has ended, or says something else than it did. */
static bool changes_words(const change *ch, const alert *a) {
    const known_alert *known = a->ends_at == 0 ? change_find_alert(ch, a) : NULL;
    return a->ends_at != 0 || (known != NULL && known->was.id == a->id && known->was.content_hash != a->content_hash);
}

/* Those that go on though alerts of theirs end here, or change. */
static void refresh_words(trip *t, const change *ch, const changes *done) {
    params p;
    params_init(&p);
    param *id = params_column(&p, PARAM_INT);
    int64_t last = 0;
    for (size_t i = 0; i < done->alert_count; i++) {
        const alert *a = done->alerts[i];
        if (a->incident == NULL || a->incident->state == INCIDENT_RESOLVED || a->incident->id == last ||
            !changes_words(ch, a))
            continue;
        last = a->incident->id;
        column_int(id, last);
    }
    if (last != 0)
        (void)trip_send(t, "refresh_words", &p);
    else
        params_release(&p);
}

/* ── timeline, messages, deliveries ── */

static void write_timeline(trip *t, const changes *done) {
    size_t left = 0;
    for (size_t i = 0; i < done->timeline_count; i++)
        left += !is_kept_with_alert(&done->timeline[i]);
    if (left == 0)
        return;
    params p;
    params_init(&p);
    param *incident_id = params_column(&p, PARAM_INT), *at = params_column(&p, PARAM_TIME);
    param *kind = params_column(&p, PARAM_TEXT), *actor = params_column(&p, PARAM_TEXT);
    param *text = params_column(&p, PARAM_TEXT), *settled = NULL;
    params told;
    params_init(&told);
    for (size_t i = 0; i < done->timeline_count; i++) {
        const timeline_entry *one = &done->timeline[i];
        if (is_kept_with_alert(one))
            continue;
        column_int(incident_id, one->incident->id);
        column_time(at, one->at);
        column_text(kind, one->kind);
        column_text(actor, one->actor);
        column_text(text, one->text);
        if (text_equal(one->kind, "undeliverable")) {
            settled = settled != NULL ? settled : params_column(&told, PARAM_INT);
            column_int(settled, one->incident->id);
        }
    }
    (void)trip_send(t, "insert_timeline", &p);
    if (settled != NULL)
        (void)trip_send(t, "settle_undeliverable", &told);
}

/* The log of a message whose channel only records. */
static const char *log_of_kept(const change *ch) {
    const delivery_result kept = {.verdict = DELIVERED, .detail = "recorded", .at = ch->now};
    return arena_printf(ch->memory, "[%s]", attempt_to_json(&kept, ch->memory));
}

static int write_messages(trip *t, const change *ch, const changes *done) {
    const char *kept_log = log_of_kept(ch);
    params p;
    params_init(&p);
    param *id = params_column(&p, PARAM_INT), *incident_id = params_column(&p, PARAM_INT);
    param *letter = params_column(&p, PARAM_TEXT), *reason = params_column(&p, PARAM_TEXT);
    param *channel = params_column(&p, PARAM_TEXT), *address = params_column(&p, PARAM_TEXT);
    param *role = params_column(&p, PARAM_TEXT), *team = params_column(&p, PARAM_TEXT);
    param *actor = params_column(&p, PARAM_TEXT), *note = params_column(&p, PARAM_TEXT);
    param *first = params_column(&p, PARAM_BOOL), *page = params_column(&p, PARAM_BOOL);
    param *created = params_column(&p, PARAM_TIME), *not_before = params_column(&p, PARAM_TIME);
    param *expires = params_column(&p, PARAM_TIME), *kept = params_column(&p, PARAM_TEXT);
    param *team_id = params_column(&p, PARAM_TEXT);
    for (size_t i = 0; i < done->message_count; i++) {
        const message *m = &done->messages[i];
        column_int(id, m->id);
        column_int(incident_id, m->incident->id);
        column_text(letter, raci_letter_to_text(m->letter));
        column_text(reason, message_reason_to_text(m->reason));
        column_text(channel, m->channel);
        column_text(address, m->address);
        column_text(role, m->role_name);
        column_text(team, m->team_name);
        column_text(team_id, m->team ? m->team : "");
        column_text(actor, m->actor);
        column_text(note, m->note);
        column_bool(first, m->first);
        column_bool(page, message_is_page(m->letter, m->reason));
        column_time(created, m->created_at);
        column_time(not_before, m->not_before);
        column_time(expires, m->expires_at);
        column_text(kept, m->kept ? kept_log : NULL);
    }
    params_time(&p, ch->lease > 0 ? ch->now + ch->lease : 0);
    params_text(&p, ch->conn->node);
    params_time(&p, ch->now);
    return trip_send(t, "insert_messages", &p);
}

static message *find_message(const changes *done, int64_t id, size_t likely) {
    for (size_t i = 0; i < done->message_count; i++) {
        message *m = &done->messages[(likely + i) % done->message_count];
        if (m->id == id)
            return m;
    }
    return NULL;
}

/* One that was not leased waits in the database for a claim. */
static void read_messages(const change *ch, const PGresult *r, const changes *done) {
    int id = column_of(r, "id"), leased = column_of(r, "leased"), thread = column_of(r, "thread");
    for (int row = 0; row < PQntuples(r); row++) {
        message *m = find_message(done, row_int(r, row, id), (size_t)row);
        assert(m != NULL);
        if (!row_bool(r, row, leased) && m->not_before <= ch->now)
            m->not_before = ch->now + (ch->lease > 0 ? ch->lease : USEC_PER_SECOND);
        if (m->thread == NULL || m->thread[0] == '\0')
            m->thread = row_text(r, row, thread, ch->memory);
    }
}

void put_delivery_digests(param *column, const char *const *delivery_ids, size_t count, arena *a) {
    for (size_t i = 0; i < count; i++)
        column_text(column, crypto_sha256_hex(a, delivery_ids[i], strlen(delivery_ids[i])));
}

static void write_deliveries(trip *t, const change *ch) {
    if (ch->delivery_id_count == 0)
        return;
    params p;
    params_init(&p);
    put_delivery_digests(params_column(&p, PARAM_TEXT), ch->delivery_ids, ch->delivery_id_count, ch->memory);
    params_time(&p, ch->now);
    (void)trip_send(t, "insert_deliveries", &p);
}

/* ── all of it ── */

static bool write_all(change *ch, changes *done, err *e) {
    trip t;
    trip_begin(&t, ch->conn);
    int counted = write_incidents(&t, ch, done);
    write_alerts(&t, ch, done);
    refresh_words(&t, ch, done);
    write_timeline(&t, done);
    write_contests(&t, done);
    int messages = done->message_count > 0 ? write_messages(&t, ch, done) : -1;
    write_deliveries(&t, ch);
    if (ch->is_remembered)
        trip_commits(&t); /* the trip is the transaction */
    else
        trip_command(&t, "COMMIT");
    bool ok = trip_run(&t, e);
    if (ok && messages >= 0)
        read_messages(ch, trip_result(&t, messages), done);
    if (ok && !ch->is_remembered)
        joins_forget_changed(ch->conn->joins, done);
    if (ok && counted >= 0)
        joins_learn(ch->conn->joins, ch, trip_result(&t, counted));
    trip_end(&t);
    return ok;
}

/* An alert that incidents speak with may have been given its number just now. */
static void note_words(const changes *done) {
    for (size_t i = 0; i < done->incident_count; i++) {
        incident *one = done->incidents[i];
        if (one->words_of != NULL)
            one->words_alert_id = one->words_of->id;
    }
}

bool change_write(change *ch, changes *done, err *e) {
    if (!give_incident_ids(ch, done, e) || !give_alert_ids(ch, done, e) || !give_message_ids(ch, done, e)) {
        trip_roll_back(ch->conn);
        return false;
    }
    note_words(done);
    return write_all(ch, done, e);
}
