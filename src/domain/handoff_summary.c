/* One line on what each part of a handoff holds, for whoever must decide on it. Says what is there, right or wrong;
 * what cannot be read is left out. */
#include "domain/handoff_part.h"
#include "domain/requirements.h"

#include "onus/text.h"

#include <stdio.h>
#include <string.h>

typedef struct summary {
    const handoff_package *package;
    const handoff_context *context;
    arena *memory;
    buf text;
} summary;

static void say(summary *s, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void say(summary *s, const char *fmt, ...) {
    char piece[512];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(piece, sizeof piece, fmt, args);
    va_end(args);
    if (len < 0)
        return;
    buf_puts(&s->text, s->text.len ? ", " : "");
    buf_put(&s->text, piece, text_cut(piece, sizeof piece - 1));
}

static void say_text(summary *s, const char *path, const char *before) {
    const char *text = handoff_text(s->package->tree, path);
    if (text)
        say(s, "%s%.200s", before, text);
}

static const char *bytes_text(char *out, size_t size, double bytes) {
    static const char *const UNITS[] = {"B", "KB", "MB", "GB", "TB", "PB", "EB"};
    size_t unit = 0;
    for (; bytes >= 1000 && unit + 1 < sizeof UNITS / sizeof *UNITS; unit++)
        bytes /= 1000;
    int len = snprintf(out, size, bytes < 10 && unit > 0 ? "%.1f %s" : "%.0f %s", bytes, UNITS[unit]);
    return len < (int)size ? out : "";
}

static void summarize_artifact(summary *s) {
    const cJSON *files = handoff_value(s->package->tree, "/artifact/files");
    double bytes = 0;
    size_t count = 0, read = 0, unread = 0;
    for (const cJSON *item = cJSON_IsArray(files) ? files->child : NULL; item; item = item->next, count++) {
        const char *path = handoff_text(item, "/path");
        bytes += (double)json_int(item, "size", 0);
        for (size_t i = 0; path && i < s->context->file_count; i++)
            if (strcmp(s->context->files[i].path, path) == 0) {
                read += !s->context->files[i].fault;
                unread += s->context->files[i].fault != NULL;
                break;
            }
    }
    char size[32];
    if (count > 0)
        say(s, "%zu file%s of %s", count, count == 1 ? "" : "s", bytes_text(size, sizeof size, bytes));
    if (count > 0 && read == count)
        say(s, "digests recomputed");
    else if (unread > 0)
        say(s, "digests of %zu recomputed, %zu cannot be read", read, unread);
    else if (read > 0)
        say(s, "digests of %zu recomputed, of the others declared", read);
    else if (count > 0)
        say(s, "digests declared, not recomputed");
    if (s->package->rollback_version[0])
        say(s, "rollback to %.200s", s->package->rollback_version);
}

static size_t requirement_count(const char *text) {
    arena *a = arena_new();
    requirements_reader reader;
    requirement q;
    size_t count = 0;
    requirements_reader_init(&reader, text, a);
    while (requirements_next(&reader, &q))
        count += q.kind != REQUIREMENT_OPTION && q.kind != REQUIREMENT_INCLUDE;
    arena_free(a);
    return count;
}

static void summarize_dependencies(summary *s) {
    const char *lock = handoff_text(s->package->tree, "/dependencies/lock");
    const cJSON *conda = handoff_value(s->package->tree, "/dependencies/conda");
    if (lock)
        say(s, "requirements: %zu", requirement_count(lock));
    if (conda)
        say(s, "conda");
    if (!lock && !conda && handoff_text(s->package->tree, "/dependencies/lock_sha256"))
        say(s, "lock known by its digest");
    say_text(s, "/dependencies/runtime", "");
    say_text(s, "/dependencies/image", "");
}

static void summarize_schema(summary *s) {
    const cJSON *tree = s->package->tree;
    bool input = handoff_value(tree, "/schema/input"), output = handoff_value(tree, "/schema/output");
    if (input || output)
        say(s, "%s", input && output ? "input and output" : input ? "input" : "output");
    if (handoff_value(tree, "/schema/sample/request"))
        say(s, "a sample");
    if (s->context->previous)
        say(s, "compared with version %.100s", s->context->previous->version);
}

static void summarize_baseline(summary *s) {
    const cJSON *metrics = handoff_value(s->package->tree, "/baseline/metrics");
    enum { SHOWN = 3 };
    int shown = 0;
    for (const cJSON *item = cJSON_IsArray(metrics) ? metrics->child : NULL; item && shown < SHOWN; item = item->next) {
        const char *name = handoff_text(item, "/name");
        const cJSON *value = json_member(item, "value");
        if (name && cJSON_IsNumber(value)) {
            say(s, "%.100s %.40s", name, json_scalar_text(s->memory, value));
            shown++;
        }
    }
    say_text(s, "/baseline/dataset/id", "on ");
    say_text(s, "/baseline/evaluated_at", "measured ");
}

static void summarize_resources(summary *s) {
    const cJSON *tree = s->package->tree;
    const cJSON *rate = handoff_value(tree, "/resources/load/rate");
    static const struct {
        const char *path, *before;
    } TEXTS[] = {{"/resources/requests/cpu", "cpu "},
                 {"/resources/requests/memory", "memory "},
                 {"/resources/requests/gpu", "gpu "},
                 {"/resources/latency/p99", "p99 "}};
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
        const cJSON *value = handoff_value(tree, TEXTS[i].path);
        const char *text = cJSON_IsString(value) || cJSON_IsNumber(value) ? json_scalar_text(s->memory, value) : NULL;
        if (text)
            say(s, "%s%.100s", TEXTS[i].before, text);
    }
    if (cJSON_IsNumber(rate))
        say(s, "at %.40s requests/s", json_scalar_text(s->memory, rate));
}

const char *handoff_part_summary(const handoff_package *p, const handoff_context *c, handoff_part part, arena *a) {
    static void (*const PARTS[HANDOFF_PART_COUNT])(summary *) = {
        [HANDOFF_ARTIFACT] = summarize_artifact,   [HANDOFF_DEPENDENCIES] = summarize_dependencies,
        [HANDOFF_SCHEMA] = summarize_schema,       [HANDOFF_BASELINE] = summarize_baseline,
        [HANDOFF_RESOURCES] = summarize_resources,
    };
    summary s = {.package = p, .context = c, .memory = a};
    buf_init(&s.text);
    PARTS[part](&s);
    const char *text = buf_to_arena(&s.text, a);
    buf_release(&s.text);
    return text;
}
