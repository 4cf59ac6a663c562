/* Comments: which # begins one, which lines they speak of, and what they silence. */
#include "config/match_values.h"
#include "config/yaml_tree.h"
#include "onus/clock.h"
#include "support.h"

#include <criterion/criterion.h>
#include <string.h>

typedef struct comments_found {
    arena *memory;
    char *text;
} comments_found;

static void note(void *context, const yaml_comment *c) {
    comments_found *found = context;
    found->text = arena_printf(found->memory, "%s%u:%u%s%.*s\n", found->text, c->at.line, c->at.column,
                               c->alone ? "!" : " ", (int)c->len, c->text);
}

typedef struct comments_case {
    const char *yaml, *found;
} comments_case;

Test(comments, a_hash_is_a_comment_only_where_yaml_has_one) {
    static const comments_case CASES[] = {
        {"a: b # c\n", "1:6  c\n"},
        {"# c\na: b\n", "1:1! c\n"},
        {"a: b\n  #c", "2:3!c\n"},
        {"a: b#c\n", ""},
        {"a#b: c # d\n", "1:8  d\n"},
        {"a: \"b # c\" # d\n", "1:12  d\n"},
        {"a: 'b '' # c' # d\n", "1:15  d\n"},
        {"a: \"b \\\" # c\" # d\n", "1:15  d\n"},
        {"a: \"b\n  # c\n  d\" # e\n", "3:6  e\n"},
        {"a: | # c\n  # no\n  text # no\n# d\nb: c\n", "1:6  c\n4:1! d\n"},
        {"a: >-\n  # no\n\n  # no\nb: c # d\n", "5:6  d\n"},
        {"a: |\n  # no", ""},
        {"a: |\n  b\n# c\n  # d\ne: f\n", "3:1! c\n4:3! d\n"}, /* the first ends the block */
        {"a: [b, # c\n  d#e, # f\n  ] # g\n", "1:8  c\n2:8  f\n3:5  g\n"},
        {"a: { b: c } # d\n", "1:13  d\n"},
        {"a: b\n  c # d\n", "2:5  d\n"},
        {"a: # c\n  - b # d\n  # e\n  -\n", "1:4  c\n2:7  d\n3:3! e\n"},
        {"größe: \"ä # ö\" # ü\n", "1:16  ü\n"},
        {"a: b # c\r\nb: c # d\r\n", "1:6  c\n2:6  d\n"},
        {"\xEF\xBB\xBF# c\na: b\n", "1:1! c\n"},
        {"--- # c\na: b\n... # d\n", "1:5  c\n3:5  d\n"},
        {"a: http://x/#y # c\n", "1:16  c\n"},
        {"a: b # c\xE2\x80\xA8# d\n", "1:6  c\n2:1! d\n"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        arena *a = arena_new();
        diagnostics d;
        diagnostics_init(&d);
        yaml_input in = {CASES[i].yaml, strlen(CASES[i].yaml), "f", 1000};
        yaml_node *root = yaml_tree_parse(&in, a, &d);
        cr_assert_not_null(root, "%zu: %s", i, report(a, &d));
        comments_found found = {a, arena_strdup(a, "")};
        yaml_comments_find(&in, root, note, &found);
        cr_expect_str_eq(found.text, CASES[i].found, "%zu: %s", i, CASES[i].yaml);
        diagnostics_release(&d);
        arena_free(a);
    }
}

typedef struct allow_case {
    const char *before, *behind; /* the second row: a line above it, and the rest of its line */
    size_t allowed;
    const char *rule, *words; /* what is reported; NULL: nothing */
} allow_case;

#define PEOPLE "responsible: mlops-engineer, accountable: head-of-mlops, informed: ml-engineer"

static const allow_case CASES[] = {
    {"", "", 0, "shadowed-row", "\"two\""},
    {"", " # onus: allow shadowed-row: an old name", 1, NULL, NULL},
    {"  # onus: allow shadowed-row: an old name\n", "", 1, NULL, NULL},
    {"  # onus: allow shadowed-row: an old name\n  # onus: allow many-informed: x\n", "", 1, "unused-allow",
     "many-informed is not found in line 15"},
    {"  # onus: allow shadowed-row: an old name\n  # words\n", "", 0, "shadowed-row", "\"two\""},
    {"  # onus: allow shadowed-row: an old name\n\n", "", 0, "unused-allow", "shadowed-row is not found in line 14"},
    {"", " #onus:allow shadowed-row , consulted-at-night :an old name", 1, "unused-allow", "consulted-at-night"},
    {"", " # onus: allow shadowed-row", 0, "bad-allow", "the reason is missing"},
    {"", " # onus: allow shadowed-row:  ", 0, "bad-allow", "the reason is missing"},
    {"", " # onus: allow shadowed-rwo: x", 0, "bad-allow", "did you mean \"shadowed-row\"?"},
    {"", " # onus: allow nonsense: x", 0, "bad-allow", "--rules"},
    {"", " # onus: allow two-letters: x", 0, "bad-allow", "two-letters cannot be allowed"},
    {"", " # onus: ignore shadowed-row: x", 0, "bad-allow", "`# onus: allow RULE: why`"},
    {"", " # onus: allow: x", 0, "bad-allow", "not understood"},
    {"", " # onus: allow a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a: x", 0, "bad-allow", "at most 16"},
    {"", " # Onus: allow shadowed-row: x", 0, "shadowed-row", "\"two\""}, /* words, no instruction */
    {"", " # onus: allow many-informed: x", 0, "shadowed-row", "\"two\""},
};

Test(allow, silences_its_line_with_a_reason) {
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        arena *a = arena_new();
        diagnostics d;
        const char *rows = arena_printf(a,
                                        "  - { id: one, loop: system, match: [a = b], " PEOPLE " }\n"
                                        "%s  - { id: two, loop: system, match: [a = b], " PEOPLE " }%s\n",
                                        CASES[i].before, CASES[i].behind);
        chart *c = load_text(chart_text(a, rows), &d);
        cr_expect_eq(c != NULL, d.errors == 0);
        cr_expect_eq(d.allowed_count, CASES[i].allowed, "%zu: %s", i, report(a, &d));
        cr_expect_eq(reported(&d, "shadowed-row", ""), CASES[i].allowed == 0, "%zu: %s", i, report(a, &d));
        if (CASES[i].rule)
            cr_expect(reported(&d, CASES[i].rule, CASES[i].words), "%zu: %s", i, report(a, &d));
        else
            cr_expect_eq(d.count, 0, "%zu: %s", i, report(a, &d));
        chart_unref(c);
        diagnostics_release(&d);
        arena_free(a);
    }
}

