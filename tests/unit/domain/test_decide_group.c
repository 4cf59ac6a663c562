/* Several alerts, one incident: joining, reopening, severity, and batches that are folded. */
#include "test_decide_support.h"

#include <criterion/criterion.h>
#include <string.h>

static scene s;

static void begin(void) {
    scene_init(&s);
}
static void end(void) {
    scene_release(&s);
}
TestSuite(decide_group, .init = begin, .fini = end);

#define EXPECT_STEP(wanted_outcomes, wanted_timeline, wanted_told)                                                     \
    do {                                                                                                               \
        cr_expect_str_eq(outcomes(&s), (wanted_outcomes), "outcomes: %s", outcomes(&s));                               \
        cr_expect_str_eq(timeline(&s), (wanted_timeline), "timeline: %s", timeline(&s));                               \
        cr_expect_str_eq(told(&s), (wanted_told), "told: %s", told(&s));                                               \
    } while (0)

#define EXPECT_STATE(wanted) cr_expect_str_eq(state_of(&s, scene_incident(&s)), (wanted))

static const char nobody[] = "";
static const char over[] = "R.resolved A.resolved C.postmortem I.resolved";

Test(decide_group, an_alert_joins_the_open_incident_and_pages_nobody) {
    SEND(&s, 0, FIRING(.key = "a"));
    SEND(&s, 1, FIRING(.key = "b", .title = "Latency"));
    EXPECT_STEP("joined", "joined", nobody);
    cr_expect_str_eq(timeline_text(&s, "joined"), "“Latency” fires too, with severity warning.");
    EXPECT_STATE("triggered 2/2 due 15");
    SEND(&s, 2, RESOLVED(.key = "a"));
    EXPECT_STEP("resolved", "alert_resolved", nobody);
    cr_expect_str_eq(timeline_text(&s, "alert_resolved"), "“Drift” has ended; 1 still firing.");
    SEND(&s, 3, FIRING(.key = "a", .starts = 3));
    EXPECT_STEP("joined", "joined", nobody);
    cr_expect_str_eq(timeline_text(&s, "joined"), "“Drift” fires again, with severity warning.");
    EXPECT_STATE("triggered 2/2 due 15");
    SEND(&s, 4, RESOLVED(.key = "a", .starts = 3), RESOLVED(.key = "b"));
    EXPECT_STEP("resolved resolved", "alert_resolved resolved", over);
    cr_expect_str_eq(timeline_text(&s, "resolved"), "“Latency” has ended, the last of 2 alerts.");
}

Test(decide_group, other_groups_are_other_incidents) {
    SEND(&s, 0, FIRING(.key = "a", .group = "g"), FIRING(.key = "b", .group = "h"));
    EXPECT_STEP("opened opened", "opened opened", "R!opened A.opened I.opened R!opened A.opened I.opened");
    cr_expect_neq(world_find_group(s.world, "g"), world_find_group(s.world, "h"));
}

Test(decide_group, a_known_alert_stays_when_the_chart_groups_it_elsewhere_until_it_ends) {
    SEND(&s, 0, FIRING(.group = "g"));
    SEND(&s, 1, FIRING(.group = "h"));
    EXPECT_STEP("repeated", "", nobody);
    SEND(&s, 2, RESOLVED(.group = "h"));
    EXPECT_STATE("resolved 0/1 due -");
    SEND(&s, 3, FIRING(.group = "h", .starts = 3));
    EXPECT_STEP("opened", "opened", "R!opened A.opened I.opened");
    EXPECT_STATE("resolved 0/1 due -");
}

Test(decide_group, joining_and_leaving_need_no_whole_incident_but_whatever_tells_does) {
    SEND(&s, 0, FIRING(.key = "a"));
    cr_expect_not(s.wanted_whole, "opening makes a whole one");
    SEND(&s, 1, FIRING(.key = "b"), FIRING(.key = "c", .severity = SENT_INFO));
    cr_expect_not(s.wanted_whole);
    SEND(&s, 2, RESOLVED(.key = "a"));
    cr_expect_not(s.wanted_whole);
    SEND(&s, 3, FIRING(.key = "b", .severity = SENT_CRITICAL));
    cr_expect(s.wanted_whole, "severity rises");
    SEND(&s, 4, ((sent){.kind = EVENT_ACKNOWLEDGED, .key = "b", .actor = "Ann"}));
    cr_expect(s.wanted_whole, "acknowledged at the source");
    SEND(&s, 5, RESOLVED(.key = "b"), RESOLVED(.key = "c"));
    cr_expect(s.wanted_whole, "the end");
    SEND(&s, 6, FIRING(.key = "a", .starts = 6));
    cr_expect(s.wanted_whole, "reopened");
}

