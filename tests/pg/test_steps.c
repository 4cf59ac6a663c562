/* The group commit in steps: a batch that is looked up while the one before it is written, and incidents that are loaded
 * whole only for what more than counts their alerts. */
#include "pg.h"

#include <string.h>

/* ── one behind the other ── */

Test(steps, a_batch_sees_what_the_one_before_it_has_written) {
    pg_test t = pg_begin();
    pg_steps *one = pg_steps_begin(&t, &(sample){.key = "a"}, 1);
    pg_steps_decide(one);
    pg_steps *two = pg_steps_begin(&t, &(sample){.key = "b"}, 1);
    cr_assert(pg_steps_end(one), "%s", one->e.text);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM alerts"), 1, "the first is committed while the second waits");
    pg_steps_decide(two);
    pg_steps *three = pg_steps_begin(&t, &(sample){.key = "c"}, 1);
    cr_assert(pg_steps_end(two), "%s", two->e.text);
    pg_steps_decide(three);
    cr_assert(pg_steps_end(three), "%s", three->e.text);
    cr_expect_eq(one->done.outcomes[0], OUTCOME_OPENED);
    cr_expect_eq(two->done.outcomes[0], OUTCOME_JOINED);
    cr_expect_eq(three->done.outcomes[0], OUTCOME_JOINED);
    cr_expect_eq(pg_number(&t, "SELECT open_alerts FROM incidents"), 3);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM alerts"), 3);
    pg_end(&t);
}

Test(steps, messages_are_leased_in_overlapping_commits_too) {
    pg_test t = pg_begin();
    pg_steps *one = pg_steps_begin(&t, &(sample){.key = "a", .group = "g1"}, 1);
    pg_steps_decide(one);
    pg_steps *two = pg_steps_begin(&t, &(sample){.key = "b", .group = "g2"}, 1);
    cr_assert(pg_steps_end(one) && one->done.message_count > 0, "%s", one->e.text);
    pg_steps_decide(two);
    cr_assert(pg_steps_end(two) && two->done.message_count > 0, "%s", two->e.text);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM messages WHERE leased_by = 'node-one'"),
                 (int64_t)(one->done.message_count + two->done.message_count));
    pg_end(&t);
}

/* The second was looked up in the transaction that the first has failed in. */
Test(steps, when_one_fails_the_next_is_abandoned_and_the_connection_goes_on) {
    pg_test t = pg_begin();
    pg_steps *one = pg_steps_begin(&t, &(sample){.key = "bad", .title = "\xff\xfe"}, 1);
    pg_steps_decide(one);
    pg_steps *two = pg_steps_begin(&t, &(sample){.key = "b"}, 1);
    cr_expect_not(pg_steps_end(one));
    cr_expect_eq(one->e.kind, ERR_INVALID, "%s", one->e.text);
    store_commit_abandon(two->commit);
    cr_expect(store_is_connected(t.one), "a poisoned event is no reason to connect anew");
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM incidents"), 0);
    pg_steps *again = pg_steps_begin(&t, &(sample){.key = "b"}, 1);
    pg_steps_decide(again);
    cr_assert(pg_steps_end(again), "%s", again->e.text);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM incidents"), 1);
    pg_end(&t);
}

/* Nobody has to remember the rule: what was looked up in a transaction that has failed cannot be committed. */
Test(steps, the_next_of_one_that_has_failed_fails_too) {
    pg_test t = pg_begin();
    pg_steps *one = pg_steps_begin(&t, &(sample){.key = "bad", .title = "\xff\xfe"}, 1);
    pg_steps_decide(one);
    pg_steps *two = pg_steps_begin(&t, &(sample){.key = "b"}, 1);
    cr_expect_not(pg_steps_end(one));
    pg_steps_decide(two);
    cr_expect_not(pg_steps_end(two));
    cr_expect_eq(two->decisions, 0);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM incidents"), 0);
    err e = {0};
    cr_expect(store_ping(t.one, &e), "%s", e.text);
    pg_end(&t);
}

