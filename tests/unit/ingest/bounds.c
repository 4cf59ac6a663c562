/* Every bound of limits.h that a body can meet: at it all is well, past it the reason is given. */
#include "support.h"

/* A body of one alert: open, `count` times `text`, close. */
static attempt *repeated(const char *format, const char *open, const char *text, size_t count, const char *close) {
    attempt *t = attempt_new(format);
    buf b;
    buf_init(&b);
    buf_puts(&b, open);
    for (size_t i = 0; i < count; i++)
        buf_puts(&b, text);
    buf_puts(&b, close);
    t->request.body = buf_to_arena(&b, t->memory);
    t->request.body_len = b.len;
    buf_release(&b);
    attempt_parse(t);
    return t;
}

static attempt *numbered_labels(size_t count) {
    attempt *t = attempt_new("prometheus");
    buf b;
    buf_init(&b);
    buf_puts(&b, "[{\"labels\":{");
    for (size_t i = 0; i < count; i++)
        buf_printf(&b, "%s\"l%zu\":\"v\"", i ? "," : "", i);
    buf_puts(&b, "}}]");
    t->request.body = buf_to_arena(&b, t->memory);
    t->request.body_len = b.len;
    buf_release(&b);
    attempt_parse(t);
    return t;
}

static void expect_limit(attempt *t, const char *why) {
    cr_expect(!t->done);
    cr_expect_eq(t->error.kind, ERR_LIMIT, "%s", t->error.text);
    cr_expect(strstr(t->error.text, why), "\"%s\" does not say \"%s\"", t->error.text, why);
    cr_expect_eq(t->answer.status, 413);
    attempt_free(t);
}

static void expect_taken(attempt *t) {
    cr_expect(t->done && t->result.refused == 0, "%s", t->error.text);
    attempt_free(t);
}

Test(ingest_bounds, label_values) {
    expect_taken(repeated("prometheus", "[{\"labels\":{\"a\":\"", "x", LIMIT_LABEL_VALUE_BYTES, "\"}}]"));
    expect_limit(repeated("prometheus", "[{\"labels\":{\"a\":\"", "x", LIMIT_LABEL_VALUE_BYTES + 1, "\"}}]"),
                 "label \"a\" has 16385 bytes; 16384 are allowed");
    expect_limit(repeated("alertmanager", "{\"alerts\":[{\"labels\":{\"a\":\"", "x", 2000000, "\"}}]}"),
                 "2000000 bytes");
}

Test(ingest_bounds, label_names) {
    expect_taken(repeated("prometheus", "[{\"labels\":{\"", "x", LIMIT_LABEL_NAME_BYTES, "\":\"a\"}}]"));
    expect_limit(repeated("prometheus", "[{\"labels\":{\"", "ä", LIMIT_LABEL_NAME_BYTES, "\":\"a\"}}]"),
                 "name has 2048 bytes");
}

Test(ingest_bounds, labels_per_alert) {
    expect_taken(numbered_labels(LIMIT_LABELS_PER_ALERT));
    expect_limit(numbered_labels(LIMIT_LABELS_PER_ALERT + 1), "more than 128 labels");
}

Test(ingest_bounds, one_label_too_long_costs_only_its_alert) {
    attempt *t = repeated("prometheus", "[{\"labels\":{\"a\":\"b\"}},{\"labels\":{\"a\":\"", "x", 2000000, "\"}}]");
    cr_expect(t->done && t->result.count == 1 && t->result.refused == 1, "%s", t->error.text);
    cr_expect_eq(t->answer.status, 400);
    attempt_free(t);
}

Test(ingest_bounds, annotations_are_cut_between_characters) {
    attempt *t = repeated("prometheus", "[{\"labels\":{\"a\":\"b\"},\"annotations\":{\"d\":\"", "ä", 40000, "\"}}]");
    cr_assert(t->done, "%s", t->error.text);
    const char *kept = event_annotation(t, 0, "d");
    cr_expect_leq(strlen(kept), LIMIT_ANNOTATION_BYTES);
    cr_expect_geq(strlen(kept), LIMIT_ANNOTATION_BYTES - 6);
    cr_expect(text_ends_with(kept, "ä…"));
    cr_expect(text_is_utf8(kept, strlen(kept)));
    attempt_free(t);
}

