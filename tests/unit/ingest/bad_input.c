/* Bodies that are not JSON as it should be: every format refuses each with a reason that names the matter, and answers
 * 4xx. */
#include "support.h"

typedef struct bad_body {
    const char *what, *body;
    size_t len;      /* 0: to the NUL */
    const char *why; /* part of the reason, "" for any */
} bad_body;

#define BYTES(text) text, sizeof text - 1
static const bad_body bodies[] = {
    {"empty", BYTES(""), ""},
    {"white space", BYTES(" \r\n\t "), ""},
    {"truncated", BYTES("{\"alerts\":[{\"labels\":{\"a\":\"b"), "byte"},
    {"YAML", BYTES("alerts: [firing]"), "byte"},
    {"XML", BYTES("<?xml version='1.0'?><alert/>"), "byte"},
    {"something after it", BYTES("{\"alerts\":[]} x"), "byte"},
    {"a comma too many", BYTES("{\"alerts\":[],}"), "byte"},
    {"truncated behind a bad text", BYTES("{\"alerts\":[{\"labels\":{\"a\":\"\\u0000\"}}"), "byte"},
    {"over several lines", BYTES("{\n  \"alerts\": [\n    {,}\n  ]\n}"), "line 3, column 6"},
    {"UTF-16", BYTES("\xff\xfe{\0}\0"), "byte"},
    {"leading zero", BYTES("{\"a\":01}"), ""},
};

static void refuse(const char *format, const char *what, const char *body, size_t len, const char *why) {
    attempt *t = attempt_new(format);
    attempt_header(t, "Content-Type", strcmp(format, "cloudevent") == 0 ? "application/cloudevents+json" : "text/x");
    t->request.body = body, t->request.body_len = len;
    attempt_parse(t);
    cr_expect(!t->done, "%s took: %s", format, what);
    cr_expect(t->error.kind == ERR_INVALID || t->error.kind == ERR_LIMIT, "%s, %s: kind %d", format, what,
              t->error.kind);
    cr_expect(strstr(t->error.text, why), "%s, %s: \"%s\" does not say \"%s\"", format, what, t->error.text, why);
    cr_expect_gt(strlen(t->error.text), 10, "%s, %s: \"%s\"", format, what, t->error.text);
    cr_expect(t->answer.status == 400 || t->answer.status == 413, "%s, %s: %d", format, what, t->answer.status);
    err e = {0};
    cr_expect(json_check(t->answer.body, strlen(t->answer.body), &e), "%s, %s: %s", format, what, t->answer.body);
    attempt_free(t);
}

static void refuse_by_all(const char *what, const char *body, size_t len, const char *why) {
    size_t count;
    const ingest_format *const *formats = ingest_formats(&count);
    for (size_t i = 0; i < count; i++)
        refuse(formats[i]->name, what, body, len, why);
}

Test(ingest_bad_input, every_format_refuses_what_is_not_json) {
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        refuse_by_all(bodies[i].what, bodies[i].body, bodies[i].len, bodies[i].why);
}

Test(ingest_bad_input, every_format_refuses_deep_nesting) {
    static const char *const pieces[] = {"[", "{\"a\":"};
    for (size_t i = 0; i < 2; i++) {
        buf b;
        buf_init(&b);
        for (int n = 0; n < 100000; n++)
            buf_puts(&b, pieces[i]);
        refuse_by_all(pieces[i], b.data, b.len > 400000 ? 400000 : b.len, "nest");
        buf_release(&b);
    }
}

Test(ingest_bad_input, every_format_refuses_other_json) {
    static const char *const others[] = {
        "42",  "\"text\"", "null",           "true",           "{}",
        "[1]", "[[]]",     "{\"alerts\":5}", "{\"event\":[]}", "{\"event\":{\"event_type\":5}}"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        refuse_by_all(others[i], others[i], strlen(others[i]), "");
}

Test(ingest_bad_input, a_body_need_not_end_in_nul_nor_exist) {
    const char *body = "[{\"labels\":{\"a\":\"b\"}}]trailing bytes that are not of the body";
    attempt *t = attempt_new("prometheus");
    t->request.body = body, t->request.body_len = 22;
    attempt_parse(t);
    cr_expect(t->done && t->result.count == 1, "%s", t->error.text);
    attempt_free(t);
    refuse_by_all("no body at all", NULL, 0, "");
}

Test(ingest_bad_input, a_reason_that_quotes_half_a_character_is_still_an_answer) {
    attempt *t = attempt_new("prometheus");
    buf b;
    buf_init(&b);
    buf_puts(&b, "[{\"labels\":{\"a\":\"b\"},\"startsAt\":\"x");
    for (int i = 0; i < 100; i++)
        buf_puts(&b, "ä");
    buf_puts(&b, "\"}]");
    attempt_body(t, b.data);
    attempt_parse(t);
    err e = {0};
    cr_expect(!t->done);
    cr_expect(text_is_utf8(t->error.text, strlen(t->error.text)));
    cr_expect(json_check(t->answer.body, strlen(t->answer.body), &e), "%s", t->answer.body);
    attempt_free(t);
    buf_release(&b);
}
