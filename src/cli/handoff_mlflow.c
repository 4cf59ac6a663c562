/* Owns which of MLflow's files stand for which part of a manifest: MLmodel, requirements.txt, conda.yaml,
 * python_env.yaml and the input example. Leaves what they mean to config. */
#include "cli/handoff_load.h"

#include "onus/json.h"
#include "onus/text.h"

#include <string.h>

typedef struct mlflow_files {
    cli *c;
    handoff_loaded *l;
    handoff_assembly to;
} mlflow_files;

/* A file of the folder as JSON; NULL when it is not there. */
static cJSON *read_file(mlflow_files *m, const char *name, handoff_reading reading, handoff_places *places) {
    const handoff_place nowhere = {.file = m->l->path};
    const loaded_text *text = folder_has(&m->l->folder, name) ? handoff_read_text(m->c, m->l, name, &nowhere) : NULL;
    if (!text)
        return NULL;
    return handoff_source_read(&(handoff_source){text->path, text->bytes, text->len, "", reading}, m->c->memory, places,
                               &m->l->found);
}

static bool says(const mlflow_files *m, const char *map, const char *key) {
    return json_member(json_member(m->to.manifest, map), key) != NULL;
}

/* ── dependencies ── */

/* Conda's list holds Python, pip and the lines of requirements.txt as a rule; then the latter says it better. */
static bool conda_says_more(const cJSON *conda) {
    const cJSON *list = json_member(conda, "dependencies");
    for (const cJSON *item = cJSON_IsArray(list) ? list->child : NULL; item; item = item->next)
        if (cJSON_IsString(item)) {
            const char *name = item->valuestring;
            size_t len = strcspn(name, " =<>!~");
            bool common = (len == 6 && strncmp(name, "python", 6) == 0) || (len == 3 && strncmp(name, "pip", 3) == 0);
            if (!common)
                return true;
        }
    return false;
}

static void add_requirements(mlflow_files *m) {
    const handoff_place nowhere = {.file = m->l->path};
    if (!folder_has(&m->l->folder, "requirements.txt"))
        return;
    const loaded_text *text = handoff_read_text(m->c, m->l, "requirements.txt", &nowhere);
    if (text)
        handoff_put_lock(m->c, m->l, m->to.manifest, text);
}

static void add_conda(mlflow_files *m) {
    handoff_places places = {0};
    cJSON *conda = read_file(m, "conda.yaml", HANDOFF_READ_TEXTS, &places);
    if (!conda || (says(m, "dependencies", "lock") && !conda_says_more(conda))) {
        cJSON_Delete(conda);
        return;
    }
    if (!handoff_assembly_put(&m->to, "/dependencies/conda", conda, NULL))
        return;
    for (size_t i = 0; i < places.count; i++) {
        handoff_place place = places.items[i];
        place.pointer = arena_printf(m->c->memory, "/dependencies/conda%s", place.pointer);
        handoff_place_add(m->to.places, m->c->memory, place);
    }
}

static void add_python(mlflow_files *m) {
    handoff_places places = {0};
    cJSON *env = read_file(m, "python_env.yaml", HANDOFF_READ_TEXTS, &places);
    const cJSON *python = json_member(env, "python");
    if (cJSON_IsString(python))
        handoff_assembly_put(&m->to, "/dependencies/runtime",
                             cJSON_CreateString(arena_printf(m->c->memory, "python %s", python->valuestring)),
                             handoff_place_find(&places, "/python"));
    cJSON_Delete(env);
}

static void add_dependencies(mlflow_files *m) {
    static const char *const WAYS[] = {"lock", "lock_file", "lock_sha256", "conda", "conda_file"};
    bool pinned = false;
    for (size_t i = 0; i < sizeof WAYS / sizeof *WAYS; i++)
        pinned = pinned || says(m, "dependencies", WAYS[i]);
    if (!pinned) {
        add_requirements(m);
        add_conda(m);
    }
    add_python(m);
}

/* ── the example ── */

static void add_example(mlflow_files *m, const mlflow_model *model) {
    const char *path = mlflow_example_path(model);
    handoff_places places = {0};
    if (!path || json_member(json_member(json_member(m->to.manifest, "schema"), "sample"), "request"))
        return;
    cJSON *example = read_file(m, path, HANDOFF_READ_EXAMPLE, &places);
    if (example)
        handoff_add_mlflow_example(&m->to, model, example, handoff_place_find(&places, ""));
}

void handoff_add_mlflow_files(cli *c, handoff_loaded *l, cJSON *manifest) {
    mlflow_files m = {c, l, {manifest, &l->places, c->memory, &l->found}};
    handoff_places places = {0};
    cJSON *tree = read_file(&m, "MLmodel", HANDOFF_READ_TEXTS, &places);
    mlflow_model model = {folder_path(c->memory, &l->folder, "MLmodel"), tree, &places};
    if (tree) {
        add_example(&m, &model);
        handoff_add_mlflow(&m.to, &model);
    }
    add_dependencies(&m);
    if (tree)
        handoff_list_files(c, l, manifest);
    cJSON_Delete(tree);
}
