/* What differs between two charts, ready to be printed. */
#ifndef ONUS_CLI_DIFF_H
#define ONUS_CLI_DIFF_H

#include "cli/cli.h"
#include "cli/tally.h"

/* ── the charts themselves ── */

typedef struct chart_change {
    char sign;        /* '+' added, '-' removed, '~' changed */
    const char *what; /* "row", "person", "team", "role", "service", "unowned", "severity words", "service labels" */
    const char *id;   /* "" when there is only one */
    unsigned line;    /* in the new chart; in the old one for '-'; 0: unknown */
    const char *text; /* "responsible: a → b; match: …"; "" */
} chart_change;

typedef struct chart_changes {
    const chart_change *items;
    size_t count;
} chart_changes;

/* Rows first, in the order of the file. All in the arena. Pure. */
chart_changes charts_compare(const chart *before, const chart *after, arena *a);

/* ── the whole answer ── */

typedef struct diff_view {
    const char *paths[SIDE_COUNT];
    const char *over; /* "312 alerting rules of 14 files"; NULL: the charts themselves */
    const chart_changes *charts;
    const tally *tally;
    size_t shown_max; /* of the changed alerts, and of each table */
} diff_view;

typedef struct diff_format {
    const char *name;
    void (*print)(const cli *c, const diff_view *v);
} diff_format;

void diff_print_text(const cli *c, const diff_view *v);
void diff_print_markdown(const cli *c, const diff_view *v);
void diff_print_json(const cli *c, const diff_view *v);

/* ── diff_tables.c: what text and Markdown have in common ── */

/* The teams or the rows that change, most first; columns that say nothing about rules are left out. */
typedef struct tally_table {
    text_table table;
    const char *rest; /* "and 12 more rows", or "" */
} tally_table;
tally_table diff_team_table(const diff_view *v, arena *a);
tally_table diff_row_table(const diff_view *v, arena *a);
/* "12 → 9", or "12" when both are the same. */
const char *diff_counts_text(arena *a, size_t before, size_t after);
/* "row", or "row → other". */
const char *diff_rows_text(arena *a, const tally_change *c);

#endif
