/* What would break between two prepared schemas. The difficulty: input and output are mirror images. A sender is hurt
 * by what is refused now and was taken before, a reader by what is missing now and was there before. Where two
 * combinations (anyOf, pattern …) differ it is not decided but told, for a person to look at. */
#include "domain/schema.h"

#include "bridge/json_schema.h"
#include "onus/text.h"

#include <stdio.h>
#include <string.h>

typedef struct comparing {
    schema_side side;
    const schema_report *report;
    size_t told;
} comparing;

static void tell(comparing *c, diagnostic_level level, const schema_trail *path, const char *rule, const char *fmt, ...)
    PRINTF_LIKE(5, 6);
static void tell(comparing *c, diagnostic_level level, const schema_trail *path, const char *rule, const char *fmt,
                 ...) {
    char text[512];
    if (c->told++ >= SCHEMA_PROBLEMS_MAX)
        return;
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (len >= (int)sizeof text)
        text[text_cut(text, sizeof text - 1)] = '\0';
    c->report->problem(c->report, level, schema_trail_text(c->report->memory, path), rule, text);
}

/* ── types ── */

enum {
    TYPE_STRING = 1,
    TYPE_INTEGER = 2,
    TYPE_FRACTION = 4,
    TYPE_BOOLEAN = 8,
    TYPE_OBJECT = 16,
    TYPE_ARRAY = 32,
    TYPE_NULL = 64,
    TYPE_ALL = 127
};

static const struct {
    const char *name;
    unsigned bits;
} TYPES[] = {{"string", TYPE_STRING},   {"number", TYPE_INTEGER | TYPE_FRACTION},
             {"integer", TYPE_INTEGER}, {"boolean", TYPE_BOOLEAN},
             {"object", TYPE_OBJECT},   {"array", TYPE_ARRAY},
             {"null", TYPE_NULL}};

static unsigned bits_of(const cJSON *name) {
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES && cJSON_IsString(name); i++)
        if (strcmp(TYPES[i].name, name->valuestring) == 0)
            return TYPES[i].bits;
    return 0;
}

static unsigned types_of(const cJSON *schema) {
    const cJSON *type = json_member(schema, "type");
    unsigned bits = bits_of(type);
    if (!type)
        return TYPE_ALL;
    for (const cJSON *item = cJSON_IsArray(type) ? type->child : NULL; item; item = item->next)
        bits |= bits_of(item);
    return bits;
}

static const char *type_text(comparing *c, const cJSON *schema) {
    const cJSON *type = json_member(schema, "type");
    return type ? json_scalar_text(c->report->memory, type) : "any type";
}

static bool types_fit(comparing *c, const cJSON *older, const cJSON *newer) {
    unsigned before = types_of(older), now = types_of(newer);
    return c->side == SCHEMA_INPUT ? (before & ~now) == 0 : (now & ~before) == 0;
}

/* ── enums ── */

static bool holds(const cJSON *values, const cJSON *value) {
    for (const cJSON *item = values->child; item; item = item->next)
        if (json_equal(item, value))
            return true;
    return false;
}

/* The first of `some` that is not among `all`. */
static const cJSON *first_lacking(const cJSON *some, const cJSON *all) {
    for (const cJSON *item = some->child; item; item = item->next)
        if (!holds(all, item))
            return item;
    return NULL;
}

static const char *shown(comparing *c, const cJSON *value) {
    return text_shorten(c->report->memory, json_scalar_text(c->report->memory, value), 60);
}

static void compare_input_enum(comparing *c, const cJSON *before, const cJSON *now, const schema_trail *path) {
    if (!before) {
        tell(c, DIAGNOSTIC_ERROR, path, "narrowed-enum",
             "only listed values are taken now, where any was before: this breaks those who send others");
        return;
    }
    const cJSON *gone = first_lacking(before, now);
    if (gone && !cJSON_IsNull(gone))
        tell(c, DIAGNOSTIC_ERROR, path, "narrowed-enum", "\"%s\" is no longer taken: this breaks those who send it",
             shown(c, gone));
}

