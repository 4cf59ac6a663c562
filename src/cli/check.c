/* `onus check`: every problem of charts and settings files, with its place. Touches nothing: no network, no database,
 * no secret is read. The difficulty: one list of files may hold both kinds, and a chart that its settings name must be
 * checked once, with the settings' channels. */
#include "cli/cli.h"

#include "cli/check_history.h"
#include "cli/file_kind.h"
#include "onus/ingest.h"
#include "onus/limits.h"
#include "onus/notify.h"
#include "onus/render.h"
#include "onus/text.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { SOURCE_BYTES_MAX = LIMIT_CHART_BYTES, KEY_SINCE = 256 };

typedef struct checked_file {
    const char *path;
    char *bytes;
    size_t len;
    const char *real; /* the resolved path */
    const char *summary;
    file_kind kind;
    bool done; /* by the settings that name it */
} checked_file;

typedef struct check {
    cli *c;
    diagnostics found;
    checked_file *files;
    size_t count;
    const history_options *history;
    bool unread; /* the history could not be read */
} check;

typedef struct check_options {
    history_options history;
    bool json;
    char **paths;
    size_t count;
} check_options;

static const char *real_path(arena *a, const char *path) {
    char resolved[PATH_MAX];
    return arena_strdup(a, realpath(path, resolved) ? resolved : path);
}

static void file_open(check *k, checked_file *f, const char *path) {
    err e = {0};
    bool cut = false;
    *f = (checked_file){.path = path, .real = real_path(k->c->memory, path)};
    if (!file_read(k->c->memory, path, SOURCE_BYTES_MAX, &f->bytes, &f->len, &cut, &e)) {
        diagnostics_add(&k->found, DIAGNOSTIC_ERROR, path, (file_position){0}, 0, "unreadable", "%s", e.text);
        f->done = true;
        return;
    }
    f->kind = file_kind_of(f->bytes, f->len);
}

static const char *chart_summary(arena *a, const chart *ch) {
    return arena_printf(a, "a chart (activities: %zu, roles: %zu, teams: %zu, services: %zu)", ch->row_count,
                        ch->role_count, ch->team_count, ch->service_count);
}

static void check_chart(check *k, checked_file *f, const char *path, const char *const *channels, size_t count) {
    const chart_context context = {channels, count, .now = clock_now(&k->c->clock)};
    chart *ch = chart_load(path, &context, &k->found);
    if (ch && k->history->since && !check_history(k->c, k->history, ch, path, &k->found))
        k->unread = true;
    if (ch && f)
        f->summary = chart_summary(k->c->memory, ch);
    if (f)
        f->done = true;
    chart_unref(ch);
}

static checked_file *file_of(check *k, const char *path) {
    const char *real = real_path(k->c->memory, path);
    for (size_t i = 0; i < k->count; i++)
        if (strcmp(k->files[i].real, real) == 0)
            return &k->files[i];
    return NULL;
}

