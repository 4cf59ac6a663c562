/* What the tests of ingest share. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

attempt *attempt_new(const char *format) {
    arena *a = arena_new();
    attempt *t = ARENA_NEW(a, attempt);
    t->memory = a;
    t->format = ingest_format_find(format);
    cr_assert(t->format, "no format %s", format);
    t->from.name = "test";
    t->from.format = format;
    t->request = (ingest_request){.from = &t->from, .headers = t->headers, .now = NOW};
    return t;
}

void attempt_free(attempt *t) {
    arena_free(t->memory);
}

void attempt_header(attempt *t, const char *name, const char *value) {
    cr_assert(t->request.header_count < HEADERS_MAX);
    t->headers[t->request.header_count++] = (http_header_view){name, value};
}

void attempt_body(attempt *t, const char *body) {
    t->request.body = body;
    t->request.body_len = strlen(body);
}

char *file_read(const char *path, size_t *len) {
    FILE *f = fopen(path, "rb");
    if (!f)
        return NULL;
    buf b;
    buf_init(&b);
    char piece[4096];
    for (size_t n; (n = fread(piece, 1, sizeof piece, f)) > 0;)
        buf_put(&b, piece, n);
    fclose(f);
    *len = b.len;
    return buf_detach(&b);
}

void attempt_golden(attempt *t, const char *file) {
    size_t len;
    char *body = file_read(arena_printf(t->memory, "tests/golden/ingest/%s", file), &len);
    cr_assert(body, "no golden file %s (run from the root of the repository)", file);
    t->request.body = arena_strndup(t->memory, body, len);
    t->request.body_len = len;
    free(body);
}

void attempt_parse(attempt *t) {
    t->done = ingest_parse(t->format, &t->request, t->memory, &t->result, &t->error);
    ingest_verdict verdict = t->done ? INGEST_ACCEPTED : ingest_verdict_of(&t->error);
    ingest_answer_for(t->format, verdict, t->done ? &t->result : NULL, t->done ? NULL : t->error.text, t->memory,
                      &t->answer);
}

ingest_auth attempt_authenticate(attempt *t, bool loopback) {
    return ingest_authenticate(t->format, &t->request, loopback, &t->error);
}

attempt *parsed(const char *format, const char *body) {
    attempt *t = attempt_new(format);
    attempt_body(t, body);
    attempt_parse(t);
    return t;
}

attempt *parsed_golden(const char *format, const char *file) {
    attempt *t = attempt_new(format);
    attempt_golden(t, file);
    attempt_parse(t);
    return t;
}

const char *event_label(const attempt *t, size_t event, const char *name) {
    cr_assert(event < t->result.count, "%zu events: %s", t->result.count, t->error.text);
    return labels_get(t->result.events[event].labels, name);
}

const char *event_annotation(const attempt *t, size_t event, const char *name) {
    cr_assert(event < t->result.count, "%zu events: %s", t->result.count, t->error.text);
    return labels_get(t->result.events[event].annotations, name);
}