/* ── severity ── */

Test(decide_group, severity_rises_by_an_alert_that_joins) {
    SEND(&s, 0, FIRING(.key = "a"));
    cr_assert(ACT(&s, 5, .kind = ACTION_ACKNOWLEDGE, .actor = "Ann"));
    SEND(&s, 6, FIRING(.key = "b", .title = "Outage", .severity = SENT_CRITICAL));
    EXPECT_STEP("joined", "joined severity_raised", "R!severity_raised A.severity_raised");
    EXPECT_STATE("triggered 2/2 due 21");
    cr_expect_str_eq(timeline_text(&s, "severity_raised"),
                     "“Outage” has severity critical; until now the worst was warning. The acknowledgement by Ann was "
                     "for the milder thing and no longer holds.");
    SEND(&s, 7, FIRING(.key = "c", .severity = SENT_CRITICAL), FIRING(.key = "d", .severity = SENT_INFO));
    EXPECT_STEP("joined joined", "joined joined", nobody);
    SEND(&s, 8, RESOLVED(.key = "b", .severity = SENT_CRITICAL));
    cr_expect_eq(scene_incident(&s)->severity, SEVERITY_CRITICAL, "the worst so far stays");
}

Test(decide_group, severity_rises_in_a_known_alert) {
    SEND(&s, 0, FIRING());
    SEND(&s, 6, FIRING(.severity = SENT_CRITICAL));
    EXPECT_STEP("updated", "severity_raised", "R!severity_raised A.severity_raised");
    EXPECT_STATE("triggered 1/1 due 15");
    SEND(&s, 7, FIRING(.severity = SENT_INFO));
    EXPECT_STEP("updated", "", nobody);
    SEND(&s, 8, FIRING(.severity = SENT_CRITICAL));
    EXPECT_STEP("updated", "", nobody);
}

Test(decide_group, what_was_only_info_is_escalated_when_it_grows_worse) {
    SEND(&s, 0, FIRING(.severity = SENT_INFO));
    EXPECT_STATE("triggered 1/1 due -");
    SEND(&s, 6, FIRING(.key = "b", .severity = SENT_WARNING));
    EXPECT_STATE("triggered 2/2 due 21");
}

/* ── reopening ── */

Test(decide_group, both_sides_of_reopen_after) {
    static const struct {
        int minute;
        const char *outcome, *told;
    } cases[] = {{14, "reopened", "R!reopened A.reopened I.reopened"},
                 {15, "reopened", "R!reopened A.reopened I.reopened"},
                 {16, "opened", "R!opened A.opened I.opened"}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        scene one;
        scene_init(&one);
        SEND(&one, 0, FIRING(.key = "a"));
        SEND(&one, 5, RESOLVED(.key = "a"));
        SEND(&one, cases[c].minute, FIRING(.key = "b", .starts = cases[c].minute));
        cr_expect_str_eq(outcomes(&one), cases[c].outcome, "at %d: %s", cases[c].minute, outcomes(&one));
        cr_expect_str_eq(told(&one), cases[c].told);
        scene_release(&one);
    }
}

Test(decide_group, a_reopened_incident_says_so_and_starts_over) {
    SEND(&s, 0, FIRING());
    SEND(&s, 5, RESOLVED());
    SEND(&s, 8, FIRING(.starts = 8, .severity = SENT_CRITICAL));
    EXPECT_STEP("reopened", "reopened", "R!reopened A.reopened I.reopened");
    cr_expect_str_eq(timeline_text(&s, "reopened"), "The incident had ended; “Drift” fires 3m later. It reopens.");
    EXPECT_STATE("triggered 1/1 due 23");
    cr_expect_eq(scene_incident(&s)->severity, SEVERITY_CRITICAL);
    cr_expect_eq(scene_incident(&s)->resolved_at, 0);
}

