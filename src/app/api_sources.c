/* Owns the way of a webhook from the socket to the intake: which source, who may, parse, what is already known, queue.
 * The answer comes from the committer, or from here when there is nothing to commit.
 *
 * The difficulty: this runs on the HTTP loops, several at once, so nothing here may block, and what is shared is
 * locked or atomic. Large bodies, which take milliseconds to parse, go to the parser thread. */
#include "app/api_sources.h"

#include "app/alert_memory.h"
#include "app/intake.h"
#include "onus/limits.h"
#include "onus/text.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* A webhook whose source is known and allowed. */
typedef struct webhook {
    struct webhook *next;
    app *app;
    http_exchange *exchange;
    const ingest_format *format;
    ingest_request request;
    struct webhook *otherwise; /* for another source, where the key in the body is not this one's; NULL: none is left */
} webhook;

void intake_respond(http_exchange *x, const ingest_format *format, ingest_verdict verdict, const ingest_result *result,
                    const char *why, http_response *out) {
    ingest_answer answer = {0};
    ingest_answer_for(format, verdict, result, why, http_arena(x), &answer);
    *out = (http_response){
        .status = answer.status, .content_type = answer.content_type, .body = answer.body ? answer.body : ""};
    out->body_len = strlen(out->body);
    if (answer.retry_after)
        http_add_header(x, out, "Retry-After", arena_printf(http_arena(x), "%d", answer.retry_after));
}

static bool refuse(webhook *w, ingest_verdict verdict, const char *why, http_response *r) {
    atomic_fetch_add_explicit(&w->app->metrics->ingest[verdict], 1, memory_order_relaxed);
    intake_respond(w->exchange, w->format, verdict, NULL, why, r);
    return true;
}

/* ── what is new ── */

/* By the wall's clock as it is now: what is compared with it was decided by the same. */
static void note_beginning(const webhook *w, const ingest_result *result) {
    const usec took = clock_monotonic(&w->app->clock) - http_began(w->exchange);
    for (size_t i = 0; i < result->count; i++)
        result->events[i].began_at = w->request.now - took;
}

/* The events that are not exactly known already. A body with delivery ids goes whole: its ids must be remembered. */
static const event *news_of(webhook *w, const ingest_result *result, size_t *count) {
    *count = result->count;
    if (result->delivery_id_count)
        return result->events;
    event *news = ARENA_ARRAY(http_arena(w->exchange), event, result->count + 1);
    size_t kept = 0;
    for (size_t i = 0; i < result->count; i++)
        if (!alert_memory_repeats(w->app->memory, &result->events[i], w->request.now))
            news[kept++] = result->events[i];
    if (kept < result->count)
        metrics_count(w->app->metrics, COUNTER_EVENTS_REPEATED_FROM_MEMORY, result->count - kept);
    *count = kept;
    return news;
}

static const char *const *qualified_ids(webhook *w, const ingest_result *result) {
    arena *a = http_arena(w->exchange);
    const char **ids = ARENA_ARRAY(a, const char *, result->delivery_id_count + 1);
    for (size_t i = 0; i < result->delivery_id_count; i++)
        ids[i] = arena_printf(a, "%s\x1f%s", w->request.from->name, result->delivery_ids[i]);
    return ids;
}

static bool receive(webhook *w, http_response *r);

static bool receive_otherwise(webhook *w, http_response *r) {
    w->otherwise->request.scratch = w->request.scratch;
    return receive(w->otherwise, r);
}

