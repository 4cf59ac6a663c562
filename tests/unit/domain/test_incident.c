#include "onus/incident.h"
#include "onus/message.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static const incident_state T = INCIDENT_TRIGGERED, A = INCIDENT_ACKNOWLEDGED, R = INCIDENT_RESOLVED;
enum { NOT_POSSIBLE = -1 };

static incident sample(incident_state state) {
    return (incident){.state = state,
                      .severity = SEVERITY_WARNING,
                      .acknowledged_by = "Ann",
                      .contested_by = "",
                      .acknowledged_at = state == INCIDENT_ACKNOWLEDGED ? 50 : 0,
                      .resolved_at = state == INCIDENT_RESOLVED ? 60 : 0,
                      .acknowledge_within = 100,
                      .acknowledge_expires = 1000,
                      .step = 3,
                      .due_at = state == INCIDENT_RESOLVED ? 0 : 70};
}

/* Every state with every trigger: what is not possible must not be. */
Test(incident, every_row_of_the_transition_table) {
    const struct {
        incident_trigger trigger;
        int from_triggered, from_acknowledged, from_resolved;
    } cases[] = {
        {TRIGGER_ACKNOWLEDGE, A, NOT_POSSIBLE, NOT_POSSIBLE},
        {TRIGGER_UNACKNOWLEDGE, NOT_POSSIBLE, T, NOT_POSSIBLE},
        {TRIGGER_ACKNOWLEDGE_EXPIRED, NOT_POSSIBLE, T, NOT_POSSIBLE},
        {TRIGGER_SEVERITY_RAISED, T, T, NOT_POSSIBLE},
        {TRIGGER_JOINED, NOT_POSSIBLE, T, NOT_POSSIBLE},
        {TRIGGER_REASSIGN, T, T, NOT_POSSIBLE},
        {TRIGGER_RESOLVE, R, R, NOT_POSSIBLE},
        {TRIGGER_ALERTS_RESOLVED, R, R, NOT_POSSIBLE},
        {TRIGGER_REFIRED, NOT_POSSIBLE, NOT_POSSIBLE, T},
    };
    size_t possible = 0, rows;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        const int wanted[] = {cases[c].from_triggered, cases[c].from_acknowledged, cases[c].from_resolved};
        for (int from = INCIDENT_TRIGGERED; from <= INCIDENT_RESOLVED; from++) {
            incident i = sample((incident_state)from), before = i;
            const incident_transition *moved = incident_move(&i, cases[c].trigger, 200);
            possible += moved != NULL;
            const char *name = incident_trigger_to_text(cases[c].trigger);
            if (wanted[from] == NOT_POSSIBLE) {
                cr_expect_null(moved, "%s from %s", name, incident_state_to_text((incident_state)from));
                cr_expect_arr_eq(&i, &before, sizeof i, "%s changed something", name);
                continue;
            }
            cr_assert_not_null(moved, "%s from %s", name, incident_state_to_text((incident_state)from));
            cr_expect_eq((int)i.state, wanted[from], "%s", name);
            cr_expect_eq(i.updated_at, 200);
            cr_expect_gt(strlen(moved->why), 0);
        }
    }
    incident_transitions(&rows);
    cr_expect_eq(possible, rows, "the table holds a row that no case reaches, or one twice");
}

Test(incident, states_have_names_both_ways) {
    for (int s = INCIDENT_TRIGGERED; s <= INCIDENT_RESOLVED; s++) {
        incident_state back;
        cr_assert(incident_state_from_text(incident_state_to_text((incident_state)s), &back));
        cr_expect_eq((int)back, s);
    }
    incident_state untouched;
    cr_expect_not(incident_state_from_text("closed", &untouched));
}

Test(incident, moving_settles_the_times) {
    incident i = sample(T);
    incident_move(&i, TRIGGER_ACKNOWLEDGE, 200);
    cr_expect_eq(i.acknowledged_at, 200);
    cr_expect_eq(i.due_at, 1200, "the acknowledgement expires");
    cr_expect_eq(i.step, 0);
    incident_move(&i, TRIGGER_RESOLVE, 300);
    cr_expect_eq(i.resolved_at, 300);
    cr_expect_eq(i.acknowledged_at, 200, "who had it stays known");
    cr_expect_eq(i.due_at, 0);
    incident_move(&i, TRIGGER_REFIRED, 400);
    cr_expect_eq(i.resolved_at, 0);
    cr_expect_eq(i.acknowledged_at, 0);
    cr_expect_str_eq(i.acknowledged_by, "");
    cr_expect_eq(i.due_at, 500);
}

