/* `onus diff`: what another chart changes, and for whom. Without alerts it compares the charts' text; with rule files
 * or with what was recorded it asks both charts about every alert. Leaves comparing to whom.c, tally.c and
 * diff_charts.c, and how it reads to diff_text.c, diff_markdown.c and diff_json.c. */
#include "cli/diff.h"

#include "cli/chart_view.h"
#include "cli/database.h"
#include "cli/replay.h"

#include "onus/text.h"

#include <string.h>

enum { SHOWN_DEFAULT = 20, KEY_EXIT_CODE = 256, KEY_NIGHT };

typedef struct text_items {
    const char **items;
    size_t count;
} text_items;

typedef struct diff_options {
    cli *c;
    database_options database;
    const char *paths[SIDE_COUNT];
    size_t path_count;
    text_items rules, more_rules; /* --rules, and what follows the two charts */
    text_items labels;
    const char *since, *hours, *zone, *shown;
    const diff_format *format;
    bool exit_code;
} diff_options;

enum { FORMAT_TEXT, FORMAT_MARKDOWN, FORMAT_JSON };
static const diff_format FORMATS[] = {
    [FORMAT_TEXT] = {"text", diff_print_text},
    [FORMAT_MARKDOWN] = {"markdown", diff_print_markdown},
    [FORMAT_JSON] = {"json", diff_print_json},
};

static const struct argp_option options[] = {
    {"rules", 'r', "PATH", 0, "Ask about every alerting rule of this file or directory; more paths may follow", 0},
    {"since", 's', "WHEN", 0, "Ask about every alert recorded since then: a span (30d) or a time (RFC 3339)", 0},
    {"label", 'L', "NAME=VALUE", 0, "A label that each alert gets where it has none of that name (repeatable)", 0},
    {"night", KEY_NIGHT, "HOURS", 0, "What counts as night; default 22:00-07:00", 0},
    {"time-zone", 'z', "ZONE", 0, "Of these hours; default UTC", 0},
    {"show", 'n', "COUNT", 0, "List so many teams, rows and kinds of changed alerts; default 20", 0},
    {"markdown", 'm', NULL, 0, "Print Markdown, to be pasted into a review", 0},
    {"json", 'j', NULL, 0, "Print JSON", 0},
    {"exit-code", KEY_EXIT_CODE, NULL, 0, "Exit with 1 when anything changes for anybody", 0},
    {0},
};

/* One more; argp hands the arguments over one by one. */
static void keep(arena *a, text_items *list, const char *text) {
    const char **more = ARENA_ARRAY(a, const char *, list->count + 1);
    if (list->count > 0)
        memcpy(more, list->items, list->count * sizeof *more);
    more[list->count++] = text;
    list->items = more;
}

static void take_path(diff_options *o, const char *arg) {
    if (o->path_count < SIDE_COUNT)
        o->paths[o->path_count++] = arg;
    else
        keep(o->c->memory, &o->more_rules, arg);
}

static void check_usage(struct argp_state *state, const diff_options *o) {
    if (o->path_count < SIDE_COUNT)
        argp_error(state, "which charts? Name the old one and the new one");
    if (o->rules.count > 0 && o->since)
        argp_error(state, "--rules or --since, not both");
    if (o->rules.count == 0 && o->more_rules.count > 0)
        argp_error(state, "two charts, not three; rule files come with --rules");
    if (o->since && !o->database.config_path && !o->database.local_dir)
        argp_error(state, "--since needs a database. Give --config FILE or --local DIR");
    if (strcmp(o->paths[BEFORE], "-") == 0 && strcmp(o->paths[AFTER], "-") == 0)
        argp_error(state, "only one of the charts can be standard input");
}

