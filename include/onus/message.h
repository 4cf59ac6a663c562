/* Message: one thing to tell one party by one contact, with its cause. Rows of the outbox. */
#ifndef ONUS_MESSAGE_H
#define ONUS_MESSAGE_H

#include "onus/incident.h"

typedef enum message_reason {
    REASON_OPENED, /* R: page, A: you answer for it, C: question, I: it happened */
    REASON_SEVERITY_RAISED,
    REASON_REOPENED,
    REASON_ACKNOWLEDGED, /* told where the page went, and to A */
    REASON_UNACKNOWLEDGED,
    REASON_ACKNOWLEDGEMENT_EXPIRED, /* R is paged again */
    REASON_ESCALATED,               /* R was silent: A is paged, R again */
    REASON_CONTESTED,               /* A decides; R keeps it until then */
    REASON_UNDECIDED,               /* A has not decided: A is paged again, and R, whose it still is */
    REASON_DECLINED,                /* it stays where it is, and nobody has acknowledged it: R is paged */
    REASON_SETTLED,                 /* it stays where it is, and somebody is on it or took the contest back */
    REASON_REASSIGNED,              /* the new R is paged; the old R and A are told */
    REASON_RESOLVED,
    REASON_POSTMORTEM,    /* C's question, when it is over */
    REASON_UNDELIVERABLE, /* A: the page to R reached nobody */
    REASON_NOTE,
    REASON_COUNT
} message_reason;

const char *message_reason_to_text(message_reason r); /* opened, severity_raised, … */
MUST_USE bool message_reason_from_text(const char *text, message_reason *out);

/* How a letter hears of a reason: the one table of whom to tell (src/domain/message.c). What it leaves to deciding: C
 * hears when its row says so (consult), and the Responsible of before a reassignment is told as one who is informed. */
typedef enum message_weight { WEIGHT_NONE, WEIGHT_NOTICE, WEIGHT_PAGE } message_weight;

message_weight message_weigh(raci_letter letter, message_reason reason);
/* True when the reader is asked to act now: R's pages, A's when escalated, contested, undecided or undeliverable. */
bool message_is_page(raci_letter letter, message_reason reason);

typedef struct message {
    int64_t id; /* stable across retries and crashes; 0: not stored yet */
    const incident *incident;
    raci_letter letter;
    message_reason reason;
    const char *channel, *address; /* the contact */
    const char *role_name, *team_name;
    const char *team;  /* its id; "" of messages of before */
    const char *actor; /* who caused it: who acknowledged, contested …; "" */
    const char *note;  /* the person's words, or why it is sent; "" */
    bool first;        /* the first message about this incident to this contact: starts the thread */
    bool kept;         /* its channel only records: committing it delivers it */
    usec created_at;
    usec not_before;    /* 0: at once */
    usec expires_at;    /* given up when still undelivered then */
    int attempts;       /* made so far */
    const char *thread; /* what the channel said of the thread's first message (Slack's ts, channel id …); "" */
} message;

/* True when the reader is asked to decide a contest: Accountable, while there is one. Only to them are accepting and
 * declining offered. */
bool message_decides(const message *m);

/* What one attempt came to. */
typedef enum delivery_verdict { DELIVERED, TRY_LATER, GIVE_UP } delivery_verdict;

const char *delivery_verdict_to_text(delivery_verdict v); /* delivered | try_later | gave_up */

typedef struct delivery_result {
    int64_t message_id;
    delivery_verdict verdict;
    int status;         /* HTTP status or SMTP code; 0: no answer */
    const char *detail; /* for people: "429 Too Many Requests", "could not connect: …"; no secrets, at most 300 bytes */
    usec retry_after;   /* the receiver's wish, 0: none */
    const char *thread; /* to remember for later messages of the incident to this contact; NULL: nothing new */
    usec at;
    usec took;
    usec next_at; /* TRY_LATER: when; set by whoever applies the backoff */
    bool untried; /* TRY_LATER: nothing was sent, so that it is no attempt; next_at 0: ready at once */
} delivery_result;

#define BACKOFF_BASE (2 * USEC_PER_SECOND)
#define BACKOFF_MAX (10 * USEC_PER_MINUTE)

/* Exponential backoff with full jitter: between BACKOFF_BASE/2 and BACKOFF_BASE · 2^(attempts-1), at most BACKOFF_MAX;
 * never less than retry_after. `random` in [0, 2^32). Pure. */
usec backoff_delay(int attempts, usec retry_after, uint32_t random);

#endif
