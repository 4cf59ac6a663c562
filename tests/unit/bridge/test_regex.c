/* RE2 through its C face: anchoring, errors, bounds, sets. */
#include "bridge/regex.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef struct match_case {
    const char *pattern, *text;
    bool matches;
} match_case;

Test(regex, matches_the_whole_text_only) {
    static const match_case CASES[] = {
        {"drift", "drift", true},
        {"drift", "ModelDrift", false},
        {".*drift", "a drift", true},
        {"a|bc", "bc", true},
        {"a|bc", "abc", false}, /* as ^(?:a|bc)$ */
        {"(?i)MODEL.*", "modelDrift", true},
        {"a", "a\n", false}, /* $ is the end of the text */
        {".*", "", true},
        {".+", "", false},
        {"\\p{L}+", "größe", true},
        {"[0-9]{2,3}", "1234", false},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        err e;
        struct regex *r = regex_new(CASES[i].pattern, &e);
        cr_assert_not_null(r, "%s", CASES[i].pattern);
        cr_expect_eq(regex_matches(r, CASES[i].text), CASES[i].matches, "%s against %s", CASES[i].pattern,
                     CASES[i].text);
        regex_free(r);
    }
}

Test(regex, refuses_what_it_cannot_run_and_says_why) {
    static const char *const WRONG[] = {
        "(", "a**{", "[z-a]", "(?<=a)b", "(a)\\1", "\\xff\\C(", "((a{1000}){1000}){1000}"};
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        err e = {0};
        cr_expect_null(regex_new(WRONG[i], &e), "%s", WRONG[i]);
        cr_expect_eq(e.kind, ERR_INVALID);
        cr_expect_not_null(strstr(e.text, "regular expression"));
    }
}

Test(regex, free_of_nothing_is_fine) {
    regex_free(NULL);
    regex_set_free(NULL);
    cr_assert(true);
}

static void collect(void *context, size_t member) {
    *(uint64_t *)context |= UINT64_C(1) << member;
}

Test(regex_set, tells_every_member_that_matches) {
    static const char *const PATTERNS[] = {"kube.*", "(?i).*NODE.*", "kubeNodeDown", "other"};
    struct regex_set *s = regex_set_new();
    err e;
    for (size_t i = 0; i < 4; i++)
        cr_assert(regex_set_add(s, PATTERNS[i], &e));
    cr_assert_not(regex_set_add(s, "(", &e), "a wrong member is refused");
    cr_assert(regex_set_compile(s, &e));
    uint64_t matched = 0;
    cr_assert(regex_set_match(s, "kubeNodeDown", collect, &matched));
    cr_assert_eq(matched, 7);
    matched = 0;
    cr_assert(regex_set_match(s, "nothing of it", collect, &matched));
    cr_assert_eq(matched, 0);
    regex_set_free(s);
}

Test(regex_set, holds_ten_thousand) {
    struct regex_set *s = regex_set_new();
    err e;
    char pattern[64];
    for (int i = 0; i < 10000; i++) {
        cr_assert_gt(snprintf(pattern, sizeof pattern, "service-%d-.*", i), 0);
        cr_assert(regex_set_add(s, pattern, &e));
    }
    cr_assert(regex_set_compile(s, &e));
    regex_set_free(s);
}
