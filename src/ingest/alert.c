/* An alert in Alertmanager's shape. Owns identity, times and the webhook's envelope; what firing means without a status
 * is the Prometheus format's.
 *
 * The difficulty: identity. The fingerprint is computed from the labels that were kept; the one in the body is not
 * trusted, and the group's key changes with the sender's configuration. */
#include "ingest/alert.h"

#include "onus/text.h"

#include <inttypes.h>

static const char *const alert_member_names[ALERT_MEMBER_COUNT] = {
    [ALERT_STATUS] = "status",      [ALERT_LABELS] = "labels",  [ALERT_ANNOTATIONS] = "annotations",
    [ALERT_STARTS_AT] = "startsAt", [ALERT_ENDS_AT] = "endsAt", [ALERT_GENERATOR_URL] = "generatorURL",
};

bool alert_read(collector *c, const cJSON *item, alert_view *view, event *draft, err *e) {
    const cJSON **m = view->members;
    if (!members_read(item, alert_member_names, ALERT_MEMBER_COUNT, m))
        return err_set(e, ERR_INVALID, "not an object");
    if (!labels_add_object(c, m[ALERT_LABELS], e))
        return false;
    if (c->labels.count == 0)
        return err_set(e, ERR_INVALID, "at least one label that is not empty is needed");
    if (m[ALERT_ANNOTATIONS] && !cJSON_IsObject(m[ALERT_ANNOTATIONS]))
        return err_set(e, ERR_INVALID, "\"annotations\" is not an object");
    annotations_add_object(c, m[ALERT_ANNOTATIONS]);
    if (!member_time(m[ALERT_STARTS_AT], "startsAt", &view->starts_at, e) ||
        !member_time(m[ALERT_ENDS_AT], "endsAt", &view->ends_at, e))
        return false;
    draft->key = arena_printf(c->memory, "%016" PRIx64, labels_fingerprint(label_set(c)));
    draft->link = text_or_empty(m[ALERT_GENERATOR_URL]);
    return true;
}

void alert_set_start(const collector *c, const alert_view *view, event *draft) {
    usec now = c->request->now;
    draft->starts_at_given = view->starts_at != 0;
    draft->starts_at = view->starts_at;
    if (view->starts_at == 0)
        draft->starts_at = view->ends_at != 0 && view->ends_at < now ? view->ends_at : now;
}

static bool webhook_kind(const collector *c, const alert_view *view, event_kind *out, err *e) {
    const char *status;
    if (!member_text(view->members[ALERT_STATUS], "status", &status, e))
        return false;
    if (*status == '\0')
        *out = view->ends_at != 0 && view->ends_at <= c->request->now ? EVENT_RESOLVED : EVENT_FIRING;
    else if (text_equal_nocase(status, "firing"))
        *out = EVENT_FIRING;
    else if (text_equal_nocase(status, "resolved"))
        *out = EVENT_RESOLVED;
    else
        return err_set(e, ERR_INVALID, "status \"%s\" is neither firing nor resolved", shown(c->memory, status));
    return true;
}

bool alert_read_webhook(collector *c, const cJSON *item, event *draft, err *e) {
    alert_view view = {0};
    if (!alert_read(c, item, &view, draft, e) || !webhook_kind(c, &view, &draft->kind, e))
        return false;
    alert_set_start(c, &view, draft);
    if (draft->kind == EVENT_RESOLVED)
        draft->ends_at = view.ends_at ? view.ends_at : c->request->now;
    return true;
}

bool alert_parse_webhook(const ingest_request *request, arena *a, collect_read read, const char *sender,
                         ingest_result *out, err *e) {
    const cJSON *tree = body_read(request, request->body, request->body_len, e);
    const cJSON *alerts = cJSON_IsObject(tree) ? json_member(tree, "alerts") : NULL;
    bool done = false;
    if (cJSON_IsArray(alerts)) {
        collector c;
        collector_init(&c, request, a);
        bool collected = collect_list(&c, alerts, "alert", read, e);
        done = collector_finish(&c, collected, out, e);
    } else if (tree) {
        err_set(e, ERR_INVALID,
                "not the body of %s webhook: an object with a list \"alerts\" is expected (has the sender a template "
                "of its own for the body?)",
                sender);
    }
    return done;
}
