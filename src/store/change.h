/* One change of incidents and alerts: what was loaded, so that only what differs is written. Shared by load.c, write.c
 * and commit.c. */
#ifndef ONUS_STORE_CHANGE_H
#define ONUS_STORE_CHANGE_H

#include "trip.h"

/* As it was when it was loaded; `key`s are sorted for bsearch. */
typedef struct known_alert {
    const char *source, *key;
    alert was;
    bool held; /* its texts stand with its key, and history does not have it yet */
} known_alert;

typedef struct known_incident {
    int64_t id;
    incident was;
    int32_t version; /* of its row, where that is only remembered (joins.h) */
} known_incident;

struct alert_key;

typedef struct change {
    store_conn *conn;
    arena *memory;
    usec now, lease;
    world *world;
    const struct alert_key *keys; /* of the events: load.c's */
    size_t key_count;
    known_alert *alerts;
    size_t alert_count;
    known_incident *incidents;
    size_t incident_count;
    int64_t *incident_ids; /* numbers for new incidents */
    size_t incident_id_count;
    const char *const *delivery_ids;
    size_t delivery_id_count;
    int64_t handoffs_serial; /* what the events were prepared with */
    trip loaded;             /* what the events' world is read from */
    int alerts_loaded;       /* place of the alerts in it; -1: none was looked for */
    bool takes_for_new;      /* alerts that are unheard of, without a look */
    bool is_remembered;      /* the world is: nothing is locked, and no transaction has begun */
} change;

/* load.c: BEGIN, locks, and the world, whose incidents are partial when they are loaded for events. The transaction is
 * open when they return true, and ended when false. The caller ends the trip `loaded` in either case. */
MUST_USE bool change_load_events(change *ch, const prepared_event *events, size_t count, err *e);
/* The same world, as it was loaded, with whole incidents. */
MUST_USE bool change_load_whole(change *ch, err *e);
MUST_USE bool change_load_incident(change *ch, int64_t incident_id, incident **out, err *e);

/* write.c: is it known, and have only its counts changed? */
bool change_counts_only(const change *ch, const incident *i);
/* write.c: gives ids, writes everything, and ends the transaction: by COMMIT, or with the trip that is all of it. */
MUST_USE bool change_write(change *ch, changes *done, err *e);

/* episodes.c. What the timeline says of an alert's coming may be kept with the alert. */
void write_alerts(trip *t, const change *ch, const changes *done);
bool is_kept_with_alert(const timeline_entry *one);

/* contests.c */
void write_contests(trip *t, const changes *done);

const known_alert *change_find_alert(const change *ch, const alert *a);
/* The known incidents, for change_find_incident, whoever has listed them. */
void change_sort_incidents(change *ch);
const known_incident *change_find_incident(const change *ch, int64_t id);

/* Delivery ids are kept as hashes: a sender's id may be longer than an index row. */
void put_delivery_digests(param *column, const char *const *delivery_ids, size_t count, arena *a);

#endif
