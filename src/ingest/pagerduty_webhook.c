/* Format pagerduty-webhook: PagerDuty's Webhooks V3: PagerDuty tells us about its incidents. Owns which event type
 * means what, and the signature; the sentences of notes are pagerduty_notes.c's.
 *
 * The difficulty: three 4xx answers in a row switch the subscription off for a day, so that a type we do not know is
 * accepted and counted, and any member may be null. */
#include "ingest/collect.h"
#include "ingest/formats.h"
#include "ingest/pagerduty_notes.h"
#include "ingest/request.h"
#include "onus/limits.h"
#include "onus/text.h"

#include <ctype.h>
#include <string.h>

enum { SIGNATURES_MAX = 16, NOOP_BYTES = 64, ID_BYTES = 255 };

/* ── event types ── */

typedef struct type_row {
    const char *type;
    event_kind kind;
    pagerduty_note note; /* EVENT_NOTE's text */
} type_row;

static const type_row types[] = {
    {"incident.triggered", EVENT_FIRING, NULL},
    {"incident.reopened", EVENT_FIRING, NULL},
    {"incident.acknowledged", EVENT_ACKNOWLEDGED, NULL},
    {"incident.resolved", EVENT_RESOLVED, NULL},
    {"incident.unacknowledged", EVENT_UNACKNOWLEDGED, pagerduty_note_unacknowledged},
    {"incident.escalated", EVENT_NOTE, pagerduty_note_escalated},
    {"incident.delegated", EVENT_NOTE, pagerduty_note_delegated},
    {"incident.reassigned", EVENT_NOTE, pagerduty_note_reassigned},
    {"incident.priority_updated", EVENT_NOTE, pagerduty_note_priority},
    {"incident.annotated", EVENT_NOTE, pagerduty_note_annotated},
    {"incident.status_update_published", EVENT_NOTE, pagerduty_note_status_update},
    {"incident.responder.added", EVENT_NOTE, pagerduty_note_responder_added},
    {"incident.responder.replied", EVENT_NOTE, pagerduty_note_responder_replied},
    {"incident.service_updated", EVENT_NOTE, pagerduty_note_service},
    {"incident.role.assigned", EVENT_NOTE, pagerduty_note_role},
    {"incident.custom_field_values.updated", EVENT_NOTE, pagerduty_note_fields},
    {"incident.incident_type.changed", EVENT_NOTE, pagerduty_note_type},
    {"incident.conference_bridge.updated", EVENT_NOTE, pagerduty_note_bridge},
};

static const type_row *type_find(const char *type) {
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i].type, type) == 0)
            return &types[i];
    return NULL;
}

/* Counted as "unmapped:incident.task.created"; what a stranger wrote must not spoil a figure's name. */
static const char *noop_for(arena *a, const char *type) {
    if (strcmp(type, "pagey.ping") == 0)
        return "ping";
    char *noop = text_shorten(a, arena_printf(a, "unmapped:%s", type), NOOP_BYTES);
    for (char *p = noop; *p; p++)
        if (!islower((unsigned char)*p) && !isdigit((unsigned char)*p) && !strchr("_.:-", *p))
            *p = '_';
    return noop;
}

/* ── the envelope ── */

typedef enum envelope_member {
    ENVELOPE_ID,
    ENVELOPE_TYPE,
    ENVELOPE_AT,
    ENVELOPE_AGENT,
    ENVELOPE_DATA,
    ENVELOPE_COUNT
} envelope_member;
static const char *const envelope_members[ENVELOPE_COUNT] = {"id", "event_type", "occurred_at", "agent", "data"};

typedef enum incident_member {
    INCIDENT_ID,
    INCIDENT_TITLE,
    INCIDENT_CREATED_AT,
    INCIDENT_HTML_URL,
    INCIDENT_NUMBER,
    INCIDENT_SERVICE,
    INCIDENT_URGENCY,
    INCIDENT_PRIORITY,
    INCIDENT_TEAMS,
    INCIDENT_POLICY,
    INCIDENT_ASSIGNEES,
    INCIDENT_KEY,
    INCIDENT_REASON,
    INCIDENT_SUMMARY,
    INCIDENT_COUNT,
} incident_member;
static const char *const incident_members[INCIDENT_COUNT] = {
    "id",       "title", "created_at",        "html_url",  "number",       "service",        "urgency",
    "priority", "teams", "escalation_policy", "assignees", "incident_key", "resolve_reason", "summary",
};

typedef struct webhook {
    const cJSON *envelope[ENVELOPE_COUNT];
    const cJSON *incident[INCIDENT_COUNT]; /* the incident itself, or the reference to it of a note and the like */
    const type_row *type;
} webhook;

/* ── labels ── */

