/* Between moments and what the clock on a wall shows, by a zone's table. Leaves making the table to config.
 *
 * The difficulty: in spring the clock leaps over an hour, in autumn it shows one twice. So the clock here never goes
 * back: through the second of the two hours it waits at the last microsecond of the first. The end of that hour (00:00,
 * where 23:00 to 24:00 comes twice) is not shown before the second has passed. A time that is never shown is reached at
 * the leap. So each wall time has exactly one first moment. */
#include "onus/rotation.h"

#include <string.h>

/* No zone is further from Greenwich. */
#define OFFSET_MAX (15 * USEC_PER_HOUR)

/* The change that holds at t. */
static size_t change_at(const time_zone *zone, usec t) {
    size_t low = 0, high = zone->count;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (zone->changes[middle].from <= t)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* The last that the clock has shown before the change came into force. */
static usec shown_before(const time_zone *zone, size_t i) {
    return zone->changes[i].from - 1 + zone->changes[i - 1].offset;
}

usec zone_wall(const time_zone *zone, usec t) {
    size_t i = change_at(zone, t);
    usec now = t + zone->changes[i].offset;
    return i > 0 && shown_before(zone, i) > now ? shown_before(zone, i) : now;
}

usec zone_instant(const time_zone *zone, usec wall) {
    size_t i = change_at(zone, wall - OFFSET_MAX);
    for (;; i++) {
        const zone_change *c = &zone->changes[i];
        usec t = wall - c->offset;
        if (i + 1 == zone->count || t < zone->changes[i + 1].from)
            return i > 0 && t < c->from ? c->from : t; /* a time that the leap left out */
    }
}

char *zone_to_text(const time_zone *zone, usec t, arena *a) {
    usec shown = t + zone->changes[change_at(zone, t)].offset;
    const char *text = time_to_short_text(a, shown);
    return arena_printf(a, "%.*s %s", (int)strlen("2026-01-05 09:00"), text, zone->name);
}
