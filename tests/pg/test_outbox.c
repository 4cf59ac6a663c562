/* The outbox: who gets a message, in which order, for how long, and what becomes of it. */
#include "pg.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

enum { MAX = 64 };

typedef struct claimed {
    claimed_message items[MAX];
    size_t count;
} claimed;

static claimed claim(pg_test *t, store_conn *c, size_t max) {
    claimed got = {.count = 0};
    err e = {0};
    cr_assert(store_claim_messages(c, t->now, LEASE, max, got.items, &got.count, &e), "%s", e.text);
    return got;
}

static void free_claimed(claimed *got) {
    for (size_t i = 0; i < got->count; i++)
        arena_free(got->items[i].memory);
    got->count = 0;
}

/* How many messages a node gets now. */
static size_t claims(pg_test *t, store_conn *c) {
    claimed got = claim(t, c, MAX);
    size_t count = got.count;
    free_claimed(&got);
    return count;
}

static delivery_result result_of(const pg_test *t, int64_t id, delivery_verdict verdict) {
    return (delivery_result){.message_id = id,
                             .verdict = verdict,
                             .status = verdict == DELIVERED ? 200 : 500,
                             .detail = verdict == DELIVERED ? "200 OK" : "500 Internal Server Error",
                             .at = t->now,
                             .took = 12 * USEC_PER_MS,
                             .next_at = verdict == TRY_LATER ? t->now + USEC_PER_MINUTE : 0};
}

/* Records the results; how many pages turned out to be undeliverable. */
static size_t record(pg_test *t, store_conn *c, const delivery_result *results, size_t count) {
    undeliverable_page *pages = NULL;
    size_t page_count = 9;
    err e = {0};
    cr_assert(store_record_results(c, results, count, t->now, t->a, &pages, &page_count, &e), "%s", e.text);
    return page_count;
}

static size_t record_one(pg_test *t, store_conn *c, int64_t id, delivery_verdict verdict) {
    delivery_result r = result_of(t, id, verdict);
    return record(t, c, &r, 1);
}

/* All messages of an incident that node one has just opened: pages to R's two contacts, notices to A. */
static changes open_incident(pg_test *t, const char *key) {
    return pg_commit(t, &(sample){.key = key, .group = key, .severity = SEVERITY_CRITICAL}, 1);
}

static int64_t page_to(pg_test *t, const char *channel) {
    return pg_number(t, arena_printf(t->a,
                                     "SELECT id FROM messages WHERE is_page AND channel = '%s' ORDER BY created_at, id "
                                     "LIMIT 1",
                                     channel));
}

Test(outbox, what_a_node_has_just_committed_is_its_own_until_the_lease_ends) {
    pg_test t = pg_begin();
    changes done = open_incident(&t, "a");
    cr_expect_eq(claims(&t, t.one), 0);
    cr_expect_eq(claims(&t, t.two), 0);
    t.now += LEASE + 1;
    cr_expect_eq(claims(&t, t.two), done.message_count);
    cr_expect_eq(claims(&t, t.one), 0);
    pg_end(&t);
}

Test(outbox, a_claimed_message_comes_whole) {
    pg_test t = pg_begin();
    changes done = open_incident(&t, "a");
    usec opened = t.now;
    t.now += LEASE + 1;
    claimed got = claim(&t, t.two, MAX);
    cr_assert_eq(got.count, done.message_count);
    const message *m = &got.items[0].message;
    cr_expect_eq(m->letter, RACI_RESPONSIBLE, "pages first");
    cr_expect_eq(m->reason, REASON_OPENED);
    cr_expect_str_eq(m->channel, "slack-mlops");
    cr_expect_str_eq(m->team_name, "MLOps");
    cr_expect_eq(m->created_at, opened);
    cr_expect_eq(m->expires_at, opened + USEC_PER_DAY);
    cr_expect(m->first);
    cr_expect_str_eq(m->thread, "");
    cr_expect_str_eq(m->incident->title, "Latency");
    cr_expect_str_eq(m->incident->raci.accountable.role_name, "Head of MLOps");
    cr_expect_str_eq(labels_get(m->incident->labels, "service"), "fraud");
    free_claimed(&got);
    pg_end(&t);
}

