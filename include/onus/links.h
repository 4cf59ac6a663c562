/* Links in messages: /a/{token}. A token names incident, letter, team, who was told, and when it expires; HMAC-SHA256
 * with a key of the ring.
 *
 * token = base64url(payload) "." base64url(mac), payload = "2|key id|incident|expiry seconds|letter|team|who"; before,
 * "1|…|letter|who" without the team, which is still good, and is made of a claim without one. Verification is constant
 * time. The first key of the ring signs, all verify: rotate by putting a new one first. */
#ifndef ONUS_LINKS_H
#define ONUS_LINKS_H

#include "onus/chart.h"
#include "onus/secret.h"

enum { LINK_KEYS_MAX = 4, LINK_TOKEN_BYTES_MAX = 1024, LINK_KEY_BYTES_MIN = 32 };

typedef struct link_keys {
    secret keys[LINK_KEYS_MAX]; /* by age, newest first; a key's id is the first 8 hex digits of its SHA-256 */
    size_t count;
} link_keys;

typedef struct link_claim {
    int64_t incident;
    raci_letter letter;
    const char *team; /* its id in the chart; "" in links of before */
    const char *who;  /* "Team name (CHANNEL:ADDRESS)"; shown as the actor */
    usec expires_at;
} link_claim;

/* A `who` that would not fit is shortened. "" when the ring is empty. */
char *link_token(arena *a, const link_keys *keys, const link_claim *claim);
/* ERR_DENIED: forged or malformed. ERR_NOT_FOUND: expired, or its key is gone. */
MUST_USE bool link_verify(arena *a, const link_keys *keys, const char *token, usec now, link_claim *out, err *e);
/* Was a link of this team and `who` made for the party's team? Whoever of it was on call then. Without the team's id
 * the name at the beginning of `who` decides. */
bool link_is_of(const char *team, const char *who, const party *p);
/* The nonce of the form that a link's page shows: proves that the page was loaded; good for an hour or two. */
char *link_nonce(arena *a, const link_keys *keys, const char *token, usec now);
bool link_nonce_ok(arena *a, const link_keys *keys, const char *token, const char *nonce, usec now);

#endif
