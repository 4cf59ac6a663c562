/* What comes in: routes, targets, framing; each class of bad input gets its answer, and the next good request works. */
#include "unit/http/harness.h"

#include "onus/limits.h"

#include <criterion/criterion.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define H "Host: x\r\n"
#define HELLO "GET /hello HTTP/1.1\r\n" H "\r\n"

typedef struct asked {
    const char *what, *request;
    int status;
    const char *body; /* contained in the answer; NULL: any */
} asked;

static const asked table[] = {
    {"plain", "GET /hello HTTP/1.1\r\n" H "\r\n", 200, "hello"},
    {"root", "GET / HTTP/1.1\r\n" H "\r\n", 200, "hello"},
    {"HTTP/1.0", "GET /hello HTTP/1.0\r\n\r\n", 200, "hello"},
    {"absolute form", "GET http://h:1/hello?a=b HTTP/1.1\r\n" H "\r\n", 200, "hello"},
    {"unknown path", "GET /nothing HTTP/1.1\r\n" H "\r\n", 404, "\"detail\""},
    {"trailing slash is another path", "GET /hello/ HTTP/1.1\r\n" H "\r\n", 404, NULL},
    {"dots are not resolved", "GET /x/../hello HTTP/1.1\r\n" H "\r\n", 404, NULL},
    {"other method", "DELETE /hello HTTP/1.1\r\n" H "\r\n", 405, "other methods"},
    {"parameters", "GET /items/a%2Fb/c%20d?q=1&q=%C3%A4+b HTTP/1.1\r\n" H "\r\n", 200, "a/b|c d|/items/a/b/c d|2|ä b"},
    {"empty parameter", "GET /items//c HTTP/1.1\r\n" H "\r\n", 404, NULL},
    {"half a percent", "GET /hello%2 HTTP/1.1\r\n" H "\r\n", 400, "percent"},
    {"no hex", "GET /items/%zz/b HTTP/1.1\r\n" H "\r\n", 400, NULL},
    {"NUL in the path", "GET /items/a%00/b HTTP/1.1\r\n" H "\r\n", 400, NULL},
    {"not UTF-8 in the path", "GET /items/%ff/b HTTP/1.1\r\n" H "\r\n", 400, NULL},
    {"overlong slash", "GET /items/%c0%af/b HTTP/1.1\r\n" H "\r\n", 400, NULL},
    {"not UTF-8 in the query", "GET /hello?q=%ff HTTP/1.1\r\n" H "\r\n", 400, NULL},
    {"no Host", "GET /hello HTTP/1.1\r\n\r\n", 400, "no Host"},
    {"two Hosts", "GET /hello HTTP/1.1\r\n" H H "\r\n", 400, "Host"},
    {"body", "POST /echo HTTP/1.1\r\n" H "Content-Length: 4\r\n\r\nabcd", 200, "abcd"},
    {"chunked", "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n", 200,
     "abcd"},
    {"expect", "POST /echo HTTP/1.1\r\n" H "Content-Length: 2\r\nExpect: 100-continue\r\n\r\nab", 200, "ab"},
    {"smuggled", "POST /echo HTTP/1.1\r\n" H "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
     "together"},
    {"two lengths", "POST /echo HTTP/1.1\r\n" H "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde", 400,
     "more than one Content-Length"},
    {"two equal lengths", "POST /echo HTTP/1.1\r\n" H "Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd", 400, NULL},
    {"list of lengths", "POST /echo HTTP/1.1\r\n" H "Content-Length: 4, 4\r\n\r\nabcd", 400, "not a number"},
    {"negative length", "POST /echo HTTP/1.1\r\n" H "Content-Length: -4\r\n\r\nabcd", 400, "not a number"},
    {"endless length", "POST /echo HTTP/1.1\r\n" H "Content-Length: 99999999999999999999\r\n\r\n", 400, "not a number"},
    {"a space in the target", "GET /hello there HTTP/1.1\r\n" H "\r\n", 400, "malformed"},
    {"two encodings", "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n",
     400, "once"},
    {"unknown encoding", "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400,
     "chunked"},
    {"chunked in HTTP/1.0", "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, NULL},
    {"bad chunk", "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n", 400, NULL},
    {"space before the colon", "POST /echo HTTP/1.1\r\n" H "Content-Length : 4\r\n\r\nabcd", 400, NULL},
    {"control character", "GET /hello HTTP/1.1\r\n" H "X: a\001b\r\n\r\n", 400, "control"},
    {"DEL in a header",
     "GET /hello HTTP/1.1\r\n" H "X: a\x7f"
     "b\r\n\r\n",
     400, "control"},
    {"packed body", "POST /echo HTTP/1.1\r\n" H "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\nab", 415, NULL},
    {"body where none belongs", "GET /hello HTTP/1.1\r\n" H "Content-Length: 2\r\n\r\nab", 413, "no body"},
    {"a little too large", "PUT /echo HTTP/1.1\r\n" H "Content-Length: 17\r\n\r\n01234567890123456", 413, "larger"},
    {"a little too large, chunked",
     "PUT /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n11\r\n01234567890123456\r\n0\r\n\r\n", 413,
     "larger"},
    {"just large enough", "PUT /echo HTTP/1.1\r\n" H "Content-Length: 16\r\n\r\n0123456789012345", 200,
     "0123456789012345"},
    {"form",
     "POST /form HTTP/1.1\r\n" H "Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n"
     "Content-Length: 17\r\n\r\na=b&note=x+%26+%C3",
     200, "none"},
    {"form with a note",
     "POST /form HTTP/1.1\r\n" H "Content-Type: application/x-www-form-urlencoded\r\n"
     "Content-Length: 16\r\n\r\na=b&note=x+%26+y",
     200, "x & y"},
    {"a form of another type",
     "POST /form HTTP/1.1\r\n" H "Content-Type: text/plain\r\nContent-Length: 6\r\n\r\nnote=x", 200, "none"},
};

Test(http, every_request_gets_its_answer_and_the_next_one_works) {
    static reply r;
    harness h;
    harness_start(&h, NULL);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        client_ask(&h, table[i].request, &r);
        cr_expect_eq(r.status, table[i].status, "%s: %d %s", table[i].what, r.status, r.body);
        cr_expect(!table[i].body || strstr(r.body, table[i].body), "%s: %s", table[i].what, r.body);
        client_ask(&h, "GET /hello HTTP/1.1\r\n" H "\r\n", &r);
        cr_expect_str_eq(r.body, "hello", "after %s", table[i].what);
    }
    harness_stop(&h, 0);
}

