/* Owns the question which requests may go to private addresses (docs/channels.md says it for people).
 *
 * The one difficulty: an operator who writes http://127.0.0.1/ means it; a name that turns out to be private may be
 * somebody else's doing (DNS rebinding), and an address of the chart never counts as the operator's word. */
#include "notify/notify_room.h"
#include "onus/text.h"

#include <curl/curl.h>
#include <string.h>

/* "localhost" or an IP literal of a private network. Link-local addresses are never meant by accident of a literal:
 * cloud machines find credentials there, so they want allow_private. */
static bool names_private_literally(const char *url) {
    CURLU *parsed = curl_url();
    char *host = NULL;
    bool literal = false;
    if (parsed != NULL && curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK &&
        curl_url_get(parsed, CURLUPART_HOST, &host, 0) == CURLUE_OK) {
        const size_t len = strlen(host);
        if (len > 2 && host[0] == '[') { /* an IPv6 literal */
            host[len - 1] = '\0';
            literal = address_classify_text(host + 1) == ADDRESS_PRIVATE;
        } else
            literal = text_equal_nocase(host, "localhost") || address_classify_text(host) == ADDRESS_PRIVATE;
    }
    curl_free(host);
    curl_url_cleanup(parsed);
    return literal;
}

bool channel_allows_private(const channel *c, const char *url, bool from_settings) {
    if (c->allow_private.set)
        return text_equal(c->allow_private.text, "true");
    return c->settings_allow_private || (from_settings && names_private_literally(url));
}
