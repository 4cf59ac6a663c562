/* Whatever comes in whatever order: what must hold always. */
#include "test_decide_support.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { ALERTS = 4, EPISODES = 3, COPIES = 2, DELIVERIES = ALERTS * EPISODES * 2 * COPIES, GROUPS = 2, RUNS = 300 };

static const char *const keys[ALERTS] = {"a", "b", "c", "d"};
static const char *const groups[GROUPS] = {"g", "h"};

/* Numerical Recipes' generator: the same runs everywhere. */
static unsigned next_random(unsigned *state, unsigned below) {
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 8) % below;
}

/* Each alert has three episodes of ten minutes; each firing and each end is delivered twice. */
static void fill(sent *deliveries) {
    size_t at = 0;
    for (int alert = 0; alert < ALERTS; alert++) {
        for (int n = 0; n < EPISODES * 2 * COPIES; n++) {
            int starts = n / (2 * COPIES) * 20 + alert;
            sent one = {.kind = n % 2 == 0 ? EVENT_FIRING : EVENT_RESOLVED,
                        .key = keys[alert],
                        .group = groups[alert % GROUPS],
                        .starts = starts,
                        .ends = n % 2 == 0 ? 0 : starts + 10};
            deliveries[at++] = one;
        }
    }
}

static void shuffle(sent *deliveries, unsigned *state) {
    for (unsigned i = DELIVERIES - 1; i > 0; i--) {
        unsigned j = next_random(state, i + 1);
        sent held = deliveries[i];
        deliveries[i] = deliveries[j], deliveries[j] = held;
    }
}

/* Counts agree with the alerts; what no person resolved is open exactly as long as an alert of it fires. */
static void expect_consistent(const scene *s, int run) {
    for (int g = 0; g < GROUPS; g++) {
        const incident *i = world_find_group(s->world, groups[g]);
        int open = 0;
        for (int k = 0; i != NULL && k < ALERTS; k++) {
            const alert *a = world_find_alert(s->world, "alertmanager", keys[k]);
            open += a != NULL && a->incident == i && a->ends_at == 0;
        }
        if (i == NULL)
            continue;
        cr_assert_eq(i->open_alerts, open, "run %d: %s", run, state_of(s, i));
        cr_assert_leq(i->open_alerts, i->total_alerts, "run %d", run);
        cr_assert_leq(i->total_alerts, ALERTS / GROUPS, "run %d: each alert counts once", run);
        cr_assert_eq(i->state == INCIDENT_RESOLVED, open == 0, "run %d: %s", run, state_of(s, i));
    }
}

/* ── the oracle: the rules in their plainest words, from the log of what was said ── */

typedef struct said {
    event_kind kind;
    int starts, ends, began, decided;
    bool was_older; /* late, and its start was older than that of the episode */
} said;

typedef struct log_of_alert {
    said items[DELIVERIES + 8];
    size_t count;
    bool open;
    int start;         /* the newest that was named */
    size_t newest_end; /* place after it; 0: it never ended */
} log_of_alert;

/* Something as old has been said, and something older than the episode before this request began. */
static bool was_said_before(const log_of_alert *l, const said *one) {
    bool as_old = false, before = false;
    for (size_t k = 0; k < l->count; k++) {
        const said *earlier = &l->items[k];
        if (!earlier->was_older)
            continue;
        as_old = as_old || earlier->starts <= one->starts;
        before = before || earlier->decided < one->began;
    }
    return as_old && before;
}

/* Shown to be older than the end. */
static bool is_older(const log_of_alert *l, const said *one) {
    const said *end = &l->items[l->newest_end - 1];
    if (one->began <= end->decided - 1 && one->starts < end->ends)
        return true;
    return one->starts < l->start && !was_said_before(l, one);
}

static void forget_late(log_of_alert *l) {
    for (size_t k = 0; k < l->count; k++)
        l->items[k].was_older = false;
}

static const char *judge_firing(log_of_alert *l, said *one) {
    const bool was_open = l->open;
    const bool late = !l->open && l->newest_end > 0 && is_older(l, one);
    one->was_older = late && one->starts < l->start;
    if (late)
        return "late";
    if (!was_open)
        forget_late(l);
    l->start = was_open && l->start > one->starts ? l->start : one->starts;
    l->open = true;
    return was_open ? "known" : "began";
}

