/* Owns the chart in use and its reloading. The one difficulty: readers take a reference under the lock and keep it as
 * long as they like; the old snapshot goes with its last reader. */
#include "app/charts.h"

#include "onus/limits.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct file_stamp {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec modified;
} file_stamp;

struct charts {
    pthread_mutex_t lock; /* current, status */
    pthread_mutex_t reloading;
    const char *path;
    const channels *known;
    chart *current;
    usec loaded_at;
    bool last_reload_ok;
    char *problem;
    file_stamp loaded, seen; /* of the ticker's thread and the reloader, under `reloading` */
};

charts *charts_new(const char *path, const channels *known) {
    charts *c = mem_zalloc(1, sizeof *c);
    pthread_mutex_init(&c->lock, NULL);
    pthread_mutex_init(&c->reloading, NULL);
    c->path = path;
    c->known = known;
    c->problem = mem_strdup("");
    return c;
}

void charts_free(charts *c) {
    if (!c)
        return;
    chart_unref(c->current);
    pthread_mutex_destroy(&c->lock);
    pthread_mutex_destroy(&c->reloading);
    free(c->problem);
    free(c);
}

chart *charts_current(charts *c) {
    pthread_mutex_lock(&c->lock);
    chart *now = c->current ? chart_ref(c->current) : NULL;
    pthread_mutex_unlock(&c->lock);
    return now;
}

static file_stamp stamp_of(const char *path) {
    struct stat st;
    if (stat(path, &st))
        return (file_stamp){0};
    return (file_stamp){st.st_dev, st.st_ino, st.st_size, st.st_mtim};
}

static bool stamp_equal(file_stamp a, file_stamp b) {
    return a.device == b.device && a.inode == b.inode && a.size == b.size && a.modified.tv_sec == b.modified.tv_sec &&
           a.modified.tv_nsec == b.modified.tv_nsec;
}

bool charts_file_changed(charts *c) {
    pthread_mutex_lock(&c->reloading);
    file_stamp now = stamp_of(c->path);
    bool still = stamp_equal(now, c->seen);
    bool changed = still && now.inode && !stamp_equal(now, c->loaded);
    c->seen = now;
    pthread_mutex_unlock(&c->reloading);
    return changed;
}

/* The file's bytes, so that what is checked and what is kept in the database are the same. */
static bool read_chart_file(const char *path, buf *out, err *e) {
    FILE *f = fopen(path, "re");
    if (!f)
        return err_set(e, ERR_NOT_FOUND, "cannot read the chart %s: %s", path, strerror(errno));
    char piece[65536];
    size_t got;
    while ((got = fread(piece, 1, sizeof piece, f)) > 0 && out->len <= LIMIT_CHART_BYTES)
        buf_put(out, piece, got);
    bool bad = ferror(f);
    if (fclose(f) || bad)
        return err_set(e, ERR_SYSTEM, "cannot read the chart %s", path);
    if (out->len > LIMIT_CHART_BYTES)
        return err_set(e, ERR_LIMIT, "the chart %s is larger than %d bytes", path, LIMIT_CHART_BYTES);
    return true;
}

static chart *check_chart(const chart_source *text, const chart_context *context, buf *report, err *e) {
    diagnostics d;
    diagnostics_init(&d);
    chart *fresh = chart_load_bytes(text, context, &d);
    diagnostics_sort(&d);
    for (size_t i = 0; i < d.count; i++) {
        diagnostic_print(report, &d.items[i]);
        buf_putc(report, '\n');
    }
    if (!fresh)
        err_set(e, ERR_INVALID, "the chart %s has %zu error%s; the last good one stays in use", text->path, d.errors,
                d.errors == 1 ? "" : "s");
    diagnostics_release(&d);
    return fresh;
}

static void swap(charts *c, chart *fresh, usec now) {
    pthread_mutex_lock(&c->lock);
    chart *old = c->current;
    c->current = fresh;
    c->loaded_at = now;
    pthread_mutex_unlock(&c->lock);
    chart_unref(old);
}

static void remember_outcome(charts *c, const buf *report, const err *failure) {
    pthread_mutex_lock(&c->lock);
    c->last_reload_ok = failure == NULL;
    free(c->problem);
    c->problem = mem_strdup(!failure ? "" : report->len ? report->data : failure->text);
    pthread_mutex_unlock(&c->lock);
}

static bool load(charts *c, store_conn *store, usec now, buf *report, err *e) {
    buf text;
    buf_init(&text);
    chart *fresh = NULL;
    bool done = false;
    chart_context context = {.now = now, .running = true};
    context.channels = channels_names(c->known, &context.channel_count);
    context.contact_fault = channels_contact_fault;
    context.contact_channels = c->known;
    if (read_chart_file(c->path, &text, e) &&
        (fresh = check_chart(&(chart_source){text.data, text.len, c->path}, &context, report, e)) &&
        store_record_chart(store, fresh->digest, text.data, c->path, now, &fresh->revision, e)) {
        swap(c, fresh, now);
        fresh = NULL;
        done = true;
    }
    chart_unref(fresh);
    buf_release(&text);
    return done;
}

bool charts_reload(charts *c, store_conn *store, usec now, buf *report, err *e) {
    pthread_mutex_lock(&c->reloading);
    file_stamp before = stamp_of(c->path);
    bool done = load(c, store, now, report, e);
    remember_outcome(c, report, done ? NULL : e);
    /* A database that was away says nothing about the file: look at it again. */
    if (done || e->kind != ERR_UNAVAILABLE)
        c->loaded = before;
    pthread_mutex_unlock(&c->reloading);
    return done;
}

charts_status charts_get_status(charts *c, arena *a) {
    pthread_mutex_lock(&c->lock);
    charts_status s = {c->current ? c->current->revision : 0, c->loaded_at, c->last_reload_ok,
                       arena_strdup(a, c->problem)};
    pthread_mutex_unlock(&c->lock);
    return s;
}
