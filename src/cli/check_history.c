/* Owns the one check that needs a database: rows that no recorded alert has ever come to. The difficulty is to be fair:
 * a row for what has not happened yet is a good row, so how many alerts were looked at is always said. */
#include "cli/check_history.h"

#include "cli/replay.h"

typedef struct history {
    const chart *chart;
    arena *scratch;
    size_t *matched; /* by row */
} history;

static void count_row(void *context, const replayed *e) {
    history *h = context;
    route r;
    arena_reset(h->scratch);
    chart_route(h->chart, &(route_question){e->set, e->identity, e->at}, h->scratch, &r);
    if (r.row->index != UNOWNED_ROW)
        h->matched[r.row->index]++;
}

typedef struct looked_at {
    size_t alerts;
    const char *since;
} looked_at;

static void report_rows(const history *h, const looked_at *over, const char *path, diagnostics *d) {
    for (size_t i = 0; i < h->chart->row_count; i++) {
        const chart_row *row = &h->chart->rows[i];
        if (h->matched[i] == 0)
            diagnostics_add(d, DIAGNOSTIC_WARNING, path, row->at, 0, "never-matched",
                            "row \"%s\" owns none of the %zu alerts recorded since %s; mend its matchers, or remove it "
                            "unless it waits for something rare",
                            row->id, over->alerts, over->since);
    }
}

void history_check_usage(struct argp_state *state, const history_options *o) {
    bool named = o->database.config_path || o->database.local_dir;
    if (o->since && !named)
        argp_error(state, "--since needs a database. Give --config FILE or --local DIR");
    if (!o->since && named)
        argp_error(state, "a database is asked with --since only");
}

static void report_unread(const char *path, diagnostics *d) {
    diagnostics_add(d, DIAGNOSTIC_ERROR, path, (file_position){0}, 0, "unread-history",
                    "what was recorded could not be read, so the rows were not compared with it");
}

void check_history(cli *c, const history_options *o, const chart *ch, const char *path, diagnostics *d) {
    usec since = 0;
    err e = {0};
    if (!since_from_text(o->since, clock_now(&c->clock), &since, &e)) {
        (void)cli_fail(c, "--since: %s", e.text);
        report_unread(path, d);
        return;
    }
    history h = {.chart = ch, .scratch = arena_new(), .matched = ARENA_ARRAY(c->memory, size_t, ch->row_count + 1)};
    looked_at over = {.since = time_to_short_text(c->memory, since)};
    const replay_target target = {.each = count_row, .context = &h};
    store_conn *conn = database_open(c, &o->database);
    bool read = conn && replay_recorded(c, conn, since, &target, &over.alerts);
    if (read && over.alerts > 0)
        report_rows(&h, &over, path, d);
    else if (read)
        fprintf(c->err, "onus: nothing was recorded since %s, so nothing is said about rows\n", over.since);
    else
        report_unread(path, d);
    store_conn_free(conn);
    arena_free(h.scratch);
}
