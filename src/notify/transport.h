/* What the transport's files share. */
#ifndef ONUS_TRANSPORT_H
#define ONUS_TRANSPORT_H

#include "notify/threads.h"
#include "notify/transfer.h"

#include <pthread.h>
#include <stdatomic.h>

typedef struct channel_figures {
    _Atomic size_t waiting, in_flight, open;
} channel_figures;

struct transport {
    transport_options options;
    CURLM *multi;
    pthread_t thread;
    pthread_mutex_t lock; /* of the incoming list and `stopping` */
    queued *incoming, *incoming_last;
    bool stopping;
    usec stop_at; /* monotonic */
    _Atomic size_t queued;
    channel_figures *figures; /* by channel->index */
    size_t channel_count;
    /* the thread's own */
    queue *queue;
    threads *threads;
    transfer transfers[LIMIT_SENDS_AT_ONCE];
    transfer *free_transfers;
    size_t in_flight;
    usec counted_at;
    bool held_up; /* nothing may begin for now */
};

/* sending.c, on the transport's thread */
void sending_begin(transport *t, const queue_turn *turn);
void sending_completed(transport *t, transfer *x, CURLcode code);
/* The stop came while it was under way. */
void sending_aborted(transport *t, transfer *x);
/* Gives a job back to the caller. */
void sending_done(transport *t, queued *item, delivery_result *result);
void sending_return_unsent(transport *t, queued *item);
/* It may have been given to somebody else. */
bool sending_is_ours(const transport *t, const transport_job *job);
/* Its destination holds as many as it may. */
void sending_refuse(transport *t, queued *item, usec room_in);

#endif
