/* Incident: one thing that is wrong and owned, from its first alert to its end. Alerts belong to it; people act on it.
 *
 * States move by one table (incident_transitions) and one function (incident_move); the diagram in docs/architecture.md
 * is printed from the table. */
#ifndef ONUS_INCIDENT_H
#define ONUS_INCIDENT_H

#include "onus/chart.h"
#include "onus/event.h"

typedef enum incident_state { INCIDENT_TRIGGERED, INCIDENT_ACKNOWLEDGED, INCIDENT_RESOLVED } incident_state;

const char *incident_state_to_text(incident_state s); /* triggered | acknowledged | resolved */
MUST_USE bool incident_state_from_text(const char *text, incident_state *out);

typedef enum incident_trigger {
    TRIGGER_ACKNOWLEDGE,
    TRIGGER_UNACKNOWLEDGE,
    TRIGGER_ACKNOWLEDGE_EXPIRED,
    TRIGGER_SEVERITY_RAISED, /* a worse alert joined: an acknowledgement of the milder thing no longer holds */
    TRIGGER_JOINED,          /* an alert joined, and senders have acknowledged the others only */
    TRIGGER_REASSIGN,        /* a new Responsible has acknowledged nothing yet */
    TRIGGER_RESOLVE,         /* a person says that it is over */
    TRIGGER_ALERTS_RESOLVED, /* the last open alert ended */
    TRIGGER_REFIRED,         /* an alert of it fires again within reopen_after */
} incident_trigger;

const char *incident_trigger_to_text(incident_trigger t);

typedef struct incident_transition {
    incident_state from;
    incident_trigger trigger;
    incident_state to;
    const char *why; /* for the diagram and the timeline */
} incident_transition;

const incident_transition *incident_transitions(size_t *count);
/* The table as a mermaid state diagram; docs/incident-states.md holds what this prints. */
void incident_print_diagram(buf *b);

enum { ESCALATION_STEPS_MAX = 5 }; /* nobody is paged for ever: after so many steps the timeline says "unanswered" */

typedef struct incident {
    int64_t id;   /* 0: new; the store gives one */
    bool touched; /* decide changed it: the store writes it */
    bool partial; /* only what counting its alerts needs is here: state, group_key, severity, handoff, starts_at,
                     resolved_at, updated_at, acknowledged_source, the counts and reopen_after; texts are "", numbers 0
                   */
    incident_state state;
    const char *group_key;
    int64_t chart_revision; /* the chart that decided */
    const char *activity;   /* the row's id, "unowned" for the unowned row */
    const char *activity_name;
    loop loop;
    severity severity; /* the worst of its alerts so far */
    const char *service, *title, *why, *runbook, *link;
    raci raci;
    consult_when consult;
    labels labels, annotations; /* of an alert that fires: the one that opened, reopened or raised it, while it does */
    labels handoff; /* of the model, when that alert, or the newest that names a version, began: handoff_fact_kept */
    usec starts_at; /* when its first alert began, since it opened or reopened */
    usec opened_at, acknowledged_at, resolved_at, updated_at;
    const char *acknowledged_by;     /* "" when nobody has */
    const char *acknowledged_source; /* the source whose senders did it, alert by alert; "": a person, for all of it */
    int unacknowledged;              /* of the open alerts: those that no sender has acknowledged. Not when partial */
    int64_t words_alert_id;          /* the alert whose title, texts, labels and links these are; 0: not known */
    const struct alert *words_of;    /* the same, of one that may have no number yet; NULL: as it was */
    const char *contested_by;        /* "" when nobody has; kept until A decides, it is reassigned, or it ends */
    usec contested_at;
    const char *contest_reason; /* why it is not theirs */
    const char *proposed_role;  /* whose it is instead: a role of the chart; "" when nobody was proposed */
    const char *proposed_name;  /* the same for people: "Platform Engineer (Platform)" */
    usec due_at;                /* when the ticker must look again; 0: never */
    int step;                   /* how often R's silence has been escalated */
    int open_alerts, total_alerts;
    usec acknowledge_within, acknowledge_expires, decide_within, reopen_after; /* from the row, as of the opening */
} incident;

/* Moves the state if the table has a row for (state, trigger) and returns it; NULL: not allowed from here, nothing
 * changed. With the state move the times that hang on it: acknowledged_at and _by are cleared on the way back to
 * triggered, step and due_at start over. The caller names acknowledged_by, and the new severity before
 * TRIGGER_SEVERITY_RAISED. Pure. */
const incident_transition *incident_move(incident *i, incident_trigger trigger, usec now);

/* When the ticker must look again, counted from `now`: silence while triggered, the acknowledgement's expiry while
 * acknowledged, and while it is contested the next multiple of decide_within after that began; 0: never. Silence about
 * severity info is never escalated; a contest of it is, since a person waits. */
usec incident_next_due(const incident *i, usec now);
/* Somebody has said "not mine", and nothing is decided yet. */
bool incident_is_contested(const incident *i);

/* The same incident, partially, as the store loads it for counting. Texts stay where they are. */
incident incident_partial(const incident *i);

/* One alert's current or last episode. */
typedef struct alert {
    int64_t id; /* 0: new */
    bool touched;
    const char *source, *key;
    incident *incident; /* NULL when the end came before the beginning */
    uint64_t content_hash;
    severity severity;
    usec starts_at;
    usec ends_at;     /* 0: firing */
    usec received_at; /* when the episode was first heard of (its history partition) */
    usec last_seen_at;
    usec expires_at;      /* firing that nobody repeats is over at this time; 0: only its source ends it */
    usec acknowledged_at; /* by its sender; 0: not */
    /* Of one that has ended. */
    usec closed_at;        /* a request that began to arrive before this, by the clock of `closed_by`, was under way
                              before the end was answered; 0: nothing can be shown so */
    const char *closed_by; /* the node that decided the end */
    usec late_at;          /* when it was first said to fire since before this episode; 0: never */
    usec late_starts_at;   /* the oldest start that was said then */
    bool astray; /* it has an incident, which was not looked for, since nothing was thought to be open under its key */
    labels labels, annotations;
    const char *title, *link;
    const struct timeline_entry *entry; /* of the timeline, kept with the alert's row instead of as one of its own; the
                                           store's, while it writes */
} alert;

/* One line of an incident's timeline. */
typedef struct timeline_entry {
    const incident *incident;
    alert *alert; /* whose coming it tells; NULL: of none in particular */
    usec at;
    const char *kind;  /* opened joined severity_raised acknowledged unacknowledged acknowledgement_expired escalated
                          contested contest_accepted contest_declined contest_withdrawn reassigned oncall_changed
                          resolved reopened alert_resolved late note undeliverable unanswered delivered gave_up … */
    const char *actor; /* who: a person, a source, "onus" */
    const char *text;  /* what and why, for people */
} timeline_entry;

#endif
