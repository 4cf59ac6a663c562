/* Every zone of tzdata whose clock is changed from 2024 to 2037: its table and the shifts around each change are what
 * Python's zoneinfo says. zone_oracle.py writes what must come out, and says in which form. */
#include "config/zones.h"
#include "onus/rotation.h"
#include "onus/text.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = 64 * 1024, ZONES_MAX = 200, TURNS_MAX = 200, SHOWN_MAX = 10 };

static chart_person people[] = {{.id = "0"}, {.id = "1"}, {.id = "2"}};
static const chart_person *const PEOPLE[] = {&people[0], &people[1], &people[2]};

/* What a line of the oracle asks, and its answer. */
typedef struct asked {
    rotation_layer layer;
    usec from;
    rotation_turn turns[TURNS_MAX];
    size_t count;
} asked;

static usec next_number(char **at) {
    return strtoll(*at, at, 10) * USEC_PER_SECOND;
}

static void read_asked(char *line, asked *q) {
    char *at = line;
    q->layer = (rotation_layer){.people = PEOPLE, .people_count = 3, .days = EVERY_DAY};
    q->layer.begins = next_number(&at);
    q->layer.shift = next_number(&at);
    q->layer.from_minute = (int)(next_number(&at) / USEC_PER_SECOND);
    q->layer.until_minute = (int)(next_number(&at) / USEC_PER_SECOND);
    usec from = q->from = next_number(&at);
    for (q->count = 0; *at == ' '; q->count++) {
        cr_assert_lt(q->count, TURNS_MAX);
        const chart_person *person = at[1] == '-' ? NULL : PEOPLE[at[1] - '0'];
        at += strlen(" 0:");
        q->turns[q->count] = (rotation_turn){person, from, next_number(&at)};
        from = q->turns[q->count].until;
    }
    cr_assert_gt(q->count, 0, "%s", line);
}

static bool same_turn(const rotation_turn *a, const rotation_turn *b) {
    return a->person == b->person && a->from == b->from && a->until == b->until;
}

/* The turns walked over, whoever is on call at both ends of each, and the first gap. */
static bool answers(const asked *q, const rotation *r) {
    rotation_turn got[TURNS_MAX], gap;
    usec until = q->turns[q->count - 1].until;
    bool good = rotation_turns(r, q->from, until, TURNS_MAX, got) == q->count;
    size_t free = 0;
    while (free < q->count && q->turns[free].person)
        free++;
    good = good && rotation_gap(r, q->from, until, &gap) == (free < q->count) &&
           (free == q->count || same_turn(&gap, &q->turns[free]));
    for (size_t i = 0; good && i < q->count; i++)
        good = same_turn(&got[i], &q->turns[i]) && rotation_at(r, got[i].from) == got[i].person &&
               rotation_at(r, got[i].until - 1) == got[i].person;
    return good;
}

static size_t read_zones(arena *a, char *names, const time_zone **zones) {
    size_t count = 0;
    for (char *rest = NULL, *name = strtok_r(names, " ", &rest); name; name = strtok_r(NULL, " ", &rest)) {
        cr_assert_lt(count, ZONES_MAX);
        zones[count] = zone_load(a, name);
        cr_assert_not_null(zones[count++], "%s", name);
    }
    return count;
}

static size_t differing(const char *line, asked *q, const time_zone *const *zones, size_t count) {
    size_t wrong = 0;
    for (size_t i = 0; i < count; i++) {
        q->layer.zone = zones[i];
        const rotation r = {.layers = &q->layer, .layer_count = 1};
        if (!answers(q, &r) && wrong++ == 0)
            fprintf(stderr, "%s differs: %s\n", zones[i]->name, line);
    }
    return wrong;
}

Test(zones, shifts_around_every_change_are_what_zoneinfo_says, .timeout = 300) {
    FILE *oracle = popen("/usr/bin/python3 tests/unit/config/zone_oracle.py", "r");
    cr_assert_not_null(oracle);
    arena *a = arena_new();
    const time_zone *zones[ZONES_MAX];
    size_t count = 0, seen = 0, wrong = 0;
    static char line[LINE_BYTES];
    static asked q;
    while (wrong < SHOWN_MAX && fgets(line, sizeof line, oracle)) {
        line[strcspn(line, "\n")] = '\0';
        if (text_starts_with(line, "zones ")) {
            count = read_zones(a, line + strlen("zones "), zones);
            seen += count;
            continue;
        }
        read_asked(line, &q);
        wrong += differing(line, &q, zones, count);
    }
    cr_expect_eq(wrong, 0);
    cr_expect_eq(pclose(oracle), 0);
    cr_expect_gt(seen, 100, "%zu zones", seen);
    arena_free(a);
}
