/* Format alertmanager: the webhook of Alertmanager, version 4 (prometheus/alertmanager, notify/webhook).
 *
 * Unknown members and versions are ignored; the identity of an alert is its fingerprint, of an episode its startsAt. */
#include "ingest/alert.h"
#include "ingest/formats.h"
#include "onus/limits.h"

static bool parse(const ingest_request *request, arena *a, ingest_result *out, err *e) {
    return alert_parse_webhook(request, a, alert_read_webhook, "Alertmanager's", out, e);
}

const ingest_format format_alertmanager = {
    .name = "alertmanager",
    .doc = "Alertmanager's webhook, version 4",
    .body_limit = LIMIT_BODY_BYTES,
    .parse = parse,
};
