/* Owns the manifest's keys: one table of places, what stands there, and what to write when it is missing. Leaves what a
 * value means to the parts. The difficulty: a list's items share one row, so that a place is compared with a pattern
 * in which * stands for any index. */
#include "domain/handoff_part.h"

#include "onus/text.h"

#include <stdio.h>
#include <string.h>

typedef struct shape_row {
    const char *place; /* a JSON pointer; * is any item of a list */
    handoff_kind kind;
    bool required;
    const char *hint; /* what to write */
} shape_row;

static const shape_row ROWS[] = {
    {"", HANDOFF_KIND_MAP, true, ""},
    {"/handoff", HANDOFF_KIND_NUMBER, false, "1, the version of this format"},
    {"/model", HANDOFF_KIND_TEXT, true, "the model's name, as in the label model of its alerts"},
    {"/model_version", HANDOFF_KIND_TEXT, true, "a version that never changes"},
    {"/description", HANDOFF_KIND_TEXT, false, "what the responder should know"},

    {"/artifact", HANDOFF_KIND_MAP, true, "uri, files, source_commit, rollback_version"},
    {"/artifact/uri", HANDOFF_KIND_TEXT, true, "where it is stored, such as s3://models/fraud/12"},
    {"/artifact/files", HANDOFF_KIND_LIST, true, "each file with path, size and sha256"},
    {"/artifact/files/*", HANDOFF_KIND_MAP, false, "path, size and sha256"},
    {"/artifact/files/*/path", HANDOFF_KIND_TEXT, true, "the file's path below the uri"},
    {"/artifact/files/*/size", HANDOFF_KIND_NUMBER, true, "its size in bytes"},
    {"/artifact/files/*/sha256", HANDOFF_KIND_TEXT, true, "its digest, as sha256sum prints it"},
    {"/artifact/source_commit", HANDOFF_KIND_TEXT, true, "the commit of the code that trained it, whole"},
    {"/artifact/rollback_version", HANDOFF_KIND_TEXT, true,
     "the accepted version to go back to; none for a model's first version"},
    {"/artifact/format", HANDOFF_KIND_TEXT, false, "what loads it"},
    {"/artifact/run_id", HANDOFF_KIND_TEXT, false, "the training run"},

    {"/dependencies", HANDOFF_KIND_MAP, true, "lock (or lock_sha256), runtime, image"},
    {"/dependencies/lock", HANDOFF_KIND_TEXT, false, "the lock file's text: requirement lines, each with =="},
    {"/dependencies/lock_file", HANDOFF_KIND_FILE, false, "the lock file's path"},
    {"/dependencies/lock_sha256", HANDOFF_KIND_TEXT, false, "the lock file's digest"},
    {"/dependencies/conda", HANDOFF_KIND_DATA, false, "a conda environment: {dependencies: [...]}"},
    {"/dependencies/conda_file", HANDOFF_KIND_FILE, false, "the path of conda.yaml"},
    {"/dependencies/runtime", HANDOFF_KIND_TEXT, true, "what runs it, with its version, such as python 3.10.12"},
    {"/dependencies/image", HANDOFF_KIND_TEXT, true,
     "the image by digest, such as registry.example.com/fraud@sha256:..."},

    {"/schema", HANDOFF_KIND_MAP, true, "input, output, sample"},
    {"/schema/input", HANDOFF_KIND_DATA, true, "a JSON Schema of the request"},
    {"/schema/input_file", HANDOFF_KIND_FILE, false, "the path of a JSON Schema"},
    {"/schema/output", HANDOFF_KIND_DATA, true, "a JSON Schema of the response"},
    {"/schema/output_file", HANDOFF_KIND_FILE, false, "the path of a JSON Schema"},
    {"/schema/sample", HANDOFF_KIND_MAP, true, "one request and its response"},
    {"/schema/sample/request", HANDOFF_KIND_DATA, true, "a request that the model was given"},
    {"/schema/sample/request_file", HANDOFF_KIND_FILE, false, "the path of a request in JSON"},
    {"/schema/sample/response", HANDOFF_KIND_DATA, true, "what the model answered to the sample's request"},
    {"/schema/sample/response_file", HANDOFF_KIND_FILE, false, "the path of a response in JSON"},

    {"/baseline", HANDOFF_KIND_MAP, true, "dataset, evaluated_at, metrics"},
    {"/baseline/dataset", HANDOFF_KIND_MAP, true, "id and sha256 of the golden data set"},
    {"/baseline/dataset/id", HANDOFF_KIND_TEXT, true, "the data set's name and version"},
    {"/baseline/dataset/sha256", HANDOFF_KIND_TEXT, true, "the data set's digest"},
    {"/baseline/dataset/uri", HANDOFF_KIND_TEXT, false, "where it is stored"},
    {"/baseline/evaluated_at", HANDOFF_KIND_TEXT, true, "when the metrics were measured, such as 2026-01-31T09:00:00Z"},
    {"/baseline/metrics", HANDOFF_KIND_LIST, true, "each metric with name, value, direction and threshold"},
    {"/baseline/metrics/*", HANDOFF_KIND_MAP, false, "name, value, direction, threshold"},
    {"/baseline/metrics/*/name", HANDOFF_KIND_TEXT, true, "its name, such as auc"},
    {"/baseline/metrics/*/value", HANDOFF_KIND_NUMBER, true, "the value on the golden data set"},
    {"/baseline/metrics/*/direction", HANDOFF_KIND_TEXT, true, "higher or lower: which is better"},
    {"/baseline/metrics/*/threshold", HANDOFF_KIND_NUMBER, true, "the value at which somebody must act"},

    {"/resources", HANDOFF_KIND_MAP, true, "requests, limits, load, latency, peak_memory"},
    {"/resources/requests", HANDOFF_KIND_MAP, true, "cpu, memory and gpu"},
    {"/resources/requests/cpu", HANDOFF_KIND_QUANTITY, true, "cores, such as 500m or 2"},
    {"/resources/requests/memory", HANDOFF_KIND_QUANTITY, true, "bytes, such as 2Gi"},
    {"/resources/requests/gpu", HANDOFF_KIND_QUANTITY, true, "a whole number; 0 when it needs none"},
    {"/resources/limits", HANDOFF_KIND_MAP, true, "cpu, memory and gpu"},
    {"/resources/limits/cpu", HANDOFF_KIND_QUANTITY, true, "cores, such as 500m or 2"},
    {"/resources/limits/memory", HANDOFF_KIND_QUANTITY, true, "bytes, such as 2Gi"},
    {"/resources/limits/gpu", HANDOFF_KIND_QUANTITY, true, "a whole number; 0 when it needs none"},
    {"/resources/load", HANDOFF_KIND_MAP, true, "the rate at which it was measured"},
    {"/resources/load/rate", HANDOFF_KIND_NUMBER, true, "requests per second during the measurement"},
    {"/resources/load/description", HANDOFF_KIND_TEXT, false, "how the load was made"},
    {"/resources/latency", HANDOFF_KIND_MAP, true, "p50, p99 and slo"},
    {"/resources/latency/p50", HANDOFF_KIND_TEXT, true, "a duration, such as 12ms"},
    {"/resources/latency/p99", HANDOFF_KIND_TEXT, true, "a duration, such as 40ms"},
    {"/resources/latency/slo", HANDOFF_KIND_TEXT, true, "the promised p99, such as 100ms"},
    {"/resources/peak_memory", HANDOFF_KIND_QUANTITY, true, "the most memory used under that load, such as 1.4Gi"},
};
enum { ROW_COUNT = sizeof ROWS / sizeof *ROWS, NAMES_MAX = 32, KEY_BYTES_MAX = 100, ITEMS_MAX = 10000 };

