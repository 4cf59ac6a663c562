/* The world's private side: which incidents and alerts a decision has touched, and what it is about to tell. */
#ifndef ONUS_DOMAIN_WORLD_H
#define ONUS_DOMAIN_WORLD_H

#include "onus/decide.h"

/* What one decision has queued for one incident; all zero at its beginning. Numbers are places in the list of tellings,
 * from 1; 0: none. */
typedef struct incident_marks {
    uint32_t told[REASON_COUNT];
    uint32_t newest;
    bool listed;
} incident_marks;

void world_begin_decision(world *w); /* forgets all marks, in constant time */
incident_marks *world_marks(const world *w, incident *i);
bool world_list_alert(const world *w, alert *a); /* true the first time in this decision */

#endif
