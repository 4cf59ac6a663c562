/* What several loops do together: who gets a connection, the bounds that they share, one that hangs, the end. */
#include "unit/http/harness.h"

#include <criterion/criterion.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define H "Host: x\r\n"
#define HELLO "GET /hello HTTP/1.1\r\n" H "\r\n"
#define LATER "POST /later HTTP/1.1\r\n" H "Content-Length: 1\r\n\r\nx"

/* A clock that stands until the test moves it: a machine that is slow makes no loop look as if it hung. */
static usec hands_show(void *context) {
    return atomic_load((_Atomic usec *)context);
}

static onus_clock clock_of(_Atomic usec *hands) {
    return (onus_clock){hands_show, hands_show, hands};
}

/* The thread that serves this connection. */
static int thread_of(int fd, reply *r) {
    client_send(fd, "GET /thread HTTP/1.1\r\n" H "\r\n");
    client_read(fd, r, false);
    cr_assert_eq(r->status, 200, "%d", r->status);
    return (int)strtol(r->body, NULL, 10);
}

static bool has_answer(int fd) {
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, 0) == 1;
}

static void connect_all(const harness *h, int *fds, size_t count) {
    for (size_t i = 0; i < count; i++)
        fds[i] = client_connect(h);
}

static void close_all(const int *fds, size_t count) {
    for (size_t i = 0; i < count; i++)
        close(fds[i]);
}

/* ── who gets a connection ── */

Test(http_loops, connections_are_spread_evenly_and_stay) {
    static reply r;
    enum { LOOPS = 3, EACH = 8, ALL = LOOPS * EACH };
    int fds[ALL], threads[ALL];
    _Atomic usec hands = USEC_PER_DAY;
    harness h;
    harness_start(&h, &(http_options){.loops = LOOPS, .clock = clock_of(&hands)});
    connect_all(&h, fds, ALL);
    for (size_t i = 0; i < ALL; i++)
        threads[i] = thread_of(fds[i], &r);
    for (size_t i = 0; i < ALL; i++) {
        size_t same = 0;
        for (size_t k = 0; k < ALL; k++)
            same += threads[k] == threads[i];
        cr_expect_eq(same, EACH, "the thread of connection %zu serves %zu of them", i, same);
        cr_expect_eq(thread_of(fds[i], &r), threads[i], "connection %zu", i);
    }
    close_all(fds, ALL);
    harness_stop(&h, 0);
}

Test(http_loops, a_loop_that_lost_connections_gets_the_next) {
    static reply r;
    enum { ALL = 6, LOST = 2 };
    int fds[ALL], fresh[LOST];
    _Atomic usec hands = USEC_PER_DAY;
    harness h;
    harness_start(&h, &(http_options){.loops = 2, .clock = clock_of(&hands)});
    connect_all(&h, fds, ALL);
    int loser = thread_of(fds[0], &r);
    for (size_t i = 1, lost = 0; i < ALL && lost < LOST; i++) {
        if (thread_of(fds[i], &r) != loser)
            continue;
        client_send(fds[i], "GET /hello HTTP/1.1\r\n" H "Connection: close\r\n\r\n");
        client_read(fds[i], &r, false);
        cr_assert(client_at_end(fds[i]));
        lost++;
    }
    cr_assert_eq(thread_of(fds[0], &r), loser); /* it has done with them before it took this one */
    connect_all(&h, fresh, LOST);
    for (size_t i = 0; i < LOST; i++)
        cr_expect_eq(thread_of(fresh[i], &r), loser, "new connection %zu", i);
    close_all(fresh, LOST);
    close_all(fds, ALL);
    harness_stop(&h, 0);
}

/* Handlers that run at the same time must not lay their work into one arena. */
Test(http_loops, each_has_a_scratch_of_its_own) {
    enum { LOOPS = 3, ALL = 2 * LOOPS };
    static reply r[ALL];
    int fds[ALL], threads[ALL];
    _Atomic usec hands = USEC_PER_DAY;
    harness h;
    harness_start(&h, &(http_options){.loops = LOOPS, .clock = clock_of(&hands)});
    connect_all(&h, fds, ALL);
    for (size_t i = 0; i < ALL; i++)
        threads[i] = thread_of(fds[i], &r[i]);
    for (size_t i = 0; i < ALL; i++)
        for (size_t k = 0; k < ALL; k++)
            cr_expect_eq(strcmp(strchr(r[i].body, ' '), strchr(r[k].body, ' ')) == 0, threads[i] == threads[k],
                         "%s and %s", r[i].body, r[k].body);
    close_all(fds, ALL);
    harness_stop(&h, 0);
}

