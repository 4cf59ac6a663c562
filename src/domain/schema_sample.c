/* A sample against a prepared schema, by the validator behind the bridge. The difficulty: the validator tells a misfit
 * at every level around it, and collects them all; so the work is bounded first, and the innermost told. */
#include "bridge/json_schema.h"
#include "domain/schema.h"
#include "onus/text.h"

#include <string.h>

enum { MISFITS_SHOWN = 20, EXPLAIN_WORK_MAX = 1000000, NAME_BYTES_MAX = 1024, SHOWN_BYTES = 60 };

typedef struct sample_check {
    const schema_report *report;
    const cJSON *sample;
    const char *told[MISFITS_SHOWN]; /* paths */
    size_t count, more;
} sample_check;

typedef struct extent {
    size_t values;
    bool long_name;
} extent;

static void measure(const cJSON *value, extent *out) {
    out->values++;
    if (value->string && strlen(value->string) > NAME_BYTES_MAX)
        out->long_name = true;
    for (const cJSON *item = value->child; item; item = item->next)
        measure(item, out);
}

static bool has_unique_items(const cJSON *schema) {
    if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(schema, "uniqueItems")))
        return true;
    for (const cJSON *item = schema->child; item; item = item->next)
        if (has_unique_items(item))
            return true;
    return false;
}

static size_t saturated_product(size_t a, size_t b) {
    size_t out;
    return __builtin_mul_overflow(a, b, &out) ? SIZE_MAX : out;
}

static bool is_bounded(const cJSON *prepared, const cJSON *sample, const schema_report *r, size_t *work) {
    extent schema = {0}, value = {0};
    measure(prepared, &schema);
    measure(sample, &value);
    *work = saturated_product(schema.values, value.values);
    if (has_unique_items(prepared))
        *work = saturated_product(*work, value.values);
    if (*work <= SCHEMA_WORK_MAX && !value.long_name)
        return true;
    r->problem(r, DIAGNOSTIC_ERROR, "", "sample-too-large",
               value.long_name ? "a name in the sample is longer than 1 KiB"
                               : "the sample is too large to be compared with this schema: a few rows are enough");
    return false;
}

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
    size_t work;
    sample_check s = {.report = r, .sample = sample};
    bool fits = true;
    err e;
    if (!is_bounded(prepared, sample, r, &work))
        return;
    struct json_schema *compiled = json_schema_new(printed(r->memory, prepared), &e);
    if (!compiled) {
        r->problem(r, DIAGNOSTIC_ERROR, "", "bad-schema",
                   arena_printf(r->memory, "the schema is wrong: %.300s", e.text));
        return;
    }
    if (!json_schema_fits(compiled, printed(r->memory, sample), work <= EXPLAIN_WORK_MAX ? on_misfit : NULL, &s, &fits,
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
