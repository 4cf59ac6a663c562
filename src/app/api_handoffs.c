/* /v1/handoffs: declare, list, show, and what may be done with a version. Reading is JSON made by PostgreSQL; what is
 * possible is handoff_decide's. After each change this node's own view is refreshed at once; other nodes notice with
 * their next commit. Knows no SQL and no rules. */
#include "app/api.h"
#include "app/handoff_view.h"

#include "onus/json.h"
#include "onus/limits.h"
#include "onus/text.h"

#include <string.h>

enum { NAME_BYTES_MAX = 256, BY_BYTES = 200 };

static bool fail(http_exchange *x, http_response *r, const err *e) {
    http_respond_err(x, r, e);
    return true;
}

/* ── reading ── */

static bool filter_from_query(http_exchange *x, handoff_filter *f, err *e) {
    handoff_state state;
    *f = (handoff_filter){.model = http_query_or(x, "model", ""), .state = http_query_or(x, "state", "")};
    if (*f->state && (!handoff_state_from_text(f->state, &state) || state == HANDOFF_NONE))
        return err_set(e, ERR_INVALID,
                       "state=%.50s: use declared, validated, accepted, superseded, rejected or handed-back", f->state);
    return api_page_from_query(x, &f->limit, &f->before_id, e);
}

bool api_handoff_list(void *context, void *worker, http_exchange *x, http_response *r) {
    (void)context;
    struct worker *w = worker;
    handoff_filter f;
    err e = {0};
    char *json = NULL;
    if (!filter_from_query(x, &f, &e) || !store_list_handoffs(w->store, &f, http_arena(x), &json, &e))
        return fail(x, r, &e);
    http_respond_json(x, r, 200, json);
    return true;
}

static bool show(struct worker *w, http_exchange *x, http_response *r, const handoff_key *key, int status) {
    err e = {0};
    char *json = NULL;
    if (!store_show_handoff(w->store, key, http_arena(x), &json, &e))
        return fail(x, r, &e);
    http_respond_json(x, r, status, json);
    return true;
}

static bool key_from_path(http_exchange *x, handoff_key *key, err *e) {
    *key = (handoff_key){.model = http_path_param(x, "model"), .version = http_path_param(x, "version")};
    if (strlen(key->model) <= NAME_BYTES_MAX && strlen(key->version) <= NAME_BYTES_MAX)
        return true;
    return err_set(e, ERR_NOT_FOUND, "names of models and versions have at most %d bytes", NAME_BYTES_MAX);
}

bool api_handoff_show(void *context, void *worker, http_exchange *x, http_response *r) {
    (void)context;
    handoff_key key;
    err e = {0};
    if (!key_from_path(x, &key, &e))
        return fail(x, r, &e);
    return show(worker, x, r, &key, 200);
}

/* ── changing ── */

typedef struct handoff_act {
    handoff_key key;
    handoff_request request;
    const char *actor;
} handoff_act;

static bool decide(void *context, const handoff_known *known, arena *a, handoff_decision *out, err *e) {
    const handoff_act *act = context;
    return handoff_decide(known, &act->request, a, out, e);
}

/* What was committed although the answer was lost is found done already by the next try. */
static bool change(app *a, struct worker *w, http_exchange *x, handoff_act *act, bool *created, err *e) {
    handoff_decision done = {0};
    act->request.now = clock_now(&a->clock);
    store_handoff_change c = {act->key, decide, act, act->actor, act->request.now};
    store_tries tries = {0};
    bool ok = false;
    do
        ok = store_change_handoff(w->store, &c, http_arena(x), &done, created, e);
    while (!ok && e->kind == ERR_UNAVAILABLE && store_again(w->store, &tries, e));
    if (!ok)
        app_count_uncertain(a, w->store);
    err refresh = {0};
    if (ok && done.changes) {
        metrics_count(a->metrics, COUNTER_HANDOFF_CHANGES, 1);
        if (!handoff_view_refresh(a->handoffs, w->store, &refresh))
            app_warn(a, "handoffs cannot be read yet", &refresh);
    }
    log_info(a->log, ok ? "handoff" : "handoff refused", "action", handoff_action_to_text(act->request.action), "model",
             act->key.model, "version", act->key.version, "state", ok ? handoff_state_to_text(done.to) : "", "actor",
             act->actor, "reason", act->request.reason, "error", ok ? "" : e->text);
    return ok;
}

