/* Circuit breaker of one destination. Pure: time and chance are arguments.
 *
 * closed ── BREAKER_FAILURES in a row ──▶ open ── open_until ──▶ half open (one probe) ── success ──▶ closed
 *                                          ▲                              └── failure, for longer ──┘ */
#ifndef ONUS_BREAKER_H
#define ONUS_BREAKER_H

#include "onus/clock.h"

enum { BREAKER_FAILURES = 5 };
#define BREAKER_OPEN_FIRST (5 * USEC_PER_SECOND)
#define BREAKER_OPEN_MAX (5 * USEC_PER_MINUTE)
#define BREAKER_FORGET (10 * USEC_PER_MINUTE) /* a failure that is so old no longer counts */

typedef struct breaker {
    int failures; /* in a row */
    int opened;   /* times in a row */
    usec open_until;
    usec failed_at;
} breaker;

bool breaker_is_open(const breaker *b, usec now);
void breaker_succeeded(breaker *b);
void breaker_failed(breaker *b, usec now, uint32_t random);
/* True when it has nothing to remember. */
bool breaker_is_clean(const breaker *b, usec now);

#endif
