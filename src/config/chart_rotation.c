/* `rotation` and `overrides` of a team: layers of people in turn, in a time zone, on some days and hours.
 *
 * Leaves who is on call when to the domain. The difficulty: times are local, and a zone's table is costly to make, so
 * that each zone is made once a chart. */
#include "config/chart_loader.h"
#include "config/zones.h"

#include "onus/text.h"

#include <string.h>

#define SHIFT_MIN USEC_PER_HOUR
#define SHIFT_MAX (366 * USEC_PER_DAY)
#define GAP_HORIZON (365 * USEC_PER_DAY)

typedef struct loaded_zone loaded_zone;
struct loaded_zone {
    const time_zone *zone;
    loaded_zone *next;
};

static const time_zone *read_zone(chart_loader *l, const yaml_node *map) {
    const char *name = field_text(&l->in, map, "time_zone", CHART_NAME_BYTES);
    if (!name)
        return zone_utc();
    for (const loaded_zone *z = l->zones; z; z = z->next)
        if (strcmp(z->zone->name, name) == 0)
            return z->zone;
    const time_zone *zone = zone_load(l->in.memory, name);
    if (!zone) {
        field_error(&l->in, yaml_get(map, "time_zone"), "unknown-time-zone", "there is no time zone \"%s\"%s",
                    field_shown(&l->in, name), zone_suggest(&l->in, name));
        return zone_utc();
    }
    loaded_zone *known = ARENA_NEW(l->in.scratch, loaded_zone);
    *known = (loaded_zone){zone, l->zones};
    l->zones = known;
    return zone;
}

/* ── times ── */

/* A local time, "2026-01-05T09:00" (the T may be a space, seconds may follow), as if it were UTC. */
static bool local_from_text(const char *text, usec *out, arena *scratch) {
    err e;
    bool minutes = strlen(text) == strlen("2026-01-05T09:00"), seconds = strlen(text) == strlen("2026-01-05T09:00:00");
    return (minutes || seconds) && time_from_text(arena_printf(scratch, "%s%sZ", text, minutes ? ":00" : ""), out, &e);
}

static bool require(const chart_loader *l, const yaml_node *map, const char *key, const char *example) {
    if (yaml_get(map, key))
        return true;
    field_error(&l->in, map, "bad-rotation", "`%s` is missing; add it like `%s: %s`", key, key, example);
    return false;
}

static void read_begins(const chart_loader *l, const yaml_node *map, rotation_layer *layer) {
    static const char EXAMPLE[] = "2026-01-05T09:00";
    const char *text = require(l, map, "begins", EXAMPLE) ? field_text(&l->in, map, "begins", CHART_NAME_BYTES) : NULL;
    if (text && !local_from_text(text, &layer->begins, l->in.scratch))
        field_error(&l->in, yaml_get(map, "begins"), "bad-rotation",
                    "\"%s\" is not a local time; write it like %s, without an offset: `time_zone` says where",
                    field_shown(&l->in, text), EXAMPLE);
}

static void read_shift(const chart_loader *l, const yaml_node *map, rotation_layer *layer) {
    layer->shift = SHIFT_MIN;
    if (!require(l, map, "shift", "1w"))
        return;
    field_duration(&l->in, map, "shift", &layer->shift);
    if (layer->shift < SHIFT_MIN || layer->shift > SHIFT_MAX)
        field_error(&l->in, yaml_get(map, "shift"), "bad-rotation",
                    "a shift lasts from an hour to a year (1h, 12h, 1d, 1w)");
}

static bool two_digits(const char *at, int max, int *out) {
    if (at[0] < '0' || at[0] > '9' || at[1] < '0' || at[1] > '9')
        return false;
    *out = (at[0] - '0') * 10 + (at[1] - '0');
    return *out <= max;
}

/* "09:00" → minutes of the day; 24:00 is its end. */
static bool minute_from_text(const char *at, int *out) {
    int hour, minute;
    if (!two_digits(at, 24, &hour) || at[2] != ':' || !two_digits(at + 3, 59, &minute))
        return false;
    *out = hour * 60 + minute;
    return *out <= MINUTES_PER_DAY;
}

