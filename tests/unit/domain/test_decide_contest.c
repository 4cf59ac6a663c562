/* "Not mine": who is told, what A may decide, what happens when nobody does, and what is kept of it. */
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
TestSuite(decide_contest, .init = begin, .fini = end);

#define EXPECT(wanted_state, wanted_timeline, wanted_told, wanted_contests)                                            \
    do {                                                                                                               \
        cr_expect_str_eq(state_of(&s, scene_incident(&s)), (wanted_state), "state: %s",                                \
                         state_of(&s, scene_incident(&s)));                                                            \
        cr_expect_str_eq(timeline(&s), (wanted_timeline), "timeline: %s", timeline(&s));                               \
        cr_expect_str_eq(told(&s), (wanted_told), "told: %s", told(&s));                                               \
        cr_expect_str_eq(contests(&s), (wanted_contests), "contests: %s", contests(&s));                               \
    } while (0)

static void contest_it(int minute, const char *to) {
    err e = {0};
    action act = {.kind = ACTION_CONTEST, .actor = "Bob", .via = "link", .note = "the node is gone", .to = to};
    cr_assert(scene_act(&s, minute, &act, &e), "%s", e.text);
}

static void expect_refused(const action *act, err_kind kind, const char *words) {
    err e = {0};
    const char *state = state_of(&s, scene_incident(&s));
    cr_expect_not(scene_act(&s, 7, act, &e), "%s", action_kind_to_text(act->kind));
    cr_expect_eq(e.kind, kind, "%s", e.text);
    cr_expect(strstr(e.text, words) != NULL, "%s", e.text);
    EXPECT(state, "", "", "");
}

Test(decide_contest, needs_a_reason_and_pages_accountable) {
    expect_refused(&(action){.kind = ACTION_CONTEST, .actor = "Bob"}, ERR_INVALID, "Say why");
    contest_it(6, "");
    EXPECT("triggered 1/1 due 21", "contested", "A!contested R.contested", "undecided of mlops-engineer by Bob");
    cr_expect_str_eq(timeline_text(&s, "contested"), "Bob contested it (“not mine”) by a link: the node is gone");
    const incident *i = scene_incident(&s);
    cr_expect_str_eq(i->contested_by, "Bob");
    cr_expect_eq(i->contested_at, NOON + MINUTES(6));
    cr_expect_str_eq(i->contest_reason, "the node is gone");
    cr_expect_str_eq(i->proposed_role, "");
    cr_expect_str_eq(i->raci.responsible[0].role, "mlops-engineer", "R stays responsible until A decides");
    cr_expect_str_eq(s.changes.messages[0].note, "the node is gone");
}

Test(decide_contest, may_say_whose_it_is) {
    scene_incident(&s)->service = "churn";
    contest_it(6, "platform-engineer");
    EXPECT("triggered 1/1 due 21", "contested", "A!contested R.contested", "undecided of mlops-engineer by Bob");
    cr_expect_str_eq(timeline_text(&s, "contested"), "Bob contested it (“not mine”, but that of Platform Engineer "
                                                     "(Platform)) by a link: the node is gone");
    cr_expect_str_eq(scene_incident(&s)->proposed_role, "platform-engineer");
    cr_expect_str_eq(scene_incident(&s)->proposed_name, "Platform Engineer (Platform)");
    cr_expect_str_eq(s.changes.contests[0].proposed_role, "platform-engineer");
}

Test(decide_contest, proposes_only_somebody_else_who_can_be_paged) {
    action act = {.kind = ACTION_CONTEST, .actor = "Bob", .note = "why"};
    act.to = "nobody";
    expect_refused(&act, ERR_INVALID, "no role “nobody”");
    act.to = "ghost";
    expect_refused(&act, ERR_INVALID, "cannot be paged");
    act.to = "mlops-engineer";
    expect_refused(&act, ERR_INVALID, "Responsible already");
}

Test(decide_contest, takers_are_the_roles_that_can_be_paged) {
    static const char *const cases[][2] = {{"churn", "mlops-engineer/mlops platform-engineer/platform"},
                                           {"fraud", "mlops-engineer/mlops platform-engineer/science"}};
    for (size_t c = 0; c < 2; c++) {
        party *takers;
        const char *text = "";
        size_t count = decide_takers(&s.ctx, cases[c][0], s.memory, &takers);
        for (size_t t = 0; t < count; t++)
            text = arena_printf(s.memory, "%s%s%s/%s", text, t > 0 ? " " : "", takers[t].role, takers[t].team);
        cr_expect_str_eq(text, cases[c][1]);
    }
}

