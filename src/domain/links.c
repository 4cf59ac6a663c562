/* Links: tokens that prove who was told about which incident, and the nonce of the page behind them.
 *
 * Owns making and checking; http owns the page. The difficulty: everything in a token comes from a stranger until its
 * MAC holds. Before that only its key id is read, to choose the key; nothing is said about the rest. */
#include "onus/links.h"

#include "onus/crypto.h"
#include "onus/text.h"

#include <inttypes.h>
#include <string.h>

enum {
    KEY_ID_BYTES = 8,
    MAC_TEXT_BYTES = 43, /* base64url of 32 bytes */
    PAYLOAD_BYTES_MAX = (LINK_TOKEN_BYTES_MAX - MAC_TEXT_BYTES - 1) / 4 * 3,
    TEAM_BYTES_MAX = 128,
    WHO_BYTES_MAX = PAYLOAD_BYTES_MAX - 64 - TEAM_BYTES_MAX, /* what else stands before it is shorter than 64 */
    FIELDS_BEFORE = 6,                                       /* without the team */
    FIELDS = 7,
};

static const char *const letters[RACI_LETTER_COUNT] = {
    [RACI_RESPONSIBLE] = "R",
    [RACI_ACCOUNTABLE] = "A",
    [RACI_CONSULTED] = "C",
    [RACI_INFORMED] = "I",
};

static char *key_id(arena *a, secret key) {
    const char *text = secret_reveal(key);
    return arena_strndup(a, crypto_sha256_hex(a, text, strlen(text)), KEY_ID_BYTES);
}

static char *mac_of(arena *a, secret key, const char *text) {
    unsigned char mac[SHA256_BYTES];
    const char *k = secret_reveal(key);
    crypto_hmac_sha256(k, strlen(k), text, strlen(text), mac);
    return text_to_base64url(a, mac, sizeof mac);
}

char *link_token(arena *a, const link_keys *keys, const link_claim *claim) {
    if (keys->count == 0)
        return arena_strdup(a, "");
    const char *team = claim->team != NULL ? claim->team : "";
    bool named = *team != '\0' && strlen(team) <= TEAM_BYTES_MAX && strchr(team, '|') == NULL;
    /* `who` stands last, so that it may hold whatever a team is called. */
    char *payload = arena_printf(a, "%d|%s|%" PRId64 "|%" PRId64 "|%s|%s%s%s", named ? 2 : 1, key_id(a, keys->keys[0]),
                                 claim->incident, claim->expires_at / USEC_PER_SECOND, letters[claim->letter],
                                 named ? team : "", named ? "|" : "", text_shorten(a, claim->who, WHO_BYTES_MAX));
    return arena_printf(a, "%s.%s", text_to_base64url(a, payload, strlen(payload)), mac_of(a, keys->keys[0], payload));
}

static bool malformed(err *e) {
    return err_set(e, ERR_DENIED, "This link is not valid. Was it cut when it was copied?");
}

/* Decodes what only one text encodes: whoever changes a letter of a token must not get another valid one. */
static bool decode_payload(arena *a, const char *token, char **payload, const char **mac, err *e) {
    size_t len = strnlen(token, LINK_TOKEN_BYTES_MAX + 1);
    const char *dot = len <= LINK_TOKEN_BYTES_MAX ? memchr(token, '.', len) : NULL;
    if (dot == NULL || strlen(dot + 1) != MAC_TEXT_BYTES)
        return malformed(e);
    char *encoded = arena_strndup(a, token, (size_t)(dot - token));
    unsigned char *bytes;
    size_t count;
    err ignored;
    if (!text_from_base64(a, encoded, &bytes, &count, &ignored) || !text_is_utf8((const char *)bytes, count) ||
        !text_equal(text_to_base64url(a, bytes, count), encoded))
        return malformed(e);
    *payload = arena_strndup(a, (const char *)bytes, count);
    *mac = dot + 1;
    return true;
}

/* Cuts at the first bars; the last field keeps its own. What has no team gets "" there. */
static bool split_payload(arena *a, const char *payload, char *fields[FIELDS]) {
    const bool before = text_starts_with(payload, "1|");
    const int count = before ? FIELDS_BEFORE : FIELDS;
    for (int f = 0; f < count - 1; f++) {
        const char *bar = strchr(payload, '|');
        if (bar == NULL)
            return false;
        fields[f] = arena_strndup(a, payload, (size_t)(bar - payload));
        payload = bar + 1;
    }
    if (before)
        fields[FIELDS - 2] = arena_strdup(a, "");
    fields[FIELDS - 1] = arena_strdup(a, payload);
    return true;
}

