/* Reading JSON (RFC 8259) into a tree of cJSON's nodes: one pass, one bit of state a level, no recursion. Leaves keys
 * that occur twice to json.c.
 *
 * The difficulty: what is no text (a NUL, half of a surrogate pair, bytes that are not UTF-8) must not cost the rest of
 * a body, nor make two texts one. As sent, each keeps bytes that no UTF-8 has: a NUL is C0 80, half a pair the three
 * bytes of its code, a backslash that escapes nothing C1 9C, any other byte itself. text_mended() makes a text of it.
 */
#include "json_read.h"

#include "onus/text.h"
#include "utf8.h"

#include <endian.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct reader {
    const unsigned char *start, *at, *end;
    const json_input *in;
    uint64_t objects; /* bit of each open level: 1 object, 0 array */
    int depth;
    cJSON *levels[JSON_DEPTH_MAX]; /* what is open */
    cJSON *root;
    char *key; /* of the value that comes next */
    buf text;  /* of the string under way, as far as it differs from its bytes */
    err *e;
} reader;

_Static_assert(JSON_DEPTH_MAX <= 64, "one bit a level");

/* A body is seldom of several lines; then the byte alone would tell nobody the place. */
static bool refuse(reader *r, const unsigned char *at, const char *why) {
    size_t line = 1, column = 1, byte = (size_t)(at - r->start);
    for (const unsigned char *p = r->start; p < at; p++) {
        bool newline = *p == '\n';
        line += newline;
        column = newline ? 1 : column + ((*p & 0xc0) != 0x80);
    }
    if (r->in->wrong_at)
        *r->in->wrong_at = byte;
    if (line == 1)
        return err_set(r->e, ERR_INVALID, "not JSON at byte %zu: %s", byte, why);
    return err_set(r->e, ERR_INVALID, "not JSON at line %zu, column %zu: %s", line, column, why);
}

static void skip_space(reader *r) {
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\r' || *r->at == '\t'))
        r->at++;
}

static bool is_digit(const reader *r) {
    return r->at < r->end && *r->at >= '0' && *r->at <= '9';
}

/* ── nodes ── */
static void *take(reader *r, size_t size) {
    return r->in->memory ? arena_zalloc(r->in->memory, 1, size) : mem_zalloc(1, size);
}

static char *copy(reader *r, const void *bytes, size_t len) {
    char *text = r->in->memory ? arena_alloc(r->in->memory, len + 1) : mem_alloc(len + 1);
    memcpy(text, bytes, len);
    text[len] = '\0';
    return text;
}

/* The next value of what is open. The first child's `prev` is the last one, as cJSON has it. */
static cJSON *add(reader *r, int type) {
    cJSON *node = take(r, sizeof *node), *parent = r->depth ? r->levels[r->depth - 1] : NULL;
    node->type = type;
    node->string = r->key;
    r->key = NULL;
    if (!parent) {
        r->root = node;
    } else if (!parent->child) {
        parent->child = node->prev = node;
    } else {
        cJSON *last = parent->child->prev;
        last->next = parent->child->prev = node;
        node->prev = last;
    }
    return node;
}

/* ── strings ── */
static bool hex4(const reader *r, const unsigned char *at, unsigned *out) {
    if (r->end - at < 4)
        return false;
    unsigned value = 0;
    for (int i = 0; i < 4; i++) {
        unsigned char c = at[i];
        unsigned char folded = c | 0x20;
        if (c >= '0' && c <= '9')
            value = value << 4 | (unsigned)(c - '0');
        else if (folded >= 'a' && folded <= 'f')
            value = value << 4 | (unsigned)(folded - 'a' + 10);
        else
            return false;
    }
    *out = value;
    return true;
}

static bool is_strict(const reader *r) {
    return r->in->reading == JSON_STRICT;
}

/* What is no text: refused, or kept apart. */
static bool mend(reader *r, const char *sent, size_t len, const char *why) {
    if (is_strict(r))
        return refuse(r, r->at, why);
    r->in->mends->count[JSON_MEND_TEXT]++;
    buf_put(&r->text, sent, len);
    return true;
}

static bool mend_backslash(reader *r, const char *why) {
    return mend(r, "\xc1\x9c", 2, why);
}

