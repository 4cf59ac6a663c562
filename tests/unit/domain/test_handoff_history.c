/* What was known of a model when an alert began: both sides of every instant, versions named and not named, and rows
 * that match on it. */
#include "onus/decide.h"

#include <criterion/criterion.h>
#include <string.h>

#define NOON ((usec)1767614400 * USEC_PER_SECOND) /* 2026-01-05T12:00:00Z */
#define AT(minute) (NOON + (usec)(minute)*USEC_PER_MINUTE)

/* fraud: 3.1.0 accepted, 3.2.0 accepted in its place, handed back, accepted again. ranking: never accepted. */
static const handoff_change timeline[] = {
    {1, "fraud", "3.1.0", HANDOFF_VALIDATED, AT(0), "ci", ""},
    {2, "fraud", "3.1.0", HANDOFF_ACCEPTED, AT(10), "Ann", ""},
    {3, "fraud", "3.2.0", HANDOFF_DECLARED, AT(20), "ci", "baseline accuracy 0.94 (threshold 0.9)"},
    {4, "ranking", "1", HANDOFF_VALIDATED, AT(21), "ci", ""},
    {5, "fraud", "3.2.0", HANDOFF_VALIDATED, AT(25), "ci", "baseline accuracy 0.94 (threshold 0.9)"},
    {6, "fraud", "3.1.0", HANDOFF_SUPERSEDED, AT(30), "Ann", ""},
    {7, "fraud", "3.2.0", HANDOFF_ACCEPTED, AT(30), "Ann", "baseline accuracy 0.94 (threshold 0.9)"},
    {8, "ranking", "1", HANDOFF_REJECTED, AT(31), "Bob", ""},
    {9, "fraud", "3.2.0", HANDOFF_HANDED_BACK, AT(40), "Ann", "baseline accuracy 0.94 (threshold 0.9)"},
    {10, "fraud", "3.2.0", HANDOFF_VALIDATED, AT(50), "ci", "baseline accuracy 0.94 (threshold 0.9)"},
    {11, "fraud", "3.2.0", HANDOFF_ACCEPTED, AT(60), "Ann", "baseline accuracy 0.94 (threshold 0.9)"},
};
enum { CHANGES = sizeof timeline / sizeof *timeline };

typedef struct asked {
    label given[3]; /* sorted by name */
    usec at;
    const char *handoff, *version; /* what the chart sees; "" for no label */
} asked;

static const asked rows[] = {
    /* a version that is named: its own state, to the microsecond */
    {{{"model", "fraud"}, {"version", "3.2.0"}}, AT(20) - 1, "none", ""},
    {{{"model", "fraud"}, {"version", "3.2.0"}}, AT(20), "declared", "3.2.0"},
    {{{"model", "fraud"}, {"version", "3.2.0"}}, AT(30) - 1, "validated", "3.2.0"},
    {{{"model", "fraud"}, {"version", "3.2.0"}}, AT(30), "accepted", "3.2.0"},
    {{{"model", "fraud"}, {"version", "3.2.0"}}, AT(40) - 1, "accepted", "3.2.0"},
    {{{"model", "fraud"}, {"version", "3.2.0"}}, AT(40), "handed-back", "3.2.0"},
    {{{"model", "fraud"}, {"version", "3.2.0"}}, AT(60), "accepted", "3.2.0"},
    {{{"model", "fraud"}, {"version", "3.1.0"}}, AT(30) - 1, "accepted", "3.1.0"},
    {{{"model", "fraud"}, {"version", "3.1.0"}}, AT(30), "superseded", "3.1.0"},
    {{{"model", "fraud"}, {"version", "9"}}, AT(70), "none", ""},
    {{{"model", "unheard-of"}, {"version", "1"}}, AT(70), "none", ""},
    /* the other names of both labels; the more telling one wins */
    {{{"model_name", "fraud"}, {"model_version", "3.1.0"}}, AT(15), "accepted", "3.1.0"},
    {{{"model", "fraud"}, {"model_version", "3.2.0"}, {"version", "chart-7"}}, AT(65), "accepted", "3.2.0"},
    {{{"model", "fraud"}, {"model_name", "ranking"}}, AT(65), "accepted", "3.2.0"},
    /* no version: what was accepted then, else what had changed last */
    {{{"model", "fraud"}}, AT(0) - 1, "none", ""},
    {{{"model", "fraud"}}, AT(0), "validated", "3.1.0"},
    {{{"model", "fraud"}}, AT(29), "accepted", "3.1.0"},
    {{{"model", "fraud"}}, AT(30) - 1, "accepted", "3.1.0"},
    {{{"model", "fraud"}}, AT(30), "accepted", "3.2.0"},
    {{{"model", "fraud"}}, AT(40), "handed-back", "3.2.0"},
    {{{"model", "fraud"}}, AT(55), "validated", "3.2.0"},
    {{{"model", "fraud"}}, AT(60), "accepted", "3.2.0"},
    {{{"model", "ranking"}}, AT(31) - 1, "validated", "1"},
    {{{"model", "ranking"}}, AT(60), "rejected", "1"},
    /* what the sender says of it never counts */
    {{{"handoff", "accepted"}, {"handoff_version", "9"}, {"model", "ranking"}}, AT(60), "rejected", "1"},
    {{{"handoff", "accepted"}, {"handoff_version", "9"}, {"model", "new"}}, AT(60), "none", ""},
    {{{"alertname", "X"}, {"handoff", "accepted"}, {"handoff_version", "9"}}, AT(60), "", ""},
};

