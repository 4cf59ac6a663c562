/* Rotations: who of a team is on call at a moment. Plain data, filled by config; the answers are pure.
 *
 * A rotation is a list of layers; the first one that covers the moment gives the person, and overrides win over all.
 * Everything is counted on the wall's clock of the layer's time zone, so that a week's shift is handed over at the same
 * local time in summer and in winter. */
#ifndef ONUS_ROTATION_H
#define ONUS_ROTATION_H

#include "onus/chart.h"

/* ── time zones ── */

typedef struct zone_change {
    usec from;
    usec offset; /* east of Greenwich, from then on */
} zone_change;

/* The first offset holds before the first change, the last one after the last. */
typedef struct time_zone {
    const char *name; /* "Europe/Berlin" */
    const zone_change *changes;
    size_t count; /* at least 1 */
} time_zone;

enum { ZONE_FIRST_YEAR = 2024, ZONE_LAST_YEAR = 2037 }; /* what a zone's table knows, both whole */

/* What the clock on the wall shows, as microseconds since 1970-01-01T00:00:00 there. It never goes back: through an
 * hour that comes twice it waits, the second time, at the last microsecond of the first. */
usec zone_wall(const time_zone *zone, usec t);
/* The first moment at which that clock shows `wall` or later. */
usec zone_instant(const time_zone *zone, usec wall);
/* "2026-01-05 09:00 Europe/Berlin" */
char *zone_to_text(const time_zone *zone, usec t, arena *a);

/* ── rotations ── */

enum { EVERY_DAY = 0x7f, MINUTES_PER_DAY = 24 * 60 };

typedef struct rotation_layer {
    const chart_person *const *people; /* in turn */
    size_t people_count;               /* at least 1 */
    const time_zone *zone;
    usec begins;                   /* on the wall: the first one's shift */
    usec shift;                    /* on the wall; at least an hour */
    unsigned days;                 /* on which hours begin; bit 0: Monday */
    int from_minute, until_minute; /* of the day; until ≤ from: past midnight; 0 and MINUTES_PER_DAY: the whole day */
} rotation_layer;

typedef struct rotation_override {
    const chart_person *person;
    usec from, until;
} rotation_override;

typedef struct rotation {
    const rotation_layer *layers;
    size_t layer_count;                 /* at least 1 */
    const rotation_override *overrides; /* of several at one moment the last wins */
    size_t override_count;
} rotation;

/* NULL: nobody in particular, so the whole team. Who has left by then is passed over. */
const chart_person *rotation_at(const rotation *r, usec at);

/* Who is on call without a break. */
typedef struct rotation_turn {
    const chart_person *person; /* NULL: nobody */
    usec from, until;
} rotation_turn;

/* The turns between two moments, cut to them; at most `max`, from the first. */
size_t rotation_turns(const rotation *r, usec from, usec until, size_t max, rotation_turn *out);
/* When the turn that is under way ends; `until` when not before. */
usec rotation_until(const rotation *r, usec at, usec until);
/* When somebody is on call for the first time. */
usec rotation_begins(const rotation *r);
/* The first stretch that nobody's shift covers. */
MUST_USE bool rotation_gap(const rotation *r, usec from, usec until, rotation_turn *out);

#endif