Test(decide_contest, pressed_twice_is_one_contest) {
    contest_it(5, "");
    contest_it(6, "");
    EXPECT("triggered 1/1 due 20", "", "", "");
}

Test(decide_contest, a_second_person_hears_who_was_first_and_may_add_whose_it_is) {
    contest_it(5, "");
    expect_refused(&(action){.kind = ACTION_CONTEST, .actor = "Eve", .note = "not mine either"}, ERR_CONFLICT,
                   "Bob has contested it already, and Head of MLOps (Leads), who is Accountable, has been asked");
    cr_assert(ACT(&s, 6, .kind = ACTION_CONTEST, .actor = "Bob", .note = "and the disk is, too"));
    EXPECT("triggered 1/1 due 20", "contested", "", "");
    cr_assert(ACT(&s, 7, .kind = ACTION_CONTEST, .actor = "Eve", .note = "theirs", .to = "platform-engineer"));
    EXPECT("triggered 1/1 due 20", "contested", "A!contested R.contested", "undecided of mlops-engineer by Bob");
    cr_expect_str_eq(scene_incident(&s)->proposed_role, "platform-engineer");
    cr_expect_eq(s.changes.contests[0].at, NOON + MINUTES(5), "the same contest");
    cr_expect_eq(s.changes.incident_count, 1);
    expect_refused(&(action){.kind = ACTION_CONTEST, .actor = "Joe", .note = "no, theirs", .to = "platform-engineer"},
                   ERR_CONFLICT, "Bob has contested it already");
}

Test(decide_contest, accepted_it_moves_and_everybody_hears_of_it) {
    scene_incident(&s)->service = "churn";
    contest_it(5, "platform-engineer");
    cr_assert(ACT(&s, 8, .kind = ACTION_ACCEPT, .actor = "Hana"));
    EXPECT("triggered 1/1 due 23", "contest_accepted reassigned", "R!reassigned I.reassigned",
           "accepted of mlops-engineer by Hana to platform-engineer");
    cr_expect_str_eq(told_contacts(&s), "R!reassigned (first) slack:platform, R!reassigned mail:head, "
                                        "I.reassigned slack:mlops, I.reassigned mail:mlops");
    cr_expect_str_eq(timeline_text(&s, "contest_accepted"),
                     "Hana accepted the contest (“not mine”, said by Bob) by a link.");
    cr_expect_str_eq(timeline_text(&s, "reassigned"),
                     "Responsible is now Platform Engineer (Platform); until now it was MLOps Engineer (MLOps).");
    cr_expect_str_eq(s.changes.messages[0].note, "Bob: the node is gone", "the new R learns why");
    cr_expect_str_eq(scene_incident(&s)->raci.responsible[0].role, "platform-engineer");
    cr_expect_str_eq(scene_incident(&s)->contested_by, "");
    cr_expect_eq(s.changes.contests[0].at, NOON + MINUTES(5));
}

Test(decide_contest, accountable_may_pick_somebody_else) {
    contest_it(5, "");
    expect_refused(&(action){.kind = ACTION_ACCEPT, .actor = "Hana"}, ERR_INVALID, "Nobody was proposed");
    expect_refused(&(action){.kind = ACTION_ACCEPT, .actor = "Hana", .to = "mlops-engineer"}, ERR_INVALID, "decline");
    expect_refused(&(action){.kind = ACTION_ACCEPT, .actor = "Hana", .to = "ghost"}, ERR_INVALID, "cannot be paged");
    cr_assert(ACT(&s, 8, .kind = ACTION_ACCEPT, .actor = "Hana", .to = "platform-engineer", .note = "their node"));
    EXPECT("triggered 1/1 due 23", "contest_accepted reassigned", "R!reassigned A.reassigned I.reassigned",
           "accepted of mlops-engineer by Hana to platform-engineer");
    cr_expect_str_eq(s.changes.messages[0].note, "their node");
}