Test(outbox, two_nodes_never_get_the_same_message) {
    pg_test t = pg_begin();
    sample samples[20];
    for (size_t i = 0; i < 20; i++) {
        char *key = arena_printf(t.a, "k%zu", i);
        samples[i] = (sample){.key = key, .group = key, .severity = SEVERITY_CRITICAL};
    }
    changes done = pg_commit(&t, samples, 20);
    t.now += LEASE + 1;
    pg_do(&t, "BEGIN; SELECT 1 FROM messages WHERE channel = 'slack-mlops' FOR UPDATE"); /* a claim under way */
    size_t first = claims(&t, t.two);
    cr_expect_eq(first, done.message_count - 20, "what another holds a lock on is skipped, not waited for");
    pg_do(&t, "COMMIT");
    cr_expect_eq(claims(&t, t.two), 20);
    cr_expect_eq(claims(&t, t.one), 0);
    pg_end(&t);
}

Test(outbox, a_message_waits_for_an_earlier_one_of_its_incident_to_the_same_contact) {
    pg_test t = pg_begin();
    open_incident(&t, "a");
    t.now += USEC_PER_SECOND;
    changes acknowledged = {0};
    err e = {0};
    cr_assert(pg_act(&t, t.one, 1, ACTION_ACKNOWLEDGE, &acknowledged, &e), "%s", e.text);
    cr_assert_gt(acknowledged.message_count, 0);
    for (size_t i = 0; i < acknowledged.message_count; i++)
        cr_expect_gt(acknowledged.messages[i].not_before, t.now, "held back: the page is still on its way");
    cr_expect_eq(claims(&t, t.one), 0);
    delivery_result r = result_of(&t, page_to(&t, "slack-mlops"), DELIVERED);
    r.thread = "1780000000.000100";
    cr_expect_eq(record(&t, t.one, &r, 1), 0);
    claimed got = claim(&t, t.one, MAX);
    cr_assert_eq(got.count, 1);
    cr_expect_eq(got.items[0].message.reason, REASON_ACKNOWLEDGED);
    cr_expect_str_eq(got.items[0].message.thread, "1780000000.000100");
    free_claimed(&got);
    pg_end(&t);
}

Test(outbox, once_the_first_is_told_the_next_goes_out_at_once_in_its_thread) {
    pg_test t = pg_begin();
    changes done = open_incident(&t, "a");
    for (size_t i = 0; i < done.message_count; i++) {
        delivery_result r = result_of(&t, done.messages[i].id, DELIVERED);
        r.thread = "thread";
        record(&t, t.one, &r, 1);
    }
    changes acknowledged = {0};
    err e = {0};
    cr_assert(pg_act(&t, t.one, 1, ACTION_ACKNOWLEDGE, &acknowledged, &e), "%s", e.text);
    cr_assert_gt(acknowledged.message_count, 0);
    for (size_t i = 0; i < acknowledged.message_count; i++) {
        cr_expect_leq(acknowledged.messages[i].not_before, t.now);
        cr_expect_str_eq(acknowledged.messages[i].thread, "thread");
    }
    pg_end(&t);
}

Test(outbox, a_page_overtakes_a_notice_that_cannot_be_delivered) {
    pg_test t = pg_begin();
    open_incident(&t, "a");
    pg_do(&t, "UPDATE messages SET state = 'delivered' WHERE is_page");
    pg_do(&t, "UPDATE messages SET ready_at = ready_at + interval '1 hour', leased_by = NULL"); /* the notice to A */
    changes escalated = {0};
    err e = {0};
    cr_assert(pg_act(&t, t.one, 1, ACTION_ESCALATE, &escalated, &e), "%s", e.text);
    t.now += LEASE + 1;
    claimed got = claim(&t, t.one, MAX);
    bool accountable = false;
    for (size_t i = 0; i < got.count; i++)
        accountable = accountable || (got.items[i].message.letter == RACI_ACCOUNTABLE &&
                                      got.items[i].message.reason == REASON_ESCALATED);
    cr_expect(accountable);
    free_claimed(&got);
    pg_end(&t);
}

