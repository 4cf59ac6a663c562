/* One alert's life: repeated, late, reordered and duplicate deliveries. */
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
TestSuite(decide_events, .init = begin, .fini = end);

#define EXPECT_STEP(wanted_outcomes, wanted_timeline, wanted_told)                                                     \
    do {                                                                                                               \
        cr_expect_str_eq(outcomes(&s), (wanted_outcomes), "outcomes: %s", outcomes(&s));                               \
        cr_expect_str_eq(timeline(&s), (wanted_timeline), "timeline: %s", timeline(&s));                               \
        cr_expect_str_eq(told(&s), (wanted_told), "told: %s", told(&s));                                               \
    } while (0)

#define EXPECT_STATE(wanted) cr_expect_str_eq(state_of(&s, scene_incident(&s)), (wanted))

Test(decide_events, an_alert_begins_repeats_and_ends) {
    SEND(&s, 0, FIRING());
    EXPECT_STEP("opened", "opened", "R!opened A.opened I.opened");
    EXPECT_STATE("triggered 1/1 due 15");
    cr_expect_str_eq(timeline_text(&s, "opened"),
                     "“Drift” began, with severity warning. Row “Production model degraded” "
                     "claims it; service fraud.");
    SEND(&s, 5, FIRING());
    EXPECT_STEP("repeated", "", "");
    cr_expect_eq(s.changes.alerts[0]->last_seen_at, NOON + MINUTES(5));
    cr_expect_eq(s.changes.incident_count, 0, "a repetition does not touch the incident");
    SEND(&s, 9, RESOLVED());
    EXPECT_STEP("resolved", "resolved", "R.resolved A.resolved C.postmortem I.resolved");
    EXPECT_STATE("resolved 0/1 due -");
    cr_expect_str_eq(timeline_text(&s, "resolved"), "“Drift” has ended.");
}

Test(decide_events, an_incident_takes_what_the_route_says) {
    SEND(&s, 3, FIRING(.starts = 1));
    const incident *i = scene_incident(&s);
    cr_expect_str_eq(i->activity, "degraded");
    cr_expect_str_eq(i->activity_name, "Production model degraded");
    cr_expect_eq(i->chart_revision, 7);
    cr_expect_eq(i->starts_at, NOON + MINUTES(1));
    cr_expect_eq(i->opened_at, NOON + MINUTES(3));
    cr_expect_eq(i->loop, LOOP_SYSTEM);
    cr_expect_str_eq(i->service, "fraud");
    cr_expect_eq(s.changes.event_incidents[0], i);
    cr_expect_eq(s.changes.messages[0].expires_at, NOON + MINUTES(3) + USEC_PER_DAY);
}

Test(decide_events, the_unowned_row_has_its_name) {
    s.row.id = "";
    s.row.index = UNOWNED_ROW;
    SEND(&s, 0, FIRING());
    cr_expect_str_eq(scene_incident(&s)->activity, "unowned");
}

Test(decide_events, new_content_of_a_known_alert_pages_nobody) {
    SEND(&s, 10, FIRING(.starts = 5));
    SEND(&s, 11, FIRING(.starts = 5, .title = "Drift, PSI 0.4"));
    EXPECT_STEP("updated", "", "");
    cr_expect_str_eq(s.changes.alerts[0]->title, "Drift, PSI 0.4");
    SEND(&s, 12, FIRING(.starts = 5, .title = "Drift, PSI 0.4"));
    EXPECT_STEP("repeated", "", "");
}