/* Parses and queues. True: `r` is the answer; false: the committer will answer. */
static bool receive(webhook *w, http_response *r) {
    arena *a = http_arena(w->exchange);
    metrics *m = w->app->metrics;
    ingest_result *result = ARENA_NEW(a, ingest_result);
    err e = {0};
    if (!ingest_parse(w->format, &w->request, a, result, &e)) {
        if (e.kind == ERR_DENIED && w->otherwise)
            return receive_otherwise(w, r);
        if (e.kind == ERR_DENIED)
            metrics_count(m, COUNTER_AUTH_FAILURES, 1);
        return refuse(w, ingest_verdict_of(&e), e.text, r);
    }
    note_beginning(w, result);
    if (result->noop)
        metrics_count(m, COUNTER_INGEST_NOOPS, 1);
    metrics_count(m, COUNTER_INGEST_REFUSED_ALERTS, result->refused);
    metrics_mended(m, &result->mends);
    submission *s = ARENA_NEW(a, submission);
    s->exchange = w->exchange;
    s->format = w->format;
    s->result = result;
    s->events = news_of(w, result, &s->count);
    s->delivery_ids = qualified_ids(w, result);
    s->delivery_id_count = result->count ? result->delivery_id_count : 0;
    s->bytes = w->request.body_len;
    s->arrived = clock_monotonic(&w->app->clock);
    if (s->count == 0) {
        atomic_fetch_add_explicit(&m->ingest[INGEST_ACCEPTED], 1, memory_order_relaxed);
        intake_respond(w->exchange, w->format, INGEST_ACCEPTED, result, NULL, r);
        return true;
    }
    submission_prepare(w->app, s, a);
    if (intake_put(w->app->intake, s))
        return false;
    submission_forget_prepared(s);
    metrics_count(m, COUNTER_INTAKE_REFUSALS, 1);
    return refuse(w, INGEST_UNAVAILABLE, "too many events are waiting; send it again", r);
}

/* ── large bodies ── */

struct parser {
    app *app;
    arena *scratch; /* of its thread */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    webhook *first, *last;
    size_t count;
    bool stopping;
};

static bool parser_put(parser *p, webhook *w) {
    pthread_mutex_lock(&p->lock);
    bool room = !p->stopping && p->count < PARSER_QUEUE;
    if (room) {
        *(p->last ? &p->last->next : &p->first) = w;
        p->last = w;
        p->count++;
        pthread_cond_signal(&p->wake);
    }
    pthread_mutex_unlock(&p->lock);
    return room;
}

static webhook *parser_take(parser *p) {
    pthread_mutex_lock(&p->lock);
    while (!p->first && !p->stopping)
        pthread_cond_wait(&p->wake, &p->lock);
    webhook *w = p->first;
    if (w) {
        p->first = w->next;
        p->last = p->first ? p->last : NULL;
        p->count--;
    }
    pthread_mutex_unlock(&p->lock);
    return w;
}

static void *parser_main(void *context) {
    parser *p = context;
    for (webhook *w; (w = parser_take(p));) {
        http_response r = {0};
        w->request.scratch = p->scratch;
        if (receive(w, &r))
            http_complete(w->exchange, &r);
    }
    return NULL;
}

parser *parser_start(app *a, err *e) {
    parser *p = mem_zalloc(1, sizeof *p);
    p->app = a;
    p->scratch = arena_new();
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->wake, NULL);
    if (!pthread_create(&p->thread, NULL, parser_main, p))
        return p;
    err_set(e, ERR_SYSTEM, "cannot start the parser's thread");
    arena_free(p->scratch);
    free(p);
    return NULL;
}

void parser_stop(parser *p) {
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->stopping = true;
    pthread_cond_signal(&p->wake);
    pthread_mutex_unlock(&p->lock);
    pthread_join(p->thread, NULL);
    pthread_mutex_destroy(&p->lock);
    pthread_cond_destroy(&p->wake);
    arena_free(p->scratch);
    free(p);
}

/* ── who posts ── */

static const source *source_named(const app *a, const char *name) {
    for (size_t i = 0; i < a->settings->source_count; i++)
        if (text_equal(a->settings->sources[i].name, name))
            return &a->settings->sources[i];
    return NULL;
}

static bool no_source(http_exchange *x, const char *name, http_response *r) {
    http_respond_problem(x, r, 404, arena_printf(http_arena(x), "no source \"%s\" in the settings", name));
    return true;
}

