/* GET /v1/report: how well the chart has routed, and the row edits that would have done better. The figures are the
 * database's, the edits are sought in the chart in use. */
#include "app/api.h"
#include "app/charts.h"

#include "onus/limits.h"
#include "onus/row_edit.h"
#include "onus/text.h"

#include <string.h>

/* A duration (30d) or a time (RFC 3339). */
static bool span_from_query(app *a, http_exchange *x, report_span *span, err *e) {
    const char *since = http_query_or(x, "since", "30d");
    usec ago = 0;
    span->until = clock_now(&a->clock);
    span->zone = http_query_or(x, "time_zone", "UTC");
    if (text_to_duration(since, &ago, e))
        span->since = span->until - ago;
    else if (!time_from_text(since, &span->since, e))
        return err_set(e, ERR_INVALID, "since=%.100s: write a duration like 30d, or a time like 2026-01-31T00:00:00Z",
                       since);
    if (span->since >= span->until || span->until - span->since > LIMIT_REPORT_DAYS * USEC_PER_DAY)
        return err_set(e, ERR_INVALID, "since=%.100s: a report looks back by 1 ms to %d days", since,
                       LIMIT_REPORT_DAYS);
    return strlen(span->zone) <= LIMIT_ZONE_BYTES || err_set(e, ERR_INVALID, "time_zone: there is no such time zone");
}

static bool find_edits(app *a, struct worker *w, const report_span *span, arena *memory, buf *edits, err *e) {
    routed_incident *all = NULL;
    row_edit *found = NULL;
    size_t count = 0, edit_count = 0;
    char *text = NULL;
    int64_t revision = charts_get_status(a->charts, memory).revision;
    if (!store_chart_text(w->store, revision, memory, &text, e) ||
        !store_routed_incidents(w->store, span, ROW_EDIT_INCIDENTS, memory, &all, &count, e) ||
        !row_edits_find(text, all, count, memory, &found, &edit_count, e))
        return false;
    row_edits_put_json(edits, found, edit_count);
    return true;
}

bool api_report(void *context, void *worker, http_exchange *x, http_response *r) {
    app *a = context;
    struct worker *w = worker;
    arena *memory = http_arena(x);
    report_span span = {0};
    char *figures = NULL;
    err e = {0};
    buf edits;
    buf_init(&edits);
    if (span_from_query(a, x, &span, &e) && store_report(w->store, &span, memory, &figures, &e) &&
        find_edits(a, w, &span, memory, &edits, &e))
        http_respond_json(x, r, 200, report_with_edits(memory, figures, edits.data));
    else
        http_respond_err(x, r, &e);
    buf_release(&edits);
    return true;
}
