/* A sample against a prepared schema, by the validator behind the bridge. The difficulty: the validator tells a misfit
 * at every level around it, and collects them all; so the work is bounded first, and the innermost told. */
#include "bridge/json_schema.h"
#include "domain/schema.h"
#include "onus/text.h"

#include <string.h>

enum {
    MISFITS_SHOWN = 20,
    EXPLAIN_WORK_MAX = 200000,
    NAME_BYTES_MAX = 1024,
    SHOWN_BYTES = 60,
    PATTERN_WORK = 16,
    NAME_WORK = 64
};

typedef struct sample_check {
    const schema_report *report;
    const cJSON *sample;
    const char *told[MISFITS_SHOWN]; /* paths */
    size_t count, more;
} sample_check;

/* ── how much work it would be ── */

/* Counts what the validator will look at, and stops when that is too much. */
typedef struct labour {
    size_t done; /* about so many comparisons */
} labour;

static void count_all(labour *l, const cJSON *value) {
    l->done++;
    for (const cJSON *item = value->child; item && l->done <= SCHEMA_WORK_MAX; item = item->next)
        count_all(l, item);
}

static void work(labour *l, const cJSON *schema, const cJSON *value);

/* One schema, or a list of them, against the value itself. */
static void work_here(labour *l, const cJSON *schemas, const cJSON *value) {
    if (cJSON_IsObject(schemas))
        work(l, schemas, value);
    for (const cJSON *item = cJSON_IsArray(schemas) ? schemas->child : NULL; item; item = item->next)
        work(l, item, value);
}

/* A schema, or a list of which any may meet any, against what the value holds. */
static void work_below(labour *l, const cJSON *schemas, const cJSON *value) {
    for (const cJSON *item = value->child; item && schemas && l->done <= SCHEMA_WORK_MAX; item = item->next)
        work_here(l, schemas, item);
}

static void work_properties(labour *l, const cJSON *properties, const cJSON *value) {
    if (!cJSON_IsObject(value))
        return;
    for (const cJSON *item = properties ? properties->child : NULL; item && l->done <= SCHEMA_WORK_MAX;
         item = item->next) {
        const cJSON *there = cJSON_GetObjectItemCaseSensitive(value, item->string);
        l->done++;
        if (there)
            work(l, item, there);
    }
}

static void work_patterns(labour *l, const cJSON *patterns, const cJSON *value) {
    for (const cJSON *item = patterns ? patterns->child : NULL; item && cJSON_IsObject(value); item = item->next)
        for (const cJSON *member = value->child; member && l->done <= SCHEMA_WORK_MAX; member = member->next) {
            size_t len = strlen(member->string);
            l->done += PATTERN_WORK + len * len / NAME_WORK; /* std::regex tries again at each character */
            work(l, item, member);
        }
}

static void work_plain(labour *l, const cJSON *schema, const cJSON *value) {
    static const char *const COUNTED[] = {"enum", "const", "required", "dependencies"};
    for (size_t i = 0; i < sizeof COUNTED / sizeof *COUNTED; i++)
        if (json_member(schema, COUNTED[i]))
            count_all(l, json_member(schema, COUNTED[i]));
    if (json_member(schema, JSON_SCHEMA_PATTERN) && cJSON_IsString(value))
        l->done += 1 + strlen(value->valuestring) / PATTERN_WORK;
    if (cJSON_IsTrue(json_member(schema, "uniqueItems")) && cJSON_IsArray(value)) {
        size_t count = (size_t)cJSON_GetArraySize(value);
        l->done += count * count;
    }
}

static void work(labour *l, const cJSON *schema, const cJSON *value) {
    static const char *const HERE[] = {"allOf", "anyOf", "oneOf", "not", "if", "then", "else"},
                             *const BELOW[] = {"items", "additionalItems", "contains", "additionalProperties",
                                               "propertyNames"};
    l->done++;
    for (size_t i = 0; i < sizeof HERE / sizeof *HERE && l->done <= SCHEMA_WORK_MAX; i++)
        work_here(l, json_member(schema, HERE[i]), value);
    for (size_t i = 0; i < sizeof BELOW / sizeof *BELOW && l->done <= SCHEMA_WORK_MAX; i++)
        work_below(l, json_member(schema, BELOW[i]), value);
    const cJSON *dependencies = json_member(schema, "dependencies");
    for (const cJSON *item = dependencies ? dependencies->child : NULL; item; item = item->next)
        if (cJSON_IsObject(item))
            work(l, item, value);
    work_properties(l, json_member(schema, "properties"), value);
    work_patterns(l, json_member(schema, "patternProperties"), value);
    work_plain(l, schema, value);
}

