/* Row edits: the change of the chart that would have prevented misroutes, found in the labels of the recorded incidents
 * and checked by compiling the chart with it and routing those incidents again. */
#ifndef ONUS_ROW_EDIT_H
#define ONUS_ROW_EDIT_H

#include "onus/chart.h"
#include "onus/misroute.h"

enum {
    ROW_EDITS_MAX = 10,         /* pairs of a row and a role, those with the most misroutes */
    ROW_EDIT_INCIDENTS = 10000, /* recorded incidents that are looked at */
};

typedef struct row_edit {
    const char *activity;            /* the row that claimed them */
    const char *to, *to_name;        /* the role that had them in the end */
    size_t moved, kept;              /* incidents that went from the row to the role; that the row kept */
    const char *difference;          /* "namespace = ml-training in 5 of 5 moved and 0 of 40 kept"; "" */
    const char *where;               /* where the YAML goes: `before row "x"`, `in row "x"`; "" */
    const char *yaml;                /* ready to paste; "" when there is no edit */
    const char *problem;             /* why there is no edit, a sentence; "" when there is one */
    size_t rightly, wrongly, missed; /* replayed: moved as people did, moved away from whose it was, not moved */
} row_edit;

/* Most misroutes first. `chart_text`: the chart as it is to be edited. ERR_INVALID: it cannot be loaded. Texts are in
 * the arena. */
MUST_USE bool row_edits_find(const char *chart_text, const routed_incident *all, size_t count, arena *a, row_edit **out,
                             size_t *out_count, err *e);
/* [{"activity","to","to_name","moved","kept","difference","where","yaml","problem","rightly","wrongly","missed"}] */
void row_edits_put_json(buf *b, const row_edit *edits, size_t count);
/* The store's report, an object, with the member `edits`. */
const char *report_with_edits(arena *a, const char *report_json, const char *edits_json);

#endif
