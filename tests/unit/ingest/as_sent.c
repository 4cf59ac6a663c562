/* Numbers keep their bytes; what is no text costs its place only, and never makes two things one. */
#include "support.h"

#define FFFD "\xef\xbf\xbd"
#define ALERT(labels, more) "{\"status\":\"firing\",\"labels\":{" labels "}" more "}"
#define ALERTS(alerts) "{\"alerts\":[" alerts "]}"
#define EVENT(more) "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"com.example.t\"" more "}"
#define TRIGGER(payload, more)                                                                                         \
    "{\"routing_key\":\"" ROUTING_KEY "\",\"event_action\":\"trigger\"" more                                           \
    ",\"payload\":{\"summary\":\"s\",\"source\":\"h\",\"severity\":\"critical\"" payload "}}"
#define WEBHOOK(id, data)                                                                                              \
    "{\"event\":{\"id\":\"" id "\",\"event_type\":\"incident.triggered\",\"occurred_at\":\"2026-01-02T03:00:00Z\","    \
    "\"data\":{\"title\":\"t\"" data "}}}"

static attempt *sent(const char *format, const char *body) {
    attempt *t = attempt_new(format);
    if (strcmp(format, "cloudevent") == 0)
        attempt_header(t, "Content-Type",
                       *body == '[' ? "application/cloudevents-batch+json" : "application/cloudevents+json");
    attempt_body(t, body);
    attempt_parse(t);
    cr_assert(t->done, "%s: %s: %s", format, body, t->error.text);
    return t;
}

/* ── numbers ── */

typedef struct number_row {
    const char *format, *body, *name, *text; /* a label or annotation of the first event */
} number_row;

static const number_row NUMBERS[] = {
    {"alertmanager", ALERTS(ALERT("\"a\":1199452093415247873", "")), "a", "1199452093415247873"},
    {"alertmanager", ALERTS(ALERT("\"a\":1.0,\"b\":true,\"c\":null", "")), "a", "1.0"},
    {"alertmanager", ALERTS(ALERT("\"a\":\"b\"", ",\"annotations\":{\"value\":0.10}")), "value", "0.10"},
    {"alertmanager", ALERTS(ALERT("\"a\":\"b\"", ",\"annotations\":{\"o\":{\"n\":[1e400,-0]}}")), "o",
     "{\"n\":[1e400,-0]}"},
    {"prometheus", "[" ALERT("\"a\":9007199254740993", "") "]", "a", "9007199254740993"},
    {"grafana", ALERTS(ALERT("\"a\":\"b\"", ",\"values\":{\"A\":12345678901234567890,\"B\":1.50,\"C\":1e400}")),
     "values", "{\"A\":12345678901234567890,\"B\":1.50,\"C\":1e400}"},
    {"grafana", ALERTS(ALERT("\"a\":\"b\"", ",\"values\":{\"A\":NaN}")), "values", "{\"A\":NaN}"},
    {"cloudevent", EVENT(",\"data\":{\"ticket\":1199452093415247873}"), "ticket", "1199452093415247873"},
    {"cloudevent", EVENT(",\"data\":{\"model_version\":1.10}"), "model_version", "1.10"},
    {"cloudevent", EVENT(",\"data\":{\"psi\":NaN}"), "psi", "NaN"},
    {"cloudevent", EVENT(",\"data\":{\"low\":-Infinity}"), "low", "-Infinity"},
    {"cloudevent", EVENT(",\"data\":-0"), "data", "-0"},
    {"cloudevent", EVENT(",\"data\":{\"list\":[1.0,2E+3]}"), "list", "[1.0,2E+3]"},
    {"pagerduty-event", TRIGGER(",\"custom_details\":{\"job_id\":1199452093415247873}", ""), "job_id",
     "1199452093415247873"},
    {"pagerduty-event", TRIGGER(",\"custom_details\":{\"rate\":0.30000000000000004}", ""), "rate",
     "0.30000000000000004"},
    {"pagerduty-event", TRIGGER(",\"custom_details\":1e400", ""), "custom_details", "1e400"},
    {"pagerduty-event", TRIGGER(",\"custom_details\":{\"num_firing\":1.0}", ""), "num_firing", "1.0"},
    {"pagerduty-webhook", WEBHOOK("e", ",\"id\":\"P1\",\"number\":11994520934152478720"), "pagerduty_number",
     "11994520934152478720"},
};