static void compare_enum(comparing *c, const cJSON *older, const cJSON *newer, const schema_trail *path) {
    const cJSON *before = json_member(older, "enum"), *now = json_member(newer, "enum");
    const schema_trail at = {path, "enum", 0};
    if (c->side == SCHEMA_INPUT && now)
        compare_input_enum(c, before, now, &at);
    if (c->side == SCHEMA_INPUT || !before)
        return;
    const cJSON *added = now ? first_lacking(now, before) : NULL;
    if (!now || added)
        tell(c, DIAGNOSTIC_WARNING, now ? &at : path, "widened-enum",
             "%s%s%s is a value that readers have not seen: see that they can take it", added ? "\"" : "",
             added && !cJSON_IsNull(added) ? shown(c, added) : "any value", added ? "\"" : "");
}

/* ── ranges: what was taken and is refused now ── */

static const struct {
    const char *name;
    bool lower; /* a limit from below: larger is narrower */
} RANGES[] = {{"minimum", true},       {"maximum", false},      {"exclusiveMinimum", true}, {"exclusiveMaximum", false},
              {"minLength", true},     {"maxLength", false},    {"minItems", true},         {"maxItems", false},
              {"minProperties", true}, {"maxProperties", false}};

static void compare_ranges(comparing *c, const cJSON *older, const cJSON *newer, const schema_trail *path) {
    for (size_t i = 0; i < sizeof RANGES / sizeof *RANGES && c->side == SCHEMA_INPUT; i++) {
        const cJSON *before = json_member(older, RANGES[i].name), *now = json_member(newer, RANGES[i].name);
        if (!now)
            continue;
        bool narrower = !before || (RANGES[i].lower ? now->valuedouble > before->valuedouble
                                                    : now->valuedouble < before->valuedouble);
        if (narrower)
            tell(c, DIAGNOSTIC_ERROR, &(schema_trail){path, RANGES[i].name, 0}, "narrowed-range",
                 "%s is %s now, and was %s: this breaks those who send what lies between", RANGES[i].name,
                 shown(c, now), before ? shown(c, before) : "not limited");
    }
}

/* ── objects ── */

static bool requires(const cJSON *schema, const char *name) {
    const cJSON *list = json_member(schema, "required");
    for (const cJSON *item = cJSON_IsArray(list) ? list->child : NULL; item; item = item->next)
        if (strcmp(item->valuestring, name) == 0)
            return true;
    return false;
}

static void tell_removed(comparing *c, const cJSON *older, const cJSON *newer, const cJSON *field,
                         const schema_trail *path) {
    const schema_trail fields = {path, "properties", 0}, at = {&fields, field->string, 0};
    bool closed = cJSON_IsFalse(json_member(newer, "additionalProperties"));
    const char *name = text_shorten(c->report->memory, field->string, 80);
    if (c->side == SCHEMA_OUTPUT)
        tell(c, DIAGNOSTIC_ERROR, &at, "removed-field", "\"%s\" is gone: this breaks those who read it", name);
    else if (requires(older, field->string) || closed)
        tell(c, DIAGNOSTIC_ERROR, &at, "removed-field", "\"%s\" is gone: this breaks those who send it%s", name,
             closed ? "" : ", as it meant something");
    else
        tell(c, DIAGNOSTIC_WARNING, &at, "removed-field", "\"%s\" is gone: what is sent for it has no effect now",
             name);
}

static void compare_required(comparing *c, const cJSON *older, const cJSON *newer, const schema_trail *path) {
    bool input = c->side == SCHEMA_INPUT;
    const cJSON *list = json_member(input ? newer : older, "required");
    for (const cJSON *item = cJSON_IsArray(list) ? list->child : NULL; item; item = item->next) {
        const char *name = item->valuestring, *shown_name = text_shorten(c->report->memory, name, 80);
        const cJSON *before = json_member(json_member(older, "properties"), name),
                    *now = json_member(json_member(newer, "properties"), name);
        if (requires(input ? older : newer, name))
            continue;
        if (input)
            tell(c, DIAGNOSTIC_ERROR, &(schema_trail){path, "required", 0}, "new-required-field",
                 "\"%s\" is required now%s: this breaks those who do not send it; give it a default instead",
                 shown_name, before ? ", and was not" : " and is new");
        else if (now)
            tell(c, DIAGNOSTIC_ERROR, &(schema_trail){path, "required", 0}, "removed-field",
                 "\"%s\" may be missing now: this breaks those who read it", shown_name);
    }
}

