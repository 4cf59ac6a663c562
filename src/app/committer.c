/* The committer: takes all that has gathered, loads what is open, decides, writes in one transaction, then answers the
 * senders and hands the new messages to the dispatcher. 2xx is said here and nowhere else.
 *
 * Its one difficulty is blame: a batch holds events of many senders, so an event that the database refuses is found by
 * halving, and only its sender hears of it; a database that is away is everybody's 503; another node being first, or a
 * handoff that has just changed, is nobody's fault and is tried again. */
#include "app/alert_memory.h"
#include "app/charts.h"
#include "app/dispatcher.h"
#include "app/handoff_view.h"
#include "app/intake.h"

#include "onus/limits.h"
#include "onus/text.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    CONFLICT_TRIES = 8,
    UNAVAILABLE_TRIES = 2, /* a connection that has gone stale is found out by using it: once more at once */
    LOGGED_INCIDENTS_PER_COMMIT = 10,
};

static const char DATABASE_AWAY[] = "the database is away; nothing was kept, send it again";

typedef struct item {
    const event *event;
    submission *owner;
} item;

struct committer {
    app *app;
    pthread_t thread;
    store_conn *store;
    _Atomic int64_t busy_since; /* monotonic; 0: waiting */
};

/* ── one transaction ── */

typedef struct commit_job {
    app *app;
    decide_context context;
    prepared_event *prepared;
    size_t count;
    arena *memory;
} commit_job;

static void decide_batch(void *context, world *w, changes *out) {
    commit_job *job = context;
    decide_events(&job->context, w, job->prepared, job->count, job->memory, out);
    app_mark_kept(job->app, out);
}

static event *events_of(const item *items, size_t count, arena *a) {
    event *events = ARENA_ARRAY(a, event, count);
    for (size_t i = 0; i < count; i++)
        events[i] = *items[i].event;
    return events;
}

/* The delivery ids of the submissions that end within this slice: an id is remembered with the last of its events. */
static intake_batch batch_of(const commit_job *job, const item *items, bool remember) {
    intake_batch b = {
        .events = job->prepared, .event_count = job->count, .handoffs_serial = handoffs_serial(job->context.handoffs)};
    if (!remember)
        return b;
    size_t room = 0;
    for (size_t i = 0; i < job->count; i++)
        if (i + 1 == job->count || items[i + 1].owner != items[i].owner)
            room += items[i].owner->delivery_id_count;
    const char **ids = ARENA_ARRAY(job->memory, const char *, room + 1);
    for (size_t i = 0; i < job->count; i++)
        if (i + 1 == job->count || items[i + 1].owner != items[i].owner)
            for (size_t k = 0; k < items[i].owner->delivery_id_count; k++)
                ids[b.delivery_id_count++] = items[i].owner->delivery_ids[k];
    b.delivery_ids = ids;
    return b;
}

static void learn(app *a, const changes *done) {
    for (size_t i = 0; i < done->alert_count; i++) {
        const alert *known = done->alerts[i];
        if (known->ends_at || !known->incident)
            alert_memory_forget(a->memory, known->source, known->key);
        else
            alert_memory_learn(
                a->memory, &(open_alert){known->source, known->key, known->id, known->content_hash, known->starts_at});
    }
}

static void log_opened(app *a, const incident *i) {
    buf who;
    buf_init(&who);
    for (size_t k = 0; k < i->raci.responsible_count; k++)
        buf_printf(&who, "%s%s (%s)", k ? ", " : "", i->raci.responsible[k].role_name,
                   i->raci.responsible[k].team_name);
    char id[32];
    (void)!snprintf(id, sizeof id, "%lld", (long long)i->id);
    log_info(a->log, "incident opened", "incident", id, "title", i->title, "loop", loop_to_text(i->loop), "row",
             i->activity, "service", i->service, "severity", severity_to_text(i->severity), "responsible", who.data,
             "accountable", i->raci.accountable.role_name, "why", i->why);
    buf_release(&who);
}

static void count_and_log(app *a, const commit_job *job, const changes *done) {
    size_t logged = 0;
    for (size_t i = 0; i < job->count; i++) {
        const route *r = &job->prepared[i].route;
        atomic_fetch_add_explicit(&a->metrics->outcomes[done->outcomes[i]], 1, memory_order_relaxed);
        atomic_fetch_add_explicit(&a->metrics->loops[r->row->loop], 1, memory_order_relaxed);
        if (r->row->index == UNOWNED_ROW)
            metrics_count(a->metrics, COUNTER_EVENTS_UNOWNED, 1);
        if (done->outcomes[i] == OUTCOME_OPENED && logged++ < LOGGED_INCIDENTS_PER_COMMIT)
            log_opened(a, done->event_incidents[i]);
    }
    if (logged > LOGGED_INCIDENTS_PER_COMMIT) {
        char more[32];
        (void)!snprintf(more, sizeof more, "%zu", logged - LOGGED_INCIDENTS_PER_COMMIT);
        log_info(a->log, "more incidents opened in the same commit", "count", more);
    }
}