Test(decide_group, a_row_may_never_reopen) {
    s.row.reopen_after = 0;
    SEND(&s, 0, FIRING());
    SEND(&s, 5, RESOLVED());
    SEND(&s, 5, FIRING(.starts = 5));
    EXPECT_STEP("opened", "opened", "R!opened A.opened I.opened");
}

/* ── an incident that a person resolved while its alerts still fire ── */

static void resolve_by_hand(void) {
    SEND(&s, 0, FIRING(.key = "a"));
    cr_assert(ACT(&s, 5, .kind = ACTION_RESOLVE, .actor = "Ann"));
    EXPECT_STATE("resolved 1/1 due -");
}

Test(decide_group, resolved_by_a_person_repetitions_and_new_content_do_not_reopen_it) {
    resolve_by_hand();
    cr_expect_str_eq(timeline_text(&s, "resolved"), "Ann resolved it by a link. (1 of its alerts still fired then.)");
    SEND(&s, 6, FIRING(.key = "a"));
    EXPECT_STEP("repeated", "", nobody);
    SEND(&s, 7, FIRING(.key = "a", .title = "other", .severity = SENT_CRITICAL));
    EXPECT_STEP("updated", "", nobody);
    EXPECT_STATE("resolved 1/1 due -");
    SEND(&s, 8, RESOLVED(.key = "a"));
    EXPECT_STEP("resolved", "alert_resolved", nobody);
    EXPECT_STATE("resolved 0/1 due -");
}

Test(decide_group, resolved_by_a_person_a_new_alert_reopens_it) {
    resolve_by_hand();
    SEND(&s, 7, FIRING(.key = "b", .starts = 7));
    EXPECT_STEP("reopened", "reopened", "R!reopened A.reopened I.reopened");
    EXPECT_STATE("triggered 2/2 due 22");
}

Test(decide_group, resolved_by_a_person_a_new_alert_opens_another_when_that_was_long_ago) {
    resolve_by_hand();
    const incident *old = scene_incident(&s);
    SEND(&s, 30, FIRING(.key = "b", .starts = 30));
    EXPECT_STEP("opened", "opened", "R!opened A.opened I.opened");
    EXPECT_STATE("triggered 1/1 due 45");
    SEND(&s, 31, RESOLVED(.key = "a"));
    EXPECT_STEP("resolved", "alert_resolved", nobody);
    cr_expect_str_eq(state_of(&s, old), "resolved 0/1 due -");
    EXPECT_STATE("triggered 1/1 due 45");
}

Test(decide_group, resolved_by_a_person_a_new_episode_of_the_same_alert_reopens_it) {
    resolve_by_hand();
    SEND(&s, 7, FIRING(.key = "a", .starts = 7));
    EXPECT_STEP("reopened", "reopened", "R!reopened A.reopened I.reopened");
    EXPECT_STATE("triggered 1/1 due 22");
}

/* ── what people hear is what fires ── */

static void expect_words(const char *title, int since) {
    const incident *i = scene_incident(&s);
    cr_expect_str_eq(i->title, title);
    cr_expect_eq(i->starts_at, NOON + MINUTES(since), "since %d", (int)((i->starts_at - NOON) / USEC_PER_MINUTE));
    cr_assert_not_null(i->words_of);
    cr_expect_str_eq(i->words_of->title, title);
}

Test(decide_group, a_reopened_incident_speaks_of_what_fires_now_and_since_when) {
    SEND(&s, 1, FIRING(.key = "a", .title = "Latency", .starts = 0, .severity = SENT_CRITICAL));
    expect_words("Latency", 0);
    SEND(&s, 5, RESOLVED(.key = "a", .starts = 0));
    SEND(&s, 8, FIRING(.key = "b", .title = "Disk", .starts = 7));
    EXPECT_STEP("reopened", "reopened", "R!reopened A.reopened I.reopened");
    expect_words("Disk", 7);
    cr_expect_eq(scene_incident(&s)->severity, SEVERITY_WARNING, "the critical one has ended");
    SEND(&s, 9, FIRING(.key = "c", .title = "Outage", .starts = 9, .severity = SENT_CRITICAL));
    expect_words("Outage", 7);
}