Test(ingest_as_sent, numbers_keep_their_bytes) {
    for (size_t i = 0; i < sizeof NUMBERS / sizeof *NUMBERS; i++) {
        attempt *t = sent(NUMBERS[i].format, NUMBERS[i].body);
        const char *label = event_label(t, 0, NUMBERS[i].name), *note = event_annotation(t, 0, NUMBERS[i].name);
        cr_expect_str_eq(*label ? label : note, NUMBERS[i].text, "%s", NUMBERS[i].body);
        attempt_free(t);
    }
}

Test(ingest_as_sent, a_field_of_a_pagerduty_note_keeps_its_bytes) {
    attempt *t =
        sent("pagerduty-webhook",
             "{\"event\":{\"event_type\":\"incident.custom_field_values.updated\",\"data\":{\"incident\":{"
             "\"id\":\"P1\"},\"custom_fields\":[{\"display_name\":\"Ticket\",\"value\":1199452093415247873}]}}}");
    cr_assert_eq(t->result.count, 1);
    cr_expect(strstr(t->result.events[0].note, "Ticket = 1199452093415247873"), "%s", t->result.events[0].note);
    attempt_free(t);
}

/* ── identity ── */

typedef struct apart_row {
    const char *format, *one, *other;
    bool same; /* and these are one */
} apart_row;

#define NAMED(value) ALERTS(ALERT("\"alertname\":\"" value "\"", ""))
#define KEYED(value) EVENT(",\"data\":{\"key\":" value "}")
#define DEDUP(value) TRIGGER("", ",\"dedup_key\":\"" value "\"")
static const apart_row APART[] = {
    {"cloudevent", KEYED("1199452093415247872"), KEYED("1199452093415247873"), false},
    {"cloudevent", KEYED("1199452093415247872"), KEYED("\"1199452093415247872\""), true},
    {"cloudevent", KEYED("1e400"), KEYED("1e401"), false},
    {"cloudevent", KEYED("\"a\\u0000\""), KEYED("\"a\\ud83d\""), false},
    {"cloudevent", KEYED("\"a\\u0000\""), KEYED("\"a" FFFD "\""), false},
    {"cloudevent", KEYED("\"a\\u0000\""), KEYED("\"a\\\\u0000\""), false},
    {"cloudevent", KEYED("\"a\\ud83d\""), KEYED("\"a\\ud83e\""), false},
    {"cloudevent", KEYED("\"a\xe9\""), KEYED("\"a\xe8\""), false},
    {"cloudevent", KEYED("\"a\\u0000\""), KEYED("\"a\\u0000\""), true},
    {"cloudevent", EVENT(",\"subject\":\"a\\u0000\""), EVENT(",\"subject\":\"a\\ud83d\""), false},
    {"alertmanager", NAMED("a\\u0000"), NAMED("a\\udfff"), false},
    {"alertmanager", NAMED("a\\u0000"), NAMED("a" FFFD), false},
    {"alertmanager", NAMED("a\\u0000b"), NAMED("a"), false},
    {"alertmanager", NAMED("a\\d"), NAMED("a\\w"), false},
    {"alertmanager", NAMED("a\xff"), NAMED("a\xfe"), false},
    {"alertmanager", NAMED("\\u0041"), NAMED("A"), true},
    {"alertmanager", ALERTS(ALERT("\"a\\u0000\":\"x\"", "")), ALERTS(ALERT("\"a\\ud83d\":\"x\"", "")), false},
    {"alertmanager", ALERTS(ALERT("\"a\":\"x\",\"a\":\"y\"", "")), ALERTS(ALERT("\"a\":\"y\"", "")), true},
    {"alertmanager", ALERTS(ALERT("\"n\":1199452093415247872", "")), ALERTS(ALERT("\"n\":1199452093415247873", "")),
     false},
    {"grafana", NAMED("a\\u0000"), NAMED("a\\udfff"), false},
    {"prometheus", "[" ALERT("\"a\":\"\\u0000\"", "") "]", "[" ALERT("\"a\":\"\\ud800\"", "") "]", false},
    {"pagerduty-event", DEDUP("a\\u0000"), DEDUP("a\\ud83d"), false},
    {"pagerduty-event", DEDUP("a\\u0000"), DEDUP("a\\u0000"), true},
    {"pagerduty-webhook", WEBHOOK("e", ",\"id\":\"P\\u0000\""), WEBHOOK("e", ",\"id\":\"P\\ud83d\""), false},
};

