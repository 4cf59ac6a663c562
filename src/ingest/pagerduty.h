/* What the two formats of PagerDuty's Events API v2 share: faults gathered over a whole body, the routing key, answers.
 */
#ifndef ONUS_INGEST_PAGERDUTY_H
#define ONUS_INGEST_PAGERDUTY_H

#include "ingest/collect.h"

/* All that is wrong with a body, in the original's words, joined by "; ". */
typedef struct faults {
    buf text;
} faults;

void faults_init(faults *f);
void faults_add(faults *f, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* True when there are none; else e is filled. Releases. */
MUST_USE bool faults_finish(faults *f, err *e);

/* The member's text when it is a string with something else than spaces in it, of at most `max` characters (0: any
 * number); otherwise a fault and "". */
const char *pagerduty_required(faults *f, const cJSON *member, const char *name, size_t max);
/* A routing key of the right form ("" and a fault otherwise). */
const char *pagerduty_routing_key(faults *f, const cJSON *member);
/* True when the source has that key, or has none at all. Constant time. */
MUST_USE bool pagerduty_key_is_known(const source *s, const char *routing_key);

/* {"status":…,"message":…} of everything but success. */
void pagerduty_answer_failure(ingest_verdict verdict, const char *why, arena *a, ingest_answer *out);

/* Labels and annotations that Alertmanager puts into custom_details.firing (or .resolved), as text (up to 0.29) or as a
 * list of alerts: what all the alerts of the notification have in common. Anything else, and NULL, adds nothing. */
void pagerduty_read_firing(collector *c, const cJSON *firing);

#endif
