/* MLflow's signatures as JSON Schema (mlflow.org/docs/latest/model/signatures). A signature is a list of columns, or of
 * tensors, each with a name or all without. The difficulty: where null stands for a value. MLflow takes it in a column
 * that is not required and in what that column holds, and in a list for any element but an integer; a tensor of floats
 * has it for NaN, which JSON has not. */
#include "config/mlflow.h"

#include "onus/handoff_file.h"
#include "onus/json.h"

#include <string.h>

enum { RANK_MAX = 16, DEPTH_MAX = 16, COLUMNS_MAX = 20000 };

static cJSON *typed(const char *type) {
    cJSON *schema = cJSON_CreateObject();
    if (!schema || !cJSON_AddStringToObject(schema, "type", type))
        mem_exhausted();
    return schema;
}

static void put(cJSON *object, const char *key, cJSON *value) {
    if (!value || !cJSON_AddItemToObject(object, key, value))
        mem_exhausted();
}

static void append(cJSON *list, cJSON *value) {
    if (!value || !cJSON_AddItemToArray(list, value))
        mem_exhausted();
}

/* ── columns ── */

static const struct {
    const char *name, *type, *keyword, *value; /* keyword and value: NULL, or what else is said */
} SCALARS[] = {
    {"boolean", "boolean", NULL, NULL},
    {"integer", "integer", NULL, NULL},
    {"long", "integer", NULL, NULL},
    {"float", "number", NULL, NULL},
    {"double", "number", NULL, NULL},
    {"string", "string", NULL, NULL},
    {"binary", "string", "contentEncoding", "base64"},
    {"datetime", "string", "format", "date-time"},
};

static cJSON *scalar_schema(const char *type) {
    for (size_t i = 0; i < sizeof SCALARS / sizeof *SCALARS; i++) {
        if (strcmp(type, SCALARS[i].name) != 0)
            continue;
        cJSON *schema = typed(SCALARS[i].type);
        if (SCALARS[i].keyword)
            put(schema, SCALARS[i].keyword, cJSON_CreateString(SCALARS[i].value));
        return schema;
    }
    return NULL;
}

void mlflow_make_nullable(cJSON *schema) {
    cJSON *type = cJSON_GetObjectItemCaseSensitive(schema, "type");
    if (!cJSON_IsString(type))
        return; /* takes anything, or null already */
    cJSON *types = cJSON_CreateArray();
    append(types, cJSON_CreateString(type->valuestring));
    append(types, cJSON_CreateString("null"));
    if (!cJSON_ReplaceItemInObjectCaseSensitive(schema, "type", types))
        mem_exhausted();
}

/* Where a column's type stands: how deep, and within a column that is not required. */
typedef struct nesting {
    int depth;
    bool optional;
} nesting;

static cJSON *column_schema(const cJSON *column, nesting in, err *e);

static bool is_required(const cJSON *column) {
    return json_bool(column, "required", !json_bool(column, "optional", false));
}

/* An object schema that is being made. */
typedef struct record {
    cJSON *properties, *required;
} record;

static record record_new(void) {
    record r = {cJSON_CreateObject(), cJSON_CreateArray()};
    if (!r.properties || !r.required)
        mem_exhausted();
    return r;
}

/* The schema; NULL when something of it was wrong. */
static cJSON *record_finish(record *r, bool good) {
    if (!good) {
        cJSON_Delete(r->properties);
        cJSON_Delete(r->required);
        return NULL;
    }
    cJSON *schema = typed("object");
    put(schema, "properties", r->properties);
    put(schema, "required", r->required);
    return schema;
}

/* Adds one named column to an object schema's properties. */
static bool add_property(record *r, const cJSON *column, const char *name, int depth, err *e) {
    bool optional = !is_required(column);
    cJSON *schema = column_schema(column, (nesting){depth, optional}, e);
    if (!schema)
        return false;
    put(r->properties, name, schema);
    if (optional)
        mlflow_make_nullable(schema);
    else
        append(r->required, cJSON_CreateString(name));
    return true;
}

static cJSON *nested_object(const cJSON *column, int depth, err *e) {
    const cJSON *given = json_member(column, "properties");
    record r = record_new();
    bool good = cJSON_IsObject(given) || err_set(e, ERR_INVALID, "a column of type object has no properties");
    for (const cJSON *item = good ? given->child : NULL; item && good; item = item->next)
        good = add_property(&r, item, item->string, depth, e);
    return record_finish(&r, good);
}

