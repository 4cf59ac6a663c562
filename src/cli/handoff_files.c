/* Owns the files that a manifest names: contents in place of names, digests of the artifact. The difficulty: a file
 * that cannot be read is told once, with the place that names it, and not again as a value that is missing. */
#include "cli/handoff_load.h"

#include "onus/crypto.h"
#include "onus/json.h"
#include "onus/limits.h"
#include "onus/text.h"

#include <ctype.h>
#include <string.h>

static void report(handoff_loaded *l, const handoff_place *at, const char *rule, const char *text) {
    diagnostics_add(&l->found, DIAGNOSTIC_ERROR, at->file ? at->file : l->path, at->at, at->length, rule, "%s", text);
}

const loaded_text *handoff_read_text(cli *c, handoff_loaded *l, const char *name, const handoff_place *place) {
    err e;
    char *bytes;
    size_t len;
    const char *shown = folder_path(c->memory, &l->folder, name);
    for (size_t i = 0; i < l->text_count; i++)
        if (strcmp(l->texts[i].path, shown) == 0)
            return &l->texts[i];
    bool done = folder_read(c->memory, &l->folder, name, LIMIT_HANDOFF_BYTES, &bytes, &len, &e);
    if (done && !text_is_utf8(bytes, len))
        done = err_set(&e, ERR_INVALID, "%s is not UTF-8", name);
    if (done && l->text_count == HANDOFF_TEXTS_MAX)
        done = err_set(&e, ERR_LIMIT, "%s is one of more than %d files", name, HANDOFF_TEXTS_MAX);
    if (!done) {
        report(l, place, "unreadable-file", e.text);
        return NULL;
    }
    l->texts[l->text_count] = (loaded_text){shown, bytes, len};
    return &l->texts[l->text_count++];
}

/* ── contents in place of names ── */

static const struct {
    const char *map, *key, *target;
    bool text; /* its contents as one text, else as JSON */
} NAMED[] = {
    {"/dependencies", "lock_file", "/dependencies/lock", true},
    {"/dependencies", "conda_file", "/dependencies/conda", false},
    {"/schema", "input_file", "/schema/input", false},
    {"/schema", "output_file", "/schema/output", false},
    {"/schema/sample", "request_file", "/schema/sample/request", false},
    {"/schema/sample", "response_file", "/schema/sample/response", false},
};

static cJSON *member_of(cJSON *root, const char *pointer) {
    char steps[64];
    int len = snprintf(steps, sizeof steps, "%s", pointer + 1);
    char *rest = len < (int)sizeof steps ? steps : NULL;
    for (char *key = strsep(&rest, "/"); key && root; key = strsep(&rest, "/"))
        root = cJSON_GetObjectItemCaseSensitive(root, key);
    return root;
}

static void put_json(cli *c, handoff_loaded *l, cJSON *manifest, const loaded_text *text, size_t row) {
    handoff_reading reading = strcmp(NAMED[row].key, "conda_file") == 0 ? HANDOFF_READ_TEXTS : HANDOFF_READ_DATA;
    cJSON *content =
        handoff_source_read(&(handoff_source){text->path, text->bytes, text->len, NAMED[row].target, reading},
                            c->memory, &l->places, &l->found);
    handoff_assembly to = {manifest, &l->places, c->memory, &l->found};
    if (content)
        handoff_assembly_put(&to, NAMED[row].target, content, NULL);
}

/* The name stays when its file cannot be read. */
static void resolve_file(cli *c, handoff_loaded *l, cJSON *manifest, size_t row) {
    cJSON *map = member_of(manifest, NAMED[row].map), *name = cJSON_GetObjectItemCaseSensitive(map, NAMED[row].key);
    if (!cJSON_IsString(name) || !name->valuestring[0])
        return;
    const char *pointer = arena_printf(c->memory, "%s/%s", NAMED[row].map, NAMED[row].key);
    const handoff_place named = *handoff_place_find(&l->places, pointer);
    const cJSON *there = member_of(manifest, NAMED[row].target);
    if (there && !cJSON_IsNull(there))
        report(l, &named, "given-twice",
               arena_printf(c->memory, "%s is given, and its contents as well: keep one of them", NAMED[row].key));
    const loaded_text *text = handoff_read_text(c, l, name->valuestring, &named);
    if (!text)
        return;
    if (NAMED[row].text)
        handoff_put_lock(c, l, manifest, text);
    else
        put_json(c, l, manifest, text, row);
    cJSON_DeleteItemFromObjectCaseSensitive(map, NAMED[row].key);
}

void handoff_resolve_files(cli *c, handoff_loaded *l, cJSON *manifest) {
    for (size_t i = 0; i < sizeof NAMED / sizeof *NAMED; i++)
        resolve_file(c, l, manifest, i);
}

/* ── the artifact ── */

/* "models:/fraud/3": a scheme, not a path. */
static bool has_scheme(const char *uri) {
    size_t len = 0;
    while (isalnum((unsigned char)uri[len]) || (len > 0 && strchr("+-.", uri[len]) && uri[len]))
        len++;
    return len > 0 && uri[len] == ':';
}

