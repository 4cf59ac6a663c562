/* Owns the way from the outbox to the transport and back. One thread (the keeper) with one connection records results,
 * claims, renews leases; the transport's own thread does the sending, so that a slow database never delays a send that
 * is under way and a slow receiver never delays the database.
 *
 * The one difficulty is not telling twice: what is in hand stands in `leases` until its result is recorded; a claim
 * that returns it again (its lease had run out) only prolongs it; leases are renewed while messages wait for their
 * turn; and nothing leaves that another node may have been given meanwhile. */
#include "app/dispatcher.h"

#include "app/leases.h"
#include "app/message_copy.h"
#include "onus/limits.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    CLAIM_AT_ONCE = 256,
    CLAIM_WHEN_BELOW = 1024, /* messages in the transport; above it nothing is claimed */
    RECORD_AT_ONCE = 1000,
    RECORD_SOON = 250, /* so many results are recorded at once; fewer wait for company, at most RECORD_AFTER_MS */
    RECORD_AFTER_MS = 20,
    CLAIM_AFTER_RECORD_MS = 50,
    POLL_MS = 500,
    WATCH_MS = 400,        /* between looks at the other nodes */
    GONE_AFTER_MS = 700,   /* a node whose lock is free for so long is gone */
    WATCH_AGAIN_MS = 5000, /* after our own session was lost */
    CLOCKS_AGREE_SECONDS = 1,
    UNCERTAIN_MOST = 256, /* commits; of older ones the leases run out */
    UNCERTAIN_AFTER_MS = 1000,
    RENEW_SECONDS = MESSAGE_LEASE_SECONDS / 3,
};

typedef struct finished {
    struct finished *next;
    transport_job *job;
    delivery_result result;
} finished;

struct dispatcher {
    app *app;
    transport *transport;
    store_conn *store;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    finished *first, *last; /* results to record, oldest first */
    size_t results;
    bool stopping;
    usec uncertain[UNCERTAIN_MOST]; /* ends of leases that commits of unknown outcome may have made; under the lock */
    size_t uncertain_count;         /* since the start */
    usec uncertain_looked_at;       /* monotonic */
    leases *leases;
    usec renewed_at, watches_from; /* monotonic */
    usec looked_at;
    bool placed_before;
    usec ahead;                /* our clock, of the database's */
    bool apart;                /* it was said that the two differ */
    bool failed;               /* something of this turn of the keeper; it alone looks */
    _Atomic int64_t turned_at; /* monotonic */
};

/* ── to the transport ── */

static transport_job *job_new(arena *memory, const message *m) {
    transport_job *job = ARENA_NEW(memory, transport_job);
    job->memory = memory;
    job->message = *m;
    return job;
}

/* True when the message is on its way or already in our hands; false: no room. Frees `memory` unless it is on its way.
 */
static bool submit(dispatcher *d, arena *memory, const message *m, usec lease_ends) {
    lease_taken taken = leases_take(d->leases, m->id, lease_ends);
    if (taken == LEASE_TAKEN) {
        if (d->transport && transport_submit(d->transport, job_new(memory, m)))
            return true;
        leases_drop(d->leases, m->id);
    }
    arena_free(memory);
    return taken == LEASE_EXTENDED;
}

void dispatcher_hand_over(dispatcher *d, const lease *lease, const message *messages, size_t count) {
    if (!lease->length)
        return;
    usec now = clock_now(&d->app->clock);
    for (size_t i = 0; i < count; i++) {
        if (messages[i].not_before > now)
            continue;
        arena *memory = arena_new();
        message copy = message_copy(memory, &messages[i]);
        if (!submit(d, memory, &copy, lease->ends))
            break; /* the transport is full: what is left waits in the database until its lease ends */
    }
}

lease dispatcher_lease(dispatcher *d) {
    bool room = d->transport && transport_queued(d->transport) < LIMIT_DISPATCH_QUEUE / 2;
    return (lease){room ? MESSAGE_LEASE : 0, clock_monotonic(&d->app->clock) + MESSAGE_LEASE};
}

void dispatcher_commit_uncertain(dispatcher *d, const lease *lease, usec now) {
    if (!lease->length)
        return;
    pthread_mutex_lock(&d->lock);
    d->uncertain[d->uncertain_count++ % UNCERTAIN_MOST] = now + lease->length;
    pthread_mutex_unlock(&d->lock);
}

static bool may_begin(void *context) {
    return leases_may_begin(((dispatcher *)context)->leases);
}

