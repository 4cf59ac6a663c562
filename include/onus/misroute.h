/* Misroutes: incidents that went to one row and were moved to a role of another, and what in their labels would have
 * told them apart. Pure.
 *
 * The search is small and honest: a conjunction of at most two matchers (label = value, label != "", label = ""), at
 * most three of them beside one another, none of which holds for a single one of the others. What cannot be told apart
 * so is not guessed. */
#ifndef ONUS_MISROUTE_H
#define ONUS_MISROUTE_H

#include "onus/matcher.h"

/* One recorded incident. */
typedef struct routed_incident {
    int64_t id;
    const char *activity; /* the row that claimed it then */
    const char *moved_to; /* the role that has had it since; "" it stayed */
    labels labels;        /* as it was routed: of the alert that opened it, and the handoff's */
} routed_incident;

enum { SEPARATION_LISTS_MAX = 3, SEPARATION_MATCHERS_MAX = 2 };

typedef struct separation {
    matchers lists[SEPARATION_LISTS_MAX]; /* any of them; no regexes: nothing to release */
    size_t covered[SEPARATION_LISTS_MAX]; /* how many of `these` each list matches */
    size_t count;                         /* 0: nothing tells them apart */
    size_t total;                         /* how many of `these` any list matches */
} separation;

/* Matchers that hold for many of `these` and for none of `others`. Texts point into the labels; lists are in the arena.
 */
void labels_separate(const labels *these, size_t count, const labels *others, size_t other_count, arena *a,
                     separation *out);

#endif