Test(ingest_as_sent, identity_is_what_was_sent) {
    for (size_t i = 0; i < sizeof APART / sizeof *APART; i++) {
        attempt *one = sent(APART[i].format, APART[i].one), *other = sent(APART[i].format, APART[i].other);
        cr_assert(one->result.count == 1 && other->result.count == 1);
        const char *a = one->result.events[0].key, *b = other->result.events[0].key;
        cr_expect_eq(strcmp(a, b) == 0, APART[i].same, "%s and %s: %s, %s", APART[i].one, APART[i].other, a, b);
        cr_expect(text_is_utf8(a, strlen(a)), "%s", APART[i].one);
        attempt_free(one);
        attempt_free(other);
    }
}

Test(ingest_as_sent, deliveries_are_told_apart_by_what_was_sent) {
    attempt *t = sent("cloudevent", "[{\"specversion\":\"1.0\",\"id\":\"a\\u0000\",\"source\":\"/s\",\"type\":\"t\"},"
                                    "{\"specversion\":\"1.0\",\"id\":\"a\\ud83d\",\"source\":\"/s\",\"type\":\"t\"},"
                                    "{\"specversion\":\"1.0\",\"id\":\"a\\ud83d\",\"source\":\"/s\",\"type\":\"t\"}]");
    cr_expect_eq(t->result.count, 2);
    cr_expect_eq(t->result.delivery_id_count, 2);
    cr_expect_str_neq(t->result.delivery_ids[0], t->result.delivery_ids[1]);
    for (size_t i = 0; i < t->result.delivery_id_count; i++)
        cr_expect(text_is_utf8(t->result.delivery_ids[i], strlen(t->result.delivery_ids[i])));
    attempt_free(t);
    t = sent("pagerduty-webhook", WEBHOOK("e\\u0000", ",\"id\":\"P1\""));
    cr_expect(text_starts_with(t->result.delivery_ids[0], "sha256:"), "%s", t->result.delivery_ids[0]);
    attempt_free(t);
}

/* Alertmanager passes a NUL in a label on, and hashes it as the byte that it is. By prometheus/common's definition. */
Test(ingest_as_sent, a_label_with_a_nul_has_alertmanagers_fingerprint) {
    attempt *t = sent("alertmanager", ALERTS(ALERT("\"job\":\"caf\\u00e9\",\"alertname\":\"a\\u0000b\"", "")));
    cr_expect_str_eq(t->result.events[0].key, "9819183bb47d388a");
    cr_expect_str_eq(event_label(t, 0, "alertname"), "a" FFFD "b");
    cr_expect_eq(t->result.events[0].sent.count, 1);
    cr_expect_str_eq(labels_get(t->result.events[0].sent, "alertname"), "a\xc0\x80"
                                                                        "b");
    attempt_free(t);
}

/* ── what it costs ── */

typedef struct cost_row {
    const char *format, *body;
    size_t events, refused;
    const char *title; /* of the first event */
    json_mends mends;
} cost_row;

