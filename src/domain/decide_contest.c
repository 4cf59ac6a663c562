/* Whose it is: somebody says "not mine", Accountable decides, or it is simply given to somebody else.
 *
 * Leaves who may decide to the callers, and the deadline to decide_due.c. The difficulty: Responsible stays responsible
 * until something is decided, several people press at once, and whatever comes first must leave the rest a sentence
 * that says how things stand. Each contest is kept with what it came to: misroutes are counted from that. */
#include "deciding.h"

#include "onus/links.h"
#include "onus/text.h"

#include <assert.h>

/* ── what is kept ── */

static party first_responsible(const incident *i) {
    return i->raci.responsible_count > 0 ? i->raci.responsible[0] : (party){.role = ""};
}

static contest contest_of(const incident *i) {
    return (contest){.incident = i,
                     .at = i->contested_at != 0 ? i->contested_at : i->opened_at,
                     .by = i->contested_by,
                     .reason = i->contest_reason,
                     .proposed_role = i->proposed_role,
                     .from = first_responsible(i),
                     .decided_by = "",
                     .decision_reason = ""};
}

void contest_settle(deciding *d, incident *i, const verdict *v) {
    contest kept = contest_of(i);
    kept.decision = v->decision;
    kept.decided_at = d->ctx->now;
    kept.decided_by = v->by;
    kept.decision_reason = v->reason;
    if (v->to != NULL)
        kept.to = *v->to;
    deciding_keep_contest(d, &kept);
    i->contested_by = i->contest_reason = i->proposed_role = i->proposed_name = "";
    i->contested_at = 0;
}

/* Moved without anybody having contested: the chart was wrong all the same. */
static void keep_reassignment(deciding *d, const incident *i, const action *act, const party *to) {
    deciding_keep_contest(d, &(contest){.incident = i,
                                        .at = d->ctx->now,
                                        .by = act->actor,
                                        .reason = act->note,
                                        .proposed_role = to->role,
                                        .from = first_responsible(i),
                                        .decision = CONTEST_REASSIGNED,
                                        .decided_at = d->ctx->now,
                                        .decided_by = act->actor,
                                        .decision_reason = act->note,
                                        .to = *to});
}

/* ── who ── */

static const char *named(deciding *d, const party *p) {
    return arena_printf(d->memory, "%s (%s)", p->role_name, party_team_text(d->memory, p));
}

static const char *named_responsible(deciding *d, const incident *i) {
    return i->raci.responsible_count > 0 ? named(d, &i->raci.responsible[0]) : "nobody";
}

static bool is_responsible(const incident *i, const party *p) {
    return i->raci.responsible_count == 1 && text_equal(i->raci.responsible[0].role, p->role) &&
           text_equal(i->raci.responsible[0].team, p->team);
}

bool check_still_theirs(deciding *d, const incident *i, const action *act, err *e) {
    bool theirs = act->made_for[0] == '\0';
    for (size_t p = 0; p < i->raci.responsible_count && !theirs; p++)
        theirs = link_is_of(act->made_for_team, act->made_for, &i->raci.responsible[p]);
    return theirs || err_set(e, ERR_DENIED,
                             "It has moved: Responsible is now %s. This link was made for %.200s, whose it is no more.",
                             named_responsible(d, i), act->made_for);
}

/* NULL: nobody to give it to, with the reason in e. */
static party *find_new_responsible(deciding *d, const incident *i, const char *role, err *e) {
    party *found = ARENA_NEW(d->memory, party);
    if (role[0] == '\0') {
        (void)err_set(e, ERR_INVALID, "Nobody was proposed or named: say whose it is (`to`, a role of the chart).");
        return NULL;
    }
    if (!party_for_role(d, role, i->service, found)) {
        (void)err_set(e, ERR_INVALID, "The chart has no role “%.200s”.", role);
        return NULL;
    }
    if (found->contact_count == 0) {
        (void)err_set(e, ERR_INVALID, "“%.200s” cannot be paged: the team %.200s has no contact.", role,
                      found->team_name);
        return NULL;
    }
    return found;
}

size_t decide_takers(const decide_context *ctx, const char *service, arena *a, party **out) {
    const chart *c = ctx->chart;
    const deciding d = {.ctx = ctx, .memory = a};
    party *takers = ARENA_ARRAY(a, party, c->role_count + 1);
    size_t count = 0;
    for (size_t r = 0; r < c->role_count; r++)
        if (party_for_role(&d, c->roles[r].id, service, &takers[count]) && takers[count].contact_count > 0)
            count++;
    *out = takers;
    return count;
}

/* ── contesting ── */

