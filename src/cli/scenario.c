/* Owns the sample events. The difficulty: sent twice, they must act as a real sender's do: the alerts of `drift` are
 * the same alerts with a newer beginning, a request is the same matter (its subject) under a new id. */
#include "cli/scenario.h"

#include "onus/crypto.h"
#include "onus/labels.h"

#include <string.h>

typedef struct sample_alert {
    label labels[8];
    label annotations[4];
    size_t label_count, annotation_count;
} sample_alert;

static const sample_alert drift_alerts[] = {
    {.labels = {{"alertname", "FraudModelP99LatencySLOBreach"},
                {"environment", "production"},
                {"model", "fraud-detection"},
                {"severity", "critical"},
                {"slo", "latency"}},
     .label_count = 5,
     .annotations = {{"description",
                      "P99 of the last 5 minutes is 812 ms; the objective is 250 ms for 99.9 % of 30 days. "
                      "At this rate the error budget is spent in 3 hours."},
                     {"summary", "P99 latency of the fraud model is 812 ms, its SLO 250 ms"}},
     .annotation_count = 2},
    {.labels = {{"alertname", "FraudModelAccuracyDrift"},
                {"environment", "production"},
                {"model", "fraud-detection"},
                {"severity", "critical"}},
     .label_count = 4,
     .annotations = {{"description", "Accuracy on labelled transactions of the last hour is 0.782; the baseline on "
                                     "golden set 2024-11 is 0.920 (-15 %)."},
                     {"summary", "Accuracy of the fraud model is 15 % under its baseline"}},
     .annotation_count = 2},
};
enum { DRIFT_ALERTS = sizeof drift_alerts / sizeof *drift_alerts };

static const char zero_time[] = "0001-01-01T00:00:00Z";

static labels sorted(arena *a, const label *pairs, size_t count) {
    return labels_from_pairs(a, pairs, count);
}

static void put_drift_alert(buf *b, const scenario_wish *w, const sample_alert *one) {
    arena *a = w->memory;
    labels set = sorted(a, one->labels, one->label_count);
    const char *at = time_to_text(a, w->now);
    buf_printf(b, "{\"status\":\"%s\",\"labels\":", w->resolved ? "resolved" : "firing");
    labels_put_json(b, set);
    buf_puts(b, ",\"annotations\":");
    labels_put_json(b, sorted(a, one->annotations, one->annotation_count));
    buf_printf(b, ",\"startsAt\":\"%s\",\"endsAt\":\"%s\"", at, w->resolved ? at : zero_time);
    buf_printf(b,
               ",\"generatorURL\":\"http://prometheus.example.com/graph?g0.expr=fraud\",\"fingerprint\":\"%016llx\"}",
               (unsigned long long)labels_fingerprint(set));
}

static const char drift_needle[] = "\"FraudModelP99LatencySLOBreach\"";

static void put_drift_alerts(buf *b, const scenario_wish *w) {
    for (size_t i = 0; i < DRIFT_ALERTS; i++) {
        buf_puts(b, i ? "," : "");
        put_drift_alert(b, w, &drift_alerts[i]);
    }
}

/* Alertmanager's webhook, version 4; Grafana's has its shape. */
static const char *put_drift(buf *b, const scenario_wish *w) {
    buf_printf(
        b,
        "{\"version\":\"4\",\"groupKey\":\"{}:{model=\\\"fraud-detection\\\"}\",\"truncatedAlerts\":0,"
        "\"status\":\"%s\",\"receiver\":\"onus\",\"groupLabels\":{\"model\":\"fraud-detection\"},"
        "\"commonLabels\":{\"environment\":\"production\",\"model\":\"fraud-detection\",\"severity\":\"critical\"},"
        "\"commonAnnotations\":{},\"externalURL\":\"http://alertmanager.example.com\",\"alerts\":[",
        w->resolved ? "resolved" : "firing");
    put_drift_alerts(b, w);
    buf_puts(b, "]}");
    return drift_needle;
}

/* As Prometheus posts it; without an end an alert is firing. */
static const char *put_drift_list(buf *b, const scenario_wish *w) {
    buf_putc(b, '[');
    put_drift_alerts(b, w);
    buf_putc(b, ']');
    return drift_needle;
}