Test(ingest_bounds, titles_are_cut) {
    attempt *t =
        repeated("prometheus", "[{\"labels\":{\"a\":\"b\"},\"annotations\":{\"summary\":\"", "é", 5000, "\"}}]");
    cr_assert(t->done, "%s", t->error.text);
    const char *title = t->result.events[0].title;
    cr_expect_leq(strlen(title), LIMIT_TITLE_BYTES);
    cr_expect(text_ends_with(title, "é…"));
    attempt_free(t);
}

Test(ingest_bounds, too_many_annotations_are_left_out) {
    attempt *t = attempt_new("prometheus");
    buf b;
    buf_init(&b);
    buf_puts(&b, "[{\"labels\":{\"a\":\"b\"},\"annotations\":{");
    for (int i = 0; i < 500; i++)
        buf_printf(&b, "%s\"n%d\":\"v\"", i ? "," : "", i);
    buf_puts(&b, "}}]");
    attempt_body(t, b.data);
    attempt_parse(t);
    cr_assert(t->done, "%s", t->error.text);
    cr_expect_eq(t->result.events[0].annotations.count, LIMIT_LABELS_PER_ALERT);
    attempt_free(t);
    buf_release(&b);
}

Test(ingest_bounds, alerts_per_body) {
    attempt *t = repeated("prometheus", "[{\"labels\":{\"a\":\"b\"}}", ",{\"labels\":{\"a\":\"c\"}}",
                          LIMIT_ALERTS_PER_BODY - 1, "]");
    cr_expect_eq(t->result.count, LIMIT_ALERTS_PER_BODY);
    expect_taken(t);
    expect_limit(repeated("prometheus", "[0", ",0", LIMIT_ALERTS_PER_BODY, "]"), "10001 alerts in one body; 10000");
    expect_limit(repeated("alertmanager", "{\"alerts\":[0", ",0", 19999, "]}"), "20000 alerts");
}

Test(ingest_bounds, bodies) {
    expect_limit(repeated("pagerduty-event", "{\"x\":\"", "y", LIMIT_PAGERDUTY_BODY_BYTES, "\"}"),
                 "524288 are allowed");
    expect_limit(repeated("alertmanager", "", "  ", LIMIT_BODY_BYTES / 2 + 1, ""), "16777216 are allowed");
}

Test(ingest_bounds, keys_keep_their_identity_past_the_bound) {
    const char *open = "{\"routing_key\":\"" ROUTING_KEY "\",\"event_action\":\"resolve\",\"dedup_key\":\"";
    attempt *one = repeated("pagerduty-event", open, "€€€", 85, "\"}"); /* 765 bytes */
    cr_assert(one->done, "%s", one->error.text);
    cr_expect(text_ends_with(one->result.events[0].key, "€"));
    attempt *two = repeated("pagerduty-event", open, "😀", 255, "\"}"); /* 1020 bytes and the routing key's id */
    cr_assert(two->done, "%s", two->error.text);
    cr_expect(text_starts_with(two->result.events[0].key, "sha256:"), "%s", two->result.events[0].key);
    cr_expect_leq(strlen(two->result.events[0].key), LIMIT_KEY_BYTES);
    attempt_free(one);
    attempt_free(two);
}

Test(ingest_bounds, links_past_the_bound_are_none) {
    attempt *t =
        repeated("prometheus", "[{\"labels\":{\"a\":\"b\"},\"generatorURL\":\"https://", "x", LIMIT_URL_BYTES, "\"}]");
    cr_assert(t->done, "%s", t->error.text);
    cr_expect_str_eq(t->result.events[0].link, "");
    attempt_free(t);
}
