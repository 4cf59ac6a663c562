/* The strict JSON check (RFC 8259): a recognizer with one bit of state a level, no recursion, no allocation. Leaves the
 * tree and duplicate keys to json.c. The difficulty: everything that cJSON would let through must be refused here,
 * because later code trusts that texts are UTF-8 without NUL and that numbers are doubles. */
#include "onus/json.h"

#include "utf8.h"

#include <endian.h>
#include <string.h>

typedef struct scan {
    const unsigned char *start, *at, *end;
    uint64_t objects; /* bit of each open level: 1 object, 0 array */
    int depth;
    size_t wrong_at; /* set by refuse */
    err *e;
} scan;

_Static_assert(JSON_DEPTH_MAX <= 64, "one bit a level");

/* cJSON copies a number into 64 bytes before it converts it. */
enum { NUMBER_BYTES_MAX = 63 };

static bool refuse(scan *s, const unsigned char *at, const char *why) {
    s->wrong_at = (size_t)(at - s->start);
    return err_set(s->e, ERR_INVALID, "not JSON at byte %zu: %s", s->wrong_at, why);
}

static void skip_space(scan *s) {
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\n' || *s->at == '\r' || *s->at == '\t'))
        s->at++;
}

static bool is_digit(const scan *s) {
    return s->at < s->end && *s->at >= '0' && *s->at <= '9';
}

