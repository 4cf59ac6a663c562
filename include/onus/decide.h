/* Deciding: (events, chart, what is open, now) → what changes, whom to tell, and why. Pure: no I/O, no clock, no log.
 *
 * In three steps, so that the store can load what is needed in one query: decide_prepare routes each event (which names
 * the keys to load), the store fills a world, decide_events changes it and lists the consequences. */
#ifndef ONUS_DECIDE_H
#define ONUS_DECIDE_H

#include "onus/handoffs.h"
#include "onus/message.h"

typedef struct decide_context {
    const chart *chart;
    usec now;
    usec message_lifetime;    /* a message still undelivered after so long is given up */
    const handoffs *handoffs; /* what is known of models; NULL: nothing */
    const char *node;         /* whose clock `now` and began_at are by; NULL: nobody's in particular */
} decide_context;

typedef struct prepared_event {
    const event *event;
    route route; /* by its labels, with `handoff` and `handoff_version` as they were known when it began */
    uint64_t content_hash;
    handoff_fact handoff;
    bool unheard; /* the event's own note: its group alone leads to its incident. A hint: where it is wrong the store
                     gives ERR_CONFLICT, and the next try goes without it */
} prepared_event;

/* One per event, in their order, in the arena, pointing into chart and handoffs. */
prepared_event *decide_prepare(const decide_context *ctx, const event *events, size_t count, arena *a);

/* What is known: the alerts of the batch's (source, key), the incidents they belong to, and for each group key the open
 * incident or the one that ended last within its reopen_after. The caller fills it; decide reads and changes it in
 * place. */
typedef struct world world;

world *world_new(arena *a);
/* Both return the world's own copy (shallow; texts stay where they are); what is there already is returned as it is. An
 * alert's incident must be the world's own. Of several incidents of one group the open one is found, else the one that
 * ended last. All look-ups are O(1). */
incident *world_add_incident(world *w, const incident *i);
alert *world_add_alert(world *w, const alert *known);
incident *world_find_incident(const world *w, int64_t id);
incident *world_find_group(const world *w, const char *group_key);
alert *world_find_alert(const world *w, const char *source, const char *key);

typedef enum event_outcome {
    OUTCOME_OPENED,
    OUTCOME_JOINED,
    OUTCOME_REOPENED,
    OUTCOME_UPDATED,  /* known and open; new annotations, severity … */
    OUTCOME_REPEATED, /* known, open, unchanged: only last_seen */
    OUTCOME_RESOLVED, /* the alert ended (perhaps the incident with it) */
    OUTCOME_ACKNOWLEDGED,
    OUTCOME_NOTED,
    OUTCOME_LATE,    /* shown to be about something older: a line on the timeline where it said that it fires */
    OUTCOME_NOTHING, /* resolve or acknowledge of nothing open */
    OUTCOME_COUNT
} event_outcome;

const char *event_outcome_to_text(event_outcome o);

/* What a contest came to. The words are those of the API. */
typedef enum contest_decision {
    CONTEST_UNDECIDED,
    CONTEST_ACCEPTED,   /* A moved it */
    CONTEST_DECLINED,   /* A left it where it is */
    CONTEST_WITHDRAWN,  /* taken back by those who contested */
    CONTEST_LAPSED,     /* it ended first */
    CONTEST_REASSIGNED, /* moved without a contest: not contested, but misrouted all the same */
} contest_decision;

const char *
contest_decision_to_text(contest_decision d); /* undecided | accepted | declined | withdrawn | lapsed | reassigned */

/* One contest, or a reassignment without one, to be kept: misroutes are counted from these. Written when it begins and
 * again when it is decided; (incident, at) is its identity. */
typedef struct contest {
    const incident *incident;
    usec at;
    const char *by, *reason;
    const char *proposed_role; /* "" when nobody was proposed */
    party from;                /* who was Responsible */
    contest_decision decision;
    usec decided_at;
    const char *decided_by, *decision_reason; /* "" while undecided */
    party to;                                 /* who is Responsible since; role NULL: it stayed */
} contest;

typedef struct changes {
    incident **incidents; /* new or touched, each once */
    size_t incident_count;
    alert **alerts;
    size_t alert_count;
    timeline_entry *timeline; /* in order */
    size_t timeline_count;
    message *messages;
    size_t message_count;
    contest *contests;
    size_t contest_count;
    event_outcome *outcomes;    /* one per event, in their order (decide_events) */
    incident **event_incidents; /* the incident of each event, NULL for OUTCOME_NOTHING or _LATE */
    size_t outcome_count;
    bool wants_whole;  /* more than counting happens to a partial incident: load them whole and decide again */
    bool wants_astray; /* something is to be said of an incident that was not looked for: look, and decide again */
} changes;

void decide_events(const decide_context *ctx, world *w, const prepared_event *events, size_t count, arena *a,
                   changes *out);

/* What a person (or a program with a token) does to one incident. */
typedef enum action_kind {
    ACTION_ACKNOWLEDGE,
    ACTION_UNACKNOWLEDGE,
    ACTION_RESOLVE,
    ACTION_CONTEST,  /* "not mine", perhaps with whose it is (`to`): R stays responsible until A decides */
    ACTION_REASSIGN, /* `to` becomes Responsible; while it is contested this accepts the contest */
    ACTION_ESCALATE, /* A is paged now */
    ACTION_NOTE,
    ACTION_ACCEPT,   /* A's decision: `to`, else the proposed role, becomes Responsible */
    ACTION_DECLINE,  /* A's decision: it stays where it is */
    ACTION_WITHDRAW, /* the contest is taken back */
} action_kind;

const char *action_kind_to_text(action_kind k); /* as in the URL: acknowledge, unacknowledge, resolve, contest,
                                                   reassign, escalate, note, accept, decline, withdraw */
MUST_USE bool action_kind_from_text(const char *text, action_kind *out);

typedef struct action {
    action_kind kind;
    const char *actor;         /* never "" */
    const char *via;           /* link | slack | api | console | a source's name */
    const char *note;          /* reason or text; "" */
    const char *to;            /* ACTION_REASSIGN, _ACCEPT, _CONTEST: a role of the chart; "" */
    const char *made_for;      /* `who` of the link that it was done by, when that was made for R; else "" */
    const char *made_for_team; /* its team's id; "" of a link of before */
} action;

/* ERR_CONFLICT: not possible in the incident's state (the text says why). Acknowledging twice is no error: the second
 * is put on the timeline. ERR_DENIED: by a link of those who are Responsible no longer. Who may decide a contest is the
 * caller's to check. */
MUST_USE bool decide_action(const decide_context *ctx, world *w, incident *i, const action *act, arena *a, changes *out,
                            err *e);

/* The roles of the chart to whom an incident of this service can be given: all that can be paged, in the chart's order.
 */
size_t decide_takers(const decide_context *ctx, const char *service, arena *a, party **out);

/* The incident's due_at has come: R is silent, or an acknowledgement has expired. */
void decide_due(const decide_context *ctx, world *w, incident *i, arena *a, changes *out);

/* Every contact of a page to R has given up: A is told. `why` says what was tried. */
void decide_undeliverable(const decide_context *ctx, world *w, incident *i, const char *why, arena *a, changes *out);

/* Whom opening this route would tell, in order: for `onus route`. after: microseconds from the opening; -1: when it is
 * over. */
typedef struct plan_step {
    raci_letter letter;
    message_reason reason;
    const party *who;
    usec after;
    bool page;
} plan_step;
size_t decide_plan(const route *r, arena *a, plan_step **out);

#endif
