/* MLflow's signatures as JSON Schema (mlflow.org/docs/latest/model/signatures). A signature is a list of columns, or of
 * tensors, each with a name or all without. The difficulty: a tensor's -1 is any length, and every other number is
 * exactly that many. */
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

static cJSON *column_schema(const cJSON *column, int depth, err *e);

static bool is_required(const cJSON *column) {
    return json_bool(column, "required", !json_bool(column, "optional", false));
}

/* Adds one named column to an object schema's properties. */
static bool add_property(cJSON *properties, cJSON *required, const cJSON *column, const char *name, int depth, err *e) {
    cJSON *schema = column_schema(column, depth, e);
    if (!schema)
        return false;
    put(properties, name, schema);
    if (is_required(column))
        append(required, cJSON_CreateString(name));
    return true;
}

static cJSON *object_schema(cJSON *properties, cJSON *required) {
    cJSON *schema = typed("object");
    put(schema, "properties", properties);
    put(schema, "required", required);
    return schema;
}

static cJSON *nested_object(const cJSON *column, int depth, err *e) {
    const cJSON *given = json_member(column, "properties");
    cJSON *properties = cJSON_CreateObject(), *required = cJSON_CreateArray();
    if (!properties || !required)
        mem_exhausted();
    bool good = cJSON_IsObject(given);
    if (!good)
        err_set(e, ERR_INVALID, "a column of type object has no properties");
    for (const cJSON *item = good ? given->child : NULL; item && good; item = item->next)
        good = add_property(properties, required, item, item->string, depth, e);
    if (good)
        return object_schema(properties, required);
    cJSON_Delete(properties);
    cJSON_Delete(required);
    return NULL;
}

/* {"type": "array", "items": …} and {"type": "map", "values": …}. */
static cJSON *nested_list(const cJSON *column, bool map, int depth, err *e) {
    cJSON *items = column_schema(json_member(column, map ? "values" : "items"), depth, e);
    if (!items)
        return NULL;
    cJSON *schema = typed(map ? "object" : "array");
    put(schema, map ? "additionalProperties" : "items", items);
    return schema;
}

static cJSON *column_schema(const cJSON *column, int depth, err *e) {
    const cJSON *type = json_member(column, "type");
    if (!cJSON_IsString(type) || depth > DEPTH_MAX) {
        err_set(e, ERR_INVALID, depth > DEPTH_MAX ? "types are nested too deeply" : "a column has no type");
        return NULL;
    }
    if (strcmp(type->valuestring, "object") == 0)
        return nested_object(column, depth + 1, e);
    if (strcmp(type->valuestring, "array") == 0 || strcmp(type->valuestring, "map") == 0)
        return nested_list(column, type->valuestring[0] == 'm', depth + 1, e);
    if (strcmp(type->valuestring, "any") == 0)
        return cJSON_CreateObject();
    cJSON *schema = scalar_schema(type->valuestring);
    if (!schema)
        err_set(e, ERR_INVALID, "the column type \"%.40s\" is not known", type->valuestring);
    return schema;
}

/* ── tensors ── */

static const char *element_type(const char *dtype) {
    static const struct {
        const char *begin, *type;
    } TYPES[] = {{"bool", "boolean"}, {"int", "integer"}, {"uint", "integer"}, {"float", "number"}};
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++)
        if (strncmp(dtype, TYPES[i].begin, strlen(TYPES[i].begin)) == 0)
            return TYPES[i].type;
    return "string";
}

static cJSON *tensor_schema(const cJSON *tensor, err *e) {
    const cJSON *spec = json_member(tensor, "tensor-spec"), *shape = json_member(spec, "shape"),
                *dtype = json_member(spec, "dtype");
    if (!cJSON_IsString(dtype) || !cJSON_IsArray(shape) || cJSON_GetArraySize(shape) > RANK_MAX) {
        err_set(e, ERR_INVALID, "a tensor has no dtype, or no shape of at most %d numbers", RANK_MAX);
        return NULL;
    }
    cJSON *schema = typed(element_type(dtype->valuestring));
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

static bool is_tensor(const cJSON *item) {
    const cJSON *type = json_member(item, "type");
    return cJSON_IsString(type) && strcmp(type->valuestring, "tensor") == 0;
}

static cJSON *list_of(cJSON *items) {
    cJSON *schema = typed("array");
    put(schema, "items", items);
    return schema;
}

static bool add_named(cJSON *properties, cJSON *required, const cJSON *item, err *e) {
    const cJSON *name = json_member(item, "name");
    if (!cJSON_IsString(name))
        return err_set(e, ERR_INVALID, "some columns have a name and some have none");
    if (cJSON_GetObjectItemCaseSensitive(properties, name->valuestring))
        return err_set(e, ERR_INVALID, "the column \"%.80s\" is there twice", name->valuestring);
    if (!is_tensor(item))
        return add_property(properties, required, item, name->valuestring, 0, e);
    cJSON *schema = tensor_schema(item, e);
    if (!schema)
        return false;
    put(properties, name->valuestring, schema);
    append(required, cJSON_CreateString(name->valuestring));
    return true;
}

/* Columns make rows of a table; tensors are handed over once. */
static cJSON *named_schema(const cJSON *list, err *e) {
    cJSON *properties = cJSON_CreateObject(), *required = cJSON_CreateArray();
    if (!properties || !required)
        mem_exhausted();
    for (const cJSON *item = list->child; item; item = item->next)
        if (!add_named(properties, required, item, e)) {
            cJSON_Delete(properties);
            cJSON_Delete(required);
            return NULL;
        }
    cJSON *schema = object_schema(properties, required);
    return is_tensor(list->child) ? schema : list_of(schema);
}

static cJSON *unnamed_schema(const cJSON *list, err *e) {
    if (is_tensor(list->child) && !list->child->next)
        return tensor_schema(list->child, e);
    if (!list->child->next) {
        cJSON *column = column_schema(list->child, 0, e);
        return column ? list_of(column) : NULL;
    }
    cJSON *columns = cJSON_CreateArray();
    if (!columns)
        mem_exhausted();
    for (const cJSON *item = list->child; item; item = item->next) {
        cJSON *column = is_tensor(item) ? tensor_schema(item, e) : column_schema(item, 0, e);
        if (!column) {
            cJSON_Delete(columns);
            return NULL;
        }
        append(columns, column);
    }
    return list_of(list_of(columns));
}

cJSON *mlflow_signature_to_schema(const char *json, err *e) {
    cJSON *list = json_parse(json, strlen(json), e), *schema = NULL;
    if (list && (!cJSON_IsArray(list) || !list->child || cJSON_GetArraySize(list) > COLUMNS_MAX))
        err_set(e, ERR_INVALID, "a signature is a list of 1 to %d columns or tensors", COLUMNS_MAX);
    else if (list)
        schema = json_member(list->child, "name") ? named_schema(list, e) : unnamed_schema(list, e);
    cJSON_Delete(list);
    return schema;
}
