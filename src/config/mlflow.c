/* What MLflow's MLmodel says of a model, put into a manifest. Leaves the signature's types to mlflow_signature.c and
 * reading files to the caller. The difficulty: most of a package is not in it, and what a manifest says goes first. */
#include "onus/handoff_file.h"

#include "onus/json.h"

#include <string.h>

enum { EXAMPLE_ROWS_MAX = 100 }; /* the first of them are sample enough */

/* ── putting together ── */

static cJSON *map_at(cJSON *map, const char *key) {
    cJSON *below = cJSON_GetObjectItemCaseSensitive(map, key);
    if (below && !cJSON_IsNull(below))
        return cJSON_IsObject(below) ? below : NULL;
    if (below)
        cJSON_DeleteItemFromObjectCaseSensitive(map, key);
    below = cJSON_AddObjectToObject(map, key);
    if (!below)
        mem_exhausted();
    return below;
}

bool handoff_assembly_put(handoff_assembly *to, const char *pointer, cJSON *value, const handoff_place *at) {
    char *steps = arena_strdup(to->memory, pointer + 1), *rest = steps, *key = strsep(&rest, "/");
    cJSON *map = to->manifest;
    for (; rest && map; key = strsep(&rest, "/"))
        map = map_at(map, key);
    cJSON *there = map ? cJSON_GetObjectItemCaseSensitive(map, key) : NULL;
    if (!cJSON_IsObject(map) || (there && !cJSON_IsNull(there))) {
        cJSON_Delete(value);
        return false;
    }
    if (there)
        cJSON_DeleteItemFromObjectCaseSensitive(map, key);
    if (!cJSON_AddItemToObject(map, key, value))
        mem_exhausted();
    if (at) {
        handoff_place place = *at;
        place.pointer = arena_strdup(to->memory, pointer);
        handoff_place_add(to->places, to->memory, place);
    }
    return true;
}

/* ── the MLmodel ── */

static const char *text_at(const cJSON *tree, const char *key) {
    const cJSON *value = json_member(tree, key);
    return cJSON_IsString(value) && value->valuestring[0] ? value->valuestring : NULL;
}

static void put_text(handoff_assembly *to, const mlflow_model *m, const char *pointer, const char *from,
                     const char *text) {
    handoff_assembly_put(to, pointer, cJSON_CreateString(text), handoff_place_find(m->places, from));
}

static void put_format(handoff_assembly *to, const mlflow_model *m) {
    const cJSON *python = json_member(json_member(m->tree, "flavors"), "python_function");
    const char *version = text_at(m->tree, "mlflow_version"), *loader = text_at(python, "loader_module");
    if (version)
        put_text(to, m, "/artifact/format", "/mlflow_version",
                 arena_printf(to->memory, "mlflow %s%s%s", version, loader ? ", " : "", loader ? loader : ""));
}

static void put_runtime(handoff_assembly *to, const mlflow_model *m) {
    const cJSON *python = json_member(json_member(m->tree, "flavors"), "python_function");
    const char *version = text_at(python, "python_version");
    if (version)
        put_text(to, m, "/dependencies/runtime", "/flavors/python_function/python_version",
                 arena_printf(to->memory, "python %s", version));
}

static void put_schema(handoff_assembly *to, const mlflow_model *m, const char *pointer, const char *key) {
    const char *json = text_at(json_member(m->tree, "signature"), key);
    if (!json)
        return;
    err e;
    const char *from = arena_printf(to->memory, "/signature/%s", key);
    const handoff_place *at = handoff_place_find(m->places, from);
    cJSON *schema = mlflow_signature_to_schema(json, &e);
    if (schema)
        handoff_assembly_put(to, pointer, schema, at);
    else
        diagnostics_add(to->d, DIAGNOSTIC_ERROR, m->path, at ? at->at : (file_position){0}, at ? at->length : 0,
                        "bad-signature", "the signature's %s cannot be read: %s", key, e.text);
}

void handoff_add_mlflow(handoff_assembly *to, const mlflow_model *m) {
    const char *run = text_at(m->tree, "run_id");
    if (run)
        put_text(to, m, "/artifact/run_id", "/run_id", run);
    put_format(to, m);
    put_runtime(to, m);
    put_schema(to, m, "/schema/input", "inputs");
    put_schema(to, m, "/schema/output", "outputs");
}

/* ── the example ── */

const char *mlflow_example_path(const mlflow_model *m) {
    return text_at(json_member(m->tree, "saved_input_example_info"), "artifact_path");
}

static cJSON *row_to_record(const cJSON *columns, const cJSON *row) {
    cJSON *record = cJSON_CreateObject();
    const cJSON *value = row->child;
    for (const cJSON *name = columns->child; name && value; name = name->next, value = value->next) {
        bool done = record && cJSON_IsString(name) &&
                    cJSON_AddItemToObject(record, name->valuestring, cJSON_Duplicate(value, true));
        if (!done)
            break;
    }
    return record;
}

static bool is_split(const cJSON *tree) {
    const cJSON *columns = json_member(tree, "columns"), *data = json_member(tree, "data");
    return cJSON_IsArray(columns) && cJSON_IsArray(data) && cJSON_IsString(columns->child) &&
           cJSON_IsArray(data->child);
}

static cJSON *split_to_records(const cJSON *tree) {
    cJSON *records = cJSON_CreateArray();
    const cJSON *columns = json_member(tree, "columns");
    const cJSON *row = json_member(tree, "data")->child;
    for (size_t i = 0; row && i < EXAMPLE_ROWS_MAX; row = row->next, i++)
        if (!cJSON_AddItemToArray(records, row_to_record(columns, row)))
            mem_exhausted();
    return records;
}

cJSON *mlflow_example_to_request(cJSON *example) {
    static const char *const WRAPPERS[] = {"inputs", "instances", "dataframe_split", "dataframe_records"};
    if (is_split(example)) {
        cJSON *records = split_to_records(example);
        cJSON_Delete(example);
        return records;
    }
    for (size_t i = 0; i < sizeof WRAPPERS / sizeof *WRAPPERS; i++) {
        bool only = cJSON_IsObject(example) && example->child && !example->child->next &&
                    strcmp(example->child->string, WRAPPERS[i]) == 0;
        if (!only)
            continue;
        cJSON *inner = cJSON_DetachItemFromObjectCaseSensitive(example, WRAPPERS[i]);
        cJSON_Delete(example);
        return is_split(inner) ? mlflow_example_to_request(inner) : inner;
    }
    return example;
}
