/* The database's bad hours, as a connection of the store meets them. */
#include "pg.h"

#include <string.h>

/* ── does it take writes? ── */

static const char size_of_checks[] = "SELECT pg_relation_size('commit_checks')";

Test(bad_hours, each_check_takes_new_space_and_the_table_is_emptied_when_it_has_grown) {
    pg_test t = pg_begin();
    err e = {0};
    for (int i = 1; i <= 3; i++) {
        cr_assert(store_check_commit(t.one, t.now, &e), "%s", e.text);
        cr_expect_eq(pg_number(&t, size_of_checks), i * 8192, "a page each");
    }
    int checks = 3;
    for (; pg_number(&t, size_of_checks) > 0; checks++)
        cr_assert(store_check_commit(t.one, t.now, &e), "%s", e.text);
    cr_expect_eq(checks, 129, "past 1 MiB");
    pg_end(&t);
}

Test(bad_hours, a_backup_that_reads_the_checks_delays_none) {
    pg_test t = pg_begin();
    err e = {0};
    pg_do(&t, "BEGIN");
    pg_do(&t, "LOCK TABLE commit_checks IN ACCESS SHARE MODE");
    for (int i = 0; i < 200; i++)
        cr_assert(store_check_commit(t.one, t.now, &e), "%s", e.text);
    cr_expect_eq(pg_number(&t, size_of_checks), 200 * 8192);
    pg_do(&t, "COMMIT");
    cr_assert(store_check_commit(t.one, t.now, &e), "%s", e.text);
    cr_expect_eq(pg_number(&t, size_of_checks), 0);
    pg_end(&t);
}

/* ── words of a newer version ── */

Test(bad_hours, what_cannot_be_read_concerns_its_own_incident) {
    pg_test t = pg_begin();
    pg_commit(&t, &(sample){.key = "a", .group = "a"}, 1);
    pg_commit(&t, &(sample){.key = "b", .group = "b"}, 1);
    pg_do(&t, "UPDATE incidents SET loop = 'pondering' WHERE id = 1");
    usec began = t.now;
    prepared_event both[] = {
        pg_event(&t, &(sample){.key = "a", .group = "a", .kind = EVENT_RESOLVED, .starts_at = began}),
        pg_event(&t, &(sample){.key = "b2", .group = "b"})};
    changes done = {0};
    err e = {0};
    cr_expect_not(pg_commit_as(&t, t.two, both, 2, &done, &e));
    cr_expect_eq(e.kind, ERR_SYSTEM, "so that the batch is halved: %s", e.text);
    cr_expect(strstr(e.text, "incident 1") && strstr(e.text, "pondering"), "%s", e.text);
    cr_expect(pg_commit_as(&t, t.two, &both[1], 1, &done, &e), "%s", e.text);
    cr_expect_eq(done.outcomes[0], OUTCOME_JOINED);
    pg_end(&t);
}

Test(bad_hours, an_expired_alert_that_cannot_be_read_keeps_no_other_open) {
    pg_test t = pg_begin();
    const usec soon = t.now + USEC_PER_MINUTE;
    pg_commit(&t, (sample[]){{.key = "a", .expires_at = soon}, {.key = "b", .expires_at = soon}}, 2);
    pg_do(&t, "UPDATE alert_keys SET labels = '[\"of tomorrow\"]' WHERE key = 'a'");
    event *events = NULL;
    size_t count = 0;
    err e = {0};
    cr_assert(store_expired_alerts(t.one, soon + USEC_PER_HOUR, 10, t.a, &events, &count, &e), "%s", e.text);
    cr_assert_eq(count, 1);
    cr_expect_str_eq(events[0].key, "b");
    cr_expect_eq(store_passed_over(t.one, &e), 1);
    cr_expect_eq(e.kind, ERR_SYSTEM);
    cr_expect_eq(store_passed_over(t.one, &e), 0, "said once");
    pg_end(&t);
}

/* ── it hangs ── */

static int64_t sessions(pg_test *t) {
    return pg_number(t, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'onus' AND "
                        "datname = current_database()");
}

/* Nothing is cancelled; the server looks by itself whether anybody still waits. */
Test(bad_hours, a_session_that_is_given_up_ends_and_another_takes_its_place) {
    pg_test t = pg_begin();
    store_conn *hurried = store_conn_new(t.database, "hurried", NULL);
    err e = {0};
    cr_assert(store_check_commit(hurried, t.now, &e), "%s", e.text);
    pg_do(&t, "CREATE FUNCTION hang() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
              "PERFORM pg_advisory_lock(7); RETURN NEW; END $$");
    pg_do(&t, "CREATE TRIGGER hang BEFORE INSERT ON commit_checks FOR EACH ROW EXECUTE FUNCTION hang()");
    pg_do(&t, "SELECT pg_advisory_lock(7)");
    cr_expect_not(store_check_commit(hurried, t.now, &e));
    cr_expect_eq(e.kind, ERR_UNAVAILABLE, "%s", e.text);
    cr_expect(store_was_silent(hurried), "%s", e.text);
    store_tries tries = {.idempotent = true};
    cr_expect_not(store_again(hurried, &tries, &e), "somebody has waited long enough");
    while (sessions(&t) > 0) { /* the server notices that nobody waits any more */
    }
    pg_do(&t, "SELECT pg_advisory_unlock(7)");
    cr_expect(store_check_commit(hurried, t.now, &e), "%s", e.text);
    store_conn_free(hurried);
    pg_end(&t);
}

/* The row of sqlstates that drops a server which has become a standby under a connection that stays open. */
Test(bad_hours, a_connection_whose_server_reads_only_from_now_on_is_dropped) {
    pg_test t = pg_begin();
    err e = {0};
    cr_assert(store_check_commit(t.one, t.now, &e), "%s", e.text);
    pg_do(&t, "CREATE FUNCTION turn() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
              "RAISE SQLSTATE '25006' USING MESSAGE = 'cannot execute INSERT in a read-only transaction'; END $$");
    pg_do(&t, "CREATE TRIGGER turn BEFORE INSERT ON commit_checks FOR EACH ROW EXECUTE FUNCTION turn()");
    cr_expect_not(store_check_commit(t.one, t.now, &e));
    cr_expect_eq(e.kind, ERR_UNAVAILABLE, "%s", e.text);
    cr_expect_not(store_is_connected(t.one), "the next one may find the new primary");
    pg_end(&t);
}
