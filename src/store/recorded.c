/* What was recorded, for those who ask what another chart would have made of it: a page at a time, oldest first.
 *
 * The difficulty is the sort: no index is in the order of time, since an alert's id comes from a block that its node
 * took long before. So one cursor sorts once; its transaction is open only while the pages are read. */
#include "rows.h"
#include "trip.h"

enum { RECORDED_PAGE = 1000 }; /* as fetch_recorded_events.sql */

#define RECORDED(column, member, kind)                                                                                 \
    { column, offsetof(recorded_event, member), kind }

static const field recorded_fields[] = {
    RECORDED("source", source, FIELD_TEXT),
    RECORDED("key", key, FIELD_TEXT),
    RECORDED("labels", labels, FIELD_LABELS),
    RECORDED("severity", severity, FIELD_SEVERITY),
    RECORDED("title", title, FIELD_TEXT),
    RECORDED("starts_at", starts_at, FIELD_TIME),
    RECORDED("received_at", received_at, FIELD_TIME),
    RECORDED("ends_at", ends_at, FIELD_TIME),
    RECORDED("incident_id", incident_id, FIELD_INT64),
    RECORDED("activity", activity, FIELD_TEXT),
};

/* Sorting a year may take longer than any statement of the service; and in a sort of everything the plans that suit
 * look-ups are slow ones. */
static const char *const prelude[] = {
    "BEGIN READ ONLY",
    "SET LOCAL statement_timeout = '10min'",
    "SET LOCAL enable_seqscan = on",
    "SET LOCAL enable_hashjoin = on",
    "SET LOCAL enable_mergejoin = on",
};

static bool open_cursor(store_conn *c, usec since, err *e) {
    trip t;
    params p;
    params_init(&p);
    params_time(&p, since);
    trip_begin(&t, c);
    for (size_t i = 0; i < sizeof prelude / sizeof *prelude; i++)
        trip_command(&t, prelude[i]);
    (void)trip_send(&t, "declare_recorded_events", &p);
    bool ok = trip_run(&t, e);
    trip_end(&t);
    return ok;
}

typedef struct page {
    arena *memory;
    int rows;
    bool stopped;
} page;

static bool hand_over(page *g, const PGresult *r, const recorded_reader *reader, err *e) {
    field_reader f;
    field_reader_init(&f, r, recorded_fields, sizeof recorded_fields / sizeof *recorded_fields);
    g->rows = PQntuples(r);
    for (int row = 0; row < g->rows && !g->stopped; row++) {
        recorded_event one = {0};
        if (!field_read(&f, row, &one, g->memory, e))
            return false;
        g->stopped = !reader->each(reader->context, &one);
    }
    return true;
}

static bool next_page(store_conn *c, page *g, const recorded_reader *reader, err *e) {
    trip t;
    arena_reset(g->memory);
    bool ok = trip_one(&t, c, "fetch_recorded_events", NULL, e) && hand_over(g, trip_result(&t, 0), reader, e);
    trip_end(&t);
    return ok;
}

bool store_each_recorded_event(store_conn *c, usec since, const recorded_reader *reader, err *e) {
    usec within = c->answers_within;
    page g = {.memory = arena_new()};
    c->answers_within = 0;
    bool ok = open_cursor(c, since, e);
    do {
        ok = ok && next_page(c, &g, reader, e);
    } while (ok && g.rows == RECORDED_PAGE && !g.stopped);
    trip_roll_back(c); /* nothing was written */
    c->answers_within = within;
    arena_free(g.memory);
    return ok;
}
