/* The answer of `onus route`, ready to be printed. */
#ifndef ONUS_CLI_ROUTE_H
#define ONUS_CLI_ROUTE_H

#include "cli/chart_view.h"

#include "onus/decide.h"

typedef struct route_view {
    const char *path; /* of the chart */
    labels set;       /* the alert's */
    usec at;          /* when the alert begins */
    bool at_given;    /* the plan shows times of day */
    route route;
    plan_step *steps;
    size_t step_count;
    near_miss *near;
    size_t near_count;
    oncall_view *shifts; /* of the teams that play a role and have a rotation, each once */
    size_t shift_count;
} route_view;

/* Why this party plays its role: default | service | person. */
const char *route_player_source(const route *r, const party *p);
/* The list of matchers that won, as in the chart; "" when no row did. */
const char *route_matched(arena *a, const route *r);

void route_print_text(const cli *c, const route_view *v);
void route_print_json(const cli *c, const route_view *v);

#endif
