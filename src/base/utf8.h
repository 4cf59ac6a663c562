/* UTF-8 (RFC 3629), one character at a time; shared by text, JSON and log. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of the character that starts at `at` (1–4), or 0 when no well-formed one does: overlong forms, surrogates, past
 * U+10FFFF, cut at `end`. `code` may be NULL. */
size_t utf8_read(const unsigned char *at, const unsigned char *end, uint32_t *code);

#endif
