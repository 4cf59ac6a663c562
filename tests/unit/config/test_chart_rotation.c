/* People, rotations and what days make wrong: what is read, and every error with its place. */
#include "config/zones.h"
#include "onus/rotation.h"
#include "onus/text.h"
#include "support.h"

#include <criterion/criterion.h>
#include <string.h>

/* `mlops` is put in as the team's value in line 7, `tail` at the end. */
static char *chart_with(arena *a, const char *mlops, const char *tail) {
    return arena_printf(a,
                        "version: 1\n"
                        "people:\n"
                        "  ann: { name: Ann Lee, contacts: [\"page:ann\", chat] }\n"
                        "  bob: { name: Bob Ray, contacts: [\"page:bob\"], left: 2026-05-01 }\n"
                        "  cyd: { name: Cyd Poe }\n"
                        "teams:\n"
                        "  mlops: %s\n"
                        "  leads: { contacts: [\"mail:leads\"], dissolved: 2026-06-01 }\n"
                        "roles:\n"
                        "  engineer: { name: Engineer, team: mlops }\n"
                        "  head: { team: leads }\n"
                        "unowned: { loop: system, responsible: engineer, accountable: head }\n"
                        "activities: []\n%s",
                        mlops, tail);
}

static usec at(const char *text) {
    usec t = 0;
    err e;
    cr_assert(time_from_text(text, &t, &e), "%s", e.text);
    return t;
}

static chart *load_at(const char *text, const chart_context *context, diagnostics *d) {
    diagnostics_init(d);
    return chart_load_bytes(&(chart_source){text, strlen(text), "raci.yaml"}, context, d);
}

/* "ann page:ann chat:" of the Responsible of an event at this time. */
static const char *paged(const chart *c, const char *time, arena *a) {
    route r;
    chart_route(c, &(route_question){{0}, "", at(time)}, a, &r);
    const party *p = &r.raci.responsible[0];
    const char *text = p->person[0] ? p->person : "-";
    for (size_t i = 0; i < p->contact_count; i++)
        text = arena_printf(a, "%s %s:%s", text, p->contacts[i].channel, p->contacts[i].address);
    return text;
}

