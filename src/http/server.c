/* Owns the server: start, the loop, quiesce, stop. Leaves requests to dispatch.c and connections to connection.c. The
 * difficulty: MHD 0.9.75 hangs with 128 or more connections when it waits in epoll by itself, so the loop is ours: it
 * waits on MHD's epoll descriptor and lets MHD run without waiting. */
#include "http/server.h"

#include "onus/limits.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TURN_EVENTS = 64, TICK_MS = 500, FLUSH_MS = 1000 };
enum { WHAT_MHD, WHAT_WAKE, WHAT_LINGERING };

usec server_now(const http_server *s) {
    return clock_monotonic(&s->options.clock);
}

/* ── the loop ── */

static int tick_ms(const http_server *s) {
    usec fourth = s->options.request_deadline / 4 / USEC_PER_MS;
    return fourth < 1 ? 1 : fourth < TICK_MS ? (int)fourth : TICK_MS;
}

static int wait_ms(http_server *s) {
    unsigned long long wanted = 0;
    int most = tick_ms(s);
    if (MHD_get_timeout(s->mhd, &wanted) == MHD_YES && wanted < (unsigned long long)most)
        most = (int)wanted;
    return most > 0 && mailbox_may_sleep(s->mailbox) ? most : 0;
}

static void resume_completed(http_server *s) {
    http_exchange *next;
    for (http_exchange *x = mailbox_take_all(s->mailbox); x; x = next) {
        next = x->next;
        MHD_resume_connection(x->connection->mhd);
    }
}

static void close_listener(http_server *s) {
    s->quiesced = true;
    (void)MHD_quiesce_daemon(s->mhd); /* returns the descriptor that we gave it */
    close(s->listen_fd);
    s->listen_fd = -1;
    atomic_store(&s->closed, true);
}

static void turn(http_server *s) {
    struct epoll_event events[TURN_EVENTS];
    int count = epoll_wait(s->epoll_fd, events, TURN_EVENTS, wait_ms(s));
    for (int i = 0; i < count; i++) {
        if (events[i].data.u64 == WHAT_WAKE)
            mailbox_clear_wake(s->mailbox);
        else if (events[i].data.u64 >= WHAT_LINGERING)
            lingering_read(s, events[i].data.u64 - WHAT_LINGERING);
    }
    resume_completed(s);
    (void)MHD_run(s->mhd);
    usec now = server_now(s);
    atomic_store_explicit(&s->last_turn, now, memory_order_relaxed);
    if (now - s->last_tick >= tick_ms(s) * USEC_PER_MS) {
        s->last_tick = now;
        connections_tick(s, now);
        lingering_tick(s, now, false);
    }
    if (atomic_load(&s->quiesce) && !s->quiesced)
        close_listener(s);
}

/* Those that somebody still has will be answered 503; their exchanges are theirs. */
static void abandon_suspended(http_server *s) {
    for (http_connection *c = s->connections; c; c = c->next) {
        http_exchange *x = c->exchange;
        if (!x || !mailbox_abandon(s->mailbox, x))
            continue;
        c->exchange = NULL;
        c->abandoned = true;
        atomic_fetch_sub(&s->active, 1);
        MHD_resume_connection(c->mhd);
    }
}

static bool has_answers_to_send(const http_server *s) {
    for (const http_connection *c = s->connections; c; c = c->next)
        if (c->abandoned || (c->exchange && c->exchange->stage >= EXCHANGE_BACK))
            return true;
    return false;
}

static void *loop_main(void *context) {
    http_server *s = context;
    while (!atomic_load(&s->stop))
        turn(s);
    s->stopping = true;
    abandon_suspended(s);
    mailbox_wake(s->mailbox); /* nothing else may come: the next turn must not wait for it */
    usec until = server_now(s) + FLUSH_MS * USEC_PER_MS;
    do
        turn(s);
    while (has_answers_to_send(s) && server_now(s) < until);
    return NULL;
}

/* ── start ── */

static void fill_defaults(http_options *o) {
    if (o->request_deadline == 0)
        o->request_deadline = LIMIT_REQUEST_SECONDS * USEC_PER_SECOND;
    if (o->idle_timeout == 0)
        o->idle_timeout = LIMIT_CONNECTION_IDLE_SECONDS * USEC_PER_SECOND;
    if (o->connections == 0)
        o->connections = LIMIT_CONNECTIONS;
    if (o->bodies_bytes == 0)
        o->bodies_bytes = LIMIT_BODIES_BYTES;
}

static struct MHD_Daemon *mhd_start(http_server *s) {
    const http_options *o = &s->options;
    unsigned idle = (unsigned)((o->idle_timeout + USEC_PER_SECOND - 1) / USEC_PER_SECOND);
    return MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL,
                            dispatch_request, s, MHD_OPTION_EXTERNAL_LOGGER, connections_refuse_bad_lengths, s, //

