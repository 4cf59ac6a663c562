/* Owns the exchange as handlers see it: the request's parts and the completion. Leaves reading them from MHD to
 * request.c and answering to dispatch.c. The difficulty: nothing here may point into MHD's memory, because an exchange
 * can outlive its connection. */
#include "http/server.h"

#include "onus/text.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

http_exchange *exchange_new(http_mailbox *mailbox) {
    http_exchange *x = mem_zalloc(1, sizeof *x);
    x->memory = arena_new();
    buf_init(&x->body);
    x->mailbox = mailbox_ref(mailbox);
    return x;
}

void exchange_free(http_exchange *x) {
    if (!x)
        return;
    buf_release(&x->body);
    arena_free(x->memory);
    mailbox_unref(x->mailbox);
    free(x);
}

void exchange_reset(http_exchange *x) {
    arena *memory = x->memory;
    http_mailbox *mailbox = x->mailbox;
    buf body = x->body;
    arena_reset(memory);
    if (body.cap > BODY_KEPT_BYTES) {
        buf_release(&body);
        buf_init(&body);
    } else {
        buf_clear(&body);
    }
    *x = (http_exchange){.memory = memory, .mailbox = mailbox, .body = body};
}

const char *http_method(const http_exchange *x) {
    return x->method;
}

const char *http_path(const http_exchange *x) {
    return x->path;
}

static const char *field_find(const http_field *fields, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(fields[i].name, name) == 0)
            return fields[i].value;
    return NULL;
}

const char *http_path_param(const http_exchange *x, const char *name) {
    const char *value = field_find(x->match.params, x->match.param_count, name);
    assert(value && "the route's pattern has no such parameter");
    return value;
}

const char *http_query(const http_exchange *x, const char *name) {
    return field_find(x->query, x->query_count, name);
}

const char *http_query_or(const http_exchange *x, const char *name, const char *fallback) {
    const char *value = http_query(x, name);
    return value ? value : fallback;
}

size_t http_query_all(const http_exchange *x, const char *name, const char **out, size_t max) {
    size_t found = 0;
    for (size_t i = 0; i < x->query_count && found < max; i++)
        if (strcmp(x->query[i].name, name) == 0)
            out[found++] = x->query[i].value;
    return found;
}

const char *http_header(const http_exchange *x, const char *name) {
    for (size_t i = 0; i < x->header_count; i++)
        if (strcasecmp(x->headers[i].name, name) == 0)
            return x->headers[i].value;
    return NULL;
}

const http_header_view *http_headers(const http_exchange *x, size_t *count) {
    *count = x->header_count;
    return x->headers;
}

const char *http_body(const http_exchange *x, size_t *len) {
    *len = x->body.len;
    return x->body.data;
}

static bool is_form(const http_exchange *x) {
    static const char form[] = "application/x-www-form-urlencoded";
    const char *type = http_header(x, "Content-Type");
    return type && strncasecmp(type, form, sizeof form - 1) == 0 && strchr("; \t", type[sizeof form - 1]);
}

const char *http_form(http_exchange *x, const char *name) {
    if (!x->form_parsed) {
        x->form_parsed = true;
        if (!is_form(x) || !request_parse_fields(x->memory, x->body.data, x->body.len, &x->form, &x->form_count))
            x->form_count = 0;
    }
    return field_find(x->form, x->form_count, name);
}

const char *http_client(http_exchange *x) {
    return ip_to_text(x->memory, &x->client);
}

usec http_began(const http_exchange *x) {
    return x->began;
}

arena *http_arena(http_exchange *x) {
    return x->memory;
}

arena *http_scratch(http_exchange *x) {
    return x->loop->scratch;
}

const char *http_user(const http_exchange *x) {
    return x->user;
}

api_role http_role(const http_exchange *x) {
    return x->role;
}

void exchange_keep(http_exchange *x, const http_response *r) {
    x->response = *r;
    if (r->content_type)
        x->response.content_type = arena_strdup(x->memory, r->content_type);
    if (r->body && r->body != x->kept_body)
        x->response.body = memcpy(arena_alloc(x->memory, r->body_len), r->body, r->body_len);
    for (size_t i = 0; i < sizeof r->headers / sizeof *r->headers && r->headers[i]; i++)
        x->response.headers[i] = arena_strdup(x->memory, r->headers[i]);
}

void http_complete(http_exchange *x, const http_response *r) {
    assert(x->stage == EXCHANGE_AWAY);
    exchange_keep(x, r);
    if (!mailbox_push(x->mailbox, x))
        exchange_free(x);
}
