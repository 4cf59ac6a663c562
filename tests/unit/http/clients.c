/* Who asks: what passes for a program on this machine, and whom a proxy forwards. */
#include "unit/http/harness.h"

#include <criterion/criterion.h>
#include <stdio.h>

/* GET /who answers "1 ADDRESS" to whoever is local. */
static void expect_who(const harness *h, const char *lines, const char *expected) {
    static reply r;
    char request[2048];
    snprintf(request, sizeof request, "GET /who HTTP/1.1\r\n%s\r\n", lines);
    client_ask(h, request, &r);
    cr_expect_str_eq(r.body, expected, "%s: %d %s", lines, r.status, r.body);
}

Test(client, loopback_asks_for_a_loopback_literal_or_localhost) {
    static const char *const known[] = {"127.0.0.1",      "127.0.0.1:8080", "127.1.2.3:1",
                                        "[::1]",          "[::1]:8080",     "localhost",
                                        "localhost:8080", "LocalHost",      "[0:0:0:0:0:0:0:1]"};
    static const char *const strange[] = {"evil.example:8080",
                                          "evil.example",
                                          "localhost.",
                                          "localhost.evil.example",
                                          "127.0.0.1.nip.io",
                                          "127.0.0.1.",
                                          "2130706433",
                                          "0x7f000001",
                                          "0x7f.1",
                                          "017700000001",
                                          "127.1",
                                          "127.0.0.01",
                                          "0177.0.0.1",
                                          "0.0.0.0",
                                          "[::]",
                                          "user@localhost",
                                          "localhost@evil.example",
                                          "::1",
                                          "[127.0.0.1]",
                                          "[::ffff:127.0.0.1]",
                                          "[::ffff:7f00:1]",
                                          "[::1",
                                          "[::1]x",
                                          "localhost:",
                                          "localhost:x",
                                          "localhost:80:80",
                                          "localhost:123456",
                                          "localhost,evil.example",
                                          "localhost evil",
                                          "localhost/",
                                          "",
                                          "128.0.0.1",
                                          "192.168.0.1",
                                          "lоcalhost",
                                          "localhost%00",
                                          "localhost#"};
    harness h;
    harness_start(&h, NULL);
    char lines[256];
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        snprintf(lines, sizeof lines, "Host: %s\r\n", known[i]);
        expect_who(&h, lines, "1 127.0.0.1");
        snprintf(lines, sizeof lines, "Host: %s\r\nOrigin: http://%s\r\n", known[i], known[i]);
        expect_who(&h, lines, "1 127.0.0.1");
    }
    for (size_t i = 0; i < sizeof strange / sizeof *strange; i++) {
        snprintf(lines, sizeof lines, "Host: %s\r\n", strange[i]);
        expect_who(&h, lines, "0 127.0.0.1");
        snprintf(lines, sizeof lines, "Host: %s\r\nOrigin: http://%s\r\n", strange[i], strange[i]);
        expect_who(&h, lines, "0 127.0.0.1");
    }
    harness_stop(&h, 0);
}

/* The target's own authority counts, and Host does not then. */
Test(client, loopback_by_the_targets_authority_and_the_version) {
    static const struct {
        const char *request, *answer;
    } rows[] = {
        {"GET http://evil.example/who HTTP/1.1\r\nHost: localhost\r\n\r\n", "0 127.0.0.1"},
        {"GET http://localhost@evil.example/who HTTP/1.1\r\nHost: localhost\r\n\r\n", "0 127.0.0.1"},
        {"GET http://localhost:8080/who HTTP/1.1\r\nHost: localhost:8080\r\n\r\n", "1 127.0.0.1"},
        {"GET /who HTTP/1.0\r\n\r\n", "0 127.0.0.1"},
        {"GET /who HTTP/1.0\r\nHost: localhost\r\n\r\n", "1 127.0.0.1"},
    };
    static reply r;
    harness h;
    harness_start(&h, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        client_ask(&h, rows[i].request, &r);
        cr_expect_str_eq(r.body, rows[i].answer, "%s", rows[i].request);
    }
    harness_stop(&h, 0);
}

#define L "Host: localhost\r\n"