Test(outbox, a_destination_where_another_node_holds_an_earlier_message_is_left_to_it) {
    pg_test t = pg_begin();
    open_incident(&t, "a");
    t.now += LEASE + 1;
    claimed first = claim(&t, t.two, 1);
    cr_assert_eq(first.count, 1);
    cr_expect_str_eq(first.items[0].message.channel, "slack-mlops");
    free_claimed(&first);
    open_incident(&t, "b"); /* leased by node one, later than what node two holds */
    pg_do(&t, "UPDATE messages SET ready_at = next_at, leased_by = NULL WHERE leased_by = 'node-one'");
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM messages WHERE leased_by IS NULL AND channel = 'slack-mlops'"), 1);
    claimed rest = claim(&t, t.one, MAX);
    for (size_t i = 0; i < rest.count; i++)
        cr_expect_str_neq(rest.items[i].message.channel, "slack-mlops");
    cr_expect_gt(rest.count, 1, "other destinations are not delayed");
    free_claimed(&rest);
    pg_end(&t);
}

Test(outbox, leases_are_prolonged_and_given_back_by_their_holder_only) {
    pg_test t = pg_begin();
    changes done = open_incident(&t, "a");
    int64_t ids[MAX];
    for (size_t i = 0; i < done.message_count; i++)
        ids[i] = done.messages[i].id;
    err e = {0};
    t.now += LEASE - 1;
    size_t count = done.message_count;
    cr_assert(store_renew_leases(t.two, ids, &count, t.now, 10 * LEASE, &e), "%s", e.text);
    cr_expect_eq(count, 0, "none of them is node two's");
    for (size_t i = 0; i < done.message_count; i++)
        ids[i] = done.messages[i].id;
    count = done.message_count;
    cr_assert(store_renew_leases(t.one, ids, &count, t.now, LEASE, &e), "%s", e.text);
    cr_expect_eq(count, done.message_count);
    t.now += LEASE - 1;
    cr_expect_eq(claims(&t, t.two), 0, "prolonged");
    released_message back[MAX];
    for (size_t i = 0; i < done.message_count; i++)
        back[i] = (released_message){.id = done.messages[i].id};
    cr_assert(store_release_messages(t.two, back, done.message_count, &e), "%s", e.text);
    cr_expect_eq(claims(&t, t.two), 0, "not node two's to give back");
    cr_assert(store_release_messages(t.one, back, done.message_count, &e), "%s", e.text);
    cr_expect_eq(claims(&t, t.two), done.message_count);
    pg_end(&t);
}

Test(outbox, a_failed_attempt_is_kept_and_tried_again_when_it_is_time) {
    pg_test t = pg_begin();
    open_incident(&t, "a");
    int64_t id = page_to(&t, "slack-mlops");
    cr_expect_eq(record_one(&t, t.one, id, TRY_LATER), 0);
    cr_expect_eq(record_one(&t, t.one, id, TRY_LATER), 0); /* the same attempt again: an answer got lost */
    cr_expect_eq(pg_number(&t, arena_printf(t.a, "SELECT attempts FROM messages WHERE id = %lld", (long long)id)), 1);
    t.now += USEC_PER_MINUTE - 1;
    pg_do(&t, "UPDATE messages SET state = 'delivered' WHERE attempts = 0");
    cr_expect_eq(claims(&t, t.one), 0);
    t.now += 1;
    claimed got = claim(&t, t.one, MAX);
    cr_assert_eq(got.count, 1);
    cr_expect_eq(got.items[0].message.id, id);
    cr_expect_eq(got.items[0].message.attempts, 1);
    free_claimed(&got);
    record_one(&t, t.one, id, DELIVERED);
    cr_expect_str_eq(
        pg_value(&t, "SELECT (log -> 0 ->> 'verdict') || ' ' || (log -> 0 ->> 'status') || ' ' || (log -> 0 ->> "
                     "'took_ms') || ', ' || (log -> 1 ->> 'verdict') FROM messages WHERE attempts = 2"),
        "try_later 500 12, delivered");
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM incident_timeline WHERE kind = 'delivered'"), 1);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM timeline WHERE kind = 'try_later'"), 0);
    pg_end(&t);
}

