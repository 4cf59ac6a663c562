/* The first half of a change: lock what it may touch, and load it.
 *
 * The difficulty is reading a consistent world without serializable transactions. Incidents are locked first, in id
 * order, then the alerts; what is read under the locks cannot change any more. Should an alert turn out to belong to an
 * incident that was not locked, somebody moved it in between, or the hint that nobody has heard of it was wrong:
 * ERR_CONFLICT. */
#include "change.h"

#include "joins.h"
#include "rows.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ── the keys of a batch: sorted, each once ── */

typedef struct alert_key {
    const char *source, *key;
    bool unheard;
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
        keys[i] = (alert_key){events[i].event->source, events[i].event->key, events[i].unheard};
    qsort(keys, count, sizeof *keys, by_key);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || by_key(&keys[kept - 1], &keys[i]) != 0)
            keys[kept++] = keys[i];
        else
            keys[kept - 1].unheard = keys[kept - 1].unheard && keys[i].unheard;
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

static void put_keys(params *p, const alert_key *keys, size_t count, bool heard_only) {
    param *source = params_column(p, PARAM_TEXT), *key = params_column(p, PARAM_TEXT);
    for (size_t i = 0; i < count; i++) {
        if (heard_only && keys[i].unheard)
            continue;
        column_text(source, keys[i].source);
        column_text(key, keys[i].key);
    }
}

static void put_groups(params *p, const group_text *groups, size_t count) {
    param *hash = params_column(p, PARAM_TEXT), *fires = params_column(p, PARAM_BOOL);
    for (size_t i = 0; i < count; i++) {
        column_text(hash, groups[i].hash);
        column_bool(fires, groups[i].firing);
    }
}

/* ── rows ── */

/* In id order, for bsearch; an id that comes twice comes twice in a row. A row without an id is none. */
static bool read_incidents(change *ch, const PGresult *r, bool partial, err *e) {
    field_reader reader;
    field_reader_init(&reader, r, incident_fields, incident_field_count);
    int rows = PQntuples(r), id_column = column_of(r, "id");
    ch->incidents = ARENA_ARRAY(ch->memory, known_incident, (size_t)rows + 1);
    ch->incident_count = 0;
    for (int row = 0; row < rows; row++) {
        int64_t id = row_int(r, row, id_column);
        if (id == 0 || (ch->incident_count > 0 && ch->incidents[ch->incident_count - 1].id == id))
            continue;
        incident i = {0};
        if (!field_read(&reader, row, &i, ch->memory, e))
            return err_prefix(e, "incident %lld", (long long)id);
        i.partial = partial;
        i.unacknowledged = partial ? 0 : (int)row_int(r, row, column_of(r, "unacknowledged"));
        (void)world_add_incident(ch->world, &i);
        ch->incidents[ch->incident_count++] = (known_incident){i.id, i};
    }
    return true;
}

static int by_known_key(const void *a, const void *b) {
    const known_alert *x = a, *y = b;
    return compare_keys(x->source, x->key, y->source, y->key);
}

static bool is_unheard(const change *ch, const alert *a) {
    const alert_key wanted = {.source = a->source, .key = a->key};
    const alert_key *found = bsearch(&wanted, ch->keys, ch->key_count, sizeof *ch->keys, by_key);
    return found != NULL && found->unheard;
}

/* Alerts whose incident is not in the world. */
typedef struct strays {
    params incidents;
    param *id;
} strays;

static bool read_alert(change *ch, const field_reader *reader, int row, strays *s, err *e) {
    alert one = {0};
    if (!field_read(reader, row, &one, ch->memory, e))
        return err_prefix(e, "an alert of %s", one.source != NULL ? one.source : "a source");
    int64_t incident_id = row_int(reader->result, row, column_of(reader->result, "incident_id"));
    one.incident = incident_id != 0 ? world_find_incident(ch->world, incident_id) : NULL;
    /* One that has ended, of a key that was thought unheard of, needs no incident to begin anew. */
    one.astray = incident_id != 0 && one.incident == NULL && one.ends_at != 0 && is_unheard(ch, &one);
    if (incident_id != 0 && one.incident == NULL && !one.astray)
        column_int(s->id, incident_id);
    (void)world_add_alert(ch->world, &one);
    ch->alerts[ch->alert_count++] =
        (known_alert){one.source, one.key, one, row_bool(reader->result, row, column_of(reader->result, "held"))};
    return true;
}

/* An incident that retention has removed is none; any other one should have been locked, and the alert has moved to it
 * meanwhile, or is not as unheard of as was thought. */
static bool have_no_incident(const change *ch, strays *s, err *e) {
    if (s->id->items == 0)
        return true;
    trip t;
    bool ok = trip_one(&t, ch->conn, "existing_incidents", &s->incidents, e);
    if (ok && PQntuples(trip_result(&t, 0)) > 0)
        ok = err_set(e, ERR_CONFLICT, "an alert belongs to incident %lld, which was not locked",
                     (long long)row_int(trip_result(&t, 0), 0, 0));
    trip_end(&t);
    return ok;
}

static bool read_alerts(change *ch, err *e) {
    ch->alert_count = 0;
    if (ch->alerts_loaded < 0)
        return true;
    const PGresult *r = trip_result(&ch->loaded, ch->alerts_loaded);
    field_reader reader;
    field_reader_init(&reader, r, alert_fields, alert_field_count);
    int rows = PQntuples(r);
    ch->alerts = ARENA_ARRAY(ch->memory, known_alert, (size_t)rows + 1);
    strays s;
    params_init(&s.incidents);
    s.id = params_column(&s.incidents, PARAM_INT);
    bool ok = true;
    for (int row = 0; ok && row < rows; row++)
        ok = read_alert(ch, &reader, row, &s, e);
    /* The database sorts by its own collation, bsearch by bytes. */
    qsort(ch->alerts, ch->alert_count, sizeof *ch->alerts, by_known_key);
    ok = ok && have_no_incident(ch, &s, e);
    params_release(&s.incidents);
    return ok;
}

