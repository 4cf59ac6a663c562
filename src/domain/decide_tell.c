/* Whom one telling reaches: the parties by letter, each contact once.
 *
 * Leaves which letter hears of which reason to the table in message.c. The difficulty: one contact often serves several
 * letters (a team is A of its own work, a channel is shared), and hears of one cause once: as a page before a notice,
 * then by its strongest letter. */
#include "deciding.h"

#include "onus/text.h"

typedef struct audience {
    deciding *d;
    const telling *telling;
    size_t first_message; /* of this telling, among all messages */
} audience;

static bool same_contact(const message *m, const contact *c) {
    return text_equal(m->channel, c->channel) && text_equal(m->address, c->address);
}

static bool told_already(const audience *to, const contact *c) {
    const changes *out = to->d->out;
    for (size_t m = to->first_message; m < out->message_count; m++) {
        if (same_contact(&out->messages[m], c))
            return true;
    }
    return false;
}

static bool parties_have(const party *parties, size_t count, const contact *c) {
    for (size_t p = 0; p < count; p++) {
        for (size_t i = 0; i < parties[p].contact_count; i++) {
            if (text_equal(parties[p].contacts[i].channel, c->channel) &&
                text_equal(parties[p].contacts[i].address, c->address))
                return true;
        }
    }
    return false;
}

static bool parties_of_raci_have(const telling *t, const raci *r, const contact *c) {
    return parties_have(&r->accountable, 1, c) || parties_have(r->informed, r->informed_count, c) ||
           (t->incident->consult == CONSULT_NOW && parties_have(r->consulted, r->consulted_count, c));
}

/* Did the contact hear nothing of the incident before? Known without looking: who is told at the opening is in the
 * RACI, but for those whom a reassignment, a new shift or the end brings in. */
static bool is_first(const telling *t, message_reason reason, const contact *c) {
    const raci *heard = t->before != NULL ? t->before : &t->incident->raci;
    if (reason == REASON_OPENED || reason == REASON_POSTMORTEM)
        return true;
    if (reason == REASON_REASSIGNED)
        return !parties_have(t->former, t->former_count, c) && !parties_of_raci_have(t, heard, c);
    return t->before != NULL && !parties_have(heard->responsible, heard->responsible_count, c) &&
           !parties_of_raci_have(t, heard, c);
}

static void tell_contact(const audience *to, raci_letter letter, message_reason reason, const party *who,
                         const contact *c) {
    const telling *t = to->telling;
    const decide_context *ctx = to->d->ctx;
    deciding_put_message(to->d, &(message){.incident = t->incident,
                                           .letter = letter,
                                           .reason = reason,
                                           .channel = c->channel,
                                           .address = c->address,
                                           .role_name = who->role_name,
                                           .team = who->team,
                                           .team_name = party_team_text(to->d->memory, who),
                                           .actor = t->actor,
                                           .note = t->note,
                                           .first = is_first(t, reason, c),
                                           .created_at = ctx->now,
                                           .expires_at = ctx->now + ctx->message_lifetime,
                                           .thread = ""});
}

static void tell_party(const audience *to, raci_letter letter, message_reason reason, const party *who) {
    for (size_t i = 0; i < who->contact_count; i++) {
        if (!told_already(to, &who->contacts[i]))
            tell_contact(to, letter, reason, who, &who->contacts[i]);
    }
}

static const party *parties_of(const raci *r, raci_letter letter, size_t *count) {
    switch (letter) {
    case RACI_RESPONSIBLE:
        *count = r->responsible_count;
        return r->responsible;
    case RACI_ACCOUNTABLE:
        *count = 1;
        return &r->accountable;
    case RACI_CONSULTED:
        *count = r->consulted_count;
        return r->consulted;
    case RACI_INFORMED:
        break;
    }
    *count = r->informed_count;
    return r->informed;
}

/* A row that consults at the end asks C nothing at the beginning, and asks instead of telling when it is over. */
static message_reason reason_for(const telling *t, raci_letter letter) {
    if (letter != RACI_CONSULTED || t->incident->consult == CONSULT_NOW)
        return t->reason;
    if (t->reason == REASON_OPENED)
        return REASON_NOTE; /* which no letter hears */
    return t->reason == REASON_RESOLVED ? REASON_POSTMORTEM : t->reason;
}

static void tell_letter(const audience *to, raci_letter letter, message_weight weight) {
    message_reason reason = reason_for(to->telling, letter);
    if (message_weigh(letter, reason) != weight)
        return;
    size_t count;
    const party *parties = parties_of(&to->telling->incident->raci, letter, &count);
    for (size_t p = 0; p < count; p++)
        tell_party(to, letter, reason, &parties[p]);
}

void deciding_put_messages(deciding *d, const telling *t) {
    audience to = {.d = d, .telling = t, .first_message = d->out->message_count};
    for (int letter = RACI_RESPONSIBLE; letter < RACI_LETTER_COUNT; letter++)
        tell_letter(&to, (raci_letter)letter, WEIGHT_PAGE);
    for (int letter = RACI_RESPONSIBLE; letter < RACI_LETTER_COUNT; letter++)
        tell_letter(&to, (raci_letter)letter, WEIGHT_NOTICE);
    /* Who was Responsible until now has nothing to do any more: told like one who is informed. */
    for (size_t p = 0; p < t->former_count; p++)
        tell_party(&to, RACI_INFORMED, t->reason, &t->former[p]);
}