Test(decide_contest, declined_it_goes_back_and_pages_unless_somebody_has_it) {
    contest_it(5, "");
    scene_due(&s, 20);
    expect_refused(&(action){.kind = ACTION_DECLINE, .actor = "Hana"}, ERR_INVALID, "Say why");
    cr_assert(ACT(&s, 22, .kind = ACTION_DECLINE, .actor = "Hana", .note = "it is the model"));
    EXPECT("triggered 1/1 due 37", "contest_declined", "R!declined A.declined", "declined of mlops-engineer by Hana");
    cr_expect_str_eq(timeline_text(&s, "contest_declined"), "Hana declined the contest (“not mine”, said by Bob; it "
                                                            "stays with MLOps Engineer (MLOps)) by a link: it is the "
                                                            "model");
    cr_expect_eq(scene_incident(&s)->step, 0, "the clock of silence starts over");
    cr_assert(ACT(&s, 23, .kind = ACTION_ACKNOWLEDGE, .actor = "Ann"));
    contest_it(24, "");
    cr_assert(ACT(&s, 25, .kind = ACTION_DECLINE, .actor = "Hana", .note = "as I said"));
    EXPECT("acknowledged 1/1 due 263", "contest_declined", "R.settled A.settled", "declined of mlops-engineer by Hana");
}

Test(decide_contest, who_contested_may_take_it_back) {
    contest_it(5, "");
    cr_assert(ACT(&s, 6, .kind = ACTION_WITHDRAW, .actor = "Bob"));
    EXPECT("triggered 1/1 due 21", "contest_withdrawn", "R.settled A.settled", "withdrawn of mlops-engineer by Bob");
    cr_expect_str_eq(timeline_text(&s, "contest_withdrawn"), "Bob took “not mine” back by a link.");
    contest_it(7, "");
    cr_assert(ACT(&s, 8, .kind = ACTION_WITHDRAW, .actor = "Ann"));
    cr_expect_str_eq(timeline_text(&s, "contest_withdrawn"), "Ann took back the “not mine” of Bob by a link.");
}

/* Two people press at once, or one presses twice: the second hears how things stand. */
Test(decide_contest, what_was_decided_is_decided_once) {
    static const action decisions[] = {
        {.kind = ACTION_ACCEPT, .actor = "Hana", .note = "", .to = "platform-engineer"},
        {.kind = ACTION_DECLINE, .actor = "Hana", .note = "why", .to = ""},
        {.kind = ACTION_WITHDRAW, .actor = "Hana", .note = "", .to = ""},
    };
    for (size_t first = 0; first < 3; first++) {
        for (size_t second = 0; second < 3; second++) {
            scene_release(&s);
            begin();
            err e = {0};
            cr_expect_not(scene_act(&s, 4, &decisions[first], &e), "before there is a contest");
            cr_expect_eq(e.kind, ERR_CONFLICT);
            contest_it(5, "");
            cr_assert(scene_act(&s, 6, &decisions[first], &e), "%s", e.text);
            expect_refused(&decisions[second], ERR_CONFLICT, "Nobody contests it");
        }
    }
}

Test(decide_contest, somebody_who_works_on_it_meanwhile_decides_nothing) {
    contest_it(5, "platform-engineer");
    cr_assert(ACT(&s, 6, .kind = ACTION_ACKNOWLEDGE, .actor = "Ann"));
    EXPECT("acknowledged 1/1 due 20", "acknowledged", "R.acknowledged A.acknowledged", "");
    cr_expect_str_eq(scene_incident(&s)->contested_by, "Bob");
    scene_due(&s, 20);
    EXPECT("acknowledged 1/1 due 35", "escalated", "A!contested R.contested", "");
    scene_due(&s, 35);
    EXPECT("acknowledged 1/1 due 50", "escalated", "A!contested R.contested", "");
    cr_assert(ACT(&s, 36, .kind = ACTION_ACCEPT, .actor = "Hana"));
    cr_expect_str_eq(state_of(&s, scene_incident(&s)), "triggered 1/1 due 51",
                     "the new R has acknowledged nothing yet");
}

Test(decide_contest, reassigning_meanwhile_accepts_and_to_the_same_declines) {
    contest_it(5, "");
    cr_assert(ACT(&s, 6, .kind = ACTION_REASSIGN, .actor = "Hana", .to = "mlops-engineer"));
    EXPECT("triggered 1/1 due 21", "reassigned", "R!reassigned A.reassigned", "declined of mlops-engineer by Hana");
    cr_expect_not(s.changes.messages[0].first, "they know of it");
    contest_it(7, "");
    cr_assert(ACT(&s, 8, .kind = ACTION_REASSIGN, .actor = "Hana", .to = "platform-engineer"));
    EXPECT("triggered 1/1 due 23", "reassigned", "R!reassigned A.reassigned I.reassigned",
           "accepted of mlops-engineer by Hana to platform-engineer");
    cr_expect_str_eq(scene_incident(&s)->contested_by, "");
}

