/* `onus route`: who would be told of an alert with these labels, in which order, and why; and which rows came near.
 * Leaves printing to route_print.c. Deciding is the domain's own function, so that the answer cannot differ from the
 * service's. */
#include "cli/route.h"

#include "onus/text.h"

#include <string.h>

enum { NEAR_MAX = 5 };

typedef struct route_options {
    const char *chart_path, *at;
    bool json;
    char **pairs;
    size_t count;
} route_options;

static const struct argp_option options[] = {
    {"chart", 'f', "FILE", 0, "The chart", 0},
    {"at", 'a', "TIME", 0,
     "When the alert begins (RFC 3339; default: now): who is on call then, and times of day in the plan", 0},
    {"json", 'j', NULL, 0, "Print JSON", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state) {
    route_options *o = state->input;
    switch (key) {
    case 'f':
        o->chart_path = arg;
        return 0;
    case 'a':
        o->at = arg;
        return 0;
    case 'j':
        o->json = true;
        return 0;
    case ARGP_KEY_ARGS:
        o->pairs = state->argv + state->next;
        o->count = (size_t)(state->argc - state->next);
        return 0;
    case ARGP_KEY_END:
        if (!o->chart_path)
            argp_error(state, "which chart? Give --chart FILE");
        if (o->count == 0)
            argp_error(state, "which alert? Give its labels: alertname=NAME environment=production …");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const char *route_player_source(const route *r, const party *p) {
    for (size_t i = 0; r->entry && i < r->entry->role_count; i++)
        if (text_equal(r->entry->roles[i].role->id, p->role))
            return "service";
    return p->person && text_equal(p->person, p->team) ? "person" : "default";
}

const char *route_matched(arena *a, const route *r) {
    buf b;
    buf_init(&b);
    if (r->won)
        matchers_print(&b, r->won);
    const char *text = buf_to_arena(&b, a);
    buf_release(&b);
    return text;
}

/* ── who is on call ── */

static const chart_team *rotating_team(const chart *ch, const party *p) {
    for (size_t i = 0; i < ch->team_count; i++)
        if (text_equal(ch->teams[i].id, p->team))
            return ch->teams[i].rotation ? &ch->teams[i] : NULL;
    return NULL;
}

static void add_shift(route_view *v, const chart *ch, const party *p) {
    const chart_team *team = rotating_team(ch, p);
    for (size_t i = 0; i < v->shift_count; i++)
        if (v->shifts[i].team == team)
            return;
    if (team)
        v->shifts[v->shift_count++] = oncall_at(team, v->at);
}

static void find_shifts(route_view *v, const chart *ch, arena *a) {
    const raci *r = &v->route.raci;
    v->shifts = ARENA_ARRAY(a, oncall_view, r->responsible_count + r->consulted_count + r->informed_count + 1);
    for (size_t i = 0; i < r->responsible_count; i++)
        add_shift(v, ch, &r->responsible[i]);
    add_shift(v, ch, &r->accountable);
    for (size_t i = 0; i < r->consulted_count; i++)
        add_shift(v, ch, &r->consulted[i]);
    for (size_t i = 0; i < r->informed_count; i++)
        add_shift(v, ch, &r->informed[i]);
}

/* Who is silent for so long meets, when paged again, whoever is on call then. */
static void plan(route_view *v, const chart *ch, route_question q, arena *a) {
    plan_step *later_steps;
    route *later = ARENA_NEW(a, route); /* the steps point into it */
    v->step_count = decide_plan(&v->route, a, &v->steps);
    q.at += v->route.row->acknowledge_within;
    chart_route(ch, &q, a, later);
    size_t count = decide_plan(later, a, &later_steps);
    for (size_t i = 0; i < v->step_count && i < count; i++)
        if (v->steps[i].reason == REASON_ESCALATED)
            v->steps[i].who = later_steps[i].who;
}

int route_run(cli *c, int argc, char **argv) {
    static const struct argp argp = {
        options,
        parse,
        "NAME=VALUE...\n{NAME=\"VALUE\", ...}",
        "Says who would be told of an alert with these labels, in which order, when and "
        "by which contact, and why: the row that wins, by which matchers, who plays each role, who is on "
        "call, and the nearest rows with the matcher that failed.",
        NULL,
        NULL,
        NULL};
    route_options o = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    route_view v = {.path = o.chart_path, .near_count = 0};
    near_miss near[NEAR_MAX];
    err e = {0};
    if (!labels_from_words(c->memory, (const char *const *)o.pairs, o.count, &v.set, &e) ||
        (o.at && !time_from_text(o.at, &v.at, &e)))
        return cli_fail(c, "%s", e.text), EXIT_USAGE;
    chart *ch = chart_open(c, o.chart_path);
    if (!ch)
        return EXIT_FAILED;
    v.set = labels_with_handoff(c->memory, v.set);
    const char *identity = arena_printf(c->memory, "onus-route/%016llx", (unsigned long long)labels_fingerprint(v.set));
    v.at_given = v.at != 0;
    v.at = v.at ? v.at : clock_now(&c->clock);
    const route_question q = {v.set, identity, v.at};
    chart_route(ch, &q, c->memory, &v.route);
    plan(&v, ch, q, c->memory);
    find_shifts(&v, ch, c->memory);
    v.near = near;
    v.near_count = chart_near_misses(ch, v.set, c->memory, NEAR_MAX, near);
    if (o.json)
        route_print_json(c, &v);
    else
        route_print_text(c, &v);
    chart_unref(ch);
    return EXIT_DONE;
}
