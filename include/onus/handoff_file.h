/* Handoff packages on disk: a manifest in YAML or JSON, and what MLflow leaves (MLmodel, requirements.txt, conda.yaml),
 * put together to one manifest in JSON of which every value still knows its place. */
#ifndef ONUS_HANDOFF_FILE_H
#define ONUS_HANDOFF_FILE_H

#include "onus/handoff.h"

/* Where a value of the manifest stands. */
typedef struct handoff_place {
    const char *pointer; /* RFC 6901 */
    const char *file;
    file_position at;
    unsigned length; /* characters to underline */
    unsigned lines;  /* line of the file at which a text's first line stands; 0: the text is no block of lines */
} handoff_place;

typedef struct handoff_places {
    handoff_place *items;
    size_t count, capacity;
} handoff_places;

/* YAML or JSON → JSON. Texts stay as they are written where a manifest has texts (1.10 is a version, not a number).
 * `prefix`: the pointer under which the places are noted; "" for a manifest. `data`: any JSON, not a manifest's shape.
 * NULL when the file is wrong, which is reported. The caller frees the tree with cJSON_Delete; places live in the
 * arena. */
typedef struct handoff_source {
    const char *path; /* for diagnostics and places */
    const char *bytes;
    size_t len;
    const char *prefix;
    bool data;
} handoff_source;

MUST_USE struct cJSON *handoff_source_read(const handoff_source *s, arena *a, handoff_places *places, diagnostics *d);

/* The place of the value, or of the nearest thing around it; NULL when nothing is known. */
const handoff_place *handoff_place_find(const handoff_places *places, const char *pointer);
void handoff_place_add(handoff_places *places, arena *a, handoff_place place);

#endif