static void put_code(buf *b, uint32_t code) {
    if (code < 0x80) {
        buf_putc(b, (char)code);
        return;
    }
    int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const unsigned char FIRST[] = {0, 0xc0, 0xe0, 0xf0};
    buf_putc(b, (char)(FIRST[more] | code >> 6 * more));
    while (more-- > 0)
        buf_putc(b, (char)(0x80 | (code >> 6 * more & 0x3f)));
}

static bool mend_half(reader *r, unsigned half) {
    buf sent;
    buf_init(&sent);
    put_code(&sent, half);
    bool done = mend(r, sent.data, sent.len, "half of a surrogate pair");
    buf_release(&sent);
    r->at += done ? 5 : 0;
    return done;
}

/* At the u of an escape. */
static bool read_unicode_escape(reader *r) {
    unsigned high, low;
    if (!hex4(r, r->at + 1, &high))
        return mend_backslash(r, "\\u needs four hex digits");
    if (high == 0) {
        bool done = mend(r, "\xc0\x80", 2, "a NUL in a text");
        r->at += done ? 5 : 0;
        return done;
    }
    if (high < 0xd800 || high > 0xdfff) {
        put_code(&r->text, high);
        r->at += 5;
        return true;
    }
    bool paired = high <= 0xdbff && r->end - r->at >= 11 && r->at[5] == '\\' && r->at[6] == 'u' &&
                  hex4(r, r->at + 7, &low) && low >= 0xdc00 && low <= 0xdfff;
    if (!paired)
        return mend_half(r, high);
    put_code(&r->text, 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
    r->at += 11;
    return true;
}

static bool read_escape(reader *r) {
    static const char NAMED[] = "\"\\/bfnrt", MEANT[] = "\"\\/\b\f\n\r\t";
    r->at++;
    if (r->at == r->end)
        return refuse(r, r->at, "the text ends inside a string");
    if (*r->at == 'u')
        return read_unicode_escape(r);
    const char *named = *r->at ? strchr(NAMED, *r->at) : NULL;
    if (!named)
        return mend_backslash(r, "an unknown escape");
    buf_putc(&r->text, MEANT[named - NAMED]);
    r->at++;
    return true;
}

/* A control character, which should be escaped, or a byte that is not UTF-8. */
static bool read_bad_byte(reader *r) {
    unsigned char c = *r->at;
    bool done = c == 0 ? mend(r, "\xc0\x80", 2, "a NUL in a text")
                       : mend(r, (const char *)&c, 1, c < 0x20 ? "a control character in a string" : "not UTF-8");
    r->at += done;
    return done;
}

/* Marks by its high bit the first of eight bytes, the lowest, that is no plain ASCII within a string: beyond ASCII, a
 * control character, a quote or a backslash. Above it may be false marks, as subtracting borrows. */
static uint64_t special(uint64_t eight) {
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t quote = eight ^ ones * '"', backslash = eight ^ ones * '\\';
    return (eight | (eight - ones * 0x20) | (quote - ones) | (backslash - ones)) & ones * 0x80;
}

/* Most of a body is plain, so that it is passed eight bytes at a time; its last bytes one by one, by the caller. */
static const unsigned char *skip_plain(const unsigned char *at, const unsigned char *end) {
    for (uint64_t eight; end - at >= (ptrdiff_t)sizeof eight; at += sizeof eight) {
        memcpy(&eight, at, sizeof eight);
        uint64_t marks = special(le64toh(eight));
        if (marks)
            return at + __builtin_ctzll(marks) / 8;
    }
    return at;
}

static char *string_end(reader *r, const unsigned char *run) {
    size_t rest = (size_t)(r->at++ - run);
    if (r->text.len == 0)
        return copy(r, run, rest);
    buf_put(&r->text, (const char *)run, rest);
    if (r->in->reading != JSON_MENDED || text_is_utf8(r->text.data, r->text.len))
        return copy(r, r->text.data, r->text.len);
    buf text;
    buf_init(&text);
    buf_put_mended(&text, r->text.data, r->text.len);
    char *mended = copy(r, text.data, text.len);
    buf_release(&text);
    return mended;
}

static bool read_string(reader *r, char **out) {
    const unsigned char *opened = r->at++, *run = r->at; /* run: what is not in r->text yet */
    buf_clear(&r->text);
    while ((r->at = skip_plain(r->at, r->end)) < r->end) {
        unsigned char c = *r->at;
        size_t step = c >= 0x80 ? utf8_read(r->at, r->end, NULL) : c >= 0x20 && c != '\\';
        if (c == '"') {
            *out = string_end(r, run);
            return true;
        }
        if (!step) {
            buf_put(&r->text, (const char *)run, (size_t)(r->at - run));
            if (!(c == '\\' ? read_escape(r) : read_bad_byte(r)))
                return false;
            run = r->at;
        }
        r->at += step;
    }
    return refuse(r, opened, "a string without an end");
}

/* ── numbers ── */
static void skip_digits(reader *r) {
    while (is_digit(r))
        r->at++;
}

static bool skip_fraction(reader *r) {
    if (r->at == r->end || *r->at != '.')
        return true;
    r->at++;
    if (!is_digit(r))
        return refuse(r, r->at, "a point without digits behind it");
    skip_digits(r);
    return true;
}

static bool skip_exponent(reader *r) {
    if (r->at == r->end || (*r->at != 'e' && *r->at != 'E'))
        return true;
    r->at++;
    if (r->at < r->end && (*r->at == '+' || *r->at == '-'))
        r->at++;
    if (!is_digit(r))
        return refuse(r, r->at, "an exponent without digits");
    skip_digits(r);
    return true;
}

/* Its bytes stay with it, as a double holds only some numbers. LC_NUMERIC is always C. */
static bool read_number(reader *r) {
    const unsigned char *first = r->at;
    if (*r->at == '-')
        r->at++;
    if (!is_digit(r))
        return refuse(r, r->at, "a minus without digits");
    if (*r->at == '0' && r->at + 1 < r->end && r->at[1] >= '0' && r->at[1] <= '9')
        return refuse(r, r->at, "a number with a leading zero");
    skip_digits(r);
    if (!skip_fraction(r) || !skip_exponent(r))
        return false;
    cJSON *node = add(r, cJSON_Number);
    node->valuestring = copy(r, first, (size_t)(r->at - first));
    node->valuedouble = strtod(node->valuestring, NULL);
    return true;
}

/* ── values ── */
static bool skip_word(reader *r, const char *word) {
    size_t len = strlen(word);
    if ((size_t)(r->end - r->at) < len || memcmp(r->at, word, len) != 0)
        return false;
    r->at += len;
    return true;
}

/* What JSON has no number for, as Python and others write it. */
static bool read_no_number(reader *r) {
    static const struct {
        const char *word;
        double value;
    } WORDS[] = {{"NaN", NAN}, {"Infinity", INFINITY}, {"-Infinity", -INFINITY}};
    for (size_t i = 0; !is_strict(r) && i < sizeof WORDS / sizeof *WORDS; i++) {
        if (!skip_word(r, WORDS[i].word))
            continue;
        r->in->mends->count[JSON_MEND_NUMBER]++;
        cJSON *node = add(r, cJSON_Number);
        node->valuestring = copy(r, WORDS[i].word, strlen(WORDS[i].word));
        node->valuedouble = WORDS[i].value;
        return true;
    }
    return false;
}

static bool read_text(reader *r) {
    char *text = NULL;
    if (!read_string(r, &text))
        return false;
    add(r, cJSON_String)->valuestring = text;
    return true;
}

static bool read_scalar(reader *r) {
    static const struct {
        const char *word;
        int type;
    } WORDS[] = {{"true", cJSON_True}, {"false", cJSON_False}, {"null", cJSON_NULL}};
    if (r->at == r->end)
        return refuse(r, r->at, "the text ends where a value is expected");
    if (*r->at == '"')
        return read_text(r);
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
        if (skip_word(r, WORDS[i].word))
            return add(r, WORDS[i].type);
    if (read_no_number(r))
        return true;
    return *r->at == '-' || is_digit(r) ? read_number(r) : refuse(r, r->at, "a value expected");
}

static bool in_object(const reader *r) {
    return r->depth && r->objects >> (r->depth - 1) & 1;
}

static bool read_key(reader *r) {
    skip_space(r);
    if (r->at == r->end || *r->at != '"')
        return refuse(r, r->at, "a key in quotes expected");
    if (!read_string(r, &r->key))
        return false;
    skip_space(r);
    if (r->at == r->end || *r->at != ':')
        return refuse(r, r->at, "a colon expected");
    r->at++;
    skip_space(r);
    return true;
}

static char closing(const reader *r) {
    return in_object(r) ? '}' : ']';
}

/* ── what is nested too deep ── */
static void skip_string(reader *r) {
    for (r->at++; (r->at = skip_plain(r->at, r->end)) < r->end && *r->at != '"'; r->at++)
        if (*r->at == '\\' && r->at + 1 < r->end)
            r->at++;
    if (r->at < r->end)
        r->at++;
}

/* A reader must stop somewhere, but what is past it need not cost what is before: it stays as the text that it is. */
static bool read_deep(reader *r) {
    const unsigned char *first = r->at;
    size_t open = 0;
    if (is_strict(r))
        return refuse(r, r->at, "nested deeper than 64 levels");
    do {
        if (*r->at == '"') {
            skip_string(r);
            continue;
        }
        open += *r->at == '[' || *r->at == '{';
        open -= *r->at == ']' || *r->at == '}';
        r->at++;
    } while (open > 0 && r->at < r->end);
    if (open > 0)
        return refuse(r, first, "nested deeper than 64 levels, and without an end");
    r->in->mends->count[JSON_MEND_DEPTH]++;
    buf_clear(&r->text);
    buf_put_mended(&r->text, (const char *)first, (size_t)(r->at - first));
    add(r, cJSON_String)->valuestring = copy(r, r->text.data, r->text.len);
    return true;
}

/* Opens every array and object that starts here. *complete: an empty one was also closed. */
static bool open_levels(reader *r, bool *complete) {
    *complete = false;
    while (r->at < r->end && (*r->at == '{' || *r->at == '[')) {
        if (r->depth == JSON_DEPTH_MAX) {
            *complete = true;
            return read_deep(r);
        }
        uint64_t bit = UINT64_C(1) << r->depth;
        r->objects = *r->at == '{' ? r->objects | bit : r->objects & ~bit;
        cJSON *opened = add(r, *r->at == '{' ? cJSON_Object : cJSON_Array);
        r->levels[r->depth++] = opened;
        r->at++;
        skip_space(r);
        if (r->at < r->end && *r->at == (unsigned char)closing(r)) {
            r->at++;
            r->depth--;
            *complete = true;
            return true;
        }
        if (in_object(r) && !read_key(r))
            return false;
    }
    return true;
}

/* After a value: closes levels up to a comma, and reads what comes before the next value. */
static bool after_value(reader *r, bool *more) {
    for (*more = false; r->depth; r->depth--, r->at++) {
        skip_space(r);
        if (r->at == r->end)
            return refuse(r, r->at, "the text ends inside an array or object");
        if (*r->at == ',') {
            r->at++;
            *more = true;
            skip_space(r);
            return in_object(r) ? read_key(r) : true;
        }
        if (*r->at != (unsigned char)closing(r))
            return refuse(r, r->at, in_object(r) ? "a comma or } expected" : "a comma or ] expected");
    }
    return true;
}

/* RFC 8259 lets a reader pass a byte order mark over. */
static void skip_mark(reader *r) {
    if (skip_word(r, "\xef\xbb\xbf") && r->in->mends)
        r->in->mends->count[JSON_MEND_MARK]++;
}

static bool read_document(reader *r) {
    bool more = true, complete;
    skip_mark(r);
    skip_space(r);
    if (r->at == r->end)
        return err_set(r->e, ERR_INVALID, "not JSON: the body is empty");
    while (more) {
        if (!open_levels(r, &complete) || (!complete && !read_scalar(r)) || !after_value(r, &more))
            return false;
    }
    skip_space(r);
    return r->at == r->end ? true : refuse(r, r->at, "more text after the value");
}

cJSON *json_read_tree(const json_input *in, err *e) {
    const unsigned char *start = (const unsigned char *)in->bytes;
    reader r = {.start = start, .at = start, .end = start + in->len, .in = in, .e = e};
    buf_init(&r.text);
    bool good = read_document(&r);
    buf_release(&r.text);
    if (good)
        return r.root;
    if (!in->memory) {
        free(r.key);
        cJSON_Delete(r.root);
    }
    return NULL;
}
