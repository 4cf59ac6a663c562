/* The system's clock. The only place that reads the time; everything else is handed one. */
#include "onus/clock.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

static usec read_clock(clockid_t id) {
    struct timespec now;
    int failed = clock_gettime(id, &now);
    assert(!failed); /* these clocks exist on every Linux */
    (void)failed;
    return (usec)now.tv_sec * USEC_PER_SECOND + now.tv_nsec / 1000;
}

static usec system_now(void *context) {
    (void)context;
    return read_clock(CLOCK_REALTIME);
}

static usec system_monotonic(void *context) {
    (void)context;
    return read_clock(CLOCK_BOOTTIME);
}

onus_clock clock_system(void) {
    return (onus_clock){.now = system_now, .monotonic = system_monotonic};
}

/* ── steady ── */

enum { FOLLOW_WITHIN_SECONDS = 60, FOLLOW_MOST = 20 /* a twentieth */ };
#define FOLLOW_SURE (500 * USEC_PER_MS) /* an answer that took longer says too little */

struct steady_clock {
    onus_clock under;
    pthread_mutex_t lock;
    usec at, now; /* the two clocks at the newest bend */
    usec towards; /* to be gained since then, in FOLLOW_WITHIN_SECONDS; negative: to be lost */
};

/* Under the lock. Never backwards: what is lost is at most a twentieth of what goes by. */
static usec steady_at(const steady_clock *s, usec monotonic) {
    const usec within = FOLLOW_WITHIN_SECONDS * USEC_PER_SECOND, most = within / FOLLOW_MOST;
    usec passed = monotonic - s->at, bending = passed < within ? passed : within;
    usec towards = s->towards > most ? most : s->towards < -most ? -most : s->towards;
    return s->now + passed + towards * (bending / USEC_PER_MS) / (within / USEC_PER_MS);
}

static usec steady_now(void *context) {
    steady_clock *s = context;
    pthread_mutex_lock(&s->lock);
    usec now = steady_at(s, clock_monotonic(&s->under));
    pthread_mutex_unlock(&s->lock);
    return now;
}

static usec steady_monotonic(void *context) {
    return clock_monotonic(&((steady_clock *)context)->under);
}

static void bend(steady_clock *s, usec now, usec monotonic, usec towards) {
    s->now = now;
    s->at = monotonic;
    s->towards = towards;
}

steady_clock *steady_clock_new(onus_clock under) {
    steady_clock *s = mem_zalloc(1, sizeof *s);
    pthread_mutex_init(&s->lock, NULL);
    s->under = under;
    bend(s, clock_now(&under), clock_monotonic(&under), 0);
    return s;
}

void steady_clock_free(steady_clock *s) {
    if (s == NULL)
        return;
    pthread_mutex_destroy(&s->lock);
    free(s);
}

onus_clock steady_clock_face(steady_clock *s) {
    return (onus_clock){.now = steady_now, .monotonic = steady_monotonic, .context = s};
}

void steady_clock_set(steady_clock *s, usec now) {
    pthread_mutex_lock(&s->lock);
    bend(s, now, clock_monotonic(&s->under), 0);
    pthread_mutex_unlock(&s->lock);
}

/* The answer's own way is all that is uncertain: within half of it the two agree. */
usec steady_clock_follow(steady_clock *s, usec theirs, usec asked) {
    pthread_mutex_lock(&s->lock);
    usec monotonic = clock_monotonic(&s->under), took = monotonic - asked, now = steady_at(s, monotonic);
    usec ahead = now - (theirs + took / 2);
    bool agree = ahead <= took / 2 && -ahead <= took / 2;
    if (took <= FOLLOW_SURE)
        bend(s, now, monotonic, agree ? 0 : -ahead);
    pthread_mutex_unlock(&s->lock);
    return agree ? 0 : ahead;
}

usec clock_now(const onus_clock *clock) {
    return clock->now(clock->context);
}

usec clock_monotonic(const onus_clock *clock) {
    return clock->monotonic(clock->context);
}

struct timespec clock_wait_until(long ms) {
    usec until = read_clock(CLOCK_MONOTONIC) + (usec)ms * USEC_PER_MS;
    return (struct timespec){.tv_sec = until / USEC_PER_SECOND, .tv_nsec = until % USEC_PER_SECOND * 1000};
}