/* `to` is optional; one that nobody could be paged by is refused now, and not when A wants to accept it. */
static bool find_proposal(deciding *d, const incident *i, const action *act, const party **out, err *e) {
    *out = NULL;
    if (act->to[0] == '\0')
        return true;
    *out = find_new_responsible(d, i, act->to, e);
    if (*out != NULL && is_responsible(i, *out))
        return err_set(e, ERR_INVALID, "%s is Responsible already; propose somebody else, or nobody.", named(d, *out));
    return *out != NULL;
}

static void propose(deciding *d, incident *i, const party *proposal) {
    i->proposed_role = proposal->role;
    i->proposed_name = named(d, proposal);
    deciding_touch_incident(d, i);
}

static bool is_first_proposal(const incident *i, const party *proposal) {
    return proposal != NULL && i->proposed_role[0] == '\0';
}

/* A knows, and is asked again when nothing is decided; that somebody says whose it is is new to them. */
static void contest_again(deciding *d, incident *i, const action *act, const party *proposal) {
    if (!is_first_proposal(i, proposal))
        return;
    propose(d, i, proposal);
    contest kept = contest_of(i);
    deciding_keep_contest(d, &kept);
    tell_action(d, i, act, REASON_CONTESTED);
}

/* Somebody else said so before, and this would reach nobody. */
static bool check_news(deciding *d, const incident *i, const action *act, const party *proposal, err *e) {
    if (!incident_is_contested(i) || text_equal(i->contested_by, act->actor) || is_first_proposal(i, proposal))
        return true;
    return err_set(
        e, ERR_CONFLICT,
        "%.200s has contested it already, and %s, who is Accountable, has been asked to decide. Until then it "
        "stays where it is.",
        i->contested_by, named(d, &i->raci.accountable));
}

static void contest_begin(deciding *d, incident *i, const action *act, const party *proposal) {
    i->contested_by = act->actor;
    i->contested_at = d->ctx->now;
    i->contest_reason = act->note;
    i->step = 0;
    i->due_at = incident_next_due(i, d->ctx->now);
    deciding_touch_incident(d, i);
    if (proposal != NULL)
        propose(d, i, proposal);
    contest kept = contest_of(i);
    deciding_keep_contest(d, &kept);
    tell_action(d, i, act, REASON_CONTESTED);
}

bool act_contest(deciding *d, incident *i, const action *act, err *e) {
    const party *proposal;
    if (act->note[0] == '\0')
        return err_set(e, ERR_INVALID, "Say why it is not yours: whoever is Accountable decides by that.");
    if (!find_proposal(d, i, act, &proposal, e))
        return false;
    bool pressed_twice = text_equal(i->contested_by, act->actor) && text_equal(i->contest_reason, act->note) &&
                         (proposal == NULL || text_equal(i->proposed_role, proposal->role));
    if (pressed_twice)
        return true;
    if (!check_news(d, i, act, proposal, e))
        return false;
    record_action(d, i, act, "contested",
                  proposal == NULL
                      ? "contested it (“not mine”)"
                      : arena_printf(d->memory, "contested it (“not mine”, but that of %s)", named(d, proposal)));
    if (incident_is_contested(i))
        contest_again(d, i, act, proposal);
    else
        contest_begin(d, i, act, proposal);
    return true;
}

/* ── moving it ── */

/* Without the parties of this team. */
static const party *without_team(deciding *d, const party *parties, size_t *count, const char *team) {
    party *kept = ARENA_ARRAY(d->memory, party, *count + 1);
    size_t left = 0;
    for (size_t p = 0; p < *count; p++)
        if (!text_equal(parties[p].team, team))
            kept[left++] = parties[p];
    *count = left;
    return kept;
}

/* A team bears one letter, and this one asks the most of it; A and R together may be. */
static void make_responsible(deciding *d, incident *i, const party *responsible) {
    raci *r = &i->raci;
    r->responsible = responsible;
    r->responsible_count = 1;
    r->consulted = without_team(d, r->consulted, &r->consulted_count, responsible->team);
    r->informed = without_team(d, r->informed, &r->informed_count, responsible->team);
}

/* From the old Responsible to the new one: they are paged, the others told. `why` is for the messages. */
static void give_to(deciding *d, incident *i, const action *act, const party *responsible, const char *why) {
    raci *before = ARENA_NEW(d->memory, raci);
    *before = i->raci;
    telling t = {.incident = i,
                 .before = before,
                 .reason = REASON_REASSIGNED,
                 .actor = act->actor,
                 .note = why,
                 .former = i->raci.responsible,
                 .former_count = i->raci.responsible_count};
    make_responsible(d, i, responsible);
    const incident_transition *moved = incident_move(i, TRIGGER_REASSIGN, d->ctx->now);
    assert(moved != NULL);
    (void)moved;
    deciding_touch_incident(d, i);
    deciding_tell(d, &t);
}