Test(steps, one_that_is_abandoned_holds_no_lock) {
    pg_test t = pg_begin();
    pg_commit(&t, &(sample){.key = "a"}, 1);
    pg_steps *one = pg_steps_begin(&t, &(sample){.key = "b"}, 1);
    store_commit_abandon(one->commit);
    prepared_event theirs = pg_event(&t, &(sample){.key = "c"});
    changes done = {0};
    err e = {0};
    cr_assert(pg_commit_as(&t, t.two, &theirs, 1, &done, &e), "%s", e.text);
    cr_expect_eq(pg_number(&t, "SELECT open_alerts FROM incidents"), 2);
    pg_end(&t);
}

static void kill_first_connection(pg_test *t) {
    pg_do(t, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
             "AND application_name = 'onus'");
}

Test(steps, a_lost_connection_fails_both_and_is_opened_anew) {
    pg_test t = pg_begin();
    pg_commit(&t, &(sample){.key = "a"}, 1);
    pg_steps *one = pg_steps_begin(&t, &(sample){.key = "b"}, 1);
    kill_first_connection(&t);
    pg_steps_decide(one);
    pg_steps *two = pg_steps_begin(&t, &(sample){.key = "c"}, 1);
    cr_expect_not(pg_steps_end(one));
    cr_expect_eq(one->e.kind, ERR_UNAVAILABLE, "%s", one->e.text);
    store_commit_abandon(two->commit);
    pg_steps *again = pg_steps_begin(&t, &(sample){.key = "b"}, 1);
    pg_steps_decide(again);
    cr_assert(pg_steps_end(again), "%s", again->e.text);
    cr_expect_eq(pg_number(&t, "SELECT open_alerts FROM incidents"), 2);
    pg_end(&t);
}

/* COMMIT is on its way when the server ends: whatever has become of it, the next knows that its own is gone. */
Test(steps, a_connection_lost_while_two_trips_are_under_way_fails_the_second_as_well) {
    pg_test t = pg_begin();
    pg_commit(&t, &(sample){.key = "a"}, 1);
    pg_do(&t, "BEGIN");
    pg_do(&t, "SELECT FROM incidents FOR UPDATE"); /* so that the look-ups wait */
    pg_steps *one = pg_steps_begin(&t, &(sample){.key = "b", .group = "g2"}, 1);
    pg_steps_decide(one);
    pg_steps *two = pg_steps_begin(&t, &(sample){.key = "c"}, 1);
    cr_expect(pg_steps_end(one), "%s", one->e.text);
    kill_first_connection(&t);
    pg_do(&t, "COMMIT");
    pg_steps_decide(two);
    cr_expect_not(pg_steps_end(two));
    cr_expect_eq(two->e.kind, ERR_UNAVAILABLE, "%s", two->e.text);
    cr_expect_eq(two->decisions, 0);
    pg_end(&t);
}

/* ── partial and whole ── */

Test(steps, joining_is_decided_once_and_telling_once_more_with_whole_incidents) {
    pg_test t = pg_begin();
    pg_commit(&t, &(sample){.severity = SEVERITY_WARNING}, 1);
    pg_steps *joins = pg_steps_begin(&t, &(sample){.key = "b", .severity = SEVERITY_WARNING}, 1);
    pg_steps_decide(joins);
    cr_assert(pg_steps_end(joins), "%s", joins->e.text);
    cr_expect_eq(joins->decisions, 1);
    cr_expect_eq(joins->done.message_count, 0);
    pg_steps *raises = pg_steps_begin(&t, &(sample){.key = "c", .severity = SEVERITY_CRITICAL}, 1);
    pg_steps_decide(raises);
    cr_assert(pg_steps_end(raises), "%s", raises->e.text);
    cr_expect_eq(raises->decisions, 2);
    cr_assert_gt(raises->done.message_count, 0);
    cr_expect_str_eq(raises->done.messages[0].incident->raci.responsible[0].team_name, "MLOps");
    cr_expect_eq(pg_number(&t, "SELECT open_alerts FROM incidents"), 3, "counted once, though decided twice");
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM incident_timeline WHERE kind = 'severity_raised'"), 1);
    pg_end(&t);
}