Test(decide_group, reopened_while_a_worse_alert_still_fires_it_stays_as_bad) {
    SEND(&s, 0, FIRING(.key = "a", .severity = SENT_CRITICAL));
    cr_assert(ACT(&s, 5, .kind = ACTION_RESOLVE, .actor = "Ann"));
    SEND(&s, 7, FIRING(.key = "b", .starts = 7));
    cr_expect_eq(scene_incident(&s)->severity, SEVERITY_CRITICAL);
}

/* ── acknowledged at the source ── */

#define ACKNOWLEDGED(...) ((sent){.kind = EVENT_ACKNOWLEDGED, .actor = "Ann", __VA_ARGS__})
#define UNACKNOWLEDGED(...)                                                                                            \
    ((sent){.kind = EVENT_UNACKNOWLEDGED, .actor = "PagerDuty", .note = "No longer acknowledged", __VA_ARGS__})

Test(decide_group, a_senders_acknowledgement_is_good_for_its_alerts) {
    SEND(&s, 0, FIRING(.key = "a"));
    SEND(&s, 1, ACKNOWLEDGED(.key = "a"));
    EXPECT_STATE("acknowledged 1/1 due 241");
    SEND(&s, 2, FIRING(.key = "b", .title = "Disk"));
    EXPECT_STEP("joined", "joined unacknowledged", "R!severity_raised A.severity_raised");
    EXPECT_STATE("triggered 2/2 due 17");
    cr_expect_str_eq(timeline_text(&s, "unacknowledged"),
                     "“Disk” fires too. The acknowledgement by Ann at alertmanager was for the other alerts and no "
                     "longer holds for all of it.");
    cr_expect_str_eq(scene_incident(&s)->title, "Disk");
    SEND(&s, 3, FIRING(.key = "c"));
    EXPECT_STEP("joined", "joined", nobody);
    SEND(&s, 4, ACKNOWLEDGED(.key = "b"));
    EXPECT_STEP("acknowledged", "acknowledged", nobody);
    cr_expect_str_eq(timeline_text(&s, "acknowledged"), "Ann acknowledged “Disk”, one of 3 alerts, at alertmanager.");
    EXPECT_STATE("triggered 3/3 due 17");
    SEND(&s, 5, RESOLVED(.key = "a"), ACKNOWLEDGED(.key = "b"), ACKNOWLEDGED(.key = "c"));
    EXPECT_STATE("acknowledged 2/3 due 245");
    SEND(&s, 6, RESOLVED(.key = "b"));
    EXPECT_STATE("acknowledged 1/3 due 245");
    SEND(&s, 7, FIRING(.key = "b", .starts = 7));
    EXPECT_STATE("triggered 2/3 due 22");
}

Test(decide_group, a_persons_acknowledgement_is_good_for_the_incident) {
    SEND(&s, 0, FIRING(.key = "a"));
    cr_assert(ACT(&s, 1, .kind = ACTION_ACKNOWLEDGE, .actor = "Bob"));
    SEND(&s, 2, FIRING(.key = "b"), ACKNOWLEDGED(.key = "a"));
    EXPECT_STATE("acknowledged 2/2 due 241");
    SEND(&s, 3, UNACKNOWLEDGED(.key = "a"));
    EXPECT_STEP("noted", "unacknowledged", nobody);
    EXPECT_STATE("acknowledged 2/2 due 241");
}

Test(decide_group, a_person_takes_over_what_a_sender_had_acknowledged) {
    SEND(&s, 0, FIRING(.key = "a"));
    SEND(&s, 1, ACKNOWLEDGED(.key = "a"));
    cr_assert(ACT(&s, 5, .kind = ACTION_ACKNOWLEDGE, .actor = "Bob"));
    cr_expect_str_eq(timeline_text(&s, "acknowledged"), "Bob acknowledged it too (Ann has had it) by a link.");
    EXPECT_STATE("acknowledged 1/1 due 245");
    SEND(&s, 6, FIRING(.key = "b"));
    EXPECT_STEP("joined", "joined", nobody);
}

Test(decide_group, a_sender_takes_its_acknowledgement_back) {
    SEND(&s, 0, FIRING(.key = "a"));
    SEND(&s, 1, ACKNOWLEDGED(.key = "a"));
    SEND(&s, 5, UNACKNOWLEDGED(.key = "a"));
    EXPECT_STEP("noted", "unacknowledged", "R.unacknowledged A.unacknowledged");
    EXPECT_STATE("triggered 1/1 due 20");
    cr_expect_str_eq(timeline_text(&s, "unacknowledged"), "No longer acknowledged");
    SEND(&s, 6, UNACKNOWLEDGED(.key = "a"), ACKNOWLEDGED(.key = "a"));
    EXPECT_STATE("acknowledged 1/1 due 246");
}

