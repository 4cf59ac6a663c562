/* See support.h. The server is a thread a connection, so that one that hangs holds nobody up. */
#include "support.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* ── channels ── */

test_channels channels_from(const channel_spec *specs, size_t count) {
    test_channels made = {0};
    diagnostics_init(&made.problems);
    arena *a = arena_new();
    channel_settings *list = ARENA_ARRAY(a, channel_settings, count);
    for (size_t c = 0; c < count; c++) {
        channel_option *options = ARENA_ARRAY(a, channel_option, 8);
        size_t n = 0;
        for (; specs[c].options[2 * n] != NULL; n++)
            options[n] = (channel_option){.name = specs[c].options[2 * n],
                                          .text = specs[c].options[2 * n + 1],
                                          .at = {(unsigned)(10 * c + n + 1), 5}};
        list[c] = (channel_settings){specs[c].name, specs[c].kind, options, n, {(unsigned)(10 * c + 1), 3}};
    }
    const settings s = {.path = "onus.yaml", .channels = list, .channel_count = count};
    made.channels = channels_new(&s, &made.problems);
    /* Option texts live in the test; names and options are copied by the channels. */
    arena_free(a);
    return made;
}

void channels_drop(test_channels *c) {
    channels_free(c->channels);
    diagnostics_release(&c->problems);
}

const char *problems_text(const test_channels *c, arena *a) {
    buf b;
    buf_init(&b);
    for (size_t i = 0; i < c->problems.count; i++) {
        diagnostic_print(&b, &c->problems.items[i]);
        buf_putc(&b, '\n');
    }
    const char *text = buf_to_arena(&b, a);
    buf_release(&b);
    return text;
}

const char *url_text(arena *a, int port, const char *path) {
    return arena_printf(a, "http://127.0.0.1:%d%s", port, path);
}

/* ── the server ── */

enum { REQUESTS_MAX = 2000, CONNECTIONS_MAX = 256 };

struct test_server {
    int socket, port;
    pthread_t acceptor;
    pthread_t workers[CONNECTIONS_MAX];
    int connections[CONNECTIONS_MAX];
    size_t connection_count;
    pthread_mutex_t lock;
    server_script script;
    seen_request requests[REQUESTS_MAX];
    size_t count, at_once, most_at_once;
    bool stopping;
};

typedef struct worker {
    test_server *server;
    size_t connection;
    int socket;
} worker;