/* What follows a request whose length is in doubt must not be taken for a request. */
Test(http, smuggled_requests_are_not_answered) {
    static const char *const framing[] = {"Content-Length: 5\r\nTransfer-Encoding: chunked",
                                          "Content-Length: 5\r\nContent-Length: 5",
                                          "Content-Length: 5, 6",
                                          "Content-Length: -1",
                                          "Content-Length: +5",
                                          "Content-Length: 0x10",
                                          "Content-Length: 99999999999999999999",
                                          "Transfer-Encoding: identity",
                                          "Transfer-Encoding: x, chunked",
                                          "Content-Length : 5"};
    harness h;
    harness_start(&h, NULL);
    for (size_t i = 0; i < sizeof framing / sizeof *framing; i++) {
        char text[512], got[4096];
        size_t len = 0;
        ssize_t more;
        int fd = client_connect(&h);
        snprintf(text, sizeof text, "POST /echo HTTP/1.1\r\n" H "%s\r\n\r\n0\r\n\r\nGET /hello HTTP/1.1\r\n" H "\r\n",
                 framing[i]);
        client_send(fd, text);
        while ((more = recv(fd, got + len, sizeof got - 1 - len, 0)) > 0)
            len += (size_t)more;
        got[len] = '\0';
        cr_expect(strncmp(got, "HTTP/1.1 400 ", 13) == 0, "%s: %s", framing[i], got);
        cr_expect_null(strstr(got + 1, "HTTP/1."), "%s: %s", framing[i], got);
        close(fd);
    }
    harness_stop(&h, 0);
}