static bool is_ours(void *context, int64_t message_id) {
    return leases_is_ours(((dispatcher *)context)->leases, message_id);
}

/* ── from the transport ── */

static void on_done(void *context, transport_job *job, const delivery_result *result) {
    dispatcher *d = context;
    finished *f = ARENA_NEW(job->memory, finished);
    f->job = job;
    f->result = *result;
    pthread_mutex_lock(&d->lock);
    *(d->last ? &d->last->next : &d->first) = f;
    d->last = f;
    if (d->results++ == 0 || d->results == RECORD_SOON)
        pthread_cond_signal(&d->wake);
    pthread_mutex_unlock(&d->lock);
}

static finished *take_results(dispatcher *d, size_t max, size_t *count) {
    pthread_mutex_lock(&d->lock);
    finished *taken = d->first, *tail = NULL;
    for (*count = 0; d->first && *count < max; d->first = d->first->next, ++*count)
        tail = d->first;
    if (tail)
        tail->next = NULL;
    if (!d->first)
        d->last = NULL;
    d->results -= *count;
    pthread_mutex_unlock(&d->lock);
    return taken;
}

static void put_back(dispatcher *d, finished *taken, size_t count) {
    pthread_mutex_lock(&d->lock);
    finished *tail = taken;
    while (tail->next)
        tail = tail->next;
    tail->next = d->first;
    d->first = taken;
    if (!d->last)
        d->last = tail;
    d->results += count;
    pthread_mutex_unlock(&d->lock);
}

static void log_result(app *a, const message *m, const delivery_result *r) {
    char id[32], incident_id[32];
    (void)!snprintf(id, sizeof id, "%lld", (long long)m->id);
    (void)!snprintf(incident_id, sizeof incident_id, "%lld", (long long)m->incident->id);
    log_level level = r->verdict == DELIVERED   ? LOG_LEVEL_DEBUG
                      : r->verdict == TRY_LATER ? LOG_LEVEL_WARN
                                                : LOG_LEVEL_ERROR;
    log_event(a->log, level, "delivery", "outcome", delivery_verdict_to_text(r->verdict), "message", id, "incident",
              incident_id, "letter", raci_letter_to_text(m->letter), "reason", message_reason_to_text(m->reason),
              "channel", m->channel, "to", m->role_name, "detail", r->detail, (char *)0);
}

static void observe(app *a, const message *m, const delivery_result *r) {
    metrics_delivery(a->metrics, m->channel, r->verdict);
    if (r->took > 0)
        histogram_observe(&a->metrics->attempt_seconds, r->took);
    if (r->verdict == DELIVERED)
        histogram_observe(&a->metrics->page_seconds, r->at - m->created_at);
    log_result(a, m, r);
}

/* ── a page that reached nobody ── */

static bool decide_undelivered(const decide_context *context, const void *argument, world *w, incident *i, arena *a,
                               changes *out, err *e) {
    (void)e;
    decide_undeliverable(context, w, i, argument, a, out);
    return true;
}

void dispatcher_tell_accountable(dispatcher *d, store_conn *conn, const undeliverable_page *page) {
    err e = {0};
    char id[32];
    (void)!snprintf(id, sizeof id, "%lld", (long long)page->incident_id);
    if (app_change_incident(d->app, conn, page->incident_id, &(incident_change){decide_undelivered, page->why, NULL},
                            &e)) {
        metrics_count(d->app->metrics, COUNTER_UNDELIVERABLE_PAGES, 1);
        log_error(d->app->log, "a page to Responsible reached nobody; Accountable is told", "incident", id, "tried",
                  page->why);
    } else {
        log_error(d->app->log, "could not tell Accountable of an undeliverable page; it is tried again", "incident", id,
                  "error", e.text);
    }
}

/* ── the keeper ── */

static bool was_attempted(const delivery_result *r) {
    return !r->untried;
}

static bool record_batch(dispatcher *d, finished *taken, size_t count, arena *memory) {
    delivery_result *results = ARENA_ARRAY(memory, delivery_result, count);
    released_message *unsent = ARENA_ARRAY(memory, released_message, count);
    size_t attempted = 0, returned = 0;
    for (finished *f = taken; f; f = f->next)
        if (was_attempted(&f->result))
            results[attempted++] = f->result;
        else
            unsent[returned++] = (released_message){f->result.message_id, f->result.next_at};
    undeliverable_page *pages = NULL;
    size_t page_count = 0;
    err e = {0};
    if ((attempted && !store_record_results(d->store, results, attempted, clock_now(&d->app->clock), memory, &pages,
                                            &page_count, &e)) ||
        (returned && !store_release_messages(d->store, unsent, returned, &e))) {
        app_warn(d->app, "results cannot be recorded yet", &e);
        return false;
    }
    for (size_t i = 0; i < page_count; i++)
        dispatcher_tell_accountable(d, d->store, &pages[i]);
    return true;
}

