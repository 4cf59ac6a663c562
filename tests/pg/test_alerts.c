/* Alerts outside the commit: expiry, repetition, and filling the memory at start. */
#include "pg.h"

#include <string.h>

static seen_alert seen_of(const alert *a, usec at, usec expires_at) {
    return (seen_alert){
        .alert_id = a->id, .content_hash = a->content_hash, .last_seen_at = at, .expires_at = expires_at};
}

static size_t expired(pg_test *t, event **events) {
    size_t count = 9;
    err e = {0};
    cr_assert(store_expired_alerts(t->one, t->now, 10, t->a, events, &count, &e), "%s", e.text);
    return count;
}

Test(alerts, one_that_nobody_repeats_expires_as_an_event) {
    pg_test t = pg_begin();
    usec began = t.now, expires = t.now + 4 * USEC_PER_MINUTE;
    pg_commit(&t, &(sample){.expires_at = expires}, 1);
    pg_commit(&t, &(sample){.key = "for-ever"}, 1);
    event *events = NULL;
    t.now = expires - 1;
    cr_expect_eq(expired(&t, &events), 0);
    t.now = expires + USEC_PER_SECOND;
    cr_assert_eq(expired(&t, &events), 1);
    cr_expect_eq(events[0].kind, EVENT_RESOLVED);
    cr_expect_str_eq(events[0].source, "alertmanager");
    cr_expect_str_eq(events[0].key, "a");
    cr_expect_str_eq(events[0].title, "Latency");
    cr_expect_str_eq(labels_get(events[0].labels, "service"), "fraud");
    cr_expect_eq(events[0].starts_at, began);
    cr_expect_eq(events[0].ends_at, expires);
    cr_expect_eq(events[0].expires_at, expires);
    pg_end(&t);
}

Test(alerts, a_repetition_postpones_expiry_without_touching_an_index) {
    pg_test t = pg_begin();
    usec expires = t.now + 4 * USEC_PER_MINUTE;
    changes done = pg_commit(&t, &(sample){.expires_at = expires}, 1);
    seen_alert again = seen_of(done.alerts[0], t.now + USEC_PER_MINUTE, expires + USEC_PER_MINUTE);
    err e = {0};
    cr_assert(store_touch_alerts(t.one, &again, 1, &e), "%s", e.text);
    cr_expect(again.matched);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM alert_keys WHERE check_at < expires_at"), 1,
                 "looked at too early, once");
    event *events = NULL;
    t.now = expires;
    cr_expect_eq(expired(&t, &events), 0);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM alert_keys WHERE check_at = expires_at"), 1);
    t.now = expires + USEC_PER_MINUTE;
    cr_expect_eq(expired(&t, &events), 1);
    pg_end(&t);
}

Test(alerts, an_earlier_expiry_counts_at_once) {
    pg_test t = pg_begin();
    changes done = pg_commit(&t, &(sample){.expires_at = t.now + USEC_PER_HOUR}, 1);
    seen_alert again = seen_of(done.alerts[0], t.now, t.now + USEC_PER_MINUTE);
    err e = {0};
    cr_assert(store_touch_alerts(t.one, &again, 1, &e), "%s", e.text);
    event *events = NULL;
    t.now += USEC_PER_MINUTE;
    cr_expect_eq(expired(&t, &events), 1);
    pg_end(&t);
}

Test(alerts, touching_tells_which_are_no_longer_what_they_were) {
    pg_test t = pg_begin();
    changes a = pg_commit(&t, &(sample){.key = "a"}, 1), b = pg_commit(&t, &(sample){.key = "b"}, 1),
            c = pg_commit(&t, &(sample){.key = "c"}, 1);
    seen_alert seen[] = {seen_of(c.alerts[0], t.now, 0),
                         seen_of(a.alerts[0], t.now, 0),
                         seen_of(b.alerts[0], t.now, 0),
                         seen_of(a.alerts[0], t.now, 0),
                         {.alert_id = 12345}};
    pg_commit(&t, &(sample){.key = "b", .kind = EVENT_RESOLVED}, 1);
    pg_commit(&t, &(sample){.key = "c", .title = "Other content"}, 1);
    err e = {0};
    cr_assert(store_touch_alerts(t.two, seen, 5, &e), "%s", e.text);
    cr_expect(!seen[0].matched && seen[1].matched && !seen[2].matched && seen[3].matched && !seen[4].matched);
    pg_end(&t);
}