/* One request in its pieces, as they may come; what ends a line, and what is in it. */
static int status_of(const harness *h, const char *bytes, size_t len, size_t piece) {
    static reply r;
    int fd = client_connect(h), on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    for (size_t at = 0; at < len; at += piece) {
        if (!client_send_bytes(fd, bytes + at, len - at < piece ? len - at : piece))
            break;
        if (piece < len)
            usleep(200);
    }
    client_read(fd, &r, false);
    close(fd);
    return r.status;
}

#define REQUEST(text)                                                                                                  \
    { text, sizeof text - 1 }

Test(http, a_line_ends_in_cr_lf_and_holds_no_nul) {
    static const struct {
        const char *bytes;
        size_t len;
    } good[] = {REQUEST("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"),
                REQUEST("GET /hello HTTP/1.1\r\nHost:x\r\nA:\r\nB: \r\nC:  c  \r\nD:\td\r\n\r\n"),
                REQUEST("GET /hello?a=b&c HTTP/1.1\r\nHost: x\r\nCookie: a=b; c=d\r\nE: e\r\nCookie: f=g\r\n\r\n"),
                REQUEST("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\na\nb\n"),
                REQUEST("GET /hello HTTP/1.0\r\nHost: x\r\nConnection: close\r\n\r\n")},
      bad[] = {REQUEST("GET /hello HTTP/1.1\nHost: x\r\n\r\n"),
               REQUEST("GET /hello HTTP/1.1\r\nHost: x\nA: a\r\n\r\n"),
               REQUEST("GET /hello HTTP/1.1\r\nHost: x\r\nA: a\nB: b\r\n\r\n"),
               REQUEST("GET /hello HTTP/1.1\r\nHost: x\r\nA: a\rB: b\r\n\r\n"),
               REQUEST("GET /hello HTTP/1.1\nHost: x\n\n"),
               REQUEST("GET /hello HTTP/1.1\r\nHost: x\r\nA: a\0b\r\nB: b\r\n\r\n"),
               REQUEST("GET /hello HTTP/1.1\r\nHost: x\0.example\r\nB: b\r\n\r\n"),
               REQUEST("GET /hello HTTP/1.1\r\nHost: x\r\nA: a\0b\r\n\r\n"),
               REQUEST("GET /hello HTTP/1.1\r\nHost: x\r\nA: \0\r\nB: b\r\n\r\n"),
               REQUEST("GET /hello HTTP/1.1\r\nHost: x\r\nA: a\0\r\nB: b\r\n\r\n"),
               REQUEST("GET /hello HTTP/1.1\r\nHost: x\r\nA\0: a\r\nB: b\r\n\r\n"),
               REQUEST("GET /hello\0 HTTP/1.1\r\nHost: x\r\n\r\n"),
               REQUEST("GET /hello\0/x HTTP/1.1\r\nHost: x\r\n\r\n"),
               REQUEST("GET /hello?a=\0b HTTP/1.1\r\nHost: x\r\n\r\n"),
               REQUEST("GET /hello HTTP/1.1\0\r\nHost: x\r\n\r\n"),
               REQUEST("GET /hello HTTP/1.1\r\nHost: x\r\nA: a\r\n b\r\nB: b\r\n\r\n"),
               REQUEST("GET /hello HTTP/1.1\r\nHost: x\r\nA: a\n\r\n"),
               REQUEST("POST /echo HTTP/1.1\r\nHost: x\nContent-Length: 0\r\nX: y\r\n\r\n")};
    static const size_t pieces[] = {100000, 1, 7};
    harness h;
    harness_start(&h, NULL);
    for (size_t p = 0; p < sizeof pieces / sizeof *pieces; p++) {
        for (size_t i = 0; i < sizeof good / sizeof *good; i++)
            cr_expect_eq(status_of(&h, good[i].bytes, good[i].len, pieces[p]), 200, "good %zu in pieces of %zu", i,
                         pieces[p]);
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
            cr_expect_eq(status_of(&h, bad[i].bytes, bad[i].len, pieces[p]), 400, "bad %zu in pieces of %zu", i,
                         pieces[p]);
    }
    harness_stop(&h, 0);
}

