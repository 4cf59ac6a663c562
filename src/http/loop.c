/* Owns a loop: one thread that waits, lets MHD serve its connections, and brings back what others have completed.
 * Leaves requests to dispatch.c, connections to connection.c, and who gets a new one to accept.c. The difficulty: MHD
 * 0.9.75 hangs with 128 or more connections when it waits in epoll by itself, so the waiting is ours: on MHD's epoll
 * descriptor, and MHD runs without waiting. */
#include "http/server.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { TURN_EVENTS = 64, TICK_MS = 500, FLUSH_MS = 1000 };

/* ── turning ── */

static int tick_ms(const http_loop *l) {
    usec fourth = l->server->options.request_deadline / 4 / USEC_PER_MS;
    return fourth < 1 ? 1 : fourth < TICK_MS ? (int)fourth : TICK_MS;
}

static int wait_ms(http_loop *l) {
    unsigned long long wanted = 0;
    int most = tick_ms(l);
    if (MHD_get_timeout(l->mhd, &wanted) == MHD_YES && wanted < (unsigned long long)most)
        most = (int)wanted;
    return most > 0 && mailbox_may_sleep(l->mailbox) ? most : 0;
}

/* MHD closes what it does not take. */
void loop_take_newcomer(http_loop *l, const newcomer *n) {
    l->offered = n;
    (void)MHD_add_connection(l->mhd, n->fd, (const struct sockaddr *)&n->address, n->address_len);
    if (l->offered)
        seat_give_back(l, &n->seat); /* else connection_close does it */
    l->offered = NULL;
}

static void take_newcomers(http_loop *l, newcomer *first) {
    for (newcomer *n = first, *next; n; n = next) {
        next = n->next;
        loop_take_newcomer(l, n);
        free(n);
    }
}

static void take_mail(http_loop *l) {
    mail m = mailbox_take_all(l->mailbox);
    for (http_exchange *x = m.completed, *next; x; x = next) {
        next = x->next;
        MHD_resume_connection(x->connection->mhd);
    }
    take_newcomers(l, m.newcomers);
}

static void tick(http_loop *l, usec now) {
    l->last_tick = now;
    connections_tick(l, now);
    lingering_tick(l, now, false);
    accept_resume(l);
}

static void turn(http_loop *l) {
    struct epoll_event events[TURN_EVENTS];
    atomic_store_explicit(&l->busy_since, 0, memory_order_relaxed);
    int count = epoll_wait(l->epoll_fd, events, TURN_EVENTS, wait_ms(l));
    usec now = server_now(l->server);
    atomic_store_explicit(&l->busy_since, now, memory_order_relaxed);
    for (int i = 0; i < count; i++) {
        if (events[i].data.u64 == WATCH_WAKE)
            mailbox_clear_wake(l->mailbox);
        else if (events[i].data.u64 == WATCH_LISTEN)
            accept_newcomers(l);
        else if (events[i].data.u64 >= WATCH_LINGERING)
            lingering_read(l, events[i].data.u64 - WATCH_LINGERING);
    }
    take_mail(l);
    (void)MHD_run(l->mhd);
    if (now - l->last_tick >= tick_ms(l) * USEC_PER_MS)
        tick(l, now);
}

bool loop_is_stuck(const http_loop *l, usec now, usec within) {
    usec since = atomic_load_explicit(&l->busy_since, memory_order_relaxed);
    return since != 0 && now - since > within;
}

/* ── the end ── */

/* Those that somebody still has will be answered 503; their exchanges are theirs. */
static void abandon_suspended(http_loop *l) {
    for (http_connection *c = l->connections; c; c = c->next) {
        http_exchange *x = c->exchange;
        if (!x || !mailbox_abandon(l->mailbox, x))
            continue;
        c->exchange = NULL;
        c->abandoned = true;
        atomic_fetch_sub(&l->server->active, 1);
        MHD_resume_connection(c->mhd);
    }
}

