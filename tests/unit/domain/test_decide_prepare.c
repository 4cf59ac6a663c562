/* Deciding's first step, with a chart of one row. */
#include "onus/decide.h"

#include <criterion/criterion.h>
#include <string.h>

static const contact box[] = {{"mail", "x"}};
static const chart_team team = {"mlops", "MLOps", box, 1, {0}};
static const chart_role role = {"mlops-engineer", "MLOps Engineer", &team, {0}};
static const chart_role *const responsible[] = {&role};

static chart_row row_of(const char *id, int index) {
    return (chart_row){.id = id,
                       .name = id,
                       .loop = LOOP_SYSTEM,
                       .responsible = responsible,
                       .responsible_count = 1,
                       .accountable = &role,
                       .runbook = "",
                       .index = index};
}

static chart *chart_of_one_row(void) {
    arena *memory = arena_new();
    chart *c = ARENA_NEW(memory, chart);
    matcher *drift = ARENA_NEW(memory, matcher);
    matchers *list = ARENA_NEW(memory, matchers);
    *drift = (matcher){.name = "alertname", .value = "Drift", .op = MATCH_EQUAL};
    *list = (matchers){.items = drift, .count = 1};
    c->memory = memory;
    c->references = 1;
    c->rows = ARENA_NEW(memory, chart_row);
    c->row_count = 1;
    c->rows[0] = row_of("degraded", 0);
    c->rows[0].match = list;
    c->rows[0].match_count = 1;
    c->rows[0].group_by_alert = true;
    c->unowned = row_of("unowned", UNOWNED_ROW);
    err e;
    cr_assert(chart_compile(c, &e));
    return c;
}

Test(decide_prepare, routes_each_event_in_its_order) {
    static const label drift[] = {{"alertname", "Drift"}}, other[] = {{"alertname", "Other"}};
    const event events[] = {{.source = "am", .key = "1", .labels = {drift, 1}, .title = "x"},
                            {.source = "am", .key = "2", .labels = {other, 1}, .title = "x"},
                            {.source = "am", .key = "3", .labels = {drift, 1}, .title = "x", .unheard = true}};
    chart *c = chart_of_one_row();
    arena *a = arena_new();
    decide_context ctx = {.chart = c};
    prepared_event *prepared = decide_prepare(&ctx, events, 3, a);
    for (int i = 0; i < 3; i++) {
        cr_expect_eq(prepared[i].event, &events[i]);
        cr_expect_eq(prepared[i].content_hash, event_content_hash(&events[i]));
        cr_expect_gt(strlen(route_why(&prepared[i].route, a)), 0);
    }
    cr_expect(!prepared[0].unheard && prepared[2].unheard, "what was noted of an event goes on with it");
    cr_expect_str_eq(prepared[0].route.row->id, "degraded");
    cr_expect_eq(prepared[1].route.row, &c->unowned);
    cr_expect_str_neq(prepared[0].route.group_key, prepared[2].route.group_key, "one incident per alert");
    arena_free(a);
    chart_unref(c);
}
