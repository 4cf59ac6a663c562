/* Handoffs as the service keeps them: what may be done with a version of a model and what comes of it, and an immutable
 * snapshot of what was known of every version at any moment.
 *
 * All pure. A package and its checks are handoff.h's. The states and who may move them: docs/handoff.md. */
#ifndef ONUS_HANDOFFS_H
#define ONUS_HANDOFFS_H

#include "onus/handoff.h"
#include "onus/labels.h"

#include <stdint.h>

typedef enum handoff_action {
    HANDOFF_DECLARE,    /* the Science Loop offers a version */
    HANDOFF_REVALIDATE, /* offers it again, as it is: the checks run once more */
    HANDOFF_ACCEPT,     /* the System Loop's Accountable takes it; what was accepted before is superseded */
    HANDOFF_REJECT,     /* … or does not */
    HANDOFF_HAND_BACK,  /* gives back what was accepted */
    HANDOFF_ACTION_COUNT
} handoff_action;

const char *handoff_action_to_text(handoff_action v); /* as in the URL: declare revalidate accept reject hand-back */
MUST_USE bool handoff_action_from_text(const char *text, handoff_action *out);
bool handoff_action_needs_reason(handoff_action v);

/* What is known of one version and its model when something is done with it. */
typedef struct handoff_known {
    const char *model, *version;
    handoff_state state;           /* HANDOFF_NONE: nobody has declared it */
    const char *manifest;          /* JSON; "" with HANDOFF_NONE */
    int64_t findings;              /* errors among them */
    int64_t changes;               /* lines of its timeline */
    int64_t versions;              /* of all models */
    const char *previous_manifest; /* of the other version of the model that was accepted last; "" */
    bool rollback_accepted;        /* the version that the manifest names for rolling back was accepted once */
} handoff_known;

typedef struct handoff_request {
    handoff_action action;
    const handoff_package *package; /* HANDOFF_DECLARE; otherwise NULL */
    const char *reason;             /* "" when none was given */
    usec now;
} handoff_request;

/* What is to be written. Texts in the arena or the request's own. */
typedef struct handoff_decision {
    bool changes; /* false: it is so already, nothing is written */
    handoff_state to;
    const char *reason;   /* for the timeline */
    const char *manifest; /* NULL: as it was; so are rollback_version, findings and summary */
    const char *rollback_version;
    const char *findings; /* JSON; NULL: as it was */
    int64_t errors, warnings;
    const char *summary; /* the baseline in a line; "" */
} handoff_decision;

/* ERR_CONFLICT: not possible in its state (the text says what is). ERR_NOT_FOUND: nobody has declared it. ERR_INVALID:
 * a reason is missing. ERR_LIMIT: LIMIT_HANDOFF_VERSIONS or LIMIT_HANDOFF_CHANGES. */
MUST_USE bool handoff_decide(const handoff_known *k, const handoff_request *r, arena *a, handoff_decision *out, err *e);

/* The transitions as the table in docs/handoff.md. */
void handoff_print_transitions(buf *b);

/* "baseline accuracy 0.94 (threshold 0.9), auc 0.97 (threshold 0.95)"; "" when the package has none. */
const char *handoff_summary(const handoff_package *p, arena *a);

/* ── what was known at any moment ── */

/* One line of a version's timeline. */
typedef struct handoff_change {
    int64_t serial; /* counts the changes of all versions, in the order of their commits */
    const char *model, *version;
    handoff_state state; /* from then on */
    usec at;
    const char *actor;
    const char *summary; /* of the version as it is now */
} handoff_change;

typedef struct handoffs handoffs;

/* What `older` (may be NULL) knows and the changes after it; copies everything. At most LIMIT_HANDOFF_VERSIONS times
 * LIMIT_HANDOFF_CHANGES, about 100 bytes each. `serial`: the database's, read before the changes were; it may be past
 * all of them, when versions were removed. 0: as the changes say. */
handoffs *handoffs_new(const handoffs *older, const handoff_change *changes, size_t count, int64_t serial);
handoffs *handoffs_ref(handoffs *h);
void handoffs_unref(handoffs *h);           /* NULL is fine */
int64_t handoffs_serial(const handoffs *h); /* up to which it knows everything; 0: nothing has ever changed */
size_t handoffs_count(const handoffs *h, handoff_state s); /* versions that are in the state now */

/* What was known of an event's model when the event began. Points into the snapshot and the labels. */
typedef struct handoff_fact {
    const char *model;   /* "": the event has none */
    const char *version; /* "" with HANDOFF_NONE */
    handoff_state state;
    usec at; /* since when */
    const char *actor, *summary;
} handoff_fact;

/* The model is the label `model`, else `model_name`; its version `model_version`, else `version`. With a version: that
 * version's state as of `at`. Without: the version that was accepted then, else the one that had changed last. `h`
 * NULL: nothing is known. A change counts from its own instant on; of two, the one that was committed later. */
handoff_fact handoffs_find(const handoffs *h, labels set, usec at);
bool handoff_is_named(labels set); /* do the labels name a version? */
/* The labels that the chart sees: `handoff` and `handoff_version` as the fact has them, whatever the sender said. */
labels handoff_fact_labels(arena *a, labels set, const handoff_fact *f);

/* What an incident keeps of it: model, state, version, since, by, and text ("version 3.2.0, accepted 2026-01-05 by Ann;
 * baseline accuracy 0.94 (threshold 0.9); the alert says 0.79"). Empty for an event without a model. */
labels handoff_fact_kept(arena *a, const handoff_fact *f, const char *own_value);
/* The value that an alert itself tells, from its annotations, else its labels, by the first of these names; "". */
const char *handoff_own_value(labels annotations, labels set);
const char *const *handoff_value_names(size_t *count);

#endif