Test(http, too_many_fields_of_a_query_are_said) {
    static reply r;
    static const struct {
        size_t count;
        int status;
    } rows[] = {{1, 200}, {LIMIT_QUERY_FIELDS, 200}, {LIMIT_QUERY_FIELDS + 1, 400}, {200, 400}, {400, 400}, {600, 400}};
    harness h;
    harness_start(&h, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        buf b;
        buf_init(&b);
        buf_puts(&b, "GET /hello?a=");
        for (size_t k = 1; k < rows[i].count; k++)
            buf_puts(&b, "&b=");
        buf_puts(&b, " HTTP/1.1\r\n" H "\r\n");
        client_ask(&h, b.data, &r);
        cr_expect_eq(r.status, rows[i].status, "%zu: %d", rows[i].count, r.status);
        cr_expect(r.status == 200 || strstr(r.body, "too many fields"), "%zu: %s", rows[i].count, r.body);
        cr_expect(r.status == 200 || reply_has(&r, "Content-Type: application/problem+json"), "%s", r.head);
        buf_release(&b);
    }
    harness_stop(&h, 0);
}

Test(http, answers_are_not_kept_unless_they_say_so) {
    static const char *const requests[] = {HELLO, "GET /nothing HTTP/1.1\r\n" H "\r\n",
                                           "POST /proof HTTP/1.1\r\n" H "X-Proof: bad\r\nContent-Length: 9\r\n\r\n",
                                           "GET /secret HTTP/1.1\r\n" H "\r\n"};
    static reply r;
    harness h;
    harness_start(&h, NULL);
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        client_ask(&h, requests[i], &r);
        cr_expect(reply_has(&r, "Cache-Control: no-store"), "%s: %s", requests[i], r.head);
    }
    harness_stop(&h, 0);
}

Test(http, methods_are_named) {
    static reply r;
    harness h;
    harness_start(&h, NULL);
    client_ask(&h, "POST /hello HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n", &r);
    cr_expect(reply_has(&r, "Allow: GET, HEAD, OPTIONS"), "%s", r.head);
    cr_expect(reply_has(&r, "Content-Type: application/problem+json"));
    client_ask(&h, "GET /echo HTTP/1.1\r\n" H "\r\n", &r);
    cr_expect(reply_has(&r, "Allow: POST, PUT, OPTIONS"), "%s", r.head);
    client_ask(&h, "OPTIONS /echo HTTP/1.1\r\n" H "\r\n", &r);
    cr_expect_eq(r.status, 204);
    cr_expect(reply_has(&r, "Allow: POST, PUT, OPTIONS"), "%s", r.head);
    client_ask(&h, "OPTIONS * HTTP/1.1\r\n" H "\r\n", &r);
    cr_expect_eq(r.status, 204);
    client_ask(&h, "HEAD /hello HTTP/1.1\r\n" H "\r\n", &r);
    cr_expect_eq(r.status, 200);
    cr_expect(reply_has(&r, "Content-Length: 5") && strcasestr(r.head, "\r\nDate: "), "%s", r.head);
    harness_stop(&h, 0);
}

Test(http, pages_carry_the_security_headers) {
    static reply r;
    harness h;
    harness_start(&h, NULL);
    client_ask(&h, "POST /form HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n", &r);
    cr_expect(strcasestr(r.head, "\r\nContent-Security-Policy: default-src 'none';"), "%s", r.head);
    cr_expect(reply_has(&r, "X-Frame-Options: DENY") && reply_has(&r, "Referrer-Policy: no-referrer") &&
              reply_has(&r, "X-Content-Type-Options: nosniff") && reply_has(&r, "Cache-Control: no-store"));
    harness_stop(&h, 0);
}

