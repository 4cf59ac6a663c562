/* What tells some sets of labels apart from others.
 *
 * Candidates are the label values that the moved ones bear, and that a label is there or not. Each is a row of bits,
 * one a set of labels, so that thousands of incidents are compared by a few words. The difficulty is to be believable:
 * many matchers often separate equally well, and the one that a person would write names a kind of thing (a namespace)
 * and not a single one (a pod); so of equals the label with the fewest values wins. */
#include "onus/misroute.h"

#include "onus/crypto.h"
#include "onus/text.h"

#include <stdlib.h>
#include <string.h>

enum { CANDIDATES_MAX = 512, PAIRED_MAX = 64, ABSENCES_FROM = 512, WORD_BITS = 64, NAMES_MAX = 256 };

typedef struct candidate {
    matcher matcher;
    uint64_t *these, *others; /* bits */
    size_t covered, wrong;    /* of these; of others */
    size_t values;            /* different ones that the label has, among all */
    int form;                 /* 0 a value, 1 that it is there, 2 that it is not */
    bool useless;             /* holds for none of these, or for all of the others */
} candidate;

typedef struct search {
    const labels *these, *others;
    size_t count, other_count;
    size_t words, other_words;
    arena *memory;
    candidate *candidates;
    size_t candidate_count;
} search;

/* ── bits ── */

static size_t words_for(size_t bits) {
    return (bits + WORD_BITS - 1) / WORD_BITS;
}

static size_t bits_in(const uint64_t *bits, size_t words) {
    size_t count = 0;
    for (size_t w = 0; w < words; w++)
        count += (size_t)__builtin_popcountll(bits[w]);
    return count;
}

static size_t bits_in_both(const uint64_t *a, const uint64_t *b, size_t words) {
    size_t count = 0;
    for (size_t w = 0; w < words; w++)
        count += (size_t)__builtin_popcountll(a[w] & b[w]);
    return count;
}

static uint64_t *matching(const matcher *m, const labels *sets, size_t count, arena *a) {
    uint64_t *bits = ARENA_ARRAY(a, uint64_t, words_for(count) + 1);
    for (size_t i = 0; i < count; i++)
        if (matcher_matches(m, sets[i]))
            bits[i / WORD_BITS] |= (uint64_t)1 << (i % WORD_BITS);
    return bits;
}

/* ── candidates ── */

static bool is_known(const search *s, const matcher *m) {
    for (size_t i = 0; i < s->candidate_count; i++) {
        const matcher *known = &s->candidates[i].matcher;
        if (known->op == m->op && text_equal(known->name, m->name) && text_equal(known->value, m->value))
            return true;
    }
    return false;
}

/* Nobody would write, or could paste, a matcher with control characters or line ends (U+0085, U+2028 … among them). */
static bool is_plain(const char *text) {
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
        bool c1 = at[0] == 0xC2 && at[1] < 0xA0, separator = at[0] == 0xE2 && at[1] == 0x80 && (at[2] & 0xFE) == 0xA8;
        bool mark = at[0] == 0xEF && at[1] == 0xBB && at[2] == 0xBF;
        if (*at < 0x20 || *at == 0x7F || c1 || separator || mark)
            return false;
    }
    return true;
}

static void add_candidate(search *s, const matcher *m, int form) {
    if (s->candidate_count == CANDIDATES_MAX || is_known(s, m) || !is_plain(m->name) || !is_plain(m->value))
        return;
    candidate *c = &s->candidates[s->candidate_count++];
    *c = (candidate){.matcher = *m, .form = form};
    c->these = matching(m, s->these, s->count, s->memory);
    c->others = matching(m, s->others, s->other_count, s->memory);
    c->covered = bits_in(c->these, s->words);
    c->wrong = bits_in(c->others, s->other_words);
    c->useless = c->covered == 0 || (c->wrong == s->other_count && s->other_count > 0);
}

/* Labels that only the others bear separate by being absent. */
static void add_absences(search *s) {
    for (size_t i = 0; i < s->other_count && i < ABSENCES_FROM; i++)
        for (size_t l = 0; l < s->others[i].count; l++)
            add_candidate(s, &(matcher){.name = s->others[i].items[l].name, .value = "", .op = MATCH_EQUAL}, 2);
}

static void gather(search *s) {
    for (size_t i = 0; i < s->count; i++)
        for (size_t l = 0; l < s->these[i].count; l++) {
            const label *one = &s->these[i].items[l];
            add_candidate(s, &(matcher){.name = one->name, .value = one->value, .op = MATCH_EQUAL}, 0);
            add_candidate(s, &(matcher){.name = one->name, .value = "", .op = MATCH_NOT_EQUAL}, 1);
        }
    add_absences(s);
}

