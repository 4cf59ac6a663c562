/* Who of a team is on call: at a moment, over the coming days, and where nobody is. Pure.
 *
 * The difficulty: layers have zones, hours and days of their own, and people leave. So nothing is computed in closed
 * form but one layer's person at one moment; what happens over time is walked from edge to edge, and an edge may change
 * nothing. */
#include "onus/rotation.h"

#include "onus/text.h"

#define FOR_EVER INT64_MAX

static usec floor_to(usec t, usec unit) {
    usec rest = t % unit;
    return t - rest - (rest < 0 ? unit : 0);
}

/* ── one layer ── */

static bool passes_midnight(const rotation_layer *l) {
    return l->until_minute <= l->from_minute;
}

static bool is_unrestricted(const rotation_layer *l) {
    return l->days == EVERY_DAY && l->from_minute == 0 && l->until_minute == MINUTES_PER_DAY;
}

static bool has_day(const rotation_layer *l, usec midnight) {
    usec weekday = (midnight / USEC_PER_DAY % 7 + 7 + 3) % 7; /* 1970-01-01 was a Thursday */
    return l->days >> weekday & 1U;
}

/* The midnight of the day to which the hours around `wall` belong; false: none do. */
static bool hours_of(const rotation_layer *l, usec wall, usec *midnight) {
    usec day = floor_to(wall, USEC_PER_DAY);
    usec minute = (wall - day) / USEC_PER_MINUTE;
    bool of_yesterday = passes_midnight(l) && minute < l->until_minute;
    bool inside = of_yesterday || (minute >= l->from_minute && (passes_midnight(l) || minute < l->until_minute));
    *midnight = of_yesterday ? day - USEC_PER_DAY : day;
    return inside && has_day(l, *midnight);
}

static bool layer_covers(const rotation_layer *l, usec wall) {
    usec midnight;
    return wall >= l->begins && (is_unrestricted(l) || hours_of(l, wall, &midnight));
}

static int64_t shift_number(const rotation_layer *l, usec wall) {
    return (wall - l->begins) / l->shift;
}

static const chart_person *layer_person(const rotation_layer *l, usec wall) {
    return layer_covers(l, wall) ? l->people[(size_t)shift_number(l, wall) % l->people_count] : NULL;
}

/* ── at a moment ── */

static bool is_here(const chart_person *p, usec at) {
    return p && (p->left == 0 || at < p->left);
}

static const rotation_override *override_at(const rotation *r, usec at) {
    for (size_t i = r->override_count; i > 0; i--) {
        const rotation_override *o = &r->overrides[i - 1];
        if (o->from <= at && at < o->until && is_here(o->person, at))
            return o;
    }
    return NULL;
}

const chart_person *rotation_at(const rotation *r, usec at) {
    const rotation_override *o = override_at(r, at);
    if (o)
        return o->person;
    for (size_t i = 0; i < r->layer_count; i++) {
        const chart_person *p = layer_person(&r->layers[i], zone_wall(r->layers[i].zone, at));
        if (is_here(p, at))
            return p;
    }
    return NULL;
}

/* ── from edge to edge ── */

static void take_earlier(usec *next, usec candidate, usec after) {
    if (candidate > after && candidate < *next)
        *next = candidate;
}

/* Where hours and days may begin or end: midnight, from, until, of this day and the next. */
static usec next_hours_edge(const rotation_layer *l, usec wall) {
    usec next = FOR_EVER;
    usec day = floor_to(wall, USEC_PER_DAY);
    for (int i = 0; i < 2; i++, day += USEC_PER_DAY) {
        take_earlier(&next, day, wall);
        take_earlier(&next, day + l->from_minute * USEC_PER_MINUTE, wall);
        take_earlier(&next, day + l->until_minute * USEC_PER_MINUTE, wall);
    }
    return next;
}

static usec next_layer_edge(const rotation_layer *l, usec wall) {
    if (wall < l->begins)
        return l->begins;
    usec next = l->begins + (shift_number(l, wall) + 1) * l->shift;
    if (!is_unrestricted(l))
        take_earlier(&next, next_hours_edge(l, wall), wall);
    return next;
}

