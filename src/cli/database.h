/* Opening the database for a subcommand: by the settings, or the private cluster of --local. */
#ifndef ONUS_CLI_DATABASE_H
#define ONUS_CLI_DATABASE_H

#include "cli/cli.h"

#include "onus/store.h"

typedef struct database_options {
    const char *config_path;
    const char *local_dir; /* goes before the settings */
    bool optional;         /* none need be given; set before parsing */
} database_options;

extern const struct argp database_argp; /* a child parser for --config and --local; its input: database_options */

/* Connected; NULL: said why on c->err. */
MUST_USE store_conn *database_open(cli *c, const database_options *o);

#endif
