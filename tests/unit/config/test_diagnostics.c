/* Diagnostics: order, bound, printing with the line under it, JSON. */
#include "onus/diagnostic.h"

#include "onus/json.h"
#include "support.h"

#include <criterion/criterion.h>
#include <string.h>

static void add(diagnostics *d, const char *file, unsigned line, unsigned column) {
    diagnostics_add(d, DIAGNOSTIC_ERROR, file, (file_position){line, column}, 3, "a-rule", "what %d", 7);
}

Test(diagnostics, sorted_by_place) {
    diagnostics d;
    diagnostics_init(&d);
    add(&d, "b", 1, 1);
    add(&d, "a", 10, 1);
    add(&d, "a", 9, 5);
    add(&d, "a", 9, 4);
    diagnostics_sort(&d);
    arena *a = arena_new();
    cr_expect_str_eq(report(a, &d),
                     "9:4 a-rule: what 7\n9:5 a-rule: what 7\n10:1 a-rule: what 7\n1:1 a-rule: what 7\n");
    diagnostics_release(&d);
    arena_free(a);
}

Test(diagnostics, bounded_and_counted) {
    diagnostics d;
    diagnostics_init(&d);
    for (unsigned i = 0; i < 1000; i++)
        diagnostics_add(&d, i == 900 ? DIAGNOSTIC_ERROR : DIAGNOSTIC_WARNING, "f", (file_position){1000 - i, 1}, 0, "w",
                        "w");
    diagnostics_sort(&d);
    cr_assert_eq(d.count, DIAGNOSTICS_MAX + 1);
    cr_expect_eq(d.errors, 1, "an error past the bound still counts");
    cr_expect_eq(d.warnings, 999);
    size_t shown = 0;
    for (size_t i = 0; i < DIAGNOSTICS_MAX; i++)
        shown += d.items[i].level == DIAGNOSTIC_ERROR;
    cr_expect_eq(shown, 1, "and is shown instead of a warning");
    cr_expect_not_null(strstr(d.items[DIAGNOSTICS_MAX].text, "800 more"));
    diagnostics_release(&d);
}

typedef struct shown {
    const char *source;
    unsigned line, column, length;
    const char *under;
} shown;

Test(diagnostics, the_line_with_a_caret) {
    static const shown CASES[] = {
        {"one\ntwo three\n", 2, 5, 5, "    two three\n        ^~~~~\n"},
        {"a\r\nb\r\n", 2, 1, 0, "    b\n    ^\n"},
        {"\xEF\xBB\xBF"
         "key: 1",
         1, 1, 3, "    key: 1\n    ^~~\n"},
        {"größe: x", 1, 8, 1, "    größe: x\n           ^\n"},
        {"\tx", 1, 2, 1, "    \tx\n    \t^\n"},
        {"a\x1b[31mb", 1, 1, 1, "    a?[31mb\n    ^\n"},
        {"x", 9, 1, 1, ""},
        {"", 1, 1, 1, ""},
        {"x", 0, 0, 0, ""},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        diagnostic item = {DIAGNOSTIC_WARNING, "f", {CASES[i].line, CASES[i].column}, CASES[i].length, "r", "text"};
        buf b;
        buf_init(&b);
        diagnostic_print_with_source(&b, &item, CASES[i].source, strlen(CASES[i].source));
        const char *newline = strchr(b.data, '\n');
        cr_assert_not_null(newline);
        cr_expect_str_eq(newline + 1, CASES[i].under, "case %zu: %s", i, b.data);
        buf_release(&b);
    }
}

/* In a long line the part around the place is shown. */
Test(diagnostics, a_caret_far_to_the_right) {
    char line[1001];
    memset(line, 'a', 1000);
    line[1000] = '\0';
    memcpy(line + 499, "HERE", 4);
    diagnostic item = {DIAGNOSTIC_ERROR, "f", {1, 500}, 4, "r", "text", NULL};
    buf b;
    buf_init(&b);
    diagnostic_print_with_source(&b, &item, line, 1000);
    char *source = strchr(b.data, '\n') + 1, *caret = strchr(source, '\n') + 1;
    cr_expect_lt(strlen(source), 500);
    cr_expect_eq(strncmp(source, "    …a", 8), 0, "%s", source);
    /* … is three bytes and one column */
    cr_expect_eq(strstr(source, "HERE") - source - 2, strchr(caret, '^') - caret, "%s", source);
    cr_expect_not_null(strstr(caret, "^~~~\n"));
    buf_release(&b);
}

/* Lines end where libyaml says that they do. */
Test(diagnostics, the_lines_of_yaml) {
    static const char TEXT[] = "a\r\nb\rc\xC2\x85"
                               "d\xE2\x80\xA9"
                               "e\n";
    static const char *const LINES[] = {"a", "b", "c", "d", "e", ""};
    const char *end;
    for (unsigned i = 0; i < 6; i++) {
        const char *line = source_line(TEXT, strlen(TEXT), i + 1, &end);
        cr_assert_not_null(line, "line %u", i + 1);
        cr_expect_eq((size_t)(end - line), strlen(LINES[i]));
        cr_expect_eq(memcmp(line, LINES[i], strlen(LINES[i])), 0);
    }
    cr_expect_null(source_line(TEXT, strlen(TEXT), 7, &end));
    cr_expect_null(source_line(TEXT, strlen(TEXT), 0, &end));
}

Test(diagnostics, one_line_and_json) {
    diagnostics d;
    diagnostics_init(&d);
    add(&d, "raci.yaml", 3, 4);
    diagnostics_add(&d, DIAGNOSTIC_WARNING, "x", (file_position){0}, 0, "r", "%s", "a \"b\" \x1b[0m");
    buf b;
    buf_init(&b);
    diagnostic_print(&b, &d.items[0]);
    cr_expect_str_eq(b.data, "raci.yaml:3:4: error: what 7 [a-rule]");
    buf_clear(&b);
    diagnostic_print(&b, &d.items[1]);
    cr_expect_str_eq(b.data, "x: warning: a \"b\" ?[0m [r]");
    buf_clear(&b);
    diagnostics_put_json(&b, &d);
    err e;
    cJSON *tree = json_parse(b.data, b.len, &e);
    cr_assert_not_null(tree, "%s: %s", e.text, b.data);
    cr_expect_eq(cJSON_GetArraySize(json_member(tree, "diagnostics")), 2);
    cr_expect_eq(json_int(tree, "errors", 0), 1);
    cJSON_Delete(tree);
    buf_release(&b);
    diagnostics_release(&d);
}
