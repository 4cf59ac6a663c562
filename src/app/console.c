/* The console: what is open, and one incident, as plain pages. Whoever may act finds there what a link's page offers,
 * too; a form must come from a page that was loaded, since a browser sends its credentials with any site's form.
 * Problems are pages too: a person looks at them. */
#include "app/api.h"
#include "app/page_actions.h"
#include "app/page_facts.h"

#include "onus/json.h"
#include "onus/limits.h"
#include "onus/text.h"

#include <string.h>

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
    const char *cursor = http_query(x, "cursor");
    incident_filter f = {.state = "", .loop = "", .team = "", .service = "", .limit = 100};
    char *json = NULL;
    err e = {0};
    if (!api_state_from_query(x, &f.state, &e) ||
        !text_to_int(cursor ? cursor : "0", 0, INT64_MAX, "cursor", &f.before_id, &e) ||
        !store_list_incidents(w->store, &f, http_arena(x), &json, &e))
        return respond_why(a, x, r, &e);
    cJSON *facts = json_parse_mended(json, strlen(json), &e), *one;
    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(facts, "incidents")) {
        page_facts_add(one, clock_now(&a->clock), http_arena(x));
        page_facts_shorten(one, LIMIT_CELL_BYTES, http_arena(x));
    }
    cJSON_AddStringToObject(facts, "state", f.state);
    cJSON_AddStringToObject(facts, "page_title", "Incidents");
    return respond_page(a, x, r, 200, "incidents", facts);
}

/* What a nonce is made of where there is no link. */
static const char *nonce_subject(arena *memory, int64_t id, const char *user) {
    return arena_printf(memory, "console|%lld|%s", (long long)id, user);
}

static void add_actions(app *a, http_exchange *x, cJSON *facts, cJSON *incident, int64_t id) {
    arena *memory = http_arena(x);
    chart *held = NULL;
    decide_context context = app_decide_context(a, &held);
    const char *subject = nonce_subject(memory, id, http_user(x));
    cJSON_AddBoolToObject(facts, "may_act", true);
    cJSON_AddStringToObject(facts, "nonce", link_nonce(memory, &a->settings->link_keys, subject, context.now));
    page_facts_add_buttons(facts, incident, (page_rights){.decides = true, .withdraws = true});
    page_facts_add_takers(&context, facts, incident, memory);
    chart_unref(held);
}

static bool respond_incident(app *a, struct worker *w, http_exchange *x, http_response *r, int64_t id) {
    char *json = NULL;
    err e = {0};
    if (!store_show_incident(w->store, id, http_arena(x), &json, &e))
        return respond_why(a, x, r, &e);
    cJSON *facts = cJSON_CreateObject(), *incident = json_parse_mended(json, strlen(json), &e);
    page_facts_add(incident, clock_now(&a->clock), http_arena(x));
    cJSON_AddItemToObject(facts, "incident", incident);
    cJSON_AddStringToObject(facts, "page_title", arena_printf(http_arena(x), "Incident %lld", (long long)id));
    if (http_role(x) >= API_ROLE_RESPONDER)
        add_actions(a, x, facts, incident, id);
    return respond_page(a, x, r, 200, "incident", facts);
}

static bool incident_id(http_exchange *x, int64_t *id, err *e) {
    if (text_to_int(http_path_param(x, "id"), 1, INT64_MAX, "the incident's id", id, e))
        return true;
    e->kind = ERR_NOT_FOUND;
    return false;
}

bool console_incident(void *context, void *worker, http_exchange *x, http_response *r) {
    int64_t id = 0;
    err e = {0};
    if (!incident_id(x, &id, &e))
        return respond_why(context, x, r, &e);
    return respond_incident(context, worker, x, r, id);
}

static bool read_form(app *a, http_exchange *x, int64_t id, action *act, err *e) {
    arena *memory = http_arena(x);
    const char *nonce = http_form(x, "nonce"), *kind = http_form(x, "action"), *who = "";
    if (!nonce || !link_nonce_ok(memory, &a->settings->link_keys, nonce_subject(memory, id, http_user(x)), nonce,
                                 clock_now(&a->clock)))
        return err_set(e, ERR_INVALID, "this form is too old, or was not loaded from the console; load the page again");
    if (!kind || !action_kind_from_text(kind, &act->kind))
        return err_set(e, ERR_INVALID, "the form names no action");
    if (!app_form_text(x, "note", &act->note, e) || !app_form_taker(x, act->kind, &act->to, e) ||
        !app_form_text(x, "who", &who, e))
        return false;
    act->actor = *who ? arena_printf(memory, "%s (%s)", text_shorten(memory, who, 100), http_user(x)) : http_user(x);
    return true;
}

/* A form that did nothing, with the way back to where it stood. */
static bool respond_failed(app *a, http_exchange *x, http_response *r, int64_t id, const err *e) {
    cJSON *facts = cJSON_CreateObject();
    cJSON_AddStringToObject(facts, "why", e->text);
    cJSON_AddStringToObject(facts, "back", arena_printf(http_arena(x), "/incidents/%lld", (long long)id));
    http_respond_err(x, r, e); /* for its status */
    return respond_page(a, x, r, r->status, "gone", facts);
}

bool console_act(void *context, void *worker, http_exchange *x, http_response *r) {
    action act = {.via = "console"};
    int64_t id = 0;
    err e = {0};
    if (!incident_id(x, &id, &e))
        return respond_why(context, x, r, &e);
    if (!read_form(context, x, id, &act, &e) || !app_act(context, worker, id, &act, &e))
        return respond_failed(context, x, r, id, &e);
    return respond_incident(context, worker, x, r, id);
}

/* A file of the templates that every page asks for: as it is, and kept by the browser for a while. */
static void respond_file(app *a, http_exchange *x, http_response *r, const char *name) {
    http_respond_text(x, r, 200, templates_text(a->templates, name));
    http_add_header(x, r, "Cache-Control", "public, max-age=300");
}

bool console_style(void *context, void *worker, http_exchange *x, http_response *r) {
    (void)worker;
    respond_file(context, x, r, "page/style.css");
    r->content_type = "text/css; charset=utf-8";
    return true;
}

bool console_icon(void *context, void *worker, http_exchange *x, http_response *r) {
    (void)worker;
    respond_file(context, x, r, "page/favicon.svg");
    r->content_type = "image/svg+xml";
    return true;
}
