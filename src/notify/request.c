/* Owns the parts that requests of several kinds share: headers without line ends, JSON posts, the stable message id;
 * and that nothing is built for a contact that cannot be reached. */
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

bool request_build(const channel *c, const message *m, const message_links *links, const templates *t, usec now,
                   arena *a, outgoing *out, err *e) {
    const char *fault = c->kind->address_fault == NULL ? NULL : c->kind->address_fault(c, m->address);
    if (fault != NULL)
        return err_set(e, ERR_INVALID, "the contact's address %s", fault);
    return c->kind->build(c, m, links, t, now, a, out, e);
}

const char *message_id_text(arena *a, const message *m) {
    return arena_printf(a, "onus-%lld", (long long)m->id);
}

const char *link_token_of(const message_links *links) {
    const char *slash = strrchr(links->act, '/');
    return slash == NULL ? "" : slash + 1;
}
