/* Members that a sender made up (PagerDuty's custom_details, a CloudEvent's data) as labels and annotations. */
#ifndef ONUS_INGEST_DETAILS_H
#define ONUS_INGEST_DETAILS_H

#include "ingest/collect.h"

enum { DETAIL_LABELS_MAX = 64, DETAIL_VALUE_BYTES_MAX = 256 };

/* Scalars become labels, with the name made a label's name, at most DETAIL_LABELS_MAX of them. Texts over
 * DETAIL_VALUE_BYTES_MAX or of several lines, members named like prose (summary, description …), structures, and what
 * is too much for labels become annotations. `skip`: names to leave out, ended by NULL; may be NULL. */
void details_add(collector *c, const cJSON *object, const char *const *skip);

#endif
