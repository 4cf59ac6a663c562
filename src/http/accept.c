/* Owns who gets a new connection. All loops watch the one listening socket; whichever looks first takes what waits
 * there and gives each connection to the loop with the fewest, where it stays. Senders keep their connections for
 * hours, so that a loop which once took too many would be the slow one for as long.
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

/* Only who holds `accepting` adds any, so there are never more than the limit. */
static bool has_room(const http_server *s) {
    size_t taken = 0;
    for (size_t i = 0; i < s->loop_count; i++)
        taken += atomic_load(&s->loops[i].seats);
    return taken < s->options.connections;
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

/* False: nobody waits, or there is no room. */
static bool accept_one(http_loop *l) {
    http_server *s = l->server;
    newcomer n = {.address_len = sizeof n.address};
    if (!has_room(s)) {
        look_away(l);
        return false;
    }
    n.fd = accept4(s->listen_fd, (struct sockaddr *)&n.address, &n.address_len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (n.fd < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            look_away(l);
        return false;
    }
    newcomer *kept = mem_alloc(sizeof *kept);
    *kept = n;
    http_loop *to = fewest_connections(l);
    atomic_fetch_add(&to->seats, 1);
    mailbox_push_newcomer(to->mailbox, kept);
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
