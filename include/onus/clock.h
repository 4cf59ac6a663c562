/* Time: microseconds since 1970-01-01T00:00:00Z, in UTC, as a signed 64-bit number. 0 means "not set".
 *
 * Nothing but a clock reads the time: it is made once in main and handed down, so that tests move it. */
#ifndef ONUS_CLOCK_H
#define ONUS_CLOCK_H

#include "onus/arena.h"

#include <stdint.h>
#include <time.h>

typedef int64_t usec;

#define USEC_PER_MS ((usec)1000)
#define USEC_PER_SECOND ((usec)1000000)
#define USEC_PER_MINUTE (60 * USEC_PER_SECOND)
#define USEC_PER_HOUR (60 * USEC_PER_MINUTE)
#define USEC_PER_DAY (24 * USEC_PER_HOUR)

typedef struct onus_clock {
    usec (*now)(void *context);       /* wall time, UTC */
    usec (*monotonic)(void *context); /* for deadlines and latencies; counts while the machine sleeps; the origin means
                                         nothing */
    void *context;
} onus_clock;

onus_clock clock_system(void);
usec clock_now(const onus_clock *clock);
usec clock_monotonic(const onus_clock *clock);

/* A clock that never jumps: it goes as the monotonic one does, whatever is done to the clock of the wall here or on the
 * database's machine. Deadlines are stored as times of the day; so what is due in a quarter of an hour stays due in a
 * quarter of an hour. Set once, at the start; afterwards it follows slowly, a twentieth faster or slower than time.
 * Thread-safe; outlives whoever holds its face. */
typedef struct steady_clock steady_clock;
steady_clock *steady_clock_new(onus_clock under); /* begins with what `under` says */
void steady_clock_free(steady_clock *s);
onus_clock steady_clock_face(steady_clock *s);
void steady_clock_set(steady_clock *s, usec now);
/* Elsewhere it was `theirs` at some moment between `asked` (monotonic) and now. How far this clock is ahead of it;
 * 0: no further than the answer took. */
usec steady_clock_follow(steady_clock *s, usec theirs, usec asked);

/* `ms` from now, for pthread_cond_clockwait with CLOCK_MONOTONIC: a wait by the wall's clock lasts an hour when
 * somebody sets that back by an hour. */
struct timespec clock_wait_until(long ms);

/* RFC 3339, as Prometheus (nanoseconds) and PagerDuty (+0000 without a colon) write it. The year must lie in 0001–9999;
 * Go's zero time 0001-01-01T00:00:00Z gives 0. Fractions past microseconds are cut. */
MUST_USE bool time_from_text(const char *text, usec *out, err *e);
char *time_to_text(arena *a, usec t);       /* 2026-01-02T03:04:05.678Z; milliseconds */
char *time_to_short_text(arena *a, usec t); /* 2026-01-02 03:04 UTC, for people */
char *time_to_mail_text(arena *a, usec t);  /* RFC 5322 §3.3, +0000 */

#endif
