/* Headers and signatures of a request. Owns lookup and the comparison with every key; what a header looks like is the
 * formats'.
 *
 * The difficulty: time must not tell which key nearly matched, so that all are tried and none ends the loop. */
#include "ingest/request.h"

#include "onus/crypto.h"
#include "onus/text.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { HEX_DIGITS = 2 * SHA256_BYTES };

const char *request_header(const ingest_request *request, const char *name) {
    for (size_t i = 0; i < request->header_count; i++)
        if (strcasecmp(request->headers[i].name, name) == 0)
            return request->headers[i].value;
    return NULL;
}

size_t request_header_count(const ingest_request *request, const char *name) {
    size_t count = 0;
    for (size_t i = 0; i < request->header_count; i++)
        count += strcasecmp(request->headers[i].name, name) == 0;
    return count;
}

bool request_content_type_is(const ingest_request *request, const char *prefix) {
    const char *type = request_header(request, "Content-Type");
    return type && strncasecmp(type + strspn(type, " \t"), prefix, strlen(prefix)) == 0;
}

bool signature_is_hex(const char *text) {
    return strlen(text) == HEX_DIGITS && strspn(text, "0123456789abcdefABCDEF") == HEX_DIGITS;
}

static const char *signed_bytes(const ingest_request *request, const char *prefix, arena *a, size_t *len) {
    size_t head = prefix ? strlen(prefix) + 1 : 0;
    *len = head + request->body_len;
    if (!prefix)
        return request->body_len ? request->body : "";
    char *bytes = arena_alloc(a, *len + 1);
    memcpy(bytes, prefix, head - 1);
    bytes[head - 1] = ':';
    if (request->body_len)
        memcpy(bytes + head, request->body, request->body_len);
    return bytes;
}

bool signature_matches(const ingest_request *request, const char *prefix, const char *hex) {
    arena *a = arena_new();
    char *given = arena_strdup(a, hex);
    for (char *p = given; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    size_t len;
    const char *bytes = signed_bytes(request, prefix, a, &len);
    bool matches = false;
    for (size_t i = 0; i < request->from->hmac_secret_count; i++) {
        secret key = request->from->hmac_secrets[i];
        const char *expected = crypto_hmac_sha256_hex(a, secret_reveal(key), bytes, len);
        bool same = secret_is_set(key) & text_equal_secret(expected, given);
        matches |= same;
    }
    arena_free(a);
    return matches;
}
