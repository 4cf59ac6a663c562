/* The clock on the wall across daylight saving, and who is on call by it: tables with times as people write them. */
#include "onus/rotation.h"
#include "onus/text.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static const usec HOUR = USEC_PER_HOUR;

static usec at(const char *text) {
    usec t = 0;
    err e;
    cr_assert(time_from_text(text, &t, &e), "%s", e.text);
    return t;
}

static usec wall(const char *text) {
    char utc[64];
    snprintf(utc, sizeof utc, "%s:00Z", text);
    return at(utc);
}

/* Berlin: to summer on 2026-03-29 at 01:00 UTC, back on 2026-10-25 at 01:00 UTC. */
static zone_change berlin_changes[3];
static time_zone berlin = {"Europe/Berlin", berlin_changes, 3};
static const zone_change utc_changes[] = {{0, 0}};
static const time_zone utc = {"UTC", utc_changes, 1};

static chart_person ann = {.id = "ann", .name = "Ann Lee"}, bob = {.id = "bob", .name = "Bob Ray"},
                    cyd = {.id = "cyd", .name = "Cyd Poe"};
static const chart_person *const PAIR[] = {&ann, &bob}, *const CYD[] = {&cyd};

static void begin(void) {
    berlin_changes[0] = (zone_change){at("2024-01-01T00:00:00Z"), HOUR};
    berlin_changes[1] = (zone_change){at("2026-03-29T01:00:00Z"), 2 * HOUR};
    berlin_changes[2] = (zone_change){at("2026-10-25T01:00:00Z"), HOUR};
    ann.left = bob.left = cyd.left = 0;
}
TestSuite(rotation, .init = begin);

static rotation_layer weekly(const char *begins) {
    return (rotation_layer){.people = PAIR,
                            .people_count = 2,
                            .zone = &berlin,
                            .begins = wall(begins),
                            .shift = 7 * USEC_PER_DAY,
                            .days = EVERY_DAY,
                            .until_minute = MINUTES_PER_DAY};
}

static const char *who(const rotation *r, const char *time) {
    const chart_person *p = rotation_at(r, at(time));
    return p ? p->id : "-";
}

typedef struct asked {
    const char *time, *who;
} asked;

static void expect(const rotation *r, const asked *cases, size_t count) {
    for (size_t i = 0; i < count; i++)
        cr_expect_str_eq(who(r, cases[i].time), cases[i].who, "at %s: %s", cases[i].time, who(r, cases[i].time));
}
#define EXPECT(r, ...) expect((r), (const asked[]){__VA_ARGS__}, sizeof((const asked[]){__VA_ARGS__}) / sizeof(asked))

