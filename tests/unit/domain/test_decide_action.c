/* What people do to an incident, and whom it is told. */
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
TestSuite(decide_action, .init = begin, .fini = end);

#define EXPECT(wanted_state, wanted_timeline, wanted_told)                                                             \
    do {                                                                                                               \
        cr_expect_str_eq(state_of(&s, scene_incident(&s)), (wanted_state), "state: %s",                                \
                         state_of(&s, scene_incident(&s)));                                                            \
        cr_expect_str_eq(timeline(&s), (wanted_timeline), "timeline: %s", timeline(&s));                               \
        cr_expect_str_eq(told(&s), (wanted_told), "told: %s", told(&s));                                               \
    } while (0)

static const action ann_has_it = {.kind = ACTION_ACKNOWLEDGE, .actor = "Ann", .via = "link", .note = ""};

static void acknowledge(int minute) {
    err e;
    cr_assert(scene_act(&s, minute, &ann_has_it, &e));
}

Test(decide_action, names_both_ways) {
    static const char *const names[] = {"acknowledge", "unacknowledge", "resolve", "contest", "reassign",
                                        "escalate",    "note",          "accept",  "decline", "withdraw"};
    for (int k = 0; k <= ACTION_WITHDRAW; k++) {
        action_kind back;
        cr_expect_str_eq(action_kind_to_text((action_kind)k), names[k]);
        cr_assert(action_kind_from_text(names[k], &back));
        cr_expect_eq((int)back, k);
    }
    action_kind untouched;
    cr_expect_not(action_kind_from_text("delete", &untouched));
}

Test(decide_action, acknowledging_names_who_and_how) {
    static const struct {
        const char *via, *note, *text;
    } cases[] = {{"link", "", "Ann acknowledged it by a link."},
                 {"slack", "", "Ann acknowledged it in Slack."},
                 {"api", "on my way", "Ann acknowledged it through the API: on my way"},
                 {"console", "", "Ann acknowledged it in the console."},
                 {"", "", "Ann acknowledged it."}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        scene one;
        scene_init(&one);
        SEND(&one, 0, FIRING());
        cr_assert(ACT(&one, 5, .kind = ACTION_ACKNOWLEDGE, .actor = "Ann", .via = cases[c].via, .note = cases[c].note));
        cr_expect_str_eq(timeline_text(&one, "acknowledged"), cases[c].text);
        scene_release(&one);
    }
}

Test(decide_action, acknowledging_twice_is_a_line_and_no_message) {
    acknowledge(5);
    EXPECT("acknowledged 1/1 due 245", "acknowledged", "R.acknowledged A.acknowledged");
    cr_expect_str_eq(s.changes.messages[0].actor, "Ann");
    cr_assert(ACT(&s, 6, .kind = ACTION_ACKNOWLEDGE, .actor = "Bob"));
    EXPECT("acknowledged 1/1 due 245", "acknowledged", "");
    cr_expect_str_eq(scene_incident(&s)->acknowledged_by, "Ann");
    acknowledge(7);
    EXPECT("acknowledged 1/1 due 245", "", "");
}

Test(decide_action, taking_an_acknowledgement_back) {
    cr_assert(ACT(&s, 4, .kind = ACTION_UNACKNOWLEDGE, .actor = "Bob"));
    EXPECT("triggered 1/1 due 15", "", "");
    acknowledge(5);
    cr_assert(ACT(&s, 6, .kind = ACTION_UNACKNOWLEDGE, .actor = "Bob"));
    EXPECT("triggered 1/1 due 21", "unacknowledged", "R.unacknowledged A.unacknowledged");
    cr_expect_str_eq(timeline_text(&s, "unacknowledged"), "Bob took back the acknowledgement by Ann by a link.");
    acknowledge(7);
    cr_assert(ACT(&s, 8, .kind = ACTION_UNACKNOWLEDGE, .actor = "Ann"));
    cr_expect_str_eq(timeline_text(&s, "unacknowledged"), "Ann took the acknowledgement back by a link.");
}

Test(decide_action, resolving_closes_the_incident_and_leaves_its_alerts) {
    cr_assert(ACT(&s, 5, .kind = ACTION_RESOLVE, .actor = "Ann", .note = "rolled back"));
    EXPECT("resolved 1/1 due -", "resolved", "R.resolved A.resolved C.postmortem I.resolved");
    cr_expect_str_eq(timeline_text(&s, "resolved"),
                     "Ann resolved it by a link: rolled back (1 of its alerts still fired then.)");
    cr_expect_eq(world_find_alert(s.world, "alertmanager", "a")->ends_at, 0);
    cr_assert(ACT(&s, 6, .kind = ACTION_RESOLVE, .actor = "Bob"));
    EXPECT("resolved 1/1 due -", "", "");
}

