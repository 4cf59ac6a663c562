/* Which nodes live, and what becomes of what the dead had in hand. Node one commits and dies; node two looks. */
#include "pg.h"

#define BELIEVED (700 * USEC_PER_MS)
#define FORGOTTEN (60 * USEC_PER_SECOND)

static nodes_seen look_by(pg_test *t, store_conn *c) {
    nodes_seen seen = {0};
    err e = {0};
    gone_nodes when = {t->now, BELIEVED, FORGOTTEN, 0};
    cr_assert(store_free_from_gone_nodes(c, &when, &seen, &e), "%s", e.text);
    return seen;
}

static void hold(pg_test *t, store_conn *c) {
    err e = {0};
    cr_assert(store_hold_node(c, t->now, 0, &e), "%s", e.text);
    cr_expect(store_holds_node(c));
}

/* As the server does when the process is gone: its sessions end, and their locks with them. */
static void end_sessions_but(pg_test *t, int64_t pid) {
    pg_do(t, arena_printf(
                 t->a,
                 "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() "
                 "AND pid NOT IN (pg_backend_pid(), %lld)",
                 (long long)pid));
}

static int64_t pid_of(pg_test *t, const char *node) {
    return pg_number(t, arena_printf(t->a,
                                     "SELECT l.pid FROM pg_locks l JOIN nodes n ON l.objid = n.id::bigint::oid "
                                     "WHERE l.locktype = 'advisory' AND l.classid = 1869509988 AND n.name = '%s'",
                                     node));
}

static int64_t leased(pg_test *t) {
    return pg_number(t, "SELECT count(*) FROM messages WHERE leased_by = 'node-one'");
}

static pg_test two_nodes(void) {
    pg_test t = pg_begin();
    hold(&t, t.one);
    hold(&t, t.two);
    pg_commit(&t, &(sample){.severity = SEVERITY_CRITICAL}, 1);
    cr_assert_gt(leased(&t), 0);
    return t;
}

Test(nodes, what_a_node_that_lives_has_in_hand_stays_its_own) {
    pg_test t = two_nodes();
    for (int i = 0; i < 3; i++, t.now += BELIEVED) {
        nodes_seen l = look_by(&t, t.two);
        cr_expect_eq(l.freed, 0);
        cr_expect_eq(l.others, 1);
    }
    cr_expect_gt(leased(&t), 0);
    pg_end(&t);
}

Test(nodes, what_a_dead_node_had_in_hand_is_ready_when_its_lock_was_free_for_a_moment) {
    pg_test t = two_nodes();
    int64_t in_hand = leased(&t);
    end_sessions_but(&t, pid_of(&t, "node-two"));
    nodes_seen l = look_by(&t, t.two);
    cr_expect(l.freed == 0 && l.others == 0, "noticed, not yet believed");
    t.now += BELIEVED - 1;
    cr_expect_eq(look_by(&t, t.two).freed, 0);
    t.now += 1;
    cr_expect_eq((int64_t)look_by(&t, t.two).freed, in_hand);
    claimed_message got[10];
    size_t count = 0;
    err e = {0};
    cr_assert(store_claim_messages(t.two, t.now, LEASE, 10, got, &count, &e), "%s", e.text);
    cr_expect_eq((int64_t)count, in_hand, "long before the lease ends");
    for (size_t i = 0; i < count; i++)
        arena_free(got[i].memory);
    /* What a committer of the dead node had sent, and the server commits only now. */
    pg_do(&t, "UPDATE messages SET leased_by = 'node-one'");
    t.now += USEC_PER_SECOND;
    cr_expect_eq((int64_t)look_by(&t, t.two).freed, in_hand);
    t.now += FORGOTTEN;
    (void)look_by(&t, t.two);
    cr_expect_str_eq(pg_value(&t, "SELECT string_agg(name, ' ') FROM nodes"), "node-two");
    pg_end(&t);
}

