/* Owns what happens to one request on its loop: begin, body, handler, answer, end. Leaves reading to request.c, the
 * socket to connection.c. The difficulty: MHD calls one function for everything, and an answer can be queued only at
 * the end of the body or when the connection is resumed; any earlier refusal is cut (connection.c) or waits. */
#include "http/server.h"

#include "onus/limits.h"

#include <assert.h>
#include <string.h>

static const refusal busy = {.status = 503, .detail = "all workers are busy", .line = "Retry-After: 2"};

static http_exchange *exchange_acquire(http_loop *l) {
    http_exchange *x = l->pool;
    if (x) {
        l->pool = x->next;
        l->pooled--;
        x->next = NULL;
    } else {
        x = exchange_new(l->mailbox);
    }
    atomic_fetch_add(&l->server->active, 1);
    return x;
}

/* Counts them among the bodies of all loops; false: there is no room. What nothing vouches for yet has its own, and no
 * address all of it. */
static bool account(http_exchange *x, size_t len) {
    http_server *s = x->loop->server;
    const http_options *o = &s->options;
    _Atomic size_t *sum = x->proven ? &s->proven_bytes : &s->unproven_bytes;
    if (!x->proven && !peers_take(s->peers, &x->client, PEER_UNPROVEN_BYTES, len, o->unproven_bodies_bytes / 4))
        return false;
    if (atomic_fetch_add(sum, len) + len > (x->proven ? o->bodies_bytes : o->unproven_bodies_bytes)) {
        atomic_fetch_sub(sum, len);
        if (!x->proven)
            peers_give(s->peers, &x->client, PEER_UNPROVEN_BYTES, len);
        return false;
    }
    x->accounted += len;
    return true;
}

static void unaccount(http_exchange *x) {
    http_server *s = x->loop->server;
    if (x->accounted == 0)
        return;
    atomic_fetch_sub(x->proven ? &s->proven_bytes : &s->unproven_bytes, x->accounted);
    if (!x->proven)
        peers_give(s->peers, &x->client, PEER_UNPROVEN_BYTES, x->accounted);
}

/* Takes it from its connection; the memory goes to the pool. */
void exchange_release(http_exchange *x) {
    http_loop *l = x->loop;
    http_server *s = l->server;
    unaccount(x);
    if (x->counted)
        peers_give(s->peers, &x->client, PEER_CONNECTIONS, 1);
    x->connection->exchange = NULL;
    atomic_fetch_sub(&s->active, 1);
    if (l->pooled >= EXCHANGES_KEPT / s->loop_count) {
        exchange_free(x);
        return;
    }
    exchange_reset(x);
    x->next = l->pool;
    l->pool = x;
    l->pooled++;
}

static size_t count_fields(const char *uri) {
    size_t count = 0;
    for (const char *at = strchr(uri, '?'); at; at = strchr(at + 1, '&'))
        count++;
    return count;
}

void *dispatch_uri(void *loop, const char *uri, struct MHD_Connection *mhd) {
    static const refusal many = {.status = 400, .detail = "the request's URL has too many fields", .cut = true};
    http_loop *l = loop;
    http_server *s = l->server;
    http_connection *c = connection_of(mhd);
    assert(!c->exchange);
    http_exchange *x = exchange_acquire(l);
    c->exchange = x;
    x->loop = l;
    x->connection = c;
    x->began = server_now(s);
    x->uri_too_long = strlen(uri) > LIMIT_URL_BYTES;
    x->uri = arena_strndup(x->memory, uri, LIMIT_URL_BYTES);
    x->uri_end = uri + strlen(uri);
    x->peer = x->client = c->seat.peer;
    x->user = "";
    c->reading = true;
    usec deadline = x->began + s->options.request_deadline;
    if (c->deadline == 0 || deadline < c->deadline)
        c->deadline = deadline;
    if (count_fields(uri) > LIMIT_QUERY_FIELDS)
        connection_end(c, &many); /* MHD has no room for so many, and its own answer would say nothing */
    return NULL;
}

