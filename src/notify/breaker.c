/* Owns when a destination that fails is left alone. */
#include "notify/breaker.h"

bool breaker_is_open(const breaker *b, usec now) {
    return now < b->open_until;
}

void breaker_succeeded(breaker *b) {
    *b = (breaker){0};
}

/* Longer each time, spread by up to a quarter, so that destinations that fell together are not tried together. */
static usec open_for(int opened, uint32_t random) {
    usec length = BREAKER_OPEN_FIRST;
    for (int i = 1; i < opened && length < BREAKER_OPEN_MAX; i++)
        length *= 2;
    if (length > BREAKER_OPEN_MAX)
        length = BREAKER_OPEN_MAX;
    return length - (usec)((uint64_t)(length / 4) * random >> 32);
}

void breaker_failed(breaker *b, usec now, uint32_t random) {
    b->failures++;
    b->failed_at = now;
    if (b->failures < BREAKER_FAILURES || breaker_is_open(b, now))
        return; /* what was under way when it opened says nothing new */
    b->opened++;
    b->open_until = now + open_for(b->opened, random);
}

bool breaker_is_clean(const breaker *b, usec now) {
    return b->failures == 0 || now >= b->failed_at + BREAKER_FORGET;
}