/* ── one batch ── */

Test(decide_group, a_batch_tells_each_cause_once) {
    SEND(&s, 0, FIRING(.key = "z", .severity = SENT_INFO));
    SEND(&s, 1, FIRING(.key = "a"), FIRING(.key = "b", .severity = SENT_CRITICAL), FIRING(.key = "c"));
    cr_expect_str_eq(timeline(&s), "joined severity_raised joined severity_raised joined");
    cr_expect_str_eq(told(&s), "R!severity_raised A.severity_raised");
    cr_expect_eq(pages_to(&s, RACI_RESPONSIBLE), 2, "two contacts, each once");
    cr_expect_eq(s.changes.incident_count, 1);
    cr_expect_eq(s.changes.alert_count, 3);
}

Test(decide_group, a_page_still_unsent_shows_the_worse_severity_and_needs_no_second_one) {
    SEND(&s, 0, FIRING(.key = "a"), FIRING(.key = "b", .severity = SENT_CRITICAL));
    cr_expect_str_eq(timeline(&s), "opened joined severity_raised");
    cr_expect_str_eq(told(&s), "R!opened A.opened I.opened");
    cr_expect_eq(s.changes.messages[0].incident->severity, SEVERITY_CRITICAL);
}

Test(decide_group, worse_after_an_acknowledgement_in_one_batch_pages_again) {
    SEND(&s, 0, FIRING(.key = "a"), (sent){.kind = EVENT_ACKNOWLEDGED, .key = "a", .actor = "Ann"},
         FIRING(.key = "b", .severity = SENT_CRITICAL));
    cr_expect_str_eq(told(&s), "R!opened A.opened I.opened R.acknowledged A.acknowledged "
                               "R!severity_raised A.severity_raised");
}

Test(decide_group, an_alert_that_begins_and_ends_in_one_batch_is_told_both_ways) {
    SEND(&s, 5, FIRING(.starts = 1), RESOLVED(.starts = 1, .ends = 4));
    EXPECT_STEP("opened resolved", "opened resolved",
                "R!opened A.opened I.opened R.resolved A.resolved C.postmortem I.resolved");
}

/* However often it flaps within one batch: the page is not lost, the last word is the last message. */
Test(decide_group, flapping_within_a_batch_is_folded_and_ends_with_the_last_word) {
    sent flaps[41];
    for (int i = 0; i < 41; i++)
        flaps[i] = i % 2 == 0 ? FIRING(.starts = i) : RESOLVED(.starts = i - 1, .ends = i);
    scene_send(&s, 50, flaps, 40);
    cr_expect_str_eq(told(&s), "R!opened A.opened I.opened R!reopened A.reopened I.reopened "
                               "R.resolved A.resolved C.postmortem I.resolved");
    EXPECT_STATE("resolved 0/1 due -");
    scene_send(&s, 51, &flaps[40], 1);
    EXPECT_STEP("reopened", "reopened", "R!reopened A.reopened I.reopened");
}

/* Quadratic work would take minutes here; the counts say that nothing was lost. */
Test(decide_group, ten_thousand_alerts_of_one_group, .timeout = 60) {
    enum { MANY = 10000 };
    sent *events = ARENA_ARRAY(s.memory, sent, MANY);
    for (int i = 0; i < MANY; i++)
        events[i] = FIRING(.key = arena_printf(s.memory, "alert %d", i));
    scene_send(&s, 0, events, MANY);
    EXPECT_STATE("triggered 10000/10000 due 15");
    cr_expect_eq(s.changes.incident_count, 1);
    cr_expect_eq(s.changes.alert_count, MANY);
    cr_expect_eq(s.changes.timeline_count, MANY);
    cr_expect_eq(s.changes.message_count, 5, "R's two contacts, A, and two who are informed");
    for (int i = 0; i < MANY; i++)
        events[i].kind = EVENT_RESOLVED;
    scene_send(&s, 1, events, MANY);
    EXPECT_STATE("resolved 0/10000 due -");
    cr_expect_eq(s.changes.message_count, 6, "and C's question");
}
