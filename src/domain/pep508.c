/* PEP 508: name, extras, versions or a URL, and a marker. Leaves files, options and hashes to requirements.c. The
 * difficulty: what may follow a version depends on its operator. Each skip_ function moves over one part of the
 * grammar and answers NULL (or the same place, where the part may be absent) when that part is not there. */
#include "domain/pep508.h"

#include "onus/text.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static const char *skip_blanks(const char *at) {
    return at + strspn(at, " \t");
}

static const char *without_end_blanks(arena *a, const char *text) {
    size_t len = strlen(text);
    while (len > 0 && isspace((unsigned char)text[len - 1]))
        len--;
    return arena_strndup(a, text, len);
}

/* ── names and extras ── */

static bool is_word(char c) {
    return isalnum((unsigned char)c) || c == '_';
}

/* Ends in a letter, a digit or _, as `packaging` has it. */
static const char *skip_name(const char *at) {
    const char *end = at;
    if (!isalnum((unsigned char)*at))
        return NULL;
    while (is_word(*end) || *end == '-' || *end == '.')
        end++;
    return is_word(end[-1]) ? end : NULL;
}

/* PEP 503. */
static const char *normal_name(arena *a, const char *name, size_t len) {
    char *out = arena_strndup(a, name, len);
    size_t count = 0;
    for (size_t i = 0; i < len; i++) {
        bool joint = strchr("-_.", name[i]) != NULL;
        if (!joint || count == 0 || out[count - 1] != '-')
            out[count++] = joint ? '-' : (char)tolower((unsigned char)name[i]);
    }
    out[count] = '\0';
    return out;
}

/* "[a, b]", "[]" or nothing. */
static const char *skip_extras(const char *at) {
    if (*at != '[')
        return at;
    at = skip_blanks(at + 1);
    if (*at == ']')
        return skip_blanks(at + 1);
    while ((at = skip_name(at)) != NULL) {
        at = skip_blanks(at);
        if (*at == ']')
            return skip_blanks(at + 1);
        if (*at != ',')
            return NULL;
        at = skip_blanks(at + 1);
    }
    return NULL;
}

bool pep508_names_place(const char *text) {
    const char *at = skip_name(text);
    at = at ? skip_extras(skip_blanks(at)) : NULL;
    return at && *at == '@';
}

/* ── versions (PEP 440) ── */

static const char *skip_digits(const char *at) {
    return at + strspn(at, "0123456789");
}

static const char *skip_separator(const char *at) {
    return at + (*at && strchr("-_.", *at));
}

/* "rc1", "-beta.2", "dev": one of the words and a number or none; `at` when there is none of them. */
static const char *skip_part(const char *at, const char *const *words) {
    const char *word = skip_separator(at);
    for (; *words; words++)
        if (strncasecmp(word, *words, strlen(*words)) == 0)
            return skip_digits(skip_separator(word + strlen(*words)));
    return at;
}

static const char *skip_local(const char *at) {
    if (*at != '+' || !isalnum((unsigned char)at[1]))
        return at;
    for (at++; isalnum((unsigned char)*at) || (*at && strchr("-_.", *at) && isalnum((unsigned char)at[1]));)
        at++;
    return at;
}

/* "1.2", "v1!2.0"; *parts: how many numbers. */
static const char *skip_release(const char *at, size_t *parts) {
    at += *at == 'v' || *at == 'V';
    if (*skip_digits(at) == '!' && skip_digits(at) > at)
        at = skip_digits(at) + 1;
    const char *end = skip_digits(at);
    for (*parts = 1; end > at && *end == '.' && isdigit((unsigned char)end[1]); ++*parts)
        end = skip_digits(end + 1);
    return end > at ? end : NULL;
}

static const char *skip_suffixes(const char *at) {
    static const char *const PRE[] = {"alpha", "beta", "preview", "pre", "rc", "a", "b", "c", NULL},
                             *const POST[] = {"post", "rev", "r", NULL}, *const DEV[] = {"dev", NULL};
    at = skip_part(at, PRE);
    at = *at == '-' && isdigit((unsigned char)at[1]) ? skip_digits(at + 1) : skip_part(at, POST);
    return skip_part(at, DEV);
}

/* A version as == takes it, without the wildcard. */
static bool is_version(const char *text) {
    size_t parts;
    const char *at = skip_release(text, &parts);
    return at && *skip_local(skip_suffixes(at)) == '\0';
}

/* ── version specifiers ── */

typedef enum version_operator { ARBITRARY, EQUAL, COMPATIBLE, UNEQUAL, OTHER } version_operator;

static const char *skip_operator(const char *at, version_operator *op) {
    static const struct {
        const char *text;
        version_operator op;
    } OPERATORS[] = {{"===", ARBITRARY}, {"==", EQUAL}, {"~=", COMPATIBLE}, {"!=", UNEQUAL},
                     {"<=", OTHER},      {">=", OTHER}, {"<", OTHER},       {">", OTHER}};
    for (size_t i = 0; i < sizeof OPERATORS / sizeof *OPERATORS; i++)
        if (text_starts_with(at, OPERATORS[i].text)) {
            *op = OPERATORS[i].op;
            return at + strlen(OPERATORS[i].text);
        }
    return NULL;
}

static const char *skip_version(const char *at, version_operator op) {
    size_t parts;
    if (op == ARBITRARY)
        return at + strcspn(at, " \t;),");
    const char *end = skip_release(at, &parts);
    bool equality = op == EQUAL || op == UNEQUAL;
    if (!end || (op == COMPATIBLE && parts < 2))
        return NULL;
    if (equality && text_starts_with(end, ".*"))
        return end + 2;
    end = skip_suffixes(end);
    return equality ? skip_local(end) : end;
}

