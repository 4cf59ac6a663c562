/* Comparing text, and finding what somebody meant. Owns no memory. The difficulty: comparing secrets must not tell by
 * its duration where the first difference stands. */
#include "onus/text.h"

#include <openssl/crypto.h>
#include <string.h>
#include <strings.h>

bool text_equal(const char *a, const char *b) {
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* Not tolower: it depends on the locale. */
static char lower(char c) {
    return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

bool text_equal_nocase(const char *a, const char *b) {
    if (!a || !b)
        return a == b;
    while (*a && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return lower(*a) == lower(*b);
}

bool text_starts_with(const char *text, const char *prefix) {
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool text_ends_with(const char *text, const char *suffix) {
    size_t len = strlen(text), tail = strlen(suffix);
    return tail <= len && memcmp(text + len - tail, suffix, tail) == 0;
}

bool text_equal_secret(const char *a, const char *b) {
    if (!a || !b)
        return false;
    size_t len = strlen(a);
    return len == strlen(b) && CRYPTO_memcmp(a, b, len) == 0;
}

enum { WORD_MAX = 64, SLIPS_MAX = 3 };

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Insertions, deletions, changes and swaps of neighbours that turn `a` into `b`; case costs nothing. */
static size_t slips_between(const char *a, size_t a_len, const char *b, size_t b_len) {
    size_t rows[3][WORD_MAX + 1];
    for (size_t j = 0; j <= b_len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t *row = rows[i % 3], *above = rows[(i - 1) % 3], *second = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t change = lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1;
            row[j] = least(above[j - 1] + change, least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]))
                row[j] = least(row[j], second[j - 2] + 1);
        }
    }
    return rows[a_len % 3][b_len];
}

const char *text_did_you_mean(const char *text, const char *const *words, size_t count) {
    size_t len = strlen(text);
    if (len == 0 || len > WORD_MAX)
        return NULL;
    size_t best_slips = least(SLIPS_MAX, len / 3) + 1;
    const char *best = NULL;
    for (size_t i = 0; i < count; i++) {
        size_t word_len = strlen(words[i]);
        if (word_len > WORD_MAX || word_len + best_slips <= len || len + best_slips <= word_len)
            continue;
        size_t slips = slips_between(text, len, words[i], word_len);
        if (slips < best_slips) {
            best_slips = slips;
            best = words[i];
        }
    }
    return best;
}
