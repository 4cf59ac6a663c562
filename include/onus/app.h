/* App: joins the rooms into the running service. The one entry for the command line's `serve`. */
#ifndef ONUS_APP_H
#define ONUS_APP_H

#include "onus/settings.h"

typedef struct serve_options {
    const char *config_path; /* onus.yaml */
    const char *local_dir;   /* --local DIR: run a private PostgreSQL there; NULL: the settings' database */
    const char *program;     /* argv[0], for the hints that are printed */
    const char *version;     /* for the log; NULL: not known */
} serve_options;

/* What only ingest and render know of the settings: sources that nobody could ever post to, message templates that
 * cannot be used. Every problem goes to `d`. For `serve` and `onus check`. */
void settings_check_rooms(const settings *s, diagnostics *d);

/* Runs until SIGTERM or SIGINT, then stops in order and loses nothing. Problems of the settings or the chart are
 * printed on stderr with their places. Returns the process's exit status: 0 stopped on request, 1 could not start or
 * failed. */
int app_serve(const serve_options *options);

#endif