Test(outbox, what_is_delivered_stays_delivered) {
    pg_test t = pg_begin();
    open_incident(&t, "a");
    int64_t id = page_to(&t, "slack-mlops");
    record_one(&t, t.one, id, DELIVERED);
    t.now += USEC_PER_SECOND;
    record_one(&t, t.one, id, DELIVERED);
    record_one(&t, t.two, id, GIVE_UP);
    record_one(&t, t.two, id, TRY_LATER);
    cr_expect_str_eq(
        pg_value(&t, arena_printf(t.a, "SELECT state || ' ' || attempts FROM messages WHERE id = %lld", (long long)id)),
        "delivered 1");
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM incident_timeline WHERE kind IN ('delivered', 'gave_up')"), 1);
    pg_end(&t);
}

Test(outbox, two_results_of_one_message_in_a_batch_are_recorded_in_their_order) {
    pg_test t = pg_begin();
    open_incident(&t, "a");
    int64_t id = page_to(&t, "slack-mlops");
    delivery_result both[] = {result_of(&t, id, TRY_LATER), result_of(&t, id, DELIVERED)};
    both[1].at += USEC_PER_SECOND;
    record(&t, t.one, both, 2);
    cr_expect_str_eq(
        pg_value(&t, arena_printf(t.a, "SELECT state || ' ' || attempts FROM messages WHERE id = %lld", (long long)id)),
        "delivered 2");
    pg_end(&t);
}

Test(outbox, a_node_that_lost_its_lease_does_not_take_it_from_the_next) {
    pg_test t = pg_begin();
    open_incident(&t, "a");
    t.now += LEASE + 1;
    cr_expect_gt(claims(&t, t.two), 0);
    int64_t id = page_to(&t, "slack-mlops");
    record_one(&t, t.one, id, TRY_LATER);
    cr_expect_str_eq(pg_value(&t, arena_printf(t.a, "SELECT leased_by || ' ' || attempts FROM messages WHERE id = %lld",
                                               (long long)id)),
                     "node-two 1");
    pg_end(&t);
}

Test(outbox, the_log_of_a_message_is_bounded) {
    pg_test t = pg_begin();
    open_incident(&t, "a");
    int64_t id = page_to(&t, "slack-mlops");
    for (int i = 0; i < 130; i++) {
        t.now += USEC_PER_SECOND;
        record_one(&t, t.one, id, TRY_LATER);
    }
    cr_expect_str_eq(
        pg_value(&t, "SELECT attempts || ' ' || jsonb_array_length(log) || ' ' || (log -> 0 ->> 'at') || ' ' || "
                     "(log -> -1 ->> 'at') FROM messages WHERE attempts > 0"),
        "130 100 2026-05-28T20:26:41.000Z 2026-05-28T20:28:50.000Z");
    pg_end(&t);
}

/* ── what was not tried ── */

/* A destination that is left alone for ten minutes is no attempt of the messages that wait for it. */
Test(outbox, what_was_not_tried_is_ready_when_its_destination_is_and_no_attempt_is_counted) {
    pg_test t = pg_begin();
    changes done = open_incident(&t, "a");
    released_message back[MAX];
    err e = {0};
    for (size_t i = 0; i < done.message_count; i++)
        back[i] = (released_message){done.messages[i].id, t.now + 10 * USEC_PER_MINUTE};
    cr_assert(store_release_messages(t.one, back, done.message_count, &e), "%s", e.text);
    cr_expect_eq(pg_number(&t, "SELECT sum(attempts + jsonb_array_length(log)) FROM messages"), 0);
    t.now += 10 * USEC_PER_MINUTE - 1;
    cr_expect_eq(claims(&t, t.two), 0);
    t.now += 1;
    cr_expect_eq(claims(&t, t.two), done.message_count);
    pg_end(&t);
}

/* A newer node has written a word that this one does not know. */
Test(outbox, a_message_that_cannot_be_read_is_named_and_the_others_go_out) {
    pg_test t = pg_begin();
    open_incident(&t, "a");
    pg_do(&t, "UPDATE messages SET ready_at = next_at, leased_by = NULL");
    pg_do(&t, "UPDATE messages SET reason = 'a word of tomorrow' WHERE channel = 'slack-mlops'");
    int64_t id = page_to(&t, "slack-mlops");
    claimed got = claim(&t, t.two, MAX);
    size_t unread = 0;
    for (size_t i = 0; i < got.count; i++) {
        unread += got.items[i].unreadable != NULL;
        if (got.items[i].unreadable != NULL && got.items[i].message.id == id)
            cr_expect_str_eq(
                got.items[i].unreadable,
                arena_printf(t.a, "message %lld has a letter or reason that this onus does not know", (long long)id));
    }
    cr_expect_geq(unread, 1);
    cr_expect_gt(got.count, unread);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM messages WHERE leased_by = 'node-two'"), (int64_t)got.count);
    free_claimed(&got);
    pg_end(&t);
}

