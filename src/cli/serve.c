/* `onus serve`: reads the options and hands over to the app. */
#include "cli/cli.h"

#include "onus/app.h"
#include "onus/settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { FILES_WANTED = 16384 };

/* Where settings are looked for when none are named. */
#define PLACES_TEXT "./onus.yaml, config/onus.yaml and /etc/onus/onus.yaml"
static const char *const PLACES[] = {"./onus.yaml", "config/onus.yaml", "/etc/onus/onus.yaml"};

static const struct argp_option options[] = {
    {"config", 'c', "FILE", 0, "Settings (default: the first there is of " PLACES_TEXT ")", 0},
    {"local", 'l', "DIR", 0, "Run a private PostgreSQL in DIR instead of using the settings' database", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state) {
    serve_options *o = state->input;
    switch (key) {
    case 'c':
        o->config_path = arg;
        return 0;
    case 'l':
        o->local_dir = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* The reference of all settings stands below the options. */
static char *help_filter(int key, const char *text, void *input) {
    (void)input;
    if (key != ARGP_KEY_HELP_POST_DOC) {
        union {
            const char *from;
            char *to;
        } same = {.from = text};
        return same.to; /* argp wants the very pointer back when nothing changes */
    }
    buf b;
    buf_init(&b);
    buf_puts(&b, "Settings:\n");
    settings_put_reference(&b);
    char *all = strdup(b.data); /* argp frees it */
    buf_release(&b);
    return all;
}

/* A connection is a file; the usual soft limit of 1024 is below our own. */
static void raise_file_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= FILES_WANTED)
        return;
    limit.rlim_cur = limit.rlim_max < FILES_WANTED ? limit.rlim_max : FILES_WANTED;
    (void)setrlimit(RLIMIT_NOFILE, &limit); /* what cannot be raised bounds the connections, no more */
}

/* One that is there and cannot be read is an error, which is not passed over. */
static const char *find_settings(void) {
    for (size_t i = 0; i < sizeof PLACES / sizeof *PLACES; i++)
        if (access(PLACES[i], F_OK) == 0 || errno == EACCES)
            return PLACES[i];
    return NULL;
}

int serve_run(cli *c, int argc, char **argv) {
    static const struct argp argp = {
        options, parse,       NULL, "Runs the service until SIGTERM or SIGINT. SIGHUP reloads the chart.\v ",
        NULL,    help_filter, NULL};
    serve_options o = {.program = c->program, .version = ONUS_VERSION};
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    if (!o.config_path && !(o.config_path = find_settings()))
        return cli_fail(c, "no settings: there is none of %s; name another with --config FILE", PLACES_TEXT);
    raise_file_limit();
    return app_serve(&o);
}
