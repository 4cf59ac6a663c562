/* Format pagerduty-change: change events of PagerDuty's Events API v2 (/v2/change/enqueue). They tell of deployments
 * and page nobody: checked, answered as the original does, and counted. */
#include "ingest/formats.h"
#include "ingest/pagerduty.h"
#include "onus/limits.h"

typedef enum change_member { CHANGE_ROUTING_KEY, CHANGE_PAYLOAD, CHANGE_MEMBER_COUNT } change_member;
static const char *const change_members[] = {"routing_key", "payload"};

static bool check(const ingest_request *request, const cJSON *tree, err *e) {
    const cJSON *m[CHANGE_MEMBER_COUNT];
    if (!members_read(tree, change_members, CHANGE_MEMBER_COUNT, m))
        return err_set(e, ERR_INVALID, "The body is not a JSON object");
    faults f;
    faults_init(&f);
    const char *key = pagerduty_routing_key(&f, m[CHANGE_ROUTING_KEY]);
    if (!cJSON_IsObject(m[CHANGE_PAYLOAD]))
        faults_add(&f, "'payload' is missing or blank");
    else
        (void)pagerduty_required(&f, json_member(m[CHANGE_PAYLOAD], "summary"), "payload.summary", 0);
    if (!faults_finish(&f, e))
        return false;
    return pagerduty_key_is_known(request->from, key) || err_set(e, ERR_DENIED, "Invalid routing key");
}

static bool parse(const ingest_request *request, arena *a, ingest_result *out, err *e) {
    (void)a;
    const cJSON *tree = body_read(request, request->body, request->body_len, e);
    bool done = tree && check(request, tree, e);
    *out = (ingest_result){.noop = "change"};
    return done;
}

static void answer(ingest_verdict verdict, const ingest_result *result, const char *why, arena *a, ingest_answer *out) {
    (void)result;
    if (verdict != INGEST_ACCEPTED) {
        pagerduty_answer_failure(verdict, why, a, out);
        return;
    }
    *out =
        (ingest_answer){202, "application/json", "{\"status\":\"success\",\"message\":\"Change event processed\"}", 0};
}

const ingest_format format_pagerduty_change = {
    .name = "pagerduty-change",
    .doc = "PagerDuty's change events (POST /v2/change/enqueue): checked and counted, nobody is told",
    .body_limit = LIMIT_PAGERDUTY_BODY_BYTES,
    .key_in_body = true,
    .parse = parse,
    .answer = answer,
};
