/* The keywords of JSON Schema: one table, and for each kind of keyword what its value must be. Leaves references and
 * bounds to schema.c. The difficulty: drafts 4 to 2020-12 write the same thing in different ways, and the validator
 * knows draft 7 only. */
#include "domain/schema_prepare.h"

#include "bridge/json_schema.h"
#include "bridge/regex.h"
#include "onus/text.h"

#include <string.h>

typedef enum keyword_kind {
    KEYWORD_NOTE,        /* an annotation: left out */
    KEYWORD_UNSUPPORTED, /* left out, with a warning */
    KEYWORD_SCHEMA,
    KEYWORD_SCHEMA_OR_LIST,
    KEYWORD_SCHEMAS,    /* a list of at least one */
    KEYWORD_PROPERTIES, /* name → schema */
    KEYWORD_PATTERNS,   /* pattern → schema */
    KEYWORD_DEPENDENCIES,
    KEYWORD_COUNT,
    KEYWORD_NUMBER,
    KEYWORD_POSITIVE,
    KEYWORD_EXCLUSIVE, /* a number; in draft 4 true or false beside minimum or maximum */
    KEYWORD_BOOL,
    KEYWORD_TEXTS,
    KEYWORD_TYPE,
    KEYWORD_PATTERN,
    KEYWORD_VALUES, /* any values, at least one */
    KEYWORD_VALUE,
} keyword_kind;

typedef struct keyword {
    const char *name;
    keyword_kind kind;
    const char *as; /* its name in draft 7, when another */
} keyword;

static const keyword KEYWORDS[] = {
    {"type", KEYWORD_TYPE, NULL},
    {"properties", KEYWORD_PROPERTIES, NULL},
    {"required", KEYWORD_TEXTS, NULL},
    {"items", KEYWORD_SCHEMA_OR_LIST, NULL},
    {"prefixItems", KEYWORD_SCHEMAS, "items"},
    {"additionalItems", KEYWORD_SCHEMA, NULL},
    {"additionalProperties", KEYWORD_SCHEMA, NULL},
    {"patternProperties", KEYWORD_PATTERNS, NULL},
    {"propertyNames", KEYWORD_SCHEMA, NULL},
    {"contains", KEYWORD_SCHEMA, NULL},
    {"enum", KEYWORD_VALUES, NULL},
    {"const", KEYWORD_VALUE, NULL},
    {"minimum", KEYWORD_NUMBER, NULL},
    {"maximum", KEYWORD_NUMBER, NULL},
    {"exclusiveMinimum", KEYWORD_EXCLUSIVE, NULL},
    {"exclusiveMaximum", KEYWORD_EXCLUSIVE, NULL},
    {"multipleOf", KEYWORD_POSITIVE, NULL},
    {"minLength", KEYWORD_COUNT, NULL},
    {"maxLength", KEYWORD_COUNT, NULL},
    {"minItems", KEYWORD_COUNT, NULL},
    {"maxItems", KEYWORD_COUNT, NULL},
    {"minProperties", KEYWORD_COUNT, NULL},
    {"maxProperties", KEYWORD_COUNT, NULL},
    {"uniqueItems", KEYWORD_BOOL, NULL},
    {"pattern", KEYWORD_PATTERN, JSON_SCHEMA_PATTERN},
    {"allOf", KEYWORD_SCHEMAS, NULL},
    {"anyOf", KEYWORD_SCHEMAS, NULL},
    {"oneOf", KEYWORD_SCHEMAS, NULL},
    {"not", KEYWORD_SCHEMA, NULL},
    {"if", KEYWORD_SCHEMA, NULL},
    {"then", KEYWORD_SCHEMA, NULL},
    {"else", KEYWORD_SCHEMA, NULL},
    {"dependencies", KEYWORD_DEPENDENCIES, NULL},
    {"dependentRequired", KEYWORD_DEPENDENCIES, "dependencies"},
    {"dependentSchemas", KEYWORD_DEPENDENCIES, "dependencies"},
    {"$ref", KEYWORD_NOTE, NULL}, /* followed before the others */
    {"definitions", KEYWORD_NOTE, NULL},
    {"$defs", KEYWORD_NOTE, NULL},
    {"$schema", KEYWORD_NOTE, NULL},
    {"$id", KEYWORD_NOTE, NULL},
    {"id", KEYWORD_NOTE, NULL},
    {"$anchor", KEYWORD_NOTE, NULL},
    {"$comment", KEYWORD_NOTE, NULL},
    {"title", KEYWORD_NOTE, NULL},
    {"description", KEYWORD_NOTE, NULL},
    {"default", KEYWORD_NOTE, NULL},
    {"example", KEYWORD_NOTE, NULL},
    {"examples", KEYWORD_NOTE, NULL},
    {"format", KEYWORD_NOTE, NULL},
    {"contentEncoding", KEYWORD_NOTE, NULL},
    {"contentMediaType", KEYWORD_NOTE, NULL},
    {"contentSchema", KEYWORD_NOTE, NULL},
    {"deprecated", KEYWORD_NOTE, NULL},
    {"readOnly", KEYWORD_NOTE, NULL},
    {"writeOnly", KEYWORD_NOTE, NULL},
    {"$dynamicRef", KEYWORD_UNSUPPORTED, NULL},
    {"$recursiveRef", KEYWORD_UNSUPPORTED, NULL},
    {"unevaluatedItems", KEYWORD_UNSUPPORTED, NULL},
    {"unevaluatedProperties", KEYWORD_UNSUPPORTED, NULL},
    {"minContains", KEYWORD_UNSUPPORTED, NULL},
    {"maxContains", KEYWORD_UNSUPPORTED, NULL},
};
enum { KEYWORD_COUNT_ALL = sizeof KEYWORDS / sizeof *KEYWORDS, PATTERN_BYTES_MAX = 1024, PATTERN_WEIGHT = 100 };

