/* Source: somebody who may post events to /v1/sources/{name}, and how they prove who they are. Plain data from the
 * settings. */
#ifndef ONUS_SOURCE_H
#define ONUS_SOURCE_H

#include "onus/position.h"
#include "onus/secret.h"

#include <stddef.h>

typedef struct source {
    const char *name;     /* [a-z0-9][a-z0-9-]{0,62} */
    const char *format;   /* a row of the ingest table: alertmanager, grafana, prometheus, pagerduty-event,
                             pagerduty-change,   pagerduty-webhook, cloudevent */
    secret token;         /* Authorization: Bearer … */
    const char *username; /* Authorization: Basic …, with password; NULL when not used */
    secret password;
    const secret *hmac_secrets; /* keys of the format's own signature; any may match (rotation) */
    size_t hmac_secret_count;
    const secret *routing_keys; /* pagerduty-event: integration keys that a body may carry */
    size_t routing_key_count;
    /* Where the settings give it (in any of its ways, read or not); {0}: they do not. */
    file_span name_at, format_at, secret_at, routing_keys_at;
} source;

/* True when the source has any means of authentication; without one it answers to loopback peers only. */
bool source_has_auth(const source *s);

#endif