                            MHD_OPTION_LISTEN_SOCKET, (MHD_socket)s->listen_fd,                //
                            MHD_OPTION_CONNECTION_LIMIT, (unsigned)o->connections,             //
                            MHD_OPTION_CONNECTION_TIMEOUT, idle,                               //
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_POOL_BYTES, //
                            MHD_OPTION_STRICT_FOR_CLIENT, 0, /* what 1 adds is in request.c, with a better answer */
                            MHD_OPTION_NOTIFY_CONNECTION, connection_notify, s, //
                            MHD_OPTION_NOTIFY_COMPLETED, dispatch_completed, s, //
                            MHD_OPTION_URI_LOG_CALLBACK, dispatch_uri, s, MHD_OPTION_END);
}

static bool watch(http_server *s, int fd, uint64_t what, err *e) {
    struct epoll_event wanted = {.events = EPOLLIN, .data.u64 = what};
    if (epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &wanted) != 0)
        return err_set(e, ERR_SYSTEM, "epoll_ctl: %s", strerror(errno));
    return true;
}

static bool server_open(http_server *s, err *e) {
    s->routes = routes_compile(&s->options, e);
    if (!s->routes)
        return false;
    s->mailbox = mailbox_new(&s->wake_fd, e);
    if (!s->mailbox)
        return false;
    s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (s->epoll_fd < 0)
        return err_set(e, ERR_SYSTEM, "epoll_create1: %s", strerror(errno));
    s->listen_fd = listen_open(s->options.host, s->options.port, &s->port, e);
    if (s->listen_fd < 0)
        return false;
    s->mhd = mhd_start(s);
    if (!s->mhd)
        return err_set(e, ERR_SYSTEM, "the HTTP library did not start on %s", s->options.host);
    return watch(s, MHD_get_daemon_info(s->mhd, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd, WHAT_MHD, e) &&
           watch(s, s->wake_fd, WHAT_WAKE, e);
}

static bool server_run(http_server *s, err *e) {
    s->workers = workers_start(&s->options);
    if (workers_running(s->workers) < (size_t)(s->options.workers > 0 ? s->options.workers : 0))
        return err_set(e, ERR_SYSTEM, "cannot start %d worker threads", s->options.workers);
    atomic_store(&s->last_turn, server_now(s));
    int why = pthread_create(&s->thread, NULL, loop_main, s);
    return why == 0 || err_set(e, ERR_SYSTEM, "cannot start the HTTP thread: %s", strerror(why));
}

static void server_free(http_server *s) {
    workers_stop(s->workers);
    if (s->mhd)
        MHD_stop_daemon(s->mhd);
    if (s->listen_fd >= 0)
        close(s->listen_fd);
    lingering_tick(s, 0, true);
    if (s->epoll_fd >= 0)
        close(s->epoll_fd);
    for (http_exchange *x = s->pool, *next; x; x = next) {
        next = x->next;
        exchange_free(x);
    }
    workers_free(s->workers);
    routes_free(s->routes);
    mailbox_unref(s->mailbox);
    free(s);
}

http_server *http_start(const http_options *options, err *e) {
    http_server *s = mem_zalloc(1, sizeof *s);
    s->options = *options;
    fill_defaults(&s->options);
    s->listen_fd = s->epoll_fd = s->wake_fd = -1;
    for (size_t i = 0; i < LINGERING_MAX; i++)
        s->lingering[i].fd = -1;
    if (server_open(s, e) && server_run(s, e))
        return s;
    server_free(s);
    return NULL;
}

const char *http_library_version(void) {
    return MHD_get_version();
}

int http_port(const http_server *s) {
    return s->port;
}

bool http_is_live(const http_server *s, usec within) {
    return server_now(s) - atomic_load_explicit(&s->last_turn, memory_order_relaxed) <= within;
}

/* ── end ── */

static void nap(void) {
    struct timespec ms = {.tv_nsec = 1000000};
    (void)nanosleep(&ms, NULL);
}

void http_quiesce(http_server *s) {
    atomic_store(&s->quiesce, true);
    mailbox_wake(s->mailbox);
    while (!atomic_load(&s->closed))
        nap();
}

void http_stop(http_server *s, usec grace) {
    if (!s)
        return;
    http_quiesce(s);
    usec until = server_now(s) + grace;
    while (atomic_load(&s->active) > 0 && server_now(s) < until)
        nap();
    workers_stop(s->workers);
    atomic_store(&s->stop, true);
    mailbox_wake(s->mailbox);
    pthread_join(s->thread, NULL);
    server_free(s);
}
