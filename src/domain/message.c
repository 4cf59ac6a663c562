/* Messages: their names, and the one table of whom to tell about what.
 *
 * Leaves choosing the parties to decide, and the words to the templates. */
#include "onus/message.h"

#include "onus/text.h"

typedef struct reason_row {
    const char *name;
    message_weight weight[RACI_LETTER_COUNT];
} reason_row;

#define PAGE WEIGHT_PAGE
#define NOTE WEIGHT_NOTICE
#define NONE WEIGHT_NONE

/* C is asked when it opens (consult: now) or when it is over (consult: postmortem), never both: decide_tell.c. */
static const reason_row reasons[REASON_COUNT] = {
    /*                                                        R     A     C     I */
    [REASON_OPENED] = {"opened", {PAGE, NOTE, NOTE, NOTE}},
    [REASON_SEVERITY_RAISED] = {"severity_raised", {PAGE, NOTE, NONE, NONE}},
    [REASON_REOPENED] = {"reopened", {PAGE, NOTE, NONE, NOTE}},
    [REASON_ACKNOWLEDGED] = {"acknowledged", {NOTE, NOTE, NONE, NONE}},
    [REASON_UNACKNOWLEDGED] = {"unacknowledged", {NOTE, NOTE, NONE, NONE}},
    [REASON_ACKNOWLEDGEMENT_EXPIRED] = {"acknowledgement_expired", {PAGE, NOTE, NONE, NONE}},
    [REASON_ESCALATED] = {"escalated", {PAGE, PAGE, NONE, NONE}},
    [REASON_CONTESTED] = {"contested", {NOTE, PAGE, NONE, NONE}},
    [REASON_UNDECIDED] = {"undecided", {PAGE, PAGE, NONE, NONE}},
    [REASON_DECLINED] = {"declined", {PAGE, NOTE, NONE, NONE}},
    [REASON_SETTLED] = {"settled", {NOTE, NOTE, NONE, NONE}},
    [REASON_REASSIGNED] = {"reassigned", {PAGE, NOTE, NONE, NONE}},
    [REASON_RESOLVED] = {"resolved", {NOTE, NOTE, NOTE, NOTE}},
    [REASON_POSTMORTEM] = {"postmortem", {NONE, NONE, NOTE, NONE}},
    [REASON_UNDELIVERABLE] = {"undeliverable", {NONE, PAGE, NONE, NONE}},
    [REASON_NOTE] = {"note", {NONE, NONE, NONE, NONE}},
};

#undef PAGE
#undef NOTE
#undef NONE

const char *message_reason_to_text(message_reason r) {
    return reasons[r].name;
}

bool message_reason_from_text(const char *text, message_reason *out) {
    for (int r = 0; r < REASON_COUNT; r++) {
        if (text_equal(text, reasons[r].name)) {
            *out = (message_reason)r;
            return true;
        }
    }
    return false;
}

message_weight message_weigh(raci_letter letter, message_reason reason) {
    return reasons[reason].weight[letter];
}

bool message_is_page(raci_letter letter, message_reason reason) {
    return message_weigh(letter, reason) == WEIGHT_PAGE;
}

bool message_decides(const message *m) {
    return m->letter == RACI_ACCOUNTABLE && m->incident->state != INCIDENT_RESOLVED &&
           incident_is_contested(m->incident);
}

static const char *const verdict_names[] = {
    [DELIVERED] = "delivered",
    [TRY_LATER] = "try_later",
    [GIVE_UP] = "gave_up",
};

const char *delivery_verdict_to_text(delivery_verdict v) {
    return verdict_names[v];
}
