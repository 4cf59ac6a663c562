/* Format pagerduty-event: PagerDuty's Events API v2 (/v2/enqueue), for senders that believe we are PagerDuty. Owns the
 * members of an event and its answer.
 *
 * The difficulty: an event has no labels, and a chart matches nothing else. They are made of the payload's members, of
 * custom_details, and of what Alertmanager writes there. Keys belong to a routing key, which itself must not be seen.
 */
#include "ingest/details.h"
#include "ingest/formats.h"
#include "ingest/pagerduty.h"
#include "onus/crypto.h"
#include "onus/limits.h"
#include "onus/text.h"

#include <string.h>

enum { DEDUP_KEY_CHARACTERS = 255, SUMMARY_CHARACTERS = 1024, KEY_ID_DIGITS = 8 };

typedef enum event_member {
    EVENT_ROUTING_KEY,
    EVENT_ACTION,
    EVENT_DEDUP_KEY,
    EVENT_PAYLOAD,
    EVENT_CLIENT,
    EVENT_CLIENT_URL,
    EVENT_LINKS,
    EVENT_IMAGES,
    EVENT_MEMBER_COUNT,
} event_member;
static const char *const event_members[EVENT_MEMBER_COUNT] = {
    "routing_key", "event_action", "dedup_key", "payload", "client", "client_url", "links", "images",
};

typedef enum payload_member {
    PAYLOAD_SUMMARY,
    PAYLOAD_SOURCE,
    PAYLOAD_SEVERITY,
    PAYLOAD_TIMESTAMP,
    PAYLOAD_COMPONENT,
    PAYLOAD_GROUP,
    PAYLOAD_CLASS,
    PAYLOAD_DETAILS,
    PAYLOAD_MEMBER_COUNT,
} payload_member;
static const char *const payload_members[PAYLOAD_MEMBER_COUNT] = {
    "summary", "source", "severity", "timestamp", "component", "group", "class", "custom_details",
};

typedef struct action_row {
    const char *name;
    event_kind kind;
} action_row;
static const action_row actions[] = {
    {"trigger", EVENT_FIRING}, {"acknowledge", EVENT_ACKNOWLEDGED}, {"resolve", EVENT_RESOLVED}};
static const char *const severities[] = {"critical", "warning", "error", "info"};

typedef struct pd_event {
    const cJSON *members[EVENT_MEMBER_COUNT];
    const cJSON *payload[PAYLOAD_MEMBER_COUNT]; /* all NULL without one */
    const char *routing_key, *dedup_key;
    event_kind kind;
} pd_event;

/* ── checks ── */

static void check_action(faults *f, pd_event *v) {
    const char *action = pagerduty_required(f, v->members[EVENT_ACTION], "event_action", 0);
    if (*action == '\0')
        return;
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        v->kind = actions[i].kind;
        if (strcmp(action, actions[i].name) == 0)
            return;
    }
    faults_add(f, "'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')");
}

static void check_severity(faults *f, const cJSON *member) {
    const char *severity = pagerduty_required(f, member, "payload.severity", 0);
    if (*severity == '\0')
        return;
    for (size_t i = 0; i < sizeof severities / sizeof *severities; i++)
        if (strcmp(severity, severities[i]) == 0)
            return;
    faults_add(f, "'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or "
                  "'info')");
}

/* Only a trigger needs a payload; Alertmanager sends one with a resolve too, where nothing is demanded of it. */
static void check_payload(faults *f, pd_event *v) {
    if (!members_read(v->members[EVENT_PAYLOAD], payload_members, PAYLOAD_MEMBER_COUNT, v->payload)) {
        if (v->kind == EVENT_FIRING)
            faults_add(f, "'payload' is missing or blank");
        return;
    }
    if (v->kind != EVENT_FIRING)
        return;
    (void)pagerduty_required(f, v->payload[PAYLOAD_SUMMARY], "payload.summary", SUMMARY_CHARACTERS);
    (void)pagerduty_required(f, v->payload[PAYLOAD_SOURCE], "payload.source", 0);
    check_severity(f, v->payload[PAYLOAD_SEVERITY]);
}

