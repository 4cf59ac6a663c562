/* The order in which messages leave, and when a destination is left alone. Time is an argument. */
#include "support.h"

#include "notify/queue.h"
#include "notify/threads.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const channel_spec specs[] = {{"hook", "webhook", {NULL}},
                                     {"slack", "slack", {"token", "t", NULL}},
                                     {"mail", "email", {"smtp", "smtp://m", "from", "a@b.example", NULL}}};

typedef struct scene {
    test_channels made;
    queue *queue;
    arena *memory;
    incident incidents[100];
    usec now;
} scene;

static scene *scene_new(void) {
    scene *s = mem_zalloc(1, sizeof *s);
    s->made = channels_from(specs, 3);
    cr_assert_not_null(s->made.channels);
    s->queue = queue_new();
    s->memory = arena_new();
    s->now = 1000 * USEC_PER_SECOND;
    for (size_t i = 0; i < 100; i++)
        s->incidents[i].id = (int64_t)i;
    return s;
}

static void scene_free(scene *s) {
    while (queue_take_any(s->queue) != NULL) {
    }
    queue_free(s->queue);
    channels_drop(&s->made);
    arena_free(s->memory);
    free(s);
}

typedef struct pushed {
    int64_t id;
    size_t incident;
    const char *channel, *address;
    bool page;
} pushed;

static bool push(scene *s, const pushed *p) {
    transport_job *job = ARENA_NEW(s->memory, transport_job);
    job->message = (message){.id = p->id,
                             .incident = &s->incidents[p->incident],
                             .letter = p->page ? RACI_RESPONSIBLE : RACI_INFORMED,
                             .reason = REASON_OPENED,
                             .channel = p->channel,
                             .address = p->address};
    queued *item = ARENA_NEW(s->memory, queued);
    *item = (queued){job, channels_find(s->made.channels, p->channel), NULL};
    usec room_at = 0;
    return queue_push(s->queue, item, s->now, &room_at);
}

/* The ids that may leave now, in order; all of them stay under way. */
static size_t leave(scene *s, queue_turn *turns, size_t max) {
    size_t count = 0;
    while (count < max && queue_next(s->queue, s->now, &turns[count]))
        count++;
    return count;
}

static int64_t id_of(const queue_turn *turn) {
    return turn->item->job->message.id;
}

Test(queue, one_incident_to_one_contact_keeps_its_order) {
    scene *s = scene_new();
    for (int64_t id = 1; id <= 3; id++)
        cr_assert(push(s, &(pushed){id, 7, "hook", "a", false}));
    for (int64_t id = 1; id <= 3; id++) {
        queue_turn turns[8];
        cr_assert_eq(leave(s, turns, 8), 1, "the second waits for the first");
        cr_expect_eq(id_of(&turns[0]), id);
        queue_finished(s->queue, &turns[0], s->now);
    }
    cr_expect_eq(queue_destinations(s->queue), 0, "what has nothing to remember is forgotten");
    scene_free(s);
}

Test(queue, pages_go_first_but_never_past_their_own_incident) {
    scene *s = scene_new();
    cr_assert(push(s, &(pushed){1, 1, "slack", "c", false}) && push(s, &(pushed){2, 2, "slack", "c", false}) &&
              push(s, &(pushed){3, 2, "slack", "c", true}) && push(s, &(pushed){4, 3, "slack", "c", true}));
    static const int64_t expected[] = {2, 3, 4, 1};
    int64_t got[4];
    for (size_t n = 0; n < 4; n++) {
        queue_turn turn;
        cr_assert(queue_next(s->queue, s->now, &turn));
        got[n] = id_of(&turn);
        queue_finished(s->queue, &turn, s->now);
        s->now += USEC_PER_SECOND;
    }
    /* 2 is no page, but a page of the same incident waits behind it. */
    cr_expect_eq(got[0], expected[0]);
    cr_expect(got[3] == 1, "the incident without a page is last");
    size_t place[5] = {0};
    for (size_t n = 0; n < 4; n++)
        place[got[n]] = n;
    cr_expect(place[2] < place[3]);
    scene_free(s);
}

