/* Matchers: what a parsed matcher means, and how it is written for people. Reading the text is matcher_parse.c's.
 *
 * The difficulty: a missing label equals "", so `a != b` and `a =~ ".*"` match an event that has no `a`. */
#include "onus/matcher.h"

#include "bridge/regex.h"
#include "domain/matcher_text.h"

#include <string.h>

static const char *const OPERATORS[] = {
    [MATCH_EQUAL] = "=",
    [MATCH_NOT_EQUAL] = "!=",
    [MATCH_REGEX] = "=~",
    [MATCH_NOT_REGEX] = "!~",
};

const char *matcher_op_to_text(matcher_op op) {
    return OPERATORS[op];
}

void matchers_release(matchers *m) {
    for (size_t i = 0; i < m->count; i++) {
        regex_free(m->items[i].regex);
        m->items[i].regex = NULL;
    }
    m->count = 0;
}

bool matcher_matches(const matcher *m, labels set) {
    const char *value = labels_get(set, m->name);
    switch (m->op) {
    case MATCH_EQUAL:
        return strcmp(value, m->value) == 0;
    case MATCH_NOT_EQUAL:
        return strcmp(value, m->value) != 0;
    case MATCH_REGEX:
        return regex_matches(m->regex, value);
    case MATCH_NOT_REGEX:
        return !regex_matches(m->regex, value);
    }
    return false;
}

const matcher *matchers_first_failure(const matchers *m, labels set) {
    for (size_t i = 0; i < m->count; i++)
        if (!matcher_matches(&m->items[i], set))
            return &m->items[i];
    return NULL;
}

bool matchers_match(const matchers *m, labels set) {
    return matchers_first_failure(m, set) == NULL;
}

static bool needs_quotes(const char *text) {
    if (text[0] == '\0')
        return true;
    for (size_t i = 0; text[i];) {
        size_t len = 1;
        if (matcher_char_is_reserved(text + i, &len))
            return true;
        i += len;
    }
    return false;
}

static void print_word(buf *b, const char *text) {
    if (!needs_quotes(text)) {
        buf_puts(b, text);
        return;
    }
    buf_putc(b, '"');
    for (; *text; text++) {
        if (*text == '\n') {
            buf_puts(b, "\\n");
            continue;
        }
        if (*text == '"' || *text == '\\')
            buf_putc(b, '\\');
        buf_putc(b, *text);
    }
    buf_putc(b, '"');
}

void matcher_print(buf *b, const matcher *m) {
    print_word(b, m->name);
    buf_printf(b, " %s ", matcher_op_to_text(m->op));
    bool regex = m->op == MATCH_REGEX || m->op == MATCH_NOT_REGEX;
    if (regex && !needs_quotes(m->value))
        buf_printf(b, "\"%s\"", m->value); /* people look for a regex between quotes */
    else
        print_word(b, m->value);
}

void matchers_print(buf *b, const matchers *m) {
    for (size_t i = 0; i < m->count; i++) {
        if (i > 0)
            buf_puts(b, ", ");
        matcher_print(b, &m->items[i]);
    }
}
