/* Private to the command line: talking to a running service, for the subcommands that do. */
#ifndef ONUS_CLI_REMOTE_H
#define ONUS_CLI_REMOTE_H

#include "cli/http_client.h"
#include "onus/json.h"

#include "cli/cli.h"

typedef struct remote_options {
    const char *url, *token_file;
} remote_options;

/* --url and --token-file, as a child; its input is a remote_options. */
extern const struct argp remote_argp;

/* ONUS_URL and ONUS_TOKEN_FILE, for what was not given; an empty one counts as none. remote_init asks them itself. */
void remote_take_environment(remote_options *o);

typedef struct remote {
    cli *c;
    const char *base; /* without a slash at its end */
    secret token;
} remote;

/* Reads the token's file. Without a URL: that of the environment, else the shipped settings'. */
MUST_USE bool remote_init(remote *r, cli *c, const remote_options *o, err *e);
void remote_release(remote *r);
/* The first line of a file that holds a secret. */
MUST_USE bool remote_read_secret(cli *c, const char *path, secret *out, err *e);
const char *remote_url(const remote *r, const char *path);

/* One call of the API. `body` NULL: GET, else POST of JSON. The reply's JSON, deleted by the caller; NULL: failed, e
 * has what the service said. `problem`, when not NULL, gets the whole answer to a call that was refused (NULL when it
 * is no JSON), deleted by the caller too. */
MUST_USE cJSON *remote_call(const remote *r, const char *path, const char *body, cJSON **problem, err *e);

#endif
