/* The queue before the committers: lanes, order, batches, the bound, and closing. */
#include "app/intake.h"
#include "onus/limits.h"

#include <criterion/criterion.h>

Test(intake, hands_out_whole_submissions_in_order_up_to_a_batch) {
    intake *in = intake_new(1);
    submission s[3] = {{.count = 3}, {.count = 4}, {.count = 5}};
    for (size_t i = 0; i < 3; i++)
        cr_assert(intake_put(in, &s[i]));
    cr_expect_eq(intake_events(in), 12);
    submission *taken = intake_take(in, 0, 8);
    cr_expect_eq(taken, &s[0]);
    cr_expect_eq(taken->next, &s[1]);
    cr_expect_null(taken->next->next, "the third would pass the batch");
    cr_expect_eq(intake_take(in, 0, 1), &s[2], "one that is larger than a batch goes alone");
    intake_settled(in, 12, 0);
    cr_expect_eq(intake_events(in), 0);
    intake_free(in);
}

Test(intake, refuses_past_its_bound_until_something_is_settled) {
    intake *in = intake_new(1);
    submission full = {.count = LIMIT_INTAKE_EVENTS}, one = {.count = 1};
    cr_assert(intake_put(in, &full));
    cr_expect_not(intake_put(in, &one));
    cr_assert_eq(intake_take(in, 0, 1), &full);
    cr_expect_not(intake_put(in, &one), "what is being committed still counts");
    intake_settled(in, LIMIT_INTAKE_EVENTS, 0);
    cr_expect(intake_put(in, &one));
    intake_free(in);
}

Test(intake, counts_the_bytes_of_bodies_too) {
    intake *in = intake_new(1);
    submission full = {.count = 1, .bytes = LIMIT_INTAKE_BYTES}, one = {.count = 1, .bytes = 1};
    cr_assert(intake_put(in, &full));
    cr_expect_not(intake_put(in, &one));
    cr_assert_eq(intake_take(in, 0, 1), &full);
    intake_settled(in, 1, LIMIT_INTAKE_BYTES);
    cr_expect(intake_put(in, &one));
    intake_free(in);
}

Test(intake, gives_out_the_rest_after_closing_and_then_ends) {
    intake *in = intake_new(1);
    submission s = {.count = 1}, late = {.count = 1};
    cr_assert(intake_put(in, &s));
    intake_close(in);
    cr_expect_not(intake_put(in, &late));
    cr_expect_eq(intake_take(in, 0, 10), &s);
    cr_expect_null(intake_take(in, 0, 10));
    intake_free(in);
}

Test(intake, each_lane_has_its_own_order_and_all_share_the_bound) {
    intake *in = intake_new(2);
    submission a = {.count = 1}, b = {.count = 2, .lane = 1}, c = {.count = LIMIT_INTAKE_EVENTS - 3};
    submission over = {.count = 1, .lane = 1};
    cr_expect_eq(intake_lanes(in), 2);
    cr_assert(intake_put(in, &a) && intake_put(in, &b) && intake_put(in, &c));
    cr_expect_not(intake_put(in, &over));
    cr_expect_eq(intake_take(in, 1, 10), &b);
    cr_expect_eq(intake_take(in, 0, LIMIT_INTAKE_EVENTS), &a);
    cr_expect_eq(a.next, &c);
    intake_close(in);
    cr_expect_null(intake_take(in, 0, 10));
    cr_expect_null(intake_take(in, 1, 10));
    intake_free(in);
}