typedef struct priority_row {
    const char *name, *severity;
} priority_row;
static const priority_row priorities[] = {
    {"P1", "critical"},    {"P2", "critical"},    {"P3", "warning"},    {"P4", "info"},    {"P5", "info"},
    {"SEV1", "critical"},  {"SEV2", "critical"},  {"SEV3", "warning"},  {"SEV4", "info"},  {"SEV5", "info"},
    {"SEV-1", "critical"}, {"SEV-2", "critical"}, {"SEV-3", "warning"}, {"SEV-4", "info"}, {"SEV-5", "info"},
};

/* A priority that people set says more than the urgency, which decides only how PagerDuty notifies. */
static const char *severity_of(const char *priority, const char *urgency) {
    for (size_t i = 0; i < sizeof priorities / sizeof *priorities; i++)
        if (text_equal_nocase(priority, priorities[i].name))
            return priorities[i].severity;
    if (text_equal_nocase(urgency, "high"))
        return "critical";
    return text_equal_nocase(urgency, "low") ? "warning" : "";
}

static void add_labels(collector *c, const webhook *w) {
    const cJSON *const *m = w->incident;
    const char *priority = pagerduty_name(m[INCIDENT_PRIORITY]), *urgency = text_or_empty(m[INCIDENT_URGENCY]);
    const cJSON *team = cJSON_IsArray(m[INCIDENT_TEAMS]) ? m[INCIDENT_TEAMS]->child : NULL;
    label_add_or_annotate(c, "alertname", text_shorten(c->memory, text_or_empty(m[INCIDENT_TITLE]), LIMIT_TITLE_BYTES));
    label_add_or_annotate(c, "service", pagerduty_name(m[INCIDENT_SERVICE]));
    label_add_or_annotate(c, "urgency", urgency);
    label_add_or_annotate(c, "priority", priority);
    label_add_or_annotate(c, "severity", severity_of(priority, urgency));
    label_add_or_annotate(c, "team", pagerduty_name(team));
    label_add_or_annotate(c, "escalation_policy", pagerduty_name(m[INCIDENT_POLICY]));
}

static void add_annotations(collector *c, const webhook *w) {
    const cJSON *const *m = w->incident;
    annotation_add_json(c, "pagerduty_number", m[INCIDENT_NUMBER]);
    annotation_add_json(c, "pagerduty_key", m[INCIDENT_KEY]);
    annotation_add(c, "assignees", pagerduty_names(c->memory, m[INCIDENT_ASSIGNEES]));
    annotation_add(c, "resolve_reason", pagerduty_name(m[INCIDENT_REASON]));
}

/* ── the event ── */

/* An episode starts when the incident was created, or when it was reopened. */
static bool set_times(collector *c, const webhook *w, event *draft, err *e) {
    usec created, at;
    if (!member_time(w->incident[INCIDENT_CREATED_AT], "created_at", &created, e) ||
        !member_time(w->envelope[ENVELOPE_AT], "occurred_at", &at, e))
        return false;
    usec now = c->request->now;
    bool reopened = strcmp(w->type->type, "incident.reopened") == 0;
    usec start = reopened ? at : created; /* a reopening that does not say when is new all the same */
    if (draft->kind == EVENT_FIRING || draft->kind == EVENT_RESOLVED) {
        draft->starts_at_given = start != 0;
        draft->starts_at = start ? start : at ? at : now;
    }
    if (draft->kind == EVENT_RESOLVED)
        draft->ends_at = at ? at : now;
    return true;
}

static bool read_event(collector *c, const cJSON *item, event *draft, err *e) {
    (void)item;
    const webhook *w = c->context;
    const char *id;
    if (!member_text(w->incident[INCIDENT_ID], "id", &id, e))
        return false;
    if (*id == '\0')
        return err_set(e, ERR_INVALID, "the event's data names no incident");
    draft->kind = w->type->kind;
    draft->key = id;
    draft->title =
        text_or_empty(w->incident[*text_or_empty(w->incident[INCIDENT_TITLE]) ? INCIDENT_TITLE : INCIDENT_SUMMARY]);
    if (*draft->title == '\0')
        draft->title = arena_printf(c->memory, "PagerDuty incident %s", id);
    draft->link = text_or_empty(w->incident[INCIDENT_HTML_URL]);
    draft->actor = pagerduty_name(w->envelope[ENVELOPE_AGENT]);
    draft->note = w->type->note ? w->type->note(c->memory, w->envelope[ENVELOPE_DATA]) : "";
    add_labels(c, w);
    add_annotations(c, w);
    return set_times(c, w, draft, e);
}

/* Notes, status updates and the like carry a reference to their incident, events of the incident the incident. */
static bool read_incident(webhook *w) {
    const cJSON *data = w->envelope[ENVELOPE_DATA], *inner = json_member(data, "incident");
    return members_read(cJSON_IsObject(inner) ? inner : data, incident_members, INCIDENT_COUNT, w->incident);
}

