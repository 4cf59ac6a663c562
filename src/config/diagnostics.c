/* Diagnostics: collecting, sorting and printing what is wrong with a file. What is wrong is others' business.
 *
 * The difficulty: a hostile file can be wrong a million times, so the list is bounded and its last item counts the
 * rest. */
#include "onus/diagnostic.h"

#include "onus/text.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TEXT_BYTES = 2048,    /* of one item */
    SOURCE_COLUMNS = 160, /* of the line shown under an item */
    REST_BYTES = 80
};

#define REST_RULE "too-many-problems"

void diagnostics_init(diagnostics *d) {
    *d = (diagnostics){.memory = arena_new()};
}

void diagnostics_release(diagnostics *d) {
    arena_free(d->memory);
    *d = (diagnostics){0};
}

static void grow(diagnostics *d) {
    if (d->count < d->capacity)
        return;
    size_t capacity = d->capacity ? 2 * d->capacity : 16;
    diagnostic *items = ARENA_ARRAY(d->memory, diagnostic, capacity);
    if (d->count > 0)
        memcpy(items, d->items, d->count * sizeof *items);
    d->items = items;
    d->capacity = capacity;
}

static char *format_text(arena *a, const char *fmt, va_list args) {
    char text[TEXT_BYTES];
    int len = vsnprintf(text, sizeof text, fmt, args);
    if (len < 0)
        return arena_strdup(a, "");
    return arena_strndup(a, text, text_cut(text, sizeof text - 1));
}

/* Past the limit problems still count: a file is no better for having too many. */
static void count_rest(diagnostics *d, diagnostic_level level, const char *file) {
    if (d->count == DIAGNOSTICS_MAX) {
        grow(d);
        d->rest = arena_alloc(d->memory, REST_BYTES);
        d->items[d->count++] =
            (diagnostic){.level = level, .file = arena_strdup(d->memory, file), .rule = REST_RULE, .text = d->rest};
    }
    if (level == DIAGNOSTIC_ERROR)
        d->items[DIAGNOSTICS_MAX].level = level;
    int len = snprintf(d->rest, REST_BYTES, "and %zu more; mend the ones above first", ++d->unshown);
    assert(len > 0 && len < REST_BYTES);
}

void diagnostics_add(diagnostics *d, diagnostic_level level, const char *file, file_position at, unsigned length,
                     const char *rule, const char *fmt, ...) {
    if (level == DIAGNOSTIC_ERROR)
        d->errors++;
    if (d->count >= DIAGNOSTICS_MAX) {
        count_rest(d, level, file);
        return;
    }
    grow(d);
    va_list args;
    va_start(args, fmt);
    const char *text = format_text(d->memory, fmt, args);
    va_end(args);
    d->items[d->count++] = (diagnostic){level, arena_strdup(d->memory, file), at, length, rule, text};
}

static int compare_places(const void *left, const void *right) {
    const diagnostic *a = left, *b = right;
    bool a_last = strcmp(a->rule, REST_RULE) == 0, b_last = strcmp(b->rule, REST_RULE) == 0;
    if (a_last != b_last)
        return a_last ? 1 : -1;
    int order = strcmp(a->file, b->file);
    if (order != 0)
        return order;
    if (a->at.line != b->at.line)
        return a->at.line < b->at.line ? -1 : 1;
    if (a->at.column != b->at.column)
        return a->at.column < b->at.column ? -1 : 1;
    return strcmp(a->text, b->text);
}

void diagnostics_sort(diagnostics *d) {
    if (d->count > 1)
        qsort(d->items, d->count, sizeof *d->items, compare_places);
}

static const char *level_to_text(diagnostic_level level) {
    return level == DIAGNOSTIC_ERROR ? "error" : "warning";
}

static size_t char_bytes(const char *at, const char *end) {
    const char *next = at + 1;
    while (next < end && ((unsigned char)*next & 0xC0) == 0x80)
        next++;
    return (size_t)(next - at);
}

