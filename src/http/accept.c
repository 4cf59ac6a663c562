/* Owns who gets a new connection, and a seat for it: one address may hold only its share, and some seats are kept for
 * links and probes. All loops watch the one listening socket; whichever looks first takes what waits there and gives
 * each connection to the loop with the fewest, where it stays. Senders keep their connections for hours, so that a loop
 * which once took too many would be the slow one for as long.
 *
 * The difficulty: nobody may be given to a loop that hangs, and no loop may spin on a socket that it cannot serve: when
 * there is no room (the limit of connections, or of descriptors), it looks away until a connection has ended or the
 * next tick. */
#include "http/server.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { AT_ONCE = 64 }; /* then the loop's own connections have their turn */

static const usec turn_is_long = 50 * USEC_PER_MS; /* for a loop whose handlers do not block */

/* Only who holds `accepting` adds any, so there are never more than the limits. */
static size_t ordinary_taken(const http_server *s) {
    size_t taken = 0;
    for (size_t i = 0; i < s->loop_count; i++)
        taken += atomic_load(&s->loops[i].seats);
    size_t reserved = atomic_load(&s->reserved_seats);
    return taken > reserved ? taken - reserved : 0;
}

static bool has_ordinary_room(const http_server *s) {
    return ordinary_taken(s) < s->options.connections - s->options.reserved_connections;
}

static bool take_ordinary_seat(http_server *s, seat *which) {
    const http_options *o = &s->options;
    which->counted = !client_is_trusted(o, &which->peer);
    return has_ordinary_room(s) &&
           (!which->counted || peers_take(s->peers, &which->peer, PEER_CONNECTIONS, 1, o->connections_per_address));
}

/* Each loop has its part of those that are kept. When it is full, whoever has asked nothing for longest makes room,
 * first among those of the newcomer's own address: so nobody who only waits keeps others out. */
static bool take_reserved_seat(http_loop *l, seat *which) {
    http_server *s = l->server;
    size_t part = (s->options.reserved_connections + s->loop_count - 1) / s->loop_count;
    *which = (seat){.peer = which->peer, .reserved = true};
    if (part == 0 || (l->reserved >= part && !connections_displace(l, &which->peer)))
        return false;
    l->reserved++;
    atomic_fetch_add(&s->reserved_seats, 1);
    return true;
}

void seat_give_back(http_loop *l, const seat *which) {
    http_server *s = l->server;
    if (which->counted)
        peers_give(s->peers, &which->peer, PEER_CONNECTIONS, 1);
    if (which->reserved) {
        l->reserved--;
        atomic_fetch_sub(&s->reserved_seats, 1);
    }
    atomic_fetch_sub(&l->seats, 1);
}

static http_loop *fewest_connections(http_loop *asking) {
    http_server *s = asking->server;
    http_loop *fewest = asking;
    usec now = server_now(s);
    for (size_t i = 0; i < s->loop_count; i++) {
        http_loop *l = &s->loops[i];
        if (atomic_load(&l->seats) < atomic_load(&fewest->seats) && !loop_is_stuck(l, now, turn_is_long))
            fewest = l;
    }
    return fewest;
}

static void look_away(http_loop *l) {
    (void)epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, l->server->listen_fd, NULL);
    l->listening = false;
}

/* Those of the reserved room are this loop's at once: the next newcomer may have to displace them. */
static void seat_newcomer(http_loop *l, const newcomer *n) {
    http_loop *to = n->seat.reserved ? l : fewest_connections(l);
    atomic_fetch_add(&to->seats, 1);
    if (n->seat.reserved) {
        loop_take_newcomer(l, n);
        return;
    }
    newcomer *kept = mem_alloc(sizeof *kept);
    *kept = *n;
    mailbox_push_newcomer(to->mailbox, kept);
}

/* False: nobody waits, or there is no room. */
static bool accept_one(http_loop *l) {
    static const refusal many = {
        .status = 503, .detail = "too many connections from this address", .line = "Retry-After: 5"};
    http_server *s = l->server;
    newcomer n = {.address_len = sizeof n.address};
    if (!has_ordinary_room(s) && s->options.reserved_connections == 0) {
        look_away(l);
        return false;
    }
    n.fd = accept4(s->listen_fd, (struct sockaddr *)&n.address, &n.address_len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (n.fd < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            look_away(l);
        return false;
    }
    n.seat.peer = ip_from_socket((const struct sockaddr *)&n.address);
    if (take_ordinary_seat(s, &n.seat) || take_reserved_seat(l, &n.seat))
        seat_newcomer(l, &n);
    else
        newcomer_refuse(l, n.fd, &many);
    return true;
}

void accept_newcomers(http_loop *l) {
    http_server *s = l->server;
    pthread_mutex_lock(&s->accepting);
    bool more = s->listen_fd >= 0;
    for (int i = 0; more && i < AT_ONCE; i++)
        more = accept_one(l);
    pthread_mutex_unlock(&s->accepting);
}

void accept_resume(http_loop *l) {
    http_server *s = l->server;
    struct epoll_event wanted = {.events = EPOLLIN, .data.u64 = WATCH_LISTEN};
    if (l->listening)
        return;
    pthread_mutex_lock(&s->accepting);
    l->listening = s->listen_fd >= 0 && epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, s->listen_fd, &wanted) == 0;
    pthread_mutex_unlock(&s->accepting);
}

void accept_end(http_server *s) {
    pthread_mutex_lock(&s->accepting);
    if (s->listen_fd >= 0)
        close(s->listen_fd); /* no other descriptor is its: it leaves the loops' sets, and the port is free */
    s->listen_fd = -1;
    pthread_mutex_unlock(&s->accepting);
}
