/* The incident's states: one table of transitions, one function that moves along it, and the diagram printed from it.
 *
 * Leaves to decide what a move causes (timeline, messages). The difficulty: a clock that runs already must not start
 * over when things get worse, or a page to A could be put off for ever by a growing problem. */
#include "onus/incident.h"

#include "onus/text.h"

static const char *const state_names[] = {
    [INCIDENT_TRIGGERED] = "triggered",
    [INCIDENT_ACKNOWLEDGED] = "acknowledged",
    [INCIDENT_RESOLVED] = "resolved",
};

static const char *const trigger_names[] = {
    [TRIGGER_ACKNOWLEDGE] = "acknowledge",
    [TRIGGER_UNACKNOWLEDGE] = "unacknowledge",
    [TRIGGER_ACKNOWLEDGE_EXPIRED] = "acknowledgement expired",
    [TRIGGER_SEVERITY_RAISED] = "severity raised",
    [TRIGGER_JOINED] = "joined unacknowledged",
    [TRIGGER_REASSIGN] = "reassign",
    [TRIGGER_RESOLVE] = "resolve",
    [TRIGGER_ALERTS_RESOLVED] = "alerts resolved",
    [TRIGGER_REFIRED] = "fires again",
};

/* What has no row is not possible: a resolved incident is never acknowledged, and only a new firing opens it again. */
static const incident_transition transitions[] = {
    {INCIDENT_TRIGGERED, TRIGGER_ACKNOWLEDGE, INCIDENT_ACKNOWLEDGED, "somebody has it"},
    {INCIDENT_TRIGGERED, TRIGGER_SEVERITY_RAISED, INCIDENT_TRIGGERED, "it got worse while nobody had it"},
    {INCIDENT_TRIGGERED, TRIGGER_REASSIGN, INCIDENT_TRIGGERED, "somebody else is asked"},
    {INCIDENT_TRIGGERED, TRIGGER_RESOLVE, INCIDENT_RESOLVED, "a person says that it is over"},
    {INCIDENT_TRIGGERED, TRIGGER_ALERTS_RESOLVED, INCIDENT_RESOLVED, "its last alert ended"},
    {INCIDENT_ACKNOWLEDGED, TRIGGER_UNACKNOWLEDGE, INCIDENT_TRIGGERED, "the acknowledgement was taken back"},
    {INCIDENT_ACKNOWLEDGED, TRIGGER_ACKNOWLEDGE_EXPIRED, INCIDENT_TRIGGERED, "acknowledged, then forgotten"},
    {INCIDENT_ACKNOWLEDGED, TRIGGER_SEVERITY_RAISED, INCIDENT_TRIGGERED,
     "the milder thing was acknowledged, not this one"},
    {INCIDENT_ACKNOWLEDGED, TRIGGER_JOINED, INCIDENT_TRIGGERED, "its senders have acknowledged the other alerts only"},
    {INCIDENT_ACKNOWLEDGED, TRIGGER_REASSIGN, INCIDENT_TRIGGERED, "the new owner has acknowledged nothing yet"},
    {INCIDENT_ACKNOWLEDGED, TRIGGER_RESOLVE, INCIDENT_RESOLVED, "a person says that it is over"},
    {INCIDENT_ACKNOWLEDGED, TRIGGER_ALERTS_RESOLVED, INCIDENT_RESOLVED, "its last alert ended"},
    {INCIDENT_RESOLVED, TRIGGER_REFIRED, INCIDENT_TRIGGERED, "it was not over"},
};

enum { TRANSITIONS = sizeof transitions / sizeof *transitions, STATES = sizeof state_names / sizeof *state_names };

const char *incident_state_to_text(incident_state s) {
    return state_names[s];
}

bool incident_state_from_text(const char *text, incident_state *out) {
    for (int s = 0; s < STATES; s++) {
        if (text_equal(text, state_names[s])) {
            *out = (incident_state)s;
            return true;
        }
    }
    return false;
}

