/* Owns reading a request: target, headers, framing. Leaves the body to dispatch.c and routing to routes.c. The
 * difficulty: MHD lets requests through that two servers read differently (request smuggling), so framing headers are
 * counted and checked here before anything else. */
#include "http/server.h"

#include "onus/limits.h"
#include "onus/text.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

typedef struct header_scan {
    http_exchange *x;
    size_t bytes;
    size_t lengths, encodings, hosts;
    const char *length, *encoding, *coding;
    bool too_many, malformed;
    const char *line_end; /* in MHD's memory: of the line before */
} header_scan;

static void refuse(http_exchange *x, int status, const char *detail, bool cut) {
    if (x->refused.status == 0)
        x->refused = (refusal){.status = status, .detail = detail, .cut = cut};
}

static bool has_control(const char *bytes, size_t len) {
    for (size_t i = 0; i < len; i++)
        if (((unsigned char)bytes[i] < 0x20 && bytes[i] != '\t') || bytes[i] == 0x7f)
            return true;
    return false;
}

/* RFC 9110 §5.6.2: letters, digits and these. "Content-Length :" is what another server may read as Content-Length. */
static bool is_token(const char *name, size_t len) {
    for (size_t i = 0; i < len; i++)
        if (!isalnum((unsigned char)name[i]) && !strchr("!#$%&'*+-.^_`|~", name[i]))
            return false;
    return len > 0;
}

static void scan_framing(header_scan *s, const char *name, const char *value) {
    if (strcasecmp(name, "Content-Length") == 0) {
        s->lengths++;
        s->length = value;
    } else if (strcasecmp(name, "Transfer-Encoding") == 0) {
        s->encodings++;
        s->encoding = value;
    } else if (strcasecmp(name, "Content-Encoding") == 0) {
        s->coding = value;
    } else if (strcasecmp(name, "Host") == 0) {
        s->hosts++;
    }
}

/* MHD 0.9.75 takes a bare LF or CR for the end of a line and cuts at NUL, without a word. But it reads lines in place
 * and writes NUL over what ends their parts, so that each part begins `apart` after the one before. What stands
 * elsewhere was copied: then nothing can be seen. */
static bool follows(const char *end, const char *next, ptrdiff_t apart) {
    ptrdiff_t gap = end ? next - end : apart;
    return gap == apart || gap <= 0 || gap > LIMIT_HEADER_BYTES;
}

static enum MHD_Result scan_header(void *context, enum MHD_ValueKind kind, const char *name, size_t name_len,
                                   const char *value, size_t value_len) {
    header_scan *s = context;
    http_exchange *x = s->x;
    (void)kind;
    if (!follows(s->line_end, name, sizeof "\r\n" - 1))
        s->malformed = true;
    s->line_end = value ? value + value_len : NULL;
    if (!value) {
        value = "";
        value_len = 0;
    }
    s->bytes += name_len + value_len + 4;
    if (x->header_count == LIMIT_HEADERS || s->bytes > LIMIT_HEADER_BYTES) {
        s->too_many = true;
        return MHD_NO;
    }
    if (memchr(name, '\0', name_len) || !is_token(name, name_len) || has_control(value, value_len))
        s->malformed = true;
    http_header_view *view = &x->headers[x->header_count++];
    view->name = arena_strndup(x->memory, name, name_len);
    view->value = arena_strndup(x->memory, value, value_len);
    scan_framing(s, view->name, view->value);
    return MHD_YES;
}

/* RFC 9112 §6.3; whatever two readers could understand differently is refused and the connection ended. */
static void check_framing(http_exchange *x, const header_scan *s) {
    int64_t length = 0;
    err e;
    if (s->hosts == 0 && !x->version_1_0)
        refuse(x, 400, "no Host header", true);
    if (s->hosts > 1)
        refuse(x, 400, "more than one Host header", true);
    if (s->lengths > 1)
        refuse(x, 400, "more than one Content-Length header", true);
    if (s->lengths > 0 && s->encodings > 0)
        refuse(x, 400, "Content-Length together with Transfer-Encoding", true);
    if (s->encodings > 1 || (s->encodings == 1 && strcasecmp(s->encoding, "chunked") != 0))
        refuse(x, 400, "the only Transfer-Encoding that is understood is \"chunked\", once", true);
    if (s->encodings > 0 && x->version_1_0)
        refuse(x, 400, "Transfer-Encoding in an HTTP/1.0 request", true);
    if (s->lengths == 1 && !text_to_int(s->length, 0, INT64_MAX, "Content-Length", &length, &e))
        refuse(x, 400, "Content-Length is not a number", true);
    x->content_length = s->encodings > 0 ? UINT64_MAX : (uint64_t)length;
    x->has_body = x->content_length > 0;
    if (x->has_body && s->coding && strcasecmp(s->coding, "identity") != 0)
        refuse(x, 415, "Content-Encoding is not supported: send the body as it is", false);
}

