/* Handlers of the API, the links, Slack's buttons, operations and the console; rows of the table in routes.c. */
#ifndef ONUS_APP_API_H
#define ONUS_APP_API_H

#include "app/app.h"

/* ?limit=&cursor= of a list: how many, and before which id; 0: from the newest. */
MUST_USE bool api_page_from_query(const http_exchange *x, int *limit, int64_t *before_id, err *e);

/* ?state=: "" when it is not given; `open` or a state. */
MUST_USE bool api_state_from_query(const http_exchange *x, const char **out, err *e);

bool api_incident_list(void *context, void *worker, http_exchange *x, http_response *r);
bool api_incident_show(void *context, void *worker, http_exchange *x, http_response *r);
bool api_incident_act(void *context, void *worker, http_exchange *x, http_response *r);

bool api_handoff_declare(void *context, void *worker, http_exchange *x, http_response *r);
bool api_handoff_list(void *context, void *worker, http_exchange *x, http_response *r);
bool api_handoff_show(void *context, void *worker, http_exchange *x, http_response *r);
bool api_handoff_act(void *context, void *worker, http_exchange *x, http_response *r);

bool api_report(void *context, void *worker, http_exchange *x, http_response *r);

bool api_link_show(void *context, void *worker, http_exchange *x, http_response *r);
bool api_link_act(void *context, void *worker, http_exchange *x, http_response *r);
http_admission api_link_admit(void *context, http_exchange *x, http_response *r);

bool api_slack_interaction(void *context, void *worker, http_exchange *x, http_response *r);
http_admission api_slack_admit(void *context, http_exchange *x, http_response *r);

bool api_metrics(void *context, void *worker, http_exchange *x, http_response *r);
bool api_healthy(void *context, void *worker, http_exchange *x, http_response *r);
bool api_ready(void *context, void *worker, http_exchange *x, http_response *r);
bool api_reload(void *context, void *worker, http_exchange *x, http_response *r);

bool console_home(void *context, void *worker, http_exchange *x, http_response *r);
bool console_incident(void *context, void *worker, http_exchange *x, http_response *r);
bool console_act(void *context, void *worker, http_exchange *x, http_response *r);
bool console_style(void *context, void *worker, http_exchange *x, http_response *r);
bool console_icon(void *context, void *worker, http_exchange *x, http_response *r);

#endif
