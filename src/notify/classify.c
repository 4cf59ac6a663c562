/* Owns what a reply comes to where a kind knows nothing better: delivered, try later, give up. Pure.
 *
 * The one difficulty is the middle: what may succeed when it is sent again unchanged. */
#include "notify/notify_room.h"
#include "onus/text.h"

#include <string.h>

enum { BODY_SHOWN = 120, DETAIL_MAX = 300 };

static const struct status_row {
    long status;
    const char *text;
    bool later;
} statuses[] = {
    {200, "OK", false},
    {201, "Created", false},
    {202, "Accepted", false},
    {204, "No Content", false},
    {301, "Moved Permanently (redirects are not followed)", false},
    {302, "Found (redirects are not followed)", false},
    {303, "See Other (redirects are not followed)", false},
    {307, "Temporary Redirect (redirects are not followed)", false},
    {308, "Permanent Redirect (redirects are not followed)", false},
    {400, "Bad Request", false},
    {401, "Unauthorized", false},
    {403, "Forbidden", false},
    {404, "Not Found", false},
    {405, "Method Not Allowed", false},
    {408, "Request Timeout", true},
    {410, "Gone", false},
    {413, "Content Too Large", false},
    {415, "Unsupported Media Type", false},
    {422, "Unprocessable Content", false},
    {425, "Too Early", true},
    {429, "Too Many Requests", true},
    {500, "Internal Server Error", true},
    {502, "Bad Gateway", true},
    {503, "Service Unavailable", true},
    {504, "Gateway Timeout", true},
};

static const struct status_row *find_status(long status) {
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (statuses[i].status == status)
            return &statuses[i];
    return NULL;
}

/* The reply's first words on one line; nothing when they are no text. */
static const char *body_words(const reply *r, arena *a) {
    if (r->body == NULL || r->body_len == 0 || !text_is_utf8(r->body, r->body_len))
        return "";
    char *words = text_shorten(a, r->body, BODY_SHOWN);
    for (char *c = words; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = ' ';
    return words;
}

const char *reply_detail(const reply *r, arena *a) {
    if (!r->answered)
        return text_shorten(a, r->failure == NULL ? "no answer" : r->failure, DETAIL_MAX);
    const struct status_row *known = find_status(r->status);
    const char *words = body_words(r, a);
    return text_shorten(a,
                        arena_printf(a, "%ld%s%s%s%s", r->status, known == NULL ? "" : " ",
                                     known == NULL ? "" : known->text, *words == '\0' ? "" : ": ", words),
                        DETAIL_MAX);
}

static delivery_verdict http_verdict(const reply *r) {
    if (!r->answered)
        return r->failure_is_permanent ? GIVE_UP : TRY_LATER;
    if (r->status >= 200 && r->status < 300)
        return DELIVERED;
    const struct status_row *known = find_status(r->status);
    return r->status >= 500 || (known != NULL && known->later) ? TRY_LATER : GIVE_UP;
}

static void fill(const message *m, const reply *r, arena *a, delivery_result *out) {
    out->message_id = m->id;
    out->status = (int)r->status;
    out->retry_after = r->retry_after;
    out->detail = reply_detail(r, a);
}

void classify_http(const channel *c, const message *m, const reply *r, arena *a, delivery_result *out) {
    (void)c;
    fill(m, r, a, out);
    out->verdict = http_verdict(r);
}

static const int refused_credentials[] = {530, 534, 535, 538};

void classify_smtp(const channel *c, const message *m, const reply *r, arena *a, delivery_result *out) {
    fill(m, r, a, out);
    if (!r->answered) {
        out->verdict = r->failure_is_permanent ? GIVE_UP : TRY_LATER;
        return;
    }
    out->verdict = r->status < 400 ? DELIVERED : r->status < 500 ? TRY_LATER : GIVE_UP;
    for (size_t i = 0; i < sizeof refused_credentials / sizeof *refused_credentials; i++)
        if (r->status == refused_credentials[i])
            out->detail = text_shorten(
                a,
                arena_printf(a, "the mail relay of channel \"%s\" refused its credentials: %s", c->name, out->detail),
                DETAIL_MAX);
}
