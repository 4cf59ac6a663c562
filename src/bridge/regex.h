/* RE2 from C: one anchored regex, and a set of them tried in one pass. Linear time; no back references.
 *
 * Everything made here is immutable once made and may be used by many threads at once. */
#ifndef ONUS_BRIDGE_REGEX_H
#define ONUS_BRIDGE_REGEX_H

#include "onus/err.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    REGEX_MEMORY_BYTES = 1 << 20,      /* program and cached states of one regex; a larger program is refused */
    REGEX_SET_MEMORY_BYTES = 64 << 20, /* the same for a whole set */
};

struct regex;

/* Matches a whole text: ^(?:pattern)$, where $ is the end of the text. ERR_INVALID says what RE2 dislikes. */
MUST_USE struct regex *regex_new(const char *pattern, err *e);
void regex_free(struct regex *r); /* NULL is fine */
bool regex_matches(const struct regex *r, const char *text);

/* Members are numbered from 0 in the order in which they are added. */
struct regex_set;

struct regex_set *regex_set_new(void);
void regex_set_free(struct regex_set *s); /* NULL is fine */
MUST_USE bool regex_set_add(struct regex_set *s, const char *pattern, err *e);
MUST_USE bool regex_set_compile(struct regex_set *s, err *e); /* once, after the last add */

/* Calls `each` for every member that matches the whole text, in no particular order. False when the set ran out of
 * memory on this text: `each` was not called, and nothing is known. */
typedef void regex_set_each(void *context, size_t member);
MUST_USE bool regex_set_match(const struct regex_set *s, const char *text, regex_set_each *each, void *context);

/* A filter: which of many regexes can match a text, told from the words that occur in it. Each regex is boiled down to
 * literal words that it cannot do without; the caller looks for the words, all at once, in the text's lower case. */
struct regex_filter;

enum { REGEX_WORD_BYTES_MIN = 2 }; /* a regex that needs no word of this length passes always */

struct regex_filter *regex_filter_new(void);
void regex_filter_free(struct regex_filter *f);                                      /* NULL is fine */
MUST_USE bool regex_filter_add(struct regex_filter *f, const char *pattern, err *e); /* numbered from 0 */

/* Once, after the last add: calls `each_word` with every word to look for, numbered from 0, in lower case. */
typedef void regex_filter_word(void *context, size_t number, const char *word, size_t len);
void regex_filter_compile(struct regex_filter *f, regex_filter_word *each_word, void *context);

/* Calls `each` for every regex that may match a text in which these words (without repetition or with) occur; those
 * that pass always are among them. */
void regex_filter_pass(const struct regex_filter *f, const int *words, size_t count, regex_set_each *each,
                       void *context);

#ifdef __cplusplus
}
#endif
#endif
