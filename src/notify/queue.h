/* Queues of messages: one per destination, in it one lane per incident and contact. No I/O, no clock; used by the
 * transport's thread only.
 *
 * - A lane sends one message at a time, in order. Lanes with a page go before lanes without.
 * - A destination sends at most DESTINATION_AT_ONCE at once; one at a time after a failure; no sooner than its kind's
 *   least_interval after the last.
 * - The last quarter of all slots is for destinations that have nothing under way, so that a few slow ones cannot take
 *   them all.
 * - Destinations take turns. */
#ifndef ONUS_QUEUE_H
#define ONUS_QUEUE_H

#include "notify/breaker.h"
#include "notify/notify_room.h"
#include "onus/limits.h"

enum {
    QUEUE_RESERVED_SLOTS = LIMIT_SENDS_AT_ONCE / 4,
    /* What one destination may hold; past it the database keeps the message until its turn is near. */
    DESTINATION_WAITING_MAX = LIMIT_DISPATCH_QUEUE / 4 * 3,
    DESTINATION_SLOW_WAITING_MAX = 600, /* with a rate limit of its own */
};

typedef struct queue queue;

typedef struct queued {
    transport_job *job;
    const channel *channel;
    struct queued *next;
} queued;

typedef struct lane lane;

typedef struct destination {
    const channel *channel;
    breaker breaker;
    usec not_before;   /* rate limit: nothing is sent sooner, messages wait here */
    usec paused_until; /* the receiver's wish for longer than they may wait here: they are handed back */
    size_t waiting, in_flight;
    struct destination_links *links; /* the queue's own */
} destination;

/* A message that may be sent now. */
typedef struct queue_turn {
    queued *item;
    lane *lane;
    destination *destination;
    usec not_before_was;
} queue_turn;

queue *queue_new(void);
void queue_free(queue *q); /* must be empty of jobs */

/* False: its destination is full; *free_at says when there may be room. `item` is in the job's memory. */
MUST_USE bool queue_push(queue *q, queued *item, usec now, usec *room_at);
/* False: nothing may be sent now. The turn counts as in flight until queue_finished. */
MUST_USE bool queue_next(queue *q, usec now, queue_turn *out);
/* The turn is over, whatever came of it. */
void queue_finished(queue *q, const queue_turn *turn, usec now);
/* The same for a turn in which nothing was sent: it does not count for the rate limit. */
void queue_unused(queue *q, const queue_turn *turn, usec now);
/* Any waiting message, for returning them all; NULL when none is left. */
queued *queue_take_any(queue *q);
/* When a destination may go on; 0: no such time is known. */
usec queue_wakes_at(const queue *q);
size_t queue_destinations(const queue *q);
/* Adds each open breaker to the count of its channel. */
void queue_count_open(const queue *q, usec now, size_t *by_channel);

#endif
