/* What a source says of an alert that has ended: late is only what can be shown to be older; all else pages at once. */
#include "test_decide_support.h"

#include <criterion/criterion.h>
#include <string.h>

static const char page[] = "R!reopened A.reopened I.reopened";

/* Each: the alert fires at 10 and ends at 20, decided at 21; then this is said. */
Test(decide_late, a_firing_after_the_end) {
    static const struct {
        const char *name;
        sent end, said;
        int minute;
        const char *outcome;
    } cases[] = {
        {"with the same start, after the end was answered", RESOLVED(.starts = 10, .ends = 20), FIRING(.starts = 10),
         22, "reopened"},
        {"with the same start, long after: another incident", RESOLVED(.starts = 10, .ends = 20), FIRING(.starts = 10),
         60, "opened"},
        {"its request was under way when the end was answered", RESOLVED(.starts = 10, .ends = 20),
         FIRING(.starts = 10, .began = 20), 22, "late"},
        {"with an older start", RESOLVED(.starts = 10, .ends = 20), FIRING(.starts = 9), 22, "late"},
        {"with a newer start", RESOLVED(.starts = 10, .ends = 20), FIRING(.starts = 21), 22, "reopened"},
        {"with a newer start from before the end", RESOLVED(.starts = 10, .ends = 20), FIRING(.starts = 15), 22,
         "reopened"},
        {"with a newer start from before the end, under way", RESOLVED(.starts = 10, .ends = 20),
         FIRING(.starts = 15, .began = 20), 22, "late"},
        {"began after the end, though its request was under way", RESOLVED(.starts = 10, .ends = 20),
         FIRING(.starts = 20, .began = 20), 22, "reopened"},
        {"the end bears its own time as the start", RESOLVED(.starts = 20, .ends = 20), FIRING(.starts = 10), 22,
         "reopened"},
        {"the same, under way", RESOLVED(.starts = 20, .ends = 20), FIRING(.starts = 10, .began = 20), 22, "late"},
        {"the end names a newer start: the one that it ended with", RESOLVED(.starts = 15, .ends = 20),
         FIRING(.starts = 10), 22, "late"},
        {"nobody had repeated it: an expiry", RESOLVED(.starts = 10, .ends = 20, .expires = 20),
         FIRING(.starts = 10, .began = 20), 22, "reopened"},
        {"an expiry, and an older start", RESOLVED(.starts = 10, .ends = 20, .expires = 20), FIRING(.starts = 9), 22,
         "late"},
        {"without a start", RESOLVED(.no_start = true, .began = 20), FIRING(.no_start = true), 22, "reopened"},
        {"without a start, under way since before the end was", RESOLVED(.no_start = true, .began = 20),
         FIRING(.no_start = true, .began = 19), 22, "late"},
        {"without a start, between the end's coming and its answer", RESOLVED(.no_start = true, .began = 19),
         FIRING(.no_start = true, .began = 20), 22, "reopened"},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        scene s;
        scene_init(&s);
        sent first = {.kind = EVENT_FIRING, .starts = 10, .expires = cases[c].end.expires};
        scene_send(&s, 11, &first, 1);
        scene_send(&s, 21, &cases[c].end, 1);
        scene_send(&s, cases[c].minute, &cases[c].said, 1);
        const bool late = strcmp(cases[c].outcome, "late") == 0;
        cr_expect_str_eq(outcomes(&s), cases[c].outcome, "%s: %s", cases[c].name, outcomes(&s));
        cr_expect_eq(pages_to(&s, RACI_RESPONSIBLE), late ? 0 : 2, "%s", cases[c].name);
        cr_expect_str_eq(timeline(&s), cases[c].outcome, "%s: %s", cases[c].name, timeline(&s));
        scene_send(&s, cases[c].minute + 1, &(sent){.starts = cases[c].said.starts, .no_start = cases[c].said.no_start},
                   1);
        cr_expect_str_eq(outcomes(&s), late ? "reopened" : "repeated", "%s, said once more: %s", cases[c].name,
                         outcomes(&s));
        cr_expect_eq(world_find_alert(s.world, "alertmanager", "a")->ends_at, 0, "%s: it fires", cases[c].name);
        scene_release(&s);
    }
}