Test(chart_rotation, a_route_names_who_is_on_call_at_its_moment) {
    arena *a = arena_new();
    diagnostics d;
    const char *text = chart_with(
        a,
        "{ name: MLOps, contacts: [chat], rotation: { people: [ann, bob], begins: 2026-01-05T09:00, shift: 1w,\n"
        "    time_zone: Europe/Berlin }, overrides: [{ person: cyd, from: 2026-01-06 12:00, until: "
        "2026-01-06T12:00:00Z }] }",
        "");
    chart *c = load_text(text, &d);
    cr_assert_not_null(c, "%s", report(a, &d));
    static const char *const CASES[][2] = {
        {"2026-01-05T07:59:59Z", "- chat:"},
        {"2026-01-05T08:00:00Z", "ann page:ann chat:"},
        {"2026-01-06T11:30:00Z", "cyd chat:"},
        {"2026-01-06T12:00:00Z", "ann page:ann chat:"},
        {"2026-01-12T08:00:00Z", "bob page:bob chat:"},
        {"2026-04-13T06:59:59Z", "bob page:bob chat:"},
        {"2026-04-20T07:00:00Z", "bob page:bob chat:"},
        {"2026-04-13T07:00:00Z", "ann page:ann chat:"},
        {"2026-05-04T07:00:00Z", "- chat:"}, /* Bob's week, but Bob has left */
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        cr_expect_str_eq(paged(c, CASES[i][0], a), CASES[i][1], "at %s: %s", CASES[i][0], paged(c, CASES[i][0], a));
    route r;
    chart_route(c, &(route_question){{0}, "", at("2026-01-05T08:00:00Z")}, a, &r);
    cr_expect_str_eq(party_team_text(a, &r.raci.responsible[0]), "MLOps, on call: Ann Lee");
    chart_unref(c);
    diagnostics_release(&d);
    arena_free(a);
}

Test(chart_rotation, layers_days_and_hours) {
    arena *a = arena_new();
    diagnostics d;
    chart *c = load_text(
        chart_with(
            a,
            "\n    contacts: [chat]\n    rotation:\n"
            "      - { people: ann, begins: 2026-01-01T00:00, shift: 1d, days: [mon, fri], hours: 09:00-17:00 }\n"
            "      - { people: [bob], begins: 2026-01-01T00:00, shift: 1d, hours: \"22:00-06:00\" }\n"
            "      - { people: [cyd, ann], begins: \"2026-01-01T00:00:00\", shift: 12h }",
            ""),
        &d);
    cr_assert_not_null(c, "%s", report(a, &d));
    const rotation *r = c->teams[0].rotation;
    cr_assert_eq(r->layer_count, 3);
    cr_expect_eq(r->layers[0].days, 0x11U);
    cr_expect_eq(r->layers[0].from_minute, 540);
    cr_expect_eq(r->layers[1].until_minute, 360);
    cr_expect_str_eq(r->layers[2].zone->name, "UTC");
    static const char *const CASES[][2] = {
        {"2026-01-02T10:00:00Z", "ann"},
        {"2026-01-02T17:00:00Z", "ann"}, /* the second half of the third layer's day */
        {"2026-01-02T23:00:00Z", "bob"},
        {"2026-01-03T05:00:00Z", "bob"},
        {"2026-01-03T08:00:00Z", "cyd"}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        cr_expect_str_eq(rotation_at(r, at(CASES[i][0]))->id, CASES[i][1], "at %s", CASES[i][0]);
    chart_unref(c);
    diagnostics_release(&d);
    arena_free(a);
}

#define TURN "people: [ann], begins: 2026-01-05T09:00, shift: 1w"
#define TEAM(fields) "{ contacts: [chat], rotation: { " fields " } }"

/* `place`: the text at which the caret must stand. */
typedef struct wrong {
    const char *mlops, *rule, *words, *place;
} wrong;

static const wrong WRONG[] = {
    {TEAM("people: [anne], begins: 2026-01-05T09:00, shift: 1w"), "unknown-person", "did you mean \"ann\"?",
     "anne], begins"},
    {TEAM("begins: 2026-01-05T09:00, shift: 1w"), "bad-rotation", "add `people: [ID, …]`", "{ begins"},
    {TEAM("people: [], begins: 2026-01-05T09:00, shift: 1w"), "bad-rotation", "nobody is in this rotation",
     "[], begins"},
    {TEAM("people: [ann], shift: 1w"), "bad-rotation", "`begins` is missing", "{ people"},
    {TEAM("people: [ann], begins: 2026-01-05T09:00"), "bad-rotation", "`shift` is missing", "{ people"},
    {TEAM("people: [ann], begins: 2026-01-05T09:00Z, shift: 1w"), "bad-rotation", "without an offset",
     "2026-01-05T09:00Z"},
    {TEAM("people: [ann], begins: 2026-02-30T09:00, shift: 1w"), "bad-rotation", "not a local time", "2026-02-30"},
    {TEAM("people: [ann], begins: 2026-01-05T09:00, shift: 30m"), "bad-rotation", "an hour to a year", "30m"},
    {TEAM("people: [ann], begins: 2026-01-05T09:00, shift: 2y"), "bad-rotation", "an hour to a year", "2y"},
    {TEAM("people: [ann], begins: 2026-01-05T09:00, shift: week"), "bad-duration", "15m", "week }"},
    {TEAM(TURN ", time_zone: Europe/Berln"), "unknown-time-zone", "did you mean \"Europe/Berlin\"?", "Europe/Berln"},
    {TEAM(TURN ", time_zone: ../../etc/passwd"), "unknown-time-zone", "no time zone", "../../etc"},
    {TEAM(TURN ", time_zone: right/Europe/Berlin"), "unknown-time-zone", "no time zone", "right/"},
    {TEAM(TURN ", days: [mon, moon]"), "bad-rotation", "\"moon\" is no day", "moon"},
    {TEAM(TURN ", days: []"), "bad-rotation", "no day at all", "[] }"},
    {TEAM(TURN ", hours: 9-17"), "bad-rotation", "\"09:00-17:00\"", "9-17"},
    {TEAM(TURN ", hours: 09:00-24:01"), "bad-rotation", "are no hours", "09:00-24:01"},
    {TEAM(TURN ", hours: 09:00-09:00"), "bad-rotation", "are no hours", "09:00-09:00"},
    {TEAM(TURN ", zone: UTC"), "unknown-key", "no key \"zone\"", "zone: UTC"},
    {TEAM(TURN ", days: [mon, tue, wed, thu, fri]"), "rotation-gap",
     "nobody is on call from 2026-01-10 00:00 UTC until 2026-01-12 00:00 UTC; end with a layer", "rotation"},
    {TEAM(TURN ", time_zone: America/New_York, hours: 09:00-24:00"), "rotation-gap",
     "from 2026-01-06 00:00 America/New_York until 2026-01-06 09:00 America/New_York", "rotation"},
    {"{ contacts: [chat], rotation: [] }", "bad-rotation", "no layer", "[] }"},
    {"{ contacts: [chat], rotation: weekly }", "wrong-type", "must be a map", "weekly"},
    {"{ contacts: [chat], overrides: [] }", "bad-rotation", "this team has none", "overrides"},
    {"{ contacts: [chat], rotation: { " TURN " }, overrides: { person: ann } }", "wrong-type", "must be a list",
     "{ person: ann }"},
    {"{ contacts: [chat], rotation: { " TURN " }, overrides: [{ person: dan, from: 2026-01-05T09:00, until: "
     "2026-01-05T10:00 }] }",
     "unknown-person", "no person \"dan\"", "dan"},
    {"{ contacts: [chat], rotation: { " TURN " }, overrides: [{ person: ann, from: 2026-01-05T09:00, until: "
     "2026-01-05T08:00 }] }",
     "bad-rotation", "before it begins", "2026-01-05T08:00"},
    {"{ contacts: [chat], rotation: { " TURN " }, overrides: [{ person: ann, from: noon }] }", "bad-rotation",
     "\"noon\" is not a time", "noon"},
    {"{ contacts: [chat], rotation: { " TURN " }, overrides: [{ person: ann, from: noon }] }", "bad-rotation",
     "`until` is missing", "{ person: ann, from"},
    {"{ rotation: { people: [ann, cyd], begins: 2026-01-05T09:00, shift: 1w } }", "unreachable-responsible",
     "\"cyd\", who is on call for the team \"mlops\", plays this role", "engineer: {"},
    {"{ contacts: [chat], dissolved: soon }", "bad-date", "2026-01-31", "soon"},
};

static file_position position_of(const char *text, const char *place) {
    const char *found = strstr(text, place);
    cr_assert(found, "%s", place);
    file_position p = {1, 1};
    for (; text < found; text++)
        p = *text == '\n' ? (file_position){p.line + 1, 1} : (file_position){p.line, p.column + 1};
    return p;
}

static bool reported_at(const diagnostics *d, const wrong *w, file_position where) {
    for (size_t i = 0; i < d->count; i++)
        if (strcmp(d->items[i].rule, w->rule) == 0 && strstr(d->items[i].text, w->words) &&
            d->items[i].at.line == where.line && d->items[i].at.column == where.column)
            return true;
    return false;
}

Test(chart_rotation, says_what_is_wrong_where_and_how_to_mend_it) {
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        arena *a = arena_new();
        diagnostics d;
        const char *text = chart_with(a, WRONG[i].mlops, "");
        const file_position where = position_of(text, WRONG[i].place);
        chart *c = load_text(text, &d);
        cr_expect_null(c, "%s", WRONG[i].mlops);
        cr_expect(reported_at(&d, &WRONG[i], where), "expected %s at %u:%u for %s: %s", WRONG[i].rule, where.line,
                  where.column, WRONG[i].mlops, report(a, &d));
        chart_unref(c);
        diagnostics_release(&d);
        arena_free(a);
    }
}

/* ── a person plays a role ── */

static const char *const CHAT_TEAM = "{ contacts: [chat] }";

/* The chart with another role, which is in line 14, and a row for it. */
static char *chart_of_role(arena *a, const char *role, const char *letters) {
    const char *text = chart_with(a, CHAT_TEAM, "");
    const char *unowned = strstr(text, "unowned:");
    return arena_printf(a,
                        "%.*s  boss: %s\nunowned: { loop: system, responsible: engineer, accountable: head }\n"
                        "activities:\n  - { id: r, loop: system, match: [a = b], %s }\n",
                        (int)(unowned - text), text, role, letters);
}

Test(chart_rotation, a_role_may_name_a_person) {
    arena *a = arena_new();
    diagnostics d;
    chart *c = load_text(chart_of_role(a, "{ person: ann }", "responsible: engineer, accountable: boss"), &d);
    cr_assert_not_null(c, "%s", report(a, &d));
    cr_expect_eq(d.count, 0, "%s", report(a, &d));
    const label pairs[] = {{"a", "b"}};
    route r;
    chart_route(c, &(route_question){labels_from_pairs(a, pairs, 1), "", 0}, a, &r);
    const party *boss = &r.raci.accountable;
    cr_expect_str_eq(boss->person, "ann");
    cr_expect_str_eq(party_team_text(a, boss), "Ann Lee");
    cr_expect_eq(boss->contact_count, 2);
    cr_expect_eq(c->team_count, 3, "the team of one stands last");
    chart_unref(c);
    diagnostics_release(&d);
    arena_free(a);
}

Test(chart_rotation, what_is_wrong_with_a_person_in_a_role) {
    static const struct {
        const char *role, *letters, *rule, *words;
        bool loads;
    } CASES[] = {
        {"{ person: ann }", "responsible: boss, accountable: head", "person-responsible", "Ann Lee alone plays", true},
        {"{ person: cyd }", "responsible: boss, accountable: head", "unreachable-responsible",
         "add `contacts` to the person", false},
        {"{ person: cyd }", "responsible: engineer, accountable: boss", "nobody-told", "the person \"cyd\"", true},
        {"{ person: dan }", "responsible: engineer, accountable: boss", "unknown-person", "no person \"dan\"", false},
        {"{ person: ann, team: leads }", "responsible: engineer, accountable: boss", "two-players", "remove", false},
        {"{ name: Boss }", "responsible: engineer, accountable: boss", "missing-team", "add `team: ID`", false},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        arena *a = arena_new();
        diagnostics d;
        chart *c = load_text(chart_of_role(a, CASES[i].role, CASES[i].letters), &d);
        cr_expect_eq(c != NULL, CASES[i].loads, "%s: %s", CASES[i].role, report(a, &d));
        cr_expect(reported(&d, CASES[i].rule, CASES[i].words), "%s: %s", CASES[i].role, report(a, &d));
        chart_unref(c);
        diagnostics_release(&d);
        arena_free(a);
    }
}

Test(chart_rotation, a_person_bears_one_letter_on_a_row_too) {
    arena *a = arena_new();
    diagnostics d;
    const char *text = chart_of_role(a, "{ person: ann }\n  second: { person: ann }",
                                     "responsible: engineer, accountable: boss, informed: [second]");
    cr_expect_null(load_text(text, &d));
    cr_expect(reported(&d, "two-letters", "the person \"ann\" is accountable and informed here"), "%s", report(a, &d));
    diagnostics_release(&d);
    arena_free(a);
}

/* ── days that have come ── */

Test(chart_rotation, days_make_errors_for_check_and_warnings_for_the_service) {
    static const struct {
        const char *now, *rule, *words;
    } CASES[] = {
        {"2026-04-30T23:59:59Z", NULL, NULL},
        {"2026-05-01T00:00:00Z", "departed-person", "\"bob\" (Bob Ray) left on 2026-05-01"},
        {"2026-06-01T00:00:00Z", "dissolved-team", "the team \"leads\" was dissolved on 2026-06-01"},
    };
    static const char TEAM_OF_TWO[] =
        "{ contacts: [chat], rotation: { people: [ann, bob], begins: 2026-01-05T09:00, shift: 1w } }";
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        arena *a = arena_new();
        diagnostics d;
        chart_context context = {.now = at(CASES[i].now)};
        chart *c = load_at(chart_with(a, TEAM_OF_TWO, ""), &context, &d);
        cr_expect_eq(c == NULL, CASES[i].rule != NULL, "%s: %s", CASES[i].now, report(a, &d));
        cr_expect(!CASES[i].rule || reported(&d, CASES[i].rule, CASES[i].words), "%s", report(a, &d));
        chart_unref(c);
        diagnostics_release(&d);
        context.running = true;
        c = load_at(chart_with(a, TEAM_OF_TWO, ""), &context, &d);
        cr_expect_not_null(c, "no day takes its chart from a running service: %s", report(a, &d));
        cr_expect(!CASES[i].rule || reported(&d, CASES[i].rule, CASES[i].words), "%s", report(a, &d));
        chart_unref(c);
        diagnostics_release(&d);
        arena_free(a);
    }
}

