/* Rows that can never win, because earlier rows take everything that they would match.
 *
 * A list is covered by an earlier one when each matcher of the earlier list follows from the later: it stands there
 * too, or the later list fixes the label to a value that it admits. What is reported is certain; not everything that is
 * true is found (whether one regex contains another is not asked).
 *
 * The difficulty is size: 20,000 rows against each other. Earlier lists are filed under one equality (which a covered
 * list must hold too), so only few are compared; lists without equality are compared with all, within a budget. */
#include "config/chart_loader.h"

#include "bridge/regex.h"
#include "onus/crypto.h"

#include <string.h>

enum { COMPARISONS_MAX = 4000000 };

typedef struct filed {
    const matchers *list;
    const matcher *key; /* NULL: no equality */
    size_t row;
    struct filed *next;
} filed;

typedef struct shadow_check {
    const chart_loader *l;
    filed **slots;
    size_t mask;
    filed *keyless;
    size_t compared;
} shadow_check;

static bool is_same(const matcher *a, const matcher *b) {
    return a->op == b->op && strcmp(a->name, b->name) == 0 && strcmp(a->value, b->value) == 0;
}

/* Does `m` hold whenever `by` does? */
static bool follows(const matcher *m, const matcher *by) {
    if (strcmp(m->name, by->name) != 0)
        return false;
    if (is_same(m, by))
        return true;
    if (by->op == MATCH_EQUAL) {
        bool matched = m->regex ? regex_matches(m->regex, by->value) : strcmp(m->value, by->value) == 0;
        return (m->op == MATCH_EQUAL || m->op == MATCH_REGEX) == matched;
    }
    return m->op == MATCH_NOT_EQUAL && by->op == MATCH_REGEX && !regex_matches(by->regex, m->value);
}

static bool covers(const matchers *earlier, const matchers *later) {
    for (size_t i = 0; i < earlier->count; i++) {
        bool held = false;
        for (size_t j = 0; j < later->count && !held; j++)
            held = follows(&earlier->items[i], &later->items[j]);
        if (!held)
            return false;
    }
    return true;
}

static filed **slot_of(const shadow_check *s, const matcher *key) {
    uint64_t hash = hash_bytes(key->value, strlen(key->value), hash_bytes(key->name, strlen(key->name), 0));
    return &s->slots[(size_t)hash & s->mask];
}

static const matcher *key_of(const matchers *list) {
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].op == MATCH_EQUAL)
            return &list->items[i];
    return NULL;
}

static const filed *find_in(shadow_check *s, const filed *chain, const matchers *list) {
    for (; chain && s->compared < COMPARISONS_MAX; chain = chain->next) {
        s->compared++;
        if (covers(chain->list, list))
            return chain;
    }
    return NULL;
}

/* An earlier list that covers this one. */
static const filed *find_cover(shadow_check *s, const matchers *list) {
    const filed *cover = find_in(s, s->keyless, list);
    for (size_t i = 0; i < list->count && !cover; i++)
        if (list->items[i].op == MATCH_EQUAL)
            cover = find_in(s, *slot_of(s, &list->items[i]), list);
    return cover;
}

static void file_list(shadow_check *s, const matchers *list, size_t row) {
    filed *f = ARENA_NEW(s->l->in.scratch, filed);
    f->list = list;
    f->row = row;
    f->key = key_of(list);
    filed **chain = f->key ? slot_of(s, f->key) : &s->keyless;
    f->next = *chain;
    *chain = f;
}

static void check_row(shadow_check *s, size_t index) {
    const chart_row *row = &s->l->chart->rows[index];
    const filed *cover = NULL;
    for (size_t i = 0; i < row->match_count; i++) {
        cover = find_cover(s, &row->match[i]);
        if (!cover)
            return;
    }
    if (!cover)
        return;
    const chart_row *winner = &s->l->chart->rows[cover->row];
    field_error(&s->l->in, s->l->rows[index].lists[0], "shadowed-row",
                "row \"%s\" can never win: whatever it matches, row \"%s\" (line %u) matches before it; move it up, or "
                "remove it",
                field_shown(&s->l->in, row->id), field_shown(&s->l->in, winner->id), winner->at.line);
}

void chart_check_shadows(const chart_loader *l) {
    const chart *c = l->chart;
    size_t slots = 64;
    while (slots < 2 * c->row_count)
        slots *= 2;
    shadow_check s = {.l = l, .slots = ARENA_ARRAY(l->in.scratch, filed *, slots), .mask = slots - 1};
    for (size_t i = 0; i < c->row_count; i++) {
        check_row(&s, i);
        for (size_t m = 0; m < c->rows[i].match_count; m++)
            file_list(&s, &c->rows[i].match[m], i);
    }
}
