/* Collecting the events of one body: copies texts into the arena, keeps the bounds of limits.h, and refuses one event
 * without losing the others. Every format goes through it. */
#ifndef ONUS_INGEST_COLLECT_H
#define ONUS_INGEST_COLLECT_H

#include "onus/ingest.h"
#include "onus/json.h"

typedef struct pairs {
    label *items;
    size_t count, capacity;
} pairs;

typedef struct collector {
    const ingest_request *request;
    arena *memory;
    event *events;
    const char **delivery_ids; /* parallel to events; used when every event has one */
    size_t count, capacity, id_count;
    pairs labels, annotations; /* of the event under way; the labels as they were sent */
    labels set;                /* those labels in order; made when asked for */
    bool set_made;
    const char *delivery_id; /* of the event under way, or NULL */
    size_t refused;
    err_kind refused_kind; /* of the first */
    buf refused_why;
    const char *left_out; /* what was left without a key, for the result's noop; NULL: nothing was */
    void *context;        /* the format's own */
} collector;

/* Reads one item into `draft`, whose source and defaults are set, and into the collector's labels and annotations.
 * False refuses the item. A draft left without a key adds nothing. Texts of the draft may point into the JSON tree, and
 * may be as they were sent: they are copied, and mended where they are no text. */
typedef bool (*collect_read)(collector *c, const cJSON *item, event *draft, err *e);

/* The body, or a part of it, as a tree with its strings as they were sent, in the request's scratch. */
MUST_USE const cJSON *body_read(const ingest_request *request, const char *bytes, size_t len, err *e);

void collector_init(collector *c, const ingest_request *request, arena *a);
/* One event; a refusal is the whole body's. */
MUST_USE bool collect_one(collector *c, const cJSON *item, collect_read read, err *e);
/* Every item of a list; `what` names one in the reasons ("alert"). False: there are more than LIMIT_ALERTS_PER_BODY. */
MUST_USE bool collect_list(collector *c, const cJSON *list, const char *what, collect_read read, err *e);
/* Hands the events over and releases. False when nothing was `collected` (e is filled already), or when all of at least
 * one were refused. */
MUST_USE bool collector_finish(collector *c, bool collected, ingest_result *out, err *e);

/* Past the bounds: an error, as labels are identity. An empty value adds nothing. */
MUST_USE bool label_add(collector *c, const char *name, const char *value, err *e);
/* A label that is a help, not identity: past the bounds it becomes an annotation. */
void label_add_or_annotate(collector *c, const char *name, const char *value);
/* Scalars as text; null as "". */
MUST_USE bool labels_add_object(collector *c, const cJSON *object, err *e);
/* The labels of the event under way as a set, as they were sent, sorted once. */
labels label_set(collector *c);
/* Past the bounds: cut, or left out. NULL and "" add nothing. */
void annotation_add(collector *c, const char *name, const char *value);
/* Any scalar or structure, as text. */
void annotation_add_json(collector *c, const char *name, const cJSON *value);
void annotations_add_object(collector *c, const cJSON *object);
/* The newest value given for the name in the event under way, or NULL. */
const char *annotation_given(const collector *c, const char *name);

/* The members of an object by their place in `names`, NULL where missing or null. One pass. False: not an object. */
MUST_USE bool members_read(const cJSON *object, const char *const *names, size_t count, const cJSON **out);
/* A string, "" when missing (`member` is NULL); an error naming `what` when it is something else. */
MUST_USE bool member_text(const cJSON *member, const char *what, const char **out, err *e);
/* The text of a string, "" for everything else. */
const char *text_or_empty(const cJSON *member);
/* An RFC 3339 time; 0 when missing or Go's zero time. */
MUST_USE bool member_time(const cJSON *member, const char *what, usec *out, err *e);

/* A text that is identity: itself, or its digest where it is too long or no text. */
const char *identity_text(arena *a, const char *sent, size_t max);
/* The text when it is an http(s) URL within the bounds, "" otherwise. */
const char *link_or_empty(const char *text);
/* A text for an error message or an answer: at most 64 bytes, whole characters. */
const char *shown(arena *a, const char *text);

#endif