/* A node answers for an alert that it takes for open; another had ended it before, and must hear that it fires. */
Test(alerts, what_was_seen_after_its_end_fires) {
    pg_test t = pg_begin();
    const usec began = t.now, expires = t.now + USEC_PER_HOUR;
    changes c =
        pg_commit(&t,
                  (const sample[]){
                      {.key = "after"}, {.key = "before"}, {.key = "open"}, {.key = "repeated", .expires_at = expires}},
                  4);
    const usec before_end = t.now + USEC_PER_MINUTE;
    t.now += 2 * USEC_PER_MINUTE;
    pg_commit(&t,
              (const sample[]){{.key = "after", .kind = EVENT_RESOLVED, .starts_at = began},
                               {.key = "before", .kind = EVENT_RESOLVED, .starts_at = began},
                               {.key = "repeated", .kind = EVENT_RESOLVED, .starts_at = began, .expires_at = expires}},
              3);
    seen_alert seen[4] = {0};
    for (size_t i = 0; i < 4; i++) {
        const bool before = strcmp(c.alerts[i]->key, "after") != 0;
        seen[i] =
            (seen_alert){c.alerts[i]->id,
                         event_content_hash(pg_event(&t, &(sample){.key = c.alerts[i]->key, .starts_at = began}).event),
                         before ? before_end : t.now + 1, before ? expires + 1 : 0, false};
    }
    err e = {0};
    event *events = NULL;
    size_t count = 0;
    cr_assert(store_touch_alerts(t.two, seen, 4, &e), "%s", e.text);
    cr_assert(store_seen_after_end(t.two, seen, 4, t.a, &events, &count, &e), "%s", e.text);
    cr_assert_eq(count, 2);
    for (size_t i = 0; i < count; i++) {
        cr_expect(strcmp(events[i].key, "after") == 0 || strcmp(events[i].key, "repeated") == 0, "%s", events[i].key);
        cr_expect_eq(events[i].kind, EVENT_FIRING);
        cr_expect_eq(events[i].starts_at, began);
        cr_expect_str_eq(events[i].title, "Latency");
        cr_expect_str_eq(labels_get(events[i].labels, "service"), "fraud");
        cr_expect_gt(events[i].began_at, 0);
    }
    pg_end(&t);
}

typedef struct collected {
    size_t count;
    uint64_t hashes;
    bool in_order;
    char last[64];
} collected;

static void collect(void *context, const open_alert *a) {
    collected *c = context;
    c->count++;
    c->hashes ^= a->content_hash;
    c->in_order = c->in_order && strcmp(c->last, a->key) < 0;
    (void)strncpy(c->last, a->key, sizeof c->last - 1);
}

Test(alerts, all_open_ones_come_once_over_several_pages) {
    pg_test t = pg_begin();
    enum { COUNT = 4500 };
    sample *samples = ARENA_ARRAY(t.a, sample, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        samples[i] = (sample){.key = arena_printf(t.a, "key-%06zu", i)};
    changes done = pg_commit(&t, samples, COUNT);
    uint64_t expected = 0;
    for (size_t i = 1; i < done.alert_count; i++)
        expected ^= done.alerts[i]->content_hash;
    t.now += USEC_PER_SECOND;
    pg_commit(&t, &(sample){.key = "key-000000", .kind = EVENT_RESOLVED, .starts_at = t.now - USEC_PER_SECOND}, 1);
    collected got = {.in_order = true};
    err e = {0};
    cr_assert(store_each_open_alert(t.one, collect, &got, &e), "%s", e.text);
    cr_expect_eq(got.count, COUNT - 1);
    cr_expect(got.in_order);
    cr_expect_eq(got.hashes, expected);
    pg_end(&t);
}