/* ── places ── */

/* One step of a pattern against one of a pointer. */
static bool step_fits(const char *pattern, size_t pattern_len, const char *pointer, size_t len) {
    if (pattern_len == 1 && *pattern == '*')
        return len > 0 && strspn(pointer, "0123456789") >= len;
    return pattern_len == len && memcmp(pattern, pointer, len) == 0;
}

/* *rest: what of the pointer lies below the pattern. */
static bool place_begins(const char *pattern, const char *pointer, const char **rest) {
    while (*pattern) {
        if (*pointer != '/')
            return false;
        size_t pattern_len = strcspn(pattern + 1, "/"), len = strcspn(pointer + 1, "/");
        if (!step_fits(pattern + 1, pattern_len, pointer + 1, len))
            return false;
        pattern += 1 + pattern_len;
        pointer += 1 + len;
    }
    *rest = pointer;
    return true;
}

static const shape_row *find_row(const char *pointer) {
    const char *rest;
    for (size_t i = 0; i < ROW_COUNT; i++)
        if (place_begins(ROWS[i].place, pointer, &rest) &&
            (*rest == '\0' || (ROWS[i].kind == HANDOFF_KIND_DATA && *rest == '/')))
            return &ROWS[i];
    return NULL;
}

handoff_kind handoff_kind_at(const char *pointer) {
    const shape_row *row = find_row(pointer);
    return row ? row->kind : HANDOFF_KIND_UNKNOWN;
}

