/* Runs the command line in the test's process and keeps what it prints. */
#ifndef TESTS_CLI_HARNESS_H
#define TESTS_CLI_HARNESS_H

#include "cli/cli.h"

typedef struct outcome {
    int status;
    char *out, *err;
    cli c;
    size_t out_len, err_len;
    char directory[64]; /* a fresh one; files are written below it */
} outcome;

void outcome_init(outcome *o);
void outcome_release(outcome *o);
/* Splits at spaces; an argument may be written as @name: the path of a file in the directory. */
void outcome_run(outcome *o, const char *arguments);
void outcome_file(outcome *o, const char *name, const char *text);

/* A file of the project, whole; freed by the caller. */
char *project_file(const char *path);

extern const char good_chart[];

#endif