/* ── pages that reach nobody ── */

Test(outbox, a_page_is_undeliverable_when_its_last_contact_has_given_up_and_only_then) {
    pg_test t = pg_begin();
    open_incident(&t, "a");
    int64_t slack = page_to(&t, "slack-mlops"), mail = page_to(&t, "mail");
    cr_expect_eq(record_one(&t, t.one, slack, GIVE_UP), 0, "mail is still tried");
    undeliverable_page *pages = NULL;
    size_t count = 0;
    err e = {0};
    delivery_result last = result_of(&t, mail, GIVE_UP);
    last.detail = "550 no such user";
    cr_assert(store_record_results(t.one, &last, 1, t.now, t.a, &pages, &count, &e), "%s", e.text);
    cr_assert_eq(count, 1);
    cr_expect_eq(pages[0].incident_id, 1);
    cr_expect_str_eq(pages[0].why, "slack-mlops: 500 Internal Server Error; mail:mlops@example.com: 550 no such user");
    cr_expect_eq(record_one(&t, t.one, mail, GIVE_UP), 0, "once");
    cr_expect_str_eq(
        pg_value(&t, "SELECT text FROM incident_timeline WHERE kind = 'gave_up' AND text LIKE '%mail%'"),
        "gave up telling MLOps Engineer (responsible, opened) by mail:mlops@example.com: 550 no such user");
    pg_end(&t);
}

typedef struct giving_up {
    pg_test *t;
    store_conn *conn;
    arena *memory;
    int64_t id;
    size_t found;
    _Atomic bool done;
} giving_up;

static void *give_up(void *context) {
    giving_up *g = context;
    delivery_result r = result_of(g->t, g->id, GIVE_UP);
    undeliverable_page *pages = NULL;
    err e = {0};
    if (!store_record_results(g->conn, &r, 1, g->t->now, g->memory, &pages, &g->found, &e))
        g->found = 99;
    g->done = true;
    return NULL;
}

static int64_t waiters(pg_test *t) {
    return pg_number(t, "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
                        "WHERE NOT l.granted AND a.datname = current_database()");
}

/* Each would see the other's contact as still tried, and nobody would find the page, but for the incident's lock. */
Test(outbox, two_nodes_that_give_up_the_last_two_contacts_at_once_find_the_page_once) {
    pg_test t = pg_begin();
    open_incident(&t, "a");
    giving_up all[] = {{&t, t.one, arena_new(), page_to(&t, "slack-mlops"), 0, false},
                       {&t, t.two, arena_new(), page_to(&t, "mail"), 0, false}};
    pthread_t threads[2];
    err e = {0};
    cr_assert(store_ping(t.one, &e) && store_ping(t.two, &e)); /* who waits is looked up in a list that is made once */
    pg_do(&t, "BEGIN; SELECT 1 FROM incidents FOR UPDATE");
    for (int i = 0; i < 2; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, give_up, &all[i]), 0);
    while (waiters(&t) < 2 && !all[0].done && !all[1].done)
        usleep(1000);
    cr_expect(!all[0].done && !all[1].done, "both wait for the incident");
    pg_do(&t, "COMMIT");
    for (int i = 0; i < 2; i++)
        (void)pthread_join(threads[i], NULL);
    cr_expect_eq(all[0].found + all[1].found, 1);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM undeliverable_pages"), 1);
    arena_free(all[0].memory);
    arena_free(all[1].memory);
    pg_end(&t);
}

Test(outbox, a_page_that_reached_one_contact_is_not_undeliverable) {
    pg_test t = pg_begin();
    open_incident(&t, "a");
    record_one(&t, t.one, page_to(&t, "slack-mlops"), DELIVERED);
    cr_expect_eq(record_one(&t, t.one, page_to(&t, "mail"), GIVE_UP), 0);
    pg_end(&t);
}