/* The key's name when the row is a key of the map at `pattern`, else NULL. */
static const char *key_within(const shape_row *row, const char *pattern) {
    size_t len = strlen(pattern);
    if (strncmp(row->place, pattern, len) != 0 || row->place[len] != '/')
        return NULL;
    const char *key = row->place + len + 1;
    return strchr(key, '/') || strcmp(key, "*") == 0 ? NULL : key;
}

static handoff_part part_of(const char *pointer) {
    for (size_t i = 0; i < HANDOFF_PART_COUNT; i++) {
        const char *word = handoff_part_to_text((handoff_part)i);
        size_t len = strlen(word);
        if (*pointer == '/' && strncmp(pointer + 1, word, len) == 0 &&
            (pointer[len + 1] == '/' || pointer[len + 1] == '\0'))
            return (handoff_part)i;
    }
    return HANDOFF_ARTIFACT;
}

/* ── walking ── */

static const char *map_title(const char *pointer) {
    return *pointer ? pointer : "the manifest";
}

static void report_unknown(handoff_checking *k, const shape_row *map, const char *pointer, const char *key) {
    const char *names[NAMES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < ROW_COUNT && count < NAMES_MAX; i++)
        if (key_within(&ROWS[i], map->place))
            names[count++] = key_within(&ROWS[i], map->place);
    const char *near = text_did_you_mean(key, names, count);
    const char *shown = text_shorten(k->out->memory, key, KEY_BYTES_MAX);
    k->part = part_of(handoff_path_key(k->out->memory, pointer, near ? near : key));
    handoff_error(k, handoff_path_key(k->out->memory, pointer, shown), "unknown-key", "%s has no key \"%s\"%s%s%s",
                  map_title(pointer), shown, near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

/* /baseline/metrics/0/value → baseline.metrics[0].value: many parts have a key `cpu` or `id`. */
static const char *dotted(arena *a, const char *pointer) {
    buf b;
    buf_init(&b);
    for (const char *at = pointer; *at;) {
        size_t len = strcspn(++at, "/");
        bool number = strspn(at, "0123456789") == len;
        buf_printf(&b, number ? "[%.*s]" : b.len > 0 ? ".%.*s" : "%.*s", (int)len, at);
        at += len;
    }
    const char *text = buf_to_arena(&b, a);
    buf_release(&b);
    return text;
}

static bool other_is_given(const cJSON *map, const char *key) {
    char name[64];
    int len = snprintf(name, sizeof name, "%s_file", key);
    return len < (int)sizeof name && json_member(map, name) != NULL;
}

/* Of a map that is not there at all, every value that must be in it is told. */
static void report_missing(handoff_checking *k, const shape_row *map, const cJSON *object, const char *pointer) {
    for (size_t i = 0; i < ROW_COUNT; i++) {
        const char *key = key_within(&ROWS[i], map->place);
        if (!key || !ROWS[i].required || json_member(object, key) || other_is_given(object, key))
            continue;
        const char *path = handoff_path_key(k->out->memory, pointer, key);
        k->part = part_of(path);
        if (ROWS[i].kind == HANDOFF_KIND_MAP)
            report_missing(k, &ROWS[i], NULL, path);
        else
            handoff_error(k, path, "missing", "%s is missing: write %s", dotted(k->out->memory, path), ROWS[i].hint);
    }
}

static const char *kind_title(handoff_kind kind) {
    static const char *const TITLES[] = {
        [HANDOFF_KIND_MAP] = "a map",   [HANDOFF_KIND_LIST] = "a list",     [HANDOFF_KIND_TEXT] = "a text",
        [HANDOFF_KIND_FILE] = "a path", [HANDOFF_KIND_NUMBER] = "a number", [HANDOFF_KIND_QUANTITY] = "a quantity",
    };
    return TITLES[kind];
}

static bool kind_fits(handoff_kind kind, const cJSON *value) {
    switch (kind) {
    case HANDOFF_KIND_MAP:
        return cJSON_IsObject(value);
    case HANDOFF_KIND_LIST:
        return cJSON_IsArray(value);
    case HANDOFF_KIND_NUMBER:
        return cJSON_IsNumber(value);
    case HANDOFF_KIND_QUANTITY:
        return cJSON_IsNumber(value) || (cJSON_IsString(value) && value->valuestring[0]);
    case HANDOFF_KIND_TEXT:
    case HANDOFF_KIND_FILE:
        return cJSON_IsString(value) && value->valuestring[0];
    default:
        return true;
    }
}

static void walk(handoff_checking *k, const shape_row *row, const cJSON *value, const char *pointer);

static void walk_map(handoff_checking *k, const shape_row *row, const cJSON *map, const char *pointer) {
    report_missing(k, row, map, pointer);
    for (const cJSON *item = map->child; item; item = item->next) {
        const char *path = handoff_path_key(k->out->memory, pointer, item->string);
        const shape_row *below = find_row(path);
        if (!below)
            report_unknown(k, row, pointer, item->string);
        else if (!cJSON_IsNull(item))
            walk(k, below, item, path);
    }
}

static void walk(handoff_checking *k, const shape_row *row, const cJSON *value, const char *pointer) {
    k->part = part_of(pointer);
    if (!kind_fits(row->kind, value)) {
        handoff_error(k, pointer, "wrong-type", "this must be %s: write %s", kind_title(row->kind), row->hint);
        return;
    }
    if (row->kind == HANDOFF_KIND_MAP)
        walk_map(k, row, value, pointer);
    if (row->kind == HANDOFF_KIND_FILE)
        handoff_error(k, pointer, "unread-file",
                      "a file cannot be read here: give its contents, as `onus handoff validate --print` does");
    if (row->kind != HANDOFF_KIND_LIST)
        return;
    if (cJSON_GetArraySize(value) > ITEMS_MAX) {
        handoff_error(k, pointer, "too-many", "more than %d items; leave out what the model does not need", ITEMS_MAX);
        return;
    }
    size_t index = 0;
    for (const cJSON *item = value->child; item; item = item->next, index++) {
        const char *path = handoff_path_index(k->out->memory, pointer, index);
        const shape_row *below = find_row(path);
        if (below)
            walk(k, below, item, path);
    }
}

void handoff_check_shape(handoff_checking *k) {
    walk(k, &ROWS[0], k->root, "");
}
