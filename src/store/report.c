/* Reports: what PostgreSQL counts over weeks, as JSON, and the incidents that row edits are sought in. Unlike every
 * other statement these read much, so they are planned as such, and may take longer. */
#include "rows.h"
#include "trip.h"

#include "onus/limits.h"

static const PGresult *ask(trip *t, store_conn *c, const char *query, params *p, err *e) {
    static const char *const settings[] = {"SET LOCAL plan_cache_mode = force_custom_plan",
                                           "SET LOCAL enable_seqscan = on", "SET LOCAL enable_hashjoin = on",
                                           "SET LOCAL statement_timeout = '30s'", NULL};
    return trip_ask(t, c, &(reading){.query = query, .p = p, .settings = settings, .within = STORE_REPORT}, e);
}

static void put_span(params *p, const report_span *span) {
    params_init(p);
    params_time(p, span->since);
    params_time(p, span->until);
}

static bool fetch_report(store_conn *c, const char *query, params *p, arena *a, char **json, err *e) {
    trip t;
    const PGresult *r = ask(&t, c, query, p, e);
    bool ok = r != NULL;
    if (ok)
        *json = arena_strndup(a, PQgetvalue(r, 0, 0), (size_t)PQgetlength(r, 0, 0));
    trip_end(&t);
    return ok;
}

bool store_report(store_conn *c, const report_span *span, arena *a, char **json, err *e) {
    params p;
    put_span(&p, span);
    params_text(&p, span->zone);
    params_int(&p, LIMIT_REPORT_ITEMS);
    return fetch_report(c, "report", &p, a, json, e);
}

bool store_misroute_figures(store_conn *c, const report_span *span, arena *a, char **json, err *e) {
    params p;
    put_span(&p, span);
    params_int(&p, LIMIT_REPORT_ITEMS);
    return fetch_report(c, "misroute_figures", &p, a, json, e);
}

static bool read_routed(const PGresult *r, int row, arena *a, routed_incident *out, err *e) {
    *out = (routed_incident){.id = row_int(r, row, column_of(r, "incident_id")),
                             .activity = row_text(r, row, column_of(r, "activity"), a),
                             .moved_to = row_text(r, row, column_of(r, "moved_to"), a)};
    int handoff = column_of(r, "handoff");
    labels kept = {0};
    if (!labels_from_json(a, PQgetvalue(r, row, column_of(r, "labels")), &out->labels, e) ||
        (PQgetisnull(r, row, handoff) == 0 && !labels_from_json(a, PQgetvalue(r, row, handoff), &kept, e)))
        return false;
    /* As the event was routed, whatever its sender said. */
    out->labels = labels_with(a, out->labels, "handoff", labels_get(kept, "state"));
    out->labels = labels_with(a, out->labels, "handoff_version", labels_get(kept, "version"));
    return true;
}

bool store_routed_incidents(store_conn *c, const report_span *span, size_t max, arena *a, routed_incident **out,
                            size_t *count, err *e) {
    trip t;
    params p;
    put_span(&p, span);
    params_int(&p, (int64_t)max);
    const PGresult *r = ask(&t, c, "routed_incidents", &p, e);
    int rows = r != NULL ? PQntuples(r) : 0;
    *out = ARENA_ARRAY(a, routed_incident, (size_t)rows + 1);
    *count = 0;
    for (int row = 0; row < rows; row++) {
        err unreadable = {0};
        if (read_routed(r, row, a, &(*out)[*count], &unreadable))
            ++*count;
        else
            conn_passed_over(c, &unreadable);
    }
    trip_end(&t);
    return r != NULL;
}

bool store_chart_text(store_conn *c, int64_t revision, arena *a, char **text, err *e) {
    trip t;
    params p;
    params_init(&p);
    params_int(&p, revision);
    bool ok = trip_read(&t, c, "chart_text", &p, e);
    if (ok && PQntuples(trip_result(&t, 0)) == 0)
        ok = err_set(e, ERR_NOT_FOUND, "the database holds no such chart");
    else if (ok)
        *text = arena_strndup(a, PQgetvalue(trip_result(&t, 0), 0, 0), (size_t)PQgetlength(trip_result(&t, 0), 0, 0));
    trip_end(&t);
    return ok;
}
