/* /metrics, /-/healthy, /-/ready, /-/reload, after Prometheus' conventions. The first three run on the loops, from what
 * is in memory: whoever watches the service waits for nobody. */
#include "app/alert_memory.h"
#include "app/api.h"
#include "app/charts.h"
#include "app/database_state.h"
#include "app/dispatcher.h"
#include "app/handoff_view.h"
#include "app/intake.h"

#include "onus/json.h"

#include <string.h>
#include <strings.h>

static void put_build_info(const app *a, buf *out) {
    const char *slash = strchr(a->user_agent, '/');
    const char *pairs[] = {"version", slash ? slash + 1 : "unknown", NULL};
    metric_put_family(out, "onus_build_info", METRIC_GAUGE, "Always 1; which program this is.");
    metric_put_sample(out, "onus_build_info", pairs, 1);
}

static void put_handoffs(const app *a, buf *out) {
    handoffs *known = handoff_view_current(a->handoffs);
    metric_put_family(out, "onus_handoffs", METRIC_GAUGE, "Versions of models by the state of their handoff.");
    for (handoff_state s = HANDOFF_DECLARED; s < HANDOFF_STATE_COUNT; s++) {
        const char *pairs[] = {"state", handoff_state_to_text(s), NULL};
        metric_put_sample(out, "onus_handoffs", pairs, (double)handoffs_count(known, s));
    }
    handoffs_unref(known);
}

bool api_metrics(void *context, void *worker, http_exchange *x, http_response *r) {
    (void)worker;
    app *a = context;
    charts_status chart_now = charts_get_status(a->charts, http_arena(x));
    metrics_set(a->metrics, GAUGE_INTAKE_EVENTS, (int64_t)intake_events(a->intake));
    metrics_set(a->metrics, GAUGE_OPEN_ALERTS_REMEMBERED, (int64_t)alert_memory_count(a->memory));
    metrics_set(a->metrics, GAUGE_CHART_REVISION, chart_now.revision);
    metrics_set(a->metrics, GAUGE_CHART_LOADED_AT, chart_now.loaded_at / USEC_PER_SECOND);
    metrics_set(a->metrics, GAUGE_CHART_RELOAD_OK, chart_now.last_reload_ok);
    buf out;
    buf_init(&out);
    put_build_info(a, &out);
    metrics_put(a->metrics, &out);
    dispatcher_put_metrics(a->dispatcher, &out);
    put_handoffs(a, &out);
    database_state_put_metrics(a->database_state, &out);
    http_respond_text(x, r, 200, buf_to_arena(&out, http_arena(x)));
    r->content_type = "text/plain; version=0.0.4; charset=utf-8";
    buf_release(&out);
    return true;
}

bool api_healthy(void *context, void *worker, http_exchange *x, http_response *r) {
    const app *a = context;
    (void)worker;
    if (atomic_load(&a->loop_hangs))
        http_respond_problem(x, r, 503, "a thread that takes in requests hangs; restart the service");
    else
        http_respond_text(x, r, 200, "Onus is healthy.\n");
    return true;
}

bool api_ready(void *context, void *worker, http_exchange *x, http_response *r) {
    (void)worker;
    app *a = context;
    database_readiness database = database_state_ready(a->database_state, http_arena(x));
    charts_status chart_now = charts_get_status(a->charts, http_arena(x));
    bool ready = database.ready && chart_now.revision > 0;
    cJSON *root = cJSON_CreateObject();
    cJSON_AddBoolToObject(root, "ready", ready);
    cJSON_AddStringToObject(root, "database", database.ready ? "up" : database.problem);
    cJSON_AddNumberToObject(root, "database_age_seconds", database.age_seconds);
    cJSON *chart_part = cJSON_AddObjectToObject(root, "chart");
    cJSON_AddNumberToObject(chart_part, "revision", (double)chart_now.revision);
    cJSON_AddStringToObject(chart_part, "loaded_at", time_to_text(http_arena(x), chart_now.loaded_at));
    cJSON_AddBoolToObject(chart_part, "last_reload_ok", chart_now.last_reload_ok);
    cJSON_AddStringToObject(chart_part, "problem", chart_now.problem);
    buf out;
    buf_init(&out);
    json_print(&out, root);
    http_respond_json(x, r, ready ? 200 : 503, buf_to_arena(&out, http_arena(x)));
    buf_release(&out);
    cJSON_Delete(root);
    return true;
}

/* From loopback without a token, as Prometheus does; from elsewhere an admin's token is needed. */
static bool may_reload(app *a, struct worker *w, http_exchange *x, err *e) {
    const char *header = http_header(x, "Authorization"), *user = "";
    api_role role = API_ROLE_NONE;
    if (!header)
        return http_is_local(x) || err_set(e, ERR_DENIED, "reloading from another machine needs an admin's token");
    const char *bearer = strncasecmp(header, "Bearer ", 7) == 0 ? header + 7 : "-";
    if (!app_authorize(a, w, x, bearer, &role, &user, e))
        return false;
    return role >= API_ROLE_ADMIN || err_set(e, ERR_DENIED, "reloading needs the role admin");
}

bool api_reload(void *context, void *worker, http_exchange *x, http_response *r) {
    app *a = context;
    struct worker *w = worker;
    err e = {0};
    buf report;
    buf_init(&report);
    if (!may_reload(a, w, x, &e)) {
        http_respond_err(x, r, &e);
    } else if (charts_reload(a->charts, w->store, clock_now(&a->clock), &report, &e)) {
        metrics_count(a->metrics, COUNTER_CHART_RELOADS, 1);
        log_info(a->log, "chart in use", "path", a->settings->chart_path, "asked_by", http_client(x), "warnings",
                 report.data);
        http_respond_text(x, r, 200, "The chart is in use.\n");
    } else {
        metrics_count(a->metrics, COUNTER_CHART_RELOAD_FAILURES, 1);
        log_error(a->log, "chart not taken", "error", e.text, "report", report.data);
        http_respond_problem(x, r, e.kind == ERR_UNAVAILABLE ? 503 : 500,
                             arena_printf(http_arena(x), "%s\n%s", e.text, report.data));
    }
    buf_release(&report);
    return true;
}
