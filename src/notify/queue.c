/* Owns the order in which messages leave. Nothing here is linear in the number of messages: lists are doubly linked,
 * destinations that wait for a time stand in a heap.
 *
 * The one difficulty: a destination is in exactly one place: among the ready ones, in the heap, or in neither because
 * all it could send is under way. place() alone decides where. */
#include "notify/queue.h"
#include "onus/crypto.h"
#include "onus/hash_table.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

typedef struct lane_key {
    const destination *destination;
    int64_t incident;
    uint64_t address; /* hash */
} lane_key;

struct lane {
    lane_key key;
    queued *head, *tail;
    size_t pages; /* of those waiting */
    bool busy;    /* one is under way */
    struct lane *prev, *next;
    UT_hash_handle hh;
};

typedef struct destination_links {
    destination d;
    char *key;
    lane *urgent, *other; /* lanes that may send; busy and empty ones are in neither */
    bool ready;
    size_t heap_at; /* index + 1; 0: not in the heap */
    usec wakes_at;
    struct destination_links *prev, *next; /* among the ready */
    UT_hash_handle hh;
} destination_links;

struct queue {
    destination_links *destinations, *ready;
    lane *lanes;
    destination_links **heap;
    size_t heap_count, heap_cap;
    size_t in_flight;
    buf key;
};

/* ── heap, by wakes_at ── */

static void heap_set(queue *q, size_t at, destination_links *x) {
    q->heap[at] = x;
    x->heap_at = at + 1;
}

