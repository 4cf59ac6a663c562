/* The reference scenarios that `onus send` posts: bodies as the real senders write them. */
#ifndef ONUS_CLI_SCENARIO_H
#define ONUS_CLI_SCENARIO_H

#include "onus/buf.h"
#include "onus/clock.h"

typedef struct scenario {
    const char *name;
    const char *doc;
    const char *source; /* of the shipped settings */
    const char *content_type;
    /* The body; `needle` gets a text that stands in the alert as the incident shows it, to find the incident again. */
    void (*put)(buf *body, arena *a, usec now, bool resolved, const char **needle);
} scenario;

const scenario *scenario_find(const char *name);
const scenario *scenarios(size_t *count);

#endif