static void compare(comparing *c, const cJSON *older, const cJSON *newer, const schema_trail *path);

static void compare_properties(comparing *c, const cJSON *older, const cJSON *newer, const schema_trail *path) {
    const cJSON *before = json_member(older, "properties"), *now = json_member(newer, "properties");
    const schema_trail fields = {path, "properties", 0};
    for (const cJSON *field = cJSON_IsObject(before) ? before->child : NULL; field; field = field->next) {
        const cJSON *there = cJSON_GetObjectItemCaseSensitive(now, field->string);
        if (there)
            compare(c, field, there, &(schema_trail){&fields, field->string, 0});
        else
            tell_removed(c, older, newer, field, path);
    }
    if (c->side == SCHEMA_INPUT && cJSON_IsFalse(json_member(newer, "additionalProperties")) &&
        !cJSON_IsFalse(json_member(older, "additionalProperties")))
        tell(c, DIAGNOSTIC_WARNING, &(schema_trail){path, "additionalProperties", 0}, "closed-object",
             "fields that are not listed are refused now: see that nobody sends one");
}

/* ── the rest ── */

static void compare_items(comparing *c, const cJSON *older, const cJSON *newer, const schema_trail *path) {
    const cJSON *before = json_member(older, "items"), *now = json_member(newer, "items");
    const schema_trail at = {path, "items", 0};
    if (cJSON_IsObject(before) && cJSON_IsObject(now))
        compare(c, before, now, &at);
    if (!cJSON_IsArray(before) || !cJSON_IsArray(now))
        return;
    const cJSON *left = before->child, *right = now->child;
    for (size_t i = 0; left && right; left = left->next, right = right->next, i++)
        compare(c, left, right, &(schema_trail){&at, NULL, i});
}

static bool same(const cJSON *a, const cJSON *b) {
    return a == b || (a && b && json_equal(a, b));
}

static void compare_unclear(comparing *c, const cJSON *older, const cJSON *newer, const schema_trail *path) {
    static const char *const UNCLEAR[] = {"allOf",
                                          "anyOf",
                                          "oneOf",
                                          "not",
                                          "if",
                                          "then",
                                          "else",
                                          "const",
                                          "contains",
                                          "multipleOf",
                                          "propertyNames",
                                          "patternProperties",
                                          "dependencies",
                                          "uniqueItems",
                                          JSON_SCHEMA_PATTERN};
    for (size_t i = 0; i < sizeof UNCLEAR / sizeof *UNCLEAR; i++)
        if (!same(json_member(older, UNCLEAR[i]), json_member(newer, UNCLEAR[i])))
            tell(c, DIAGNOSTIC_WARNING, path, "changed-schema",
                 "%s differs from the accepted version, and whether that breaks anybody cannot be told: look at it",
                 strcmp(UNCLEAR[i], JSON_SCHEMA_PATTERN) == 0 ? "pattern" : UNCLEAR[i]);
}

static void compare(comparing *c, const cJSON *older, const cJSON *newer, const schema_trail *path) {
    if (!cJSON_IsObject(older) || !cJSON_IsObject(newer))
        return;
    if (!types_fit(c, older, newer)) {
        tell(c, DIAGNOSTIC_ERROR, path, "retyped-field", "this is %s now, and was %s: this breaks those who %s it",
             type_text(c, newer), type_text(c, older), c->side == SCHEMA_INPUT ? "send" : "read");
        return;
    }
    compare_enum(c, older, newer, path);
    compare_ranges(c, older, newer, path);
    compare_properties(c, older, newer, path);
    compare_required(c, older, newer, path);
    compare_items(c, older, newer, path);
    compare_unclear(c, older, newer, path);
}

void schema_compare(const cJSON *older, const cJSON *newer, schema_side side, const schema_report *r) {
    compare(&(comparing){side, r, 0}, older, newer, &(schema_trail){NULL, "", 0});
}