static void forget(dispatcher *d, finished *taken) {
    for (finished *next; taken; taken = next) {
        next = taken->next;
        if (was_attempted(&taken->result))
            observe(d->app, &taken->job->message, &taken->result);
        leases_drop(d->leases, taken->job->message.id);
        arena_free(taken->job->memory);
    }
}

/* True when there was something and it is recorded. */
static bool record_some(dispatcher *d) {
    size_t count = 0;
    finished *taken = take_results(d, RECORD_AT_ONCE, &count);
    if (!taken)
        return false;
    arena *memory = arena_new();
    bool ok = record_batch(d, taken, count, memory);
    arena_free(memory);
    if (ok)
        forget(d, taken);
    else
        put_back(d, taken, count);
    d->failed |= !ok;
    return ok;
}

static void give_back(dispatcher *d, const released_message *messages, size_t count) {
    err e = {0};
    if (count && !store_release_messages(d->store, messages, count, &e))
        app_warn(d->app, "messages could not be given back; their leases will run out", &e);
}

static void leave_unread(dispatcher *d, claimed_message *m) {
    char id[32];
    (void)!snprintf(id, sizeof id, "%lld", (long long)m->message.id);
    log_error(d->app->log, "a message cannot be read; a newer onus may send it", "message", id, "error", m->unreadable);
    arena_free(m->memory);
}

/* True when a full batch came: there may be more. What finds no room is given back, but for what is in hand already: it
 * may be on its way. */
static bool claim_some(dispatcher *d) {
    if (transport_queued(d->transport) >= CLAIM_WHEN_BELOW)
        return false;
    claimed_message claimed[CLAIM_AT_ONCE];
    size_t count = 0, returned = 0;
    err e = {0};
    usec ends = clock_monotonic(&d->app->clock) + MESSAGE_LEASE;
    if (!store_claim_messages(d->store, clock_now(&d->app->clock), MESSAGE_LEASE, CLAIM_AT_ONCE, claimed, &count, &e)) {
        app_warn(d->app, "messages cannot be claimed yet", &e);
        d->failed = true;
        return false;
    }
    released_message unplaced[CLAIM_AT_ONCE];
    for (size_t i = 0; i < count; i++)
        if (claimed[i].unreadable)
            leave_unread(d, &claimed[i]);
        else if (!submit(d, claimed[i].memory, &claimed[i].message, ends))
            unplaced[returned++] = (released_message){.id = claimed[i].message.id};
    give_back(d, unplaced, returned);
    return count == CLAIM_AT_ONCE && !returned;
}

static bool renew_leases(dispatcher *d) {
    int64_t *ids = NULL;
    usec now = clock_monotonic(&d->app->clock);
    size_t count = leases_ask(d->leases, &ids);
    err e = {0};
    bool ok = !count || store_renew_leases(d->store, ids, &count, clock_now(&d->app->clock), MESSAGE_LEASE, &e);
    if (ok) {
        leases_renewed(d->leases, ids, count, now + MESSAGE_LEASE);
        d->renewed_at = now;
    } else {
        app_warn(d->app, "leases cannot be renewed yet", &e);
        d->failed = true;
    }
    free(ids);
    return ok;
}

/* ── our place among the nodes ── */

/* After the session was lost others may have taken what is in hand: nothing leaves before the database has said what is
 * still ours. Who has just come back is not the one to say of others that they are gone: they may have lost theirs with
 * the same server. */
static bool take_place(dispatcher *d) {
    err e = {0};
    leases_set_line(d->leases, -1);
    if (!store_hold_node(d->store, clock_now(&d->app->clock), d->ahead, &e)) {
        app_warn(d->app, "this node cannot be announced yet", &e);
        return false;
    }
    if (!renew_leases(d))
        return false;
    leases_set_line(d->leases, store_node_line(d->store));
    if (d->placed_before)
        d->watches_from = clock_monotonic(&d->app->clock) + WATCH_AGAIN_MS * USEC_PER_MS;
    return d->placed_before = true;
}

