/* The system's clock. The only place that reads the time; everything else is handed one. */
#include "onus/clock.h"

#include <assert.h>
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
