/* PagerDuty both ways: the rules and answers of Events API v2, and what each event of Webhooks V3 means. */
#include "support.h"

#define KEY "\"routing_key\":\"" ROUTING_KEY "\""
#define PAYLOAD(more) "\"payload\":{\"summary\":\"s\",\"source\":\"h\",\"severity\":\"critical\"" more "}"
#define TRIGGER(more) "{" KEY ",\"event_action\":\"trigger\"," PAYLOAD("") more "}"
#define ERRORS(list) "{\"status\":\"invalid event\",\"message\":\"Event object is invalid\",\"errors\":[" list "]}"
#define SEVERITIES "(must be one of the following: 'critical', 'warning', 'error' or 'info')"

typedef struct fault_case {
    const char *body, *errors;
} fault_case;

static const fault_case fault_cases[] = {
    {"{}", "\"'routing_key' is missing or blank\",\"'event_action' is missing or blank\",\"'payload' is missing or "
           "blank\""},
    {"{\"routing_key\":5,\"event_action\":\"trigger\"," PAYLOAD("") "}",
     "\"'routing_key' is invalid (must be a string)\""},
    {"{\"routing_key\":\"abc\",\"event_action\":\"trigger\"," PAYLOAD("") "}",
     "\"Length of 'routing_key' is incorrect (should be 32 characters)\""},
    {"{\"routing_key\":\"0123456789abcdef0123456789abcde/\",\"event_action\":\"trigger\"," PAYLOAD("") "}",
     "\"'routing_key' is invalid (must be letters and digits)\""},
    {"{" KEY ",\"event_action\":\"explode\"," PAYLOAD("") ",\"dedup_key\":\"k\"}",
     "\"'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')\""},
    {"{" KEY ",\"event_action\":\"Trigger\"," PAYLOAD("") ",\"dedup_key\":\"k\"}",
     "\"'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')\""},
    {"{" KEY ",\"event_action\":\"trigger\"}", "\"'payload' is missing or blank\""},
    {"{" KEY ",\"event_action\":\"trigger\",\"payload\":\"text\"}", "\"'payload' is missing or blank\""},
    {"{" KEY ",\"event_action\":\"trigger\",\"payload\":{}}",
     "\"'payload.summary' is missing or blank\",\"'payload.source' is missing or blank\",\"'payload.severity' is "
     "missing or blank\""},
    {"{" KEY ",\"event_action\":\"trigger\",\"payload\":{\"summary\":\" \",\"source\":7,\"severity\":\"info\"}}",
     "\"'payload.summary' is missing or blank\",\"'payload.source' is invalid (must be a string)\""},
    {"{" KEY ",\"event_action\":\"trigger\",\"payload\":{\"summary\":\"s\",\"source\":\"h\",\"severity\":\"page\"}}",
     "\"'payload.severity' is invalid " SEVERITIES "\""},
    {"{" KEY
     ",\"event_action\":\"trigger\",\"payload\":{\"summary\":\"s\",\"source\":\"h\",\"severity\":\"CRITICAL\"}}",
     "\"'payload.severity' is invalid " SEVERITIES "\""},
    {TRIGGER(",\"dedup_key\":5"), "\"'dedup_key' is invalid (must be a string)\""},
    {"{" KEY ",\"event_action\":\"resolve\"}", "\"'dedup_key' is missing or blank\""},
    {"{" KEY ",\"event_action\":\"acknowledge\",\"dedup_key\":\"\"}", "\"'dedup_key' is missing or blank\""},
};

Test(ingest_pagerduty_event, faults_are_worded_as_the_original_words_them) {
    for (size_t i = 0; i < sizeof fault_cases / sizeof *fault_cases; i++) {
        attempt *t = parsed("pagerduty-event", fault_cases[i].body);
        const char *wanted = arena_printf(t->memory, ERRORS("%s"), fault_cases[i].errors);
        cr_expect(!t->done, "%s", fault_cases[i].body);
        cr_expect_eq(t->answer.status, 400);
        cr_expect_str_eq(t->answer.content_type, "application/json");
        cr_expect_str_eq(t->answer.body, wanted, "%s: %s", fault_cases[i].body, t->answer.body);
        attempt_free(t);
    }
}

