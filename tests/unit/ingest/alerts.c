/* Alerts of Alertmanager, Grafana and Prometheus: identity, times, what is refused and what is kept beside it. */
#include "support.h"

#include <stdio.h>
#include <string.h>

#define ALERT(members) "{\"labels\":{\"alertname\":\"A\"}" members "}"
#define WEBHOOK(alerts) "{\"version\":\"4\",\"alerts\":[" alerts "]}"

Test(ingest_alerts, the_fingerprint_is_computed_never_believed) {
    attempt *t =
        parsed("alertmanager", WEBHOOK("{\"status\":\"firing\",\"fingerprint\":\"deadbeefdeadbeef\",\"labels\":"
                                       "{\"severity\":\"page\",\"alertname\":\"A\"}}"));
    cr_assert(t->done, "%s", t->error.text);
    /* FNV-1a-64 over alertname 0xFF A 0xFF severity 0xFF page 0xFF */
    cr_expect_str_eq(t->result.events[0].key, "f2f95d02269594eb");
    attempt_free(t);
}

Test(ingest_alerts, empty_labels_are_dropped_before_identity) {
    attempt *t = parsed("prometheus", "[{\"labels\":{\"a\":\"1\",\"b\":\"\"}},{\"labels\":{\"a\":\"1\"}}]");
    cr_assert(t->done, "%s", t->error.text);
    cr_expect_str_eq(t->result.events[0].key, t->result.events[1].key);
    cr_expect_eq(t->result.events[0].labels.count, 1);
    attempt_free(t);
}

Test(ingest_alerts, a_group_may_change_its_key_version_and_members) {
    static const char *const bodies[] = {
        "{\"alerts\":[" ALERT(",\"status\":\"firing\"") "]}",
        "{\"version\":\"5\",\"groupKey\":{\"new\":true},\"alerts\":[" ALERT(",\"status\":\"firing\",\"new\":[1]") "]}",
        "{\"version\":4,\"receiver\":null,\"alerts\":[" ALERT(",\"status\":\"firing\",\"annotations\":null") "]}",
    };
    for (size_t i = 0; i < 3; i++) {
        attempt *t = parsed("alertmanager", bodies[i]);
        cr_expect(t->done && t->result.count == 1, "%s: %s", bodies[i], t->error.text);
        attempt_free(t);
    }
}

Test(ingest_alerts, an_empty_list_is_nothing) {
    const char *const cases[][2] = {{"alertmanager", "{\"alerts\":[]}"}, {"prometheus", "[]"}};
    for (size_t i = 0; i < 2; i++) {
        attempt *t = parsed(cases[i][0], cases[i][1]);
        cr_expect(t->done && t->result.count == 0, "%s", t->error.text);
        cr_expect_str_eq(t->result.noop, "empty");
        cr_expect_eq(t->answer.status, 200);
        attempt_free(t);
    }
}

/* Only what is Grafana's own in all three. */
Test(ingest_alerts, grafanas_test_button_pages_nobody) {
#define TEST_ALERT(name, instance, summary)                                                                            \
    "{\"status\":\"firing\",\"labels\":{\"alertname\":\"" name "\",\"instance\":\"" instance                           \
    "\"},\"annotations\":{\"summary\":\"" summary "\"}}"
    static const char *const own = TEST_ALERT("TestAlert", "Grafana", "Notification test");
    static const struct {
        const char *format, *alerts;
        size_t count;
    } cases[] = {
        {"grafana", TEST_ALERT("TestAlert", "Grafana", "Notification test"), 0},
        {"grafana", TEST_ALERT("TestAlert2", "Grafana", "Notification test"), 1},
        {"grafana", TEST_ALERT("TestAlert", "db1", "Notification test"), 1},
        {"grafana", TEST_ALERT("TestAlert", "Grafana", "Disk full"), 1},
        {"grafana", "{\"status\":\"firing\",\"labels\":{\"alertname\":\"TestAlert\",\"instance\":\"Grafana\"}}", 1},
        {"alertmanager", TEST_ALERT("TestAlert", "Grafana", "Notification test"), 1},
    };
#undef TEST_ALERT
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char body[1024];
        (void)snprintf(body, sizeof body, "{\"alerts\":[%s]}", cases[i].alerts);
        attempt *t = parsed(cases[i].format, body);
        cr_expect(t->done && t->result.count == cases[i].count, "%zu: %s", i, t->error.text);
        cr_expect(cases[i].count > 0 || strcmp(t->result.noop, "test") == 0, "%zu", i);
        cr_expect_eq(t->answer.status, 200);
        attempt_free(t);
        (void)snprintf(body, sizeof body, "{\"alerts\":[%s,%s]}", own, cases[i].alerts);
        t = parsed(cases[i].format, body);
        cr_expect_eq(t->result.count, cases[i].count + (strcmp(cases[i].format, "grafana") != 0), "%zu beside it", i);
        attempt_free(t);
    }
}

