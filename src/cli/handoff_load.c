/* Owns finding a package's files, and the order in which they are put together: what the manifest says goes first, then
 * the files that it names, then what MLflow left. Leaves each of these to its own file. */
#include "cli/handoff_load.h"

#include "onus/json.h"
#include "onus/limits.h"
#include "onus/text.h"

#include <string.h>
#include <sys/stat.h>

static const char *const MANIFESTS[] = {"handoff.yaml", "handoff.yml", "handoff.json"};

static bool is_folder(const char *path) {
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static const char *folder_of(arena *a, const char *path) {
    size_t len = (size_t)(base_name(path) - path);
    return len == 0 ? "." : len == 1 ? "/" : arena_strndup(a, path, len - 1);
}

/* The manifest's name below the folder; NULL: there is none, and MLflow's files must do. */
static const char *find_manifest(const handoff_loaded *l, const char *path) {
    if (!is_folder(path))
        return strcmp(base_name(path), "MLmodel") == 0 ? NULL : base_name(path);
    for (size_t i = 0; i < sizeof MANIFESTS / sizeof *MANIFESTS; i++)
        if (folder_has(&l->folder, MANIFESTS[i]))
            return MANIFESTS[i];
    return NULL;
}

static cJSON *read_manifest(cli *c, handoff_loaded *l, const char *name) {
    const handoff_place nowhere = {.file = l->path};
    const loaded_text *text = handoff_read_text(c, l, name, &nowhere);
    if (!text)
        return NULL;
    cJSON *tree = handoff_source_read(&(handoff_source){text->path, text->bytes, text->len, "", HANDOFF_READ_MANIFEST},
                                      c->memory, &l->places, &l->found);
    if (!tree || cJSON_IsObject(tree))
        return tree;
    diagnostics_add(&l->found, DIAGNOSTIC_ERROR, text->path, (file_position){1, 1}, 0, "wrong-type",
                    "a manifest is a map of keys: model, model_version, artifact, dependencies, ...");
    cJSON_Delete(tree);
    return NULL;
}

static cJSON *empty_manifest(handoff_loaded *l) {
    if (!folder_has(&l->folder, "MLmodel")) {
        diagnostics_add(&l->found, DIAGNOSTIC_ERROR, l->path, (file_position){0}, 0, "no-manifest",
                        "there is neither handoff.yaml nor MLmodel here");
        return NULL;
    }
    return cJSON_CreateObject();
}

/* A value of which nothing else is known belongs to the manifest as a whole. */
static void place_whole(cli *c, handoff_loaded *l, const char *name) {
    if (!handoff_place_find(&l->places, ""))
        handoff_place_add(&l->places, c->memory,
                          (handoff_place){.pointer = "", .file = folder_path(c->memory, &l->folder, name)});
}

void handoff_load(cli *c, const char *path, handoff_loaded *out) {
    *out = (handoff_loaded){.path = path};
    diagnostics_init(&out->found);
    err e;
    if (!folder_open(c->memory, is_folder(path) ? path : folder_of(c->memory, path), &out->folder, &e)) {
        diagnostics_add(&out->found, DIAGNOSTIC_ERROR, path, (file_position){0}, 0, "unreadable-file", "%s", e.text);
        return;
    }
    out->within = true;
    const char *name = find_manifest(out, path);
    cJSON *manifest = name ? read_manifest(c, out, name) : empty_manifest(out);
    if (!manifest)
        return;
    place_whole(c, out, name ? name : "MLmodel");
    handoff_resolve_files(c, out, manifest);
    handoff_add_mlflow_files(c, out, manifest);
    handoff_digest_files(c, out, manifest);
    handoff_package_adopt(c->memory, manifest, &out->package);
    if (strlen(out->package.json) > LIMIT_HANDOFF_BYTES)
        diagnostics_add(&out->found, DIAGNOSTIC_ERROR, path, (file_position){0}, 0, "too-large",
                        "the manifest with its files in it is larger than %d KiB", LIMIT_HANDOFF_BYTES / 1024);
}

void handoff_loaded_release(handoff_loaded *l) {
    handoff_package_release(&l->package);
    diagnostics_release(&l->found);
}
