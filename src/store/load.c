/* The first half of a change: lock what it may touch, and load it.
 *
 * The difficulty is reading a consistent world without serializable transactions. Incidents are locked first, in id
 * order; every writer of an alert holds its incident's lock; so alerts that are read after the locks cannot change any
 * more. Should an alert turn out to belong to an incident that was not locked, somebody moved it in between:
 * ERR_CONFLICT. */
#include "change.h"

#include "rows.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ── the keys of a batch: sorted, each once ── */

typedef struct alert_key {
    const char *source, *key;
} alert_key;

static int compare_keys(const char *source_a, const char *key_a, const char *source_b, const char *key_b) {
    int order = strcmp(source_a, source_b);
    return order != 0 ? order : strcmp(key_a, key_b);
}

static int by_key(const void *a, const void *b) {
    const alert_key *x = a, *y = b;
    return compare_keys(x->source, x->key, y->source, y->key);
}

static size_t unique_keys(const prepared_event *events, size_t count, alert_key *keys) {
    for (size_t i = 0; i < count; i++)
        keys[i] = (alert_key){events[i].event->source, events[i].event->key};
    qsort(keys, count, sizeof *keys, by_key);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || by_key(&keys[kept - 1], &keys[i]) != 0)
            keys[kept++] = keys[i];
    }
    return kept;
}

typedef struct group_text {
    char hash[GROUP_HASH_BYTES];
    bool firing;
} group_text;

static int by_hash(const void *a, const void *b) {
    const group_text *x = a, *y = b;
    int order = strcmp(x->hash, y->hash);
    return order != 0 ? order : (int)y->firing - (int)x->firing;
}

/* A group that fires sorts before the same one that does not, and so is the one that is kept. */
static size_t unique_groups(const prepared_event *events, size_t count, group_text *groups) {
    for (size_t i = 0; i < count; i++) {
        group_hash(events[i].route.group_key, groups[i].hash);
        groups[i].firing = events[i].event->kind == EVENT_FIRING;
    }
    qsort(groups, count, sizeof *groups, by_hash);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || strcmp(groups[kept - 1].hash, groups[i].hash) != 0)
            groups[kept++] = groups[i];
    }
    return kept;
}

/* ── parameters ── */

static void put_keys(params *p, const alert_key *keys, size_t count) {
    param *source = params_column(p, PARAM_TEXT), *key = params_column(p, PARAM_TEXT);
    for (size_t i = 0; i < count; i++) {
        column_text(source, keys[i].source);
        column_text(key, keys[i].key);
    }
}

static size_t put_groups(params *p, const group_text *groups, size_t count, bool firing_only) {
    param *hash = params_column(p, PARAM_TEXT);
    size_t put = 0;
    for (size_t i = 0; i < count; i++) {
        if (groups[i].firing || !firing_only) {
            column_text(hash, groups[i].hash);
            put++;
        }
    }
    return put;
}

/* ── rows ── */

static bool read_incidents(change *ch, const PGresult *r, err *e) {
    field_reader reader;
    field_reader_init(&reader, r, incident_fields, incident_field_count);
    int rows = PQntuples(r);
    ch->incidents = ARENA_ARRAY(ch->memory, known_incident, (size_t)rows + 1);
    for (int row = 0; row < rows; row++) {
        incident i = {0};
        if (!field_read(&reader, row, &i, ch->memory, e))
            return false;
        (void)world_add_incident(ch->world, &i);
        ch->incidents[ch->incident_count++] = (known_incident){i.id, i};
    }
    return true;
}

static int by_known_key(const void *a, const void *b) {
    const known_alert *x = a, *y = b;
    return compare_keys(x->source, x->key, y->source, y->key);
}

static bool read_alert(change *ch, const field_reader *reader, int row, err *e) {
    alert one = {0};
    if (!field_read(reader, row, &one, ch->memory, e))
        return false;
    int64_t incident_id = row_int(reader->result, row, column_of(reader->result, "incident_id"));
    if (incident_id != 0) {
        one.incident = world_find_incident(ch->world, incident_id);
        if (one.incident == NULL)
            return err_set(e, ERR_CONFLICT, "an alert moved to incident %lld while it was loaded",
                           (long long)incident_id);
    }
    (void)world_add_alert(ch->world, &one);
    ch->alerts[ch->alert_count++] = (known_alert){one.source, one.key, one};
    return true;
}

