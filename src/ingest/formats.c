/* The table of formats, and what they have in common: the bound on the body, and the answers of those that have none of
 * their own.
 *
 * The difficulty: the answer decides whether the sender repeats. What cannot be kept now is 503, never 429, because
 * senders drop what was answered with 4xx. */
#include "ingest/formats.h"

#include "onus/limits.h"
#include "onus/text.h"

#include <string.h>

enum { RETRY_AFTER_SECONDS = 5 };

static const ingest_format *const formats[] = {
    &format_alertmanager,     &format_grafana,           &format_prometheus, &format_pagerduty_event,
    &format_pagerduty_change, &format_pagerduty_webhook, &format_cloudevent,
};

const ingest_format *const *ingest_formats(size_t *count) {
    *count = sizeof formats / sizeof *formats;
    return formats;
}

const ingest_format *ingest_format_find(const char *name) {
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(formats[i]->name, name) == 0)
            return formats[i];
    return NULL;
}

ingest_verdict ingest_verdict_of(const err *e) {
    switch (e->kind) {
    case ERR_LIMIT:
        return INGEST_TOO_LARGE;
    case ERR_DENIED:
        return INGEST_DENIED;
    case ERR_UNAVAILABLE:
    case ERR_SYSTEM:
        return INGEST_UNAVAILABLE;
    default:
        return INGEST_INVALID;
    }
}

/* A reason may quote a piece of the body that was cut within a character; answers and logs need UTF-8. */
static void make_printable(err *e) {
    if (text_is_utf8(e->text, strlen(e->text)))
        return;
    for (char *p = e->text; *p; p++)
        if ((unsigned char)*p >= 0x80)
            *p = '?';
}

bool ingest_parse(const ingest_format *format, const ingest_request *request, arena *a, ingest_result *out, err *e) {
    *out = (ingest_result){0};
    if (request->body_len > format->body_limit)
        return err_set(e, ERR_LIMIT, "the body has %zu bytes; %zu are allowed", request->body_len, format->body_limit);
    ingest_request inner = *request;
    json_mends mends = {0};
    inner.scratch = request->scratch ? request->scratch : arena_new();
    inner.mends = &mends;
    bool done = format->parse(&inner, a, out, e);
    out->mends = mends;
    if (request->scratch)
        arena_reset(request->scratch);
    else
        arena_free(inner.scratch);
    if (done)
        return true;
    *out = (ingest_result){0};
    make_printable(e);
    return false;
}

/* ── the common answers ── */

typedef struct problem_row {
    int status;
    const char *title;
    const char *detail; /* when there is no better one */
} problem_row;

static const problem_row problems[] = {
    [INGEST_ACCEPTED] = {400, "Bad Request", "some alerts were refused"},
    [INGEST_INVALID] = {400, "Bad Request", "the body is not what this source's format expects"},
    [INGEST_TOO_LARGE] = {413, "Content Too Large", "the body passes a limit"},
    [INGEST_UNAVAILABLE] = {503, "Service Unavailable", "nothing was kept; send it again"},
    [INGEST_DENIED] = {403, "Forbidden", "the key in the body is unknown"},
};

static void put_success(buf *b, const ingest_result *result) {
    buf_printf(b, "{\"status\":\"success\",\"accepted\":%zu", result ? result->count : 0);
    if (result && result->noop) {
        buf_puts(b, ",\"noop\":");
        buf_put_json(b, result->noop);
    }
    buf_putc(b, '}');
}

static void put_problem(buf *b, ingest_verdict verdict, const ingest_result *result, const char *why) {
    const problem_row *row = &problems[verdict];
    buf_printf(b, "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%d,\"detail\":", row->title, row->status);
    buf_put_json(b, why ? why : row->detail);
    if (verdict == INGEST_ACCEPTED)
        buf_printf(b, ",\"accepted\":%zu,\"refused\":%zu", result->count, result->refused);
    buf_putc(b, '}');
}

static void common_answer(ingest_verdict verdict, const ingest_result *result, const char *why, arena *a,
                          ingest_answer *out) {
    bool partial = verdict == INGEST_ACCEPTED && result && result->refused > 0;
    bool success = verdict == INGEST_ACCEPTED && !partial;
    buf b;
    buf_init(&b);
    if (success)
        put_success(&b, result);
    else
        put_problem(&b, verdict, result, partial ? result->refused_why : why);
    out->status = success ? 200 : problems[verdict].status;
    out->content_type = success ? "application/json" : "application/problem+json";
    out->body = buf_to_arena(&b, a);
    buf_release(&b);
}

void ingest_answer_for(const ingest_format *format, ingest_verdict verdict, const ingest_result *result,
                       const char *why, arena *a, ingest_answer *out) {
    *out = (ingest_answer){0};
    (format->answer ? format->answer : common_answer)(verdict, result, why, a, out);
    if (verdict == INGEST_UNAVAILABLE)
        out->retry_after = RETRY_AFTER_SECONDS;
}