static const secret *key_find(arena *a, const link_keys *keys, const char *id) {
    for (size_t k = 0; k < keys->count; k++) {
        if (text_equal(key_id(a, keys->keys[k]), id))
            return &keys->keys[k];
    }
    return NULL;
}

static bool letter_from_text(const char *text, raci_letter *out) {
    for (int letter = 0; letter < RACI_LETTER_COUNT; letter++) {
        if (text_equal(text, letters[letter])) {
            *out = (raci_letter)letter;
            return true;
        }
    }
    return false;
}

/* The fields of a payload whose MAC holds: only a token of another version can fail here. */
static bool read_claim(char *const fields[FIELDS], link_claim *out, err *e) {
    int64_t incident, expires;
    raci_letter letter;
    err ignored;
    bool known = text_equal(fields[0], "1") || (text_equal(fields[0], "2") && fields[5][0] != '\0');
    if (!known || !text_to_int(fields[2], 1, INT64_MAX, "incident", &incident, &ignored) ||
        !text_to_int(fields[3], 0, INT64_MAX / USEC_PER_SECOND, "expiry", &expires, &ignored) ||
        !letter_from_text(fields[4], &letter))
        return malformed(e);
    *out = (link_claim){.incident = incident,
                        .letter = letter,
                        .team = fields[5],
                        .who = fields[6],
                        .expires_at = expires * USEC_PER_SECOND};
    return true;
}

bool link_verify(arena *a, const link_keys *keys, const char *token, usec now, link_claim *out, err *e) {
    char *payload = NULL;
    const char *mac = "";
    char *fields[FIELDS];
    if (!decode_payload(a, token, &payload, &mac, e))
        return false;
    if (!split_payload(a, payload, fields))
        return malformed(e);
    const secret *key = key_find(a, keys, fields[1]);
    if (key == NULL)
        return err_set(e, ERR_NOT_FOUND,
                       "This link is too old to be checked. Open the incident in the console instead.");
    if (!text_equal_secret(mac_of(a, *key, payload), mac))
        return malformed(e);
    link_claim claim;
    if (!read_claim(fields, &claim, e))
        return false;
    if (now >= claim.expires_at)
        return err_set(e, ERR_NOT_FOUND, "This link expired on %s. Open the incident in the console instead.",
                       time_to_short_text(a, claim.expires_at));
    *out = claim;
    return true;
}

/* " (CHANNEL)" or " (CHANNEL:ADDRESS)" and nothing more: not " (EU) (slack:eu)" of another team's name. */
static bool is_contact(const char *rest) {
    if (!text_starts_with(rest, " ("))
        return false;
    rest += 2;
    rest += strspn(rest, "abcdefghijklmnopqrstuvwxyz0123456789._-");
    return *rest == ':' ? text_ends_with(rest, ")") : text_equal(rest, ")");
}

bool link_is_of(const char *team, const char *who, const party *p) {
    if (team != NULL && *team != '\0')
        return text_equal(team, p->team);
    if (!text_starts_with(who, p->team_name))
        return false;
    const char *rest = who + strlen(p->team_name);
    return is_contact(rest) || text_starts_with(rest, PARTY_ON_CALL);
}

/* "nonce" where a token's payload says "1": neither can stand for the other. */
static char *nonce_of(arena *a, secret key, const char *token, int64_t hour) {
    return mac_of(a, key, arena_printf(a, "nonce|%" PRId64 "|%s", hour, token));
}

char *link_nonce(arena *a, const link_keys *keys, const char *token, usec now) {
    return keys->count == 0 ? arena_strdup(a, "") : nonce_of(a, keys->keys[0], token, now / USEC_PER_HOUR);
}

bool link_nonce_ok(arena *a, const link_keys *keys, const char *token, const char *nonce, usec now) {
    bool ok = false;
    if (strnlen(token, LINK_TOKEN_BYTES_MAX + 1) > LINK_TOKEN_BYTES_MAX)
        return false;
    for (size_t k = 0; k < keys->count; k++) {
        for (int64_t hour = now / USEC_PER_HOUR; hour >= now / USEC_PER_HOUR - 1; hour--)
            ok |= text_equal_secret(nonce_of(a, keys->keys[k], token, hour), nonce);
    }
    return ok;
}
