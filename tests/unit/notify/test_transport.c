/* The transport against real sockets: each manner of a receiver, order, fairness, the breaker, and where it will not
 * go. Nothing here measures wall time; what must not wait is shown by its being finished while the other still hangs.
 */
#include "support.h"

#include "notify/breaker.h"
#include "onus/limits.h"

#include <criterion/criterion.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char url[8][64];

static const char *url_of(size_t n, const test_server *s, const char *path) {
    (void)snprintf(url[n], sizeof url[n], "http://127.0.0.1:%d%s", server_port(s), path);
    return url[n];
}

static send_spec page(int64_t id, const char *channel) {
    return (send_spec){
        .id = id, .incident = id, .channel = channel, .letter = RACI_RESPONSIBLE, .reason = REASON_OPENED};
}

/* ── one message, each manner ── */

typedef struct manner_case {
    const char *name;
    server_script script;
    delivery_verdict verdict;
    int status;
    const char *detail;
} manner_case;

static const manner_case manners[] = {
    {"ok", {SERVER_OK, 0, NULL, "ok"}, DELIVERED, 200, "200 OK"},
    {"500", {SERVER_STATUS, 500, NULL, "broken"}, TRY_LATER, 500, "500 Internal Server Error: broken"},
    {"404", {SERVER_STATUS, 404, NULL, ""}, GIVE_UP, 404, "404 Not Found"},
    {"429", {SERVER_STATUS, 429, "Retry-After: 120\r\n", ""}, TRY_LATER, 429, "429 Too Many Requests"},
    {"redirect",
     {SERVER_REDIRECT, 0, "Location: http://127.0.0.1:1/\r\n", ""},
     GIVE_UP,
     302,
     "redirects are not followed"},
    {"reset", {SERVER_RESET, 0, NULL, ""}, TRY_LATER, 0, ""},
    {"huge", {SERVER_HUGE, 0, NULL, ""}, DELIVERED, 200, "200 OK"},
    {"slow", {SERVER_SLOW, 0, NULL, ""}, DELIVERED, 200, "200 OK"},
};

Test(transport, each_manner_has_its_verdict) {
    for (size_t c = 0; c < sizeof manners / sizeof *manners; c++) {
        test_server *s = server_start(&manners[c].script);
        const channel_spec spec = {"hook", "webhook", {"url", url_of(0, s, "/in"), NULL}};
        bench b = bench_start(&spec, 1);
        const send_spec m = page(7, "hook");
        bench_send(&b, &m);
        cr_assert(outcomes_wait(b.outcomes, 1), "%s", manners[c].name);
        const outcome *o = outcomes_find(b.outcomes, 7);
        cr_expect_eq(o->verdict, manners[c].verdict, "%s: %s", manners[c].name, o->detail);
        cr_expect_eq(o->status, manners[c].status, "%s: %d", manners[c].name, o->status);
        cr_expect(strstr(o->detail, manners[c].detail) != NULL, "%s: %s", manners[c].name, o->detail);
        if (o->verdict == TRY_LATER)
            cr_expect(o->next_at > o->at);
        if (o->status == 429)
            cr_expect(o->next_at >= o->at + 119 * USEC_PER_SECOND, "the receiver's wish is honoured");
        cr_expect_eq(transport_queued(b.transport), 0);
        bench_stop(&b, 0);
        server_stop(s);
    }
}

Test(transport, a_request_is_whole) {
    test_server *s = server_start(&(server_script){SERVER_OK, 0, NULL, NULL});
    const channel_spec spec = {"hook", "webhook", {"url", url_of(0, s, "/in?key=1"), "headers", "X-Team: mlops", NULL}};
    bench b = bench_start(&spec, 1);
    const send_spec m = page(7, "hook");
    bench_send(&b, &m);
    cr_assert(outcomes_wait(b.outcomes, 1));
    const seen_request r = server_request(s, 0);
    static const char *const lines[] = {"POST /in?key=1 HTTP/1.1\r\n", "\r\nUser-Agent: onus\r\n",
                                        "\r\nX-Team: mlops\r\n", "\r\nX-Onus-Message-Id: onus-7\r\n",
                                        "\r\nContent-Type: application/json; charset=utf-8\r\n"};
    for (size_t l = 0; l < sizeof lines / sizeof *lines; l++)
        cr_expect(strstr(r.head, lines[l]) != NULL, "%s in %s", lines[l], r.head);
    cr_expect(strcasestr(r.head, "\r\nExpect:") == NULL);
    cr_expect(strstr(r.body, "https://onus.example.com/a/") != NULL, "R may act by a link");
    bench_stop(&b, 0);
    server_stop(s);
}

