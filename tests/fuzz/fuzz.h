/* What every fuzz target shares. A target finds more than crashes: it states what must hold for any input. */
#ifndef FUZZ_H
#define FUZZ_H

#include "onus/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(what)                                                                                                     \
    do {                                                                                                               \
        if (!(what)) {                                                                                                 \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #what);                                  \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

/* The input as a text; cut at its first NUL. */
static inline const char *input_text(arena *a, const uint8_t *data, size_t size) {
    return arena_strndup(a, (const char *)data, size);
}

#endif
