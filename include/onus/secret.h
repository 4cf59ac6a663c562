/* A secret: text that no log and no error can print by accident, wiped when released. */
#ifndef ONUS_SECRET_H
#define ONUS_SECRET_H

#include "onus/arena.h"

typedef struct secret {
    struct secret_text *hidden; /* NULL: not set */
} secret;

secret secret_from_text(const char *text);
secret secret_copy(secret s);
void secret_release(secret *s);
bool secret_is_set(secret s);
/* The text, for the one call that needs it (a header, an HMAC key). "" when not set. */
const char *secret_reveal(secret s);
bool secret_matches(secret s, const char *candidate); /* constant time; an unset secret matches nothing */

#endif
