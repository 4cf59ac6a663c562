/* A CloudEvent, once its mode is out of the way. */
#ifndef ONUS_INGEST_CLOUDEVENT_H
#define ONUS_INGEST_CLOUDEVENT_H

#include "ingest/collect.h"

typedef enum ce_attribute {
    CE_ID,
    CE_SOURCE,
    CE_SPECVERSION,
    CE_TYPE,
    CE_REQUIRED_COUNT,
    CE_TIME = CE_REQUIRED_COUNT,
    CE_SUBJECT,
    CE_DATACONTENTTYPE,
    CE_ATTRIBUTE_COUNT,
} ce_attribute;

typedef struct cloudevent {
    const char *attributes[CE_ATTRIBUTE_COUNT]; /* "" when missing; the required ones are there */
    const cJSON *data;                          /* any JSON value, or NULL */
    const char *text;                           /* data that is text and no JSON, or NULL */
    event *draft;
} cloudevent;

/* The delivery ids of a batch, so that one that occurs twice is taken once. */
typedef struct cloudevent_seen {
    const char **slots;
    size_t size; /* a power of two, over twice the events */
} cloudevent_seen;

/* In the arena. */
cloudevent_seen *cloudevent_seen_new(arena *a, size_t events);

/* Labels, annotations and the rest of the draft. The collector's context is a cloudevent_seen, or NULL. */
MUST_USE bool cloudevent_read(collector *c, const cloudevent *v, err *e);

#endif
