/* Owns what is remembered of the incidents that alerts join. The one difficulty is that nothing here may be believed:
 * it only ever saves a look, and the database decides. */
#include "joins.h"

#include "rows.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

enum {
    JOINS_MAX = 4096, /* incidents; when there are more, all are forgotten and learned anew */
    PAUSE = 32,       /* batches that go the long way after a conflict: where keys come back, one seldom comes alone */
};

typedef struct remembered {
    incident incident; /* partial; group_key is owned */
    int32_t version;
    UT_hash_handle hh;
} remembered;

struct joins {
    remembered *by_group;
    int pause;
};

joins *joins_new(void) {
    return mem_zalloc(1, sizeof(joins));
}

static void forget(joins *j, remembered *one) {
    HASH_DELETE(hh, j->by_group, one); /* NOLINT(clang-analyzer-core.NullDereference): the macro's own checks */
    free((char *)(uintptr_t)one->incident.group_key);
    free(one);
}

void joins_forget_all(joins *j) {
    remembered *one = NULL, *next = NULL;
    HASH_ITER (hh, j->by_group, one, next)
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the head moves on with each deletion */
        forget(j, one);
}

void joins_free(joins *j) {
    joins_forget_all(j);
    free(j);
}

static remembered *find(const joins *j, const char *group_key) {
    remembered *one = NULL;
    HASH_FIND_STR(j->by_group, group_key, one);
    return one;
}

/* ── before ── */

static bool may_join(joins *j, const prepared_event *events, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (!events[i].unheard || events[i].event->kind != EVENT_FIRING || find(j, events[i].route.group_key) == NULL)
            return false;
    }
    return true;
}

static void add_incident(change *ch, const remembered *one) {
    if (world_find_incident(ch->world, one->incident.id) != NULL)
        return;
    incident known = one->incident;
    known.group_key = arena_strdup(ch->memory, known.group_key); /* what is remembered may be forgotten */
    (void)world_add_incident(ch->world, &known);
    ch->incidents[ch->incident_count++] = (known_incident){.id = known.id, .was = known, .version = one->version};
}

bool joins_fill_world(joins *j, change *ch, const prepared_event *events, size_t count) {
    if (j->pause > 0) {
        j->pause--;
        return false;
    }
    if (!may_join(j, events, count))
        return false;
    ch->world = world_new(ch->memory);
    ch->incidents = ARENA_ARRAY(ch->memory, known_incident, count);
    for (size_t i = 0; i < count; i++)
        add_incident(ch, find(j, events[i].route.group_key));
    change_sort_incidents(ch);
    return true;
}

/* ── after ── */

static remembered *remember(joins *j, const char *group_key) {
    remembered *one = find(j, group_key);
    if (one != NULL)
        return one;
    if (HASH_COUNT(j->by_group) >= JOINS_MAX)
        joins_forget_all(j);
    one = mem_zalloc(1, sizeof *one);
    one->incident.group_key = mem_strdup(group_key);
    HASH_ADD_KEYPTR(hh, j->by_group, one->incident.group_key, strlen(one->incident.group_key), one);
    return one;
}

static void learn(joins *j, const incident *i, int32_t version) {
    remembered *one = remember(j, i->group_key);
    const char *group_key = one->incident.group_key; /* which the table's key is */
    one->incident = incident_partial(i);
    one->incident.handoff = (labels){0};
    one->incident.group_key = group_key;
    one->incident.acknowledged_source = "";
    one->version = version;
}

void joins_forget_changed(joins *j, const changes *done) {
    for (size_t i = 0; i < done->incident_count; i++) {
        remembered *one = find(j, done->incidents[i]->group_key);
        if (one != NULL)
            forget(j, one);
    }
}

void joins_learn(joins *j, const change *ch, const PGresult *versions) {
    int id = column_of(versions, "id"), version = column_of(versions, "version");
    for (int row = 0; row < PQntuples(versions); row++) {
        const incident *i = world_find_incident(ch->world, row_int(versions, row, id));
        /* Labels of a model are not kept here, nor who has acknowledged at a source: their alerts go the long way. */
        if (i != NULL && i->state != INCIDENT_RESOLVED && i->handoff.count == 0 && i->acknowledged_source[0] == '\0')
            learn(j, i, (int32_t)row_int(versions, row, version));
    }
}

void joins_forget(joins *j, const change *ch) {
    j->pause = PAUSE;
    for (size_t i = 0; i < ch->incident_count; i++) {
        remembered *one = find(j, ch->incidents[i].was.group_key);
        if (one != NULL)
            forget(j, one);
    }
}

bool joins_are_paused(const joins *j) {
    return j->pause > 0;
}
