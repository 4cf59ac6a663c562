/* Every path that Onus answers: one row each. */
#include "app/api.h"
#include "app/api_sources.h"
#include "onus/limits.h"

static const http_route ROUTES[] = {
    {"POST", "/v1/sources/{name}", HTTP_ON_LOOP, LIMIT_BODY_BYTES, API_ROLE_NONE, "a webhook of a configured source",
     api_source_post, api_source_admit},
    {"POST", "/v2/enqueue", HTTP_ON_LOOP, LIMIT_PAGERDUTY_BODY_BYTES, API_ROLE_NONE, "PagerDuty Events API v2",
     api_pagerduty_enqueue, api_pagerduty_enqueue_admit},
    {"POST", "/v2/change/enqueue", HTTP_ON_LOOP, LIMIT_PAGERDUTY_BODY_BYTES, API_ROLE_NONE, "PagerDuty change events",
     api_pagerduty_change, api_pagerduty_change_admit},
    {"POST", "/api/v2/alerts", HTTP_ON_LOOP, LIMIT_BODY_BYTES, API_ROLE_NONE, "Alertmanager's API, for Prometheus",
     api_alertmanager_alerts, api_alertmanager_admit},

    {"GET", "/v1/incidents", HTTP_ON_WORKER, 0, API_ROLE_VIEWER, "list incidents", api_incident_list},
    {"GET", "/v1/incidents/{id}", HTTP_ON_WORKER, 0, API_ROLE_VIEWER, "one incident, whole", api_incident_show},
    {"POST", "/v1/incidents/{id}/{action}", HTTP_ON_WORKER, LIMIT_API_BODY_BYTES, API_ROLE_RESPONDER,
     "acknowledge, unacknowledge, resolve, contest, withdraw, accept, decline, reassign, escalate, note",
     api_incident_act},

    {"GET", "/v1/report", HTTP_ON_WORKER, 0, API_ROLE_VIEWER, "misroutes, and the row edits against them", api_report},

    {"POST", "/v1/handoffs", HTTP_ON_WORKER, LIMIT_HANDOFF_BYTES, API_ROLE_RESPONDER, "declare a version of a model",
     api_handoff_declare},
    {"GET", "/v1/handoffs", HTTP_ON_WORKER, 0, API_ROLE_VIEWER, "list handoffs", api_handoff_list},
    {"GET", "/v1/handoffs/{model}/{version}", HTTP_ON_WORKER, 0, API_ROLE_VIEWER, "one handoff, whole",
     api_handoff_show},
    {"POST", "/v1/handoffs/{model}/{version}/{action}", HTTP_ON_WORKER, LIMIT_API_BODY_BYTES, API_ROLE_RESPONDER,
     "accept, reject, hand-back, revalidate", api_handoff_act},

    {"GET", "/a/{token}", HTTP_ON_WORKER, 0, API_ROLE_NONE, "the page behind a message's link; changes nothing",
     api_link_show, .reserved = true},
    {"POST", "/a/{token}", HTTP_ON_WORKER, LIMIT_API_BODY_BYTES, API_ROLE_NONE, "what its buttons do", api_link_act,
     api_link_admit, .reserved = true},
    {"POST", "/v1/slack/interactions", HTTP_ON_WORKER, LIMIT_API_BODY_BYTES, API_ROLE_NONE, "buttons pressed in Slack",
     api_slack_interaction, api_slack_admit, .reserved = true},

    {"GET", "/metrics", HTTP_ON_LOOP, 0, API_ROLE_NONE, "figures for Prometheus", api_metrics, .reserved = true},
    {"GET", "/-/healthy", HTTP_ON_LOOP, 0, API_ROLE_NONE, "the process lives", api_healthy, .reserved = true},
    {"GET", "/-/ready", HTTP_ON_LOOP, 0, API_ROLE_NONE, "the database takes writes, and a chart is there", api_ready,
     .reserved = true},
    {"POST", "/-/reload", HTTP_ON_WORKER, LIMIT_API_BODY_BYTES, API_ROLE_NONE, "take the chart's file into use",
     api_reload},

    {"GET", "/", HTTP_ON_WORKER, 0, API_ROLE_VIEWER, "the console", console_home},
    {"GET", "/incidents/{id}", HTTP_ON_WORKER, 0, API_ROLE_VIEWER, "the console's page of one incident",
     console_incident},
    {"POST", "/incidents/{id}", HTTP_ON_WORKER, LIMIT_API_BODY_BYTES, API_ROLE_RESPONDER, "what its buttons do",
     console_act},
    {"GET", "/style.css", HTTP_ON_LOOP, 0, API_ROLE_NONE, "the pages' style", console_style, .reserved = true},
    {"GET", "/favicon.svg", HTTP_ON_LOOP, 0, API_ROLE_NONE, "the pages' icon", console_icon, .reserved = true},
    {"GET", "/favicon.ico", HTTP_ON_LOOP, 0, API_ROLE_NONE, "the same, where browsers look by themselves", console_icon,
     .reserved = true},
};

const http_route *app_routes(size_t *count) {
    *count = sizeof ROUTES / sizeof *ROUTES;
    return ROUTES;
}
