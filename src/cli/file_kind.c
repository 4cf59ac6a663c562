/* Owns recognising a file by its keys. The difficulty: keys may be indented and quoted (JSON is YAML), and a word of
 * the one kind may stand deep inside the other; so the key with the least indentation wins. */
#include "cli/file_kind.h"

#include <string.h>

enum { INLINE_DEPTH = 1000 };

typedef struct kind_word {
    const char *word;
    file_kind kind;
} kind_word;

static const kind_word words[] = {
    {"activities", FILE_CHART},      {"unowned", FILE_CHART},     {"roles", FILE_CHART},
    {"teams", FILE_CHART},           {"listen", FILE_SETTINGS},   {"sources", FILE_SETTINGS},
    {"channels", FILE_SETTINGS},     {"database", FILE_SETTINGS}, {"secrets", FILE_SETTINGS},
    {"public_url", FILE_SETTINGS},   {"cases", FILE_CASES},       {"handoff", FILE_HANDOFF},
    {"model_version", FILE_HANDOFF}, {"groups", FILE_RULES},
};

const char *file_kind_advice(file_kind kind) {
    switch (kind) {
    case FILE_CASES:
        return "a file of cases; `onus test --chart CHART FILE` checks it";
    case FILE_HANDOFF:
        return "the manifest of a handoff package; `onus handoff validate FILE` checks it";
    case FILE_RULES:
        return "a file of alerting rules; `onus coverage --chart CHART FILE` checks it";
    default:
        return NULL;
    }
}

static const char *skip_blanks(const char *at, const char *end) {
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    return at;
}

/* After `key:` at `at` (which may be quoted), or NULL when it is another key. */
static const char *after_key(const char *at, const char *end, const char *key) {
    size_t len = strlen(key);
    char quote = at < end && (*at == '"' || *at == '\'') ? *at++ : '\0';
    if ((size_t)(end - at) <= len || memcmp(at, key, len) != 0)
        return NULL;
    at += len;
    if (quote && (at == end || *at++ != quote))
        return NULL;
    at = skip_blanks(at, end);
    return at < end && *at == ':' ? at + 1 : NULL;
}

static file_kind key_kind(const char *at, const char *end) {
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (after_key(at, end, words[i].word))
            return words[i].kind;
    return FILE_UNKNOWN;
}

static const char *line_end(const char *at, const char *end) {
    const char *stop = memchr(at, '\n', (size_t)(end - at));
    return stop ? stop : end;
}

/* A key at the line's start, else the first one within braces. */
static file_kind line_kind(const char *start, const char *stop, bool *within) {
    file_kind kind = key_kind(start, stop);
    *within = kind == FILE_UNKNOWN;
    for (const char *at = start; at < stop && kind == FILE_UNKNOWN; at++)
        if (*at == '{' || *at == ',')
            kind = key_kind(skip_blanks(at + 1, stop), stop);
    return kind;
}

file_kind file_kind_of(const char *bytes, size_t len) {
    file_kind best = FILE_UNKNOWN;
    size_t least = SIZE_MAX;
    const char *end = bytes + len, *stop;
    for (const char *line = bytes; line < end; line = stop < end ? stop + 1 : end) {
        stop = line_end(line, end);
        const char *start = skip_blanks(line, stop);
        bool within = false;
        file_kind kind = start < stop && *start != '#' ? line_kind(start, stop, &within) : FILE_UNKNOWN;
        size_t depth = (size_t)(start - line) + (within ? INLINE_DEPTH : 0);
        bool stronger = depth == least && best > FILE_SETTINGS && kind <= FILE_SETTINGS;
        if (kind != FILE_UNKNOWN && (depth < least || stronger)) {
            best = kind;
            least = depth;
        }
    }
    return best;
}

static bool value_is(const char *at, const char *end, const char *value, const char **start) {
    size_t len = strlen(value);
    at = skip_blanks(at, end);
    if (at < end && (*at == '"' || *at == '\''))
        at++;
    *start = at;
    return (size_t)(end - at) >= len && memcmp(at, value, len) == 0 &&
           ((size_t)(end - at) == len || strchr(" \t\r,}\"'#", at[len]));
}

file_position file_find_value(const char *bytes, size_t len, const char *key, const char *value) {
    const char *end = bytes + len;
    unsigned number = 1;
    for (const char *line = bytes; line < end; number++) {
        const char *stop = line_end(line, end);
        for (const char *at = line; at < stop; at++) {
            const char *after = after_key(at, stop, key), *start;
            if (after && value_is(after, stop, value, &start))
                return (file_position){number, (unsigned)(start - line) + 1};
        }
        line = stop < end ? stop + 1 : end;
    }
    return (file_position){0};
}
