/* Owns the question which requests may go to private addresses (docs/channels.md says it for people).
 *
 * The one difficulty: an operator who writes http://127.0.0.1/ means it; a name that turns out to be private may be
 * somebody else's doing (DNS rebinding), and an address of the chart never counts as the operator's word. */
#include "notify/notify_room.h"
#include "onus/text.h"

#include <curl/curl.h>
#include <string.h>

/* Where a URL leads, as far as its text says it. */
typedef struct url_host {
    bool readable;       /* http or https, with a host */
    bool literal;        /* "localhost" or an IP literal; a name is judged when it is connected to */
    address_class class; /* of a literal */
} url_host;

static url_host host_class(char *host) {
    const size_t len = strlen(host);
    const bool six = len > 2 && host[0] == '[';
    if (six)
        host[len - 1] = '\0';
    if (text_equal_nocase(host, "localhost"))
        return (url_host){true, true, ADDRESS_PRIVATE};
    const bool literal = six || strspn(host, "0123456789.") == len;
    return (url_host){true, literal, literal ? address_classify_text(six ? host + 1 : host) : ADDRESS_PUBLIC};
}

static url_host url_host_of(const char *url) {
    CURLU *parsed = curl_url();
    char *host = NULL;
    url_host found = {false, false, ADDRESS_PUBLIC};
    if (parsed != NULL && curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK &&
        curl_url_get(parsed, CURLUPART_HOST, &host, 0) == CURLUE_OK && *host != '\0')
        found = host_class(host);
    curl_free(host);
    curl_url_cleanup(parsed);
    found.readable = found.readable && (text_starts_with(url, "https://") || text_starts_with(url, "http://"));
    return found;
}

/* Link-local addresses are never meant by accident of a literal: cloud machines find credentials there, so they want
 * allow_private. */
static bool names_private_literally(const char *url) {
    const url_host host = url_host_of(url);
    return host.literal && host.class == ADDRESS_PRIVATE;
}

bool channel_allows_private(const channel *c, const char *url, bool from_settings) {
    if (c->allow_private.set)
        return text_equal(c->allow_private.text, "true");
    return c->settings_allow_private || (from_settings && names_private_literally(url));
}

const char *channel_url_fault(const channel *c, const char *url) {
    for (const char *at = url; *at != '\0'; at++)
        if ((unsigned char)*at <= ' ' || *at == 0x7f)
            return "is no URL: it holds white space or a control character";
    const url_host host = url_host_of(url);
    if (!host.readable)
        return "is no URL: write it like https://hooks.example.com/…";
    if (host.literal && !address_allowed(host.class, channel_allows_private(c, url, false)))
        return host.class == ADDRESS_UNUSABLE ? "is a URL whose host is nobody's address"
                                              : "leads to a private address, which takes allow_private in the channel";
    return NULL;
}