Test(client, what_a_proxy_or_a_browser_adds_ends_it) {
    static const char *const lines[] = {"X-Forwarded-For: 127.0.0.1",
                                        "x-forwarded-proto: https",
                                        "X-Forwarded-Host: localhost",
                                        "X-Forwarded: for=::1",
                                        "Forwarded: for=127.0.0.1",
                                        "X-Real-IP: 127.0.0.1",
                                        "Via: 1.1 proxy",
                                        "via: HTTP/2.0 x",
                                        "CF-Connecting-IP: 127.0.0.1",
                                        "CF-Ray: 1",
                                        "True-Client-IP: ::1",
                                        "X-Client-IP: 127.0.0.1",
                                        "X-Cluster-Client-IP: ::1",
                                        "Fastly-Client-IP: ::1",
                                        "X-Original-Forwarded-For: 1",
                                        "X-Original-URL: /",
                                        "X-Originating-IP: ::1",
                                        "X-Envoy-External-Address: 1",
                                        "X-ProxyUser-IP: 1",
                                        "X-Forwarded-For:",
                                        "Origin: null",
                                        "Origin: http://localhost:3000",
                                        "Origin: https://evil.example",
                                        "Origin: localhost"};
    harness h;
    harness_start(&h, NULL);
    char text[256];
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        snprintf(text, sizeof text, L "%s\r\n", lines[i]);
        expect_who(&h, text, "0 127.0.0.1");
    }
    expect_who(&h, L "User-Agent: curl/8\r\nAccept: */*\r\nX-Request-Id: 7\r\nTraceparent: 00-1-2-3\r\n",
               "1 127.0.0.1");
    harness_stop(&h, 0);
}

static const char *const proxies[] = {"127.0.0.1", "10.0.0.0/8", "2001:db8::/32"};

Test(client, a_trusted_proxy_says_who_asks_and_is_never_local) {
    static const struct {
        const char *lines, *client;
    } rows[] = {
        {"", "127.0.0.1"},
        {"X-Forwarded-For: 203.0.113.7\r\n", "203.0.113.7"},
        {"X-Forwarded-For: 127.0.0.1\r\n", "127.0.0.1"},
        {"X-Forwarded-For: 198.51.100.1, 203.0.113.7\r\n", "203.0.113.7"},
        {"X-Forwarded-For: 198.51.100.1, 203.0.113.7,10.1.2.3 , 127.0.0.1\r\n", "203.0.113.7"},
        {"X-Forwarded-For: 198.51.100.1\r\nx-forwarded-for: 203.0.113.7\r\n", "203.0.113.7"},
        {"X-Forwarded-For: 10.0.0.9, 10.0.0.8\r\n", "10.0.0.9"},
        {"X-Forwarded-For: 203.0.113.7:4711\r\n", "203.0.113.7"},
        {"X-Forwarded-For: 2003::7\r\n", "2003::7"},
        {"X-Forwarded-For: [2003::7]:80\r\n", "2003::7"},
        {"X-Forwarded-For: ::ffff:203.0.113.7\r\n", "203.0.113.7"},
        {"X-Forwarded-For: 203.0.113.7, unknown, 10.0.0.8\r\n", "10.0.0.8"},
        {"X-Forwarded-For: 203.0.113.7, unknown\r\n", "127.0.0.1"},
        {"X-Forwarded-For: , ,\r\n", "127.0.0.1"},
        {"X-Forwarded-For:\r\n", "127.0.0.1"},
        {"X-Real-IP: 203.0.113.7\r\n", "127.0.0.1"},
        {"Forwarded: for=203.0.113.7\r\n", "203.0.113.7"},
        {"Forwarded: by=10.0.0.1;For=\"[2003::7]:80\";proto=https, for=10.0.0.2\r\n", "2003::7"},
        {"Forwarded: for=198.51.100.1, for=203.0.113.7;host=a; by=x\r\n", "203.0.113.7"},
        {"Forwarded: proto=https; for=203.0.113.7\r\n", "203.0.113.7"},
        {"Forwarded: for=203.0.113.7, for=_hidden\r\n", "127.0.0.1"},
        {"Forwarded: for=203.0.113.7, proto=https\r\n", "127.0.0.1"},
        {"Forwarded: for=198.51.100.1\r\nX-Forwarded-For: 203.0.113.7\r\n", "203.0.113.7"},
    };
    ip_network trusted[3];
    err e;
    for (size_t i = 0; i < 3; i++)
        cr_assert(network_from_text(proxies[i], &trusted[i], &e));
    harness h;
    harness_start(&h, &(http_options){.trusted_proxies = trusted, .trusted_proxy_count = 3});
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char lines[512], answer[64];
        snprintf(lines, sizeof lines, L "%s", rows[i].lines);
        snprintf(answer, sizeof answer, "0 %s", rows[i].client);
        expect_who(&h, lines, answer);
    }
    harness_stop(&h, 0);
}

Test(client, nobody_else_is_believed) {
    ip_network trusted;
    err e;
    cr_assert(network_from_text("10.0.0.0/8", &trusted, &e));
    harness h;
    harness_start(&h, &(http_options){.trusted_proxies = &trusted, .trusted_proxy_count = 1});
    expect_who(&h, L "X-Forwarded-For: 203.0.113.7\r\n", "0 127.0.0.1");
    expect_who(&h, L, "1 127.0.0.1");
    harness_stop(&h, 0);
}