/* A terminal must not obey what a file holds. */
static void put_shown(buf *b, const char *at, size_t len) {
    bool control = len == 1 && ((unsigned char)*at < 0x20 || *at == 0x7f) && *at != '\t';
    bool c1 = len == 2 && (unsigned char)at[0] == 0xC2 && (unsigned char)at[1] < 0xA0;
    if (control || c1)
        buf_putc(b, '?');
    else
        buf_put(b, at, len);
}

void diagnostic_print(buf *b, const diagnostic *item) {
    buf_puts(b, item->file);
    if (item->at.line > 0)
        buf_printf(b, ":%u:%u", item->at.line, item->at.column);
    buf_printf(b, ": %s: ", level_to_text(item->level));
    for (const char *at = item->text, *end = at + strlen(at); at < end; at += char_bytes(at, end))
        put_shown(b, at, char_bytes(at, end));
    buf_printf(b, " [%s]", item->rule);
}

/* ── the line under it ── */

/* The line with this number, without its end; NULL when there is none. */
static const char *find_line(const char *source, size_t len, unsigned line, const char **end) {
    const char *at = source, *stop = source + len;
    for (unsigned i = 1; i < line; i++) {
        const char *newline = memchr(at, '\n', (size_t)(stop - at));
        if (!newline)
            return NULL;
        at = newline + 1;
    }
    const char *newline = memchr(at, '\n', (size_t)(stop - at));
    *end = newline ? newline : stop;
    if (*end > at && (*end)[-1] == '\r')
        (*end)--;
    return at;
}

static void put_line(buf *b, const char *at, const char *end) {
    for (unsigned column = 0; at < end && column < SOURCE_COLUMNS; column++) {
        size_t len = char_bytes(at, end);
        put_shown(b, at, len);
        at += len;
    }
    if (at < end)
        buf_puts(b, "…");
}

/* Tabs are kept, so that the caret stands under its character whatever their width. */
static void put_caret(buf *b, const diagnostic *item, const char *at, const char *end) {
    unsigned column = 1;
    for (; column < item->at.column && column <= SOURCE_COLUMNS; column++) {
        buf_putc(b, at < end && *at == '\t' ? '\t' : ' ');
        if (at < end)
            at += char_bytes(at, end);
    }
    unsigned length = item->length ? item->length : 1;
    for (unsigned i = 0; i < length && column + i <= SOURCE_COLUMNS; i++)
        buf_putc(b, i == 0 ? '^' : '~');
}

void diagnostic_print_with_source(buf *b, const diagnostic *item, const char *source, size_t len) {
    diagnostic_print(b, item);
    buf_putc(b, '\n');
    if (len >= 3 && memcmp(source, "\xEF\xBB\xBF", 3) == 0) {
        source += 3;
        len -= 3;
    }
    const char *end, *line = item->at.line > 0 && len > 0 ? find_line(source, len, item->at.line, &end) : NULL;
    if (!line)
        return;
    buf_puts(b, "    ");
    put_line(b, line, end);
    buf_puts(b, "\n    ");
    put_caret(b, item, line, end);
    buf_putc(b, '\n');
}

static void put_item_json(buf *b, const diagnostic *item) {
    buf_puts(b, "{\"file\":");
    buf_put_json(b, item->file);
    buf_printf(b, ",\"line\":%u,\"column\":%u,\"length\":%u,\"level\":\"%s\",\"rule\":", item->at.line, item->at.column,
               item->length, level_to_text(item->level));
    buf_put_json(b, item->rule);
    buf_puts(b, ",\"text\":");
    buf_put_json(b, item->text);
    buf_putc(b, '}');
}

void diagnostics_put_json(buf *b, const diagnostics *d) {
    buf_puts(b, "{\"diagnostics\":[");
    for (size_t i = 0; i < d->count; i++) {
        if (i > 0)
            buf_putc(b, ',');
        put_item_json(b, &d->items[i]);
    }
    buf_printf(b, "],\"errors\":%zu}", d->errors);
}
