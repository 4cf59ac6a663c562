/* When nobody moves: escalation and its bound, acknowledgements that expire, pages that reach nobody. */
#include "test_decide_support.h"

#include <criterion/criterion.h>
#include <string.h>

static scene s;

static void begin(void) {
    scene_init(&s);
    SEND(&s, 0, FIRING());
}
static void end(void) {
    scene_release(&s);
}
TestSuite(decide_due, .init = begin, .fini = end);

#define EXPECT(wanted_state, wanted_timeline, wanted_told)                                                             \
    do {                                                                                                               \
        cr_expect_str_eq(state_of(&s, scene_incident(&s)), (wanted_state), "state: %s",                                \
                         state_of(&s, scene_incident(&s)));                                                            \
        cr_expect_str_eq(timeline(&s), (wanted_timeline), "timeline: %s", timeline(&s));                               \
        cr_expect_str_eq(told(&s), (wanted_told), "told: %s", told(&s));                                               \
    } while (0)

Test(decide_due, before_its_time_and_after_another_node_nothing_happens) {
    scene_due(&s, 14);
    EXPECT("triggered 1/1 due 15", "", "");
    cr_expect_eq(s.changes.incident_count, 0);
    scene_due(&s, 15);
    EXPECT("triggered 1/1 due 30", "escalated", "R!escalated A!escalated");
    scene_due(&s, 15);
    EXPECT("triggered 1/1 due 30", "", "");
}

Test(decide_due, silence_is_escalated_five_times_and_then_put_on_record) {
    for (int step = 1; step <= ESCALATION_STEPS_MAX; step++) {
        scene_due(&s, step * 15);
        cr_expect_str_eq(told(&s), "R!escalated A!escalated", "step %d: %s", step, told(&s));
        cr_expect_eq(scene_incident(&s)->step, step);
    }
    cr_expect_str_eq(timeline_text(&s, "escalated"),
                     "Nobody acknowledged it within 15m (page 5 of 5 to Head of MLOps).");
    scene_due(&s, 90);
    EXPECT("triggered 1/1 due -", "unanswered", "");
    cr_expect_str_eq(timeline_text(&s, "unanswered"), "Nobody answered: Head of MLOps and MLOps Engineer were asked 5 "
                                                      "times. They are not asked again.");
    scene_due(&s, 1000);
    EXPECT("triggered 1/1 due -", "", "");
}

Test(decide_due, after_a_long_outage_there_is_one_page_and_not_a_burst) {
    scene_due(&s, 600);
    EXPECT("triggered 1/1 due 615", "escalated", "R!escalated A!escalated");
}

Test(decide_due, info_and_rows_without_a_deadline_are_never_escalated) {
    SEND(&s, 0, FIRING(.key = "b", .group = "h", .severity = SENT_INFO));
    cr_expect_eq(world_find_group(s.world, "h")->due_at, 0);
    s.row.acknowledge_within = 0;
    SEND(&s, 0, FIRING(.key = "c", .group = "i", .severity = SENT_CRITICAL));
    cr_expect_eq(world_find_group(s.world, "i")->due_at, 0);
}

Test(decide_due, an_acknowledgement_expires_and_everything_starts_over) {
    scene_due(&s, 15);
    cr_assert(ACT(&s, 20, .kind = ACTION_ACKNOWLEDGE, .actor = "Ann"));
    scene_due(&s, 259);
    EXPECT("acknowledged 1/1 due 260", "", "");
    scene_due(&s, 260);
    EXPECT("triggered 1/1 due 275", "acknowledgement_expired", "R!acknowledgement_expired A.acknowledgement_expired");
    cr_expect_str_eq(timeline_text(&s, "acknowledgement_expired"),
                     "Ann acknowledged it 4h ago and it is still open, so the acknowledgement has expired.");
    cr_expect_eq(scene_incident(&s)->step, 0);
    cr_expect_str_eq(scene_incident(&s)->acknowledged_by, "");
    scene_due(&s, 275);
    EXPECT("triggered 1/1 due 290", "escalated", "R!escalated A!escalated");
}

/* The ticker must not find the same incident for ever. */
Test(decide_due, an_ended_incident_is_looked_at_no_more) {
    SEND(&s, 5, RESOLVED());
    scene_incident(&s)->due_at = NOON;
    scene_due(&s, 6);
    EXPECT("resolved 0/1 due -", "", "");
    cr_expect_eq(s.changes.incident_count, 1, "so that the store writes it");
}

static void undeliverable(int minute) {
    s.ctx.now = NOON + MINUTES(minute);
    decide_undeliverable(&s.ctx, s.world, scene_incident(&s), "slack:mlops answered 404.", s.memory, &s.changes);
}

Test(decide_due, accountable_is_paged_when_a_page_reaches_nobody) {
    undeliverable(3);
    EXPECT("triggered 1/1 due 15", "undeliverable", "A!undeliverable");
    cr_expect_str_eq(timeline_text(&s, "undeliverable"),
                     "The page reached nobody who is Responsible: slack:mlops answered 404.");
    cr_expect_str_eq(s.changes.messages[0].note, "slack:mlops answered 404.");
}

Test(decide_due, a_page_that_reached_nobody_about_what_is_over_is_only_recorded) {
    SEND(&s, 5, RESOLVED());
    undeliverable(6);
    EXPECT("resolved 0/1 due -", "undeliverable", "");
}