static size_t value_count(const cJSON *value) {
    size_t count = 1;
    for (const cJSON *item = value->child; item; item = item->next)
        count += value_count(item);
    return count;
}

static cJSON *copy(preparing *p, const cJSON *value, const schema_trail *trail) {
    if (!schema_has_room(p, trail, value_count(value)))
        return NULL;
    cJSON *out = cJSON_Duplicate(value, true);
    if (!out)
        mem_exhausted();
    return out;
}

/* ── values of keywords; each gives NULL when it has reported ── */

static cJSON *refuse(const schema_site *s, const char *what) {
    schema_problem(s->p, s->trail, "bad-schema", "%s must be %s", s->name, what);
    return NULL;
}

static cJSON *read_schema(const schema_site *s) {
    return schema_prepare_below(s->p, s->value, s->trail, s->depth + 1);
}

static cJSON *read_schemas(const schema_site *s) {
    if (!cJSON_IsArray(s->value) || !s->value->child)
        return refuse(s, "a list of at least one schema");
    cJSON *list = schema_new_list();
    size_t index = 0;
    for (const cJSON *item = s->value->child; item; item = item->next, index++) {
        cJSON *made = schema_prepare_below(s->p, item, &(schema_trail){s->trail, NULL, index}, s->depth + 1);
        if (made)
            schema_append(list, made);
    }
    return list;
}

static cJSON *read_schema_or_list(const schema_site *s) {
    return cJSON_IsArray(s->value) && s->value->child ? read_schemas(s) : read_schema(s);
}

static cJSON *read_properties(const schema_site *s) {
    if (!cJSON_IsObject(s->value))
        return refuse(s, "a map of names to schemas");
    cJSON *map = schema_new_map();
    for (const cJSON *item = s->value->child; item; item = item->next) {
        cJSON *made = schema_prepare_below(s->p, item, &(schema_trail){s->trail, item->string, 0}, s->depth + 1);
        if (made)
            schema_put(map, item->string, made);
    }
    return map;
}

/* Names are compared by std::regex, which backtracks: at most one repetition, and no group to repeat. */
static bool is_tame(const char *pattern) {
    size_t repetitions = 0;
    for (const char *at = pattern; *at; at++) {
        if (*at == '\\' && at[1])
            at++;
        else if (*at == '(' || *at == '|')
            return false;
        else if (strchr("*+?{", *at))
            repetitions++;
    }
    return repetitions <= 1 && strlen(pattern) <= PATTERN_BYTES_MAX;
}

