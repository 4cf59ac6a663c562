/* Deciding's first step, and the names of outcomes and actions. */
#include "onus/decide.h"

#include "onus/text.h"

static const char *const outcome_names[OUTCOME_COUNT] = {
    [OUTCOME_OPENED] = "opened",
    [OUTCOME_JOINED] = "joined",
    [OUTCOME_REOPENED] = "reopened",
    [OUTCOME_UPDATED] = "updated",
    [OUTCOME_REPEATED] = "repeated",
    [OUTCOME_RESOLVED] = "resolved",
    [OUTCOME_ACKNOWLEDGED] = "acknowledged",
    [OUTCOME_NOTED] = "noted",
    [OUTCOME_LATE] = "late",
    [OUTCOME_NOTHING] = "nothing",
};

static const char *const action_names[] = {
    [ACTION_ACKNOWLEDGE] = "acknowledge",
    [ACTION_UNACKNOWLEDGE] = "unacknowledge",
    [ACTION_RESOLVE] = "resolve",
    [ACTION_CONTEST] = "contest",
    [ACTION_REASSIGN] = "reassign",
    [ACTION_ESCALATE] = "escalate",
    [ACTION_NOTE] = "note",
    [ACTION_ACCEPT] = "accept",
    [ACTION_DECLINE] = "decline",
    [ACTION_WITHDRAW] = "withdraw",
};

static const char *const decision_names[] = {
    [CONTEST_UNDECIDED] = "undecided", [CONTEST_ACCEPTED] = "accepted", [CONTEST_DECLINED] = "declined",
    [CONTEST_WITHDRAWN] = "withdrawn", [CONTEST_LAPSED] = "lapsed",     [CONTEST_REASSIGNED] = "reassigned",
};

const char *event_outcome_to_text(event_outcome o) {
    return outcome_names[o];
}

const char *action_kind_to_text(action_kind k) {
    return action_names[k];
}

const char *contest_decision_to_text(contest_decision d) {
    return decision_names[d];
}

bool action_kind_from_text(const char *text, action_kind *out) {
    for (size_t k = 0; k < sizeof action_names / sizeof *action_names; k++) {
        if (text_equal(text, action_names[k])) {
            *out = (action_kind)k;
            return true;
        }
    }
    return false;
}

prepared_event *decide_prepare(const decide_context *ctx, const event *events, size_t count, arena *a) {
    prepared_event *prepared = ARENA_ARRAY(a, prepared_event, count);
    for (size_t i = 0; i < count; i++) {
        const event *e = &events[i];
        prepared[i].event = e;
        prepared[i].content_hash = event_content_hash(e);
        prepared[i].unheard = e->unheard;
        prepared[i].handoff = handoffs_find(ctx->handoffs, e->labels, e->starts_at != 0 ? e->starts_at : ctx->now);
        labels set = handoff_fact_labels(a, e->labels, &prepared[i].handoff);
        route_question q = {set, arena_printf(a, "%s/%s", e->source, e->key), ctx->now, e->sent};
        chart_route(ctx->chart, &q, a, &prepared[i].route);
    }
    return prepared;
}
