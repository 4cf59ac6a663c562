/* Acting on an incident: the one way for API, links, Slack buttons and the console. */
#include "app/charts.h"
#include "app/dispatcher.h"
#include "onus/text.h"

#include <stdio.h>

typedef struct act_job {
    decide_context context;
    const action *act;
} act_job;

static bool decide_act(void *context, world *w, incident *i, arena *a, changes *out, err *e) {
    act_job *job = context;
    return decide_action(&job->context, w, i, job->act, a, out, e);
}

decide_context app_decide_context(app *a, chart **held) {
    *held = charts_current(a->charts);
    return (decide_context){
        .chart = *held, .now = clock_now(&a->clock), .message_lifetime = a->settings->message_lifetime};
}

bool app_act(app *a, worker *w, int64_t incident_id, const action *act, err *e) {
    enum { TRIES = 5 };
    bool ok = false;
    for (int tries = 0; tries < TRIES && !ok; tries++) {
        arena *memory = arena_new();
        chart *held = NULL;
        act_job job = {app_decide_context(a, &held), act};
        changes done = {0};
        usec lease = dispatcher_lease(a->dispatcher);
        *e = (err){0};
        ok = store_change_incident(w->store, incident_id, &(store_incident_decider){decide_act, &job}, job.context.now,
                                   lease, memory, &done, e);
        if (ok && lease)
            dispatcher_hand_over(a->dispatcher, done.messages, done.message_count);
        chart_unref(held);
        arena_free(memory);
        if (!ok && e->kind != ERR_UNAVAILABLE)
            break;
    }
    char id[32];
    (void)!snprintf(id, sizeof id, "%lld", (long long)incident_id);
    log_info(a->log, ok ? "action" : "action refused", "kind", action_kind_to_text(act->kind), "incident", id, "actor",
             act->actor, "via", act->via, "error", ok ? "" : e->text);
    return ok;
}
