/* Load generator: posts one body over and over on keep-alive connections, with a number that changes.
 *
 *   load --port P --path /x --body FILE --count N [--connections C] [--rate R] [--modulo M] [--from K] [--stamps FILE]
 *
 * In the body, @@@@@@@@@@ becomes the request's number and ########## the number modulo M. With --rate, request k is
 * due at start + k / R and its latency counts from then, even when every connection was busy: a slow server cannot hide
 * behind a generator that waits for it. --stamps keeps the due times (int64 nanoseconds by number - K), for whoever
 * knows when the page arrived. Prints one JSON line.
 *
 * The difficulty: it must cost far less than what it measures, so each connection has its request ready and only digits
 * are rewritten. */
#include "wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { HOLES_MAX = 32, REPLY_MAX = 64 * 1024, CONNECTIONS_MAX = 4096, EVENTS_AT_ONCE = 256 };

typedef struct hole {
    size_t at;   /* in the request */
    bool folded; /* modulo */
} hole;

typedef struct connection {
    int fd;
    char *request;
    size_t sent;
    char reply[REPLY_MAX];
    size_t got;
    int64_t number; /* under way; -1: idle */
} connection;

typedef struct load {
    int port, epoll;
    const char *path, *body_path, *stamps_path;
    int64_t count, connection_count, rate, modulo, from;
    char *request; /* the pattern */
    size_t request_len;
    hole holes[HOLES_MAX];
    size_t hole_count;
    connection *connections;
    connection **idle;
    size_t idle_count;
    int64_t next, done, bad, started, ended;
    int64_t *due, *took; /* by number - from */
} load;

static char *read_file(const char *path, size_t *len) {
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        die(path);
    char *bytes = malloc(1 << 20);
    *len = bytes == NULL ? 0 : fread(bytes, 1, (1 << 20) - 1, file);
    if (bytes == NULL || ferror(file))
        die(path);
    fclose(file);
    bytes[*len] = '\0';
    return bytes;
}

static void find_holes(load *l, const char *mark, bool folded) {
    for (char *at = strstr(l->request, mark); at != NULL; at = strstr(at + DIGITS, mark)) {
        if (l->hole_count == HOLES_MAX)
            die("too many numbers in the body");
        l->holes[l->hole_count++] = (hole){(size_t)(at - l->request), folded};
    }
}

static void make_request(load *l) {
    size_t body_len = 0;
    char *body = read_file(l->body_path, &body_len);
    const int len = asprintf(&l->request,
                             "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\n"
                             "Content-Length: %zu\r\n\r\n%s",
                             l->path, l->port, body_len, body);
    if (len < 0)
        die("asprintf");
    l->request_len = (size_t)len;
    free(body);
    find_holes(l, "@@@@@@@@@@", false);
    find_holes(l, "##########", true);
}

static void open_connection(load *l, connection *c) {
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)l->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (c->fd < 0 || connect(c->fd, (const struct sockaddr *)&address, sizeof address) != 0)
        die("connect");
    set_nonblocking(c->fd);
    set_nodelay(c->fd);
    c->request = malloc(l->request_len);
    if (c->request == NULL)
        die("malloc");
    memcpy(c->request, l->request, l->request_len);
    c->number = -1;
    watch(l->epoll, c->fd, EPOLLIN | EPOLLOUT | EPOLLET, c);
    l->idle[l->idle_count++] = c;
}

static void send_more(load *l, connection *c) {
    while (c->number >= 0 && c->sent < l->request_len) {
        const ssize_t n = send(c->fd, c->request + c->sent, l->request_len - c->sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0)
            die("send");
        c->sent += (size_t)n;
    }
}

static void start_request(load *l, connection *c, int64_t due) {
    const int64_t number = l->from + l->next;
    for (size_t i = 0; i < l->hole_count; i++)
        put_digits(c->request + l->holes[i].at, l->holes[i].folded ? number % l->modulo : number);
    l->due[l->next] = due;
    c->number = l->next++;
    c->sent = c->got = 0;
    send_more(l, c);
}

/* Starts what is due; returns how long to wait, in nanoseconds; -1: until something arrives. */
static int64_t start_due(load *l) {
    while (l->next < l->count && l->idle_count > 0) {
        const int64_t now = clock_ns();
        const int64_t due = l->rate == 0 ? now : l->started + l->next * 1000000000 / l->rate;
        if (due > now)
            return due - now;
        start_request(l, l->idle[--l->idle_count], due);
    }
    return -1;
}

static void finish_request(load *l, connection *c) {
    l->ended = clock_ns();
    l->took[c->number] = l->ended - l->due[c->number];
    l->bad += memcmp(c->reply, "HTTP/1.1 2", 10) != 0;
    l->done++;
    c->number = -1;
    l->idle[l->idle_count++] = c;
}