static labels given_of(const asked *row) {
    size_t count = 0;
    while (count < 3 && row->given[count].name != NULL)
        count++;
    return (labels){row->given, count};
}

static void expect_all(const handoffs *h) {
    arena *a = arena_new();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        labels given = given_of(&rows[i]);
        handoff_fact fact = handoffs_find(h, given, rows[i].at);
        labels seen = handoff_fact_labels(a, given, &fact);
        cr_expect_str_eq(labels_get(seen, "handoff"), rows[i].handoff, "row %zu: %s", i, labels_get(seen, "handoff"));
        cr_expect_str_eq(labels_get(seen, "handoff_version"), rows[i].version, "row %zu", i);
        cr_expect_str_eq(labels_get(seen, "model"), labels_get(given, "model"));
    }
    arena_free(a);
}

Test(handoff_history, as_of_the_alerts_beginning) {
    handoffs *h = handoffs_new(NULL, timeline, CHANGES, 0);
    expect_all(h);
    cr_expect_eq(handoffs_serial(h), 11);
    cr_expect_eq(handoffs_count(h, HANDOFF_ACCEPTED), 1);
    cr_expect_eq(handoffs_count(h, HANDOFF_SUPERSEDED), 1);
    cr_expect_eq(handoffs_count(h, HANDOFF_REJECTED), 1);
    cr_expect_eq(handoffs_count(h, HANDOFF_VALIDATED), 0);
    handoffs_unref(h);
}

Test(handoff_history, grown_change_by_change_it_is_the_same) {
    handoffs *h = handoffs_new(NULL, NULL, 0, 0);
    cr_expect_eq(handoffs_serial(h), 0);
    for (size_t i = 0; i < CHANGES; i++) {
        handoffs *more = handoffs_new(h, &timeline[i], 1, 0);
        cr_expect_eq(handoffs_serial(more), timeline[i].serial);
        handoffs_unref(h);
        h = more;
    }
    expect_all(h);
    handoffs_unref(h);
}

Test(handoff_history, a_snapshot_is_not_touched_by_its_successor) {
    handoffs *before = handoffs_new(NULL, timeline, 6, 0), *after = handoffs_new(before, timeline + 6, CHANGES - 6, 0);
    const label model[] = {{"model", "fraud"}, {"version", "3.2.0"}};
    cr_expect_eq(handoffs_find(before, (labels){model, 2}, AT(60)).state, HANDOFF_VALIDATED);
    cr_expect_eq(handoffs_find(after, (labels){model, 2}, AT(60)).state, HANDOFF_ACCEPTED);
    handoffs_unref(before);
    cr_expect_eq(handoffs_find(after, (labels){model, 2}, AT(30) - 1).state, HANDOFF_VALIDATED, "and outlives it");
    handoffs_unref(after);
}