Test(decide_contest, a_reassignment_without_a_contest_is_kept_as_a_misroute) {
    cr_assert(ACT(&s, 6, .kind = ACTION_REASSIGN, .actor = "Hana", .to = "mlops-engineer"));
    cr_expect_str_eq(contests(&s), "", "it was theirs already");
    cr_assert(ACT(&s, 8, .kind = ACTION_REASSIGN, .actor = "Hana", .to = "platform-engineer", .note = "their node"));
    cr_expect_str_eq(contests(&s), "reassigned of mlops-engineer by Hana to platform-engineer");
    cr_expect_str_eq(s.changes.contests[0].reason, "their node");
}

Test(decide_contest, the_end_lets_it_lapse) {
    contest_it(5, "platform-engineer");
    SEND(&s, 6, RESOLVED());
    cr_expect_str_eq(contests(&s), "lapsed of mlops-engineer by onus");
    SEND(&s, 7, FIRING(.starts = 7));
    EXPECT("triggered 1/1 due 22", "reopened", "R!reopened A.reopened I.reopened", "");
    cr_expect_str_eq(scene_incident(&s)->contested_by, "");
    cr_expect_str_eq(scene_incident(&s)->proposed_role, "");
    contest_it(8, "");
    cr_assert(ACT(&s, 9, .kind = ACTION_RESOLVE, .actor = "Ann"));
    cr_expect_str_eq(contests(&s), "lapsed of mlops-engineer by onus");
    cr_assert(ACT(&s, 10, .kind = ACTION_RESOLVE, .actor = "Ann"));
    cr_expect_str_eq(contests(&s), "");
}

Test(decide_contest, undecided_it_goes_back_to_responsible_but_not_for_ever) {
    contest_it(5, "");
    scene_due(&s, 20);
    EXPECT("triggered 1/1 due 35", "escalated", "A!contested R.contested", "");
    cr_expect_str_eq(timeline_text(&s, "escalated"),
                     "Bob contested it, and nobody has decided within 15m whose it is (reminder 1 of 5).");
    for (int step = 2; step <= ESCALATION_STEPS_MAX; step++) {
        scene_due(&s, 5 + step * 15);
        cr_expect_str_eq(told(&s), "R!undecided A!undecided", "step %d: %s", step, told(&s));
    }
    cr_expect_str_eq(timeline_text(&s, "escalated"),
                     "Bob contested it, and nobody has decided within 15m whose it is (reminder 5 of 5).");
    scene_due(&s, 95);
    EXPECT("triggered 1/1 due -", "unanswered", "", "");
    cr_expect_str_eq(scene_incident(&s)->contested_by, "Bob", "it can still be decided");
    cr_assert(ACT(&s, 100, .kind = ACTION_ACCEPT, .actor = "Hana", .to = "platform-engineer"));
}

Test(decide_contest, silence_does_not_wait_for_the_decision) {
    scene_incident(&s)->decide_within = MINUTES(40);
    contest_it(5, "");
    cr_expect_str_eq(state_of(&s, scene_incident(&s)), "triggered 1/1 due 20");
    scene_due(&s, 20);
    EXPECT("triggered 1/1 due 35", "escalated", "R!escalated A!escalated", "");
    scene_due(&s, 35);
    EXPECT("triggered 1/1 due 45", "escalated", "R!escalated A!escalated", "");
    scene_due(&s, 45);
    EXPECT("triggered 1/1 due 60", "escalated", "R!undecided A!undecided", "");
}

Test(decide_contest, a_row_may_leave_the_decision_open) {
    scene_incident(&s)->decide_within = 0;
    contest_it(5, "");
    scene_due(&s, 20);
    EXPECT("triggered 1/1 due 35", "escalated", "R!escalated A!escalated", "");
    cr_assert(ACT(&s, 21, .kind = ACTION_ACKNOWLEDGE, .actor = "Ann"));
    cr_expect_str_eq(state_of(&s, scene_incident(&s)), "acknowledged 1/1 due 261");
}

Test(decide_contest, of_an_acknowledged_incident_leaves_its_expiry) {
    cr_assert(ACT(&s, 5, .kind = ACTION_ACKNOWLEDGE, .actor = "Ann"));
    contest_it(6, "");
    for (int step = 1; step <= ESCALATION_STEPS_MAX; step++)
        scene_due(&s, 6 + step * 15);
    scene_due(&s, 96);
    EXPECT("acknowledged 1/1 due 245", "unanswered", "", "");
    scene_due(&s, 245);
    EXPECT("triggered 1/1 due 246", "acknowledgement_expired", "R!acknowledgement_expired A.acknowledgement_expired",
           "");
}

