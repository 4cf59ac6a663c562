/* What a person does to an incident: one function an action, found through one table.
 *
 * Leaves what follows from acknowledging and ending to decide_incident.c, which events share, and whose it is to
 * decide_contest.c. The difficulty: buttons are pressed twice and by several people at once, so whatever has already
 * the wanted effect is no error. */
#include "deciding.h"

#include "onus/text.h"

#include <assert.h>

typedef bool perform_action(deciding *d, incident *i, const action *act, err *e);

static cause cause_of(const action *act) {
    return (cause){.actor = act->actor, .told = act->actor, .via = act->via, .note = act->note};
}

void record_action(deciding *d, incident *i, const action *act, const char *kind, const char *what) {
    cause by = cause_of(act);
    deciding_record(
        d, &(timeline_entry){.incident = i, .kind = kind, .actor = act->actor, .text = cause_sentence(d, &by, what)});
}

void tell_action(deciding *d, incident *i, const action *act, message_reason reason) {
    deciding_tell(d, &(telling){.incident = i, .reason = reason, .actor = act->actor, .note = act->note});
}

static bool act_acknowledge(deciding *d, incident *i, const action *act, err *e) {
    (void)e;
    cause by = cause_of(act);
    incident_acknowledge(d, i, &by);
    return true;
}

static bool act_unacknowledge(deciding *d, incident *i, const action *act, err *e) {
    (void)e;
    const char *holder = i->acknowledged_by;
    if (incident_move(i, TRIGGER_UNACKNOWLEDGE, d->ctx->now) == NULL)
        return true; /* nobody has it, which is what was asked for */
    deciding_touch_incident(d, i);
    const char *what = text_equal(holder, act->actor)
                           ? "took the acknowledgement back"
                           : arena_printf(d->memory, "took back the acknowledgement by %s", holder);
    record_action(d, i, act, "unacknowledged", what);
    tell_action(d, i, act, REASON_UNACKNOWLEDGED);
    return true;
}

static bool act_resolve(deciding *d, incident *i, const action *act, err *e) {
    (void)e;
    cause by = cause_of(act);
    incident_end(d, i, TRIGGER_RESOLVE, &by);
    return true;
}

static bool act_escalate(deciding *d, incident *i, const action *act, err *e) {
    (void)e;
    /* It counts as a step: the clock must not page the same people again a moment later. */
    if (i->state == INCIDENT_TRIGGERED && i->due_at != 0) {
        i->step = i->step < ESCALATION_STEPS_MAX ? i->step + 1 : i->step;
        i->due_at = incident_next_due(i, d->ctx->now);
        deciding_touch_incident(d, i);
    }
    record_action(d, i, act, "escalated",
                  arena_printf(d->memory, "escalated it to %s (%s)", i->raci.accountable.role_name,
                               i->raci.accountable.team_name));
    tell_action(d, i, act, REASON_ESCALATED);
    return true;
}

static bool act_note(deciding *d, incident *i, const action *act, err *e) {
    if (act->note[0] == '\0')
        return err_set(e, ERR_INVALID, "The note is empty.");
    deciding_record(d, &(timeline_entry){.incident = i, .kind = "note", .actor = act->actor, .text = act->note});
    return true;
}

typedef struct action_rule {
    perform_action *perform;
    const char *too_late; /* why it is not possible when the incident has ended; NULL: it is */
    bool only_theirs;     /* by a link of R: only as long as they are Responsible */
} action_rule;

static const action_rule rules[] = {
    [ACTION_ACKNOWLEDGE] = {act_acknowledge, "nothing is left to acknowledge", true},
    [ACTION_UNACKNOWLEDGE] = {act_unacknowledge, "no acknowledgement is left to take back", true},
    [ACTION_RESOLVE] = {act_resolve, NULL, false},
    [ACTION_CONTEST] = {act_contest, "nobody has to work on it any more; put a note on it instead", true},
    [ACTION_REASSIGN] = {act_reassign, "nobody has to work on it any more", false},
    [ACTION_ESCALATE] = {act_escalate, "nobody has to be paged any more", false},
    [ACTION_NOTE] = {act_note, NULL, false},
    [ACTION_ACCEPT] = {act_accept, "nobody has to work on it any more", false},
    [ACTION_DECLINE] = {act_decline, "nothing is left to decide", false},
    [ACTION_WITHDRAW] = {act_withdraw, "nothing is left to decide", true},
};

/* The caller's request may be gone when the changes are written. */
static action action_copy(arena *a, const action *act) {
    return (action){.kind = act->kind,
                    .actor = arena_strdup(a, act->actor),
                    .via = act->via != NULL ? arena_strdup(a, act->via) : "",
                    .note = act->note != NULL ? arena_strdup(a, act->note) : "",
                    .to = act->to != NULL ? arena_strdup(a, act->to) : "",
                    .made_for = act->made_for != NULL ? arena_strdup(a, act->made_for) : "",
                    .made_for_team = act->made_for_team != NULL ? arena_strdup(a, act->made_for_team) : ""};
}

bool decide_action(const decide_context *ctx, world *w, incident *i, const action *act, arena *a, changes *out,
                   err *e) {
    assert(act->actor != NULL && act->actor[0] != '\0');
    const action_rule *rule = &rules[act->kind];
    deciding d = {.ctx = ctx, .world = w, .memory = a, .out = out};
    deciding_begin(&d);
    if (i->state == INCIDENT_RESOLVED && rule->too_late != NULL)
        return err_set(e, ERR_CONFLICT, "The incident is resolved: %s.", rule->too_late);
    action own = action_copy(a, act);
    if (rule->only_theirs && !check_still_theirs(&d, i, &own, e))
        return false;
    if (!rule->perform(&d, i, &own, e))
        return false;
    deciding_finish(&d);
    return true;
}
