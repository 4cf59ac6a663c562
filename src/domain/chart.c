/* The chart's life: compiled once, counted, freed with its last reference. Routing is chart_route.c's.
 *
 * The difficulty: the chart lives in its own arena, so freeing it must take the arena out first. */
#include "onus/chart.h"

#include "domain/chart_index.h"
#include "onus/text.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

static const party *default_parties(arena *a, const chart_role *const *roles, size_t count) {
    party *parties = ARENA_ARRAY(a, party, count ? count : 1);
    for (size_t i = 0; i < count; i++)
        parties[i] = chart_party(roles[i], NULL, 0, a);
    return parties;
}

static raci default_raci(arena *a, const chart_row *row) {
    return (raci){
        .responsible = default_parties(a, row->responsible, row->responsible_count),
        .responsible_count = row->responsible_count,
        .accountable = chart_party(row->accountable, NULL, 0, a),
        .consulted = default_parties(a, row->consulted, row->consulted_count),
        .consulted_count = row->consulted_count,
        .informed = default_parties(a, row->informed, row->informed_count),
        .informed_count = row->informed_count,
    };
}

static bool any_rotates(const chart_role *const *roles, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (roles[i]->team->rotation)
            return true;
    return false;
}

static bool row_rotates(const chart_row *row) {
    return any_rotates(&row->accountable, 1) || any_rotates(row->responsible, row->responsible_count) ||
           any_rotates(row->consulted, row->consulted_count) || any_rotates(row->informed, row->informed_count);
}

static void index_people(struct chart_index *x, chart *c) {
    x->defaults = ARENA_ARRAY(c->memory, raci, c->row_count + 1);
    x->rotates = ARENA_ARRAY(c->memory, bool, c->row_count + 1);
    for (size_t i = 0; i <= c->row_count; i++) {
        const chart_row *row = i < c->row_count ? &c->rows[i] : &c->unowned;
        x->rotates[i] = row_rotates(row);
        if (!x->rotates[i])
            x->defaults[i] = default_raci(c->memory, row);
    }
}

static list_index *index_rows(chart *c) {
    size_t count = 0;
    for (size_t i = 0; i < c->row_count; i++)
        count += c->rows[i].match_count;
    indexed_list *lists = ARENA_ARRAY(c->memory, indexed_list, count ? count : 1);
    size_t filled = 0;
    for (size_t i = 0; i < c->row_count; i++)
        for (size_t m = 0; m < c->rows[i].match_count; m++)
            lists[filled++] = (indexed_list){&c->rows[i].match[m], i};
    return list_index_new(lists, count);
}

static list_index *index_services(chart *c) {
    indexed_list *lists = ARENA_ARRAY(c->memory, indexed_list, c->service_count ? c->service_count : 1);
    for (size_t i = 0; i < c->service_count; i++)
        lists[i] = (indexed_list){&c->services[i].match, i};
    return list_index_new(lists, c->service_count);
}

bool chart_compile(chart *c, err *e) {
    assert(!c->index);
    for (size_t i = 0; i <= c->row_count; i++) {
        const chart_row *row = i < c->row_count ? &c->rows[i] : &c->unowned;
        if (row->responsible_count == 0 || !row->accountable)
            return err_set(e, ERR_INVALID, "row \"%.100s\" has no Responsible or no Accountable", row->id);
    }
    struct chart_index *x = ARENA_NEW(c->memory, struct chart_index);
    index_people(x, c);
    x->rows = index_rows(c);
    x->services = index_services(c);
    c->index = x;
    return true;
}

chart *chart_ref(chart *c) {
    atomic_fetch_add_explicit(&c->references, 1, memory_order_relaxed);
    return c;
}

static void release_regexes(chart *c) {
    for (size_t i = 0; i < c->row_count; i++)
        for (size_t m = 0; m < c->rows[i].match_count; m++)
            matchers_release(&c->rows[i].match[m]);
    for (size_t i = 0; i < c->service_count; i++) {
        matchers match = c->services[i].match;
        matchers_release(&match);
    }
}

void chart_unref(chart *c) {
    if (!c || atomic_fetch_sub_explicit(&c->references, 1, memory_order_acq_rel) > 1)
        return;
    if (c->index) {
        list_index_free(c->index->rows);
        list_index_free(c->index->services);
    }
    release_regexes(c);
    arena_free(c->memory);
}
