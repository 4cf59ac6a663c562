/* Rows and services that can never win, because earlier ones take everything that they would match.
 *
 * A list is covered by an earlier one when each matcher of the earlier list follows from the later: it stands there
 * too, or the later list admits few values of the label and all of them pass. A list that admits few values of a label
 * is also covered when each value by itself is. What is reported is certain; not everything that is true is found
 * (whether one regex contains another is not asked).
 *
 * The difficulty is size: 20,000 rows against each other. An earlier list is filed under each of its few values, else
 * under a regex, and a later one looks only where a list that covers it must stand; what this leaves has a budget. */
#include "config/chart_loader.h"

#include "config/match_values.h"
#include "onus/crypto.h"

#include <string.h>

/* What comparing costs, against a budget of a fraction of a second; past it nothing more is found. */
enum { COST_PASSED_OVER = 1, COST_COMPARED = 8, COST_REGEX = 40, BUDGET = 30000000, WINNERS_SHOWN = 3, CROWD = 16 };

typedef enum key_kind { KEY_VALUE, KEY_REGEX, KEY_ANY_REGEX, KEY_NONE } key_kind;

/* What competes: rows, or services. */
typedef struct contender {
    const char *id;
    const matchers *lists;
    size_t count;
    unsigned line;
} contender;

typedef struct filed {
    const list_facts *facts;
    uint64_t key;
    size_t owner; /* among the contenders */
    struct filed *next;
} filed;

typedef struct shadow_check {
    arena *memory;
    const contender *all;
    filed **slots;
    size_t mask, spent;
} shadow_check;

/* ── what follows from what ── */

static bool is_same(const matcher *a, const matcher *b) {
    return a->op == b->op && strcmp(a->name, b->name) == 0 && strcmp(a->value, b->value) == 0;
}

static bool is_ruled_out(const matchers *later, const char *label, const char *value) {
    for (size_t i = 0; i < later->count; i++)
        if (strcmp(later->items[i].name, label) == 0 && !matcher_admits(&later->items[i], value))
            return true;
    return false;
}

static bool admits_all(shadow_check *s, const matcher *m, const value_set *set) {
    s->spent += m->regex ? set->count * COST_REGEX : 0;
    for (size_t i = 0; i < set->count; i++)
        if (!matcher_admits(m, set->values[i]))
            return false;
    return true;
}

/* Does `m` hold whenever the later list does? */
static bool follows(shadow_check *s, const matcher *m, const list_facts *later) {
    const value_set *set = list_facts_find(later, m->name);
    if (set)
        return admits_all(s, m, set);
    for (size_t i = 0; i < later->list->count; i++)
        if (is_same(m, &later->list->items[i]))
            return true;
    return m->op == MATCH_NOT_EQUAL && is_ruled_out(later->list, m->name, m->value);
}

static bool covers(shadow_check *s, const list_facts *earlier, const list_facts *later) {
    s->spent += COST_PASSED_OVER;
    if (earlier->labels & ~later->labels)
        return false;
    s->spent += COST_COMPARED;
    for (size_t i = 0; i < earlier->list->count; i++)
        if (!follows(s, &earlier->list->items[i], later))
            return false;
    return true;
}

/* ── where lists are filed ── */

static uint64_t key_of(key_kind kind, const char *label, const char *value) {
    return hash_bytes(value, strlen(value), hash_bytes(label, strlen(label), kind));
}

static void file_under(shadow_check *s, const list_facts *facts, size_t owner, uint64_t key) {
    filed *f = ARENA_NEW(s->memory, filed);
    filed **slot = &s->slots[(size_t)key & s->mask];
    *f = (filed){facts, key, owner, *slot};
    *slot = f;
}

/* How many stand under a key already, as far as it matters. */
static size_t crowd(const shadow_check *s, uint64_t key) {
    size_t count = 0;
    for (const filed *f = s->slots[(size_t)key & s->mask]; f && count < CROWD; f = f->next)
        count += f->key == key;
    return count;
}

