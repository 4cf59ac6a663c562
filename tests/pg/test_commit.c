/* The group commit: what is written, what two nodes do to each other, and what a failure leaves behind. */
#include "pg.h"

#include <string.h>

Test(commit, an_alert_opens_an_incident_with_its_timeline_and_messages) {
    pg_test t = pg_begin();
    changes done = pg_commit(&t, &(sample){.severity = SEVERITY_CRITICAL}, 1);
    cr_assert_eq(done.incident_count, 1);
    cr_expect_eq(done.outcomes[0], OUTCOME_OPENED);
    cr_expect_eq(done.incidents[0]->id, 1, "numbers are pleasant");
    cr_expect_str_eq(pg_value(&t, "SELECT state || ' ' || severity || ' ' || loop || ' ' || chart_revision || ' ' || "
                                  "open_alerts || ' ' || onus_time(opened_at) FROM incidents"),
                     "triggered critical system 7 1 2026-05-28T20:26:40.000Z");
    cr_expect_str_eq(pg_value(&t, "SELECT labels ->> 'service' FROM episodes"), "fraud");
    cr_expect_str_eq(pg_value(&t, "SELECT annotations ->> 'summary' FROM episodes"),
                     "It is “slow”, {\"really\"} \\ slow\n");
    cr_expect_str_eq(pg_value(&t, "SELECT kind FROM incident_timeline WHERE place < 2"), "opened");
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM messages WHERE leased_by = 'node-one' AND state = 'waiting'"),
                 (int64_t)done.message_count);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM messages WHERE is_page AND letter = 'responsible'"), 2);
    pg_end(&t);
}

Test(commit, what_was_written_is_what_is_loaded) {
    pg_test t = pg_begin();
    changes first = pg_commit(&t, &(sample){.severity = SEVERITY_WARNING, .expires_at = t.now + USEC_PER_MINUTE}, 1);
    incident before = *first.incidents[0];
    t.now += 1234567;
    changes second = pg_commit(&t, &(sample){.key = "b", .severity = SEVERITY_CRITICAL}, 1);
    cr_assert_eq(second.incident_count, 1);
    const incident *i = second.incidents[0];
    cr_expect_eq(second.outcomes[0], OUTCOME_JOINED);
    cr_expect_eq(i->id, before.id);
    cr_expect_eq(i->opened_at, before.opened_at, "to the microsecond");
    cr_expect_eq(i->reopen_after, before.reopen_after);
    cr_expect_eq(i->open_alerts, 2);
    cr_expect_str_eq(i->raci.responsible[0].team_name, "MLOps");
    cr_expect_str_eq(i->raci.responsible[0].contacts[1].address, "mlops@example.com");
    cr_expect_str_eq(labels_get(i->labels, "alertname"), "Latency");
    cr_expect_str_eq(i->runbook, "https://runbook.example/1");
    cr_expect_str_eq(pg_value(&t, "SELECT severity FROM incidents"), "critical");
    cr_expect_str_eq(pg_value(&t, "SELECT raci -> 'accountable' ->> 'team_name' FROM incidents"), "Heads",
                     "an update that leaves the people alone keeps them");
    pg_end(&t);
}

Test(commit, an_alert_that_ends_and_fires_again_is_a_new_episode_in_history) {
    pg_test t = pg_begin();
    usec began = t.now;
    pg_commit(&t, &(sample){0}, 1);
    t.now += USEC_PER_MINUTE;
    changes ended = pg_commit(&t, &(sample){.kind = EVENT_RESOLVED, .starts_at = began}, 1);
    cr_expect_eq(ended.outcomes[0], OUTCOME_RESOLVED);
    cr_expect_str_eq(pg_value(&t, "SELECT state FROM incidents"), "resolved");
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM alerts WHERE ends_at IS NOT NULL"), 1);
    t.now += USEC_PER_MINUTE;
    changes again = pg_commit(&t, &(sample){0}, 1);
    cr_expect_eq(again.outcomes[0], OUTCOME_REOPENED);
    cr_expect_str_eq(pg_value(&t, "SELECT state FROM incidents"), "triggered");
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM episodes"), 2);
    cr_expect_eq(
        pg_number(&t, "SELECT count(*) FROM episodes a JOIN alert_keys k ON k.alert_id = a.id AND a.ends_at IS NULL"),
        1);
    pg_end(&t);
}

