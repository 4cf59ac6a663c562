/* Incidents that are loaded whole only for what more than counts their alerts, and keys that are thought unheard of. */
#include "pg.h"

#include <pthread.h>

/* ── partial and whole ── */

Test(partial, joining_is_decided_once_and_telling_once_more_with_whole_incidents) {
    pg_test t = pg_begin();
    pg_commit(&t, &(sample){.severity = SEVERITY_WARNING}, 1);
    cr_expect_eq(pg_commit(&t, &(sample){.key = "b", .severity = SEVERITY_WARNING}, 1).message_count, 0);
    cr_expect_eq(t.decisions, 1);
    changes raised = pg_commit(&t, &(sample){.key = "c", .severity = SEVERITY_CRITICAL}, 1);
    cr_expect_eq(t.decisions, 2);
    cr_assert_gt(raised.message_count, 0);
    cr_expect_str_eq(raised.messages[0].incident->raci.responsible[0].team_name, "MLOps");
    cr_expect_eq(pg_number(&t, "SELECT open_alerts FROM incidents"), 3, "counted once, though decided twice");
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM incident_timeline WHERE kind = 'severity_raised'"), 1);
    pg_end(&t);
}

/* Everything that an incident has is there after a partial one was counted. */
Test(partial, counting_leaves_everything_else_as_it_was) {
    static const char rest[] =
        "SELECT (to_jsonb(i) - 'open_alerts' - 'total_alerts' - 'updated_at')::text FROM incidents i";
    pg_test t = pg_begin();
    pg_commit(&t, &(sample){.severity = SEVERITY_CRITICAL}, 1);
    const char *before = pg_value(&t, rest);
    changes second = pg_commit(&t, &(sample){.key = "b"}, 1);
    cr_assert_eq(second.outcomes[0], OUTCOME_JOINED);
    cr_expect_str_eq(pg_value(&t, rest), before);
    cr_expect_eq(pg_number(&t, "SELECT total_alerts FROM incidents"), 2);
    pg_end(&t);
}

static void rename_it(void *context, world *w, changes *out) {
    pg_test *t = context;
    t->decisions++;
    incident *i = world_find_group(w, "row|a");
    i->title = "Another title";
    *out = (changes){.incidents = ARENA_ARRAY(t->a, incident *, 1), .incident_count = 1};
    out->incidents[0] = i;
}

/* Even a decision that does not ask for it never writes over what a partial incident lacks. */
Test(partial, whatever_changes_more_than_counts_is_decided_with_whole_incidents) {
    pg_test t = pg_begin();
    pg_commit(&t, &(sample){0}, 1);
    const char *before = pg_value(&t, "SELECT (to_jsonb(i) - 'title')::text FROM incidents i");
    prepared_event event = pg_event(&t, &(sample){.key = "b"});
    intake_batch batch = {.events = &event, .event_count = 1};
    t.decisions = 0;
    changes done = {0};
    err e = {0};
    cr_assert(store_commit_events(t.one, &batch, &(store_decider){rename_it, &t}, t.now, LEASE, t.a, &done, &e), "%s",
              e.text);
    cr_expect_eq(t.decisions, 2);
    cr_expect_str_eq(pg_value(&t, "SELECT (to_jsonb(i) - 'title')::text FROM incidents i"), before);
    cr_expect_str_eq(pg_value(&t, "SELECT title FROM incidents"), "Another title");
    pg_end(&t);
}

/* ── keys that are thought unheard of ── */

Test(partial, one_that_is_open_all_the_same_is_found_by_its_group) {
    pg_test t = pg_begin();
    usec began = t.now;
    pg_commit(&t, &(sample){0}, 1);
    t.now += USEC_PER_MINUTE;
    changes again = pg_commit(&t, &(sample){.starts_at = began, .unheard = true}, 1);
    cr_expect_eq(again.outcomes[0], OUTCOME_REPEATED);
    cr_expect_eq(pg_number(&t, "SELECT open_alerts FROM incidents"), 1);
    pg_end(&t);
}

/* Taken for new without a look, until one is not; then they are looked for, for a while. */
Test(partial, one_that_has_a_row_is_decided_again_and_the_next_ones_are_looked_for) {
    pg_test t = pg_begin();
    usec began = t.now;
    pg_commit(&t, &(sample){.group = "row|other", .key = "b", .unheard = true}, 1);
    cr_expect_eq(t.decisions, 1);
    pg_commit(&t, &(sample){.kind = EVENT_RESOLVED, .group = "row|other", .key = "b", .starts_at = began}, 1);
    t.now += USEC_PER_MINUTE;
    changes anew = pg_commit(
        &t, (sample[]){{.group = "row|one", .key = "b", .unheard = true}, {.group = "row|two", .unheard = true}}, 2);
    cr_expect_eq(t.decisions, 2);
    cr_expect_eq(anew.outcomes[0], OUTCOME_OPENED);
    cr_expect_eq(anew.outcomes[1], OUTCOME_OPENED);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM incidents"), 3, "nothing is left of the first try");
    pg_commit(&t, &(sample){.kind = EVENT_RESOLVED, .group = "row|one", .key = "b", .starts_at = t.now}, 1);
    t.now += USEC_PER_MINUTE;
    pg_commit(&t, &(sample){.group = "row|three", .key = "b", .unheard = true}, 1);
    cr_expect_eq(t.decisions, 1);
    pg_end(&t);
}