static bool read_alerts(change *ch, const PGresult *r, err *e) {
    field_reader reader;
    field_reader_init(&reader, r, alert_fields, alert_field_count);
    int rows = PQntuples(r);
    ch->alerts = ARENA_ARRAY(ch->memory, known_alert, (size_t)rows + 1);
    for (int row = 0; row < rows; row++) {
        if (!read_alert(ch, &reader, row, e))
            return false;
    }
    /* The database sorts by its own collation, bsearch by bytes. */
    qsort(ch->alerts, ch->alert_count, sizeof *ch->alerts, by_known_key);
    return true;
}

static void read_ids(change *ch, const PGresult *r) {
    int rows = PQntuples(r);
    ch->incident_ids = ARENA_ARRAY(ch->memory, int64_t, (size_t)rows + 1);
    for (int row = 0; row < rows; row++)
        ch->incident_ids[ch->incident_id_count++] = row_int(r, row, 0);
}

/* The events were routed by what was known of handoffs before this transaction began. */
static bool handoffs_are_known(const change *ch, const PGresult *r, err *e) {
    if (row_int(r, 0, 0) <= ch->handoffs_serial)
        return true;
    return err_set(e, ERR_CONFLICT, "a handoff has changed since the events were routed");
}

/* ── the two loads ── */

bool change_load_events(change *ch, const prepared_event *events, size_t count, err *e) {
    alert_key *keys = ARENA_ARRAY(ch->memory, alert_key, count + 1);
    group_text *groups = ARENA_ARRAY(ch->memory, group_text, count + 1);
    size_t key_count = unique_keys(events, count, keys), group_count = unique_groups(events, count, groups);
    ch->world = world_new(ch->memory);
    trip t;
    trip_begin(&t, ch->conn);
    trip_command(&t, "BEGIN");
    params p;
    params_init(&p);
    put_keys(&p, keys, key_count);
    (void)put_groups(&p, groups, group_count, false);
    params_time(&p, ch->now);
    int incidents = trip_send(&t, "load_incidents", &p);
    put_keys(&p, keys, key_count);
    int alerts = trip_send(&t, "load_alerts", &p);
    (void)put_groups(&p, groups, group_count, true);
    int ids = trip_send(&t, "next_incident_ids", &p);
    int serial = trip_send(&t, "handoff_serial", NULL);
    bool loaded = trip_run(&t, e);
    if (loaded) {
        read_ids(ch, trip_result(&t, ids));
        loaded = handoffs_are_known(ch, trip_result(&t, serial), e) &&
                 read_incidents(ch, trip_result(&t, incidents), e) && read_alerts(ch, trip_result(&t, alerts), e);
        if (!loaded)
            trip_roll_back(ch->conn);
    }
    trip_end(&t);
    return loaded;
}

bool change_load_incident(change *ch, int64_t incident_id, incident **out, err *e) {
    ch->world = world_new(ch->memory);
    trip t;
    trip_begin(&t, ch->conn);
    trip_command(&t, "BEGIN");
    params p;
    params_init(&p);
    params_int(&p, incident_id);
    int locked = trip_send(&t, "lock_incident", &p);
    bool loaded = trip_run(&t, e);
    if (loaded) {
        loaded = read_incidents(ch, trip_result(&t, locked), e);
        *out = world_find_incident(ch->world, incident_id);
        if (loaded && *out == NULL)
            loaded = err_set(e, ERR_NOT_FOUND, "there is no incident %lld", (long long)incident_id);
        if (!loaded)
            trip_roll_back(ch->conn);
    }
    trip_end(&t);
    return loaded;
}

/* ── what was loaded ── */

const known_alert *change_find_alert(const change *ch, const alert *a) {
    known_alert wanted = {a->source, a->key, {0}};
    if (ch->alert_count == 0)
        return NULL;
    return bsearch(&wanted, ch->alerts, ch->alert_count, sizeof *ch->alerts, by_known_key);
}

static int by_id(const void *a, const void *b) {
    const known_incident *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

const known_incident *change_find_incident(const change *ch, int64_t id) {
    known_incident wanted = {.id = id};
    if (ch->incident_count == 0)
        return NULL;
    return bsearch(&wanted, ch->incidents, ch->incident_count, sizeof *ch->incidents, by_id);
}
