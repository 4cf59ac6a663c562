#include "unit/http/harness.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

/* ── routes ── */

static bool hello(void *app, void *worker, http_exchange *x, http_response *r) {
    (void)app, (void)worker;
    http_respond_text(x, r, 200, "hello");
    return true;
}

static bool echo(void *app, void *worker, http_exchange *x, http_response *r) {
    (void)app, (void)worker;
    *r = (http_response){.status = 200, .content_type = "application/octet-stream"};
    r->body = http_body(x, &r->body_len);
    return true;
}

static bool item(void *app, void *worker, http_exchange *x, http_response *r) {
    (void)app, (void)worker;
    const char *q[4];
    size_t count = http_query_all(x, "q", q, 4);
    http_respond_text(x, r, 200,
                      arena_printf(http_arena(x), "%s|%s|%s|%zu|%s", http_path_param(x, "id"),
                                   http_path_param(x, "verb"), http_path(x), count, count ? q[count - 1] : ""));
    return true;
}

static bool who(void *app, void *worker, http_exchange *x, http_response *r) {
    (void)app, (void)worker;
    http_respond_text(x, r, 200, arena_printf(http_arena(x), "%d %s", http_is_local(x), http_client(x)));
    return true;
}

static bool form(void *app, void *worker, http_exchange *x, http_response *r) {
    (void)app, (void)worker;
    const char *note = http_form(x, "note");
    http_respond_html(x, r, 200, note ? note : "none");
    return true;
}

static bool later(void *app, void *worker, http_exchange *x, http_response *r) {
    harness *h = app;
    (void)worker, (void)r;
    pthread_mutex_lock(&h->lock);
    h->waiting[h->waiting_count++] = x;
    pthread_cond_broadcast(&h->changed);
    pthread_mutex_unlock(&h->lock);
    return false;
}

static bool gate(void *app, void *worker, http_exchange *x, http_response *r) {
    harness *h = app;
    (void)worker;
    pthread_mutex_lock(&h->lock);
    h->at_the_gate++;
    pthread_cond_broadcast(&h->changed);
    while (!h->gate_open)
        pthread_cond_wait(&h->changed, &h->lock);
    h->at_the_gate--;
    pthread_mutex_unlock(&h->lock);
    http_respond_text(x, r, 200, "through");
    return true;
}

/* Which thread serves it, and with which scratch. */
static bool thread_page(void *app, void *worker, http_exchange *x, http_response *r) {
    (void)app, (void)worker;
    http_respond_text(x, r, 200, arena_printf(http_arena(x), "%d %p", (int)gettid(), (void *)http_scratch(x)));
    return true;
}

static bool secret_page(void *app, void *worker, http_exchange *x, http_response *r) {
    (void)app;
    http_respond_text(x, r, 200,
                      arena_printf(http_arena(x), "%s %d %s", http_user(x), (int)http_role(x), (char *)worker));
    return true;
}

/* "X-Proof: good", "bad", or none. */
static http_admission admit(void *app, http_exchange *x, http_response *r) {
    (void)app;
    const char *proof = http_header(x, "X-Proof");
    if (!proof)
        return HTTP_UNPROVEN;
    if (strcmp(proof, "good") == 0)
        return HTTP_PROVEN;
    http_respond_problem(x, r, 401, "bad proof");
    http_add_header(x, r, "WWW-Authenticate", "Proof");
    return HTTP_REFUSED;
}

