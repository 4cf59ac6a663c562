/* Owns the verdicts as JUnit's XML (github.com/testmoapp/junitxml), which CI systems show. The difficulty: XML 1.0 has
 * characters that no escape can write, and labels may hold them. */
#include "cli/test.h"

#include <string.h>

/* Control characters become spaces; U+FFFE and U+FFFF, which are three bytes, too. */
static const char *xml_safe(arena *a, const char *text) {
    char *safe = arena_strdup(a, printable(a, text));
    for (char *at = strstr(safe, "\xEF\xBF"); at; at = strstr(at + 2, "\xEF\xBF"))
        if ((unsigned char)at[2] >= 0xBE)
            at[0] = at[1] = at[2] = ' ';
    return safe;
}

static void put_attribute(buf *b, arena *a, const char *name, const char *text) {
    buf_printf(b, " %s=\"", name);
    buf_put_html(b, xml_safe(a, text));
    buf_putc(b, '"');
}

static void put_line(buf *b, arena *a, const char *text) {
    buf_put_html(b, xml_safe(a, text));
    buf_putc(b, '\n');
}

static void put_failure(buf *b, arena *a, const test_results *r, const case_verdict *v) {
    buf_puts(b, "\n      <failure");
    put_attribute(b, a, "message", case_failure_text(a, &v->failures[0]));
    put_attribute(b, a, "type", case_field_to_text(v->failures[0].field));
    buf_putc(b, '>');
    for (size_t i = 0; i < v->failure_count; i++)
        put_line(b, a, case_failure_text(a, &v->failures[i]));
    put_line(b, a, route_why(&v->route, a));
    for (size_t i = 0; i < v->near_count; i++)
        put_line(b, a, case_near_text(a, r, &v->near[i]));
    buf_puts(b, "</failure>\n    ");
}

static void put_case(buf *b, arena *a, const test_results *r, const case_verdict *v) {
    buf_puts(b, "    <testcase");
    put_attribute(b, a, "name", v->of->name);
    put_attribute(b, a, "classname", v->of->file);
    put_attribute(b, a, "file", v->of->file);
    buf_printf(b, " line=\"%u\">", v->of->at.line);
    if (v->failure_count > 0)
        put_failure(b, a, r, v);
    buf_puts(b, "</testcase>\n");
}

/* The cases of one file lie together; returns the place after them. */
static size_t put_suite(buf *b, arena *a, const test_results *r, size_t from) {
    const char *file = r->verdicts[from].of->file;
    size_t end = from, failed = 0;
    for (; end < r->count && strcmp(r->verdicts[end].of->file, file) == 0; end++)
        failed += r->verdicts[end].failure_count > 0;
    buf_puts(b, "  <testsuite");
    put_attribute(b, a, "name", file);
    buf_printf(b, " tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"0\">\n", end - from, failed);
    for (size_t i = from; i < end; i++)
        put_case(b, a, r, &r->verdicts[i]);
    buf_puts(b, "  </testsuite>\n");
    return end;
}

void test_put_junit(buf *b, arena *a, const test_results *r) {
    buf_puts(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    buf_printf(b, "<testsuites name=\"onus test\" tests=\"%zu\" failures=\"%zu\" errors=\"0\">\n", r->count, r->failed);
    for (size_t at = 0; at < r->count;)
        at = put_suite(b, a, r, at);
    buf_puts(b, "</testsuites>\n");
}
