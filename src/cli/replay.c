/* Owns turning rules and recorded episodes into alerts that a chart can be asked about. Leaves reading them to config
 * and store. */
#include "cli/replay.h"

#include "cli/chart_view.h"

#include "onus/handoffs.h"
#include "onus/rules.h"
#include "onus/text.h"

#include <unistd.h>

enum { PROGRESS_EVERY = 2000 };

bool since_from_text(const char *text, usec now, usec *out, err *e) {
    int64_t span = 0;
    err other = {0};
    if (time_from_text(text, out, &other))
        return true;
    if (!text_to_duration(text, &span, e))
        return err_set(e, ERR_INVALID, "\"%s\" is neither a span like 30d nor a time like 2026-03-01T00:00:00Z", text);
    *out = now - span;
    return true;
}

static const char *or_else(const char *text, const char *otherwise) {
    return text[0] ? text : otherwise;
}

/* ── rules ── */

static void each_rule(const alert_rules *rules, usec at, const replay_target *t) {
    arena *scratch = arena_new();
    for (size_t i = 0; i < rules->count; i++) {
        labels set = labels_with_handoff(scratch, labels_with_extra(scratch, rules->items[i].labels, t->extra));
        const replayed e = {.set = set,
                            .name = or_else(labels_get(set, "alertname"), "(without a name)"),
                            .identity = arena_printf(scratch, "rule/%zu", i),
                            .at = at};
        t->each(t->context, &e);
        arena_reset(scratch);
    }
    arena_free(scratch);
}

bool replay_rules(cli *c, const char *const *paths, size_t count, usec at, const replay_target *t, replay_counts *out) {
    diagnostics d;
    diagnostics_init(&d);
    alert_rules rules = {0};
    bool read = alert_rules_load(paths, count, c->memory, &rules, &d);
    diagnostics_sort(&d);
    problems_print(c, &d);
    if (read)
        each_rule(&rules, at, t);
    *out = (replay_counts){rules.count, rules.file_count, alert_rules_left_out(&rules, c->memory),
                           .partial = d.errors > 0};
    diagnostics_release(&d);
    return read;
}

/* ── recorded episodes ── */

typedef struct recording {
    const cli *c;
    handoffs *known;
    const replay_target *target;
    arena *scratch;
    size_t alerts;
    bool shown;
} recording;

static void show_progress(recording *r) {
    if (!r->shown || r->alerts % PROGRESS_EVERY != 0)
        return;
    fprintf(r->c->err, "\r%zu recorded alerts replayed", r->alerts);
    (void)fflush(r->c->err);
}

static bool each_recorded(void *context, const recorded_event *e) {
    recording *r = context;
    arena_reset(r->scratch);
    labels set = labels_with_extra(r->scratch, e->labels, r->target->extra);
    handoff_fact fact = handoffs_find(r->known, set, e->starts_at);
    set = handoff_fact_labels(r->scratch, set, &fact);
    const replayed one = {.set = set,
                          .name = or_else(labels_get(set, "alertname"), or_else(e->title, "(without a name)")),
                          .identity = arena_printf(r->scratch, "%s/%s", e->source, e->key),
                          .at = e->received_at,
                          .ends_at = e->ends_at};
    r->target->each(r->target->context, &one);
    r->alerts++;
    show_progress(r);
    return true;
}

/* As the service knew them, so that rows about handoffs are replayed as of each alert's start. */
static bool load_handoffs(cli *c, store_conn *conn, handoffs **out, err *e) {
    handoff_change *changes = NULL;
    size_t count = 0;
    if (!store_handoff_changes(conn, 0, c->memory, &changes, &count, e))
        return false;
    *out = handoffs_new(NULL, changes, count, 0);
    return true;
}

bool replay_recorded(cli *c, store_conn *conn, usec since, const replay_target *t, size_t *alerts) {
    recording r = {.c = c, .target = t, .scratch = arena_new(), .shown = isatty(fileno(c->err)) == 1};
    err e = {0};
    bool done = load_handoffs(c, conn, &r.known, &e) &&
                store_each_recorded_event(conn, since, &(recorded_reader){each_recorded, &r}, &e);
    if (r.shown && r.alerts >= PROGRESS_EVERY)
        fprintf(c->err, "\r\033[K");
    if (!done)
        (void)cli_fail(c, "%s", e.text);
    *alerts = r.alerts;
    handoffs_unref(r.known);
    arena_free(r.scratch);
    return done;
}
