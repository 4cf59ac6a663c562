/* Sink: answers every POST with 200 and notes when each number was first seen.
 *
 *   sink MAX STAMPS-FILE     prints `port P`; on SIGTERM writes the stamps (int64 nanoseconds by number, 0: never)
 *
 * A number is the ten digits behind "bench-" anywhere in a body, as load.c writes them. GET answers the counts as JSON.
 * The difficulty: Alertmanager puts many alerts into one body and each number several times; all are looked for, and
 * the first time counts. */
#include "wire.h"

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS_AT_ONCE = 256, FIRST_BUFFER = 64 * 1024 };

typedef struct peer {
    int fd;
    char *bytes;
    size_t len, cap;
} peer;

typedef struct sink {
    int epoll, listener, signals;
    int64_t max, distinct, requests, last;
    int64_t *stamps;
    const char *path;
} sink;

static void note_numbers(sink *s, const char *body, size_t len) {
    static const char mark[] = "bench-";
    const char *end = body + len;
    const int64_t now = clock_ns();
    s->requests++;
    for (const char *at = body; (at = memmem(at, (size_t)(end - at), mark, sizeof mark - 1)) != NULL;) {
        at += sizeof mark - 1;
        int64_t number = 0;
        if (!read_digits(at, end, &number) || number >= s->max || s->stamps[number] != 0)
            continue;
        s->stamps[number] = s->last = now;
        s->distinct++;
    }
}

static void send_all(peer *p, const char *text, size_t len) {
    if (send(p->fd, text, len, MSG_NOSIGNAL) != (ssize_t)len)
        fprintf(stderr, "sink: an answer was not taken\n");
}

static void answer_post(peer *p) {
    static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok";
    send_all(p, ok, sizeof ok - 1);
}

static void answer_counts(const sink *s, peer *p) {
    char body[160], head[320];
    snprintf(body, sizeof body, "{\"distinct\":%lld,\"requests\":%lld,\"last_ns\":%lld}", (long long)s->distinct,
             (long long)s->requests, (long long)s->last);
    const int len =
        snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n\r\n%s",
                 strlen(body), body);
    send_all(p, head, (size_t)len);
}

static void close_peer(peer *p) {
    close(p->fd);
    free(p->bytes);
    free(p);
}

/* Takes every whole request from the front of what has arrived. */
static void take_requests(sink *s, peer *p) {
    size_t used = 0;
    for (size_t body_len = 0, head_len; (head_len = head_length(p->bytes + used, p->len - used, &body_len)) > 0;) {
        if (p->len - used < head_len + body_len)
            break;
        const bool is_post = memcmp(p->bytes + used, "POST", 4) == 0;
        if (is_post) {
            note_numbers(s, p->bytes + used + head_len, body_len);
            answer_post(p);
        } else {
            answer_counts(s, p);
        }
        used += head_len + body_len;
    }
    memmove(p->bytes, p->bytes + used, p->len - used);
    p->len -= used;
}

static void make_room(peer *p) {
    if (p->cap - p->len > FIRST_BUFFER / 2)
        return;
    p->cap = p->cap == 0 ? FIRST_BUFFER : p->cap * 2;
    p->bytes = realloc(p->bytes, p->cap);
    if (p->bytes == NULL)
        die("realloc");
}

static void read_peer(sink *s, peer *p) {
    for (;;) {
        make_room(p);
        const ssize_t n = recv(p->fd, p->bytes + p->len, p->cap - p->len, 0);
        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0) {
            close_peer(p);
            return;
        }
        p->len += (size_t)n;
        take_requests(s, p);
        if (p->len == 0)
            return; /* whole requests: what comes after them wakes us again */
    }
}

static void accept_peers(sink *s) {
    for (int fd; (fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
        peer *p = calloc(1, sizeof *p);
        if (p == NULL)
            die("calloc");
        p->fd = fd;
        set_nodelay(fd);
        watch(s->epoll, fd, EPOLLIN | EPOLLET, p);
    }
}

static void listen_anywhere(sink *s) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (s->listener < 0 || bind(s->listener, (struct sockaddr *)&address, len) != 0 || listen(s->listener, 4096) != 0 ||
        getsockname(s->listener, (struct sockaddr *)&address, &len) != 0)
        die("listen");
    watch(s->epoll, s->listener, EPOLLIN, &s->listener);
    printf("port %d\n", ntohs(address.sin_port));
    fflush(stdout);
}

static void take_signals(sink *s) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0 || (s->signals = signalfd(-1, &set, 0)) < 0)
        die("signals");
    watch(s->epoll, s->signals, EPOLLIN, &s->signals);
}

static void serve(sink *s) {
    struct epoll_event events[EVENTS_AT_ONCE];
    for (;;) {
        const int n = epoll_wait(s->epoll, events, EVENTS_AT_ONCE, -1);
        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr == &s->signals)
                return;
            if (events[i].data.ptr == &s->listener)
                accept_peers(s);
            else
                read_peer(s, events[i].data.ptr);
        }
    }
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: sink MAX STAMPS-FILE\n");
        return 2;
    }
    sink s = {.max = int_from_text(argv[1], "MAX"), .path = argv[2], .epoll = epoll_create1(0)};
    s.stamps = calloc((size_t)s.max, sizeof *s.stamps);
    if (s.epoll < 0 || s.stamps == NULL)
        die("start");
    take_signals(&s);
    listen_anywhere(&s);
    serve(&s);
    FILE *file = fopen(s.path, "wb");
    if (file == NULL || fwrite(s.stamps, sizeof *s.stamps, (size_t)s.max, file) != (size_t)s.max || fclose(file) != 0)
        die(s.path);
    free(s.stamps);
    return 0;
}
