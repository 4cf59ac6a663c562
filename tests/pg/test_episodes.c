/* Where an episode of an alert stands: with its key while it is open, in history from its end on. */
#include "pg.h"

static const char in_history[] = "SELECT count(*) FROM alerts",
                  held[] = "SELECT count(*) FROM alert_keys WHERE held = alert_id";

static const char episodes[] =
    "SELECT string_agg(concat_ws(' ', title, severity, extract(epoch FROM ends_at - received_at)::integer, entry_kind, "
    "labels ->> 'alertname', incident_id), ', ' ORDER BY id) FROM episodes";

Test(episodes, one_is_held_with_its_key_until_it_ends_and_then_history_has_it) {
    pg_test t = pg_begin();
    usec began = t.now;
    pg_commit(&t, &(sample){.severity = SEVERITY_WARNING}, 1);
    cr_expect_eq(pg_number(&t, held), 1);
    cr_expect_eq(pg_number(&t, in_history), 0);
    cr_expect_str_eq(pg_value(&t, episodes), "Latency warning opened Latency 1");
    t.now += USEC_PER_MINUTE;
    pg_commit(&t, &(sample){.kind = EVENT_RESOLVED, .starts_at = began, .severity = SEVERITY_WARNING}, 1);
    cr_expect_eq(pg_number(&t, held), 0);
    cr_expect_eq(pg_number(&t, in_history), 1);
    cr_expect_str_eq(pg_value(&t, episodes), "Latency warning 60 opened Latency 1");
    cr_expect_eq(
        pg_number(&t, "SELECT count(*) FROM alert_keys WHERE labels IS NULL AND title IS NULL AND entry_kind IS NULL"),
        1, "nothing is kept twice");
    t.now += USEC_PER_MINUTE;
    pg_commit(&t, &(sample){.severity = SEVERITY_CRITICAL}, 1);
    cr_expect_str_eq(pg_value(&t, episodes), "Latency warning 60 opened Latency 1, Latency critical Latency 1");
    cr_expect_eq(pg_number(&t, held), 1);
    pg_end(&t);
}

Test(episodes, what_changes_while_it_is_open_changes_where_it_is_held) {
    pg_test t = pg_begin();
    usec began = t.now;
    pg_commit(&t, &(sample){.severity = SEVERITY_WARNING}, 1);
    t.now += USEC_PER_MINUTE;
    pg_commit(&t, &(sample){.starts_at = began, .severity = SEVERITY_CRITICAL, .title = "Worse"}, 1);
    cr_expect_str_eq(pg_value(&t, episodes), "Worse critical opened Worse 1");
    pg_commit(&t, &(sample){.starts_at = began, .severity = SEVERITY_CRITICAL, .title = "Worse"}, 1);
    cr_expect_str_eq(pg_value(&t, episodes), "Worse critical opened Worse 1", "a repetition sends no texts");
    cr_expect_eq(pg_number(&t, in_history), 0);
    pg_end(&t);
}

Test(episodes, what_changes_as_it_ends_is_in_history) {
    pg_test t = pg_begin();
    usec began = t.now;
    pg_commit(&t, &(sample){.severity = SEVERITY_WARNING}, 1);
    t.now += USEC_PER_MINUTE;
    pg_commit(&t,
              (sample[]){{.starts_at = began, .severity = SEVERITY_CRITICAL, .title = "Worse"},
                         {.kind = EVENT_RESOLVED, .starts_at = began, .severity = SEVERITY_CRITICAL, .title = "Worse"}},
              2);
    cr_expect_str_eq(pg_value(&t, episodes), "Worse critical 60 opened Worse 1");
    cr_expect_eq(pg_number(&t, in_history), 1);
    pg_end(&t);
}

Test(episodes, one_that_comes_and_ends_in_one_batch_is_in_history_at_once) {
    pg_test t = pg_begin();
    usec began = t.now;
    pg_commit(&t, (sample[]){{.starts_at = began}, {.kind = EVENT_RESOLVED, .starts_at = began}}, 2);
    cr_expect_eq(pg_number(&t, held), 0);
    cr_expect_eq(pg_number(&t, in_history), 1);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM incident_timeline WHERE kind = 'opened'"), 1);
    pg_end(&t);
}