/* An integer that is missing makes pandas' column one of floats, which MLflow refuses. */
static bool takes_null(const cJSON *items, bool map) {
    static const char *const WITHOUT[] = {"integer", "object", "array"};
    const cJSON *type = json_member(items, "type");
    for (size_t i = 0; i < sizeof WITHOUT / sizeof *WITHOUT; i++)
        if (cJSON_IsString(type) && strcmp(type->valuestring, WITHOUT[i]) == 0)
            return false;
    return !map;
}

/* {"type": "array", "items": …} and {"type": "map", "values": …}. */
static cJSON *nested_list(const cJSON *column, bool map, nesting in, err *e) {
    cJSON *items = column_schema(json_member(column, map ? "values" : "items"), in, e);
    if (!items)
        return NULL;
    if (in.optional || takes_null(items, map))
        mlflow_make_nullable(items);
    cJSON *schema = typed(map ? "object" : "array");
    put(schema, map ? "additionalProperties" : "items", items);
    return schema;
}

/* Spark's vectors are written as a list of numbers, or as a sparse one. */
static cJSON *vector_schema(void) {
    cJSON *schema = cJSON_CreateObject(), *types = cJSON_CreateArray();
    if (!schema || !types)
        mem_exhausted();
    append(types, cJSON_CreateString("array"));
    append(types, cJSON_CreateString("object"));
    put(schema, "type", types);
    return schema;
}

static cJSON *column_schema(const cJSON *column, nesting in, err *e) {
    const cJSON *type = json_member(column, "type");
    const nesting below = {in.depth + 1, in.optional};
    if (!cJSON_IsString(type) || in.depth > DEPTH_MAX) {
        err_set(e, ERR_INVALID, in.depth > DEPTH_MAX ? "types are nested too deeply" : "a column has no type");
        return NULL;
    }
    if (strcmp(type->valuestring, "object") == 0)
        return nested_object(column, below.depth, e);
    if (strcmp(type->valuestring, "array") == 0 || strcmp(type->valuestring, "map") == 0)
        return nested_list(column, type->valuestring[0] == 'm', below, e);
    if (strcmp(type->valuestring, "sparkml_vector") == 0)
        return vector_schema();
    if (strcmp(type->valuestring, "any") == 0)
        return cJSON_CreateObject();
    cJSON *schema = scalar_schema(type->valuestring);
    if (!schema)
        err_set(e, ERR_INVALID, "the column type \"%.40s\" is not known", type->valuestring);
    return schema;
}

/* ── tensors ── */

/* numpy's name of a type, without its size. What is not among them (object) may be anything. */
static cJSON *element_schema(const char *dtype) {
    static const struct {
        const char *begin, *types[3];
    } TYPES[] = {{"bool", {"boolean"}},
                 {"int", {"integer"}},
                 {"uint", {"integer"}},
                 {"float", {"number", "null"}},
                 {"str", {"string"}},
                 {"bytes", {"string"}},
                 {"datetime64", {"string", "integer", "null"}}, /* nanoseconds are written as a number */
                 {"timedelta64", {"string", "integer", "null"}}};
    cJSON *schema = cJSON_CreateObject(), *types = cJSON_CreateArray();
    if (!schema || !types)
        mem_exhausted();
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++)
        for (size_t j = 0; j < 3 && TYPES[i].types[j] && strncmp(dtype, TYPES[i].begin, strlen(TYPES[i].begin)) == 0;
             j++)
            append(types, cJSON_CreateString(TYPES[i].types[j]));
    if (cJSON_GetArraySize(types) > 1)
        put(schema, "type", types);
    else if (types->child)
        put(schema, "type", cJSON_DetachItemFromArray(types, 0));
    if (cJSON_GetArraySize(types) < 2)
        cJSON_Delete(types);
    return schema;
}

