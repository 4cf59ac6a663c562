/* What PagerDuty's events that neither open nor close an incident say, as a sentence for the timeline. */
#ifndef ONUS_INGEST_PAGERDUTY_NOTES_H
#define ONUS_INGEST_PAGERDUTY_NOTES_H

#include "onus/json.h"

/* From the event's data, of which every member may be missing or null. Never "". */
typedef const char *(*pagerduty_note)(arena *a, const cJSON *data);

const char *pagerduty_note_unacknowledged(arena *a, const cJSON *data);
const char *pagerduty_note_escalated(arena *a, const cJSON *data);
const char *pagerduty_note_delegated(arena *a, const cJSON *data);
const char *pagerduty_note_reassigned(arena *a, const cJSON *data);
const char *pagerduty_note_priority(arena *a, const cJSON *data);
const char *pagerduty_note_annotated(arena *a, const cJSON *data);
const char *pagerduty_note_status_update(arena *a, const cJSON *data);
const char *pagerduty_note_responder_added(arena *a, const cJSON *data);
const char *pagerduty_note_responder_replied(arena *a, const cJSON *data);
const char *pagerduty_note_service(arena *a, const cJSON *data);
const char *pagerduty_note_role(arena *a, const cJSON *data);
const char *pagerduty_note_fields(arena *a, const cJSON *data);
const char *pagerduty_note_type(arena *a, const cJSON *data);
const char *pagerduty_note_bridge(arena *a, const cJSON *data);

/* The summary (or name) of a reference, "" when there is none. Points into the tree. */
const char *pagerduty_name(const cJSON *reference);
/* "A, B" of a list of references. */
const char *pagerduty_names(arena *a, const cJSON *references);

#endif