Test(transport, nobody_there) {
    test_server *s = server_start(&(server_script){.manner = SERVER_OK});
    const channel_spec spec = {"hook", "webhook", {"url", url_of(0, s, "/T0KEN"), NULL}};
    server_stop(s);
    bench b = bench_start(&spec, 1);
    const send_spec m = page(7, "hook");
    bench_send(&b, &m);
    cr_assert(outcomes_wait(b.outcomes, 1));
    const outcome *o = outcomes_find(b.outcomes, 7);
    cr_expect_eq(o->verdict, TRY_LATER);
    cr_expect(strstr(o->detail, "127.0.0.1") != NULL && strstr(o->detail, "T0KEN") == NULL, "%s", o->detail);
    bench_stop(&b, 0);
}

/* ── what is not sent ── */

Test(transport, too_old_or_unknown_or_bad_is_given_up) {
    test_server *s = server_start(&(server_script){.manner = SERVER_OK});
    const channel_spec specs[] = {{"hook", "webhook", {"url", url_of(0, s, "/in"), NULL}},
                                  {"mail", "email", {"smtp", "smtp://127.0.0.1:1", "from", "a@b.example", NULL}},
                                  {"out", "record", {NULL}}};
    bench b = bench_start(specs, 3);
    send_spec old = page(1, "hook"), unknown = page(2, "gone"), bad = page(3, "mail"), recorded = page(4, "out");
    old.expires_at = SAMPLE_NOW; /* long past */
    bad.address = "not an address";
    bench_send(&b, &old);
    bench_send(&b, &unknown);
    bench_send(&b, &bad);
    bench_send(&b, &recorded);
    cr_assert(outcomes_wait(b.outcomes, 4));
    cr_expect_eq(outcomes_find(b.outcomes, 1)->verdict, GIVE_UP);
    cr_expect(strstr(outcomes_find(b.outcomes, 1)->detail, "lifetime") != NULL);
    cr_expect_eq(outcomes_find(b.outcomes, 2)->verdict, GIVE_UP);
    cr_expect(strstr(outcomes_find(b.outcomes, 2)->detail, "no channel \"gone\"") != NULL);
    cr_expect_eq(outcomes_find(b.outcomes, 3)->verdict, GIVE_UP);
    cr_expect(strstr(outcomes_find(b.outcomes, 3)->detail, "no mail address") != NULL);
    cr_expect_eq(outcomes_find(b.outcomes, 4)->verdict, DELIVERED);
    cr_expect_eq(server_count(s), 0);
    bench_stop(&b, 0);
    server_stop(s);
}

/* What is as old as its lifetime is given up, what is younger by a microsecond is sent, and what has none always. */
Test(transport, a_message_lives_until_its_end_and_not_longer) {
    test_server *s = server_start(&(server_script){.manner = SERVER_OK});
    const channel_spec spec = {"hook", "webhook", {"url", url_of(0, s, "/in"), NULL}};
    bench b = bench_start(&spec, 1);
    b.now = SAMPLE_NOW;
    send_spec ended = page(1, "hook"), ends = page(2, "hook"), endless = page(3, "hook");
    ended.expires_at = SAMPLE_NOW;
    ends.expires_at = SAMPLE_NOW + 1;
    endless.lasts_for_ever = true;
    bench_send(&b, &ended);
    bench_send(&b, &ends);
    bench_send(&b, &endless);
    cr_assert(outcomes_wait(b.outcomes, 3));
    cr_expect_eq(outcomes_find(b.outcomes, 1)->verdict, GIVE_UP);
    cr_expect_eq(outcomes_find(b.outcomes, 2)->verdict, DELIVERED);
    cr_expect_eq(outcomes_find(b.outcomes, 3)->verdict, DELIVERED);
    cr_expect_eq(server_count(s), 2);
    bench_stop(&b, 0);
    server_stop(s);
}

