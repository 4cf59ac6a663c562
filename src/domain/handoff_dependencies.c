/* The dependencies' rules: every one pinned, so that what was tested is what runs. Leaves reading a requirement line to
 * requirements.c. The difficulty: a lock may be a requirement file, a conda environment, or both, or be known by its
 * digest alone. */
#include "domain/handoff_part.h"
#include "domain/requirements.h"

#include "onus/crypto.h"
#include "onus/text.h"

#include <ctype.h>
#include <string.h>

enum { REQUIREMENTS_MAX = 5000, CONDA_MAX = 5000, IMAGE_HEX = 64 };

/* ── requirement lines ── */

typedef struct lock_check {
    const handoff_checking *k;
    const char *path; /* of the text */
    bool whole_value; /* each line is a value of its own: no line numbers */
    size_t packages, hashed;
    unsigned first_unhashed; /* its line */
    const char *first_unhashed_text;
} lock_check;

static void line_error(const lock_check *l, const requirement *q, const char *rule, const char *text) {
    unsigned line = l->whole_value ? 0 : q->line;
    handoff_line_error(l->k, l->path, line, rule, "%s", text);
}

static const char *shown_requirement(const lock_check *l, const requirement *q) {
    return handoff_shown(l->k, q->text);
}

static void check_named(const lock_check *l, const requirement *q) {
    if (q->version)
        return;
    line_error(l, q, "unpinned-dependency",
               arena_printf(l->k->out->memory, "\"%s\" is not pinned: write %s==, then the version that was tested",
                            shown_requirement(l, q), handoff_shown(l->k, q->name)));
}

static void check_place(const lock_check *l, const requirement *q) {
    arena *a = l->k->out->memory;
    if (q->kind == REQUIREMENT_VCS && !q->has_commit)
        line_error(l, q, "unpinned-dependency",
                   arena_printf(a, "\"%s\" is whatever the branch holds: add @ and the whole commit id",
                                shown_requirement(l, q)));
    if (q->kind == REQUIREMENT_URL && q->editable)
        line_error(l, q, "unpinned-dependency",
                   arena_printf(a, "\"%s\" is a folder of one machine: release it, and pin the release with ==",
                                shown_requirement(l, q)));
    else if (q->kind == REQUIREMENT_URL && q->hash_count == 0)
        line_error(l, q, "unpinned-dependency",
                   arena_printf(a, "\"%s\" may change: add #sha256= and its digest, or --hash=sha256:",
                                shown_requirement(l, q)));
}

static void check_requirement(lock_check *l, const requirement *q) {
    arena *a = l->k->out->memory;
    if (q->kind == REQUIREMENT_WRONG)
        line_error(l, q, "bad-requirement",
                   arena_printf(a, "\"%s\" cannot be read: %s", shown_requirement(l, q), q->problem));
    else if (q->kind == REQUIREMENT_INCLUDE)
        line_error(l, q, "unread-include",
                   arena_printf(a, "\"%s\" names another file: put its lines here", shown_requirement(l, q)));
    else if (q->kind == REQUIREMENT_NAMED)
        check_named(l, q);
    else
        check_place(l, q);
    if (q->bad_hash)
        line_error(l, q, "bad-digest",
                   arena_printf(a, "--hash=%s is no digest: write sha256: and 64 hex digits",
                                handoff_shown(l->k, q->bad_hash)));
}

static void count_requirement(lock_check *l, const requirement *q) {
    if (q->kind == REQUIREMENT_OPTION || q->kind == REQUIREMENT_INCLUDE)
        return;
    l->packages++;
    if (q->hash_count > 0) {
        l->hashed++;
    } else if (l->first_unhashed == 0) {
        l->first_unhashed = q->line;
        l->first_unhashed_text = shown_requirement(l, q);
    }
}

static void check_hashes(const lock_check *l) {
    if (l->hashed > 0 && l->hashed < l->packages)
        handoff_line_error(l->k, l->path, l->first_unhashed, "mixed-hashes",
                           "%zu of %zu lines have --hash and \"%s\" has none; pip refuses that: give all of them "
                           "one, or none",
                           l->hashed, l->packages, l->first_unhashed_text);
}