/* ── Prometheus: the end says whether it is on; now is 2026-01-02T03:04:05Z ── */

typedef struct time_case {
    const char *members;
    event_kind kind;
    const char *starts, *ends, *expires; /* "" for 0 */
    bool given;
} time_case;

static const time_case times[] = {
    {",\"startsAt\":\"2026-01-02T03:00:00Z\",\"endsAt\":\"2026-01-02T03:08:00Z\"", EVENT_FIRING,
     "2026-01-02T03:00:00.000Z", "", "2026-01-02T03:08:00.000Z", true},
    {",\"startsAt\":\"2026-01-02T03:00:00Z\",\"endsAt\":\"2026-01-02T03:04:05Z\"", EVENT_RESOLVED,
     "2026-01-02T03:00:00.000Z", "2026-01-02T03:04:05.000Z", "", true},
    {",\"startsAt\":\"2026-01-02T03:00:00Z\"", EVENT_FIRING, "2026-01-02T03:00:00.000Z", "", "2026-01-02T03:09:05.000Z",
     true},
    {",\"endsAt\":\"2026-01-02T03:08:00Z\"", EVENT_FIRING, "2026-01-02T03:04:05.000Z", "", "2026-01-02T03:08:00.000Z",
     false},
    {",\"endsAt\":\"2026-01-02T03:01:00Z\"", EVENT_RESOLVED, "2026-01-02T03:01:00.000Z", "2026-01-02T03:01:00.000Z", "",
     false},
    {"", EVENT_FIRING, "2026-01-02T03:04:05.000Z", "", "2026-01-02T03:09:05.000Z", false},
    {",\"startsAt\":null,\"endsAt\":\"0001-01-01T00:00:00Z\"", EVENT_FIRING, "2026-01-02T03:04:05.000Z", "",
     "2026-01-02T03:09:05.000Z", false},
    {",\"startsAt\":\"2026-01-02T03:00:00Z\",\"endsAt\":\"2026-01-02T03:00:00Z\"", EVENT_RESOLVED,
     "2026-01-02T03:00:00.000Z", "2026-01-02T03:00:00.000Z", "", true},
};

static const char *time_text(const attempt *t, usec at) {
    return at ? time_to_text(t->memory, at) : "";
}

Test(ingest_alerts, prometheus_times) {
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        const time_case *c = &times[i];
        buf body;
        buf_init(&body);
        buf_printf(&body, "[{\"labels\":{\"alertname\":\"A\"}%s}]", c->members);
        attempt *t = parsed("prometheus", body.data);
        cr_assert(t->done && t->result.count == 1, "%s: %s", c->members, t->error.text);
        const event *e = &t->result.events[0];
        cr_expect_eq(e->kind, c->kind, "%s", c->members);
        cr_expect_str_eq(time_text(t, e->starts_at), c->starts, "starts of %s", c->members);
        cr_expect_str_eq(time_text(t, e->ends_at), c->ends, "end of %s", c->members);
        cr_expect_str_eq(time_text(t, e->expires_at), c->expires, "expiry of %s", c->members);
        cr_expect_eq(e->starts_at_given, c->given, "%s", c->members);
        attempt_free(t);
        buf_release(&body);
    }
}

/* ── refused ── */

typedef struct refusal {
    const char *alert;
    err_kind kind;
    const char *why; /* part of the reason */
} refusal;

