/* Which values of a label a list of matchers admits. An equality or a simple regex gives the values, the list's other
 * matchers of the label sift them. */
#include "config/match_values.h"

#include "bridge/regex.h"
#include "onus/crypto.h"

#include <string.h>

bool matcher_admits(const matcher *m, const char *value) {
    bool matched = m->regex ? regex_matches(m->regex, value) : strcmp(m->value, value) == 0;
    return (m->op == MATCH_EQUAL || m->op == MATCH_REGEX) == matched;
}

static bool is_admitted(const matchers *list, const char *label, const char *value) {
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i].name, label) == 0 && !matcher_admits(&list->items[i], value))
            return false;
    return true;
}

static bool is_known(const char *const *values, size_t count, const char *value) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(values[i], value) == 0)
            return true;
    return false;
}

static void add_set(arena *a, list_facts *facts, const matcher *m) {
    const char *const *given = &m->value;
    size_t count = 1;
    if (m->op == MATCH_REGEX && !regex_values(a, m->value, &given, &count))
        return;
    const char **kept = ARENA_ARRAY(a, const char *, count);
    value_set set = {m->name, kept, 0};
    for (size_t i = 0; i < count; i++)
        if (is_admitted(facts->list, m->name, given[i]) && !is_known(kept, set.count, given[i]))
            kept[set.count++] = given[i];
    facts->sets[facts->set_count++] = set;
}

static uint64_t label_bit(const char *label) {
    return UINT64_C(1) << (hash_bytes(label, strlen(label), 0) % 64);
}

void list_facts_init(arena *a, const matchers *list, list_facts *out) {
    *out = (list_facts){.list = list, .sets = ARENA_ARRAY(a, value_set, list->count + 1)};
    for (size_t i = 0; i < list->count; i++) {
        const matcher *m = &list->items[i];
        out->labels |= label_bit(m->name);
        if ((m->op == MATCH_EQUAL || m->op == MATCH_REGEX) && !list_facts_find(out, m->name))
            add_set(a, out, m);
    }
}

const value_set *list_facts_find(const list_facts *facts, const char *label) {
    for (size_t i = 0; i < facts->set_count; i++)
        if (strcmp(facts->sets[i].label, label) == 0)
            return &facts->sets[i];
    return NULL;
}
