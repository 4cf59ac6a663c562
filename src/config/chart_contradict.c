/* Lists of matchers that no event can satisfy. Only what is certain is reported: a label that admits no value at all,
 * or a regex beside its own negation. */
#include "config/chart_loader.h"

#include "config/match_values.h"

#include <string.h>

static bool is_negation(const matcher *a, const matcher *b) {
    return a->op == MATCH_REGEX && b->op == MATCH_NOT_REGEX && strcmp(a->name, b->name) == 0 &&
           strcmp(a->value, b->value) == 0;
}

/* Does one of them rule out all that the other admits? Only the values of a set are asked. */
static bool exclude(arena *a, const matchers *list, size_t i, size_t j) {
    matcher pair[] = {list->items[i], list->items[j]};
    matchers both = {pair, 2};
    list_facts facts;
    if (strcmp(pair[0].name, pair[1].name) != 0)
        return false;
    if (is_negation(&pair[0], &pair[1]) || is_negation(&pair[1], &pair[0]))
        return true;
    list_facts_init(a, &both, &facts);
    return facts.set_count > 0 && facts.sets[0].count == 0;
}

static void print_of_label(buf *b, const matchers *list, const char *label) {
    size_t shown = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i].name, label) != 0)
            continue;
        buf_puts(b, shown++ ? " and " : "");
        matcher_print(b, &list->items[i]);
    }
}

static void report(const chart_loader *l, const yaml_node *at, const matchers *guilty, const char *label) {
    buf text;
    buf_init(&text);
    print_of_label(&text, guilty, label);
    field_error(&l->in, at, "impossible-match",
                "this list can match no event: %s exclude each other; all matchers of a list must hold (write "
                "alternatives as lists of their own)",
                field_shown(&l->in, text.data));
    buf_release(&text);
}

/* Two that exclude each other are named; else all of the label that admits nothing. */
static void check_list(const chart_loader *l, const yaml_node *at, const matchers *list) {
    list_facts facts;
    list_facts_init(l->in.scratch, list, &facts);
    const char *label = NULL;
    for (size_t i = 0; i < facts.set_count && !label; i++)
        label = facts.sets[i].count == 0 ? facts.sets[i].label : NULL;
    for (size_t i = 0; i < list->count; i++)
        for (size_t j = i + 1; j < list->count; j++) {
            const matcher *a = &list->items[i], *b = &list->items[j];
            bool suspect = label ? strcmp(a->name, label) == 0 : is_negation(a, b) || is_negation(b, a);
            if (!suspect || !exclude(l->in.scratch, list, i, j))
                continue;
            report(l, at, &(matchers){(matcher[]){*a, *b}, 2}, a->name);
            return;
        }
    if (label)
        report(l, at, list, label);
}

void chart_check_matchers(const chart_loader *l) {
    const chart *c = l->chart;
    for (size_t i = 0; i < c->row_count; i++)
        for (size_t m = 0; m < c->rows[i].match_count; m++)
            check_list(l, l->rows[i].lists[m], &c->rows[i].match[m]);
    for (size_t i = 0; i < c->service_count; i++)
        check_list(l, l->service_nodes[i], &c->services[i].match);
}
