/* One change of incidents and alerts: what was loaded, so that only what differs is written. Shared by load.c, write.c
 * and commit.c. */
#ifndef ONUS_STORE_CHANGE_H
#define ONUS_STORE_CHANGE_H

#include "trip.h"

/* As it was when it was loaded; `key`s are sorted for bsearch. */
typedef struct known_alert {
    const char *source, *key;
    alert was;
} known_alert;

typedef struct known_incident {
    int64_t id;
    incident was;
} known_incident;

typedef struct change {
    store_conn *conn;
    arena *memory;
    usec now, lease;
    world *world;
    known_alert *alerts;
    size_t alert_count;
    known_incident *incidents;
    size_t incident_count;
    int64_t *incident_ids; /* numbers for new incidents */
    size_t incident_id_count;
    const char *const *delivery_ids;
    size_t delivery_id_count;
    int64_t handoffs_serial; /* what the events were prepared with */
    trip asked, sent;        /* under way: the look-ups, the changes */
    int messages;            /* place of their result in `sent`; -1: none are written */
} change;

/* load.c: BEGIN, locks, and the world, with partial incidents. Asking sends; taking waits. The transaction is open when
 * taking and loading return true; when false it is ended, or will be with the trip before it that has failed. The caller
 * ends the trip `asked` when the world is not needed any more. */
void change_ask_events(change *ch, const prepared_event *events, size_t count);
MUST_USE bool change_take_events(change *ch, err *e);
/* The same world, as it was taken, with whole incidents. */
MUST_USE bool change_load_whole(change *ch, err *e);
MUST_USE bool change_load_incident(change *ch, int64_t incident_id, incident **out, err *e);

/* write.c: gives ids, sends everything and COMMIT; then waits. */
MUST_USE bool change_send(change *ch, changes *done, err *e);
MUST_USE bool change_written(change *ch, const changes *done, err *e);

/* contests.c */
void write_contests(trip *t, const changes *done);

const known_alert *change_find_alert(const change *ch, const alert *a);
const known_incident *change_find_incident(const change *ch, int64_t id);

/* Delivery ids are kept as hashes: a sender's id may be longer than an index row. */
void put_delivery_digests(param *column, const char *const *delivery_ids, size_t count, arena *a);

#endif
