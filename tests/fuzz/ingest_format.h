/* A format of ingest: any body gives events that keep every bound, or an error; and an answer that is JSON. The input
 * may begin with a line "H", header lines, and an empty line; the rest is the body. */
#include "fuzz.h"
#include "onus/ingest.h"
#include "onus/json.h"
#include "onus/limits.h"
#include "onus/text.h"

enum { HEADERS_MAX = 16 };
static const usec arrived = 1767323045000000;

static size_t split_headers(arena *a, ingest_request *request, http_header_view headers[HEADERS_MAX]) {
    const char *at = request->body, *end = at + request->body_len;
    if (request->body_len < 2 || memcmp(at, "H\n", 2) != 0)
        return 0;
    size_t count = 0;
    for (at += 2; at < end && *at != '\n';) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *line = arena_strndup(a, at, (size_t)((newline ? newline : end) - at));
        const char *colon = strstr(line, ": ");
        if (colon && count < HEADERS_MAX)
            headers[count++] =
                (http_header_view){arena_strndup(a, line, (size_t)(colon - line)), arena_strdup(a, colon + 2)};
        at = newline ? newline + 1 : end;
    }
    at += at < end;
    request->body_len = (size_t)(end - at);
    request->body = at;
    return count;
}

static void check_labels(labels set, size_t value_max) {
    MUST(set.count <= LIMIT_LABELS_PER_ALERT);
    for (size_t i = 0; i < set.count; i++) {
        const label *l = &set.items[i];
        MUST(l->name[0] && l->value[0]);
        MUST(strlen(l->name) <= LIMIT_LABEL_NAME_BYTES && strlen(l->value) <= value_max);
        MUST(text_is_utf8(l->name, strlen(l->name)) && text_is_utf8(l->value, strlen(l->value)));
        MUST(i == 0 || strcmp(set.items[i - 1].name, l->name) < 0);
    }
}

static void check_event(const event *one) {
    MUST(one->source && one->key && one->key[0] && strlen(one->key) <= LIMIT_KEY_BYTES);
    MUST(one->title && one->title[0] && strlen(one->title) <= LIMIT_TITLE_BYTES);
    MUST(text_is_utf8(one->title, strlen(one->title)) && text_is_utf8(one->key, strlen(one->key)));
    MUST(one->link && one->actor && one->note);
    MUST(!one->link[0] || text_starts_with(one->link, "http://") || text_starts_with(one->link, "https://"));
    MUST(one->kind != EVENT_FIRING || (one->starts_at && !one->ends_at));
    check_labels(one->labels, LIMIT_LABEL_VALUE_BYTES);
    check_labels(one->annotations, LIMIT_ANNOTATION_BYTES);
    MUST(text_is_utf8(one->actor, strlen(one->actor)) && text_is_utf8(one->note, strlen(one->note)));
    MUST(text_is_utf8(one->link, strlen(one->link)));
    for (size_t i = 0; i < one->sent.count; i++)
        MUST(!text_is_utf8(one->sent.items[i].value, strlen(one->sent.items[i].value)));
    (void)event_content_hash(one);
}

static void check_answer(const ingest_format *format, arena *a, const ingest_result *result, const char *why) {
    for (ingest_verdict verdict = INGEST_ACCEPTED; verdict <= INGEST_UNAVAILABLE; verdict++) {
        ingest_answer answer = {0};
        err e = {0};
        if (verdict == INGEST_ACCEPTED && !result)
            continue;
        ingest_answer_for(format, verdict, verdict == INGEST_ACCEPTED ? result : NULL, why, a, &answer);
        MUST(answer.status >= 200 && answer.status < 600);
        if (answer.content_type && strstr(answer.content_type, "json"))
            MUST(json_check(answer.body, strlen(answer.body), &e));
    }
}

static void check_format(const char *name, const uint8_t *data, size_t size) {
    static const source none = {.name = "fuzz"};
    const ingest_format *format = ingest_format_find(name);
    MUST(format);
    arena *a = arena_new();
    http_header_view headers[HEADERS_MAX];
    ingest_request request = {.from = &none, .body = (const char *)data, .body_len = size, .now = arrived};
    request.headers = headers;
    request.header_count = split_headers(a, &request, headers);
    ingest_result result = {0};
    err e = {0};
    if (format->check_signature)
        (void)format->check_signature(&request, &e);
    if (ingest_parse(format, &request, a, &result, &e)) {
        MUST(result.count <= LIMIT_ALERTS_PER_BODY);
        for (size_t i = 0; i < result.count; i++)
            check_event(&result.events[i]);
        for (size_t i = 0; i < result.delivery_id_count; i++)
            MUST(text_is_utf8(result.delivery_ids[i], strlen(result.delivery_ids[i])));
        check_answer(format, a, &result, NULL);
    } else {
        MUST(e.kind != ERR_NONE && e.text[0]);
        check_answer(format, a, NULL, e.text);
    }
    arena_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    check_format(FORMAT, data, size);
    return 0;
}