Test(http, one_connection_carries_many_requests_also_pipelined) {
    static reply r;
    harness h;
    harness_start(&h, NULL);
    int fd = client_connect(&h);
    for (int round = 0; round < 50; round++) {
        client_send(fd, "POST /echo HTTP/1.1\r\n" H "Content-Length: 3\r\n\r\nabc"
                        "GET /nothing HTTP/1.1\r\n" H "\r\n"
                        "POST /nothing HTTP/1.1\r\n" H "Content-Length: 3\r\n\r\nabc"
                        "GET /hello HTTP/1.1\r\n" H "\r\n");
        static const int expected[] = {200, 404, 404, 200};
        for (size_t i = 0; i < 4; i++) {
            client_read(fd, &r, false);
            cr_assert_eq(r.status, expected[i], "round %d, answer %zu: %d", round, i, r.status);
        }
        cr_assert_str_eq(r.body, "hello");
    }
    close(fd);
    harness_stop(&h, 0);
}

Test(http, a_body_may_hold_any_byte) {
    static reply r;
    harness h;
    harness_start(&h, NULL);
    int fd = client_connect(&h);
    client_send(fd, "POST /echo HTTP/1.1\r\n" H "Content-Length: 6\r\n\r\n");
    cr_assert(client_send_bytes(fd, "a\0\xff\r\n\0", 6));
    client_read(fd, &r, false);
    cr_expect_eq(r.body_len, 6);
    cr_expect_arr_eq(r.body, "a\0\xff\r\n\0", 6);
    close(fd);
    harness_stop(&h, 0);
}

static void send_much(int fd, size_t bytes, bool chunked) {
    static char block[64 * 1024];
    memset(block, 'x', sizeof block);
    for (size_t sent = 0; sent < bytes; sent += sizeof block) {
        if (chunked && !client_send_bytes(fd, "10000\r\n", 7))
            return;
        if (!client_send_bytes(fd, block, sizeof block) || (chunked && !client_send_bytes(fd, "\r\n", 2)))
            return;
    }
}

/* A sender that does not look at the answer before it has sent everything must still get it. */
Test(http, forty_megabytes_are_refused_with_a_reason) {
    static reply r;
    harness h;
    harness_start(&h, NULL);
    int fd = client_connect(&h);
    client_send(fd, "POST /echo HTTP/1.1\r\n" H "Content-Length: 41943040\r\n\r\n");
    send_much(fd, 41943040, false);
    client_read(fd, &r, false);
    cr_expect_eq(r.status, 413, "%d", r.status);
    cr_expect(strstr(r.body, "larger than"), "%s", r.body);
    close(fd);

    fd = client_connect(&h);
    client_send(fd, "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n");
    send_much(fd, 41943040, true);
    client_read(fd, &r, false);
    cr_expect_eq(r.status, 413, "chunked: %d", r.status);
    cr_expect(client_at_end(fd));
    close(fd);
    client_ask(&h, "GET /hello HTTP/1.1\r\n" H "\r\n", &r);
    cr_expect_eq(r.status, 200);
    harness_stop(&h, 0);
}

Test(http, bodies_under_way_share_one_bound) {
    static reply r;
    harness h;
    harness_start(&h, &(http_options){.unproven_bodies_bytes = 4 * 100});
    int first = client_connect(&h), second = client_connect(&h);
    client_send(first, "POST /later HTTP/1.1\r\n" H "Content-Length: 80\r\n\r\n"
                       "01234567890123456789012345678901234567890123456789012345678901234567890123456789");
    harness_await_waiting(&h, 1);
    client_send(second, "POST /echo HTTP/1.1\r\n" H "Content-Length: 30\r\n\r\n012345678901234567890123456789");
    client_read(second, &r, false);
    cr_expect_eq(r.status, 503);
    cr_expect(reply_has(&r, "Retry-After: 5"), "%s", r.head);
    harness_complete_all(&h);
    client_read(first, &r, false);
    cr_expect_eq(r.status, 200);
    client_send(first, "POST /echo HTTP/1.1\r\n" H "Content-Length: 30\r\n\r\n012345678901234567890123456789");
    client_read(first, &r, false);
    cr_expect_eq(r.status, 200, "what was counted is given back");
    close(first);
    close(second);
    harness_stop(&h, 0);
}

