/* Time zones by name, from the system's own table. Read by config; what their clocks show is onus/rotation.h's. */
#ifndef ONUS_ZONE_H
#define ONUS_ZONE_H

#include "onus/rotation.h"

/* "Europe/Berlin", "UTC"; in the arena. ERR_NOT_FOUND, with the nearest name, when there is none. */
MUST_USE const time_zone *zone_find(arena *a, const char *name, err *e);

#endif