static bool has_answers_to_send(const http_loop *l) {
    for (const http_connection *c = l->connections; c; c = c->next)
        if (c->abandoned || (c->exchange && c->exchange->stage >= EXCHANGE_BACK))
            return true;
    return false;
}

static void *loop_main(void *context) {
    http_loop *l = context;
    http_server *s = l->server;
    accept_resume(l);
    while (!atomic_load(&s->stop))
        turn(l);
    l->stopping = true;
    abandon_suspended(l);
    mailbox_wake(l->mailbox); /* nothing else may come: the next turn must not wait for it */
    usec until = server_now(s) + FLUSH_MS * USEC_PER_MS;
    do
        turn(l);
    while (has_answers_to_send(l) && server_now(s) < until);
    return NULL;
}

/* ── from open to free ── */

/* The limit of connections is kept by accept.c, for all loops together. */
static struct MHD_Daemon *mhd_start(http_loop *l) {
    const http_options *o = &l->server->options;
    unsigned idle = (unsigned)((o->idle_timeout + USEC_PER_SECOND - 1) / USEC_PER_SECOND);
    return MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0,
                            NULL, NULL, dispatch_request, l, MHD_OPTION_EXTERNAL_LOGGER, connections_refuse_bad_lengths,
                            l,                                                                 //
                            MHD_OPTION_CONNECTION_LIMIT, (unsigned)o->connections,             //
                            MHD_OPTION_CONNECTION_TIMEOUT, idle,                               //
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_POOL_BYTES, //
                            MHD_OPTION_STRICT_FOR_CLIENT, 0, /* what 1 adds is in request.c, with a better answer */
                            MHD_OPTION_NOTIFY_CONNECTION, connection_notify, l, //
                            MHD_OPTION_NOTIFY_COMPLETED, dispatch_completed, l, //
                            MHD_OPTION_URI_LOG_CALLBACK, dispatch_uri, l, MHD_OPTION_END);
}

static bool watch(http_loop *l, int fd, uint64_t what, err *e) {
    struct epoll_event wanted = {.events = EPOLLIN, .data.u64 = what};
    if (epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, fd, &wanted) != 0)
        return err_set(e, ERR_SYSTEM, "epoll_ctl: %s", strerror(errno));
    return true;
}

bool loop_open(http_loop *l, http_server *s, err *e) {
    l->server = s;
    l->epoll_fd = -1;
    l->scratch = arena_new();
    for (size_t i = 0; i < LINGERING_MAX; i++)
        l->lingering[i].fd = -1;
    l->mailbox = mailbox_new(&l->wake_fd, e);
    if (!l->mailbox)
        return false;
    l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (l->epoll_fd < 0)
        return err_set(e, ERR_SYSTEM, "epoll_create1: %s", strerror(errno));
    l->mhd = mhd_start(l);
    if (!l->mhd)
        return err_set(e, ERR_SYSTEM, "the HTTP library did not start");
    return watch(l, MHD_get_daemon_info(l->mhd, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd, WATCH_MHD, e) &&
           watch(l, l->wake_fd, WATCH_WAKE, e);
}

bool loop_start(http_loop *l, err *e) {
    int why = pthread_create(&l->thread, NULL, loop_main, l);
    l->started = why == 0;
    return l->started || err_set(e, ERR_SYSTEM, "cannot start an HTTP thread: %s", strerror(why));
}

void loop_wake(http_loop *l) {
    if (l->started)
        mailbox_wake(l->mailbox);
}

void loop_join(http_loop *l) {
    if (!l->started)
        return;
    pthread_join(l->thread, NULL);
    l->started = false;
}

void loop_free(http_loop *l) {
    if (!l->server)
        return; /* never opened */
    if (l->mhd) {
        take_mail(l); /* a loop that never ran may have been given connections */
        MHD_stop_daemon(l->mhd);
    }
    lingering_tick(l, 0, true);
    if (l->epoll_fd >= 0)
        close(l->epoll_fd);
    for (http_exchange *x = l->pool, *next; x; x = next) {
        next = x->next;
        exchange_free(x);
    }
    arena_free(l->scratch);
    mailbox_unref(l->mailbox);
}