static bool commit_once(committer *c, const item *items, size_t count, bool remember, err *e) {
    app *a = c->app;
    arena *memory = arena_new();
    chart *held = NULL;
    handoffs *known = handoff_view_current(a->handoffs);
    commit_job job = {.app = a, .context = app_decide_context(a, &held), .count = count, .memory = memory};
    job.context.handoffs = known;
    job.prepared = decide_prepare(&job.context, events_of(items, count, memory), count, memory);
    intake_batch batch = batch_of(&job, items, remember);
    changes done = {0};
    usec began = clock_monotonic(&a->clock), lease = dispatcher_lease(a->dispatcher);
    bool ok = store_commit_events(c->store, &batch, &(store_decider){decide_batch, &job}, job.context.now, lease,
                                  memory, &done, e);
    if (ok) {
        histogram_observe(&a->metrics->commit_seconds, clock_monotonic(&a->clock) - began);
        metrics_count(a->metrics, COUNTER_COMMITS, 1);
        learn(a, &done);
        if (lease)
            dispatcher_hand_over(a->dispatcher, done.messages, done.message_count);
        count_and_log(a, &job, &done);
    }
    chart_unref(held);
    handoffs_unref(known);
    arena_free(memory);
    return ok;
}

/* Another node was first, with an incident or with a handoff: what it has made is looked at before the next try. */
static void catch_up(committer *c) {
    err e = {0};
    if (!handoff_view_refresh(c->app->handoffs, c->store, &e))
        log_warn(c->app->log, "handoffs cannot be read yet", "error", e.text);
}

static bool commit_patiently(committer *c, const item *items, size_t count, bool remember, err *e) {
    for (int conflicts = 0, absences = 0;;) {
        if (commit_once(c, items, count, remember, e))
            return true;
        if (e->kind == ERR_CONFLICT && ++conflicts < CONFLICT_TRIES) {
            metrics_count(c->app->metrics, COUNTER_COMMIT_CONFLICTS, 1);
            catch_up(c);
            usleep((useconds_t)(1000 * conflicts));
        } else if (e->kind != ERR_UNAVAILABLE || ++absences >= UNAVAILABLE_TRIES) {
            return false;
        }
    }
}

/* ── blame ── */

static void fail_owners(const item *items, size_t count, ingest_verdict verdict, const char *why) {
    for (size_t i = 0; i < count; i++) {
        submission *s = items[i].owner;
        if (s->verdict == INGEST_ACCEPTED) {
            s->verdict = verdict;
            s->why = s->exchange ? arena_strdup(http_arena(s->exchange), why) : "";
        }
    }
}

static void commit_or_halve(committer *c, const item *items, size_t count, bool remember) {
    err e = {0};
    if (count == 0 || commit_patiently(c, items, count, remember, &e))
        return;
    if (e.kind == ERR_INVALID && count > 1) {
        commit_or_halve(c, items, count / 2, false);
        commit_or_halve(c, items + count / 2, count - count / 2, remember);
        return;
    }
    bool poison = e.kind == ERR_INVALID || e.kind == ERR_LIMIT;
    metrics_count(c->app->metrics, poison ? COUNTER_POISON_EVENTS : COUNTER_COMMIT_FAILURES, 1);
    log_warn(c->app->log, poison ? "an event was refused" : "commit failed", "error", e.text);
    fail_owners(items, count, poison ? INGEST_INVALID : INGEST_UNAVAILABLE, poison ? e.text : DATABASE_AWAY);
}

/* ── deliveries that were seen before ── */

/* The same id twice in one batch: the later submission carries nothing new. */
static bool seen_earlier_in_batch(const submission *list, const submission *until, const char *id) {
    for (const submission *s = list; s != until; s = s->next)
        for (size_t i = 0; i < s->delivery_id_count; i++)
            if (text_equal(s->delivery_ids[i], id))
                return true;
    return false;
}

