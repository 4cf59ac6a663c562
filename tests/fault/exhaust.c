/* The failure of every allocation. Each path of paths.c runs in a child whose n-th allocation is refused, for n = 1, 2,
 * … until a run needs fewer: first only the n-th, then the n-th and all later ones.
 *
 * A child may end in three ways: exit 71 with a line on stderr (the database recovers the work), an orderly failure, or
 * the same result as without the refusal. A signal, a silent exit or another result is a fault.
 *
 * The difficulty: malloc and its kin are defined here, so that the C library, cJSON, libyaml, OpenSSL and RE2 are
 * refused too; therefore this program is never built with a sanitizer. */
#include "exhaust.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

enum {
    EXIT_SAME = 0,
    EXIT_ORDERLY = 10,
    EXIT_OTHER_RESULT = 11,
    EXIT_NOT_REACHED = 12,
    CHILD_SECONDS = 20,
    ALLOCATIONS_MAX = 100000,
    RESULT_MAX = 64 * 1024,
};

/* ── the refusing allocator ── */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static struct {
    bool armed, and_later;
    long seen, refused;
} allocator;

static bool refuse(void) {
    if (!allocator.armed)
        return false;
    allocator.seen++;
    if (allocator.seen != allocator.refused && !(allocator.and_later && allocator.seen > allocator.refused))
        return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size) {
    return refuse() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    return refuse() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size) {
    return refuse() ? NULL : __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    return refuse() ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size) {
    void *block = refuse() ? NULL : __libc_memalign(alignment, size);
    *out = block ? block : *out;
    return block ? 0 : ENOMEM;
}

/* ── one child ── */
typedef struct trial {
    const fault_path *path;
    long refused; /* 0: none, and the result is sent back */
    bool and_later;
    const char *expected;
} trial;

static void in_child(const trial *t, int answer) {
    buf result;
    (void)alarm(CHILD_SECONDS);
    buf_init(&result);
    allocator.and_later = t->and_later;
    allocator.refused = t->refused;
    allocator.armed = true;
    bool done = t->path->run(&result);
    allocator.armed = false;
    if (!t->refused) {
        ssize_t put = write(answer, result.data, result.len);
        _exit(done && put == (ssize_t)result.len ? EXIT_SAME : EXIT_ORDERLY);
    }
    if (allocator.seen < t->refused)
        _exit(EXIT_NOT_REACHED);
    if (!done)
        _exit(EXIT_ORDERLY);
    _exit(strcmp(result.data, t->expected) == 0 ? EXIT_SAME : EXIT_OTHER_RESULT);
}

/* Runs a child; what it wrote is in `said`. The wait status. */
static int run_child(const trial *t, char *said, size_t size) {
    int ends[2], status = 0;
    size_t len = 0;
    if (pipe(ends) != 0)
        abort();
    pid_t child = fork();
    if (child == 0) {
        if (dup2(ends[1], STDERR_FILENO) < 0)
            _exit(1);
        in_child(t, ends[1]);
    }
    close(ends[1]);
    for (ssize_t got; (got = read(ends[0], said + len, size - 1 - len)) > 0;)
        len += (size_t)got;
    said[len] = '\0';
    close(ends[0]);
    if (child < 0 || waitpid(child, &status, 0) != child)
        abort();
    return status;
}

/* Why the end is a fault, or NULL. */
static const char *fault_of(int status, const char *said) {
    if (WIFSIGNALED(status))
        return "killed by a signal";
    switch (WEXITSTATUS(status)) {
    case EXIT_SAME:
    case EXIT_ORDERLY:
        return NULL;
    case EX_OSERR:
        return strchr(said, '\n') ? NULL : "exit 71 without a line";
    case EXIT_OTHER_RESULT:
        return "success with another result";
    default:
        return "an unexpected exit";
    }
}

typedef struct tally {
    long allocations, exited, orderly, same, faults;
} tally;

static void count(tally *sum, int status) {
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    sum->exited += code == EX_OSERR;
    sum->orderly += code == EXIT_ORDERLY;
    sum->same += code == EXIT_SAME;
}

/* Every allocation of a path, in one of the two ways. True: no fault. */
static bool try_path(trial t) {
    static char said[RESULT_MAX];
    tally sum = {0};
    for (t.refused = 1; t.refused < ALLOCATIONS_MAX; t.refused++) {
        int status = run_child(&t, said, sizeof said);
        if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NOT_REACHED)
            break;
        const char *fault = fault_of(status, said);
        count(&sum, status);
        sum.allocations++;
        sum.faults += fault != NULL;
        if (fault && sum.faults <= 5)
            printf("  %s, allocation %ld: %s (status %x): %.200s\n", t.path->name, t.refused, fault, (unsigned)status,
                   said);
    }
    bool good = sum.faults == 0 && sum.allocations > 0 && t.refused < ALLOCATIONS_MAX;
    printf("  %-10s %-14s %6ld allocations: %ld exited with 71, %ld failed in order, %ld did without, %ld faults\n",
           t.path->name, t.and_later ? "all from n on" : "only the n-th", sum.allocations, sum.exited, sum.orderly,
           sum.same, sum.faults);
    return good;
}

/* Both ways at once: they share nothing. How many of the two had no fault. */
static int try_both_ways(trial t) {
    int status = 0;
    pid_t later = fork();
    if (later < 0)
        abort();
    t.and_later = later == 0;
    bool good = try_path(t);
    if (later == 0)
        exit(good ? EXIT_SUCCESS : EXIT_FAILURE);
    if (waitpid(later, &status, 0) != later)
        abort();
    return good + (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS);
}

int main(int argc, char **argv) {
    static char expected[RESULT_MAX];
    int passed = 0, tried = 0;
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    for (const fault_path *path = fault_paths; path->name; path++) {
        trial t = {.path = path, .expected = expected};
        if (argc > 1 && strcmp(argv[1], path->name) != 0)
            continue;
        if (path->prepare)
            path->prepare();
        if (argc > 2) { /* run-fault PATH N: one trial, in this process, for a debugger */
            t.refused = strtol(argv[2], NULL, 10);
            in_child(&t, STDOUT_FILENO);
        }
        tried += 2;
        int status = run_child(&t, expected, sizeof expected);
        if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SAME && expected[0])
            passed += try_both_ways(t);
        else
            printf("  %s fails with every allocation granted (status %x): %s\n", path->name, (unsigned)status,
                   expected);
        if (path->clean)
            path->clean();
    }
    printf("%d passed, %d failed\n", passed, tried - passed);
    return passed != tried;
}
