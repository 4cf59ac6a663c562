/* The YAML tree: places, the strict subset, and hostile bytes. */
#include "config/yaml_tree.h"

#include "onus/limits.h"
#include "support.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static yaml_node *parse(const char *bytes, size_t len, arena *a, diagnostics *d) {
    diagnostics_init(d);
    return yaml_tree_parse(&(yaml_input){bytes, len, "f.yaml", LIMIT_CHART_BYTES}, a, d);
}

Test(yaml_tree, every_node_knows_where_it_stands) {
    static const char *const ENDS[] = {"\n", "\r\n"};
    for (int mark = 0; mark < 2; mark++)
        for (int end = 0; end < 2; end++) {
            arena *a = arena_new();
            diagnostics d;
            char *text = arena_printf(a, "%sa: 1%sb:%s  - größe%s  - { c: \"x y\", d: 'z' }%s",
                                      mark ? "\xEF\xBB\xBF" : "", ENDS[end], ENDS[end], ENDS[end], ENDS[end]);
            yaml_node *root = parse(text, strlen(text), a, &d);
            cr_assert_not_null(root, "%s", report(a, &d));
            yaml_node *list = yaml_get(root, "b"), *map = list->items[1];
            cr_expect_eq(list->count, 2);
            cr_expect_eq(list->items[0]->at.line, 3);
            cr_expect_eq(list->items[0]->at.column, 5);
            cr_expect_eq(list->items[0]->length, 5, "characters, not bytes");
            cr_expect_str_eq(yaml_get(map, "c")->text, "x y");
            cr_expect_eq(yaml_get(map, "c")->at.column, 10);
            cr_expect_eq(yaml_get(map, "c")->length, 5);
            cr_expect_not(yaml_get(map, "c")->plain);
            cr_expect_null(yaml_get(map, "none"));
            diagnostics_release(&d);
            arena_free(a);
        }
}

typedef struct refusal {
    const char *text, *rule;
    unsigned line, column;
} refusal;

Test(yaml_tree, the_strict_subset) {
    static const refusal CASES[] = {
        {"", "empty-file", 1, 1},
        {"# nothing\n", "empty-file", 1, 1},
        {"a: 1\na: 2\n", "duplicate-key", 2, 1},
        {"a: { b: 1, c: 2, b: 3 }\n", "duplicate-key", 1, 18},
        {"a: &x 1\n", "yaml-alias", 1, 4},
        {"a: *x\n", "yaml-alias", 1, 4},
        {"a: &x [1]\nb: [*x, *x]\n", "yaml-alias", 1, 4},
        {"a: !!str 1\n", "yaml-tag", 1, 4},
        {"a: 1\n---\nb: 2\n", "second-document", 2, 1},
        {"? [a, b]\n: 1\n", "yaml-key", 1, 3},
        {"a: 1\n\tb: 2\n", "yaml-syntax", 2, 1},
        {"a: [1, 2\nb: 3\n", "yaml-syntax", 2, 2},
        {"a: \"x\n", "yaml-syntax", 2, 1},
        {"a: b: c\n", "yaml-syntax", 1, 5},
        {"a: \x01\n", "yaml-syntax", 1, 4},
        {"a: 1\nb: \xff\n", "not-utf8", 2, 4},
        {"\xff\xfe"
         "a",
         "not-utf8", 1, 1},
        {"a: \xed\xa0\x80", "not-utf8", 1, 4},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        arena *a = arena_new();
        diagnostics d;
        (void)parse(CASES[i].text, strlen(CASES[i].text), a, &d);
        cr_expect_eq(d.errors, 1, "%s: %s", CASES[i].text, report(a, &d));
        if (d.count > 0) {
            cr_expect_str_eq(d.items[0].rule, CASES[i].rule, "%s: %s", CASES[i].text, report(a, &d));
            cr_expect_eq(d.items[0].at.line, CASES[i].line, "%s: %s", CASES[i].text, report(a, &d));
            cr_expect_eq(d.items[0].at.column, CASES[i].column, "%s: %s", CASES[i].text, report(a, &d));
        }
        diagnostics_release(&d);
        arena_free(a);
    }
}

Test(yaml_tree, nul_is_refused) {
    arena *a = arena_new();
    diagnostics d;
    cr_expect_null(parse("a: 1\nb\0: 2", 10, a, &d));
    cr_expect(reported(&d, "not-utf8", "NUL"));
    diagnostics_release(&d);
    cr_expect_eq(parse("a: \"x\\0y\"", 9, a, &d), NULL, "nor may an escape make one");
    cr_expect(reported(&d, "yaml-syntax", "NUL"));
    diagnostics_release(&d);
    arena_free(a);
}

/* `count` times one piece, then another. */
static char *repeat(const char *piece, size_t count, const char *tail) {
    size_t len = strlen(piece);
    char *text = malloc(len * count + strlen(tail) + 1);
    for (size_t i = 0; i < count; i++)
        memcpy(text + i * len, piece, len);
    strcpy(text + len * count, tail);
    return text;
}

typedef struct bomb {
    const char *piece;
    size_t count;
    const char *rule;
} bomb;