/* One package that is asked for twice, in other versions, with nothing to tell them apart. */
static void check_repeated(const lock_check *l, const requirement *all, size_t count, const requirement *q) {
    if (q->kind != REQUIREMENT_NAMED || !q->version || *q->marker)
        return;
    for (size_t i = 0; i < count; i++)
        if (all[i].kind == REQUIREMENT_NAMED && all[i].version && !*all[i].marker &&
            strcmp(all[i].name, q->name) == 0 && strcmp(all[i].version, q->version) != 0) {
            line_error(l, q, "repeated-dependency",
                       arena_printf(l->k->out->memory, "%s is pinned to %s here and to %s above: keep one",
                                    handoff_shown(l->k, q->name), handoff_shown(l->k, q->version),
                                    handoff_shown(l->k, all[i].version)));
            return;
        }
}

static void check_lock_text(const handoff_checking *k, const char *text) {
    lock_check l = {.k = k, .path = "/dependencies/lock"};
    requirements_reader reader;
    requirement *all = ARENA_ARRAY(k->out->memory, requirement, REQUIREMENTS_MAX);
    size_t count = 0;
    requirements_reader_init(&reader, text, k->out->memory);
    for (requirement q; requirements_next(&reader, &q); all[count++] = q) {
        if (count == REQUIREMENTS_MAX) {
            handoff_line_error(k, l.path, q.line, "too-many", "more than %d requirements", REQUIREMENTS_MAX);
            return;
        }
        check_requirement(&l, &q);
        check_repeated(&l, all, count, &q);
        count_requirement(&l, &q);
    }
    if (l.packages == 0)
        handoff_error(k, l.path, "missing", "the lock file names no package: write each with == and its version");
    check_hashes(&l);
}

static void check_lock(const handoff_checking *k) {
    const char *text = handoff_text(k->root, "/dependencies/lock"),
               *sha256 = handoff_text(k->root, "/dependencies/lock_sha256");
    if (text)
        check_lock_text(k, text);
    if (sha256 && !handoff_is_sha256(sha256)) {
        handoff_error(k, "/dependencies/lock_sha256", "bad-digest",
                      "a SHA-256 digest has 64 hex digits; write what sha256sum prints");
        return;
    }
    const char *real = sha256 && text ? crypto_sha256_hex(k->out->memory, text, strlen(text)) : NULL;
    if (real && !text_equal_nocase(real, sha256))
        handoff_error(k, "/dependencies/lock_sha256", "digest-mismatch", "the lock's digest is %s", real);
}

/* ── conda ── */

static size_t version_parts(const char *version) {
    size_t parts = 1;
    for (; *version; version++)
        parts += *version == '.';
    return parts;
}

/* "channel::name=version=build", "name ==version": how exact it is. */
static const char *conda_problem(arena *a, const char *spec, const char **rule) {
    const char *channel = strstr(spec, "::"), *at = channel ? channel + 2 : spec;
    size_t len = strcspn(at, " =<>!~");
    const char *name = arena_strndup(a, at, len);
    at += len;
    bool spaced = *at == ' '; /* "name 1.2.3": conda's other way to write == */
    at += strspn(at, " ");
    spaced = spaced && isdigit((unsigned char)*at);
    bool exact = spaced || text_starts_with(at, "==");
    *rule = strcmp(name, "pip") == 0 ? "unpinned-installer" : "unpinned-dependency";
    if (*at != '=' && !spaced)
        return arena_printf(a, "\"%s\" is not pinned: write %s=, then the version that was tested",
                            text_shorten(a, spec, 80), text_shorten(a, name, 80));
    at += spaced ? 0 : exact ? 2 : 1;
    at += strspn(at, " ");
    size_t version = strcspn(at, "= ");
    const char *number = arena_strndup(a, at, version);
    if (version == 0 || strpbrk(number, "*<>,|"))
        return arena_printf(a, "\"%s\" names many versions: write the one that was tested", text_shorten(a, spec, 80));
    bool build = at[version] == '=' && at[version + 1] != '\0' && at[version + 1] != '*';
    if (!exact && !build && version_parts(number) < 3)
        return arena_printf(a, "one = stands for every %s release: write %s==%s, or the whole version",
                            text_shorten(a, number, 80), text_shorten(a, name, 80), text_shorten(a, number, 80));
    return NULL;
}

static void check_conda_spec(const handoff_checking *k, const char *path, const char *spec) {
    const char *rule, *problem = conda_problem(k->out->memory, spec, &rule);
    if (!problem)
        return;
    if (strcmp(rule, "unpinned-installer") == 0)
        handoff_warning(k, path, rule, "%s", problem);
    else
        handoff_error(k, path, rule, "%s", problem);
}