static void check_route(http_exchange *x) {
    const route_match *m = &x->match;
    refusal *why = &x->refused;
    bool options = strcmp(x->method, "OPTIONS") == 0;
    if (why->status != 0)
        return;
    if (strcmp(x->path, "*") == 0 && options)
        *why = (refusal){.status = 204};
    else if (!m->route && !m->allow)
        *why = (refusal){.status = 404, .detail = "nothing is at this path"};
    else if (!m->route) {
        *why = (refusal){.status = options ? 204 : 405, .detail = options ? NULL : "this path knows other methods"};
        why->line = arena_printf(x->memory, "Allow: %s", m->allow);
    } else if (x->has_body && m->route->body_limit == 0)
        *why = (refusal){.status = 413, .detail = "this request takes no body"};
    else if (x->content_length != UINT64_MAX && x->content_length > m->route->body_limit)
        *why = (refusal){.status = 413, .detail = "the body is larger than this path takes", .cut = true};
}

/* ── who asks, before the body is read ── */

/* Room for one more request: on a connection of its own it has it, through a trusted proxy it is counted here. */
static void check_room(http_exchange *x) {
    http_server *s = x->loop->server;
    const http_options *o = &s->options;
    bool reserved = x->match.route && x->match.route->reserved, proxied = client_is_trusted(o, &x->peer);
    if (x->refused.status != 0 || reserved)
        return;
    if (proxied)
        x->counted = peers_take(s->peers, &x->client, PEER_CONNECTIONS, 1, o->connections_per_address);
    if (x->connection->seat.reserved || (proxied && !x->counted))
        x->refused = (refusal){.status = 503,
                               .detail = "too many connections; this one answers links and probes only",
                               .cut = true,
                               .line = "Retry-After: 5"};
}

static enum MHD_Result cut(http_exchange *x, const refusal *why) {
    connection_cut(x->connection, why);
    return MHD_NO; /* MHD closes */
}

static enum MHD_Result cut_with(http_exchange *x, const http_response *r) {
    connection_cut_with(x->connection, r);
    return MHD_NO;
}

static void hand_out(http_exchange *x) {
    x->connection->reading = false;
    x->connection->deadline = 0;
    x->stage = EXCHANGE_AWAY;
}

/* A token is looked up in the database, so a worker does it; the body waits in the socket. */
static enum MHD_Result check_credentials(http_exchange *x) {
    hand_out(x);
    x->checking = true;
    if (!workers_submit(x->loop->server->workers, x))
        return cut(x, &busy);
    MHD_suspend_connection(x->connection->mhd);
    return MHD_YES;
}

static enum MHD_Result credentials_checked(http_exchange *x) {
    http_connection *c = x->connection;
    x->checking = false;
    if (x->response.status != 0)
        return cut_with(x, &x->response);
    x->proven = c->reading = true;
    c->deadline = server_now(x->loop->server) + x->loop->server->options.request_deadline;
    x->stage = EXCHANGE_BODY;
    return MHD_YES;
}

static enum MHD_Result admit(http_exchange *x) {
    const http_route *to = x->match.route;
    http_response r = {0};
    if (to->role != API_ROLE_NONE)
        return check_credentials(x);
    http_admission got = to->admit ? to->admit(x->loop->server->options.app, x, &r) : HTTP_UNPROVEN;
    x->proven = got == HTTP_PROVEN;
    return got == HTTP_REFUSED ? cut_with(x, &r) : MHD_YES;
}

static enum MHD_Result begin(http_exchange *x, struct MHD_Connection *mhd, const char *method, const char *version) {
    x->method = arena_strdup(x->memory, method);
    x->version_1_0 = strcmp(version, "HTTP/1.0") == 0;
    request_read(x, &(mhd_request){mhd, method, version});
    x->client = client_find(x, &x->loop->server->options);
    if (x->refused.status == 0)
        routes_match(x->loop->server->routes, method, x->segments, x->segment_count, x->memory, &x->match);
    check_route(x);
    check_room(x);
    x->stage = EXCHANGE_BODY;
    bool too_much_to_discard = x->content_length != UINT64_MAX && x->content_length > DISCARD_BYTES_MAX;
    if (x->refused.status != 0 && (x->refused.cut || too_much_to_discard))
        return cut(x, &x->refused);
    return x->has_body && x->refused.status == 0 ? admit(x) : MHD_YES;
}

