/* Private to the domain: JSON Schemas that strangers wrote, made safe to use, and compared.
 *
 * What is understood: drafts 4 to 2020-12, without $dynamicRef, unevaluated…, minContains and maxContains, which are
 * warned of. References are followed within the schema only (#/…), written out, and must not lead back to themselves.
 * `format` is an annotation, as the standard has it by default. */
#ifndef ONUS_DOMAIN_SCHEMA_H
#define ONUS_DOMAIN_SCHEMA_H

#include "onus/handoff.h"
#include "onus/json.h"

enum {
    SCHEMA_DEPTH_MAX = 48,      /* with its references written out */
    SCHEMA_VALUES_MAX = 10000,  /* JSON values, the same */
    SCHEMA_WORK_MAX = 20000000, /* a schema's values × a sample's: what one comparison may take */
    SCHEMA_PROBLEMS_MAX = 200   /* of one schema, or one comparison; the rest is counted only */
};

/* The way to a value, kept on the stack: its pointer is written out only for what is told. */
typedef struct schema_trail {
    const struct schema_trail *above; /* NULL: key is a pointer as it stands */
    const char *key;                  /* NULL: index */
    size_t index;
} schema_trail;

const char *schema_trail_text(arena *a, const schema_trail *trail);

/* Where problems go. `path`: a JSON pointer within the schema (or the sample). */
typedef struct schema_report {
    void (*problem)(const struct schema_report *r, diagnostic_level level, const char *path, const char *rule,
                    const char *text);
    void *context;
    arena *memory; /* of paths and texts */
} schema_report;

/* The schema in one plain form: no references, no annotations, the keywords of draft 7, `pattern` as
 * JSON_SCHEMA_PATTERN. NULL when anything is wrong, which is reported. Freed with cJSON_Delete. */
MUST_USE cJSON *schema_prepare(const cJSON *schema, const schema_report *r);

/* Every part of the sample that does not fit a prepared schema. */
void schema_check_sample(const cJSON *prepared, const cJSON *sample, const schema_report *r);

typedef enum schema_side {
    SCHEMA_INPUT, /* what others send: nothing that was right may become wrong */
    SCHEMA_OUTPUT /* what others read: nothing that was there may be missing or different */
} schema_side;

/* What would break those who rely on the old schema; both prepared. */
void schema_compare(const cJSON *older, const cJSON *newer, schema_side side, const schema_report *r);

#endif
