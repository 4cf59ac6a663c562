/* White space at the edge of a matcher's value, or of an alternative of its regex: no label's value has it there, so
 * that the alternative never matches. Leaves reading matchers to chart_match.c.
 *
 * The difficulty: it is not seen in the file. YAML joins the lines of a long text with one space, and what stands at
 * the end of a line as `a|` continues as `| b`. So the place is looked for in the file's own bytes. Inside a group
 * white space may be meant ("full( disk)?"); there only joined lines are a mistake. */
#include "config/chart_loader.h"

#include "onus/text.h"

#include <string.h>

/* A run of white space in a value that stands at the edge of something. */
typedef struct edge {
    size_t from, to;
    bool leads; /* it stands before, not behind */
    bool grouped;
} edge;

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t blanks_at(const char *text) {
    size_t len = 0;
    while (is_blank(text[len]))
        len++;
    return len;
}

/* ── regexes ── */

/* After [...], with its escapes, classes ([:alpha:]) and a leading ]. */
static const char *after_class(const char *at) {
    at += at[1] == '^' ? 2 : 1;
    for (bool first = true; *at && (first || *at != ']'); first = false) {
        const char *inner = at[0] == '[' && at[1] == ':' ? strstr(at, ":]") : NULL;
        at = inner ? inner + 2 : at + (at[0] == '\\' && at[1] ? 2 : 1);
    }
    return *at ? at + 1 : at;
}

/* After \x, or after \Q...\E. */
static const char *after_escape(const char *at) {
    const char *end = at[1] == 'Q' ? strstr(at, "\\E") : NULL;
    return end ? end + 2 : at + (at[1] ? 2 : 1);
}

/* After "(" and what may say more about the group: ?:, ?i:, ?P<name>. A ")" that ends flags alone is left to read. */
static const char *after_opening(const char *at) {
    if (at[1] != '?')
        return at + 1;
    const char *end = strpbrk(at, ":>)");
    return !end ? at + 1 : *end == ')' ? end : end + 1;
}

typedef struct regex_walk {
    const char *value, *at;
    unsigned depth;
    bool starts; /* an alternative starts here */
} regex_walk;

static const char *after_atom(regex_walk *w) {
    const char *at = w->at;
    w->starts = *at == '|' || *at == '(' || (w->starts && *at == '^');
    w->depth += *at == '(';
    w->depth -= *at == ')' && w->depth > 0;
    return *at == '[' ? after_class(at) : *at == '\\' ? after_escape(at) : *at == '(' ? after_opening(at) : at + 1;
}

/* The next run at an edge; false: there is none. "a *" may end with none, so it is no edge. */
static bool next_edge(regex_walk *w, edge *out) {
    while (*w->at) {
        size_t len = blanks_at(w->at);
        const char *behind = w->at + len;
        if (len == 0) {
            w->at = after_atom(w);
            continue;
        }
        bool optional = len == 1 && *behind && strchr("*?{", *behind);
        bool leads = w->starts, ends = *behind == '\0' || strchr("|)", *behind) || strcmp(behind, "$") == 0;
        *out = (edge){(size_t)(w->at - w->value), (size_t)(behind - w->value), leads, w->depth > 0};
        w->at = behind;
        w->starts = false;
        if (!optional && (leads || ends))
            return true;
    }
    return false;
}

/* ── places ── */

typedef struct raw_walk {
    const char *text, *raw, *end;
    char quote;
    bool joined; /* the last step passed the end of a line */
} raw_walk;

/* The file's bytes need not end in NUL. */
static size_t raw_blanks(const char *at, const char *end) {
    const char *stop = at;
    while (stop < end && is_blank(*stop))
        stop++;
    return (size_t)(stop - at);
}

/* "\" at the end of a line joins without a space; \" and \\ are what they end with. Others are not followed. */
static bool step_escape(raw_walk *w) {
    if (w->end - w->raw < 2)
        return false;
    if (w->raw[1] == '\n')
        w->raw += 2 + raw_blanks(w->raw + 2, w->end);
    else if (w->raw[1] == *w->text)
        w->raw += 2, w->text++;
    else
        return false;
    return true;
}

