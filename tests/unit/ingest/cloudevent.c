/* CloudEvents: the three modes, what is demanded, what begins, what ends, and what finds what. */
#include "support.h"

#define STRUCTURED "application/cloudevents+json"
#define BATCH "application/cloudevents-batch+json"
#define EVENT(more) "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"com.example.t\"" more "}"

#define TEXT_64 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define TEXT_257 TEXT_64 TEXT_64 TEXT_64 TEXT_64 "x"

static attempt *sent(const char *content_type, const char *body) {
    attempt *t = attempt_new("cloudevent");
    attempt_header(t, "content-type", content_type);
    attempt_body(t, body);
    attempt_parse(t);
    return t;
}

typedef struct refusal {
    const char *content_type, *body, *why;
} refusal;

static const refusal refusals[] = {
    {STRUCTURED, "{\"specversion\":\"1.0\",\"source\":\"/s\",\"type\":\"t\"}", "\"id\" is missing"},
    {STRUCTURED, "{\"specversion\":\"1.0\",\"id\":\"\",\"source\":\"/s\",\"type\":\"t\"}", "\"id\" is missing"},
    {STRUCTURED, "{\"specversion\":\"1.0\",\"id\":null,\"source\":\"/s\",\"type\":\"t\"}", "\"id\" is missing"},
    {STRUCTURED, "{\"specversion\":\"1.0\",\"id\":5,\"source\":\"/s\",\"type\":\"t\"}", "\"id\" is not a string"},
    {STRUCTURED, "{\"specversion\":\"1.0\",\"id\":\"1\",\"type\":\"t\"}", "\"source\" is missing"},
    {STRUCTURED, "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\"}", "\"type\" is missing"},
    {STRUCTURED, "{\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\"}", "\"specversion\" is missing"},
    {STRUCTURED, "{\"specversion\":\"0.3\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\"}", "must be \"1.0\""},
    {STRUCTURED, EVENT(",\"time\":\"noon\""), "time"},
    {STRUCTURED, EVENT(",\"subject\":{}"), "\"subject\" is not a string"},
    {STRUCTURED, EVENT(",\"data\":1,\"data_base64\":\"e30=\""), "exclude one another"},
    {STRUCTURED, EVENT(",\"data_base64\":\"!\""), "data_base64"},
    {STRUCTURED, EVENT(",\"data_base64\":5"), "data_base64"},
    {STRUCTURED, EVENT(",\"data_base64\":\"ew==\""), "data: "},
    {STRUCTURED, "[]", "JSON object"},
    {BATCH, "{}", "array"},
    {BATCH, "[7]", "event 1: an event is a JSON object"},
    {"application/json", "{}", "binary mode"},
};

Test(ingest_cloudevent, refusals_say_why) {
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        attempt *t = sent(refusals[i].content_type, refusals[i].body);
        cr_expect(!t->done && t->error.kind == ERR_INVALID, "%s", refusals[i].body);
        cr_expect(strstr(t->error.text, refusals[i].why), "%s: \"%s\" does not say \"%s\"", refusals[i].body,
                  t->error.text, refusals[i].why);
        cr_expect_eq(t->answer.status, 400);
        attempt_free(t);
    }
}

/* ── binary ── */

static attempt *binary(const char *id, const char *content_type, const char *body) {
    attempt *t = attempt_new("cloudevent");
    attempt_header(t, "ce-specversion", "1.0");
    attempt_header(t, "CE-ID", id);
    attempt_header(t, "ce-source", "/s");
    attempt_header(t, "ce-type", "com.example.t");
    if (content_type)
        attempt_header(t, "Content-Type", content_type);
    attempt_body(t, body);
    attempt_parse(t);
    return t;
}

typedef struct header_case {
    const char *value, *decoded; /* NULL: refused */
} header_case;

