/* What other threads do: completion, workers, who may call them, stopping. */
#include "unit/http/harness.h"

#include <criterion/criterion.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define H "Host: x\r\n"
#define LATER "POST /later HTTP/1.1\r\n" H "Content-Length: 1\r\n\r\nx"

/* libmicrohttpd 0.9.75 with a loop of its own hangs here: 128 events at once, then it waits without having served any.
 */
Test(http, lockstep_256_connections) {
    static reply r;
    enum { MANY = 256, ROUNDS = 8 };
    int fds[MANY];
    harness h;
    harness_start(&h, NULL);
    for (size_t i = 0; i < MANY; i++)
        fds[i] = client_connect(&h);
    for (int round = 0; round < ROUNDS; round++) {
        bool wait = round % 2;
        for (size_t i = 0; i < MANY; i++)
            client_send(fds[i], wait ? LATER : "GET /hello HTTP/1.1\r\n" H "\r\n");
        if (wait) {
            harness_await_waiting(&h, MANY);
            cr_assert_eq(harness_complete_all(&h), MANY);
        }
        for (size_t i = 0; i < MANY; i++) {
            client_read(fds[i], &r, false);
            cr_assert_eq(r.status, 200, "round %d, connection %zu", round, i);
            cr_assert_str_eq(r.body, wait ? "done" : "hello");
        }
    }
    for (size_t i = 0; i < MANY; i++)
        close(fds[i]);
    harness_stop(&h, 0);
    cr_expect_eq(h.finished, MANY * ROUNDS);
}

Test(http, completions_race_with_the_loop) {
    static reply r;
    enum { ROUNDS = 2000 };
    harness h;
    harness_start(&h, NULL);
    harness_completer c = {&h, ROUNDS};
    pthread_t thread;
    pthread_create(&thread, NULL, harness_complete_as_they_come, &c);
    int fd = client_connect(&h);
    for (int i = 0; i < ROUNDS; i++) {
        client_send(fd, LATER);
        client_read(fd, &r, false);
        cr_assert_str_eq(r.body, "done", "round %d: %d", i, r.status);
    }
    pthread_join(thread, NULL);
    close(fd);
    harness_stop(&h, 0);
}

Test(http, a_peer_that_left_while_suspended_does_no_harm) {
    static reply r;
    harness h;
    harness_start(&h, NULL);
    for (size_t i = 0; i < 100; i++) {
        int fd = client_connect(&h);
        client_send(fd, LATER);
        struct linger hard = {.l_onoff = (int)(i % 2)}; /* half of them with a reset */
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        harness_await_waiting(&h, i + 1);
        close(fd);
    }
    cr_assert_eq(harness_complete_all(&h), 100);
    client_ask(&h, "GET /hello HTTP/1.1\r\n" H "\r\n", &r);
    cr_expect_eq(r.status, 200);
    harness_stop(&h, USEC_PER_SECOND);
}

Test(http, stop_answers_what_is_suspended_and_a_late_completion_is_harmless) {
    static reply r;
    harness h;
    harness_start(&h, NULL);
    int first = client_connect(&h), second = client_connect(&h);
    client_send(first, LATER);
    client_send(second, LATER);
    harness_await_waiting(&h, 2);
    http_stop(h.server, 50 * USEC_PER_MS);
    client_read(first, &r, false);
    cr_expect_eq(r.status, 503, "%d", r.status);
    cr_expect(reply_has(&r, "Retry-After: 2") && reply_has(&r, "Connection: close"), "%s", r.head);
    client_read(second, &r, false);
    cr_expect_eq(r.status, 503);
    cr_expect_eq(harness_complete_all(&h), 2);
    close(first);
    close(second);
}

static void *stop_with_grace(void *context) {
    http_stop(context, 20 * USEC_PER_SECOND);
    return NULL;
}

Test(http, stop_waits_for_what_is_under_way) {
    static reply r;
    harness h;
    harness_start(&h, NULL);
    int fd = client_connect(&h);
    client_send(fd, LATER);
    harness_await_waiting(&h, 1);
    http_quiesce(h.server);
    cr_expect(!client_is_accepted(&h), "nothing new is accepted");
    pthread_t thread;
    pthread_create(&thread, NULL, stop_with_grace, h.server);
    harness_complete_all(&h);
    client_read(fd, &r, false);
    cr_expect_eq(r.status, 200);
    cr_expect(reply_has(&r, "Connection: close"), "%s", r.head);
    pthread_join(thread, NULL);
    close(fd);
}

Test(http, a_full_worker_queue_is_503) {
    static reply r;
    enum { WORKERS = 2, QUEUE = 3, MORE = 4, ALL = WORKERS + QUEUE + MORE };
    int fds[ALL];
    harness h;
    harness_start(&h, &(http_options){.workers = WORKERS, .worker_queue = QUEUE});
    for (size_t i = 0; i < ALL; i++) {
        fds[i] = client_connect(&h);
        client_send(fds[i], "GET /gate HTTP/1.1\r\n" H "\r\n");
        if (i < WORKERS)
            harness_await_gate(&h, i + 1);
    }
    size_t through = 0, refused = 0;
    for (size_t i = WORKERS + QUEUE; i < ALL; i++) {
        /* Which of them comes last is the kernel's to say; that MORE of them are refused is ours. */
        client_ask(&h, "GET /gate HTTP/1.1\r\n" H "\r\n", &r);
        cr_expect_eq(r.status, 503);
        cr_expect(reply_has(&r, "Retry-After: 2"), "%s", r.head);
    }
    client_ask(&h, "GET /hello HTTP/1.1\r\n" H "\r\n", &r);
    cr_expect_eq(r.status, 200, "the loop goes on");
    harness_open_gate(&h);
    for (size_t i = 0; i < ALL; i++) {
        client_read(fds[i], &r, false);
        through += r.status == 200;
        refused += r.status == 503;
        close(fds[i]);
    }
    cr_expect_eq(through, WORKERS + QUEUE, "%zu", through);
    cr_expect_eq(refused, MORE, "%zu", refused);
    harness_stop(&h, 0);
}

