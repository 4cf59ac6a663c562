/* Owns how verdicts read: as text for people, as JSON for programs. */
#include "cli/test.h"

#include "onus/text.h"

enum { LABELS_SHOWN_BYTES = 400, VALUE_SHOWN_BYTES = 80 };

const char *case_failure_text(arena *a, const case_failure *f) {
    return arena_printf(a, "%s: expected %s, came %s%s%s", case_field_to_text(f->field), f->expected, f->came,
                        f->hint[0] ? "; " : "", f->hint);
}

const char *case_near_text(arena *a, const test_results *r, const near_miss *m) {
    const char *row = arena_printf(a, "row \"%s\" (%s:%u)", m->row->id, r->chart_path, m->row->at.line);
    if (m->hidden)
        return arena_printf(a, "%s matches, but an earlier row won", row);
    matcher failed = *m->failed; /* not hidden: one fails */
    failed.value = text_shorten(a, failed.value, VALUE_SHOWN_BYTES);
    buf b;
    buf_init(&b);
    matcher_print(&b, &failed);
    const char *text = arena_printf(a, "%s: %zu of %zu matchers fit; fails: %s", row, m->passed, m->asked, b.data);
    buf_release(&b);
    return text;
}

static const char *labels_text(arena *a, labels set) {
    buf b;
    buf_init(&b);
    for (size_t i = 0; i < set.count && b.len < LABELS_SHOWN_BYTES; i++)
        buf_printf(&b, "%s%s=%s", i ? " " : "", set.items[i].name, set.items[i].value);
    const char *text = text_shorten(a, b.data, LABELS_SHOWN_BYTES);
    buf_release(&b);
    return text;
}

static void print_line(const cli *c, const char *head, const char *text) {
    fprintf(c->out, "    %-11s %s\n", head, printable(c->memory, text));
}

static void print_failure(const cli *c, const test_results *r, const case_verdict *v) {
    arena *a = c->memory;
    const test_case *of = v->of;
    fprintf(c->out, "%s:%u:%u: %s: %s\n", of->file, of->at.line, of->at.column, paint(c, INK_RED, "failed"),
            printable(a, of->name));
    for (size_t i = 0; i < v->failure_count; i++) {
        const case_failure *f = &v->failures[i];
        unsigned line = of->expect[f->field].at.line;
        print_line(c, case_field_to_text(f->field), arena_printf(a, "expected %s (line %u)", f->expected, line));
        print_line(c, "", arena_printf(a, "came     %s", f->came));
        if (f->hint[0])
            print_line(c, "", f->hint);
    }
    print_line(c, "alert", labels_text(a, of->labels));
    print_line(c, "why", route_why(&v->route, a));
    for (size_t i = 0; i < v->near_count; i++)
        print_line(c, "near", case_near_text(a, r, &v->near[i]));
}

static void print_held(const cli *c, const case_verdict *v) {
    fprintf(c->out, "%s:%u:%u: %s: %s\n", v->of->file, v->of->at.line, v->of->at.column, paint(c, INK_GREEN, "passed"),
            printable(c->memory, v->of->name));
}

void test_print_text(const cli *c, const test_results *r, bool verbose) {
    for (size_t i = 0; i < r->count; i++) {
        const case_verdict *v = &r->verdicts[i];
        if (v->failure_count > 0)
            print_failure(c, r, v);
        else if (verbose)
            print_held(c, v);
    }
    const char *failed = arena_printf(c->memory, "%zu failed", r->failed);
    fprintf(c->out, "%zu passed, %s\n", r->count - r->failed,
            r->failed ? paint(c, INK_RED, failed) : paint(c, INK_GREEN, failed));
}

/* ── JSON ── */

static void put_text(buf *b, const char *name, const char *text) {
    buf_printf(b, "\"%s\":", name);
    buf_put_json(b, text);
    buf_putc(b, ',');
}

static void put_failures(buf *b, const case_verdict *v) {
    buf_puts(b, "\"failures\":[");
    for (size_t i = 0; i < v->failure_count; i++) {
        const case_failure *f = &v->failures[i];
        buf_puts(b, i ? ",{" : "{");
        put_text(b, "field", case_field_to_text(f->field));
        put_text(b, "expected", f->expected);
        put_text(b, "came", f->came);
        put_text(b, "hint", f->hint);
        buf_printf(b, "\"line\":%u}", v->of->expect[f->field].at.line);
    }
    buf_puts(b, "],");
}

static void put_near(buf *b, const cli *c, const test_results *r, const case_verdict *v) {
    buf_puts(b, "\"near\":[");
    for (size_t i = 0; i < v->near_count; i++) {
        buf_puts(b, i ? "," : "");
        buf_put_json(b, case_near_text(c->memory, r, &v->near[i]));
    }
    buf_puts(b, "]");
}

static void put_verdict(buf *b, const cli *c, const test_results *r, const case_verdict *v) {
    buf_putc(b, '{');
    put_text(b, "file", v->of->file);
    put_text(b, "name", v->of->name);
    put_text(b, "activity", v->route.row->index == UNOWNED_ROW ? "unowned" : v->route.row->id);
    put_text(b, "why", route_why(&v->route, c->memory));
    buf_printf(b, "\"line\":%u,\"passed\":%s,", v->of->at.line, v->failure_count ? "false" : "true");
    put_failures(b, v);
    put_near(b, c, r, v);
    buf_putc(b, '}');
}

void test_print_json(const cli *c, const test_results *r) {
    buf b;
    buf_init(&b);
    buf_putc(&b, '{');
    put_text(&b, "chart", r->chart_path);
    buf_puts(&b, "\"cases\":[");
    for (size_t i = 0; i < r->count; i++) {
        buf_puts(&b, i ? "," : "");
        put_verdict(&b, c, r, &r->verdicts[i]);
    }
    buf_printf(&b, "],\"passed\":%zu,\"failed\":%zu}\n", r->count - r->failed, r->failed);
    fputs(b.data, c->out);
    buf_release(&b);
}
