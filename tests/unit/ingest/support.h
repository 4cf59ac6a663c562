/* What the tests of ingest share: one parse at a fixed time, and its result. */
#ifndef ONUS_TESTS_INGEST_SUPPORT_H
#define ONUS_TESTS_INGEST_SUPPORT_H

#include "onus/buf.h"
#include "onus/crypto.h"
#include "onus/ingest.h"
#include "onus/json.h"
#include "onus/limits.h"
#include "onus/text.h"

#include <criterion/criterion.h>
#include <string.h>

#define NOW ((usec)1767323045000000) /* 2026-01-02T03:04:05Z */
#define ROUTING_KEY "0123456789abcdef0123456789ABCDEF"

enum { HEADERS_MAX = 12 };

/* One request and what came of it. Fill from, headers and body; then parse. */
typedef struct attempt {
    arena *memory;
    source from;
    http_header_view headers[HEADERS_MAX];
    ingest_request request;
    const ingest_format *format;
    bool done;
    ingest_result result;
    err error;
    ingest_answer answer; /* the one that follows */
} attempt;

attempt *attempt_new(const char *format);
void attempt_free(attempt *t);
void attempt_header(attempt *t, const char *name, const char *value);
void attempt_body(attempt *t, const char *body); /* not copied */
/* A file of tests/golden/ingest. */
void attempt_golden(attempt *t, const char *file);
void attempt_parse(attempt *t);
ingest_auth attempt_authenticate(attempt *t, bool loopback);

/* All at once: the body by the format, parsed. */
attempt *parsed(const char *format, const char *body);
attempt *parsed_golden(const char *format, const char *file);

char *file_read(const char *path, size_t *len);
const char *event_label(const attempt *t, size_t event, const char *name);
const char *event_annotation(const attempt *t, size_t event, const char *name);

#endif
