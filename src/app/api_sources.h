/* Webhooks: POST /v1/sources/{name}, and the paths of PagerDuty and Alertmanager. On an HTTP loop; bodies over
 * PARSE_ELSEWHERE_BYTES are parsed by a thread of their own. */
#ifndef ONUS_APP_API_SOURCES_H
#define ONUS_APP_API_SOURCES_H

#include "app/app.h"

enum { PARSE_ELSEWHERE_BYTES = 128 * 1024, PARSER_QUEUE = 64 };

typedef struct parser parser;
MUST_USE parser *parser_start(app *a, err *e);
void parser_stop(parser *p); /* finishes what it has, ends, frees */

bool api_source_post(void *context, void *worker, http_exchange *x, http_response *r);
bool api_pagerduty_enqueue(void *context, void *worker, http_exchange *x, http_response *r);
bool api_pagerduty_change(void *context, void *worker, http_exchange *x, http_response *r);
bool api_alertmanager_alerts(void *context, void *worker, http_exchange *x, http_response *r);

/* Who may, by the headers alone. */
http_admission api_source_admit(void *context, http_exchange *x, http_response *r);
http_admission api_pagerduty_enqueue_admit(void *context, http_exchange *x, http_response *r);
http_admission api_pagerduty_change_admit(void *context, http_exchange *x, http_response *r);
http_admission api_alertmanager_admit(void *context, http_exchange *x, http_response *r);

#endif
