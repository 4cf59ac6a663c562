/* Owns how a validated package reads: part by part for people, as JSON for programs. The difficulty: a finding names a
 * value of the manifest, and a person needs the file and the line from which that value came. */
#include "cli/handoff_validate.h"

#include "onus/text.h"

#include <string.h>

/* ── places ── */

static const loaded_text *text_of(const handoff_loaded *l, const char *path) {
    for (size_t i = 0; i < l->text_count; i++)
        if (strcmp(l->texts[i].path, path) == 0)
            return &l->texts[i];
    return NULL;
}

/* Of a line, what stands in it: a block's lines are indented. */
static void underline(const validated *v, handoff_place *at) {
    const loaded_text *text = text_of(&v->loaded, at->file);
    const char *line = text ? text->bytes : "";
    for (unsigned i = 1; i < at->at.line && *line; i++) {
        line += strcspn(line, "\n");
        line += *line == '\n';
    }
    size_t blanks = strspn(line, " \t"), len = strcspn(line + blanks, "\r\n");
    at->at.column = (unsigned)blanks + 1;
    at->length = (unsigned)len;
}

static handoff_place place_of(const validated *v, const handoff_finding *f) {
    handoff_place at = {.file = v->loaded.path};
    if (handoff_place_of_line(&v->loaded.places, f->path, f->line, &at) && !at.file)
        at.file = v->loaded.path;
    if (f->line > 0)
        underline(v, &at);
    return at;
}

static diagnostic diagnostic_of(const cli *c, const validated *v, const handoff_finding *f) {
    handoff_place at = place_of(v, f);
    bool whole = at.pointer && strcmp(at.pointer, f->path) != 0 && *f->path;
    bool told = !whole || strcmp(f->rule, "missing") == 0; /* that names it by itself */
    const char *text = told ? f->text : arena_printf(c->memory, "%s: %s", f->path, f->text);
    return (diagnostic){f->level, at.file, at.at, at.length, f->rule, text};
}

/* ── text ── */

static void print_diagnostic(const cli *c, FILE *to, const validated *v, const diagnostic *d) {
    buf b;
    buf_init(&b);
    const loaded_text *text = c->color ? text_of(&v->loaded, d->file) : NULL;
    diagnostic_print_with_source(&b, d, text ? text->bytes : NULL, text ? text->len : 0);
    const char *word = d->level == DIAGNOSTIC_ERROR ? ": error: " : ": warning: ";
    const char *at = strstr(b.data, word);
    if (at)
        fprintf(to, "    %.*s: %s%s", (int)(at - b.data), b.data,
                paint(c, d->level == DIAGNOSTIC_ERROR ? INK_RED : INK_YELLOW,
                      d->level == DIAGNOSTIC_ERROR ? "error:" : "warning:"),
                at + strlen(word) - 1);
    else
        fprintf(to, "    %s", b.data);
    buf_release(&b);
}

static bool part_is_good(const validated *v, handoff_part part) {
    for (size_t i = 0; i < v->findings.count; i++)
        if (v->findings.items[i].part == part && v->findings.items[i].level == DIAGNOSTIC_ERROR)
            return false;
    return true;
}

static void print_part(const cli *c, FILE *to, const validated *v, handoff_part part) {
    bool good = part_is_good(v, part);
    const char *name = handoff_part_to_text(part);
    const char *holds = handoff_part_summary(&v->loaded.package, &v->context, part, c->memory);
    fprintf(to, "  %s %s", good ? paint(c, INK_GREEN, "✓") : paint(c, INK_RED, "✗"), paint(c, INK_BOLD, name));
    if (*holds)
        fprintf(to, "%*s %s", 13 - (int)strlen(name), "", printable(c->memory, holds));
    fputc('\n', to);
    for (size_t i = 0; i < v->findings.count; i++) {
        const handoff_finding *f = &v->findings.items[i];
        if (f->part != part)
            continue;
        diagnostic d = diagnostic_of(c, v, f);
        print_diagnostic(c, to, v, &d);
    }
}

