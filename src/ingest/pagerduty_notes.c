/* Notes from PagerDuty. Owns the sentences; bounds are the collector's, which event has which is the webhook's table.
 *
 * The difficulty: members differ from type to type and may be null, so every sentence must stand without its detail. */
#include "ingest/pagerduty_notes.h"

#include "ingest/collect.h"

const char *pagerduty_name(const cJSON *reference) {
    const char *summary = text_or_empty(json_member(reference, "summary"));
    return *summary ? summary : text_or_empty(json_member(reference, "name"));
}

const char *pagerduty_names(arena *a, const cJSON *references) {
    buf b;
    buf_init(&b);
    const cJSON *item;
    if (cJSON_IsArray(references)) {
        cJSON_ArrayForEach(item, references) {
            const char *name = pagerduty_name(item);
            buf_puts(&b, *name && b.len ? ", " : "");
            buf_puts(&b, name);
        }
    }
    char *names = buf_to_arena(&b, a);
    buf_release(&b);
    return names;
}

/* "Escalated in PagerDuty to A, B", or without the detail when there is none. */
static const char *sentence(arena *a, const char *what, const char *link, const char *detail) {
    return *detail ? arena_printf(a, "%s%s%s", what, link, detail) : what;
}

static const char *moved(arena *a, const char *what, const cJSON *data) {
    return sentence(a, what, " to ", pagerduty_names(a, json_member(data, "assignees")));
}

const char *pagerduty_note_unacknowledged(arena *a, const cJSON *data) {
    (void)a, (void)data;
    return "No longer acknowledged in PagerDuty";
}

const char *pagerduty_note_escalated(arena *a, const cJSON *data) {
    return moved(a, "Escalated in PagerDuty", data);
}

const char *pagerduty_note_reassigned(arena *a, const cJSON *data) {
    return moved(a, "Reassigned in PagerDuty", data);
}

const char *pagerduty_note_delegated(arena *a, const cJSON *data) {
    const char *policy = pagerduty_name(json_member(data, "escalation_policy"));
    return *policy ? sentence(a, "Delegated in PagerDuty", " to the escalation policy ", policy)
                   : moved(a, "Delegated in PagerDuty", data);
}

const char *pagerduty_note_priority(arena *a, const cJSON *data) {
    const char *priority = pagerduty_name(json_member(data, "priority"));
    return *priority ? sentence(a, "Priority in PagerDuty", " is now ", priority)
                     : "The priority in PagerDuty was removed";
}

const char *pagerduty_note_annotated(arena *a, const cJSON *data) {
    return sentence(a, "Note in PagerDuty", ": ", text_or_empty(json_member(data, "content")));
}

const char *pagerduty_note_status_update(arena *a, const cJSON *data) {
    return sentence(a, "Status update in PagerDuty", ": ", text_or_empty(json_member(data, "message")));
}

/* A responder is a user or an escalation policy. */
static const char *responder(const cJSON *data) {
    const char *user = pagerduty_name(json_member(data, "user"));
    return *user ? user : pagerduty_name(json_member(data, "escalation_policy"));
}

const char *pagerduty_note_responder_added(arena *a, const cJSON *data) {
    const char *who = sentence(a, "A responder was asked in PagerDuty", ": ", responder(data));
    return sentence(a, who, ", with the words: ", text_or_empty(json_member(data, "message")));
}

const char *pagerduty_note_responder_replied(arena *a, const cJSON *data) {
    const char *who = sentence(a, "A responder replied in PagerDuty", ": ", responder(data));
    const char *state = sentence(a, who, ", ", text_or_empty(json_member(data, "state")));
    return sentence(a, state, ", with the words: ", text_or_empty(json_member(data, "message")));
}

const char *pagerduty_note_service(arena *a, const cJSON *data) {
    return sentence(a, "Moved in PagerDuty", " to the service ", pagerduty_name(json_member(data, "service")));
}

const char *pagerduty_note_role(arena *a, const cJSON *data) {
    const char *role = sentence(a, "A role was assigned in PagerDuty", ": ", pagerduty_name(json_member(data, "role")));
    const char *assignee = pagerduty_name(json_member(data, "assignee"));
    return sentence(a, role, " is ", *assignee ? assignee : pagerduty_name(json_member(data, "user")));
}

const char *pagerduty_note_fields(arena *a, const cJSON *data) {
    buf b;
    buf_init(&b);
    const cJSON *field, *fields = json_member(data, "custom_fields");
    if (cJSON_IsArray(fields)) {
        cJSON_ArrayForEach(field, fields) {
            const char *shown_name = text_or_empty(json_member(field, "display_name"));
            const cJSON *value = json_member(field, "value");
            buf_puts(&b, b.len ? ", " : "");
            buf_puts(&b, *shown_name ? shown_name : pagerduty_name(field));
            buf_puts(&b, " = ");
            buf_puts(&b, value ? json_scalar_text(a, value) : "nothing");
        }
    }
    char *list = buf_to_arena(&b, a);
    buf_release(&b);
    return sentence(a, "Custom fields were changed in PagerDuty", ": ", list);
}

const char *pagerduty_note_type(arena *a, const cJSON *data) {
    const cJSON *type = json_member(data, "incident_type");
    const char *name = cJSON_IsString(type) ? type->valuestring : pagerduty_name(type);
    return sentence(a, "The type of the incident in PagerDuty", " is now ", *name ? name : "another one");
}

const char *pagerduty_note_bridge(arena *a, const cJSON *data) {
    const cJSON *inner = json_member(data, "conference_bridge"), *bridge = inner ? inner : data;
    return sentence(a, "The conference bridge in PagerDuty was changed", ": ",
                    text_or_empty(json_member(bridge, "conference_url")));
}
