/* Alerts that join what is remembered: written without a look, and only when nothing has changed. How often is decided
 * tells which way a batch went: once when it was looked up or joined at once, twice when joining had failed. */
#include "pg.h"

typedef struct joining {
    pg_test *test;
    prepared_event *events;
    size_t count;
    int decisions;
    changes done;
    err e;
} joining;

static bool send_on(joining *j, store_conn *c) {
    bool ok = pg_commit_as(j->test, c, j->events, j->count, &j->done, &j->e);
    j->decisions = j->test->decisions;
    return ok;
}

static joining join(pg_test *t, const sample *samples, size_t count) {
    joining j = {.test = t, .events = ARENA_ARRAY(t->a, prepared_event, count), .count = count};
    for (size_t i = 0; i < count; i++)
        j.events[i] = pg_event(t, &samples[i]);
    cr_assert(send_on(&j, t->one), "%s", j.e.text);
    return j;
}

/* An unheard alert of the key in the group "row|a". */
static joining join_one(pg_test *t, const char *key) {
    return join(t, &(sample){.key = key, .unheard = true}, 1);
}

/* One incident with two alerts, so that it is remembered. */
static pg_test begin(void) {
    pg_test t = pg_begin();
    (void)join_one(&t, "first");
    (void)join_one(&t, "second");
    return t;
}

static void expect_alerts(pg_test *t, int count) {
    cr_expect_eq(pg_number(t, "SELECT open_alerts FROM incidents"), count);
    cr_expect_eq(pg_number(t, "SELECT total_alerts FROM incidents"), count);
    cr_expect_eq(pg_number(t, "SELECT count(*) FROM alert_keys WHERE ends_at IS NULL"), count);
    cr_expect_eq(pg_number(t, "SELECT count(*) FROM episodes"), count);
    cr_expect_eq(pg_number(t, "SELECT count(*) FROM incident_timeline WHERE kind = 'joined'"), count - 1);
}

Test(joins, one_after_another_each_is_counted_and_on_the_timeline) {
    pg_test t = begin();
    for (int i = 0; i < 5; i++) {
        joining one = join_one(&t, arena_printf(t.a, "k%d", i));
        cr_expect_eq(one.done.outcomes[0], OUTCOME_JOINED);
        cr_expect_eq(one.decisions, 1);
    }
    expect_alerts(&t, 7);
    pg_end(&t);
}

Test(joins, several_in_one_batch_and_in_several_groups) {
    pg_test t = begin();
    (void)join(&t, (sample[]){{.key = "x", .group = "row|b", .unheard = true}}, 1);
    (void)join(&t, (sample[]){{.key = "y", .group = "row|b", .unheard = true}}, 1);
    joining both = join(&t,
                        (sample[]){{.key = "m", .unheard = true},
                                   {.key = "n", .group = "row|b", .unheard = true},
                                   {.key = "o", .unheard = true}},
                        3);
    cr_expect_eq(both.decisions, 1);
    cr_expect_eq(pg_number(&t, "SELECT open_alerts FROM incidents WHERE id = 1"), 4);
    cr_expect_eq(pg_number(&t, "SELECT open_alerts FROM incidents WHERE id = 2"), 3);
    pg_end(&t);
}

Test(joins, whatever_somebody_else_has_changed_is_looked_up) {
    pg_test t = begin();
    pg_do(&t, "UPDATE incidents SET title = 'Another title'");
    joining one = join_one(&t, "third");
    cr_expect_eq(one.decisions, 2, "remembered first, then as it is");
    cr_expect_eq(one.done.outcomes[0], OUTCOME_JOINED);
    cr_expect_str_eq(pg_value(&t, "SELECT title FROM incidents"), "Another title");
    expect_alerts(&t, 3);
    pg_end(&t);
}

