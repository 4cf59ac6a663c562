/* What MLflow's MLmodel says of a model, put into a manifest. Leaves the signature's types to mlflow_signature.c, the
 * input example to mlflow_example.c and reading files to the caller. The difficulty: most of a package is not in it,
 * and what a manifest says goes first. */
#include "config/mlflow.h"

#include "onus/handoff_file.h"

#include "onus/json.h"

#include <string.h>

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

/* A signature's columns say what a row holds. A sample that is no list is one row. */
static bool put_schema(handoff_assembly *to, const mlflow_model *m, const char *key, const char *sample_key) {
    const char *json = text_at(json_member(m->tree, "signature"), key);
    if (!json)
        return false;
    err e;
    const char *from = arena_printf(to->memory, "/signature/%s", key);
    const handoff_place *at = handoff_place_find(m->places, from);
    const cJSON *sample = json_member(json_member(json_member(to->manifest, "schema"), "sample"), sample_key);
    bool one_row = sample && !cJSON_IsNull(sample) && !cJSON_IsArray(sample);
    cJSON *schema = mlflow_signature_to_schema(json, one_row, &e);
    if (schema)
        return handoff_assembly_put(to, strcmp(key, "inputs") == 0 ? "/schema/input" : "/schema/output", schema, at);
    diagnostics_add(to->d, DIAGNOSTIC_ERROR, m->path, at ? at->at : (file_position){0}, at ? at->length : 0,
                    "bad-signature", "the signature's %s cannot be read: %s", key, e.text);
    return false;
}

static bool has_unnamed_columns(const mlflow_model *m) {
    err unshown;
    const char *json = text_at(json_member(m->tree, "signature"), "inputs");
    cJSON *list = json ? mlflow_signature_read(json, &unshown) : NULL;
    bool unnamed = list && !mlflow_is_tensor(list->child) && !json_member(list->child, "name");
    cJSON_Delete(list);
    return unnamed;
}

static void settle_example(handoff_assembly *to, const mlflow_model *m, bool own) {
    cJSON *schema = cJSON_GetObjectItemCaseSensitive(to->manifest, "schema"),
          *sample = cJSON_GetObjectItemCaseSensitive(schema, "sample"),
          *request = cJSON_GetObjectItemCaseSensitive(sample, "request");
    if (request && own)
        mlflow_settle_example(NULL, request, false);
    else if (request)
        mlflow_settle_example(cJSON_GetObjectItemCaseSensitive(schema, "input"), request, has_unnamed_columns(m));
}

void handoff_add_mlflow(handoff_assembly *to, const mlflow_model *m) {
    const char *run = text_at(m->tree, "run_id");
    if (run)
        put_text(to, m, "/artifact/run_id", "/run_id", run);
    put_format(to, m);
    put_runtime(to, m);
    settle_example(to, m, !put_schema(to, m, "inputs", "request"));
    (void)put_schema(to, m, "outputs", "response");
}