/* One character of a value, or one join of lines, in the file. False: the file's bytes say it in another way. */
static bool step(raw_walk *w) {
    w->joined = false;
    if (w->raw >= w->end)
        return false;
    if (w->quote == '"' && *w->raw == '\\')
        return step_escape(w);
    size_t run = raw_blanks(w->raw, w->end);
    w->joined = run > 0 && memchr(w->raw, '\n', run);
    if (w->joined) {
        w->raw += run;
        w->text += blanks_at(w->text);
        return true;
    }
    if (*w->raw != *w->text)
        return false;
    w->raw += w->quote == '\'' && *w->raw == '\'' ? 2 : 1;
    w->text++;
    return true;
}

static const char *scalar_start(const chart_loader *l, const yaml_node *scalar) {
    const char *end, *at = source_line(l->source->bytes, l->source->len, scalar->at.line, &end);
    for (unsigned i = 1; at && at < end && i < scalar->at.column; i++)
        for (at++; at < end && ((unsigned char)*at & 0xC0) == 0x80;)
            at++;
    return at;
}

static void move_place(yaml_node *place, const char *from, const char *to) {
    for (; from < to; from++) {
        if (*from == '\n') {
            place->at.line++;
            place->at.column = 1;
        } else if (((unsigned char)*from & 0xC0) != 0x80) {
            place->at.column++;
        }
    }
}

/* From a text's first byte in the file to its byte `at`, with the place there; NULL, and the text's own place, when
 * that cannot be followed. *joined: white space before `at` was the end of a line. */
static const char *raw_place(const chart_loader *l, const yaml_node *scalar, size_t at, yaml_node *place,
                             bool *joined) {
    const char *start = scalar_start(l, scalar);
    raw_walk w = {.text = scalar->text, .raw = start, .end = l->source->bytes + l->source->len};
    *place = *scalar;
    *joined = false;
    if (!start || start >= w.end)
        return NULL;
    w.quote = scalar->plain ? '\0' : *start;
    if (w.quote == '|' || w.quote == '>') {
        const char *line = memchr(start, '\n', (size_t)(w.end - start));
        w.raw = line ? line + raw_blanks(line, w.end) : w.end;
    } else if (w.quote) {
        w.raw++;
    }
    while (w.text < scalar->text + at)
        if (!step(&w))
            return NULL;
    *joined = w.joined;
    move_place(place, start, w.raw);
    place->length = 1;
    return w.raw;
}

/* ── what is said ── */

static void report(const chart_loader *l, const yaml_node *scalar, const matcher *m, const edge *e) {
    const char *value = strstr(scalar->text, m->value);
    yaml_node place = *scalar;
    bool joined = false;
    if (value) {
        size_t start = (size_t)(value - scalar->text);
        const char *raw = raw_place(l, scalar, start + e->to, &place, &joined);
        if (raw && !e->leads) /* behind something: the white space itself, or the line's end */
            (void)raw_place(l, scalar, start + e->from, &place, &(bool){false});
        else if (raw && m->value[e->to])
            place.length = (unsigned)strcspn(m->value + e->to, " \t\r\n|)");
    }
    joined = joined || memchr(m->value + e->from, '\n', e->to - e->from);
    if (e->grouped && !joined)
        return;
    const char *what = m->regex ? "an alternative" : "the value";
    field_problem(&l->in, chart_late_level(l), &place, "outer-white-space",
                  joined
                      ? "%s %s with white space, since YAML joins lines with a space, and so it never matches: write "
                        "it on one line, or alternatives as lists of their own"
                      : "%s %s with white space, which no label has there, and so it never matches: remove it, or "
                        "write [ ] in a regex where it is meant",
                  what, e->leads ? "begins" : "ends");
}

static void check_plain(const chart_loader *l, const yaml_node *scalar, const matcher *m) {
    size_t len = strlen(m->value), before = blanks_at(m->value), from = len;
    while (from > before && is_blank(m->value[from - 1]))
        from--;
    if (before > 0)
        report(l, scalar, m, &(edge){0, before, true, false});
    else if (from < len)
        report(l, scalar, m, &(edge){from, len, false, false});
}

void chart_check_blanks(const chart_loader *l, const yaml_node *scalar, const matchers *list) {
    for (size_t i = 0; i < list->count; i++) {
        const matcher *m = &list->items[i];
        regex_walk w = {m->value, m->value, 0, true};
        edge e;
        if (!m->regex)
            check_plain(l, scalar, m);
        while (m->regex && next_edge(&w, &e))
            report(l, scalar, m, &e);
    }
}