Test(incident, when_the_ticker_must_look_again) {
    const struct {
        const char *what;
        incident_state state;
        severity severity;
        const char *contested_by;
        usec within, expires, decide, due;
    } cases[] = {
        {"R is silent", T, SEVERITY_WARNING, "", 100, 1000, 100, 300},
        {"silence is fine", T, SEVERITY_WARNING, "", 0, 1000, 100, 0},
        {"info is never escalated", T, SEVERITY_INFO, "", 100, 1000, 100, 0},
        {"a contest of info is", T, SEVERITY_INFO, "Bob", 100, 1000, 60, 220},
        {"silence comes before the decision", T, SEVERITY_WARNING, "Bob", 50, 1000, 200, 250},
        {"the decision comes before silence", T, SEVERITY_WARNING, "Bob", 100, 1000, 60, 220},
        {"the decision may take for ever", T, SEVERITY_WARNING, "Bob", 100, 1000, 0, 300},
        {"an acknowledgement expires", A, SEVERITY_WARNING, "", 100, 1000, 100, 1050},
        {"an acknowledgement is for ever", A, SEVERITY_WARNING, "", 100, 0, 100, 0},
        {"A must decide before it expires", A, SEVERITY_WARNING, "Bob", 100, 1000, 150, 250},
        {"it expires before A must decide", A, SEVERITY_WARNING, "Bob", 100, 160, 150, 210},
        {"A must decide, and it is for ever", A, SEVERITY_WARNING, "Bob", 100, 0, 150, 250},
        {"neither must happen", A, SEVERITY_WARNING, "Bob", 100, 0, 0, 0},
        {"it is over", R, SEVERITY_CRITICAL, "Bob", 100, 1000, 100, 0},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        incident i = {.state = cases[c].state,
                      .severity = cases[c].severity,
                      .contested_by = cases[c].contested_by,
                      .contested_at = 100,
                      .decide_within = cases[c].decide,
                      .acknowledged_at = 50,
                      .acknowledge_within = cases[c].within,
                      .acknowledge_expires = cases[c].expires};
        cr_expect_eq(incident_next_due(&i, 200), cases[c].due, "%s: %ld", cases[c].what, incident_next_due(&i, 200));
    }
}

/* Else a problem that grows every few minutes would put the page to A off for ever. */
Test(incident, growing_worse_does_not_restart_the_clock) {
    incident i = sample(T);
    incident_move(&i, TRIGGER_SEVERITY_RAISED, 60);
    cr_expect_eq(i.due_at, 70);
    cr_expect_eq(i.step, 3);
    i.due_at = 0; /* asked often enough, or info until now: a worse thing is asked about anew */
    incident_move(&i, TRIGGER_SEVERITY_RAISED, 60);
    cr_expect_eq(i.due_at, 160);
    cr_expect_eq(i.step, 0);
}

static char *read_file(const char *path) {
    FILE *f = fopen(path, "r");
    cr_assert_not_null(f, "cannot open %s (tests run in the top directory)", path);
    static char text[65536];
    size_t len = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[len] = '\0';
    return text;
}

Test(incident, the_documentation_shows_the_table) {
    buf wanted;
    buf_init(&wanted);
    buf_puts(&wanted, "```mermaid\n");
    incident_print_diagram(&wanted);
    buf_puts(&wanted, "```\n");
    cr_expect_not_null(strstr(read_file("docs/incident-states.md"), wanted.data),
                       "docs/incident-states.md must hold\n%s", wanted.data);
    buf_release(&wanted);
}

/* The table of whom to tell, as an operator would write it. */
Test(message, who_is_told_what_and_how) {
    static const struct {
        const char *reason, *heard; /* R A C I: ! page, . notice, - nothing */
    } cases[] = {
        {"opened", "!..."},       {"severity_raised", "!.--"}, {"reopened", "!.-."},
        {"acknowledged", "..--"}, {"unacknowledged", "..--"},  {"acknowledgement_expired", "!.--"},
        {"escalated", "!!--"},    {"contested", ".!--"},       {"reassigned", "!.--"},
        {"resolved", "...."},     {"postmortem", "--.-"},      {"undeliverable", "-!--"},
        {"note", "----"},         {"undecided", "!!--"},       {"declined", "!.--"},
        {"settled", "..--"},
    };
    cr_assert_eq(sizeof cases / sizeof *cases, REASON_COUNT);
    for (size_t c = 0; c < REASON_COUNT; c++) {
        message_reason reason;
        cr_assert(message_reason_from_text(cases[c].reason, &reason), "%s", cases[c].reason);
        cr_expect_str_eq(message_reason_to_text(reason), cases[c].reason);
        for (int letter = 0; letter < RACI_LETTER_COUNT; letter++) {
            char heard = "-.!"[message_weigh((raci_letter)letter, reason)];
            cr_expect_eq(heard, cases[c].heard[letter], "%s to %c: %c", cases[c].reason, "RACI"[letter], heard);
            cr_expect_eq(message_is_page((raci_letter)letter, reason), heard == '!');
        }
    }
    message_reason untouched;
    cr_expect_not(message_reason_from_text("opend", &untouched));
    cr_expect_str_eq(delivery_verdict_to_text(GIVE_UP), "gave_up");
}
