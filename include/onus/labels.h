/* Labels: a set of name=value pairs, sorted by name, each name once, no empty value (an empty label is a missing one).
 */
#ifndef ONUS_LABELS_H
#define ONUS_LABELS_H

#include "onus/buf.h"

#include <stddef.h>
#include <stdint.h>

typedef struct label {
    const char *name;
    const char *value;
} label;

typedef struct labels {
    const label *items; /* sorted by strcmp of the name */
    size_t count;
} labels;

/* Sorts, drops empty values; of a name given twice the later wins. Copies the array, not the texts, into the arena. */
labels labels_from_pairs(arena *a, const label *pairs, size_t count);
/* Deep copy. */
labels labels_copy(arena *a, labels from);
/* The value, or "" when the label is missing. Never NULL. */
const char *labels_get(labels set, const char *name);
bool labels_equal(labels a, labels b);
/* Adds or replaces; an empty value removes. */
labels labels_with(arena *a, labels set, const char *name, const char *value);

/* Alertmanager's fingerprint: FNV-1a-64 over the sorted name, 0xFF, value, 0xFF. Printed as %016x.
 * (prometheus/common/model/signature.go). Of labels as they were sent (json.h): what is no text counts, too. */
uint64_t labels_fingerprint(labels set);

/* {"name":"value",…} */
void labels_put_json(buf *b, labels set);
/* From such an object; values that are not strings are refused. Texts are copied. */
MUST_USE bool labels_from_json(arena *a, const char *json, labels *out, err *e);

#endif
