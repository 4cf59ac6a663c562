/* What is judged before a body is read, what bodies and connections one peer may hold, and what is kept for probes. */
#include "unit/http/harness.h"

#include "onus/limits.h"

#include <criterion/criterion.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define H "Host: x\r\n"
#define HELLO "GET /hello HTTP/1.1\r\n" H "\r\n"
#define PROBE "GET /probe HTTP/1.1\r\n" H "\r\n"

/* ── credentials ── */

/* None of them sends its body. */
Test(admission, wrong_credentials_are_answered_before_the_body) {
    static const struct {
        const char *what, *request;
        int status;
    } rows[] = {
        {"much is announced", "POST /proof HTTP/1.1\r\n" H "X-Proof: bad\r\nContent-Length: 1000000\r\n\r\n", 401},
        {"little is announced", "POST /proof HTTP/1.1\r\n" H "X-Proof: bad\r\nContent-Length: 3\r\n\r\n", 401},
        {"chunked", "POST /proof HTTP/1.1\r\n" H "X-Proof: bad\r\nTransfer-Encoding: chunked\r\n\r\n", 401},
        {"it asks first",
         "POST /proof HTTP/1.1\r\n" H "X-Proof: bad\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n", 401},
        {"no token", "POST /viewers HTTP/1.1\r\n" H "Content-Length: 1000000\r\n\r\n", 401},
        {"a wrong token", "POST /viewers HTTP/1.1\r\n" H "Authorization: Bearer x\r\nContent-Length: 9\r\n\r\n", 401},
        {"a wrong token, chunked",
         "POST /viewers HTTP/1.1\r\n" H "Authorization: Bearer x\r\nTransfer-Encoding: chunked\r\n\r\n", 401},
        {"two tokens",
         "POST /viewers HTTP/1.1\r\n" H
         "Authorization: Bearer good\r\nAuthorization: Bearer x\r\nContent-Length: 9\r\n\r\n",
         400},
        {"a role that is too low",
         "POST /secret HTTP/1.1\r\n" H "Authorization: Bearer good\r\nContent-Length: 9\r\n\r\n", 403},
        {"the database is away",
         "POST /viewers HTTP/1.1\r\n" H "Authorization: Bearer away\r\nContent-Length: 9\r\n\r\n", 503},
    };
    static reply r;
    harness h;
    harness_start(&h, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int fd = client_connect(&h);
        client_send(fd, rows[i].request);
        client_read(fd, &r, false);
        cr_expect_eq(r.status, rows[i].status, "%s: %d %s", rows[i].what, r.status, r.body);
        cr_expect_null(strstr(r.head, "100 Continue"), "%s", rows[i].what);
        cr_expect(reply_has(&r, "Content-Type: application/problem+json"), "%s: %s", rows[i].what, r.head);
        cr_expect_eq(r.status == 401, strcasestr(r.head, "\r\nWWW-Authenticate: ") != NULL, "%s: %s", rows[i].what,
                     r.head);
        cr_expect(client_at_end(fd), "%s", rows[i].what);
        close(fd);
    }
    client_ask(&h, HELLO, &r);
    cr_expect_eq(r.status, 200);
    harness_stop(&h, 0);
}

Test(admission, good_credentials_have_their_body_read_and_the_connection_goes_on) {
    static const char *const requests[] = {
        "POST /viewers HTTP/1.1\r\n" H "Authorization: Bearer good\r\nContent-Length: 4\r\n\r\nabcd",
        "POST /viewers HTTP/1.1\r\n" H "Authorization: Bearer good\r\nTransfer-Encoding: chunked\r\n\r\n"
        "2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n",
        "POST /viewers HTTP/1.1\r\n" H
        "Authorization: Bearer good\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\nabcd",
        "POST /proof HTTP/1.1\r\n" H "X-Proof: good\r\nContent-Length: 4\r\n\r\nabcd",
        "POST /proof HTTP/1.1\r\n" H "Content-Length: 4\r\n\r\nabcd",
    };
    static reply r;
    harness h;
    harness_start(&h, NULL);
    int fd = client_connect(&h);
    for (int round = 0; round < 20; round++)
        for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
            client_send(fd, requests[i]);
            if (round % 2) /* and the next one at once */
                client_send(fd, HELLO);
            client_read(fd, &r, false);
            cr_assert_eq(r.status, 200, "%zu: %d", i, r.status);
            cr_expect_str_eq(r.body, "abcd", "%zu", i);
            if (round % 2)
                client_read(fd, &r, false);
            cr_assert_eq(r.status, 200, "%zu: %d", i, r.status);
        }
    close(fd);
    harness_stop(&h, 0);
}

