/* Joining without looking: a storm adds alert after alert to the same open incidents, and nobody but this connection
 * changes them meanwhile. What it last wrote of such an incident is remembered with the version of its row (xmin). A
 * batch of alerts that are unheard of and whose incidents are all remembered is decided at once and written in one
 * trip, which ends as a conflict when anything is not as remembered: then it goes the long way. */
#ifndef ONUS_STORE_JOINS_H
#define ONUS_STORE_JOINS_H

#include "change.h"

typedef struct joins joins;

joins *joins_new(void);
void joins_free(joins *j);
/* With the connection: the next one may lead to a server that counts transactions differently. */
void joins_forget_all(joins *j);

/* Fills the change's world when all of the events may join so. */
MUST_USE bool joins_fill_world(joins *j, change *ch, const prepared_event *events, size_t count);
/* After a commit, in this order: whatever it has changed; the rows that were counted, with their versions. */
void joins_forget_changed(joins *j, const changes *done);
void joins_learn(joins *j, const change *ch, const PGresult *versions);
/* After a conflict: these incidents are not as remembered, or one of the keys is not unheard of. For a while nothing is
 * taken for granted. */
void joins_forget(joins *j, const change *ch);
bool joins_are_paused(const joins *j);

#endif