/* Its source forgot to end it, and begins again. */
Test(episodes, one_that_gives_way_to_a_new_one_goes_to_history_as_it_stood) {
    pg_test t = pg_begin();
    pg_commit(&t, &(sample){.severity = SEVERITY_WARNING}, 1);
    t.now += USEC_PER_MINUTE;
    pg_do(&t, "UPDATE incidents SET state = 'resolved', resolved_at = opened_at, open_alerts = 0, reopen_after_us = 0");
    pg_do(&t, "UPDATE alert_keys SET ends_at = starts_at"); /* as an older node leaves it */
    pg_commit(&t, &(sample){.severity = SEVERITY_CRITICAL, .title = "Again"}, 1);
    cr_expect_str_eq(pg_value(&t, episodes), "Latency warning 0 opened Latency 1, Again critical opened Again 2");
    cr_expect_eq(pg_number(&t, in_history), 1);
    pg_end(&t);
}

/* A person resolved it while it fired, and its source, which names no start, says it again. */
Test(episodes, one_that_a_new_one_replaces_fires_no_more) {
    pg_test t = pg_begin();
    pg_commit(&t, &(sample){.severity = SEVERITY_WARNING}, 1);
    pg_do(&t, "UPDATE incidents SET state = 'resolved', resolved_at = opened_at");
    t.now += USEC_PER_MINUTE;
    pg_commit(&t, &(sample){.severity = SEVERITY_CRITICAL, .title = "Again", .starts_at = t.now}, 1);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM episodes"), 2);
    cr_expect_str_eq(pg_value(&t, "SELECT string_agg(title, ',') FROM episodes WHERE ends_at IS NULL"), "Again");
    pg_end(&t);
}

/* As every episode stood before it could be held: with a row of its own in history. */
static void write_as_older_nodes_do(pg_test *t) {
    pg_do(t, "INSERT INTO alerts SELECT * FROM episodes");
    pg_do(t, "UPDATE alert_keys SET held = NULL, title = NULL, link = NULL, labels = NULL, annotations = NULL, "
             "entry_kind = NULL, entry_actor = NULL, entry_text = NULL");
}

Test(episodes, one_that_an_older_version_wrote_stays_in_history_and_ends_there) {
    pg_test t = pg_begin();
    usec began = t.now;
    pg_commit(&t, &(sample){.severity = SEVERITY_WARNING, .expires_at = t.now + 5 * USEC_PER_MINUTE}, 1);
    write_as_older_nodes_do(&t);
    t.now += USEC_PER_MINUTE;
    pg_commit(&t,
              &(sample){.starts_at = began,
                        .severity = SEVERITY_CRITICAL,
                        .title = "Worse",
                        .expires_at = t.now + 5 * USEC_PER_MINUTE},
              1);
    cr_expect_str_eq(pg_value(&t, episodes), "Worse critical opened Worse 1");
    event *events = NULL;
    size_t count = 0;
    err e = {0};
    t.now += 20 * USEC_PER_MINUTE;
    cr_assert(store_expired_alerts(t.one, t.now, 10, t.a, &events, &count, &e), "%s", e.text);
    cr_assert_eq(count, 1);
    cr_expect_str_eq(events[0].title, "Worse");
    cr_expect_str_eq(labels_get(events[0].labels, "alertname"), "Worse");
    pg_commit(
        &t, &(sample){.kind = EVENT_RESOLVED, .starts_at = began, .severity = SEVERITY_CRITICAL, .title = "Worse"}, 1);
    cr_expect_str_eq(pg_value(&t, episodes), "Worse critical 1260 opened Worse 1");
    cr_expect_eq(pg_number(&t, in_history), 1);
    cr_expect_eq(pg_number(&t, held), 0);
    pg_end(&t);
}