static usec next_edge(const rotation *r, usec t) {
    usec next = FOR_EVER;
    for (size_t i = 0; i < r->override_count; i++) {
        take_earlier(&next, r->overrides[i].from, t);
        take_earlier(&next, r->overrides[i].until, t);
        take_earlier(&next, r->overrides[i].person->left, t);
    }
    for (size_t i = 0; i < r->layer_count; i++) {
        const rotation_layer *l = &r->layers[i];
        take_earlier(&next, zone_instant(l->zone, next_layer_edge(l, zone_wall(l->zone, t))), t);
        for (size_t p = 0; p < l->people_count; p++)
            take_earlier(&next, l->people[p]->left, t);
    }
    return next;
}

size_t rotation_turns(const rotation *r, usec from, usec until, size_t max, rotation_turn *out) {
    size_t count = 0;
    for (usec t = from; t < until;) {
        const chart_person *person = rotation_at(r, t);
        usec next = next_edge(r, t);
        next = next < until ? next : until;
        if (count > 0 && out[count - 1].person == person)
            out[count - 1].until = next;
        else if (count == max)
            break;
        else
            out[count++] = (rotation_turn){person, t, next};
        t = next;
    }
    return count;
}

usec rotation_until(const rotation *r, usec at, usec until) {
    rotation_turn now;
    return rotation_turns(r, at, until, 1, &now) > 0 ? now.until : until;
}

usec rotation_begins(const rotation *r) {
    usec first = FOR_EVER;
    for (size_t i = 0; i < r->layer_count; i++)
        take_earlier(&first, zone_instant(r->layers[i].zone, r->layers[i].begins), INT64_MIN);
    return first;
}

/* ── gaps ── */

/* How long a layer covers without a break, at least; t when it does not. */
static usec layer_covers_until(const rotation_layer *l, usec t) {
    usec wall = zone_wall(l->zone, t), midnight;
    if (!layer_covers(l, wall))
        return t;
    if (is_unrestricted(l) || !hours_of(l, wall, &midnight))
        return FOR_EVER;
    usec day = passes_midnight(l) ? midnight + USEC_PER_DAY : midnight;
    return zone_instant(l->zone, day + l->until_minute * USEC_PER_MINUTE);
}

/* Somebody's shift covers everything from t until then. Who has left meanwhile is another matter. */
static usec covered_until(const rotation *r, usec t) {
    usec until = t;
    for (size_t i = 0; i < r->layer_count && until != FOR_EVER; i++) {
        usec end = layer_covers_until(&r->layers[i], t);
        until = end > until ? end : until;
    }
    for (size_t i = 0; i < r->override_count; i++) {
        const rotation_override *o = &r->overrides[i];
        if (o->from <= t && o->until > until)
            until = o->until;
    }
    return until;
}

/* When somebody's shift may begin to cover; shifts that follow one another are no matter. */
static usec next_cover_edge(const rotation *r, usec t) {
    usec next = FOR_EVER;
    for (size_t i = 0; i < r->override_count; i++)
        take_earlier(&next, r->overrides[i].from, t);
    for (size_t i = 0; i < r->layer_count; i++) {
        const rotation_layer *l = &r->layers[i];
        usec wall = zone_wall(l->zone, t);
        take_earlier(&next, zone_instant(l->zone, wall < l->begins ? l->begins : next_hours_edge(l, wall)), t);
    }
    return next;
}

bool rotation_gap(const rotation *r, usec from, usec until, rotation_turn *out) {
    usec t = from, end = 0;
    while (t < until && (end = covered_until(r, t)) > t)
        t = end;
    if (t >= until)
        return false;
    usec gap = t;
    while (t < until && covered_until(r, t) == t)
        t = next_cover_edge(r, t);
    *out = (rotation_turn){NULL, gap, t < until ? t : until};
    return true;
}