Test(joins, a_lock_that_changes_nothing_is_no_change) {
    pg_test t = begin();
    pg_do(&t, "SELECT FROM incidents FOR UPDATE");
    cr_expect_eq(join_one(&t, "third").decisions, 1);
    expect_alerts(&t, 3);
    pg_end(&t);
}

Test(joins, an_incident_that_was_acknowledged_meanwhile_stays_so) {
    pg_test t = begin();
    changes acted = {0};
    err e = {0};
    cr_assert(pg_act(&t, t.two, 1, ACTION_ACKNOWLEDGE, &acted, &e), "%s", e.text);
    cr_expect_eq(join_one(&t, "third").decisions, 2);
    cr_expect_str_eq(pg_value(&t, "SELECT state FROM incidents"), "acknowledged");
    expect_alerts(&t, 3);
    pg_end(&t);
}

Test(joins, an_incident_that_has_ended_meanwhile_reopens_and_pages) {
    pg_test t = begin();
    changes acted = {0};
    err e = {0};
    cr_assert(pg_act(&t, t.two, 1, ACTION_RESOLVE, &acted, &e), "%s", e.text);
    joining again = join_one(&t, "third");
    cr_expect_eq(again.done.outcomes[0], OUTCOME_REOPENED);
    cr_expect_gt(again.done.message_count, 0);
    cr_expect_str_eq(pg_value(&t, "SELECT state FROM incidents"), "triggered");
    pg_end(&t);
}

Test(joins, an_incident_that_is_gone_is_opened_anew) {
    pg_test t = begin();
    pg_do(&t, "DELETE FROM incidents");
    joining anew = join_one(&t, "third");
    cr_expect_eq(anew.done.outcomes[0], OUTCOME_OPENED);
    cr_expect_gt(anew.done.message_count, 0);
    pg_end(&t);
}

/* Another node has heard of it, or it had ended before. */
Test(joins, a_key_that_is_there_all_the_same_is_looked_up) {
    pg_test t = begin();
    usec began = t.now;
    prepared_event theirs = pg_event(&t, &(sample){.key = "third", .group = "row|elsewhere"});
    changes done = {0};
    err e = {0};
    cr_assert(pg_commit_as(&t, t.two, &theirs, 1, &done, &e), "%s", e.text);
    theirs.event = pg_event(&t, &(sample){.key = "third", .kind = EVENT_RESOLVED, .starts_at = began}).event;
    cr_assert(pg_commit_as(&t, t.two, &theirs, 1, &done, &e), "%s", e.text);
    t.now += USEC_PER_MINUTE;
    joining back = join_one(&t, "third");
    cr_expect_eq(back.decisions, 2);
    cr_expect_eq(back.done.outcomes[0], OUTCOME_JOINED);
    cr_expect_eq(pg_number(&t, "SELECT open_alerts FROM incidents WHERE id = 1"), 3);
    cr_expect_eq(pg_number(&t, "SELECT incident_id FROM alert_keys WHERE key = 'third'"), 1);
    cr_expect_eq(join_one(&t, "fourth").decisions, 1, "looked up: after a conflict nothing is believed for a while");
    pg_end(&t);
}

Test(joins, severity_that_rises_is_told) {
    pg_test t = begin();
    joining worse = join(&t, &(sample){.key = "third", .severity = SEVERITY_CRITICAL, .unheard = true}, 1);
    cr_expect_eq(worse.decisions, 3, "by memory, with a look, and with people");
    cr_expect_gt(worse.done.message_count, 0);
    cr_expect_str_eq(pg_value(&t, "SELECT severity FROM incidents"), "critical");
    expect_alerts(&t, 3);
    pg_end(&t);
}