static const char *actor_of(http_exchange *x, const char *by) {
    arena *a = http_arena(x);
    return by && *by ? arena_printf(a, "%s (by token %s)", text_shorten(a, by, BY_BYTES), http_user(x)) : http_user(x);
}

bool api_handoff_declare(void *context, void *worker, http_exchange *x, http_response *r) {
    size_t len = 0;
    const char *body = http_body(x, &len);
    arena *a = http_arena(x);
    handoff_package package = {0};
    err e = {0};
    bool created = false;
    if (!handoff_package_read(a, body, len, &package, &e))
        return fail(x, r, &e);
    handoff_act act = {.key = {arena_strdup(a, package.model), arena_strdup(a, package.version),
                               arena_strdup(a, package.rollback_version)},
                       .request = {.action = HANDOFF_DECLARE, .package = &package, .reason = ""},
                       .actor = actor_of(x, http_query(x, "by"))};
    bool ok = change(context, worker, x, &act, &created, &e);
    handoff_package_release(&package);
    return ok ? show(worker, x, r, &act.key, created ? 201 : 200) : fail(x, r, &e);
}

/* The body: nothing, or {"reason":…,"by":…}. `by` names the person on whose behalf a program acts. */
static bool read_body(http_exchange *x, handoff_act *act, err *e) {
    size_t len = 0;
    const char *body = http_body(x, &len), *reason = NULL, *by = NULL;
    act->request.reason = "";
    act->actor = http_user(x);
    if (!len)
        return true;
    cJSON *tree = json_parse(body, len, e);
    if (!tree)
        return false;
    bool ok = cJSON_IsObject(tree) || err_set(e, ERR_INVALID, "the body must be a JSON object");
    ok = ok && json_string(tree, "reason", &reason, e) && json_string(tree, "by", &by, e);
    if (ok) {
        act->request.reason = reason ? text_shorten(http_arena(x), reason, LIMIT_NOTE_BYTES) : "";
        act->actor = actor_of(x, by);
    }
    cJSON_Delete(tree);
    return ok;
}

/* Who declares may be a program; who moves the ownership may have to be more (the setting handoff_role). */
static bool may_decide(const app *a, const http_exchange *x, handoff_action action, err *e) {
    if (action == HANDOFF_REVALIDATE || http_role(x) >= a->settings->handoff_role)
        return true;
    return err_set(e, ERR_DENIED, "\"%s\" needs the role %s here (the setting handoff_role)",
                   handoff_action_to_text(action), api_role_to_text(a->settings->handoff_role));
}

/* Why not, with the findings of the package: they are what has to be mended. */
static bool refuse(struct worker *w, http_exchange *x, http_response *r, const handoff_key *key, const err *e) {
    char *json = NULL;
    err ignored = {0};
    http_respond_err(x, r, e);
    if (e->kind != ERR_CONFLICT || !store_show_handoff(w->store, key, http_arena(x), &json, &ignored))
        return true;
    cJSON *problem = json_parse_mended(r->body, r->body_len, &ignored),
          *shown = json_parse_mended(json, strlen(json), &ignored);
    if (problem && shown) {
        cJSON_AddItemToObject(problem, "findings", cJSON_DetachItemFromObjectCaseSensitive(shown, "findings"));
        buf b;
        buf_init(&b);
        json_print(&b, problem);
        r->body = buf_to_arena(&b, http_arena(x));
        r->body_len = b.len;
        buf_release(&b);
    }
    cJSON_Delete(problem);
    cJSON_Delete(shown);
    return true;
}

bool api_handoff_act(void *context, void *worker, http_exchange *x, http_response *r) {
    handoff_act act = {0};
    bool created = false;
    err e = {0};
    if (!handoff_action_from_text(http_path_param(x, "action"), &act.request.action) ||
        act.request.action == HANDOFF_DECLARE) {
        http_respond_problem(x, r, 404, "what can be done is accept, reject, hand-back and revalidate");
        return true;
    }
    if (!key_from_path(x, &act.key, &e) || !may_decide(context, x, act.request.action, &e) || !read_body(x, &act, &e))
        return fail(x, r, &e);
    if (!change(context, worker, x, &act, &created, &e))
        return refuse(worker, x, r, &act.key, &e);
    return show(worker, x, r, &act.key, 200);
}
