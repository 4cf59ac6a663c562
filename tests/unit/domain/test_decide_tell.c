/* Who hears: contacts once by their strongest letter, C at its time, and the plan that `onus route` shows. */
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
TestSuite(decide_tell, .init = begin, .fini = end);

Test(decide_tell, every_contact_of_every_letter) {
    SEND(&s, 0, FIRING());
    cr_expect_str_eq(told_contacts(&s), "R!opened (first) slack:mlops, R!opened (first) mail:mlops, "
                                        "A.opened (first) mail:head, I.opened (first) mail:vp, "
                                        "I.opened (first) slack:business");
    cr_expect_str_eq(s.changes.messages[0].role_name, "MLOps Engineer");
    cr_expect_str_eq(s.changes.messages[0].team_name, "MLOps");
    cr_expect_str_eq(s.changes.messages[2].role_name, "Head of MLOps");
    SEND(&s, 1, RESOLVED());
    cr_expect_str_eq(told_contacts(&s), "R.resolved slack:mlops, R.resolved mail:mlops, A.resolved mail:head, "
                                        "C.postmortem (first) mail:science, I.resolved mail:vp, "
                                        "I.resolved slack:business");
}

Test(decide_tell, consulted_now_hears_at_the_beginning_and_the_end) {
    s.row.consult = CONSULT_NOW;
    SEND(&s, 0, FIRING());
    cr_expect_str_eq(told(&s), "R!opened A.opened C.opened I.opened");
    SEND(&s, 1, RESOLVED());
    cr_expect_str_eq(told(&s), "R.resolved A.resolved C.resolved I.resolved");
}

/* One chat for R, A and I; C shares A's mailbox. */
Test(decide_tell, one_contact_hears_of_one_cause_once_by_its_strongest_letter) {
    static const contact chat[] = {{"slack", "all"}, {"slack", "all"}}, box[] = {{"mail", "head"}, {"slack", "all"}};
    party r = {"r", "R", "t", "T", chat, 2}, c = {"c", "C", "t", "T", box, 2},
          informed[] = {{"i", "I", "t", "T", chat, 1}, {"j", "J", "u", "U", box, 1}};
    s.row.consult = CONSULT_NOW;
    s.raci = (raci){.responsible = &r,
                    .responsible_count = 1,
                    .accountable = {"a", "A", "t", "T", box, 2},
                    .consulted = &c,
                    .consulted_count = 1,
                    .informed = informed,
                    .informed_count = 2};
    SEND(&s, 0, FIRING());
    cr_expect_str_eq(told_contacts(&s), "R!opened (first) slack:all, A.opened (first) mail:head");
}

Test(decide_tell, the_same_address_of_another_channel_is_another_contact) {
    static const contact by_chat[] = {{"slack", "x"}}, by_mail[] = {{"mail", "x"}};
    party r = {"r", "R", "t", "T", by_chat, 1};
    s.raci = (raci){.responsible = &r, .responsible_count = 1, .accountable = {"a", "A", "t", "T", by_mail, 1}};
    SEND(&s, 0, FIRING());
    cr_expect_str_eq(told_contacts(&s), "R!opened (first) slack:x, A.opened (first) mail:x");
}

Test(decide_tell, who_shares_a_contact_with_responsible_gets_no_second_message_at_the_end) {
    static const contact chat[] = {{"slack", "mlops"}};
    party c = {"c", "C", "t", "T", chat, 1};
    s.raci.consulted = &c;
    SEND(&s, 0, FIRING());
    SEND(&s, 1, RESOLVED());
    cr_expect_str_eq(told(&s), "R.resolved A.resolved I.resolved");
}

/* ── the plan ── */

static const char *plan_text(const route *r) {
    plan_step *steps;
    size_t count = decide_plan(r, s.memory, &steps);
    const char *text = "";
    for (size_t i = 0; i < count; i++) {
        const char *when =
            steps[i].after == -1 ? "over" : arena_printf(s.memory, "%d", (int)(steps[i].after / USEC_PER_MINUTE));
        text = arena_printf(s.memory, "%s%s%s %c%c%s %s", text, i > 0 ? ", " : "", when, "RACI"[steps[i].letter],
                            steps[i].page ? '!' : '.', message_reason_to_text(steps[i].reason), steps[i].who->role);
    }
    return text;
}

