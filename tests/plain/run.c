/* Runs the tests that tests/plain/criterion/criterion.h registers: each in a child of its own, one after the other,
 * with Criterion's last line. A child that a sanitizer ended counts as failed. */
#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXIT_SKIPPED = 77, DEFAULT_TIMEOUT_SECONDS = 120 };

static plain_test *first;
static bool failed;

void plain_register(plain_test *test) {
    plain_test **at = &first;
    while (*at)
        at = &(*at)->next;
    *at = test;
}

void plain_check(bool passed, bool fatal, const char *file, int line, const char *check, const char *fmt, ...) {
    if (passed)
        return;
    va_list args;
    va_start(args, fmt);
    fprintf(stderr, "%s:%d: %s:", file, line, check);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    va_end(args);
    __atomic_store_n(&failed, true, __ATOMIC_RELAXED);
    if (fatal)
        exit(1);
}

void plain_skip(void) {
    exit(EXIT_SKIPPED);
}

static const plain_options *suite_options(const char *suite) {
    static const plain_options none;
    for (const plain_test *row = first; row; row = row->next)
        if (!row->name && strcmp(row->suite, suite) == 0)
            return &row->options;
    return &none;
}

static _Noreturn void run_in_child(const plain_test *test, const plain_options *suite) {
    double timeout = test->options.timeout > 0 ? test->options.timeout : suite->timeout;
    alarm(timeout > 0 ? (unsigned)(timeout * 10) : DEFAULT_TIMEOUT_SECONDS); /* a sanitizer is slow */
    if (suite->init)
        suite->init();
    if (test->options.init)
        test->options.init();
    test->run();
    if (test->options.fini)
        test->options.fini();
    if (suite->fini)
        suite->fini();
    exit(__atomic_load_n(&failed, __ATOMIC_RELAXED) ? 1 : 0);
}

static int status_of(const plain_test *test) {
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        run_in_child(test, suite_options(test->suite));
    if (child < 0 || waitpid(child, &status, 0) != child)
        return -1;
    if (WIFSIGNALED(status) && WTERMSIG(status) == test->options.signal && test->options.signal)
        return 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int main(void) {
    int tested = 0, passing = 0, failing = 0, crashing = 0, skipped = 0;
    for (const plain_test *test = first; test; test = test->next) {
        if (!test->name || test->options.disabled)
            continue;
        int status = status_of(test);
        if (status == EXIT_SKIPPED) {
            skipped++;
            continue;
        }
        bool good = status == test->options.exit_code;
        tested++;
        *(good ? &passing : status < 0 ? &crashing : &failing) += 1;
        if (!good)
            fprintf(stderr, "[FAIL] %s::%s: status %d\n", test->suite, test->name, status);
    }
    fprintf(stderr, "[====] Synthesis: Tested: %d | Passing: %d | Failing: %d | Crashing: %d | Skipped: %d\n", tested,
            passing, failing, crashing, skipped);
    return failing || crashing;
}
