/* Rivals: the row of another loop that would own an alert, had it a label that it lacks (and for an unowned alert, any
 * row). For people who look at alerts
 * before they fire: a rule names few of the labels that its alert will bear, and a chart may decide by the others.
 *
 * Pure. Not thread-safe: each set of missing labels gets an index of its own, made when it is first met. */
#ifndef ONUS_RIVALS_H
#define ONUS_RIVALS_H

#include "onus/chart.h"

enum { RIVAL_KEYS_MAX = 8 };

typedef struct rival {
    const chart_row *row; /* who would win instead */
    const matcher *keys[RIVAL_KEYS_MAX];
    size_t key_count; /* at least one; what is past RIVAL_KEYS_MAX is left out */
    bool excluded;    /* the keys are the winner's, and hold because the label is missing; else the rival's, and fail
                         because of it */
} rival;

typedef struct chart_rivals chart_rivals;
chart_rivals *chart_rivals_new(const chart *c); /* `c` must live as long */
void chart_rivals_free(chart_rivals *x);        /* NULL is fine */

/* True when the owner that `r` names depends on a label that the alert lacks. A rival must name the alert by a label
 * that it has, other than its severity: a row that claims whatever comes from one environment is everybody's rival, and
 * says nothing. */
MUST_USE bool chart_rivals_find(chart_rivals *x, labels set, const route *r, rival *out);
/* Alerts that were not looked at because there were too many sets of missing labels. */
size_t chart_rivals_skipped(const chart_rivals *x);

#endif