static scene s;

static void begin(void) {
    scene_init(&s);
    SEND(&s, 11, FIRING(.starts = 10));
    SEND(&s, 21, RESOLVED(.starts = 10, .ends = 20));
}
static void end(void) {
    scene_release(&s);
}
TestSuite(decide_ended, .init = begin, .fini = end);

#define EXPECT_STEP(wanted_outcomes, wanted_timeline, wanted_told)                                                     \
    do {                                                                                                               \
        cr_expect_str_eq(outcomes(&s), (wanted_outcomes), "outcomes: %s", outcomes(&s));                               \
        cr_expect_str_eq(timeline(&s), (wanted_timeline), "timeline: %s", timeline(&s));                               \
        cr_expect_str_eq(told(&s), (wanted_told), "told: %s", told(&s));                                               \
    } while (0)

Test(decide_ended, a_late_one_says_on_the_timeline_why) {
    SEND(&s, 22, FIRING(.starts = 9));
    EXPECT_STEP("late", "late", "");
    cr_expect_str_eq(timeline_text(&s, "late"), "“Drift” fires, it was said: since before the episode that has ended. "
                                                "If it is said once more, it counts.");
    cr_expect_null(s.changes.event_incidents[0]);
    SEND(&s, 22, FIRING(.starts = 10, .began = 15));
    cr_expect_str_eq(timeline_text(&s, "late"), "“Drift” fires, it was said: by a request that was under way when it "
                                                "ended. If it is said once more, it counts.");
}

/* Two senders of one source deliver the same delayed thing at the same time; only a third sending is a new word. */
Test(decide_ended, said_once_more_means_by_a_later_request) {
    SEND(&s, 23, FIRING(.starts = 9));
    SEND(&s, 24, FIRING(.starts = 9, .began = 22));
    EXPECT_STEP("late", "late", "");
    SEND(&s, 25, FIRING(.starts = 9));
    EXPECT_STEP("reopened", "reopened", page);
}

/* Otherwise two that take turns would both stay late for ever. */
Test(decide_ended, each_late_one_is_older_than_the_last) {
    SEND(&s, 23, FIRING(.starts = 8));
    SEND(&s, 24, FIRING(.starts = 7));
    EXPECT_STEP("late", "late", "");
    SEND(&s, 25, FIRING(.starts = 8));
    EXPECT_STEP("reopened", "reopened", page);
}

Test(decide_ended, however_many_requests_overlap_the_first_one_after_the_first_counts) {
    for (int minute = 23; minute < 30; minute++) {
        SEND(&s, minute, FIRING(.starts = 9, .began = 22));
        EXPECT_STEP("late", "late", "");
    }
    SEND(&s, 30, FIRING(.starts = 9, .began = 24));
    EXPECT_STEP("reopened", "reopened", page);
}

Test(decide_ended, an_end_by_another_nodes_clock_shows_nothing) {
    s.ctx.node = "there";
    SEND(&s, 22, FIRING(.starts = 10, .began = 15));
    EXPECT_STEP("reopened", "reopened", page);
}

Test(decide_ended, an_end_that_lies_ahead_was_decided_before_the_clock_was_set_back) {
    SEND(&s, 19, FIRING(.starts = 10));
    EXPECT_STEP("reopened", "reopened", page);
}

Test(decide_ended, an_older_start_said_before_the_clock_was_set_back_counts_when_it_is_said_again) {
    SEND(&s, 30, FIRING(.starts = 9));
    SEND(&s, 25, FIRING(.starts = 9));
    EXPECT_STEP("reopened", "reopened", page);
}

