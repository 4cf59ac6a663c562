/* /-/healthy on a real server: with several loops one that lives must answer for one that hangs. */
#include "app/api.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int ask(int port) {
    static const char request[] = "GET /-/healthy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    char head[64] = "";
    int status = 0;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    cr_assert_eq(send(fd, request, sizeof request - 1, MSG_NOSIGNAL), (ssize_t)sizeof request - 1);
    cr_assert_gt(recv(fd, head, sizeof head - 1, MSG_WAITALL), 0);
    cr_assert_eq(sscanf(head, "HTTP/1.1 %d", &status), 1, "%s", head);
    close(fd);
    return status;
}

Test(healthy, one_loop_answers_for_another_that_hangs) {
    app a = {.clock = clock_system()};
    err e = {0};
    http_options options = {.host = "127.0.0.1", .loops = 2, .app = &a, .clock = a.clock};
    options.routes = app_routes(&options.route_count);
    a.http = http_start(&options, &e);
    cr_assert(a.http, "%s", e.text);
    cr_expect_eq(ask(http_port(a.http)), 200);
    atomic_store(&a.loop_hangs, true);
    cr_expect_eq(ask(http_port(a.http)), 503);
    atomic_store(&a.loop_hangs, false);
    cr_expect_eq(ask(http_port(a.http)), 200);
    http_stop(a.http, 0);
}
