/* Near misses: the rows that almost won, for people who ask why theirs did not. Looks at every row; not for the path of
 * an event. */
#include "domain/chart_index.h"

#include <stdlib.h>
#include <string.h>

/* A matcher that a missing label would satisfy says nothing about how near a row is. */
static bool asks(const matcher *m) {
    return !matcher_matches(m, (labels){0});
}

/* By the list of the row that comes nearest: most matchers passed, then fewest failed. */
near_miss chart_near_miss(const chart_row *row, labels set) {
    near_miss best = {.row = row};
    for (size_t i = 0; i < row->match_count; i++) {
        const matchers *list = &row->match[i];
        near_miss here = {.row = row, .list = list};
        for (size_t m = 0; m < list->count; m++) {
            bool matched = matcher_matches(&list->items[m], set);
            here.asked += !matched || asks(&list->items[m]);
            here.passed += matched && asks(&list->items[m]);
            if (!matched && !here.failed)
                here.failed = &list->items[m];
        }
        here.hidden = here.failed == NULL;
        bool better = !best.list || (here.hidden && !best.hidden) ||
                      (here.hidden == best.hidden &&
                       (here.passed > best.passed || (here.passed == best.passed && here.asked < best.asked)));
        if (better)
            best = here;
    }
    return best;
}

static int compare_misses(const void *left, const void *right) {
    const near_miss *a = left, *b = right;
    if (a->hidden != b->hidden)
        return a->hidden ? -1 : 1;
    size_t a_failed = a->asked - a->passed, b_failed = b->asked - b->passed;
    if (!a->hidden && a_failed != b_failed)
        return a_failed < b_failed ? -1 : 1;
    if (!a->hidden && a->passed != b->passed)
        return a->passed > b->passed ? -1 : 1;
    return a->row->index < b->row->index ? -1 : 1;
}

size_t chart_near_misses(const chart *c, labels set, arena *a, size_t max, near_miss *out) {
    const indexed_list *won = list_index_first(c->index->rows, set);
    near_miss *all = ARENA_ARRAY(a, near_miss, c->row_count ? c->row_count : 1);
    size_t count = 0;
    for (size_t i = 0; i < c->row_count; i++) {
        if (won && won->owner == i)
            continue;
        near_miss miss = chart_near_miss(&c->rows[i], set);
        if (miss.list && (miss.hidden || miss.passed > 0))
            all[count++] = miss;
    }
    if (count > 1)
        qsort(all, count, sizeof *all, compare_misses);
    if (count > max)
        count = max;
    if (count > 0)
        memcpy(out, all, count * sizeof *out);
    return count;
}
