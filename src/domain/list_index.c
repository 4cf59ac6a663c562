/* The index over matcher lists: a list is looked at only when the one matcher it is filed under can match.
 *
 * A list is filed under its most selective positive matcher: `name = value`, or a regex that is a plain alternation
 * (a|b|c), in a hash of name and value; else under a regex, by the words that it cannot do without (one search for all
 * words of a label's regexes; those that need no word share an RE2 set); else it is always tried. A set alone would not
 * do: thousands of regexes like .*word.* make its automaton grow without end.
 *
 * The difficulty: matchers that hold for a missing label (= "", regexes that match "", the negative ones) say nothing
 * when the label is absent from the hash, so a list is never filed under one of them. */
#include "domain/list_index.h"

#include "bridge/regex.h"
#include "domain/word_search.h"
#include "onus/crypto.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    ALTERNATIVES_MAX = 64, /* a longer alternation is left to the RE2 set */
    CROWDED = 16,          /* lists under one pair; past it a regex of the list selects better */
    NOWHERE = UINT32_MAX,
};

typedef struct pair {
    const char *name, *value; /* NULL name: free slot */
    size_t value_len;
    uint32_t shared; /* lists that hold it */
    uint32_t begin;  /* in `filed` */
    uint32_t count;  /* lists filed under it, ascending from `begin` */
} pair;

/* Lists that are filed under a regex of one label. */
typedef struct regex_group {
    const char *name; /* the label */
    struct regex_filter *filter;
    word_search *words;    /* that the filter asks for */
    struct regex_set *set; /* those that need no word, all at once */
    uint32_t *set_members; /* set member → list */
    uint32_t *members;     /* regex → list, ascending */
    const char **patterns; /* by regex */
    bool *wordless;        /* by regex: it is in the set */
    size_t count, capacity, set_count;
    bool usable;
} regex_group;

struct list_index {
    const indexed_list *lists;
    size_t count;
    pair *pairs; /* open addressing */
    size_t pair_mask;
    uint32_t *filed;
    regex_group *groups;
    size_t group_count;
    uint32_t *always;
    size_t always_count;
};

/* ── pairs ── */

static size_t pair_hash(const char *name, const char *value, size_t value_len) {
    return (size_t)hash_bytes(value, value_len, hash_bytes(name, strlen(name), 0));
}

/* The pair's slot, or the free one where it belongs. */
static pair *pair_slot(const list_index *x, const char *name, const char *value, size_t value_len) {
    for (size_t i = pair_hash(name, value, value_len);; i++) {
        pair *p = &x->pairs[i & x->pair_mask];
        if (!p->name)
            return p;
        if (p->value_len == value_len && memcmp(p->value, value, value_len) == 0 && strcmp(p->name, name) == 0)
            return p;
    }
}

/* One value of an alternation; a matcher of equality has one. */
typedef struct alternative {
    const char *text;
    size_t len;
} alternative;

/* The values that are the only ones to match; 0 when they cannot be listed, or when "" is one of them. */
static size_t matcher_values(const matcher *m, alternative out[ALTERNATIVES_MAX]) {
    if (m->op == MATCH_EQUAL) {
        out[0] = (alternative){m->value, strlen(m->value)};
        return m->value[0] != '\0';
    }
    if (m->op != MATCH_REGEX || strpbrk(m->value, "\\.+*?()[]{}^$") != NULL)
        return 0;
    size_t count = 0;
    for (const char *at = m->value;; at++) {
        size_t len = strcspn(at, "|");
        if (len == 0 || count == ALTERNATIVES_MAX)
            return 0;
        out[count++] = (alternative){at, len};
        at += len;
        if (!*at)
            return count;
    }
}

static void count_pairs(list_index *x) {
    alternative values[ALTERNATIVES_MAX];
    for (size_t i = 0; i < x->count; i++)
        for (size_t m = 0; m < x->lists[i].list->count; m++) {
            const matcher *one = &x->lists[i].list->items[m];
            size_t count = matcher_values(one, values);
            for (size_t v = 0; v < count; v++) {
                pair *p = pair_slot(x, one->name, values[v].text, values[v].len);
                p->name = one->name;
                p->value = values[v].text;
                p->value_len = values[v].len;
                p->shared++;
            }
        }
}

static size_t most_pairs(const list_index *x) {
    alternative values[ALTERNATIVES_MAX];
    size_t total = 0;
    for (size_t i = 0; i < x->count; i++)
        for (size_t m = 0; m < x->lists[i].list->count; m++)
            total += matcher_values(&x->lists[i].list->items[m], values);
    return total;
}

static void make_pairs(list_index *x) {
    size_t size = 16, least = 2 * most_pairs(x);
    while (size < least)
        size *= 2;
    x->pairs = mem_zalloc(size, sizeof *x->pairs);
    x->pair_mask = size - 1;
    count_pairs(x);
}

/* ── where a list is filed ── */

