/* The search for many words at once, against looking for each. */
#include "domain/word_search.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static bool told(const int *found, size_t count, int number) {
    for (size_t i = 0; i < count; i++)
        if (found[i] == number)
            return true;
    return false;
}

Test(word_search, words_within_words_and_in_either_case) {
    static const char *const WORDS[] = {"he", "she", "his", "hers", "drift", "rift", "a", "größe"};
    enum { COUNT = sizeof WORDS / sizeof *WORDS };
    static const struct {
        const char *text, *found; /* one digit per word */
    } CASES[] = {{"USHERS", "013"}, {"ModelDrift", "45"}, {"ahishe", "6201"}, {"größe", "7"}, {"", ""}, {"xyz", ""}};
    word_search *s = word_search_new();
    for (int i = 0; i < COUNT; i++)
        word_search_add(s, WORDS[i], strlen(WORDS[i]), i);
    word_search_compile(s);
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        int *found;
        size_t count = word_search_run(s, CASES[i].text, &found);
        for (int w = 0; w < COUNT; w++)
            cr_expect_eq(told(found, count, w), strchr(CASES[i].found, '0' + w) != NULL, "%s in %s", WORDS[w],
                         CASES[i].text);
        free(found);
    }
    word_search_free(s);
    word_search_free(NULL);
}

Test(word_search, finds_what_a_plain_search_finds) {
    srand(9);
    for (int round = 0; round < 200; round++) {
        char words[60][6];
        word_search *s = word_search_new();
        for (int w = 0; w < 60; w++) {
            size_t len = 1 + (size_t)rand() % 5;
            for (size_t i = 0; i < len; i++)
                words[w][i] = (char)('a' + rand() % 3);
            words[w][len] = '\0';
            bool repeated = false;
            for (int other = 0; other < w && !repeated; other++)
                repeated = strcmp(words[other], words[w]) == 0;
            if (repeated)
                words[w--][0] = '\0'; /* another one in its place */
            else
                word_search_add(s, words[w], len, w);
        }
        word_search_compile(s);
        char text[31];
        for (size_t i = 0; i < 30; i++)
            text[i] = (char)('a' + rand() % 4);
        text[30] = '\0';
        int *found;
        size_t count = word_search_run(s, text, &found);
        for (int w = 0; w < 60; w++)
            cr_assert_eq(told(found, count, w), strstr(text, words[w]) != NULL, "%s in %s", words[w], text);
        free(found);
        word_search_free(s);
    }
}