static cJSON *tensor_schema(const cJSON *tensor, err *e) {
    const cJSON *spec = json_member(tensor, "tensor-spec"), *shape = json_member(spec, "shape"),
                *dtype = json_member(spec, "dtype");
    if (!cJSON_IsString(dtype) || !cJSON_IsArray(shape) || cJSON_GetArraySize(shape) > RANK_MAX) {
        err_set(e, ERR_INVALID, "a tensor has no dtype, or no shape of at most %d numbers", RANK_MAX);
        return NULL;
    }
    cJSON *schema = element_schema(dtype->valuestring);
    for (int i = cJSON_GetArraySize(shape) - 1; i >= 0; i--) {
        const cJSON *length = cJSON_GetArrayItem(shape, i);
        cJSON *list = typed("array");
        put(list, "items", schema);
        if (cJSON_IsNumber(length) && length->valuedouble >= 0) {
            put(list, "minItems", cJSON_CreateNumber(length->valuedouble));
            put(list, "maxItems", cJSON_CreateNumber(length->valuedouble));
        }
        schema = list;
    }
    return schema;
}

/* ── whole signatures ── */

/* pandas' numbered columns have numbers for names, those of several levels lists. */
static void name_as_text(cJSON *column) {
    const cJSON *name = json_member(column, "name");
    buf b;
    if (!name || cJSON_IsString(name))
        return;
    buf_init(&b);
    json_print(&b, name);
    cJSON *text = cJSON_CreateString(b.data);
    buf_release(&b);
    if (!text || !cJSON_ReplaceItemInObjectCaseSensitive(column, "name", text))
        mem_exhausted();
}

cJSON *mlflow_signature_read(const char *json, err *e) {
    cJSON *list = json_parse(json, strlen(json), e);
    if (!list)
        return NULL;
    if (!cJSON_IsArray(list) || !list->child || cJSON_GetArraySize(list) > COLUMNS_MAX) {
        err_set(e, ERR_INVALID, "a signature is a list of 1 to %d columns or tensors", COLUMNS_MAX);
        cJSON_Delete(list);
        return NULL;
    }
    for (cJSON *item = list->child; item; item = item->next)
        name_as_text(item);
    return list;
}

bool mlflow_is_tensor(const cJSON *item) {
    const cJSON *type = json_member(item, "type");
    return cJSON_IsString(type) && strcmp(type->valuestring, "tensor") == 0;
}

static cJSON *list_of(cJSON *items) {
    cJSON *schema = typed("array");
    put(schema, "items", items);
    return schema;
}

static bool add_named(record *r, const cJSON *item, err *e) {
    const cJSON *name = json_member(item, "name");
    if (!cJSON_IsString(name))
        return err_set(e, ERR_INVALID, "some columns have a name and some have none");
    if (cJSON_GetObjectItemCaseSensitive(r->properties, name->valuestring))
        return err_set(e, ERR_INVALID, "the column \"%.80s\" is there twice", name->valuestring);
    if (!mlflow_is_tensor(item))
        return add_property(r, item, name->valuestring, 0, e);
    cJSON *schema = tensor_schema(item, e);
    if (!schema)
        return false;
    put(r->properties, name->valuestring, schema);
    append(r->required, cJSON_CreateString(name->valuestring));
    return true;
}

static cJSON *named_schema(const cJSON *list, err *e) {
    record r = record_new();
    bool good = true;
    for (const cJSON *item = list->child; item && good; item = item->next)
        good = add_named(&r, item, e);
    return record_finish(&r, good);
}

static cJSON *unnamed_schema(const cJSON *list, err *e) {
    const nesting outermost = {0};
    if (!list->child->next)
        return mlflow_is_tensor(list->child) ? tensor_schema(list->child, e) : column_schema(list->child, outermost, e);
    cJSON *columns = cJSON_CreateArray();
    if (!columns)
        mem_exhausted();
    for (const cJSON *item = list->child; item; item = item->next) {
        cJSON *column = mlflow_is_tensor(item) ? tensor_schema(item, e) : column_schema(item, outermost, e);
        if (!column) {
            cJSON_Delete(columns);
            return NULL;
        }
        append(columns, column);
    }
    return list_of(columns);
}

cJSON *mlflow_signature_to_schema(const char *json, bool one_row, err *e) {
    cJSON *list = mlflow_signature_read(json, e), *schema = NULL;
    if (list)
        schema = json_member(list->child, "name") ? named_schema(list, e) : unnamed_schema(list, e);
    bool rows = schema && !one_row && !mlflow_is_tensor(list->child); /* tensors are handed over once */
    cJSON_Delete(list);
    return rows ? list_of(schema) : schema;
}