static void read_reply(load *l, connection *c) {
    for (;;) {
        const ssize_t n = recv(c->fd, c->reply + c->got, REPLY_MAX - c->got, 0);
        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0)
            die(n == 0 ? "the server closed a connection" : "recv");
        c->got += (size_t)n;
        size_t body_len = 0;
        const size_t head_len = head_length(c->reply, c->got, &body_len);
        if (c->number >= 0 && head_len > 0 && c->got >= head_len + body_len) {
            finish_request(l, c);
            return; /* nothing more comes before the next request */
        }
    }
}

static void run(load *l) {
    struct epoll_event events[EVENTS_AT_ONCE];
    l->started = clock_ns();
    while (l->done < l->count) {
        const int64_t wait = start_due(l);
        const struct timespec span = {wait / 1000000000, wait % 1000000000};
        const int n = epoll_pwait2(l->epoll, events, EVENTS_AT_ONCE, wait < 0 ? NULL : &span, NULL);
        if (n < 0 && errno != EINTR)
            die("epoll_pwait2");
        for (int i = 0; i < n; i++) {
            if (events[i].events & EPOLLOUT)
                send_more(l, events[i].data.ptr);
            if (events[i].events & EPOLLIN)
                read_reply(l, events[i].data.ptr);
        }
    }
}

static int by_size(const void *a, const void *b) {
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void report(load *l) {
    const double seconds = (double)(l->ended - l->started) / 1e9;
    if (l->stamps_path != NULL) {
        FILE *file = fopen(l->stamps_path, "wb");
        if (file == NULL || fwrite(l->due, sizeof *l->due, (size_t)l->count, file) != (size_t)l->count ||
            fclose(file) != 0)
            die(l->stamps_path);
    }
    qsort(l->took, (size_t)l->count, sizeof *l->took, by_size);
    printf("{\"count\":%lld,\"bad\":%lld,\"seconds\":%.3f,\"per_second\":%.0f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,"
           "\"started_ns\":%lld}\n",
           (long long)l->count, (long long)l->bad, seconds, (double)l->count / seconds,
           (double)l->took[l->count / 2] / 1e6, (double)l->took[l->count * 99 / 100] / 1e6, (long long)l->started);
}

static void set_option(load *l, int name, const char *value) {
    switch (name) {
    case 'p':
        l->port = (int)int_from_text(value, "--port");
        return;
    case 'u':
        l->path = value;
        return;
    case 'b':
        l->body_path = value;
        return;
    case 's':
        l->stamps_path = value;
        return;
    case 'n':
        l->count = int_from_text(value, "--count");
        return;
    case 'c':
        l->connection_count = int_from_text(value, "--connections");
        return;
    case 'r':
        l->rate = int_from_text(value, "--rate");
        return;
    case 'm':
        l->modulo = int_from_text(value, "--modulo");
        return;
    case 'f':
        l->from = int_from_text(value, "--from");
        return;
    default:
        exit(2);
    }
}

static void read_options(load *l, int argc, char **argv) {
    static const struct option names[] = {{"port", 1, NULL, 'p'},        {"path", 1, NULL, 'u'},
                                          {"body", 1, NULL, 'b'},        {"count", 1, NULL, 'n'},
                                          {"connections", 1, NULL, 'c'}, {"rate", 1, NULL, 'r'},
                                          {"modulo", 1, NULL, 'm'},      {"from", 1, NULL, 'f'},
                                          {"stamps", 1, NULL, 's'},      {0}};
    for (int name; (name = getopt_long(argc, argv, "", names, NULL)) != -1;)
        set_option(l, name, optarg);
    if (l->port == 0 || l->path == NULL || l->body_path == NULL || l->count == 0 || l->modulo == 0 ||
        l->connection_count < 1 || l->connection_count > CONNECTIONS_MAX) {
        fprintf(stderr, "usage: see the head of load.c\n");
        exit(2);
    }
}

int main(int argc, char **argv) {
    load l = {.connection_count = 64, .modulo = 1};
    read_options(&l, argc, argv);
    make_request(&l);
    l.epoll = epoll_create1(0);
    l.connections = calloc((size_t)l.connection_count, sizeof *l.connections);
    l.idle = calloc((size_t)l.connection_count, sizeof *l.idle);
    l.due = calloc((size_t)l.count, sizeof *l.due);
    l.took = calloc((size_t)l.count, sizeof *l.took);
    if (l.epoll < 0 || l.connections == NULL || l.idle == NULL || l.due == NULL || l.took == NULL)
        die("start");
    for (int64_t i = 0; i < l.connection_count; i++)
        open_connection(&l, &l.connections[i]);
    run(&l);
    report(&l);
    return l.bad == 0 ? 0 : 1;
}