Test(allow, the_reason_is_kept_with_what_it_allows) {
    arena *a = arena_new();
    diagnostics d;
    chart *c = load_text(chart_text(a, "  - { id: one, loop: system, match: [a = b], " PEOPLE " }\n"
                                       "  - { id: two, loop: system, match: [a = b], " PEOPLE
                                       " } # onus: allow shadowed-row:  until \"old\" is gone \n"),
                         &d);
    cr_assert_not_null(c, "an allowed error refuses nothing: %s", report(a, &d));
    cr_assert_eq(d.allowed_kept, 1);
    cr_expect_str_eq(d.allowed[0].rule, "shadowed-row");
    cr_expect_str_eq(d.allowed[0].reason, "until \"old\" is gone");
    cr_expect_eq(d.allowed[0].at.line, 13);
    chart_unref(c);
    diagnostics_release(&d);
    arena_free(a);
}

/* More than are shown: an allowed problem past the bound is no error either. */
Test(allow, as_many_as_there_are) {
    arena *a = arena_new();
    diagnostics d;
    buf rows;
    buf_init(&rows);
    for (int i = 0; i < 1000; i++)
        buf_printf(&rows, "  - { id: r%d, loop: system, match: [a = b], " PEOPLE " }%s\n", i,
                   i ? " # onus: allow shadowed-row: many" : "");
    chart *c = load_text(chart_text(a, rows.data), &d);
    cr_expect_not_null(c, "%s", report(a, &d));
    cr_expect_eq(d.allowed_count, 999);
    cr_expect_eq(d.allowed_kept, DIAGNOSTICS_MAX);
    chart_unref(c);
    diagnostics_release(&d);
    buf_release(&rows);
    arena_free(a);
}

Test(allow, a_wrong_comment_hides_no_other_problem_and_is_not_unused_in_a_chart_that_was_not_checked) {
    arena *a = arena_new();
    diagnostics d;
    cr_expect_null(
        load_text(chart_text(a, "  - { id: one, loop: system, match: [a = b], " PEOPLE " } # onus: allow x: y\n"
                                "  - { id: two, loop: system, match: [a = b], " PEOPLE " }\n"),
                  &d));
    cr_expect(reported(&d, "bad-allow", "") && reported(&d, "shadowed-row", ""), "%s", report(a, &d));
    diagnostics_release(&d);
    cr_expect_null(load_text(chart_text(a, "  # onus: allow shadowed-row: y\n"
                                           "  - { id: two, loop: sistem, match: [a = b], " PEOPLE " }\n"),
                             &d));
    cr_expect(reported(&d, "unknown-loop", "") && !reported(&d, "unused-allow", ""), "%s", report(a, &d));
    diagnostics_release(&d);
    arena_free(a);
}

typedef struct values_case {
    const char *pattern, *values; /* NULL: not counted up */
} values_case;

Test(regex_values, simple_regexes_are_counted_up) {
    static const values_case REGEXES[] = {
        {"a", "a"},
        {"a|b|c", "a|b|c"},
        {"prod(uction)?", "production|prod"},
        {"a(b|c)d", "abd|acd"},
        {"(a|b)(c|d)", "ac|ad|bc|bd"},
        {"(?:a|b)", "a|b"},
        {"a\\.b", "a.b"},
        {"", ""},
        {"a|", "a|"},
        {"ab?", "ab|a"},
        {"xé?", "xé|x"},
        {"é?", "é|"},
        {"ab??", "ab|a"},
        {"a.b", NULL},
        {"a*", NULL},
        {"(?i)a", NULL},
        {"[ab]", NULL},
        {"a\\d", NULL},
        {"a{2}", NULL},
        {"^a$", NULL},
        {"(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)", NULL},
        {"((((((((((((((((((a))))))))))))))))))", NULL},
        {"(", NULL},
        {"a)", NULL},
        {"?", NULL},
    };
    for (size_t i = 0; i < sizeof REGEXES / sizeof *REGEXES; i++) {
        arena *a = arena_new();
        const char *const *values;
        size_t count = 0;
        bool done = regex_values(a, REGEXES[i].pattern, &values, &count);
        cr_assert_eq(done, REGEXES[i].values != NULL, "%s", REGEXES[i].pattern);
        const char *joined = "";
        for (size_t k = 0; k < count; k++)
            joined = arena_printf(a, "%s%s%s", joined, k ? "|" : "", values[k]);
        cr_expect(!done || strcmp(joined, REGEXES[i].values) == 0, "%s: %s", REGEXES[i].pattern, joined);
        arena_free(a);
    }
}
