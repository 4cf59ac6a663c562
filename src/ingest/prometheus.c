/* Format prometheus: Alertmanager's own POST /api/v2/alerts, so that Prometheus can point straight at Onus
 * (prometheus/alertmanager, api/v2).
 *
 * The difficulty: there is no status. An end in the future means that the alert is on until then unless it is repeated;
 * and valid alerts are kept although the answer is 400 because of others. */
#include "ingest/alert.h"
#include "ingest/formats.h"
#include "onus/limits.h"

#define RESOLVE_TIMEOUT (5 * USEC_PER_MINUTE)

static bool read_alert(collector *c, const cJSON *item, event *draft, err *e) {
    alert_view view = {0};
    usec now = c->request->now;
    if (!alert_read(c, item, &view, draft, e))
        return false;
    if (view.starts_at != 0 && view.ends_at != 0 && view.starts_at > view.ends_at)
        return err_set(e, ERR_INVALID, "start time must be before end time");
    alert_set_start(c, &view, draft);
    draft->kind = view.ends_at == 0 || view.ends_at > now ? EVENT_FIRING : EVENT_RESOLVED;
    if (draft->kind == EVENT_FIRING)
        draft->expires_at = view.ends_at ? view.ends_at : now + RESOLVE_TIMEOUT;
    else
        draft->ends_at = view.ends_at;
    return true;
}

static bool parse(const ingest_request *request, arena *a, ingest_result *out, err *e) {
    const cJSON *tree = body_read(request, request->body, request->body_len, e);
    bool done = false;
    if (cJSON_IsArray(tree)) {
        collector c;
        collector_init(&c, request, a);
        bool collected = collect_list(&c, tree, "alert", read_alert, e);
        done = collector_finish(&c, collected, out, e);
    } else if (tree) {
        err_set(e, ERR_INVALID, "a JSON array of alerts is expected");
    }
    return done;
}

static const int statuses[] = {
    [INGEST_ACCEPTED] = 200,    [INGEST_INVALID] = 400, [INGEST_TOO_LARGE] = 413,
    [INGEST_UNAVAILABLE] = 503, [INGEST_DENIED] = 403,
};

static void answer(ingest_verdict verdict, const ingest_result *result, const char *why, arena *a, ingest_answer *out) {
    if (verdict == INGEST_ACCEPTED && result && result->refused)
        verdict = INGEST_INVALID, why = result->refused_why;
    out->status = statuses[verdict];
    if (verdict == INGEST_ACCEPTED)
        return;
    buf text;
    buf_init(&text);
    buf_put_json(&text, why ? why : "");
    out->content_type = "application/json";
    out->body = buf_to_arena(&text, a);
    buf_release(&text);
}

const ingest_format format_prometheus = {
    .name = "prometheus",
    .doc = "Alertmanager's API v2 (POST /api/v2/alerts), as Prometheus sends it",
    .body_limit = LIMIT_BODY_BYTES,
    .parse = parse,
    .answer = answer,
};