Test(transport, the_next_attempt_does_not_lie_past_the_end_of_a_message) {
    test_server *s = server_start(&(server_script){SERVER_STATUS, 503, NULL, NULL});
    const channel_spec spec = {"hook", "webhook", {"url", url_of(0, s, "/in"), NULL}};
    bench b = bench_start(&spec, 1);
    b.now = SAMPLE_NOW;
    send_spec ends = page(1, "hook"), endless = page(2, "hook");
    ends.expires_at = SAMPLE_NOW + USEC_PER_MS; /* the least backoff is longer */
    endless.lasts_for_ever = true;
    bench_send(&b, &ends);
    bench_send(&b, &endless);
    cr_assert(outcomes_wait(b.outcomes, 2));
    cr_expect_eq(outcomes_find(b.outcomes, 1)->next_at, ends.expires_at);
    cr_expect_geq(outcomes_find(b.outcomes, 2)->next_at, SAMPLE_NOW + BACKOFF_BASE / 2);
    bench_stop(&b, 0);
    server_stop(s);
}

/* ── what another node may send ── */

Test(transport, what_is_not_ours_any_more_goes_back_unsent) {
    static const int looks[] = {0, 1}; /* lost while it waited; lost while it was connecting */
    for (size_t k = 0; k < sizeof looks / sizeof *looks; k++) {
        test_server *s = server_start(&(server_script){.manner = SERVER_OK});
        const channel_spec spec = {"hook", "webhook", {"url", url_of(0, s, "/in"), NULL}};
        bench b = bench_start(&spec, 1);
        b.lives = BENCH_MAY_BEGIN;
        b.lost = 1;
        b.looks_before = looks[k];
        const send_spec lost = page(1, "hook"), ours = page(2, "hook");
        bench_send(&b, &lost);
        bench_send(&b, &ours);
        cr_assert(outcomes_wait(b.outcomes, 2));
        const outcome *o = outcomes_find(b.outcomes, 1);
        cr_expect(o->verdict == TRY_LATER && o->untried && o->next_at == 0, "not an attempt");
        cr_expect_str_eq(o->detail, "another node may send it");
        cr_expect_eq(outcomes_find(b.outcomes, 2)->verdict, DELIVERED);
        cr_expect_eq(server_count(s), 1);
        bench_stop(&b, 0);
        server_stop(s);
    }
}

Test(transport, nothing_begins_while_the_place_is_lost) {
    test_server *s = server_start(&(server_script){.manner = SERVER_OK});
    const channel_spec spec = {"hook", "webhook", {"url", url_of(0, s, "/in"), NULL}};
    bench b = bench_start(&spec, 1);
    b.lives = BENCH_HELD_UP;
    const send_spec m = page(1, "hook");
    bench_send(&b, &m);
    usleep(200 * 1000);
    cr_expect_eq(server_count(s), 0);
    b.lives = BENCH_MAY_BEGIN;
    cr_assert(outcomes_wait(b.outcomes, 1));
    cr_expect_eq(outcomes_find(b.outcomes, 1)->verdict, DELIVERED);
    bench_stop(&b, 0);
    server_stop(s);
}

/* ── private addresses ── */

