/* Diagnostics: collecting, sorting and printing what is wrong with a file. What is wrong is others' business.
 *
 * The difficulty: a hostile file can be wrong a million times, so the list is bounded and its last item counts the
 * rest. */
#include "onus/diagnostic.h"

#include "config/allow.h"
#include "onus/text.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TEXT_BYTES = 2048,    /* of one item */
    SOURCE_COLUMNS = 160, /* of the line shown under an item */
    BEFORE_COLUMNS = 60,  /* of them before the place, in a longer line */
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

static void grow(arena *a, diagnostic **items, size_t count, size_t *capacity) {
    if (count < *capacity)
        return;
    size_t more = *capacity ? 2 * *capacity : 16;
    diagnostic *grown = ARENA_ARRAY(a, diagnostic, more);
    if (count > 0)
        memcpy(grown, *items, count * sizeof *grown);
    *items = grown;
    *capacity = more;
}

static diagnostic *new_item(diagnostics *d) {
    grow(d->memory, &d->items, d->count, &d->capacity);
    return &d->items[d->count++];
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
        d->rest = arena_alloc(d->memory, REST_BYTES);
        *new_item(d) =
            (diagnostic){.level = level, .file = arena_strdup(d->memory, file), .rule = REST_RULE, .text = d->rest};
    }
    if (level == DIAGNOSTIC_ERROR)
        d->items[DIAGNOSTICS_MAX].level = level;
    int len = snprintf(d->rest, REST_BYTES, "and %zu more; mend the ones above first", ++d->unshown);
    assert(len > 0 && len < REST_BYTES);
}

/* The place of the last warning: errors must not be hidden by it. NULL when only errors are shown. */
static diagnostic *evict_warning(diagnostics *d) {
    if (d->shown_warnings == 0)
        return NULL;
    size_t i = DIAGNOSTICS_MAX - 1;
    while (d->items[i].level != DIAGNOSTIC_WARNING)
        i--;
    d->shown_warnings--;
    return &d->items[i];
}

/* Where the item is to be put; NULL when it is only counted. */
static diagnostic *make_room(diagnostics *d, diagnostic_level level, const char *file) {
    diagnostic *room = NULL;
    if (d->count < DIAGNOSTICS_MAX)
        room = new_item(d);
    else if (level == DIAGNOSTIC_ERROR && (room = evict_warning(d)))
        count_rest(d, DIAGNOSTIC_WARNING, file);
    else
        count_rest(d, level, file);
    if (room && level == DIAGNOSTIC_WARNING)
        d->shown_warnings++;
    return room;
}

static diagnostic *make_allowed_room(diagnostics *d) {
    if (d->allowed_count++ >= DIAGNOSTICS_MAX)
        return NULL;
    grow(d->memory, &d->allowed, d->allowed_kept, &d->allowed_capacity);
    return &d->allowed[d->allowed_kept++];
}

static diagnostic *make_counted_room(diagnostics *d, diagnostic_level level, const char *file) {
    if (level == DIAGNOSTIC_ERROR)
        d->errors++;
    else
        d->warnings++;
    return make_room(d, level, file);
}

void diagnostics_add(diagnostics *d, diagnostic_level level, const char *file, file_position at, unsigned length,
                     const char *rule, const char *fmt, ...) {
    const allow *silencer = d->allows ? allows_use(d->allows, file, at.line, rule) : NULL;
    diagnostic *room = silencer ? make_allowed_room(d) : make_counted_room(d, level, file);
    if (!room)
        return;
    va_list args;
    va_start(args, fmt);
    const char *text = format_text(d->memory, fmt, args);
    va_end(args);
    const char *reason = silencer ? silencer->reason : NULL; /* in d->memory already */
    *room = (diagnostic){level, arena_strdup(d->memory, file), at, length, rule, text, reason};
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
    if (d->allowed_kept > 1)
        qsort(d->allowed, d->allowed_kept, sizeof *d->allowed, compare_places);
}

const char *diagnostic_level_to_text(diagnostic_level level) {
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
    buf_printf(b, ": %s: ", diagnostic_level_to_text(item->level));
    for (const char *at = item->text, *end = at + strlen(at); at < end; at += char_bytes(at, end))
        put_shown(b, at, char_bytes(at, end));
    buf_printf(b, " [%s]", item->rule);
}

