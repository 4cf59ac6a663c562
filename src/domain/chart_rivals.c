/* Rivals of a row (onus/rivals.h). Leaves routing to chart_route.c.
 *
 * The difficulty: comparing each alert with each row would take minutes. Alerts lack labels in few combinations; so for
 * each combination the lists that need a missing label are indexed once, without what is asked of it. */
#include "onus/rivals.h"

#include "domain/chart_index.h"

#include <stdlib.h>
#include <string.h>

enum {
    NAMES_MAX = 64,       /* label names that the chart asks for; a list that asks for others is left out */
    INDEXED_MAX = 1000000 /* lists in all indexes together */
};

/* A list without what it asks of missing labels. */
typedef struct reduced {
    uint32_t row;
    const matchers *whole;
    matchers kept;
} reduced;

/* The lists that need one of the labels that are missing. */
typedef struct combination {
    uint64_t present; /* by number in `names` */
    list_index *index;
    reduced *lists;
    indexed_list *indexed;
    size_t count;
} combination;

struct chart_rivals {
    const chart *chart;
    arena *memory;
    const char *names[NAMES_MAX];
    size_t name_count;
    combination *known;
    size_t known_count;
    size_t indexed, skipped;
};

static int name_number(const chart_rivals *x, const char *name) {
    for (size_t i = 0; i < x->name_count; i++)
        if (strcmp(x->names[i], name) == 0)
            return (int)i;
    return -1;
}

static void learn_names(chart_rivals *x, const matchers *list) {
    for (size_t i = 0; i < list->count; i++)
        if (x->name_count < NAMES_MAX && name_number(x, list->items[i].name) < 0)
            x->names[x->name_count++] = list->items[i].name;
}

chart_rivals *chart_rivals_new(const chart *c) {
    chart_rivals *x = mem_zalloc(1, sizeof *x);
    x->chart = c;
    x->memory = arena_new();
    for (size_t i = 0; i < c->row_count; i++)
        for (size_t k = 0; k < c->rows[i].match_count; k++)
            learn_names(x, &c->rows[i].match[k]);
    return x;
}

void chart_rivals_free(chart_rivals *x) {
    if (!x)
        return;
    for (size_t i = 0; i < x->known_count; i++)
        list_index_free(x->known[i].index);
    free(x->known);
    arena_free(x->memory);
    free(x);
}

size_t chart_rivals_skipped(const chart_rivals *x) {
    return x->skipped;
}

/* ── one combination ── */

static bool needs_label(const matcher *m) {
    return !matcher_matches(m, (labels){0});
}

static bool is_present(const chart_rivals *x, uint64_t present, const char *name) {
    int number = name_number(x, name);
    return number >= 0 && (present >> number & 1);
}

static bool names_alert(const matcher *m) {
    return needs_label(m) && strcmp(m->name, "severity") != 0;
}

/* Whether the list names the alert by what it has and needs something that it lacks. `kept` NULL: only asks. */
static bool reduce(const chart_rivals *x, uint64_t present, const matchers *list, matchers *kept) {
    bool lacks = false, named = false;
    for (size_t i = 0; i < list->count; i++) {
        const matcher *m = &list->items[i];
        if (name_number(x, m->name) < 0)
            return false;
        bool here = is_present(x, present, m->name);
        named = named || (here && names_alert(m));
        lacks = lacks || (!here && needs_label(m));
        if (here && kept)
            kept->items[kept->count++] = *m;
    }
    return lacks && named;
}

static size_t count_lists(const chart_rivals *x, uint64_t present) {
    size_t count = 0;
    for (size_t i = 0; i < x->chart->row_count; i++)
        for (size_t k = 0; k < x->chart->rows[i].match_count; k++)
            count += reduce(x, present, &x->chart->rows[i].match[k], NULL);
    return count;
}

static void add_list(chart_rivals *x, combination *c, size_t row, const matchers *whole) {
    reduced *one = &c->lists[c->count];
    if (!reduce(x, c->present, whole, NULL))
        return;
    *one = (reduced){(uint32_t)row, whole, {ARENA_ARRAY(x->memory, matcher, whole->count), 0}};
    (void)reduce(x, c->present, whole, &one->kept);
    c->indexed[c->count] = (indexed_list){&one->kept, c->count, ""};
    c->count++;
}

