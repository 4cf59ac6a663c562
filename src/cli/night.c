/* Owns what counts as night, on the clock of one place. */
#include "cli/night.h"

#include "onus/zone.h"

enum { DAY_MINUTES = 24 * 60 };

struct night {
    const time_zone *zone;
    int from, until; /* minutes of the day; until ≤ from: past midnight */
};

/* Two digits. */
static bool read_number(const char **at, int *out) {
    const char *text = *at;
    if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
        return false;
    *out = (text[0] - '0') * 10 + text[1] - '0';
    *at += 2;
    return true;
}

/* "22:00" */
static bool read_time(const char **at, int *out) {
    int hour, minute;
    if (!read_number(at, &hour) || *(*at)++ != ':' || !read_number(at, &minute) || minute > 59)
        return false;
    *out = hour * 60 + minute;
    return true;
}

/* "22:00-07:00" */
static bool read_hours(const char *text, night *n) {
    const char *at = text;
    return read_time(&at, &n->from) && *at++ == '-' && read_time(&at, &n->until) && *at == '\0' &&
           n->from < DAY_MINUTES && n->until <= DAY_MINUTES && n->from != n->until;
}

const night *night_new(arena *a, const char *hours, const char *zone, err *e) {
    night *n = ARENA_NEW(a, night);
    if (!read_hours(hours, n)) {
        err_set(e, ERR_INVALID, "\"%.40s\" is no span of hours; write it like 22:00-07:00", hours);
        return NULL;
    }
    n->zone = zone_find(a, zone, e);
    return n->zone ? n : NULL;
}

bool night_has(const night *n, usec at) {
    usec wall = zone_wall(n->zone, at) % USEC_PER_DAY;
    int minute = (int)((wall < 0 ? wall + USEC_PER_DAY : wall) / USEC_PER_MINUTE);
    if (n->from < n->until)
        return minute >= n->from && minute < n->until;
    return minute >= n->from || minute < n->until;
}

const char *night_to_text(const night *n, arena *a) {
    return arena_printf(a, "%02d:%02d-%02d:%02d %s", n->from / 60, n->from % 60, n->until / 60, n->until % 60,
                        n->zone->name);
}