/* Keeps what was not seen. One id an event, or one for the whole body. */
static void keep_unseen(submission *s, const bool *seen) {
    arena *a = http_arena(s->exchange);
    bool per_event = s->delivery_id_count == s->count;
    event *left = ARENA_ARRAY(a, event, s->count + 1);
    const char **ids = ARENA_ARRAY(a, const char *, s->delivery_id_count + 1);
    size_t kept = 0, kept_ids = 0;
    for (size_t i = 0; i < s->count; i++)
        if (!seen[per_event ? i : 0])
            left[kept++] = s->events[i];
    for (size_t i = 0; i < s->delivery_id_count; i++)
        if (!seen[i])
            ids[kept_ids++] = s->delivery_ids[i];
    s->events = left;
    s->count = kept;
    s->delivery_ids = ids;
    s->delivery_id_count = kept_ids;
}

static bool look_up_seen(committer *c, const submission *s, bool *seen) {
    err e = {0};
    bool ok = false;
    for (int tries = 0; tries < UNAVAILABLE_TRIES && !ok; tries++)
        ok = store_seen(c->store, s->delivery_ids, s->delivery_id_count, seen, &e);
    return ok;
}

static void drop_seen(committer *c, submission *list) {
    for (submission *s = list; s; s = s->next) {
        if (!s->delivery_id_count)
            continue;
        size_t ids = s->delivery_id_count;
        bool *seen = ARENA_ARRAY(http_arena(s->exchange), bool, ids);
        if (!look_up_seen(c, s, seen)) {
            s->verdict = INGEST_UNAVAILABLE;
            s->why = DATABASE_AWAY;
            continue;
        }
        for (size_t i = 0; i < ids; i++)
            seen[i] = seen[i] || seen_earlier_in_batch(list, s, s->delivery_ids[i]);
        keep_unseen(s, seen);
        metrics_count(c->app->metrics, COUNTER_DUPLICATE_DELIVERIES, ids - s->delivery_id_count);
    }
}

/* ── a batch ── */

static void commit_all(committer *c, submission *list, size_t events) {
    item *items = mem_zalloc(events + 1, sizeof *items);
    size_t count = 0;
    for (submission *s = list; s; s = s->next)
        for (size_t i = 0; s->verdict == INGEST_ACCEPTED && i < s->count; i++)
            items[count++] = (item){&s->events[i], s};
    for (size_t at = 0; at < count;) {
        if (items[at].owner->verdict != INGEST_ACCEPTED) { /* an earlier slice of this body failed */
            at++;
            continue;
        }
        size_t slice = count - at < LIMIT_BATCH_EVENTS ? count - at : LIMIT_BATCH_EVENTS;
        bool whole = at + slice == count || items[at + slice].owner != items[at + slice - 1].owner;
        commit_or_halve(c, items + at, slice, whole);
        at += slice;
    }
    free(items);
}

static void answer(app *a, submission *s) {
    histogram_observe(&a->metrics->batch_wait_seconds, clock_monotonic(&a->clock) - s->arrived);
    if (!s->exchange) {
        arena_free(s->own_memory);
        return;
    }
    atomic_fetch_add_explicit(&a->metrics->ingest[s->verdict], 1, memory_order_relaxed);
    http_response r;
    intake_respond(s->exchange, s->format, s->verdict, s->result, s->why, &r);
    http_complete(s->exchange, &r);
}

static void *committer_main(void *context) {
    committer *c = context;
    for (submission *list; (list = intake_take(c->app->intake, LIMIT_BATCH_EVENTS));) {
        atomic_store(&c->busy_since, clock_monotonic(&c->app->clock));
        size_t taken = 0, bytes = 0;
        for (submission *s = list; s; s = s->next) {
            taken += s->count;
            bytes += s->bytes;
        }
        drop_seen(c, list);
        commit_all(c, list, taken);
        for (submission *next; list; list = next) {
            next = list->next;
            answer(c->app, list);
        }
        intake_settled(c->app->intake, taken, bytes);
        atomic_store(&c->busy_since, 0);
    }
    return NULL;
}

committer *committer_start(app *a, err *e) {
    committer *c = mem_zalloc(1, sizeof *c);
    c->app = a;
    c->store = store_conn_new(a->database, a->node);
    if (pthread_create(&c->thread, NULL, committer_main, c)) {
        err_set(e, ERR_SYSTEM, "cannot start the committer's thread");
        store_conn_free(c->store);
        free(c);
        return NULL;
    }
    return c;
}

bool committer_is_live(const committer *c, usec now_monotonic) {
    usec since = atomic_load(&c->busy_since);
    return since == 0 || now_monotonic - since < STALL_SECONDS * USEC_PER_SECOND;
}

void committer_join(committer *c) {
    if (!c)
        return;
    pthread_join(c->thread, NULL);
    store_conn_free(c->store);
    free(c);
}