Test(chart_rotation, overrides_that_are_over_may_name_who_has_left) {
    static const char TEXT[] = "{ contacts: [chat], rotation: { " TURN " }, overrides: [{ person: bob, from: "
                               "2026-04-01T00:00, until: 2026-04-02T00:00 }] }";
    arena *a = arena_new();
    diagnostics d;
    const char *now[] = {"2026-05-20T00:00:00Z", "2026-04-01T00:00:00Z"};
    for (size_t i = 0; i < 2; i++) {
        chart *c = load_at(chart_with(a, TEXT, ""), &(chart_context){.now = at(now[i])}, &d);
        cr_expect_not_null(c, "%s", report(a, &d));
        chart_unref(c);
        diagnostics_release(&d);
    }
    arena_free(a);
}

Test(chart_rotation, a_gap_is_looked_for_from_today) {
    static const char TEXT[] =
        "{ contacts: [chat], rotation: { people: [ann], begins: 2026-01-05T09:00, shift: 1w, days: [mon] } }";
    arena *a = arena_new();
    diagnostics d;
    cr_expect_null(load_at(chart_with(a, TEXT, ""), &(chart_context){.now = at("2026-03-02T12:00:00Z")}, &d));
    cr_expect(reported(&d, "rotation-gap", "from 2026-03-03 00:00 UTC until 2026-03-09 00:00 UTC"), "%s",
              report(a, &d));
    diagnostics_release(&d);
    arena_free(a);
}