Test(commit, after_reopen_after_the_same_group_opens_another_incident) {
    pg_test t = pg_begin();
    usec began = t.now;
    pg_commit(&t, &(sample){0}, 1);
    pg_commit(&t, &(sample){.kind = EVENT_RESOLVED, .starts_at = began}, 1);
    t.now += 11 * USEC_PER_MINUTE;
    changes again = pg_commit(&t, &(sample){0}, 1);
    cr_expect_eq(again.outcomes[0], OUTCOME_OPENED);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM incidents"), 2);
    pg_end(&t);
}

Test(commit, a_repeated_alert_changes_no_history) {
    pg_test t = pg_begin();
    usec began = t.now;
    pg_commit(&t, &(sample){0}, 1);
    const char *before = pg_value(&t, "SELECT (to_jsonb(e))::text FROM episodes e");
    t.now += USEC_PER_MINUTE;
    changes again = pg_commit(&t, &(sample){.starts_at = began}, 1);
    cr_expect_eq(again.outcomes[0], OUTCOME_REPEATED);
    cr_expect_str_eq(pg_value(&t, "SELECT (to_jsonb(e))::text FROM episodes e"), before);
    cr_expect_eq(
        pg_number(&t, "SELECT count(*) FROM alert_keys WHERE last_seen_at = received_at + interval '1 minute'"), 1);
    pg_end(&t);
}

Test(commit, a_batch_of_many_alerts_in_few_groups) {
    pg_test t = pg_begin();
    enum { COUNT = 500 };
    sample samples[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        samples[i] = (sample){.key = arena_printf(t.a, "k%zu", i), .group = arena_printf(t.a, "g%zu", i % 7)};
    changes done = pg_commit(&t, samples, COUNT);
    cr_expect_eq(done.incident_count, 7);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM alert_keys"), COUNT);
    cr_expect_eq(pg_number(&t, "SELECT sum(open_alerts) FROM incidents"), COUNT);
    cr_expect_eq(pg_number(&t, "SELECT max(id) FROM incidents"), 7);
    pg_end(&t);
}

/* The group key holds label values, which may be longer than an index row. */
Test(commit, a_group_key_of_sixteen_thousand_bytes_is_no_poison) {
    pg_test t = pg_begin();
    char *group = arena_alloc(t.a, 16385);
    for (int i = 0; i < 16384; i++)
        group[i] = (char)('a' + (i * 7919 >> 3) % 26);
    group[16384] = '\0';
    pg_commit(&t, &(sample){.group = group}, 1);
    changes second = pg_commit(&t, &(sample){.key = "b", .group = group}, 1);
    cr_expect_eq(second.outcomes[0], OUTCOME_JOINED);
    pg_end(&t);
}

/* It fires on for years, and somebody resolved its incident by hand. */
Test(commit, an_alert_whose_incident_retention_has_removed_is_no_obstacle) {
    pg_test t = pg_begin();
    usec began = t.now;
    pg_commit(&t, &(sample){0}, 1);
    pg_do(&t, "DELETE FROM incidents");
    t.now += USEC_PER_MINUTE;
    changes again = pg_commit(&t, &(sample){.starts_at = began}, 1);
    cr_expect_eq(again.outcomes[0], OUTCOME_OPENED);
    changes ended = pg_commit(&t, &(sample){.kind = EVENT_RESOLVED, .starts_at = began}, 1);
    cr_expect_eq(ended.outcomes[0], OUTCOME_RESOLVED);
    pg_end(&t);
}

/* ── two nodes ── */

typedef struct interfering {
    pg_test *test;
    bool done;
} interfering;

/* A decider in the middle of which another node commits the same. */
static void decide_late(void *context, world *w, changes *out) {
    interfering *i = context;
    pg_test *t = i->test;
    prepared_event mine = pg_event(t, &(sample){.key = "mine"}), theirs = pg_event(t, &(sample){.key = "theirs"});
    err e = {0};
    changes other;
    cr_assert(pg_commit_as(t, t->two, &theirs, 1, &other, &e), "%s", e.text);
    static const chart one = {.revision = 1};
    decide_events(&(decide_context){&one, t->now, USEC_PER_DAY}, w, &mine, 1, t->a, out);
}

Test(commit, two_nodes_that_open_one_group_conflict_and_the_second_try_joins) {
    pg_test t = pg_begin();
    interfering both = {&t, false};
    prepared_event mine = pg_event(&t, &(sample){.key = "mine"});
    intake_batch batch = {&mine, 1, NULL, 0};
    changes done = {0};
    err e = {0};
    cr_expect_not(
        store_commit_events(t.one, &batch, &(store_decider){decide_late, &both}, t.now, LEASE, t.a, &done, &e));
    cr_expect_eq(e.kind, ERR_CONFLICT, "%s", e.text);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM incidents"), 1);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM alert_keys"), 1, "nothing of the loser is written");
    cr_assert(pg_commit_as(&t, t.one, &mine, 1, &done, &e), "%s", e.text);
    cr_expect_eq(done.outcomes[0], OUTCOME_JOINED);
    pg_end(&t);
}

