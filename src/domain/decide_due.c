/* When nobody moves: silence, a contest that nobody decides, an acknowledgement that expires, a page that reaches
 * nobody.
 *
 * The first rule that applies to the incident says what happens. The difficulty: each of them repeats, and none may do
 * so for ever, so silence is asked about ESCALATION_STEPS_MAX times and then put on record as unanswered. */
#include "deciding.h"

#include "onus/text.h"

#include <assert.h>

static const char *waited(deciding *d, const incident *i) {
    return duration_to_text(d->memory, i->acknowledge_within);
}

static void record_own(deciding *d, incident *i, const char *kind, const char *text) {
    deciding_record(d, &(timeline_entry){.incident = i, .kind = kind, .actor = "onus", .text = text});
}

/* ── the rules, in order ── */

static bool is_over(const incident *i, usec now) {
    (void)now;
    return i->state == INCIDENT_RESOLVED;
}

static void stop_looking(deciding *d, incident *i) {
    (void)d;
    i->due_at = 0;
}

static bool acknowledgement_has_expired(const incident *i, usec now) {
    return i->state == INCIDENT_ACKNOWLEDGED && i->acknowledge_expires > 0 &&
           i->acknowledged_at + i->acknowledge_expires <= now;
}

static void expire_acknowledgement(deciding *d, incident *i) {
    const char *note =
        arena_printf(d->memory, "%s acknowledged it %s ago and it is still open, so the acknowledgement has expired.",
                     i->acknowledged_by, duration_to_text(d->memory, i->acknowledge_expires));
    const incident_transition *moved = incident_move(i, TRIGGER_ACKNOWLEDGE_EXPIRED, d->ctx->now);
    assert(moved != NULL);
    (void)moved;
    record_own(d, i, "acknowledgement_expired", note);
    deciding_tell(d, &(telling){.incident = i, .reason = REASON_ACKNOWLEDGEMENT_EXPIRED, .actor = "", .note = note});
}

static bool has_steps_left(const incident *i) {
    return i->step < ESCALATION_STEPS_MAX;
}

static bool is_undecided(const incident *i, usec now) {
    return incident_is_contested(i) && i->decide_within > 0 && i->contested_at + i->decide_within <= now &&
           has_steps_left(i);
}

/* Nobody in the chart stands above Accountable, so a contest that stays undecided goes back down: R, whose it still is,
 * is paged again from the second deadline on, unless somebody has acknowledged it and is on it anyway. */
static void ask_accountable_again(deciding *d, incident *i) {
    i->step++;
    i->due_at = incident_next_due(i, d->ctx->now);
    const char *note =
        arena_printf(d->memory, "%s contested it, and nobody has decided within %s whose it is (reminder %d of %d).",
                     i->contested_by, duration_to_text(d->memory, i->decide_within), i->step, ESCALATION_STEPS_MAX);
    bool nobody_on_it = i->state == INCIDENT_TRIGGERED && i->step > 1;
    record_own(d, i, "escalated", note);
    deciding_tell(d, &(telling){.incident = i,
                                .reason = nobody_on_it ? REASON_UNDECIDED : REASON_CONTESTED,
                                .actor = i->contested_by,
                                .note = note});
}

static bool is_unanswered(const incident *i, usec now) {
    (void)now;
    return i->state == INCIDENT_TRIGGERED && has_steps_left(i);
}

static void escalate(deciding *d, incident *i) {
    i->step++;
    i->due_at = incident_next_due(i, d->ctx->now);
    const char *note = arena_printf(d->memory, "Nobody acknowledged it within %s (page %d of %d to %s).", waited(d, i),
                                    i->step, ESCALATION_STEPS_MAX, i->raci.accountable.role_name);
    record_own(d, i, "escalated", note);
    deciding_tell(d, &(telling){.incident = i, .reason = REASON_ESCALATED, .actor = "", .note = note});
}

static bool has_asked_enough(const incident *i, usec now) {
    (void)now;
    return !has_steps_left(i) && (i->state == INCIDENT_TRIGGERED || incident_is_contested(i));
}

static void give_up_asking(deciding *d, incident *i) {
    bool acknowledged = i->state == INCIDENT_ACKNOWLEDGED && i->acknowledge_expires > 0;
    i->due_at = acknowledged ? i->acknowledged_at + i->acknowledge_expires : 0;
    record_own(d, i, "unanswered",
               arena_printf(d->memory, "Nobody answered: %s and %s were asked %d times. They are not asked again.",
                            i->raci.accountable.role_name,
                            i->raci.responsible_count > 0 ? i->raci.responsible[0].role_name : "nobody else",
                            ESCALATION_STEPS_MAX));
}

static bool is_anything_else(const incident *i, usec now) {
    (void)i;
    (void)now;
    return true;
}

static void look_again_later(deciding *d, incident *i) {
    i->due_at = incident_next_due(i, d->ctx->now);
}

static const struct {
    bool (*applies)(const incident *i, usec now);
    void (*act)(deciding *d, incident *i);
} rules[] = {
    {is_over, stop_looking},
    {acknowledgement_has_expired, expire_acknowledgement},
    {is_undecided, ask_accountable_again},
    {is_unanswered, escalate},
    {has_asked_enough, give_up_asking},
    {is_anything_else, look_again_later},
};

void decide_due(const decide_context *ctx, world *w, incident *i, arena *a, changes *out) {
    deciding d = {.ctx = ctx, .world = w, .memory = a, .out = out};
    deciding_begin(&d);
    if (i->due_at == 0 || i->due_at > ctx->now)
        return; /* another node was first */
    deciding_touch_incident(&d, i);
    size_t r = 0;
    while (!rules[r].applies(i, ctx->now))
        r++;
    rules[r].act(&d, i);
    deciding_finish(&d);
}

void decide_undeliverable(const decide_context *ctx, world *w, incident *i, const char *why, arena *a, changes *out) {
    deciding d = {.ctx = ctx, .world = w, .memory = a, .out = out};
    deciding_begin(&d);
    const char *own_why = arena_strdup(a, why);
    record_own(&d, i, "undeliverable", arena_printf(a, "The page reached nobody who is Responsible: %s", own_why));
    if (i->state != INCIDENT_RESOLVED)
        deciding_tell(&d, &(telling){.incident = i, .reason = REASON_UNDELIVERABLE, .actor = "", .note = own_why});
    deciding_finish(&d);
}