static attempt *with_long(const char *open, const char *character, size_t count, const char *close) {
    buf b;
    buf_init(&b);
    buf_puts(&b, open);
    for (size_t i = 0; i < count; i++)
        buf_puts(&b, character);
    buf_puts(&b, close);
    attempt *t = attempt_new("pagerduty-event");
    attempt_body(t, arena_strdup(t->memory, b.data));
    buf_release(&b);
    attempt_parse(t);
    return t;
}

Test(ingest_pagerduty_event, lengths_are_counted_in_characters) {
    const char *open = "{" KEY ",\"event_action\":\"trigger\",\"payload\":{\"source\":\"h\",\"severity\":\"info\","
                       "\"summary\":\"";
    attempt *t = with_long(open, "😀", 1024, "\"}}");
    cr_expect(t->done, "%s", t->error.text);
    attempt_free(t);
    t = with_long(open, "x", 1025, "\"}}");
    cr_expect_str_eq(t->error.text, "'payload.summary' is too long (maximum is 1024 characters)");
    attempt_free(t);
    open = "{" KEY ",\"event_action\":\"resolve\",\"dedup_key\":\"";
    t = with_long(open, "ü", 255, "\"}");
    cr_expect(t->done, "%s", t->error.text);
    attempt_free(t);
    t = with_long(open, "x", 256, "\"}");
    cr_expect_str_eq(t->error.text, "'dedup_key' is too long (maximum is 255 characters)");
    attempt_free(t);
}

Test(ingest_pagerduty_event, a_trigger_without_a_key_gets_one_and_hears_it) {
    static const char *const bodies[] = {TRIGGER(""), TRIGGER(",\"dedup_key\":null"), TRIGGER(",\"dedup_key\":\"\"")};
    for (size_t i = 0; i < 3; i++) {
        attempt *one = parsed("pagerduty-event", bodies[i]), *two = parsed("pagerduty-event", bodies[i]);
        cr_assert(one->done && two->done, "%s", one->error.text);
        cr_expect_eq(strspn(one->result.echo, "0123456789abcdef"), 32);
        cr_expect_eq(strlen(one->result.echo), 32);
        cr_expect_str_neq(one->result.echo, two->result.echo);
        cr_expect(text_ends_with(one->result.events[0].key, one->result.echo));
        cr_expect(strstr(one->answer.body, one->result.echo), "%s", one->answer.body);
        attempt_free(one);
        attempt_free(two);
    }
}

Test(ingest_pagerduty_event, the_answer_repeats_the_key_escaped) {
    attempt *t = parsed("pagerduty-event", TRIGGER(",\"dedup_key\":\"a\\\"b\\n\""));
    cr_expect_eq(t->answer.status, 202);
    cr_expect_str_eq(t->answer.body,
                     "{\"status\":\"success\",\"message\":\"Event processed\",\"dedup_key\":\"a\\\"b\\n\"}");
    attempt_free(t);
}

Test(ingest_pagerduty_event, keys_belong_to_a_routing_key_that_is_not_shown) {
    attempt *one = parsed("pagerduty-event", TRIGGER(",\"dedup_key\":\"k\""));
    attempt *two = parsed("pagerduty-event", "{\"routing_key\":\"ffffffffffffffffffffffffffffffff\",\"event_action\":"
                                             "\"resolve\",\"dedup_key\":\"k\"}");
    cr_assert(one->done && two->done);
    cr_expect_str_eq(one->result.events[0].key, "f02ae380:k", "printf KEY | sha256sum | cut -c 1-8");
    cr_expect_str_neq(one->result.events[0].key, two->result.events[0].key);
    attempt_free(one);
    attempt_free(two);
}

Test(ingest_pagerduty_event, any_of_the_configured_routing_keys) {
    secret keys[] = {secret_from_text("ffffffffffffffffffffffffffffffff"), secret_from_text(ROUTING_KEY)};
    for (size_t count = 1; count <= 2; count++) {
        attempt *t = attempt_new("pagerduty-event");
        t->from.routing_keys = keys, t->from.routing_key_count = count;
        attempt_body(t, TRIGGER(""));
        attempt_parse(t);
        cr_expect_eq(t->done, count == 2);
        cr_expect_eq(t->error.kind, count == 2 ? ERR_NONE : ERR_DENIED);
        attempt_free(t);
    }
    secret_release(&keys[0]);
    secret_release(&keys[1]);
}

typedef struct action_case {
    const char *body;
    event_kind kind;
    const char *title;
} action_case;

