/* Owns the looks at the database that everybody who asks shares: a commit, figures, misroutes. Leaves what misroutes
 * are to misroute_metrics.c, and who may ask to the routes.
 *
 * The difficulty: only a commit proves that commits are possible, and none may be made for each who asks. The lock is
 * held for copies only, never over a query. */
#include "app/database_state.h"

#include "app/misroute_metrics.h"
#include "onus/json.h"
#include "onus/limits.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define CHECK_EVERY (LIMIT_READY_CHECK_SECONDS * USEC_PER_SECOND)
#define FIGURES_EVERY (5 * USEC_PER_SECOND)
#define MISROUTES_EVERY USEC_PER_MINUTE

struct database_state {
    app *app;
    store_conn *store;
    pthread_t thread;
    _Atomic int64_t turned_at;       /* monotonic */
    usec figures_due, misroutes_due; /* monotonic; of the thread */
    pthread_mutex_t lock;            /* all below */
    pthread_cond_t wake;
    bool stopping, recount;
    bool commits;
    usec looked_at; /* monotonic */
    char problem[ERR_TEXT_MAX];
    char *incidents, *misroutes; /* as they are printed */
};

/* ── looking ── */

static void look_at_commits(database_state *s) {
    err e = {0};
    bool commits = store_check_commit(s->store, clock_now(&s->app->clock), &e);
    pthread_mutex_lock(&s->lock);
    s->commits = commits;
    s->looked_at = clock_monotonic(&s->app->clock);
    memcpy(s->problem, e.text, sizeof s->problem);
    pthread_mutex_unlock(&s->lock);
}

static void keep(database_state *s, char **place, buf *printed) {
    char *fresh = buf_detach(printed);
    pthread_mutex_lock(&s->lock);
    char *old = *place;
    *place = fresh;
    pthread_mutex_unlock(&s->lock);
    free(old);
}

static void put_open_incidents(buf *out, const char *json) {
    err e;
    cJSON *rows = json_parse_mended(json, strlen(json), &e);
    const cJSON *row;
    metric_put_family(out, "onus_open_incidents", METRIC_GAUGE, "Open incidents by loop, state and severity.");
    cJSON_ArrayForEach(row, rows) {
        const char *pairs[] = {"loop",     json_text(row, "loop"),     "state", json_text(row, "state"),
                               "severity", json_text(row, "severity"), NULL};
        metric_put_sample(out, "onus_open_incidents", pairs, (double)json_int(row, "count", 0));
    }
    cJSON_Delete(rows);
}

static void count_incidents(database_state *s, arena *memory) {
    char *json = NULL;
    err e = {0};
    buf out;
    buf_init(&out);
    if (store_incident_counts(s->store, memory, &json, &e)) {
        put_open_incidents(&out, json);
        keep(s, &s->incidents, &out);
    }
    buf_release(&out);
}

static void count_messages(database_state *s) {
    int64_t waiting = 0;
    usec oldest = 0;
    err e = {0};
    if (store_outbox_figures(s->store, clock_now(&s->app->clock), &waiting, &oldest, &e)) {
        metrics_set(s->app->metrics, GAUGE_MESSAGES_WAITING, waiting);
        metrics_set(s->app->metrics, GAUGE_OLDEST_MESSAGE_SECONDS, oldest / USEC_PER_SECOND);
    }
}

/* True when they were counted. */
static bool count_misroutes(database_state *s, arena *memory) {
    buf out;
    buf_init(&out);
    bool ok = misroute_metrics_put(s->store, clock_now(&s->app->clock), memory, &out);
    if (ok)
        keep(s, &s->misroutes, &out);
    buf_release(&out);
    return ok;
}

static void look_at_figures(database_state *s, usec now) {
    arena *memory = arena_new();
    if (now >= s->figures_due) {
        s->figures_due = now + FIGURES_EVERY;
        count_incidents(s, memory);
        count_messages(s);
    }
    if (now >= s->misroutes_due && count_misroutes(s, memory))
        s->misroutes_due = now + MISROUTES_EVERY;
    arena_free(memory);
}

