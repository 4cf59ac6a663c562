/* Owns the clockwork: escalations and expiring acknowledgements, pages that reached nobody, alerts that nobody repeats
 * any more, "last seen" of repeated alerts, the chart's file, handoffs, housekeeping. Each task is a row of one table
 * with its interval; a task that fails is logged and comes again. It decides nothing by itself: decide_due and the
 * intake do. */
#include "app/ticker.h"

#include "app/alert_memory.h"
#include "app/charts.h"
#include "app/dispatcher.h"
#include "app/handoff_view.h"
#include "app/intake.h"
#include "onus/limits.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    DUE_AT_ONCE = 64,
    UNREADABLE_MAX = 256,
    UNDELIVERABLE_AT_ONCE = 64,
    EXPIRED_AT_ONCE = 500,
    SEEN_AT_ONCE = 5000,
    TICK_MS = 250
};

enum {
    TASK_ESCALATE,
    TASK_UNDELIVERABLE,
    TASK_EXPIRE,
    TASK_WATCH_CHART,
    TASK_HANDOFFS,
    TASK_FLUSH_SEEN,
    TASK_HOUSEKEEP,
    TASK_COUNT
};

struct ticker {
    app *app;
    store_conn *store;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stopping, reload_asked;
    int64_t unreadable[UNREADABLE_MAX]; /* due incidents that a newer version has written: left to it for a while */
    size_t unreadable_count;
    usec unreadable_until; /* monotonic */
    usec next[TASK_COUNT]; /* monotonic */
    _Atomic int64_t turned_at;
};

/* ── incidents that are due ── */

static bool decide_due_incident(const decide_context *context, const void *argument, world *w, incident *i, arena *a,
                                changes *out, err *e) {
    (void)argument;
    (void)e;
    decide_due(context, w, i, a, out);
    return true;
}

/* What cannot be read stays due: it must not take the places of the others. Whoever can read it may be among the nodes;
 * it is looked at again after a minute. */
static void leave_for_a_while(ticker *t, int64_t id, const err *e) {
    metrics_count(t->app->metrics, COUNTER_UNREADABLE_ROWS, 1);
    app_warn_once(t->app, UNREADABLE_ROW, e);
    if (t->unreadable_count < UNREADABLE_MAX)
        t->unreadable[t->unreadable_count++] = id;
}

static bool is_left(const ticker *t, int64_t id) {
    for (size_t i = 0; i < t->unreadable_count; i++)
        if (t->unreadable[i] == id)
            return true;
    return false;
}

static void escalate(ticker *t, int64_t id) {
    err e = {0};
    size_t changed = 0;
    const incident_change change = {decide_due_incident, NULL, &changed};
    if (app_change_incident(t->app, t->store, id, &change, &e))
        metrics_count(t->app->metrics, COUNTER_ESCALATIONS, changed);
    else if (e.kind == ERR_SYSTEM)
        leave_for_a_while(t, id, &e);
    else if (e.kind != ERR_CONFLICT)
        app_warn(t->app, "an incident that is due could not be escalated yet", &e);
}

static void escalate_due(ticker *t) {
    int64_t ids[DUE_AT_ONCE + UNREADABLE_MAX];
    size_t count = 0;
    err e = {0};
    usec now = clock_monotonic(&t->app->clock);
    if (now >= t->unreadable_until) {
        t->unreadable_count = 0;
        t->unreadable_until = now + USEC_PER_MINUTE;
    }
    if (!store_due_incidents(t->store, clock_now(&t->app->clock), DUE_AT_ONCE + t->unreadable_count, ids, &count, &e))
        app_warn(t->app, "due incidents cannot be read yet", &e);
    for (size_t i = 0; i < count; i++)
        if (!is_left(t, ids[i]))
            escalate(t, ids[i]);
}

/* ── pages that reached nobody ── */

/* Whoever found such a page tells Accountable at once; this is for a finder that died before it could. */
static void tell_undeliverable(ticker *t) {
    arena *memory = arena_new();
    undeliverable_page *pages = NULL;
    size_t count = 0;
    err e = {0};
    if (!store_pending_undeliverable(t->store, clock_now(&t->app->clock), UNDELIVERABLE_AT_ONCE, memory, &pages, &count,
                                     &e))
        app_warn(t->app, "undeliverable pages cannot be read yet", &e);
    for (size_t i = 0; i < count; i++)
        dispatcher_tell_accountable(t->app->dispatcher, t->store, &pages[i]);
    arena_free(memory);
}

