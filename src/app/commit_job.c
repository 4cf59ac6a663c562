/* Owns one transaction's memory and what is done once it is committed. Leaves failures to the committer. */
#include "app/commit_job.h"

#include "app/alert_memory.h"
#include "app/charts.h"
#include "app/dispatcher.h"
#include "app/handoff_view.h"

#include <stdio.h>

enum { LOGGED_INCIDENTS_PER_COMMIT = 10 };

struct commit_job {
    app *app;
    chart *chart;      /* held, as the events point into both */
    handoffs *handoffs;
    decide_context context;
    prepared_event *prepared;
    size_t count;
    arena *memory; /* the job's own too */
    events_commit *commit;
    usec began; /* monotonic */
    usec lease;
};

/* ── before ── */

static event *events_of(const commit_item *items, size_t count, arena *a) {
    event *events = ARENA_ARRAY(a, event, count);
    for (size_t i = 0; i < count; i++)
        events[i] = *items[i].event;
    return events;
}

/* The delivery ids of the submissions that end within this slice: an id is remembered with the last of its events. */
static void add_delivery_ids(intake_batch *b, const commit_item *items, size_t count, arena *a) {
    size_t room = 0;
    for (size_t i = 0; i < count; i++)
        if (i + 1 == count || items[i + 1].owner != items[i].owner)
            room += items[i].owner->delivery_id_count;
    const char **ids = ARENA_ARRAY(a, const char *, room + 1);
    for (size_t i = 0; i < count; i++)
        if (i + 1 == count || items[i + 1].owner != items[i].owner)
            for (size_t k = 0; k < items[i].owner->delivery_id_count; k++)
                ids[b->delivery_id_count++] = items[i].owner->delivery_ids[k];
    b->delivery_ids = ids;
}

/* What the memory of open alerts says; it is asked once more, by the store's locks. */
static void mark_unheard(const commit_job *j) {
    for (size_t i = 0; i < j->count; i++) {
        const event *e = j->prepared[i].event;
        j->prepared[i].unheard =
            e->kind == EVENT_FIRING && !alert_memory_knows(j->app->memory, e->source, e->key);
    }
}

commit_job *commit_job_begin(app *a, store_conn *store, const commit_slice *slice) {
    arena *memory = arena_new();
    commit_job *j = ARENA_NEW(memory, commit_job);
    j->app = a;
    j->memory = memory;
    j->count = slice->count;
    j->handoffs = handoff_view_current(a->handoffs);
    j->context = app_decide_context(a, &j->chart);
    j->context.handoffs = j->handoffs;
    j->prepared = decide_prepare(&j->context, events_of(slice->items, j->count, memory), j->count, memory);
    if (slice->trusts_memory)
        mark_unheard(j);
    intake_batch *batch = ARENA_NEW(memory, intake_batch);
    *batch = (intake_batch){
        .events = j->prepared, .event_count = j->count, .handoffs_serial = handoffs_serial(j->handoffs)};
    if (slice->remember)
        add_delivery_ids(batch, slice->items, j->count, memory);
    j->began = clock_monotonic(&a->clock);
    j->commit = store_commit_begin(store, batch, j->context.now, memory);
    return j;
}

/* ── deciding ── */

static void decide_batch(void *context, world *w, changes *out) {
    commit_job *j = context;
    decide_events(&j->context, w, j->prepared, j->count, j->memory, out);
    app_mark_kept(j->app, out);
}

void commit_job_decide(commit_job *j) {
    j->lease = dispatcher_lease(j->app->dispatcher);
    store_commit_decide(j->commit, &(store_decider){decide_batch, j}, j->lease);
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

static void count_and_log(const commit_job *j, const changes *done) {
    app *a = j->app;
    size_t logged = 0;
    for (size_t i = 0; i < j->count; i++) {
        const route *r = &j->prepared[i].route;
        atomic_fetch_add_explicit(&a->metrics->outcomes[done->outcomes[i]], 1, memory_order_relaxed);
        atomic_fetch_add_explicit(&a->metrics->loops[r->row->loop], 1, memory_order_relaxed);
        if (r->row->index == UNOWNED_ROW)
            metrics_count(a->metrics, COUNTER_EVENTS_UNOWNED, 1);
        if (done->outcomes[i] == OUTCOME_OPENED && logged++ < LOGGED_INCIDENTS_PER_COMMIT)
            log_opened(a, done->event_incidents[i]);
    }
    if (logged > LOGGED_INCIDENTS_PER_COMMIT) {
        char more[32];
        (void)!snprintf(more, sizeof more, "%zu", logged - LOGGED_INCIDENTS_PER_COMMIT);
        log_info(a->log, "more incidents opened in the same commit", "count", more);
    }
}

static void follow_up(const commit_job *j, const changes *done) {
    app *a = j->app;
    histogram_observe(&a->metrics->commit_seconds, clock_monotonic(&a->clock) - j->began);
    metrics_count(a->metrics, COUNTER_COMMITS, 1);
    learn(a, done);
    if (j->lease)
        dispatcher_hand_over(a->dispatcher, done->messages, done->message_count);
    count_and_log(j, done);
}

static void release(commit_job *j) {
    chart_unref(j->chart);
    handoffs_unref(j->handoffs);
    arena_free(j->memory);
}

bool commit_job_end(commit_job *j, err *e) {
    changes done = {0};
    bool ok = store_commit_end(j->commit, &done, e);
    if (ok)
        follow_up(j, &done);
    release(j);
    return ok;
}

void commit_job_abandon(commit_job *j) {
    store_commit_abandon(j->commit);
    release(j);
}
