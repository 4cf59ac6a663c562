/* A committer: takes all that has gathered in its lane, loads what is open, decides, writes in one transaction, then
 * answers the senders. 2xx is said here and nowhere else. While one waits for the server or the disk another works.
 *
 * Its one difficulty is blame: a batch holds events of many senders, so an event that the database refuses is found by
 * halving, and only its sender hears of it; so is one whose incident this version cannot read (503: a newer node may
 * take it); a database that is away is everybody's 503; another node being first, or a handoff that has just changed,
 * is nobody's fault and is tried again. */
#include "app/commit_job.h"
#include "app/deliveries.h"
#include "app/handoff_view.h"
#include "app/intake.h"

#include "onus/limits.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH_LEAST = 50 };

static const char DATABASE_SILENT[] = "the database does not answer; send it again";
static const char DATABASE_AWAY[] = "the database is away; nothing was kept, send it again";

struct committer {
    app *app;
    size_t lane;
    pthread_t thread;
    store_conn *store;
    usec silent_at;             /* monotonic: when the database has last failed to answer in time */
    size_t batch_most;          /* events; fewer for a while when it has */
    _Atomic int64_t busy_since; /* monotonic; 0: waiting */
};

/* ── again ── */

/* Another node was first, with an incident or with a handoff: what it has made is looked at before the next try. */
static void catch_up(committer *c) {
    err e = {0};
    if (!handoff_view_refresh(c->app->handoffs, c->store, &e))
        app_warn(c->app, "handoffs cannot be read yet", &e);
}

/* A batch was not answered in time. When the database only was slow, the next one may be small enough. */
static void note_silence(committer *c) {
    app_count_uncertain(c->app, c->store);
    if (!store_was_silent(c->store))
        return;
    c->silent_at = clock_monotonic(&c->app->clock);
    c->batch_most = c->batch_most / 2 > BATCH_LEAST ? c->batch_most / 2 : BATCH_LEAST;
}

/* What its sender repeats is recognised: so events may be committed twice. */
static bool commit_patiently(committer *c, commit_slice slice, err *e) {
    store_tries tries = {.idempotent = true};
    slice.trusts_memory = true;
    for (; !commit_job_run(c->app, c->store, &slice, e); slice.trusts_memory = false) {
        note_silence(c);
        if (!store_again(c->store, &tries, e))
            return false;
        if (e->kind == ERR_CONFLICT) {
            metrics_count(c->app->metrics, COUNTER_COMMIT_CONFLICTS, 1);
            catch_up(c);
        }
    }
    c->batch_most = c->batch_most * 2 < LIMIT_BATCH_EVENTS ? c->batch_most * 2 : LIMIT_BATCH_EVENTS;
    return true;
}

/* ── blame ── */

static void fail_owners(const commit_slice *slice, ingest_verdict verdict, const char *why) {
    for (size_t i = 0; i < slice->count; i++) {
        submission *s = slice->items[i].owner;
        if (s->verdict == INGEST_ACCEPTED) {
            s->verdict = verdict;
            s->why = s->exchange ? arena_strdup(http_arena(s->exchange), why) : "";
        }
    }
}

/* What becomes of an event that cannot be committed, even by itself. */
static void refuse(committer *c, const commit_slice *slice, const err *e) {
    metrics *m = c->app->metrics;
    if (e->kind == ERR_INVALID || e->kind == ERR_LIMIT) {
        metrics_count(m, COUNTER_POISON_EVENTS, 1);
        app_warn(c->app, "an event was refused", e);
        fail_owners(slice, INGEST_INVALID, e->text);
    } else if (e->kind == ERR_SYSTEM) {
        metrics_count(m, COUNTER_UNREADABLE_ROWS, 1);
        app_warn_once(c->app, UNREADABLE_ROW, e);
        fail_owners(slice, INGEST_UNAVAILABLE, e->text);
    } else {
        metrics_count(m, COUNTER_COMMIT_FAILURES, 1);
        app_warn(c->app, "commit failed", e);
        fail_owners(slice, INGEST_UNAVAILABLE, DATABASE_AWAY);
    }
}

/* A conflict that stays is a delivery id that somebody else has committed since it was looked up. */
static bool is_of_one_event(const err *e) {
    return e->kind == ERR_INVALID || e->kind == ERR_CONFLICT || e->kind == ERR_SYSTEM;
}

/* Whoever came before it has waited as long as anybody should, and would only wait as long again. */
static bool shares_the_silence(const committer *c, const submission *s) {
    return s->arrived <= c->silent_at;
}

