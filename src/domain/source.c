/* Sources: who may post events. Plain data from the settings; http checks the proofs. */
#include "onus/source.h"

bool source_has_auth(const source *s) {
    return secret_is_set(s->token) || secret_is_set(s->password) || s->hmac_secret_count > 0 ||
           s->routing_key_count > 0;
}