Test(queue, a_rate_limit_spaces_messages) {
    scene *s = scene_new();
    for (int64_t id = 1; id <= 3; id++)
        cr_assert(push(s, &(pushed){id, (size_t)id, "slack", "c", true}));
    queue_turn turn;
    for (int n = 0; n < 3; n++) {
        cr_assert(queue_next(s->queue, s->now, &turn));
        queue_finished(s->queue, &turn, s->now);
        if (n == 2)
            break;
        cr_expect_not(queue_next(s->queue, s->now + USEC_PER_SECOND - 1, &turn));
        cr_expect_eq(queue_wakes_at(s->queue), s->now + USEC_PER_SECOND);
        s->now += USEC_PER_SECOND;
    }
    scene_free(s);
}

Test(queue, a_slow_destination_leaves_room_for_others) {
    scene *s = scene_new();
    queue_turn turns[LIMIT_SENDS_AT_ONCE + 8];
    for (size_t n = 0; n < 50; n++)
        cr_assert(push(s, &(pushed){(int64_t)n, n, "hook", "slow", true}));
    cr_expect_eq(leave(s, turns, 64), LIMIT_SENDS_PER_DESTINATION);
    cr_assert(push(s, &(pushed){100, 1, "hook", "other", false}));
    cr_expect_eq(leave(s, turns, 64), 1);
    cr_expect_eq(id_of(&turns[0]), 100);
    scene_free(s);
}

