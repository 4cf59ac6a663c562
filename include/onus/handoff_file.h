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
    unsigned first;  /* the text's line from which this place holds on; for a text put together from several files */
} handoff_place;

typedef struct handoff_places {
    handoff_place *items;
    size_t count, capacity;
} handoff_places;

/* How the plain words of a YAML file are read. */
typedef enum handoff_reading {
    HANDOFF_READ_MANIFEST, /* texts where a manifest has texts (1.10 is a version, not a number), else as data */
    HANDOFF_READ_DATA,     /* numbers, true and false are what they look like */
    HANDOFF_READ_TEXTS,    /* all are texts: MLmodel, conda.yaml */
    HANDOFF_READ_EXAMPLE,  /* as data that a machine wrote: JSON with NaN in it, too (JSON_MENDED) */
} handoff_reading;

typedef struct handoff_source {
    const char *path; /* for diagnostics and places; what ends in .json is read as JSON */
    const char *bytes;
    size_t len;
    const char *prefix; /* the pointer under which the places are noted; "" for a manifest */
    handoff_reading reading;
} handoff_source;

/* YAML or JSON → JSON. NULL when the file is wrong, which is reported. The caller frees the tree with cJSON_Delete;
 * places live in the arena. */
MUST_USE struct cJSON *handoff_source_read(const handoff_source *s, arena *a, handoff_places *places, diagnostics *d);

/* The place of the value, or of the nearest thing around it; NULL when nothing is known. */
const handoff_place *handoff_place_find(const handoff_places *places, const char *pointer);
/* The place of one line of the text at `pointer`; line 0: of the whole. NULL as above. */
MUST_USE bool handoff_place_of_line(const handoff_places *places, const char *pointer, unsigned line,
                                    handoff_place *out);
void handoff_place_add(handoff_places *places, arena *a, handoff_place place);

/* ── MLflow ── */

/* An MLmodel that was read (HANDOFF_READ_TEXTS), with its places. */
typedef struct mlflow_model {
    const char *path;
    const struct cJSON *tree;
    const handoff_places *places;
} mlflow_model;

/* A part of a manifest that is being put together. */
typedef struct handoff_assembly {
    struct cJSON *manifest;
    handoff_places *places;
    arena *memory;
    diagnostics *d;
} handoff_assembly;

/* Puts a value at a pointer of plain keys, making the maps on the way; the value belongs to the manifest afterwards.
 * Not when something stands there: the value is freed, and the answer is false. `at`: where it comes from, NULL:
 * unknown. */
bool handoff_assembly_put(handoff_assembly *to, const char *pointer, struct cJSON *value, const handoff_place *at);

/* What the MLmodel says and the manifest does not: run, loader, Python, and the signature as JSON Schema (columns as a
 * list of records, or as one record where the manifest's sample is one; tensors as nested lists). */
void handoff_add_mlflow(handoff_assembly *to, const mlflow_model *m);

/* The path of the model's input example, relative to the MLmodel; NULL when there is none. */
const char *mlflow_example_path(const mlflow_model *m);
/* Puts the example (HANDOFF_READ_EXAMPLE), which then belongs to the manifest, as the sample's request: in the form
 * that the signature has, records instead of pandas' split form, a matrix instead of a sparse one, without parameters.
 * To be called before handoff_add_mlflow, which makes the schema for it. */
void handoff_add_mlflow_example(handoff_assembly *to, const mlflow_model *m, struct cJSON *value,
                                const handoff_place *at);

/* A signature's columns or tensors (its JSON text) as JSON Schema; `one_row`: of one row, not of a list of them. The
 * caller frees. */
MUST_USE struct cJSON *mlflow_signature_to_schema(const char *json, bool one_row, err *e);

#endif