/* Two Prometheus see it begin a moment apart, and each goes on sending its own start. */
Test(decide_events, overlapping_sendings_are_one_episode) {
    SEND(&s, 10, FIRING(.starts = 5));
    SEND(&s, 13, FIRING(.starts = 3));
    EXPECT_STEP("updated", "", "");
    cr_expect_eq(scene_incident(&s)->starts_at, NOON + MINUTES(3), "the incident began with the earliest");
    SEND(&s, 14, FIRING(.starts = 5));
    EXPECT_STEP("updated", "", "");
    SEND(&s, 20, RESOLVED(.starts = 3, .ends = 19));
    EXPECT_STEP("resolved", "resolved", "R.resolved A.resolved C.postmortem I.resolved");
    SEND(&s, 21, FIRING(.starts = 5));
    EXPECT_STEP("reopened", "reopened", "R!reopened A.reopened I.reopened");
}

/* The end of the first episode was overtaken by the beginning of the second. */
Test(decide_events, a_late_end_does_not_end_the_next_episode) {
    SEND(&s, 1, FIRING(.starts = 1));
    SEND(&s, 6, FIRING(.starts = 5));
    EXPECT_STEP("updated", "", "");
    SEND(&s, 7, RESOLVED(.starts = 1, .ends = 5));
    EXPECT_STEP("late", "", "");
    SEND(&s, 8, FIRING(.starts = 1));
    SEND(&s, 9, RESOLVED(.starts = 1, .ends = 4));
    EXPECT_STEP("late", "", "");
    EXPECT_STATE("triggered 1/1 due 16");
    SEND(&s, 10, RESOLVED(.starts = 5, .ends = 10));
    EXPECT_STATE("resolved 0/1 due -");
}

Test(decide_events, an_open_alert_whose_incident_is_kept_no_more_opens_another) {
    alert orphan = {.id = 1, .source = "alertmanager", .key = "a", .starts_at = NOON};
    world_add_alert(s.world, &orphan);
    SEND(&s, 5, (sent){.kind = EVENT_ACKNOWLEDGED, .actor = "Ann"}, (sent){.kind = EVENT_NOTE, .note = "x"});
    EXPECT_STEP("nothing nothing", "", "");
    SEND(&s, 5, FIRING());
    EXPECT_STEP("opened", "opened", "R!opened A.opened I.opened");
    world_find_alert(s.world, "alertmanager", "a")->incident = NULL;
    SEND(&s, 6, RESOLVED());
    EXPECT_STEP("resolved", "", "");
}

Test(decide_events, without_a_start_any_firing_after_the_end_is_new) {
    SEND(&s, 1, FIRING(.no_start = true));
    SEND(&s, 2, FIRING(.no_start = true));
    EXPECT_STEP("repeated", "", "");
    SEND(&s, 3, RESOLVED(.no_start = true));
    SEND(&s, 4, RESOLVED(.no_start = true));
    EXPECT_STEP("nothing", "", "");
    SEND(&s, 5, FIRING(.no_start = true));
    EXPECT_STEP("reopened", "reopened", "R!reopened A.reopened I.reopened");
}

Test(decide_events, the_end_before_the_beginning_is_remembered) {
    SEND(&s, 5, RESOLVED(.starts = 1));
    EXPECT_STEP("nothing", "", "");
    cr_assert_eq(s.changes.alert_count, 1);
    cr_expect_null(s.changes.alerts[0]->incident);
    cr_expect(s.changes.alerts[0]->touched);
    SEND(&s, 6, FIRING(.starts = 1, .began = 4));
    EXPECT_STEP("late", "", "");
    SEND(&s, 7, FIRING(.starts = 7));
    EXPECT_STEP("opened", "opened", "R!opened A.opened I.opened");
}

Test(decide_events, without_a_start_an_unknown_end_is_nothing_to_remember) {
    SEND(&s, 5, RESOLVED(.no_start = true));
    EXPECT_STEP("nothing", "", "");
    cr_expect_eq(s.changes.alert_count, 0);
}