/* Where MHD has read to: behind the empty line. */
static const char *head_end(struct MHD_Connection *mhd, const char *method) {
    const union MHD_ConnectionInfo *head = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    return head ? method + head->header_size : NULL;
}

static void read_headers(http_exchange *x, const mhd_request *from) {
    header_scan scan = {.x = x, .line_end = from->version + strlen(from->version)};
    x->headers = arena_alloc(x->memory, LIMIT_HEADERS * sizeof *x->headers);
    MHD_get_connection_values_n(from->mhd, MHD_HEADER_KIND, scan_header, &scan);
    bool lines_are_whole = follows(x->uri_end, from->version, sizeof " " - 1) &&
                           follows(scan.line_end, head_end(from->mhd, from->method), sizeof "\r\n\r\n" - 1);
    if (scan.too_many)
        refuse(x, 431, "too many or too large request headers", true);
    if (scan.malformed || !lines_are_whole)
        refuse(x, 400, "a malformed request line or header (a name, a control character, or no CR LF at its end)",
               true);
    check_framing(x, &scan);
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Percent-decoding; NULL when malformed, when it gives NUL, or when it is not UTF-8. */
static const char *decode(arena *a, const char *text, size_t len, bool plus_is_space) {
    char *out = arena_alloc(a, len + 1);
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (c == '+' && plus_is_space) {
            c = ' ';
        } else if (c == '%') {
            if (len - i < 3 || hex_digit(text[i + 1]) < 0 || hex_digit(text[i + 2]) < 0)
                return NULL;
            c = (char)(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
            i += 2;
        }
        out[n++] = c;
    }
    out[n] = '\0';
    return text_is_utf8(out, n) ? out : NULL;
}

bool request_parse_fields(arena *a, const char *text, size_t len, http_field **out, size_t *count) {
    *out = ARENA_ARRAY(a, http_field, LIMIT_QUERY_FIELDS);
    *count = 0;
    const char *end = text + len;
    while (text < end) {
        const char *stop = memchr(text, '&', (size_t)(end - text));
        stop = stop ? stop : end;
        const char *equals = memchr(text, '=', (size_t)(stop - text));
        const char *name_end = equals ? equals : stop, *value = equals ? equals + 1 : stop;
        if (stop > text) {
            http_field f = {decode(a, text, (size_t)(name_end - text), true),
                            decode(a, value, (size_t)(stop - value), true)};
            if (!f.name || !f.value || *count == LIMIT_QUERY_FIELDS)
                return false;
            (*out)[(*count)++] = f;
        }
        text = stop + 1;
    }
    return true;
}

/* A segment is decoded after the cut, so that %2F is no separator. */
static bool read_path(http_exchange *x, const char *path, size_t len) {
    enum { MANY = ROUTE_SEGMENTS_MAX + 1 };
    x->segments = ARENA_ARRAY(x->memory, const char *, MANY);
    x->path = decode(x->memory, path, len, false);
    if (!x->path || len == 0 || path[0] != '/')
        return false;
    const char *end = path + len;
    while (path < end && x->segment_count < MANY) {
        const char *start = path + 1, *slash = memchr(start, '/', (size_t)(end - start));
        path = slash ? slash : end;
        x->segments[x->segment_count++] = decode(x->memory, start, (size_t)(path - start), false);
    }
    return true;
}

static bool has_blank_or_control(const char *text) {
    for (; *text; text++)
        if ((unsigned char)*text <= 0x20 || *text == 0x7f)
            return true;
    return false;
}

static void read_target(http_exchange *x) {
    const char *target = x->uri;
    x->path = x->uri;
    if (x->uri_too_long) {
        refuse(x, 414, "the request's URL is too long", true);
        return;
    }
    if (strncasecmp(target, "http://", 7) == 0) { /* absolute form, RFC 9112 §3.2.2: Host does not count then */
        size_t len = strcspn(target + 7, "/?");
        x->host = arena_strndup(x->memory, target + 7, len);
        target += 7 + len;
    }
    if (strcmp(target, "*") == 0 && strcmp(x->method, "OPTIONS") == 0)
        return;
    size_t path_len = strcspn(target, "?");
    bool good = !has_blank_or_control(target) && read_path(x, target, path_len);
    if (good && target[path_len] == '?') {
        const char *query = target + path_len + 1;
        good = request_parse_fields(x->memory, query, strlen(query), &x->query, &x->query_count);
    }
    if (!good)
        refuse(x, 400, "the request's URL is malformed (percent-encoding, UTF-8, NUL, or too many fields)", false);
    if (!x->path)
        x->path = "";
}

void request_read(http_exchange *x, const mhd_request *from) {
    read_headers(x, from);
    x->host = http_header(x, "Host");
    read_target(x);
}
