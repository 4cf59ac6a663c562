/* Owns --config and --local of the subcommands that use the database. */
#include "cli/database.h"

#include "cli/chart_view.h"

#include "onus/local_postgres.h"

#include <unistd.h>

static const struct argp_option options[] = {
    {"config", 'c', "FILE", 0, "Settings that name the database", 0},
    {"local", 'l', "DIR", 0, "The private PostgreSQL of a running `onus serve --local DIR`", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state) {
    database_options *o = state->input;
    switch (key) {
    case 'c':
        o->config_path = arg;
        return 0;
    case 'l':
        o->local_dir = arg;
        return 0;
    case ARGP_KEY_END:
        if (!o->optional && !o->config_path && !o->local_dir)
            argp_error(state, "which database? Give --config FILE or --local DIR");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp database_argp = {options, parse, NULL, NULL, NULL, NULL, NULL};

static bool settings_database(cli *c, const char *path, secret *out) {
    diagnostics d;
    diagnostics_init(&d);
    settings *s = settings_load(path, &(settings_options){0}, &d);
    if (!s)
        problems_print(c, &d);
    bool named = s && secret_is_set(s->database);
    if (named)
        *out = secret_copy(s->database);
    else if (s)
        (void)cli_fail(c, "%s names no database; with `onus serve --local DIR`, give --local DIR here too", path);
    settings_free(s);
    diagnostics_release(&d);
    return named;
}

store_conn *database_open(cli *c, const database_options *o) {
    secret where = {0};
    err e = {0};
    if (o->local_dir) {
        if (!local_postgres_find(o->local_dir, &where, &e)) {
            (void)cli_fail(c, "%s", e.text);
            return NULL;
        }
    } else if (!settings_database(c, o->config_path, &where)) {
        return NULL;
    }
    store_conn *conn = store_conn_new(where, arena_printf(c->memory, "cli-%ld", (long)getpid()), NULL);
    store_unhurried(conn);
    secret_release(&where);
    if (store_ping(conn, &e))
        return conn;
    (void)cli_fail(c, "%s", e.text);
    store_conn_free(conn);
    return NULL;
}