static int by_number(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void read_ids(change *ch, const PGresult *r) {
    int rows = PQntuples(r), column = column_of(r, "fresh");
    ch->incident_ids = ARENA_ARRAY(ch->memory, int64_t, (size_t)rows + 1);
    for (int row = 0; row < rows; row++) {
        if (PQgetisnull(r, row, column) == 0)
            ch->incident_ids[ch->incident_id_count++] = row_int(r, row, column);
    }
    qsort(ch->incident_ids, ch->incident_id_count, sizeof *ch->incident_ids, by_number);
}

/* The events were routed by what was known of handoffs before this transaction began. */
static bool handoffs_are_known(const change *ch, const PGresult *r, err *e) {
    if (row_int(r, 0, 0) <= ch->handoffs_serial)
        return true;
    return err_set(e, ERR_CONFLICT, "a handoff has changed since the events were routed");
}

/* ── what a batch may change ── */

static bool fill_world(change *ch, const PGresult *incidents, bool partial, err *e) {
    ch->world = world_new(ch->memory);
    return read_incidents(ch, incidents, partial, e) && read_alerts(ch, e);
}

static size_t count_heard(const alert_key *keys, size_t count) {
    size_t heard = 0;
    for (size_t i = 0; i < count; i++)
        heard += !keys[i].unheard;
    return heard;
}

/* An alert that nobody has heard of is taken for new without a look: if it has a row, the insert meets it there. Where
 * that has just happened, all are looked for. */
static void send_load_alerts(change *ch, const alert_key *keys, size_t key_count) {
    const size_t heard = count_heard(keys, key_count);
    ch->takes_for_new = heard < key_count && !joins_are_paused(ch->conn->joins);
    ch->alerts_loaded = -1;
    if (ch->takes_for_new && heard == 0)
        return;
    params p;
    params_init(&p);
    put_keys(&p, keys, key_count, ch->takes_for_new);
    ch->alerts_loaded = trip_send(&ch->loaded, "load_alerts", &p);
}

/* Places of the results, in the order in which they are asked for. */
enum { LOADED_BEGIN, LOADED_INCIDENTS, LOADED_SERIAL };

static bool run_load(change *ch, const prepared_event *events, size_t count, err *e) {
    alert_key *keys = ARENA_ARRAY(ch->memory, alert_key, count + 1);
    group_text *groups = ARENA_ARRAY(ch->memory, group_text, count + 1);
    size_t key_count = unique_keys(events, count, keys), group_count = unique_groups(events, count, groups);
    ch->keys = keys;
    ch->key_count = key_count;
    trip *t = &ch->loaded;
    trip_begin(t, ch->conn);
    trip_command(t, "BEGIN");
    params p;
    params_init(&p);
    put_keys(&p, keys, key_count, true);
    put_groups(&p, groups, group_count);
    params_time(&p, ch->now);
    (void)trip_send(t, "load_incidents", &p);
    (void)trip_send(t, "handoff_serial", NULL);
    send_load_alerts(ch, keys, key_count);
    return trip_run(t, e);
}

bool change_load_events(change *ch, const prepared_event *events, size_t count, err *e) {
    const trip *t = &ch->loaded;
    if (!run_load(ch, events, count, e))
        return false;
    const PGresult *incidents = trip_result(t, LOADED_INCIDENTS);
    read_ids(ch, incidents);
    if (handoffs_are_known(ch, trip_result(t, LOADED_SERIAL), e) && fill_world(ch, incidents, true, e))
        return true;
    trip_roll_back(ch->conn);
    return false;
}

bool change_load_whole(change *ch, err *e) {
    trip t;
    params p;
    params_init(&p);
    param *id = params_column(&p, PARAM_INT);
    for (size_t i = 0; i < ch->incident_count; i++)
        column_int(id, ch->incidents[i].id);
    bool ok = trip_one(&t, ch->conn, "load_whole_incidents", &p, e);
    if (ok) {
        ok = fill_world(ch, trip_result(&t, 0), false, e);
        if (!ok)
            trip_roll_back(ch->conn);
    }
    trip_end(&t);
    return ok;
}

bool change_load_incident(change *ch, int64_t incident_id, incident **out, err *e) {
    ch->world = world_new(ch->memory);
    trip t;
    trip_begin(&t, ch->conn);
    trip_command(&t, "BEGIN");
    params p;
    params_init(&p);
    params_int(&p, incident_id);
    (void)trip_send(&t, "lock_incident", &p);
    column_int(params_column(&p, PARAM_INT), incident_id);
    int whole = trip_send(&t, "load_whole_incidents", &p);
    bool loaded = trip_run(&t, e);
    if (loaded) {
        loaded = read_incidents(ch, trip_result(&t, whole), false, e);
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
    known_alert wanted = {.source = a->source, .key = a->key};
    if (ch->alert_count == 0)
        return NULL;
    return bsearch(&wanted, ch->alerts, ch->alert_count, sizeof *ch->alerts, by_known_key);
}

static int by_id(const void *a, const void *b) {
    const known_incident *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

void change_sort_incidents(change *ch) {
    qsort(ch->incidents, ch->incident_count, sizeof *ch->incidents, by_id);
}

const known_incident *change_find_incident(const change *ch, int64_t id) {
    known_incident wanted = {.id = id};
    if (ch->incident_count == 0)
        return NULL;
    return bsearch(&wanted, ch->incidents, ch->incident_count, sizeof *ch->incidents, by_id);
}