Test(yaml_tree, bombs_are_bounded) {
    static const bomb BOMBS[] = {
        {"[", 100000, "too-deep"},
        {"{a: ", 100000, "too-deep"},
        {"- ", 100000, "too-deep"},
        {"- 1\n", 1000001, "too-large"},
        {"aaaaaaaaaaaaaaaa\n", 500000, "too-large"},
    };
    for (size_t i = 0; i < sizeof BOMBS / sizeof *BOMBS; i++) {
        arena *a = arena_new();
        diagnostics d;
        char *text = repeat(BOMBS[i].piece, BOMBS[i].count, "");
        cr_expect_null(parse(text, strlen(text), a, &d), "%s", BOMBS[i].piece);
        cr_expect_eq(d.count, 1);
        cr_expect_str_eq(d.items[0].rule, BOMBS[i].rule);
        free(text);
        diagnostics_release(&d);
        arena_free(a);
    }
}

Test(yaml_tree, no_bytes_break_it) {
    static const char *const PIECES[] = {"a: ", "- ", "[",    "]",        "{",  "}",         "\n",    "  ",    ",",
                                         "\"",  "'",  "|\n",  "&x ",      "*x", "!t ",       "---\n", "...\n", "#",
                                         "\t",  "\r", "\xff", "\xc3\xa9", "? ", "%YAML 9\n", "<<: ",  "x"};
    srand(5);
    for (int round = 0; round < 5000; round++) {
        buf b;
        buf_init(&b);
        for (int i = rand() % 24; i >= 0; i--)
            buf_puts(&b, PIECES[(size_t)rand() % (sizeof PIECES / sizeof *PIECES)]);
        arena *a = arena_new();
        diagnostics d;
        yaml_node *root = parse(b.data, b.len, a, &d);
        cr_expect(root != NULL || d.errors > 0);
        diagnostics_release(&d);
        arena_free(a);
        buf_release(&b);
    }
}

/* ── what others wrote ── */

static yaml_node *parse_tolerant(const char *text, yaml_dialect dialect, arena *a, diagnostics *d) {
    diagnostics_init(d);
    yaml_input in = {.bytes = text,
                     .len = strlen(text),
                     .path = "f.yaml",
                     .bytes_max = LIMIT_CHART_BYTES,
                     .dialect = dialect,
                     .lines_before = 10,
                     .columns_before = 4};
    return yaml_tree_parse(&in, a, d);
}

Test(yaml_tree, a_tolerant_tree_shares_what_an_alias_names) {
    arena *a = arena_new();
    diagnostics d;
    yaml_node *root = parse_tolerant("a: &x { b: !t 1 }\nc: *x\nd: &self [*self, *none]\n", YAML_TOLERANT, a, &d);
    cr_assert(root);
    cr_expect_eq(yaml_get(root, "a"), yaml_get(root, "c"));
    cr_expect_str_eq(yaml_get(yaml_get(root, "c"), "b")->text, "1");
    cr_expect(yaml_is_null(yaml_get(root, "d")->items[0]), "a list that holds itself would be endless");
    cr_expect_eq(yaml_get(root, "a")->at.line, 11);
    cr_expect_eq(yaml_get(root, "a")->at.column, 8);
    cr_expect_eq(d.errors, 0);
    cr_expect_eq(d.count, 2);
    cr_expect_eq(d.items[0].at.line, 13);
    diagnostics_release(&d);
    arena_free(a);
}

Test(yaml_tree, a_tolerant_tree_ends_where_the_error_is) {
    arena *a = arena_new();
    diagnostics d;
    yaml_node *root = parse_tolerant("- { a: 1 }\n- b: 1\n  c: d: e\n", YAML_TOLERANT, a, &d);
    cr_assert(root && root->kind == YAML_TREE_LIST && root->count == 2);
    cr_expect(root->open && root->items[1]->open && !root->items[0]->open);
    cr_expect_eq(d.errors, 1);
    cr_expect_eq(d.items[0].at.line, 13);
    cr_expect_eq(d.items[0].at.column, 11);
    diagnostics_release(&d);
    cr_expect_null(parse_tolerant("# nothing\n", YAML_TOLERANT, a, &d));
    cr_expect_eq(d.count, 0);
    diagnostics_release(&d);
    arena_free(a);
}

Test(yaml_tree, a_key_given_twice_is_an_error_a_warning_or_a_branch) {
    static const struct {
        yaml_dialect dialect;
        size_t errors, count;
    } CASES[] = {{YAML_STRICT, 1, 1}, {YAML_TOLERANT, 0, 1}, {YAML_TEMPLATED, 0, 0}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        arena *a = arena_new();
        diagnostics d;
        yaml_node *root = parse_tolerant("a: 1\na: 2\n", CASES[i].dialect, a, &d);
        cr_expect_eq(d.errors, CASES[i].errors);
        cr_expect_eq(d.count, CASES[i].count);
        cr_expect(root && strcmp(yaml_get(root, "a")->text, "1") == 0, "the first counts");
        diagnostics_release(&d);
        arena_free(a);
    }
}