Test(ingest_pagerduty_event, acknowledge_and_resolve_demand_nothing_of_the_payload) {
    static const action_case cases[] = {
        {"{" KEY ",\"event_action\":\"acknowledge\",\"dedup_key\":\"k\"}", EVENT_ACKNOWLEDGED, "k"},
        {"{" KEY ",\"event_action\":\"resolve\",\"dedup_key\":\"k\",\"payload\":null}", EVENT_RESOLVED, "k"},
        {"{" KEY ",\"event_action\":\"resolve\",\"dedup_key\":\"k\",\"payload\":{\"severity\":\"none\"}}",
         EVENT_RESOLVED, "k"},
        {"{" KEY ",\"event_action\":\"resolve\",\"dedup_key\":\"k\",\"payload\":{\"summary\":\"over\"}}",
         EVENT_RESOLVED, "over"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        attempt *t = parsed("pagerduty-event", cases[i].body);
        cr_assert(t->done, "%s: %s", cases[i].body, t->error.text);
        const event *e = &t->result.events[0];
        cr_expect_eq(e->kind, cases[i].kind);
        cr_expect_str_eq(e->title, cases[i].title);
        cr_expect_eq(e->ends_at, e->kind == EVENT_RESOLVED ? NOW : 0);
        cr_expect_eq(t->answer.status, 202);
        attempt_free(t);
    }
}

/* What names an alert: custom_details.alertname, else class, else the summary. */
typedef struct name_case {
    const char *payload, *alertname;
} name_case;

Test(ingest_pagerduty_event, the_name_of_an_alert) {
    static const name_case cases[] = {
        {",\"class\":\"drift\",\"custom_details\":{\"alertname\":\"ModelDrift\"}", "ModelDrift"},
        {",\"class\":\"drift\",\"component\":\"scorer\"", "drift"},
        {",\"class\":\"default\"", "s"},
        {",\"class\":\"\"", "s"},
        {",\"component\":\"scorer\",\"group\":\"g\"", "s"},
        {",\"class\":5", "s"},
        {",\"class\":\"drift\",\"custom_details\":{\"firing\":\"Labels:\\n - alertname = FromText\\n\"}", "FromText"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        attempt *t = attempt_new("pagerduty-event");
        attempt_body(
            t, arena_printf(t->memory, "{" KEY ",\"event_action\":\"trigger\"," PAYLOAD("%s") "}", cases[i].payload));
        attempt_parse(t);
        cr_expect_str_eq(event_label(t, 0, "alertname"), cases[i].alertname, "%s", cases[i].payload);
        attempt_free(t);
    }
}

Test(ingest_pagerduty_event, details_become_labels_or_annotations) {
    attempt *t =
        parsed("pagerduty-event",
               "{" KEY ",\"event_action\":\"trigger\"," PAYLOAD(
                   ",\"component\":\"scorer\",\"custom_details\":{\"model\":\"fraud\",\"GPU count\":8,\"9lives\":"
                   "true,\"severity\":\"3\",\"runbook_url\":\"https://r\",\"two\":\"a\\nb\",\"none\":null,\"list\":"
                   "[1],\"???\":\"odd\",\"empty\":\"\",\"component\":\"other\"}") "}");
    const char *const labels_wanted[][2] = {
        {"model", "fraud"}, {"GPU_count", "8"},      {"_9lives", "true"}, {"severity", "critical"},
        {"instance", "h"},  {"component", "scorer"}, {"two", ""},         {"none", ""},
        {"list", ""},       {"runbook_url", ""},
    };
    for (size_t i = 0; i < sizeof labels_wanted / sizeof *labels_wanted; i++)
        cr_expect_str_eq(event_label(t, 0, labels_wanted[i][0]), labels_wanted[i][1], "%s", labels_wanted[i][0]);
    const char *const notes_wanted[][2] = {
        {"two", "a\nb"}, {"list", "[1]"}, {"runbook_url", "https://r"}, {"???", "odd"}, {"none", ""},
    };
    for (size_t i = 0; i < sizeof notes_wanted / sizeof *notes_wanted; i++)
        cr_expect_str_eq(event_annotation(t, 0, notes_wanted[i][0]), notes_wanted[i][1], "%s", notes_wanted[i][0]);
    attempt_free(t);
}

Test(ingest_pagerduty_event, details_that_are_no_object_are_kept_as_text) {
    attempt *t =
        parsed("pagerduty-event",
               "{" KEY ",\"event_action\":\"trigger\"," PAYLOAD(",\"custom_details\":\"call the vendor\"") "}");
    cr_expect_str_eq(event_annotation(t, 0, "custom_details"), "call the vendor");
    attempt_free(t);
}

Test(ingest_pagerduty_event, a_thousand_details_are_bounded) {
    buf b;
    buf_init(&b);
    buf_puts(&b, "{" KEY ",\"event_action\":\"trigger\",\"payload\":{\"summary\":\"s\",\"source\":\"h\",\"severity\":"
                 "\"info\",\"custom_details\":{");
    for (int i = 0; i < 1000; i++)
        buf_printf(&b, "%s\"d%d\":\"v\"", i ? "," : "", i);
    buf_puts(&b, "}}}");
    attempt *t = parsed("pagerduty-event", b.data);
    cr_assert(t->done, "%s", t->error.text);
    cr_expect_leq(t->result.events[0].labels.count, 70);
    cr_expect_eq(t->result.events[0].annotations.count, LIMIT_LABELS_PER_ALERT);
    cr_expect_str_eq(event_label(t, 0, "severity"), "info", "what matters is there all the same");
    cr_expect_str_eq(event_label(t, 0, "alertname"), "s");
    attempt_free(t);
    buf_release(&b);
}

Test(ingest_pagerduty_event, a_time_that_cannot_be_read_does_not_cost_the_page) {
    attempt *t =
        parsed("pagerduty-event", "{" KEY ",\"event_action\":\"trigger\"," PAYLOAD(",\"timestamp\":\"noon\"") "}");
    cr_assert(t->done, "%s", t->error.text);
    cr_expect_eq(t->result.events[0].starts_at, NOW);
    cr_expect_not(t->result.events[0].starts_at_given);
    cr_expect_str_eq(event_annotation(t, 0, "timestamp"), "noon");
    attempt_free(t);
}

Test(ingest_pagerduty_change, rules) {
    const char *const cases[][2] = {
        {"{" KEY ",\"payload\":{\"summary\":\"deployed\"}}", NULL},
        {"{" KEY "}", "'payload' is missing or blank"},
        {"{" KEY ",\"payload\":{\"source\":\"ci\"}}", "'payload.summary' is missing or blank"},
        {"{\"payload\":{\"summary\":\"deployed\"}}", "'routing_key' is missing or blank"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        attempt *t = parsed("pagerduty-change", cases[i][0]);
        cr_expect_eq(t->done, cases[i][1] == NULL, "%s", cases[i][0]);
        cr_expect_str_eq(t->error.text, cases[i][1] ? cases[i][1] : "");
        cr_expect_eq(t->answer.status, cases[i][1] ? 400 : 202);
        attempt_free(t);
    }
}

/* ── Webhooks V3 ── */

typedef struct type_case {
    const char *type, *data;
    event_kind kind;
    const char *note; /* of EVENT_NOTE */
} type_case;

#define INCIDENT(more) "{\"id\":\"P1\",\"type\":\"incident\",\"title\":\"t\"" more "}"
#define ABOUT(more) "{\"incident\":{\"id\":\"P1\",\"summary\":\"t\"},\"id\":\"X\"" more "}"
#define USERS ",\"assignees\":[{\"summary\":\"Ada\"},{\"summary\":null},{\"summary\":\"Ben\"}]"

static const type_case type_cases[] = {
    {"incident.triggered", INCIDENT(""), EVENT_FIRING, ""},
    {"incident.reopened", INCIDENT(""), EVENT_FIRING, ""},
    {"incident.acknowledged", INCIDENT(""), EVENT_ACKNOWLEDGED, ""},
    {"incident.resolved", INCIDENT(""), EVENT_RESOLVED, ""},
    {"incident.unacknowledged", INCIDENT(""), EVENT_UNACKNOWLEDGED, "No longer acknowledged in PagerDuty"},
    {"incident.escalated", INCIDENT(USERS), EVENT_NOTE, "Escalated in PagerDuty to Ada, Ben"},
    {"incident.escalated", INCIDENT(",\"assignees\":null"), EVENT_NOTE, "Escalated in PagerDuty"},
    {"incident.reassigned", INCIDENT(USERS), EVENT_NOTE, "Reassigned in PagerDuty to Ada, Ben"},
    {"incident.delegated", INCIDENT(",\"escalation_policy\":{\"summary\":\"Night\"}"), EVENT_NOTE,
     "Delegated in PagerDuty to the escalation policy Night"},
    {"incident.delegated", INCIDENT(USERS), EVENT_NOTE, "Delegated in PagerDuty to Ada, Ben"},
    {"incident.priority_updated", INCIDENT(",\"priority\":{\"summary\":\"P2\"}"), EVENT_NOTE,
     "Priority in PagerDuty is now P2"},
    {"incident.priority_updated", INCIDENT(",\"priority\":null"), EVENT_NOTE, "The priority in PagerDuty was removed"},
    {"incident.annotated", ABOUT(",\"content\":\"rolled back\""), EVENT_NOTE, "Note in PagerDuty: rolled back"},
    {"incident.annotated", ABOUT(",\"content\":null"), EVENT_NOTE, "Note in PagerDuty"},
    {"incident.status_update_published", ABOUT(",\"message\":\"better\""), EVENT_NOTE,
     "Status update in PagerDuty: better"},
    {"incident.responder.added", ABOUT(",\"user\":{\"summary\":\"Cai\"},\"message\":\"help\""), EVENT_NOTE,
     "A responder was asked in PagerDuty: Cai, with the words: help"},
    {"incident.responder.replied",
     ABOUT(",\"user\":null,\"escalation_policy\":{\"summary\":\"Data\"},\"state\":\"declined\""), EVENT_NOTE,
     "A responder replied in PagerDuty: Data, declined"},
    {"incident.service_updated", INCIDENT(",\"service\":{\"summary\":\"scorer\"}"), EVENT_NOTE,
     "Moved in PagerDuty to the service scorer"},
    {"incident.role.assigned", ABOUT(",\"role\":{\"summary\":\"Commander\"},\"assignee\":{\"summary\":\"Ada\"}"),
     EVENT_NOTE, "A role was assigned in PagerDuty: Commander is Ada"},
    {"incident.custom_field_values.updated",
     ABOUT(",\"custom_fields\":[{\"display_name\":\"Region\",\"value\":\"eu\"},{\"name\":\"n\",\"value\":null}]"),
     EVENT_NOTE, "Custom fields were changed in PagerDuty: Region = eu, n = nothing"},
    {"incident.incident_type.changed", ABOUT(",\"incident_type\":\"major\""), EVENT_NOTE,
     "The type of the incident in PagerDuty is now major"},
    {"incident.conference_bridge.updated", ABOUT(",\"conference_url\":\"https://meet.example\""), EVENT_NOTE,
     "The conference bridge in PagerDuty was changed: https://meet.example"},
};

static attempt *webhook(const char *type, const char *data) {
    attempt *t = attempt_new("pagerduty-webhook");
    attempt_body(t, arena_printf(t->memory,
                                 "{\"event\":{\"id\":\"E1\",\"event_type\":\"%s\",\"occurred_at\":"
                                 "\"2026-01-02T03:00:00Z\",\"agent\":{\"summary\":\"Dee\"},\"data\":%s}}",
                                 type, data));
    attempt_parse(t);
    return t;
}

Test(ingest_pagerduty_webhook, every_incident_event_means_something) {
    for (size_t i = 0; i < sizeof type_cases / sizeof *type_cases; i++) {
        const type_case *c = &type_cases[i];
        attempt *t = webhook(c->type, c->data);
        cr_assert(t->done && t->result.count == 1, "%s: %s", c->type, t->error.text);
        const event *e = &t->result.events[0];
        cr_expect_eq(e->kind, c->kind, "%s", c->type);
        cr_expect_str_eq(e->key, "P1", "%s", c->type);
        cr_expect_str_eq(e->title, "t", "%s", c->type);
        cr_expect_str_eq(e->actor, "Dee");
        cr_expect_str_eq(e->note, c->note, "%s: %s", c->type, e->note);
        cr_expect_eq(t->answer.status, 200);
        attempt_free(t);
    }
}

Test(ingest_pagerduty_webhook, other_events_are_accepted_and_counted) {
    const char *const cases[][2] = {
        {"pagey.ping", "ping"},
        {"incident.task.created", "unmapped:incident.task.created"},
        {"incident.workflow.completed", "unmapped:incident.workflow.completed"},
        {"incident.action_invocation.updated", "unmapped:incident.action_invocation.updated"},
        {"service.updated", "unmapped:service.updated"},
        {"Evil Type{le=1}\\n", "unmapped:_vil__ype_le_1__"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        attempt *t = webhook(cases[i][0], "{}");
        cr_expect(t->done && t->result.count == 0, "%s: %s", cases[i][0], t->error.text);
        cr_expect_str_eq(t->result.noop, cases[i][1]);
        cr_expect_eq(t->answer.status, 200);
        attempt_free(t);
    }
}

Test(ingest_pagerduty_webhook, what_is_about_our_own_page_pages_nobody) {
    const struct {
        const char *key;
        bool own;
    } cases[] = {{"onus-42", true},   {"onus-", false},   {"onus-42x", false},
                 {"xonus-42", false}, {"ONUS-42", false}, {"onus", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        arena *a = arena_new();
        attempt *t = webhook("incident.triggered",
                             arena_printf(a, "{\"id\":\"P1\",\"title\":\"t\",\"incident_key\":\"%s\"}", cases[i].key));
        cr_expect_eq(t->result.count, cases[i].own ? 0 : 1, "%s", cases[i].key);
        if (cases[i].own)
            cr_expect_str_eq(t->result.noop, "own");
        cr_expect_eq(t->answer.status, 200);
        attempt_free(t);
        arena_free(a);
    }
}

Test(ingest_pagerduty_webhook, what_has_no_incident_is_refused) {
    static const char *const data[] = {"{}", "null", "[]", "{\"id\":null}", "{\"id\":7}", "{\"incident\":{}}"};
    for (size_t i = 0; i < sizeof data / sizeof *data; i++) {
        attempt *t = webhook("incident.triggered", data[i]);
        cr_expect(!t->done && t->error.kind == ERR_INVALID, "%s", data[i]);
        attempt_free(t);
    }
}

Test(ingest_pagerduty_webhook, episodes) {
    const char *created = INCIDENT(",\"created_at\":\"2026-01-02T02:00:00Z\"");
    usec at = 0, start = 0;
    err e;
    cr_assert(time_from_text("2026-01-02T03:00:00Z", &at, &e) && time_from_text("2026-01-02T02:00:00Z", &start, &e));
    attempt *t = webhook("incident.triggered", created);
    cr_expect(t->result.events[0].starts_at == start && t->result.events[0].starts_at_given);
    attempt_free(t);
    t = webhook("incident.reopened", created);
    cr_expect(t->result.events[0].starts_at == at && t->result.events[0].starts_at_given, "a new episode");
    attempt_free(t);
    t = webhook("incident.resolved", created);
    cr_expect(t->result.events[0].starts_at == start && t->result.events[0].ends_at == at);
    attempt_free(t);
    t = webhook("incident.triggered", INCIDENT(",\"created_at\":null"));
    cr_expect(t->result.events[0].starts_at == at && !t->result.events[0].starts_at_given);
    attempt_free(t);
}

typedef struct severity_case {
    const char *members, *severity;
} severity_case;

Test(ingest_pagerduty_webhook, severity_from_priority_then_urgency) {
    static const severity_case cases[] = {
        {",\"urgency\":\"high\"", "critical"},
        {",\"urgency\":\"low\"", "warning"},
        {",\"urgency\":\"low\",\"priority\":{\"summary\":\"P1\"}", "critical"},
        {",\"urgency\":\"high\",\"priority\":{\"summary\":\"P4\"}", "info"},
        {",\"urgency\":\"high\",\"priority\":{\"name\":\"sev3\"}", "warning"},
        {",\"urgency\":\"high\",\"priority\":{\"summary\":\"Whenever\"}", "critical"},
        {",\"urgency\":null,\"priority\":null", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        attempt *t = attempt_new("pagerduty-webhook");
        attempt_body(t, arena_printf(t->memory,
                                     "{\"event\":{\"event_type\":\"incident.triggered\",\"data\":" INCIDENT("%s") "}}",
                                     cases[i].members));
        attempt_parse(t);
        cr_expect_str_eq(event_label(t, 0, "severity"), cases[i].severity, "%s", cases[i].members);
        attempt_free(t);
    }
}

Test(ingest_pagerduty_webhook, the_delivery_is_named_by_its_header_or_by_the_event) {
    const char *const cases[][2] = {{"W-1", "W-1"}, {"", "E1"}, {"\xff", "E1"}, {NULL, "E1"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        attempt *t = webhook("incident.triggered", INCIDENT(""));
        if (cases[i][0])
            attempt_header(t, "x-webhook-id", cases[i][0]);
        attempt_parse(t);
        cr_assert_eq(t->result.delivery_id_count, 1);
        cr_expect_str_eq(t->result.delivery_ids[0], cases[i][1]);
        attempt_free(t);
    }
}
