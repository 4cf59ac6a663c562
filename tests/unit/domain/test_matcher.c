/* Matchers: Alertmanager's grammar, what matches, how it is printed. */
#include "onus/matcher.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

typedef struct parse_case {
    const char *text;
    const char *printed; /* NULL: refused */
    size_t error_at;
} parse_case;

/* The shapes of Alertmanager's own parser tests, and what people write. */
static const parse_case CASES[] = {
    {"", "", 0},
    {"{}", "", 0},
    {" { } ", "", 0},
    {"foo=bar", "foo = bar", 0},
    {"{foo=bar}", "foo = bar", 0},
    {"foo=bar,", "foo = bar", 0},
    {"{foo=bar,}", "foo = bar", 0},
    {"foo!=bar", "foo != bar", 0},
    {"foo=~bar", "foo =~ \"bar\"", 0},
    {"foo!~bar", "foo !~ \"bar\"", 0},
    {"  foo  =  bar  ,  baz != qux ", "foo = bar, baz != qux", 0},
    {"foo=\"bar\"", "foo = bar", 0},
    {"\"foo\"=\"bar\"", "foo = bar", 0},
    {"foo=\"\"", "foo = \"\"", 0},
    {"foo=\"a b\"", "foo = \"a b\"", 0},
    {"foo=\"a\\\"b\\\\c\\nd\"", "foo = \"a\\\"b\\\\c\\nd\"", 0},
    {"foo=~\"\\d+\\.x\"", "foo =~ \"\\\\d+\\\\.x\"", 0}, /* other backslashes stand for themselves */
    {"größe=🙂", "größe = 🙂", 0},
    {"foo🙂=bar", "foo🙂 = bar", 0},
    {"foo=bar\u00a0", "foo = bar", 0}, /* Unicode white space */
    {"alertname =~ (?i).*drift.*", "alertname =~ \"(?i).*drift.*\"", 0},
    {"a.b/c:d=e@f|g", "a.b/c:d = e@f|g", 0},
    {"{", NULL, 1},
    {"}", NULL, 0},
    {"{foo=bar", NULL, 8},
    {"foo=bar}", NULL, 7},
    {"{foo=bar}}", NULL, 9},
    {"{foo=bar} x", NULL, 10},
    {"{,}", NULL, 1},
    {",foo=bar", NULL, 0},
    {"foo=bar,,baz=qux", NULL, 8},
    {"foo", NULL, 3},
    {"foo!bar", NULL, 3},
    {"foo=", NULL, 4},
    {"=bar", NULL, 0},
    {"\"\"=bar", NULL, 0},
    {"foo=\"bar", NULL, 4},
    {"foo=bar baz", NULL, 8},
    {"foo=b'ar", NULL, 5},
    {"foo=~\"(\"", NULL, 5},
    {"a=b, foo=~[", NULL, 10},
    {"foo==bar", NULL, 4},
    {"foo=\xff", NULL, 0},
};

Test(matcher, grammar) {
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        const parse_case *c = &CASES[i];
        arena *a = arena_new();
        matchers m;
        size_t error_at = 999;
        err e = {0};
        bool parsed = matchers_parse(a, c->text, &m, &error_at, &e);
        cr_expect_eq(parsed, c->printed != NULL, "%s: %s", c->text, e.text);
        if (parsed && c->printed) {
            buf b;
            buf_init(&b);
            matchers_print(&b, &m);
            cr_expect_str_eq(b.data, c->printed);
            buf_release(&b);
        } else if (!parsed && !c->printed) {
            cr_expect_eq(error_at, c->error_at, "%s: at %zu: %s", c->text, error_at, e.text);
        }
        if (parsed)
            matchers_release(&m);
        arena_free(a);
    }
}

Test(matcher, what_is_printed_reads_the_same) {
    static const char *const TEXTS[] = {"a = \"x\\\\d \\\"q\\\" \\n, {}\"", "b =~ \"(?i).*a b.*\"", "\"c d\" != e"};
    for (size_t i = 0; i < 3; i++) {
        arena *a = arena_new();
        matchers m, again;
        size_t at;
        err e;
        buf b;
        buf_init(&b);
        cr_assert(matchers_parse(a, TEXTS[i], &m, &at, &e));
        matchers_print(&b, &m);
        cr_assert(matchers_parse(a, b.data, &again, &at, &e), "%s", b.data);
        cr_expect_str_eq(m.items[0].name, again.items[0].name);
        cr_expect_str_eq(m.items[0].value, again.items[0].value);
        matchers_release(&m);
        matchers_release(&again);
        buf_release(&b);
        arena_free(a);
    }
}

typedef struct match_case {
    const char *matchers;
    bool matches; /* {env="prod", model="fraud"} */
    const char *failed;
} match_case;

Test(matcher, a_missing_label_equals_the_empty_text) {
    static const match_case MATCH[] = {
        {"env=prod", true, NULL},
        {"env=dev", false, "env"},
        {"zone=\"\"", true, NULL},
        {"zone!=\"\"", false, "zone"},
        {"zone!=eu", true, NULL},
        {"zone=~\".*\"", true, NULL},
        {"zone=~\".+\"", false, "zone"},
        {"zone!~\".+\"", true, NULL},
        {"model=~fra", false, "model"},
        {"model=~\"fra.*\"", true, NULL},
        {"model!~\"fra.*\"", false, "model"},
        {"env=prod,model=x,zone=y", false, "model"},
        {"", true, NULL},
    };
    arena *a = arena_new();
    const label pairs[] = {{"env", "prod"}, {"model", "fraud"}};
    labels set = labels_from_pairs(a, pairs, 2);
    for (size_t i = 0; i < sizeof MATCH / sizeof *MATCH; i++) {
        matchers m;
        size_t at;
        err e;
        cr_assert(matchers_parse(a, MATCH[i].matchers, &m, &at, &e), "%s", MATCH[i].matchers);
        cr_expect_eq(matchers_match(&m, set), MATCH[i].matches, "%s", MATCH[i].matchers);
        const matcher *failed = matchers_first_failure(&m, set);
        cr_expect_eq(failed == NULL, MATCH[i].failed == NULL);
        if (failed && MATCH[i].failed)
            cr_expect_str_eq(failed->name, MATCH[i].failed);
        matchers_release(&m);
    }
    arena_free(a);
}

Test(matcher, a_list_has_a_bound) {
    arena *a = arena_new();
    buf b;
    buf_init(&b);
    for (int i = 0; i < 65; i++)
        buf_printf(&b, "a%d=~b,", i);
    matchers m;
    size_t at;
    err e;
    cr_expect_not(matchers_parse(a, b.data, &m, &at, &e));
    cr_expect_eq(e.kind, ERR_LIMIT);
    buf_release(&b);
    arena_free(a);
}

Test(matcher, no_bytes_break_the_reader) {
    static const char ALPHABET[] = "a=!~{},\"\\ n\n\xc3\xa9\xff(.*)";
    srand(7);
    for (int round = 0; round < 20000; round++) {
        char text[24];
        size_t len = (size_t)rand() % (sizeof text - 1);
        for (size_t i = 0; i < len; i++)
            text[i] = ALPHABET[(size_t)rand() % (sizeof ALPHABET - 1)];
        text[len] = '\0';
        arena *a = arena_new();
        matchers m;
        size_t at = 0;
        err e;
        if (matchers_parse(a, text, &m, &at, &e))
            matchers_release(&m);
        else
            cr_expect_leq(at, len);
        arena_free(a);
    }
}