Test(decide_events, the_end_of_an_older_episode_ends_nothing) {
    SEND(&s, 20, FIRING(.starts = 20));
    SEND(&s, 21, RESOLVED(.starts = 1, .ends = 5));
    EXPECT_STEP("late", "", "");
    EXPECT_STATE("triggered 1/1 due 35");
    SEND(&s, 22, RESOLVED(.starts = 18, .ends = 22));
    EXPECT_STEP("resolved", "resolved", "R.resolved A.resolved C.postmortem I.resolved");
}

Test(decide_events, the_end_of_an_unheard_episode_makes_a_beginning_that_was_under_way_late) {
    SEND(&s, 1, FIRING(.starts = 1));
    SEND(&s, 2, RESOLVED(.starts = 1));
    SEND(&s, 9, RESOLVED(.starts = 8));
    EXPECT_STEP("nothing", "", "");
    SEND(&s, 10, FIRING(.starts = 8, .began = 8));
    EXPECT_STEP("late", "late", "");
}

/* ── expiry: sources that repeat what still fires ── */

Test(decide_events, a_repetition_moves_the_expiry_and_a_delayed_one_does_not_move_it_back) {
    SEND(&s, 0, FIRING(.expires = 4));
    SEND(&s, 1, FIRING(.expires = 5));
    cr_expect_eq(s.changes.alerts[0]->expires_at, NOON + MINUTES(5));
    SEND(&s, 2, FIRING(.expires = 4));
    EXPECT_STEP("repeated", "", "");
    cr_expect_eq(s.changes.alerts[0]->expires_at, NOON + MINUTES(5));
}

Test(decide_events, an_expiry_that_was_overtaken_by_a_repetition_is_late) {
    SEND(&s, 0, FIRING(.expires = 4));
    SEND(&s, 4, FIRING(.expires = 8));
    SEND(&s, 4, RESOLVED(.ends = 4, .expires = 4));
    EXPECT_STEP("late", "", "");
    SEND(&s, 8, RESOLVED(.ends = 8, .expires = 8));
    EXPECT_STEP("resolved", "resolved", "R.resolved A.resolved C.postmortem I.resolved");
}

/* The source was cut off from us, not the problem from the source: the same start is no reason to be silent. */
Test(decide_events, an_alert_that_expired_comes_back_with_its_old_start) {
    SEND(&s, 0, FIRING(.expires = 4));
    SEND(&s, 4, RESOLVED(.ends = 4, .expires = 4));
    EXPECT_STEP("resolved", "resolved", "R.resolved A.resolved C.postmortem I.resolved");
    SEND(&s, 5, FIRING(.expires = 10, .began = 3));
    EXPECT_STEP("reopened", "reopened", "R!reopened A.reopened I.reopened");
}

/* ── at the source ── */

Test(decide_events, acknowledged_at_the_source) {
    SEND(&s, 0, FIRING());
    SEND(&s, 3, (sent){.kind = EVENT_ACKNOWLEDGED, .actor = "Ann"});
    EXPECT_STEP("acknowledged", "acknowledged", "R.acknowledged A.acknowledged");
    EXPECT_STATE("acknowledged 1/1 due 243");
    cr_expect_str_eq(timeline_text(&s, "acknowledged"), "Ann acknowledged it at alertmanager.");
    cr_expect_str_eq(scene_incident(&s)->acknowledged_by, "Ann");
    SEND(&s, 4, (sent){.kind = EVENT_ACKNOWLEDGED, .actor = "Ann"});
    EXPECT_STEP("acknowledged", "", "");
    SEND(&s, 5, (sent){.kind = EVENT_ACKNOWLEDGED});
    EXPECT_STEP("acknowledged", "acknowledged", "");
    cr_expect_str_eq(timeline_text(&s, "acknowledged"),
                     "alertmanager acknowledged it too (Ann has had it) at alertmanager.");
    SEND(&s, 6, RESOLVED());
    SEND(&s, 7, (sent){.kind = EVENT_ACKNOWLEDGED, .actor = "Bob"});
    EXPECT_STEP("nothing", "", "");
    SEND(&s, 8, (sent){.kind = EVENT_ACKNOWLEDGED, .key = "never heard of", .actor = "Bob"});
    EXPECT_STEP("nothing", "", "");
}

