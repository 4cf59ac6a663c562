/* Owns what is done with delivery ids before and after a batch. The difficulty: a webhook that its sender repeats may
 * stand in one batch with the first try. It carries nothing new, but it must not be told that all is well when the
 * first one was not kept. */
#include "app/deliveries.h"

#include "onus/text.h"

#include <stdlib.h>
#include <string.h>

typedef struct delivery {
    const char *id;
    submission *owner;
    size_t place;         /* in the order of the batch */
    submission *repeated; /* the submission that brought the id first; NULL: this one */
} delivery;

struct deliveries {
    arena *memory;
    delivery *items;
    bool *seen; /* by place */
    size_t count, dropped;
};

static size_t count_ids(const submission *list) {
    size_t count = 0;
    for (const submission *s = list; s; s = s->next)
        count += s->delivery_id_count;
    return count;
}

static int by_id(const void *a, const void *b) {
    const delivery *x = a, *y = b;
    int order = strcmp(x->id, y->id);
    return order ? order : (x->place > y->place) - (x->place < y->place);
}

static int by_place(const void *a, const void *b) {
    const delivery *x = a, *y = b;
    return (x->place > y->place) - (x->place < y->place);
}

/* Of the same id, the first in the batch counts. */
static void find_repeated(deliveries *d) {
    qsort(d->items, d->count, sizeof *d->items, by_id);
    for (size_t i = 1; i < d->count; i++) {
        const delivery *before = &d->items[i - 1];
        if (!text_equal(before->id, d->items[i].id))
            continue;
        d->items[i].repeated = before->repeated ? before->repeated : before->owner;
        d->seen[d->items[i].place] = true;
    }
    qsort(d->items, d->count, sizeof *d->items, by_place);
}

/* Keeps what was not seen. One id an event, or one for the whole body. */
static void keep_unseen(submission *s, const bool *seen) {
    size_t old = 0;
    for (size_t i = 0; i < s->delivery_id_count; i++)
        old += seen[i];
    if (old == 0)
        return;
    arena *a = http_arena(s->exchange);
    bool per_event = s->delivery_id_count == s->count;
    event *left = ARENA_ARRAY(a, event, s->count + 1);
    const char **ids = ARENA_ARRAY(a, const char *, s->delivery_id_count + 1);
    size_t kept = 0, kept_ids = 0;
    for (size_t i = 0; i < s->count; i++)
        if (!seen[per_event ? i : 0])
            left[kept++] = s->events[i];
    for (size_t i = 0; i < s->delivery_id_count; i++)
        if (!seen[i])
            ids[kept_ids++] = s->delivery_ids[i];
    submission_forget_prepared(s);
    s->events = left;
    s->count = kept;
    s->delivery_ids = ids;
    s->delivery_id_count = kept_ids;
}

static deliveries *deliveries_new(submission *list, size_t count) {
    arena *memory = arena_new();
    deliveries *d = ARENA_NEW(memory, deliveries);
    *d = (deliveries){.memory = memory};
    d->items = ARENA_ARRAY(memory, delivery, count);
    d->seen = ARENA_ARRAY(memory, bool, count);
    for (submission *s = list; s; s = s->next)
        for (size_t i = 0; i < s->delivery_id_count; i++, d->count++)
            d->items[d->count] = (delivery){.id = s->delivery_ids[i], .owner = s, .place = d->count};
    return d;
}

static bool look_up(deliveries *d, store_conn *store, err *e) {
    const char **ids = ARENA_ARRAY(d->memory, const char *, d->count);
    for (size_t i = 0; i < d->count; i++)
        ids[i] = d->items[i].id;
    return store_seen(store, ids, d->count, d->seen, e);
}

bool deliveries_drop_seen(store_conn *store, submission *list, deliveries **out, err *e) {
    size_t count = count_ids(list);
    *out = NULL;
    if (count == 0)
        return true;
    deliveries *d = deliveries_new(list, count);
    if (!look_up(d, store, e)) {
        deliveries_free(d);
        return false;
    }
    find_repeated(d);
    const bool *seen = d->seen;
    for (submission *s = list; s; s = s->next) {
        size_t ids = s->delivery_id_count;
        keep_unseen(s, seen);
        seen += ids;
        d->dropped += ids - s->delivery_id_count;
    }
    *out = d;
    return true;
}

size_t deliveries_dropped(const deliveries *d) {
    return d ? d->dropped : 0;
}

void deliveries_settle(const deliveries *d) {
    for (size_t i = 0; d && i < d->count; i++) {
        submission *s = d->items[i].owner;
        const submission *first = d->items[i].repeated;
        if (first && first->verdict != INGEST_ACCEPTED && s->verdict == INGEST_ACCEPTED) {
            s->verdict = first->verdict;
            s->why = arena_strdup(http_arena(s->exchange), first->why);
        }
    }
}

void deliveries_free(deliveries *d) {
    if (d)
        arena_free(d->memory);
}
