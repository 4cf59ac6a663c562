/* A clock that does not jump: each row is something that happens to the clock of the wall or to the database's, and
 * what a deadline of a quarter of an hour comes to. */
#include "onus/clock.h"

#include <criterion/criterion.h>

#define NOON ((usec)1780000000 * USEC_PER_SECOND)
#define LOOK_EVERY (USEC_PER_SECOND / 2)

typedef struct machine {
    usec wall, monotonic;
} machine;

static usec wall(void *context) {
    return ((machine *)context)->wall;
}

static usec monotonic(void *context) {
    return ((machine *)context)->monotonic;
}

static steady_clock *begin(machine *m) {
    *m = (machine){NOON, 77 * USEC_PER_SECOND};
    return steady_clock_new((onus_clock){wall, monotonic, m});
}

/* Time goes by, and the database is looked at all the while; its clock is `off` from the true time. */
static void pass(steady_clock *s, machine *m, usec time, usec off) {
    onus_clock c = steady_clock_face(s);
    for (usec end = m->monotonic + time; m->monotonic < end;) {
        usec before = clock_now(&c);
        m->monotonic += LOOK_EVERY;
        m->wall += LOOK_EVERY;
        (void)steady_clock_follow(s, NOON + (m->monotonic - 77 * USEC_PER_SECOND) + off, m->monotonic);
        cr_assert_gt(clock_now(&c), before, "never backwards");
    }
}

Test(steady, the_wall_jumps_and_nothing_moves) {
    static const usec jumps[] = {-USEC_PER_HOUR, USEC_PER_HOUR, -30 * USEC_PER_DAY, 365 * USEC_PER_DAY};
    for (size_t i = 0; i < sizeof jumps / sizeof *jumps; i++) {
        machine m;
        steady_clock *s = begin(&m);
        onus_clock c = steady_clock_face(s);
        pass(s, &m, USEC_PER_MINUTE, 0);
        m.wall += jumps[i];
        cr_expect_eq(clock_now(&c), NOON + USEC_PER_MINUTE);
        pass(s, &m, USEC_PER_MINUTE, 0);
        cr_expect_eq(clock_now(&c), NOON + 2 * USEC_PER_MINUTE);
        steady_clock_free(s);
    }
}

Test(steady, the_database_jumps_and_a_deadline_is_off_by_a_twentieth_at_most) {
    static const usec jumps[] = {-USEC_PER_HOUR, USEC_PER_HOUR, -30 * USEC_PER_DAY, 365 * USEC_PER_DAY};
    for (size_t i = 0; i < sizeof jumps / sizeof *jumps; i++) {
        machine m;
        steady_clock *s = begin(&m);
        onus_clock c = steady_clock_face(s);
        usec due = NOON + 15 * USEC_PER_MINUTE, began = m.monotonic;
        while (clock_now(&c) < due)
            pass(s, &m, USEC_PER_SECOND, jumps[i]);
        usec took = m.monotonic - began;
        cr_expect(took >= 14 * USEC_PER_MINUTE && took <= 16 * USEC_PER_MINUTE, "%lld s",
                  (long long)(took / USEC_PER_SECOND));
        steady_clock_free(s);
    }
}

Test(steady, what_drifts_is_followed_until_the_two_agree) {
    static const usec drifts[] = {-3 * USEC_PER_SECOND, 200 * USEC_PER_MS, USEC_PER_HOUR};
    for (size_t i = 0; i < sizeof drifts / sizeof *drifts; i++) {
        machine m;
        steady_clock *s = begin(&m);
        onus_clock c = steady_clock_face(s);
        pass(s, &m, 24 * USEC_PER_HOUR, drifts[i]);
        usec left = clock_now(&c) - (NOON + 24 * USEC_PER_HOUR + drifts[i]);
        cr_expect(left < 30 * USEC_PER_MS && left > -30 * USEC_PER_MS, "%lld", (long long)left);
        steady_clock_free(s);
    }
}

/* How far the database's clock is from ours, how long its answer took, and where we begin from ours. */
Test(steady, it_begins_by_its_own_wall_where_that_may_be_right) {
    static const struct {
        usec theirs, took, begins;
    } rows[] = {
        {0, 0, 0},
        {15 * USEC_PER_MS, 0, 0},
        {-15 * USEC_PER_MS, 0, 0},
        {-40 * USEC_PER_MS, 60 * USEC_PER_MS, 0},
        {25 * USEC_PER_MS, 0, 25 * USEC_PER_MS},
        {-25 * USEC_PER_MS, 0, -25 * USEC_PER_MS},
        {-100 * USEC_PER_MS, 60 * USEC_PER_MS, -70 * USEC_PER_MS},
        {USEC_PER_HOUR, 0, USEC_PER_HOUR},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        machine m;
        steady_clock *s = begin(&m);
        onus_clock c = steady_clock_face(s);
        steady_clock_begin(s, NOON + rows[i].theirs, m.monotonic - rows[i].took);
        cr_expect_eq(clock_now(&c), NOON + rows[i].begins, "row %zu", i);
        steady_clock_free(s);
    }
}

Test(steady, it_is_set_at_the_start_and_a_slow_answer_moves_nothing) {
    machine m;
    steady_clock *s = begin(&m);
    onus_clock c = steady_clock_face(s);
    steady_clock_begin(s, NOON + USEC_PER_DAY, m.monotonic);
    cr_expect_eq(clock_now(&c), NOON + USEC_PER_DAY);
    m.monotonic += 10 * USEC_PER_SECOND;
    cr_expect_eq(steady_clock_follow(s, NOON, m.monotonic - 4 * USEC_PER_SECOND), USEC_PER_DAY + 8 * USEC_PER_SECOND,
                 "in the middle of the question's way");
    m.monotonic += USEC_PER_MINUTE;
    cr_expect_eq(clock_now(&c), NOON + USEC_PER_DAY + 70 * USEC_PER_SECOND);
    cr_expect_eq(clock_monotonic(&c), m.monotonic);
    steady_clock_free(s);
}
