/* Owns the set of messages in hand and the ends of their leases. Leaves claiming and renewing to the dispatcher.
 *
 * The one difficulty is being sure without asking: a look at the line tells whether the session still lives at this
 * moment, even when this process was stopped while it ended. */
#include "app/leases.h"

#include "onus/limits.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

/* A table of its own; uthash would cost an allocation a message. Over LIMIT_DISPATCH_QUEUE and results that wait, kept
 * under two thirds full. */
enum { SLOTS = 65536 };

typedef struct slot {
    int64_t id; /* 0: free */
    usec ends;
    bool asked;
} slot;

struct leases {
    onus_clock clock;
    pthread_mutex_t lock;
    slot slots[SLOTS];
    size_t count;
    int line; /* -1: none */
    bool alone;
};

static size_t slot_of(int64_t id) {
    return (size_t)((uint64_t)id * 0x9E3779B97F4A7C15u >> 48) & (SLOTS - 1);
}

/* Its place, or the free one where it would stand. */
static slot *find(leases *l, int64_t id) {
    size_t i = slot_of(id);
    while (l->slots[i].id && l->slots[i].id != id)
        i = (i + 1) & (SLOTS - 1);
    return &l->slots[i];
}

leases *leases_new(onus_clock clock) {
    leases *l = mem_zalloc(1, sizeof *l);
    l->clock = clock;
    l->line = -1;
    pthread_mutex_init(&l->lock, NULL);
    return l;
}

void leases_free(leases *l) {
    if (!l)
        return;
    leases_set_line(l, -1);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

/* ── the set ── */

lease_taken leases_take(leases *l, int64_t message_id, usec ends) {
    pthread_mutex_lock(&l->lock);
    slot *s = find(l, message_id);
    lease_taken taken = s->id ? LEASE_EXTENDED : l->count < (size_t)SLOTS * 2 / 3 ? LEASE_TAKEN : LEASE_NO_ROOM;
    if (taken != LEASE_NO_ROOM)
        *s = (slot){message_id, ends, false};
    l->count += taken == LEASE_TAKEN;
    pthread_mutex_unlock(&l->lock);
    return taken;
}

bool leases_extend(leases *l, int64_t message_id, usec ends) {
    pthread_mutex_lock(&l->lock);
    slot *s = find(l, message_id);
    bool held = s->id != 0;
    if (held)
        *s = (slot){message_id, ends, false};
    pthread_mutex_unlock(&l->lock);
    return held;
}

void leases_drop(leases *l, int64_t message_id) {
    pthread_mutex_lock(&l->lock);
    size_t hole = (size_t)(find(l, message_id) - l->slots);
    if (l->slots[hole].id) {
        for (size_t i = (hole + 1) & (SLOTS - 1); l->slots[i].id; i = (i + 1) & (SLOTS - 1))
            if (((i - slot_of(l->slots[i].id)) & (SLOTS - 1)) >= ((i - hole) & (SLOTS - 1))) {
                l->slots[hole] = l->slots[i];
                hole = i;
            }
        l->slots[hole] = (slot){0};
        l->count--;
    }
    pthread_mutex_unlock(&l->lock);
}

/* ── renewing ── */

size_t leases_ask(leases *l, int64_t **ids) {
    size_t count = 0;
    pthread_mutex_lock(&l->lock);
    *ids = mem_alloc((l->count + 1) * sizeof **ids);
    for (size_t i = 0; i < SLOTS; i++) {
        l->slots[i].asked = l->slots[i].id != 0;
        if (l->slots[i].asked)
            (*ids)[count++] = l->slots[i].id;
    }
    pthread_mutex_unlock(&l->lock);
    return count;
}

void leases_renewed(leases *l, const int64_t *ids, size_t count, usec ends) {
    pthread_mutex_lock(&l->lock);
    for (size_t i = 0; i < count; i++) {
        slot *s = find(l, ids[i]);
        if (s->id && s->asked)
            *s = (slot){ids[i], ends, false};
    }
    for (size_t i = 0; i < SLOTS; i++)
        if (l->slots[i].asked)
            l->slots[i] = (slot){.id = l->slots[i].id};
    pthread_mutex_unlock(&l->lock);
}

/* ── may it leave? ── */

void leases_set_line(leases *l, int line) {
    pthread_mutex_lock(&l->lock);
    int old = l->line;
    l->line = line;
    pthread_mutex_unlock(&l->lock);
    if (old >= 0)
        (void)close(old);
}

void leases_set_alone(leases *l, bool alone) {
    pthread_mutex_lock(&l->lock);
    l->alone = alone;
    pthread_mutex_unlock(&l->lock);
}

static bool hangs_up(int line) {
    struct pollfd p = {.fd = line, .events = POLLRDHUP};
    return poll(&p, 1, 0) > 0;
}

bool leases_may_begin(leases *l) {
    pthread_mutex_lock(&l->lock);
    bool may = l->alone || (l->line >= 0 && !hangs_up(l->line));
    pthread_mutex_unlock(&l->lock);
    return may;
}

bool leases_is_ours(leases *l, int64_t message_id) {
    usec by = clock_monotonic(&l->clock) + LIMIT_SEND_SECONDS * USEC_PER_SECOND;
    pthread_mutex_lock(&l->lock);
    const slot *s = find(l, message_id);
    bool ours = s->id && by < s->ends;
    pthread_mutex_unlock(&l->lock);
    return ours;
}