static const char *name_of(const cli *c, const handoff_package *p) {
    if (!p->tree)
        return "no package";
    return printable(c->memory, arena_printf(c->memory, "%s %s", p->model[0] ? p->model : "(no model)",
                                             p->version[0] ? p->version : "(no version)"));
}

void validated_print(const cli *c, FILE *to, const validated *v) {
    fprintf(to, "%s  %s\n", paint(c, INK_BOLD, name_of(c, &v->loaded.package)), printable(c->memory, v->loaded.path));
    for (size_t i = 0; i < v->loaded.found.count; i++)
        print_diagnostic(c, to, v, &v->loaded.found.items[i]);
    for (size_t i = 0; v->loaded.package.tree && i < HANDOFF_PART_COUNT; i++)
        print_part(c, to, v, (handoff_part)i);
    if (v->findings.count == HANDOFF_FINDINGS_MAX)
        fprintf(to, "    only the first %d are shown; mend them first\n", HANDOFF_FINDINGS_MAX);
    fputc('\n', to);
}

/* ── JSON ── */

static void put_member(buf *b, const char *name, const char *text) {
    buf_printf(b, "\"%s\":", name);
    buf_put_json(b, text);
}

static void put_finding(buf *b, const diagnostic *d, const char *part, const char *path) {
    buf_printf(b, "{\"level\":\"%s\",", d->level == DIAGNOSTIC_ERROR ? "error" : "warning");
    put_member(b, "part", part);
    buf_putc(b, ',');
    put_member(b, "path", path);
    buf_putc(b, ',');
    put_member(b, "file", d->file);
    buf_printf(b, ",\"line\":%u,\"column\":%u,", d->at.line, d->at.column);
    put_member(b, "rule", d->rule);
    buf_putc(b, ',');
    put_member(b, "text", d->text);
    buf_putc(b, '}');
}

static void put_findings(buf *b, const validated *v) {
    const char *comma = "";
    buf_puts(b, ",\"findings\":[");
    for (size_t i = 0; i < v->loaded.found.count; i++, comma = ",") {
        buf_puts(b, comma);
        put_finding(b, &v->loaded.found.items[i], NULL, NULL);
    }
    for (size_t i = 0; i < v->findings.count; i++) {
        const handoff_finding *f = &v->findings.items[i];
        handoff_place at = place_of(v, f);
        buf_puts(b, comma);
        put_finding(b, &(diagnostic){f->level, at.file, at.at, at.length, f->rule, f->text},
                    handoff_part_to_text(f->part), f->path);
        comma = ",";
    }
    buf_puts(b, "]}");
}

static void put_parts(const cli *c, buf *b, const validated *v) {
    buf_puts(b, ",\"parts\":[");
    for (size_t i = 0; v->loaded.package.tree && i < HANDOFF_PART_COUNT; i++) {
        handoff_part part = (handoff_part)i;
        buf_puts(b, i ? ",{" : "{");
        put_member(b, "part", handoff_part_to_text(part));
        buf_printf(b, ",\"good\":%s,", part_is_good(v, part) ? "true" : "false");
        put_member(b, "summary", handoff_part_summary(&v->loaded.package, &v->context, part, c->memory));
        buf_putc(b, '}');
    }
    buf_putc(b, ']');
}

void validated_put_json(const cli *c, buf *b, const validated *all, size_t count) {
    size_t errors = 0, warnings = 0;
    buf_puts(b, "{\"packages\":[");
    for (size_t i = 0; i < count; i++) {
        const validated *v = &all[i];
        const handoff_package *p = &v->loaded.package;
        errors += v->errors;
        warnings += v->warnings;
        buf_puts(b, i ? ",{" : "{");
        put_member(b, "path", v->loaded.path);
        buf_putc(b, ',');
        put_member(b, "model", p->model);
        buf_putc(b, ',');
        put_member(b, "version", p->version);
        buf_printf(b, ",\"errors\":%zu,\"warnings\":%zu", v->errors, v->warnings);
        put_parts(c, b, v);
        put_findings(b, v);
    }
    buf_printf(b, "],\"errors\":%zu,\"warnings\":%zu}", errors, warnings);
}
