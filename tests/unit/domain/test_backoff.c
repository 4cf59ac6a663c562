#include "onus/message.h"

#include <criterion/criterion.h>

Test(backoff, doubles_up_to_the_longest) {
    static const struct {
        int attempts;
        usec least, most; /* seconds */
    } cases[] = {{0, 1, 2},   {1, 1, 2},    {2, 1, 4},     {3, 1, 8},        {4, 1, 16},
                 {9, 1, 512}, {10, 1, 600}, {100, 1, 600}, {1 << 30, 1, 600}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        usec least = backoff_delay(cases[c].attempts, 0, 0), most = backoff_delay(cases[c].attempts, 0, UINT32_MAX);
        cr_expect_eq(least, cases[c].least * USEC_PER_SECOND, "attempt %d: %ld", cases[c].attempts, least);
        cr_expect_leq(most, cases[c].most * USEC_PER_SECOND);
        cr_expect_gt(most, cases[c].most * USEC_PER_SECOND - USEC_PER_MS, "attempt %d: %ld", cases[c].attempts, most);
    }
}

Test(backoff, spreads_evenly_by_the_random_number) {
    usec quarter = backoff_delay(3, 0, 1u << 30), half = backoff_delay(3, 0, 1u << 31);
    cr_expect_eq(quarter, 2750000);
    cr_expect_eq(half, 4500000);
}

Test(backoff, never_before_the_receiver_asked_for_it) {
    cr_expect_eq(backoff_delay(1, 30 * USEC_PER_SECOND, UINT32_MAX), 30 * USEC_PER_SECOND);
    cr_expect_eq(backoff_delay(9, 3 * USEC_PER_SECOND, 1u << 31), backoff_delay(9, 0, 1u << 31));
    cr_expect_eq(backoff_delay(100, USEC_PER_HOUR, 0), USEC_PER_HOUR, "even past our own longest");
}
