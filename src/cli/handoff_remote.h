/* Private to the command line: what the verbs of `onus handoff` that talk to a running service share. */
#ifndef ONUS_CLI_HANDOFF_REMOTE_H
#define ONUS_CLI_HANDOFF_REMOTE_H

#include "cli/handoff.h"
#include "cli/remote.h"

/* Options of show, declare, accept, reject, hand-back, revalidate. The first three are the verb's own. */
typedef struct handoff_options {
    const char *doc, *arguments;
    bool names;  /* it takes MODEL VERSION; otherwise a package's path, as `model` */
    bool reason; /* it takes --reason */
    bool needs_reason;
    bool draft; /* it takes --draft */
    remote_options remote;
    const char *model, *version;
    const char *why, *by;
    bool json, is_draft;
} handoff_options;

/* Exits with a usage error like argp. */
void handoff_options_parse(handoff_options *o, int argc, char **argv);

const char *handoff_path(const remote *r, const char *model, const char *version, const char *action);
void handoff_print(const cli *c, const cJSON *handoff);
void handoff_print_json(const cli *c, const cJSON *value);

#endif
