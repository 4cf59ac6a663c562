/* Private to the command line: what `onus handoff validate` found, for printing. */
#ifndef ONUS_CLI_HANDOFF_VALIDATE_H
#define ONUS_CLI_HANDOFF_VALIDATE_H

#include "cli/handoff_load.h"

typedef struct validated {
    handoff_loaded loaded;
    handoff_context context;
    handoff_findings findings; /* of the five parts */
    size_t errors, warnings;   /* those of the files, too */
} validated;

/* The parts with their findings, each with its place, to `to`. */
void validated_print(const cli *c, FILE *to, const validated *v);
/* {"packages":[{"path","model","version","errors","warnings","parts":[…],"findings":[…]}],"errors":N,"warnings":N} */
void validated_put_json(const cli *c, buf *b, const validated *all, size_t count);

#endif
