/* The words of an alert's name. Knows how people write such names; nothing of charts. */
#include "cli/coverage.h"

#include "onus/text.h"

#include <ctype.h>
#include <string.h>

enum { WORD_BYTES_MAX = 64 };

const char *name_past_template(const char *at) {
    static const char *const PAIRS[][2] = {{"{{", "}}"}, {"{%", "%}"}, {"%(", ")s"}};
    for (size_t i = 0; i < sizeof PAIRS / sizeof *PAIRS; i++) {
        const char *end = text_starts_with(at, PAIRS[i][0]) ? strstr(at, PAIRS[i][1]) : NULL;
        if (end)
            return end + strlen(PAIRS[i][1]);
    }
    return NULL;
}

static bool is_letter(char c) {
    return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

/* A capital begins a word after a small letter, and before one: GPUXid is GPU Xid. A lone capital belongs to what
 * follows it: KServe is one word. */
static bool begins_word(const char *name, const char *at, size_t length) {
    if (!isupper((unsigned char)*at) || at == name || length < 2)
        return false;
    return islower((unsigned char)at[-1]) || isdigit((unsigned char)at[-1]) ||
           (islower((unsigned char)at[1]) && isupper((unsigned char)at[-1]));
}

static const char *lower(arena *a, const char *begin, size_t length) {
    char *word = arena_strndup(a, begin, length);
    for (char *at = word; *at; at++)
        *at = (char)tolower((unsigned char)*at);
    return word;
}

typedef struct word_list {
    arena *memory;
    const char **words;
    size_t count;
    const char *begin; /* of the word that is being read; NULL: none */
} word_list;

static void end_word(word_list *list, const char *at) {
    if (list->begin && at > list->begin && list->count < NAME_WORDS_MAX) {
        size_t length = (size_t)(at - list->begin);
        list->words[list->count++] =
            lower(list->memory, list->begin, length < WORD_BYTES_MAX ? length : text_cut(list->begin, WORD_BYTES_MAX));
    }
    list->begin = NULL;
}

size_t name_words(arena *a, const char *name, const char *words[NAME_WORDS_MAX]) {
    word_list list = {.memory = a, .words = words};
    for (const char *at = name;; at++) {
        const char *past = *at ? name_past_template(at) : NULL;
        bool letter = *at && !past && is_letter(*at);
        if (!letter || (list.begin && begins_word(name, at, (size_t)(at - list.begin))))
            end_word(&list, at);
        if (!*at)
            return list.count;
        if (letter && !list.begin)
            list.begin = at;
        if (past)
            at = past - 1;
    }
}