Test(admission, a_large_body_arrives_whole_after_the_check) {
    static char body[900 * 1024];
    static reply r;
    char head[256];
    memset(body, 'x', sizeof body);
    snprintf(head, sizeof head, "POST /proof/later HTTP/1.1\r\n" H "X-Proof: good\r\nContent-Length: %zu\r\n\r\n",
             sizeof body);
    harness h;
    harness_start(&h, &(http_options){.unproven_bodies_bytes = 64});
    int fd = client_connect(&h);
    client_send(fd, head);
    cr_assert(client_send_bytes(fd, body, sizeof body));
    harness_await_waiting(&h, 1);
    harness_complete_all(&h);
    client_read(fd, &r, false);
    cr_expect_eq(r.status, 200);
    close(fd);
    harness_stop(&h, 0);
}

/* ── bodies ── */

Test(admission, what_nothing_vouches_for_takes_no_room_from_what_is_proven) {
    enum { STRANGERS = 8 };
    static reply r;
    int fds[STRANGERS];
    harness h;
    harness_start(&h, &(http_options){.unproven_bodies_bytes = 400, .bodies_bytes = 100});
    for (size_t i = 0; i < STRANGERS; i++) {
        char from[16];
        snprintf(from, sizeof from, "127.0.0.%zu", 2 + i);
        fds[i] = client_connect_from(&h, from);
        client_send(fds[i], "POST /proof HTTP/1.1\r\n" H "Content-Length: 1000\r\n\r\n"
                            "0123456789012345678901234567890123456789012345678901234567890123456789");
    }
    for (size_t i = 5; i < STRANGERS; i++) {
        client_read(fds[i], &r, false);
        cr_expect_eq(r.status, 503, "stranger %zu: %d", i, r.status);
    }
    client_ask(&h,
               "POST /proof HTTP/1.1\r\n" H "X-Proof: good\r\nContent-Length: 40\r\n\r\n"
               "0123456789012345678901234567890123456789",
               &r);
    cr_expect_eq(r.status, 200);
    for (size_t i = 0; i < STRANGERS; i++)
        close(fds[i]);
    harness_stop(&h, 0);
}

Test(admission, one_address_has_a_quarter_of_that_room) {
    static reply r;
    static const char much[] =
        "POST /proof HTTP/1.1\r\n" H "Content-Length: 60\r\n\r\n01234567890123456789012345678901234567890";
    harness h;
    harness_start(&h, &(http_options){.unproven_bodies_bytes = 400});
    int first = client_connect(&h);
    client_send(first, "POST /proof/later HTTP/1.1\r\n" H "Content-Length: 60\r\n\r\n"
                       "012345678901234567890123456789012345678901234567890123456789");
    harness_await_waiting(&h, 1);
    client_ask(&h, much, &r);
    cr_expect_eq(r.status, 503, "%d", r.status);
    int other = client_connect_from(&h, "127.0.0.2");
    client_send(other, much);
    client_send(other, "1234567890123456789");
    client_read(other, &r, false);
    cr_expect_eq(r.status, 200, "%d", r.status);
    harness_complete_all(&h);
    client_read(first, &r, false);
    client_ask(&h, "POST /proof HTTP/1.1\r\n" H "Content-Length: 40\r\n\r\n0123456789012345678901234567890123456789",
               &r);
    cr_expect_eq(r.status, 200, "what was counted is given back: %d", r.status);
    close(first);
    close(other);
    harness_stop(&h, 0);
}

/* ── connections ── */

static int status_on(int fd, const char *request) {
    static reply r;
    client_send(fd, request);
    client_read(fd, &r, false);
    return r.status;
}

Test(admission, one_address_locks_nobody_out) {
    enum { SHARE = 4, HOG = 12 };
    int fds[HOG];
    harness h;
    harness_start(&h, &(http_options){
                          .loops = 2, .connections = 16, .reserved_connections = 4, .connections_per_address = SHARE});
    for (size_t i = 0; i < HOG; i++)
        fds[i] = client_connect(&h);
    for (size_t i = 0; i < SHARE; i++)
        cr_expect_eq(status_on(fds[i], HELLO), 200, "connection %zu is within its share", i);
    for (int round = 0; round < 8; round++) {
        int probe = client_connect(&h);
        cr_expect_eq(status_on(probe, PROBE), 200, "a probe from there is answered");
        cr_expect(client_at_end(probe), "and its connection ends");
        close(probe);
    }
    for (size_t i = SHARE; i < HOG; i++)
        cr_expect_neq(status_on(fds[i], HELLO), 200, "connection %zu is past its share", i);
    int other = client_connect_from(&h, "127.0.0.2");
    cr_expect_eq(status_on(other, HELLO), 200, "another address has its own share");
    for (size_t i = 0; i < HOG; i++)
        close(fds[i]);
    int again = -1, status = 0;
    for (int round = 0; round < 500 && status != 200; round++) {
        again = client_connect(&h);
        status = status_on(again, HELLO);
        usleep(10000);
        close(again);
    }
    cr_expect_eq(status, 200, "what one ends another may have");
    close(other);
    harness_stop(&h, 0);
}

