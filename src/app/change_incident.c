/* Changing one incident, whoever asks: people, the ticker, the dispatcher. Loads, decides, commits, and hands over what
 * is to be sent. Leaves what to decide to the caller, and the batch of events to the committer. */
#include "app/charts.h"
#include "app/dispatcher.h"

typedef struct change_job {
    const app *app;
    decide_context context;
    const incident_change *change;
} change_job;

decide_context app_decide_context(app *a, chart **held) {
    *held = charts_current(a->charts);
    return (decide_context){
        .chart = *held, .now = clock_now(&a->clock), .message_lifetime = a->settings->message_lifetime};
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
    return ok;
}

static bool change_once(app *a, store_conn *store, int64_t incident_id, const incident_change *change, err *e) {
    arena *memory = arena_new();
    chart *held = NULL;
    change_job job = {a, app_decide_context(a, &held), change};
    changes done = {0};
    usec lease = dispatcher_lease(a->dispatcher);
    bool ok = store_change_incident(store, incident_id, &(store_incident_decider){decide, &job}, job.context.now, lease,
                                    memory, &done, e);
    if (ok)
        app_count_kept(a, &done);
    if (ok && lease)
        dispatcher_hand_over(a->dispatcher, done.messages, done.message_count);
    if (ok && change->changed)
        *change->changed = done.incident_count;
    chart_unref(held);
    arena_free(memory);
    return ok;
}

bool app_change_incident(app *a, store_conn *store, int64_t incident_id, const incident_change *change, err *e) {
    enum { TRIES = 5 };
    for (int tries = 0; tries < TRIES; tries++) {
        *e = (err){0};
        if (change_once(a, store, incident_id, change, e))
            return true;
        if (e->kind != ERR_UNAVAILABLE && e->kind != ERR_CONFLICT)
            break;
    }
    return false;
}
