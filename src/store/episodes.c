/* Writes the alerts of a change: an open episode whole with its key, one that ends into history.
 *
 * The one difficulty is that an episode stands in one place at a time: it moves in the commit that ends it or that puts
 * another one into its place, and what an older version has written into history stays there. */
#include "change.h"

#include "rows.h"

#include <stdlib.h>
#include <string.h>

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

/* How later words about an episode that has ended are judged, and what its sender has acknowledged. */
typedef struct end_columns {
    param *closed_at, *closed_by, *late_at, *late_starts_at, *acknowledged_at;
} end_columns;

static end_columns params_end(params *p) {
    return (end_columns){params_column(p, PARAM_TIME), params_column(p, PARAM_TEXT), params_column(p, PARAM_TIME),
                         params_column(p, PARAM_TIME), params_column(p, PARAM_TIME)};
}

static void put_end(const end_columns *c, const alert *a) {
    column_time(c->closed_at, a->closed_at);
    column_text(c->closed_by, a->ends_at != 0 ? a->closed_by : NULL);
    column_time(c->late_at, a->late_at);
    column_time(c->late_starts_at, a->late_starts_at);
    column_time(c->acknowledged_at, a->acknowledged_at);
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
    const end_columns end = params_end(&p);
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
        put_end(&end, a);
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

/* An episode that is replaced by a new one goes to history as it stands with its key, over when the new one came. */
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
        column_time(ends, replaced ? a->received_at : a->ends_at);
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

bool is_kept_with_alert(const timeline_entry *one) {
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
    if (known != NULL && known->held && (is_new || !open))
        add_row(&lists->leaving, row);
    if (!is_new && !known->held && differs(a, &known->was))
        add_row(&lists->changed, row);
}

void write_alerts(trip *t, const change *ch, const changes *done) {
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
