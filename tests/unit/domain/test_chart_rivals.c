/* Rivals: which row would own an alert, had it one label more. */
#include "onus/rivals.h"

#include <criterion/criterion.h>
#include <string.h>

static chart_team TEAM = {.id = "team", .name = "Team"};
static chart_role ROLE = {.id = "role", .name = "Role", .team = &TEAM};
static const chart_role *const ROLES[] = {&ROLE};

static matchers list(arena *a, const char *text) {
    matchers m;
    size_t at;
    err e = {0};
    cr_assert(matchers_parse(a, text, &m, &at, &e), "%s: %s", text, e.text);
    return m;
}

typedef struct row {
    loop loop;
    const char *lists[2];
} row;

/* Ids r0, r1 … */
static chart *make_chart(const row *rows, size_t count) {
    arena *a = arena_new();
    chart *c = ARENA_NEW(a, chart);
    *c = (chart){.memory = a, .references = 1, .row_count = count};
    c->rows = ARENA_ARRAY(a, chart_row, count);
    for (size_t i = 0; i < count; i++) {
        chart_row *r = &c->rows[i];
        *r = (chart_row){.id = arena_printf(a, "r%zu", i),
                         .name = "Row",
                         .loop = rows[i].loop,
                         .index = (int)i,
                         .responsible = ROLES,
                         .responsible_count = 1,
                         .accountable = &ROLE,
                         .runbook = ""};
        r->match = ARENA_ARRAY(a, matchers, 2);
        for (size_t k = 0; k < 2 && rows[i].lists[k]; k++)
            r->match[r->match_count++] = list(a, rows[i].lists[k]);
    }
    c->unowned = (chart_row){.id = "unowned",
                             .name = "nobody's",
                             .loop = LOOP_SYSTEM,
                             .index = UNOWNED_ROW,
                             .responsible = ROLES,
                             .responsible_count = 1,
                             .accountable = &ROLE,
                             .runbook = ""};
    err e = {0};
    cr_assert(chart_compile(c, &e), "%s", e.text);
    return c;
}

static labels event(arena *a, const char *text) {
    matchers m = list(a, text);
    label *pairs = ARENA_ARRAY(a, label, m.count + 1);
    for (size_t i = 0; i < m.count; i++)
        pairs[i] = (label){m.items[i].name, m.items[i].value};
    return labels_from_pairs(a, pairs, m.count);
}

static bool any_label(const void *context, const char *name) {
    return !context || strcmp(context, name) != 0;
}

/* "r1 by namespace = train", "r2 unless …", or "". */
static const char *rival_of(arena *a, chart_rivals *x, const chart *c, labels set) {
    route r;
    rival found;
    chart_route(c, &(route_question){set, "", 0}, a, &r);
    if (!chart_rivals_find(x, &(rival_question){set, r.row, any_label, "unlikely"}, &found))
        return "";
    buf b;
    buf_init(&b);
    buf_printf(&b, "%s %s ", found.row->id, found.excluded ? "unless" : "by");
    for (size_t i = 0; i < found.key_count; i++)
        matcher_print(&b, found.keys[i]);
    const char *text = buf_to_arena(&b, a);
    buf_release(&b);
    return text;
}

static const row ROWS[] = {
    {LOOP_SCIENCE, {"alertname=~\"Kube.*\", namespace=train"}},
    {LOOP_SCIENCE, {"environment=lab"}},
    {LOOP_SYSTEM, {"alertname=~\"Kube.*\", namespace=serving, model!=\"\""}},
    {LOOP_SCIENCE, {"alertname=Gpu, unlikely=yes"}},
    {LOOP_PLATFORM, {"alertname=~\"Kube.*|Gpu\"", "alertname=Drift, handoff!=accepted"}},
    {LOOP_SCIENCE, {"alertname=~\"Kube.*\", pod=notebook"}},
    {LOOP_SCIENCE, {"alertname=Stable, phase!=x"}},
    {LOOP_SCIENCE, {"alertname=Stable"}},
    {LOOP_SYSTEM, {"alertname=~\"Drift|Stable\""}},
    {LOOP_SYSTEM, {"team=web, tier=front", "severity=page, tier=front"}},
};

static const struct {
    const char *alert, *rival;
} CASES[] = {
    {"alertname=KubePodDown", "r0 by namespace = train"},                /* one label more */
    {"alertname=KubePodDown, namespace=other", ""},                      /* it has it already */
    {"alertname=KubePodDown, namespace=serving", "r2 by model != \"\""}, /* of two, one is there */
    {"alertname=KubePodDown, namespace=train", ""},                      /* the row that was meant */
    {"alertname=Gpu", ""},                                               /* the label is one that it cannot bear */
    {"alertname=Drift", "r8 unless handoff != accepted"},                /* owned while a label is missing */
    {"alertname=Drift, handoff=declared", ""},
    {"alertname=Stable", ""},                            /* the next row is of the same loop */
    {"alertname=Other", ""},                             /* environment alone names nothing */
    {"alertname=Other, team=web", "r9 by tier = front"}, /* unowned: a row of any loop */
    {"alertname=Other, severity=page", ""},              /* a severity names nothing */
};

Test(chart_rivals, one_label_more) {
    chart *c = make_chart(ROWS, sizeof ROWS / sizeof *ROWS);
    chart_rivals *x = chart_rivals_new(c);
    arena *a = arena_new();
    for (int twice = 0; twice < 2; twice++)
        for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
            cr_expect_str_eq(rival_of(a, x, c, event(a, CASES[i].alert)), CASES[i].rival, "%s: %s", CASES[i].alert,
                             rival_of(a, x, c, event(a, CASES[i].alert)));
    cr_expect_eq(chart_rivals_skipped(x), 0);
    chart_rivals_free(x);
    chart_rivals_free(NULL);
    chart_unref(c);
    arena_free(a);
}
