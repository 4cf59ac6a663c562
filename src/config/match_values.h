/* What a list of matchers says for certain: which values of a label it admits, where they are few. Private to
 * src/config; the checks of contradictions and of hidden rows reason with it. */
#ifndef ONUS_CONFIG_MATCH_VALUES_H
#define ONUS_CONFIG_MATCH_VALUES_H

#include "onus/matcher.h"

#include <stdint.h>

enum { MATCH_VALUES_MAX = 32 }; /* more are not counted up */

/* The values of one label that a list admits, by all of its matchers together. */
typedef struct value_set {
    const char *label;
    const char *const *values;
    size_t count; /* 0: the list contradicts itself */
} value_set;

typedef struct list_facts {
    const matchers *list;
    value_set *sets; /* of the labels that admit few values */
    size_t set_count;
    uint64_t labels; /* a bit for each label that the list names, by hash */
} list_facts;

void list_facts_init(arena *a, const matchers *list, list_facts *out);
const value_set *list_facts_find(const list_facts *facts, const char *label); /* NULL: many values, or all */

bool matcher_admits(const matcher *m, const char *value);

/* The texts that a regex without repetition, classes and flags can match: "a|b", "prod(uction)?". False when it is
 * another, or they are more than MATCH_VALUES_MAX. In the arena. */
MUST_USE bool regex_values(arena *a, const char *pattern, const char *const **values, size_t *count);

#endif
