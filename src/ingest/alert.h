/* An alert in Alertmanager's shape, which three formats share. */
#ifndef ONUS_INGEST_ALERT_H
#define ONUS_INGEST_ALERT_H

#include "ingest/collect.h"

typedef enum alert_member {
    ALERT_STATUS,
    ALERT_LABELS,
    ALERT_ANNOTATIONS,
    ALERT_STARTS_AT,
    ALERT_ENDS_AT,
    ALERT_GENERATOR_URL,
    ALERT_MEMBER_COUNT,
} alert_member;

typedef struct alert_view {
    const cJSON *members[ALERT_MEMBER_COUNT];
    usec starts_at, ends_at; /* 0: not given */
} alert_view;

/* Members, labels, annotations, times; and from them key and link. At least one label that is not empty must be there.
 */
MUST_USE bool alert_read(collector *c, const cJSON *item, alert_view *view, event *draft, err *e);
/* An alert of a webhook: its status says what it is. */
MUST_USE bool alert_read_webhook(collector *c, const cJSON *item, event *draft, err *e);
/* A whole webhook body: an object with a list of alerts. `sender` names what was expected in the reason. */
MUST_USE bool alert_parse_webhook(const ingest_request *request, arena *a, collect_read read, const char *sender,
                                  ingest_result *out, err *e);
/* Sets starts_at; without one, now (or the end, when that was before). */
void alert_set_start(const collector *c, const alert_view *view, event *draft);

#endif
