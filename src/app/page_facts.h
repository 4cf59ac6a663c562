/* The API's JSON made readable for the pages of links and console: times and words for people, beside the API's own
 * members. */
#ifndef ONUS_APP_PAGE_FACTS_H
#define ONUS_APP_PAGE_FACTS_H

#include "onus/clock.h"
#include "onus/json.h"

/* Adds `since`, `lasted`, `loop_title`; to each party `who` (the team, and who of it is on call); to each line of the
 * timeline and each attempt `when`; to each alert `from` and `until`. To the handoff, where there is one, `from`,
 * `metrics` and `uses` (the baseline and the resource profile as texts), `own_values` (what its alerts say by
 * themselves) and `state_changed`. Members that are missing are left out. */
void page_facts_add(cJSON *incident, usec now, arena *a);

#endif