Test(rotation, the_clock_on_the_wall) {
    static const struct {
        const char *utc, *wall;
    } CASES[] = {
        {"2020-01-01T12:00:00Z", "2020-01-01T13:00"}, /* before the table */
        {"2026-03-29T00:59:00Z", "2026-03-29T01:59"}, {"2026-03-29T01:00:00Z", "2026-03-29T03:00"},
        {"2026-07-01T12:00:00Z", "2026-07-01T14:00"}, {"2026-10-25T00:30:00Z", "2026-10-25T02:30"},
        {"2026-10-25T02:00:00Z", "2026-10-25T03:00"}, {"2026-10-25T02:01:00Z", "2026-10-25T03:01"},
        {"2060-07-01T12:00:00Z", "2060-07-01T13:00"}, /* past the table */
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        cr_expect_eq(zone_wall(&berlin, at(CASES[i].utc)), wall(CASES[i].wall), "%s", CASES[i].utc);
    /* 02:30 again: the clock waits at the last of 02:59 until 03:00 */
    cr_expect_eq(zone_wall(&berlin, at("2026-10-25T01:30:00Z")), wall("2026-10-25T03:00") - 1);
}

Test(rotation, the_first_moment_of_a_wall_time) {
    static const struct {
        const char *wall, *utc;
    } CASES[] = {
        {"2026-03-29T01:59", "2026-03-29T00:59:00Z"}, {"2026-03-29T02:30", "2026-03-29T01:00:00Z"}, /* left out */
        {"2026-03-29T03:00", "2026-03-29T01:00:00Z"}, {"2026-03-29T03:01", "2026-03-29T01:01:00Z"},
        {"2026-10-25T02:30", "2026-10-25T00:30:00Z"}, /* the first of two */
        {"2026-10-25T02:59", "2026-10-25T00:59:00Z"}, {"2026-10-25T03:00", "2026-10-25T02:00:00Z"}, /* once */
        {"2026-10-25T03:01", "2026-10-25T02:01:00Z"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        cr_expect_eq(zone_instant(&berlin, wall(CASES[i].wall)), at(CASES[i].utc), "%s", CASES[i].wall);
    for (usec t = at("2026-03-28T00:00:00Z"); t < at("2026-03-30T00:00:00Z"); t += 7 * USEC_PER_MINUTE) {
        usec shown = zone_wall(&berlin, t), first = zone_instant(&berlin, shown);
        cr_expect(first <= t && zone_wall(&berlin, first) == shown);
    }
    arena *a = arena_new();
    cr_expect_str_eq(zone_to_text(&berlin, at("2026-10-25T01:30:00Z"), a), "2026-10-25 02:30 Europe/Berlin");
    arena_free(a);
}

Test(rotation, a_week_is_handed_over_at_the_same_local_time) {
    rotation_layer layer = weekly("2026-01-05T09:00"); /* a Monday; 08:00 UTC in winter, 07:00 in summer */
    rotation r = {.layers = &layer, .layer_count = 1};
    EXPECT(&r, {"2026-01-05T07:59:59Z", "-"}, {"2026-01-05T08:00:00Z", "ann"}, {"2026-01-12T07:59:59Z", "ann"},
           {"2026-01-12T08:00:00Z", "bob"}, {"2026-03-30T06:59:59Z", "bob"}, {"2026-03-30T07:00:00Z", "ann"},
           {"2026-10-26T07:59:59Z", "bob"}, {"2026-10-26T08:00:00Z", "ann"});
}

Test(rotation, shifts_of_hours_follow_the_wall_too) {
    rotation_layer layer = weekly("2026-03-28T09:00");
    layer.shift = 12 * HOUR;
    rotation r = {.layers = &layer, .layer_count = 1};
    EXPECT(&r, {"2026-03-28T08:00:00Z", "ann"}, {"2026-03-28T20:00:00Z", "bob"}, {"2026-03-29T06:59:59Z", "bob"},
           {"2026-03-29T07:00:00Z", "ann"}, {"2026-10-25T00:30:00Z", "bob"}, {"2026-10-25T08:00:00Z", "ann"});
}

Test(rotation, a_hand_over_within_the_hour_that_comes_twice_happens_once) {
    rotation_layer layer = weekly("2026-10-18T02:30");
    rotation r = {.layers = &layer, .layer_count = 1};
    EXPECT(&r, {"2026-10-25T00:29:59Z", "ann"}, {"2026-10-25T00:30:00Z", "bob"}, {"2026-10-25T01:15:00Z", "bob"},
           {"2026-10-25T01:45:00Z", "bob"});
}

Test(rotation, a_hand_over_at_the_end_of_the_hour_that_comes_twice_waits_for_it) {
    rotation_layer layer = weekly("2026-10-18T03:00");
    rotation r = {.layers = &layer, .layer_count = 1};
    EXPECT(&r, {"2026-10-25T00:59:59Z", "ann"}, {"2026-10-25T01:00:00Z", "ann"}, {"2026-10-25T01:59:59Z", "ann"},
           {"2026-10-25T02:00:00Z", "bob"});
    layer.shift = HOUR; /* the shift of 02:00 lasts two hours */
    EXPECT(&r, {"2026-10-24T23:59:59Z", "ann"}, {"2026-10-25T00:00:00Z", "bob"}, {"2026-10-25T01:59:59Z", "bob"},
           {"2026-10-25T02:00:00Z", "ann"}, {"2026-10-25T03:00:00Z", "bob"});
    layer.from_minute = 2 * 60;
    layer.until_minute = 3 * 60;
    EXPECT(&r, {"2026-10-24T23:59:59Z", "-"}, {"2026-10-25T00:00:00Z", "bob"}, {"2026-10-25T01:59:59Z", "bob"},
           {"2026-10-25T02:00:00Z", "-"});
}

/* Cairo puts its clock back from 24:00 to 23:00: midnight is the end of the second of the two. */
Test(rotation, midnight_after_the_hour_that_comes_twice) {
    static const zone_change changes[] = {{0, 3 * USEC_PER_HOUR}, {1793307600 * USEC_PER_SECOND, 2 * USEC_PER_HOUR}};
    static const time_zone cairo = {"Africa/Cairo", changes, 2}; /* on 2026-10-29 at 21:00 UTC */
    rotation_layer layer = weekly("2026-10-28T00:00");
    layer.zone = &cairo;
    layer.shift = USEC_PER_DAY;
    rotation r = {.layers = &layer, .layer_count = 1};
    EXPECT(&r, {"2026-10-28T20:59:59Z", "ann"}, {"2026-10-28T21:00:00Z", "bob"}, {"2026-10-29T21:00:00Z", "bob"},
           {"2026-10-29T21:59:59Z", "bob"}, {"2026-10-29T22:00:00Z", "ann"}, {"2026-10-30T22:00:00Z", "bob"});
    layer.days = 1U << 4; /* Friday */
    EXPECT(&r, {"2026-10-29T21:30:00Z", "-"}, {"2026-10-29T22:00:00Z", "ann"}, {"2026-10-30T21:59:59Z", "ann"},
           {"2026-10-30T22:00:00Z", "-"});
}

/* Work hours by two, nights and week-ends by one who is always there. */
Test(rotation, the_first_layer_that_covers_the_moment_wins) {
    rotation_layer layers[] = {weekly("2026-01-05T09:00"), weekly("2026-01-01T00:00")};
    layers[0].days = 0x1f;
    layers[0].from_minute = 9 * 60;
    layers[0].until_minute = 17 * 60;
    layers[1].people = CYD;
    layers[1].people_count = 1;
    rotation r = {.layers = layers, .layer_count = 2};
    EXPECT(&r, {"2026-01-05T07:59:00Z", "cyd"}, {"2026-01-05T08:00:00Z", "ann"}, {"2026-01-05T15:59:00Z", "ann"},
           {"2026-01-05T16:00:00Z", "cyd"}, {"2026-01-10T12:00:00Z", "cyd"}, {"2026-01-12T12:00:00Z", "bob"});
}

Test(rotation, hours_past_midnight_belong_to_the_day_on_which_they_begin) {
    rotation_layer layer = weekly("2026-01-01T00:00");
    layer.zone = &utc;
    layer.days = 1U << 4; /* Friday */
    layer.from_minute = 22 * 60;
    layer.until_minute = 6 * 60;
    rotation r = {.layers = &layer, .layer_count = 1};
    EXPECT(&r, {"2026-01-09T05:00:00Z", "-"}, {"2026-01-09T21:59:00Z", "-"}, {"2026-01-09T22:00:00Z", "bob"},
           {"2026-01-10T05:59:00Z", "bob"}, {"2026-01-10T06:00:00Z", "-"}, {"2026-01-10T23:00:00Z", "-"});
}

Test(rotation, overrides_win_and_of_them_the_last) {
    rotation_layer layer = weekly("2026-01-05T09:00");
    const rotation_override overrides[] = {{&cyd, at("2026-01-06T00:00:00Z"), at("2026-01-08T00:00:00Z")},
                                           {&bob, at("2026-01-07T00:00:00Z"), at("2026-01-07T12:00:00Z")}};
    rotation r = {&layer, 1, overrides, 2};
    EXPECT(&r, {"2026-01-05T23:59:00Z", "ann"}, {"2026-01-06T00:00:00Z", "cyd"}, {"2026-01-07T06:00:00Z", "bob"},
           {"2026-01-07T12:00:00Z", "cyd"}, {"2026-01-08T00:00:00Z", "ann"});
}

Test(rotation, who_has_left_is_passed_over) {
    rotation_layer layers[] = {weekly("2026-01-05T09:00"), weekly("2026-01-05T09:00")};
    layers[1].people = CYD;
    layers[1].people_count = 1;
    ann.left = at("2026-01-07T00:00:00Z");
    const rotation_override override = {&ann, at("2026-01-13T00:00:00Z"), at("2026-01-14T00:00:00Z")};
    rotation r = {layers, 1, &override, 1};
    EXPECT(&r, {"2026-01-06T23:00:00Z", "ann"}, {"2026-01-07T00:00:00Z", "-"}, {"2026-01-13T12:00:00Z", "bob"});
    r.layer_count = 2;
    EXPECT(&r, {"2026-01-07T00:00:00Z", "cyd"});
}

static const char *turns_text(arena *a, const rotation *r, const char *from, const char *until) {
    rotation_turn turns[16];
    size_t count = rotation_turns(r, at(from), at(until), 16, turns);
    const char *text = "";
    for (size_t i = 0; i < count; i++)
        text = arena_printf(a, "%s%s%s %.16s", text, i ? ", " : "", turns[i].person ? turns[i].person->id : "-",
                            time_to_text(a, turns[i].until));
    return text;
}

Test(rotation, turns_follow_one_another_without_a_break) {
    arena *a = arena_new();
    rotation_layer layer = weekly("2026-03-16T09:00");
    const rotation_override override = {&cyd, at("2026-03-25T12:00:00Z"), at("2026-03-26T12:00:00Z")};
    rotation r = {&layer, 1, &override, 1};
    const char *text = turns_text(a, &r, "2026-03-15T00:00:00Z", "2026-04-01T00:00:00Z");
    cr_expect_str_eq(text,
                     "- 2026-03-16T08:00, ann 2026-03-23T08:00, bob 2026-03-25T12:00, cyd 2026-03-26T12:00, "
                     "bob 2026-03-30T07:00, ann 2026-04-01T00:00",
                     "%s", text);
    cr_expect_eq(rotation_until(&r, at("2026-03-24T00:00:00Z"), at("2026-04-24T00:00:00Z")),
                 at("2026-03-25T12:00:00Z"));
    cr_expect_eq(rotation_until(&r, at("2026-03-24T00:00:00Z"), at("2026-03-24T06:00:00Z")),
                 at("2026-03-24T06:00:00Z"));
    cr_expect_eq(rotation_begins(&r), at("2026-03-16T08:00:00Z"));
    rotation_turn first;
    cr_expect_eq(rotation_turns(&r, at("2026-03-16T08:00:00Z"), at("2027-03-15T00:00:00Z"), 1, &first), 1, "bounded");
    arena_free(a);
}

static const char *gap_text(arena *a, const rotation *r, const char *from, const char *until) {
    rotation_turn gap;
    if (!rotation_gap(r, at(from), at(until), &gap))
        return "none";
    return arena_printf(a, "%.16s %.16s", time_to_text(a, gap.from), time_to_text(a, gap.until));
}

Test(rotation, the_first_gap) {
    arena *a = arena_new();
    rotation_layer layers[] = {weekly("2026-01-05T00:00"), weekly("2026-01-05T00:00"), weekly("2026-01-05T00:00")};
    rotation r = {.layers = layers, .layer_count = 1};
    const char *from = "2026-01-04T23:00:00Z", *until = "2027-01-04T23:00:00Z";
    cr_expect_str_eq(gap_text(a, &r, from, until), "none");
    cr_expect_str_eq(gap_text(a, &r, "2026-01-01T00:00:00Z", until), "2026-01-01T00:00 2026-01-04T23:00");
    layers[0].days = 0x1f; /* no week-ends */
    cr_expect_str_eq(gap_text(a, &r, from, until), "2026-01-09T23:00 2026-01-11T23:00");
    layers[1].days = 0x60;
    r.layer_count = 2;
    cr_expect_str_eq(gap_text(a, &r, from, until), "none", "the week-end has a layer of its own");
    layers[0].from_minute = layers[2].until_minute = 8 * 60;
    layers[0].until_minute = layers[2].from_minute = 20 * 60;
    cr_expect_str_eq(gap_text(a, &r, from, until), "2026-01-04T23:00 2026-01-05T07:00");
    layers[2].days = 0x1f;
    r.layer_count = 3;
    cr_expect_str_eq(gap_text(a, &r, from, until), "2026-01-04T23:00 2026-01-05T07:00",
                     "Monday's small hours belong to Sunday's night");
    layers[2].days = EVERY_DAY;
    cr_expect_str_eq(gap_text(a, &r, from, until), "none");
    arena_free(a);
}

Test(rotation, overrides_fill_a_gap) {
    arena *a = arena_new();
    rotation_layer layer = weekly("2026-01-05T00:00");
    layer.zone = &utc;
    layer.days = 0x3f; /* no Sundays */
    const rotation_override override = {&cyd, at("2026-01-10T12:00:00Z"), at("2026-01-12T12:00:00Z")};
    rotation r = {&layer, 1, &override, 1};
    cr_expect_str_eq(gap_text(a, &r, "2026-01-05T00:00:00Z", "2026-12-01T00:00:00Z"),
                     "2026-01-18T00:00 2026-01-19T00:00");
    arena_free(a);
}