/* ── how believable ── */

static size_t count_values(const labels *sets, size_t count, const char *name, uint64_t *seen, size_t known) {
    for (size_t i = 0; i < count && known < NAMES_MAX; i++) {
        const char *value = labels_get(sets[i], name);
        uint64_t hash = hash_bytes(value, strlen(value), 0);
        size_t at = 0;
        while (at < known && seen[at] != hash)
            at++;
        if (at == known)
            seen[known++] = hash;
    }
    return known;
}

static void count_all_values(search *s) {
    uint64_t seen[NAMES_MAX];
    for (size_t i = 0; i < s->candidate_count; i++) {
        candidate *c = &s->candidates[i];
        size_t known = count_values(s->these, s->count, c->matcher.name, seen, 0);
        c->values = count_values(s->others, s->other_count, c->matcher.name, seen, known);
    }
}

static int by_belief(const void *a, const void *b) {
    const candidate *x = a, *y = b;
    if (x->useless != y->useless)
        return x->useless ? 1 : -1;
    if (x->covered != y->covered)
        return x->covered > y->covered ? -1 : 1;
    if (x->wrong != y->wrong)
        return x->wrong < y->wrong ? -1 : 1;
    if (x->form != y->form)
        return x->form - y->form;
    if (x->values != y->values)
        return x->values < y->values ? -1 : 1;
    int order = strcmp(x->matcher.name, y->matcher.name);
    return order != 0 ? order : strcmp(x->matcher.value, y->matcher.value);
}

/* ── choosing ── */

typedef struct choice {
    const candidate *first, *second; /* second NULL: one is enough */
    size_t covered;
} choice;

static void consider(choice *best, const choice *c) {
    if (c->covered > best->covered)
        *best = *c;
}

static size_t still_covered(const search *s, const choice *c, const uint64_t *left) {
    size_t covered = 0;
    for (size_t w = 0; w < s->words; w++)
        covered += (size_t)__builtin_popcountll(c->first->these[w] & left[w] &
                                                (c->second != NULL ? c->second->these[w] : ~(uint64_t)0));
    return covered;
}

/* One matcher before two; in the order of belief, so that the first of equals stays. */
static choice choose(const search *s, const uint64_t *left) {
    choice best = {0};
    for (size_t i = 0; i < s->candidate_count; i++) {
        choice one = {.first = &s->candidates[i]};
        if (one.first->wrong > 0)
            continue;
        one.covered = still_covered(s, &one, left);
        consider(&best, &one);
    }
    size_t paired = s->candidate_count < PAIRED_MAX ? s->candidate_count : PAIRED_MAX;
    for (size_t i = 0; i < paired; i++)
        for (size_t j = i + 1; j < paired; j++) {
            choice two = {.first = &s->candidates[i], .second = &s->candidates[j]};
            if (bits_in_both(two.first->others, two.second->others, s->other_words) > 0)
                continue;
            two.covered = still_covered(s, &two, left);
            consider(&best, &two);
        }
    return best;
}

static void take(const search *s, const choice *c, uint64_t *left, separation *out) {
    matchers *list = &out->lists[out->count];
    list->items = ARENA_ARRAY(s->memory, matcher, SEPARATION_MATCHERS_MAX);
    list->items[list->count++] = c->first->matcher;
    if (c->second != NULL)
        list->items[list->count++] = c->second->matcher;
    for (size_t w = 0; w < s->words; w++)
        left[w] &= ~(c->first->these[w] & (c->second != NULL ? c->second->these[w] : ~(uint64_t)0));
    out->covered[out->count++] = c->covered;
    out->total += c->covered;
}

void labels_separate(const labels *these, size_t count, const labels *others, size_t other_count, arena *a,
                     separation *out) {
    search s = {.these = these,
                .others = others,
                .count = count,
                .other_count = other_count,
                .words = words_for(count),
                .other_words = words_for(other_count),
                .memory = a,
                .candidates = ARENA_ARRAY(a, candidate, CANDIDATES_MAX)};
    *out = (separation){0};
    gather(&s);
    count_all_values(&s);
    qsort(s.candidates, s.candidate_count, sizeof *s.candidates, by_belief);
    uint64_t *left = ARENA_ARRAY(a, uint64_t, s.words + 1);
    for (size_t i = 0; i < count; i++)
        left[i / WORD_BITS] |= (uint64_t)1 << (i % WORD_BITS);
    while (out->count < SEPARATION_LISTS_MAX && out->total < count) {
        choice best = choose(&s, left);
        if (best.covered == 0)
            return;
        take(&s, &best, left, out);
    }
}