static void read_hours(const chart_loader *l, const yaml_node *map, rotation_layer *layer) {
    layer->until_minute = MINUTES_PER_DAY;
    const char *text = field_text(&l->in, map, "hours", CHART_NAME_BYTES);
    if (!text)
        return;
    int from, until;
    bool good = strlen(text) == strlen("09:00-17:00") && text[5] == '-' && minute_from_text(text, &from) &&
                minute_from_text(text + 6, &until) && from < MINUTES_PER_DAY && until > 0 && from != until;
    if (!good) {
        field_error(&l->in, yaml_get(map, "hours"), "bad-rotation",
                    "\"%s\" are no hours; write them like \"09:00-17:00\", or \"22:00-06:00\" past midnight",
                    field_shown(&l->in, text));
        return;
    }
    layer->from_minute = from;
    layer->until_minute = until;
}

static void read_days(const chart_loader *l, const yaml_node *map, rotation_layer *layer) {
    static const char *const DAYS[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    enum { DAYS_PER_WEEK = sizeof DAYS / sizeof *DAYS };
    text_list given = field_texts(&l->in, map, "days", DAYS_PER_WEEK);
    for (size_t i = 0; i < given.count; i++) {
        size_t day = 0;
        while (day < DAYS_PER_WEEK && strcmp(DAYS[day], given.nodes[i]->text) != 0)
            day++;
        if (day < DAYS_PER_WEEK)
            layer->days |= 1U << day;
        else
            field_error(&l->in, given.nodes[i], "bad-rotation", "\"%s\" is no day%s",
                        field_shown(&l->in, given.nodes[i]->text),
                        field_suggest(&l->in, given.nodes[i]->text, WORD_LIST(DAYS)));
    }
    if (!yaml_get(map, "days"))
        layer->days = EVERY_DAY;
    else if (given.count == 0 && yaml_get(map, "days")->kind == YAML_TREE_LIST)
        field_error(&l->in, yaml_get(map, "days"), "bad-rotation", "no day at all; name some, or remove `days`");
}

/* ── layers ── */

static void read_layer_people(const chart_loader *l, const yaml_node *map, rotation_layer *layer) {
    text_list given = field_texts(&l->in, map, "people", CHART_LAYER_PEOPLE_MAX);
    const chart_person **people = ARENA_ARRAY(l->in.memory, const chart_person *, given.count + 1);
    for (size_t i = 0; i < given.count; i++) {
        const chart_person *person = chart_find_person(l, given.nodes[i]);
        if (!person)
            continue;
        chart_check_departed(l, given.nodes[i], person);
        people[layer->people_count++] = person;
    }
    layer->people = people;
    const yaml_node *list = yaml_get(map, "people");
    if (!list || (list->kind == YAML_TREE_LIST && list->count == 0))
        field_error(&l->in, list ? list : map, "bad-rotation", "nobody is in this rotation; add `people: [ID, …]`");
}

static void read_layer(chart_loader *l, const yaml_node *map, rotation_layer *layer) {
    static const char *const KEYS[] = {"people", "begins", "shift", "time_zone", "days", "hours"};
    if (!field_is_map(&l->in, map, "a layer of a rotation"))
        return;
    fields_check_keys(&l->in, map, "a rotation", WORD_LIST(KEYS));
    layer->zone = read_zone(l, map);
    read_layer_people(l, map, layer);
    read_begins(l, map, layer);
    read_shift(l, map, layer);
    read_days(l, map, layer);
    read_hours(l, map, layer);
}

static void read_layers(chart_loader *l, const yaml_node *node, rotation *r) {
    size_t count = node->kind == YAML_TREE_LIST ? node->count : 1;
    if (count == 0)
        field_error(&l->in, node, "bad-rotation", "the rotation has no layer; add one, or remove `rotation`");
    if (count > CHART_LAYERS_MAX) {
        field_error(&l->in, node, "too-many", "%zu layers; at most %d are allowed", count, CHART_LAYERS_MAX);
        return;
    }
    rotation_layer *layers = ARENA_ARRAY(l->in.memory, rotation_layer, count + 1);
    for (size_t i = 0; i < count; i++)
        read_layer(l, node->kind == YAML_TREE_LIST ? node->items[i] : node, &layers[i]);
    r->layers = layers;
    r->layer_count = count;
}

/* ── overrides ── */

/* Local to the first layer's zone, or with an offset of its own. */
static usec read_moment(const chart_loader *l, const yaml_node *map, const char *key, const time_zone *zone) {
    static const char EXAMPLE[] = "2026-01-05T09:00";
    const char *text = require(l, map, key, EXAMPLE) ? field_text(&l->in, map, key, CHART_NAME_BYTES) : NULL;
    usec time = 0;
    err e;
    if (!text || time_from_text(text, &time, &e))
        return time;
    if (local_from_text(text, &time, l->in.scratch))
        return zone_instant(zone, time);
    field_error(&l->in, yaml_get(map, key), "bad-rotation",
                "\"%s\" is not a time; write it like %s (local to the rotation) or %s:00Z", field_shown(&l->in, text),
                EXAMPLE, EXAMPLE);
    return 0;
}

static bool read_override(const chart_loader *l, const yaml_node *map, const time_zone *zone, rotation_override *out) {
    static const char *const KEYS[] = {"person", "from", "until", "description"};
    if (!field_is_map(&l->in, map, "an override"))
        return false;
    fields_check_keys(&l->in, map, "an override", WORD_LIST(KEYS));
    (void)field_text(&l->in, map, "description", CHART_DESCRIPTION_BYTES);
    const yaml_node *name = yaml_get(map, "person");
    if (require(l, map, "person", "ID") && field_text(&l->in, map, "person", CHART_NAME_BYTES))
        out->person = chart_find_person(l, name);
    out->from = read_moment(l, map, "from", zone);
    out->until = read_moment(l, map, "until", zone);
    if (!out->person || !out->from || !out->until)
        return false;
    if (out->until <= out->from)
        field_error(&l->in, yaml_get(map, "until"), "bad-rotation", "the override ends before it begins");
    if (out->until > l->now)
        chart_check_departed(l, name, out->person);
    return true;
}

static void read_overrides(const chart_loader *l, const yaml_node *list, rotation *r) {
    const time_zone *zone = r->layer_count > 0 && r->layers[0].zone ? r->layers[0].zone : zone_utc();
    if (list->kind != YAML_TREE_LIST) {
        field_error(&l->in, list, "wrong-type", "\"overrides\" must be a list (- { person, from, until }), not %s",
                    yaml_is_null(list) ? "empty" : yaml_kind_to_text(list->kind));
        return;
    }
    if (list->count > CHART_OVERRIDES_MAX) {
        field_error(&l->in, list, "too-many", "%zu overrides; at most %d are allowed; remove what is over", list->count,
                    CHART_OVERRIDES_MAX);
        return;
    }
    rotation_override *items = ARENA_ARRAY(l->in.memory, rotation_override, list->count + 1);
    for (size_t i = 0; i < list->count; i++)
        if (read_override(l, list->items[i], zone, &items[r->override_count]))
            r->override_count++;
    r->overrides = items;
}

/* ── the whole ── */

static const yaml_node *key_of(const yaml_node *map, const char *key) {
    size_t i = 0;
    while (i < map->count && strcmp(map->keys[i]->text, key) != 0)
        i++;
    return i < map->count ? map->keys[i] : map;
}

/* Looks a year ahead: from now, or from the beginning when that is to come (or now is not known). */
static void check_gap(const chart_loader *l, const rotation *r, const yaml_node *at) {
    usec begins = rotation_begins(r), from = l->now > begins ? l->now : begins;
    const time_zone *zone = r->layers[0].zone;
    rotation_turn gap;
    if (!rotation_gap(r, from, from + GAP_HORIZON, &gap))
        return;
    const char *until = gap.until < from + GAP_HORIZON
                            ? arena_printf(l->in.scratch, "until %s", zone_to_text(zone, gap.until, l->in.scratch))
                            : "on";
    field_problem(&l->in, chart_late_level(l), at, "rotation-gap",
                  "nobody is on call from %s %s; end with a layer that has neither `days` nor `hours`",
                  zone_to_text(zone, gap.from, l->in.scratch), until);
}

void chart_load_rotation(chart_loader *l, chart_team *team, const yaml_node *map) {
    const yaml_node *node = yaml_get(map, "rotation"), *overrides = yaml_get(map, "overrides");
    if (!node && overrides)
        field_error(&l->in, key_of(map, "overrides"), "bad-rotation",
                    "overrides stand in for a `rotation`, and this team has none");
    if (!node)
        return;
    size_t errors_before = l->in.d->errors;
    rotation *r = ARENA_NEW(l->in.memory, rotation);
    read_layers(l, node, r);
    if (overrides)
        read_overrides(l, overrides, r);
    if (l->in.d->errors > errors_before)
        return;
    check_gap(l, r, key_of(map, "rotation"));
    team->rotation = r;
}