/* What === asks for goes on to the next blank, whatever stands in it: the specifiers behind its commas hold none. */
static bool goes_on(const char **at) {
    const char *next = *at + strspn(*at, ",");
    bool more = next > *at && *next != '\0' && strchr(" \t;)", *next) == NULL;
    *at = next;
    return more;
}

/* ">=1, ==1.2"; sets *exact when one of them pins it. A comma may end the list. */
static const char *skip_versions(arena *a, const char *at, const char **exact) {
    version_operator op;
    bool tight = false;
    for (const char *version; (version = skip_operator(at, &op)) != NULL;) {
        version = tight ? version : skip_blanks(version);
        const char *end = skip_version(version, op);
        if (!end)
            return NULL;
        const char *text = arena_strndup(a, version, (size_t)(end - version));
        if ((op == EQUAL || op == ARBITRARY) && is_version(text))
            *exact = text;
        tight = (tight || op == ARBITRARY) && goes_on(&end);
        at = tight ? end : skip_blanks(end);
        if (!tight && *at != ',')
            break;
        at = tight ? at : skip_blanks(at + 1);
    }
    return at;
}

static const char *skip_version_list(arena *a, const char *at, const char **exact) {
    if (*at != '(')
        return skip_versions(a, at, exact);
    at = skip_versions(a, skip_blanks(at + 1), exact);
    return at && *at == ')' ? skip_blanks(at + 1) : NULL;
}

/* ── markers ── */

static const char *skip_keyword(const char *at, const char *word) {
    size_t len = strlen(word);
    return strncmp(at, word, len) == 0 && !is_word(at[len]) ? at + len : NULL;
}

static const char *skip_marker_value(const char *at) {
    static const char *const VARIABLES[] = {"python_version",
                                            "python_full_version",
                                            "os_name",
                                            "os.name",
                                            "sys_platform",
                                            "sys.platform",
                                            "platform_release",
                                            "platform_system",
                                            "platform_version",
                                            "platform.version",
                                            "platform_machine",
                                            "platform.machine",
                                            "platform_python_implementation",
                                            "platform.python_implementation",
                                            "python_implementation",
                                            "implementation_name",
                                            "implementation_version",
                                            "extra"};
    if (*at == '\'' || *at == '"') {
        const char *end = strchr(at + 1, *at);
        return end && end[-1] != '\\' ? end + 1 : NULL;
    }
    for (size_t i = 0; i < sizeof VARIABLES / sizeof *VARIABLES; i++) {
        const char *end = skip_keyword(at, VARIABLES[i]);
        if (end)
            return end;
    }
    return NULL;
}

static const char *skip_marker_operator(const char *at) {
    version_operator unused;
    const char *end = skip_keyword(at, "in"), *not = skip_keyword(at, "not");
    if (end)
        return end;
    if (not )
        return skip_blanks(not ) > not ? skip_keyword(skip_blanks(not ), "in") : NULL;
    return skip_operator(at, &unused);
}

static const char *skip_comparison(const char *at) {
    at = skip_marker_value(at);
    at = at ? skip_marker_operator(skip_blanks(at)) : NULL;
    at = at ? skip_marker_value(skip_blanks(at)) : NULL;
    return at ? skip_blanks(at) : NULL;
}

/* Comparisons joined by and/or. Parentheses are counted, so that no depth of them costs stack. */
static bool is_marker(const char *at) {
    for (size_t depth = 0;;) {
        for (at = skip_blanks(at); *at == '('; at = skip_blanks(at + 1))
            depth++;
        at = skip_comparison(at);
        for (; at && *at == ')' && depth > 0; at = skip_blanks(at + 1))
            depth--;
        const char *joined = at ? skip_keyword(at, "and") : NULL;
        joined = at && !joined ? skip_keyword(at, "or") : joined;
        if (!joined)
            return at && *at == '\0' && depth == 0;
        at = joined;
    }
}

/* ── the whole ── */

static void read_marker(pep508 *p, arena *a, const char *at) {
    if (*at == '\0')
        return;
    if (*at != ';')
        p->problem = "what follows the name is no version: write ==, then a version such as 1.2.3";
    else if (!is_marker(at + 1))
        p->problem = "the condition behind ; cannot be read: write it as in python_version < \"3.12\"";
    else
        p->marker = without_end_blanks(a, skip_blanks(at + 1));
}

/* "file:…", or a scheme and a host. */
static bool is_url(const char *url) {
    const char *scheme = strstr(url, "://");
    return text_starts_with(url, "file:") || (scheme && scheme > url && scheme[3] && scheme[3] != '/');
}

static void read_url(pep508 *p, arena *a, const char *at) {
    at = skip_blanks(at + 1);
    size_t len = strcspn(at, " \t");
    p->url = arena_strndup(a, at, len);
    if (is_url(p->url))
        read_marker(p, a, skip_blanks(at + len));
    else
        p->problem = "what follows @ is no URL: write it with its scheme, such as https://";
}

pep508 pep508_read(arena *a, const char *text) {
    pep508 p = {.name = "", .marker = ""};
    text = without_end_blanks(a, skip_blanks(text));
    const char *end = skip_name(text);
    if (!end) {
        p.problem = "a requirement begins with a package's name";
        return p;
    }
    const char *at = skip_extras(skip_blanks(end));
    if (!at) {
        p.problem = "the extras between [ and ] cannot be read";
        return p;
    }
    p.name = normal_name(a, text, (size_t)(end - text));
    if (*at == '@') {
        read_url(&p, a, at);
        return p;
    }
    at = skip_version_list(a, at, &p.version);
    read_marker(&p, a, at ? at : "=");
    if (p.problem)
        p.version = NULL;
    return p;
}