#define GOOD ALERT("\"alertname\":\"GoodBesideIt\"", "")
#define TEXTS(n)                                                                                                       \
    {                                                                                                                  \
        .count = { [JSON_MEND_TEXT] = (n) }                                                                            \
    }
static const cost_row COSTS[] = {
    {"alertmanager",
     ALERTS(ALERT("\"alertname\":\"A\"", ",\"annotations\":{\"summary\":\"CPU \\u0000 over\"}") "," GOOD), 2, 0,
     "CPU " FFFD " over", TEXTS(1)},
    {"alertmanager",
     ALERTS(ALERT("\"alertname\":\"A\"", ",\"annotations\":{\"summary\":\"\\ud83d \\udc00\"}") "," GOOD), 2, 0,
     FFFD " " FFFD, TEXTS(2)},
    {"alertmanager", ALERTS(ALERT("\"alertname\":\"A\"", ",\"annotations\":{\"summary\":\"caf\xe9\"}") "," GOOD), 2, 0,
     "caf" FFFD, TEXTS(1)},
    {"alertmanager", ALERTS(ALERT("\"alertname\":\"A\"", ",\"annotations\":{\"summary\":\"two\nlines\"}") "," GOOD), 2,
     0, "two lines", TEXTS(1)},
    {"alertmanager", ALERTS(ALERT("\"alertname\":\"A\"", ",\"annotations\":{\"summary\":\"^\\d+$\"}") "," GOOD), 2, 0,
     "^" FFFD "d+$", TEXTS(1)},
    {"alertmanager", "\xef\xbb\xbf" ALERTS(GOOD), 1, 0, "GoodBesideIt", {.count = {[JSON_MEND_MARK] = 1}}},
    {"alertmanager",
     "{\"alerts\":[],\"alerts\":[" ALERT("\"alertname\":\"A\",\"alertname\":\"B\"", "") "]}",
     1,
     0,
     "B",
     {.count = {[JSON_MEND_KEY] = 2}}},
    {"alertmanager", ALERTS("5,null,[],\"x\",{}," ALERT("\"a\":{}", "") "," GOOD), 1, 6, "GoodBesideIt", TEXTS(0)},
    {"alertmanager", ALERTS(ALERT("\"a\":\"b\"", ",\"startsAt\":\"\\u0000\"") "," GOOD), 1, 1, "GoodBesideIt",
     TEXTS(1)},
    {"alertmanager", ALERTS("{\"status\":\"\\ud83d\",\"labels\":{\"a\":\"b\"}}," GOOD), 1, 1, "GoodBesideIt", TEXTS(1)},
    {"prometheus", "[{\"labels\":[]},{\"labels\":{\"a\":[\"\xff\"]}}," GOOD "]", 1, 2, "GoodBesideIt", TEXTS(1)},
    {"grafana", ALERTS(ALERT("\"alertname\":\"A\"", ",\"valueString\":\"\\u0000\",\"panelURL\":5") "," GOOD), 2, 0, "A",
     TEXTS(1)},
    {"cloudevent",
     "[" EVENT(",\"data\":{\"title\":\"\\ud83d\"}") ",5,{\"id\":\"\\u0000\"}," EVENT(",\"time\":\"\\u0000\"") "]", 1, 2,
     FFFD, TEXTS(3)},
    {"cloudevent", EVENT(",\"data\":{\"actor\":\"\\u0000\",\"link\":\"http://x/\\u0000\",\"\\ud83d\":\"\\u0000\"}"), 1,
     0, "com.example.t", TEXTS(4)},
    {"pagerduty-event", TRIGGER(",\"component\":\"\\u0000\"", ",\"dedup_key\":\"\\ud83d\",\"client\":\"\\u0000\""), 1,
     0, "s", TEXTS(3)},
    {"pagerduty-webhook", WEBHOOK("e", ",\"id\":\"P1\",\"summary\":\"\\u0000\",\"service\":{\"summary\":\"\\ud83d\"}"),
     1, 0, "t", TEXTS(2)},
};

