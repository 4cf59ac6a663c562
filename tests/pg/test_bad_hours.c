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
