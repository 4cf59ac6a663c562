/* What was recorded, read again: which episodes, in which order, page by page. */
#include "pg.h"

#include <string.h>

typedef struct collected {
    pg_test *t;
    recorded_event items[16];
    size_t count, most;
    usec last;
    bool in_order;
} collected;

static bool collect(void *context, const recorded_event *e) {
    collected *c = context;
    c->in_order = c->in_order && e->received_at >= c->last;
    c->last = e->received_at;
    if (c->count < 16) {
        c->items[c->count] = *e;
        c->items[c->count].key = arena_strdup(c->t->a, e->key);
        c->items[c->count].title = arena_strdup(c->t->a, e->title);
        c->items[c->count].activity = arena_strdup(c->t->a, e->activity);
        c->items[c->count].labels = labels_copy(c->t->a, e->labels);
    }
    return ++c->count < c->most;
}

static collected since(pg_test *t, usec from, size_t most) {
    collected c = {.t = t, .most = most, .in_order = true};
    err e = {0};
    cr_assert(store_each_recorded_event(t->one, from, &(recorded_reader){collect, &c}, &e), "%s", e.text);
    return c;
}

Test(recorded, episodes_come_whole_and_oldest_first) {
    pg_test t = pg_begin();
    usec began = t.now;
    pg_commit(&t, &(sample){.key = "a", .severity = SEVERITY_CRITICAL}, 1);
    t.now += USEC_PER_MINUTE;
    pg_commit(&t, &(sample){.key = "b", .group = "row|b", .title = "Errors"}, 1);
    t.now += USEC_PER_MINUTE;
    pg_commit(&t, &(sample){.key = "a", .kind = EVENT_RESOLVED, .starts_at = began}, 1);
    t.now += USEC_PER_HOUR;
    pg_commit(&t, &(sample){.key = "a"}, 1);
    collected c = since(&t, began, 100);
    cr_assert_eq(c.count, 3, "%zu", c.count);
    cr_expect(c.in_order);
    cr_expect_str_eq(c.items[0].key, "a");
    cr_expect_eq(c.items[0].severity, SEVERITY_CRITICAL);
    cr_expect_eq(c.items[0].starts_at, began);
    cr_expect_eq(c.items[0].received_at, began);
    cr_expect_gt(c.items[0].ends_at, began);
    cr_expect_str_eq(c.items[0].activity, "row");
    cr_expect_str_eq(labels_get(c.items[0].labels, "service"), "fraud");
    cr_expect_neq(c.items[0].incident_id, 0);
    cr_expect_str_eq(c.items[1].key, "b");
    cr_expect_str_eq(c.items[1].title, "Errors");
    cr_expect_eq(c.items[1].ends_at, 0, "it still fires");
    cr_expect_str_eq(c.items[2].key, "a");
    cr_expect_eq(c.items[2].received_at, t.now);
    pg_end(&t);
}

Test(recorded, from_a_moment_on) {
    pg_test t = pg_begin();
    usec days[] = {-70, -3, 0};
    for (size_t i = 0; i < 3; i++) {
        usec now = t.now;
        t.now += days[i] * USEC_PER_DAY;
        pg_commit(&t,
                  &(sample){.key = arena_printf(t.a, "day%d", (int)days[i]), .group = arena_printf(t.a, "row|%zu", i)},
                  1);
        t.now = now;
    }
    cr_expect_eq(since(&t, t.now - 100 * USEC_PER_DAY, 100).count, 3);
    collected c = since(&t, t.now - 3 * USEC_PER_DAY, 100);
    cr_assert_eq(c.count, 2);
    cr_expect_str_eq(c.items[0].key, "day-3", "the moment itself is part of it");
    cr_expect_eq(since(&t, t.now + 1, 100).count, 0);
    pg_end(&t);
}

Test(recorded, an_end_that_came_before_its_beginning_told_nobody) {
    pg_test t = pg_begin();
    pg_commit(&t, &(sample){.key = "never", .kind = EVENT_RESOLVED}, 1);
    cr_expect_eq(pg_number(&t, "SELECT count(*) FROM episodes"), 1);
    cr_expect_eq(since(&t, t.now - USEC_PER_DAY, 100).count, 0);
    pg_end(&t);
}

Test(recorded, several_pages_and_the_connection_is_usable_afterwards) {
    pg_test t = pg_begin();
    enum { COUNT = 2500 };
    sample *samples = ARENA_ARRAY(t.a, sample, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        samples[i] = (sample){.key = arena_printf(t.a, "key-%06zu", i)};
    pg_commit(&t, samples, COUNT);
    for (int twice = 0; twice < 2; twice++) {
        collected all = since(&t, t.now, COUNT + 1);
        cr_expect_eq(all.count, COUNT);
        cr_expect(all.in_order);
    }
    cr_expect_eq(since(&t, t.now, 1500).count, 1500, "the reader has enough");
    cr_expect_eq(pg_number(&t,
                           "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%' AND datname "
                           "= current_database()"),
                 0);
    t.now += USEC_PER_SECOND;
    pg_commit(&t, &(sample){.key = "later"}, 1);
    pg_end(&t);
}

Test(recorded, without_the_incident_its_row_is_not_known) {
    pg_test t = pg_begin();
    pg_commit(&t, &(sample){.key = "a"}, 1);
    pg_do(&t, "DELETE FROM incidents");
    collected c = since(&t, t.now, 10);
    cr_assert_eq(c.count, 1);
    cr_expect_str_eq(c.items[0].activity, "");
    pg_end(&t);
}