static void *stop_now(void *context) {
    http_stop(context, 0);
    return NULL;
}

Test(http, stop_lets_a_worker_end_its_request_and_answers_the_rest) {
    static reply r;
    harness h;
    harness_start(&h, &(http_options){.workers = 1, .worker_queue = 1});
    int first = client_connect(&h), second = client_connect(&h);
    client_send(first, "GET /gate HTTP/1.1\r\n" H "\r\n");
    harness_await_gate(&h, 1);
    client_send(second, "GET /secret HTTP/1.1\r\n" H "\r\n");
    client_ask(&h, "GET /hello HTTP/1.1\r\n" H "\r\n", &r); /* the loop has read the second before this one */
    cr_expect_eq(r.status, 200);
    pthread_t thread;
    pthread_create(&thread, NULL, stop_now, h.server);
    while (client_is_accepted(&h))
        usleep(1000);
    harness_open_gate(&h);
    client_read(first, &r, false);
    cr_expect_eq(r.status, 200);
    client_read(second, &r, false);
    cr_expect(r.status == 503 || r.status == 401, "refused, or still served, but not dropped: %d", r.status);
    pthread_join(thread, NULL);
    close(first);
    close(second);
}

typedef struct caller {
    const char *what, *authorization;
    const char *method;
    int status;
    const char *body;
} caller;

Test(http, roles_decide_who_may_call) {
    static const caller callers[] = {
        {"nobody", "", "GET", 401, "bearer token is needed"},
        {"a good token", "Authorization: Bearer good\r\n", "GET", 200, "ada 1 worker"},
        {"the scheme in any case", "Authorization: bEARER  good\r\n", "GET", 200, "ada 1 worker"},
        {"an unknown token", "Authorization: Bearer bad\r\n", "GET", 401, "no such token"},
        {"another scheme", "Authorization: Basic Zzz\r\n", "GET", 401, "bearer"},
        {"two of them", "Authorization: Bearer good\r\nAuthorization: Bearer good\r\n", "GET", 400, "more than one"},
        {"too small a role", "Authorization: Bearer good\r\n", "POST", 403, "role"},
        {"while the database is away", "Authorization: Bearer away\r\n", "GET", 503, "away"},
    };
    static reply r;
    harness h;
    harness_start(&h, NULL);
    for (size_t i = 0; i < sizeof callers / sizeof *callers; i++) {
        char request[512];
        snprintf(request, sizeof request, "%s /secret HTTP/1.1\r\n" H "%sContent-Length: 0\r\n\r\n", callers[i].method,
                 callers[i].authorization);
        client_ask(&h, request, &r);
        cr_expect_eq(r.status, callers[i].status, "%s: %d", callers[i].what, r.status);
        cr_expect(strstr(r.body, callers[i].body), "%s: %s", callers[i].what, r.body);
        cr_expect_eq(r.status == 401, reply_has(&r, "WWW-Authenticate: Bearer realm=\"onus\""), "%s", callers[i].what);
    }
    harness_stop(&h, 0);
}

Test(http, it_is_live_and_listens_on_ipv6_too) {
    harness h;
    harness_start(&h, &(http_options){.host = "[::1]"});
    cr_expect(http_is_live(h.server, 5 * USEC_PER_SECOND));
    struct sockaddr_in6 at = {
        .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)h.port), .sin6_addr = in6addr_loopback};
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    cr_assert_eq(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    static reply r;
    client_send(fd, "GET /who HTTP/1.1\r\nHost: [::1]\r\n\r\n");
    client_read(fd, &r, false);
    cr_expect_str_eq(r.body, "1 ::1");
    close(fd);
    harness_stop(&h, 0);
}

Test(http, a_taken_port_is_said) {
    harness h;
    harness_start(&h, NULL);
    http_options o = {.host = "127.0.0.1", .port = h.port, .clock = clock_system()};
    err e = {0};
    http_server *second = http_start(&o, &e);
    cr_expect_null(second);
    cr_expect(strstr(e.text, "cannot listen on 127.0.0.1 port") && strstr(e.text, "in use"), "%s", e.text);
    harness_stop(&h, 0);
}

Test(http, a_role_on_the_loop_is_refused_at_start) {
    static const http_route wrong = {"GET", "/x", HTTP_ON_LOOP, 0, API_ROLE_VIEWER, "", NULL};
    http_options o = {.host = "127.0.0.1", .routes = &wrong, .route_count = 1, .clock = clock_system()};
    err e = {0};
    cr_expect_null(http_start(&o, &e));
    cr_expect(strstr(e.text, "worker"), "%s", e.text);
}
