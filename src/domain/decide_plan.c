/* Whom opening a route would tell, in order: what `onus route` shows. Follows the same table as deciding itself. */
#include "onus/decide.h"

#include "onus/message.h"

enum { AT_ONCE = 0, WHEN_OVER = -1 };

typedef struct plan {
    plan_step *steps;
    size_t count;
} plan;

static void plan_add(plan *p, const plan_step *like, const party *parties, size_t count) {
    for (size_t i = 0; i < count; i++) {
        plan_step *step = &p->steps[p->count++];
        *step = *like;
        step->who = &parties[i];
        step->page = message_is_page(like->letter, like->reason);
    }
}

size_t decide_plan(const route *r, arena *a, plan_step **out) {
    const raci *who = &r->raci;
    size_t most = 2 * (who->responsible_count + 1) + who->consulted_count + who->informed_count;
    plan p = {.steps = ARENA_ARRAY(a, plan_step, most)};
    bool consult_now = r->row->consult == CONSULT_NOW;
    plan_add(&p, &(plan_step){.letter = RACI_RESPONSIBLE, .reason = REASON_OPENED, .after = AT_ONCE}, who->responsible,
             who->responsible_count);
    plan_add(&p, &(plan_step){.letter = RACI_ACCOUNTABLE, .reason = REASON_OPENED, .after = AT_ONCE}, &who->accountable,
             1);
    if (consult_now)
        plan_add(&p, &(plan_step){.letter = RACI_CONSULTED, .reason = REASON_OPENED, .after = AT_ONCE}, who->consulted,
                 who->consulted_count);
    plan_add(&p, &(plan_step){.letter = RACI_INFORMED, .reason = REASON_OPENED, .after = AT_ONCE}, who->informed,
             who->informed_count);
    if (r->row->acknowledge_within > 0 && r->severity != SEVERITY_INFO) {
        usec after = r->row->acknowledge_within;
        plan_add(&p, &(plan_step){.letter = RACI_ACCOUNTABLE, .reason = REASON_ESCALATED, .after = after},
                 &who->accountable, 1);
        plan_add(&p, &(plan_step){.letter = RACI_RESPONSIBLE, .reason = REASON_ESCALATED, .after = after},
                 who->responsible, who->responsible_count);
    }
    if (!consult_now)
        plan_add(&p, &(plan_step){.letter = RACI_CONSULTED, .reason = REASON_POSTMORTEM, .after = WHEN_OVER},
                 who->consulted, who->consulted_count);
    *out = p.steps;
    return p.count;
}