static const char *judge_end(log_of_alert *l, const said *one) {
    const bool known = l->open || l->newest_end > 0;
    if (l->open && one->starts < l->start && one->ends <= l->start)
        return "late";
    const char *verdict = l->open ? "ended" : !known || one->starts > l->start ? "remembered" : "late";
    const bool says_more = l->open || !known || one->starts > l->start || one->ends > l->items[l->newest_end - 1].ends;
    if (says_more)
        l->newest_end = l->count + 1;
    l->start = known && l->start > one->starts ? l->start : one->starts;
    l->open = false;
    return verdict;
}

static const char *judge(log_of_alert *l, said one) {
    const char *verdict = one.kind == EVENT_FIRING ? judge_firing(l, &one) : judge_end(l, &one);
    l->items[l->count++] = one;
    return verdict;
}

static bool is_verdict(event_outcome o, const char *verdict) {
    switch (o) {
    case OUTCOME_LATE:
        return strcmp(verdict, "late") == 0;
    case OUTCOME_NOTHING:
        return strcmp(verdict, "remembered") == 0;
    case OUTCOME_RESOLVED:
        return strcmp(verdict, "ended") == 0;
    case OUTCOME_OPENED:
    case OUTCOME_JOINED:
    case OUTCOME_REOPENED:
        return strcmp(verdict, "began") == 0;
    default:
        return strcmp(verdict, "known") == 0;
    }
}

typedef struct storm {
    scene scene;
    log_of_alert logs[ALERTS];
    int run, minute;
} storm;

static void send_and_judge(storm *s, const sent *events, size_t count) {
    scene_send(&s->scene, s->minute, events, count);
    for (size_t i = 0; i < count; i++) {
        const sent *one = &events[i];
        said word = {one->kind, one->starts, one->ends, one->began, s->minute, false};
        const char *verdict = judge(&s->logs[one->key[0] - 'a'], word);
        const event_outcome o = s->scene.changes.outcomes[i];
        cr_assert(is_verdict(o, verdict), "run %d: %s at %d of %d to %d, began %d: %s, not %s", s->run, one->key,
                  s->minute, one->starts, one->ends, one->began, event_outcome_to_text(o), verdict);
    }
    expect_consistent(&s->scene, s->run);
}

/* Whatever was said before: what is said to fire twice, one request after the other, is open; and its end ends it. */
static void expect_the_last_word_counts(storm *s, int starts) {
    for (int k = 0; k < ALERTS; k++) {
        sent firing = {.key = keys[k], .group = groups[k % GROUPS], .starts = starts + k};
        for (int times = 0; times < 2; times++) {
            s->minute += 2;
            firing.began = s->minute - 1;
            send_and_judge(s, &firing, 1);
        }
        const alert *a = world_find_alert(s->scene.world, "alertmanager", keys[k]);
        cr_assert_eq(a->ends_at, 0, "run %d: %s fires", s->run, keys[k]);
        s->minute += 2;
        sent over = firing;
        over.kind = EVENT_RESOLVED, over.ends = s->minute - 1, over.began = s->minute - 1;
        send_and_judge(s, &over, 1);
        cr_assert_neq(a->ends_at, 0, "run %d: %s has ended", s->run, keys[k]);
    }
}

static void run_once(int run) {
    unsigned state = (unsigned)run + 1;
    sent deliveries[DELIVERIES];
    storm *s = calloc(1, sizeof *s);
    scene_init(&s->scene);
    s->run = run;
    s->minute = 100;
    fill(deliveries);
    shuffle(deliveries, &state);
    for (size_t at = 0; at < DELIVERIES;) {
        size_t batch = 1 + next_random(&state, 8);
        batch = at + batch > DELIVERIES ? DELIVERIES - at : batch;
        s->minute += (int)next_random(&state, 8);
        for (size_t i = 0; i < batch; i++)
            deliveries[at + i].began = s->minute - 1 - (int)next_random(&state, 12);
        send_and_judge(s, &deliveries[at], batch);
        at += batch;
    }
    expect_the_last_word_counts(s, (int)next_random(&state, 60));
    scene_release(&s->scene);
    free(s);
}

Test(decide_random, any_order_any_batches) {
    for (int run = 0; run < RUNS; run++)
        run_once(run);
}
