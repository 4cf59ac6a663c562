/* Checks the files that `onus check` is given, each as what it is. Touches nothing: no network, no database, no secret
 * is read, unless history is asked.
 *
 * The difficulty: one list of files may hold both kinds, and a chart that its settings name must be checked once, with
 * the settings' channels, wherever it stands in the list or when it is not in it. */
#include "cli/check.h"

#include "onus/app.h"
#include "onus/limits.h"
#include "onus/notify.h"
#include "onus/text.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char STDIN_NAME[] = "<stdin>";

static const char *real_path(arena *a, const char *path) {
    char resolved[PATH_MAX];
    return arena_strdup(a, realpath(path, resolved) ? resolved : path);
}

/* False, with the reason, when it cannot be read. */
static bool file_open(check_report *r, checked_file *f, const char *path, err *e) {
    bool standard = strcmp(path, "-") == 0, cut = false;
    arena *a = r->c->memory;
    *f = (checked_file){.path = standard ? STDIN_NAME : path, .real = standard ? STDIN_NAME : real_path(a, path)};
    diagnostics_init(&f->found);
    if (!file_read(a, standard ? "/dev/stdin" : path, LIMIT_CHART_BYTES, &f->bytes, &f->len, &cut, e))
        return false;
    f->kind = file_kind_of(f->bytes, f->len);
    f->done = cut;
    if (cut)
        diagnostics_add(&f->found, DIAGNOSTIC_ERROR, f->path, (file_position){0}, 0, "too-large",
                        "the file is larger than %d KiB", LIMIT_CHART_BYTES / 1024);
    return true;
}

static void open_named(check_report *r, const char *path) {
    checked_file *f = &r->files[r->count++];
    err e = {0};
    if (file_open(r, f, path, &e))
        return;
    diagnostics_add(&f->found, DIAGNOSTIC_ERROR, f->path, (file_position){0}, 0, "unreadable-file", "%s", e.text);
    f->done = true;
}

/* ── charts ── */

static void check_chart(check_report *r, checked_file *f, const channels *ways) {
    chart_context context = {
        .now = clock_now(&r->c->clock), .contact_fault = channels_contact_fault, .contact_channels = ways};
    if (ways)
        context.channels = channels_names(ways, &context.channel_count);
    f->done = true;
    if (file_kind_advice(f->kind)) {
        diagnostics_add(&f->found, DIAGNOSTIC_ERROR, f->path, (file_position){0}, 0, "other-kind",
                        "neither a chart nor settings, but %s", file_kind_advice(f->kind));
        return;
    }
    chart *ch = chart_load_bytes(&(chart_source){f->bytes, f->len, f->path}, &context, &f->found);
    if (ch && r->history)
        check_history(r->c, r->history, ch, f->path, &f->found);
    if (ch)
        f->summary = arena_printf(r->c->memory, "a chart (activities: %zu, roles: %zu, teams: %zu, services: %zu)",
                                  ch->row_count, ch->role_count, ch->team_count, ch->service_count);
    chart_unref(ch);
}

/* The chart that settings name, among the files or opened for them; NULL, reported, when it cannot be read. */
static checked_file *chart_of(check_report *r, checked_file *from, const settings *s) {
    const char *path = text_starts_with(s->chart_path, "./") ? s->chart_path + 2 : s->chart_path;
    const char *real = real_path(r->c->memory, path);
    for (size_t i = 0; i < r->count; i++)
        if (strcmp(r->files[i].real, real) == 0)
            return &r->files[i];
    err e = {0};
    checked_file *f = &r->files[r->count];
    if (file_open(r, f, arena_strdup(r->c->memory, path), &e)) {
        r->count++;
        return f;
    }
    diagnostics_release(&f->found);
    diagnostics_add(&from->found, DIAGNOSTIC_ERROR, from->path, s->chart_at.at, s->chart_at.length, "unreadable-file",
                    "the chart: %s", e.text);
    return NULL;
}

/* ── settings ── */

static void check_settings(check_report *r, checked_file *f) {
    settings_options options = {.offline = true, .bytes = f->bytes, .len = f->len};
    settings *s = settings_load(f->path, &options, &f->found);
    f->done = true;
    if (!s)
        return;
    settings_check_rooms(s, &f->found);
    f->summary =
        arena_printf(r->c->memory, "settings (sources: %zu, channels: %zu)", s->source_count, s->channel_count);
    channels *ways = channels_new(s, &f->found);
    checked_file *named = s->chart_path ? chart_of(r, f, s) : NULL;
    if (named && !named->done)
        check_chart(r, named, ways);
    channels_free(ways);
    settings_free(s);
}

/* ── a chart alone ── */

/* Is the chart at `path` this file? */
static bool names_file(arena *a, const char *path, const checked_file *f) {
    return path && strcmp(real_path(a, path), f->real) == 0;
}

/* The channels of the onus.yaml beside a chart, when that names it and is sound; NULL otherwise. */
static channels *channels_beside(check_report *r, checked_file *f) {
    const char *slash = strrchr(f->real, '/');
    if (!slash)
        return NULL;
    const char *path = arena_printf(r->c->memory, "%.*s/onus.yaml", (int)(slash - f->real), f->real);
    diagnostics unasked;
    diagnostics_init(&unasked);
    settings *s = access(path, R_OK) == 0 ? settings_load(path, &(settings_options){.offline = true}, &unasked) : NULL;
    channels *ways = s && names_file(r->c->memory, s->chart_path, f) ? channels_new(s, &unasked) : NULL;
    settings_free(s);
    diagnostics_release(&unasked);
    return ways;
}

static void check_alone(check_report *r, checked_file *f) {
    channels *ways = channels_beside(r, f);
    check_chart(r, f, ways);
    if (ways && f->summary)
        f->summary = arena_printf(r->c->memory, "%s, with the channels of the onus.yaml beside it", f->summary);
    channels_free(ways);
}

static void add_up(check_report *r) {
    for (size_t i = 0; i < r->count; i++) {
        diagnostics *d = &r->files[i].found;
        diagnostics_sort(d);
        r->errors += d->errors;
        r->warnings += d->warnings;
        r->allowed += d->allowed_count;
    }
}

void check_files(check_report *r, char *const *paths, size_t count) {
    r->files = ARENA_ARRAY(r->c->memory, checked_file, 2 * count + 1); /* settings name one chart each */
    for (size_t i = 0; i < count; i++)
        open_named(r, paths[i]);
    for (size_t i = 0; i < count; i++)
        if (!r->files[i].done && r->files[i].kind == FILE_SETTINGS)
            check_settings(r, &r->files[i]);
    for (size_t i = 0; i < count; i++)
        if (!r->files[i].done) /* what is no settings file is read as a chart, which says what is missing */
            check_alone(r, &r->files[i]);
    add_up(r);
}

void check_release(check_report *r) {
    for (size_t i = 0; i < r->count; i++)
        diagnostics_release(&r->files[i].found);
}