/* ── strings ── */
static bool hex4(const scan *s, const unsigned char *at, unsigned *out) {
    if (s->end - at < 4)
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

/* At the u of an escape. */
static bool check_unicode_escape(scan *s) {
    unsigned high, low;
    if (!hex4(s, s->at + 1, &high))
        return refuse(s, s->at, "\\u needs four hex digits");
    if (high == 0)
        return refuse(s, s->at, "a NUL in a text");
    if (high < 0xd800 || high > 0xdfff) {
        s->at += 5;
        return true;
    }
    bool paired = high <= 0xdbff && s->end - s->at >= 11 && s->at[5] == '\\' && s->at[6] == 'u' &&
                  hex4(s, s->at + 7, &low) && low >= 0xdc00 && low <= 0xdfff;
    if (!paired)
        return refuse(s, s->at, "half of a surrogate pair");
    s->at += 11;
    return true;
}

static bool check_escape(scan *s) {
    s->at++;
    if (s->at == s->end)
        return refuse(s, s->at, "the text ends inside a string");
    if (*s->at == 'u')
        return check_unicode_escape(s);
    if (!*s->at || !strchr("\"\\/bfnrt", *s->at))
        return refuse(s, s->at, "an unknown escape");
    s->at++;
    return true;
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

static bool check_string(scan *s) {
    const unsigned char *opened = s->at++;
    while ((s->at = skip_plain(s->at, s->end)) < s->end) {
        unsigned char c = *s->at;
        if (c == '"') {
            s->at++;
            return true;
        }
        if (c == '\\') {
            if (!check_escape(s))
                return false;
        } else if (c < 0x20) {
            return refuse(s, s->at, c ? "a control character in a string" : "a NUL in a text");
        } else if (c < 0x80) {
            s->at++;
        } else {
            size_t step = utf8_read(s->at, s->end, NULL);
            if (!step)
                return refuse(s, s->at, "not UTF-8");
            s->at += step;
        }
    }
    return refuse(s, opened, "a string without an end");
}

/* ── numbers ── */
typedef struct magnitude {
    char digits[20]; /* the first significant ones */
    int digit_count;
    int point;        /* the value is 0.DIGITS · 10^point */
    bool significant; /* a digit other than 0 was seen */
} magnitude;

static void read_digits(scan *s, magnitude *m, bool fraction) {
    for (; is_digit(s); s->at++) {
        m->significant = m->significant || *s->at != '0';
        if (m->significant && m->digit_count < (int)sizeof m->digits)
            m->digits[m->digit_count++] = (char)*s->at;
        m->point += fraction ? (m->significant ? 0 : -1) : (m->significant ? 1 : 0);
    }
}

/* Larger than any double, decided on the digits: strtod would depend on the locale. */
static bool too_large(const magnitude *m, int exponent) {
    static const char limit[] = "17976931348623158079"; /* where rounding gives infinity, at 10^308 */
    enum { LIMIT_POINT = 309 };
    int point = m->point + exponent;
    if (!m->significant || point < LIMIT_POINT)
        return false;
    return point > LIMIT_POINT || memcmp(m->digits, limit, (size_t)m->digit_count) > 0 ||
           (m->digit_count == (int)sizeof m->digits && memcmp(m->digits, limit, sizeof m->digits) == 0);
}

static bool read_exponent(scan *s, int *out) {
    int value = 0, sign = 1;
    if (s->at < s->end && (*s->at == '+' || *s->at == '-'))
        sign = *s->at++ == '-' ? -1 : 1;
    if (!is_digit(s))
        return refuse(s, s->at, "an exponent without digits");
    for (; is_digit(s); s->at++)
        value = value < 100000 ? value * 10 + (*s->at - '0') : value;
    *out = sign * value;
    return true;
}

static bool check_number(scan *s) {
    const unsigned char *first = s->at;
    magnitude m = {0};
    int exponent = 0;
    if (*s->at == '-')
        s->at++;
    if (!is_digit(s))
        return refuse(s, s->at, "a minus without digits");
    if (*s->at == '0' && s->at + 1 < s->end && s->at[1] >= '0' && s->at[1] <= '9')
        return refuse(s, s->at, "a number with a leading zero");
    read_digits(s, &m, false);
    if (s->at < s->end && *s->at == '.') {
        s->at++;
        if (!is_digit(s))
            return refuse(s, s->at, "a point without digits behind it");
        read_digits(s, &m, true);
    }
    if (s->at < s->end && (*s->at == 'e' || *s->at == 'E')) {
        s->at++;
        if (!read_exponent(s, &exponent))
            return false;
    }
    if (s->at - first > NUMBER_BYTES_MAX)
        return refuse(s, first, "a number of more than 63 characters");
    return too_large(&m, exponent) ? refuse(s, first, "a number larger than a double can hold") : true;
}

/* ── values ── */
static bool check_word(scan *s, const char *word) {
    size_t len = strlen(word);
    if ((size_t)(s->end - s->at) < len || memcmp(s->at, word, len) != 0)
        return refuse(s, s->at, "a value expected");
    s->at += len;
    return true;
}

static bool check_scalar(scan *s) {
    if (s->at == s->end)
        return refuse(s, s->at, "the text ends where a value is expected");
    switch (*s->at) {
    case '"':
        return check_string(s);
    case 't':
        return check_word(s, "true");
    case 'f':
        return check_word(s, "false");
    case 'n':
        return check_word(s, "null");
    default:
        if (*s->at == '-' || is_digit(s))
            return check_number(s);
        return refuse(s, s->at, "a value expected");
    }
}

static bool in_object(const scan *s) {
    return s->depth && s->objects >> (s->depth - 1) & 1;
}

static bool check_key(scan *s) {
    skip_space(s);
    if (s->at == s->end || *s->at != '"')
        return refuse(s, s->at, "a key in quotes expected");
    if (!check_string(s))
        return false;
    skip_space(s);
    if (s->at == s->end || *s->at != ':')
        return refuse(s, s->at, "a colon expected");
    s->at++;
    skip_space(s);
    return true;
}

static char closing(const scan *s) {
    return in_object(s) ? '}' : ']';
}

/* Opens every array and object that starts here. *complete: an empty one was also closed. */
static bool open_levels(scan *s, bool *complete) {
    *complete = false;
    while (s->at < s->end && (*s->at == '{' || *s->at == '[')) {
        if (s->depth == JSON_DEPTH_MAX)
            return refuse(s, s->at, "nested deeper than 64 levels");
        uint64_t bit = UINT64_C(1) << s->depth++;
        s->objects = *s->at == '{' ? s->objects | bit : s->objects & ~bit;
        s->at++;
        skip_space(s);
        if (s->at < s->end && *s->at == (unsigned char)closing(s)) {
            s->at++;
            s->depth--;
            *complete = true;
            return true;
        }
        if (in_object(s) && !check_key(s))
            return false;
    }
    return true;
}

/* After a value: closes levels up to a comma, and reads what comes before the next value. */
static bool after_value(scan *s, bool *more) {
    for (*more = false; s->depth; s->depth--, s->at++) {
        skip_space(s);
        if (s->at == s->end)
            return refuse(s, s->at, "the text ends inside an array or object");
        if (*s->at == ',') {
            s->at++;
            *more = true;
            skip_space(s);
            return in_object(s) ? check_key(s) : true;
        }
        if (*s->at != (unsigned char)closing(s))
            return refuse(s, s->at, in_object(s) ? "a comma or } expected" : "a comma or ] expected");
    }
    return true;
}

static bool check_text(scan *s) {
    bool more = true, complete;
    skip_space(s);
    if (s->at == s->end)
        return err_set(s->e, ERR_INVALID, "not JSON: the body is empty");
    if (*s->at == 0xef)
        return refuse(s, s->at, "a byte order mark; send UTF-8 without one");
    while (more) {
        if (!open_levels(s, &complete) || (!complete && !check_scalar(s)) || !after_value(s, &more))
            return false;
    }
    skip_space(s);
    return s->at == s->end ? true : refuse(s, s->at, "more text after the value");
}

bool json_check_at(const char *bytes, size_t len, size_t *wrong_at, err *e) {
    const unsigned char *start = (const unsigned char *)bytes;
    scan s = {.start = start, .at = start, .end = start + len, .e = e};
    bool good = check_text(&s);
    *wrong_at = s.wrong_at;
    return good;
}

bool json_check(const char *bytes, size_t len, err *e) {
    size_t wrong_at;
    return json_check_at(bytes, len, &wrong_at, e);
}
