/* Rivals: the row of another loop that would own an alert, had it one label that it lacks (and for an unowned alert,
 * any row). For people who look at alerts before they fire: a rule names few of the labels that its alert will bear,
 * and a chart may decide by the others.
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

/* An alert, its owner, and which labels it may bear besides: only by such a label can there be a rival. */
typedef struct rival_question {
    labels set;
    const chart_row *owner;
    bool (*may_bear)(const void *context, const char *name);
    const void *context;
} rival_question;

/* True when the owner depends on a label that the alert lacks. A rival must name the alert by a label that it has,
 * other than its severity: a row that claims whatever comes from one environment is everybody's rival, and says
 * nothing. */
MUST_USE bool chart_rivals_find(chart_rivals *x, const rival_question *q, rival *out);
/* Alerts that were not looked at because there were too many sets of missing labels. */
size_t chart_rivals_skipped(const chart_rivals *x);

#endif