static enum MHD_Result take_body(http_exchange *x, const char *data, size_t *data_len) {
    static const refusal large = {.status = 413, .detail = "the body is larger than this path takes"};
    static const refusal full = {.status = 503, .detail = "too many request bodies at once", .line = "Retry-After: 5"};
    size_t len = *data_len;
    *data_len = 0;
    x->body_in += len;
    if (x->refused.status != 0)
        return x->body_in > DISCARD_BYTES_MAX ? cut(x, &x->refused) : MHD_YES;
    if (len > x->match.route->body_limit - x->body.len)
        return cut(x, &large);
    if (!account(x, len))
        return cut(x, &full);
    buf_put(&x->body, data, len);
    return MHD_YES;
}

static enum MHD_Result queue(http_connection *c, const http_response *r) {
    http_server *s = c->loop->server;
    struct MHD_Response *out = response_to_mhd(r, atomic_load(&s->quiesced) || c->seat.reserved);
    if (!out)
        return MHD_NO;
    enum MHD_Result queued = MHD_queue_response(c->mhd, (unsigned)r->status, out);
    MHD_destroy_response(out);
    c->deadline = server_now(s) + s->options.idle_timeout; /* for a peer that reads a byte now and then */
    return queued;
}

static enum MHD_Result answer(http_exchange *x) {
    x->stage = EXCHANGE_ANSWERED;
    return queue(x->connection, &x->response);
}

static enum MHD_Result answer_refused(http_exchange *x, const refusal *why) {
    http_response r = {0};
    refusal_respond(x, why, &r);
    exchange_keep(x, &r);
    return answer(x);
}

/* The whole request is here. */
static enum MHD_Result run(http_exchange *x) {
    static const refusal ending = {.status = 503, .detail = "the service is stopping", .line = "Retry-After: 2"};
    http_server *s = x->loop->server;
    struct MHD_Connection *mhd = x->connection->mhd;
    const http_route *to = x->match.route;
    hand_out(x);
    if (x->refused.status != 0 || x->loop->stopping)
        return answer_refused(x, x->refused.status != 0 ? &x->refused : &ending);
    http_response r = {0};
    if (to->runs == HTTP_ON_WORKER) {
        if (!workers_submit(s->workers, x))
            return answer_refused(x, &busy);
    } else if (to->handle(s->options.app, NULL, x, &r)) {
        exchange_keep(x, &r);
        return answer(x);
    }
    /* From here on x is somebody else's. It comes back through the mailbox, which only this thread empties. */
    MHD_suspend_connection(mhd);
    return MHD_YES;
}

static enum MHD_Result answer_abandoned(http_connection *c) {
    static const http_response r = {.status = 503, .headers = {"Retry-After: 2"}};
    return queue(c, &r);
}

enum MHD_Result dispatch_request(void *loop, struct MHD_Connection *mhd, const char *url, const char *method,
                                 const char *version, const char *data, size_t *data_len, void **context) {
    (void)loop, (void)url, (void)context;
    http_connection *c = connection_of(mhd);
    http_exchange *x = c->exchange;
    if (c->abandoned)
        return answer_abandoned(c);
    switch (x->stage) {
    case EXCHANGE_NEW:
        return begin(x, mhd, method, version);
    case EXCHANGE_BODY:
        return *data_len > 0 ? take_body(x, data, data_len) : run(x);
    case EXCHANGE_BACK:
        return x->checking ? credentials_checked(x) : answer(x);
    case EXCHANGE_AWAY:
    case EXCHANGE_ANSWERED:
        break;
    }
    assert(!"MHD calls for a request that is suspended or answered");
    return MHD_NO;
}

void dispatch_completed(void *loop, struct MHD_Connection *mhd, void **context, enum MHD_RequestTerminationCode code) {
    http_server *s = ((http_loop *)loop)->server;
    http_connection *c = connection_of(mhd);
    http_exchange *x = c->exchange;
    (void)context, (void)code;
    c->abandoned = c->reading = false;
    usec now = server_now(s);
    c->deadline = now + s->options.idle_timeout + s->options.request_deadline;
    if (!x)
        return;
    if (x->response.status != 0 && s->options.finished)
        s->options.finished(s->options.app, x->match.route, x->method ? x->method : "", x->response.status,
                            now - x->began, x->body_in);
    exchange_release(x);
}