/* A crowd that asks nothing is displaced by whoever asks; who waits for an answer is not. */
Test(admission, the_crowd_at_the_reserved_room_displaces_itself) {
    enum { CROWD = 40 };
    static reply r;
    int fds[CROWD];
    harness h;
    harness_start(&h, &(http_options){.connections = 5, .reserved_connections = 4, .connections_per_address = 1});
    int ordinary = client_connect(&h);
    cr_expect_eq(status_on(ordinary, HELLO), 200);
    int asking = client_connect_from(&h, "127.0.0.2");
    client_send(asking, "GET /probe/gate HTTP/1.1\r\n" H "\r\n");
    harness_await_gate(&h, 1);
    int polite = client_connect_from(&h, "127.0.0.3");
    for (size_t i = 0; i < CROWD; i++)
        fds[i] = client_connect(&h);
    cr_expect_eq(status_on(polite, PROBE), 200, "another address is not displaced by it");
    cr_expect(client_at_end(fds[0]), "the oldest was");
    harness_open_gate(&h);
    client_read(asking, &r, false);
    cr_expect_eq(r.status, 200);
    cr_expect_eq(status_on(ordinary, HELLO), 200);
    for (size_t i = 0; i < CROWD; i++)
        close(fds[i]);
    close(asking);
    close(polite);
    close(ordinary);
    harness_stop(&h, 0);
}

Test(admission, probes_are_answered_when_all_room_is_taken) {
    enum { ALL = 6 };
    int fds[ALL];
    harness h;
    harness_start(&h, &(http_options){.connections = ALL + 4, .reserved_connections = 4});
    for (size_t i = 0; i < ALL; i++) {
        fds[i] = client_connect(&h);
        cr_expect_eq(status_on(fds[i], HELLO), 200);
    }
    int late = client_connect_from(&h, "127.0.0.2"), probe = client_connect_from(&h, "127.0.0.3");
    cr_expect_eq(status_on(late, HELLO), 503);
    cr_expect_eq(status_on(probe, PROBE), 200);
    for (size_t i = 0; i < ALL; i++)
        close(fds[i]);
    close(late);
    close(probe);
    harness_stop(&h, 0);
}

static usec hands_show(void *context) {
    return atomic_load((_Atomic usec *)context);
}

/* Who opens them and asks nothing must not keep them from others. */
Test(admission, a_connection_that_is_kept_for_probes_has_a_short_life) {
    static reply r;
    _Atomic usec hands = USEC_PER_DAY;
    harness h;
    onus_clock by_hand = {.now = hands_show, .monotonic = hands_show, .context = &hands};
    harness_start(&h, &(http_options){
                          .connections = 8, .reserved_connections = 4, .connections_per_address = 1, .clock = by_hand});
    int ordinary = client_connect(&h);
    cr_expect_eq(status_on(ordinary, HELLO), 200);
    int idle = client_connect(&h);
    client_send(idle, "GET /probe HT");
    cr_expect_eq(status_on(ordinary, HELLO), 200); /* so the loop has accepted the other one, too */
    atomic_fetch_add(&hands, (LIMIT_RESERVED_SECONDS + 1) * USEC_PER_SECOND);
    client_read(idle, &r, false);
    cr_expect(client_at_end(idle));
    cr_expect_eq(status_on(ordinary, HELLO), 200, "the others have their time");
    close(ordinary);
    close(idle);
    harness_stop(&h, 0);
}

Test(admission, a_trusted_proxy_is_counted_by_whom_it_forwards) {
    enum { ALL = 8 };
    int fds[ALL];
    ip_network trusted;
    err e;
    cr_assert(network_from_text("127.0.0.1", &trusted, &e));
    harness h;
    harness_start(&h, &(http_options){.connections = 16,
                                      .connections_per_address = 2,
                                      .trusted_proxies = &trusted,
                                      .trusted_proxy_count = 1});
    for (size_t i = 0; i < ALL; i++)
        fds[i] = client_connect(&h);
    for (size_t i = 0; i < ALL; i++)
        cr_expect_eq(status_on(fds[i], HELLO), 200, "its own connections do not count: %zu", i);
#define FROM(address) "POST /later HTTP/1.1\r\n" H "X-Forwarded-For: " address "\r\nContent-Length: 1\r\n\r\nx"
    client_send(fds[0], FROM("203.0.113.7"));
    client_send(fds[1], FROM("203.0.113.7"));
    harness_await_waiting(&h, 2);
    cr_expect_eq(status_on(fds[2], FROM("203.0.113.7")), 503);
    client_send(fds[3], FROM("203.0.113.8"));
    harness_await_waiting(&h, 3);
    cr_expect_eq(status_on(fds[4], "GET /probe HTTP/1.1\r\n" H "X-Forwarded-For: 203.0.113.7\r\n\r\n"), 200);
    harness_complete_all(&h);
    static reply r;
    client_read(fds[0], &r, false);
    cr_expect_eq(r.status, 200);
    client_send(fds[0], FROM("203.0.113.7"));
    harness_await_waiting(&h, 1);
    harness_complete_all(&h);
    client_read(fds[0], &r, false);
    cr_expect_eq(r.status, 200, "what was answered is given back");
    for (size_t i = 0; i < ALL; i++)
        close(fds[i]);
    harness_stop(&h, 0);
}