static void ask_with_headers(const harness *h, size_t count, size_t bytes_each, reply *r) {
    buf b;
    buf_init(&b);
    buf_puts(&b, "GET /hello HTTP/1.1\r\n" H);
    for (size_t i = 0; i < count; i++) {
        buf_printf(&b, "X-%zu: ", i);
        for (size_t k = 0; k < bytes_each; k++)
            buf_putc(&b, 'y');
        buf_puts(&b, "\r\n");
    }
    buf_puts(&b, "\r\n");
    client_ask(h, b.data, r);
    buf_release(&b);
}

Test(http, headers_and_urls_are_bounded) {
    static reply r;
    harness h;
    harness_start(&h, NULL);
    static const struct {
        size_t count, bytes;
        int status;
    } headers[] = {{90, 10, 200},  {1, 8000, 200},  {90, 150, 200}, {LIMIT_HEADERS + 1, 1, 431},
                   {5, 8000, 431}, {1, 200000, 431}};
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        ask_with_headers(&h, headers[i].count, headers[i].bytes, &r);
        cr_expect_eq(r.status, headers[i].status, "%zu headers of %zu bytes: %d", headers[i].count, headers[i].bytes,
                     r.status);
    }
    char *long_url = mem_alloc(LIMIT_URL_BYTES + 200);
    memset(long_url, 'a', LIMIT_URL_BYTES + 100);
    memcpy(long_url, "GET /", 5);
    strcpy(long_url + LIMIT_URL_BYTES + 100, " HTTP/1.1\r\n" H "\r\n");
    client_ask(&h, long_url, &r);
    cr_expect_eq(r.status, 414, "%d", r.status);
    free(long_url);
    harness_stop(&h, 0);
}

/* A byte now and then keeps a connection busy for ever, if only idleness is bounded. */
Test(http, a_request_has_a_deadline) {
    static reply r;
    static const char slow[] = "POST /echo HTTP/1.1\r\n" H "Content-Length: 1000\r\n\r\n";
    harness h;
    harness_start(&h, &(http_options){.request_deadline = 300 * USEC_PER_MS});
    const char *const starts[] = {"", "GET /hel", slow};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        int fd = client_connect(&h);
        client_send(fd, starts[i]);
        bool open = true;
        for (int n = 0; n < 400 && open; n++) {
            open = client_send_bytes(fd, "x", 1);
            usleep(25000);
        }
        cr_expect(!open, "\"%s\" and a byte now and then is still open", starts[i]);
        close(fd);
        fd = client_connect(&h);
        client_send(fd, starts[i]);
        client_read(fd, &r, false);
        cr_expect_eq(r.status, 408, "%s: %d", starts[i], r.status);
        cr_expect(client_at_end(fd));
        close(fd);
    }
    harness_stop(&h, 0);
}

Test(http, a_suspended_request_has_no_deadline_of_ours) {
    static reply r;
    harness h;
    harness_start(&h, &(http_options){.request_deadline = 100 * USEC_PER_MS, .idle_timeout = USEC_PER_SECOND});
    int fd = client_connect(&h);
    client_send(fd, "POST /later HTTP/1.1\r\n" H "Content-Length: 1\r\n\r\nx");
    harness_await_waiting(&h, 1);
    usleep(1500000);
    harness_complete_all(&h);
    client_read(fd, &r, false);
    cr_expect_eq(r.status, 200);
    cr_expect(client_at_end(fd), "an idle connection is closed");
    close(fd);
    harness_stop(&h, 0);
}
