/* Links: no token but one that was signed with a key of the ring passes; a signed one of any payload does no harm, and
 * a token has one spelling. */
#include "fuzz.h"
#include "onus/crypto.h"
#include "onus/links.h"
#include "onus/text.h"

static const char key_text[] = "0123456789abcdef0123456789abcdef";

/* Signed by us, whatever it says: reaches the code behind the MAC. */
static char *sign(arena *a, const char *payload) {
    unsigned char mac[SHA256_BYTES];
    crypto_hmac_sha256(key_text, strlen(key_text), payload, strlen(payload), mac);
    return arena_printf(a, "%s.%s", text_to_base64url(a, payload, strlen(payload)),
                        text_to_base64url(a, mac, sizeof mac));
}

static void check_spelling(arena *a, const link_keys *keys, const link_claim *claim) {
    link_claim again;
    err e = {0};
    MUST(link_verify(a, keys, link_token(a, keys, claim), 0, &again, &e));
    MUST(again.incident == claim->incident && again.letter == claim->letter);
    MUST(again.expires_at == claim->expires_at);
    MUST(text_equal(again.who, claim->who) || strlen(claim->who) > 512); /* a longer one is shortened */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    arena *a = arena_new();
    link_keys keys = {.keys = {secret_from_text(key_text)}, .count = 1};
    const char *text = input_text(a, data, size);
    link_claim claim;
    err e = {0};
    MUST(!link_verify(a, &keys, text, 0, &claim, &e));
    MUST(e.kind == ERR_DENIED || e.kind == ERR_NOT_FOUND);
    /* The corpus names the key by its id. */
    if (link_verify(a, &keys, sign(a, text), 0, &claim, &e)) {
        MUST(claim.incident > 0 && claim.expires_at > 0);
        check_spelling(a, &keys, &claim);
    }
    (void)link_nonce_ok(a, &keys, "token", text, USEC_PER_DAY);
    secret_release(&keys.keys[0]);
    arena_free(a);
    return 0;
}