/* ── the bounds that they share ── */

Test(http_loops, the_limit_of_connections_is_of_all_loops_together) {
    static reply r;
    enum { LIMIT = 3, ALL = 5 };
    int fds[ALL];
    _Atomic usec hands = USEC_PER_DAY; /* no tick: that a connection ended is enough */
    harness h;
    harness_start(&h, &(http_options){.loops = 2, .connections = LIMIT, .clock = clock_of(&hands)});
    connect_all(&h, fds, ALL);
    for (size_t i = 0; i < ALL; i++)
        client_send(fds[i], HELLO);
    for (int round = 0; round < 50; round++)
        for (size_t i = 0; i < LIMIT; i++) {
            client_read(fds[i], &r, false);
            cr_assert_eq(r.status, 200, "connection %zu, round %d", i, round);
            client_send(fds[i], HELLO);
        }
    for (size_t i = LIMIT; i < ALL; i++) {
        cr_expect(!has_answer(fds[i]), "connection %zu is past the limit", i);
        close(fds[i - LIMIT]);
        client_read(fds[i], &r, false);
        cr_expect_eq(r.status, 200, "connection %zu has a place now", i);
    }
    close_all(fds + ALL - LIMIT, LIMIT);
    harness_stop(&h, 0);
}

Test(http_loops, bodies_under_way_share_one_bound) {
    static reply r;
    int fds[2];
    _Atomic usec hands = USEC_PER_DAY;
    harness h;
    harness_start(&h, &(http_options){.loops = 2, .unproven_bodies_bytes = 4 * 40, .clock = clock_of(&hands)});
    connect_all(&h, fds, 2);
    cr_assert_neq(thread_of(fds[0], &r), thread_of(fds[1], &r));
    client_send(fds[0], "POST /later HTTP/1.1\r\n" H "Content-Length: 30\r\n\r\n012345678901234567890123456789");
    harness_await_waiting(&h, 1);
    client_send(fds[1], "POST /echo HTTP/1.1\r\n" H "Content-Length: 20\r\n\r\n01234567890123456789");
    client_read(fds[1], &r, false);
    cr_expect_eq(r.status, 503, "%d", r.status);
    cr_expect(reply_has(&r, "Retry-After: 5"), "%s", r.head);
    harness_complete_all(&h);
    client_read(fds[0], &r, false);
    cr_expect_eq(r.status, 200);
    client_ask(&h, "POST /echo HTTP/1.1\r\n" H "Content-Length: 40\r\n\r\n0123456789012345678901234567890123456789",
               &r);
    cr_expect_eq(r.status, 200, "what was counted is given back: %d", r.status);
    close_all(fds, 2);
    harness_stop(&h, 0);
}

/* No descriptor is left for a connection: it waits in the kernel, and is served when there is one again. */
Test(http_loops, without_descriptors_connections_wait) {
    static reply r;
    struct rlimit before;
    struct sockaddr_in at = {.sin_family = AF_INET};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    harness h;
    harness_start(&h, &(http_options){.loops = 2, .request_deadline = 10 * USEC_PER_SECOND});
    at.sin_port = htons((uint16_t)h.port);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &(struct rlimit){(rlim_t)fd + 1, before.rlim_max}), 0);
    cr_assert_eq(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    client_send(fd, HELLO);
    usleep(100000); /* for them to try; the outcome does not depend on it */
    cr_expect(!has_answer(fd));
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    client_read(fd, &r, false);
    cr_expect_eq(r.status, 200, "%d", r.status);
    close(fd);
    harness_stop(&h, 0);
}

/* ── one that hangs ── */

