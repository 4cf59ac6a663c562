/* `onus route`: who would be told of an alert with these labels, in which order, and why; and which rows came near.
 * Leaves printing to route_print.c. Deciding is the domain's own function, so that the answer cannot differ from the
 * service's. */
#include "cli/route.h"

#include "onus/text.h"

#include <string.h>

enum { NEAR_MAX = 5, LABELS_MAX = 128 };

typedef struct route_options {
    const char *chart_path, *at;
    bool json;
    char **pairs;
    size_t count;
} route_options;

static const struct argp_option options[] = {
    {"chart", 'f', "FILE", 0, "The chart", 0},
    {"at", 'a', "TIME", 0, "When the alert begins (RFC 3339): the plan then shows times of day", 0},
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
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static bool labels_read(arena *a, const route_options *o, labels *out, err *e) {
    label pairs[LABELS_MAX];
    if (o->count > LABELS_MAX)
        return err_set(e, ERR_LIMIT, "more than %d labels", LABELS_MAX);
    for (size_t i = 0; i < o->count; i++) {
        const char *text = o->pairs[i], *equals = strchr(text, '=');
        if (!equals || equals == text || !text_is_utf8(text, strlen(text)))
            return err_set(e, ERR_INVALID, "\"%s\" is no label; write name=value", text);
        pairs[i] = (label){arena_strndup(a, text, (size_t)(equals - text)), equals + 1};
    }
    *out = labels_from_pairs(a, pairs, o->count);
    return true;
}

int route_run(cli *c, int argc, char **argv) {
    static const struct argp argp = {options,
                                     parse,
                                     "NAME=VALUE...",
                                     "Says who would be told of an alert with these labels, in which order and when, "
                                     "and why: the row that wins, and "
                                     "the nearest rows with the matcher that failed.",
                                     NULL,
                                     NULL,
                                     NULL};
    route_options o = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    route_view v = {.path = o.chart_path, .near_count = 0};
    near_miss near[NEAR_MAX];
    err e = {0};
    if (!labels_read(c->memory, &o, &v.set, &e) || (o.at && !time_from_text(o.at, &v.at, &e)))
        return cli_fail(c, "%s", e.text), EXIT_USAGE;
    chart *ch = chart_open(c, o.chart_path);
    if (!ch)
        return EXIT_FAILED;
    const char *identity = arena_printf(c->memory, "onus-route/%016llx", (unsigned long long)labels_fingerprint(v.set));
    usec at = v.at ? v.at : clock_now(&c->clock);
    chart_route(ch, &(route_question){v.set, identity, at}, c->memory, &v.route);
    v.step_count = decide_plan(&v.route, c->memory, &v.steps);
    v.near = near;
    v.near_count = chart_near_misses(ch, v.set, c->memory, NEAR_MAX, near);
    if (o.json)
        route_print_json(c, &v);
    else
        route_print_text(c, &v);
    chart_unref(ch);
    return EXIT_DONE;
}
