/* The schema part's rules: both schemas compile, the sample fits them, and nothing breaks those who rely on the version
 * that was accepted last. Leaves JSON Schema itself to schema.h. */
#include "domain/handoff_part.h"
#include "domain/schema.h"

#include <string.h>

/* Where the problems of one schema or sample are noted in the manifest. */
typedef struct schema_place {
    const handoff_checking *checking;
    const char *prefix; /* NULL: nowhere, they were told when that version was checked */
} schema_place;

static void on_problem(const schema_report *r, diagnostic_level level, const char *path, const char *rule,
                       const char *text) {
    const schema_place *place = r->context;
    if (!place->prefix)
        return;
    const char *at = arena_printf(r->memory, "%s%s", place->prefix, path);
    if (level == DIAGNOSTIC_ERROR)
        handoff_error(place->checking, at, rule, "%s", text);
    else
        handoff_warning(place->checking, at, rule, "%s", text);
}

static schema_report report_to(schema_place *place) {
    return (schema_report){on_problem, place, place->checking->out->memory};
}

static cJSON *prepared_of(const handoff_checking *k, const cJSON *root, const char *path, bool told) {
    const cJSON *schema = handoff_value(root, path);
    if (!schema)
        return NULL;
    schema_place place = {k, told ? path : NULL};
    schema_report r = report_to(&place);
    return schema_prepare(schema, &r);
}

static void warn_empty(const handoff_checking *k, const cJSON *prepared, const char *path) {
    if (cJSON_IsTrue(prepared) || (cJSON_IsObject(prepared) && !prepared->child))
        handoff_warning(k, path, "empty-schema", "this schema takes anything: say at least the types");
}

static void check_sample(const handoff_checking *k, const cJSON *prepared, const char *path) {
    const cJSON *sample = handoff_value(k->root, path);
    if (!sample)
        return;
    schema_place place = {k, path};
    schema_report r = report_to(&place);
    schema_check_sample(prepared, sample, &r);
}

/* One side: the schema, its sample, and the schema that was accepted last. */
static void check_side(const handoff_checking *k, schema_side side) {
    const char *path = side == SCHEMA_INPUT ? "/schema/input" : "/schema/output";
    cJSON *newer = prepared_of(k, k->root, path, true);
    if (!newer)
        return;
    warn_empty(k, newer, path);
    check_sample(k, newer, side == SCHEMA_INPUT ? "/schema/sample/request" : "/schema/sample/response");
    const handoff_package *previous = k->context->previous;
    cJSON *older = previous ? prepared_of(k, previous->tree, path, false) : NULL;
    if (older) {
        schema_place place = {k, path};
        schema_report r = report_to(&place);
        schema_compare(older, newer, side, &r);
    }
    cJSON_Delete(older);
    cJSON_Delete(newer);
}

void handoff_check_schema(const handoff_checking *k) {
    check_side(k, SCHEMA_INPUT);
    check_side(k, SCHEMA_OUTPUT);
}
