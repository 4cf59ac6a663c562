/* A rule file's text → trees. Leaves to rule_collect.c what a tree holds.
 *
 * The difficulty: one mistake must not hide the rest. libyaml stops at the first, so the documents of a file are told
 * apart before it sees them; and whether a file is a template is known only when it is no YAML, so it is read as it
 * stands first, and with its templates masked when that fails. */
#include "config/rule_reader.h"

#include "onus/limits.h"
#include "onus/text.h"

#include <assert.h>
#include <string.h>

enum {
    MASK_GROWTH = 4,  /* bytes of a masked character */
    RESUMES_MAX = 200 /* of one document */
};

typedef struct documents {
    yaml_node **roots;
    size_t count, capacity;
    bool broken; /* there was an error */
} documents;

static bool is_separator(const char *line, const char *end) {
    return end - line >= 3 && memcmp(line, "---", 3) == 0 && (end - line == 3 || strchr(" \t\r\n", line[3]));
}

/* Only comments, directives and white space: libyaml takes a directive without a document for an error. */
static bool is_blank(const char *at, const char *end) {
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at)), *stop = newline ? newline : end;
        const char *text = at + strspn(at, " \t\r");
        if (text < stop && *text != '#' && *at != '%')
            return false;
        at = newline ? newline + 1 : end;
    }
    return true;
}

static void add_root(const rule_reader *r, documents *all, yaml_node *root) {
    if (all->count == all->capacity) {
        size_t capacity = all->capacity ? 2 * all->capacity : 8;
        yaml_node **roots = ARENA_ARRAY(r->scratch, yaml_node *, capacity);
        if (all->count > 0)
            memcpy(roots, all->roots, all->count * sizeof *roots);
        all->roots = roots;
        all->capacity = capacity;
    }
    all->roots[all->count++] = root;
}

static void report(const rule_reader *r, const diagnostics *found, bool errors) {
    for (size_t i = 0; i < found->count; i++) {
        const diagnostic *one = &found->items[i];
        if (errors || one->level != DIAGNOSTIC_ERROR)
            diagnostics_add(r->d, one->level, one->file, one->at, one->length, one->rule, "%s", one->text);
    }
}

static unsigned error_line(const diagnostics *found) {
    for (size_t i = 0; i < found->count; i++)
        if (found->items[i].level == DIAGNOSTIC_ERROR)
            return found->items[i].at.line;
    return 0;
}

/* Moves the piece to where reading may go on after an error: the next line that begins a list's item. */
static bool resume(yaml_input *piece, unsigned error) {
    const char *at = piece->bytes, *end = at + piece->len;
    for (unsigned line = 1 + piece->lines_before; at < end; line++) {
        const char *text = at + strspn(at, " ");
        if (line >= error && line > 1 + piece->lines_before && text < end && text[0] == '-' && text[1] == ' ') {
            piece->bytes = at;
            piece->len = (size_t)(end - at);
            piece->lines_before = line - 1;
            return true;
        }
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        at = newline ? newline + 1 : end;
    }
    return false;
}

/* The first error is the one to mend; what is said of the pieces behind it may only follow from it. */
static void parse_document(const rule_reader *r, yaml_input piece, documents *all) {
    for (unsigned tries = 0; tries <= RESUMES_MAX && !is_blank(piece.bytes, piece.bytes + piece.len); tries++) {
        diagnostics found;
        diagnostics_init(&found);
        yaml_node *root = yaml_tree_parse(&piece, r->scratch, &found);
        unsigned error = error_line(&found);
        if (root)
            add_root(r, all, root);
        all->broken = all->broken || error > 0 || found.errors > 0;
        report(r, &found, tries == 0);
        bool more = error > 0 && resume(&piece, error);
        diagnostics_release(&found);
        if (!more)
            return;
    }
}

/* Each document by itself. `whole`: NUL-terminated. */
static documents parse_documents(const rule_reader *r, const yaml_input *whole) {
    documents all = {0};
    yaml_input piece = *whole;
    unsigned line = 0;
    const char *begin = whole->bytes, *end = whole->bytes + whole->len;
    for (const char *at = begin; at < end; line++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        if (at > begin && is_separator(at, end)) {
            piece.bytes = begin;
            piece.len = (size_t)(at - begin);
            parse_document(r, piece, &all);
            piece.lines_before = whole->lines_before + line;
            begin = at;
        }
        at = newline ? newline + 1 : end;
    }
    piece.bytes = begin;
    piece.len = (size_t)(end - begin);
    parse_document(r, piece, &all);
    return all;
}

static documents parse(const rule_reader *given, yaml_input *in) {
    if (in->len > in->bytes_max || !rule_has_templates(in->bytes, in->len))
        return parse_documents(given, in);
    diagnostics native;
    diagnostics_init(&native);
    rule_reader r = *given;
    r.d = &native;
    documents all = parse_documents(&r, in);
    if (all.broken) {
        in->bytes = rule_mask(in->bytes, in->len, r.scratch, &in->len);
        in->bytes_max *= MASK_GROWTH;
        in->dialect = YAML_TEMPLATED;
        all = parse_documents(given, in);
    } else {
        report(given, &native, true);
    }
    diagnostics_release(&native);
    return all;
}

/* What is no UTF-8 is reported, and the rest is read: every byte of it that is wrong becomes a low line. */
static void clean(const rule_reader *r, yaml_input *in) {
    if (in->len > in->bytes_max || text_is_utf8(in->bytes, in->len))
        return;
    yaml_node *none = yaml_tree_parse(in, r->scratch, r->d);
    assert(!none);
    (void)none;
    char *copy = arena_alloc(r->scratch, in->len + 1);
    memcpy(copy, in->bytes, in->len);
    copy[in->len] = '\0';
    for (size_t at = 0; at < in->len;) {
        unsigned char lead = (unsigned char)copy[at];
        size_t len = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
        bool good = at + len <= in->len && text_is_utf8(copy + at, len);
        if (!good)
            copy[at] = '_';
        at += good ? len : 1;
    }
    in->bytes = copy;
}

void rule_text_read(rule_reader *r, const rule_text *text) {
    yaml_input in = {.bytes = text->bytes,
                     .len = text->len,
                     .path = r->file,
                     .bytes_max = LIMIT_RULE_FILE_BYTES,
                     .dialect = YAML_TOLERANT,
                     .lines_before = text->lines_before,
                     .columns_before = text->columns_before};
    clean(r, &in);
    documents all = parse(r, &in);
    for (size_t i = 0; i < all.count && !r->full; i++)
        rule_collect(r, all.roots[i], text->inner);
}
