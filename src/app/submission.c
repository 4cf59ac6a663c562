/* Owns a submission's routing where it comes in: on several threads at once, so that committers only look up, decide
 * and write. */
#include "app/handoff_view.h"
#include "app/intake.h"

#include "onus/crypto.h"

#include <string.h>

void submission_prepare(app *a, submission *s, arena *memory) {
    decide_context context = app_decide_context(a, &s->chart);
    s->handoffs = handoff_view_current(a->handoffs);
    context.handoffs = s->handoffs;
    s->prepared = decide_prepare(&context, s->events, s->count, memory);
    const char *group = s->count ? s->prepared[0].route.group_key : "";
    s->lane = hash_bytes(group, strlen(group), 0) % intake_lanes(a->intake);
}

void submission_forget_prepared(submission *s) {
    chart_unref(s->chart);
    handoffs_unref(s->handoffs);
    s->chart = NULL;
    s->handoffs = NULL;
    s->prepared = NULL;
}
