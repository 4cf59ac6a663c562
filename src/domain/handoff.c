/* The words of handoffs, reading a manifest, and the order of its checks. Leaves each part's rules to its own file. */
#include "domain/handoff_part.h"

#include "onus/crypto.h"
#include "onus/limits.h"
#include "onus/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { NAME_BYTES_MAX = 256, SENTENCE_BYTES = 1024, SHOWN_BYTES = 80 };

/* ── words ── */

static const char *const STATES[HANDOFF_STATE_COUNT] = {
    [HANDOFF_NONE] = "none",
    [HANDOFF_DECLARED] = "declared",
    [HANDOFF_VALIDATED] = "validated",
    [HANDOFF_ACCEPTED] = "accepted",
    [HANDOFF_SUPERSEDED] = "superseded",
    [HANDOFF_REJECTED] = "rejected",
    [HANDOFF_HANDED_BACK] = "handed-back",
};

const char *handoff_state_to_text(handoff_state s) {
    return STATES[s];
}

bool handoff_state_from_text(const char *text, handoff_state *out) {
    for (size_t i = 0; i < HANDOFF_STATE_COUNT; i++)
        if (strcmp(text, STATES[i]) == 0) {
            *out = (handoff_state)i;
            return true;
        }
    return false;
}

const char *handoff_part_to_text(handoff_part p) {
    static const char *const PARTS[HANDOFF_PART_COUNT] = {
        [HANDOFF_ARTIFACT] = "artifact", [HANDOFF_DEPENDENCIES] = "dependencies", [HANDOFF_SCHEMA] = "schema",
        [HANDOFF_BASELINE] = "baseline", [HANDOFF_RESOURCES] = "resources",
    };
    return PARTS[p];
}

/* ── reading ── */

/* A name stands in labels, messages and URLs. */
static bool read_name(const cJSON *tree, const char *key, const char **out, err *e) {
    const cJSON *value = json_member(tree, key);
    if (!value)
        return err_set(e, ERR_INVALID, "the manifest does not say its %s", key);
    if (!cJSON_IsString(value) || value->valuestring[0] == '\0')
        return err_set(e, ERR_INVALID, "%s must be a text in quotes, and not empty", key);
    if (strlen(value->valuestring) > NAME_BYTES_MAX)
        return err_set(e, ERR_LIMIT, "%s is longer than %d bytes", key, NAME_BYTES_MAX);
    for (const unsigned char *at = (const unsigned char *)value->valuestring; *at; at++)
        if (*at < 0x20 || *at == 0x7F)
            return err_set(e, ERR_INVALID, "%s holds a control character", key);
    *out = value->valuestring;
    return true;
}

static bool read_format(const cJSON *tree, err *e) {
    if (!cJSON_IsObject(tree))
        return err_set(e, ERR_INVALID, "a manifest is a JSON object");
    const cJSON *format = json_member(tree, "handoff");
    if (format && json_int(tree, "handoff", 0) != 1)
        return err_set(e, ERR_INVALID,
                       "handoff must be 1, the version of the manifest's format; the model's version "
                       "is model_version");
    return true;
}

static const char *compact(arena *a, const cJSON *tree) {
    buf b;
    buf_init(&b);
    json_print(&b, tree);
    const char *text = buf_to_arena(&b, a);
    buf_release(&b);
    return text;
}

static const char *read_rollback(arena *a, const cJSON *tree) {
    const char *version = handoff_text(tree, "/artifact/rollback_version");
    return arena_strdup(a, version && strcmp(version, "none") != 0 ? version : "");
}

static const char *name_of(arena *a, const cJSON *tree, const char *path) {
    const char *text = handoff_text(tree, path);
    return arena_strdup(a, text ? text : "");
}

void handoff_package_adopt(arena *a, cJSON *tree, handoff_package *out) {
    *out = (handoff_package){
        .model = name_of(a, tree, "/model"),
        .version = name_of(a, tree, "/model_version"),
        .rollback_version = read_rollback(a, tree),
        .json = compact(a, tree),
        .tree = tree,
    };
}

bool handoff_package_read(arena *a, const char *json, size_t len, handoff_package *out, err *e) {
    if (len > LIMIT_HANDOFF_BYTES)
        return err_set(e, ERR_LIMIT, "the manifest is larger than %d KiB", LIMIT_HANDOFF_BYTES / 1024);
    cJSON *tree = json_parse(json, len, e);
    const char *model, *version;
    if (!tree || !read_format(tree, e) || !read_name(tree, "model", &model, e) ||
        !read_name(tree, "model_version", &version, e)) {
        cJSON_Delete(tree);
        return false;
    }
    handoff_package_adopt(a, tree, out);
    return true;
}