static const refusal refusals[] = {
    {"\"text\"", ERR_INVALID, "not an object"},
    {"5", ERR_INVALID, "not an object"},
    {"null", ERR_INVALID, "not an object"},
    {"{}", ERR_INVALID, "no \"labels\""},
    {"{\"labels\":[]}", ERR_INVALID, "\"labels\" is not an object"},
    {"{\"labels\":{}}", ERR_INVALID, "at least one label"},
    {"{\"labels\":{\"a\":\"\"}}", ERR_INVALID, "at least one label"},
    {"{\"labels\":{\"a\":[5]}}", ERR_INVALID, "label \"a\" is neither a string nor a number"},
    {"{\"labels\":{\"\":\"x\"}}", ERR_INVALID, "empty name"},
    {ALERT(",\"annotations\":\"x\""), ERR_INVALID, "\"annotations\" is not an object"},
    {ALERT(",\"startsAt\":\"yesterday\""), ERR_INVALID, "\"startsAt\""},
    {ALERT(",\"startsAt\":5"), ERR_INVALID, "\"startsAt\" is not a string"},
    {ALERT(",\"endsAt\":\"12026-01-02T03:04:05Z\""), ERR_INVALID, "\"endsAt\""},
    {ALERT(",\"endsAt\":\"2026-02-30T03:04:05Z\""), ERR_INVALID, "\"endsAt\""},
};

static void expect_refused(const char *format, const char *open, const refusal *r, const char *close) {
    buf body;
    buf_init(&body);
    buf_printf(&body, "%s%s%s", open, r->alert, close);
    attempt *t = parsed(format, body.data);
    cr_expect(!t->done, "%s by %s", r->alert, format);
    cr_expect_eq(t->error.kind, r->kind, "%s: %s", r->alert, t->error.text);
    cr_expect(strstr(t->error.text, r->why), "%s: \"%s\" does not say \"%s\"", r->alert, t->error.text, r->why);
    cr_expect(strstr(t->error.text, "alert 1: "), "%s", t->error.text);
    attempt_free(t);
    buf_release(&body);
}

Test(ingest_alerts, refusals_say_which_and_why) {
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        expect_refused("alertmanager", "{\"alerts\":[", &refusals[i], "]}");
        expect_refused("grafana", "{\"alerts\":[", &refusals[i], "]}");
        expect_refused("prometheus", "[", &refusals[i], "]");
    }
    const refusal backwards = {ALERT(",\"startsAt\":\"2026-01-02T03:00:01Z\",\"endsAt\":\"2026-01-02T03:00:00Z\""),
                               ERR_INVALID, "start time must be before end time"};
    expect_refused("prometheus", "[", &backwards, "]");
    const refusal unknown = {ALERT(",\"status\":\"smouldering\""), ERR_INVALID, "neither firing nor resolved"};
    expect_refused("alertmanager", "{\"alerts\":[", &unknown, "]}");
}

Test(ingest_alerts, valid_alerts_are_kept_while_others_fail) {
    attempt *t = parsed("prometheus", "[{\"labels\":{}}," ALERT("") ",{\"labels\":{\"a\":{}}}]");
    cr_assert(t->done, "%s", t->error.text);
    cr_expect_eq(t->result.count, 1);
    cr_expect_eq(t->result.refused, 2);
    cr_expect_eq(t->answer.status, 400);
    cr_expect_str_eq(t->answer.content_type, "application/json");
    cr_expect_str_eq(t->answer.body, "\"alert 1: at least one label that is not empty is needed; alert 3: the value of "
                                     "label \\\"a\\\" is neither a string nor a number\"");
    attempt_free(t);

    t = parsed("alertmanager", WEBHOOK(ALERT("") ",7"));
    cr_expect(t->done && t->result.count == 1 && t->result.refused == 1);
    cr_expect_eq(t->answer.status, 400);
    cr_expect_str_eq(t->answer.content_type, "application/problem+json");
    cr_expect_str_eq(t->answer.body, "{\"type\":\"about:blank\",\"title\":\"Bad Request\",\"status\":400,\"detail\":"
                                     "\"alert 2: not an object\",\"accepted\":1,\"refused\":1}");
    attempt_free(t);
}

Test(ingest_alerts, many_reasons_are_bounded) {
    buf body;
    buf_init(&body);
    buf_puts(&body, "[" ALERT(""));
    for (int i = 0; i < 9000; i++)
        buf_puts(&body, ",0");
    buf_putc(&body, ']');
    attempt *t = parsed("prometheus", body.data);
    cr_assert(t->done, "%s", t->error.text);
    cr_expect_eq(t->result.refused, 9000);
    cr_expect_leq(strlen(t->result.refused_why), 1030);
    cr_expect(text_ends_with(t->result.refused_why, "…"));
    attempt_free(t);
    buf_release(&body);
}