Test(queue, the_last_quarter_is_for_those_with_nothing_under_way) {
    scene *s = scene_new();
    static const char *const slow[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"};
    queue_turn turns[LIMIT_SENDS_AT_ONCE + 8];
    for (size_t d = 0; d < 10; d++)
        for (size_t n = 0; n < 10; n++)
            cr_assert(push(s, &(pushed){1, n, "hook", slow[d], true}));
    cr_expect_eq(leave(s, turns, 100), LIMIT_SENDS_AT_ONCE - QUEUE_RESERVED_SLOTS);
    cr_assert(push(s, &(pushed){2, 1, "hook", "newcomer", false}));
    cr_expect_eq(leave(s, turns, 100), 1);
    cr_expect_eq(id_of(&turns[0]), 2);
    scene_free(s);
}

Test(queue, a_relay_is_one_destination_for_all_addresses) {
    scene *s = scene_new();
    queue_turn turns[64];
    static const char *const people[] = {"a@x", "b@x", "c@x", "d@x", "e@x", "f@x", "g@x", "h@x", "i@x", "j@x"};
    for (size_t n = 0; n < 10; n++)
        cr_assert(push(s, &(pushed){(int64_t)n, 1, "mail", people[n], true}));
    cr_expect_eq(leave(s, turns, 64), LIMIT_SENDS_PER_DESTINATION);
    cr_expect_eq(queue_destinations(s->queue), 1);
    scene_free(s);
}

Test(queue, a_destination_holds_a_bounded_number) {
    scene *s = scene_new();
    size_t taken = 0;
    while (taken < 10000 && push(s, &(pushed){1, 1, "slack", "c", false}))
        taken++;
    cr_expect_eq(taken, DESTINATION_SLOW_WAITING_MAX);
    cr_expect(push(s, &(pushed){1, 1, "slack", "other", false}));
    scene_free(s);
}

Test(queue, after_a_failure_one_at_a_time) {
    scene *s = scene_new();
    queue_turn turns[64];
    cr_assert(push(s, &(pushed){1, 1, "hook", "a", true}));
    cr_assert_eq(leave(s, turns, 1), 1);
    breaker_failed(&turns[0].destination->breaker, s->now, 0);
    queue_finished(s->queue, &turns[0], s->now);
    for (size_t n = 0; n < 5; n++)
        cr_assert(push(s, &(pushed){(int64_t)n, n, "hook", "a", true}));
    cr_expect_eq(leave(s, turns, 64), 1);
    scene_free(s);
}

Test(queue, a_turn_that_sent_nothing_does_not_count_for_the_rate) {
    scene *s = scene_new();
    queue_turn turn;
    cr_assert(push(s, &(pushed){1, 1, "slack", "c", true}) && push(s, &(pushed){2, 2, "slack", "c", true}));
    cr_assert(queue_next(s->queue, s->now, &turn));
    queue_unused(s->queue, &turn, s->now);
    cr_expect(queue_next(s->queue, s->now, &turn));
    scene_free(s);
}

Test(queue, thousands_of_destinations_wake_in_order) {
    scene *s = scene_new();
    queue_turn turn;
    for (int64_t n = 0; n < 2000; n++) {
        const char *address = arena_printf(s->memory, "%lld", (long long)n);
        cr_assert(push(s, &(pushed){n, 1, "slack", address, true}) && push(s, &(pushed){n, 1, "slack", address, true}));
        cr_assert(queue_next(s->queue, s->now, &turn));
        queue_finished(s->queue, &turn, s->now);
        s->now += (n * 7919) % 1000;
    }
    usec last = 0;
    size_t woken = 0;
    while (queue_wakes_at(s->queue) != 0) {
        cr_assert(queue_wakes_at(s->queue) >= last);
        last = s->now = queue_wakes_at(s->queue);
        while (queue_next(s->queue, s->now, &turn)) {
            queue_finished(s->queue, &turn, s->now);
            woken++;
        }
    }
    cr_expect_eq(woken, 2000);
    cr_expect_eq(queue_destinations(s->queue), 0);
    scene_free(s);
}

/* ── breaker ── */

Test(breaker, opens_after_five_probes_once_and_waits_longer) {
    breaker b = {0};
    usec now = USEC_PER_HOUR;
    for (int n = 0; n < BREAKER_FAILURES - 1; n++)
        breaker_failed(&b, now, 0);
    cr_expect_not(breaker_is_open(&b, now));
    breaker_failed(&b, now, 0);
    cr_expect(breaker_is_open(&b, now + BREAKER_OPEN_FIRST - 1));
    cr_expect_not(breaker_is_open(&b, now + BREAKER_OPEN_FIRST), "now one is tried");
    breaker_failed(&b, now, 0);
    cr_expect_eq(b.open_until, now + BREAKER_OPEN_FIRST, "what was under way when it opened says nothing new");
    now += BREAKER_OPEN_FIRST;
    for (usec length = 2 * BREAKER_OPEN_FIRST; length < BREAKER_OPEN_MAX; length *= 2) {
        breaker_failed(&b, now, 0);
        cr_expect_eq(b.open_until - now, length);
        now = b.open_until;
    }
    breaker_failed(&b, now, 0);
    cr_expect_eq(b.open_until - now, BREAKER_OPEN_MAX);
    breaker_failed(&b, b.open_until, UINT32_MAX);
    cr_expect(b.open_until - now > BREAKER_OPEN_MAX, "and still grows no further");
    breaker_succeeded(&b);
    cr_expect(!breaker_is_open(&b, now) && breaker_is_clean(&b, now));
}

/* ── threads ── */

Test(threads, the_least_recently_used_is_forgotten) {
    threads *t = threads_new(2);
    incident one = {.id = 1}, two = {.id = 2}, three = {.id = 3};
    const message a = {.incident = &one, .channel = "c", .address = ""},
                  b = {.incident = &two, .channel = "c", .address = ""},
                  c = {.incident = &three, .channel = "c", .address = ""},
                  other = {.incident = &one, .channel = "c", .address = "x"};
    threads_put(t, &a, "A");
    threads_put(t, &b, "B");
    cr_expect_str_eq(threads_get(t, &a), "A");
    threads_put(t, &c, "C");
    cr_expect_str_eq(threads_get(t, &a), "A");
    cr_expect_str_eq(threads_get(t, &b), "");
    cr_expect_str_eq(threads_get(t, &c), "C");
    cr_expect_str_eq(threads_get(t, &other), "");
    threads_put(t, &a, "A2");
    cr_expect_str_eq(threads_get(t, &a), "A2");
    threads_free(t);
}
