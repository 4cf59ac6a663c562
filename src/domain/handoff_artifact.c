/* The artifact's rules: a version that cannot change, digests, the commit, the version to go back to. Leaves reading
 * the files to the caller, who hands in what their digests are. */
#include "domain/handoff_part.h"

#include "onus/text.h"

#include <string.h>

enum { COMMIT_SHA1_DIGITS = 40, COMMIT_SHA256_DIGITS = 64 };

/* Words that stand for whatever is newest. */
static const char *const MOVING[] = {"latest", "main",    "master", "head", "current",    "newest",
                                     "dev",    "nightly", "stable", "edge", "production", "staging"};

static bool is_moving(const char *text) {
    for (size_t i = 0; i < sizeof MOVING / sizeof *MOVING; i++)
        if (text_equal_nocase(text, MOVING[i]))
            return true;
    return false;
}

static void check_version(const handoff_checking *k) {
    if (is_moving(k->package->version))
        handoff_error(k, "/model_version", "mutable-version",
                      "\"%s\" names another model tomorrow: give the version's own number or digest",
                      handoff_shown(k, k->package->version));
}

/* Any step of the path, or what follows its last : or @. */
static bool uri_moves(const char *uri) {
    const char *scheme = strstr(uri, "://"), *at = scheme ? scheme + 3 : uri;
    char word[32];
    while (*at) {
        size_t len = strcspn(at, "/:@?#=&");
        if (len < sizeof word) {
            memcpy(word, at, len);
            word[len] = '\0';
            if (text_equal_nocase(word, "latest"))
                return true;
        }
        at += len;
        at += *at != '\0';
    }
    return false;
}

static void check_uri(const handoff_checking *k) {
    const char *uri = handoff_text(k->root, "/artifact/uri");
    if (uri && uri_moves(uri))
        handoff_error(k, "/artifact/uri", "mutable-version",
                      "\"%s\" holds latest, which is another artifact tomorrow: name the version",
                      handoff_shown(k, uri));
}

static bool is_path_within(const char *path) {
    if (*path == '/' || strchr(path, '\\'))
        return false;
    for (const char *at = path; *at;) {
        size_t len = strcspn(at, "/");
        if (len == 0 || (len == 1 && *at == '.') || (len == 2 && at[0] == '.' && at[1] == '.'))
            return false;
        at += len;
        if (*at == '/' && at[1] == '\0')
            return false;
        at += *at == '/';
    }
    return true;
}

static const handoff_file *file_of(const handoff_context *c, const char *path) {
    for (size_t i = 0; i < c->file_count; i++)
        if (strcmp(c->files[i].path, path) == 0)
            return &c->files[i];
    return NULL;
}

static void compare_file(const handoff_checking *k, const cJSON *item, const char *at, const handoff_file *read) {
    arena *a = k->out->memory;
    const char *sha256 = handoff_text(item, "/sha256");
    int64_t size = json_int(item, "size", -1);
    if (sha256 && handoff_is_sha256(sha256) && !text_equal_nocase(sha256, read->sha256))
        handoff_error(k, handoff_path_key(a, at, "sha256"), "digest-mismatch",
                      "the file's digest is %s: it has changed since the manifest was written", read->sha256);
    if (size >= 0 && size != read->size)
        handoff_error(k, handoff_path_key(a, at, "size"), "size-mismatch", "the file has %lld bytes, not %lld",
                      (long long)read->size, (long long)size);
}

static void check_path(const handoff_checking *k, const cJSON *item, const char *at) {
    const char *path = handoff_text(item, "/path"), *place = handoff_path_key(k->out->memory, at, "path");
    const handoff_file *here = path ? file_of(k->context, path) : NULL;
    if (path && !is_path_within(path))
        handoff_error(k, place, "bad-path",
                      "\"%s\" leaves the artifact: write the path below the uri, without .. and a leading /",
                      handoff_shown(k, path));
    else if (here && here->fault)
        handoff_error(k, place, "unreadable-file", "%s; the artifact lies here, so that all of its files must",
                      here->fault);
    else if (here)
        compare_file(k, item, at, here);
}

static void check_file(const handoff_checking *k, const cJSON *item, const char *at) {
    arena *a = k->out->memory;
    const char *sha256 = handoff_text(item, "/sha256");
    const cJSON *size = json_member(item, "size");
    if (sha256 && !handoff_is_sha256(sha256))
        handoff_error(k, handoff_path_key(a, at, "sha256"), "bad-digest",
                      "a SHA-256 digest has 64 hex digits; write what sha256sum prints");
    if (cJSON_IsNumber(size) && json_int(item, "size", -1) < 0)
        handoff_error(k, handoff_path_key(a, at, "size"), "bad-size", "a size is a whole number of bytes");
    check_path(k, item, at);
}

static void check_files(const handoff_checking *k) {
    const cJSON *files = handoff_value(k->root, "/artifact/files");
    if (!cJSON_IsArray(files))
        return;
    if (!files->child)
        handoff_error(k, "/artifact/files", "missing",
                      "the artifact has no file: list each with path, size and sha256");
    size_t index = 0;
    for (const cJSON *item = files->child; item; item = item->next, index++)
        check_file(k, item, handoff_path_index(k->out->memory, "/artifact/files", index));
}

static void check_commit(const handoff_checking *k) {
    const char *commit = handoff_text(k->root, "/artifact/source_commit");
    if (!commit)
        return;
    size_t len = strlen(commit);
    bool whole = len == COMMIT_SHA1_DIGITS || len == COMMIT_SHA256_DIGITS;
    if (!whole || strspn(commit, "0123456789abcdefABCDEF") != len)
        handoff_error(k, "/artifact/source_commit", "bad-commit",
                      "\"%s\" is not a whole commit id: write what `git rev-parse HEAD` prints",
                      handoff_shown(k, commit));
}

static void check_first(const handoff_checking *k) {
    if (k->context->previous)
        handoff_error(k, "/artifact/rollback_version", "rollback-missing",
                      "%s is accepted already, so there is a version to go back to: name it",
                      handoff_shown(k, k->context->previous->version));
}

static void check_rollback(const handoff_checking *k) {
    const char *said = handoff_text(k->root, "/artifact/rollback_version"), *path = "/artifact/rollback_version";
    if (!said)
        return;
    if (strcmp(said, "none") == 0)
        check_first(k);
    else if (strcmp(said, k->package->version) == 0)
        handoff_error(k, path, "rollback-to-itself",
                      "the rollback version is this version: name the one to go back to when this one fails");
    else if (is_moving(said))
        handoff_error(k, path, "mutable-version", "\"%s\" names another model tomorrow: give the version itself",
                      handoff_shown(k, said));
    else if (k->context->history_known && !k->context->rollback_accepted)
        handoff_error(k, path, "rollback-not-accepted",
                      "version %s of %s was never accepted: name one that was, or none for a first version",
                      handoff_shown(k, said), handoff_shown(k, k->package->model));
}

void handoff_check_artifact(const handoff_checking *k) {
    check_version(k);
    check_uri(k);
    check_files(k);
    check_commit(k);
    check_rollback(k);
}
