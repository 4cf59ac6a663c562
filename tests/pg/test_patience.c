/* Patience with a database that is away: who may connect when, what counts as one absence, and what is said of it. */
#include "pg.h"

#include <pthread.h>

typedef struct bearing {
    usec now;
    patience *p;
    int away, back;
    char why[ERR_TEXT_MAX];
    usec lasted;
} bearing;

static usec told_time(void *context) {
    return ((bearing *)context)->now;
}

static void on_changed(void *context, const patience_news *news) {
    bearing *b = context;
    (void)snprintf(b->why, sizeof b->why, "%s", news->why);
    b->lasted = news->lasted;
    b->away += news->away;
    b->back += !news->away;
}

static void begin(bearing *b) {
    *b = (bearing){.now = NOON};
    b->p = patience_new(&(patience_options){.clock = {told_time, told_time, b}, .changed = on_changed, .context = b});
}

static bool may(bearing *b) {
    err e = {0};
    return patience_may_connect(b->p, &e);
}

Test(patience, while_it_is_away_one_thread_at_a_time_tries_after_waits_that_grow) {
    bearing b;
    begin(&b);
    cr_expect(may(&b) && may(&b), "nothing is the matter: everybody connects");
    patience_failed(b.p, TROUBLE_UNREACHED, "refused");
    patience_failed(b.p, TROUBLE_UNREACHED, "refused, says the other");
    for (int i = 1; i < 12; i++) {
        usec most = (usec)PATIENCE_LEAST_MS * USEC_PER_MS << (i < 6 ? i - 1 : 5), left = patience_left(b.p);
        most = most < PATIENCE_MOST_MS * USEC_PER_MS ? most : PATIENCE_MOST_MS * USEC_PER_MS;
        cr_expect(left >= most / 2 && left <= most, "wait %d is %lld", i, (long long)left);
        b.now += left - 1;
        cr_expect_not(may(&b));
        b.now += 1;
        cr_expect_eq(patience_left(b.p), 0);
        cr_expect(may(&b));
        cr_expect_not(may(&b), "somebody tries already");
        patience_failed(b.p, TROUBLE_UNREACHED, "refused again");
    }
    cr_expect_eq(b.away, 1, "said once");
    cr_expect_str_eq(b.why, "refused");
    b.now = NOON + 90 * USEC_PER_SECOND;
    cr_expect(may(&b));
    patience_worked(b.p);
    patience_worked(b.p);
    cr_expect_eq(b.back, 1);
    cr_expect_eq(b.lasted, 90 * USEC_PER_SECOND);
    cr_expect(may(&b) && may(&b));
    patience_failed(b.p, TROUBLE_UNREACHED, "refused");
    cr_expect_leq(patience_left(b.p), PATIENCE_LEAST_MS * USEC_PER_MS, "a new absence begins with short waits");
    cr_expect_eq(b.away, 2);
    patience_free(b.p);
}

/* A full disk: reading works, writing does not. */
Test(patience, a_server_that_refuses_some_is_back_when_it_has_refused_nothing_for_a_while) {
    static const trouble kinds[] = {TROUBLE_REFUSED, TROUBLE_SILENT};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        bearing b;
        begin(&b);
        for (int i = 0; i < 100; i++) {
            patience_failed(b.p, kinds[k], "no space left");
            patience_worked(b.p);
            cr_expect(may(&b));
            b.now += PATIENCE_MOST_MS * USEC_PER_MS;
        }
        cr_expect_eq(b.away, 1);
        cr_expect_eq(b.back, 0);
        patience_failed(b.p, kinds[k], "no space left");
        cr_expect_geq(patience_left(b.p), PATIENCE_MOST_MS * USEC_PER_MS / 2);
        cr_expect_eq(may(&b), kinds[k] == TROUBLE_REFUSED, "who answers may be connected to");
        b.now += PATIENCE_QUIET_MS * USEC_PER_MS;
        patience_worked(b.p);
        cr_expect_eq(b.back, 1);
        cr_expect_not(patience_is_away(b.p));
        patience_free(b.p);
    }
}

Test(patience, connections_share_it) {
    bearing b;
    begin(&b);
    secret nowhere = secret_from_text("host=127.0.0.1 port=1 dbname=onus");
    store_conn *one = store_conn_new(nowhere, "node", b.p), *two = store_conn_new(nowhere, "node", b.p);
    store_tries tries = {0};
    err e = {0}, said = {0};
    cr_expect_not(store_ping(one, &e));
    cr_expect_eq(b.away, 1);
    for (int i = 0; i < 50; i++) {
        cr_expect_not(store_ping(two, &said));
        cr_expect_eq(said.kind, ERR_UNAVAILABLE);
        cr_expect_str_eq(said.text, e.text);
    }
    usec before = patience_left(b.p);
    cr_expect_gt(before, 0);
    cr_expect(store_again(one, &tries, &e));
    cr_expect_not(store_ping(one, &e), "the wait is not over, so it does not even try");
    cr_expect_eq(patience_left(b.p), before);
    cr_expect_not(store_again(one, &tries, &e), "once");
    store_conn_free(one);
    store_conn_free(two);
    secret_release(&nowhere);
    patience_free(b.p);
}

static void *record_chart(void *context) {
    int64_t revision = 0;
    err e = {0};
    bool ok = store_record_chart(context, "other", "text", "path", NOON, &revision, &e);
    return (void *)(intptr_t)(ok ? ERR_NONE : e.kind);
}

/* What the server says of a statement, and who then waits; a lost connection is no absence as long as a new one can be
 * made. */
Test(patience, a_refusal_is_heard_by_all_and_a_lost_connection_by_nobody) {
    pg_test t = pg_begin();
    bearing b;
    begin(&b);
    store_conn *c = store_conn_new(t.database, "node", b.p);
    err e = {0};
    cr_assert(store_ping(c, &e), "%s", e.text);
    pg_do(&t, "BEGIN; LOCK TABLE chart_revisions");
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, record_chart, c), 0);
    pg_wait_for_a_waiter(&t);
    pg_do(&t, "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE NOT granted AND relation = "
              "'chart_revisions'::regclass");
    void *kind = NULL;
    (void)pthread_join(thread, &kind);
    cr_expect_eq((intptr_t)kind, ERR_UNAVAILABLE);
    pg_do(&t, "ROLLBACK");
    cr_expect_not(patience_is_away(b.p), "while it had a statement under way");
    cr_expect(store_ping(c, &e), "on a new connection: %s", e.text);
    pg_do(&t, "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
              "WHERE datname = current_database() AND pid <> pg_backend_pid()");
    cr_expect(store_ping(c, &e), "on a new connection: %s", e.text);
    cr_expect_not(patience_is_away(b.p), "while it was idle");
    cr_expect_eq(b.away, 0);
    pg_do(&t, "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
              "$$BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = '53100'; END$$");
    pg_do(&t, "CREATE TRIGGER refuse BEFORE INSERT ON chart_revisions EXECUTE FUNCTION refuse()");
    int64_t revision = 0;
    cr_expect_not(store_record_chart(c, "digest", "text", "path", NOON, &revision, &e));
    cr_expect(patience_is_away(b.p));
    cr_expect_str_eq(b.why, "database: no space left (53100)");
    cr_expect_not(store_again(c, &(store_tries){0}, &e), "the connection is there: another would hear the same");
    cr_expect(store_ping(c, &e), "reading works");
    cr_expect(patience_is_away(b.p), "which says nothing about writing");
    store_conn_free(c);
    patience_free(b.p);
    pg_end(&t);
}
