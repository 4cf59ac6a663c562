/* Owns the queue between those who parse and the one who commits. The batch forms by itself behind the commit in
 * flight: no timer. */
#include "app/intake.h"

#include "onus/limits.h"

#include <pthread.h>
#include <stdlib.h>

struct intake {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    submission *first, *last;
    size_t events, bytes; /* queued and under commit */
    bool closed;
};

intake *intake_new(void) {
    intake *in = mem_zalloc(1, sizeof *in);
    pthread_mutex_init(&in->lock, NULL);
    pthread_cond_init(&in->filled, NULL);
    return in;
}

void intake_free(intake *in) {
    if (!in)
        return;
    pthread_mutex_destroy(&in->lock);
    pthread_cond_destroy(&in->filled);
    free(in);
}

bool intake_put(intake *in, submission *s) {
    s->next = NULL;
    pthread_mutex_lock(&in->lock);
    bool room =
        !in->closed && in->events + s->count <= LIMIT_INTAKE_EVENTS && in->bytes + s->bytes <= LIMIT_INTAKE_BYTES;
    if (room) {
        *(in->last ? &in->last->next : &in->first) = s;
        in->last = s;
        in->events += s->count;
        in->bytes += s->bytes;
        pthread_cond_signal(&in->filled);
    }
    pthread_mutex_unlock(&in->lock);
    return room;
}

submission *intake_take(intake *in, size_t max, bool wait) {
    pthread_mutex_lock(&in->lock);
    while (wait && !in->first && !in->closed)
        pthread_cond_wait(&in->filled, &in->lock);
    submission *taken = in->first, *tail = taken;
    for (size_t events = taken ? taken->count : 0; tail && tail->next && events + tail->next->count <= max;) {
        tail = tail->next;
        events += tail->count;
    }
    if (tail) {
        in->first = tail->next;
        tail->next = NULL;
        if (!in->first)
            in->last = NULL;
    }
    pthread_mutex_unlock(&in->lock);
    return taken;
}

void intake_settled(intake *in, size_t events, size_t bytes) {
    pthread_mutex_lock(&in->lock);
    in->events -= events;
    in->bytes -= bytes;
    pthread_mutex_unlock(&in->lock);
}

size_t intake_events(intake *in) {
    pthread_mutex_lock(&in->lock);
    size_t events = in->events;
    pthread_mutex_unlock(&in->lock);
    return events;
}

void intake_close(intake *in) {
    pthread_mutex_lock(&in->lock);
    in->closed = true;
    pthread_cond_broadcast(&in->filled);
    pthread_mutex_unlock(&in->lock);
}
