/* The console: what is open, and one incident, as plain pages. Reads only; acting is by link or API. */
#include "app/api.h"

#include "onus/json.h"
#include "onus/text.h"

static bool respond_page(app *a, http_exchange *x, http_response *r, const char *page, cJSON *facts) {
    err e = {0};
    char *html = facts ? render_page(a->templates, page, facts, http_arena(x), &e) : NULL;
    cJSON_Delete(facts);
    if (html)
        http_respond_html(x, r, 200, html);
    else
        http_respond_err(x, r, &e);
    return true;
}

bool console_home(void *context, void *worker, http_exchange *x, http_response *r) {
    struct worker *w = worker;
    const char *state = http_query(x, "state");
    const char *cursor = http_query(x, "cursor");
    incident_filter f = {.state = state ? state : "", .loop = "", .team = "", .service = "", .limit = 100};
    char *json = NULL;
    err e = {0};
    if (!text_to_int(cursor ? cursor : "0", 0, INT64_MAX, "cursor", &f.before_id, &e) ||
        !store_list_incidents(w->store, &f, http_arena(x), &json, &e)) {
        http_respond_err(x, r, &e);
        return true;
    }
    cJSON *facts = cJSON_Parse(json);
    cJSON_AddStringToObject(facts, "state", f.state);
    return respond_page(context, x, r, "incidents", facts);
}

bool console_incident(void *context, void *worker, http_exchange *x, http_response *r) {
    struct worker *w = worker;
    char *json = NULL;
    int64_t id = 0;
    err e = {0};
    if (!text_to_int(http_path_param(x, "id"), 1, INT64_MAX, "the incident's id", &id, &e) ||
        !store_show_incident(w->store, id, http_arena(x), &json, &e)) {
        http_respond_err(x, r, &e);
        return true;
    }
    cJSON *facts = cJSON_CreateObject();
    cJSON_AddItemToObject(facts, "incident", cJSON_Parse(json));
    return respond_page(context, x, r, "incident", facts);
}

bool console_style(void *context, void *worker, http_exchange *x, http_response *r) {
    (void)worker;
    app *a = context;
    http_respond_text(x, r, 200, templates_text(a->templates, "page/style.css"));
    r->content_type = "text/css; charset=utf-8";
    http_add_header(x, r, "Cache-Control", "public, max-age=300");
    return true;
}