Test(transport, private_addresses_are_refused_by_the_socket) {
    test_server *s = server_start(&(server_script){.manner = SERVER_OK});
    (void)snprintf(url[1], sizeof url[1], "http://inside.localhost:%d/in", server_port(s));
    const channel_spec specs[] = {
        {"forbidden", "webhook", {"url", url_of(0, s, "/in"), "allow_private", "false", NULL}},
        {"allowed", "webhook", {"url", url_of(2, s, "/in"), "allow_private", "true", NULL}},
        {"chart", "webhook", {NULL}}};
    bench b = bench_start(specs, 3);
    /* First the allowed one, so that an open connection is there to be used again: it must not be. */
    send_spec m = page(1, "allowed");
    bench_send(&b, &m);
    cr_assert(outcomes_wait(b.outcomes, 1));
    cr_expect_eq(outcomes_find(b.outcomes, 1)->verdict, DELIVERED);
    m = page(2, "forbidden");
    bench_send(&b, &m);
    m = page(3, "chart");
    m.address = url[1]; /* a name that turns out to be private */
    bench_send(&b, &m);
    m = page(4, "chart");
    m.address = url_of(3, s, "/in");
    bench_send(&b, &m);
    cr_assert(outcomes_wait(b.outcomes, 4));
    for (int64_t id = 2; id <= 4; id++) {
        const outcome *o = outcomes_find(b.outcomes, id);
        cr_expect_eq(o->verdict, GIVE_UP, "%s", o->detail);
        const char *said = id == 4 ? "leads to a private address" : " is not public";
        cr_expect(strstr(o->detail, said) != NULL, "%s", o->detail);
    }
    cr_expect_eq(server_count(s), 1);
    bench_stop(&b, 0);
    server_stop(s);
}

/* ── order, fairness ── */

Test(transport, one_incident_arrives_in_order) {
    test_server *s = server_start(&(server_script){.manner = SERVER_OK});
    const channel_spec spec = {"hook", "webhook", {"url", url_of(0, s, "/in"), NULL}};
    bench b = bench_start(&spec, 1);
    for (int64_t n = 0; n < 100; n++) {
        send_spec m = page(1 + n, "hook");
        m.incident = n % 5;
        m.letter = n % 3 == 0 ? RACI_RESPONSIBLE : RACI_INFORMED;
        bench_send(&b, &m);
    }
    cr_assert(outcomes_wait(b.outcomes, 100));
    int64_t last[5] = {0};
    for (size_t r = 0; r < 100; r++) {
        err e;
        const seen_request seen = server_request(s, r);
        cJSON *body = json_parse(seen.body, strlen(seen.body), &e);
        cr_assert_not_null(body);
        const int64_t id = json_int(body, "id", 0), of = json_int(json_member(body, "incident"), "id", -1);
        cr_expect(id > last[of], "message %lld of incident %lld came after %lld", (long long)id, (long long)of,
                  (long long)last[of]);
        last[of] = id;
        cJSON_Delete(body);
    }
    cr_expect(server_most_at_once(s) <= LIMIT_SENDS_PER_DESTINATION);
    bench_stop(&b, 0);
    server_stop(s);
}

Test(transport, a_dead_receiver_delays_nobody_else) {
    test_server *dead = server_start(&(server_script){.manner = SERVER_HANG});
    test_server *alive = server_start(&(server_script){.manner = SERVER_OK});
    const channel_spec specs[] = {{"dead", "webhook", {"url", url_of(0, dead, "/in"), NULL}},
                                  {"alive", "webhook", {"url", url_of(1, alive, "/in"), NULL}}};
    bench b = bench_start(specs, 2);
    for (int64_t n = 0; n < 200; n++) {
        const send_spec m = page(1000 + n, "dead");
        bench_send(&b, &m);
    }
    for (int64_t n = 0; n < 200; n++) {
        const send_spec m = page(1 + n, "alive");
        bench_send(&b, &m);
    }
    cr_assert(outcomes_wait(b.outcomes, 200));
    for (int64_t n = 0; n < 200; n++)
        cr_expect_not_null(outcomes_find(b.outcomes, 1 + n));
    cr_expect_eq(transport_queued(b.transport), 200, "the dead one still hangs");
    buf metrics;
    buf_init(&metrics);
    transport_put_metrics(b.transport, &metrics);
    cr_expect(strstr(metrics.data, "onus_transport_in_flight{channel=\"dead\"} 8\n") != NULL, "%s", metrics.data);
    cr_expect(strstr(metrics.data, "onus_transport_waiting{channel=\"dead\"} 192\n") != NULL, "%s", metrics.data);
    buf_release(&metrics);
    bench_stop(&b, 0);
    server_stop(dead);
    server_stop(alive);
}

