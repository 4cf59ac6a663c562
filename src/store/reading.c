/* Reading for the API and the console: PostgreSQL makes the JSON, here it is only fetched. */
#include "rows.h"
#include "trip.h"

#include "onus/limits.h"

#include <assert.h>

/* A list's filters decide which index is good, so it is planned for its own values. */
static bool fetch_json(store_conn *c, const char *query, params *p, arena *a, char **json, err *e) {
    static const char *const settings[] = {"SET LOCAL plan_cache_mode = force_custom_plan", NULL};
    trip t;
    const PGresult *r = trip_ask(&t, c, &(reading){.query = query, .p = p, .settings = settings}, e);
    bool ok = r != NULL;
    if (ok && PQntuples(r) == 0)
        ok = err_set(e, ERR_NOT_FOUND, "there is no such incident");
    else if (ok)
        *json = arena_strndup(a, PQgetvalue(r, 0, 0), (size_t)PQgetlength(r, 0, 0));
    trip_end(&t);
    return ok;
}

static int64_t clamp_limit(int limit) {
    return limit < 1 ? 1 : limit > LIMIT_PAGE_ITEMS ? LIMIT_PAGE_ITEMS : limit;
}

static const char *or_any(const char *text) {
    return text != NULL ? text : "";
}

bool store_list_incidents(store_conn *c, const incident_filter *f, arena *a, char **json, err *e) {
    params p;
    params_init(&p);
    params_text(&p, or_any(f->state));
    params_text(&p, or_any(f->loop));
    params_text(&p, or_any(f->team));
    params_text(&p, or_any(f->service));
    params_int(&p, f->before_id);
    params_int(&p, clamp_limit(f->limit));
    return fetch_json(c, "list_incidents", &p, a, json, e);
}

bool store_show_incident(store_conn *c, int64_t id, arena *a, char **json, err *e) {
    params p;
    params_init(&p);
    params_int(&p, id);
    params_int(&p, LIMIT_TIMELINE_SHOWN);
    return fetch_json(c, "show_incident", &p, a, json, e);
}

bool store_incident_counts(store_conn *c, arena *a, char **json, err *e) {
    params p;
    params_init(&p);
    return fetch_json(c, "incident_counts", &p, a, json, e);
}