/* ── what goes the way of every event: what nobody repeats any more, and what was ended elsewhere and fires ── */

/* Takes `memory` over. False: the queue is full, nothing was submitted. */
static bool submit(ticker *t, arena *memory, event *events, size_t count) {
    submission *s = ARENA_NEW(memory, submission);
    *s = (submission){
        .own_memory = memory, .events = events, .count = count, .arrived = clock_monotonic(&t->app->clock)};
    submission_prepare(t->app, s, memory);
    if (count && intake_put(t->app->intake, s))
        return true;
    submission_forget_prepared(s);
    arena_free(memory);
    return count == 0;
}

/* ── "last seen" of repeated alerts ── */

/* The memory answered for alerts that another node had ended before: they fire, and that node must hear of it. */
static bool resubmit_ended(ticker *t, const seen_alert *seen, size_t count, err *e) {
    arena *memory = arena_new();
    event *events = NULL;
    size_t ended = 0;
    if (store_seen_after_end(t->store, seen, count, memory, &events, &ended, e))
        return submit(t, memory, events, ended) || err_set(e, ERR_UNAVAILABLE, "too many events are waiting");
    arena_free(memory);
    return false;
}

/* True when there may be more. */
static bool flush_some(ticker *t, seen_alert *seen, uint64_t *slots, bool *failed) {
    size_t count = alert_memory_take_seen(t->app->memory, SEEN_AT_ONCE, seen, slots);
    if (!count)
        return false;
    err e = {0};
    *failed = !store_touch_alerts(t->store, seen, count, &e) || !resubmit_ended(t, seen, count, &e);
    if (*failed)
        app_warn(t->app, "repeated alerts cannot be flushed yet", &e);
    alert_memory_settle(t->app->memory, seen, slots, count, *failed);
    return !*failed && count == SEEN_AT_ONCE;
}

static bool flush_all(ticker *t) {
    seen_alert *seen = mem_zalloc(SEEN_AT_ONCE, sizeof *seen);
    uint64_t *slots = mem_zalloc(SEEN_AT_ONCE, sizeof *slots);
    bool failed = false;
    while (flush_some(t, seen, slots, &failed)) {
    }
    free(seen);
    free(slots);
    return !failed;
}

static void flush_seen(ticker *t) {
    (void)flush_all(t);
}

/* ── alerts that nobody repeats any more ── */

static event *read_expired(ticker *t, arena *memory, size_t *count) {
    event *events = NULL;
    err e = {0};
    *count = 0;
    if (!store_expired_alerts(t->store, clock_now(&t->app->clock), EXPIRED_AT_ONCE, memory, &events, count, &e))
        app_warn(t->app, "expired alerts cannot be read yet", &e);
    return events;
}

/* What was repeated a moment ago is known in memory only, until it is flushed: it has not expired. */
static void end_expired(ticker *t) {
    arena *memory = arena_new();
    size_t count = 0;
    event *events = read_expired(t, memory, &count);
    if (count) {
        bool known = flush_all(t);
        events = read_expired(t, memory, &count);
        count = known ? count : 0;
    }
    (void)submit(t, memory, events, count); /* where the queue is full, they are found again */
}

/* ── the chart's file ── */

static void reload_chart(ticker *t) {
    buf report;
    buf_init(&report);
    err e = {0};
    if (charts_reload(t->app->charts, t->store, clock_now(&t->app->clock), &report, &e)) {
        metrics_count(t->app->metrics, COUNTER_CHART_RELOADS, 1);
        log_info(t->app->log, "chart in use", "path", t->app->settings->chart_path, "warnings", report.data);
    } else if (e.kind == ERR_UNAVAILABLE) { /* it says nothing about the chart, which is looked at again */
        app_warn(t->app, "the chart cannot be recorded yet", &e);
    } else {
        metrics_count(t->app->metrics, COUNTER_CHART_RELOAD_FAILURES, 1);
        log_error(t->app->log, "chart not taken", "error", e.text, "report", report.data);
    }
    buf_release(&report);
}

