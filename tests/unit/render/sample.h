/* The message that the tests of rendering tell: the 2 a.m. drift alert of the fraud model. Also read by the tests of
 * notify. */
#ifndef ONUS_TEST_SAMPLE_H
#define ONUS_TEST_SAMPLE_H

#include "onus/render.h"

#define SAMPLE_NOW ((usec)1767319500 * USEC_PER_SECOND) /* 2026-01-02 02:05:00 */

static const contact sample_contact = {"slack-mlops", ""};
static const party sample_responsible = {"mlops-engineer", "MLOps Engineer / SRE", "mlops",
                                         "MLOps",          &sample_contact,        1};
static const party sample_consulted = {"ml-engineer",        "ML Engineer",   "fraud-science",
                                       "Fraud Data Science", &sample_contact, 1};
static const party sample_informed[] = {
    {"vp-engineering", "VP Engineering", "leadership", "Leadership", &sample_contact, 1},
    {"business-stakeholders", "Business Stakeholders", "business", "Payments Business", &sample_contact, 1},
};
static const label sample_labels[] = {
    {"alertname", "FraudLatencyP99"}, {"environment", "production"}, {"model", "fraud-detection"}};
static const label sample_annotations[] = {{"description", "P99 is 840 ms, the SLO is 300 ms.\nAccuracy fell by 15 %."},
                                           {"summary", "The fraud model answers too slowly."}};

static inline incident sample_incident(void) {
    return (incident){.id = 42,
                      .state = INCIDENT_TRIGGERED,
                      .group_key = "production-model-degraded",
                      .activity = "production-model-degraded",
                      .activity_name = "Production model drift or SLO breach",
                      .loop = LOOP_SYSTEM,
                      .severity = SEVERITY_CRITICAL,
                      .service = "fraud-detection",
                      .title = "P99 latency of the fraud model breaches its SLO",
                      .why = "Row “Production model drift or SLO breach” claims it: environment is production, "
                             "alertname is FraudLatencyP99; service fraud-detection.",
                      .runbook = "https://runbooks.example.com/model-degraded",
                      .link = "https://prometheus.example.com/graph?g0.expr=latency&g0.tab=1",
                      .raci = {&sample_responsible,
                               1,
                               {"head-of-mlops", "Head of MLOps", "mlops-leads", "MLOps Leads", &sample_contact, 1},
                               &sample_consulted,
                               1,
                               sample_informed,
                               2},
                      .consult = CONSULT_POSTMORTEM,
                      .labels = {sample_labels, 3},
                      .annotations = {sample_annotations, 2},
                      .starts_at = SAMPLE_NOW - 300 * USEC_PER_SECOND,
                      .opened_at = SAMPLE_NOW - 60 * USEC_PER_SECOND,
                      .acknowledged_by = "",
                      .contested_by = "",
                      .contest_reason = "",
                      .proposed_role = "",
                      .proposed_name = "",
                      .open_alerts = 1,
                      .total_alerts = 1,
                      .acknowledge_within = 15 * USEC_PER_MINUTE,
                      .decide_within = 15 * USEC_PER_MINUTE};
}

static inline const party *sample_party(raci_letter letter, const incident *i) {
    const party *const by_letter[RACI_LETTER_COUNT] = {i->raci.responsible, &i->raci.accountable, i->raci.consulted,
                                                       i->raci.informed};
    return by_letter[letter];
}

static inline message sample_message(const incident *i, raci_letter letter, message_reason reason) {
    const party *who = sample_party(letter, i);
    return (message){.id = 1000,
                     .incident = i,
                     .letter = letter,
                     .reason = reason,
                     .channel = "slack-mlops",
                     .address = "",
                     .role_name = who->role_name,
                     .team_name = who->team_name,
                     .actor = "",
                     .note = "",
                     .first = reason == REASON_OPENED,
                     .created_at = SAMPLE_NOW,
                     .expires_at = SAMPLE_NOW + USEC_PER_DAY,
                     .thread = ""};
}

static const message_links sample_links = {"https://onus.example.com/a/TOKEN.MAC",
                                           "https://onus.example.com/incidents/42"};
static const message_links sample_no_act = {"", "https://onus.example.com/incidents/42"};

#endif