static const http_route routes[] = {
    {"GET", "/", HTTP_ON_LOOP, 0, API_ROLE_NONE, "", hello},
    {"GET", "/hello", HTTP_ON_LOOP, 0, API_ROLE_NONE, "", hello},
    {"POST", "/echo", HTTP_ON_LOOP, 1024 * 1024, API_ROLE_NONE, "", echo},
    {"PUT", "/echo", HTTP_ON_LOOP, 16, API_ROLE_NONE, "", echo},
    {"GET", "/items/{id}/{verb}", HTTP_ON_LOOP, 0, API_ROLE_NONE, "", item},
    {"GET", "/who", HTTP_ON_LOOP, 0, API_ROLE_NONE, "", who},
    {"POST", "/form", HTTP_ON_LOOP, 4096, API_ROLE_NONE, "", form},
    {"POST", "/later", HTTP_ON_LOOP, 4096, API_ROLE_NONE, "", later},
    {"POST", "/proof", HTTP_ON_LOOP, 1024 * 1024, API_ROLE_NONE, "", echo, admit},
    {"POST", "/proof/later", HTTP_ON_LOOP, 1024 * 1024, API_ROLE_NONE, "", later, admit},
    {"GET", "/probe", HTTP_ON_LOOP, 0, API_ROLE_NONE, "", hello, .reserved = true},
    {"GET", "/probe/gate", HTTP_ON_WORKER, 0, API_ROLE_NONE, "", gate, .reserved = true},
    {"POST", "/viewers", HTTP_ON_WORKER, 1024 * 1024, API_ROLE_VIEWER, "", echo},
    {"GET", "/thread", HTTP_ON_LOOP, 0, API_ROLE_NONE, "", thread_page},
    {"GET", "/hang", HTTP_ON_LOOP, 0, API_ROLE_NONE, "", gate},
    {"GET", "/gate", HTTP_ON_WORKER, 0, API_ROLE_NONE, "", gate},
    {"GET", "/secret", HTTP_ON_WORKER, 0, API_ROLE_VIEWER, "", secret_page},
    {"POST", "/secret", HTTP_ON_WORKER, 64, API_ROLE_ADMIN, "", secret_page},
};

static bool authorize(void *app, void *worker, http_exchange *x, const char *bearer, api_role *role, const char **user,
                      err *e) {
    (void)app, (void)worker;
    if (strcmp(bearer, "away") == 0)
        return err_set(e, ERR_UNAVAILABLE, "the database is away");
    if (*bearer && strcmp(bearer, "good") != 0)
        return err_set(e, ERR_DENIED, "no such token");
    *role = *bearer ? API_ROLE_VIEWER : API_ROLE_NONE;
    *user = *bearer ? arena_strdup(http_arena(x), "ada") : "";
    return true;
}

static void finished(void *app, const http_route *matched, const char *method, int status, usec took, size_t body_in) {
    harness *h = app;
    (void)matched, (void)method, (void)took, (void)body_in;
    pthread_mutex_lock(&h->lock);
    h->finished++;
    h->last_status = status;
    pthread_mutex_unlock(&h->lock);
}

static void *worker_start(void *app) {
    (void)app;
    return strdup("worker");
}

static void worker_stop(void *app, void *worker) {
    (void)app;
    free(worker);
}

/* ── the server ── */

void harness_start(harness *h, const http_options *o) {
    err e = {0};
    *h = (harness){.gate_open = false};
    pthread_mutex_init(&h->lock, NULL);
    pthread_cond_init(&h->changed, NULL);
    http_options options = o ? *o : (http_options){0};
    options.host = options.host ? options.host : "127.0.0.1";
    options.routes = routes;
    options.route_count = sizeof routes / sizeof *routes;
    options.workers = options.workers ? options.workers : 2;
    options.app = h;
    options.worker_start = worker_start;
    options.worker_stop = worker_stop;
    options.authorize = authorize;
    options.finished = finished;
    options.clock = options.clock.now ? options.clock : clock_system();
    h->server = http_start(&options, &e);
    cr_assert(h->server, "%s", e.text);
    h->port = http_port(h->server);
    cr_assert(h->port > 0);
}

void harness_stop(harness *h, usec grace) {
    http_stop(h->server, grace);
    pthread_mutex_destroy(&h->lock);
    pthread_cond_destroy(&h->changed);
}

static void await_count(harness *h, const size_t *counter, size_t count) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 10;
    pthread_mutex_lock(&h->lock);
    int why = 0;
    while (*counter < count && why == 0)
        why = pthread_cond_timedwait(&h->changed, &h->lock, &until);
    size_t got = *counter;
    pthread_mutex_unlock(&h->lock);
    cr_assert(got >= count, "%zu of %zu requests came", got, count);
}

void harness_await_waiting(harness *h, size_t count) {
    await_count(h, &h->waiting_count, count);
}

void harness_await_gate(harness *h, size_t count) {
    await_count(h, &h->at_the_gate, count);
}