/* The label with few values, none of which many share: `model = fraud` rather than `environment = production`. */
static const value_set *rarest_set(const shadow_check *s, const list_facts *facts) {
    const value_set *best = NULL;
    size_t least = SIZE_MAX;
    for (size_t i = 0; i < facts->set_count; i++) {
        const value_set *set = &facts->sets[i];
        size_t cost = set->count > 0 ? set->count + crowd(s, key_of(KEY_VALUE, set->label, set->values[0])) : 0;
        if (cost < least) {
            least = cost;
            best = set;
        }
    }
    return best;
}

static const matcher *rarest_regex(const shadow_check *s, const matchers *list) {
    const matcher *best = NULL;
    size_t least = SIZE_MAX;
    for (size_t i = 0; i < list->count; i++) {
        const matcher *m = &list->items[i];
        size_t cost = m->op == MATCH_REGEX ? crowd(s, key_of(KEY_REGEX, m->name, m->value)) : SIZE_MAX;
        if (cost < least) {
            least = cost;
            best = m;
        }
    }
    return best;
}

static void file_list(shadow_check *s, const list_facts *facts, size_t owner) {
    const value_set *set = rarest_set(s, facts);
    const matcher *regex = set ? NULL : rarest_regex(s, facts->list);
    for (size_t i = 0; set && i < set->count; i++)
        file_under(s, facts, owner, key_of(KEY_VALUE, set->label, set->values[i]));
    if (regex) {
        file_under(s, facts, owner, key_of(KEY_REGEX, regex->name, regex->value));
        file_under(s, facts, owner, key_of(KEY_ANY_REGEX, regex->name, ""));
    }
    if (!set && !regex)
        file_under(s, facts, owner, key_of(KEY_NONE, "", ""));
}

static const filed *find_in(shadow_check *s, uint64_t key, const list_facts *later) {
    const filed *f = s->slots[(size_t)key & s->mask];
    for (; f && s->spent < BUDGET; f = f->next)
        if (f->key == key && covers(s, f->facts, later))
            return f;
    return NULL;
}

/* An earlier list that covers this one. */
static const filed *find_cover(shadow_check *s, const list_facts *later) {
    const filed *cover = find_in(s, key_of(KEY_NONE, "", ""), later);
    for (size_t i = 0; i < later->set_count && !cover; i++) {
        const value_set *set = &later->sets[i];
        if (set->count > 0)
            cover = find_in(s, key_of(KEY_VALUE, set->label, set->values[0]), later);
        if (!cover)
            cover = find_in(s, key_of(KEY_ANY_REGEX, set->label, ""), later);
    }
    for (size_t i = 0; i < later->list->count && !cover; i++)
        if (later->list->items[i].op == MATCH_REGEX)
            cover = find_in(s, key_of(KEY_REGEX, later->list->items[i].name, later->list->items[i].value), later);
    return cover;
}

/* ── who hides whom ── */

typedef struct winners {
    size_t items[WINNERS_SHOWN];
    size_t count;
    bool others; /* past those */
} winners;

static bool add_winner(winners *w, const filed *cover) {
    if (!cover)
        return false;
    for (size_t i = 0; i < w->count; i++)
        if (w->items[i] == cover->owner)
            return true;
    if (w->count < WINNERS_SHOWN)
        w->items[w->count++] = cover->owner;
    else
        w->others = true;
    return true;
}

/* Is every value of one label taken by some earlier list? */
static bool is_covered_by_values(shadow_check *s, const list_facts *later, size_t which, winners *w) {
    const value_set whole = later->sets[which];
    bool all = whole.count > 1;
    for (size_t i = 0; i < whole.count && all; i++) {
        later->sets[which] = (value_set){whole.label, &whole.values[i], 1};
        all = add_winner(w, find_cover(s, later));
    }
    later->sets[which] = whole;
    return all;
}

