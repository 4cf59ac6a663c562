/* How long to wait before the next attempt. Pure: the randomness is an argument. */
#include "onus/message.h"

static usec backoff_ceiling(int attempts) {
    usec ceiling = BACKOFF_BASE;
    for (int made = 1; made < attempts && ceiling < BACKOFF_MAX; made++)
        ceiling *= 2;
    return ceiling < BACKOFF_MAX ? ceiling : BACKOFF_MAX;
}

usec backoff_delay(int attempts, usec retry_after, uint32_t random) {
    /* Never near zero, so that a receiver in trouble is not met by a crowd that drew low numbers. */
    const usec least = BACKOFF_BASE / 2;
    usec span = backoff_ceiling(attempts) - least;
    usec delay = least + (usec)(((uint64_t)span * random) >> 32);
    return delay > retry_after ? delay : retry_after;
}
