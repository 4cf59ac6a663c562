/* A small HTTP client for `onus send`: one request, one reply, no redirects. */
#ifndef ONUS_CLI_HTTP_CLIENT_H
#define ONUS_CLI_HTTP_CLIENT_H

#include "onus/arena.h"
#include "onus/secret.h"

typedef struct client_request {
    const char *url;
    const char *body;         /* NULL: GET */
    const char *content_type; /* of the body */
    secret token;             /* Authorization: Bearer; may be unset */
    const char *username;     /* Authorization: Basic, with the password; NULL: not */
    secret password;
    const char *header; /* one more line; NULL: none */
} client_request;

typedef struct client_reply {
    long status;
    const char *body; /* at most 4 MiB, NUL-terminated */
} client_reply;

MUST_USE bool client_call(arena *a, const client_request *request, client_reply *out, err *e);
/* The text, percent-encoded for a path segment or a query. */
const char *client_escape(arena *a, const char *text);
const char *client_library_version(void);

#endif