static bool send_all(int socket, const char *bytes, size_t len) {
    while (len > 0) {
        const ssize_t sent = send(socket, bytes, len, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes += sent;
        len -= (size_t)sent;
    }
    return true;
}

/* One request with a Content-Length; false: the peer is gone. */
static bool read_request(int socket, buf *text, size_t *head_len, size_t *total) {
    char piece[65536];
    for (;;) {
        const char *end = strstr(text->data, "\r\n\r\n");
        if (end != NULL) {
            *head_len = (size_t)(end - text->data) + 4;
            const char *length = strcasestr(text->data, "\r\nContent-Length:");
            *total = *head_len + (length != NULL && length < end ? strtoul(length + 17, NULL, 10) : 0);
            if (text->len >= *total)
                return true;
        }
        const ssize_t got = recv(socket, piece, sizeof piece, 0);
        if (got <= 0)
            return false;
        buf_put(text, piece, (size_t)got);
    }
}

static void keep(test_server *s, const worker *w, const buf *text, size_t head_len, size_t total) {
    if (s->count < REQUESTS_MAX)
        s->requests[s->count] = (seen_request){strndup(text->data, head_len),
                                               strndup(text->data + head_len, total - head_len), w->connection};
    s->count++;
}

static bool answer(const worker *w, const server_script *script) {
    static const char huge[65536];
    arena *a = arena_new();
    const char *body = script->body == NULL ? "" : script->body, *more = script->headers == NULL ? "" : script->headers;
    int status = script->manner == SERVER_STATUS ? script->status : script->manner == SERVER_REDIRECT ? 302 : 200;
    size_t len = script->manner == SERVER_HUGE ? 10u << 20 : strlen(body);
    const char *head = arena_printf(a, "HTTP/1.1 %d X\r\n%sContent-Length: %zu\r\n\r\n", status, more, len);
    bool ok = send_all(w->socket, head, strlen(head));
    if (script->manner == SERVER_HUGE)
        for (size_t sent = 0; ok && sent < len; sent += sizeof huge)
            ok = send_all(w->socket, huge, sizeof huge);
    else
        ok = ok && send_all(w->socket, body, len);
    arena_free(a);
    return ok;
}

static bool serve_one(worker *w, const server_script *script) {
    switch (script->manner) {
    case SERVER_HANG: {
        char byte;
        (void)!recv(w->socket, &byte, 1, 0);
        return false;
    }
    case SERVER_RESET: {
        const struct linger now = {1, 0};
        cr_assert_eq(setsockopt(w->socket, SOL_SOCKET, SO_LINGER, &now, sizeof now), 0);
        return false;
    }
    case SERVER_SLOW: {
        const struct timespec wait = {0, 300000000};
        nanosleep(&wait, NULL);
        return answer(w, script);
    }
    default:
        return answer(w, script);
    }
}

static void *serve(void *context) {
    worker *w = context;
    test_server *s = w->server;
    buf text;
    buf_init(&text);
    size_t head_len = 0, total = 0;
    bool alive = true;
    while (alive && read_request(w->socket, &text, &head_len, &total)) {
        pthread_mutex_lock(&s->lock);
        keep(s, w, &text, head_len, total);
        server_script script = s->script;
        if (script.update_body != NULL && strstr(text.data, "/chat.update ") != NULL)
            script.body = script.update_body;
        s->at_once++;
        if (s->at_once > s->most_at_once)
            s->most_at_once = s->at_once;
        pthread_mutex_unlock(&s->lock);
        alive = serve_one(w, &script);
        pthread_mutex_lock(&s->lock);
        s->at_once--;
        pthread_mutex_unlock(&s->lock);
        memmove(text.data, text.data + total, text.len - total + 1);
        text.len -= total;
    }
    pthread_mutex_lock(&s->lock);
    close(w->socket);
    s->connections[w->connection] = -1;
    pthread_mutex_unlock(&s->lock);
    buf_release(&text);
    free(w);
    return NULL;
}

static void *accept_all(void *context) {
    test_server *s = context;
    for (int socket; (socket = accept(s->socket, NULL, NULL)) >= 0;) {
        const int on = 1;
        (void)setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        worker *w = mem_zalloc(1, sizeof *w);
        pthread_mutex_lock(&s->lock);
        const bool taken = !s->stopping && s->connection_count < CONNECTIONS_MAX;
        if (taken) {
            *w = (worker){s, s->connection_count, socket};
            s->connections[s->connection_count] = socket;
            taken ? (void)pthread_create(&s->workers[s->connection_count++], NULL, serve, w) : (void)0;
        }
        pthread_mutex_unlock(&s->lock);
        if (!taken) {
            close(socket);
            free(w);
        }
    }
    return NULL;
}

test_server *server_start(const server_script *script) {
    test_server *s = mem_zalloc(1, sizeof *s);
    s->script = *script;
    pthread_mutex_init(&s->lock, NULL);
    s->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    cr_assert(s->socket >= 0 && bind(s->socket, (struct sockaddr *)&at, sizeof at) == 0 &&
              listen(s->socket, 128) == 0 && getsockname(s->socket, (struct sockaddr *)&at, &len) == 0);
    s->port = ntohs(at.sin_port);
    cr_assert_eq(pthread_create(&s->acceptor, NULL, accept_all, s), 0);
    return s;
}

int server_port(const test_server *s) {
    return s->port;
}

void server_become(test_server *s, const server_script *script) {
    pthread_mutex_lock(&s->lock);
    s->script = *script;
    pthread_mutex_unlock(&s->lock);
}

size_t server_count(test_server *s) {
    pthread_mutex_lock(&s->lock);
    const size_t count = s->count;
    pthread_mutex_unlock(&s->lock);
    return count;
}

size_t server_most_at_once(test_server *s) {
    pthread_mutex_lock(&s->lock);
    const size_t most = s->most_at_once;
    pthread_mutex_unlock(&s->lock);
    return most;
}

seen_request server_request(test_server *s, size_t n) {
    pthread_mutex_lock(&s->lock);
    cr_assert(n < s->count && n < REQUESTS_MAX);
    const seen_request r = s->requests[n];
    pthread_mutex_unlock(&s->lock);
    return r;
}

void server_stop(test_server *s) {
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    for (size_t c = 0; c < s->connection_count; c++)
        if (s->connections[c] >= 0)
            shutdown(s->connections[c], SHUT_RDWR);
    pthread_mutex_unlock(&s->lock);
    shutdown(s->socket, SHUT_RDWR);
    pthread_join(s->acceptor, NULL);
    close(s->socket);
    for (size_t c = 0; c < s->connection_count; c++)
        pthread_join(s->workers[c], NULL);
    for (size_t r = 0; r < s->count && r < REQUESTS_MAX; r++) {
        free(s->requests[r].head);
        free(s->requests[r].body);
    }
    pthread_mutex_destroy(&s->lock);
    free(s);
}

/* ── outcomes ── */

outcomes *outcomes_new(void) {
    outcomes *o = mem_zalloc(1, sizeof *o);
    pthread_mutex_init(&o->lock, NULL);
    pthread_cond_init(&o->changed, NULL);
    return o;
}

void outcomes_free(outcomes *o) {
    pthread_mutex_destroy(&o->lock);
    pthread_cond_destroy(&o->changed);
    free(o);
}

void outcomes_done(void *context, transport_job *job, const delivery_result *r) {
    outcomes *o = context;
    pthread_mutex_lock(&o->lock);
    outcome *to = &o->items[o->count++];
    *to = (outcome){.message_id = r->message_id,
                    .verdict = r->verdict,
                    .status = r->status,
                    .next_at = r->next_at,
                    .at = r->at,
                    .untried = r->untried};
    (void)snprintf(to->detail, sizeof to->detail, "%s", r->detail);
    (void)snprintf(to->thread, sizeof to->thread, "%s", r->thread == NULL ? "" : r->thread);
    pthread_cond_broadcast(&o->changed);
    pthread_mutex_unlock(&o->lock);
    arena_free(job->memory);
}

bool outcomes_wait(outcomes *o, size_t count) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 20;
    pthread_mutex_lock(&o->lock);
    int code = 0;
    while (o->count < count && code == 0)
        code = pthread_cond_timedwait(&o->changed, &o->lock, &until);
    const bool enough = o->count >= count;
    pthread_mutex_unlock(&o->lock);
    return enough;
}

