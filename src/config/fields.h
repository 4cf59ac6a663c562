/* Reading typed fields out of a YAML tree. Every problem is reported with its place; the caller goes on, so that one
 * run shows them all. */
#ifndef ONUS_CONFIG_FIELDS_H
#define ONUS_CONFIG_FIELDS_H

#include "config/yaml_tree.h"

typedef struct field_reader {
    arena *memory; /* results live here */
    arena *scratch;
    diagnostics *d;
    const char *file;
} field_reader;

/* A word list for "did you mean". */
typedef struct word_list {
    const char *const *words;
    size_t count;
} word_list;

typedef struct text_list {
    const yaml_node **nodes; /* scalars */
    size_t count;
} text_list;

void field_problem(const field_reader *r, diagnostic_level level, const yaml_node *at, const char *rule,
                   const char *fmt, ...) PRINTF_LIKE(5, 6);
#define field_error(r, at, rule, ...) field_problem((r), DIAGNOSTIC_ERROR, (at), (rule), __VA_ARGS__)
#define field_warning(r, at, rule, ...) field_problem((r), DIAGNOSTIC_WARNING, (at), (rule), __VA_ARGS__)

/* Cut to what fits into a sentence. */
const char *field_shown(const field_reader *r, const char *text);
/* `; did you mean "x"?`, or `; mend it` with the words themselves when they are few. */
const char *field_suggest(const field_reader *r, const char *text, word_list known);

/* True when it is a map; reports otherwise. `what`: "a team". */
bool field_is_map(const field_reader *r, const yaml_node *node, const char *what);
/* Reports keys that are not among `known`. */
void fields_check_keys(const field_reader *r, const yaml_node *map, const char *what, word_list known);

/* The scalar's text, NULL when the key is missing; "" is reported as missing. `max`: bytes. Result points into the
 * tree. */
const char *field_text(const field_reader *r, const yaml_node *map, const char *key, size_t max);
/* A scalar or a list of scalars. Missing: none. */
text_list field_texts(const field_reader *r, const yaml_node *map, const char *key, size_t max_items);
/* Leaves *out alone when missing or wrong. */
void field_duration(const field_reader *r, const yaml_node *map, const char *key, usec *out);
/* A day as 2026-01-31, at 00:00 UTC. Leaves *out alone when missing or wrong. */
void field_day(const field_reader *r, const yaml_node *map, const char *key, usec *out);
/* "2026-01-31" */
const char *field_day_text(const field_reader *r, usec day);
/* Why a text is no http or https URL of at most LIMIT_URL_BYTES, as "must …"; NULL: it is one. */
const char *field_url_fault(const field_reader *r, const char *text);

/* Small names that stand in URLs, keys and logs: [a-z0-9][a-z0-9._-]*, at most 63 bytes. */
bool field_is_id(const char *text);

#define WORD_LIST(array)                                                                                               \
    (word_list) {                                                                                                      \
        (array), sizeof(array) / sizeof *(array)                                                                       \
    }

#endif