static bool deny(app *a, http_exchange *x, ingest_auth verdict, const err *e, http_response *r) {
    static const int STATUS[] = {[INGEST_AUTH_MISSING] = 401, [INGEST_AUTH_WRONG] = 403, [INGEST_AUTH_MALFORMED] = 400};
    metrics_count(a->metrics, COUNTER_AUTH_FAILURES, 1);
    http_respond_problem(x, r, STATUS[verdict], e->text);
    if (verdict == INGEST_AUTH_MISSING)
        http_add_header(x, r, "WWW-Authenticate", "Bearer realm=\"onus\"");
    return true;
}

static webhook *webhook_new(app *a, const source *from, const ingest_format *format, http_exchange *x) {
    webhook *w = ARENA_NEW(http_arena(x), webhook);
    *w = (webhook){.app = a, .exchange = x, .format = format};
    w->request = (ingest_request){.from = from, .now = clock_now(&a->clock), .scratch = http_scratch(x)};
    w->request.body = http_body(x, &w->request.body_len);
    w->request.headers = http_headers(x, &w->request.header_count);
    return w;
}

static bool receive_from(webhook *w, http_response *r) {
    err e = {0};
    ingest_auth verdict = ingest_authenticate(w->format, &w->request, http_is_local(w->exchange), &e);
    if (verdict != INGEST_AUTH_OK)
        return deny(w->app, w->exchange, verdict, &e, r);
    if (w->request.body_len <= PARSE_ELSEWHERE_BYTES)
        return receive(w, r);
    if (parser_put(w->app->parser, w))
        return false;
    metrics_count(w->app->metrics, COUNTER_INTAKE_REFUSALS, 1);
    return refuse(w, INGEST_UNAVAILABLE, "too many large bodies are waiting; send it again", r);
}

bool api_source_post(void *context, void *worker, http_exchange *x, http_response *r) {
    (void)worker;
    const char *name = http_path_param(x, "name");
    const source *from = source_named(context, name);
    return from ? receive_from(webhook_new(context, from, ingest_format_find(from->format), x), r)
                : no_source(x, name, r);
}

/* ── a path that belongs to a format ── */

enum { PATH_KINDS_MAX = 2 };

typedef struct own_path {
    const char *format;                /* what is posted there */
    const char *kinds[PATH_KINDS_MAX]; /* formats of the sources that take it, the first ones first */
} own_path;

static const own_path EVENTS = {"pagerduty-event", {"pagerduty-event"}},
                      CHANGES = {"pagerduty-change", {"pagerduty-change", "pagerduty-event"}},
                      ALERTS = {"prometheus", {"prometheus"}};

typedef struct candidates {
    webhook **items; /* one a source; never empty */
    size_t count;
} candidates;

static void add_sources(candidates *to, app *a, const char *kind, const webhook *like) {
    for (size_t i = 0; i < a->settings->source_count; i++)
        if (text_equal(a->settings->sources[i].format, kind))
            to->items[to->count++] = webhook_new(a, &a->settings->sources[i], like->format, like->exchange);
}

/* Credentials that nobody knows are refused: whoever shows some is not let in by a source beside that asks for none. */
static void drop_open(candidates *c) {
    bool shown = false;
    size_t kept = 0;
    for (size_t i = 0; i < c->count; i++)
        shown = shown || ingest_credentials_shown(c->items[i]->format, &c->items[i]->request);
    for (size_t i = 0; i < c->count; i++)
        if (!shown || !ingest_is_open(c->items[i]->request.from))
            c->items[kept++] = c->items[i];
    c->count = kept;
}