/* When versions were removed, the database's serial is past all changes that are left. */
Test(handoff_history, it_knows_everything_up_to_the_databases_serial) {
    handoffs *empty = handoffs_new(NULL, NULL, 0, 7), *same = handoffs_new(empty, NULL, 0, 0);
    handoffs *more = handoffs_new(NULL, timeline, CHANGES, 7);
    cr_expect_eq(handoffs_serial(empty), 7);
    cr_expect_eq(handoffs_serial(same), 7, "never less than before");
    cr_expect_eq(handoffs_serial(more), 11, "a change that was committed meanwhile counts");
    handoffs_unref(empty);
    handoffs_unref(same);
    handoffs_unref(more);
}

/* The clock of the node that accepted was ahead; what was committed later still counts from its own time on. */
Test(handoff_history, the_later_commit_wins_over_a_clock_that_was_ahead) {
    static const handoff_change skewed[] = {{1, "m", "1", HANDOFF_VALIDATED, AT(0), "ci", ""},
                                            {2, "m", "1", HANDOFF_ACCEPTED, AT(60), "Ann", ""},
                                            {3, "m", "1", HANDOFF_HANDED_BACK, AT(10), "Ann", ""}};
    static const label named[] = {{"model", "m"}, {"version", "1"}};
    handoffs *h = handoffs_new(NULL, skewed, 3, 0);
    static const int minutes[] = {5, 10, 59, 60, 90};
    static const handoff_state states[] = {HANDOFF_VALIDATED, HANDOFF_HANDED_BACK, HANDOFF_HANDED_BACK,
                                           HANDOFF_HANDED_BACK, HANDOFF_HANDED_BACK};
    for (size_t i = 0; i < sizeof minutes / sizeof *minutes; i++) {
        for (size_t count = 1; count <= 2; count++)
            cr_expect_eq(handoffs_find(h, (labels){named, count}, AT(minutes[i])).state, states[i], "minute %d, %zu",
                         minutes[i], count);
    }
    handoffs_unref(h);
}

/* ── routing: before acceptance Science, after it System ── */

static const contact box[] = {{"mail", "x"}};
static const chart_team team = {"team", "Team", box, 1, {0}};
static const chart_role role = {"role", "Role", &team, {0}};
static const chart_role *const responsible[] = {&role};

static chart_row row_of(const char *id, loop l, int index) {
    return (chart_row){.id = id,
                       .name = id,
                       .loop = l,
                       .responsible = responsible,
                       .responsible_count = 1,
                       .accountable = &role,
                       .runbook = "",
                       .index = index};
}

static chart *chart_by_handoff(void) {
    static const char *const lists[] = {"{handoff =~ \"declared|validated|rejected|handed-back\"}", "{model != \"\"}"};
    arena *memory = arena_new();
    chart *c = ARENA_NEW(memory, chart);
    c->memory = memory;
    c->references = 1;
    c->rows = ARENA_ARRAY(memory, chart_row, 2);
    c->row_count = 2;
    c->rows[0] = row_of("before-acceptance", LOOP_SCIENCE, 0);
    c->rows[1] = row_of("serving", LOOP_SYSTEM, 1);
    err e = {0};
    size_t at = 0;
    for (size_t i = 0; i < 2; i++) {
        c->rows[i].match = ARENA_NEW(memory, matchers);
        c->rows[i].match_count = 1;
        cr_assert(matchers_parse(memory, lists[i], c->rows[i].match, &at, &e), "%s", e.text);
    }
    c->unowned = row_of("unowned", LOOP_PLATFORM, UNOWNED_ROW);
    cr_assert(chart_compile(c, &e), "%s", e.text);
    return c;
}

static event alert_at(const label *given, size_t count, usec at) {
    return (event){.source = "am", .key = "k", .labels = {given, count}, .title = "x", .starts_at = at};
}