void handoff_package_release(handoff_package *p) {
    cJSON_Delete(p->tree);
    p->tree = NULL;
}

/* ── paths ── */

const char *handoff_path_key(arena *a, const char *path, const char *key) {
    return json_pointer_step(a, path, key);
}

const char *handoff_path_index(arena *a, const char *path, size_t index) {
    return arena_printf(a, "%s/%zu", path, index);
}

const cJSON *handoff_value(const cJSON *root, const char *path) {
    char key[64];
    while (root && *path == '/') {
        size_t len = strcspn(++path, "/");
        if (len >= sizeof key)
            return NULL;
        memcpy(key, path, len);
        key[len] = '\0';
        root = json_member(root, key);
        path += len;
    }
    return root;
}

const char *handoff_text(const cJSON *root, const char *path) {
    const cJSON *value = handoff_value(root, path);
    return cJSON_IsString(value) && value->valuestring[0] ? value->valuestring : NULL;
}

bool handoff_is_sha256(const char *text) {
    return strlen(text) == 2 * SHA256_BYTES && strspn(text, "0123456789abcdefABCDEF") == strlen(text);
}

/* ── findings ── */

static void add(const handoff_checking *k, handoff_finding f, const char *fmt, va_list args) {
    handoff_findings *out = k->out;
    if (f.level == DIAGNOSTIC_ERROR)
        out->errors++;
    if (out->count == HANDOFF_FINDINGS_MAX)
        return;
    char text[SENTENCE_BYTES];
    int len = vsnprintf(text, sizeof text, fmt, args);
    if (len >= (int)sizeof text)
        text[text_cut(text, sizeof text - 1)] = '\0';
    if (out->count == out->capacity) {
        out->capacity = out->capacity ? 2 * out->capacity : 16;
        handoff_finding *items = ARENA_ARRAY(out->memory, handoff_finding, out->capacity);
        if (out->count > 0)
            memcpy(items, out->items, out->count * sizeof *items);
        out->items = items;
    }
    f.part = k->part;
    f.path = arena_strdup(out->memory, f.path);
    f.text = arena_strdup(out->memory, text);
    out->items[out->count++] = f;
}

void handoff_error(const handoff_checking *k, const char *path, const char *rule, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    add(k, (handoff_finding){.level = DIAGNOSTIC_ERROR, .path = path, .rule = rule}, fmt, args);
    va_end(args);
}

void handoff_warning(const handoff_checking *k, const char *path, const char *rule, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    add(k, (handoff_finding){.level = DIAGNOSTIC_WARNING, .path = path, .rule = rule}, fmt, args);
    va_end(args);
}

void handoff_line_error(const handoff_checking *k, const char *path, unsigned line, const char *rule, const char *fmt,
                        ...) {
    va_list args;
    va_start(args, fmt);
    add(k, (handoff_finding){.level = DIAGNOSTIC_ERROR, .path = path, .line = line, .rule = rule}, fmt, args);
    va_end(args);
}

const char *handoff_shown(const handoff_checking *k, const char *text) {
    return text_shorten(k->out->memory, text, SHOWN_BYTES);
}

void handoff_check(const handoff_package *p, const handoff_context *c, handoff_findings *out) {
    static void (*const CHECKS[HANDOFF_PART_COUNT])(const handoff_checking *) = {
        [HANDOFF_ARTIFACT] = handoff_check_artifact,   [HANDOFF_DEPENDENCIES] = handoff_check_dependencies,
        [HANDOFF_SCHEMA] = handoff_check_schema,       [HANDOFF_BASELINE] = handoff_check_baseline,
        [HANDOFF_RESOURCES] = handoff_check_resources,
    };
    handoff_checking k = {.package = p, .context = c, .root = p->tree, .out = out};
    handoff_check_shape(&k);
    for (size_t i = 0; i < HANDOFF_PART_COUNT; i++) {
        k.part = (handoff_part)i;
        CHECKS[i](&k);
    }
}

static void put_member(buf *b, const char *name, const char *text) {
    buf_printf(b, ",\"%s\":", name);
    buf_put_json(b, text);
}

void handoff_findings_put_json(buf *b, const handoff_findings *f) {
    buf_putc(b, '[');
    for (size_t i = 0; i < f->count; i++) {
        const handoff_finding *one = &f->items[i];
        buf_printf(b, "%s{\"level\":\"%s\"", i ? "," : "", one->level == DIAGNOSTIC_ERROR ? "error" : "warning");
        put_member(b, "part", handoff_part_to_text(one->part));
        put_member(b, "path", one->path);
        buf_printf(b, ",\"line\":%u", one->line);
        put_member(b, "rule", one->rule);
        put_member(b, "text", one->text);
        buf_putc(b, '}');
    }
    buf_putc(b, ']');
}