/* One channel for R and A: whoever reads it must be paged to decide, and not only be told. */
Test(decide_contest, a_page_comes_before_a_notice_to_the_same_contact) {
    static const contact shared[] = {{"slack", "all"}};
    incident *i = scene_incident(&s);
    party *r = ARENA_NEW(s.memory, party);
    *r = i->raci.responsible[0];
    r->contacts = i->raci.accountable.contacts = shared;
    r->contact_count = i->raci.accountable.contact_count = 1;
    i->raci.responsible = r;
    contest_it(5, "");
    cr_expect_str_eq(told_contacts(&s), "A!contested slack:all");
}

/* What the caller's request held must not be needed when the changes are written. */
Test(decide_contest, keeps_copies_of_the_request) {
    char actor[] = "Bob", note[] = "why", to[] = "platform-engineer";
    cr_assert(ACT(&s, 5, .kind = ACTION_CONTEST, .actor = actor, .note = note, .to = to));
    memset(actor, 'x', 3), memset(note, 'x', 3), memset(to, 'x', sizeof to - 1);
    cr_expect_str_eq(scene_incident(&s)->contested_by, "Bob");
    cr_expect_str_eq(scene_incident(&s)->contest_reason, "why");
    cr_expect_str_eq(scene_incident(&s)->proposed_role, "platform-engineer");
    cr_expect_str_eq(s.changes.contests[0].reason, "why");
}

/* ── after it has moved ── */

static void reassign_it(int minute, const char *to) {
    cr_assert(ACT(&s, minute, .kind = ACTION_REASSIGN, .actor = "Hana", .note = "theirs", .to = to));
}

Test(decide_contest, a_link_of_those_who_had_it_does_not_act_as_responsible) {
    static const action_kind kinds[] = {ACTION_ACKNOWLEDGE, ACTION_UNACKNOWLEDGE, ACTION_CONTEST, ACTION_WITHDRAW};
    scene_incident(&s)->service = "churn";
    reassign_it(6, "platform-engineer");
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        expect_refused(&(action){.kind = kinds[k], .actor = "Bob", .note = "x", .made_for = "MLOps (slack:mlops)"},
                       ERR_DENIED, "It has moved: Responsible is now Platform Engineer (Platform).");
    cr_assert(ACT(&s, 8, .kind = ACTION_ACKNOWLEDGE, .actor = "Eve", .made_for = "Platform (slack:platform)"));
    reassign_it(9, "mlops-engineer");
    cr_assert(ACT(&s, 10, .kind = ACTION_ACKNOWLEDGE, .actor = "Bob", .made_for = "MLOps, on call: Ann (mail:ann)"),
              "it is theirs again, whoever of them was on call");
    reassign_it(11, "platform-engineer");
    cr_expect(ACT(&s, 12, .kind = ACTION_RESOLVE, .actor = "Bob", .made_for = "MLOps (slack:mlops)"),
              "what is over is over, whoever says so");
}

/* Two teams may bear one name; what an address holds does not matter either. */
Test(decide_contest, a_link_is_its_teams_and_not_its_names) {
    scene_incident(&s)->service = "churn";
    reassign_it(6, "platform-engineer");
    expect_refused(&(action){.kind = ACTION_ACKNOWLEDGE,
                             .actor = "Bob",
                             .made_for = "Platform (slack:platform)",
                             .made_for_team = "mlops"},
                   ERR_DENIED, "It has moved");
    cr_assert(ACT(&s, 8, .kind = ACTION_ACKNOWLEDGE, .actor = "Eve", .made_for = "Renamed since (slack:a (b)",
                  .made_for_team = "platform"));
}

Test(decide_contest, a_team_bears_one_letter_after_it_has_moved) {
    reassign_it(6, "platform-engineer"); /* which Science plays for fraud: it was Consulted */
    const incident *i = scene_incident(&s);
    cr_expect_str_eq(i->raci.responsible[0].team, "science");
    cr_expect_eq(i->raci.consulted_count, 0);
    cr_expect_eq(i->raci.informed_count, 2);
    cr_expect_str_eq(i->raci.informed[0].team, "vp");
}

Test(decide_contest, whoever_was_consulted_heard_of_it_before) {
    scene_incident(&s)->consult = CONSULT_NOW;
    reassign_it(6, "platform-engineer");
    cr_expect(strstr(told_contacts(&s), "R!reassigned mail:science") != NULL, "%s", told_contacts(&s));
}