Test(transport, five_failures_open_the_breaker) {
    test_server *s = server_start(&(server_script){SERVER_STATUS, 503, NULL, NULL});
    const channel_spec spec = {"hook", "webhook", {"url", url_of(0, s, "/in"), NULL}};
    bench b = bench_start(&spec, 1);
    for (int64_t n = 1; n <= 40; n++) {
        send_spec m = page(n, "hook");
        m.attempts = 6; /* whose own backoff would be two minutes */
        bench_send(&b, &m);
    }
    cr_assert(outcomes_wait(b.outcomes, 40));
    const size_t tried = server_count(s);
    cr_expect(tried >= 5 && tried <= 5 + LIMIT_SENDS_PER_DESTINATION, "%zu", tried);
    const outcome *last = outcomes_find(b.outcomes, 40);
    cr_expect_eq(last->verdict, TRY_LATER);
    cr_expect(strstr(last->detail, "not tried") != NULL, "%s", last->detail);
    cr_expect(last->next_at > last->at + USEC_PER_SECOND);
    cr_expect(last->untried, "which is no attempt");
    cr_expect_leq(last->next_at, last->at + BREAKER_OPEN_FIRST * 3 / 2, "and waits for the breaker alone");
    bench_stop(&b, 0);
    server_stop(s);
}

Test(transport, retry_after_is_for_the_whole_destination) {
    test_server *s = server_start(&(server_script){SERVER_STATUS, 429, "Retry-After: 300\r\n", NULL});
    const channel_spec spec = {"hook", "webhook", {"url", url_of(0, s, "/in"), NULL}};
    bench b = bench_start(&spec, 1);
    send_spec m = page(1, "hook");
    bench_send(&b, &m);
    cr_assert(outcomes_wait(b.outcomes, 1));
    m = page(2, "hook");
    bench_send(&b, &m);
    cr_assert(outcomes_wait(b.outcomes, 2));
    const outcome *o = outcomes_find(b.outcomes, 2);
    cr_expect_eq(o->verdict, TRY_LATER);
    cr_expect(strstr(o->detail, "asked to be left alone") != NULL, "%s", o->detail);
    cr_expect(o->next_at >= o->at + 290 * USEC_PER_SECOND);
    cr_expect_eq(server_count(s), 1);
    bench_stop(&b, 0);
    server_stop(s);
}

/* ── slack's bot ── */

Test(transport, a_bot_threads_before_the_database_knows) {
    test_server *s =
        server_start(&(server_script){SERVER_OK, 0, NULL, "{\"ok\":true,\"channel\":\"C1\",\"ts\":\"1.5\"}"});
    const channel_spec spec = {
        "slack", "slack", {"token", "xoxb-1", "channel", "#ops", "api_url", url_of(0, s, "/api"), NULL}};
    bench b = bench_start(&spec, 1);
    send_spec first = page(1, "slack"), second = page(2, "slack");
    first.first = true;
    second.incident = 1;
    second.reason = REASON_ACKNOWLEDGED;
    bench_send(&b, &first);
    bench_send(&b, &second);
    cr_assert(outcomes_wait(b.outcomes, 2));
    cr_expect_str_eq(outcomes_find(b.outcomes, 1)->thread, "C1:1.5");
    cr_assert_eq(server_count(s), 3);
    cr_expect(strstr(server_request(s, 0).body, "thread_ts") == NULL);
    cr_expect(strstr(server_request(s, 1).body, "\"thread_ts\":\"1.5\"") != NULL, "%s", server_request(s, 1).body);
    cr_expect(strstr(server_request(s, 2).head, "POST /api/chat.update") != NULL);
    bench_stop(&b, 0);
    server_stop(s);
}

Test(transport, a_failed_update_is_a_word_and_not_a_verdict) {
    test_server *s =
        server_start(&(server_script){SERVER_OK, 0, NULL, "{\"ok\":true,\"channel\":\"C1\",\"ts\":\"1.6\"}",
                                      "{\"ok\":false,\"error\":\"cant_update_message\"}"});
    const channel_spec spec = {
        "slack", "slack", {"token", "xoxb-1", "channel", "#ops", "api_url", url_of(0, s, "/api"), NULL}};
    bench b = bench_start(&spec, 1);
    send_spec m = page(1, "slack");
    m.reason = REASON_RESOLVED;
    m.thread = "C1:1.5";
    bench_send(&b, &m);
    cr_assert(outcomes_wait(b.outcomes, 1));
    const outcome *o = outcomes_find(b.outcomes, 1);
    cr_expect_eq(o->verdict, DELIVERED);
    cr_expect(strstr(o->detail, "the first message could not be changed") != NULL &&
                  strstr(o->detail, "cant_update_message") != NULL,
              "%s", o->detail);
    bench_stop(&b, 0);
    server_stop(s);
}

