/* `onus migrate`: the schema, without starting the service. */
#include "cli/database.h"

int migrate_run(cli *c, int argc, char **argv) {
    static const struct argp_child children[] = {{&database_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        NULL,
        NULL,
        NULL,
        "Brings the database's schema up to date and says what was applied. `onus serve` does the same at its start.",
        children,
        NULL,
        NULL};
    database_options o = {0};
    /* A parser without a function of its own hands its input to its first child. */
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    store_conn *conn = database_open(c, &o);
    if (!conn)
        return EXIT_FAILED;
    int applied = 0;
    err e = {0};
    int status = store_migrate(conn, clock_now(&c->clock), &applied, &e) ? EXIT_DONE : cli_fail(c, "%s", e.text);
    if (status == EXIT_DONE && applied == 0)
        fprintf(c->out, "the schema is up to date\n");
    else if (status == EXIT_DONE)
        fprintf(c->out, "%d migration%s applied\n", applied, applied == 1 ? "" : "s");
    store_conn_free(conn);
    return status;
}
