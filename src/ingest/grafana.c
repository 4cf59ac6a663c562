/* Format grafana: Grafana's alerting webhook: Alertmanager's shape, version "1", with more members per alert, and an
 * optional signature (grafana/alerting, http/hmac).
 *
 * The difficulty: the sender chooses whether a timestamp is signed and in which header it travels. */
#include "ingest/alert.h"
#include "ingest/formats.h"
#include "ingest/request.h"
#include "onus/limits.h"
#include "onus/text.h"

#include <stdlib.h>

enum { CLOCK_TOLERANCE_SECONDS = 300 };

/* Kept as annotations under their own names, as people know them from Grafana. */
static const char *const kept[] = {"dashboardURL", "panelURL", "silenceURL", "imageURL", "valueString", "values"};
enum { KEPT_DASHBOARD, KEPT_PANEL, KEPT_COUNT = sizeof kept / sizeof *kept };

/* What Grafana's test button sends. Each of the three could be somebody's own; all of them are nobody's. */
static bool is_test(collector *c) {
    const char *summary = annotation_given(c, "summary");
    return text_equal(labels_get(label_set(c), "alertname"), "TestAlert") &&
           text_equal(labels_get(label_set(c), "instance"), "Grafana") && text_equal(summary, "Notification test");
}

static bool read_alert(collector *c, const cJSON *item, event *draft, err *e) {
    const cJSON *m[KEPT_COUNT];
    if (!alert_read_webhook(c, item, draft, e) || !members_read(item, kept, KEPT_COUNT, m))
        return false;
    if (is_test(c)) {
        draft->key = NULL;
        c->left_out = "test";
        return true;
    }
    for (size_t i = 0; i < KEPT_COUNT; i++)
        annotation_add_json(c, kept[i], m[i]);
    const char *links[] = {draft->link, text_or_empty(m[KEPT_PANEL]), text_or_empty(m[KEPT_DASHBOARD])};
    for (size_t i = 0; i < sizeof links / sizeof *links && *link_or_empty(draft->link) == '\0'; i++)
        draft->link = links[i];
    return true;
}

static bool parse(const ingest_request *request, arena *a, ingest_result *out, err *e) {
    return alert_parse_webhook(request, a, read_alert, "Grafana's", out, e);
}

static bool timestamp_is_fresh(const char *timestamp, usec now, err *e) {
    int64_t seconds;
    if (!text_to_int(timestamp, 0, INT64_C(1) << 40, "the signature's timestamp", &seconds, e))
        return false;
    if (llabs(seconds - now / USEC_PER_SECOND) > CLOCK_TOLERANCE_SECONDS)
        return err_set(e, ERR_DENIED, "the signature's timestamp is more than %d s off", CLOCK_TOLERANCE_SECONDS);
    return true;
}

static const char *timestamp_header(const ingest_request *request) {
    const char *given = request_header(request, "X-Grafana-Alerting-Signature-Timestamp");
    return given ? given : request_header(request, "X-Grafana-Alerting-Timestamp");
}

/* Bare hex over the body, or over "timestamp:body". */
static bool check_signature(const ingest_request *request, err *e) {
    const char *signature = request_header(request, "X-Grafana-Alerting-Signature");
    const char *timestamp = timestamp_header(request);
    if (!signature)
        return err_set(e, ERR_NOT_FOUND, "no X-Grafana-Alerting-Signature header; this source demands one");
    if (!signature_is_hex(signature))
        return err_set(e, ERR_INVALID, "X-Grafana-Alerting-Signature is not the 64 hex digits of an HMAC-SHA256");
    if (timestamp && !timestamp_is_fresh(timestamp, request->now, e))
        return false;
    return signature_matches(request, timestamp, signature) ||
           err_set(e, ERR_DENIED, "X-Grafana-Alerting-Signature does not match the body");
}

const ingest_format format_grafana = {
    .name = "grafana",
    .doc = "Grafana's alerting webhook",
    .body_limit = LIMIT_BODY_BYTES,
    .check_signature = check_signature,
    .parse = parse,
};