const char *incident_trigger_to_text(incident_trigger t) {
    return trigger_names[t];
}

const incident_transition *incident_transitions(size_t *count) {
    *count = TRANSITIONS;
    return transitions;
}

static usec earlier_of(usec a, usec b) {
    return a == 0 || (b != 0 && b < a) ? b : a;
}

bool incident_is_contested(const incident *i) {
    return i->contested_by[0] != '\0';
}

/* By the contest's own clock, so that nothing which happens meanwhile puts the decision off. */
static usec next_decision(const incident *i, usec now) {
    if (!incident_is_contested(i) || i->decide_within <= 0)
        return 0;
    usec since = now > i->contested_at ? now - i->contested_at : 0;
    return i->contested_at + (since / i->decide_within + 1) * i->decide_within;
}

usec incident_next_due(const incident *i, usec now) {
    bool silence_counts = i->acknowledge_within > 0 && i->severity != SEVERITY_INFO;
    usec silence = silence_counts ? now + i->acknowledge_within : 0;
    usec expiry = i->acknowledge_expires > 0 ? i->acknowledged_at + i->acknowledge_expires : 0;
    switch (i->state) {
    case INCIDENT_TRIGGERED:
        return earlier_of(silence, next_decision(i, now));
    case INCIDENT_ACKNOWLEDGED:
        return earlier_of(expiry, next_decision(i, now));
    case INCIDENT_RESOLVED:
        break;
    }
    return 0;
}

static void incident_settle_times(incident *i, const incident_transition *t, usec now) {
    bool waiting_already = t->from == INCIDENT_TRIGGERED && t->trigger == TRIGGER_SEVERITY_RAISED && i->due_at != 0;
    switch (t->to) {
    case INCIDENT_TRIGGERED:
        i->acknowledged_at = i->resolved_at = 0;
        i->acknowledged_by = i->acknowledged_source = "";
        break;
    case INCIDENT_ACKNOWLEDGED:
        i->acknowledged_at = now;
        break;
    case INCIDENT_RESOLVED:
        i->resolved_at = now;
        break;
    }
    if (waiting_already)
        return;
    i->step = 0;
    i->due_at = incident_next_due(i, now);
}

const incident_transition *incident_move(incident *i, incident_trigger trigger, usec now) {
    for (const incident_transition *t = transitions; t < transitions + TRANSITIONS; t++) {
        if (t->from != i->state || t->trigger != trigger)
            continue;
        i->state = t->to;
        i->updated_at = now;
        incident_settle_times(i, t, now);
        return t;
    }
    return NULL;
}

void incident_print_diagram(buf *b) {
    buf_puts(b, "stateDiagram-v2\n    [*] --> triggered: opened (no open incident of its group)\n");
    for (const incident_transition *t = transitions; t < transitions + TRANSITIONS; t++)
        buf_printf(b, "    %s --> %s: %s (%s)\n", state_names[t->from], state_names[t->to], trigger_names[t->trigger],
                   t->why);
    buf_puts(b, "    resolved --> [*]\n");
}

/* ── partial ── */

incident incident_partial(const incident *i) {
    return (incident){.id = i->id,
                      .partial = true,
                      .state = i->state,
                      .group_key = i->group_key,
                      .severity = i->severity,
                      .handoff = i->handoff,
                      .starts_at = i->starts_at,
                      .resolved_at = i->resolved_at,
                      .updated_at = i->updated_at,
                      .open_alerts = i->open_alerts,
                      .total_alerts = i->total_alerts,
                      .reopen_after = i->reopen_after,
                      .acknowledged_source = i->acknowledged_source,
                      .activity = "",
                      .activity_name = "",
                      .service = "",
                      .title = "",
                      .why = "",
                      .runbook = "",
                      .link = "",
                      .acknowledged_by = "",
                      .contested_by = "",
                      .contest_reason = "",
                      .proposed_role = "",
                      .proposed_name = ""};
}
