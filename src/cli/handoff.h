/* Private to the command line: `onus handoff VERB`, one file a verb. */
#ifndef ONUS_CLI_HANDOFF_H
#define ONUS_CLI_HANDOFF_H

#include "cli/cli.h"

typedef struct handoff_verb {
    const char *name;
    const char *doc;                           /* one line */
    int (*run)(cli *c, int argc, char **argv); /* argv[0] is "onus handoff NAME"; returns the exit status */
} handoff_verb;

const handoff_verb *handoff_verbs(size_t *count);

/* One a verb. */
int handoff_validate_run(cli *c, int argc, char **argv);
int handoff_declare_run(cli *c, int argc, char **argv);
int handoff_list_run(cli *c, int argc, char **argv);
int handoff_show_run(cli *c, int argc, char **argv);
int handoff_accept_run(cli *c, int argc, char **argv);
int handoff_reject_run(cli *c, int argc, char **argv);
int handoff_hand_back_run(cli *c, int argc, char **argv);
int handoff_revalidate_run(cli *c, int argc, char **argv);

#endif
