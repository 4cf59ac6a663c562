/* The reference scenarios that `onus send` posts: bodies as the real senders write them. */
#ifndef ONUS_CLI_SCENARIO_H
#define ONUS_CLI_SCENARIO_H

#include "onus/buf.h"
#include "onus/clock.h"

typedef struct scenario_wish {
    arena *memory;
    usec now;
    bool resolved;
    const char *routing_key; /* for bodies that carry one */
} scenario_wish;

/* One way to send a scenario. */
typedef struct scenario {
    const char *name;
    const char *doc;
    const char *source; /* of the shipped settings; "" where they have none of this format */
    const char *format; /* of the source */
    const char *content_type;
    /* The body. Returns a text that stands in the alert as the incident shows it, to find the incident again. */
    const char *(*put)(buf *body, const scenario_wish *w);
} scenario;

/* As the shipped settings have it; NULL: there is no such scenario. */
const scenario *scenario_find(const char *name);
/* For a source of that format; NULL: it is not sent so. */
const scenario *scenario_for(const char *name, const char *format);
const scenario *scenarios(size_t *count);

#endif