Test(decide_action, reassigning_pages_the_new_and_tells_the_old) {
    acknowledge(5);
    scene_incident(&s)->service = "churn";
    cr_assert(ACT(&s, 6, .kind = ACTION_REASSIGN, .actor = "Hana", .to = "platform-engineer", .note = "their node"));
    EXPECT("triggered 1/1 due 21", "reassigned", "R!reassigned I.reassigned");
    cr_expect_str_eq(told_contacts(&s), "R!reassigned (first) slack:platform, R!reassigned mail:head, "
                                        "I.reassigned slack:mlops, I.reassigned mail:mlops");
    cr_expect_str_eq(timeline_text(&s, "reassigned"),
                     "Hana made Platform Engineer (Platform) Responsible by a link: their node");
    const incident *i = scene_incident(&s);
    cr_expect_eq(i->raci.responsible_count, 1);
    cr_expect_str_eq(i->raci.responsible[0].role, "platform-engineer");
    cr_expect_str_eq(i->acknowledged_by, "");
    cr_expect_str_eq(s.raci.responsible[0].role, "mlops-engineer", "the chart's own table stays as it is");
}

Test(decide_action, a_service_may_have_its_own_team_for_the_role) {
    cr_assert(ACT(&s, 6, .kind = ACTION_REASSIGN, .actor = "Hana", .to = "platform-engineer"));
    cr_expect_str_eq(scene_incident(&s)->raci.responsible[0].team, "science");
    cr_expect_str_eq(told(&s), "R!reassigned A.reassigned I.reassigned");
}

Test(decide_action, only_to_somebody_who_can_be_paged) {
    static const char *const roles[] = {"nobody", "", "ghost"};
    for (size_t r = 0; r < sizeof roles / sizeof *roles; r++) {
        err e = {0};
        action act = {.kind = ACTION_REASSIGN, .actor = "Hana", .via = "api", .note = "", .to = roles[r]};
        cr_expect_not(scene_act(&s, 6, &act, &e));
        cr_expect_eq(e.kind, ERR_INVALID, "%s", e.text);
        EXPECT("triggered 1/1 due 15", "", "");
        cr_expect_str_eq(scene_incident(&s)->raci.responsible[0].role, "mlops-engineer");
    }
}

Test(decide_action, escalating_by_hand_pages_accountable_and_counts_as_a_step) {
    cr_assert(ACT(&s, 6, .kind = ACTION_ESCALATE, .actor = "Ann", .note = "need a decision"));
    EXPECT("triggered 1/1 due 21", "escalated", "R!escalated A!escalated");
    cr_expect_eq(scene_incident(&s)->step, 1);
    cr_expect_str_eq(timeline_text(&s, "escalated"),
                     "Ann escalated it to Head of MLOps (Leads) by a link: need a decision");
    acknowledge(7);
    cr_assert(ACT(&s, 8, .kind = ACTION_ESCALATE, .actor = "Ann"));
    EXPECT("acknowledged 1/1 due 247", "escalated", "R!escalated A!escalated");
}

Test(decide_action, a_note_is_a_line_and_no_message) {
    cr_assert(ACT(&s, 6, .kind = ACTION_NOTE, .actor = "Ann", .note = "looking at the canary"));
    EXPECT("triggered 1/1 due 15", "note", "");
    cr_expect_str_eq(timeline_text(&s, "note"), "looking at the canary");
    err e = {0};
    cr_expect_not(scene_act(&s, 6, &(action){.kind = ACTION_NOTE, .actor = "Ann", .via = "api"}, &e));
    cr_expect_eq(e.kind, ERR_INVALID);
}

Test(decide_action, on_a_resolved_incident) {
    static const struct {
        action_kind kind;
        err_kind wanted;
    } cases[] = {{ACTION_ACKNOWLEDGE, ERR_CONFLICT}, {ACTION_UNACKNOWLEDGE, ERR_CONFLICT},
                 {ACTION_CONTEST, ERR_CONFLICT},     {ACTION_REASSIGN, ERR_CONFLICT},
                 {ACTION_ACCEPT, ERR_CONFLICT},      {ACTION_DECLINE, ERR_CONFLICT},
                 {ACTION_WITHDRAW, ERR_CONFLICT},    {ACTION_ESCALATE, ERR_CONFLICT},
                 {ACTION_RESOLVE, ERR_NONE},         {ACTION_NOTE, ERR_NONE}};
    SEND(&s, 5, RESOLVED());
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        err e = {0};
        action act = {.kind = cases[c].kind, .actor = "Ann", .via = "link", .note = "why", .to = "platform-engineer"};
        cr_expect_eq(scene_act(&s, 6, &act, &e), cases[c].wanted == ERR_NONE);
        cr_expect_eq(e.kind, cases[c].wanted, "%s: %s", action_kind_to_text(act.kind), e.text);
        cr_expect(e.kind == ERR_NONE || strncmp(e.text, "The incident is resolved: ", 26) == 0, "%s", e.text);
        EXPECT("resolved 0/1 due -", act.kind == ACTION_NOTE ? "note" : "", "");
    }
}

/* What the caller's request held must not be needed when the changes are written. */
Test(decide_action, keeps_copies_of_the_request) {
    char actor[] = "Ann", note[] = "mine";
    cr_assert(ACT(&s, 5, .kind = ACTION_ACKNOWLEDGE, .actor = actor, .note = note));
    memset(actor, 'x', 3), memset(note, 'x', 4);
    cr_expect_str_eq(scene_incident(&s)->acknowledged_by, "Ann");
    cr_expect_str_eq(s.changes.messages[0].note, "mine");
}
