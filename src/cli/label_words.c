/* Owns reading labels from the command line. */
#include "cli/cli.h"

#include "onus/limits.h"
#include "onus/text.h"

#include <string.h>

bool labels_from_words(arena *a, const char *const *words, size_t count, labels *out, err *e) {
    label *pairs = ARENA_ARRAY(a, label, count + 1);
    if (count > LIMIT_LABELS_PER_ALERT)
        return err_set(e, ERR_LIMIT, "more than %d labels", LIMIT_LABELS_PER_ALERT);
    for (size_t i = 0; i < count; i++) {
        const char *text = words[i], *equals = strchr(text, '=');
        if (!equals || equals == text || !text_is_utf8(text, strlen(text)))
            return err_set(e, ERR_INVALID, "\"%s\" is no label; write name=value", text);
        pairs[i] = (label){arena_strndup(a, text, (size_t)(equals - text)), equals + 1};
    }
    *out = labels_from_pairs(a, pairs, count);
    return true;
}