/* ── the line under it ── */

const char *source_line(const char *source, size_t len, unsigned line, const char **end) {
    const char *at = source, *stop = source + len;
    if (line == 0 || len == 0)
        return NULL;
    if (len >= 3 && memcmp(source, "\xEF\xBB\xBF", 3) == 0)
        at += 3;
    for (unsigned i = 1; i < line;) {
        if (at == stop)
            return NULL;
        size_t line_end = text_line_break(at, stop);
        i += line_end > 0;
        at += line_end ? line_end : 1;
    }
    *end = at;
    while (*end < stop && text_line_break(*end, stop) == 0)
        (*end)++;
    return at;
}

/* The columns of a line that are shown: all of them, or a part around the place. */
typedef struct window {
    const char *from, *end;
    unsigned first; /* column of `from` */
    unsigned place; /* column of the caret */
} window;

static window window_of(const diagnostic *item, const char *line, const char *end) {
    window w = {line, end, 1, item->at.column};
    unsigned columns = 0;
    for (const char *at = line; at < end; at += char_bytes(at, end))
        columns++;
    if (w.place > columns + 1)
        w.place = columns + 1;
    if (columns <= SOURCE_COLUMNS || w.place <= BEFORE_COLUMNS)
        return w;
    while (w.first < w.place - BEFORE_COLUMNS) {
        w.from += char_bytes(w.from, end);
        w.first++;
    }
    return w;
}

static void put_line(buf *b, const window *w) {
    const char *at = w->from;
    if (w->first > 1)
        buf_puts(b, "…");
    for (unsigned column = 0; at < w->end && column < SOURCE_COLUMNS; column++) {
        size_t len = char_bytes(at, w->end);
        put_shown(b, at, len);
        at += len;
    }
    if (at < w->end)
        buf_puts(b, "…");
}

/* Tabs are kept, so that the caret stands under its character whatever their width. */
static void put_caret(buf *b, const diagnostic *item, const window *w) {
    const char *at = w->from;
    unsigned column = w->first, last = w->first + SOURCE_COLUMNS;
    if (w->first > 1)
        buf_putc(b, ' ');
    for (; column < w->place; column++) {
        buf_putc(b, at < w->end && *at == '\t' ? '\t' : ' ');
        if (at < w->end)
            at += char_bytes(at, w->end);
    }
    unsigned length = item->length ? item->length : 1;
    for (unsigned i = 0; i < length && column + i < last; i++)
        buf_putc(b, i == 0 ? '^' : '~');
}

void diagnostic_print_with_source(buf *b, const diagnostic *item, const char *source, size_t len) {
    diagnostic_print(b, item);
    buf_putc(b, '\n');
    const char *end, *line = source_line(source, len, item->at.line, &end);
    if (!line)
        return;
    window w = window_of(item, line, end);
    buf_puts(b, "    ");
    put_line(b, &w);
    buf_puts(b, "\n    ");
    put_caret(b, item, &w);
    buf_putc(b, '\n');
}

void diagnostic_put_json(buf *b, const diagnostic *item) {
    buf_puts(b, "{\"file\":");
    buf_put_json(b, item->file);
    buf_printf(b, ",\"line\":%u,\"column\":%u,\"length\":%u,\"level\":\"%s\",\"rule\":", item->at.line, item->at.column,
               item->length, diagnostic_level_to_text(item->level));
    buf_put_json(b, item->rule);
    buf_puts(b, ",\"text\":");
    buf_put_json(b, item->text);
    if (item->reason) {
        buf_puts(b, ",\"reason\":");
        buf_put_json(b, item->reason);
    }
    buf_putc(b, '}');
}

void diagnostics_put_json(buf *b, const diagnostics *d) {
    buf_puts(b, "{\"diagnostics\":[");
    for (size_t i = 0; i < d->count; i++) {
        if (i > 0)
            buf_putc(b, ',');
        diagnostic_put_json(b, &d->items[i]);
    }
    buf_printf(b, "],\"errors\":%zu}", d->errors);
}