/* How many lists an event would bring up with this matcher; 0: it cannot be filed in the hash. */
static size_t matcher_crowd(const list_index *x, const matcher *m) {
    alternative values[ALTERNATIVES_MAX];
    size_t crowd = 0, count = matcher_values(m, values);
    for (size_t v = 0; v < count; v++)
        crowd += pair_slot(x, m->name, values[v].text, values[v].len)->shared;
    return crowd;
}

static const matcher *best_pair(const list_index *x, const matchers *list, size_t *crowd) {
    const matcher *best = NULL;
    for (size_t i = 0; i < list->count; i++) {
        size_t here = matcher_crowd(x, &list->items[i]);
        if (here == 0 || (best && here >= *crowd))
            continue;
        best = &list->items[i];
        *crowd = here;
    }
    return best;
}

/* A rough measure: the more letters a regex spells out, the fewer events match it. */
static size_t literal_letters(const char *regex) {
    size_t letters = 0;
    for (; *regex; regex++)
        letters += strchr("\\.+*?()[]{}^$|", *regex) == NULL;
    return letters;
}

static const matcher *best_regex(const matchers *list) {
    const matcher *best = NULL;
    size_t best_letters = 0;
    assert(list->items || list->count == 0);
    for (size_t i = 0; i < list->count; i++) {
        const matcher *m = &list->items[i];
        if (m->op != MATCH_REGEX || regex_matches(m->regex, ""))
            continue;
        size_t letters = literal_letters(m->value);
        if (best && letters <= best_letters)
            continue;
        best = m;
        best_letters = letters;
    }
    return best;
}

/* The matcher that a list is filed under; NULL: always tried. */
static const matcher *filing_matcher(const list_index *x, const matchers *list, bool *by_regex) {
    size_t crowd = 0;
    const matcher *key = best_pair(x, list, &crowd);
    *by_regex = false;
    if (key && crowd <= CROWDED)
        return key;
    const matcher *regex = best_regex(list);
    if (!regex || regex == key)
        return key;
    *by_regex = true;
    return regex;
}

static regex_group *group_for(list_index *x, const char *name) {
    for (size_t i = 0; i < x->group_count; i++)
        if (strcmp(x->groups[i].name, name) == 0)
            return &x->groups[i];
    x->groups = mem_realloc(x->groups, x->group_count + 1, sizeof *x->groups);
    regex_group *g = &x->groups[x->group_count++];
    *g = (regex_group){
        .name = name, .filter = regex_filter_new(), .words = word_search_new(), .set = regex_set_new(), .usable = true};
    return g;
}

static void group_add(regex_group *g, const char *pattern, uint32_t list) {
    if (g->count == g->capacity) {
        g->capacity = g->capacity ? 2 * g->capacity : 16;
        g->members = mem_realloc(g->members, g->capacity, sizeof *g->members);
        g->patterns = mem_realloc(g->patterns, g->capacity, sizeof *g->patterns);
    }
    err ignored;
    /* The regex alone has compiled; should the filter refuse it, the group's lists are tried in turn. */
    g->usable = regex_filter_add(g->filter, pattern, &ignored) && g->usable;
    g->patterns[g->count] = pattern;
    g->members[g->count++] = list;
}

static void add_word(void *context, size_t number, const char *word, size_t len) {
    regex_group *g = context;
    word_search_add(g->words, word, len, (int)number);
}

/* What passes the filter without any word would pass with every text. */
static void add_wordless(void *context, size_t member) {
    regex_group *g = context;
    err ignored;
    g->wordless[member] = true;
    g->set_members[g->set_count++] = g->members[member];
    g->usable = regex_set_add(g->set, g->patterns[member], &ignored) && g->usable;
}

static void group_compile(regex_group *g) {
    g->wordless = mem_zalloc(g->count, sizeof *g->wordless);
    g->set_members = mem_zalloc(g->count, sizeof *g->set_members);
    if (!g->usable)
        return;
    regex_filter_compile(g->filter, add_word, g);
    word_search_compile(g->words);
    regex_filter_pass(g->filter, NULL, 0, add_wordless, g);
    err ignored;
    g->usable = g->usable && regex_set_compile(g->set, &ignored);
}

static void group_release(regex_group *g) {
    regex_filter_free(g->filter);
    word_search_free(g->words);
    regex_set_free(g->set);
    free(g->set_members);
    free(g->members);
    free(g->patterns);
    free(g->wordless);
}

static void file_under_pair(list_index *x, const matcher *m, uint32_t list, bool place) {
    alternative values[ALTERNATIVES_MAX];
    size_t count = matcher_values(m, values);
    for (size_t v = 0; v < count; v++) {
        pair *p = pair_slot(x, m->name, values[v].text, values[v].len);
        if (place)
            x->filed[p->begin + p->count] = list;
        p->count++;
    }
}

