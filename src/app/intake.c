/* Owns the queue between those who parse and those who commit. The batch forms by itself behind the commit in
 * flight: no timer. */
#include "app/intake.h"

#include "onus/limits.h"

#include <pthread.h>
#include <stdlib.h>

typedef struct lane_queue {
    pthread_cond_t filled;
    submission *first, *last;
} lane_queue;

struct intake {
    pthread_mutex_t lock;
    lane_queue lanes[LANES_MAX];
    size_t lane_count;
    size_t events, bytes; /* queued and under commit */
    bool closed;
};

intake *intake_new(size_t lanes) {
    intake *in = mem_zalloc(1, sizeof *in);
    pthread_mutex_init(&in->lock, NULL);
    in->lane_count = lanes;
    for (size_t i = 0; i < lanes; i++)
        pthread_cond_init(&in->lanes[i].filled, NULL);
    return in;
}

void intake_free(intake *in) {
    if (!in)
        return;
    for (size_t i = 0; i < in->lane_count; i++)
        pthread_cond_destroy(&in->lanes[i].filled);
    pthread_mutex_destroy(&in->lock);
    free(in);
}

size_t intake_lanes(const intake *in) {
    return in->lane_count;
}

bool intake_put(intake *in, submission *s) {
    s->next = NULL;
    pthread_mutex_lock(&in->lock);
    bool room =
        !in->closed && in->events + s->count <= LIMIT_INTAKE_EVENTS && in->bytes + s->bytes <= LIMIT_INTAKE_BYTES;
    if (room) {
        lane_queue *l = &in->lanes[s->lane];
        *(l->last ? &l->last->next : &l->first) = s;
        l->last = s;
        in->events += s->count;
        in->bytes += s->bytes;
        pthread_cond_signal(&l->filled);
    }
    pthread_mutex_unlock(&in->lock);
    return room;
}

submission *intake_take(intake *in, size_t lane, size_t max) {
    lane_queue *l = &in->lanes[lane];
    pthread_mutex_lock(&in->lock);
    while (!l->first && !in->closed)
        pthread_cond_wait(&l->filled, &in->lock);
    submission *taken = l->first, *tail = taken;
    for (size_t events = taken ? taken->count : 0; tail && tail->next && events + tail->next->count <= max;) {
        tail = tail->next;
        events += tail->count;
    }
    if (tail) {
        l->first = tail->next;
        tail->next = NULL;
        if (!l->first)
            l->last = NULL;
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
    for (size_t i = 0; i < in->lane_count; i++)
        pthread_cond_broadcast(&in->lanes[i].filled);
    pthread_mutex_unlock(&in->lock);
}