Test(joins, a_handoff_that_has_changed_since_is_a_conflict) {
    pg_test t = begin();
    pg_do(&t, "UPDATE handoff_serial SET serial = 5");
    prepared_event third = pg_event(&t, &(sample){.key = "third", .unheard = true});
    joining j = {.test = &t, .events = &third, .count = 1};
    t.handoffs_serial = 4;
    cr_expect_not(send_on(&j, t.one));
    cr_expect_eq(j.e.kind, ERR_CONFLICT, "%s", j.e.text);
    cr_expect_eq(pg_number(&t, "SELECT open_alerts FROM incidents"), 2);
    t.handoffs_serial = 5;
    cr_assert(send_on(&j, t.one), "%s", j.e.text);
    expect_alerts(&t, 3);
    pg_end(&t);
}

Test(joins, what_no_column_can_hold_is_refused_and_the_next_one_joins) {
    pg_test t = begin();
    prepared_event bad = pg_event(&t, &(sample){.key = "bad", .title = "\xff\xfe", .unheard = true});
    joining j = {.test = &t, .events = &bad, .count = 1};
    cr_expect_not(send_on(&j, t.one));
    cr_expect_eq(j.e.kind, ERR_INVALID, "%s", j.e.text);
    cr_expect_eq(j.decisions, 1, "looking would not help");
    cr_expect_eq(join_one(&t, "third").decisions, 1);
    expect_alerts(&t, 3);
    pg_end(&t);
}

Test(joins, a_lost_connection_is_told_and_nothing_is_remembered_of_it) {
    pg_test t = begin();
    pg_do(&t, "CREATE FUNCTION end_me() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
              "PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$");
    pg_do(&t, "CREATE TRIGGER end_me BEFORE INSERT ON alert_keys FOR EACH ROW EXECUTE FUNCTION end_me()");
    prepared_event third = pg_event(&t, &(sample){.key = "third", .unheard = true});
    joining j = {.test = &t, .events = &third, .count = 1};
    cr_expect_not(send_on(&j, t.one));
    cr_expect_eq(j.e.kind, ERR_UNAVAILABLE, "%s", j.e.text);
    pg_do(&t, "DROP TRIGGER end_me ON alert_keys");
    cr_assert(send_on(&j, t.one), "%s", j.e.text);
    expect_alerts(&t, 3);
    pg_end(&t);
}

/* What the long way has changed is not believed any longer: there is no conflict that could be foreseen. */
Test(joins, what_was_changed_is_forgotten) {
    pg_test t = begin();
    (void)join(&t, &(sample){.key = "third", .severity = SEVERITY_CRITICAL, .unheard = true}, 1);
    cr_expect_eq(join_one(&t, "fourth").decisions, 1, "looked up");
    cr_expect_eq(join_one(&t, "fifth").decisions, 1, "joined");
    expect_alerts(&t, 5);
    pg_end(&t);
}

/* Two nodes that take turns at one incident: neither is ever wrong about it. */
Test(joins, two_nodes_that_take_turns_count_every_alert) {
    pg_test t = begin();
    for (int i = 0; i < 10; i++) {
        prepared_event next = pg_event(&t, &(sample){.key = arena_printf(t.a, "n%d", i), .unheard = true});
        joining j = {.test = &t, .events = &next, .count = 1};
        cr_assert(send_on(&j, i % 2 == 0 ? t.two : t.one), "%s", j.e.text);
        cr_expect_eq(j.done.outcomes[0], OUTCOME_JOINED);
    }
    expect_alerts(&t, 12);
    pg_end(&t);
}

/* More incidents than are remembered. */
Test(joins, what_is_remembered_is_bounded) {
    enum { GROUPS = 5000 };
    pg_test t = pg_begin();
    sample *samples = ARENA_ARRAY(t.a, sample, GROUPS);
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < GROUPS; i++)
            samples[i] = (sample){
                .key = arena_printf(t.a, "%d-%d", round, i), .group = arena_printf(t.a, "g%d", i), .unheard = true};
        (void)join(&t, samples, GROUPS);
    }
    cr_expect_eq(pg_number(&t, "SELECT sum(open_alerts) FROM incidents"), 4 * GROUPS);
    pg_end(&t);
}
