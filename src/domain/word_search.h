/* Looks for thousands of words in a text at once, in time proportional to the text (Aho and Corasick, 1975). */
#ifndef ONUS_DOMAIN_WORD_SEARCH_H
#define ONUS_DOMAIN_WORD_SEARCH_H

#include "onus/arena.h"

typedef struct word_search word_search;

word_search *word_search_new(void);
void word_search_free(word_search *s); /* NULL is fine */
/* Words are bytes, not empty; each added once. `number` is the caller's, at least 0. */
void word_search_add(word_search *s, const char *word, size_t len, int number);
void word_search_compile(word_search *s); /* once, after the last add */

/* The numbers of the words in the text, A-Z read as a-z; a word that occurs twice may be told twice. The caller frees
 * *found. */
size_t word_search_run(const word_search *s, const char *text, int **found);

#endif
