/* Private to schema.c and schema_keywords.c: one schema on its way to the plain form. */
#ifndef ONUS_DOMAIN_SCHEMA_PREPARE_H
#define ONUS_DOMAIN_SCHEMA_PREPARE_H

#include "domain/schema.h"

typedef struct preparing {
    const cJSON *root;
    const schema_report *report;
    size_t values;                       /* that were made; past SCHEMA_VALUES_MAX none are */
    size_t errors, told;                 /* told: with the warnings, as far as they were reported */
    const cJSON *open[SCHEMA_DEPTH_MAX]; /* references that are being written out */
    size_t open_count;
} preparing;

/* A keyword of a schema. */
typedef struct schema_site {
    preparing *p;
    const cJSON *value, *schema; /* of the keyword, and around it */
    const char *name;
    const schema_trail *trail; /* to the keyword */
    size_t depth;
} schema_site;

void schema_problem(preparing *p, const schema_trail *trail, const char *rule, const char *fmt, ...) PRINTF_LIKE(4, 5);
void schema_warning(preparing *p, const schema_trail *trail, const char *rule, const char *fmt, ...) PRINTF_LIKE(4, 5);

/* NULL when it is too deep, too large or wrong, which is reported. */
MUST_USE cJSON *schema_prepare_below(preparing *p, const cJSON *schema, const schema_trail *trail, size_t depth);

/* False past the bound, which is reported once. */
MUST_USE bool schema_has_room(preparing *p, const schema_trail *trail, size_t more);

/* Checks one keyword and puts its plain form into `into`. */
void schema_read_keyword(const schema_site *s, cJSON *into);

/* cJSON, which answers out of memory by NULL and false. */
cJSON *schema_new_map(void);
cJSON *schema_new_list(void);
void schema_put(cJSON *object, const char *key, cJSON *value);
void schema_append(cJSON *list, cJSON *value);

#endif