void harness_open_gate(harness *h) {
    pthread_mutex_lock(&h->lock);
    h->gate_open = true;
    pthread_cond_broadcast(&h->changed);
    pthread_mutex_unlock(&h->lock);
}

size_t harness_complete_all(harness *h) {
    http_exchange *all[WAITING_MAX];
    pthread_mutex_lock(&h->lock);
    size_t count = h->waiting_count;
    memcpy(all, h->waiting, count * sizeof *all);
    h->waiting_count = 0;
    pthread_mutex_unlock(&h->lock);
    for (size_t i = 0; i < count; i++) {
        char text[] = "done"; /* gone after the call: the response must have been copied */
        http_response r = {.status = 200, .content_type = "text/plain", .body = text, .body_len = 4};
        http_complete(all[i], &r);
        memset(text, 'x', sizeof text);
    }
    return count;
}

void *harness_complete_as_they_come(void *completer) {
    harness_completer *c = completer;
    while (c->left > 0)
        c->left -= harness_complete_all(c->h);
    return NULL;
}

/* ── the client ── */

/* -1 with errno set */
static int connect_to(int port, const char *from) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)}, own = {.sin_family = AF_INET};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert(inet_pton(AF_INET, from, &own.sin_addr) == 1);
    if (fd < 0 || bind(fd, (struct sockaddr *)&own, sizeof own) != 0)
        return -1;
    if (connect(fd, (struct sockaddr *)&at, sizeof at) == 0)
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

int client_connect(const harness *h) {
    return client_connect_from(h, "127.0.0.1");
}

int client_connect_from(const harness *h, const char *address) {
    int fd = connect_to(h->port, address);
    cr_assert(fd >= 0, "connect: %s", strerror(errno));
    return fd;
}

bool client_is_accepted(const harness *h) {
    int fd = connect_to(h->port, "127.0.0.1");
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

bool client_send_bytes(int fd, const void *bytes, size_t len) {
    const char *at = bytes;
    while (len > 0) {
        ssize_t sent = send(fd, at, len, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        at += sent;
        len -= (size_t)sent;
    }
    return true;
}

void client_send(int fd, const char *text) {
    (void)client_send_bytes(fd, text, strlen(text));
}

static ssize_t read_some(int fd, char *to, size_t size) {
    struct pollfd p = {.fd = fd, .events = POLLIN};
    if (poll(&p, 1, 5000) != 1)
        return -1;
    return recv(fd, to, size, 0);
}

static bool read_head(int fd, reply *r) {
    size_t len = 0;
    while (len < sizeof r->head - 1) {
        if (read_some(fd, r->head + len, 1) != 1)
            return false;
        r->head[++len] = '\0';
        if (len >= 4 && strcmp(r->head + len - 4, "\r\n\r\n") == 0)
            return sscanf(r->head, "HTTP/1.1 %d", &r->status) == 1;
    }
    return false;
}

void client_read(int fd, reply *r, bool head_only) {
    *r = (reply){0};
    if (!read_head(fd, r)) {
        r->status = 0;
        return;
    }
    if (r->status == 100) {
        client_read(fd, r, head_only);
        return;
    }
    const char *length = strcasestr(r->head, "\r\nContent-Length:");
    size_t wanted = length && !head_only ? strtoul(length + 17, NULL, 10) : 0;
    cr_assert(wanted < sizeof r->body);
    while (r->body_len < wanted) {
        ssize_t got = read_some(fd, r->body + r->body_len, wanted - r->body_len);
        if (got <= 0)
            break;
        r->body_len += (size_t)got;
    }
    r->body[r->body_len] = '\0';
}

bool client_at_end(int fd) {
    char c;
    ssize_t got = read_some(fd, &c, 1);
    return got == 0 || (got < 0 && errno == ECONNRESET);
}

void client_ask(const harness *h, const char *request, reply *r) {
    int fd = client_connect(h);
    client_send(fd, request);
    client_read(fd, r, strncmp(request, "HEAD", 4) == 0);
    close(fd);
}

bool reply_has(const reply *r, const char *header_line) {
    size_t len = strlen(header_line);
    for (const char *at = strstr(r->head, "\r\n"); at; at = strstr(at, "\r\n")) {
        at += 2;
        if (strncasecmp(at, header_line, len) == 0 && at[len] == '\r')
            return true;
    }
    return false;
}
