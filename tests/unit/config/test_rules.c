/* Rule files as people have them: what is read out of each shape, where it stands, and what is said of what is wrong.
 * GOLDEN_WRITE=1 writes the expected lists anew. */
#include "onus/rules.h"

#include "onus/limits.h"
#include "support.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER "tests/golden/rules/"

/* One rule a line, then what was reported. */
static char *listing(arena *a, const alert_rules *rules, const diagnostics *d) {
    buf b;
    buf_init(&b);
    for (size_t i = 0; i < rules->count; i++) {
        const alert_rule *one = &rules->items[i];
        buf_printf(&b, "%s:%u:%u [%s] ", one->file, one->at.line, one->at.column, one->group);
        labels_put_json(&b, one->labels);
        buf_puts(&b, "\n    summary ");
        buf_put_json(&b, one->summary);
        buf_puts(&b, "\n    expr ");
        buf_put_json(&b, one->expression);
        buf_putc(&b, '\n');
    }
    for (size_t i = 0; i < d->count; i++) {
        diagnostic_print(&b, &d->items[i]);
        buf_putc(&b, '\n');
    }
    char *text = buf_to_arena(&b, a);
    buf_release(&b);
    return text;
}

static void write_golden(const char *path, const char *text) {
    FILE *f = fopen(path, "w");
    cr_assert(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

static void check_golden(const char *name) {
    arena *a = arena_new();
    diagnostics d;
    diagnostics_init(&d);
    alert_rules rules;
    const char *path = arena_printf(a, FOLDER "%s", name), *golden = arena_printf(a, FOLDER "%s.expected", name);
    cr_expect(alert_rules_load(&path, 1, a, &rules, &d));
    char *got = listing(a, &rules, &d);
    if (getenv("GOLDEN_WRITE"))
        write_golden(golden, got);
    const char *want = read_test_file(a, golden);
    cr_expect_str_eq(got, want ? want : "", "%s:\n%s", name, got);
    diagnostics_release(&d);
    arena_free(a);
}

Test(rules, every_shape_of_file) {
    static const char *const NAMES[] = {
        "groups.yaml",  "bare.yaml",    "manifests.yaml", "helm.yaml",       "prometheus-braces.yaml",
        "jsonnet.json", "jsonnet.yaml", "aliases.yaml",   "collection.yaml", "grafana.yaml",
        "broken.yaml"};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        check_golden(NAMES[i]);
}
