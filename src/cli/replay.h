/* Alerts to try a chart on: what rule files may fire, and what was recorded. */
#ifndef ONUS_CLI_REPLAY_H
#define ONUS_CLI_REPLAY_H

#include "cli/cli.h"
#include "cli/tally.h"

#include "onus/store.h"

typedef struct replay_target {
    labels extra; /* what each alert gets where it has no label of that name */
    void (*each)(void *context, const replayed *e);
    void *context;
} replay_target;

typedef struct replay_counts {
    size_t alerts, files;
    const char *left_out; /* alert_rules_left_out() */
    bool partial;         /* something could not be read */
} replay_counts;

/* "30d" before now, or a moment (RFC 3339). */
MUST_USE bool since_from_text(const char *text, usec now, usec *out, err *e);

/* Problems of the files are on c->err; false when none could be read. `at`: the moment that is asked about. */
MUST_USE bool replay_rules(cli *c, const char *const *paths, size_t count, usec at, const replay_target *t,
                           replay_counts *out);
/* Oldest first; says on a terminal how far it is. Failures are on c->err. */
MUST_USE bool replay_recorded(cli *c, store_conn *conn, usec since, const replay_target *t, size_t *alerts);

#endif
