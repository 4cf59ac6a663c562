/* The committer: takes all that has gathered, loads what is open, decides, writes in one transaction, then answers the
 * senders. 2xx is said here and nowhere else. While the server writes one batch, the next is prepared and looked up, so
 * that neither waits for the other.
 *
 * Its one difficulty is blame: a batch holds events of many senders, so an event that the database refuses is found by
 * halving, and only its sender hears of it; a database that is away is everybody's 503; another node being first, or a
 * handoff that has just changed, is nobody's fault and is tried again. */
#include "app/commit_job.h"
#include "app/handoff_view.h"
#include "app/intake.h"

#include "onus/limits.h"
#include "onus/text.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    CONFLICT_TRIES = 8,
    UNAVAILABLE_TRIES = 2, /* a connection that has gone stale is found out by using it: once more at once */
};

static const char DATABASE_AWAY[] = "the database is away; nothing was kept, send it again";

struct committer {
    app *app;
    pthread_t thread;
    store_conn *store;
    _Atomic int64_t busy_since; /* monotonic; 0: waiting */
};

/* ── again ── */

static bool commit_once(committer *c, const commit_item *items, size_t count, bool remember, err *e) {
    commit_job *j =
        commit_job_begin(c->app, c->store, &(commit_slice){.items = items, .count = count, .remember = remember});
    commit_job_decide(j);
    return commit_job_end(j, e);
}

/* Another node was first, with an incident or with a handoff: what it has made is looked at before the next try. */
static void catch_up(committer *c) {
    err e = {0};
    if (!handoff_view_refresh(c->app->handoffs, c->store, &e))
        log_warn(c->app->log, "handoffs cannot be read yet", "error", e.text);
}

/* `e` is what the first try came to. */
static bool commit_again(committer *c, const commit_item *items, size_t count, bool remember, err *e) {
    for (int conflicts = 0, absences = 0;;) {
        if (e->kind == ERR_CONFLICT && ++conflicts < CONFLICT_TRIES) {
            metrics_count(c->app->metrics, COUNTER_COMMIT_CONFLICTS, 1);
            catch_up(c);
            usleep((useconds_t)(1000 * conflicts));
        } else if (e->kind != ERR_UNAVAILABLE || ++absences >= UNAVAILABLE_TRIES) {
            return false;
        }
        if (commit_once(c, items, count, remember, e))
            return true;
    }
}

/* ── blame ── */

static void fail_owners(const commit_item *items, size_t count, ingest_verdict verdict, const char *why) {
    for (size_t i = 0; i < count; i++) {
        submission *s = items[i].owner;
        if (s->verdict == INGEST_ACCEPTED) {
            s->verdict = verdict;
            s->why = s->exchange ? arena_strdup(http_arena(s->exchange), why) : "";
        }
    }
}

static void commit_or_halve(committer *c, const commit_item *items, size_t count, bool remember);

/* `e` is what trying all of them came to. */
static void blame(committer *c, const commit_item *items, size_t count, bool remember, err *e) {
    if (commit_again(c, items, count, remember, e))
        return;
    if (e->kind == ERR_INVALID && count > 1) {
        commit_or_halve(c, items, count / 2, false);
        commit_or_halve(c, items + count / 2, count - count / 2, remember);
        return;
    }
    bool poison = e->kind == ERR_INVALID || e->kind == ERR_LIMIT;
    metrics_count(c->app->metrics, poison ? COUNTER_POISON_EVENTS : COUNTER_COMMIT_FAILURES, 1);
    log_warn(c->app->log, poison ? "an event was refused" : "commit failed", "error", e->text);
    fail_owners(items, count, poison ? INGEST_INVALID : INGEST_UNAVAILABLE, poison ? e->text : DATABASE_AWAY);
}

static void commit_or_halve(committer *c, const commit_item *items, size_t count, bool remember) {
    err e = {0};
    if (!commit_once(c, items, count, remember, &e))
        blame(c, items, count, remember, &e);
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

/* What was taken from the intake at once. */
typedef struct batch {
    submission *list;
    size_t events, bytes;
    bool plain;         /* one transaction takes it, and no delivery id has to be looked up first */
    commit_item *items; /* of those that are accepted */
    size_t count;
    commit_job *job; /* NULL: not begun */
} batch;

static void list_items(batch *b) {
    free(b->items);
    b->items = mem_zalloc(b->events + 1, sizeof *b->items);
    b->count = 0;
    for (submission *s = b->list; s; s = s->next)
        for (size_t i = 0; s->verdict == INGEST_ACCEPTED && i < s->count; i++)
            b->items[b->count++] = (commit_item){&s->events[i], s};
}

static batch *batch_take(committer *c, bool wait) {
    submission *list = intake_take(c->app->intake, LIMIT_BATCH_EVENTS, wait);
    if (!list)
        return NULL;
    batch *b = mem_zalloc(1, sizeof *b);
    b->list = list;
    b->plain = true;
    for (submission *s = list; s; s = s->next) {
        b->events += s->count;
        b->bytes += s->bytes;
        b->plain = b->plain && s->delivery_id_count == 0;
    }
    b->plain = b->plain && b->events <= LIMIT_BATCH_EVENTS;
    if (b->plain)
        list_items(b);
    return b;
}

static void commit_slices(committer *c, batch *b) {
    drop_seen(c, b->list);
    list_items(b);
    const commit_item *items = b->items;
    for (size_t at = 0; at < b->count;) {
        if (items[at].owner->verdict != INGEST_ACCEPTED) { /* an earlier slice of this body failed */
            at++;
            continue;
        }
        size_t slice = b->count - at < LIMIT_BATCH_EVENTS ? b->count - at : LIMIT_BATCH_EVENTS;
        bool whole = at + slice == b->count || items[at + slice].owner != items[at + slice - 1].owner;
        commit_or_halve(c, items + at, slice, whole);
        at += slice;
    }
}

static void begin(committer *c, batch *b) {
    if (!b->job)
        b->job = commit_job_begin(c->app, c->store,
                                  &(commit_slice){.items = b->items, .count = b->count, .trusts_memory = true});
}

/* While the server writes this batch, the next one, when it has gathered already, is looked up. Returns that one. */
static batch *commit_plain(committer *c, batch *b) {
    err e = {0};
    begin(c, b);
    commit_job_decide(b->job);
    batch *next = batch_take(c, false);
    if (next && next->plain)
        begin(c, next);
    if (commit_job_end(b->job, &e))
        return next;
    if (next && next->job)
        commit_job_abandon(next->job);
    if (next)
        next->job = NULL;
    blame(c, b->items, b->count, true, &e);
    return next;
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

static void batch_settle(committer *c, batch *b) {
    for (submission *s = b->list, *next; s; s = next) {
        next = s->next;
        answer(c->app, s);
    }
    intake_settled(c->app->intake, b->events, b->bytes);
    free(b->items);
    free(b);
}

static void *committer_main(void *context) {
    committer *c = context;
    for (batch *b, *next = NULL; (b = next ? next : batch_take(c, true));) {
        atomic_store(&c->busy_since, clock_monotonic(&c->app->clock));
        next = NULL;
        if (b->plain)
            next = commit_plain(c, b);
        else
            commit_slices(c, b);
        batch_settle(c, b);
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
