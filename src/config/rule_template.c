/* Templates in rule files: Helm's and Jinja's braces, jsonnet's %(name)s. Knows where a template begins and ends; that
 * is all it knows of their languages.
 *
 * The difficulty: such a file is no YAML before it is rendered, and rendering it needs values that nobody gave us. So
 * a template's characters are exchanged one for one with private ones (U+10F700 and on), which YAML takes for letters:
 * places stay true, and a value can be turned back into what was written. */
#include "config/rule_reader.h"

#include "onus/text.h"

#include <ctype.h>
#include <string.h>

enum { TEMPLATE_BYTES_MAX = 16 * 1024, MASK_BYTES = 4 };

static const struct { const char *open, *close; } BRACES[] = {{"{{", "}}"}, {"{%", "%}"}, {"{#", "#}"}, {"%(", ")s"}};

/* What is being looked through. A stranger's text may open a thousand templates and close none: so looking for their
 * ends has a budget, in bytes. */
typedef struct scan {
    const char *end;
    size_t budget;
} scan;

enum { SCANS_PER_BYTE = 16 };

static scan scan_of(const char *bytes, size_t len) {
    return (scan){bytes + len, SCANS_PER_BYTE * len};
}

static bool begins(const char *at, const char *end, const char *text) {
    size_t len = strlen(text);
    return (size_t)(end - at) >= len && memcmp(at, text, len) == 0;
}

/* Past a Go text: "…" with escapes, or `…` without. */
static const char *skip_quoted(const char *at, const char *end) {
    const char quote = *at++;
    while (at < end && *at != quote)
        at += quote == '"' && *at == '\\' && at + 1 < end ? 2 : 1;
    return at < end ? at + 1 : end;
}

/* Braces inside a text do not close. A text that never ends was none. */
static const char *find_close(scan *s, const char *at, const char *close, bool texts) {
    const char *begin = at, *end = (size_t)(s->end - at) < TEMPLATE_BYTES_MAX ? s->end : at + TEMPLATE_BYTES_MAX;
    if ((size_t)(end - at) > s->budget)
        return NULL;
    while (at < end && !begins(at, end, close)) {
        const char *past = texts && (*at == '"' || *at == '`') ? skip_quoted(at, end) : at;
        at = past > at && past < end ? past : at + (*at == '\\' && at + 1 < end ? 2 : 1);
    }
    s->budget -= (size_t)(at - begin);
    return at < end ? at + strlen(close) : NULL;
}

/* The end of the template that begins here, or NULL. A comment may hold a lone quote. */
static const char *template_end(scan *s, const char *at) {
    if (*at != '{' && *at != '%')
        return NULL;
    for (size_t i = 0; i < sizeof BRACES / sizeof *BRACES; i++) {
        if (!begins(at, s->end, BRACES[i].open))
            continue;
        bool comment = begins(at + 2, s->end, "/*") || begins(at + 2, s->end, "- /*") || BRACES[i].open[1] != '{';
        const char *found = find_close(s, at + 2, BRACES[i].close, !comment);
        return found || comment ? found : find_close(s, at + 2, BRACES[i].close, false);
    }
    return NULL;
}

bool rule_has_templates(const char *bytes, size_t len) {
    scan s = scan_of(bytes, len);
    for (const char *at = bytes; at < s.end; at++)
        if (template_end(&s, at))
            return true;
    return false;
}

static void put_masked(buf *out, const char *at, const char *end) {
    for (; at < end; at++) {
        unsigned char c = (unsigned char)*at;
        if (c <= 0x20 || c > 0x7e || isalnum(c))
            buf_putc(out, *at);
        else
            buf_put(out, (const char[]){(char)0xF4, (char)0x8F, (char)(0x9C | (c >> 6)), (char)(0x80 | (c & 0x3F))},
                    MASK_BYTES);
    }
}

/* What a line came to: all that was put since its beginning, and whether it had anything but templates. */
typedef struct line_state {
    size_t begins;
    bool templates, other;
} line_state;

static void line_end(buf *out, line_state *line) {
    if (line->templates && !line->other) {
        out->len = line->begins;
        out->data[out->len] = '\0';
    }
    buf_putc(out, '\n');
    *line = (line_state){.begins = out->len};
}

static void put_template(buf *out, line_state *line, const char *at, const char *end) {
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at)), *stop = newline ? newline : end;
        line->templates = true;
        put_masked(out, at, stop);
        if (newline)
            line_end(out, line);
        at = newline ? newline + 1 : end;
    }
}

char *rule_mask(const char *bytes, size_t len, arena *a, size_t *out_len) {
    buf out;
    buf_init(&out);
    line_state line = {0};
    scan s = scan_of(bytes, len);
    for (const char *at = bytes; at < s.end;) {
        const char *past = template_end(&s, at);
        if (past) {
            put_template(&out, &line, at, past);
            at = past;
            continue;
        }
        if (*at == '\n') {
            line_end(&out, &line);
        } else {
            line.other = line.other || !isspace((unsigned char)*at);
            buf_putc(&out, *at);
        }
        at++;
    }
    if (line.templates && !line.other)
        out.len = line.begins; /* the last line has no end */
    *out_len = out.len;
    char *text = arena_strndup(a, out.data, out.len);
    buf_release(&out);
    return text;
}

static bool is_masked(const unsigned char *at) {
    return at[0] == 0xF4 && at[1] == 0x8F && (at[2] & 0xFE) == 0x9C && (at[3] & 0xC0) == 0x80;
}

char *rule_unmask(arena *a, const char *text) {
    char *copy = arena_strdup(a, text), *into = copy;
    for (const unsigned char *at = (const unsigned char *)copy; *at;) {
        unsigned char c = is_masked(at) ? (unsigned char)((at[2] & 1) << 6 | (at[3] & 0x3F)) : 0;
        if (c > 0x20 && c < 0x7f) {
            *into++ = (char)c;
            at += MASK_BYTES;
        } else {
            *into++ = (char)*at++;
        }
    }
    *into = '\0';
    return copy;
}
