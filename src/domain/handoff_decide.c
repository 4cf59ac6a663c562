/* What may be done with a version of a model, in which state, and what comes of it. The transitions are rows of one
 * table; the checks of the package are handoff_check's, keeping and telling is for others.
 *
 * The difficulty: programs declare again and again, and people press twice. What is so already is no error and changes
 * nothing; but a version that was accepted can never silently become another one. */
#include "onus/handoffs.h"

#include "onus/json.h"
#include "onus/limits.h"
#include "onus/text.h"

#include <string.h>

enum { SUMMARY_METRICS_MAX = 3, SUMMARY_NAME_BYTES = 60, SUMMARY_BYTES = 200 };

static const struct {
    const char *name;
    bool needs_reason;
} actions[HANDOFF_ACTION_COUNT] = {
    [HANDOFF_DECLARE] = {"declare", false},    [HANDOFF_REVALIDATE] = {"revalidate", false},
    [HANDOFF_ACCEPT] = {"accept", true},       [HANDOFF_REJECT] = {"reject", true},
    [HANDOFF_HAND_BACK] = {"hand-back", true},
};

const char *handoff_action_to_text(handoff_action v) {
    return actions[v].name;
}

bool handoff_action_from_text(const char *text, handoff_action *out) {
    for (int v = 0; v < HANDOFF_ACTION_COUNT; v++) {
        if (text_equal(text, actions[v].name)) {
            *out = (handoff_action)v;
            return true;
        }
    }
    return false;
}

bool handoff_action_needs_reason(handoff_action v) {
    return actions[v].needs_reason;
}

/* ── the transitions ── */

typedef enum effect {
    REFUSED,
    KEPT,    /* it is so already */
    CHECKED, /* validated, or declared when the package has errors */
    MOVED,   /* to the row's state */
} effect;

typedef struct transition {
    handoff_action action;
    handoff_state from;
    effect effect;
    handoff_state to; /* MOVED */
    const char *why;
} transition;

static const transition table[] = {
    {HANDOFF_DECLARE, HANDOFF_NONE, CHECKED, 0, "Science offers a version"},
    {HANDOFF_DECLARE, HANDOFF_DECLARED, CHECKED, 0, "the mended package"},
    {HANDOFF_DECLARE, HANDOFF_VALIDATED, CHECKED, 0, "another package, not accepted yet"},
    {HANDOFF_DECLARE, HANDOFF_REJECTED, CHECKED, 0, "the mended package"},
    {HANDOFF_DECLARE, HANDOFF_HANDED_BACK, CHECKED, 0, "the mended package of the same artifact"},
    {HANDOFF_REVALIDATE, HANDOFF_DECLARED, CHECKED, 0, "checked once more, as it is"},
    {HANDOFF_REVALIDATE, HANDOFF_VALIDATED, CHECKED, 0, "checked once more, as it is"},
    {HANDOFF_REVALIDATE, HANDOFF_REJECTED, CHECKED, 0, "offered again, as it is"},
    {HANDOFF_REVALIDATE, HANDOFF_HANDED_BACK, CHECKED, 0, "offered again, as it is"},
    {HANDOFF_ACCEPT, HANDOFF_VALIDATED, MOVED, HANDOFF_ACCEPTED, "System takes it over"},
    {HANDOFF_ACCEPT, HANDOFF_SUPERSEDED, MOVED, HANDOFF_ACCEPTED, "rolled back to it"},
    {HANDOFF_ACCEPT, HANDOFF_ACCEPTED, KEPT, 0, "it is"},
    {HANDOFF_REJECT, HANDOFF_DECLARED, MOVED, HANDOFF_REJECTED, "System does not take it over"},
    {HANDOFF_REJECT, HANDOFF_VALIDATED, MOVED, HANDOFF_REJECTED, "System does not take it over"},
    {HANDOFF_REJECT, HANDOFF_REJECTED, KEPT, 0, "it is"},
    {HANDOFF_HAND_BACK, HANDOFF_ACCEPTED, MOVED, HANDOFF_HANDED_BACK, "System gives it back to Science"},
    {HANDOFF_HAND_BACK, HANDOFF_HANDED_BACK, KEPT, 0, "it is"},
};

static const transition *find(handoff_action action, handoff_state from) {
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (table[i].action == action && table[i].from == from)
            return &table[i];
    }
    return NULL;
}

