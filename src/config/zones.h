/* Time zones by name, from the system's own table (tzdata, read by libical). TZ is never touched. */
#ifndef ONUS_CONFIG_ZONES_H
#define ONUS_CONFIG_ZONES_H

#include "config/fields.h"
#include "onus/rotation.h"

/* The zone's changes from ZONE_FIRST_YEAR to ZONE_LAST_YEAR, in the arena; NULL: there is no such zone. */
const time_zone *zone_load(arena *a, const char *name);
const time_zone *zone_utc(void);
/* As field_suggest. */
const char *zone_suggest(const field_reader *r, const char *name);

#endif
