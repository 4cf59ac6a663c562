/* Owns responses: the helpers that fill one, problems as RFC 9457, and the step to MHD's own. Leaves sending to
 * dispatch.c. */
#include "http/server.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

enum { HEADERS_MAX = sizeof((http_response){0}.headers) / sizeof(const char *) - 1 };

/* No script but our own files, no framing, nothing from elsewhere. */
static const char policy[] = "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self' "
                             "'unsafe-inline'; img-src 'self' data:; connect-src 'self'; form-action 'self'; "
                             "frame-ancestors 'none'; base-uri 'none'";
static const char *const html_headers[] = {
    policy,
    "Cache-Control: no-store",
    "Referrer-Policy: no-referrer",
    "X-Frame-Options: DENY",
};

const char *response_title(int status) {
    return MHD_get_reason_phrase_for((unsigned)status);
}

static void fill(http_exchange *x, http_response *r, int status, const char *type, const char *body) {
    size_t len = strlen(body);
    x->kept_body = arena_strndup(x->memory, body, len);
    *r = (http_response){.status = status, .content_type = type, .body = x->kept_body, .body_len = len};
}

void http_respond_json(http_exchange *x, http_response *r, int status, const char *json) {
    fill(x, r, status, "application/json", json);
}

void http_respond_text(http_exchange *x, http_response *r, int status, const char *text) {
    fill(x, r, status, "text/plain; charset=utf-8", text);
}

void http_respond_html(http_exchange *x, http_response *r, int status, const char *html) {
    fill(x, r, status, "text/html; charset=utf-8", html);
    for (size_t i = 0; i < sizeof html_headers / sizeof *html_headers; i++)
        r->headers[i] = html_headers[i];
}

static void problem_print(buf *b, int status, const char *detail) {
    buf_puts(b, "{\"type\":\"about:blank\",\"title\":");
    buf_put_json(b, response_title(status));
    buf_printf(b, ",\"status\":%d", status);
    if (detail) {
        buf_puts(b, ",\"detail\":");
        buf_put_json(b, detail);
    }
    buf_puts(b, "}\n");
}

void http_respond_problem(http_exchange *x, http_response *r, int status, const char *detail) {
    buf b;
    buf_init(&b);
    problem_print(&b, status, detail);
    fill(x, r, status, "application/problem+json", b.data);
    buf_release(&b);
}

void http_respond_err(http_exchange *x, http_response *r, const err *e) {
    static const int statuses[] = {
        [ERR_NONE] = 500,      [ERR_INVALID] = 400,  [ERR_LIMIT] = 413,       [ERR_DENIED] = 403,
        [ERR_NOT_FOUND] = 404, [ERR_CONFLICT] = 409, [ERR_UNAVAILABLE] = 503, [ERR_SYSTEM] = 500,
    };
    http_respond_problem(x, r, statuses[e->kind], e->text);
    if (e->kind == ERR_UNAVAILABLE)
        http_add_header(x, r, "Retry-After", "5");
}

void http_add_header(http_exchange *x, http_response *r, const char *name, const char *value) {
    size_t i = 0;
    assert(!strpbrk(name, "\r\n: ") && !strpbrk(value, "\r\n"));
    while (r->headers[i])
        i++;
    assert(i < HEADERS_MAX);
    r->headers[i] = arena_printf(x->memory, "%s: %s", name, value);
}

void refusal_respond(http_exchange *x, const refusal *why, http_response *r) {
    if (why->detail)
        http_respond_problem(x, r, why->status, why->detail);
    else
        *r = (http_response){.status = why->status};
    r->headers[0] = why->line;
}

static const char private_answer[] = "Cache-Control: no-store";

/* What is answered here is somebody's own, or true for this moment only; what may be kept says so itself. */
static bool says_how_long(const http_response *r) {
    for (size_t i = 0; i <= HEADERS_MAX && r->headers[i]; i++)
        if (strncasecmp(r->headers[i], "Cache-Control:", 14) == 0)
            return true;
    return false;
}

char *response_print(arena *a, const http_response *r) {
    buf b;
    buf_init(&b);
    buf_printf(&b, "HTTP/1.1 %d %s\r\n", r->status, response_title(r->status));
    if (r->content_type)
        buf_printf(&b, "Content-Type: %s\r\nX-Content-Type-Options: nosniff\r\n", r->content_type);
    for (size_t i = 0; i <= HEADERS_MAX && r->headers[i]; i++)
        buf_printf(&b, "%s\r\n", r->headers[i]);
    if (!says_how_long(r))
        buf_printf(&b, "%s\r\n", private_answer);
    buf_printf(&b, "Connection: close\r\nContent-Length: %zu\r\n\r\n", r->body_len);
    buf_put(&b, r->body ? r->body : "", r->body_len);
    char *text = buf_to_arena(&b, a);
    buf_release(&b);
    return text;
}

char *refusal_print(arena *a, const refusal *why) {
    buf b;
    buf_init(&b);
    problem_print(&b, why->status, why->detail);
    char *text = response_print(a, &(http_response){.status = why->status,
                                                    .content_type = "application/problem+json",
                                                    .body = b.data,
                                                    .body_len = b.len,
                                                    .headers = {why->line}});
    buf_release(&b);
    return text;
}

static void add_header(struct MHD_Response *out, const char *name, const char *value) {
    enum MHD_Result added = MHD_add_response_header(out, name, value);
    assert(added == MHD_YES);
    (void)added;
}

static void add_line(struct MHD_Response *out, const char *line) {
    char name[64];
    const char *colon = strchr(line, ':');
    assert(colon && (size_t)(colon - line) < sizeof name);
    memcpy(name, line, (size_t)(colon - line));
    name[colon - line] = '\0';
    add_header(out, name, colon + 1 + strspn(colon + 1, " "));
}

struct MHD_Response *response_to_mhd(const http_response *r, bool close) {
    /* MHD only reads a persistent buffer. */
    union {
        const char *from;
        void *to;
    } body = {.from = r->content_type && r->body ? r->body : ""};
    size_t len = r->content_type && r->body ? r->body_len : 0;
    struct MHD_Response *out = MHD_create_response_from_buffer(len, body.to, MHD_RESPMEM_PERSISTENT);
    if (!out)
        return NULL;
    if (r->content_type) {
        add_header(out, "Content-Type", r->content_type);
        add_header(out, "X-Content-Type-Options", "nosniff");
    }
    for (size_t i = 0; i <= HEADERS_MAX && r->headers[i]; i++)
        add_line(out, r->headers[i]);
    if (!says_how_long(r))
        add_line(out, private_answer);
    if (close)
        add_header(out, "Connection", "close");
    return out;
}
