/* Format cloudevent: CloudEvents 1.0 over HTTP in its three modes. Owns attributes and modes; what an event means is
 * cloudevent_read.c's.
 *
 * The difficulty: in binary mode the attributes are headers, percent-encoded, which no signature of the body covers. */
#include "ingest/cloudevent.h"
#include "ingest/formats.h"
#include "ingest/request.h"
#include "onus/limits.h"
#include "onus/text.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static const char *const attribute_names[CE_ATTRIBUTE_COUNT] = {
    [CE_ID] = "id",     [CE_SOURCE] = "source",   [CE_SPECVERSION] = "specversion",         [CE_TYPE] = "type",
    [CE_TIME] = "time", [CE_SUBJECT] = "subject", [CE_DATACONTENTTYPE] = "datacontenttype",
};

static bool check_attributes(const cloudevent *v, err *e) {
    for (size_t i = 0; i < CE_REQUIRED_COUNT; i++)
        if (*v->attributes[i] == '\0')
            return err_set(e, ERR_INVALID, "the attribute \"%s\" is missing or empty", attribute_names[i]);
    if (strcmp(v->attributes[CE_SPECVERSION], "1.0") != 0)
        return err_set(e, ERR_INVALID, "specversion must be \"1.0\"");
    return true;
}

/* JSON unless the event says otherwise. */
static bool is_json_type(const char *type) {
    size_t len = strcspn(type, "; \t");
    return len == 0 || (len == 16 && strncasecmp(type, "application/json", 16) == 0) ||
           (len == 9 && strncasecmp(type, "text/json", 9) == 0) ||
           (len > 5 && strncasecmp(type + len - 5, "+json", 5) == 0);
}

static const char *text_of_bytes(collector *c, const char *bytes, size_t len) {
    buf b;
    buf_init(&b);
    buf_put_mended(&b, bytes, len);
    c->request->mends->count[JSON_MEND_TEXT] += !text_is_utf8(bytes, len);
    char *text = buf_to_arena(&b, c->memory);
    buf_release(&b);
    return text;
}

/* The data as a tree when it is JSON, as text when it is text; other bytes are left out. Then the event. */
static bool read_bytes(collector *c, cloudevent *v, const char *bytes, size_t len, err *e) {
    if (len > 0 && is_json_type(v->attributes[CE_DATACONTENTTYPE])) {
        v->data = body_read(c->request, bytes, len, e);
        if (!v->data)
            return err_prefix(e, "data");
    } else if (len > 0 &&
               (text_is_utf8(bytes, len) || strncasecmp(v->attributes[CE_DATACONTENTTYPE], "text/", 5) == 0)) {
        v->text = text_of_bytes(c, bytes, len);
    }
    return cloudevent_read(c, v, e);
}

/* ── structured ── */

static bool read_base64(collector *c, cloudevent *v, const cJSON *encoded, err *e) {
    unsigned char *bytes;
    size_t len;
    if (!cJSON_IsString(encoded))
        return err_set(e, ERR_INVALID, "\"data_base64\" is not a string");
    if (!text_from_base64(c->memory, encoded->valuestring, &bytes, &len, e))
        return err_prefix(e, "data_base64");
    return read_bytes(c, v, (const char *)bytes, len, e);
}

static bool read_structured(collector *c, const cJSON *item, event *draft, err *e) {
    const cJSON *m[CE_ATTRIBUTE_COUNT];
    cloudevent v = {.draft = draft};
    if (!members_read(item, attribute_names, CE_ATTRIBUTE_COUNT, m))
        return err_set(e, ERR_INVALID, "an event is a JSON object");
    for (size_t i = 0; i < CE_ATTRIBUTE_COUNT; i++)
        if (!member_text(m[i], attribute_names[i], &v.attributes[i], e))
            return false;
    if (!check_attributes(&v, e))
        return false;
    const cJSON *encoded = json_member(item, "data_base64");
    v.data = json_member(item, "data");
    if (encoded && v.data)
        return err_set(e, ERR_INVALID, "\"data\" and \"data_base64\" exclude one another");
    return encoded ? read_base64(c, &v, encoded, e) : cloudevent_read(c, &v, e);
}

/* ── binary ── */

static int hex_digit(char c) {
    return isdigit((unsigned char)c) ? c - '0' : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10 : -1;
}

/* A quoted-string loses its quotes (RFC 9110 §5.6.4), then percent signs are decoded, once. */
static char *unquoted(arena *a, const char *value) {
    size_t len = strlen(value);
    char *text = arena_strdup(a, value), *to = text;
    if (len < 2 || value[0] != '"' || value[len - 1] != '"')
        return text;
    for (const char *from = value + 1; from < value + len - 1; from++) {
        if (*from == '\\' && from + 1 < value + len - 1)
            from++;
        *to++ = *from;
    }
    *to = '\0';
    return text;
}

