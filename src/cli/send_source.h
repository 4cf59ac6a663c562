/* Where `onus send` posts to, and with what credentials. */
#ifndef ONUS_CLI_SEND_SOURCE_H
#define ONUS_CLI_SEND_SOURCE_H

#include "cli/remote.h"
#include "cli/scenario.h"
#include "onus/settings.h"

typedef struct send_source_options {
    const char *name;        /* NULL: the scenario's */
    const char *config_path; /* settings that have the source and its credentials; NULL: none */
    const char *token_file;  /* the source's token; NULL: the settings', else the API's */
} send_source_options;

typedef struct send_source {
    const char *name;
    const scenario *what; /* in the source's format */
    secret token;
    settings *settings; /* NULL: not given */
    const source *from; /* of the settings; NULL: not given */
} send_source;

/* What the settings complain of is printed; e says the rest. */
MUST_USE bool send_source_init(send_source *s, cli *c, const send_source_options *o, const scenario *what, err *e);
void send_source_release(send_source *s);
/* The key that a body of its format carries; in one that is only shown, none of the settings'. */
const char *send_source_routing_key(const send_source *s, bool shown);
/* Puts the source's credentials into a request that has its body; `api_token` where there is nothing better. */
void send_source_sign(const send_source *s, arena *a, secret api_token, client_request *r);

#endif
