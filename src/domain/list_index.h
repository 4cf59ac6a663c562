/* Which of many matcher lists, in their order, is the first that matches? An index for exactly that question. */
#ifndef ONUS_DOMAIN_LIST_INDEX_H
#define ONUS_DOMAIN_LIST_INDEX_H

#include "onus/matcher.h"

typedef struct list_index list_index;

typedef struct indexed_list {
    const matchers *list;
    size_t owner; /* the caller's: a row's or a service's number */
} indexed_list;

/* Keeps `lists` and what they point to; both must live as long as the index. */
list_index *list_index_new(const indexed_list *lists, size_t count);
void list_index_free(list_index *x); /* NULL is fine */

/* The first list that matches, or NULL. Pure; thread-safe. */
const indexed_list *list_index_first(const list_index *x, labels set);

/* The first of those that `may` lets through. */
typedef bool list_filter(const void *context, const indexed_list *list);
const indexed_list *list_index_first_of(const list_index *x, labels set, list_filter *may, const void *context);

/* How many lists that question has to compare with the labels: for tests of the index itself. */
size_t list_index_candidates(const list_index *x, labels set);

#endif
