/* Changing one incident, whoever asks: people, the ticker, the dispatcher. Loads, decides, commits, and hands over what
 * is to be sent. Leaves what to decide to the caller, and the batch of events to the committer. */
#include "app/charts.h"
#include "app/dispatcher.h"
#include "onus/crypto.h"

#include <string.h>

typedef struct change_job {
    app *app;
    decide_context context;
    const incident_change *change;
    bool refused; /* by the decision itself: the same again would come to the same */
} change_job;

decide_context app_decide_context(app *a, chart **held) {
    *held = charts_current(a->charts);
    return (decide_context){.chart = *held,
                            .now = clock_now(&a->clock),
                            .message_lifetime = a->settings->message_lifetime,
                            .node = a->node};
}

store_conn *app_connection(const app *a) {
    return store_conn_new(a->database, a->node, a->patience);
}

void app_count_uncertain(app *a, const store_conn *store) {
    if (store_is_uncertain(store))
        metrics_count(a->metrics, COUNTER_COMMITS_UNCERTAIN, 1);
}

void app_warn(const app *a, const char *event, const err *e) {
    if (e->kind != ERR_UNAVAILABLE || !patience_is_away(a->patience))
        log_warn(a->log, event, "error", e->text);
}

/* The place of the same text, else the oldest. */
static size_t find_said(const said_once *s, uint64_t text) {
    size_t oldest = 0;
    for (size_t i = 0; i < SAID_MAX; i++) {
        if (s->items[i].text == text)
            return i;
        if (s->items[i].at < s->items[oldest].at)
            oldest = i;
    }
    return oldest;
}

void app_warn_once(app *a, const char *event, const err *e) {
    const uint64_t text = hash_bytes(e->text, strlen(e->text), 0);
    const usec now = clock_monotonic(&a->clock);
    pthread_mutex_lock(&a->said.lock);
    size_t at = find_said(&a->said, text);
    bool said = a->said.items[at].text == text && now - a->said.items[at].at < USEC_PER_HOUR;
    if (!said) {
        a->said.items[at].text = text;
        a->said.items[at].at = now;
    }
    pthread_mutex_unlock(&a->said.lock);
    if (!said)
        log_warn(a->log, event, "error", e->text);
}

void app_say_passed_over(app *a, store_conn *store) {
    err e = {0};
    size_t rows = store_passed_over(store, &e);
    if (!rows)
        return;
    metrics_count(a->metrics, COUNTER_UNREADABLE_ROWS, rows);
    app_warn_once(a, UNREADABLE_ROW, &e);
}

void app_mark_kept(const app *a, changes *out) {
    for (size_t i = 0; i < out->message_count; i++) {
        const channel *c = channels_find(a->channels, out->messages[i].channel);
        out->messages[i].kept = c && channel_kind_of(c)->only_records;
    }
}

void app_count_kept(const app *a, const changes *done) {
    for (size_t i = 0; i < done->message_count; i++)
        if (done->messages[i].kept)
            metrics_delivery(a->metrics, done->messages[i].channel, DELIVERED);
}

static bool decide(void *context, world *w, incident *i, arena *a, changes *out, err *e) {
    change_job *job = context;
    bool ok = job->change->decide(&job->context, job->change->argument, w, i, a, out, e);
    if (ok)
        app_mark_kept(job->app, out);
    job->refused = !ok;
    return ok;
}

static bool change_once(change_job *job, store_conn *store, int64_t incident_id, err *e) {
    app *a = job->app;
    arena *memory = arena_new();
    chart *held = NULL;
    changes done = {0};
    job->context = app_decide_context(a, &held);
    lease lease = dispatcher_lease(a->dispatcher);
    bool ok = store_change_incident(store, incident_id, &(store_incident_decider){decide, job}, job->context.now,
                                    lease.length, memory, &done, e);
    if (!ok && store_is_uncertain(store))
        dispatcher_commit_uncertain(a->dispatcher, &lease, job->context.now);
    if (ok)
        app_count_kept(a, &done);
    if (ok)
        dispatcher_hand_over(a->dispatcher, &lease, done.messages, done.message_count);
    if (ok && job->change->changed)
        *job->change->changed = done.incident_count;
    chart_unref(held);
    arena_free(memory);
    return ok;
}

bool app_change_incident(app *a, store_conn *store, int64_t incident_id, const incident_change *change, err *e) {
    change_job job = {.app = a, .change = change};
    store_tries tries = {0};
    do {
        job.refused = false;
        *e = (err){0};
        if (change_once(&job, store, incident_id, e))
            return true;
        app_count_uncertain(a, store);
    } while (!job.refused && store_again(store, &tries, e));
    return false;
}