Test(outbox, both_contacts_given_up_in_one_batch_are_one_undeliverable_page) {
    pg_test t = pg_begin();
    open_incident(&t, "a");
    delivery_result both[] = {result_of(&t, page_to(&t, "slack-mlops"), GIVE_UP),
                              result_of(&t, page_to(&t, "mail"), GIVE_UP)};
    cr_expect_eq(record(&t, t.one, both, 2), 1);
    pg_end(&t);
}

Test(outbox, a_notice_that_is_given_up_is_no_undeliverable_page) {
    pg_test t = pg_begin();
    open_incident(&t, "a");
    int64_t id = pg_number(&t, "SELECT id FROM messages WHERE letter = 'accountable'");
    cr_expect_eq(record_one(&t, t.one, id, GIVE_UP), 0);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM incident_timeline WHERE kind = 'gave_up'"), 1, "but it is loud");
    pg_end(&t);
}

static size_t pending(pg_test *t) {
    undeliverable_page *pages = NULL;
    size_t count = 9;
    err e = {0};
    cr_assert(store_pending_undeliverable(t->two, t->now, 10, t->a, &pages, &count, &e), "%s", e.text);
    return count;
}

static bool tell_undeliverable(void *context, world *w, incident *i, arena *a, changes *out, err *e) {
    (void)e;
    pg_test *t = context;
    static const chart one = {.revision = 1};
    decide_undeliverable(&(decide_context){&one, t->now, USEC_PER_DAY}, w, i, "nobody", a, out);
    return true;
}

Test(outbox, an_undeliverable_page_whose_finder_died_is_offered_again_until_somebody_was_told) {
    pg_test t = pg_begin();
    open_incident(&t, "a");
    delivery_result both[] = {result_of(&t, page_to(&t, "slack-mlops"), GIVE_UP),
                              result_of(&t, page_to(&t, "mail"), GIVE_UP)};
    cr_expect_eq(record(&t, t.one, both, 2), 1);
    cr_expect_eq(pending(&t), 0, "its finder has time");
    t.now += 30 * USEC_PER_SECOND;
    cr_expect_eq(pending(&t), 1);
    cr_expect_eq(pending(&t), 0);
    changes done = {0};
    err e = {0};
    cr_assert(
        store_change_incident(t.two, 1, &(store_incident_decider){tell_undeliverable, &t}, t.now, 0, t.a, &done, &e),
        "%s", e.text);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM timeline WHERE kind = 'undeliverable'"), 1);
    t.now += USEC_PER_HOUR;
    cr_expect_eq(pending(&t), 0);
    pg_end(&t);
}

Test(outbox, figures) {
    pg_test t = pg_begin();
    int64_t waiting = 9;
    usec oldest = 9;
    err e = {0};
    cr_assert(store_outbox_figures(t.one, t.now, &waiting, &oldest, &e), "%s", e.text);
    cr_expect(waiting == 0 && oldest == 0);
    changes done = open_incident(&t, "a");
    cr_assert(store_outbox_figures(t.one, t.now + 5 * USEC_PER_SECOND, &waiting, &oldest, &e), "%s", e.text);
    cr_expect_eq(waiting, (int64_t)done.message_count);
    cr_expect_eq(oldest, 5 * USEC_PER_SECOND);
    pg_end(&t);
}

Test(outbox, a_connection_that_breaks_while_claiming_loses_nothing) {
    pg_test t = pg_begin();
    changes done = open_incident(&t, "a");
    t.now += LEASE + 1;
    cr_expect_eq(claims(&t, t.two), done.message_count);
    err e = {0};
    pg_do(&t, "CREATE FUNCTION end_me() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
              "PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$");
    pg_do(&t, "CREATE TRIGGER end_me BEFORE UPDATE ON messages FOR EACH ROW EXECUTE FUNCTION end_me()");
    claimed got;
    t.now += LEASE + 1;
    cr_expect_not(store_claim_messages(t.two, t.now, LEASE, MAX, got.items, &got.count, &e));
    cr_expect_eq(e.kind, ERR_UNAVAILABLE, "%s", e.text);
    pg_do(&t, "DROP TRIGGER end_me ON messages");
    cr_expect_eq(claims(&t, t.two), done.message_count);
    pg_end(&t);
}
