/* Shifts that end while an incident lasts: whoever is paged again is whoever is on call then. */
#include "onus/rotation.h"
#include "test_decide_support.h"

#include <criterion/criterion.h>
#include <string.h>

static const zone_change utc_changes[] = {{0, 0}};
static const time_zone utc = {"UTC", utc_changes, 1};
static const contact to_ann[] = {{"mail", "ann"}}, to_bob[] = {{"mail", "bob"}};
static const contact to_team[] = {{"slack", "mlops"}, {"mail", "bob"}}; /* Bob reads the team's mail */
static const chart_person ann = {"ann", "Ann Lee", to_ann, 1}, bob = {"bob", "Bob Ray", to_bob, 1};
static const chart_person *const PAIR[] = {&ann, &bob};
/* Ann from noon, Bob from one o'clock, and so on by the hour. */
static const rotation_layer layer = {.people = PAIR,
                                     .people_count = 2,
                                     .zone = &utc,
                                     .begins = NOON,
                                     .shift = USEC_PER_HOUR,
                                     .days = EVERY_DAY,
                                     .until_minute = MINUTES_PER_DAY};
static const rotation hourly = {.layers = &layer, .layer_count = 1};
static const chart_team TEAMS[] = {{"mlops", "MLOps", to_team, 2, .rotation = &hourly}};
static const chart_role ROLES[] = {{"mlops-engineer", "MLOps Engineer", &TEAMS[0]}};
static const contact ann_and_team[] = {{"mail", "ann"}, {"slack", "mlops"}, {"mail", "bob"}};
static const party ann_of_mlops = {"mlops-engineer", "MLOps Engineer", "mlops", "MLOps", ann_and_team, 3, "ann",
                                   "Ann Lee"};

static scene s;

static void begin(void) {
    scene_init(&s);
    s.chart.teams = TEAMS;
    s.chart.team_count = 1;
    s.chart.roles = ROLES;
    s.chart.role_count = 1;
    s.raci.responsible = &ann_of_mlops;
    s.raci.consulted_count = s.raci.informed_count = 0;
    SEND(&s, 0, FIRING());
}
static void end(void) {
    scene_release(&s);
}
TestSuite(decide_oncall, .init = begin, .fini = end);

#define EXPECT(wanted_timeline, wanted_told)                                                                           \
    do {                                                                                                               \
        cr_expect_str_eq(timeline(&s), (wanted_timeline), "timeline: %s", timeline(&s));                               \
        cr_expect_str_eq(told_contacts(&s), (wanted_told), "told: %s", told_contacts(&s));                             \
    } while (0)

static const char *person(void) {
    return scene_incident(&s)->raci.responsible[0].person;
}

Test(decide_oncall, within_a_shift_the_same_person_is_paged_again) {
    scene_due(&s, 45);
    EXPECT("escalated", "R!escalated mail:ann, R!escalated slack:mlops, R!escalated mail:bob, A!escalated mail:head");
    cr_expect_str_eq(person(), "ann");
}

Test(decide_oncall, an_escalation_pages_whoever_is_on_call_then) {
    scene_due(&s, 61);
    EXPECT("escalated oncall_changed", "R!escalated mail:bob, R!escalated slack:mlops, A!escalated mail:head");
    cr_expect_str_eq(timeline_text(&s, "oncall_changed"),
                     "On call for MLOps is now Bob Ray; until now it was Ann Lee.");
    cr_expect_str_eq(s.changes.messages[0].team_name, "MLOps, on call: Bob Ray");
    cr_expect_str_eq(person(), "bob");
    scene_due(&s, 76);
    EXPECT("escalated", "R!escalated mail:bob, R!escalated slack:mlops, A!escalated mail:head");
}