static void check_dedup_key(faults *f, pd_event *v) {
    const cJSON *member = v->members[EVENT_DEDUP_KEY];
    if (!member && v->kind == EVENT_FIRING)
        return;
    if (v->kind == EVENT_FIRING && cJSON_IsString(member) && *member->valuestring == '\0')
        return;
    v->dedup_key = pagerduty_required(f, member, "dedup_key", DEDUP_KEY_CHARACTERS);
}

static bool check(const ingest_request *request, const cJSON *tree, pd_event *v, err *e) {
    *v = (pd_event){.dedup_key = ""};
    if (!members_read(tree, event_members, EVENT_MEMBER_COUNT, v->members))
        return err_set(e, ERR_INVALID, "The body is not a JSON object");
    faults f;
    faults_init(&f);
    v->routing_key = pagerduty_routing_key(&f, v->members[EVENT_ROUTING_KEY]);
    check_action(&f, v);
    check_payload(&f, v);
    check_dedup_key(&f, v);
    if (!faults_finish(&f, e))
        return false;
    return pagerduty_key_is_known(request->from, v->routing_key) || err_set(e, ERR_DENIED, "Invalid routing key");
}

/* ── labels and annotations ── */

/* Alertmanager's own words about its alerts are read apart, and kept as they are. */
static const char *const alertmanager_details[] = {"firing", "resolved", "num_firing", "num_resolved", NULL};

/* A later label overrules an earlier one: what names the place least surely comes first. */
static void add_labels(collector *c, const pd_event *v) {
    const cJSON *details = v->payload[PAYLOAD_DETAILS];
    const char *place = text_or_empty(v->payload[PAYLOAD_SOURCE]);
    if (strcmp(place, text_or_empty(v->members[EVENT_CLIENT_URL])) != 0) /* Alertmanager names itself in both */
        label_add_or_annotate(c, "instance", place);
    if (cJSON_IsObject(details))
        details_add(c, details, alertmanager_details);
    else
        annotation_add_json(c, "custom_details", details);
    label_add_or_annotate(c, "severity", text_or_empty(v->payload[PAYLOAD_SEVERITY]));
    label_add_or_annotate(c, "component", text_or_empty(v->payload[PAYLOAD_COMPONENT]));
    label_add_or_annotate(c, "group", text_or_empty(v->payload[PAYLOAD_GROUP]));
    label_add_or_annotate(c, "class", text_or_empty(v->payload[PAYLOAD_CLASS]));
    pagerduty_read_firing(c, json_member(details, v->kind == EVENT_RESOLVED ? "resolved" : "firing"));
}

/* The name of the alert: what the details call it, else its class ("default" is Grafana's filler), else what people
 * would read. */
static void name_alert(collector *c, const pd_event *v) {
    if (*labels_get(label_set(c), "alertname"))
        return;
    const char *class = text_or_empty(v->payload[PAYLOAD_CLASS]), *summary = text_or_empty(v->payload[PAYLOAD_SUMMARY]);
    const char *name = *class && !text_equal_nocase(class, "default") ? class : summary;
    label_add_or_annotate(c, "alertname",
                          *name ? text_shorten(c->memory, name, DETAIL_VALUE_BYTES_MAX) : "PagerDutyEvent");
}

static void add_links(collector *c, const pd_event *v, event *draft) {
    const cJSON *item;
    draft->link = "";
    if (cJSON_IsArray(v->members[EVENT_LINKS])) {
        cJSON_ArrayForEach(item, v->members[EVENT_LINKS]) {
            if (*draft->link == '\0')
                draft->link = link_or_empty(text_or_empty(json_member(item, "href")));
        }
    }
    if (*draft->link == '\0')
        draft->link = link_or_empty(text_or_empty(v->members[EVENT_CLIENT_URL]));
    annotation_add_json(c, "links", v->members[EVENT_LINKS]);
    annotation_add_json(c, "images", v->members[EVENT_IMAGES]);
}

