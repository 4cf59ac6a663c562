/* Whatever comes in whatever order: what must hold always. */
#include "test_decide_support.h"

#include <criterion/criterion.h>
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

static void run_once(int run) {
    unsigned state = (unsigned)run + 1;
    sent deliveries[DELIVERIES];
    scene s;
    scene_init(&s);
    fill(deliveries);
    shuffle(deliveries, &state);
    size_t pages = 0;
    int minute = 100;
    for (size_t at = 0; at < DELIVERIES;) {
        size_t batch = 1 + next_random(&state, 8);
        batch = at + batch > DELIVERIES ? DELIVERIES - at : batch;
        minute += (int)next_random(&state, 8);
        scene_send(&s, minute, &deliveries[at], batch);
        at += batch;
        pages += pages_to(&s, RACI_RESPONSIBLE);
        expect_consistent(&s, run);
    }
    for (int k = 0; k < ALERTS; k++) {
        const alert *a = world_find_alert(s.world, "alertmanager", keys[k]);
        cr_assert_eq(a->ends_at, NOON + MINUTES((EPISODES - 1) * 20 + k + 10), "run %d: the last episode's end", run);
    }
    cr_assert_leq(pages, 2 * ALERTS * EPISODES, "run %d: an episode pages R's two contacts at most once", run);
    scene_send(&s, minute, deliveries, DELIVERIES);
    cr_assert_str_eq(told(&s), "", "run %d: all of it once more tells nobody", run);
    cr_assert_str_eq(timeline(&s), "", "run %d", run);
    scene_release(&s);
}

Test(decide_random, any_order_any_batches) {
    for (int run = 0; run < RUNS; run++)
        run_once(run);
}