Test(partial, one_that_is_open_in_another_group_conflicts_and_is_found_without_the_hint) {
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

Test(partial, one_that_has_ended_begins_anew_in_whatever_group) {
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

/* One that comes late is said of its incident, which nobody looked for, as the alert was thought unheard of. It is
 * known by what the ended episode's row holds, whichever node asks. */
Test(partial, one_that_comes_late_is_late_once) {
    pg_test t = pg_begin();
    usec began = t.now;
    pg_commit(&t, &(sample){0}, 1);
    t.now += USEC_PER_MINUTE;
    pg_commit(&t, &(sample){.kind = EVENT_RESOLVED, .starts_at = began}, 1);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM alert_keys WHERE closed_at > starts_at AND closed_by <> ''"), 1);
    t.now += 20 * USEC_PER_MINUTE;
    const sample older = {.starts_at = began - USEC_PER_MINUTE},
                 thought_unheard = {.starts_at = older.starts_at, .unheard = true};
    prepared_event mistaken = pg_event(&t, &thought_unheard);
    changes out = {0};
    err e = {0};
    cr_assert_not(pg_commit_as(&t, t.one, &mistaken, 1, &out, &e));
    cr_expect_eq(e.kind, ERR_CONFLICT, "%s", e.text);
    cr_expect_eq(pg_commit(&t, &older, 1).outcomes[0], OUTCOME_LATE);
    cr_expect_eq(pg_number(&t, "SELECT incident_id FROM timeline WHERE kind = 'late'"), 1);
    cr_expect_eq(
        pg_number(&t, "SELECT count(*) FROM alert_keys WHERE late_starts_at < starts_at AND late_at > closed_at"), 1);
    t.now += USEC_PER_MINUTE;
    cr_expect_eq(pg_commit(&t, &older, 1).outcomes[0], OUTCOME_OPENED, "said once more");
    cr_expect_eq(
        pg_number(&t,
                  "SELECT count(*) FROM alert_keys WHERE closed_at IS NULL AND closed_by IS NULL AND late_at IS NULL"),
        1);
    pg_end(&t);
}

/* ── somebody moves the alert while its row is waited for ── */

typedef struct waiting {
    pg_test *test;
    prepared_event event;
    changes done;
    err e;
    bool ok;
} waiting;

static void *commit_main(void *context) {
    waiting *w = context;
    w->ok = pg_commit_as(w->test, w->test->one, &w->event, 1, &w->done, &w->e);
    return NULL;
}

/* Between the look-up of the incidents and that of the alert it has got to another one, which nobody has locked. */
static waiting commit_while_it_moves(pg_test *t, const sample *s) {
    waiting w = {.test = t, .event = pg_event(t, s)};
    pthread_t thread;
    pg_do(t, "BEGIN");
    pg_do(t, "UPDATE alert_keys SET incident_id = 2, ends_at = NULL WHERE key = 'a'");
    cr_assert_eq(pthread_create(&thread, NULL, commit_main, &w), 0);
    pg_wait_for_a_waiter(t);
    pg_do(t, "COMMIT");
    cr_assert_eq(pthread_join(thread, NULL), 0);
    return w;
}

static pg_test begin_with_an_ended_alert(usec *began) {
    pg_test t = pg_begin();
    *began = t.now;
    pg_commit(&t, &(sample){.group = "row|old"}, 1);
    pg_commit(&t, &(sample){.kind = EVENT_RESOLVED, .starts_at = *began, .group = "row|old"}, 1);
    pg_commit(&t, &(sample){.key = "other", .group = "row|new"}, 1);
    t.now += 20 * USEC_PER_MINUTE;
    return t;
}

Test(partial, an_unheard_alert_that_moves_meanwhile_is_a_conflict_and_tells_nobody) {
    usec began;
    pg_test t = begin_with_an_ended_alert(&began);
    waiting w = commit_while_it_moves(&t, &(sample){.group = "row|third", .unheard = true});
    cr_assert_not(w.ok);
    cr_expect_eq(w.e.kind, ERR_CONFLICT, "%s", w.e.text);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM incidents"), 2);
    w.event.unheard = false;
    cr_assert(pg_commit_as(&t, t.one, &w.event, 1, &w.done, &w.e), "%s", w.e.text);
    cr_expect_eq(w.done.incident_count + w.done.message_count, 0, "it fires where it is");
    cr_expect_eq(pg_number(&t, "SELECT incident_id FROM alert_keys WHERE key = 'a'"), 2);
    pg_end(&t);
}

Test(partial, the_end_of_an_alert_that_moves_meanwhile_is_a_conflict_and_counted_where_it_is) {
    usec began;
    pg_test t = begin_with_an_ended_alert(&began);
    pg_do(&t, "UPDATE incidents SET open_alerts = 2, total_alerts = 2 WHERE id = 2");
    waiting w = commit_while_it_moves(
        &t, &(sample){.kind = EVENT_RESOLVED, .starts_at = began + USEC_PER_MINUTE, .group = "row|old"});
    cr_assert_not(w.ok);
    cr_expect_eq(w.e.kind, ERR_CONFLICT, "%s", w.e.text);
    cr_assert(pg_commit_as(&t, t.one, &w.event, 1, &w.done, &w.e), "%s", w.e.text);
    cr_expect_eq(w.done.outcomes[0], OUTCOME_RESOLVED);
    cr_expect_eq(pg_number(&t, "SELECT open_alerts FROM incidents WHERE id = 2"), 1);
    pg_end(&t);
}