/* A connection is reset, or the server fails over: the node comes back before its absence is believed. */
Test(nodes, who_lost_only_the_session_gets_the_place_back_and_keeps_what_it_had) {
    pg_test t = two_nodes();
    err e = {0};
    int64_t in_hand = leased(&t);
    int line = store_node_line(t.one);
    cr_expect_geq(line, 0);
    end_sessions_but(&t, pid_of(&t, "node-two"));
    (void)look_by(&t, t.two);
    cr_expect(store_ping(t.one, &e), "on a new connection: %s", e.text);
    cr_expect_not(store_holds_node(t.one), "whose session says nothing of the node yet");
    cr_expect_eq(store_node_line(t.one), -1);
    hold(&t, t.one);
    t.now += 2 * BELIEVED;
    nodes_seen l = look_by(&t, t.two);
    cr_expect(l.freed == 0 && l.others == 1);
    cr_expect_eq(leased(&t), in_hand);
    /* Its old session, which may linger on the server, says nothing: the row names the new one. */
    cr_expect_str_eq(pg_value(&t, "SELECT count(*) FROM nodes WHERE gone_at IS NULL"), "2");
    pg_end(&t);
}

Test(nodes, who_comes_back_too_late_learns_what_is_still_its_own) {
    pg_test t = two_nodes();
    err e = {0};
    int64_t ids[] = {pg_number(&t, "SELECT min(id) FROM messages WHERE leased_by = 'node-one'")};
    size_t count = 1;
    end_sessions_but(&t, pid_of(&t, "node-two"));
    (void)look_by(&t, t.two);
    t.now += BELIEVED;
    cr_expect_gt(look_by(&t, t.two).freed, 0);
    (void)!store_ping(t.one, &e);
    hold(&t, t.one);
    cr_assert(store_renew_leases(t.one, ids, &count, t.now, LEASE, &e), "%s", e.text);
    cr_expect_eq(count, 0);
    pg_end(&t);
}

Test(nodes, who_leaves_in_order_is_not_looked_for) {
    pg_test t = two_nodes();
    err e = {0};
    cr_assert(store_leave_node(t.one, &e), "%s", e.text);
    cr_expect_eq(look_by(&t, t.two).others, 0);
    cr_expect_str_eq(pg_value(&t, "SELECT string_agg(name, ' ') FROM nodes"), "node-two");
    pg_end(&t);
}

/* Who joins goes by the time of those who are there, so that all see a lease end at once. */
Test(nodes, a_node_that_joins_hears_how_far_the_others_are_ahead) {
    pg_test t = pg_begin();
    err e = {0};
    usec before = 0, at = 0, ahead = 1;
    cr_assert(store_server_time(t.two, &before, &ahead, &e), "%s", e.text);
    cr_expect_eq(ahead, 0, "nobody is there");
    cr_assert(store_hold_node(t.one, t.now, -USEC_PER_HOUR, &e), "%s", e.text);
    cr_assert(store_server_time(t.two, &at, &ahead, &e), "%s", e.text);
    cr_expect_geq(at, before);
    cr_expect_eq(ahead, -USEC_PER_HOUR);
    nodes_seen seen = {0};
    gone_nodes when = {t.now, BELIEVED, FORGOTTEN, -USEC_PER_MINUTE};
    cr_assert(store_free_from_gone_nodes(t.one, &when, &seen, &e), "%s", e.text);
    cr_expect_geq(seen.server_time, at);
    cr_assert(store_server_time(t.two, &at, &ahead, &e), "%s", e.text);
    cr_expect_eq(ahead, -USEC_PER_MINUTE, "it has come nearer");
    end_sessions_but(&t, 0);
    (void)!store_ping(t.two, &e);
    cr_assert(store_server_time(t.two, &at, &ahead, &e), "%s", e.text);
    cr_expect_eq(ahead, 0, "what a dead node went by says nothing");
    pg_end(&t);
}