void handoff_print_transitions(buf *b) {
    buf_puts(b, "| what is done | from | to | |\n|---|---|---|---|\n");
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const transition *t = &table[i];
        const char *to = t->effect == CHECKED ? "validated, or declared" : handoff_state_to_text(t->to);
        buf_printf(b, "| %s | %s | %s | %s |\n", actions[t->action].name, handoff_state_to_text(t->from),
                   t->effect == KEPT ? handoff_state_to_text(t->from) : to, t->why);
    }
}

/* ── why not ── */

/* What is possible instead, by the state that it is in. */
static const char *const instead[HANDOFF_STATE_COUNT] = {
    [HANDOFF_DECLARED] = "mend the package and declare it again",
    [HANDOFF_VALIDATED] = "it can be accepted or rejected",
    [HANDOFF_ACCEPTED] = "what was accepted is handed back",
    [HANDOFF_SUPERSEDED] = "another version has taken its place",
    [HANDOFF_REJECTED] = "declare the mended package, or revalidate it as it is",
    [HANDOFF_HANDED_BACK] = "declare the mended package, or revalidate it as it is",
};

static bool refuse(const handoff_known *k, handoff_action action, err *e) {
    if (k->state == HANDOFF_NONE)
        return err_set(e, ERR_NOT_FOUND, "nobody has declared %.100s of %.100s", k->version, k->model);
    if (action == HANDOFF_ACCEPT && k->state == HANDOFF_DECLARED)
        return err_set(
            e, ERR_CONFLICT,
            "%.100s of %.100s cannot be accepted: its package has %lld error%s; mend the package and declare "
            "it again",
            k->version, k->model, (long long)k->findings, k->findings == 1 ? "" : "s");
    return err_set(e, ERR_CONFLICT, "%.100s of %.100s is %s, so \"%s\" is not possible: %s", k->version, k->model,
                   handoff_state_to_text(k->state), actions[action].name, instead[k->state]);
}

static bool has_reason(const handoff_request *r, err *e) {
    if (!actions[r->action].needs_reason || r->reason[0] != '\0')
        return true;
    return err_set(e, ERR_INVALID, "give a `reason`: the timeline keeps who moved it and why");
}

/* What was accepted can be given back whatever has happened before; after that it has no way on. */
static bool is_within_limits(const handoff_known *k, const handoff_request *r, err *e) {
    if (k->state == HANDOFF_NONE && k->versions >= LIMIT_HANDOFF_VERSIONS)
        return err_set(e, ERR_LIMIT, "there are %d versions already; remove those that nobody runs any more",
                       LIMIT_HANDOFF_VERSIONS);
    if (r->action != HANDOFF_HAND_BACK && k->changes >= LIMIT_HANDOFF_CHANGES)
        return err_set(e, ERR_LIMIT, "%.100s of %.100s has changed %d times; declare a new version", k->version,
                       k->model, LIMIT_HANDOFF_CHANGES);
    return true;
}

/* ── packages ── */

/* "" reads as nothing known. False when what is stored cannot be read, which is no reason to stop anybody. */
static bool read_known(arena *a, const char *manifest, handoff_package *out) {
    err e;
    *out = (handoff_package){0};
    return manifest[0] != '\0' && handoff_package_read(a, manifest, strlen(manifest), out, &e);
}

static bool same_artifact(const handoff_known *k, const handoff_package *now, arena *a) {
    handoff_package before;
    if (!read_known(a, k->manifest, &before))
        return true;
    const cJSON *was = json_member(before.tree, "artifact"), *is = json_member(now->tree, "artifact");
    bool same = (was == NULL && is == NULL) || cJSON_Compare(was, is, true) != 0;
    handoff_package_release(&before);
    return same;
}

static bool may_become(const handoff_known *k, const handoff_package *now, arena *a, err *e) {
    if (k->state == HANDOFF_ACCEPTED || k->state == HANDOFF_SUPERSEDED)
        return err_set(
            e, ERR_CONFLICT,
            "%.100s of %.100s was accepted with another package; versions are immutable, so declare a new one",
            k->version, k->model);
    if (k->state == HANDOFF_HANDED_BACK && !same_artifact(k, now, a))
        return err_set(e, ERR_CONFLICT,
                       "%.100s of %.100s was accepted with another artifact; declare the new one as a new version",
                       k->version, k->model);
    return true;
}