static void commit_or_halve(committer *c, const commit_slice *slice) {
    err e = {0};
    size_t half = slice->count / 2;
    if (slice->count == 0)
        return;
    if (shares_the_silence(c, slice->items[0].owner)) {
        fail_owners(slice, INGEST_UNAVAILABLE, DATABASE_SILENT);
        return;
    }
    if (commit_patiently(c, *slice, &e))
        return;
    if (!is_of_one_event(&e) || slice->count == 1) {
        refuse(c, slice, &e);
        return;
    }
    commit_or_halve(c, &(commit_slice){.items = slice->items, .count = half});
    commit_or_halve(
        c, &(commit_slice){.items = slice->items + half, .count = slice->count - half, .remember = slice->remember});
}

/* ── deliveries that were seen before ── */

static deliveries *drop_seen(committer *c, submission *list) {
    err e = {0};
    deliveries *found = NULL;
    store_tries tries = {0};
    do
        if (deliveries_drop_seen(c->store, list, &found, &e)) {
            metrics_count(c->app->metrics, COUNTER_DUPLICATE_DELIVERIES, deliveries_dropped(found));
            return found;
        }
    while (store_again(c->store, &tries, &e));
    note_silence(c);
    for (submission *s = list; s; s = s->next)
        if (s->delivery_id_count) {
            s->verdict = INGEST_UNAVAILABLE;
            s->why = DATABASE_AWAY;
        }
    return NULL;
}

/* ── a batch ── */

static void commit_all(committer *c, submission *list, size_t events) {
    commit_item *items = mem_zalloc(events + 1, sizeof *items);
    size_t count = 0;
    for (submission *s = list; s; s = s->next)
        for (size_t i = 0; s->verdict == INGEST_ACCEPTED && i < s->count; i++)
            items[count++] = (commit_item){s, i};
    for (size_t at = 0; at < count;) {
        if (items[at].owner->verdict != INGEST_ACCEPTED) { /* an earlier slice of this body failed */
            at++;
            continue;
        }
        size_t slice = count - at < c->batch_most ? count - at : c->batch_most;
        bool whole = at + slice == count || items[at + slice].owner != items[at + slice - 1].owner;
        commit_or_halve(c, &(commit_slice){.items = items + at, .count = slice, .remember = whole});
        at += slice;
    }
    free(items);
}

static void answer(app *a, submission *s) {
    histogram_observe(&a->metrics->batch_wait_seconds, clock_monotonic(&a->clock) - s->arrived);
    submission_forget_prepared(s);
    if (!s->exchange) {
        arena_free(s->own_memory);
        return;
    }
    atomic_fetch_add_explicit(&a->metrics->ingest[s->verdict], 1, memory_order_relaxed);
    http_response r;
    intake_respond(s->exchange, s->format, s->verdict, s->result, s->why, &r);
    http_complete(s->exchange, &r);
}

/* What changes nothing needs no commit, but may rest on one that waits for a lost standby and can be seen already:
 * while the database is in trouble, a commit of its own must show that what is there will stay. */
static void prove(committer *c, submission *list) {
    err e = {0};
    if (!patience_is_away(c->app->patience) || store_check_commit(c->store, clock_now(&c->app->clock), &e))
        return;
    for (submission *s = list; s; s = s->next) {
        if (s->verdict == INGEST_ACCEPTED) {
            s->verdict = INGEST_UNAVAILABLE;
            s->why = DATABASE_AWAY;
        }
    }
}

static void *committer_main(void *context) {
    committer *c = context;
    for (submission *list; (list = intake_take(c->app->intake, c->lane, c->batch_most));) {
        atomic_store(&c->busy_since, clock_monotonic(&c->app->clock));
        size_t taken = 0, bytes = 0;
        for (submission *s = list; s; s = s->next) {
            taken += s->count;
            bytes += s->bytes;
        }
        deliveries *delivered = drop_seen(c, list);
        commit_all(c, list, taken);
        prove(c, list);
        deliveries_settle(delivered);
        deliveries_free(delivered);
        for (submission *next; list; list = next) {
            next = list->next;
            answer(c->app, list);
        }
        intake_settled(c->app->intake, taken, bytes);
        atomic_store(&c->busy_since, 0);
    }
    return NULL;
}

committer *committer_start(app *a, size_t lane, err *e) {
    committer *c = mem_zalloc(1, sizeof *c);
    c->app = a;
    c->lane = lane;
    c->batch_most = LIMIT_BATCH_EVENTS;
    c->store = app_connection(a);
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