static cJSON *read_patterns(const schema_site *s) {
    cJSON *map = read_properties(s);
    for (const cJSON *item = map ? map->child : NULL; item; item = item->next) {
        if (!is_tame(item->string))
            schema_problem(s->p, &(schema_trail){s->trail, item->string, 0}, "bad-pattern",
                           "names are compared with simple patterns only: at most one of * + ? {, no ( and no |");
        if (!schema_has_room(s->p, s->trail, PATTERN_WEIGHT))
            break;
    }
    return map;
}

static bool are_texts(const cJSON *list) {
    for (const cJSON *item = cJSON_IsArray(list) ? list->child : NULL; item; item = item->next)
        if (!cJSON_IsString(item))
            return false;
    return cJSON_IsArray(list);
}

static cJSON *read_texts(const schema_site *s) {
    return are_texts(s->value) ? copy(s->p, s->value, s->trail) : refuse(s, "a list of names");
}

static cJSON *read_dependencies(const schema_site *s) {
    if (!cJSON_IsObject(s->value))
        return refuse(s, "a map of names");
    cJSON *map = schema_new_map();
    for (const cJSON *item = s->value->child; item; item = item->next) {
        const schema_trail to = {s->trail, item->string, 0};
        cJSON *made = are_texts(item) ? copy(s->p, item, &to) : schema_prepare_below(s->p, item, &to, s->depth + 1);
        if (made)
            schema_put(map, item->string, made);
    }
    return map;
}

static cJSON *read_count(const schema_site *s) {
    return json_int(s->schema, s->name, -1) >= 0 ? copy(s->p, s->value, s->trail)
                                                 : refuse(s, "a whole number, 0 or more");
}

static cJSON *read_number(const schema_site *s) {
    return cJSON_IsNumber(s->value) ? copy(s->p, s->value, s->trail) : refuse(s, "a number");
}

static cJSON *read_positive(const schema_site *s) {
    bool good = cJSON_IsNumber(s->value) && s->value->valuedouble > 0;
    return good ? copy(s->p, s->value, s->trail) : refuse(s, "a number above 0");
}

/* Draft 4's true stands for the limit beside it. */
static cJSON *read_exclusive(const schema_site *s) {
    const cJSON *limit = json_member(s->schema, strstr(s->name, "Min") ? "minimum" : "maximum");
    if (cJSON_IsTrue(s->value) && cJSON_IsNumber(limit))
        return copy(s->p, limit, s->trail);
    return read_number(s);
}

static cJSON *read_bool(const schema_site *s) {
    return cJSON_IsBool(s->value) ? copy(s->p, s->value, s->trail) : refuse(s, "true or false");
}

static const char *const TYPES[] = {"string", "number", "integer", "boolean", "object", "array", "null"};
enum { TYPE_COUNT = sizeof TYPES / sizeof *TYPES };

static bool is_type(const cJSON *value) {
    for (size_t i = 0; i < TYPE_COUNT && cJSON_IsString(value); i++)
        if (strcmp(value->valuestring, TYPES[i]) == 0)
            return true;
    return false;
}

static cJSON *refuse_type(const schema_site *s, const cJSON *value) {
    const char *near = cJSON_IsString(value) ? text_did_you_mean(value->valuestring, TYPES, TYPE_COUNT) : NULL;
    schema_problem(s->p, s->trail, "bad-schema", "there is no type \"%.60s\"%s%s%s",
                   cJSON_IsString(value) ? value->valuestring : "", near ? "; did you mean \"" : "; there are: ",
                   near ? near : "string, number, integer, boolean, object, array, null", near ? "\"?" : "");
    return NULL;
}

static cJSON *read_type(const schema_site *s) {
    if (!cJSON_IsArray(s->value))
        return is_type(s->value) ? copy(s->p, s->value, s->trail) : refuse_type(s, s->value);
    for (const cJSON *item = s->value->child; item; item = item->next)
        if (!is_type(item))
            return refuse_type(s, item);
    return s->value->child ? copy(s->p, s->value, s->trail) : refuse(s, "a type, or a list of at least one");
}