static bool is_list_hidden(shadow_check *s, const list_facts *later, winners *w) {
    for (size_t i = 0; i < later->set_count; i++)
        if (later->sets[i].count == 0)
            return false; /* it matches nothing at all, which is another problem */
    if (add_winner(w, find_cover(s, later)))
        return true;
    for (size_t i = 0; i < later->set_count; i++) {
        winners more = *w;
        if (!is_covered_by_values(s, later, i, &more))
            continue;
        *w = more;
        return true;
    }
    return false;
}

/* Files the contender's lists; true when earlier ones hide them all. */
static bool is_hidden(shadow_check *s, size_t index, winners *w) {
    const contender *c = &s->all[index];
    list_facts *facts = ARENA_ARRAY(s->memory, list_facts, c->count + 1);
    bool hidden = c->count > 0;
    for (size_t i = 0; i < c->count; i++) {
        list_facts_init(s->memory, &c->lists[i], &facts[i]);
        hidden = hidden && is_list_hidden(s, &facts[i], w);
    }
    for (size_t i = 0; i < c->count; i++)
        file_list(s, &facts[i], index);
    return hidden;
}

static shadow_check begin(const chart_loader *l, const contender *all, size_t lists) {
    size_t slots = 64;
    while (slots < 2 * lists)
        slots *= 2;
    return (shadow_check){l->in.scratch, all, ARENA_ARRAY(l->in.scratch, filed *, slots), slots - 1, 0};
}

/* row "a" (line 3) and row "b" (line 9) */
static const char *winners_text(const shadow_check *s, const chart_loader *l, const winners *w, const char *what) {
    const char *text = "";
    for (size_t i = 0; i < w->count; i++) {
        const contender *winner = &s->all[w->items[i]];
        text = arena_printf(l->in.scratch, "%s%s%s \"%s\" (line %u)", text, i ? " and " : "", what,
                            field_shown(&l->in, winner->id), winner->line);
    }
    return w->others ? arena_printf(l->in.scratch, "%s and others", text) : text;
}

static void check_rows(const chart_loader *l) {
    const chart *c = l->chart;
    contender *all = ARENA_ARRAY(l->in.scratch, contender, c->row_count + 1);
    size_t lists = 0;
    for (size_t i = 0; i < c->row_count; i++) {
        const chart_row *row = &c->rows[i];
        all[i] = (contender){row->id, row->match, row->match_count, row->at.line};
        lists += row->match_count;
    }
    shadow_check s = begin(l, all, lists);
    for (size_t i = 0; i < c->row_count; i++) {
        winners w = {0};
        if (is_hidden(&s, i, &w))
            field_error(&l->in, l->rows[i].lists[0], "shadowed-row",
                        "row \"%s\" can never win: whatever it matches, %s match%s before it; move it up, or remove it",
                        field_shown(&l->in, all[i].id), winners_text(&s, l, &w, "row"), w.count == 1 ? "es" : "");
    }
}

static void check_services(const chart_loader *l) {
    const chart *c = l->chart;
    contender *all = ARENA_ARRAY(l->in.scratch, contender, c->service_count + 1);
    for (size_t i = 0; i < c->service_count; i++)
        all[i] = (contender){c->services[i].id, &c->services[i].match, 1, c->services[i].at.line};
    shadow_check s = begin(l, all, c->service_count);
    for (size_t i = 0; i < c->service_count; i++) {
        winners w = {0};
        if (is_hidden(&s, i, &w))
            field_error(&l->in, l->service_nodes[i], "shadowed-service",
                        "the service \"%s\" is never found: whatever it matches, %s match%s before it; move it up, or "
                        "remove it",
                        field_shown(&l->in, all[i].id), winners_text(&s, l, &w, "service"), w.count == 1 ? "es" : "");
    }
}

void chart_check_shadows(const chart_loader *l) {
    check_rows(l);
    check_services(l);
}
