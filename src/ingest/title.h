/* The one line for people that every event has. */
#ifndef ONUS_INGEST_TITLE_H
#define ONUS_INGEST_TITLE_H

#include "onus/event.h"

/* The draft's own title, or annotations.summary, or annotations.title, or the alert's name with a few labels that tell
 * which. One line, never "", at most LIMIT_TITLE_BYTES, in the arena. */
char *title_make(arena *a, const event *draft);

#endif
