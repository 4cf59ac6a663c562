/* What `onus coverage` knows once it has looked: private to src/cli/coverage*.c. */
#ifndef ONUS_CLI_COVERAGE_H
#define ONUS_CLI_COVERAGE_H

#include "cli/chart_view.h"
#include "onus/rivals.h"
#include "onus/rules.h"

/* Why two owners may claim one alert. */
typedef enum contest {
    CONTEST_NONE,
    CONTEST_NAME, /* another rule has its name and another owner: their labels decide */
    CONTEST_KEY,  /* a label that the rule lacks decides */
} contest;

typedef struct covered_alert covered_alert;

struct covered_alert {
    const alert_rule *rule;
    const char *name; /* "" when the rule has none */
    labels set;       /* with those of --label */
    const chart_row *row;
    severity severity;
    raci raci;
    bool owned;
    contest contest;
    rival rival;                /* CONTEST_KEY; of an unowned alert: the row that a label more would bring */
    const covered_alert *other; /* CONTEST_NAME */
    size_t proposal;            /* of an unowned alert: its number */
};

/* What would give unowned alerts an owner. */
typedef struct proposal {
    const covered_alert **alerts; /* in the order of the files */
    size_t count;
    const chart_row *row; /* add the list to it; NULL: a new row */
    const char *why;      /* why this row: for people */
    const char *match;    /* alertname =~ "(?i)postgres.*" */
    const char *yaml;     /* to be pasted */
} proposal;

typedef struct team_share {
    const char *id, *name;
    size_t responsible, accountable; /* alerts */
} team_share;

typedef struct coverage {
    cli *c;
    const chart *chart;
    const char *chart_path;
    alert_rules rules;
    covered_alert *alerts; /* one per rule, in their order */
    size_t count, unowned, contested;
    size_t by_loop[LOOP_COUNT], unowned_by_loop[LOOP_COUNT];
    size_t *by_row; /* by the row's number; the last is unowned's */
    size_t idle_rows;
    team_share *teams; /* with at least one alert, by their names */
    size_t team_count;
    proposal *proposals;
    size_t proposal_count;
    size_t unexamined; /* alerts that were not compared with rivals */
} coverage;

typedef enum coverage_grouping { GROUPED_NOT, GROUPED_BY_FILE, GROUPED_BY_ROW, GROUPED_BY_TEAM } coverage_grouping;

typedef struct coverage_display {
    coverage_grouping grouping;
    bool problems_only;
} coverage_display;

/* coverage_view.c: owners, contests, totals. `extra`: labels that each alert gets where its rule does not give them. */
void coverage_examine(coverage *v, labels extra);
/* coverage_propose.c */
void coverage_propose(coverage *v);
/* coverage_print.c, coverage_json.c, coverage_html.c */
void coverage_print_text(const coverage *v, const coverage_display *how);
void coverage_put_json(const coverage *v, const diagnostics *d, buf *out);
/* Whether a report may be written there, before there is one. */
MUST_USE bool coverage_check_html(arena *a, const char *path, err *e);
MUST_USE bool coverage_write_html(const coverage *v, const diagnostics *d, const char *path, err *e);

/* ── what more than one of them says ── */
const char *alert_place(arena *a, const covered_alert *one); /* file:line */
const char *row_place(arena *a, const coverage *v, const chart_row *row);
/* "if environment = production, row x (System Loop)": what a contested alert's owner depends on. */
const char *contest_text(arena *a, const coverage *v, const covered_alert *one);
const char *rival_keys_text(arena *a, const rival *r);
const char *party_names(arena *a, const party *parties, size_t count);
double percent(size_t part, size_t whole);

/* The words of a name: "KServeLatencyP99High" → kserve latency p99 high. Templates in it are passed over. */
enum { NAME_WORDS_MAX = 16 };
const char *name_past_template(const char *at); /* a template's end; NULL when none begins here */
size_t name_words(arena *a, const char *name, const char *words[NAME_WORDS_MAX]);

#endif
