/* The answer of `onus route`, ready to be printed. */
#ifndef ONUS_CLI_ROUTE_H
#define ONUS_CLI_ROUTE_H

#include "cli/chart_view.h"

#include "onus/decide.h"

typedef struct route_view {
    const char *path; /* of the chart */
    labels set;       /* the alert's */
    usec at;          /* when the alert begins; 0: no time was given */
    route route;
    plan_step *steps;
    size_t step_count;
    near_miss *near;
    size_t near_count;
} route_view;

void route_print_text(const cli *c, const route_view *v);
void route_print_json(const cli *c, const route_view *v);

#endif
