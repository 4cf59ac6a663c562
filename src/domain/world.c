/* World: what is known about the alerts and groups of one batch, found in O(1).
 *
 * Owns the copies and the three indexes (incidents by id and by group, alerts by source and key), all in the caller's
 * arena. Leaves every judgement to decide. The difficulty: a batch of 10,000 events may concern one incident, so "was
 * this one touched already" must not be a search: each copy carries the number of the decision that touched it last. */
#include "world.h"

#include "onus/crypto.h"
#include "onus/text.h"

#include <string.h>

/* Open addressing with linear probing; at most half full. Items are never removed. */
typedef struct table_slot {
    uint64_t hash;
    void *item; /* NULL: free */
} table_slot;

typedef struct table {
    table_slot *slots;
    size_t capacity, count; /* capacity: 0 or a power of two */
} table;

typedef struct world_incident {
    incident incident; /* first, so that the copy handed out leads back here */
    uint64_t decision;
    incident_marks marks;
} world_incident;

typedef struct world_alert {
    alert alert; /* first, as above */
    uint64_t decision;
} world_alert;

struct world {
    arena *memory;
    table by_id, by_group, by_key;
    uint64_t decision;
};

typedef bool table_match(const void *item, const void *wanted);

static table_slot *table_probe(const table *t, uint64_t hash, table_match *match, const void *wanted) {
    size_t at = hash & (t->capacity - 1);
    while (t->slots[at].item != NULL) {
        if (t->slots[at].hash == hash && match != NULL && match(t->slots[at].item, wanted))
            break;
        at = (at + 1) & (t->capacity - 1);
    }
    return &t->slots[at];
}

static void table_grow(table *t, arena *memory) {
    table bigger = {.capacity = t->capacity == 0 ? 64 : t->capacity * 2, .count = t->count};
    bigger.slots = ARENA_ARRAY(memory, table_slot, bigger.capacity);
    for (size_t i = 0; i < t->capacity; i++) {
        if (t->slots[i].item != NULL)
            *table_probe(&bigger, t->slots[i].hash, NULL, NULL) = t->slots[i];
    }
    *t = bigger;
}

static void *table_find(const table *t, uint64_t hash, table_match *match, const void *wanted) {
    return t->capacity == 0 ? NULL : table_probe(t, hash, match, wanted)->item;
}

/* The slot of what matches `wanted`, or the free one where it belongs; the caller fills it. */
static table_slot *table_place(table *t, arena *memory, uint64_t hash, table_match *match, const void *wanted) {
    if (t->count * 2 >= t->capacity)
        table_grow(t, memory);
    table_slot *slot = table_probe(t, hash, match, wanted);
    if (slot->item == NULL)
        t->count++;
    slot->hash = hash;
    return slot;
}

static uint64_t hash_id(int64_t id) {
    return hash_bytes(&id, sizeof id, 0);
}

static uint64_t hash_group(const char *group_key) {
    return hash_bytes(group_key, strlen(group_key), 1);
}

static uint64_t hash_key(const char *source, const char *key) {
    return hash_bytes(key, strlen(key), hash_bytes(source, strlen(source), 2));
}

static bool match_id(const void *item, const void *wanted) {
    return ((const incident *)item)->id == *(const int64_t *)wanted;
}

static bool match_group(const void *item, const void *wanted) {
    return text_equal(((const incident *)item)->group_key, wanted);
}

static bool match_key(const void *item, const void *wanted) {
    const alert *a = item, *w = wanted;
    return text_equal(a->key, w->key) && text_equal(a->source, w->source);
}

world *world_new(arena *a) {
    world *w = ARENA_NEW(a, world);
    w->memory = a;
    w->decision = 1;
    return w;
}

/* An open incident stands before an ended one, and a later end before an earlier one. */
static bool speaks_for_group(const incident *newcomer, const incident *holder) {
    if (holder == NULL || newcomer->state != INCIDENT_RESOLVED)
        return true;
    return holder->state == INCIDENT_RESOLVED && newcomer->resolved_at > holder->resolved_at;
}

incident *world_add_incident(world *w, const incident *i) {
    incident *known = i->id != 0 ? world_find_incident(w, i->id) : NULL;
    if (known != NULL)
        return known;
    world_incident *copy = ARENA_NEW(w->memory, world_incident);
    copy->incident = *i;
    if (i->id != 0)
        table_place(&w->by_id, w->memory, hash_id(i->id), match_id, &i->id)->item = copy;
    table_slot *group = table_place(&w->by_group, w->memory, hash_group(i->group_key), match_group, i->group_key);
    if (speaks_for_group(i, group->item))
        group->item = copy;
    return &copy->incident;
}

alert *world_add_alert(world *w, const alert *known) {
    table_slot *slot = table_place(&w->by_key, w->memory, hash_key(known->source, known->key), match_key, known);
    if (slot->item != NULL)
        return slot->item;
    world_alert *copy = ARENA_NEW(w->memory, world_alert);
    copy->alert = *known;
    slot->item = copy;
    return &copy->alert;
}

incident *world_find_incident(const world *w, int64_t id) {
    return table_find(&w->by_id, hash_id(id), match_id, &id);
}

incident *world_find_group(const world *w, const char *group_key) {
    return table_find(&w->by_group, hash_group(group_key), match_group, group_key);
}

alert *world_find_alert(const world *w, const char *source, const char *key) {
    alert wanted = {.source = source, .key = key};
    return table_find(&w->by_key, hash_key(source, key), match_key, &wanted);
}

void world_begin_decision(world *w) {
    w->decision++;
}

incident_marks *world_marks(const world *w, incident *i) {
    world_incident *own = (world_incident *)i;
    if (own->decision != w->decision) {
        own->decision = w->decision;
        own->marks = (incident_marks){0};
    }
    return &own->marks;
}

bool world_list_alert(const world *w, alert *a) {
    world_alert *own = (world_alert *)a;
    bool first = own->decision != w->decision;
    own->decision = w->decision;
    return first;
}
