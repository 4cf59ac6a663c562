/* libical's time zones → tables of changes. Leaves what the clock on the wall shows to the domain.
 *
 * The difficulty: libical answers what the offset is at a moment, not when it changes. So a zone is asked once a week
 * (no zone changes twice within one) and a change is searched for within its week. Past 2037 libical is wrong about
 * some zones, so the table ends there. */
#include "config/zones.h"

#include "onus/text.h"

#include <libical/ical.h>
#include <string.h>

enum { ZONE_NAME_BYTES = 64, ZONE_CHANGES_MAX = 256, ZONES_SUGGESTED_MAX = 1000 };

#define WEEK_SECONDS ((int64_t)7 * 24 * 3600)
#define ZONES_BEGIN ((int64_t)1704067200) /* ZONE_FIRST_YEAR-01-01T00:00:00Z */
#define ZONES_END ((int64_t)2145916800)   /* ZONE_LAST_YEAR + 1 */

static const zone_change utc_changes[] = {{0, 0}};
static const time_zone utc = {"UTC", utc_changes, 1};

const time_zone *zone_utc(void) {
    return &utc;
}

/* tzdata holds files that are no zones of the civil world, or that mean another zone on every machine. */
static bool is_zone_name(const char *name) {
    static const char *const others[] = {"right/", "posix/", "localtime", "posixrules", "Factory"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (text_starts_with(name, others[i]))
            return false;
    size_t len = strlen(name);
    bool plain = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/") == len;
    return plain && len > 0 && len <= ZONE_NAME_BYTES && name[0] != '/';
}

static usec offset_at(icaltimezone *zone, int64_t second) {
    struct icaltimetype t = icaltime_from_timet_with_zone((time_t)second, 0, icaltimezone_get_utc_timezone());
    int is_daylight;
    return icaltimezone_get_utc_offset_of_utc_time(zone, &t, &is_daylight) * USEC_PER_SECOND;
}

/* The first second in (low, high] at which the offset is no longer `before`. */
static int64_t find_change(icaltimezone *zone, int64_t low, int64_t high, usec before) {
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (offset_at(zone, middle) == before)
            low = middle;
        else
            high = middle;
    }
    return high;
}

static time_zone *read_zone(arena *a, icaltimezone *zone, const char *name) {
    zone_change *changes = ARENA_ARRAY(a, zone_change, ZONE_CHANGES_MAX);
    time_zone *out = ARENA_NEW(a, time_zone);
    *out = (time_zone){arena_strdup(a, name), changes, 1};
    changes[0] = (zone_change){ZONES_BEGIN * USEC_PER_SECOND, offset_at(zone, ZONES_BEGIN)};
    for (int64_t week = ZONES_BEGIN; week < ZONES_END && out->count < ZONE_CHANGES_MAX; week += WEEK_SECONDS) {
        usec before = changes[out->count - 1].offset, after = offset_at(zone, week + WEEK_SECONDS);
        if (after == before)
            continue;
        int64_t second = find_change(zone, week, week + WEEK_SECONDS, before);
        changes[out->count++] = (zone_change){second * USEC_PER_SECOND, after};
    }
    return out;
}

const time_zone *zone_load(arena *a, const char *name) {
    if (strcmp(name, utc.name) == 0)
        return &utc;
    icaltimezone *zone = is_zone_name(name) ? icaltimezone_get_builtin_timezone(name) : NULL;
    return zone ? read_zone(a, zone, name) : NULL;
}

const char *zone_suggest(const field_reader *r, const char *name) {
    const char *words[ZONES_SUGGESTED_MAX];
    icalarray *all = icaltimezone_get_builtin_timezones();
    size_t count = 0;
    for (size_t i = 0; i < all->num_elements && count < ZONES_SUGGESTED_MAX; i++) {
        const char *location = icaltimezone_get_location(icalarray_element_at(all, i));
        if (location)
            words[count++] = location;
    }
    return field_suggest(r, name, (word_list){words, count});
}
