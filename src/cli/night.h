/* When it is night: a span of hours in a time zone. */
#ifndef ONUS_CLI_NIGHT_H
#define ONUS_CLI_NIGHT_H

#include "onus/clock.h"

typedef struct night night;

/* `hours`: "22:00-07:00"; `zone`: "Europe/Berlin", "UTC". In the arena. */
MUST_USE const night *night_new(arena *a, const char *hours, const char *zone, err *e);
bool night_has(const night *n, usec at);
const char *night_to_text(const night *n, arena *a); /* "22:00-07:00 Europe/Berlin" */

#endif