/* "onus-42" is the key of a page that Onus itself has sent to PagerDuty (src/notify/pagerduty.c). Taking what PagerDuty
 * says of it for news would page, and hear of that page, without end. */
static bool is_our_own(const webhook *w) {
    static const char prefix[] = "onus-";
    const char *key = text_or_empty(w->incident[INCIDENT_KEY]);
    const char *number = text_starts_with(key, prefix) ? key + sizeof prefix - 1 : "";
    return *number != '\0' && number[strspn(number, "0123456789")] == '\0';
}

/* One id for the delivery: the header's is the same for every attempt; the event's own is as good. */
static void add_delivery_id(const ingest_request *request, const webhook *w, arena *a, ingest_result *out) {
    const char *id = request_header(request, "X-Webhook-Id");
    if (!id || *id == '\0' || strlen(id) > ID_BYTES || !text_is_utf8(id, strlen(id)))
        id = text_or_empty(w->envelope[ENVELOPE_ID]);
    if (*id == '\0')
        return;
    const char **ids = ARENA_ARRAY(a, const char *, 1);
    ids[0] = identity_text(a, id, ID_BYTES);
    out->delivery_ids = ids, out->delivery_id_count = 1;
}

static bool parse_tree(const ingest_request *request, const cJSON *tree, arena *a, ingest_result *out, err *e) {
    webhook w = {0};
    if (!members_read(json_member(tree, "event"), envelope_members, ENVELOPE_COUNT, w.envelope))
        return err_set(e, ERR_INVALID, "not a PagerDuty webhook (V3): an object with an \"event\" is expected");
    const char *type = text_or_empty(w.envelope[ENVELOPE_TYPE]);
    if (*type == '\0')
        return err_set(e, ERR_INVALID, "the event has no \"event_type\"");
    w.type = type_find(type);
    if (!w.type) {
        *out = (ingest_result){.noop = noop_for(a, type)};
        return true;
    }
    if (!read_incident(&w))
        return err_set(e, ERR_INVALID, "the event has no \"data\"");
    if (is_our_own(&w)) {
        *out = (ingest_result){.noop = "own"};
        return true;
    }
    collector c;
    collector_init(&c, request, a);
    c.context = &w;
    bool collected = collect_one(&c, tree, read_event, e);
    if (!collector_finish(&c, collected, out, e))
        return false;
    add_delivery_id(request, &w, a, out);
    return true;
}

static bool parse(const ingest_request *request, arena *a, ingest_result *out, err *e) {
    const cJSON *tree = body_read(request, request->body, request->body_len, e);
    return tree && parse_tree(request, tree, a, out, e);
}

/* ── the signature: "v1=<hex>[,v1=<hex>…]", over the raw body ── */

typedef struct signatures {
    const char *hex[SIGNATURES_MAX];
    size_t count;
} signatures;

static bool malformed(err *e) {
    return err_set(e, ERR_INVALID, "X-PagerDuty-Signature is not v1=<64 hex digits>, or a list of them");
}

/* Other versions than v1 are left to the future. */
static bool read_signatures(char *header, signatures *out, err *e) {
    out->count = 0;
    for (char *rest = header, *part; (part = strsep(&rest, ","));) {
        part += strspn(part, " \t");
        char *equals = strchr(part, '=');
        if (!equals || out->count == SIGNATURES_MAX)
            return malformed(e);
        if (!text_starts_with(part, "v1="))
            continue;
        part[3 + strcspn(part + 3, " \t")] = '\0';
        if (!signature_is_hex(part + 3))
            return malformed(e);
        out->hex[out->count++] = part + 3;
    }
    return out->count > 0 || malformed(e);
}

static bool check_signature(const ingest_request *request, err *e) {
    const char *header = request_header(request, "X-PagerDuty-Signature");
    if (!header || *header == '\0')
        return err_set(e, ERR_NOT_FOUND, "no X-PagerDuty-Signature header; this source demands one");
    arena *a = arena_new();
    signatures given;
    bool readable = read_signatures(arena_strdup(a, header), &given, e), matches = false;
    for (size_t i = 0; readable && i < given.count; i++)
        matches |= signature_matches(request, NULL, given.hex[i]);
    arena_free(a);
    if (!readable)
        return false;
    return matches || err_set(e, ERR_DENIED, "X-PagerDuty-Signature does not match the body");
}

const ingest_format format_pagerduty_webhook = {
    .name = "pagerduty-webhook",
    .doc = "PagerDuty's Webhooks V3",
    .body_limit = LIMIT_BODY_BYTES,
    .check_signature = check_signature,
    .parse = parse,
};