static void expect_text(const char *text, const char *body) {
    cr_expect(text_is_utf8(text, strlen(text)), "of %s: %s", body, text);
}

static void expect_texts(const attempt *t, const char *body) {
    for (size_t i = 0; i < t->result.count; i++) {
        const event *e = &t->result.events[i];
        const char *texts[] = {e->key, e->title, e->link, e->actor, e->note};
        for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
            expect_text(texts[k], body);
        const labels sets[] = {e->labels, e->annotations};
        for (size_t k = 0; k < 2; k++)
            for (size_t n = 0; n < sets[k].count; n++) {
                expect_text(sets[k].items[n].name, body);
                expect_text(sets[k].items[n].value, body);
            }
    }
    if (t->answer.body)
        expect_text(t->answer.body, body);
}

Test(ingest_as_sent, a_mistake_costs_its_place_only) {
    for (size_t i = 0; i < sizeof COSTS / sizeof *COSTS; i++) {
        const cost_row *row = &COSTS[i];
        attempt *t = sent(row->format, row->body);
        cr_expect_eq(t->result.count, row->events, "%s: %zu", row->body, t->result.count);
        cr_expect_eq(t->result.refused, row->refused, "%s: %zu", row->body, t->result.refused);
        cr_expect_str_eq(t->result.events[0].title, row->title, "%s: %s", row->body, t->result.events[0].title);
        cr_expect(memcmp(&t->result.mends, &row->mends, sizeof row->mends) == 0, "%s: %zu texts", row->body,
                  t->result.mends.count[JSON_MEND_TEXT]);
        expect_texts(t, row->body);
        attempt_free(t);
    }
}

Test(ingest_as_sent, depth_costs_what_is_deep_only) {
    attempt *t = attempt_new("alertmanager");
    buf b;
    buf_init(&b);
    buf_puts(&b, "{\"alerts\":[" GOOD ",{\"labels\":{\"a\":\"b\"},\"annotations\":{\"deep\":");
    for (int i = 0; i < 100; i++)
        buf_putc(&b, '[');
    for (int i = 0; i < 100; i++)
        buf_putc(&b, ']');
    buf_puts(&b, "}}]}");
    attempt_body(t, b.data);
    attempt_parse(t);
    cr_expect(t->done && t->result.count == 2 && t->result.refused == 0, "%s", t->error.text);
    cr_expect(strstr(event_annotation(t, 1, "deep"), "[[[["));
    cr_expect_eq(t->result.mends.count[JSON_MEND_DEPTH], 1);
    attempt_free(t);
    buf_release(&b);
}

/* Mending makes a label longer; the bounds hold for what is kept. */
Test(ingest_as_sent, a_label_that_grows_past_its_bound_is_refused) {
    attempt *t = attempt_new("prometheus");
    buf b;
    buf_init(&b);
    buf_puts(&b, "[{\"labels\":{\"a\":\"");
    for (int i = 0; i < LIMIT_LABEL_VALUE_BYTES / 2; i++)
        buf_putc(&b, '\xff');
    buf_puts(&b, "\"}}]");
    attempt_body(t, b.data);
    attempt_parse(t);
    cr_expect(!t->done && t->error.kind == ERR_LIMIT, "%s", t->error.text);
    attempt_free(t);
    buf_release(&b);
}

Test(ingest_as_sent, text_of_another_coding_is_shown_as_far_as_it_is_text) {
    attempt *t = attempt_new("cloudevent");
    attempt_header(t, "ce-specversion", "1.0");
    attempt_header(t, "ce-id", "1");
    attempt_header(t, "ce-source", "/s");
    attempt_header(t, "ce-type", "t");
    attempt_header(t, "Content-Type", "text/plain; charset=latin1");
    attempt_body(t, "caf\xe9");
    attempt_parse(t);
    cr_expect_str_eq(event_annotation(t, 0, "data"), "caf" FFFD);
    cr_expect_eq(t->result.mends.count[JSON_MEND_TEXT], 1);
    attempt_free(t);
}