/* A percent sign that escapes nothing stands for itself: many senders do not know that they should escape it. What is
 * no text is kept apart as in JSON. */
static const char *decode_header(const ingest_request *request, arena *a, const char *value) {
    char *text = unquoted(a, value), *to = text;
    for (const char *from = text; *from; from++) {
        int high = *from == '%' ? hex_digit(from[1]) : -1, low = high >= 0 ? hex_digit(from[2]) : -1;
        bool escaped = low >= 0;
        char c = escaped ? (char)(high * 16 + low) : *from;
        if (c == '\0')
            *to++ = '\xc0';
        *to++ = c ? c : '\x80';
        from += escaped ? 2 : 0;
    }
    *to = '\0';
    request->mends->count[JSON_MEND_TEXT] += !text_is_utf8(text, (size_t)(to - text));
    return text;
}

static bool read_header(const ingest_request *request, arena *a, size_t attribute, const char **out, err *e) {
    const char *name = arena_printf(a, "ce-%s", attribute_names[attribute]);
    const char *value = request_header(request, name);
    *out = "";
    if (!value)
        return true;
    if (request_header_count(request, name) > 1)
        return err_set(e, ERR_INVALID, "more than one header %s", name);
    *out = decode_header(request, a, value);
    return attribute == CE_SUBJECT || text_is_utf8(*out, strlen(*out)) ||
           err_set(e, ERR_INVALID, "header %s: not UTF-8, or with a NUL", name);
}

static bool read_binary(collector *c, const cJSON *item, event *draft, err *e) {
    (void)item;
    const ingest_request *request = c->request;
    cloudevent v = {.draft = draft};
    for (size_t i = 0; i < CE_ATTRIBUTE_COUNT; i++)
        if (i != CE_DATACONTENTTYPE && !read_header(request, c->memory, i, &v.attributes[i], e))
            return false;
    const char *type = request_header(request, "Content-Type");
    v.attributes[CE_DATACONTENTTYPE] = type ? type : "";
    if (!check_attributes(&v, e))
        return err_prefix(e, "binary mode, by the Content-Type");
    return read_bytes(c, &v, request->body, request->body_len, e);
}

/* ── modes ── */

typedef enum ce_mode { CE_BINARY, CE_STRUCTURED, CE_BATCH } ce_mode;

static ce_mode mode_of(const ingest_request *request) {
    if (request_content_type_is(request, "application/cloudevents-batch"))
        return CE_BATCH;
    return request_content_type_is(request, "application/cloudevents") ? CE_STRUCTURED : CE_BINARY;
}

static bool collect_tree(collector *c, const cJSON *tree, bool batch, err *e) {
    if (!batch)
        return collect_one(c, tree, read_structured, e);
    if (!cJSON_IsArray(tree))
        return err_set(e, ERR_INVALID, "a batch is a JSON array of events");
    c->context = cloudevent_seen_new(c->memory, (size_t)cJSON_GetArraySize(tree));
    return collect_list(c, tree, "event", read_structured, e);
}

static bool parse(const ingest_request *request, arena *a, ingest_result *out, err *e) {
    ce_mode mode = mode_of(request);
    collector c;
    collector_init(&c, request, a);
    if (mode == CE_BINARY)
        return collector_finish(&c, collect_one(&c, NULL, read_binary, e), out, e);
    const cJSON *tree = body_read(request, request->body, request->body_len, e);
    return collector_finish(&c, tree && collect_tree(&c, tree, mode == CE_BATCH, e), out, e);
}

/* CloudEvents define no signature; this is the one that webhooks of WebSub and GitHub carry: sha256=<hex> over the
 * body. It covers no headers, so that binary mode is refused where it is demanded. */
static bool check_signature(const ingest_request *request, err *e) {
    const char *header = request_header(request, "X-Hub-Signature-256");
    if (!header)
        return err_set(e, ERR_NOT_FOUND, "no X-Hub-Signature-256 header; this source demands one");
    if (!text_starts_with(header, "sha256=") || !signature_is_hex(header + 7))
        return err_set(e, ERR_INVALID, "X-Hub-Signature-256 is not sha256=<64 hex digits>");
    if (mode_of(request) == CE_BINARY)
        return err_set(e, ERR_INVALID,
                       "the signature does not cover the ce-* headers: send a signed event in "
                       "structured mode (application/cloudevents+json)");
    return signature_matches(request, NULL, header + 7) ||
           err_set(e, ERR_DENIED, "X-Hub-Signature-256 does not match the body");
}

const ingest_format format_cloudevent = {
    .name = "cloudevent",
    .doc = "CloudEvents 1.0, binary, structured or batch: requests such as a retraining or a new GPU environment",
    .body_limit = LIMIT_BODY_BYTES,
    .check_signature = check_signature,
    .parse = parse,
};