static void check(const handoff_known *k, const handoff_package *p, const handoff_request *r, arena *a,
                  handoff_decision *out) {
    handoff_package previous;
    bool has_previous = read_known(a, k->previous_manifest, &previous);
    handoff_findings found = {.memory = a};
    handoff_check(p,
                  &(handoff_context){.now = r->now,
                                     .previous = has_previous ? &previous : NULL,
                                     .history_known = true,
                                     .rollback_accepted = k->rollback_accepted},
                  &found);
    buf json;
    buf_init(&json);
    handoff_findings_put_json(&json, &found);
    out->findings = buf_to_arena(&json, a);
    out->errors = (int64_t)found.errors;
    for (size_t i = 0; i < found.count; i++)
        out->warnings += found.items[i].level == DIAGNOSTIC_WARNING;
    out->to = found.errors > 0 ? HANDOFF_DECLARED : HANDOFF_VALIDATED;
    buf_release(&json);
    handoff_package_release(&previous);
}

static bool offer(const handoff_known *k, const handoff_request *r, arena *a, handoff_decision *out, err *e) {
    const handoff_package *p = r->package;
    if (k->state != HANDOFF_NONE && text_equal(k->manifest, p->json)) {
        *out = (handoff_decision){.to = k->state};
        return true;
    }
    if (!may_become(k, p, a, e) || !is_within_limits(k, r, e))
        return false;
    check(k, p, r, a, out);
    out->manifest = p->json;
    out->rollback_version = p->rollback_version;
    out->summary = handoff_summary(p, a);
    return true;
}

static bool check_again(const handoff_known *k, const handoff_request *r, arena *a, handoff_decision *out, err *e) {
    handoff_package stored;
    if (!is_within_limits(k, r, e) || !handoff_package_read(a, k->manifest, strlen(k->manifest), &stored, e))
        return false;
    check(k, &stored, r, a, out);
    handoff_package_release(&stored);
    return true;
}

/* ── the decision ── */

bool handoff_decide(const handoff_known *k, const handoff_request *r, arena *a, handoff_decision *out, err *e) {
    const transition *t = find(r->action, k->state);
    handoff_decision made = {.changes = true, .reason = r->reason};
    if (r->action == HANDOFF_DECLARE) {
        if (!offer(k, r, a, &made, e))
            return false;
    } else if (t == NULL) {
        return refuse(k, r->action, e);
    } else if (t->effect == KEPT) {
        made = (handoff_decision){.to = k->state};
    } else if (t->effect == CHECKED) {
        if (!check_again(k, r, a, &made, e))
            return false;
    } else {
        made.to = t->to;
        if (!has_reason(r, e) || !is_within_limits(k, r, e))
            return false;
    }
    *out = made;
    return true;
}

/* ── the summary ── */

static const char *short_scalar(arena *a, const cJSON *value) {
    const char *text = cJSON_IsNumber(value) || cJSON_IsString(value) ? json_scalar_text(a, value) : NULL;
    return text != NULL ? text_shorten(a, text, SUMMARY_NAME_BYTES) : "";
}

static void put_metric(buf *b, arena *a, const cJSON *metric) {
    const char *name = short_scalar(a, json_member(metric, "name"));
    const char *value = short_scalar(a, json_member(metric, "value"));
    const char *threshold = short_scalar(a, json_member(metric, "threshold"));
    if (name[0] == '\0' || value[0] == '\0')
        return;
    buf_printf(b, "%s%s %s", b->len > 0 ? ", " : "baseline ", name, value);
    if (threshold[0] != '\0')
        buf_printf(b, " (threshold %s)", threshold);
}

const char *handoff_summary(const handoff_package *p, arena *a) {
    const cJSON *metrics = json_member(json_member(p->tree, "baseline"), "metrics"), *metric;
    buf b;
    int shown = 0;
    buf_init(&b);
    cJSON_ArrayForEach(metric, metrics) {
        if (cJSON_IsArray(metrics) && shown++ < SUMMARY_METRICS_MAX)
            put_metric(&b, a, metric);
    }
    const char *text = text_shorten(a, b.data, SUMMARY_BYTES);
    buf_release(&b);
    return text;
}
