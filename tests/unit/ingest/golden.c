/* Sample bodies of every sender, and the events they become, as text that a person can read: NAME.json and NAME.events
 * in tests/golden/ingest. GOLDEN_WRITE=1 writes the .events anew; read the difference before you keep it. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct golden_row {
    const char *format, *name;
    const char *content_type;
    http_header_view headers[6];
} golden_row;

static const golden_row rows[] = {
    {"alertmanager", "alertmanager-0.25", NULL, {{0}}},
    {"alertmanager", "alertmanager-0.34", NULL, {{0}}},
    {"alertmanager", "alertmanager-utf8", NULL, {{0}}},
    {"prometheus", "prometheus", NULL, {{0}}},
    {"grafana", "grafana", NULL, {{0}}},
    {"pagerduty-event", "pagerduty-event-trigger", NULL, {{0}}},
    {"pagerduty-event", "pagerduty-event-acknowledge", NULL, {{0}}},
    {"pagerduty-event", "pagerduty-event-alertmanager-0.25", NULL, {{0}}},
    {"pagerduty-event", "pagerduty-event-alertmanager-0.32", NULL, {{0}}},
    {"pagerduty-event", "pagerduty-event-alertmanager-resolve", NULL, {{0}}},
    {"pagerduty-event", "pagerduty-event-grafana", NULL, {{0}}},
    {"pagerduty-change", "pagerduty-change", NULL, {{0}}},
    {"pagerduty-webhook", "pagerduty-webhook-triggered", NULL, {{"X-Webhook-Id", "0f3c9e5e-1"}}},
    {"pagerduty-webhook", "pagerduty-webhook-acknowledged", NULL, {{0}}},
    {"pagerduty-webhook", "pagerduty-webhook-resolved", NULL, {{0}}},
    {"pagerduty-webhook", "pagerduty-webhook-reopened", NULL, {{0}}},
    {"pagerduty-webhook", "pagerduty-webhook-escalated", NULL, {{0}}},
    {"pagerduty-webhook", "pagerduty-webhook-annotated", NULL, {{0}}},
    {"pagerduty-webhook", "pagerduty-webhook-status-update", NULL, {{0}}},
    {"pagerduty-webhook", "pagerduty-webhook-responder-replied", NULL, {{0}}},
    {"pagerduty-webhook", "pagerduty-webhook-nulls", NULL, {{0}}},
    {"pagerduty-webhook", "pagerduty-webhook-ping", NULL, {{0}}},
    {"pagerduty-webhook", "pagerduty-webhook-unmapped", NULL, {{0}}},
    {"cloudevent", "cloudevent-structured", "application/cloudevents+json; charset=utf-8", {{0}}},
    {"cloudevent", "cloudevent-completed", "application/cloudevents+json", {{0}}},
    {"cloudevent", "cloudevent-batch", "application/cloudevents-batch+json", {{0}}},
    {"cloudevent",
     "cloudevent-binary-data",
     "application/json",
     {{"CE-SpecVersion", "1.0"},
      {"ce-id", "b%2D1"},
      {"ce-source", "\"/product\""},
      {"ce-type", "com.example.request.gpu"},
      {"ce-subject", "caf%C3%A9"}}},
};

static void put_time(buf *b, arena *a, const char *name, usec t) {
    if (t)
        buf_printf(b, "  %s %s\n", name, time_to_text(a, t));
}

static void put_pairs(buf *b, const char *what, labels set) {
    for (size_t i = 0; i < set.count; i++)
        buf_printf(b, "  %s %s = %s\n", what, set.items[i].name, set.items[i].value);
}

static void put_event(buf *b, arena *a, const event *e) {
    buf_printf(b, "%s %s\n  title %s\n", event_kind_to_text(e->kind), e->key, e->title);
    put_time(b, a, e->starts_at_given ? "starts" : "heard", e->starts_at);
    put_time(b, a, "ends", e->ends_at);
    put_time(b, a, "expires", e->expires_at);
    const char *texts[][2] = {{"link", e->link}, {"actor", e->actor}, {"note", e->note}};
    for (size_t i = 0; i < 3; i++)
        if (texts[i][1][0])
            buf_printf(b, "  %s %s\n", texts[i][0], texts[i][1]);
    put_pairs(b, "label", e->labels);
    put_pairs(b, "annotation", e->annotations);
}

static char *as_text(const attempt *t) {
    buf b;
    buf_init(&b);
    if (!t->done)
        buf_printf(&b, "refused: %s\n", t->error.text);
    for (size_t i = 0; t->done && i < t->result.count; i++)
        put_event(&b, t->memory, &t->result.events[i]);
    for (size_t i = 0; i < t->result.delivery_id_count; i++)
        buf_printf(&b, "delivery id %s\n", t->result.delivery_ids[i]);
    if (t->result.noop)
        buf_printf(&b, "noop %s\n", t->result.noop);
    buf_printf(&b, "answer %d %s\n", t->answer.status, t->answer.body ? t->answer.body : "");
    char *text = buf_to_arena(&b, t->memory);
    buf_release(&b);
    return text;
}

static void write_file(const char *path, const char *text) {
    FILE *f = fopen(path, "w");
    cr_assert(f && fputs(text, f) >= 0 && fclose(f) == 0, "%s", path);
}

/* As the next body would, and with nothing that could be taken for this one's. */
static void overwrite(arena *scratch) {
    enum { BYTES = 16 * 1024, BLOCK = 64 };
    for (size_t i = 0; i < BYTES; i += BLOCK)
        memset(arena_alloc(scratch, BLOCK), '?', BLOCK);
}

static void compare(const golden_row *row, arena *scratch) {
    attempt *t = attempt_new(row->format);
    t->request.scratch = scratch;
    attempt_golden(t, arena_printf(t->memory, "%s.json", row->name));
    if (row->content_type)
        attempt_header(t, "Content-Type", row->content_type);
    for (size_t i = 0; i < 6 && row->headers[i].name; i++)
        attempt_header(t, row->headers[i].name, row->headers[i].value);
    attempt_parse(t);
    if (scratch)
        overwrite(scratch);
    char *text = as_text(t), *path = arena_printf(t->memory, "tests/golden/ingest/%s.events", row->name);
    if (getenv("GOLDEN_WRITE"))
        write_file(path, text);
    size_t len;
    char *expected = file_read(path, &len);
    cr_assert(expected, "no %s", path);
    cr_expect_str_eq(text, expected, "%s: got\n%s", row->name, text);
    free(expected);
    attempt_free(t);
}

Test(ingest_golden, bodies_become_their_events) {
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        compare(&rows[i], NULL);
}

/* Nothing that is handed over points into what ends with the parsing; and no body leaves anything behind there. */
Test(ingest_golden, events_outlive_the_scratch) {
    arena *scratch = arena_new();
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
            compare(&rows[i], scratch);
    cr_expect_leq(arena_bytes(scratch), 128 * 1024, "%zu bytes", arena_bytes(scratch));
    arena_free(scratch);
}