static void decide_same_key(void *context, world *w, changes *out) {
    pg_test *t = context;
    prepared_event mine = pg_event(t, &(sample){.group = "row|one"}),
                   theirs = pg_event(t, &(sample){.group = "row|two"});
    err e = {0};
    changes other;
    cr_assert(pg_commit_as(t, t->two, &theirs, 1, &other, &e), "%s", e.text);
    static const chart one = {.revision = 1};
    decide_events(&(decide_context){&one, t->now, USEC_PER_DAY}, w, &mine, 1, t->a, out);
}

Test(commit, two_nodes_that_take_one_alert_conflict) {
    pg_test t = pg_begin();
    prepared_event mine = pg_event(&t, &(sample){.group = "row|one"});
    intake_batch batch = {&mine, 1, NULL, 0};
    changes done = {0};
    err e = {0};
    cr_expect_not(
        store_commit_events(t.one, &batch, &(store_decider){decide_same_key, &t}, t.now, LEASE, t.a, &done, &e));
    cr_expect_eq(e.kind, ERR_CONFLICT, "%s", e.text);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM incidents"), 1);
    pg_end(&t);
}

static void decide_nothing(void *context, world *w, changes *out) {
    (void)context;
    (void)w;
    *out = (changes){0};
}

Test(commit, delivery_ids_are_remembered_and_a_second_commit_of_one_conflicts) {
    pg_test t = pg_begin();
    char *long_id = arena_alloc(t.a, 30001);
    memset(long_id, 'x', 30000);
    long_id[30000] = '\0';
    const char *ids[] = {"pd\x1fone", long_id, "pd\x1fone"}, *asked[] = {"pd\x1ftwo", "pd\x1fone", long_id};
    intake_batch batch = {NULL, 0, ids, 3};
    store_decider nothing = {decide_nothing, NULL};
    changes done = {0};
    err e = {0};
    bool seen[3] = {true, false, false};
    cr_assert(store_commit_events(t.one, &batch, &nothing, t.now, LEASE, t.a, &done, &e), "%s", e.text);
    cr_assert(store_seen(t.two, asked, 3, seen, &e), "%s", e.text);
    cr_expect(!seen[0] && seen[1] && seen[2]);
    cr_expect_not(store_commit_events(t.two, &batch, &nothing, t.now, LEASE, t.a, &done, &e));
    cr_expect_eq(e.kind, ERR_CONFLICT, "%s", e.text);
    pg_end(&t);
}

/* ── failures ── */

Test(commit, text_that_no_column_can_hold_is_the_events_own_fault) {
    pg_test t = pg_begin();
    prepared_event events[] = {pg_event(&t, &(sample){.key = "good"}),
                               pg_event(&t, &(sample){.key = "bad", .title = "\xff\xfe"})};
    changes done = {0};
    err e = {0};
    cr_expect_not(pg_commit_as(&t, t.one, events, 2, &done, &e));
    cr_expect_eq(e.kind, ERR_INVALID, "%s", e.text);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM incidents"), 0);
    cr_expect(pg_commit_as(&t, t.one, &events[0], 1, &done, &e), "the halves: %s", e.text);
    cr_expect_not(pg_commit_as(&t, t.one, &events[1], 1, &done, &e));
    cr_expect_eq(e.kind, ERR_INVALID);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM episodes"), 1);
    pg_end(&t);
}

