/* Text: UTF-8 checks and cuts, safe number parsing, constant-time comparison, hex and base64url. */
#ifndef ONUS_TEXT_H
#define ONUS_TEXT_H

#include "onus/buf.h"

/* True when the bytes are UTF-8 (RFC 3629: no overlong forms, no surrogates) and hold no NUL. */
bool text_is_utf8(const char *bytes, size_t len);
/* Appends the bytes with U+FFFD in the place of what is not UTF-8: of each byte, of each surrogate, and of what
 * json_read.c writes for a NUL (C0 80) and for a lone backslash (C1 9C). */
void buf_put_mended(buf *b, const char *bytes, size_t len);
/* The same as a text: `text` itself when there is nothing to mend, else in the arena. */
const char *text_mended(arena *a, const char *text);
/* The longest prefix of at most `max` bytes that ends at a character. */
size_t text_cut(const char *text, size_t max);
/* At most `max` bytes, with "…" at the end when cut. */
char *text_shorten(arena *a, const char *text, size_t max);

/* For people: what nobody sees, or what turns the order of what they see, is named: ⟨U+202E⟩. Directions, zero widths,
 * fillers, tags, soft hyphens, C1 controls, line separators. The text itself when it holds none. */
const char *text_visible(arena *a, const char *text);

/* Bytes of the line break at `at`, 0 when there is none: LF, CR, CR LF, and YAML's U+0085, U+2028 and U+2029. */
size_t text_line_break(const char *at, const char *end);

bool text_equal(const char *a, const char *b);        /* NULL equals NULL only */
bool text_equal_nocase(const char *a, const char *b); /* ASCII */
bool text_starts_with(const char *text, const char *prefix);
bool text_ends_with(const char *text, const char *suffix);

/* Takes the same time for equal lengths wherever the first difference stands. */
bool text_equal_secret(const char *a, const char *b);

/* Decimal, whole text, within [min, max]; errors name `what`. */
MUST_USE bool text_to_int(const char *text, int64_t min, int64_t max, const char *what, int64_t *out, err *e);

/* Durations as Prometheus writes them: 1h30m, 15s, 500ms, 2d, 1w; units y w d h m s ms, descending. Microseconds. */
MUST_USE bool text_to_duration(const char *text, int64_t *out_usec, err *e);
char *duration_to_text(arena *a, int64_t usec);
/* As a person would say how long something has lasted: no seconds past an hour, no fractions, never negative. */
char *duration_to_rough_text(arena *a, int64_t usec);

char *text_to_hex(arena *a, const void *bytes, size_t len);
MUST_USE bool text_from_hex(arena *a, const char *hex, unsigned char **out, size_t *out_len, err *e);
char *text_to_base64url(arena *a, const void *bytes, size_t len); /* RFC 4648 §5, no padding */
MUST_USE bool text_from_base64(arena *a, const char *text, unsigned char **out, size_t *out_len,
                               err *e); /* either alphabet; padding optional */

/* The nearest of `words` within an edit distance that a typing slip explains (at most 3 and a third of the length), or
 * NULL. */
const char *text_did_you_mean(const char *text, const char *const *words, size_t count);

#endif
