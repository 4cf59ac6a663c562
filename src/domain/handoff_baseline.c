/* The baseline's rules: what the model scored on its golden data set, when, and from where on somebody must act. */
#include "domain/handoff_part.h"

#include "onus/text.h"

#include <math.h>
#include <string.h>

enum { AGE_DAYS_DEFAULT = 90 };

static const usec CLOCK_SKEW = USEC_PER_DAY; /* of the machine that evaluated, and dates without a zone */

static void check_dataset(const handoff_checking *k) {
    const char *sha256 = handoff_text(k->root, "/baseline/dataset/sha256"),
               *id = handoff_text(k->root, "/baseline/dataset/id");
    if (sha256 && !handoff_is_sha256(sha256))
        handoff_error(k, "/baseline/dataset/sha256", "bad-digest",
                      "a SHA-256 digest has 64 hex digits; write what sha256sum prints");
    if (id && (text_equal_nocase(id, "latest") || text_ends_with(id, ":latest") || text_ends_with(id, "/latest")))
        handoff_error(k, "/baseline/dataset/id", "mutable-version",
                      "\"%s\" is another data set tomorrow: name its version", handoff_shown(k, id));
}

/* 2026-01-31 alone is midnight, UTC. */
static bool read_time(const handoff_checking *k, const char *text, usec *out) {
    err e;
    const char *whole =
        strlen(text) == strlen("2026-01-31") ? arena_printf(k->out->memory, "%sT00:00:00Z", text) : text;
    return time_from_text(whole, out, &e) && *out != 0;
}

static void check_age(const handoff_checking *k) {
    const char *text = handoff_text(k->root, "/baseline/evaluated_at"), *path = "/baseline/evaluated_at";
    usec at, most = k->context->baseline_age_max ? k->context->baseline_age_max : AGE_DAYS_DEFAULT * USEC_PER_DAY;
    if (!text)
        return;
    if (!read_time(k, text, &at))
        handoff_error(k, path, "bad-time", "\"%s\" is not a time: write it like 2026-01-31T09:00:00Z",
                      handoff_shown(k, text));
    else if (at > k->context->now + CLOCK_SKEW)
        handoff_error(k, path, "bad-time", "%s lies in the future", handoff_shown(k, text));
    else if (k->context->now - at > most)
        handoff_error(k, path, "stale-baseline", "measured %lld days ago; at most %lld are allowed: evaluate it again",
                      (long long)((k->context->now - at) / USEC_PER_DAY), (long long)(most / USEC_PER_DAY));
}

/* The value must be better than the threshold: else the model would alert from its first hour. */
static void check_threshold(const handoff_checking *k, const cJSON *metric, const char *at, bool higher) {
    const cJSON *value = json_member(metric, "value"), *threshold = json_member(metric, "threshold");
    if (!cJSON_IsNumber(value) || !cJSON_IsNumber(threshold))
        return;
    if (higher ? threshold->valuedouble < value->valuedouble : threshold->valuedouble > value->valuedouble)
        return;
    arena *a = k->out->memory;
    handoff_error(k, handoff_path_key(a, at, "threshold"), "threshold-side",
                  "%s is better, so the threshold must lie %s the value: %.40s is not %s %.40s",
                  higher ? "higher" : "lower", higher ? "below" : "above", json_scalar_text(a, threshold),
                  higher ? "below" : "above", json_scalar_text(a, value));
}

static void check_finite(const handoff_checking *k, const cJSON *metric, const char *at, const char *key) {
    const cJSON *number = json_member(metric, key);
    if (cJSON_IsNumber(number) && !isfinite(number->valuedouble))
        handoff_error(k, handoff_path_key(k->out->memory, at, key), "not-finite", "%s must be a finite number", key);
}

static void check_metric(const handoff_checking *k, const cJSON *metric, const char *at) {
    const char *direction = handoff_text(metric, "/direction");
    check_finite(k, metric, at, "value");
    check_finite(k, metric, at, "threshold");
    if (!direction)
        return;
    bool higher = strcmp(direction, "higher") == 0;
    if (!higher && strcmp(direction, "lower") != 0)
        handoff_error(k, handoff_path_key(k->out->memory, at, "direction"), "bad-direction",
                      "\"%s\" is no direction: write higher when a higher value is better, else lower",
                      handoff_shown(k, direction));
    else
        check_threshold(k, metric, at, higher);
}

static bool name_stood_before(const cJSON *metrics, const cJSON *item, const char *name) {
    for (const cJSON *other = metrics->child; other != item; other = other->next) {
        const char *text = handoff_text(other, "/name");
        if (text && strcmp(text, name) == 0)
            return true;
    }
    return false;
}

enum { METRICS_MAX = 200 };

static void check_metrics(const handoff_checking *k) {
    const cJSON *metrics = handoff_value(k->root, "/baseline/metrics");
    if (!cJSON_IsArray(metrics))
        return;
    int count = cJSON_GetArraySize(metrics);
    if (count == 0)
        handoff_error(k, "/baseline/metrics", "missing",
                      "there is no metric: give at least one, with name, value, direction and threshold");
    if (count > METRICS_MAX) {
        handoff_error(k, "/baseline/metrics", "too-many",
                      "%d metrics; at most %d are taken: name those that are watched", count, METRICS_MAX);
        return;
    }
    size_t index = 0;
    for (const cJSON *item = metrics->child; item; item = item->next, index++) {
        const char *at = handoff_path_index(k->out->memory, "/baseline/metrics", index),
                   *name = handoff_text(item, "/name");
        if (name && name_stood_before(metrics, item, name))
            handoff_error(k, handoff_path_key(k->out->memory, at, "name"), "duplicate-metric",
                          "the metric \"%s\" is given twice: keep one of them", handoff_shown(k, name));
        check_metric(k, item, at);
    }
}

void handoff_check_baseline(const handoff_checking *k) {
    check_dataset(k);
    check_age(k);
    check_metrics(k);
}