static void unknown_format(check *k, const checked_file *f, const source *s) {
    const char *names[32];
    size_t count = 0;
    const ingest_format *const *all = ingest_formats(&count);
    count = count < 32 ? count : 32;
    for (size_t i = 0; i < count; i++)
        names[i] = all[i]->name;
    const char *near = text_did_you_mean(s->format, names, count);
    diagnostics_add(&k->found, DIAGNOSTIC_ERROR, f->path, file_find_value(f->bytes, f->len, "format", s->format),
                    (unsigned)strlen(s->format), "unknown-format", "source \"%s\": no format \"%s\"%s%s%s", s->name,
                    s->format, near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

/* The user's own message templates, as the service reads them at its start. */
static void check_templates(check *k, const settings *s) {
    err e = {0};
    templates *t = s->templates_path ? templates_load(s->templates_path, &e) : NULL;
    if (s->templates_path && !t)
        diagnostics_add(&k->found, DIAGNOSTIC_ERROR, s->path, (file_position){0}, 0, "bad-template", "%s", e.text);
    templates_free(t);
}

static void check_settings(check *k, checked_file *f) {
    settings *s = settings_load(f->path, &(settings_options){.offline = true}, &k->found);
    f->done = true;
    if (!s)
        return;
    for (size_t i = 0; i < s->source_count; i++)
        if (!ingest_format_find(s->sources[i].format))
            unknown_format(k, f, &s->sources[i]);
    f->summary =
        arena_printf(k->c->memory, "settings (sources: %zu, channels: %zu)", s->source_count, s->channel_count);
    check_templates(k, s);
    channels *ways = channels_new(s, &k->found);
    size_t count = 0;
    const char *const *names = ways ? channels_names(ways, &count) : NULL;
    if (s->chart_path)
        check_chart(k, file_of(k, s->chart_path), s->chart_path, names, count);
    channels_free(ways);
    settings_free(s);
}

static void check_all(check *k) {
    for (size_t i = 0; i < k->count; i++)
        if (!k->files[i].done && k->files[i].kind == FILE_SETTINGS)
            check_settings(k, &k->files[i]);
    for (size_t i = 0; i < k->count; i++)
        if (!k->files[i].done) /* what is no settings file is read as a chart, which says what is missing */
            check_chart(k, &k->files[i], k->files[i].path, NULL, 0);
    diagnostics_sort(&k->found);
}

/* "file:1:2: error: " with the word in its colour. */
static void print_item(const cli *c, const char *text, diagnostic_level level) {
    const char *word = level == DIAGNOSTIC_ERROR ? "error: " : "warning: ";
    const char *at = strstr(text, word);
    if (!at) {
        fputs(text, c->out);
        return;
    }
    fprintf(c->out, "%.*s%s%s", (int)(at - text), text,
            paint(c, level == DIAGNOSTIC_ERROR ? INK_RED : INK_YELLOW, word), at + strlen(word));
}

static void print_text(const check *k) {
    const cli *c = k->c;
    buf b;
    buf_init(&b);
    for (size_t i = 0; i < k->found.count; i++) {
        const diagnostic *item = &k->found.items[i];
        const checked_file *f = NULL;
        for (size_t n = 0; n < k->count && !f; n++)
            f = strcmp(k->files[n].path, item->file) == 0 ? &k->files[n] : NULL;
        buf_clear(&b);
        diagnostic_print_with_source(&b, item, f ? f->bytes : NULL, f && f->bytes ? f->len : 0);
        print_item(c, b.data, item->level);
    }
    buf_release(&b);
    for (size_t i = 0; i < k->count; i++)
        if (k->files[i].summary)
            fprintf(c->out, "%s: %s\n", k->files[i].path, k->files[i].summary);
    size_t warnings = 0;
    for (size_t i = 0; i < k->found.count; i++)
        warnings += k->found.items[i].level == DIAGNOSTIC_WARNING;
    fprintf(c->out, "%s, %zu warning%s\n",
            k->found.errors ? arena_printf(c->memory, "%zu error%s", k->found.errors, k->found.errors == 1 ? "" : "s")
                            : paint(c, INK_GREEN, "no errors"),
            warnings, warnings == 1 ? "" : "s");
}

static const struct argp_option options[] = {
    {"json", 'j', NULL, 0, "Print JSON", 0},
    {"since", KEY_SINCE, "WHEN", 0, "Warn of rows that matched no alert recorded since then (180d, or a time)", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state) {
    check_options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        o->history.database.optional = true;
        state->child_inputs[0] = &o->history.database;
        return 0;
    case KEY_SINCE:
        o->history.since = arg;
        return 0;
    case ARGP_KEY_END:
        history_check_usage(state, &o->history);
        return 0;
    case 'j':
        o->json = true;
        return 0;
    case ARGP_KEY_ARGS:
        o->paths = state->argv + state->next;
        o->count = (size_t)(state->argc - state->next);
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "which file?");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int check_run(cli *c, int argc, char **argv) {
    static const struct argp_child children[] = {{&database_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options,
        parse,
        "FILE...",
        "Finds every error and warning of charts and settings files in one run. Settings are checked with their "
        "channels and templates, and with the chart that they name. Touches nothing: no network, no database, no "
        "secret is read; with --since, the database alone is.",
        children,
        NULL,
        NULL};
    check_options o = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    check k = {.c = c, .files = ARENA_ARRAY(c->memory, checked_file, o.count), .count = o.count, .history = &o.history};
    diagnostics_init(&k.found);
    for (size_t i = 0; i < o.count; i++)
        file_open(&k, &k.files[i], o.paths[i]);
    check_all(&k);
    if (o.json) {
        buf b;
        buf_init(&b);
        diagnostics_put_json(&b, &k.found);
        fprintf(c->out, "%s\n", b.data);
        buf_release(&b);
    } else {
        print_text(&k);
    }
    int status = k.found.errors || k.unread ? EXIT_FAILED : EXIT_DONE;
    diagnostics_release(&k.found);
    return status;
}