/* PagerDuty's Events API has one event a body: the first alert. */
static const char *put_drift_event(buf *b, const scenario_wish *w) {
    const sample_alert *one = &drift_alerts[0];
    buf_puts(b, "{\"routing_key\":");
    buf_put_json(b, w->routing_key);
    buf_printf(b, ",\"event_action\":\"%s\",\"dedup_key\":\"onus-send-drift\",\"payload\":{\"summary\":",
               w->resolved ? "resolve" : "trigger");
    buf_put_json(b, labels_get(sorted(w->memory, one->annotations, one->annotation_count), "summary"));
    buf_printf(b, ",\"source\":\"fraud-detection\",\"severity\":\"critical\",\"timestamp\":\"%s\",\"custom_details\":",
               time_to_text(w->memory, w->now));
    labels_put_json(b, sorted(w->memory, one->labels, one->label_count));
    buf_puts(b, "}}");
    return drift_needle;
}

typedef struct request {
    const char *matter, *source, *subject, *key, *data;
} request;

/* A structured CloudEvent; data.key ties the end to the beginning. */
static void put_request(buf *b, const scenario_wish *w, const request *r) {
    buf_printf(b, "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"%s\",\"type\":\"com.onus.request.%s%s\"",
               crypto_uuid4(w->memory), r->source, r->matter, w->resolved ? ".completed" : "");
    buf_printf(b, ",\"subject\":\"%s\",\"time\":\"%s\",\"datacontenttype\":\"application/json\"", r->subject,
               time_to_text(w->memory, w->now));
    buf_printf(b, ",\"data\":{\"key\":\"%s\",%s}}", r->key, r->data);
}

static const char *put_retraining(buf *b, const scenario_wish *w) {
    static const request r = {
        .matter = "retraining",
        .source = "https://product.example.com/requests",
        .subject = "recommendation-engine",
        .key = "onus-send-retraining",
        .data = "\"model\":\"recommendation-engine\",\"requester\":\"product\",\"severity\":\"info\","
                "\"title\":\"Try new hyperparameters on the recommendation engine\","
                "\"summary\":\"Product wants new hyperparameters tried on the recommendation engine\"",
    };
    put_request(b, w, &r);
    return "\"onus-send-retraining\"";
}

static const char *put_gpu(buf *b, const scenario_wish *w) {
    static const request r = {
        .matter = "environment",
        .source = "https://research.example.com/requests",
        .subject = "llm-research",
        .key = "onus-send-environment",
        .data = "\"accelerator\":\"a100\",\"count\":8,\"team\":\"research\",\"severity\":\"info\","
                "\"title\":\"An isolated environment with A100 GPUs for a new LLM\","
                "\"summary\":\"R&D needs an isolated environment with A100 GPUs for a new LLM\"",
    };
    put_request(b, w, &r);
    return "\"onus-send-environment\"";
}

#define DRIFT "2 a.m.: the fraud model breaches its latency SLO and its accuracy is 15 % down"

static const scenario SCENARIOS[] = {
    {"drift", DRIFT, "alertmanager", "alertmanager", "application/json", put_drift},
    {"retraining", "10 a.m.: product wants new hyperparameters tried", "requests", "cloudevent",
     "application/cloudevents+json", put_retraining},
    {"gpu", "research needs an isolated environment with A100 GPUs", "requests", "cloudevent",
     "application/cloudevents+json", put_gpu},
    {"drift", DRIFT, "", "grafana", "application/json", put_drift},
    {"drift", DRIFT, "", "prometheus", "application/json", put_drift_list},
    {"drift", DRIFT, "", "pagerduty-event", "application/json", put_drift_event},
};
enum { SCENARIO_COUNT = sizeof SCENARIOS / sizeof *SCENARIOS };

const scenario *scenarios(size_t *count) {
    *count = SCENARIO_COUNT;
    return SCENARIOS;
}

const scenario *scenario_find(const char *name) {
    for (size_t i = 0; i < SCENARIO_COUNT; i++)
        if (strcmp(SCENARIOS[i].name, name) == 0)
            return &SCENARIOS[i];
    return NULL;
}

const scenario *scenario_for(const char *name, const char *format) {
    for (size_t i = 0; i < SCENARIO_COUNT; i++)
        if (strcmp(SCENARIOS[i].name, name) == 0 && strcmp(SCENARIOS[i].format, format) == 0)
            return &SCENARIOS[i];
    return NULL;
}
