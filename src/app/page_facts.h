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

/* Cuts each text of these facts that is longer, with "…"; addresses of links are left whole. For the list and for the
 * page behind a link; the console's page of one incident shows texts whole. */
void page_facts_shorten(cJSON *facts, size_t max, arena *a);

/* page_alerts.c, for page_facts.c: to an incident with alerts `told`, a list of what fires now (the worst
 * LIMIT_ALERTS_TOLD; when nothing fires, the last that did), each with `title`, `severity`, `source`, `since`,
 * `lasted`, `summary`, `description`, `value` (what it tells by itself) beside `baseline`, and `label_list`; and
 * `is_firing`, `more_firing`. */
void page_alerts_add(cJSON *incident, usec now, arena *a);
/* The value that an alert of the API's JSON tells by itself; "" when it tells none. */
const char *page_own_value(const cJSON *alert);

#endif