static void refuse_commits_with(pg_test *t, const char *table) {
    pg_do(t, arena_printf(t->a,
                          "CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON %s DEFERRABLE INITIALLY DEFERRED FOR EACH "
                          "ROW EXECUTE FUNCTION refuse()",
                          table));
}

Test(commit, a_commit_that_fails_is_reported_and_leaves_nothing) {
    pg_test t = pg_begin();
    pg_do(&t, "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'not today'; END$$");
    static const char *const tables[] = {"incidents", "alert_keys", "messages_2026_05"};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        refuse_commits_with(&t, tables[i]);
        prepared_event one = pg_event(&t, &(sample){0});
        changes done = {0};
        err e = {0};
        cr_expect_not(pg_commit_as(&t, t.one, &one, 1, &done, &e), "%s", tables[i]);
        cr_expect_eq(e.kind, ERR_UNAVAILABLE, "%s: %s", tables[i], e.text);
        cr_expect(strstr(e.text, "not today"), "%s", e.text);
        cr_expect_eq(done.incident_count, 0);
        pg_do(&t, arena_printf(t.a, "DROP TRIGGER refuse ON %s", tables[i]));
    }
    cr_expect_eq(pg_number(&t, "SELECT (SELECT count(*) FROM incidents) + (SELECT count(*) FROM episodes) + "
                               "(SELECT count(*) FROM messages)"),
                 0);
    usec began = t.now;
    int64_t kept = pg_commit(&t, &(sample){0}, 1).incidents[0]->id;
    refuse_commits_with(&t, "alerts_2026_05");
    prepared_event end = pg_event(&t, &(sample){.kind = EVENT_RESOLVED, .starts_at = began});
    changes done = {0};
    err e = {0};
    cr_expect_not(pg_commit_as(&t, t.one, &end, 1, &done, &e));
    cr_expect(strstr(e.text, "not today"), "%s", e.text);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM episodes WHERE ends_at IS NULL"), 1);
    refuse_commits_with(&t, "timeline_2026_05");
    cr_expect_not(pg_act(&t, t.one, kept, ACTION_ACKNOWLEDGE, &done, &e));
    cr_expect(strstr(e.text, "not today"), "%s", e.text);
    cr_expect_str_eq(pg_value(&t, "SELECT state FROM incidents"), "triggered");
    pg_end(&t);
}

static const char end_the_others[] =
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'onus' "
    "AND datname = current_database()";

static void decide_after_the_end(void *context, world *w, changes *out) {
    pg_test *t = context;
    (void)pg_value(t, end_the_others);
    while (pg_number(t, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'onus' AND "
                        "datname = current_database()") > 0) {
    }
    prepared_event one = pg_event(t, &(sample){0});
    static const chart chart_of_one = {.revision = 1};
    decide_events(&(decide_context){&chart_of_one, t->now, USEC_PER_DAY}, w, &one, 1, t->a, out);
}

Test(commit, a_backend_that_is_killed_mid_transaction_is_unavailable_and_the_next_call_works) {
    pg_test t = pg_begin();
    prepared_event one = pg_event(&t, &(sample){0});
    intake_batch batch = {&one, 1, NULL, 0};
    changes done = {0};
    err e = {0};
    cr_expect_not(
        store_commit_events(t.one, &batch, &(store_decider){decide_after_the_end, &t}, t.now, LEASE, t.a, &done, &e));
    cr_expect_eq(e.kind, ERR_UNAVAILABLE, "%s", e.text);
    cr_expect_not(store_is_connected(t.one));
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM incidents"), 0);
    cr_expect(store_ping(t.one, &e), "%s", e.text);
    cr_expect(pg_commit_as(&t, t.one, &one, 1, &done, &e), "%s", e.text);
    pg_end(&t);
}

static void end_all_sessions(pg_test *t) {
    (void)pg_value(t, end_the_others);
    while (pg_number(t, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'onus' AND "
                        "datname = current_database()") > 0) {
    }
}

