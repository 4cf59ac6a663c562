/* The schema: migrations, statements, months, retention. */
#include "pg.h"

#include "onus/embedded.h"

#include <pthread.h>
#include <string.h>

Test(schema, every_statement_can_be_prepared) {
    pg_test t = pg_begin();
    size_t count = 0;
    for (; queries_data[count].name != NULL; count++) {
        PGresult *r = PQprepare(t.raw, queries_data[count].name, queries_data[count].text, 0, NULL);
        cr_expect(PQresultStatus(r) == PGRES_COMMAND_OK, "%s: %s", queries_data[count].name, PQerrorMessage(t.raw));
        PQclear(r);
    }
    cr_expect(count > 30);
    pg_end(&t);
}

Test(schema, the_second_time_there_is_nothing_to_migrate) {
    pg_test t = pg_begin_empty();
    err e = {0};
    int applied = 0;
    cr_assert(store_migrate(t.one, t.now, &applied, &e), "%s", e.text);
    cr_expect_eq(applied, pg_number(&t, "SELECT count(*) FROM schema_migrations"));
    cr_assert(store_migrate(t.one, t.now, &applied, &e), "%s", e.text);
    cr_expect_eq(applied, 0);
    pg_end(&t);
}

typedef struct migrating {
    store_conn *conn;
    int applied;
    bool ok;
    err why;
} migrating;

static void *migrate(void *context) {
    migrating *m = context;
    m->ok = store_migrate(m->conn, NOON, &m->applied, &m->why);
    return NULL;
}

Test(schema, two_nodes_that_migrate_at_once_take_turns) {
    pg_test t = pg_begin_empty();
    migrating nodes[] = {{.conn = t.one}, {.conn = t.two}};
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, migrate, &nodes[i]), 0);
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        cr_expect(nodes[i].ok, "%s", nodes[i].why.text);
    }
    cr_expect_eq(nodes[0].applied + nodes[1].applied, pg_number(&t, "SELECT count(*) FROM schema_migrations"));
    pg_end(&t);
}

Test(schema, a_newer_database_is_refused_with_a_reason) {
    pg_test t = pg_begin();
    pg_do(&t, "INSERT INTO schema_migrations VALUES (9999, '9999_future.sql', 'x', '2030-01-01')");
    err e = {0};
    int applied = 0;
    cr_expect_not(store_migrate(t.one, t.now, &applied, &e));
    cr_expect_eq(e.kind, ERR_INVALID);
    cr_expect(strstr(e.text, "newer than this onus") && strstr(e.text, "9999_future.sql"), "%s", e.text);
    pg_end(&t);
}

Test(schema, a_changed_migration_is_refused_with_a_reason) {
    pg_test t = pg_begin();
    pg_do(&t, "UPDATE schema_migrations SET checksum = 'other' WHERE version = 1");
    err e = {0};
    int applied = 0;
    cr_expect_not(store_migrate(t.one, t.now, &applied, &e));
    cr_expect_eq(e.kind, ERR_INVALID);
    cr_expect(strstr(e.text, "different builds"), "%s", e.text);
    pg_end(&t);
}

Test(schema, months_are_made_ahead_and_in_time) {
    pg_test t = pg_begin();
    cr_expect_str_eq(pg_value(&t, "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class "
                                  "WHERE relname ~ '^timeline_[0-9]' AND relkind = 'r'"),
                     "timeline_2026_05 timeline_2026_06 timeline_2026_07");
    err e = {0};
    cr_assert(store_housekeep(t.one, t.now + 31 * USEC_PER_DAY, 13, &e), "%s", e.text);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM pg_class WHERE relname IN ('alerts_2026_08', 'timeline_2026_08', "
                               "'messages_2026_08')"),
                 3);
    pg_end(&t);
}

Test(schema, what_came_before_its_month_was_made_moves_there) {
    pg_test t = pg_begin();
    t.now += 100 * USEC_PER_DAY; /* September: nobody has kept house */
    pg_commit(&t, &(sample){.severity = SEVERITY_CRITICAL}, 1);
    changes acknowledged = {0};
    err e = {0};
    cr_assert(pg_act(&t, t.one, 1, ACTION_ACKNOWLEDGE, &acknowledged, &e), "%s", e.text);
    cr_expect_gt(pg_number(&t, "SELECT count(*) FROM timeline_rest"), 0);
    pg_commit(&t, &(sample){.kind = EVENT_RESOLVED, .starts_at = t.now, .severity = SEVERITY_CRITICAL}, 1);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM alerts_rest"), 1);
    int64_t messages = pg_number(&t, "SELECT count(*) FROM messages_rest");
    cr_assert(store_housekeep(t.one, t.now, 13, &e), "%s", e.text);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM timeline_rest"), 0);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM alerts_2026_09"), 1);
    cr_expect_gt(messages, 0);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM messages_2026_09"), messages);
    pg_end(&t);
}