/* The newest outcome of a message. */
const outcome *outcomes_find(outcomes *o, int64_t message_id) {
    const outcome *found = NULL;
    pthread_mutex_lock(&o->lock);
    for (size_t i = 0; i < o->count; i++)
        if (o->items[i].message_id == message_id)
            found = &o->items[i];
    pthread_mutex_unlock(&o->lock);
    return found;
}

/* ── the bench ── */

bench bench_start(const channel_spec *specs, size_t count) {
    bench b = {.channels = channels_from(specs, count)};
    arena *a = arena_new();
    cr_assert_not_null(b.channels.channels, "%s", problems_text(&b.channels, a));
    arena_free(a);
    err e = {0};
    b.templates = templates_load(NULL, &e);
    cr_assert_not_null(b.templates, "%s", e.text);
    b.outcomes = outcomes_new();
    b.keys = (link_keys){.keys = {secret_from_text("0123456789abcdef0123456789abcdef")}, .count = 1};
    return b;
}

static usec bench_now(void *context) {
    return ((bench *)context)->now;
}

static bool bench_may_begin(void *context) {
    return ((outcomes *)context)->bench->lives != BENCH_HELD_UP;
}

static bool bench_is_ours(void *context, int64_t message_id) {
    bench *b = ((outcomes *)context)->bench;
    return message_id != b->lost || b->looks_before-- > 0;
}

static onus_clock bench_clock(bench *b) {
    onus_clock clock = clock_system();
    return b->now == 0 ? clock : (onus_clock){bench_now, bench_now, b};
}

static void bench_need_transport(bench *b) {
    if (b->transport != NULL)
        return;
    err e = {0};
    b->outcomes->bench = b;
    b->transport = transport_start(&(transport_options){.channels = b->channels.channels,
                                                        .templates = b->templates,
                                                        .link_keys = &b->keys,
                                                        .public_url = "https://onus.example.com",
                                                        .link_lifetime = 7 * USEC_PER_DAY,
                                                        .clock = bench_clock(b),
                                                        .done = outcomes_done,
                                                        .context = b->outcomes,
                                                        .may_begin = b->lives != 0 ? bench_may_begin : NULL,
                                                        .is_ours = b->lives != 0 ? bench_is_ours : NULL},
                                   &e);
    cr_assert_not_null(b->transport, "%s", e.text);
}

void bench_stop(bench *b, usec grace) {
    transport_stop(b->transport, grace);
    channels_drop(&b->channels);
    templates_free(b->templates);
    outcomes_free(b->outcomes);
    for (size_t k = 0; k < b->keys.count; k++)
        secret_release(&b->keys.keys[k]);
}

void bench_send(bench *b, const send_spec *s) {
    bench_need_transport(b);
    arena *memory = arena_new();
    incident *i = ARENA_NEW(memory, incident);
    *i = sample_incident();
    i->id = s->incident;
    if (s->reason == REASON_ACKNOWLEDGED) {
        i->state = INCIDENT_ACKNOWLEDGED;
        i->acknowledged_by = "Ada (MLOps)";
    }
    if (s->reason == REASON_RESOLVED) {
        i->state = INCIDENT_RESOLVED;
        i->resolved_at = SAMPLE_NOW;
    }
    transport_job *job = ARENA_NEW(memory, transport_job);
    *job = (transport_job){memory, sample_message(i, s->letter, s->reason), NULL};
    const onus_clock clock = bench_clock(b);
    const usec now = clock_now(&clock);
    job->message.id = s->id;
    job->message.channel = s->channel;
    job->message.address = s->address == NULL ? "" : s->address;
    job->message.first = s->first;
    job->message.attempts = s->attempts;
    job->message.thread = s->thread == NULL ? "" : s->thread;
    job->message.created_at = now;
    job->message.expires_at = s->lasts_for_ever ? 0 : s->expires_at != 0 ? s->expires_at : now + USEC_PER_DAY;
    cr_assert(transport_submit(b->transport, job));
}
