/* Acting on an incident: the one way for API, links, Slack buttons and the console. */
#include "app/database_state.h"

#include "onus/limits.h"
#include "onus/text.h"

#include <stdio.h>
#include <string.h>

static bool decide_act(const decide_context *context, const void *argument, world *w, incident *i, arena *a,
                       changes *out, err *e) {
    return decide_action(context, w, i, argument, a, out, e);
}

bool app_may_act(raci_letter letter, action_kind kind, err *e) {
    bool decision = kind == ACTION_ACCEPT || kind == ACTION_DECLINE || kind == ACTION_REASSIGN;
    return !decision || letter == RACI_ACCOUNTABLE ||
           err_set(e, ERR_DENIED, "Only whoever is Accountable decides whose it is; this link is not theirs.");
}

/* Pages, notes and acknowledgements change nothing that is counted of misroutes. */
static bool moves_owner(action_kind kind) {
    return kind == ACTION_CONTEST || kind == ACTION_WITHDRAW || kind == ACTION_ACCEPT || kind == ACTION_DECLINE ||
           kind == ACTION_REASSIGN || kind == ACTION_RESOLVE;
}

bool app_form_text(http_exchange *x, const char *name, const char **out, err *e) {
    const char *text = http_form(x, name);
    *out = text_shorten(http_arena(x), text ? text : "", LIMIT_NOTE_BYTES);
    return !text || text_is_utf8(text, strlen(text)) || err_set(e, ERR_INVALID, "the %s is not UTF-8", name);
}

bool app_form_taker(http_exchange *x, action_kind kind, const char **out, err *e) {
    const char *chosen = http_form(x, "to");
    bool must_choose = kind == ACTION_ACCEPT || kind == ACTION_REASSIGN;
    if (must_choose && chosen && !*chosen)
        return err_set(e, ERR_INVALID, "Nobody was chosen: choose whose it is from now on, then press the button.");
    return app_form_text(x, "to", out, e);
}

bool app_act(app *a, worker *w, int64_t incident_id, const action *act, err *e) {
    bool ok = app_change_incident(a, w->store, incident_id, &(incident_change){decide_act, act, NULL}, e);
    if (ok && moves_owner(act->kind))
        database_state_recount(a->database_state);
    char id[32];
    (void)!snprintf(id, sizeof id, "%lld", (long long)incident_id);
    log_info(a->log, ok ? "action" : "action refused", "kind", action_kind_to_text(act->kind), "incident", id, "actor",
             act->actor, "via", act->via, "error", ok ? "" : e->text);
    return ok;
}