Test(schema, retention_drops_months_but_never_what_is_open_or_undelivered) {
    pg_test t = pg_begin();
    usec began = t.now;
    pg_commit(&t, (sample[]){{.key = "open", .group = "row|open"}, {.key = "ends", .group = "row|open"}}, 2);
    pg_commit(&t, &(sample){.kind = EVENT_RESOLVED, .key = "ends", .group = "row|open", .starts_at = began}, 1);
    err e = {0};
    usec later = t.now + 200 * USEC_PER_DAY;
    cr_assert(store_housekeep(t.one, later, 3, &e), "%s", e.text);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM alerts_2026_05"), 1);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM episodes"), 2);
    pg_do(&t, "UPDATE incidents SET state = 'resolved', resolved_at = opened_at");
    cr_assert(store_housekeep(t.one, later, 3, &e), "%s", e.text);
    cr_expect_str_eq(pg_value(&t, "SELECT to_regclass('alerts_2026_05')"), "");
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM episodes"), 1, "what is open stands with its key");
    cr_expect_gt(pg_number(&t, "SELECT count(*) FROM messages_2026_05"), 0, "its messages still wait");
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM incidents"), 1, "kept for its waiting messages");
    pg_do(&t, "UPDATE messages SET state = 'delivered'");
    cr_assert(store_housekeep(t.one, later, 3, &e), "%s", e.text);
    cr_expect_str_eq(pg_value(&t, "SELECT to_regclass('messages_2026_05')"), "");
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM incidents"), 0);
    pg_end(&t);
}

/* Open for longer than months are kept: its own has been dropped when it ends. */
Test(schema, what_ends_after_its_month_was_dropped_is_kept_as_long_as_its_incident) {
    pg_test t = pg_begin();
    usec began = t.now;
    pg_commit(&t, (sample[]){{.key = "a"}, {.key = "b"}}, 2);
    pg_do(&t, "DELETE FROM messages");
    t.now += 200 * USEC_PER_DAY;
    err e = {0};
    cr_assert(store_housekeep(t.one, t.now, 3, &e), "%s", e.text);
    cr_expect_str_eq(pg_value(&t, "SELECT to_regclass('alerts_2026_05')"), "");
    pg_commit(&t, &(sample){.kind = EVENT_RESOLVED, .starts_at = began}, 1);
    cr_assert(store_housekeep(t.one, t.now, 3, &e), "%s", e.text);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM alerts_rest WHERE ends_at IS NOT NULL"), 1);
    pg_commit(&t, &(sample){.kind = EVENT_RESOLVED, .key = "b", .starts_at = began}, 1);
    cr_assert(store_housekeep(t.one, t.now, 3, &e), "%s", e.text);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM alerts_rest"), 0);
    pg_end(&t);
}

static void *housekeep_main(void *context) {
    pg_test *t = context;
    err e = {0};
    cr_expect(store_housekeep(t->one, t->now, 3, &e), "%s", e.text);
    return NULL;
}

/* The end is written into the month of the beginning, while that is about to go. */
Test(schema, a_month_into_which_something_is_just_written_stays) {
    pg_test t = pg_begin();
    pg_commit(&t, (sample[]){{.key = "a"}, {.key = "b"}}, 2);
    pg_do(&t, "DELETE FROM messages");
    t.now += 200 * USEC_PER_DAY;
    pg_do(&t, arena_printf(t.a, "SELECT onus_make_partitions('%s', 2)", time_to_text(t.a, t.now)));
    pthread_t thread;
    pg_do(&t, "BEGIN");
    pg_do(&t, "INSERT INTO alerts SELECT * FROM episodes WHERE key = 'a'");
    pg_do(&t, "UPDATE alert_keys SET held = NULL, ends_at = starts_at WHERE key = 'a'");
    cr_assert_eq(pthread_create(&thread, NULL, housekeep_main, &t), 0);
    pg_wait_for_a_waiter(&t);
    pg_do(&t, "COMMIT");
    cr_assert_eq(pthread_join(thread, NULL), 0);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM alerts_2026_05"), 1);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM episodes"), 2);
    pg_end(&t);
}

/* Thirty days after its end nobody speaks of it any more.
 * What an older node has ended and left there goes to history. */
Test(schema, keys_are_forgotten_after_their_end_and_history_stays) {
    pg_test t = pg_begin();
    usec began = t.now;
    pg_commit(&t, (sample[]){{.key = "open"}, {.key = "ends"}, {.key = "left"}}, 3);
    pg_commit(&t, &(sample){.kind = EVENT_RESOLVED, .key = "ends", .starts_at = began}, 1);
    pg_do(&t, "UPDATE alert_keys SET ends_at = starts_at WHERE key = 'left'");
    err e = {0};
    cr_assert(store_housekeep(t.one, t.now + 31 * USEC_PER_DAY, 13, &e), "%s", e.text);
    cr_expect_str_eq(pg_value(&t, "SELECT string_agg(key, ' ') FROM alert_keys"), "open");
    cr_expect_str_eq(pg_value(&t, "SELECT string_agg(key, ' ' ORDER BY key) FROM alerts"), "ends left");
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM episodes"), 3);
    pg_end(&t);
}

/* The same month in C and in SQL, or rows would land in the wrong partition. */
Test(schema, ids_name_the_month_of_their_partition) {
    pg_test t = pg_begin();
    static const char *const days[] = {"2026-01-01", "2026-02-28", "2027-12-31",
                                       "2028-02-29", "2028-03-01", "2100-03-01"};
    for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
        err e = {0};
        cr_assert(time_from_text(arena_printf(t.a, "%sT23:59:59.999999Z", days[i]), &t.now, &e));
        char *key = arena_printf(t.a, "day-%zu", i);
        pg_commit(&t, &(sample){.key = key, .group = key}, 1);
    }
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM episodes WHERE id >> 40 = onus_month(received_at)"), 6);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM messages WHERE id >> 40 <> onus_month(created_at)"), 0);
    pg_end(&t);
}