/* Without any source, one of the path's name that answers on loopback only. */
static candidates find_candidates(app *a, const own_path *path, http_exchange *x) {
    arena *memory = http_arena(x);
    source *implicit = ARENA_NEW(memory, source);
    implicit->name = implicit->format = path->kinds[0];
    webhook *own = webhook_new(a, implicit, ingest_format_find(path->format), x);
    candidates c = {ARENA_ARRAY(memory, webhook *, a->settings->source_count + 1), 0};
    for (size_t i = 0; i < PATH_KINDS_MAX && path->kinds[i]; i++)
        add_sources(&c, a, path->kinds[i], own);
    if (c.count == 0)
        c.items[c.count++] = own;
    drop_open(&c);
    return c;
}

static bool lets_in(const webhook *w) {
    err e = {0};
    return ingest_authenticate(w->format, &w->request, http_is_local(w->exchange), &e) == INGEST_AUTH_OK;
}

/* The sources that let the request in by its headers, one after the other until the key in the body fits, so that it is
 * parsed where all bodies of its size are. When there is none, the first says why not. */
static bool receive_at(app *a, const own_path *path, http_exchange *x, http_response *r) {
    candidates c = find_candidates(a, path, x);
    webhook *first = NULL, **last = &first;
    for (size_t i = 0; i < c.count; i++)
        if (lets_in(c.items[i])) {
            *last = c.items[i];
            last = &c.items[i]->otherwise;
        }
    return receive_from(first ? first : c.items[0], r);
}

bool api_pagerduty_enqueue(void *context, void *worker, http_exchange *x, http_response *r) {
    (void)worker;
    return receive_at(context, &EVENTS, x, r);
}

bool api_pagerduty_change(void *context, void *worker, http_exchange *x, http_response *r) {
    (void)worker;
    return receive_at(context, &CHANGES, x, r);
}

bool api_alertmanager_alerts(void *context, void *worker, http_exchange *x, http_response *r) {
    (void)worker;
    return receive_at(context, &ALERTS, x, r);
}

/* ── before the body is read ── */

static http_admission admission_of(const webhook *w, ingest_auth verdict, const err *e, http_response *r) {
    if (verdict == INGEST_AUTH_OK)
        return HTTP_PROVEN;
    if (verdict == INGEST_AUTH_BY_BODY)
        return HTTP_UNPROVEN;
    (void)deny(w->app, w->exchange, verdict, e, r);
    return HTTP_REFUSED;
}

http_admission api_source_admit(void *context, http_exchange *x, http_response *r) {
    const char *name = http_path_param(x, "name");
    const source *from = source_named(context, name);
    err e = {0};
    if (!from) {
        (void)no_source(x, name, r);
        return HTTP_REFUSED;
    }
    const webhook *w = webhook_new(context, from, ingest_format_find(from->format), x);
    return admission_of(w, ingest_judge_headers(w->format, &w->request, http_is_local(x), &e), &e, r);
}

/* By the source that says most for it, else by the first, which says why not. */
static http_admission admit_at(app *a, const own_path *path, http_exchange *x, http_response *r) {
    candidates c = find_candidates(a, path, x);
    ingest_auth best = INGEST_AUTH_MISSING;
    err why = {0};
    for (size_t i = 0; i < c.count && best != INGEST_AUTH_OK; i++) {
        err e = {0};
        ingest_auth verdict = ingest_judge_headers(c.items[i]->format, &c.items[i]->request, http_is_local(x), &e);
        if (i == 0 || verdict == INGEST_AUTH_OK || verdict == INGEST_AUTH_BY_BODY)
            best = verdict;
        why = i == 0 ? e : why;
    }
    return admission_of(c.items[0], best, &why, r);
}

http_admission api_pagerduty_enqueue_admit(void *context, http_exchange *x, http_response *r) {
    return admit_at(context, &EVENTS, x, r);
}

http_admission api_pagerduty_change_admit(void *context, http_exchange *x, http_response *r) {
    return admit_at(context, &CHANGES, x, r);
}

http_admission api_alertmanager_admit(void *context, http_exchange *x, http_response *r) {
    return admit_at(context, &ALERTS, x, r);
}
