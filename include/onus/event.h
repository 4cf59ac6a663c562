/* Event: one thing that one source said about one alert. What ingest makes and decide reads; plain data in an arena. */
#ifndef ONUS_EVENT_H
#define ONUS_EVENT_H

#include "onus/clock.h"
#include "onus/labels.h"

typedef enum event_kind {
    EVENT_FIRING,         /* the alert is on (or the request is made) */
    EVENT_RESOLVED,       /* the alert is over */
    EVENT_ACKNOWLEDGED,   /* somebody acknowledged it at the source */
    EVENT_UNACKNOWLEDGED, /* that was taken back there, or ran out */
    EVENT_NOTE,           /* something to put on the incident's timeline, and nothing else */
} event_kind;

const char *event_kind_to_text(event_kind kind);

typedef struct event {
    event_kind kind;
    const char *source; /* the source's name in the settings */
    const char *key; /* identity at the source: fingerprint as %016x, dedup_key, incident id, CloudEvents source+id … */
    labels labels;   /* what the chart matches; alertname, severity, environment … where the format has them */
    labels
        sent; /* the values of those labels that were no text, as they were sent: identity, never shown. Seldom any */
    labels annotations;   /* summary, description, runbook_url … */
    const char *title;    /* one line for people, never "" */
    usec starts_at;       /* with source and key: one episode. Never 0 for EVENT_FIRING */
    usec ends_at;         /* EVENT_RESOLVED: when it ended. Otherwise 0 */
    usec expires_at;      /* EVENT_FIRING: over at this time when nobody repeats it; 0: never. EVENT_RESOLVED: 0, or the
                             expiry that has passed (made by the ticker; late when the alert was repeated since). No part of
                             the content */
    bool starts_at_given; /* false: the source named no start, starts_at is when we heard of it; any firing after a
                             resolve is a new episode */
    const char *link;     /* generatorURL, html_url … http(s) only, or "" */
    const char *actor;    /* who acted at the source, for acknowledged, resolved and note; "" when unknown */
    const char *note;     /* text of EVENT_NOTE and _UNACKNOWLEDGED; "" otherwise */
    /* Notes of whoever has looked already. */
    usec began_at;         /* when the request that says so began to arrive, by this node's clock; 0: it came from
                              inside. No part of the content */
    uint64_t content_hash; /* event_content_hash; 0: nobody has asked */
    bool unheard;          /* as far as is known nothing is open under its key */
} event;

/* 64-bit content hash of kind, labels, annotations, title, link and episode (starts_at where the source gave it): equal
 * content needs no new decision. The same in every process and every run, as it is stored with the alert. */
uint64_t event_content_hash(const event *e);

#endif