Test(episodes, an_older_node_that_writes_over_a_held_one_loses_nothing) {
    pg_test t = pg_begin();
    pg_commit(&t, &(sample){.severity = SEVERITY_WARNING}, 1);
    pg_do(&t, "INSERT INTO alerts SELECT id + 1, incident_id, source, key, severity, received_at + interval '1 "
              "minute', starts_at, NULL, "
              "'Theirs', link, labels, annotations, 'joined', entry_actor, entry_text FROM episodes");
    pg_do(&t, "UPDATE alert_keys SET alert_id = alert_id + 1, received_at = received_at + interval '1 minute'");
    cr_expect_str_eq(pg_value(&t, episodes), "Latency warning opened Latency 1, Theirs warning joined Latency 1");
    pg_do(&t, "UPDATE alert_keys SET expires_at = received_at, check_at = received_at");
    event *events = NULL;
    size_t count = 0;
    err e = {0};
    cr_assert(store_expired_alerts(t.one, t.now + USEC_PER_MINUTE, 10, t.a, &events, &count, &e), "%s", e.text);
    cr_assert_eq(count, 1);
    cr_expect_str_eq(events[0].title, "Theirs");
    t.now += 2 * USEC_PER_MINUTE;
    pg_commit(&t,
              &(sample){.kind = EVENT_RESOLVED,
                        .starts_at = t.now - 2 * USEC_PER_MINUTE,
                        .severity = SEVERITY_WARNING,
                        .title = "Theirs"},
              1);
    cr_expect_str_eq(pg_value(&t, episodes), "Latency warning opened Latency 1, Theirs warning 60 joined Latency 1");
    pg_end(&t);
}

/* ── what an incident says of its alerts ── */

Test(episodes, an_incident_speaks_of_what_still_fires_when_its_first_alert_ends) {
    pg_test t = pg_begin();
    const usec began = t.now;
    pg_commit(&t, (const sample[]){{.key = "a", .title = "First"}, {.key = "b", .title = "Second"}}, 2);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM incidents i JOIN alert_keys k ON k.alert_id = i.words_alert_id "
                               "WHERE k.key = 'a' AND i.title = 'First'"),
                 1);
    t.now += USEC_PER_MINUTE;
    pg_commit(&t, &(sample){.key = "a", .kind = EVENT_RESOLVED, .starts_at = began}, 1);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM incidents i JOIN alert_keys k ON k.alert_id = i.words_alert_id "
                               "WHERE k.key = 'b' AND i.title = 'Second' AND i.labels ->> 'alertname' = 'Second' "
                               "AND i.state = 'triggered'"),
                 1);
    pg_end(&t);
}

Test(episodes, an_incident_says_what_its_alert_says_now) {
    static const char WORDS[] =
        "SELECT title || ' of ' || (SELECT key FROM alert_keys WHERE alert_id = words_alert_id) "
        "FROM incidents";
    pg_test t = pg_begin();
    const usec began = t.now;
    pg_commit(&t, (const sample[]){{.key = "a", .title = "First"}, {.key = "b", .title = "Second"}}, 2);
    t.now += USEC_PER_MINUTE;
    pg_commit(&t, &(sample){.key = "b", .title = "Second, worded anew", .starts_at = began}, 1);
    cr_expect_str_eq(pg_value(&t, WORDS), "First of a");
    pg_commit(&t, &(sample){.key = "a", .title = "First, worded anew", .starts_at = began}, 1);
    cr_expect_str_eq(pg_value(&t, WORDS), "First, worded anew of a");
    pg_end(&t);
}

Test(episodes, a_senders_acknowledgement_is_kept_with_its_alert) {
    pg_test t = pg_begin();
    pg_commit(&t, &(sample){.key = "a"}, 1);
    pg_commit(&t, &(sample){.key = "a", .kind = EVENT_ACKNOWLEDGED}, 1);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM incidents WHERE state = 'acknowledged' "
                               "AND acknowledged_source = 'alertmanager'"),
                 1);
    pg_commit(&t, &(sample){.key = "b", .unheard = true}, 1);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM incidents WHERE state = 'triggered' AND acknowledged_source = ''"),
                 1);
    pg_commit(&t, &(sample){.key = "b", .kind = EVENT_ACKNOWLEDGED}, 1);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM incidents WHERE state = 'acknowledged'"), 1, "all are");
    pg_commit(&t, &(sample){.key = "a", .kind = EVENT_UNACKNOWLEDGED}, 1);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM incidents WHERE state = 'triggered'"), 1);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM alert_keys WHERE acknowledged_at IS NULL"), 1);
    pg_end(&t);
}
