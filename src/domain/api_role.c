/* What a caller of the API may do: the words of settings and tokens. Here, below config, because the store keeps them
 * too. */
#include "onus/settings.h"

#include <string.h>

static const char *const WORDS[] = {
    [API_ROLE_NONE] = "none",
    [API_ROLE_VIEWER] = "viewer",
    [API_ROLE_RESPONDER] = "responder",
    [API_ROLE_ADMIN] = "admin",
};

const char *api_role_to_text(api_role r) {
    return WORDS[r];
}

bool api_role_from_text(const char *text, api_role *out) {
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++) {
        if (strcmp(text, WORDS[i]) != 0)
            continue;
        *out = (api_role)i;
        return true;
    }
    return false;
}
