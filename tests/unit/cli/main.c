/* The room under test holds the program's own main, and a linker would take it: this one stands before it. Weak, for
 * runners that bring their own. */
#include <stdbool.h>
#include <stddef.h>

struct criterion_test_set;
__attribute__((weak)) struct criterion_test_set *criterion_initialize(void);
__attribute__((weak)) int criterion_handle_args(int argc, char **argv, bool handle_unknown);
__attribute__((weak)) int criterion_run_all_tests(struct criterion_test_set *tests);
__attribute__((weak)) void criterion_finalize(struct criterion_test_set *tests);

__attribute__((weak)) int main(int argc, char **argv) {
    struct criterion_test_set *tests = criterion_initialize();
    int status = 0;
    if (criterion_handle_args(argc, argv, true))
        status = !criterion_run_all_tests(tests);
    criterion_finalize(tests);
    return status;
}
