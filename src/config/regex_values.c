/* Counts up what a simple regex matches: words, alternatives, groups and the question mark. What is not one of these is
 * not judged; RE2 remains the only one that matches.
 *
 * The difficulty: groups multiply. (a|b)(c|d)… is given up at MATCH_VALUES_MAX. */
#include "config/match_values.h"

#include <string.h>

enum { DEPTH_MAX = 16 };

typedef struct texts {
    const char **items;
    size_t count;
} texts;

typedef struct regex_reader {
    arena *memory;
    const char *at;
    unsigned depth;
    bool bad; /* something that is not counted up; latched */
} regex_reader;

static texts one_text(const regex_reader *k, const char *text) {
    texts t = {ARENA_ARRAY(k->memory, const char *, MATCH_VALUES_MAX + 1), 1};
    t.items[0] = text;
    return t;
}

static void join(regex_reader *k, texts *into, texts more) {
    k->bad = k->bad || into->count + more.count > MATCH_VALUES_MAX;
    for (size_t i = 0; !k->bad && i < more.count; i++)
        into->items[into->count++] = more.items[i];
}

/* Each of `left` followed by each of `right`. */
static texts product(regex_reader *k, texts left, texts right) {
    texts out = one_text(k, "");
    out.count = 0;
    k->bad = k->bad || left.count * right.count > MATCH_VALUES_MAX;
    for (size_t i = 0; !k->bad && i < left.count; i++)
        for (size_t j = 0; j < right.count; j++)
            out.items[out.count++] = arena_printf(k->memory, "%s%s", left.items[i], right.items[j]);
    return out;
}

static texts read_alternatives(regex_reader *k);

static texts read_group(regex_reader *k) { // NOLINT(misc-no-recursion): DEPTH_MAX bounds it
    k->at++;
    if (strncmp(k->at, "?:", 2) == 0)
        k->at += 2;
    k->bad = k->bad || *k->at == '?' || ++k->depth > DEPTH_MAX;
    texts t = k->bad ? one_text(k, "") : read_alternatives(k);
    k->depth--;
    k->bad = k->bad || *k->at != ')';
    k->at += !k->bad;
    return t;
}

/* A run of characters that stand for themselves; the last one is left alone when a ? follows it. */
static texts read_word(regex_reader *k) {
    const char *from = k->at;
    size_t len = strcspn(from, "\\.+*?()|[]{}^$");
    size_t last = len; /* where the last character begins */
    while (last > 0 && ((unsigned char)from[--last] & 0xC0) == 0x80)
        continue;
    if (from[len] == '?' && last > 0)
        len = last;
    k->at += len;
    k->bad = k->bad || len == 0;
    return one_text(k, arena_strndup(k->memory, from, len));
}

static texts read_atom(regex_reader *k) { // NOLINT(misc-no-recursion): DEPTH_MAX bounds it
    if (*k->at == '(')
        return read_group(k);
    if (*k->at != '\\')
        return read_word(k);
    k->bad = k->bad || k->at[1] == '\0' || !strchr("\\.+*?()|[]{}^$-/:_@, ", k->at[1]);
    if (k->bad)
        return one_text(k, "");
    k->at += 2;
    return one_text(k, arena_strndup(k->memory, k->at - 1, 1));
}

static texts read_sequence(regex_reader *k) { // NOLINT(misc-no-recursion): DEPTH_MAX bounds it
    texts t = one_text(k, "");
    while (!k->bad && *k->at && *k->at != '|' && *k->at != ')') {
        texts atom = read_atom(k);
        if (!k->bad && *k->at == '?') {
            join(k, &atom, one_text(k, ""));
            k->at += k->at[1] == '?' ? 2 : 1;
        }
        k->bad = k->bad || (*k->at && strchr("?*+{", *k->at));
        t = product(k, t, atom);
    }
    return t;
}

static texts read_alternatives(regex_reader *k) { // NOLINT(misc-no-recursion): DEPTH_MAX bounds it
    texts t = read_sequence(k);
    while (!k->bad && *k->at == '|') {
        k->at++;
        join(k, &t, read_sequence(k));
    }
    return t;
}

bool regex_values(arena *a, const char *pattern, const char *const **values, size_t *count) {
    regex_reader k = {.memory = arena_new(), .at = pattern};
    texts t = read_alternatives(&k);
    bool done = !k.bad && *k.at == '\0';
    if (done) {
        const char **kept = ARENA_ARRAY(a, const char *, t.count);
        for (size_t i = 0; i < t.count; i++)
            kept[i] = arena_strdup(a, t.items[i]);
        *values = kept;
        *count = t.count;
    }
    arena_free(k.memory);
    return done;
}