Test(decide_ended, a_second_end_of_it_moves_the_mark_and_a_copy_of_the_first_does_not) {
    SEND(&s, 25, RESOLVED(.starts = 10, .ends = 20));
    EXPECT_STEP("late", "", "");
    SEND(&s, 26, FIRING(.starts = 10, .began = 24));
    EXPECT_STEP("reopened", "reopened", page);
    SEND(&s, 27, RESOLVED(.starts = 10, .ends = 26));
    SEND(&s, 29, RESOLVED(.starts = 10, .ends = 28));
    EXPECT_STEP("late", "", "");
    SEND(&s, 30, FIRING(.starts = 10, .began = 28));
    EXPECT_STEP("late", "late", "");
}

Test(decide_ended, an_end_that_names_no_start_of_its_own_is_remembered_by_its_time) {
    SEND(&s, 30, RESOLVED(.starts = 29, .ends = 29));
    EXPECT_STEP("late", "", "");
    SEND(&s, 31, FIRING(.starts = 25, .began = 28));
    EXPECT_STEP("late", "late", "");
    SEND(&s, 32, FIRING(.starts = 25));
    EXPECT_STEP("opened", "opened", "R!opened A.opened I.opened");
}

Test(decide_ended, one_whose_incident_was_not_looked_for_is_looked_at_again) {
    alert *a = world_find_alert(s.world, "alertmanager", "a");
    a->incident = NULL;
    a->astray = true;
    SEND(&s, 22, FIRING(.starts = 9));
    cr_expect(s.changes.wants_astray);
    cr_expect_str_eq(timeline(&s), "");
}

Test(decide_ended, an_end_before_the_beginning_does_not_silence_what_is_said_afterwards) {
    SEND(&s, 22, RESOLVED(.key = "b", .starts = 15, .ends = 16));
    EXPECT_STEP("nothing", "", "");
    SEND(&s, 40, FIRING(.key = "b", .starts = 15));
    EXPECT_STEP("opened", "opened", "R!opened A.opened I.opened");
    SEND(&s, 41, RESOLVED(.key = "c", .starts = 17, .ends = 17));
    SEND(&s, 42, FIRING(.key = "c", .starts = 15));
    EXPECT_STEP("joined", "joined", "");
}

/* ── after a person has resolved it, while it fires ── */

Test(decide_late, a_firing_after_a_person_has_resolved) {
    static const struct {
        const char *name;
        sent first, said;
        int minute;
        const char *outcome;
    } cases[] = {
        {"the same start again", FIRING(.starts = 10), FIRING(.starts = 10), 22, "repeated"},
        {"the same start with other words", FIRING(.starts = 10), FIRING(.starts = 10, .title = "Other"), 22,
         "updated"},
        {"an older start of another sender", FIRING(.starts = 10), FIRING(.starts = 9), 22, "updated"},
        {"a newer start", FIRING(.starts = 10), FIRING(.starts = 21), 22, "reopened"},
        {"a newer start by a clock that is behind", FIRING(.starts = 10), FIRING(.starts = 18), 22, "reopened"},
        {"no start: another trigger", FIRING(.no_start = true), FIRING(.no_start = true), 22, "reopened"},
        {"no start: another trigger with other words", FIRING(.no_start = true),
         FIRING(.no_start = true, .title = "Other", .severity = SENT_CRITICAL), 22, "reopened"},
        {"no start, long after", FIRING(.no_start = true), FIRING(.no_start = true), 60, "opened"},
        {"no start, under way when it was resolved", FIRING(.no_start = true), FIRING(.no_start = true, .began = 19),
         22, "repeated"},
        {"no start, from a source that repeats what fires", FIRING(.no_start = true, .expires = 25),
         FIRING(.no_start = true, .expires = 26), 22, "repeated"},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        scene one;
        scene_init(&one);
        scene_send(&one, 11, &cases[c].first, 1);
        cr_assert(ACT(&one, 20, .kind = ACTION_RESOLVE, .actor = "Ann"));
        scene_send(&one, cases[c].minute, &cases[c].said, 1);
        cr_expect_str_eq(outcomes(&one), cases[c].outcome, "%s: %s", cases[c].name, outcomes(&one));
        scene_release(&one);
    }
}