Test(http_loops, one_that_hangs_stops_no_other_and_the_server_is_not_live) {
    static reply r;
    enum { ALL = 64 };
    int fds[ALL];
    _Atomic usec hands = USEC_PER_DAY;
    harness h;
    harness_start(&h, &(http_options){.loops = 2, .clock = clock_of(&hands)});
    cr_expect(http_is_live(h.server, USEC_PER_SECOND));
    int hanging = client_connect(&h);
    client_send(hanging, "GET /hang HTTP/1.1\r\n" H "\r\n");
    harness_await_gate(&h, 1);
    atomic_fetch_add(&hands, USEC_PER_MINUTE);
    connect_all(&h, fds, ALL);
    for (size_t i = 0; i < ALL; i++) {
        client_send(fds[i], HELLO);
        client_read(fds[i], &r, false);
        cr_assert_eq(r.status, 200, "connection %zu", i);
    }
    cr_expect(!http_is_live(h.server, USEC_PER_SECOND));
    cr_expect(!has_answer(hanging));
    harness_open_gate(&h);
    client_read(hanging, &r, false);
    cr_expect_str_eq(r.body, "through");
    while (!http_is_live(h.server, USEC_PER_SECOND))
        usleep(1000);
    close(hanging);
    close_all(fds, ALL);
    harness_stop(&h, 0);
}

/* ── the end ── */

enum { STOP_LOOPS = 3, STOP_ALL = 2 * STOP_LOOPS };

/* A server with a request under way on each of STOP_ALL connections, two a loop. */
static void start_with_requests(harness *h, _Atomic usec *hands, int *fds) {
    harness_start(h, &(http_options){.loops = STOP_LOOPS, .clock = clock_of(hands)});
    connect_all(h, fds, STOP_ALL);
    for (size_t i = 0; i < STOP_ALL; i++)
        client_send(fds[i], LATER);
    harness_await_waiting(h, STOP_ALL);
}

static void *stop_with_grace(void *context) {
    http_stop(context, USEC_PER_DAY);
    return NULL;
}

Test(http_loops, stop_waits_for_what_is_under_way_in_each) {
    static reply r;
    int fds[STOP_ALL];
    _Atomic usec hands = USEC_PER_DAY;
    harness h;
    pthread_t thread;
    start_with_requests(&h, &hands, fds);
    http_quiesce(h.server);
    cr_expect(!client_is_accepted(&h), "nothing new is accepted");
    pthread_create(&thread, NULL, stop_with_grace, h.server);
    cr_expect_eq(harness_complete_all(&h), STOP_ALL);
    for (size_t i = 0; i < STOP_ALL; i++) {
        client_read(fds[i], &r, false);
        cr_expect_eq(r.status, 200, "connection %zu: %d", i, r.status);
        cr_expect(reply_has(&r, "Connection: close"), "%s", r.head);
    }
    pthread_join(thread, NULL);
    close_all(fds, STOP_ALL);
    cr_expect_eq(h.finished, STOP_ALL);
}

Test(http_loops, stop_answers_what_is_suspended_in_each) {
    static reply r;
    int fds[STOP_ALL];
    _Atomic usec hands = USEC_PER_DAY;
    harness h;
    start_with_requests(&h, &hands, fds);
    http_stop(h.server, 0);
    for (size_t i = 0; i < STOP_ALL; i++) {
        client_read(fds[i], &r, false);
        cr_expect_eq(r.status, 503, "connection %zu: %d", i, r.status);
        cr_expect(reply_has(&r, "Retry-After: 2") && reply_has(&r, "Connection: close"), "%s", r.head);
    }
    cr_expect_eq(harness_complete_all(&h), STOP_ALL, "late, and harmless");
    close_all(fds, STOP_ALL);
}

/* ── all at once ── */

/* Connections come and go while others are completed from elsewhere: for ThreadSanitizer, and for lost wakes. */
Test(http_loops, completions_race_with_all_of_them) {
    static reply r;
    enum { ALL = 24, ROUNDS = 40 };
    int fds[ALL];
    harness h;
    harness_start(&h, &(http_options){.loops = 4});
    harness_completer c = {&h, ALL * ROUNDS};
    pthread_t thread;
    pthread_create(&thread, NULL, harness_complete_as_they_come, &c);
    connect_all(&h, fds, ALL);
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < ALL; i++)
            client_send(fds[i], LATER);
        client_ask(&h, "POST /echo HTTP/1.1\r\n" H "Content-Length: 4\r\n\r\nabcd", &r);
        cr_assert_str_eq(r.body, "abcd");
        for (size_t i = 0; i < ALL; i++) {
            client_read(fds[i], &r, false);
            cr_assert_str_eq(r.body, "done", "connection %zu, round %d: %d", i, round, r.status);
        }
    }
    pthread_join(thread, NULL);
    close_all(fds, ALL);
    harness_stop(&h, 0);
    cr_expect_eq(h.finished, (ALL + 1) * ROUNDS);
}
