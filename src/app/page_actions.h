/* What a page offers to whoever may act on an incident, made from the API's JSON of it. */
#ifndef ONUS_APP_PAGE_ACTIONS_H
#define ONUS_APP_PAGE_ACTIONS_H

#include "onus/decide.h"
#include "onus/json.h"
#include "onus/links.h"

/* Adds can_acknowledge, can_unacknowledge, can_contest, can_withdraw, can_decide, can_resolve, is_resolved: which
 * buttons make sense for whoever may decide a contest, take it back, or neither. */
typedef struct page_rights {
    bool decides, withdraws;
    bool has_lost_it; /* was Responsible: the incident was given to somebody else */
} page_rights;
/* Was a link of R made for a team that is Responsible no longer? */
bool page_is_of_former(const cJSON *incident, const link_claim *claim);
void page_facts_add_buttons(cJSON *facts, const cJSON *incident, page_rights may);

/* Adds `takers`: the roles to whom the incident could be given, but for whoever has it; each with `role`, `role_name`,
 * `who` (the team, and who of it is on call), and `proposed` when it is the proposal. */
void page_facts_add_takers(const decide_context *context, cJSON *facts, const cJSON *incident, arena *a);

#endif