Test(ingest_cloudevent, headers_are_decoded_once) {
    static const header_case cases[] = {
        {"plain", "plain"},
        {"a%20b", "a b"},
        {"caf%C3%A9", "café"},
        {"caf\xc3\xa9", "café"},
        {"%2541", "%41"},
        {"%25", "%"},
        {"\"quoted \\\"text\\\"\"", "quoted \"text\""},
        {"\"a%20b\"", "a b"},
        {"%", "%"},
        {"%4", "%4"},
        {"%zz", "%zz"},
        {"100% full", "100% full"},
        {"%%32%35", "%25"},
        {"50%c3%a9%", "50é%"},
        {"%FF%FE", NULL},
        {"%ED%A0%80", NULL},
        {"a%00b", NULL},
        {"\xff", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        attempt *t = binary(cases[i].value, NULL, "");
        cr_expect_eq(t->done, cases[i].decoded != NULL, "%s: %s", cases[i].value, t->error.text);
        if (t->done && cases[i].decoded)
            cr_expect_str_eq(event_annotation(t, 0, "ce_id"), cases[i].decoded);
        else
            cr_expect_eq(t->answer.status, 400);
        attempt_free(t);
    }
}

Test(ingest_cloudevent, a_header_given_twice_is_refused) {
    attempt *t = binary("1", NULL, "");
    attempt_header(t, "ce-type", "another");
    attempt_parse(t);
    cr_expect(!t->done && strstr(t->error.text, "more than one header ce-type"), "%s", t->error.text);
    attempt_free(t);
}

typedef struct data_case {
    const char *content_type, *body;
    const char *label, *annotation; /* of "model", of "data" */
} data_case;

Test(ingest_cloudevent, data_by_its_type) {
    static const data_case cases[] = {
        {"application/json", "{\"model\":\"m\"}", "m", ""},
        {"application/JSON; charset=utf-8", "{\"model\":\"m\"}", "m", ""},
        {"application/vnd.acme+json", "{\"model\":\"m\"}", "m", ""},
        {NULL, "{\"model\":\"m\"}", "m", ""},
        {"application/json", "", "", ""},
        {"application/json", "[1,2]", "", "[1,2]"},
        {"application/json", "\"text\"", "", "text"},
        {"text/plain", "{\"model\":\"m\"}", "", "{\"model\":\"m\"}"},
        {"application/octet-stream", "\xff\xfe", "", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        attempt *t = binary("1", cases[i].content_type, cases[i].body);
        cr_assert(t->done, "%s: %s", cases[i].body, t->error.text);
        cr_expect_str_eq(event_label(t, 0, "model"), cases[i].label, "%s", cases[i].body);
        cr_expect_str_eq(event_annotation(t, 0, "data"), cases[i].annotation, "%s", cases[i].body);
        attempt_free(t);
    }
}

Test(ingest_cloudevent, base64_data) {
    attempt *t =
        sent(STRUCTURED, EVENT(",\"data_base64\":\"eyJtb2RlbCI6Im0iLCJ0aXRsZSI6IlQiLCJsaW5rIjoiaHR0cHM6Ly9sIn0=\""));
    cr_assert(t->done, "%s", t->error.text);
    cr_expect_str_eq(event_label(t, 0, "model"), "m");
    cr_expect_str_eq(t->result.events[0].title, "T");
    cr_expect_str_eq(t->result.events[0].link, "https://l");
    attempt_free(t);
}

/* ── begin and end ── */

typedef struct life_case {
    const char *type, *more;
    event_kind kind;
    const char *key;
} life_case;

static const life_case lives[] = {
    {"a.retraining", "", EVENT_FIRING, "/s 1"},
    {"a.retraining", ",\"subject\":\"m\"", EVENT_FIRING, "a.retraining m"},
    {"a.retraining.requested", ",\"subject\":\"m\"", EVENT_FIRING, "a.retraining m"},
    {"a.retraining.completed", ",\"subject\":\"m\"", EVENT_RESOLVED, "a.retraining m"},
    {"a.retraining.closed", ",\"subject\":\"m\"", EVENT_RESOLVED, "a.retraining m"},
    {"a.drift.detected", ",\"subject\":\"m\"", EVENT_FIRING, "a.drift m"},
    {"a.drift.resolved", ",\"subject\":\"m\"", EVENT_RESOLVED, "a.drift m"},
    {"a.drift", ",\"subject\":\"m\",\"data\":{\"status\":\"resolved\"}", EVENT_RESOLVED, "a.drift m"},
    {"a.drift", ",\"subject\":\"m\",\"data\":{\"key\":\"k\"}", EVENT_FIRING, "k"},
    {"a.drift.resolved", ",\"data\":{\"key\":\"k\"}", EVENT_RESOLVED, "k"},
    {"a.drift", ",\"data\":{\"key\":42}", EVENT_FIRING, "42"},
    {"a.drift", ",\"data\":{\"key\":\"\"}", EVENT_FIRING, "/s 1"},
    {"resolved", "", EVENT_FIRING, "/s 1"},
    {"a.unresolved", "", EVENT_FIRING, "/s 1"},
};

Test(ingest_cloudevent, begins_and_ends_find_each_other) {
    for (size_t i = 0; i < sizeof lives / sizeof *lives; i++) {
        attempt *t = attempt_new("cloudevent");
        attempt_header(t, "Content-Type", STRUCTURED);
        attempt_body(t, arena_printf(t->memory,
                                     "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"%s\"%s}",
                                     lives[i].type, lives[i].more));
        attempt_parse(t);
        cr_assert(t->done && t->result.count == 1, "%s: %s", lives[i].type, t->error.text);
        const event *e = &t->result.events[0];
        cr_expect_eq(e->kind, lives[i].kind, "%s%s", lives[i].type, lives[i].more);
        cr_expect_str_eq(e->key, lives[i].key, "%s%s: %s", lives[i].type, lives[i].more, e->key);
        cr_expect_eq(e->ends_at, e->kind == EVENT_RESOLVED ? NOW : 0);
        cr_expect_not(e->starts_at_given);
        attempt_free(t);
    }
}

Test(ingest_cloudevent, a_request_is_named_by_its_type) {
    const char *const cases[][2] = {
        {"com.example.request.retraining", "retraining"},
        {"com.example.request.gpu-environment.requested", "gpu-environment"},
        {"com.example.request.retraining.completed", "retraining"},
        {"com.example.ml.request.model.retraining", "retraining"},
        {"com.example.request", ""},
        {"com.example.requests.retraining", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        attempt *t = attempt_new("cloudevent");
        attempt_header(t, "Content-Type", STRUCTURED);
        attempt_body(t,
                     arena_printf(t->memory, "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"%s\"}",
                                  cases[i][0]));
        attempt_parse(t);
        cr_expect_str_eq(event_label(t, 0, "request"), cases[i][1], "%s", cases[i][0]);
        cr_expect_str_eq(event_label(t, 0, "alertname"), cases[i][0]);
        attempt_free(t);
    }
}

Test(ingest_cloudevent, data_may_name_the_alert_but_not_its_origin) {
    attempt *t = sent(STRUCTURED, EVENT(",\"data\":{\"alertname\":\"Drift\",\"ce_source\":\"x\",\"ce_type\":\"y\","
                                        "\"severity\":\"page\",\"long\":\"" TEXT_257 "\"}"));
    cr_assert(t->done, "%s", t->error.text);
    cr_expect_str_eq(event_label(t, 0, "alertname"), "Drift");
    cr_expect_str_eq(event_label(t, 0, "ce_source"), "/s");
    cr_expect_str_eq(event_label(t, 0, "ce_type"), "com.example.t");
    cr_expect_str_eq(event_label(t, 0, "severity"), "page");
    cr_expect_str_eq(event_label(t, 0, "long"), "");
    cr_expect_eq(strlen(event_annotation(t, 0, "long")), 257);
    attempt_free(t);
}

/* ── batches ── */

Test(ingest_cloudevent, a_batch_keeps_what_is_good_once) {
    attempt *t = sent(
        BATCH, "[" EVENT("") ",{\"id\":\"x\"}," EVENT("") "," EVENT(
                   ",\"subject\":\"m\"") ","
                                         "{\"specversion\":\"1.0\",\"id\":\"2\",\"source\":\"/s\",\"type\":\"t\"}]");
    cr_assert(t->done, "%s", t->error.text);
    cr_expect_eq(t->result.count, 2);
    cr_expect_eq(t->result.refused, 1);
    cr_expect_eq(t->result.delivery_id_count, 2);
    cr_expect_str_eq(t->result.delivery_ids[0], "/s 1");
    cr_expect_str_eq(t->result.delivery_ids[1], "/s 2");
    cr_expect_eq(t->answer.status, 400);
    cr_expect(strstr(t->answer.body, "event 2: the attribute \\\"source\\\" is missing"), "%s", t->answer.body);
    attempt_free(t);
}

Test(ingest_cloudevent, a_large_batch_of_equal_events_is_one) {
    buf b;
    buf_init(&b);
    for (int i = 0; i < LIMIT_ALERTS_PER_BODY; i++)
        buf_printf(&b, "%s" EVENT(""), i ? "," : "[");
    buf_putc(&b, ']');
    attempt *t = sent(BATCH, b.data);
    cr_expect(t->done && t->result.count == 1 && t->result.delivery_id_count == 1, "%s", t->error.text);
    attempt_free(t);
    buf_release(&b);
}

Test(ingest_cloudevent, an_empty_batch_is_nothing) {
    attempt *t = sent(BATCH, "[]");
    cr_expect(t->done && t->result.count == 0, "%s", t->error.text);
    cr_expect_str_eq(t->result.noop, "empty");
    attempt_free(t);
}

Test(ingest_cloudevent, a_long_delivery_id_is_a_digest) {
    attempt *t = attempt_new("cloudevent");
    attempt_header(t, "Content-Type", STRUCTURED);
    attempt_body(t,
                 arena_printf(t->memory, "{\"specversion\":\"1.0\",\"id\":\"%s%s\",\"source\":\"/s\",\"type\":\"t\"}",
                              TEXT_257, TEXT_257));
    attempt_parse(t);
    cr_assert_eq(t->result.delivery_id_count, 1);
    cr_expect(text_starts_with(t->result.delivery_ids[0], "sha256:"));
    attempt_free(t);
}
