/* What the files of `onus check` share: the files with what was found in them, and the forms in which that is printed.
 * Private to src/cli/check*.c. */
#ifndef ONUS_CLI_CHECK_H
#define ONUS_CLI_CHECK_H

#include "cli/check_history.h"
#include "cli/cli.h"
#include "cli/file_kind.h"
#include "onus/lint.h"

typedef struct checked_file {
    const char *path; /* as it is shown */
    const char *real; /* resolved, so that one file is known under two names */
    char *bytes;      /* NULL when it could not be read */
    size_t len;
    const char *summary; /* "a chart (…)"; NULL when it cannot be used */
    file_kind kind;
    bool done;
    diagnostics found;
} checked_file;

typedef struct check_report {
    cli *c;
    checked_file *files; /* those that were named, then the charts that their settings name */
    size_t count;
    size_t errors, warnings, allowed; /* of all files */
    const history_options *history;   /* NULL: not asked */
} check_report;

/* Reads and checks every file; `-` is the standard input. */
void check_files(check_report *r, char *const *paths, size_t count);
void check_release(check_report *r);

typedef struct check_format {
    const char *name, *doc;
    void (*print)(const check_report *r, buf *b);
} check_format;

const check_format *check_formats(size_t *count);

/* One a form of output. */
void check_print_text(const check_report *r, buf *b);
void check_print_json(const check_report *r, buf *b);
void check_print_sarif(const check_report *r, buf *b);
void check_print_github(const check_report *r, buf *b);
void check_print_gitlab(const check_report *r, buf *b);

/* The same for the same problem in the next run, wherever its line has moved: of file, rule, line, and how often that
 * stood before. Hex. */
const char *check_fingerprint(const check_report *r, const checked_file *f, const diagnostic *item);

/* --rules and --explain: the table itself. */
int check_print_rules(cli *c, bool json);
int check_explain(cli *c, const char *name, bool json);

#endif
