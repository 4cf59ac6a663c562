/* The memory of open alerts: what it answers, what it hands out to be flushed, and that deleting keeps every other
 * entry reachable. */
#include "app/alert_memory.h"

#include <criterion/criterion.h>
#include <stdio.h>

static event firing(const char *key, usec starts_at) {
    return (event){.kind = EVENT_FIRING,
                   .source = "am",
                   .key = key,
                   .title = "t",
                   .link = "",
                   .starts_at = starts_at,
                   .starts_at_given = true};
}

static void learn(alert_memory *m, const event *e, int64_t id) {
    alert_memory_learn(m, &(open_alert){e->source, e->key, id, event_content_hash(e), e->starts_at});
}

Test(alert_memory, answers_only_what_is_exactly_known) {
    alert_memory *m = alert_memory_new(100);
    event known = firing("k", 1000), other_episode = firing("k", 2000), stranger = firing("x", 1000), ended = known;
    event startless = firing("s", 1000);
    startless.starts_at_given = false;
    ended.kind = EVENT_RESOLVED;
    learn(m, &startless, 8);
    learn(m, &known, 7);
    cr_expect(alert_memory_repeats(m, &known, 5));
    cr_expect_not(alert_memory_repeats(m, &other_episode, 5));
    cr_expect_not(alert_memory_repeats(m, &stranger, 5));
    cr_expect_not(alert_memory_repeats(m, &startless, 5), "it may be a new episode");
    cr_expect_not(alert_memory_repeats(m, &ended, 5), "an end always goes the long way");
    alert_memory_forget(m, "am", "k");
    cr_expect_not(alert_memory_repeats(m, &known, 6));
    alert_memory_free(m);
}

Test(alert_memory, notes_in_the_event_what_it_found_out) {
    alert_memory *m = alert_memory_new(100);
    event known = firing("k", 1000), changed = firing("k", 1000), stranger = firing("x", 1000),
          ended = firing("k", 1000);
    learn(m, &known, 7);
    changed.title = "another";
    ended.kind = EVENT_RESOLVED;
    const uint64_t hash = event_content_hash(&stranger);
    cr_expect(alert_memory_repeats(m, &known, 5) && !known.unheard);
    cr_expect(!alert_memory_repeats(m, &changed, 5) && !changed.unheard, "open, with other content");
    cr_expect(!alert_memory_repeats(m, &stranger, 5) && stranger.unheard);
    cr_expect_eq(stranger.content_hash, hash);
    cr_expect(!alert_memory_repeats(m, &ended, 5) && !ended.unheard, "what ends is looked up in any case");
    alert_memory_free(m);
}

Test(alert_memory, hands_out_what_was_seen_once) {
    alert_memory *m = alert_memory_new(100);
    event e = firing("k", 1000);
    e.expires_at = 99;
    learn(m, &e, 7);
    seen_alert seen[4];
    uint64_t slots[4];
    cr_expect_eq(alert_memory_take_seen(m, 4, seen, slots), 0, "nothing was repeated yet");
    cr_assert(alert_memory_repeats(m, &e, 50));
    cr_assert_eq(alert_memory_take_seen(m, 4, seen, slots), 1);
    cr_expect_eq(seen[0].alert_id, 7);
    cr_expect_eq(seen[0].last_seen_at, 50);
    cr_expect_eq(seen[0].expires_at, 99);
    cr_expect_eq(alert_memory_take_seen(m, 4, seen, slots), 0);
    alert_memory_free(m);
}

Test(alert_memory, forgets_what_the_database_no_longer_holds_open) {
    alert_memory *m = alert_memory_new(100);
    event e = firing("k", 1000);
    seen_alert seen[1];
    uint64_t slots[1];
    learn(m, &e, 7);
    cr_assert(alert_memory_repeats(m, &e, 50));
    cr_assert_eq(alert_memory_take_seen(m, 1, seen, slots), 1);
    alert_memory_settle(m, seen, slots, 1, true);
    cr_expect_eq(alert_memory_take_seen(m, 1, seen, slots), 1, "a failed flush comes again");
    seen[0].matched = false;
    alert_memory_settle(m, seen, slots, 1, false);
    cr_expect_not(alert_memory_repeats(m, &e, 60));
    cr_expect_eq(alert_memory_count(m), 0);
    alert_memory_free(m);
}