/* The path that a uri names on this machine, else NULL. */
static const char *local_path(arena *a, const handoff_loaded *l, const char *uri) {
    static const char *const PREFIXES[] = {"file://localhost/", "file:///", "file:/"};
    for (size_t i = 0; i < sizeof PREFIXES / sizeof *PREFIXES; i++)
        if (text_starts_with(uri, PREFIXES[i]))
            return uri + strlen(PREFIXES[i]) - 1;
    if (has_scheme(uri))
        return text_starts_with(uri, "file:") ? folder_path(a, &l->folder, uri + strlen("file:")) : NULL;
    return *uri == '/' ? uri : folder_path(a, &l->folder, uri);
}

/* The first step of a listed path is there: whatever has become of the file, the artifact was put here. */
static bool any_is_here(arena *a, const handoff_loaded *l, const cJSON *list) {
    for (const cJSON *item = list->child; item; item = item->next) {
        const cJSON *path = json_member(item, "path");
        const char *step = cJSON_IsString(path) ? path->valuestring : "";
        size_t len = strcspn(step, "/");
        if (strspn(step, ".") < len && folder_has(&l->folder, arena_strndup(a, step, len)))
            return true;
    }
    return false;
}

/* Where the artifact lies, when that is this folder or one below it ("models/fraud/"), else NULL: as its uri says, else
 * as what is found here says. An artifact elsewhere (s3://…) may have been copied here. */
static const char *find_artifact(arena *a, const handoff_loaded *l, const cJSON *manifest) {
    const cJSON *artifact = json_member(manifest, "artifact"), *uri = json_member(artifact, "uri");
    const char *said = cJSON_IsString(uri) ? uri->valuestring : "", *within;
    const char *path = *said ? local_path(a, l, said) : NULL;
    if (path && folder_find(a, &l->folder, path, &within))
        return within;
    if (path && !strstr(said, "..") && folder_has(&l->folder, said))
        return arena_printf(a, "%s/", said); /* a link that leads out, for one */
    bool here = folder_has(&l->folder, "MLmodel") || any_is_here(a, l, json_member(artifact, "files"));
    return here ? "" : NULL;
}

static handoff_file digest_listed(cli *c, const handoff_loaded *l, const char *where, const char *path) {
    err e;
    handoff_file file;
    if (!folder_digest(c->memory, &l->folder, arena_printf(c->memory, "%s%s", where, path), &file, &e))
        file.fault = arena_strdup(c->memory, e.text);
    file.path = arena_strdup(c->memory, path);
    return file;
}

void handoff_digest_files(cli *c, handoff_loaded *l, cJSON *manifest) {
    const cJSON *list = member_of(manifest, "/artifact/files");
    const char *where = l->files || !cJSON_IsArray(list) ? NULL : find_artifact(c->memory, l, manifest);
    if (!where)
        return;
    l->files = ARENA_ARRAY(c->memory, handoff_file, HANDOFF_FILES_MAX);
    for (const cJSON *item = list->child; item && l->file_count < HANDOFF_FILES_MAX; item = item->next) {
        const cJSON *path = json_member(item, "path");
        if (cJSON_IsString(path) && path->valuestring[0])
            l->files[l->file_count++] = digest_listed(c, l, where, path->valuestring);
    }
}

static cJSON *file_item(const handoff_file *f) {
    cJSON *item = cJSON_CreateObject();
    bool done = item && cJSON_AddStringToObject(item, "path", f->path) &&
                cJSON_AddNumberToObject(item, "size", (double)f->size) &&
                cJSON_AddStringToObject(item, "sha256", f->sha256);
    if (!done)
        mem_exhausted();
    return item;
}

static bool is_manifest(const char *path) {
    return text_starts_with(path, "handoff.") && !strchr(path, '/');
}

void handoff_list_files(cli *c, handoff_loaded *l, cJSON *manifest) {
    const char **paths;
    size_t count;
    err e;
    if (member_of(manifest, "/artifact/files"))
        return;
    if (!folder_list(c->memory, &l->folder, HANDOFF_FILES_MAX, &paths, &count, &e)) {
        report(l, &(handoff_place){0}, "unreadable-file", e.text);
        return;
    }
    cJSON *list = cJSON_CreateArray();
    l->files = ARENA_ARRAY(c->memory, handoff_file, HANDOFF_FILES_MAX);
    for (size_t i = 0; i < count; i++) {
        if (is_manifest(paths[i]))
            continue;
        if (!folder_digest(c->memory, &l->folder, paths[i], &l->files[l->file_count], &e))
            report(l, &(handoff_place){0}, "unreadable-file", e.text);
        else if (!cJSON_AddItemToArray(list, file_item(&l->files[l->file_count++])))
            mem_exhausted();
    }
    handoff_assembly to = {manifest, &l->places, c->memory, &l->found};
    handoff_assembly_put(&to, "/artifact/files", list, NULL);
}
