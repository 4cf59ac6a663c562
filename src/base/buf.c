/* Growing byte buffer. Owns its memory and the escapes that text needs inside JSON and HTML; other escapes belong to
 * the formats that need them. The difficulty: `data` is always a NUL-terminated text, even before the first byte. */
#include "onus/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What an empty buffer points at; never written. */
static char nothing[1];

enum {
    FIRST_CAPACITY = 256,
    PRINTED_ONCE_BYTES = 128, /* a longer text is printed to be measured, and again */
};

void buf_init(buf *b) {
    *b = (buf){.data = nothing};
}

void buf_release(buf *b) {
    if (b->cap)
        free(b->data);
    buf_init(b);
}

void buf_clear(buf *b) {
    b->len = 0;
    b->overflow = false;
    if (b->cap)
        b->data[0] = '\0';
}

/* Room for `more` bytes and the NUL; false, and latched, when the limit forbids it. */
static bool buf_reserve(buf *b, size_t more) {
    if (b->overflow)
        return false;
    if (b->limit && (b->len > b->limit || more > b->limit - b->len)) {
        b->overflow = true;
        return false;
    }
    size_t needed;
    if (__builtin_add_overflow(b->len, more, &needed) || __builtin_add_overflow(needed, 1, &needed))
        needed = SIZE_MAX; /* mem_realloc refuses it */
    if (needed <= b->cap)
        return true;
    size_t cap = b->cap ? b->cap : FIRST_CAPACITY;
    while (cap < needed)
        cap = cap > SIZE_MAX / 2 ? needed : cap * 2;
    b->data = mem_realloc(b->cap ? b->data : NULL, cap, 1);
    b->cap = cap;
    return true;
}

void buf_put(buf *b, const char *bytes, size_t len) {
    if (!len || !buf_reserve(b, len))
        return;
    memcpy(b->data + b->len, bytes, len);
    b->len += len;
    b->data[b->len] = '\0';
}

void buf_puts(buf *b, const char *text) {
    buf_put(b, text, strlen(text));
}

void buf_putc(buf *b, char c) {
    buf_put(b, &c, 1);
}

void buf_printf(buf *b, const char *fmt, ...) {
    char few[PRINTED_ONCE_BYTES];
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int len = vsnprintf(few, sizeof few, fmt, args);
    va_end(args);
    assert(len >= 0);
    if ((size_t)len < sizeof few) {
        buf_put(b, few, (size_t)len);
    } else if (buf_reserve(b, (size_t)len)) {
        int written = vsnprintf(b->data + b->len, (size_t)len + 1, fmt, again);
        assert(written == len);
        b->len += (size_t)written;
    }
    va_end(again);
}

void buf_put_int(buf *b, int64_t value) {
    buf_printf(b, "%lld", (long long)value);
}

static const char *json_escape(unsigned char c, char scratch[8]) {
    switch (c) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    default:
        (void)snprintf(scratch, 8, "\\u%04x", c);
        return scratch;
    }
}

static const char *html_escape(unsigned char c, char scratch[8]) {
    (void)scratch;
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    default:
        return "&#39;";
    }
}

/* The bytes that something stands for, and the NUL that ends a text: looked up, as most bytes are none of them. */
typedef bool special_bytes[256];

static const special_bytes json_special = {
    true, true, true, true, true, true, true, true, true,         true,          true,         true,
    true, true, true, true, true, true, true, true, true,         true,          true,         true,
    true, true, true, true, true, true, true, true, ['"'] = true, ['\\'] = true, [0x7f] = true};
static const special_bytes html_special = {
    [0] = true, ['&'] = true, ['<'] = true, ['>'] = true, ['"'] = true, ['\''] = true};

typedef const char *escape(unsigned char c, char scratch[8]);

/* Copies runs of plain bytes whole, and what is special one by one. */
static void put_escaped(buf *b, const char *text, const special_bytes special, escape *escape_byte) {
    char scratch[8];
    for (const char *run = text;; run++) {
        const char *at = run;
        while (!special[(unsigned char)*at])
            at++;
        buf_put(b, run, (size_t)(at - run));
        if (!*at)
            return;
        buf_puts(b, escape_byte((unsigned char)*at, scratch));
        run = at;
    }
}

void buf_put_json(buf *b, const char *text) {
    if (!text) {
        buf_puts(b, "null");
        return;
    }
    buf_putc(b, '"');
    put_escaped(b, text, json_special, json_escape);
    buf_putc(b, '"');
}

void buf_put_html(buf *b, const char *text) {
    if (text)
        put_escaped(b, text, html_special, html_escape);
}

char *buf_to_arena(const buf *b, arena *a) {
    char *copy = arena_alloc(a, b->len + 1);
    return memcpy(copy, b->data, b->len + 1);
}

char *buf_detach(buf *b) {
    char *text = b->cap ? b->data : mem_strdup("");
    buf_init(b);
    return text;
}
