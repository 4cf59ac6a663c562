/* The console: what is open, and one incident, as plain pages. Reads only; acting is by link or API. Problems are pages
 * too: a person looks at them. */
#include "app/api.h"
#include "app/page_facts.h"

#include "onus/json.h"
#include "onus/text.h"

static bool respond_page(app *a, http_exchange *x, http_response *r, int status, const char *page, cJSON *facts) {
    err e = {0};
    cJSON_AddBoolToObject(facts, "home", true);
    char *html = render_page(a->templates, page, facts, http_arena(x), &e);
    cJSON_Delete(facts);
    if (html)
        http_respond_html(x, r, status, html);
    else
        http_respond_err(x, r, &e);
    return true;
}

static bool respond_why(app *a, http_exchange *x, http_response *r, const err *e) {
    cJSON *facts = cJSON_CreateObject();
    cJSON_AddStringToObject(facts, "why", e->text);
    http_respond_err(x, r, e); /* for its status */
    return respond_page(a, x, r, r->status, "missing", facts);
}

bool console_home(void *context, void *worker, http_exchange *x, http_response *r) {
    app *a = context;
    struct worker *w = worker;
    const char *state = http_query(x, "state");
    const char *cursor = http_query(x, "cursor");
    incident_filter f = {.state = state ? state : "", .loop = "", .team = "", .service = "", .limit = 100};
    char *json = NULL;
    err e = {0};
    if (!text_to_int(cursor ? cursor : "0", 0, INT64_MAX, "cursor", &f.before_id, &e) ||
        !store_list_incidents(w->store, &f, http_arena(x), &json, &e))
        return respond_why(a, x, r, &e);
    cJSON *facts = cJSON_Parse(json), *one;
    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(facts, "incidents"))
        page_facts_add(one, clock_now(&a->clock), http_arena(x));
    cJSON_AddStringToObject(facts, "state", f.state);
    cJSON_AddStringToObject(facts, "page_title", "Incidents");
    return respond_page(a, x, r, 200, "incidents", facts);
}

bool console_incident(void *context, void *worker, http_exchange *x, http_response *r) {
    app *a = context;
    struct worker *w = worker;
    char *json = NULL;
    int64_t id = 0;
    err e = {0};
    if (!text_to_int(http_path_param(x, "id"), 1, INT64_MAX, "the incident's id", &id, &e))
        e.kind = ERR_NOT_FOUND;
    else if (store_show_incident(w->store, id, http_arena(x), &json, &e)) {
        cJSON *facts = cJSON_CreateObject(), *incident = cJSON_Parse(json);
        page_facts_add(incident, clock_now(&a->clock), http_arena(x));
        cJSON_AddItemToObject(facts, "incident", incident);
        cJSON_AddStringToObject(facts, "page_title", arena_printf(http_arena(x), "Incident %lld", (long long)id));
        return respond_page(a, x, r, 200, "incident", facts);
    }
    return respond_why(a, x, r, &e);
}

bool console_style(void *context, void *worker, http_exchange *x, http_response *r) {
    (void)worker;
    app *a = context;
    http_respond_text(x, r, 200, templates_text(a->templates, "page/style.css"));
    r->content_type = "text/css; charset=utf-8";
    http_add_header(x, r, "Cache-Control", "public, max-age=300");
    return true;
}