static void fill(chart_rivals *x, combination *c, size_t count) {
    c->lists = ARENA_ARRAY(x->memory, reduced, count ? count : 1);
    c->indexed = ARENA_ARRAY(x->memory, indexed_list, count ? count : 1);
    for (size_t i = 0; i < x->chart->row_count; i++)
        for (size_t k = 0; k < x->chart->rows[i].match_count; k++)
            add_list(x, c, i, &x->chart->rows[i].match[k]);
    c->index = list_index_new(c->indexed, c->count);
}

/* NULL when there are too many. */
static const combination *combination_of(chart_rivals *x, labels set) {
    uint64_t present = 0;
    for (size_t i = 0; i < x->name_count; i++)
        if (labels_get(set, x->names[i])[0] != '\0')
            present |= UINT64_C(1) << i;
    for (size_t i = 0; i < x->known_count; i++)
        if (x->known[i].present == present)
            return &x->known[i];
    size_t count = x->indexed < INDEXED_MAX ? count_lists(x, present) : INDEXED_MAX;
    if (x->indexed + count + 1 > INDEXED_MAX)
        return NULL;
    x->indexed += count + 1;
    x->known = mem_realloc(x->known, x->known_count + 1, sizeof *x->known);
    combination *c = &x->known[x->known_count++];
    *c = (combination){.present = present};
    fill(x, c, count);
    return c;
}

/* ── asking ── */

typedef struct question {
    const chart_rivals *rivals;
    const combination *of; /* NULL: the owner is a row's number */
    const chart_row *won;
    size_t from, to; /* rows that may be it */
} question;

static bool may_be_rival(const void *context, const indexed_list *list) {
    const question *q = context;
    size_t row = q->of ? q->of->lists[list->owner].row : list->owner;
    bool other = q->won->index == UNOWNED_ROW || q->rivals->chart->rows[row].loop != q->won->loop;
    return other && row >= q->from && row < q->to;
}

static void add_key(rival *out, const matcher *m) {
    if (out->key_count < RIVAL_KEYS_MAX)
        out->keys[out->key_count++] = m;
}

/* A row above the winner that fails only by what is missing. */
static bool find_above(const chart_rivals *x, const combination *c, labels set, const question *q, rival *out) {
    const indexed_list *found = list_index_first_of(c->index, set, may_be_rival, q);
    if (!found)
        return false;
    const reduced *one = &c->lists[found->owner];
    *out = (rival){.row = &x->chart->rows[one->row]};
    for (size_t i = 0; i < one->whole->count; i++)
        if (!is_present(x, c->present, one->whole->items[i].name) && needs_label(&one->whole->items[i]))
            add_key(out, &one->whole->items[i]);
    return true;
}

static void add_absent_keys(const matchers *list, labels set, rival *out) {
    for (size_t i = 0; i < list->count; i++)
        if (labels_get(set, list->items[i].name)[0] == '\0')
            add_key(out, &list->items[i]);
}

/* The winner holds because a label is missing; a row of another loop below it matches as it is. */
static bool find_below(const chart_rivals *x, labels set, const route *r, const question *q, rival *out) {
    rival found = {.excluded = true};
    for (size_t i = 0; i < r->row->match_count; i++) {
        size_t before = found.key_count;
        if (!matchers_match(&r->row->match[i], set))
            continue;
        add_absent_keys(&r->row->match[i], set, &found);
        if (found.key_count == before)
            return false; /* this list wins whatever is added */
    }
    const indexed_list *next = list_index_first_of(x->chart->index->rows, set, may_be_rival, q);
    if (!next)
        return false;
    found.row = &x->chart->rows[next->owner];
    *out = found;
    return true;
}

bool chart_rivals_find(chart_rivals *x, labels set, const route *r, rival *out) {
    const combination *c = combination_of(x, set);
    bool owned = r->row->index != UNOWNED_ROW;
    size_t winner = owned ? (size_t)r->row->index : x->chart->row_count;
    if (!c) {
        x->skipped++;
        return false;
    }
    question above = {x, c, r->row, 0, winner}, below = {x, NULL, r->row, winner + 1, x->chart->row_count};
    return find_above(x, c, set, &above, out) || (owned && find_below(x, set, r, &below, out));
}
