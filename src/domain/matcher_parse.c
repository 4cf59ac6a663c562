/* The text of matchers → matchers. Follows Alertmanager's grammar (matcher/parse), with the escapes that it accepts in
 * practice: between double quotes \" \\ and \n; any other backslash stands for itself, so that "\d+" needs no doubling.
 *
 * The difficulty: errors must name the byte at which a person has to look, also inside a long list. */
#include "onus/matcher.h"

#include "bridge/regex.h"
#include "domain/matcher_text.h"
#include "onus/limits.h"
#include "onus/text.h"

#include <string.h>

typedef struct reader {
    const char *text;
    size_t at;
    size_t error_at;
    arena *memory;
    err *e;
    matcher *items;
    size_t count;
} reader;

static size_t char_len(const char *text) {
    unsigned char c = (unsigned char)*text;
    size_t len = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
    for (size_t i = 1; i < len; i++) /* never past a cut character */
        if (((unsigned char)text[i] & 0xC0) != 0x80)
            return i;
    return len;
}

bool matcher_char_is_space(const char *text, size_t *len) {
    static const char *const WIDE[] = {"\xc2\x85", "\u00a0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003",
                                       "\u2004",   "\u2005", "\u2006", "\u2007", "\u2008", "\u2009", "\u200a",
                                       "\u2028",   "\u2029", "\u202f", "\u205f", "\u3000"};
    *len = char_len(text);
    if (*len == 1)
        return *text != '\0' && strchr(" \t\n\v\f\r", *text) != NULL;
    for (size_t i = 0; i < sizeof WIDE / sizeof *WIDE; i++)
        if (text_starts_with(text, WIDE[i]))
            return true;
    return false;
}

bool matcher_char_is_reserved(const char *text, size_t *len) {
    if (matcher_char_is_space(text, len))
        return true;
    return *len == 1 && *text != '\0' && strchr("{}!=~,\\\"'`", *text) != NULL;
}

static bool fail_at(reader *r, size_t at, const char *what) {
    r->error_at = at;
    return err_set(r->e, ERR_INVALID, "%s", what);
}

static void skip_space(reader *r) {
    size_t len;
    while (r->text[r->at] && matcher_char_is_space(r->text + r->at, &len))
        r->at += len;
}

static bool accept(reader *r, char c) {
    skip_space(r);
    if (r->text[r->at] != c)
        return false;
    r->at++;
    return true;
}

static bool read_quoted(reader *r, const char **out) {
    size_t start = r->at++;
    char *word = arena_alloc(r->memory, strlen(r->text + start) + 1);
    size_t len = 0;
    for (; r->text[r->at] && r->text[r->at] != '"'; r->at++) {
        char c = r->text[r->at], next = r->text[r->at + 1];
        if (c == '\\' && (next == '"' || next == '\\' || next == 'n')) {
            r->at++;
            c = next == 'n' ? '\n' : next;
        } else if (c == '\\' && next) {
            word[len++] = c; /* stands for itself; what it precedes is plain */
            r->at++;
            c = next;
        }
        word[len++] = c;
    }
    if (r->text[r->at] != '"')
        return fail_at(r, start, "the closing quote is missing");
    r->at++;
    word[len] = '\0';
    *out = word;
    return true;
}

static bool read_word(reader *r, const char *what_is_missing, const char **out) {
    skip_space(r);
    if (r->text[r->at] == '"')
        return read_quoted(r, out);
    size_t start = r->at, len;
    while (r->text[r->at] && !matcher_char_is_reserved(r->text + r->at, &len))
        r->at += len;
    if (r->at == start)
        return fail_at(r, start, what_is_missing);
    *out = arena_strndup(r->memory, r->text + start, r->at - start);
    return true;
}

static bool read_operator(reader *r, matcher_op *out) {
    skip_space(r);
    const char *at = r->text + r->at;
    static const struct {
        const char *text;
        matcher_op op;
    } LONGEST_FIRST[] = {{"=~", MATCH_REGEX}, {"!~", MATCH_NOT_REGEX}, {"!=", MATCH_NOT_EQUAL}, {"=", MATCH_EQUAL}};
    for (size_t i = 0; i < sizeof LONGEST_FIRST / sizeof *LONGEST_FIRST; i++) {
        if (!text_starts_with(at, LONGEST_FIRST[i].text))
            continue;
        r->at += strlen(LONGEST_FIRST[i].text);
        *out = LONGEST_FIRST[i].op;
        return true;
    }
    return fail_at(r, r->at, "one of = != =~ !~ must follow the label's name");
}

static bool read_matcher(reader *r) {
    if (r->count == LIMIT_MATCHERS_PER_LIST) {
        r->error_at = r->at;
        return err_set(r->e, ERR_LIMIT, "more than %d matchers in one list", LIMIT_MATCHERS_PER_LIST);
    }
    matcher m = {0};
    skip_space(r);
    size_t name_at = r->at;
    if (!read_word(r, "a label's name must stand here", &m.name))
        return false;
    if (m.name[0] == '\0')
        return fail_at(r, name_at, "a label's name cannot be empty");
    if (!read_operator(r, &m.op))
        return false;
    skip_space(r);
    size_t value_at = r->at;
    if (!read_word(r, "a value must stand here; write \"\" for an empty one, and quote white space and {}!=~,\\\"'`",
                   &m.value))
        return false;
    if (m.op == MATCH_REGEX || m.op == MATCH_NOT_REGEX) {
        r->error_at = value_at;
        m.regex = regex_new(m.value, r->e);
        if (!m.regex)
            return false;
    }
    r->items[r->count++] = m;
    return true;
}

/* list = [ "{" ] [ matcher { "," matcher } [ "," ] ] [ "}" ], the braces both or none. */
static bool read_list(reader *r) {
    bool braces = accept(r, '{');
    skip_space(r);
    while (r->text[r->at] && r->text[r->at] != '}') {
        if (!read_matcher(r))
            return false;
        if (!accept(r, ','))
            break;
        skip_space(r);
    }
    skip_space(r);
    if (braces && !accept(r, '}'))
        return fail_at(r, r->at, "a comma or the closing } is missing here");
    skip_space(r);
    if (r->text[r->at] == '}')
        return fail_at(r, r->at, braces ? "nothing may follow the closing }" : "there is no { for this }");
    if (r->text[r->at])
        return fail_at(r, r->at,
                       braces ? "nothing may follow the closing }"
                              : "a comma must stand between two matchers; quote a value that holds white space");
    return true;
}

static size_t most_matchers(const char *text) {
    size_t most = 1;
    for (; *text && most < LIMIT_MATCHERS_PER_LIST; text++)
        most += *text == ',';
    return most;
}

bool matchers_parse(arena *a, const char *text, matchers *out, size_t *error_at, err *e) {
    reader r = {.text = text, .memory = a, .e = e, .items = ARENA_ARRAY(a, matcher, most_matchers(text))};
    bool done = text_is_utf8(text, strlen(text)) ? read_list(&r) : fail_at(&r, 0, "the text is not UTF-8");
    matchers parsed = {r.items, r.count};
    if (!done) {
        *error_at = r.error_at;
        matchers_release(&parsed);
        return false;
    }
    *out = parsed;
    return true;
}