static void add_annotations(collector *c, const pd_event *v) {
    const cJSON *details = v->payload[PAYLOAD_DETAILS];
    for (size_t i = 0; alertmanager_details[i]; i++)
        annotation_add_json(c, alertmanager_details[i], json_member(details, alertmanager_details[i]));
    annotation_add_json(c, "summary", v->payload[PAYLOAD_SUMMARY]);
    annotation_add_json(c, "timestamp", v->payload[PAYLOAD_TIMESTAMP]);
    annotation_add_json(c, "client", v->members[EVENT_CLIENT]);
    annotation_add_json(c, "client_url", v->members[EVENT_CLIENT_URL]);
}

/* ── the event ── */

/* Keys belong to a routing key; of it only the start of a digest is shown. */
static const char *event_key(arena *a, const pd_event *v) {
    const char *digest = crypto_sha256_hex(a, v->routing_key, strlen(v->routing_key));
    return arena_printf(a, "%.*s:%s", KEY_ID_DIGITS, digest, v->dedup_key);
}

/* As the original makes them: 32 hex digits. */
static const char *generated_key(arena *a) {
    char *key = crypto_uuid4(a), *to = key;
    for (const char *from = key; *from; from++)
        if (*from != '-')
            *to++ = *from;
    *to = '\0';
    return key;
}

static bool read_event(collector *c, const cJSON *tree, event *draft, err *e) {
    (void)tree, (void)e;
    const pd_event *v = c->context;
    usec at;
    err unreadable; /* a time that cannot be read stays an annotation: the page matters more */
    if (!member_time(v->payload[PAYLOAD_TIMESTAMP], "timestamp", &at, &unreadable) || at == 0)
        at = c->request->now;
    draft->kind = v->kind;
    draft->key = event_key(c->memory, v);
    draft->starts_at = v->kind == EVENT_FIRING ? at : 0;
    draft->ends_at = v->kind == EVENT_RESOLVED ? c->request->now : 0;
    draft->title = text_or_empty(v->payload[PAYLOAD_SUMMARY]);
    draft->actor = text_or_empty(v->members[EVENT_CLIENT]);
    if (!*draft->title)
        draft->title = v->dedup_key;
    add_labels(c, v);
    name_alert(c, v);
    add_annotations(c, v);
    add_links(c, v, draft);
    return true;
}

static bool parse_tree(const ingest_request *request, const cJSON *tree, arena *a, ingest_result *out, err *e) {
    pd_event v;
    if (!check(request, tree, &v, e))
        return false;
    v.dedup_key = *v.dedup_key ? arena_strdup(a, v.dedup_key) : generated_key(a);
    collector c;
    collector_init(&c, request, a);
    c.context = &v;
    bool collected = collect_one(&c, tree, read_event, e);
    bool done = collector_finish(&c, collected, out, e);
    out->echo = text_mended(a, v.dedup_key);
    return done;
}

static bool parse(const ingest_request *request, arena *a, ingest_result *out, err *e) {
    const cJSON *tree = body_read(request, request->body, request->body_len, e);
    return tree && parse_tree(request, tree, a, out, e);
}

static void answer(ingest_verdict verdict, const ingest_result *result, const char *why, arena *a, ingest_answer *out) {
    if (verdict != INGEST_ACCEPTED) {
        pagerduty_answer_failure(verdict, why, a, out);
        return;
    }
    buf b;
    buf_init(&b);
    buf_puts(&b, "{\"status\":\"success\",\"message\":\"Event processed\",\"dedup_key\":");
    buf_put_json(&b, result ? result->echo : NULL);
    buf_putc(&b, '}');
    *out = (ingest_answer){202, "application/json", buf_to_arena(&b, a), 0};
    buf_release(&b);
}

const ingest_format format_pagerduty_event = {
    .name = "pagerduty-event",
    .doc = "PagerDuty's Events API v2 (POST /v2/enqueue)",
    .body_limit = LIMIT_PAGERDUTY_BODY_BYTES,
    .key_in_body = true,
    .parse = parse,
    .answer = answer,
};