/* To whom it belongs already: the contest was not accepted, whatever the button was called. */
static void settle_by_reassignment(deciding *d, incident *i, const action *act, const party *to) {
    bool stays = is_responsible(i, to);
    if (incident_is_contested(i))
        contest_settle(d, i,
                       &(verdict){.decision = stays ? CONTEST_DECLINED : CONTEST_ACCEPTED,
                                  .by = act->actor,
                                  .reason = act->note,
                                  .to = stays ? NULL : to});
    else if (!stays)
        keep_reassignment(d, i, act, to);
}

bool act_reassign(deciding *d, incident *i, const action *act, err *e) {
    const party *responsible = find_new_responsible(d, i, act->to, e);
    if (responsible == NULL)
        return false;
    settle_by_reassignment(d, i, act, responsible);
    give_to(d, i, act, responsible, act->note);
    record_action(d, i, act, "reassigned", arena_printf(d->memory, "made %s Responsible", named(d, responsible)));
    return true;
}

/* ── deciding ── */

static bool check_contested(const incident *i, err *e) {
    return incident_is_contested(i) ||
           err_set(e, ERR_CONFLICT,
                   "Nobody contests it (any more): it was decided, given to somebody else, or taken back.");
}

static party *find_accepted(deciding *d, const incident *i, const action *act, err *e) {
    party *found = find_new_responsible(d, i, act->to[0] != '\0' ? act->to : i->proposed_role, e);
    if (found != NULL && is_responsible(i, found)) {
        (void)err_set(e, ERR_INVALID, "%s is Responsible already; to leave it there, decline.", named(d, found));
        return NULL;
    }
    return found;
}

bool act_accept(deciding *d, incident *i, const action *act, err *e) {
    const party *to = check_contested(i, e) ? find_accepted(d, i, act, e) : NULL;
    if (to == NULL)
        return false;
    /* The new Responsible must learn why it is theirs: in A's words, else in the words of who contested. */
    const char *why =
        act->note[0] != '\0' ? act->note : arena_printf(d->memory, "%s: %s", i->contested_by, i->contest_reason);
    const char *until_now = named_responsible(d, i);
    record_action(d, i, act, "contest_accepted",
                  arena_printf(d->memory, "accepted the contest (“not mine”, said by %s)", i->contested_by));
    contest_settle(d, i, &(verdict){.decision = CONTEST_ACCEPTED, .by = act->actor, .reason = act->note, .to = to});
    give_to(d, i, act, to, why);
    deciding_record(d, &(timeline_entry){.incident = i,
                                         .kind = "reassigned",
                                         .actor = act->actor,
                                         .text = arena_printf(d->memory, "Responsible is now %s; until now it was %s.",
                                                              named(d, to), until_now)});
    return true;
}

/* It stays where it is, and the clock of silence starts over. */
static void leave_it(deciding *d, incident *i, const action *act, contest_decision decision) {
    contest_settle(d, i, &(verdict){.decision = decision, .by = act->actor, .reason = act->note});
    i->step = 0;
    i->due_at = incident_next_due(i, d->ctx->now);
    deciding_touch_incident(d, i);
}

bool act_decline(deciding *d, incident *i, const action *act, err *e) {
    if (!check_contested(i, e))
        return false;
    if (act->note[0] == '\0')
        return err_set(e, ERR_INVALID, "Say why it stays: whoever contested it must know.");
    record_action(d, i, act, "contest_declined",
                  arena_printf(d->memory, "declined the contest (“not mine”, said by %s; it stays with %s)",
                               i->contested_by, named_responsible(d, i)));
    leave_it(d, i, act, CONTEST_DECLINED);
    tell_action(d, i, act, i->state == INCIDENT_TRIGGERED ? REASON_DECLINED : REASON_SETTLED);
    return true;
}

bool act_withdraw(deciding *d, incident *i, const action *act, err *e) {
    if (!check_contested(i, e))
        return false;
    record_action(d, i, act, "contest_withdrawn",
                  text_equal(i->contested_by, act->actor)
                      ? "took “not mine” back"
                      : arena_printf(d->memory, "took back the “not mine” of %s", i->contested_by));
    leave_it(d, i, act, CONTEST_WITHDRAWN);
    tell_action(d, i, act, REASON_SETTLED);
    return true;
}
