/* `onus coverage`: which alerting rules have which owner, before they fire. Leaves looking to coverage_view.c,
 * suggestions to coverage_propose.c, and words to the printers. Routing is the domain's own function, so that the
 * answer cannot differ from the service's. */
#include "cli/coverage.h"

#include "onus/limits.h"
#include "onus/text.h"

#include <string.h>

typedef struct coverage_options {
    const char *chart_path, *html_path;
    const char **extra;
    size_t extra_count;
    coverage_display display;
    bool strict, json;
    char **paths;
    size_t path_count;
    arena *memory;
} coverage_options;

static const struct argp_option options[] = {
    {"chart", 'f', "FILE", 0, "The chart", 0},
    {"label", 'l', "NAME=VALUE", 0,
     "A label that each alert gets when its rule does not give it, as by external_labels", 0},
    {"group-by", 'g', "WHAT", 0, "One table for each file, row or team", 0},
    {"unowned", 'u', NULL, 0, "Only what is unowned or contested", 0},
    {"strict", 's', NULL, 0, "Exit status 1 when an alert is unowned", 0},
    {"html", 'o', "FILE", 0, "Write a report as one HTML file, too", 0},
    {"json", 'j', NULL, 0, "Print JSON", 0},
    {0},
};

static const struct {
    const char *name;
    coverage_grouping grouping;
} GROUPINGS[] = {{"file", GROUPED_BY_FILE}, {"row", GROUPED_BY_ROW}, {"team", GROUPED_BY_TEAM}};

static void set_grouping(coverage_options *o, const char *arg, struct argp_state *state) {
    for (size_t i = 0; i < sizeof GROUPINGS / sizeof *GROUPINGS; i++)
        if (strcmp(GROUPINGS[i].name, arg) == 0) {
            o->display.grouping = GROUPINGS[i].grouping;
            return;
        }
    argp_error(state, "--group-by: no \"%s\"; it is file, row or team", arg);
}

static void add_extra(coverage_options *o, const char *arg, struct argp_state *state) {
    if (o->extra_count == LIMIT_LABELS_PER_ALERT)
        argp_error(state, "more than %d labels", LIMIT_LABELS_PER_ALERT);
    if (!o->extra)
        o->extra = ARENA_ARRAY(o->memory, const char *, LIMIT_LABELS_PER_ALERT);
    o->extra[o->extra_count++] = arg;
}

static void check_options(const coverage_options *o, struct argp_state *state) {
    if (!o->chart_path)
        argp_error(state, "which chart? Give --chart FILE");
    if (o->path_count == 0)
        argp_error(state, "which rules? Give files or folders, or - for standard input");
}

static error_t parse(int key, char *arg, struct argp_state *state) {
    coverage_options *o = state->input;
    switch (key) {
    case 'f':
        o->chart_path = arg;
        return 0;
    case 'l':
        add_extra(o, arg, state);
        return 0;
    case 'g':
        set_grouping(o, arg, state);
        return 0;
    case 'u':
        o->display.problems_only = true;
        return 0;
    case 's':
        o->strict = true;
        return 0;
    case 'o':
        o->html_path = arg;
        return 0;
    case 'j':
        o->json = true;
        return 0;
    case ARGP_KEY_ARGS:
        o->paths = state->argv + state->next;
        o->path_count = (size_t)(state->argc - state->next);
        return 0;
    case ARGP_KEY_END:
        check_options(o, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static bool extra_labels(const coverage_options *o, labels *out, err *e) {
    return labels_from_words(o->memory, o->extra, o->extra_count, out, e) || err_prefix(e, "--label");
}

static void print_json(const coverage *v, const diagnostics *d) {
    buf b;
    buf_init(&b);
    coverage_put_json(v, d, &b);
    fputs(b.data, v->c->out);
    buf_release(&b);
}

static int show(coverage *v, const coverage_options *o, const diagnostics *d) {
    err e;
    coverage_propose(v);
    if (o->json)
        print_json(v, d);
    else
        coverage_print_text(v, &o->display);
    if (o->html_path && !coverage_write_html(v, d, o->html_path, &e))
        return cli_fail(v->c, "%s", e.text);
    return d->errors > 0 || (o->strict && v->unowned > 0) ? EXIT_FAILED : EXIT_DONE;
}

static int look(coverage *v, const coverage_options *o, labels extra, diagnostics *d) {
    bool read = alert_rules_load((const char *const *)o->paths, o->path_count, v->c->memory, &v->rules, d);
    problems_print(v->c, d);
    if (!read)
        return EXIT_FAILED;
    if (v->rules.count == 0)
        return cli_fail(v->c, "no alerting rule was found");
    coverage_examine(v, extra);
    return show(v, o, d);
}

int coverage_run(cli *c, int argc, char **argv) {
    static const struct argp argp = {options,
                                     parse,
                                     "RULES...",
                                     "Reads Prometheus rule files, and folders of them, and says who owns each alert: "
                                     "loop, row, Responsible and Accountable; what is unowned or contested, and what "
                                     "would mend it.",
                                     NULL,
                                     NULL,
                                     NULL};
    coverage_options o = {.memory = c->memory};
    labels extra;
    err e;
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    if (!extra_labels(&o, &extra, &e))
        return cli_fail(c, "%s", e.text), EXIT_USAGE;
    if (o.html_path && !coverage_check_html(c->memory, o.html_path, &e))
        return cli_fail(c, "%s", e.text);
    chart *ch = chart_open(c, o.chart_path);
    if (!ch)
        return EXIT_FAILED;
    diagnostics d;
    diagnostics_init(&d);
    coverage v = {.c = c, .chart = ch, .chart_path = o.chart_path};
    int status = look(&v, &o, extra, &d);
    diagnostics_release(&d);
    chart_unref(ch);
    return status;
}