/* Until the next look. False: the service stops. */
static bool wait_for_the_next(database_state *s) {
    struct timespec until = clock_wait_until(CHECK_EVERY / USEC_PER_MS);
    pthread_mutex_lock(&s->lock);
    while (!s->stopping && !s->recount)
        if (pthread_cond_clockwait(&s->wake, &s->lock, CLOCK_MONOTONIC, &until))
            break;
    if (s->recount)
        s->misroutes_due = 0;
    s->recount = false;
    bool stopping = s->stopping;
    pthread_mutex_unlock(&s->lock);
    return !stopping;
}

static void *look_main(void *context) {
    database_state *s = context;
    usec checked_at = 0;
    do {
        usec now = clock_monotonic(&s->app->clock);
        atomic_store(&s->turned_at, now);
        if (checked_at == 0 || now - checked_at >= CHECK_EVERY) {
            look_at_commits(s);
            checked_at = clock_monotonic(&s->app->clock);
        }
        look_at_figures(s, now);
    } while (wait_for_the_next(s));
    return NULL;
}

/* ── what was seen ── */

void database_state_recount(database_state *s) {
    pthread_mutex_lock(&s->lock);
    s->recount = true;
    pthread_cond_signal(&s->wake);
    pthread_mutex_unlock(&s->lock);
}

database_readiness database_state_ready(database_state *s, arena *a) {
    usec now = clock_monotonic(&s->app->clock);
    pthread_mutex_lock(&s->lock);
    usec age = now > s->looked_at ? now - s->looked_at : 0;
    bool old = age > LIMIT_READY_AGE_SECONDS * USEC_PER_SECOND;
    database_readiness r = {.ready = s->commits && !old, .age_seconds = (double)age / USEC_PER_SECOND};
    r.problem = r.ready ? "" : old ? "the database has not answered for too long" : arena_strdup(a, s->problem);
    pthread_mutex_unlock(&s->lock);
    return r;
}

void database_state_put_metrics(database_state *s, buf *out) {
    arena *memory = arena_new();
    database_readiness r = database_state_ready(s, memory);
    arena_free(memory);
    metric_put_family(out, "onus_database_up", METRIC_GAUGE, "1 when the newest check could commit to the database.");
    metric_put_sample(out, "onus_database_up", NULL, r.ready);
    metric_put_family(out, "onus_database_state_age_seconds", METRIC_GAUGE,
                      "How long ago the newest check of the database has ended.");
    metric_put_sample(out, "onus_database_state_age_seconds", NULL, r.age_seconds);
    pthread_mutex_lock(&s->lock);
    if (r.ready)
        buf_puts(out, s->incidents);
    buf_puts(out, s->misroutes);
    pthread_mutex_unlock(&s->lock);
}

/* ── life ── */

static database_state *state_new(app *a) {
    database_state *s = mem_zalloc(1, sizeof *s);
    s->app = a;
    s->store = app_connection(a);
    s->looked_at = clock_monotonic(&a->clock);
    atomic_init(&s->turned_at, s->looked_at);
    memcpy(s->problem, "not looked at yet", sizeof "not looked at yet");
    s->incidents = mem_strdup("");
    s->misroutes = mem_strdup("");
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->wake, NULL);
    return s;
}

static void state_free(database_state *s) {
    store_conn_free(s->store);
    free(s->incidents);
    free(s->misroutes);
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->wake);
    free(s);
}

database_state *database_state_start(app *a, err *e) {
    database_state *s = state_new(a);
    if (!pthread_create(&s->thread, NULL, look_main, s))
        return s;
    err_set(e, ERR_SYSTEM, "cannot start the thread that looks at the database");
    state_free(s);
    return NULL;
}

bool database_state_is_live(const database_state *s, usec now_monotonic) {
    return now_monotonic - atomic_load(&s->turned_at) < STALL_SECONDS * USEC_PER_SECOND;
}

void database_state_stop(database_state *s) {
    if (!s)
        return;
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    pthread_cond_signal(&s->wake);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->thread, NULL);
    state_free(s);
}
