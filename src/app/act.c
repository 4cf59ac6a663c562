/* Acting on an incident: the one way for API, links, Slack buttons and the console. */
#include "app/app.h"

#include <stdio.h>

static bool decide_act(const decide_context *context, const void *argument, world *w, incident *i, arena *a,
                       changes *out, err *e) {
    return decide_action(context, w, i, argument, a, out, e);
}

bool app_act(app *a, worker *w, int64_t incident_id, const action *act, err *e) {
    bool ok = app_change_incident(a, w->store, incident_id, &(incident_change){decide_act, act, NULL}, e);
    char id[32];
    (void)!snprintf(id, sizeof id, "%lld", (long long)incident_id);
    log_info(a->log, ok ? "action" : "action refused", "kind", action_kind_to_text(act->kind), "incident", id, "actor",
             act->actor, "via", act->via, "error", ok ? "" : e->text);
    return ok;
}
