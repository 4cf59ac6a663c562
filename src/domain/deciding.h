/* One decision in the making: what it has changed and told so far. Shared by the decide_*.c files, and by nobody else.
 */
#ifndef ONUS_DOMAIN_DECIDING_H
#define ONUS_DOMAIN_DECIDING_H

#include "world.h"

/* One cause that people hear of. It becomes messages when the decision is finished, so that they show the incident as
 * it is then, and a later telling can take the place of an earlier one. */
typedef struct telling {
    incident *incident;
    message_reason reason;
    const char *actor, *note; /* "" when there is none */
    const party *former;      /* REASON_REASSIGNED: who was Responsible until now */
    size_t former_count;
    const raci *before; /* who has heard of it, where others are on call now; NULL: the incident's own people */
    bool superseded;
} telling;

typedef struct deciding {
    const decide_context *ctx;
    world *world;
    arena *memory;
    changes *out;
    telling *tellings;
    size_t telling_count;
    size_t telling_room, incident_room, alert_room, timeline_room, message_room, contest_room;
} deciding;

/* The caller has set ctx, world, memory and out. */
void deciding_begin(deciding *d);
/* Makes the messages of all tellings. */
void deciding_finish(deciding *d);

void deciding_touch_incident(deciding *d, incident *i);
/* True for a partial incident, whose people and texts are about to be used: what is decided now is thrown away. */
bool deciding_wants_whole(deciding *d, const incident *i);
void deciding_touch_alert(deciding *d, alert *a);
/* A line of the timeline; `at` is set here. The text is in the decision's arena or a constant. */
void deciding_record(deciding *d, const timeline_entry *entry);
/* A contest that began or was decided. */
void deciding_keep_contest(deciding *d, const contest *c);
/* Folds: the same cause again, or a severity that rises in a page still unsent, tells nobody twice. */
void deciding_tell(deciding *d, const telling *t);

/* decide_tell.c */
void deciding_put_messages(deciding *d, const telling *t);
void deciding_put_message(deciding *d, const message *m);

/* decide_incident.c: what happens to an incident, whoever caused it. */
typedef struct cause {
    const char *actor; /* on the timeline; never "" */
    const char *told;  /* in messages; "" for what nobody in particular did */
    const char *via;   /* link, slack, api, console or a source's name */
    const char *note;  /* "" */
    bool is_sender;    /* of alerts: what it acknowledges is its own alerts */
} cause;
incident *incident_open(deciding *d, const prepared_event *p, alert *first, const char *actor);
void incident_reopen(deciding *d, incident *i, const prepared_event *p, const char *actor);
void incident_raise(deciding *d, incident *i, const prepared_event *p, const char *actor);
/* An alert has joined, and the acknowledgement is its senders': it was not for this one. */
void incident_outgrow_acknowledgement(deciding *d, incident *i, const prepared_event *p, const char *actor);
/* Of a later alert: when it names a version that is known, or nothing was known before. */
void incident_take_handoff(deciding *d, incident *i, const prepared_event *p);
/* "Ann acknowledged it by a link: on my way" */
const char *cause_sentence(deciding *d, const cause *by, const char *what);
/* Nothing happens to an incident that has ended. */
void incident_acknowledge(deciding *d, incident *i, const cause *by);
/* A sender takes back what senders had acknowledged; a person's acknowledgement stays. */
void incident_unacknowledge_at_source(deciding *d, incident *i, const cause *by);
void incident_end(deciding *d, incident *i, incident_trigger trigger, const cause *by);

/* decide_contest.c: whose it is. Perform actions of decide_action.c's table. */
bool act_contest(deciding *d, incident *i, const action *act, err *e);
bool act_reassign(deciding *d, incident *i, const action *act, err *e);
bool act_accept(deciding *d, incident *i, const action *act, err *e);
bool act_decline(deciding *d, incident *i, const action *act, err *e);
bool act_withdraw(deciding *d, incident *i, const action *act, err *e);

/* ERR_DENIED for a link of those who were Responsible until it was given to somebody else. */
MUST_USE bool check_still_theirs(deciding *d, const incident *i, const action *act, err *e);

typedef struct verdict {
    contest_decision decision;
    const char *by, *reason;
    const party *to; /* NULL: it stays */
} verdict;
/* The contest is over: it is kept with what it came to, and the incident forgets it. */
void contest_settle(deciding *d, incident *i, const verdict *v);

/* decide_action.c, for decide_contest.c */
void record_action(deciding *d, incident *i, const action *act, const char *kind, const char *what);
void tell_action(deciding *d, incident *i, const action *act, message_reason reason);

/* Who plays the role now for a service (an entry of services, a label's value or ""); false: the chart has no such
 * role. */
MUST_USE bool party_for_role(const deciding *d, const char *role_id, const char *service, party *out);

/* decide_oncall.c: puts whoever is on call now in the place of who was, with a line on the timeline. What the people
 * were before; NULL: nothing has changed. */
const raci *incident_take_oncall(deciding *d, incident *i);

#endif
