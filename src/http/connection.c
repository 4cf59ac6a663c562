/* Owns connections: who is at the other end, deadlines, and ending one amid a request. Leaves requests to dispatch.c.
 * The difficulty: MHD can neither bound a whole request's time nor answer amid a body, so both are done on its socket:
 * a short answer is sent past it, and the socket is kept open (lingering) until the peer has read it, because closing a
 * socket with unread input makes the kernel throw the answer away. */
#include "http/server.h"

#include "onus/limits.h"
#include "onus/text.h"

#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static const usec reserved_time = LIMIT_RESERVED_SECONDS * USEC_PER_SECOND;
static const usec linger_time = 2 * USEC_PER_SECOND;

http_connection *connection_of(struct MHD_Connection *mhd) {
    return MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

static void connection_open(http_loop *l, struct MHD_Connection *mhd, void **context) {
    http_server *s = l->server;
    http_connection *c = mem_zalloc(1, sizeof *c);
    c->loop = l;
    c->mhd = mhd;
    c->fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    c->reading = true;
    c->seat = l->offered->seat;
    c->deadline = server_now(s) + (c->seat.reserved ? reserved_time : s->options.request_deadline);
    c->next = l->connections;
    if (c->next)
        c->next->previous = c;
    l->connections = c;
    l->offered = NULL;
    *context = c;
}

static void connection_close(http_loop *l, http_connection *c) {
    if (c->exchange)
        exchange_release(c->exchange);
    if (c->next)
        c->next->previous = c->previous;
    if (c->previous)
        c->previous->next = c->next;
    else
        l->connections = c->next;
    seat_give_back(l, &c->seat);
    free(c);
    accept_resume(l);
}

void connection_notify(void *loop, struct MHD_Connection *mhd, void **context,
                       enum MHD_ConnectionNotificationCode code) {
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        connection_open(loop, mhd, context);
    else
        connection_close(loop, *context);
}

static void linger(http_loop *l, int socket_fd) {
    size_t i = 0;
    while (i < LINGERING_MAX && l->lingering[i].fd >= 0)
        i++;
    int fd = i < LINGERING_MAX ? fcntl(socket_fd, F_DUPFD_CLOEXEC, 0) : -1;
    if (fd < 0)
        return; /* then the peer may miss the answer, no more */
    struct epoll_event wanted = {.events = EPOLLIN | EPOLLRDHUP, .data.u64 = WATCH_LINGERING + i};
    if (epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, fd, &wanted) != 0) {
        close(fd);
        return;
    }
    l->lingering[i] = (lingering){.fd = fd, .until = server_now(l->server) + linger_time};
}

static void linger_end(http_loop *l, lingering *one) {
    /* A duplicate of the descriptor may still be MHD's: closing alone would leave it in the set. */
    (void)epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, one->fd, NULL);
    close(one->fd);
    one->fd = -1;
}

void lingering_read(http_loop *l, size_t index) {
    char bytes[16 * 1024];
    lingering *one = &l->lingering[index];
    if (one->fd < 0)
        return;
    ssize_t got = recv(one->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    one->bytes += got > 0 ? (size_t)got : 0;
    if (got == 0 || one->bytes > LINGERING_BYTES_MAX)
        linger_end(l, one);
}

void lingering_tick(http_loop *l, usec now, bool all) {
    for (size_t i = 0; i < LINGERING_MAX; i++)
        if (l->lingering[i].fd >= 0 && (all || now >= l->lingering[i].until))
            linger_end(l, &l->lingering[i]);
}

static void cut(http_connection *c, int status, const char *text) {
    /* A peer whose window is full gets no answer; it does not read anyway. */
    ssize_t sent = send(c->fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0)
        linger(c->loop, c->fd);
    c->reading = false;
    if (c->exchange)
        c->exchange->response.status = status;
}

void connection_cut(http_connection *c, const refusal *why) {
    arena *a = arena_new();
    cut(c, why->status, refusal_print(a, why));
    arena_free(a);
}

void connection_end(http_connection *c, const refusal *why) {
    connection_cut(c, why);
    shutdown(c->fd, SHUT_WR); /* what MHD is about to send goes nowhere */
}

void connection_cut_with(http_connection *c, const http_response *r) {
    arena *a = arena_new();
    cut(c, r->status, response_print(a, r));
    arena_free(a);
}

void newcomer_refuse(http_loop *l, int fd, const refusal *why) {
    arena *a = arena_new();
    const char *text = refusal_print(a, why);
    if (send(fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL) > 0 && shutdown(fd, SHUT_WR) == 0)
        linger(l, fd);
    close(fd);
    arena_free(a);
}

bool connections_displace(http_loop *l, const ip_address *address) {
    http_connection *oldest = NULL;
    bool is_own = false;
    for (http_connection *c = l->connections; c; c = c->next) { /* the newest first */
        bool own = memcmp(&c->seat.peer, address, sizeof *address) == 0;
        if (!c->seat.reserved || !c->reading || (is_own && !own))
            continue;
        oldest = c;
        is_own = own;
    }
    if (!oldest)
        return false;
    seat_give_back(l, &oldest->seat);
    atomic_fetch_add(&l->seats, 1); /* until MHD has closed it */
    oldest->seat = (seat){.peer = oldest->seat.peer};
    oldest->reading = false;
    shutdown(oldest->fd, SHUT_RDWR);
    return true;
}

static bool has_bad_length(struct MHD_Connection *mhd) {
    const char *length = MHD_lookup_connection_value(mhd, MHD_HEADER_KIND, "Content-Length");
    int64_t value;
    err e;
    return length && !text_to_int(length, 0, INT64_MAX, "Content-Length", &value, &e);
}

/* The log does not say whose it is; every request that has such a length and waits for its headers deserves the same.
 */
void connections_refuse_bad_lengths(void *loop, const char *format, va_list args) {
    static const refusal wrong = {.status = 400, .detail = "Content-Length is not a number", .cut = true};
    const http_loop *l = loop;
    (void)format, (void)args;
    for (http_connection *c = l->connections; c; c = c->next) {
        bool at_headers = c->reading && c->exchange && c->exchange->stage == EXCHANGE_NEW;
        if (!at_headers || !has_bad_length(c->mhd))
            continue;
        connection_end(c, &wrong);
    }
}

void connections_tick(http_loop *l, usec now) {
    static const refusal late = {.status = 408, .detail = "the request took too long to arrive", .cut = true};
    for (http_connection *c = l->connections; c; c = c->next) {
        if (c->deadline == 0 || now < c->deadline)
            continue;
        c->deadline = 0;
        if (c->reading)
            connection_cut(c, &late);
        shutdown(c->fd, SHUT_RDWR); /* MHD sees the end and closes */
    }
}