/* ── time zones ── */

Test(chart_rotation, the_tables_know_the_zones) {
    static const struct {
        const char *zone, *utc;
        int minutes;
    } CASES[] = {
        {"Europe/Berlin", "2026-03-29T00:59:59Z", 60},      {"Europe/Berlin", "2026-03-29T01:00:00Z", 120},
        {"America/New_York", "2026-11-01T05:59:59Z", -240}, {"America/New_York", "2026-11-01T06:00:00Z", -300},
        {"America/St_Johns", "2037-07-01T00:00:00Z", -150}, {"Australia/Lord_Howe", "2026-04-04T15:00:00Z", 630},
        {"Asia/Kathmandu", "2030-01-01T00:00:00Z", 345},    {"Africa/Casablanca", "2026-03-01T00:00:00Z", 0},
        {"Africa/Casablanca", "2026-07-01T00:00:00Z", 60},  {"Pacific/Chatham", "2037-01-01T00:00:00Z", 825},
        {"Etc/GMT+5", "2026-01-01T00:00:00Z", -300},        {"UTC", "2026-01-01T00:00:00Z", 0},
        {"Europe/Berlin", "2037-10-25T00:59:59Z", 120},     {"Europe/Berlin", "2037-10-25T01:00:00Z", 60},
    };
    arena *a = arena_new();
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        const time_zone *zone = zone_load(a, CASES[i].zone);
        cr_assert(zone, "%s", CASES[i].zone);
        usec t = at(CASES[i].utc), offset = 0;
        for (size_t k = 0; k < zone->count; k++)
            if (k == 0 || zone->changes[k].from <= t)
                offset = zone->changes[k].offset;
        cr_expect_eq(offset, CASES[i].minutes * USEC_PER_MINUTE, "%s at %s: %lld", CASES[i].zone, CASES[i].utc,
                     (long long)(offset / USEC_PER_MINUTE));
    }
    cr_expect_null(zone_load(a, "Mars/Olympus"));
    cr_expect_null(zone_load(a, "/etc/localtime"));
    cr_expect_null(zone_load(a, ""));
    arena_free(a);
}

