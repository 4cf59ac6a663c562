/* Owns the parts that requests of several kinds share: headers without line ends, JSON posts, the stable message id. */
#include "notify/notify_room.h"

#include <assert.h>
#include <string.h>

void header_add(header_list *h, arena *a, const char *name, const char *value) {
    assert(h->count < OUTGOING_HEADERS_MAX);
    char *line = arena_printf(a, "%s: %s", name, value);
    char *to = line;
    for (const char *from = line; *from != '\0'; from++)
        if (((unsigned char)*from >= ' ' && *from != 0x7f) || *from == '\t')
            *to++ = *from;
    *to = '\0';
    h->items[h->count++] = line;
}

void request_json(const channel *c, const char *url, header_list *more, arena *a, outgoing *out) {
    header_add(more, a, "Content-Type", "application/json; charset=utf-8");
    const char **headers = ARENA_ARRAY(a, const char *, more->count);
    memcpy(headers, more->items, more->count * sizeof *headers);
    out->protocol = OUTGOING_HTTP;
    out->method = "POST";
    out->url = url;
    out->headers = headers;
    out->header_count = more->count;
    out->body_len = strlen(out->body);
    out->ca = option_ca(c);
}

const char *message_id_text(arena *a, const message *m) {
    return arena_printf(a, "onus-%lld", (long long)m->id);
}

const char *link_token_of(const message_links *links) {
    const char *slash = strrchr(links->act, '/');
    return slash == NULL ? "" : slash + 1;
}
