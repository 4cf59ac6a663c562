/* Zones for whoever has no file that names them. */
#include "onus/zone.h"

#include "config/zones.h"

const time_zone *zone_find(arena *a, const char *name, err *e) {
    diagnostics none = {0}; /* nothing is reported */
    const field_reader r = {.memory = a, .scratch = a, .d = &none, .file = ""};
    const time_zone *zone = zone_load(a, name);
    if (!zone)
        err_set(e, ERR_NOT_FOUND, "there is no time zone \"%s\"%s", field_shown(&r, name), zone_suggest(&r, name));
    return zone;
}