Test(ingest_alerts, a_templated_body_is_told_so) {
    static const char *const bodies[] = {"{\"text\":\"hello\"}", "{\"alerts\":{}}", "[]", "\"x\"", "42", "null"};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        attempt *t = parsed("alertmanager", bodies[i]);
        cr_expect(!t->done && t->error.kind == ERR_INVALID, "%s", bodies[i]);
        cr_expect(strstr(t->error.text, "list \"alerts\""), "%s", t->error.text);
        cr_expect_eq(t->answer.status, 400);
        attempt_free(t);
    }
}

/* ── titles and links ── */

typedef struct title_case {
    const char *members, *title;
} title_case;

static const title_case titles[] = {
    {"\"labels\":{\"alertname\":\"A\"},\"annotations\":{\"summary\":\"S\",\"title\":\"T\"}", "S"},
    {"\"labels\":{\"alertname\":\"A\"},\"annotations\":{\"title\":\"T\"}", "T"},
    {"\"labels\":{\"alertname\":\"A\"},\"annotations\":{\"summary\":\" \\r\\n\\t\",\"title\":\"T\"}", "T"},
    {"\"labels\":{\"alertname\":\"A\"}", "A"},
    {"\"labels\":{\"alertname\":\"A\",\"instance\":\"i\",\"job\":\"j\",\"model\":\"m\"}", "A (model=m, job=j)"},
    {"\"labels\":{\"x\":\"1\",\"w\":\"2\",\"y\":\"3\"}", "w=2, x=1"},
    {"\"labels\":{\"a\":\"\\n\"},\"annotations\":{\"summary\":\"two\\r\\nlines\\tand \\u001b[31mred\\u0085\\u007f\"}",
     "two  lines and  [31mred"},
    {"\"labels\":{\"a\":\"b\"},\"annotations\":{\"summary\":\"<!channel> <b>&\\u202e\"}", "<!channel> <b>&\u202e"},
};

Test(ingest_alerts, titles_are_one_line_and_never_empty) {
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++) {
        buf body;
        buf_init(&body);
        buf_printf(&body, "[{%s}]", titles[i].members);
        attempt *t = parsed("prometheus", body.data);
        cr_assert(t->done, "%s: %s", titles[i].members, t->error.text);
        cr_expect_str_eq(t->result.events[0].title, titles[i].title);
        attempt_free(t);
        buf_release(&body);
    }
}

Test(ingest_alerts, hostile_text_stays_as_it_is_elsewhere) {
    attempt *t = parsed("prometheus", "[{\"labels\":{\"model\":\"x\\\"><script>\\r\\nBcc: a@b<!channel>\"},"
                                      "\"annotations\":{\"d\":\"\\u0001\\r\\n\"}}]");
    cr_assert(t->done, "%s", t->error.text);
    cr_expect_str_eq(event_label(t, 0, "model"), "x\"><script>\r\nBcc: a@b<!channel>");
    cr_expect_str_eq(event_annotation(t, 0, "d"), "\001\r\n");
    attempt_free(t);
}

Test(ingest_alerts, links_are_web_links) {
    const char *const cases[][2] = {
        {"https://p.example/graph?a=b#c", "https://p.example/graph?a=b#c"},
        {"http://p.example", "http://p.example"},
        {"javascript:alert(1)", ""},
        {"ftp://p.example", ""},
        {"//p.example", ""},
        {"https://p.example/\\r\\nX: y", ""},
        {"https://p.example/a b", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buf body;
        buf_init(&body);
        buf_printf(&body, "[" ALERT(",\"generatorURL\":\"%s\"") "]", cases[i][0]);
        attempt *t = parsed("prometheus", body.data);
        cr_assert(t->done, "%s", t->error.text);
        cr_expect_str_eq(t->result.events[0].link, cases[i][1]);
        attempt_free(t);
        buf_release(&body);
    }
}

Test(ingest_alerts, grafana_without_a_generator_links_to_its_panel) {
    attempt *t =
        parsed("grafana", WEBHOOK(ALERT(",\"status\":\"firing\",\"generatorURL\":\"?orgId=1\",\"dashboardURL\":"
                                        "\"https://g/d\",\"panelURL\":\"https://g/p\",\"values\":null")));
    cr_assert(t->done, "%s", t->error.text);
    cr_expect_str_eq(t->result.events[0].link, "https://g/p");
    cr_expect_str_eq(event_annotation(t, 0, "dashboardURL"), "https://g/d");
    cr_expect_str_eq(event_annotation(t, 0, "values"), "");
    attempt_free(t);
}