static void heap_up(queue *q, size_t at) {
    destination_links *x = q->heap[at];
    while (at > 0 && q->heap[(at - 1) / 2]->wakes_at > x->wakes_at) {
        heap_set(q, at, q->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    heap_set(q, at, x);
}

static void heap_down(queue *q, size_t at) {
    destination_links *x = q->heap[at];
    for (size_t child; (child = 2 * at + 1) < q->heap_count; at = child) {
        if (child + 1 < q->heap_count && q->heap[child + 1]->wakes_at < q->heap[child]->wakes_at)
            child++;
        if (q->heap[child]->wakes_at >= x->wakes_at)
            break;
        heap_set(q, at, q->heap[child]);
    }
    heap_set(q, at, x);
}

static void heap_remove(queue *q, destination_links *x) {
    const size_t at = x->heap_at - 1;
    x->heap_at = 0;
    destination_links *last = q->heap[--q->heap_count];
    if (last == x)
        return;
    heap_set(q, at, last);
    heap_up(q, at);
    heap_down(q, last->heap_at - 1);
}

static void heap_add(queue *q, destination_links *x, usec wakes_at) {
    if (q->heap_count == q->heap_cap) {
        q->heap_cap = q->heap_cap == 0 ? 64 : q->heap_cap * 2;
        q->heap = mem_realloc(q->heap, q->heap_cap, sizeof(destination_links *));
    }
    x->wakes_at = wakes_at;
    q->heap[q->heap_count] = x;
    heap_up(q, q->heap_count++);
}

/* ── where a destination stands ── */

static size_t most_at_once(const destination *d) {
    return d->channel->kind->least_interval > 0 || d->breaker.failures > 0 ? 1 : LIMIT_SENDS_PER_DESTINATION;
}

static void forget(queue *q, destination_links *x) {
    HASH_DELETE(hh, q->destinations, x);
    free(x->key);
    free(x);
}

static void unplace(queue *q, destination_links *x) {
    if (x->ready)
        DL_DELETE(q->ready, x);
    x->ready = false;
    if (x->heap_at != 0)
        heap_remove(q, x);
}

/* May free the destination: one that has nothing to send and nothing to remember is gone. */
static void place(queue *q, destination_links *x, usec now) {
    destination *d = &x->d;
    unplace(q, x);
    if (x->urgent != NULL || x->other != NULL) {
        if (d->in_flight >= most_at_once(d))
            return;
        if (d->not_before > now)
            heap_add(q, x, d->not_before);
        else {
            DL_APPEND(q->ready, x);
            x->ready = true;
        }
        return;
    }
    if (d->in_flight > 0 || d->waiting > 0)
        return;
    const bool clean = breaker_is_clean(&d->breaker, now);
    const usec limited_until = d->not_before > d->paused_until ? d->not_before : d->paused_until;
    if (clean && limited_until <= now)
        forget(q, x);
    else
        heap_add(q, x, clean ? limited_until : d->breaker.failed_at + BREAKER_FORGET);
}

/* ── lanes ── */

static void lane_list(lane *l, destination_links *x) {
    if (l->pages > 0)
        DL_APPEND(x->urgent, l);
    else
        DL_APPEND(x->other, l);
}

static void lane_unlist(lane *l, destination_links *x, bool urgent) {
    if (urgent)
        DL_DELETE(x->urgent, l);
    else
        DL_DELETE(x->other, l);
}

static bool is_page(const queued *item) {
    return message_is_page(item->job->message.letter, item->job->message.reason);
}

static lane *lane_of(queue *q, const destination_links *x, const message *m) {
    lane_key key;
    memset(&key, 0, sizeof key);
    key.destination = &x->d;
    key.incident = m->incident->id;
    key.address = hash_bytes(m->address, strlen(m->address), 0);
    lane *found = NULL;
    HASH_FIND(hh, q->lanes, &key, sizeof key, found);
    if (found != NULL)
        return found;
    found = mem_zalloc(1, sizeof *found);
    memcpy(&found->key, &key, sizeof key);
    HASH_ADD(hh, q->lanes, key, sizeof key, found);
    return found;
}

static void lane_push(lane *l, destination_links *x, queued *item) {
    const bool page = is_page(item), listed = !l->busy && l->head != NULL, was_urgent = l->pages > 0;
    item->next = NULL;
    if (l->head == NULL)
        l->head = item;
    else
        l->tail->next = item;
    l->tail = item;
    l->pages += page;
    x->d.waiting++;
    if (l->busy || (listed && was_urgent == (l->pages > 0)))
        return;
    if (listed)
        lane_unlist(l, x, was_urgent);
    lane_list(l, x);
}

/* The lane must be in no list. */
static queued *lane_pop(lane *l, destination_links *x) {
    queued *item = l->head;
    l->head = item->next;
    l->pages -= is_page(item);
    x->d.waiting--;
    return item;
}

static void lane_rest(queue *q, lane *l, destination_links *x) {
    l->busy = false;
    if (l->head != NULL) {
        lane_list(l, x);
        return;
    }
    HASH_DELETE(hh, q->lanes, l);
    free(l);
}

/* ── the queue ── */

queue *queue_new(void) {
    queue *q = mem_zalloc(1, sizeof *q);
    buf_init(&q->key);
    return q;
}

void queue_free(queue *q) {
    if (q == NULL)
        return;
    lane *l = NULL, *next_lane = NULL;
    HASH_ITER (hh, q->lanes, l, next_lane) {
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the head moves on with each deletion */
        HASH_DELETE(hh, q->lanes, l);
        free(l);
    }
    destination_links *x = NULL, *next = NULL;
    HASH_ITER (hh, q->destinations, x, next)
        forget(q, x);
    free(q->heap);
    buf_release(&q->key);
    free(q);
}

static destination_links *destination_of(queue *q, const queued *item) {
    const bool one = item->channel->kind->one_destination;
    buf_clear(&q->key);
    buf_printf(&q->key, "%s\x1f%s", item->channel->name, one ? "" : item->job->message.address);
    destination_links *x = NULL;
    HASH_FIND(hh, q->destinations, q->key.data, q->key.len, x);
    if (x != NULL)
        return x;
    x = mem_zalloc(1, sizeof *x);
    x->d.channel = item->channel;
    x->d.links = x;
    x->key = mem_strdup(q->key.data);
    HASH_ADD_KEYPTR(hh, q->destinations, x->key, q->key.len, x);
    return x;
}

static bool has_room(const destination *d, usec now, usec *room_at) {
    const usec interval = d->channel->kind->least_interval;
    if (d->waiting < (size_t)(interval > 0 ? DESTINATION_SLOW_WAITING_MAX : DESTINATION_WAITING_MAX))
        return true;
    *room_at = now + (interval > 0 ? (usec)d->waiting * interval : 5 * USEC_PER_SECOND);
    return false;
}

bool queue_push(queue *q, queued *item, usec now, usec *room_at) {
    destination_links *x = destination_of(q, item);
    if (!has_room(&x->d, now, room_at))
        return false;
    lane_push(lane_of(q, x, &item->job->message), x, item);
    if (!x->ready)
        place(q, x, now);
    return true;
}

static void wake(queue *q, usec now) {
    while (q->heap_count > 0 && q->heap[0]->wakes_at <= now)
        place(q, q->heap[0], now);
}

/* The next in turn that may take a slot: past the reserve only those that have nothing under way. */
static destination_links *choose(queue *q) {
    if (q->in_flight >= LIMIT_SENDS_AT_ONCE)
        return NULL;
    if (q->in_flight < LIMIT_SENDS_AT_ONCE - QUEUE_RESERVED_SLOTS)
        return q->ready;
    for (destination_links *x = q->ready; x != NULL; x = x->next)
        if (x->d.in_flight == 0)
            return x;
    return NULL;
}

bool queue_next(queue *q, usec now, queue_turn *out) {
    wake(q, now);
    destination_links *x = choose(q);
    if (x == NULL)
        return false;
    lane *l = x->urgent != NULL ? x->urgent : x->other;
    lane_unlist(l, x, x->urgent != NULL);
    l->busy = true;
    *out = (queue_turn){lane_pop(l, x), l, &x->d, x->d.not_before};
    x->d.in_flight++;
    q->in_flight++;
    const usec interval = x->d.channel->kind->least_interval;
    if (interval > 0 && x->d.not_before < now + interval)
        x->d.not_before = now + interval;
    place(q, x, now);
    return true;
}

void queue_finished(queue *q, const queue_turn *turn, usec now) {
    destination_links *x = turn->destination->links;
    lane_rest(q, turn->lane, x);
    x->d.in_flight--;
    q->in_flight--;
    place(q, x, now);
}

void queue_unused(queue *q, const queue_turn *turn, usec now) {
    turn->destination->not_before = turn->not_before_was;
    queue_finished(q, turn, now);
}

queued *queue_take_any(queue *q) {
    for (lane *l = q->lanes; l != NULL; l = l->hh.next) {
        if (l->head == NULL)
            continue;
        destination_links *x = ((destination *)(uintptr_t)l->key.destination)->links;
        if (l->busy)
            return lane_pop(l, x);
        lane_unlist(l, x, l->pages > 0);
        queued *item = lane_pop(l, x);
        lane_rest(q, l, x);
        return item;
    }
    return NULL;
}

usec queue_wakes_at(const queue *q) {
    return q->heap_count == 0 ? 0 : q->heap[0]->wakes_at;
}

size_t queue_destinations(const queue *q) {
    return HASH_COUNT(q->destinations);
}

void queue_count_open(const queue *q, usec now, size_t *by_channel) {
    for (const destination_links *x = q->destinations; x != NULL; x = x->hh.next)
        by_channel[x->d.channel->index] += breaker_is_open(&x->d.breaker, now);
}
