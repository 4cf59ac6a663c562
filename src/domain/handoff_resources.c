/* The resource profile's rules: quantities as Kubernetes reads them, a request within its limit, a peak within the
 * limit, latencies in their order, at a stated rate. The difficulty: an amount that cannot be read is told once, and
 * every comparison with it is passed over. */
#include "domain/handoff_part.h"
#include "domain/quantity.h"

#include <math.h>
#include <string.h>

/* An amount that was read, with its words. */
typedef struct amount {
    bool known;
    nano value;
    const char *path, *text;
} amount;

typedef bool amount_reader(const char *text, nano *out, err *e);

static amount amount_at(const handoff_checking *k, const char *path, amount_reader *reader, const char *rule) {
    amount a = {.path = path};
    const cJSON *value = handoff_value(k->root, path);
    if (!cJSON_IsString(value) && !(cJSON_IsNumber(value) && reader == quantity_from_text))
        return a;
    a.text = json_scalar_text(k->out->memory, value);
    err e;
    if (!*a.text)
        return a;
    a.known = reader(a.text, &a.value, &e);
    if (!a.known)
        handoff_error(k, path, rule, "%s", e.text);
    else if (a.value < 0) {
        handoff_error(k, path, rule, "%s is less than nothing", handoff_shown(k, a.text));
        a.known = false;
    }
    return a;
}

static amount quantity_at(const handoff_checking *k, const char *path) {
    return amount_at(k, path, quantity_from_text, "bad-quantity");
}

static amount latency_at(const handoff_checking *k, const char *path) {
    return amount_at(k, path, latency_from_text, "bad-duration");
}

/* `little` must not be more than `much`. */
typedef struct order_rule {
    const char *rule, *little, *much, *advice;
} order_rule;

static void check_order(const handoff_checking *k, const amount *little, const amount *much, const order_rule *r) {
    if (little->known && much->known && little->value > much->value)
        handoff_error(k, little->path, r->rule, "%s (%s) is more than %s (%s): %s", r->little,
                      handoff_shown(k, little->text), r->much, handoff_shown(k, much->text), r->advice);
}

static void check_positive(const handoff_checking *k, const amount *a, const char *what) {
    if (a->known && a->value == 0)
        handoff_error(k, a->path, "bad-quantity", "%s is 0: write what was measured", what);
}

static void check_whole(const handoff_checking *k, const amount *a) {
    if (a->known && a->value % NANO_ONE != 0)
        handoff_error(k, a->path, "bad-quantity", "%s is no whole number of GPUs", handoff_shown(k, a->text));
}

static void check_gpu(const handoff_checking *k) {
    amount request = quantity_at(k, "/resources/requests/gpu"), limit = quantity_at(k, "/resources/limits/gpu");
    check_whole(k, &request);
    check_whole(k, &limit);
    if (request.known && limit.known && request.value != limit.value)
        handoff_error(k, request.path, "gpu-request",
                      "the gpu request (%s) is not its limit (%s): Kubernetes takes GPUs only when both are equal",
                      handoff_shown(k, request.text), handoff_shown(k, limit.text));
}

static void check_amounts(const handoff_checking *k) {
    amount cpu = quantity_at(k, "/resources/requests/cpu"), cpu_limit = quantity_at(k, "/resources/limits/cpu"),
           memory = quantity_at(k, "/resources/requests/memory"),
           memory_limit = quantity_at(k, "/resources/limits/memory"), peak = quantity_at(k, "/resources/peak_memory");
    check_positive(k, &cpu, "the cpu request");
    check_positive(k, &memory, "the memory request");
    check_positive(k, &peak, "the peak of memory");
    check_order(k, &cpu, &cpu_limit,
                &(order_rule){"request-over-limit", "the cpu request", "its limit", "Kubernetes refuses that"});
    check_order(k, &memory, &memory_limit,
                &(order_rule){"request-over-limit", "the memory request", "its limit", "Kubernetes refuses that"});
    check_order(
        k, &peak, &memory_limit,
        &(order_rule){"peak-over-limit", "the peak of memory", "the limit", "it would be killed; raise the limit"});
}

static void check_latency(const handoff_checking *k) {
    amount p50 = latency_at(k, "/resources/latency/p50"), p99 = latency_at(k, "/resources/latency/p99"),
           slo = latency_at(k, "/resources/latency/slo");
    check_order(k, &p50, &p99, &(order_rule){"latency-order", "p50", "p99", "one of them is wrong"});
    check_order(k, &p99, &slo,
                &(order_rule){"slo-breach", "p99", "the SLO", "make it faster, or promise what it can hold"});
}

static void check_rate(const handoff_checking *k) {
    const cJSON *rate = handoff_value(k->root, "/resources/load/rate");
    if (cJSON_IsNumber(rate) && !(rate->valuedouble > 0 && isfinite(rate->valuedouble)))
        handoff_error(k, "/resources/load/rate", "bad-rate",
                      "the rate must be more than 0: write the requests per second of the measurement");
}

void handoff_check_resources(const handoff_checking *k) {
    check_amounts(k);
    check_gpu(k);
    check_latency(k);
    check_rate(k);
}
