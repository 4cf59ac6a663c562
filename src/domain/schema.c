/* Makes a stranger's JSON Schema safe: references written out, depth and size bounded. Leaves the keywords to
 * schema_keywords.c, comparing with a value to the bridge, and with another schema to schema_compare.c.
 *
 * The difficulty: a schema is a program. References that lead in circles, or that double at each step, and regular
 * expressions that backtrack would keep a validator busy for ever; so depth and values are counted while the references
 * are written out, and what is left is a bounded tree. */
#include "domain/schema_prepare.h"

#include "onus/text.h"

#include <stdio.h>
#include <string.h>

/* ── reporting ── */

const char *schema_trail_text(arena *a, const schema_trail *trail) {
    if (!trail->above)
        return trail->key;
    const char *above = schema_trail_text(a, trail->above);
    return trail->key ? json_pointer_step(a, above, trail->key) : arena_printf(a, "%s/%zu", above, trail->index);
}

static void report(preparing *p, diagnostic_level level, const schema_trail *trail, const char *rule, const char *fmt,
                   va_list args) {
    char text[512];
    if (p->told++ >= SCHEMA_PROBLEMS_MAX)
        return;
    int len = vsnprintf(text, sizeof text, fmt, args);
    if (len >= (int)sizeof text)
        text[text_cut(text, sizeof text - 1)] = '\0';
    p->report->problem(p->report, level, schema_trail_text(p->report->memory, trail), rule, text);
}

void schema_problem(preparing *p, const schema_trail *trail, const char *rule, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    p->errors++;
    report(p, DIAGNOSTIC_ERROR, trail, rule, fmt, args);
    va_end(args);
}

void schema_warning(preparing *p, const schema_trail *trail, const char *rule, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    report(p, DIAGNOSTIC_WARNING, trail, rule, fmt, args);
    va_end(args);
}

/* ── making ── */

void schema_put(cJSON *object, const char *key, cJSON *value) {
    if (!value || !cJSON_AddItemToObject(object, key, value))
        mem_exhausted();
}

void schema_append(cJSON *list, cJSON *value) {
    if (!value || !cJSON_AddItemToArray(list, value))
        mem_exhausted();
}

cJSON *schema_new_map(void) {
    cJSON *map = cJSON_CreateObject();
    if (!map)
        mem_exhausted();
    return map;
}

cJSON *schema_new_list(void) {
    cJSON *list = cJSON_CreateArray();
    if (!list)
        mem_exhausted();
    return list;
}

bool schema_has_room(preparing *p, const schema_trail *trail, size_t more) {
    bool first = p->values <= SCHEMA_VALUES_MAX;
    p->values += more;
    if (p->values <= SCHEMA_VALUES_MAX)
        return true;
    if (first)
        schema_problem(p, trail, "schema-too-large",
                       "more than %d values with its references written out: make it smaller", SCHEMA_VALUES_MAX);
    return false;
}

/* ── references ── */

static bool is_open(const preparing *p, const cJSON *target) {
    for (size_t i = 0; i < p->open_count; i++)
        if (p->open[i] == target)
            return true;
    return false;
}

static cJSON *refuse_target(preparing *p, const schema_trail *trail, const char *text, bool local) {
    if (local)
        schema_problem(p, trail, "unresolved-ref", "nothing stands at %.200s", text);
    else
        schema_problem(
            p, trail, "unresolved-ref",
            "\"%.200s\" is not followed: only references within the schema are, such as #/$defs/row; copy it "
            "in",
            text);
    return NULL;
}

static cJSON *follow(preparing *p, const cJSON *ref, const schema_trail *trail, size_t depth) {
    const char *text = cJSON_IsString(ref) ? ref->valuestring : "";
    bool local = strcmp(text, "#") == 0 || text_starts_with(text, "#/");
    const cJSON *target = local ? json_pointer_find(p->root, text + 1) : NULL;
    if (!target)
        return refuse_target(p, trail, text, local);
    if (is_open(p, target) || p->open_count == SCHEMA_DEPTH_MAX) {
        schema_problem(p, trail, "recursive-schema",
                       "%.200s leads back to itself, which is not supported: write it out", text);
        return NULL;
    }
    p->open[p->open_count++] = target;
    cJSON *made = schema_prepare_below(p, target, &(schema_trail){NULL, text + 1, 0}, depth + 1);
    p->open_count--;
    return made;
}

/* What stands beside $ref must hold as well. */
static cJSON *join(cJSON *target, cJSON *beside) {
    if (!beside->child) {
        cJSON_Delete(beside);
        return target;
    }
    cJSON *both = schema_new_map(), *list = schema_new_list();
    schema_append(list, target);
    schema_append(list, beside);
    schema_put(both, "allOf", list);
    return both;
}

static cJSON *prepare_map(preparing *p, const cJSON *schema, const schema_trail *trail, size_t depth) {
    cJSON *out = schema_new_map();
    for (const cJSON *item = schema->child; item && p->values <= SCHEMA_VALUES_MAX; item = item->next) {
        const schema_trail to = {trail, item->string, 0};
        schema_read_keyword(&(schema_site){p, item, schema, item->string, &to, depth}, out);
    }
    const cJSON *ref = cJSON_GetObjectItemCaseSensitive(schema, "$ref");
    if (!ref)
        return out;
    cJSON *target = follow(p, ref, &(schema_trail){trail, "$ref", 0}, depth);
    return target ? join(target, out) : out;
}

cJSON *schema_prepare_below(preparing *p, const cJSON *schema, const schema_trail *trail, size_t depth) {
    if (depth > SCHEMA_DEPTH_MAX) {
        schema_problem(p, trail, "schema-too-large", "nested more than %d deep", SCHEMA_DEPTH_MAX);
        return NULL;
    }
    if (!cJSON_IsBool(schema) && !cJSON_IsObject(schema)) {
        schema_problem(p, trail, "bad-schema", "a schema is a map, true or false");
        return NULL;
    }
    if (!schema_has_room(p, trail, 1))
        return NULL;
    return cJSON_IsBool(schema) ? cJSON_CreateBool(cJSON_IsTrue(schema)) : prepare_map(p, schema, trail, depth);
}

cJSON *schema_prepare(const cJSON *schema, const schema_report *r) {
    const schema_trail top = {NULL, "", 0};
    preparing p = {.root = schema, .report = r};
    p.open[p.open_count++] = schema;
    cJSON *made = schema_prepare_below(&p, schema, &top, 0);
    if (p.errors == 0)
        return made;
    cJSON_Delete(made);
    return NULL;
}