Test(decide_tell, plan_of_a_row_that_consults_at_the_end) {
    route r = {.row = &s.row, .severity = SEVERITY_CRITICAL, .raci = s.raci};
    cr_expect_str_eq(plan_text(&r), "0 R!opened mlops-engineer, 0 A.opened head-of-mlops, 0 I.opened vp-engineering, "
                                    "0 I.opened business, 15 A!escalated head-of-mlops, "
                                    "15 R!escalated mlops-engineer, over C.postmortem ml-engineer");
}

Test(decide_tell, plan_of_a_request_that_nobody_needs_to_hurry_with) {
    s.row.consult = CONSULT_NOW;
    route r = {.row = &s.row, .severity = SEVERITY_INFO, .raci = s.raci};
    const char *at_once = "0 R!opened mlops-engineer, 0 A.opened head-of-mlops, 0 C.opened ml-engineer, "
                          "0 I.opened vp-engineering, 0 I.opened business";
    cr_expect_str_eq(plan_text(&r), at_once);
    r.severity = SEVERITY_CRITICAL;
    s.row.acknowledge_within = 0;
    cr_expect_str_eq(plan_text(&r), at_once);
}

/* ── the world ── */

Test(decide_tell, the_world_finds_the_open_incident_of_a_group_else_the_one_that_ended_last) {
    static const struct {
        const char *what;
        incident first, second;
        int64_t found;
    } cases[] = {
        {"open after ended",
         {.id = 1, .state = INCIDENT_RESOLVED, .resolved_at = 9, .group_key = "x"},
         {.id = 2, .state = INCIDENT_TRIGGERED, .group_key = "x"},
         2},
        {"open before ended",
         {.id = 1, .state = INCIDENT_ACKNOWLEDGED, .group_key = "x"},
         {.id = 2, .state = INCIDENT_RESOLVED, .resolved_at = 9, .group_key = "x"},
         1},
        {"ended later, added first",
         {.id = 1, .state = INCIDENT_RESOLVED, .resolved_at = 9, .group_key = "x"},
         {.id = 2, .state = INCIDENT_RESOLVED, .resolved_at = 8, .group_key = "x"},
         1},
        {"ended later, added last",
         {.id = 1, .state = INCIDENT_RESOLVED, .resolved_at = 8, .group_key = "x"},
         {.id = 2, .state = INCIDENT_RESOLVED, .resolved_at = 9, .group_key = "x"},
         2},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        world *w = world_new(s.memory);
        world_add_incident(w, &cases[c].first);
        world_add_incident(w, &cases[c].second);
        cr_expect_eq(world_find_group(w, "x")->id, cases[c].found, "%s", cases[c].what);
        cr_expect_eq(world_find_incident(w, 1)->id, 1);
        cr_expect_eq(world_find_incident(w, 2)->id, 2);
        cr_expect_eq(world_add_incident(w, &cases[c].first), world_find_incident(w, 1), "added twice is one");
        cr_expect_null(world_find_incident(w, 3));
        cr_expect_null(world_find_group(w, "y"));
    }
}

Test(decide_tell, the_world_keeps_sources_apart) {
    world *w = world_new(s.memory);
    cr_expect_null(world_find_alert(w, "a", "bc"));
    alert *one = world_add_alert(w, &(alert){.source = "a", .key = "bc"});
    alert *two = world_add_alert(w, &(alert){.source = "ab", .key = "c"});
    cr_expect_neq(one, two);
    cr_expect_eq(world_find_alert(w, "a", "bc"), one);
    cr_expect_eq(world_find_alert(w, "ab", "c"), two);
    cr_expect_eq(world_add_alert(w, &(alert){.source = "a", .key = "bc"}), one, "added twice is one");
}
