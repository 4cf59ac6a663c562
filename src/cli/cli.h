/* Private to the command line: the table of subcommands and what they share. */
#ifndef ONUS_CLI_H
#define ONUS_CLI_H

#include "onus/buf.h"
#include "onus/clock.h"
#include "onus/labels.h"
#include "onus/secret.h"

#include <argp.h>
#include <stdio.h>

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

typedef struct cli {
    FILE *out, *err;
    bool color; /* `out` is a terminal and NO_COLOR is unset */
    onus_clock clock;
    arena *memory;       /* of this run */
    const char *program; /* argv[0] */
} cli;

typedef struct command {
    const char *name;
    const char *doc;                           /* one line */
    int (*run)(cli *c, int argc, char **argv); /* argv[0] is "onus NAME"; returns the exit status */
} command;

const command *cli_commands(size_t *count);
/* The whole command line; returns the exit status. */
int cli_main(cli *c, int argc, char **argv);

/* One a subcommand. */
int check_run(cli *c, int argc, char **argv);
int coverage_run(cli *c, int argc, char **argv);
int diff_run(cli *c, int argc, char **argv);
int handoff_run(cli *c, int argc, char **argv);
int migrate_run(cli *c, int argc, char **argv);
int oncall_run(cli *c, int argc, char **argv);
int report_run(cli *c, int argc, char **argv);
int route_run(cli *c, int argc, char **argv);
int send_run(cli *c, int argc, char **argv);
int serve_run(cli *c, int argc, char **argv);
int test_run(cli *c, int argc, char **argv);
int token_run(cli *c, int argc, char **argv);
int version_run(cli *c, int argc, char **argv);
int help_run(cli *c, int argc, char **argv);

/* ── terminal.c ── */
typedef enum ink { INK_BOLD, INK_RED, INK_YELLOW, INK_GREEN, INK_DIM } ink;
/* The text, coloured when c->color. In c->memory. */
const char *paint(const cli *c, ink color, const char *text);
/* What strangers wrote, for a terminal: control characters (escape sequences among them) become spaces. */
const char *printable(arena *a, const char *text);
/* "onus: text" on c->err; returns EXIT_FAILED. */
int cli_fail(cli *c, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* A table for people: columns as wide as needed, the last one unbounded. cells: rows × columns texts. */
typedef struct text_table {
    const char *const *columns;
    size_t column_count;
    const char **cells;
    size_t row_count, row_capacity;
    arena *memory;
} text_table;

void table_init(text_table *t, arena *a, const char *const *columns, size_t column_count);
/* One row; NULL is an empty cell. One long text must not push the columns after it away: every cell but the last is cut
 * to LIMIT_CELL_BYTES. */
void table_add(text_table *t, const char *const *cells);
void table_print(const cli *c, const text_table *t);

/* ── label_words.c ── */
/* name=value, or {name="value", …}; of a name given twice the later wins. The values of the first form are not copied.
 */
MUST_USE bool labels_from_words(arena *a, const char *const *words, size_t count, labels *out, err *e);
/* As Prometheus adds its external labels: what the alert says itself stays. */
labels labels_with_extra(arena *a, labels own, labels extra);
/* With handoff = none where a model is named and nothing is said of its handoff: as the service sees a version that
 * nobody has declared. */
labels labels_with_handoff(arena *a, labels set);

/* ── files.c ── */
typedef struct stream_bytes {
    char *bytes; /* NUL-terminated, in the arena */
    size_t len;
    bool cut; /* there is more than was asked for */
} stream_bytes;

/* At most `max` bytes of a stream, which is closed. False, with errno, when it cannot be read. */
MUST_USE bool stream_read(arena *a, FILE *file, size_t max, stream_bytes *out);
/* At most `max` bytes; NUL-terminated, in the arena. *len is less than the file when *cut. */
MUST_USE bool file_read(arena *a, const char *path, size_t max, char **bytes, size_t *len, bool *cut, err *e);

#endif
