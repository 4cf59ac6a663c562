/* Who may post. Owns the choice among bearer, basic and signature, and what each refusal says; the comparison of
 * secrets is secret.h's, the signature the format's.
 *
 * The difficulty: fail closed. What is configured but can never pass for a format must refuse, not fall back to "no
 * auth". */
#include "ingest/request.h"
#include "onus/text.h"

#include <string.h>
#include <strings.h>

/* The credentials behind the scheme's name, or NULL when the header names another one. */
static const char *credentials(const char *header, const char *scheme) {
    size_t len = strlen(scheme);
    if (strncasecmp(header, scheme, len) != 0 || header[len] != ' ')
        return NULL;
    return header + len + strspn(header + len, " ");
}

static ingest_auth refuse(ingest_auth verdict, err *e, const char *why) {
    (void)err_set(e, verdict == INGEST_AUTH_MALFORMED ? ERR_INVALID : ERR_DENIED, "%s", why);
    return verdict;
}

static ingest_auth check_bearer(const source *s, const char *token, err *e) {
    if (*token == '\0')
        return refuse(INGEST_AUTH_MALFORMED, e, "the Authorization header has no bearer token");
    return secret_matches(s->token, token) ? INGEST_AUTH_OK : refuse(INGEST_AUTH_WRONG, e, "unknown bearer token");
}

/* RFC 7617: base64 of user-id ":" password, in UTF-8; no control characters. Both are compared whatever the first
 * comparison gives. */
static ingest_auth check_basic(const source *s, const char *encoded, err *e) {
    arena *a = arena_new();
    unsigned char *bytes = NULL;
    size_t len = 0;
    ingest_auth verdict = INGEST_AUTH_MALFORMED;
    if (text_from_base64(a, encoded, &bytes, &len, e)) {
        char *pair = arena_strndup(a, (const char *)bytes, len);
        char *colon = strchr(pair, ':');
        if (colon && text_is_utf8(pair, len)) {
            *colon = '\0';
            bool known =
                text_equal_secret(s->username ? s->username : "", pair) & secret_matches(s->password, colon + 1);
            verdict = known ? INGEST_AUTH_OK : INGEST_AUTH_WRONG;
        }
    }
    arena_free(a);
    if (verdict == INGEST_AUTH_MALFORMED)
        return refuse(verdict, e, "the basic credentials are not base64 of \"user:password\" in UTF-8");
    return verdict == INGEST_AUTH_OK ? verdict : refuse(verdict, e, "unknown user or wrong password");
}

static ingest_auth check_header(const source *s, const ingest_request *request, err *e) {
    const char *header = request_header(request, "Authorization");
    if (!header)
        return refuse(INGEST_AUTH_MISSING, e, "this source demands an Authorization header");
    if (request_header_count(request, "Authorization") > 1)
        return refuse(INGEST_AUTH_MALFORMED, e, "more than one Authorization header");
    const char *token = credentials(header, "Bearer"), *basic = credentials(header, "Basic");
    if (token && secret_is_set(s->token))
        return check_bearer(s, token, e);
    if (basic && secret_is_set(s->password))
        return check_basic(s, basic, e);
    return refuse(INGEST_AUTH_MISSING, e,
                  secret_is_set(s->token) ? "this source demands a bearer token"
                                          : "this source demands a user and a password (basic)");
}

static ingest_auth check_signed(const ingest_format *format, const ingest_request *request, err *e) {
    if (!format->check_signature)
        return refuse(INGEST_AUTH_WRONG, e, "this source has keys for a signature, but its format has no signature");
    if (format->check_signature(request, e))
        return INGEST_AUTH_OK;
    if (e->kind == ERR_INVALID)
        return INGEST_AUTH_MALFORMED;
    return e->kind == ERR_NOT_FOUND ? INGEST_AUTH_MISSING : INGEST_AUTH_WRONG;
}

static bool asks_header(const source *s) {
    return secret_is_set(s->token) || s->username || secret_is_set(s->password);
}

bool ingest_is_open(const source *s) {
    return !asks_header(s) && s->hmac_secret_count == 0 && s->routing_key_count == 0;
}

bool ingest_credentials_shown(const ingest_format *format, const ingest_request *request) {
    const source *s = request->from;
    bool key = s->routing_key_count > 0 && format->key_in_body; /* without one the body is invalid */
    return key || (asks_header(s) && request_header(request, "Authorization"));
}

ingest_auth ingest_authenticate(const ingest_format *format, const ingest_request *request, bool peer_is_loopback,
                                err *e) {
    const source *s = request->from;
    if (s->hmac_secret_count > 0)
        return check_signed(format, request, e);
    if (s->routing_key_count > 0 && format->key_in_body)
        return INGEST_AUTH_OK;
    if (asks_header(s))
        return check_header(s, request, e);
    if (s->routing_key_count > 0)
        return refuse(INGEST_AUTH_WRONG, e, "this source has routing keys, but its format carries none");
    if (peer_is_loopback)
        return INGEST_AUTH_OK;
    return refuse(INGEST_AUTH_MISSING, e, "this source has no authentication and answers to this machine only");
}

ingest_auth ingest_judge_headers(const ingest_format *format, const ingest_request *request, bool peer_is_loopback,
                                 err *e) {
    const source *s = request->from;
    ingest_request head = *request;
    head.body = "";
    head.body_len = 0;
    ingest_auth verdict = ingest_authenticate(format, &head, peer_is_loopback, e);
    if (s->hmac_secret_count > 0 &&
        format->check_signature) /* of no body: only that there is none, or no proper one, counts */
        return verdict == INGEST_AUTH_OK || verdict == INGEST_AUTH_WRONG ? INGEST_AUTH_BY_BODY : verdict;
    bool key_in_body = s->hmac_secret_count == 0 && s->routing_key_count > 0 && format->key_in_body;
    return key_in_body ? INGEST_AUTH_BY_BODY : verdict;
}