static void follow_clock(dispatcher *d, usec theirs, usec asked) {
    app *a = d->app;
    d->ahead = steady_clock_follow(a->steady, theirs, asked);
    metrics_set(a->metrics, GAUGE_CLOCK_AHEAD_SECONDS, d->ahead / USEC_PER_SECOND);
    usec apart = d->ahead < 0 ? -d->ahead : d->ahead;
    if (apart < CLOCKS_AGREE_SECONDS * USEC_PER_SECOND * (d->apart ? 1 : 2))
        d->apart = false;
    else if (!d->apart) {
        char seconds[32];
        (void)!snprintf(seconds, sizeof seconds, "%lld", (long long)(d->ahead / USEC_PER_SECOND));
        d->apart = true;
        log_warn(a->log, "the database's clock has jumped; it is followed slowly, so that no deadline moves",
                 "ahead_seconds", seconds, "hint", "stopping and starting all nodes takes it at once");
    }
}

/* True when there is something to claim. */
static bool watch_others(dispatcher *d) {
    nodes_seen seen = {0};
    err e = {0};
    usec asked = clock_monotonic(&d->app->clock);
    gone_nodes when = {clock_now(&d->app->clock), GONE_AFTER_MS * USEC_PER_MS, MESSAGE_LEASE, d->ahead};
    if (!store_free_from_gone_nodes(d->store, &when, &seen, &e)) {
        app_warn(d->app, "nodes cannot be looked at yet", &e);
        d->failed = true;
        return false;
    }
    follow_clock(d, seen.server_time, asked);
    leases_set_alone(d->leases, !seen.others);
    char count[32];
    (void)!snprintf(count, sizeof count, "%zu", seen.freed);
    if (seen.freed)
        log_warn(d->app->log, "a node is gone; its messages are taken over", "count", count);
    return seen.freed > 0;
}

/* The ends of leases that have not ended. */
static size_t uncertain_ends(dispatcher *d, usec *ends) {
    usec now = clock_now(&d->app->clock);
    size_t count = 0;
    pthread_mutex_lock(&d->lock);
    for (size_t i = 0; i < UNCERTAIN_MOST && i < d->uncertain_count; i++)
        if (d->uncertain[i] > now)
            ends[count++] = d->uncertain[i];
    pthread_mutex_unlock(&d->lock);
    return count;
}

/* A commit of unknown outcome may be there by now, leased to this node, which does not hold what it made. True when
 * there is something to claim. */
static bool free_uncertain(dispatcher *d, usec now) {
    usec ends[UNCERTAIN_MOST];
    if (now - d->uncertain_looked_at < UNCERTAIN_AFTER_MS * USEC_PER_MS)
        return false;
    d->uncertain_looked_at = now;
    size_t count = uncertain_ends(d, ends), freed = 0;
    err e = {0};
    if (count && !store_free_uncertain(d->store, ends, count, &freed, &e)) {
        app_warn(d->app, "what was committed late cannot be looked for yet", &e);
        d->failed = true;
    }
    return freed > 0;
}

static bool keep_place(dispatcher *d, usec now) {
    if (!store_holds_node(d->store) && !take_place(d)) {
        d->failed = true;
        return false;
    }
    if (now < d->watches_from || now - d->looked_at < WATCH_MS * USEC_PER_MS)
        return false;
    d->looked_at = now;
    return watch_others(d);
}

/* What could not be recorded is not tried again at once: while the database is away as long as the patience says, else
 * as long as between two looks. */
static void wait_after_failure(dispatcher *d) {
    usec left = patience_left(d->app->patience);
    struct timespec until = clock_wait_until(left > POLL_MS * USEC_PER_MS ? (long)(left / USEC_PER_MS) : POLL_MS);
    pthread_mutex_lock(&d->lock);
    while (!d->stopping)
        if (pthread_cond_clockwait(&d->wake, &d->lock, CLOCK_MONOTONIC, &until))
            break;
    pthread_mutex_unlock(&d->lock);
}

/* Until there is something to do; then, when it is only a few results, a moment longer: a statement for twelve costs
 * nearly what one for two hundred does. */