Test(transport, a_refused_post_is_not_followed_by_an_update) {
    test_server *s = server_start(&(server_script){SERVER_OK, 0, NULL, "{\"ok\":false,\"error\":\"is_archived\"}"});
    const channel_spec spec = {
        "slack", "slack", {"token", "xoxb-1", "channel", "#ops", "api_url", url_of(0, s, "/api"), NULL}};
    bench b = bench_start(&spec, 1);
    send_spec m = page(1, "slack");
    m.reason = REASON_RESOLVED;
    m.thread = "C1:1.5";
    bench_send(&b, &m);
    cr_assert(outcomes_wait(b.outcomes, 1));
    cr_expect_eq(outcomes_find(b.outcomes, 1)->verdict, GIVE_UP);
    cr_expect_eq(server_count(s), 1);
    bench_stop(&b, 0);
    server_stop(s);
}

/* ── stopping ── */

Test(transport, a_stop_returns_everything_once) {
    test_server *s = server_start(&(server_script){.manner = SERVER_HANG});
    const channel_spec spec = {"hook", "webhook", {"url", url_of(0, s, "/in"), NULL}};
    bench b = bench_start(&spec, 1);
    for (int64_t n = 1; n <= 50; n++) {
        const send_spec m = page(n, "hook");
        bench_send(&b, &m);
    }
    while (server_count(s) < LIMIT_SENDS_PER_DESTINATION)
        usleep(1000);
    transport_stop(b.transport, 10 * USEC_PER_MS);
    b.transport = NULL;
    cr_expect_eq(b.outcomes->count, 50);
    size_t under_way = 0, unsent = 0;
    for (size_t o = 0; o < b.outcomes->count; o++) {
        cr_expect_eq(b.outcomes->items[o].verdict, TRY_LATER);
        under_way += !b.outcomes->items[o].untried;
        unsent += b.outcomes->items[o].untried && b.outcomes->items[o].next_at == 0;
    }
    cr_expect_eq(under_way, LIMIT_SENDS_PER_DESTINATION);
    cr_expect_eq(unsent, 50 - LIMIT_SENDS_PER_DESTINATION);
    bench_stop(&b, 0);
    server_stop(s);
}

Test(transport, a_stop_waits_for_what_is_under_way) {
    test_server *s = server_start(&(server_script){.manner = SERVER_SLOW});
    const channel_spec spec = {"hook", "webhook", {"url", url_of(0, s, "/in"), NULL}};
    bench b = bench_start(&spec, 1);
    const send_spec m = page(1, "hook");
    bench_send(&b, &m);
    while (server_count(s) < 1)
        usleep(1000);
    transport_stop(b.transport, 10 * USEC_PER_SECOND);
    b.transport = NULL;
    cr_expect_eq(outcomes_find(b.outcomes, 1)->verdict, DELIVERED);
    bench_stop(&b, 0);
    server_stop(s);
}

/* ── connections ── */

Test(transport, connections_are_used_again) {
    test_server *s = server_start(&(server_script){SERVER_OK, 0, NULL, "ok"});
    const channel_spec spec = {"hook", "webhook", {"url", url_of(0, s, "/in"), NULL}};
    bench b = bench_start(&spec, 1);
    for (int64_t n = 1; n <= 1000; n++) {
        const send_spec m = page(n, "hook");
        bench_send(&b, &m);
    }
    cr_assert(outcomes_wait(b.outcomes, 1000));
    unsigned long most = 0;
    for (size_t r = 0; r < 1000; r++)
        most = server_request(s, r).connection > most ? server_request(s, r).connection : most;
    cr_expect(most < LIMIT_SENDS_PER_DESTINATION, "%lu connections", most + 1);
    bench_stop(&b, 0);
    server_stop(s);
}