/* ── size ── */

Test(chart_rotation, a_thousand_teams_with_rotations_in_many_zones) {
    static const char *const ZONES[] = {"Europe/Berlin", "America/New_York", "Asia/Tokyo", "UTC", "Africa/Casablanca"};
    arena *a = arena_new();
    buf text;
    buf_init(&text);
    buf_puts(&text, "version: 1\npeople:\n");
    for (int i = 0; i < 5000; i++)
        buf_printf(&text, "  p%d: { contacts: [\"page:p%d\"] }\n", i, i);
    buf_puts(&text, "teams:\n");
    for (int i = 0; i < 1000; i++)
        buf_printf(&text,
                   "  t%d: { rotation: [{ people: [p%d, p%d, p%d, p%d], begins: 2026-01-05T09:00, shift: 1w, "
                   "time_zone: %s, hours: 08:00-20:00 }, { people: [p%d], begins: 2026-01-05T09:00, shift: 1w }] }\n",
                   i, 5 * i, 5 * i + 1, 5 * i + 2, 5 * i + 3, ZONES[i % 5], 5 * i + 4);
    buf_puts(&text, "roles: { r: { team: t7 }, a: { team: t8 } }\nactivities: []\n"
                    "unowned: { loop: system, responsible: r, accountable: a }\n");
    diagnostics d;
    chart *c = load_at(text.data, &(chart_context){.now = at("2026-06-01T00:00:00Z")}, &d);
    cr_assert_not_null(c, "%s", report(a, &d));
    cr_expect_str_eq(paged(c, "2026-06-01T02:00:00Z", a), "p36 page:p36");
    cr_expect_str_eq(paged(c, "2026-06-01T12:00:00Z", a), "p39 page:p39");
    chart_unref(c);
    diagnostics_release(&d);
    buf_release(&text);
    arena_free(a);
}