static void check_conda_pip(const handoff_checking *k, const char *path, const cJSON *lines) {
    size_t index = 0;
    for (const cJSON *item = lines->child; item; item = item->next, index++) {
        lock_check l = {.k = k, .path = handoff_path_index(k->out->memory, path, index), .whole_value = true};
        requirements_reader reader;
        requirement q;
        if (!cJSON_IsString(item))
            continue;
        requirements_reader_init(&reader, item->valuestring, k->out->memory);
        while (requirements_next(&reader, &q))
            check_requirement(&l, &q);
    }
}

static void check_conda(const handoff_checking *k) {
    const cJSON *conda = handoff_value(k->root, "/dependencies/conda"), *list = json_member(conda, "dependencies");
    const char *path = "/dependencies/conda/dependencies";
    if (!conda)
        return;
    if (!cJSON_IsArray(list) || !list->child || cJSON_GetArraySize(list) > CONDA_MAX) {
        handoff_error(k, "/dependencies/conda", "bad-conda", "a conda environment has a list dependencies, of 1 to %d",
                      CONDA_MAX);
        return;
    }
    size_t index = 0;
    for (const cJSON *item = list->child; item; item = item->next, index++) {
        const char *at = handoff_path_index(k->out->memory, path, index);
        const cJSON *pip = json_member(item, "pip");
        if (cJSON_IsString(item))
            check_conda_spec(k, at, item->valuestring);
        else if (cJSON_IsArray(pip))
            check_conda_pip(k, handoff_path_key(k->out->memory, at, "pip"), pip);
        else
            handoff_error(k, at, "bad-conda", "this is neither a package nor a list pip: write name=version");
    }
}

/* ── what runs it ── */

static void check_image(const handoff_checking *k) {
    const char *image = handoff_text(k->root, "/dependencies/image"), *path = "/dependencies/image";
    if (!image)
        return;
    const char *digest = strchr(image, '@');
    size_t name = digest ? (size_t)(digest - image) : strlen(image);
    bool latest = name >= 7 && strncmp(image + name - 7, ":latest", 7) == 0;
    bool good = digest && name > 0 && text_starts_with(digest, "@sha256:") && handoff_is_sha256(digest + 8) &&
                !strpbrk(image, " \t");
    if (latest)
        handoff_error(k, path, "mutable-version", "the tag latest is another image tomorrow: %s",
                      good ? "leave it out, the digest is enough" : "name the image by @sha256: and its digest");
    else if (!good)
        handoff_error(k, path, "image-without-digest",
                      "\"%s\" can be pushed again with other contents: name the image by @sha256: and 64 hex digits",
                      handoff_shown(k, image));
}

/* "python 3.10.12", "python==3.10.12", "openjdk-21.0.2" */
static void check_runtime(const handoff_checking *k) {
    const char *runtime = handoff_text(k->root, "/dependencies/runtime"), *path = "/dependencies/runtime";
    if (!runtime)
        return;
    const char *version = runtime;
    while (*version && !(isdigit((unsigned char)*version) && version > runtime && strchr(" =-:/v", version[-1])))
        version++;
    size_t parts = *version ? version_parts(version) : 0;
    if (parts < 2 || strpbrk(runtime, "*<>~!,|") || strstr(version, ".x"))
        handoff_error(k, path, "unpinned-runtime",
                      "\"%s\" does not say which release: write its name and whole version, such as python 3.10.12",
                      handoff_shown(k, runtime));
    else if (parts < 3)
        handoff_warning(k, path, "unpinned-runtime", "\"%s\" stands for every patch release: write the whole version",
                        handoff_shown(k, runtime));
}

static void check_any_lock(const handoff_checking *k) {
    static const char *const WAYS[] = {"/dependencies/lock", "/dependencies/lock_sha256", "/dependencies/conda",
                                       "/dependencies/lock_file", "/dependencies/conda_file"};
    if (!cJSON_IsObject(handoff_value(k->root, "/dependencies")))
        return;
    for (size_t i = 0; i < sizeof WAYS / sizeof *WAYS; i++)
        if (handoff_value(k->root, WAYS[i]))
            return;
    handoff_error(k, "/dependencies/lock", "missing",
                  "dependencies.lock is missing: write the lock file's lines, each with ==, or lock_file, conda_file "
                  "or lock_sha256");
}

void handoff_check_dependencies(const handoff_checking *k) {
    check_any_lock(k);
    check_lock(k);
    check_conda(k);
    check_runtime(k);
    check_image(k);
}
