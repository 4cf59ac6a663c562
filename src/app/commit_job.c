/* Owns one transaction's memory and what is done once it is committed. Leaves failures to the committer. */
#include "app/commit_job.h"

#include "app/alert_memory.h"
#include "app/dispatcher.h"
#include "app/handoff_view.h"

#include <stdio.h>

enum { LOGGED_INCIDENTS_PER_SECOND = 50 };

typedef struct commit_job {
    app *app;
    chart *chart; /* referenced, as is the next: the events point into both */
    handoffs *handoffs;
    decide_context context;
    prepared_event *prepared;
    size_t count;
    arena *memory;
} commit_job;

/* ── before ── */

/* As it was prepared where it came in, or anew when the chart or a handoff has changed since. */
static prepared_event prepared_of(const commit_job *j, const commit_item *item) {
    const submission *s = item->owner;
    if (s->prepared && s->chart == j->chart && s->handoffs == j->handoffs)
        return s->prepared[item->place];
    return *decide_prepare(&j->context, &s->events[item->place], 1, j->memory);
}

/* An id is remembered with the last of its events, unless an earlier one of them failed: its sender comes again. */
static bool is_done_with(const commit_slice *slice, size_t i) {
    const submission *owner = slice->items[i].owner;
    return (i + 1 == slice->count || slice->items[i + 1].owner != owner) && owner->verdict == INGEST_ACCEPTED;
}

/* The delivery ids of the submissions that end within this slice. */
static void add_delivery_ids(intake_batch *b, const commit_slice *slice, arena *a) {
    const commit_item *items = slice->items;
    size_t room = 0, count = slice->count;
    for (size_t i = 0; i < count; i++)
        if (is_done_with(slice, i))
            room += items[i].owner->delivery_id_count;
    const char **ids = ARENA_ARRAY(a, const char *, room + 1);
    for (size_t i = 0; i < count; i++)
        if (is_done_with(slice, i))
            for (size_t k = 0; k < items[i].owner->delivery_id_count; k++)
                ids[b->delivery_id_count++] = items[i].owner->delivery_ids[k];
    b->delivery_ids = ids;
}

static void distrust(commit_job *j) {
    for (size_t i = 0; i < j->count; i++)
        j->prepared[i].unheard = false;
}

/* ── deciding ── */

static void decide_batch(void *context, world *w, changes *out) {
    const commit_job *j = context;
    decide_events(&j->context, w, j->prepared, j->count, j->memory, out);
    app_mark_kept(j->app, out);
}

/* ── after ── */

static void learn(app *a, const changes *done) {
    for (size_t i = 0; i < done->alert_count; i++) {
        const alert *known = done->alerts[i];
        if (known->ends_at || !known->incident)
            alert_memory_forget(a->memory, known->source, known->key);
        else
            alert_memory_learn(
                a->memory, &(open_alert){known->source, known->key, known->id, known->content_hash, known->starts_at});
    }
}

static void log_opened(app *a, const incident *i) {
    buf who;
    buf_init(&who);
    for (size_t k = 0; k < i->raci.responsible_count; k++)
        buf_printf(&who, "%s%s (%s)", k ? ", " : "", i->raci.responsible[k].role_name,
                   i->raci.responsible[k].team_name);
    char id[32];
    (void)!snprintf(id, sizeof id, "%lld", (long long)i->id);
    log_info(a->log, "incident opened", "incident", id, "title", i->title, "loop", loop_to_text(i->loop), "row",
             i->activity, "service", i->service, "severity", severity_to_text(i->severity), "responsible", who.data,
             "accountable", i->raci.accountable.role_name, "why", i->why);
    buf_release(&who);
}

/* In a storm the log must not cost more than the commits: so many of them have a line of their own in this second. */
static size_t take_log_lines(app *a, size_t wanted) {
    const int64_t second = clock_monotonic(&a->clock) / USEC_PER_SECOND;
    if (atomic_exchange(&a->opened_log.second, second) != second)
        atomic_store(&a->opened_log.lines, 0);
    const size_t taken = atomic_fetch_add(&a->opened_log.lines, wanted);
    const size_t left = taken < LOGGED_INCIDENTS_PER_SECOND ? LOGGED_INCIDENTS_PER_SECOND - taken : 0;
    return wanted < left ? wanted : left;
}

static void log_all_opened(const commit_job *j, const changes *done, size_t opened) {
    app *a = j->app;
    const size_t lines = take_log_lines(a, opened);
    for (size_t i = 0, logged = 0; logged < lines; i++) {
        if (done->outcomes[i] == OUTCOME_OPENED) {
            log_opened(a, done->event_incidents[i]);
            logged++;
        }
    }
    if (opened > lines) {
        char more[32];
        (void)!snprintf(more, sizeof more, "%zu", opened - lines);
        log_info(a->log, "more incidents opened in the same commit", "count", more);
    }
}

static void count_and_log(const commit_job *j, const changes *done) {
    app *a = j->app;
    size_t opened = 0;
    for (size_t i = 0; i < j->count; i++) {
        const route *r = &j->prepared[i].route;
        atomic_fetch_add_explicit(&a->metrics->outcomes[done->outcomes[i]], 1, memory_order_relaxed);
        atomic_fetch_add_explicit(&a->metrics->loops[r->row->loop], 1, memory_order_relaxed);
        if (r->row->index == UNOWNED_ROW)
            metrics_count(a->metrics, COUNTER_EVENTS_UNOWNED, 1);
        opened += done->outcomes[i] == OUTCOME_OPENED;
    }
    if (opened > 0)
        log_all_opened(j, done, opened);
}

static void follow_up(const commit_job *j, const changes *done, const lease *lease) {
    learn(j->app, done);
    app_count_kept(j->app, done);
    dispatcher_hand_over(j->app->dispatcher, lease, done->messages, done->message_count);
    count_and_log(j, done);
}

/* ── all of it ── */

static bool commit(commit_job *j, store_conn *store, const commit_slice *slice, err *e) {
    app *a = j->app;
    intake_batch batch = {
        .events = j->prepared, .event_count = j->count, .handoffs_serial = handoffs_serial(j->handoffs)};
    if (slice->remember)
        add_delivery_ids(&batch, slice, j->memory);
    usec began = clock_monotonic(&a->clock);
    lease lease = dispatcher_lease(a->dispatcher);
    changes done = {0};
    if (!store_commit_events(store, &batch, &(store_decider){decide_batch, j}, j->context.now, lease.length, j->memory,
                             &done, e)) {
        if (store_is_uncertain(store))
            dispatcher_commit_uncertain(a->dispatcher, &lease, j->context.now);
        return false;
    }
    histogram_observe(&a->metrics->commit_seconds, clock_monotonic(&a->clock) - began);
    metrics_count(a->metrics, COUNTER_COMMITS, 1);
    follow_up(j, &done, &lease);
    return true;
}

bool commit_job_run(app *a, store_conn *store, const commit_slice *slice, err *e) {
    commit_job j = {
        .app = a, .handoffs = handoff_view_current(a->handoffs), .count = slice->count, .memory = arena_new()};
    j.context = app_decide_context(a, &j.chart);
    j.context.handoffs = j.handoffs;
    j.prepared = ARENA_ARRAY(j.memory, prepared_event, j.count);
    for (size_t i = 0; i < j.count; i++)
        j.prepared[i] = prepared_of(&j, &slice->items[i]);
    if (!slice->trusts_memory)
        distrust(&j);
    bool ok = commit(&j, store, slice, e);
    chart_unref(j.chart);
    handoffs_unref(j.handoffs);
    arena_free(j.memory);
    return ok;
}
