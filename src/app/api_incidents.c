/* /v1/incidents: list, detail, actions. Reading is JSON made by PostgreSQL; acting goes through app_act. Knows no SQL
 * and no rules. */
#include "app/api.h"

#include "onus/json.h"
#include "onus/limits.h"
#include "onus/text.h"

#include <string.h>

static bool fail(http_exchange *x, http_response *r, const err *e) {
    http_respond_err(x, r, e);
    return true;
}

static bool incident_id(http_exchange *x, int64_t *id, err *e) {
    if (text_to_int(http_path_param(x, "id"), 1, INT64_MAX, "the incident's id", id, e))
        return true;
    return err_set(e, ERR_NOT_FOUND, "no incident \"%s\"", http_path_param(x, "id"));
}

bool api_state_from_query(const http_exchange *x, const char **out, err *e) {
    incident_state state;
    *out = http_query_or(x, "state", "");
    if (**out && !text_equal(*out, "open") && !incident_state_from_text(*out, &state))
        return err_set(e, ERR_INVALID, "state=%s: use open, triggered, acknowledged or resolved", *out);
    return true;
}

static bool filter_from_query(http_exchange *x, incident_filter *f, err *e) {
    loop l;
    *f = (incident_filter){.loop = http_query_or(x, "loop", ""),
                           .team = http_query_or(x, "team", ""),
                           .service = http_query_or(x, "service", "")};
    if (!api_state_from_query(x, &f->state, e))
        return false;
    if (*f->loop && !loop_from_text(f->loop, &l))
        return err_set(e, ERR_INVALID, "loop=%s: use science, system or platform", f->loop);
    return api_page_from_query(x, &f->limit, &f->before_id, e);
}

bool api_incident_list(void *context, void *worker, http_exchange *x, http_response *r) {
    (void)context;
    struct worker *w = worker;
    incident_filter f;
    err e = {0};
    char *json = NULL;
    if (!filter_from_query(x, &f, &e) || !store_list_incidents(w->store, &f, http_arena(x), &json, &e))
        return fail(x, r, &e);
    http_respond_json(x, r, 200, json);
    return true;
}

static bool show(struct worker *w, http_exchange *x, http_response *r, int64_t id) {
    err e = {0};
    char *json = NULL;
    if (!store_show_incident(w->store, id, http_arena(x), &json, &e))
        return fail(x, r, &e);
    http_respond_json(x, r, 200, json);
    return true;
}

bool api_incident_show(void *context, void *worker, http_exchange *x, http_response *r) {
    (void)context;
    err e = {0};
    int64_t id = 0;
    if (!incident_id(x, &id, &e))
        return fail(x, r, &e);
    return show(worker, x, r, id);
}

/* The body: nothing, or {"note":…,"reason":…,"to":…,"by":…}. `by` names the person on whose behalf a program acts. */
static bool action_from_body(http_exchange *x, action *act, err *e) {
    size_t len = 0;
    const char *body = http_body(x, &len), *note = NULL, *reason = NULL, *to = NULL, *by = NULL;
    act->note = act->to = "";
    act->actor = http_user(x);
    if (!len)
        return true;
    cJSON *tree = json_parse(body, len, e);
    if (!tree)
        return false;
    bool ok = cJSON_IsObject(tree) || err_set(e, ERR_INVALID, "the body must be a JSON object");
    ok = ok && json_string(tree, "note", &note, e) && json_string(tree, "reason", &reason, e) &&
         json_string(tree, "to", &to, e) && json_string(tree, "by", &by, e);
    if (ok) {
        arena *a = http_arena(x);
        act->note = note || reason ? text_shorten(a, note ? note : reason, LIMIT_NOTE_BYTES) : "";
        act->to = to ? arena_strdup(a, to) : "";
        if (by && *by)
            act->actor = arena_printf(a, "%s (by token %s)", text_shorten(a, by, 200), http_user(x));
    }
    cJSON_Delete(tree);
    return ok;
}

bool api_incident_act(void *context, void *worker, http_exchange *x, http_response *r) {
    err e = {0};
    int64_t id = 0;
    action act = {.via = "api"};
    if (!action_kind_from_text(http_path_param(x, "action"), &act.kind)) {
        http_respond_problem(x, r, 404,
                             "actions are acknowledge, unacknowledge, resolve, contest, withdraw, accept, decline, "
                             "reassign, escalate and note");
        return true;
    }
    if (!incident_id(x, &id, &e) || !action_from_body(x, &act, &e) || !app_act(context, worker, id, &act, &e))
        return fail(x, r, &e);
    return show(worker, x, r, id);
}
