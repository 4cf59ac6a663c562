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

/* Two nodes ask the same server: what one did before the other is before it by their clocks, too. */
Test(steady, two_clocks_differ_by_no_more_than_their_answers_took) {
    static const struct {
        usec took, off; /* of the answer; our clock, of the server's, in the middle of it */
        bool moves;
    } rows[] = {{20 * USEC_PER_MS, 9 * USEC_PER_MS, false},
                {20 * USEC_PER_MS, -9 * USEC_PER_MS, false},
                {USEC_PER_MS, 9 * USEC_PER_MS, true},
                {USEC_PER_MS, -9 * USEC_PER_MS, true},
                {USEC_PER_MS, 400, false},
                {USEC_PER_MS, 600, true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        machine m;
        steady_clock *s = begin(&m);
        onus_clock c = steady_clock_face(s);
        usec asked = m.monotonic;
        m.monotonic += rows[i].took;
        usec theirs = clock_now(&c) - rows[i].took / 2 - rows[i].off;
        cr_expect_eq(steady_clock_follow(s, theirs, asked), rows[i].moves ? rows[i].off : 0, "row %zu", i);
        usec before = clock_now(&c);
        m.monotonic += USEC_PER_MINUTE;
        cr_expect_eq(clock_now(&c) - before, USEC_PER_MINUTE - (rows[i].moves ? rows[i].off : 0), "row %zu", i);
        steady_clock_free(s);
    }
}

Test(steady, it_is_set_at_the_start_and_a_slow_answer_moves_nothing) {
    machine m;
    steady_clock *s = begin(&m);
    onus_clock c = steady_clock_face(s);
    steady_clock_set(s, NOON + USEC_PER_DAY);
    cr_expect_eq(clock_now(&c), NOON + USEC_PER_DAY);
    m.monotonic += 10 * USEC_PER_SECOND;
    cr_expect_eq(steady_clock_follow(s, NOON, m.monotonic - 4 * USEC_PER_SECOND), USEC_PER_DAY + 8 * USEC_PER_SECOND,
                 "in the middle of the question's way");
    m.monotonic += USEC_PER_MINUTE;
    cr_expect_eq(clock_now(&c), NOON + USEC_PER_DAY + 70 * USEC_PER_SECOND);
    cr_expect_eq(clock_monotonic(&c), m.monotonic);
    steady_clock_free(s);
}
