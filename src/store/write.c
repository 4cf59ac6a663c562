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
    static const char *const fixed[] = {"group_key", "group_hash", "labels", "annotations"};
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
        if (text_equal(f->column, fixed[i]))
            return true;
    }
    return false;
}

/* Most changes leave the people alone, and their JSON is the longest column. */
static bool same_people(const change *ch, const incident *i) {
    const known_incident *known = change_find_incident(ch, i->id);
    return known != NULL && memcmp(&known->was.raci, &i->raci, sizeof i->raci) == 0;
}

static bool same_handoff(const change *ch, const incident *i) {
    const known_incident *known = change_find_incident(ch, i->id);
    return known != NULL && memcmp(&known->was.handoff, &i->handoff, sizeof i->handoff) == 0;
}

static bool is_unchanged(const change *ch, const field *f, const incident *i) {
    return (f->kind == FIELD_RACI && same_people(ch, i)) || (text_equal(f->column, "handoff") && same_handoff(ch, i));
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

/* ── alerts ── */

static int by_alert_key(const void *a, const void *b) {
    const alert *x = *(const alert *const *)a, *y = *(const alert *const *)b;
    int order = strcmp(x->source, y->source);
    return order != 0 ? order : strcmp(x->key, y->key);
}

static int64_t incident_of(const alert *a) {
    return a->incident != NULL ? a->incident->id : 0;
}

/* What is to be written of an alert. */
typedef struct alert_row {
    const alert *alert;
    bool held; /* its texts stand with its key */
    bool told; /* they are new or have changed, and are sent */
} alert_row;

typedef struct alert_rows {
    alert_row *items;
    size_t count;
} alert_rows;

static void put_set(param *column, labels set) {
    column_open(column);
    labels_put_json(&column->value, set);
    column_close(column);
}

typedef struct text_columns {
    param *title, *link, *labels, *annotations;
} text_columns;

static text_columns params_texts(params *p) {
    return (text_columns){params_column(p, PARAM_TEXT), params_column(p, PARAM_TEXT), params_column(p, PARAM_TEXT),
                          params_column(p, PARAM_TEXT)};
}

static void put_texts(const text_columns *c, const alert *a, bool told) {
    if (!told) {
        column_null(c->title);
        column_null(c->link);
        column_null(c->labels);
        column_null(c->annotations);
        return;
    }
    column_text(c->title, a->title != NULL ? a->title : "");
    column_text(c->link, a->link != NULL ? a->link : "");
    put_set(c->labels, a->labels);
    put_set(c->annotations, a->annotations);
}

typedef struct entry_columns {
    param *kind, *actor, *text;
} entry_columns;

static entry_columns params_entry(params *p) {
    return (entry_columns){params_column(p, PARAM_TEXT), params_column(p, PARAM_TEXT), params_column(p, PARAM_TEXT)};
}

static void put_entry(const entry_columns *c, const timeline_entry *entry) {
    column_text(c->kind, entry != NULL ? entry->kind : NULL);
    column_text(c->actor, entry != NULL ? entry->actor : NULL);
    column_text(c->text, entry != NULL ? entry->text : NULL);
}

static void write_alert_keys(trip *t, const char *query, const alert_rows *rows) {
    if (rows->count == 0)
        return;
    params p;
    params_init(&p);
    param *source = params_column(&p, PARAM_TEXT), *key = params_column(&p, PARAM_TEXT);
    param *id = params_column(&p, PARAM_INT), *incident_id = params_column(&p, PARAM_INT);
    param *hash = params_column(&p, PARAM_INT), *worst = params_column(&p, PARAM_TEXT);
    param *starts = params_column(&p, PARAM_TIME), *ends = params_column(&p, PARAM_TIME);
    param *received = params_column(&p, PARAM_TIME), *seen = params_column(&p, PARAM_TIME);
    param *expires = params_column(&p, PARAM_TIME), *held = params_column(&p, PARAM_INT);
    const text_columns texts = params_texts(&p);
    const entry_columns entry = params_entry(&p);
    for (size_t i = 0; i < rows->count; i++) {
        const alert_row *row = &rows->items[i];
        const alert *a = row->alert;
        column_text(source, a->source);
        column_text(key, a->key);
        column_int(id, a->id);
        column_id(incident_id, incident_of(a));
        column_int(hash, (int64_t)a->content_hash);
        column_text(worst, severity_to_text(a->severity));
        column_time(starts, a->starts_at);
        column_time(ends, a->ends_at);
        column_time(received, a->received_at);
        column_time(seen, a->last_seen_at);
        column_time(expires, a->expires_at);
        column_id(held, row->held ? a->id : 0);
        put_texts(&texts, a, row->held && row->told);
        put_entry(&entry, row->held ? a->entry : NULL);
    }
    (void)trip_send(t, query, &p);
}

static void insert_alerts(trip *t, const alert_rows *rows) {
    if (rows->count == 0)
        return;
    params p;
    params_init(&p);
    param *id = params_column(&p, PARAM_INT), *incident_id = params_column(&p, PARAM_INT);
    param *source = params_column(&p, PARAM_TEXT), *key = params_column(&p, PARAM_TEXT);
    param *worst = params_column(&p, PARAM_TEXT), *received = params_column(&p, PARAM_TIME);
    param *starts = params_column(&p, PARAM_TIME), *ends = params_column(&p, PARAM_TIME);
    const text_columns texts = params_texts(&p);
    const entry_columns entry = params_entry(&p);
    for (size_t i = 0; i < rows->count; i++) {
        const alert *a = rows->items[i].alert;
        column_int(id, a->id);
        column_id(incident_id, incident_of(a));
        column_text(source, a->source);
        column_text(key, a->key);
        column_text(worst, severity_to_text(a->severity));
        column_time(received, a->received_at);
        column_time(starts, a->starts_at);
        column_time(ends, a->ends_at);
        put_texts(&texts, a, true);
        put_entry(&entry, a->entry);
    }
    (void)trip_send(t, "insert_alerts", &p);
}

/* An episode that is replaced by a new one goes to history as it stands with its key: nothing is sent of it. */
static void move_to_history(trip *t, const change *ch, const alert_rows *rows) {
    if (rows->count == 0)
        return;
    params p;
    params_init(&p);
    param *source = params_column(&p, PARAM_TEXT), *key = params_column(&p, PARAM_TEXT);
    param *incident_id = params_column(&p, PARAM_INT), *worst = params_column(&p, PARAM_TEXT);
    param *starts = params_column(&p, PARAM_TIME), *ends = params_column(&p, PARAM_TIME);
    const text_columns texts = params_texts(&p);
    for (size_t i = 0; i < rows->count; i++) {
        const alert *a = rows->items[i].alert;
        const bool replaced = change_find_alert(ch, a)->was.id != a->id;
        column_text(source, a->source);
        column_text(key, a->key);
        column_id(incident_id, replaced ? 0 : incident_of(a));
        column_text(worst, replaced ? NULL : severity_to_text(a->severity));
        column_time(starts, replaced ? 0 : a->starts_at);
        column_time(ends, replaced ? 0 : a->ends_at);
        put_texts(&texts, a, !replaced && rows->items[i].told);
    }
    (void)trip_send(t, "move_to_history", &p);
}

static void update_alerts(trip *t, const alert_rows *rows) {
    if (rows->count == 0)
        return;
    params p;
    params_init(&p);
    param *id = params_column(&p, PARAM_INT), *incident_id = params_column(&p, PARAM_INT);
    param *worst = params_column(&p, PARAM_TEXT);
    param *starts = params_column(&p, PARAM_TIME), *ends = params_column(&p, PARAM_TIME);
    const text_columns texts = params_texts(&p);
    for (size_t i = 0; i < rows->count; i++) {
        const alert *a = rows->items[i].alert;
        column_int(id, a->id);
        column_id(incident_id, incident_of(a));
        column_text(worst, severity_to_text(a->severity));
        column_time(starts, a->starts_at);
        column_time(ends, a->ends_at);
        put_texts(&texts, a, rows->items[i].told);
    }
    (void)trip_send(t, "update_alerts", &p);
}

/* Alerts are loaded without their texts: new content has a title of its own. */
static bool is_told_anew(const alert *a, const alert *was) {
    return a->content_hash != was->content_hash || a->title != was->title;
}

/* A mere repetition moves last_seen_at and expires_at, which history does not have. */
static bool differs(const alert *a, const alert *was) {
    return is_told_anew(a, was) || a->severity != was->severity || a->incident != was->incident ||
           a->starts_at != was->starts_at || a->ends_at != was->ends_at;
}

/* What the timeline says of an alert's coming stands in the alert's own row: one row and one index entry less for each
 * alert. Its first entry only; a second one in the same commit, or of a row that is there already, is written as any
 * other. */
static void keep_entries_with_alerts(const change *ch, const changes *done) {
    for (size_t i = 0; i < done->alert_count; i++)
        done->alerts[i]->entry = NULL;
    for (size_t i = 0; i < done->timeline_count; i++) {
        const timeline_entry *one = &done->timeline[i];
        if (one->alert == NULL || one->alert->entry != NULL)
            continue;
        const known_alert *known = change_find_alert(ch, one->alert);
        if (known == NULL || known->was.id != one->alert->id)
            one->alert->entry = one;
    }
}

static bool is_kept_with_alert(const timeline_entry *one) {
    return one->alert != NULL && one->alert->entry == one;
}

/* By where they are written; an alert may be in several. */
typedef struct alert_lists {
    alert_rows new_keys, known_keys;
    alert_rows ended;   /* new episodes that have ended already: history has them at once */
    alert_rows leaving; /* held episodes that end, or give way to new ones */
    alert_rows changed; /* episodes that history has */
} alert_lists;

static void add_row(alert_rows *rows, alert_row row) {
    rows->items[rows->count++] = row;
}

static alert_rows rows_for(const change *ch, size_t count) {
    return (alert_rows){ARENA_ARRAY(ch->memory, alert_row, count + 1), 0};
}

/* An open episode is held with its key until it ends; one that an older version has written is in history. */
static void sort_out(alert_lists *lists, const change *ch, const alert *a) {
    const known_alert *known = change_find_alert(ch, a);
    const bool is_new = known == NULL || known->was.id != a->id, open = a->ends_at == 0;
    const alert_row row = {
        .alert = a, .held = open && (is_new || known->held), .told = is_new || is_told_anew(a, &known->was)};
    add_row(known != NULL ? &lists->known_keys : &lists->new_keys, row);
    if (is_new && !open)
        add_row(&lists->ended, row);
    if (known != NULL && known->held && !(row.held && !is_new))
        add_row(&lists->leaving, row);
    if (!is_new && !known->held && differs(a, &known->was))
        add_row(&lists->changed, row);
}

static void write_alerts(trip *t, const change *ch, const changes *done) {
    const size_t count = done->alert_count;
    const alert **sorted = ARENA_ARRAY(ch->memory, const alert *, count + 1);
    for (size_t i = 0; i < count; i++)
        sorted[i] = done->alerts[i];
    qsort(sorted, count, sizeof *sorted, by_alert_key);
    keep_entries_with_alerts(ch, done);
    alert_lists lists = {rows_for(ch, count), rows_for(ch, count), rows_for(ch, count), rows_for(ch, count),
                         rows_for(ch, count)};
    for (size_t i = 0; i < count; i++)
        sort_out(&lists, ch, sorted[i]);
    write_alert_keys(t, "insert_alert_keys", &lists.new_keys);
    move_to_history(t, ch, &lists.leaving);
    write_alert_keys(t, "update_alert_keys", &lists.known_keys);
    insert_alerts(t, &lists.ended);
    update_alerts(t, &lists.changed);
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
    write_timeline(&t, done);
    write_contests(&t, done);
    int messages = done->message_count > 0 ? write_messages(&t, ch, done) : -1;
    write_deliveries(&t, ch);
    if (!ch->is_remembered) /* else the trip is the transaction */
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

bool change_write(change *ch, changes *done, err *e) {
    if (!give_incident_ids(ch, done, e) || !give_alert_ids(ch, done, e) || !give_message_ids(ch, done, e)) {
        trip_roll_back(ch->conn);
        return false;
    }
    return write_all(ch, done, e);
}
