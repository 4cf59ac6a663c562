/* The kind "webhook": the message as JSON to any URL, signed when a secret is given.
 *
 * The one difficulty: the signature covers the time and the body, so that an old request cannot be sent again later. */
#include "notify/notify_room.h"
#include "onus/crypto.h"
#include "onus/text.h"

#include <string.h>

enum { WEBHOOK_URL, WEBHOOK_METHOD, WEBHOOK_HEADERS, WEBHOOK_SECRET, WEBHOOK_OPTIONS };

static const option_row options[WEBHOOK_OPTIONS] = {
    [WEBHOOK_URL] = {"url", OPTION_URL, false, true, NULL, NULL,
                     "Where to send. Without it each contact must name the URL: CHANNEL:https://…"},
    [WEBHOOK_METHOD] = {"method", OPTION_WORD, false, false, "POST", "POST|PUT", "must be POST or PUT"},
    [WEBHOOK_HEADERS] = {"headers", OPTION_HEADERS, false, true, NULL, NULL,
                         "More request headers, Name: value, one a line."},
    [WEBHOOK_SECRET] = {"secret", OPTION_TEXT, false, true, NULL, NULL,
                        "Signs each request: X-Onus-Signature: v1=HEX of HMAC-SHA256 over \"TIMESTAMP.BODY\"."},
};

static void add_own_headers(const channel *c, header_list *h, arena *a) {
    const char *line = option_text(c, WEBHOOK_HEADERS);
    while (*line != '\0') {
        const size_t len = strcspn(line, "\n");
        const char *colon = memchr(line, ':', len);
        if (colon != NULL && h->count + 8 < OUTGOING_HEADERS_MAX) {
            const char *value = colon + 1 + strspn(colon + 1, " \t");
            header_add(h, a, arena_strndup(a, line, (size_t)(colon - line)),
                       arena_strndup(a, value, (size_t)(line + len - value)));
        }
        line += len + (line[len] == '\n');
    }
}

static void sign(const channel *c, const char *body, usec now, header_list *h, arena *a) {
    if (!option_is_set(c, WEBHOOK_SECRET))
        return;
    const char *timestamp = arena_printf(a, "%lld", (long long)(now / USEC_PER_SECOND));
    const char *text = arena_printf(a, "%s.%s", timestamp, body);
    header_add(h, a, "X-Onus-Timestamp", timestamp);
    header_add(h, a, "X-Onus-Signature",
               arena_printf(a, "v1=%s", crypto_hmac_sha256_hex(a, option_text(c, WEBHOOK_SECRET), text, strlen(text))));
}

static char *render_body(const message *m, const message_links *links, const templates *t, usec now, arena *a, err *e) {
    if (templates_payload_only(t, "webhook", "json", m)) {
        buf payload;
        buf_init(&payload);
        render_payload(m, links, now, a, &payload);
        char *body = arena_strndup(a, payload.data, payload.len);
        buf_release(&payload);
        return body;
    }
    message_facts *facts = message_facts_new(t, m, links, now);
    char *body = render_message(t, "webhook", "json", facts, a, e);
    message_facts_free(facts);
    return body;
}

/* With a url in the settings the address is a word for the receiver. */
static const char *address_fault(const channel *c, const char *address) {
    if (c == NULL || option_is_set(c, WEBHOOK_URL))
        return NULL;
    return *address == '\0' ? "is missing, and the channel has no url: write CHANNEL:https://…"
                            : channel_url_fault(c, address);
}

static bool build(const channel *c, const message *m, const message_links *links, const templates *t, usec now,
                  arena *a, outgoing *out, err *e) {
    const bool from_settings = option_is_set(c, WEBHOOK_URL);
    const char *url = from_settings ? option_text(c, WEBHOOK_URL) : m->address;
    char *body = render_body(m, links, t, now, a, e);
    if (body == NULL)
        return false;
    header_list headers = {.count = 0};
    add_own_headers(c, &headers, a);
    header_add(&headers, a, "X-Onus-Message-Id", message_id_text(a, m));
    sign(c, body, now, &headers, a);
    out->body = body;
    request_json(c, url, &headers, a, out);
    out->method = option_text(c, WEBHOOK_METHOD);
    out->allow_private = channel_allows_private(c, url, from_settings);
    return true;
}

const channel_kind kind_webhook = {
    .name = "webhook",
    .doc = "The message as JSON to any URL.",
    .options = options,
    .option_count = WEBHOOK_OPTIONS,
    .address_fault = address_fault,
    .build = build,
    .classify = classify_http,
};