Test(commit, a_connection_that_broke_while_idle_is_found_out_before_it_is_used) {
    pg_test t = pg_begin();
    err e = {0};
    cr_assert(store_ping(t.one, &e), "%s", e.text);
    end_all_sessions(&t);
    cr_expect(store_ping(t.one, &e), "%s", e.text);
    end_all_sessions(&t);
    pg_commit(&t, &(sample){0}, 1);
    pg_end(&t);
}

Test(commit, a_read_only_server_is_no_server) {
    pg_test t = pg_begin();
    err e = {0};
    cr_assert(store_ping(t.one, &e), "%s", e.text);
    pg_do(&t, arena_printf(t.a, "ALTER DATABASE %s SET default_transaction_read_only = on", PQdb(t.raw)));
    (void)pg_value(&t, end_the_others);
    cr_expect_not(store_ping(t.one, &e));
    prepared_event one = pg_event(&t, &(sample){0});
    changes done = {0};
    cr_expect_not(pg_commit_as(&t, t.one, &one, 1, &done, &e));
    cr_expect_eq(e.kind, ERR_UNAVAILABLE, "%s", e.text);
    cr_expect_not(store_is_connected(t.one), "so that the next try may find the new primary");
    pg_end(&t);
}

Test(commit, no_database_at_all) {
    static const struct {
        const char *conninfo;
        err_kind kind;
    } rows[] = {{"host=/nonexistent dbname=onus", ERR_UNAVAILABLE},
                {"host=127.0.0.1 port=1 dbname=onus", ERR_UNAVAILABLE},
                {"password=hunter2 what is this", ERR_INVALID}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        secret database = secret_from_text(rows[i].conninfo);
        store_conn *c = store_conn_new(database, "node", NULL);
        err e = {0};
        cr_expect_not(store_ping(c, &e));
        cr_expect_eq(e.kind, rows[i].kind, "%s", e.text);
        cr_expect_null(strstr(e.text, "hunter2"));
        store_conn_free(c);
        secret_release(&database);
    }
}

/* ── people ── */

Test(commit, an_action_changes_the_incident_and_one_that_is_not_possible_changes_nothing) {
    pg_test t = pg_begin();
    pg_commit(&t, &(sample){.severity = SEVERITY_CRITICAL}, 1);
    changes done = {0};
    err e = {0};
    cr_assert(pg_act(&t, t.two, 1, ACTION_ACKNOWLEDGE, &done, &e), "%s", e.text);
    cr_expect_str_eq(pg_value(&t, "SELECT state || ' ' || acknowledged_by FROM incidents"), "acknowledged ada");
    cr_assert(pg_act(&t, t.two, 1, ACTION_RESOLVE, &done, &e), "%s", e.text);
    cr_expect_not(pg_act(&t, t.two, 1, ACTION_ACKNOWLEDGE, &done, &e));
    cr_expect_eq(e.kind, ERR_CONFLICT, "%s", e.text);
    cr_expect_not(pg_act(&t, t.two, 99, ACTION_ACKNOWLEDGE, &done, &e));
    cr_expect_eq(e.kind, ERR_NOT_FOUND, "%s", e.text);
    cr_expect_str_eq(pg_value(&t, "SELECT state FROM incidents"), "resolved");
    pg_end(&t);
}

Test(commit, what_is_due_is_listed_least_recent_first) {
    pg_test t = pg_begin();
    pg_commit(&t, &(sample){.key = "a", .group = "a", .severity = SEVERITY_CRITICAL}, 1);
    t.now += USEC_PER_MINUTE;
    pg_commit(&t, &(sample){.key = "b", .group = "b", .severity = SEVERITY_CRITICAL}, 1);
    int64_t ids[4];
    size_t count = 9;
    err e = {0};
    cr_assert(store_due_incidents(t.one, t.now, 4, ids, &count, &e), "%s", e.text);
    cr_expect_eq(count, 0);
    cr_assert(store_due_incidents(t.one, t.now + USEC_PER_HOUR, 4, ids, &count, &e), "%s", e.text);
    cr_assert_eq(count, 2);
    cr_expect(ids[0] == 1 && ids[1] == 2);
    cr_assert(store_due_incidents(t.one, t.now + USEC_PER_HOUR, 1, ids, &count, &e), "%s", e.text);
    cr_expect_eq(count, 1);
    pg_end(&t);
}