/* Each is handed out once for all the times that it was seen since, whatever was forgotten and learned in between. */
Test(alert_memory, hands_out_all_that_was_seen_and_nothing_else) {
    enum { MANY = 5000, ROUNDS = 5 };
    alert_memory *m = alert_memory_new(MANY);
    seen_alert seen[MANY + 1];
    uint64_t slots[MANY + 1];
    for (int round = 1; round <= ROUNDS; round++) {
        for (int i = 1; i <= MANY; i++) {
            char key[32];
            (void)snprintf(key, sizeof key, "key-%d", i);
            event e = firing(key, 1000);
            learn(m, &e, i);
            if (i % 2 == 0)
                cr_assert(alert_memory_repeats(m, &e, round) && alert_memory_repeats(m, &e, round));
            if (i % 3 == 0)
                alert_memory_forget(m, "am", key);
        }
        if (round < ROUNDS)
            continue; /* nobody takes them for a while */
        size_t count = 0, taken;
        while ((taken = alert_memory_take_seen(m, 700, seen + count, slots + count)) > 0)
            count += taken;
        cr_assert_eq(count, MANY / 2 - MANY / 6);
        bool given[MANY + 1] = {false};
        for (size_t i = 0; i < count; i++) {
            cr_assert(seen[i].alert_id % 2 == 0 && seen[i].alert_id % 3 != 0 && !given[seen[i].alert_id]);
            cr_assert_eq(seen[i].last_seen_at, ROUNDS);
            given[seen[i].alert_id] = true;
        }
    }
    alert_memory_free(m);
}

/* It was answered for between the look and its result: the next look must see it, too. */
Test(alert_memory, what_was_seen_during_a_flush_is_flushed_once_more) {
    alert_memory *m = alert_memory_new(100);
    event e = firing("k", 1000);
    seen_alert seen[1];
    uint64_t slots[1];
    learn(m, &e, 7);
    cr_assert(alert_memory_repeats(m, &e, 50));
    cr_assert_eq(alert_memory_take_seen(m, 1, seen, slots), 1);
    cr_assert(alert_memory_repeats(m, &e, 60));
    seen[0].matched = false;
    alert_memory_settle(m, seen, slots, 1, false);
    cr_assert_eq(alert_memory_take_seen(m, 1, seen, slots), 1);
    cr_expect_eq(seen[0].last_seen_at, 60);
    alert_memory_settle(m, seen, slots, 1, false);
    cr_expect_eq(alert_memory_count(m), 0);
    alert_memory_free(m);
}

Test(alert_memory, keeps_every_other_entry_when_some_go) {
    enum { MANY = 20000 };
    alert_memory *m = alert_memory_new(MANY);
    char key[32];
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(key, sizeof key, "key-%d", i);
        event e = firing(key, 1000);
        learn(m, &e, i + 1);
    }
    for (int i = 0; i < MANY; i += 3) {
        (void)snprintf(key, sizeof key, "key-%d", i);
        alert_memory_forget(m, "am", key);
    }
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(key, sizeof key, "key-%d", i);
        event e = firing(key, 1000);
        cr_assert_eq(alert_memory_repeats(m, &e, 5), i % 3 != 0, "key-%d", i);
    }
    alert_memory_free(m);
}

Test(alert_memory, is_bounded) {
    alert_memory *m = alert_memory_new(2);
    event a = firing("a", 1), b = firing("b", 1), c = firing("c", 1);
    learn(m, &a, 1);
    learn(m, &b, 2);
    learn(m, &c, 3);
    cr_expect_eq(alert_memory_count(m), 2);
    cr_expect_not(alert_memory_repeats(m, &c, 5), "goes the long way, which is right too");
    alert_memory_free(m);
}