static void watch_chart(ticker *t) {
    pthread_mutex_lock(&t->lock);
    bool asked = t->reload_asked;
    t->reload_asked = false;
    pthread_mutex_unlock(&t->lock);
    if (charts_file_changed(t->app->charts) || asked)
        reload_chart(t);
}

/* ── the rest ── */

/* For the figures, and so that the next event need not wait; who commits events looks by itself. */
static void watch_handoffs(ticker *t) {
    err e = {0};
    if (!handoff_view_refresh(t->app->handoffs, t->store, &e))
        app_warn(t->app, "handoffs cannot be read yet", &e);
}

static void housekeep(ticker *t) {
    err e = {0};
    if (!store_housekeep(t->store, clock_now(&t->app->clock), t->app->settings->retention_months, &e))
        app_warn(t->app, "housekeeping failed; it comes again", &e);
}

static const struct task {
    void (*run)(ticker *t);
    usec every;
} TASKS[TASK_COUNT] = {
    [TASK_ESCALATE] = {escalate_due, 500 * USEC_PER_MS},
    [TASK_UNDELIVERABLE] = {tell_undeliverable, 10 * USEC_PER_SECOND},
    [TASK_EXPIRE] = {end_expired, USEC_PER_SECOND},
    [TASK_WATCH_CHART] = {watch_chart, 500 * USEC_PER_MS},
    [TASK_HANDOFFS] = {watch_handoffs, 5 * USEC_PER_SECOND},
    [TASK_FLUSH_SEEN] = {flush_seen, 5 * USEC_PER_SECOND},
    [TASK_HOUSEKEEP] = {housekeep, USEC_PER_HOUR},
};

static bool wait_a_tick(ticker *t) {
    struct timespec until = clock_wait_until(TICK_MS);
    pthread_mutex_lock(&t->lock);
    if (!t->stopping && !t->reload_asked)
        (void)pthread_cond_clockwait(&t->wake, &t->lock, CLOCK_MONOTONIC, &until);
    bool stopping = t->stopping;
    if (t->reload_asked)
        t->next[TASK_WATCH_CHART] = 0;
    pthread_mutex_unlock(&t->lock);
    return !stopping;
}

static void *ticker_main(void *context) {
    ticker *t = context;
    do {
        for (size_t i = 0; i < TASK_COUNT; i++) {
            usec now = clock_monotonic(&t->app->clock);
            atomic_store(&t->turned_at, now);
            if (now < t->next[i])
                continue;
            t->next[i] = now + TASKS[i].every;
            TASKS[i].run(t);
            app_say_passed_over(t->app, t->store);
        }
    } while (wait_a_tick(t));
    flush_seen(t);
    return NULL;
}

ticker *ticker_start(app *a, err *e) {
    ticker *t = mem_zalloc(1, sizeof *t);
    t->app = a;
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->wake, NULL);
    t->store = app_connection(a);
    store_unhurried(t->store);
    t->turned_at = clock_monotonic(&a->clock);
    t->next[TASK_HOUSEKEEP] = t->turned_at + USEC_PER_HOUR; /* serve has just done it */
    if (!pthread_create(&t->thread, NULL, ticker_main, t))
        return t;
    err_set(e, ERR_SYSTEM, "cannot start the ticker's thread");
    store_conn_free(t->store);
    free(t);
    return NULL;
}

void ticker_reload(ticker *t) {
    pthread_mutex_lock(&t->lock);
    t->reload_asked = true;
    pthread_cond_signal(&t->wake);
    pthread_mutex_unlock(&t->lock);
}

bool ticker_is_live(const ticker *t, usec now_monotonic) {
    return now_monotonic - atomic_load(&t->turned_at) < STALL_SECONDS * USEC_PER_SECOND;
}

void ticker_stop(ticker *t) {
    if (!t)
        return;
    pthread_mutex_lock(&t->lock);
    t->stopping = true;
    pthread_cond_signal(&t->wake);
    pthread_mutex_unlock(&t->lock);
    pthread_join(t->thread, NULL);
    store_conn_free(t->store);
    pthread_mutex_destroy(&t->lock);
    pthread_cond_destroy(&t->wake);
    free(t);
}
