/* Owns the server: what its loops share, start, quiesce, stop. Leaves the turning to loop.c and new connections to
 * accept.c. */
#include "http/server.h"

#include "onus/limits.h"

usec server_now(const http_server *s) {
    return clock_monotonic(&s->options.clock);
}

/* ── start ── */

static void fill_defaults(http_options *o) {
    if (o->request_deadline == 0)
        o->request_deadline = LIMIT_REQUEST_SECONDS * USEC_PER_SECOND;
    if (o->idle_timeout == 0)
        o->idle_timeout = LIMIT_CONNECTION_IDLE_SECONDS * USEC_PER_SECOND;
    if (o->connections == 0)
        o->connections = LIMIT_CONNECTIONS;
    if (o->reserved_connections == 0)
        o->reserved_connections = o->connections / (LIMIT_CONNECTIONS / LIMIT_RESERVED_CONNECTIONS);
    if (o->connections_per_address == 0)
        o->connections_per_address = o->connections;
    if (o->bodies_bytes == 0)
        o->bodies_bytes = LIMIT_BODIES_BYTES;
    if (o->unproven_bodies_bytes == 0)
        o->unproven_bodies_bytes = LIMIT_UNPROVEN_BODIES_BYTES;
    if (o->loops < 1)
        o->loops = 1;
}

static bool server_open(http_server *s, err *e) {
    s->routes = routes_compile(&s->options, e);
    if (!s->routes)
        return false;
    s->listen_fd = listen_open(s->options.host, s->options.port, &s->port, e);
    if (s->listen_fd < 0)
        return false;
    for (size_t i = 0; i < s->loop_count; i++)
        if (!loop_open(&s->loops[i], s, e))
            return false;
    return true;
}

static bool server_run(http_server *s, err *e) {
    s->workers = workers_start(&s->options);
    if (workers_running(s->workers) < (size_t)(s->options.workers > 0 ? s->options.workers : 0))
        return err_set(e, ERR_SYSTEM, "cannot start %d worker threads", s->options.workers);
    for (size_t i = 0; i < s->loop_count; i++)
        if (!loop_start(&s->loops[i], e))
            return false;
    return true;
}

/* Ends what runs, too. Only when no loop runs may one be freed: each looks at the others. */
static void server_free(http_server *s) {
    accept_end(s);
    workers_stop(s->workers);
    atomic_store(&s->stop, true);
    for (size_t i = 0; i < s->loop_count; i++)
        loop_wake(&s->loops[i]);
    for (size_t i = 0; i < s->loop_count; i++)
        loop_join(&s->loops[i]);
    for (size_t i = 0; i < s->loop_count; i++)
        loop_free(&s->loops[i]);
    workers_free(s->workers);
    peers_free(s->peers);
    routes_free(s->routes);
    pthread_mutex_destroy(&s->accepting);
    free(s->loops);
    free(s);
}

http_server *http_start(const http_options *options, err *e) {
    http_server *s = mem_zalloc(1, sizeof *s);
    s->options = *options;
    fill_defaults(&s->options);
    s->listen_fd = -1;
    pthread_mutex_init(&s->accepting, NULL);
    s->loop_count = (size_t)s->options.loops;
    s->peers = peers_new();
    s->loops = mem_zalloc(s->loop_count, sizeof *s->loops);
    if (server_open(s, e) && server_run(s, e))
        return s;
    server_free(s);
    return NULL;
}

bool http_may_listen(const char *host, int port, err *e) {
    int bound;
    int fd = listen_open(host, port, &bound, e);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

const char *http_library_version(void) {
    return MHD_get_version();
}

int http_port(const http_server *s) {
    return s->port;
}

bool http_is_live(const http_server *s, usec within) {
    usec now = server_now(s);
    for (size_t i = 0; i < s->loop_count; i++)
        if (loop_is_stuck(&s->loops[i], now, within))
            return false;
    return true;
}

/* ── end ── */

static void nap(void) {
    struct timespec ms = {.tv_nsec = 1000000};
    (void)nanosleep(&ms, NULL);
}

void http_quiesce(http_server *s) {
    atomic_store(&s->quiesced, true);
    accept_end(s);
}

void http_stop(http_server *s, usec grace) {
    if (!s)
        return;
    http_quiesce(s);
    usec until = server_now(s) + grace;
    while (atomic_load(&s->active) > 0 && server_now(s) < until)
        nap();
    server_free(s);
}