static error_t parse(int key, char *arg, struct argp_state *state) {
    diff_options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        o->database.optional = true;
        state->child_inputs[0] = &o->database;
        return 0;
    case 'r':
        keep(o->c->memory, &o->rules, arg);
        return 0;
    case 'L':
        keep(o->c->memory, &o->labels, arg);
        return 0;
    case 's':
        o->since = arg;
        return 0;
    case KEY_NIGHT:
        o->hours = arg;
        return 0;
    case 'z':
        o->zone = arg;
        return 0;
    case 'n':
        o->shown = arg;
        return 0;
    case 'm':
    case 'j':
        o->format = &FORMATS[key == 'm' ? FORMAT_MARKDOWN : FORMAT_JSON];
        return 0;
    case KEY_EXIT_CODE:
        o->exit_code = true;
        return 0;
    case ARGP_KEY_ARG:
        take_path(o, arg);
        return 0;
    case ARGP_KEY_END:
        check_usage(state, o);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* ── what the options mean ── */

typedef struct diff_job {
    cli *c;
    const diff_options *o;
    chart *charts[SIDE_COUNT];
    labels extra;
    const night *night;
    usec now, since;
    int64_t shown_max;
} diff_job;

static bool read_options(diff_job *job, err *e) {
    const diff_options *o = job->o;
    job->now = clock_now(&job->c->clock);
    job->shown_max = SHOWN_DEFAULT;
    if (!labels_from_words(job->c->memory, o->labels.items, o->labels.count, &job->extra, e))
        return err_prefix(e, "--label");
    if (o->shown && !text_to_int(o->shown, 0, TALLY_CHANGES_MAX, "--show", &job->shown_max, e))
        return false;
    if (o->since && !since_from_text(o->since, job->now, &job->since, e))
        return err_prefix(e, "--since");
    job->night = night_new(job->c->memory, o->hours ? o->hours : "22:00-07:00", o->zone ? o->zone : "UTC", e);
    return job->night != NULL;
}

static const char *chart_path(const char *given) {
    return strcmp(given, "-") == 0 ? "/dev/stdin" : given;
}

static bool open_charts(diff_job *job) {
    for (int side = BEFORE; side < SIDE_COUNT; side++)
        job->charts[side] = chart_open(job->c, chart_path(job->o->paths[side]));
    return job->charts[BEFORE] && job->charts[AFTER];
}

/* ── the three ways ── */

static diff_view view_of(const diff_job *job) {
    return (diff_view){.paths = {job->o->paths[BEFORE], job->o->paths[AFTER]}, .shown_max = (size_t)job->shown_max};
}

static int answer(const diff_job *job, const diff_view *v, bool changed) {
    job->o->format->print(job->c, v);
    return changed && job->o->exit_code ? EXIT_FAILED : EXIT_DONE;
}

static int compare_texts(const diff_job *job) {
    chart_changes changes = charts_compare(job->charts[BEFORE], job->charts[AFTER], job->c->memory);
    diff_view v = view_of(job);
    v.charts = &changes;
    return answer(job, &v, changes.count > 0);
}

static void add_alert(void *context, const replayed *e) {
    tally_add(context, e);
}

static const char *plural(size_t count) {
    return count == 1 ? "" : "s";
}

typedef struct fed {
    const char *over; /* what was asked about */
    bool partial;
} fed;

static bool feed_rules(const diff_job *job, const replay_target *target, fed *out) {
    text_items all = job->o->rules;
    for (size_t i = 0; i < job->o->more_rules.count; i++)
        keep(job->c->memory, &all, job->o->more_rules.items[i]);
    replay_counts counts;
    bool done = replay_rules(job->c, all.items, all.count, job->now, target, &counts);
    out->partial = counts.partial;
    out->over = arena_printf(job->c->memory, "%zu alerting rule%s of %zu file%s%s", counts.alerts,
                             plural(counts.alerts), counts.files, plural(counts.files), counts.left_out);
    return done;
}

static bool feed_recorded(const diff_job *job, const replay_target *target, fed *out) {
    size_t alerts = 0;
    store_conn *conn = database_open(job->c, &job->o->database);
    bool done = conn && replay_recorded(job->c, conn, job->since, target, &alerts);
    out->over = arena_printf(job->c->memory, "%zu alert%s recorded since %s", alerts, plural(alerts),
                             time_to_short_text(job->c->memory, job->since));
    store_conn_free(conn);
    return done;
}

static int compare_alerts(const diff_job *job) {
    tally t;
    diff_view v = view_of(job);
    tally_init(&t, &(tally_question){job->charts[BEFORE], job->charts[AFTER], job->o->since ? job->night : NULL});
    const replay_target target = {.extra = job->extra, .each = add_alert, .context = &t};
    int status = EXIT_FAILED;
    fed f = {0};
    if (job->o->since ? feed_recorded(job, &target, &f) : feed_rules(job, &target, &f)) {
        tally_finish(&t);
        v.over = f.over;
        v.tally = &t;
        status = answer(job, &v, tally_changed(&t) > 0);
    }
    tally_release(&t);
    return f.partial ? EXIT_FAILED : status;
}

int diff_run(cli *c, int argc, char **argv) {
    static const struct argp_child children[] = {{&database_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options,
        parse,
        "OLD NEW\nOLD NEW --rules PATH...\nOLD NEW --since WHEN",
        "Says what another chart changes, and for whom: the charts themselves, or by asking both about every alert "
        "that "
        "rule files may fire, or about every alert that was recorded. `-` is a chart on standard input.",
        children,
        NULL,
        NULL};
    diff_options o = {.c = c, .format = &FORMATS[FORMAT_TEXT]};
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    diff_job job = {.c = c, .o = &o};
    err e = {0};
    if (!read_options(&job, &e))
        return cli_fail(c, "%s", e.text), EXIT_USAGE;
    int status = EXIT_FAILED;
    if (open_charts(&job))
        status = o.since || o.rules.count > 0 ? compare_alerts(&job) : compare_texts(&job);
    chart_unref(job.charts[BEFORE]);
    chart_unref(job.charts[AFTER]);
    return status;
}