static cJSON *read_pattern(const schema_site *s) {
    err e;
    if (!cJSON_IsString(s->value) || strlen(s->value->valuestring) > PATTERN_BYTES_MAX)
        return refuse(s, "a regular expression of at most 1024 bytes");
    struct regex *r = regex_new(s->value->valuestring, &e);
    if (!r) {
        schema_problem(s->p, s->trail, "bad-pattern", "%.300s (there is no look-around and no back reference)", e.text);
        return NULL;
    }
    regex_free(r);
    return schema_has_room(s->p, s->trail, PATTERN_WEIGHT) ? copy(s->p, s->value, s->trail) : NULL;
}

static cJSON *read_values(const schema_site *s) {
    bool good = cJSON_IsArray(s->value) && s->value->child;
    return good ? copy(s->p, s->value, s->trail) : refuse(s, "a list of at least one value");
}

static cJSON *read_value(const schema_site *s) {
    return copy(s->p, s->value, s->trail);
}

static cJSON *(*const READERS[])(const schema_site *) = {
    [KEYWORD_SCHEMA] = read_schema,     [KEYWORD_SCHEMA_OR_LIST] = read_schema_or_list,
    [KEYWORD_SCHEMAS] = read_schemas,   [KEYWORD_PROPERTIES] = read_properties,
    [KEYWORD_PATTERNS] = read_patterns, [KEYWORD_DEPENDENCIES] = read_dependencies,
    [KEYWORD_COUNT] = read_count,       [KEYWORD_NUMBER] = read_number,
    [KEYWORD_POSITIVE] = read_positive, [KEYWORD_EXCLUSIVE] = read_exclusive,
    [KEYWORD_BOOL] = read_bool,         [KEYWORD_TEXTS] = read_texts,
    [KEYWORD_TYPE] = read_type,         [KEYWORD_PATTERN] = read_pattern,
    [KEYWORD_VALUES] = read_values,     [KEYWORD_VALUE] = read_value,
};

/* ── one keyword ── */

static void warn_keyword(const schema_site *s) {
    const char *names[KEYWORD_COUNT_ALL];
    for (size_t i = 0; i < KEYWORD_COUNT_ALL; i++)
        names[i] = KEYWORDS[i].name;
    const char *near = text_did_you_mean(s->name, names, KEYWORD_COUNT_ALL);
    if (near)
        schema_warning(s->p, s->trail, "unknown-keyword",
                       "JSON Schema has no keyword \"%.60s\", and so it checks nothing; did you mean \"%s\"?", s->name,
                       near);
}

static const keyword *find_keyword(const char *name) {
    for (size_t i = 0; i < KEYWORD_COUNT_ALL; i++)
        if (strcmp(KEYWORDS[i].name, name) == 0)
            return &KEYWORDS[i];
    return NULL;
}

/* 2020-12's items beside prefixItems is draft 7's additionalItems. */
static const char *target_name(const keyword *k, const cJSON *schema) {
    if (strcmp(k->name, "items") == 0 && json_member(schema, "prefixItems"))
        return "additionalItems";
    return k->as ? k->as : k->name;
}

static void put_keyword(cJSON *into, const char *name, cJSON *made) {
    cJSON *there = cJSON_GetObjectItemCaseSensitive(into, name);
    if (!there) {
        schema_put(into, name, made);
        return;
    }
    while (made->child && cJSON_IsObject(made) && cJSON_IsObject(there)) { /* two kinds of dependencies */
        cJSON *item = cJSON_DetachItemViaPointer(made, made->child);
        if (cJSON_GetObjectItemCaseSensitive(there, item->string))
            cJSON_Delete(item);
        else
            schema_put(there, item->string, item);
    }
    cJSON_Delete(made);
}

void schema_read_keyword(const schema_site *s, cJSON *into) {
    const keyword *k = find_keyword(s->name);
    if (!k) {
        warn_keyword(s);
        return;
    }
    if (k->kind == KEYWORD_UNSUPPORTED)
        schema_warning(s->p, s->trail, "unsupported-keyword", "%s is not checked here", s->name);
    bool off = k->kind == KEYWORD_EXCLUSIVE && cJSON_IsFalse(s->value);
    cJSON *made = READERS[k->kind] && !off ? READERS[k->kind](s) : NULL;
    if (made)
        put_keyword(into, target_name(k, s->schema), made);
}
