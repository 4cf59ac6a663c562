/* Owns what all connections of a process know of the database's absence. Leaves connecting to connection.c, and what a
 * failure means to its table.
 *
 * The one difficulty is when it is over. A server that could not be reached is back with the first statement that it
 * answers. One that answers some and refuses others (a full disk lets one read) is back when it has refused nothing for
 * a while; else each read would be good news and each write bad news. */
#include "onus/patience.h"

#include "onus/crypto.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct patience {
    patience_options options;
    pthread_mutex_t lock;
    _Atomic bool away; /* written under the lock */
    bool closed;       /* connections are made one at a time, after the wait */
    bool lingers;      /* an answer alone is no proof */
    bool trying;       /* somebody connects */
    int failures;      /* one after another, each after its wait */
    usec since, failed_at, next_at;
    err why; /* of the first failure */
};

/* What a kind of trouble does. */
static const struct {
    bool closes, lingers;
} EFFECTS[] = {
    [TROUBLE_UNREACHED] = {true, false},
    [TROUBLE_SILENT] = {true, true},
    [TROUBLE_REFUSED] = {false, true},
};

patience *patience_new(const patience_options *options) {
    patience *p = mem_zalloc(1, sizeof *p);
    p->options = *options;
    pthread_mutex_init(&p->lock, NULL);
    return p;
}

void patience_free(patience *p) {
    if (p == NULL)
        return;
    pthread_mutex_destroy(&p->lock);
    free(p);
}

static usec next_wait(int failures) {
    usec most = PATIENCE_LEAST_MS * USEC_PER_MS;
    for (int i = 1; i < failures && most < PATIENCE_MOST_MS * USEC_PER_MS; i++)
        most *= 2;
    if (most > PATIENCE_MOST_MS * USEC_PER_MS)
        most = PATIENCE_MOST_MS * USEC_PER_MS;
    uint32_t random;
    crypto_random(&random, sizeof random);
    return most / 2 + (usec)(((uint64_t)most / 2 * random) >> 32);
}

static void tell(patience *p, const patience_news *news) {
    if (p->options.changed != NULL)
        p->options.changed(p->options.context, news);
}

bool patience_may_connect(patience *p, err *e) {
    pthread_mutex_lock(&p->lock);
    bool may = !p->closed || (!p->trying && clock_monotonic(&p->options.clock) >= p->next_at);
    if (may && p->closed)
        p->trying = true;
    if (!may)
        *e = p->why;
    pthread_mutex_unlock(&p->lock);
    return may;
}

/* Failures that come while everybody waits are the same failure, seen by others. */
void patience_failed(patience *p, trouble what, const char *why) {
    pthread_mutex_lock(&p->lock);
    usec now = clock_monotonic(&p->options.clock);
    bool first = !p->away;
    if (first) {
        p->since = now;
        (void)err_set(&p->why, ERR_UNAVAILABLE, "%s", why);
    }
    if (now >= p->next_at)
        p->next_at = now + next_wait(++p->failures);
    p->failed_at = now;
    p->closed |= EFFECTS[what].closes;
    p->lingers = EFFECTS[what].lingers;
    p->trying &= what != TROUBLE_UNREACHED;
    atomic_store(&p->away, true);
    pthread_mutex_unlock(&p->lock);
    if (first)
        tell(p, &(patience_news){.away = true, .why = why});
}

void patience_worked(patience *p) {
    if (!patience_is_away(p))
        return;
    pthread_mutex_lock(&p->lock);
    usec now = clock_monotonic(&p->options.clock), lasted = now - p->since;
    bool over = p->away && (!p->lingers || now - p->failed_at >= PATIENCE_QUIET_MS * USEC_PER_MS);
    p->trying = p->closed = false;
    if (over) {
        p->failures = 0;
        p->next_at = 0;
        atomic_store(&p->away, false);
    }
    err why = p->why;
    pthread_mutex_unlock(&p->lock);
    if (over)
        tell(p, &(patience_news){.why = why.text, .lasted = lasted});
}

usec patience_left(patience *p) {
    pthread_mutex_lock(&p->lock);
    usec left = p->away ? p->next_at - clock_monotonic(&p->options.clock) : 0;
    pthread_mutex_unlock(&p->lock);
    return left > 0 ? left : 0;
}

bool patience_is_away(const patience *p) {
    return atomic_load(&p->away);
}
