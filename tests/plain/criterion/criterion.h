/* Stands in for Criterion where it cannot run (ThreadSanitizer: both claim the same addresses): the part of it that our
 * tests use, each test in a forked child. tests/plain/run.c runs them. */
#ifndef PLAIN_CRITERION_H
#define PLAIN_CRITERION_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

typedef struct plain_options {
    void (*init)(void);
    void (*fini)(void);
    double timeout; /* seconds */
    int signal, exit_code;
    bool disabled;
    const char *description;
} plain_options;

typedef struct plain_test {
    const char *suite, *name; /* name NULL: the options of a suite */
    void (*run)(void);
    plain_options options;
    struct plain_test *next;
} plain_test;

void plain_register(plain_test *test);
/* Notes a failed check; ends the test when it was an assertion. */
void plain_check(bool passed, bool fatal, const char *file, int line, const char *check, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));
_Noreturn void plain_skip(void);

#define PLAIN_ROW(suite, test, function, row, ...)                                                                     \
    static plain_test row = {suite, test, function, {__VA_ARGS__}, NULL};                                              \
    __attribute__((constructor)) static void row##_register(void) {                                                    \
        plain_register(&row);                                                                                          \
    }
#define Test(suite, name, ...)                                                                                         \
    static void suite##_##name##_impl(void);                                                                           \
    PLAIN_ROW(#suite, #name, suite##_##name##_impl, suite##_##name##_row, __VA_ARGS__)                                 \
    static void suite##_##name##_impl(void)
#define TestSuite(suite, ...) PLAIN_ROW(#suite, NULL, NULL, suite##_suite_row, __VA_ARGS__)

#define PLAIN_CHECK(fatal, passed, check, ...) plain_check((passed), fatal, __FILE__, __LINE__, check, " " __VA_ARGS__)
#define PLAIN_TEXT(a, op, b) (strcmp((a), (b)) op 0)

#define cr_assert(x, ...) PLAIN_CHECK(true, (x), #x, __VA_ARGS__)
#define cr_expect(x, ...) PLAIN_CHECK(false, (x), #x, __VA_ARGS__)
#define cr_assert_not(x, ...) PLAIN_CHECK(true, !(x), "not " #x, __VA_ARGS__)
#define cr_expect_not(x, ...) PLAIN_CHECK(false, !(x), "not " #x, __VA_ARGS__)
#define cr_assert_null(x, ...) PLAIN_CHECK(true, (x) == NULL, #x " is NULL", __VA_ARGS__)
#define cr_expect_null(x, ...) PLAIN_CHECK(false, (x) == NULL, #x " is NULL", __VA_ARGS__)
#define cr_assert_not_null(x, ...) PLAIN_CHECK(true, (x) != NULL, #x " is not NULL", __VA_ARGS__)
#define cr_expect_not_null(x, ...) PLAIN_CHECK(false, (x) != NULL, #x " is not NULL", __VA_ARGS__)
#define cr_assert_eq(a, b, ...) PLAIN_CHECK(true, (a) == (b), #a " == " #b, __VA_ARGS__)
#define cr_expect_eq(a, b, ...) PLAIN_CHECK(false, (a) == (b), #a " == " #b, __VA_ARGS__)
#define cr_assert_neq(a, b, ...) PLAIN_CHECK(true, (a) != (b), #a " != " #b, __VA_ARGS__)
#define cr_expect_neq(a, b, ...) PLAIN_CHECK(false, (a) != (b), #a " != " #b, __VA_ARGS__)
#define cr_assert_lt(a, b, ...) PLAIN_CHECK(true, (a) < (b), #a " < " #b, __VA_ARGS__)
#define cr_expect_lt(a, b, ...) PLAIN_CHECK(false, (a) < (b), #a " < " #b, __VA_ARGS__)
#define cr_assert_leq(a, b, ...) PLAIN_CHECK(true, (a) <= (b), #a " <= " #b, __VA_ARGS__)
#define cr_expect_leq(a, b, ...) PLAIN_CHECK(false, (a) <= (b), #a " <= " #b, __VA_ARGS__)
#define cr_assert_gt(a, b, ...) PLAIN_CHECK(true, (a) > (b), #a " > " #b, __VA_ARGS__)
#define cr_expect_gt(a, b, ...) PLAIN_CHECK(false, (a) > (b), #a " > " #b, __VA_ARGS__)
#define cr_assert_geq(a, b, ...) PLAIN_CHECK(true, (a) >= (b), #a " >= " #b, __VA_ARGS__)
#define cr_expect_geq(a, b, ...) PLAIN_CHECK(false, (a) >= (b), #a " >= " #b, __VA_ARGS__)
#define cr_assert_str_eq(a, b, ...) PLAIN_CHECK(true, PLAIN_TEXT(a, ==, b), #a " is " #b, __VA_ARGS__)
#define cr_expect_str_eq(a, b, ...) PLAIN_CHECK(false, PLAIN_TEXT(a, ==, b), #a " is " #b, __VA_ARGS__)
#define cr_assert_str_neq(a, b, ...) PLAIN_CHECK(true, PLAIN_TEXT(a, !=, b), #a " is not " #b, __VA_ARGS__)
#define cr_expect_str_neq(a, b, ...) PLAIN_CHECK(false, PLAIN_TEXT(a, !=, b), #a " is not " #b, __VA_ARGS__)
#define cr_assert_arr_eq(a, b, size, ...) PLAIN_CHECK(true, !memcmp((a), (b), (size)), #a " is " #b, __VA_ARGS__)
#define cr_expect_arr_eq(a, b, size, ...) PLAIN_CHECK(false, !memcmp((a), (b), (size)), #a " is " #b, __VA_ARGS__)
#define cr_assert_fail(...) PLAIN_CHECK(true, false, "fail", __VA_ARGS__)
#define cr_expect_fail(...) PLAIN_CHECK(false, false, "fail", __VA_ARGS__)
#define cr_fail(...) PLAIN_CHECK(false, false, "fail", __VA_ARGS__)
#define cr_fatal(...) PLAIN_CHECK(true, false, "fail", __VA_ARGS__)
#define cr_skip_test(...) plain_skip()
#define cr_skip(...) plain_skip()
#define cr_log_info(...) ((void)0)
#define cr_log_warn(...) ((void)0)

#endif
