/* Owns the table of subcommands, and the help that is printed from it. Leaves each subcommand's options to its file. */
#include "cli/cli.h"

#include "onus/text.h"

#include <string.h>

static const command COMMANDS[] = {
    {"serve", "runs the service", serve_run},
    {"check", "finds every error in a chart or a settings file, with its place", check_run},
    {"route", "says who would be told of an alert, in which order, and why", route_run},
    {"coverage", "says which alerting rules have which owner, and which have none", coverage_run},
    {"test", "judges a chart by cases: alerts, and who is expected to hear of them", test_run},
    {"diff", "says what another chart changes, and for whom", diff_run},
    {"report", "says how well the chart routes, and the row edits that would do better", report_run},
    {"oncall", "lists who answers for each role, who is on call, and the shifts to come", oncall_run},
    {"handoff", "validates a model's package and hands it over; accepts, rejects, hands back, lists", handoff_run},
    {"send", "posts a sample event to a running service and shows who was told", send_run},
    {"token", "makes, lists and revokes tokens for the API", token_run},
    {"migrate", "brings the database's schema up to date", migrate_run},
    {"version", "prints the version", version_run},
    {"help", "explains a command", help_run},
};
enum { COMMAND_COUNT = sizeof COMMANDS / sizeof *COMMANDS };

const command *cli_commands(size_t *count) {
    *count = COMMAND_COUNT;
    return COMMANDS;
}

static const command *find(const char *name) {
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(COMMANDS[i].name, name) == 0)
            return &COMMANDS[i];
    return NULL;
}

static int unknown(cli *c, const char *name) {
    const char *names[COMMAND_COUNT];
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        names[i] = COMMANDS[i].name;
    const char *near = text_did_you_mean(name, names, COMMAND_COUNT);
    fprintf(c->err, "onus: no command \"%s\"", name);
    if (near)
        fprintf(c->err, "; did you mean \"%s\"?", near);
    fprintf(c->err, "\nTry `onus --help`.\n");
    return EXIT_USAGE;
}

static void print_overview(const cli *c, FILE *to) {
    fprintf(to,
            "Usage: onus COMMAND [OPTION...]\n\n"
            "Whose onus is it? Routes every alert to its owners by a RACI chart, and tells each what they need.\n\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        fprintf(to, "  %s%*s %s\n", paint(c, INK_BOLD, COMMANDS[i].name), 8 - (int)strlen(COMMANDS[i].name), "",
                COMMANDS[i].doc);
    fprintf(to, "\n`onus help COMMAND` or `onus COMMAND --help` explains one.\n"
                "Exit status: 0 done, 1 failed or errors found, 2 the command line is wrong.\n");
}

static int run(cli *c, const command *cmd, int argc, char **argv) {
    char *saved = argv[0];
    argv[0] = arena_printf(c->memory, "onus %s", cmd->name);
    int status = cmd->run(c, argc, argv);
    argv[0] = saved;
    return status;
}

int help_run(cli *c, int argc, char **argv) {
    if (argc < 2 || strcmp(argv[1], "help") == 0 || argv[1][0] == '-') {
        print_overview(c, c->out);
        return EXIT_DONE;
    }
    const command *cmd = find(argv[1]);
    if (!cmd)
        return unknown(c, argv[1]);
    char help[] = "--help";
    bool verb = argc > 2 && argv[2][0] != '-'; /* `help handoff accept` */
    char *arguments[] = {argv[1], verb ? argv[2] : help, verb ? help : NULL, NULL};
    return run(c, cmd, verb ? 3 : 2, arguments);
}

int cli_main(cli *c, int argc, char **argv) {
    argp_err_exit_status = EXIT_USAGE;
    if (argc < 2) {
        print_overview(c, c->err);
        return EXIT_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "-?") == 0)
        name = "help";
    else if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0)
        name = "version";
    const command *cmd = find(name);
    return cmd ? run(c, cmd, argc - 1, argv + 1) : unknown(c, name);
}