Test(decide_events, a_note_stands_on_the_timeline_and_nowhere_else) {
    SEND(&s, 0, (sent){.kind = EVENT_NOTE, .note = "too early"});
    EXPECT_STEP("nothing", "", "");
    SEND(&s, 0, FIRING());
    SEND(&s, 1, (sent){.kind = EVENT_NOTE, .actor = "Ann", .note = "escalated at PagerDuty"});
    EXPECT_STEP("noted", "note", "");
    cr_expect_str_eq(timeline_text(&s, "note"), "escalated at PagerDuty");
    cr_expect_str_eq(s.changes.timeline[0].actor, "Ann");
    SEND(&s, 2, RESOLVED());
    SEND(&s, 3, (sent){.kind = EVENT_NOTE, .note = "afterwards"});
    EXPECT_STEP("noted", "note", "");
}

/* A store may know an alert without its texts. */
Test(decide_events, an_end_is_told_by_its_own_title_when_the_alerts_is_not_at_hand) {
    SEND(&s, 0, FIRING());
    world_find_alert(s.world, "alertmanager", "a")->title = NULL;
    SEND(&s, 1, RESOLVED(.title = "Drift is gone"));
    cr_expect_str_eq(timeline_text(&s, "resolved"), "“Drift is gone” has ended.");
}

/* ── every order ── */

typedef struct order {
    int place[4];
} order;

static bool next_order(order *o) {
    int k = 2;
    while (k >= 0 && o->place[k] > o->place[k + 1])
        k--;
    if (k < 0)
        return false;
    int l = 3;
    while (o->place[l] < o->place[k])
        l--;
    int held = o->place[k];
    o->place[k] = o->place[l], o->place[l] = held;
    for (int a = k + 1, b = 3; a < b; a++, b--)
        held = o->place[a], o->place[a] = o->place[b], o->place[b] = held;
    return true;
}

/* Firing, its duplicate, the end and its duplicate: each order, each in batches of 1, 2 and 4. */
Test(decide_events, every_order_of_delivery_ends_the_same_and_pages_at_most_once) {
    const sent deliveries[] = {FIRING(.starts = 1), FIRING(.starts = 1), RESOLVED(.starts = 1, .ends = 3),
                               RESOLVED(.starts = 1, .ends = 3)};
    order o = {{0, 1, 2, 3}};
    int orders = 0;
    do {
        for (size_t batch = 1; batch <= 4; batch *= 2) {
            scene one;
            scene_init(&one);
            size_t pages = 0;
            for (size_t at = 0; at < 4; at += batch) {
                sent events[4];
                for (size_t i = 0; i < batch; i++)
                    events[i] = deliveries[o.place[at + i]];
                scene_send(&one, 5, events, batch);
                pages += pages_to(&one, RACI_RESPONSIBLE);
            }
            const char *name =
                arena_printf(one.memory, "%d%d%d%d by %zu", o.place[0], o.place[1], o.place[2], o.place[3], batch);
            const alert *a = world_find_alert(one.world, "alertmanager", "a");
            bool fired_first = o.place[0] < 2;
            cr_assert_not_null(a);
            cr_expect_eq(a->ends_at, NOON + MINUTES(3), "%s", name);
            cr_expect_eq(a->starts_at, NOON + MINUTES(1), "%s", name);
            cr_expect_str_eq(state_of(&one, scene_incident(&one)), fired_first ? "resolved 0/1 due -" : "none", "%s",
                             name);
            cr_expect_eq(pages, fired_first ? 2 : 0, "%s: R has two contacts, each paged once; %zu", name, pages);
            scene_release(&one);
        }
        orders++;
    } while (next_order(&o));
    cr_expect_eq(orders, 24);
}