Test(handoff_history, ownership_moves_at_the_instant_of_acceptance_and_back) {
    static const label fraud[] = {{"alertname", "Latency"}, {"model", "fraud"}, {"version", "3.2.0"}};
    static const label node[] = {{"alertname", "NodeDown"}, {"handoff", "declared"}};
    const event events[] = {
        alert_at(fraud, 3, AT(30) - 1), alert_at(fraud, 3, AT(30)), alert_at(fraud, 3, AT(40) - 1),
        alert_at(fraud, 3, AT(40)),     alert_at(node, 2, AT(40)),
    };
    static const char *const owners[] = {"before-acceptance", "serving", "serving", "before-acceptance", "unowned"};
    chart *c = chart_by_handoff();
    handoffs *h = handoffs_new(NULL, timeline, CHANGES, 0);
    arena *a = arena_new();
    decide_context ctx = {.chart = c, .now = AT(90), .handoffs = h};
    prepared_event *prepared = decide_prepare(&ctx, events, 5, a);
    for (size_t i = 0; i < 5; i++) {
        cr_expect_str_eq(prepared[i].route.row->id, owners[i], "event %zu: %s", i, route_why(&prepared[i].route, a));
        cr_expect_eq(prepared[i].content_hash, event_content_hash(&events[i]));
        cr_expect_eq(prepared[i].event->labels.items, events[i].labels.items, "the event's own labels stay");
    }
    cr_expect(strstr(route_why(&prepared[0].route, a), "handoff"), "it is said why: %s",
              route_why(&prepared[0].route, a));
    ctx.handoffs = NULL;
    prepared = decide_prepare(&ctx, events, 1, a);
    cr_expect_str_eq(prepared[0].route.row->id, "serving", "nothing is known: none");
    arena_free(a);
    handoffs_unref(h);
    chart_unref(c);
}

/* ── what an incident keeps ── */

Test(handoff_history, the_line_for_people) {
    static const struct {
        label given[2];
        usec at;
        const char *value, *text;
    } lines[] = {
        {{{"model", "fraud"}},
         AT(30),
         "0.79",
         "version 3.2.0, accepted 2026-01-05 by Ann; baseline accuracy 0.94 (threshold 0.9); the alert says 0.79"},
        {{{"model", "fraud"}},
         AT(45),
         "",
         "version 3.2.0, handed back 2026-01-05 by Ann; baseline accuracy 0.94 (threshold 0.9)"},
        {{{"model", "ranking"}}, AT(25), "", "version 1, validated 2026-01-05 by ci"},
        {{{"model", "unheard-of"}}, AT(25), "1", ""},
    };
    handoffs *h = handoffs_new(NULL, timeline, CHANGES, 0);
    arena *a = arena_new();
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        handoff_fact f = handoffs_find(h, (labels){lines[i].given, 1}, lines[i].at);
        labels kept = handoff_fact_kept(a, &f, lines[i].value);
        cr_expect_str_eq(labels_get(kept, "text"), lines[i].text);
        cr_expect_str_eq(labels_get(kept, "model"), lines[i].given[0].value);
        cr_expect_str_eq(labels_get(kept, "state"), handoff_state_to_text(f.state));
        cr_expect_str_eq(labels_get(kept, "version"), f.version);
    }
    handoff_fact none = handoffs_find(h, (labels){0}, AT(30));
    cr_expect_eq(handoff_fact_kept(a, &none, "1").count, 0, "an event without a model keeps nothing");
    arena_free(a);
    handoffs_unref(h);
}

Test(handoff_history, the_alerts_own_value) {
    static const label none[] = {{"summary", "x"}}, told[] = {{"current_value", "0.7"}, {"value", "0.79"}};
    static const label labelled[] = {{"value", "3"}}, other[] = {{"current", "12%"}};
    cr_expect_str_eq(handoff_own_value((labels){told, 2}, (labels){labelled, 1}), "0.79");
    cr_expect_str_eq(handoff_own_value((labels){told, 1}, (labels){labelled, 1}), "0.7", "annotations before labels");
    cr_expect_str_eq(handoff_own_value((labels){none, 1}, (labels){labelled, 1}), "3");
    cr_expect_str_eq(handoff_own_value((labels){other, 1}, (labels){0}), "12%");
    cr_expect_str_eq(handoff_own_value((labels){none, 1}, (labels){none, 1}), "");
}
