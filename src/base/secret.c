/* Secrets: text behind an opaque pointer, so that no format string can print it, wiped before its memory is given back.
 */
#include "onus/secret.h"

#include "onus/text.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

struct secret_text {
    size_t len;
    char text[];
};

/* Empty text is no secret: a candidate of "" must never pass. */
secret secret_from_text(const char *text) {
    if (!text || !*text)
        return (secret){NULL};
    size_t len = strlen(text);
    struct secret_text *hidden = mem_alloc(sizeof *hidden + len + 1);
    hidden->len = len;
    memcpy(hidden->text, text, len + 1);
    return (secret){hidden};
}

secret secret_copy(secret s) {
    return secret_from_text(s.hidden ? s.hidden->text : NULL);
}

void secret_release(secret *s) {
    if (s->hidden) {
        OPENSSL_cleanse(s->hidden->text, s->hidden->len);
        free(s->hidden);
    }
    s->hidden = NULL;
}

bool secret_is_set(secret s) {
    return s.hidden != NULL;
}

const char *secret_reveal(secret s) {
    return s.hidden ? s.hidden->text : "";
}

bool secret_matches(secret s, const char *candidate) {
    return s.hidden && text_equal_secret(s.hidden->text, candidate);
}