/* Everything that an incident has is there after a partial one was counted. */
Test(steps, counting_leaves_everything_else_as_it_was) {
    static const char rest[] = "SELECT (to_jsonb(i) - 'open_alerts' - 'total_alerts' - 'updated_at')::text FROM incidents i";
    pg_test t = pg_begin();
    pg_commit(&t, &(sample){.severity = SEVERITY_CRITICAL}, 1);
    const char *before = pg_value(&t, rest);
    changes second = pg_commit(&t, &(sample){.key = "b"}, 1);
    cr_assert_eq(second.outcomes[0], OUTCOME_JOINED);
    cr_expect_str_eq(pg_value(&t, rest), before);
    cr_expect_eq(pg_number(&t, "SELECT total_alerts FROM incidents"), 2);
    pg_end(&t);
}

/* ── keys that are thought unheard of ── */

Test(steps, one_that_is_open_all_the_same_is_found_by_its_group) {
    pg_test t = pg_begin();
    usec began = t.now;
    pg_commit(&t, &(sample){0}, 1);
    t.now += USEC_PER_MINUTE;
    changes again = pg_commit(&t, &(sample){.starts_at = began, .unheard = true}, 1);
    cr_expect_eq(again.outcomes[0], OUTCOME_REPEATED);
    cr_expect_eq(pg_number(&t, "SELECT open_alerts FROM incidents"), 1);
    pg_end(&t);
}

Test(steps, one_that_is_open_in_another_group_conflicts_and_is_found_without_the_hint) {
    pg_test t = pg_begin();
    usec began = t.now;
    pg_commit(&t, &(sample){.group = "row|one"}, 1);
    prepared_event event = pg_event(&t, &(sample){.group = "row|two", .starts_at = began, .unheard = true});
    changes done = {0};
    err e = {0};
    cr_expect_not(pg_commit_as(&t, t.one, &event, 1, &done, &e));
    cr_expect_eq(e.kind, ERR_CONFLICT, "%s", e.text);
    event.unheard = false;
    cr_assert(pg_commit_as(&t, t.one, &event, 1, &done, &e), "%s", e.text);
    cr_expect_eq(done.outcomes[0], OUTCOME_REPEATED);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM incidents"), 1);
    pg_end(&t);
}

Test(steps, one_that_has_ended_begins_anew_in_whatever_group) {
    pg_test t = pg_begin();
    usec began = t.now;
    pg_commit(&t, &(sample){.group = "row|one"}, 1);
    pg_commit(&t, &(sample){.group = "row|one", .key = "stays"}, 1);
    pg_commit(&t, &(sample){.kind = EVENT_RESOLVED, .starts_at = began, .group = "row|one"}, 1);
    t.now += USEC_PER_MINUTE;
    changes same = pg_commit(&t, &(sample){.group = "row|one", .unheard = true}, 1);
    cr_expect_eq(same.outcomes[0], OUTCOME_JOINED);
    cr_expect_eq(pg_number(&t, "SELECT open_alerts FROM incidents"), 2);
    cr_expect_eq(pg_number(&t, "SELECT total_alerts FROM incidents"), 2, "it was one of them before");
    pg_commit(&t, &(sample){.kind = EVENT_RESOLVED, .starts_at = t.now, .group = "row|one"}, 1);
    t.now += USEC_PER_MINUTE;
    changes other = pg_commit(&t, &(sample){.group = "row|two", .unheard = true}, 1);
    cr_expect_eq(other.outcomes[0], OUTCOME_OPENED);
    cr_expect_eq(pg_number(&t, "SELECT incident_id FROM alert_keys WHERE key = 'a'"), other.incidents[0]->id);
    pg_end(&t);
}

/* A late delivery of an episode that has ended stays late, whatever was thought. */
Test(steps, one_that_comes_late_changes_nothing) {
    pg_test t = pg_begin();
    usec began = t.now;
    pg_commit(&t, &(sample){0}, 1);
    pg_commit(&t, &(sample){.kind = EVENT_RESOLVED, .starts_at = began}, 1);
    t.now += 20 * USEC_PER_MINUTE;
    changes late = pg_commit(&t, &(sample){.starts_at = began, .unheard = true}, 1);
    cr_expect_eq(late.outcomes[0], OUTCOME_LATE);
    cr_expect_eq(pg_number(&t, "SELECT incident_id FROM alert_keys"), 1);
    pg_end(&t);
}
