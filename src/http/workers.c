/* Owns the workers: threads that run handlers which may block, behind a bounded queue, and the check of who may call
 * them. Leaves what a token means to the app (authorize). */
#include "http/server.h"

#include "onus/limits.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

struct workers {
    const http_options *options; /* the server's copy */
    pthread_mutex_t lock;
    pthread_cond_t more;
    http_exchange **queue; /* a ring */
    size_t capacity, first, count;
    bool stopping;
    pthread_t *threads;
    size_t thread_count;
};

static http_exchange *queue_take(workers *w) {
    pthread_mutex_lock(&w->lock);
    while (w->count == 0 && !w->stopping)
        pthread_cond_wait(&w->more, &w->lock);
    http_exchange *x = NULL;
    if (w->count > 0 && !w->stopping) {
        x = w->queue[w->first];
        w->first = (w->first + 1) % w->capacity;
        w->count--;
    }
    pthread_mutex_unlock(&w->lock);
    return x;
}

/* NULL when there is none; *twice when there are several Authorization headers. */
static const char *bearer_of(const http_exchange *x, bool *twice) {
    const char *value = NULL;
    for (size_t i = 0; i < x->header_count; i++) {
        if (strcasecmp(x->headers[i].name, "Authorization") != 0)
            continue;
        *twice = value != NULL;
        value = x->headers[i].value;
    }
    if (!value || strncasecmp(value, "Bearer ", 7) != 0)
        return NULL;
    value += 7;
    return value + strspn(value, " ");
}

static bool deny(http_exchange *x, http_response *r, int status, const char *detail) {
    http_respond_problem(x, r, status, detail);
    if (status == 401)
        http_add_header(x, r, "WWW-Authenticate", "Bearer realm=\"onus\"");
    return false;
}

static bool deny_err(http_exchange *x, http_response *r, const err *e) {
    if (e->kind == ERR_DENIED || e->kind == ERR_NOT_FOUND)
        return deny(x, r, 401, e->text);
    http_respond_err(x, r, e);
    return false;
}

/* False: refused, r is filled. */
static bool authorize(const http_options *o, void *worker, http_exchange *x, http_response *r) {
    api_role needed = x->match.route->role;
    bool twice = false;
    err e = {0};
    if (needed == API_ROLE_NONE || x->authorized)
        return true;
    const char *bearer = bearer_of(x, &twice);
    if (twice)
        return deny(x, r, 400, "more than one Authorization header");
    if (!o->authorize)
        return deny(x, r, 403, "this server serves public paths only");
    if (!o->authorize(o->app, worker, x, bearer ? bearer : "", &x->role, &x->user, &e))
        return deny_err(x, r, &e);
    x->authorized = x->role >= needed;
    if (x->authorized)
        return true;
    return bearer ? deny(x, r, 403, "the token's role does not allow this")
                  : deny(x, r, 401, "a bearer token is needed (onus token add)");
}

static void *worker_main(void *context) {
    workers *w = context;
    const http_options *o = w->options;
    void *own = o->worker_start ? o->worker_start(o->app) : NULL;
    for (http_exchange *x = queue_take(w); x; x = queue_take(w)) {
        http_response r = {0};
        if (authorize(o, own, x, &r) && !x->checking) {
            bool filled = x->match.route->handle(o->app, own, x, &r);
            assert(filled && r.status != 0);
            (void)filled;
        }
        http_complete(x, &r);
    }
    if (o->worker_stop)
        o->worker_stop(o->app, own);
    return NULL;
}

workers *workers_start(const http_options *options) {
    workers *w = mem_zalloc(1, sizeof *w);
    w->options = options;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->more, NULL);
    w->capacity = options->worker_queue > 0 ? options->worker_queue : LIMIT_WORKER_QUEUE;
    w->queue = mem_zalloc(w->capacity, sizeof *w->queue);
    size_t wanted = options->workers > 0 ? (size_t)options->workers : 0;
    w->threads = mem_zalloc(wanted ? wanted : 1, sizeof *w->threads);
    while (w->thread_count < wanted && pthread_create(&w->threads[w->thread_count], NULL, worker_main, w) == 0)
        w->thread_count++;
    return w;
}

size_t workers_running(const workers *w) {
    return w->thread_count;
}

bool workers_submit(workers *w, http_exchange *x) {
    pthread_mutex_lock(&w->lock);
    bool room = w->count < w->capacity && !w->stopping && w->thread_count > 0;
    if (room) {
        w->queue[(w->first + w->count++) % w->capacity] = x;
        pthread_cond_signal(&w->more);
    }
    pthread_mutex_unlock(&w->lock);
    return room;
}

void workers_stop(workers *w) {
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    pthread_cond_broadcast(&w->more);
    pthread_mutex_unlock(&w->lock);
    for (size_t i = 0; i < w->thread_count; i++)
        pthread_join(w->threads[i], NULL);
    for (size_t i = 0; i < w->count; i++) {
        http_exchange *x = w->queue[(w->first + i) % w->capacity];
        http_response r = {0};
        http_respond_problem(x, &r, 503, "the service is stopping");
        http_add_header(x, &r, "Retry-After", "2");
        http_complete(x, &r);
    }
    w->count = 0;
    w->thread_count = 0;
}

void workers_free(workers *w) {
    if (!w)
        return;
    free(w->threads);
    free(w->queue);
    pthread_cond_destroy(&w->more);
    pthread_mutex_destroy(&w->lock);
    free(w);
}
