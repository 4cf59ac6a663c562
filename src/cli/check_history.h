/* What the recorded alerts say about a chart: for `onus check --since`. */
#ifndef ONUS_CLI_CHECK_HISTORY_H
#define ONUS_CLI_CHECK_HISTORY_H

#include "cli/database.h"

#include "onus/diagnostic.h"

typedef struct history_options {
    database_options database;
    const char *since; /* NULL: history is not asked */
} history_options;

/* The usage that only both options together can show; for ARGP_KEY_END. */
void history_check_usage(struct argp_state *state, const history_options *o);
/* Warns of each row that matched nothing (rule never-matched). What cannot be read is an error (rule unread-history),
 * and c->err says why. */
void check_history(cli *c, const history_options *o, const chart *ch, const char *path, diagnostics *d);

#endif
