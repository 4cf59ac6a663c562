/* `onus report`: misroutes by row and team, what no row claims, pages by night, contacts that gave up, and the row
 * edits that would have prevented the misroutes. From the database, or from a running service, which answers the same
 * JSON. Leaves printing to report_print.c. */
#include "cli/report.h"

#include "cli/chart_view.h"
#include "cli/database.h"
#include "cli/remote.h"
#include "onus/limits.h"
#include "onus/row_edit.h"
#include "onus/text.h"

#include <string.h>

typedef struct report_options {
    database_options database;
    remote_options remote;
    const char *since, *chart_path, *zone;
    bool json, markdown;
} report_options;

static const struct argp_option options[] = {
    {"since", 's', "DURATION", 0, "How far to look back: 30d, 12h; default: 30d", 0},
    {"config", 'c', "FILE", 0, "Settings that name the database and the chart", 0},
    {"local", 'l', "DIR", 0, "The private PostgreSQL of a running `onus serve --local DIR`", 0},
    {"url", 'u', "URL", 0, "Ask a running service instead (default, without --config and --local: $ONUS_URL)", 0},
    {"token-file", 't', "FILE", 0, "A token of the service, with the role viewer (default: $ONUS_TOKEN_FILE)", 0},
    {"chart", 'f', "FILE", 0, "The chart to edit; default: the settings', else the newest in the database", 0},
    {"time-zone", 'z', "ZONE", 0, "The time zone of the nights (22:00 to 07:00), like Europe/Berlin; default: UTC", 0},
    {"markdown", 'm', NULL, 0, "Print Markdown, to paste into a review", 0},
    {"json", 'j', NULL, 0, "Print JSON", 0},
    {0},
};

static void check_usage(struct argp_state *state, report_options *o) {
    bool database = o->database.config_path || o->database.local_dir;
    if (o->remote.token_file && !o->remote.url && database)
        argp_error(state, "--token-file goes with --url");
    if (o->remote.url && database)
        argp_error(state, "either --url, or --config or --local");
    if (!database)
        remote_take_environment(&o->remote);
    if (!o->remote.url && !database)
        argp_error(state, "from where? Give --config FILE, --local DIR or --url URL");
    if (o->remote.url && o->chart_path)
        argp_error(state, "a service seeks edits in the chart that it uses; --chart goes with --config or --local");
    if (o->json && o->markdown)
        argp_error(state, "either --json or --markdown");
}

static error_t parse(int key, char *arg, struct argp_state *state) {
    report_options *o = state->input;
    const struct {
        int key;
        const char **value;
    } texts[] = {{'s', &o->since},      {'c', &o->database.config_path}, {'l', &o->database.local_dir},
                 {'u', &o->remote.url}, {'t', &o->remote.token_file},    {'f', &o->chart_path},
                 {'z', &o->zone}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].key == key) {
            *texts[i].value = arg;
            return 0;
        }
    switch (key) {
    case 'm':
        o->markdown = true;
        return 0;
    case 'j':
        o->json = true;
        return 0;
    case ARGP_KEY_END:
        check_usage(state, o);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* ── from a service ── */

static const char *ask_service(cli *c, const report_options *o, err *e) {
    remote service;
    const char *path = arena_printf(c->memory, "/v1/report?since=%s&time_zone=%s", client_escape(c->memory, o->since),
                                    client_escape(c->memory, o->zone));
    cJSON *answer = remote_init(&service, c, &o->remote, e) ? remote_call(&service, path, NULL, NULL, e) : NULL;
    remote_release(&service);
    if (!answer)
        return NULL;
    buf b;
    buf_init(&b);
    json_print(&b, answer);
    cJSON_Delete(answer);
    const char *report = buf_to_arena(&b, c->memory);
    buf_release(&b);
    return report;
}

/* ── from the database ── */

static bool read_chart(cli *c, store_conn *conn, const report_options *o, char **text, err *e) {
    const char *path = o->chart_path             ? o->chart_path
                       : o->database.config_path ? settings_chart_path(c, o->database.config_path)
                                                 : NULL;
    size_t len = 0;
    bool cut = false;
    if (!path)
        return store_chart_text(conn, 0, c->memory, text, e);
    return file_read(c->memory, path, LIMIT_CHART_BYTES, text, &len, &cut, e) &&
           (!cut || err_set(e, ERR_LIMIT, "%s is too large for a chart", path));
}

static bool span_of(const cli *c, const report_options *o, report_span *span, err *e) {
    usec ago = 0;
    if (!text_to_duration(o->since, &ago, e))
        return err_prefix(e, "--since");
    if (ago <= 0 || ago > LIMIT_REPORT_DAYS * USEC_PER_DAY || strlen(o->zone) > LIMIT_ZONE_BYTES)
        return err_set(e, ERR_INVALID,
                       "--since looks back by at most %d days, and --time-zone is the name of a time zone",
                       LIMIT_REPORT_DAYS);
    span->until = clock_now(&c->clock);
    span->since = span->until - ago;
    span->zone = o->zone;
    return true;
}

static bool find_edits(cli *c, store_conn *conn, const report_options *o, const report_span *span, buf *edits, err *e) {
    routed_incident *all = NULL;
    row_edit *found = NULL;
    size_t count = 0, edit_count = 0;
    char *text = NULL;
    if (!read_chart(c, conn, o, &text, e) ||
        !store_routed_incidents(conn, span, ROW_EDIT_INCIDENTS, c->memory, &all, &count, e) ||
        !row_edits_find(text, all, count, c->memory, &found, &edit_count, e))
        return false;
    row_edits_put_json(edits, found, edit_count);
    return true;
}

static const char *ask_database(cli *c, const report_options *o, store_conn *conn, err *e) {
    report_span span;
    char *figures = NULL;
    const char *report = NULL;
    buf edits;
    buf_init(&edits);
    if (span_of(c, o, &span, e) && store_report(conn, &span, c->memory, &figures, e) &&
        find_edits(c, conn, o, &span, &edits, e))
        report = report_with_edits(c->memory, figures, edits.data);
    buf_release(&edits);
    return report;
}

/* ── the whole ── */

static int print(cli *c, const report_options *o, const char *json) {
    err e = {0};
    cJSON *report = json_parse(json, strlen(json), &e);
    if (!report)
        return cli_fail(c, "the report cannot be read: %s", e.text);
    if (o->json)
        fprintf(c->out, "%s\n", json);
    else
        report_print(c, report, o->markdown);
    cJSON_Delete(report);
    return EXIT_DONE;
}

int report_run(cli *c, int argc, char **argv) {
    static const struct argp argp = {
        options,
        parse,
        NULL,
        "Says how well the chart has routed: misroutes by row and team, what no row claims, pages by night, contacts "
        "that gave up; and the row edits that would have prevented the misroutes, checked on the recorded incidents.",
        NULL,
        NULL,
        NULL};
    report_options o = {.since = "30d", .zone = "UTC"};
    err e = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    store_conn *conn = NULL;
    const char *json = NULL;
    if (o.remote.url) {
        json = ask_service(c, &o, &e);
    } else {
        conn = database_open(c, &o.database);
        if (!conn)
            return EXIT_FAILED;
        json = ask_database(c, &o, conn, &e);
    }
    int status = json ? print(c, &o, json) : cli_fail(c, "%s", e.text);
    store_conn_free(conn);
    return status;
}