/* Two passes over the same keys: the first counts, the second places, so that each pair's lists lie together. */
static void place_pairs(list_index *x, const matcher *const *keys) {
    for (size_t i = 0; i < x->count; i++)
        if (keys[i])
            file_under_pair(x, keys[i], (uint32_t)i, false);
    uint32_t total = 0;
    for (size_t i = 0; i <= x->pair_mask; i++) {
        x->pairs[i].begin = total;
        total += x->pairs[i].count;
        x->pairs[i].count = 0;
    }
    x->filed = mem_zalloc(total ? total : 1, sizeof *x->filed);
    for (size_t i = 0; i < x->count; i++)
        if (keys[i])
            file_under_pair(x, keys[i], (uint32_t)i, true);
}

static void file_lists(list_index *x) {
    const matcher **keys = mem_zalloc(x->count ? x->count : 1, sizeof *keys);
    x->always = mem_zalloc(x->count ? x->count : 1, sizeof *x->always);
    for (size_t i = 0; i < x->count; i++) {
        bool by_regex;
        const matcher *m = filing_matcher(x, x->lists[i].list, &by_regex);
        if (!m)
            x->always[x->always_count++] = (uint32_t)i;
        else if (by_regex)
            group_add(group_for(x, m->name), m->value, (uint32_t)i);
        else
            keys[i] = m;
    }
    place_pairs(x, keys);
    free(keys);
}

list_index *list_index_new(const indexed_list *lists, size_t count) {
    list_index *x = mem_zalloc(1, sizeof *x);
    x->lists = lists;
    x->count = count;
    make_pairs(x);
    file_lists(x);
    for (size_t i = 0; i < x->group_count; i++)
        group_compile(&x->groups[i]);
    return x;
}

void list_index_free(list_index *x) {
    if (!x)
        return;
    for (size_t i = 0; i < x->group_count; i++)
        group_release(&x->groups[i]);
    free(x->groups);
    free(x->pairs);
    free(x->filed);
    free(x->always);
    free(x);
}

/* ── asking ── */

typedef struct search {
    const list_index *index;
    const regex_group *group;
    labels set;
    uint32_t best; /* the earliest match so far, or NOWHERE */
    size_t tried;
    list_filter *may; /* NULL: any */
    const void *context;
} search;

static void try_list(search *s, uint32_t list) {
    if (list >= s->best || (s->may && !s->may(s->context, &s->index->lists[list])))
        return;
    s->tried++;
    if (matchers_match(s->index->lists[list].list, s->set))
        s->best = list;
}

/* Ascending, so the first match ends it. */
static void try_ascending(search *s, const uint32_t *lists, size_t count) {
    for (size_t i = 0; i < count && lists[i] < s->best; i++)
        try_list(s, lists[i]);
}

static void try_set_member(void *context, size_t member) {
    search *s = context;
    try_list(s, s->group->set_members[member]);
}

static void try_passed(void *context, size_t member) {
    search *s = context;
    if (!s->group->wordless[member])
        try_list(s, s->group->members[member]);
}

static bool is_ascii(const char *text) {
    for (; *text; text++)
        if ((unsigned char)*text >= 0x80)
            return false;
    return true;
}

/* Lower case beyond ASCII is not looked up: such a value (rare in names) is compared with each regex of its label. */
static void try_group(search *s, const regex_group *g) {
    const char *value = labels_get(s->set, g->name);
    if (value[0] == '\0')
        return;
    s->group = g;
    if (!g->usable || !is_ascii(value)) {
        try_ascending(s, g->members, g->count);
        return;
    }
    if (g->set_count > 0 && !regex_set_match(g->set, value, try_set_member, s))
        for (size_t i = 0; i < g->set_count; i++)
            try_list(s, g->set_members[i]);
    int *found;
    size_t count = word_search_run(g->words, value, &found);
    if (count > 0)
        regex_filter_pass(g->filter, found, count, try_passed, s);
    free(found);
}

static void search_run(search *s) {
    const list_index *x = s->index;
    for (size_t i = 0; i < s->set.count; i++) {
        const label *l = &s->set.items[i];
        const pair *p = pair_slot(x, l->name, l->value, strlen(l->value));
        if (p->name)
            try_ascending(s, x->filed + p->begin, p->count);
    }
    for (size_t i = 0; i < x->group_count; i++)
        try_group(s, &x->groups[i]);
    try_ascending(s, x->always, x->always_count);
}

const indexed_list *list_index_first_of(const list_index *x, labels set, list_filter *may, const void *context) {
    search s = {.index = x, .set = set, .best = NOWHERE, .may = may, .context = context};
    search_run(&s);
    return s.best == NOWHERE ? NULL : &x->lists[s.best];
}

const indexed_list *list_index_first(const list_index *x, labels set) {
    return list_index_first_of(x, set, NULL, NULL);
}

size_t list_index_candidates(const list_index *x, labels set) {
    search s = {.index = x, .set = set, .best = NOWHERE};
    search_run(&s);
    return s.tried;
}