static bool has_long_name(const cJSON *value) {
    if (value->string && strlen(value->string) > NAME_BYTES_MAX)
        return true;
    for (const cJSON *item = value->child; item; item = item->next)
        if (has_long_name(item))
            return true;
    return false;
}

static bool is_bounded(const cJSON *prepared, const cJSON *sample, const schema_report *r, size_t *done) {
    labour l = {0};
    bool long_name = has_long_name(sample);
    work(&l, prepared, sample);
    count_all(&l, sample);
    *done = l.done;
    if (l.done <= SCHEMA_WORK_MAX && !long_name)
        return true;
    r->problem(r, DIAGNOSTIC_ERROR, "", "sample-too-large",
               long_name ? "a name in the sample is longer than 1 KiB"
                         : "the sample is too large to be compared with this schema: a few rows are enough");
    return false;
}

/* ── what does not fit ── */

/* The innermost comes first: what is around it, or at the same place, says nothing more. */
static bool is_told(const sample_check *s, const char *pointer) {
    size_t len = strlen(pointer);
    for (size_t i = 0; i < s->count; i++)
        if (strncmp(s->told[i], pointer, len) == 0 && (s->told[i][len] == '\0' || s->told[i][len] == '/'))
            return true;
    return false;
}

static char *printed(arena *a, const cJSON *value) {
    buf b;
    buf_init(&b);
    json_print(&b, value);
    char *text = buf_to_arena(&b, a);
    buf_release(&b);
    return text;
}

static const char *shown_value(const sample_check *s, const char *pointer) {
    const cJSON *value = json_pointer_find(s->sample, pointer);
    return value ? text_shorten(s->report->memory, printed(s->report->memory, value), SHOWN_BYTES) : "value";
}

static void on_misfit(void *context, const char *pointer, const char *text) {
    sample_check *s = context;
    const schema_report *r = s->report;
    if (is_told(s, pointer))
        return;
    if (s->count == MISFITS_SHOWN) {
        s->more++;
        return;
    }
    s->told[s->count++] = arena_strdup(r->memory, pointer);
    r->problem(
        r, DIAGNOSTIC_ERROR, s->told[s->count - 1], "sample-misfit",
        arena_printf(r->memory, "the sample's %s does not fit the schema: %.300s", shown_value(s, pointer), text));
}

void schema_check_sample(const cJSON *prepared, const cJSON *sample, const schema_report *r) {
    size_t done;
    sample_check s = {.report = r, .sample = sample};
    bool fits = true;
    err e;
    if (!is_bounded(prepared, sample, r, &done))
        return;
    struct json_schema *compiled = json_schema_new(printed(r->memory, prepared), &e);
    if (!compiled) {
        r->problem(r, DIAGNOSTIC_ERROR, "", "bad-schema",
                   arena_printf(r->memory, "the schema is wrong: %.300s", e.text));
        return;
    }
    if (!json_schema_fits(compiled, printed(r->memory, sample), done <= EXPLAIN_WORK_MAX ? on_misfit : NULL, &s, &fits,
                          &e))
        r->problem(r, DIAGNOSTIC_ERROR, "", "bad-schema",
                   arena_printf(r->memory, "cannot be compared: %.300s", e.text));
    else if (!fits && s.count == 0)
        r->problem(r, DIAGNOSTIC_ERROR, "", "sample-misfit", "the sample does not fit the schema");
    if (s.more > 0)
        r->problem(r, DIAGNOSTIC_ERROR, "", "sample-misfit",
                   arena_printf(r->memory, "and %zu more parts of the sample do not fit", s.more));
    json_schema_free(compiled);
}