static void wait_for_work(dispatcher *d) {
    struct timespec poll = clock_wait_until(POLL_MS);
    pthread_mutex_lock(&d->lock);
    while (!d->first && !d->stopping)
        if (pthread_cond_clockwait(&d->wake, &d->lock, CLOCK_MONOTONIC, &poll))
            break;
    struct timespec company = clock_wait_until(RECORD_AFTER_MS);
    while (d->first && d->results < RECORD_SOON && !d->stopping)
        if (pthread_cond_clockwait(&d->wake, &d->lock, CLOCK_MONOTONIC, &company))
            break;
    pthread_mutex_unlock(&d->lock);
}

static bool is_stopping(dispatcher *d) {
    pthread_mutex_lock(&d->lock);
    bool stopping = d->stopping;
    pthread_mutex_unlock(&d->lock);
    return stopping;
}

static bool has_plenty(dispatcher *d) {
    pthread_mutex_lock(&d->lock);
    bool plenty = d->results >= RECORD_SOON;
    pthread_mutex_unlock(&d->lock);
    return plenty;
}

static void *keeper_main(void *context) {
    dispatcher *d = context;
    usec claimed_at = 0;
    bool more = true;
    while (!is_stopping(d)) {
        usec now = clock_monotonic(&d->app->clock);
        atomic_store(&d->turned_at, now);
        /* What was recorded may have made way for a later message to the same contact. */
        usec claim_after = (record_some(d) ? CLAIM_AFTER_RECORD_MS : POLL_MS) * USEC_PER_MS;
        more |= keep_place(d, now);
        more |= free_uncertain(d, now);
        if (store_holds_node(d->store) && (more || now - claimed_at >= claim_after)) {
            claimed_at = now;
            more = claim_some(d);
        }
        if (now - d->renewed_at >= RENEW_SECONDS * USEC_PER_SECOND)
            (void)renew_leases(d);
        if (!store_holds_node(d->store))
            leases_set_line(d->leases, -1);
        if (d->failed)
            wait_after_failure(d);
        else if (!more && !has_plenty(d))
            wait_for_work(d);
        d->failed = false;
    }
    return NULL;
}

dispatcher *dispatcher_start(app *a, err *e) {
    dispatcher *d = mem_zalloc(1, sizeof *d);
    d->app = a;
    pthread_mutex_init(&d->lock, NULL);
    pthread_cond_init(&d->wake, NULL);
    d->store = app_connection(a);
    store_unhurried(d->store);
    d->leases = leases_new(a->clock);
    transport_options options = {.channels = a->channels,
                                 .templates = a->templates,
                                 .link_keys = &a->settings->link_keys,
                                 .public_url = a->settings->public_url,
                                 .link_lifetime = a->settings->link_lifetime,
                                 .clock = a->clock,
                                 .done = on_done,
                                 .context = d,
                                 .may_begin = may_begin,
                                 .is_ours = is_ours,
                                 .user_agent = a->user_agent};
    d->turned_at = clock_monotonic(&a->clock);
    d->transport = transport_start(&options, e);
    if (d->transport && !pthread_create(&d->thread, NULL, keeper_main, d))
        return d;
    if (d->transport) {
        transport_stop(d->transport, 0);
        err_set(e, ERR_SYSTEM, "cannot start the dispatcher's thread");
    }
    leases_free(d->leases);
    store_conn_free(d->store);
    free(d);
    return NULL;
}

bool dispatcher_is_live(const dispatcher *d, usec now_monotonic) {
    return now_monotonic - atomic_load(&d->turned_at) < STALL_SECONDS * USEC_PER_SECOND;
}

void dispatcher_put_metrics(dispatcher *d, buf *out) {
    transport_put_metrics(d->transport, out);
}

void dispatcher_stop(dispatcher *d, usec grace) {
    if (!d)
        return;
    pthread_mutex_lock(&d->lock);
    d->stopping = true;
    pthread_cond_signal(&d->wake);
    pthread_mutex_unlock(&d->lock);
    pthread_join(d->thread, NULL); /* first: it hands messages to the transport */
    transport_stop(d->transport, grace);
    d->transport = NULL; /* what follows from the last results waits in the database */
    while (record_some(d)) {
    }
    for (size_t left = 0;;) { /* the database is away: leases run out, another life sends again */
        finished *taken = take_results(d, RECORD_AT_ONCE, &left);
        if (!taken)
            break;
        forget(d, taken);
    }
    err e = {0};
    if (!store_leave_node(d->store, &e))
        app_warn(d->app, "this node could not be signed off; others find out", &e);
    leases_free(d->leases);
    store_conn_free(d->store);
    pthread_mutex_destroy(&d->lock);
    pthread_cond_destroy(&d->wake);
    free(d);
}