Test(decide_oncall, who_never_heard_of_it_starts_a_thread) {
    s.raci.responsible = &(party){"mlops-engineer", "MLOps Engineer", "mlops", "MLOps", to_ann, 1, "ann", "Ann Lee"};
    SEND(&s, 0, FIRING(.key = "b", .group = "h"));
    incident *i = world_find_group(s.world, "h");
    s.ctx.now = NOON + MINUTES(61);
    decide_due(&s.ctx, s.world, i, s.memory, &s.changes);
    EXPECT("escalated oncall_changed",
           "R!escalated (first) mail:bob, R!escalated (first) slack:mlops, A!escalated mail:head");
}

Test(decide_oncall, an_expired_acknowledgement_pages_whoever_is_on_call_then) {
    cr_assert(ACT(&s, 70, .kind = ACTION_ACKNOWLEDGE, .actor = "Ann"));
    EXPECT("acknowledged", "R.acknowledged mail:ann, R.acknowledged slack:mlops, R.acknowledged mail:bob, "
                           "A.acknowledged mail:head");
    scene_due(&s, 310);
    EXPECT("acknowledgement_expired oncall_changed",
           "R!acknowledgement_expired mail:bob, R!acknowledgement_expired slack:mlops, "
           "A.acknowledgement_expired mail:head");
}

Test(decide_oncall, so_do_a_worse_severity_and_a_new_beginning) {
    SEND(&s, 65, FIRING(.key = "b", .severity = SENT_CRITICAL));
    EXPECT("joined severity_raised oncall_changed",
           "R!severity_raised mail:bob, R!severity_raised slack:mlops, A.severity_raised mail:head");
    SEND(&s, 118, RESOLVED(), RESOLVED(.key = "b"));
    cr_expect_null(strstr(timeline(&s), "oncall"), "who was paged hears that it is over");
    SEND(&s, 121, FIRING(.starts = 121));
    EXPECT("reopened oncall_changed",
           "R!reopened (first) mail:ann, R!reopened slack:mlops, R!reopened mail:bob, A.reopened mail:head");
    cr_expect_str_eq(person(), "ann");
}

Test(decide_oncall, a_reassignment_gives_it_to_whoever_is_on_call) {
    cr_assert(ACT(&s, 65, .kind = ACTION_REASSIGN, .actor = "Head", .to = "mlops-engineer"));
    cr_expect_str_eq(person(), "bob");
    cr_expect_str_eq(timeline_text(&s, "reassigned"),
                     "Head made MLOps Engineer (MLOps, on call: Bob Ray) Responsible by a link.");
}

Test(decide_oncall, accountable_can_be_on_call_too) {
    s.raci.accountable = ann_of_mlops;
    SEND(&s, 0, FIRING(.key = "b", .group = "h"));
    s.ctx.now = NOON + MINUTES(61);
    decide_due(&s.ctx, s.world, world_find_group(s.world, "h"), s.memory, &s.changes);
    cr_expect_str_eq(timeline(&s), "escalated oncall_changed", "a team is named once");
    cr_expect_str_eq(world_find_group(s.world, "h")->raci.accountable.person, "bob");
}

Test(decide_oncall, an_edit_alone_changes_nobody) {
    chart_team edited[] = {TEAMS[0]};
    s.chart.teams = edited;
    edited[0].contacts = to_bob;
    edited[0].contact_count = 1;
    scene_due(&s, 20);
    EXPECT("escalated", "R!escalated mail:ann, R!escalated slack:mlops, R!escalated mail:bob, A!escalated mail:head");
    s.chart.team_count = 0;
    scene_due(&s, 61);
    EXPECT("escalated", "R!escalated mail:ann, R!escalated slack:mlops, R!escalated mail:bob, A!escalated mail:head");
    s.chart.team_count = 1;
    edited[0].rotation = NULL;
    scene_due(&s, 76);
    EXPECT("escalated oncall_changed", "R!escalated mail:bob, A!escalated mail:head");
    cr_expect_str_eq(timeline_text(&s, "oncall_changed"),
                     "On call for MLOps is now the whole team; until now it was Ann Lee.");
}
