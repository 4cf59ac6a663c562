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
    const char *lacks; /* the label */
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

/* The label that the list needs and the alert lacks, when it is one and the list names the alert by what it has;
 * otherwise NULL. `kept` NULL: only asks. */
static const char *reduce(const chart_rivals *x, uint64_t present, const matchers *list, matchers *kept) {
    const char *lacks = NULL;
    bool named = false;
    for (size_t i = 0; i < list->count; i++) {
        const matcher *m = &list->items[i];
        if (name_number(x, m->name) < 0)
            return NULL;
        bool here = is_present(x, present, m->name);
        named = named || (here && names_alert(m));
        if (here && kept)
            kept->items[kept->count++] = *m;
        if (here || !needs_label(m))
            continue;
        if (lacks && strcmp(lacks, m->name) != 0)
            return NULL;
        lacks = m->name;
    }
    return named ? lacks : NULL;
}

static size_t count_lists(const chart_rivals *x, uint64_t present) {
    size_t count = 0;
    for (size_t i = 0; i < x->chart->row_count; i++)
        for (size_t k = 0; k < x->chart->rows[i].match_count; k++)
            count += reduce(x, present, &x->chart->rows[i].match[k], NULL) != NULL;
    return count;
}

static void add_list(chart_rivals *x, combination *c, size_t row, const matchers *whole) {
    reduced *one = &c->lists[c->count];
    const char *lacks = reduce(x, c->present, whole, NULL);
    if (!lacks)
        return;
    *one = (reduced){(uint32_t)row, lacks, whole, {ARENA_ARRAY(x->memory, matcher, whole->count), 0}};
    (void)reduce(x, c->present, whole, &one->kept);
    c->indexed[c->count] = (indexed_list){&one->kept, c->count};
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

typedef struct search {
    const chart_rivals *rivals;
    const combination *of;
    const rival_question *asked;
    size_t before; /* the owner's number */
} search;

static bool is_other(const search *s, size_t row) {
    const chart_row *owner = s->asked->owner;
    return owner->index == UNOWNED_ROW || s->rivals->chart->rows[row].loop != owner->loop;
}

static bool may_be_above(const void *context, const indexed_list *list) {
    const search *s = context;
    const reduced *one = &s->of->lists[list->owner];
    return one->row < s->before && is_other(s, one->row) && s->asked->may_bear(s->asked->context, one->lacks);
}

static bool may_be_below(const void *context, const indexed_list *list) {
    const search *s = context;
    return list->owner > (size_t)s->asked->owner->index;
}

static void add_key(rival *out, const matcher *m) {
    if (out->key_count < RIVAL_KEYS_MAX)
        out->keys[out->key_count++] = m;
}

/* A row above the owner that fails only by what is missing. */
static bool find_above(const search *s, rival *out) {
    const indexed_list *found = list_index_first_of(s->of->index, s->asked->set, may_be_above, s);
    if (!found)
        return false;
    const reduced *one = &s->of->lists[found->owner];
    *out = (rival){.row = &s->rivals->chart->rows[one->row]};
    for (size_t i = 0; i < one->whole->count; i++)
        if (strcmp(one->whole->items[i].name, one->lacks) == 0)
            add_key(out, &one->whole->items[i]);
    return true;
}

static void add_absent_keys(const rival_question *q, const matchers *list, rival *out) {
    for (size_t i = 0; i < list->count; i++) {
        const char *name = list->items[i].name;
        if (labels_get(q->set, name)[0] == '\0' && q->may_bear(q->context, name))
            add_key(out, &list->items[i]);
    }
}

/* The owner holds because a label is missing; the next row that matches as it is belongs to another loop. */
static bool find_below(const search *s, rival *out) {
    const chart_row *owner = s->asked->owner;
    rival found = {.excluded = true};
    for (size_t i = 0; i < owner->match_count; i++) {
        size_t before = found.key_count;
        if (!matchers_match(&owner->match[i], s->asked->set))
            continue;
        add_absent_keys(s->asked, &owner->match[i], &found);
        if (found.key_count == before)
            return false; /* this list wins whatever is added */
    }
    const indexed_list *next = list_index_first_of(s->rivals->chart->index->rows, s->asked->set, may_be_below, s);
    if (!next || !is_other(s, next->owner))
        return false;
    found.row = &s->rivals->chart->rows[next->owner];
    *out = found;
    return true;
}

bool chart_rivals_find(chart_rivals *x, const rival_question *q, rival *out) {
    const combination *c = combination_of(x, q->set);
    bool owned = q->owner->index != UNOWNED_ROW;
    if (!c) {
        x->skipped++;
        return false;
    }
    const search s = {x, c, q, owned ? (size_t)q->owner->index : x->chart->row_count};
    return find_above(&s, out) || (owned && find_below(&s, out));
}
