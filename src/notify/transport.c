/* Owns the transport's thread: takes jobs, lets the queue choose, turns libcurl's wheel, and stops in order. What
 * happens to one message is in sending.c.
 *
 * The one difficulty is stopping: every job that was taken goes back through done() exactly once. */
#include "notify/transport.h"
#include "onus/text.h"

#include <stdlib.h>

enum { POLL_MS_MAX = 1000, ASK_AGAIN_MS = 50, IDLE_CONNECTIONS_MAX = 128 };

/* ── the loop ── */

static queued *take_incoming(transport *t, bool *stopping) {
    pthread_mutex_lock(&t->lock);
    queued *taken = t->incoming;
    t->incoming = t->incoming_last = NULL;
    *stopping = t->stopping;
    pthread_mutex_unlock(&t->lock);
    return taken;
}

static void enqueue(transport *t, queued *taken) {
    const usec now = clock_monotonic(&t->options.clock);
    for (queued *next = NULL; taken != NULL; taken = next) {
        next = taken->next;
        usec room_at = 0;
        if (queue_push(t->queue, taken, now, &room_at))
            continue;
        atomic_fetch_sub(&t->figures[taken->channel->index].waiting, 1);
        sending_refuse(t, taken, room_at - now);
    }
}

static bool may_begin(transport *t) {
    t->held_up = t->options.may_begin != NULL && !t->options.may_begin(t->options.context);
    return !t->held_up;
}

static void begin_turns(transport *t) {
    queue_turn turn;
    while (may_begin(t) && queue_next(t->queue, clock_monotonic(&t->options.clock), &turn))
        sending_begin(t, &turn);
}

/* How many transfers ended. */
static size_t end_transfers(transport *t) {
    size_t ended = 0;
    int left = 0;
    for (CURLMsg *said; (said = curl_multi_info_read(t->multi, &left)) != NULL;) {
        if (said->msg != CURLMSG_DONE)
            continue;
        const CURLcode code = said->data.result;
        CURL *easy = said->easy_handle;
        transfer *x = NULL;
        if (curl_easy_getinfo(easy, CURLINFO_PRIVATE, &x) != CURLE_OK || x == NULL ||
            curl_multi_remove_handle(t->multi, easy) != CURLM_OK)
            abort();
        sending_completed(t, x, code);
        ended++;
    }
    return ended;
}

static void count_open(transport *t, usec now) {
    if (now - t->counted_at < USEC_PER_SECOND)
        return;
    t->counted_at = now;
    size_t *open = mem_zalloc(t->channel_count, sizeof *open);
    queue_count_open(t->queue, now, open);
    for (size_t i = 0; i < t->channel_count; i++)
        atomic_store(&t->figures[i].open, open[i]);
    free(open);
}

static int poll_ms(const transport *t, usec now) {
    const usec wakes_at = queue_wakes_at(t->queue);
    if (t->held_up)
        return ASK_AGAIN_MS;
    if (wakes_at == 0 || wakes_at - now > POLL_MS_MAX * USEC_PER_MS)
        return POLL_MS_MAX;
    return wakes_at <= now ? 0 : (int)((wakes_at - now) / USEC_PER_MS) + 1;
}

static void wait_for_work(transport *t, bool stopping) {
    const usec now = clock_monotonic(&t->options.clock);
    count_open(t, now);
    int ms = poll_ms(t, now);
    if (stopping && t->stop_at - now < (usec)ms * USEC_PER_MS)
        ms = t->stop_at <= now ? 0 : (int)((t->stop_at - now) / USEC_PER_MS) + 1;
    if (stopping && ms == 0)
        ms = 1; /* the queue may be due and yet not be served any more */
    if (curl_multi_poll(t->multi, NULL, 0, ms, NULL) != CURLM_OK)
        abort();
}

static bool may_go_on(const transport *t, bool stopping) {
    return !stopping || (t->in_flight > 0 && clock_monotonic(&t->options.clock) < t->stop_at);
}

static void return_everything(transport *t) {
    for (size_t i = 0; i < LIMIT_SENDS_AT_ONCE; i++) {
        bool busy = true;
        for (const transfer *x = t->free_transfers; x != NULL && busy; x = x->next)
            busy = x != &t->transfers[i];
        if (!busy)
            continue;
        if (curl_multi_remove_handle(t->multi, t->transfers[i].easy) != CURLM_OK)
            abort();
        sending_aborted(t, &t->transfers[i]);
    }
    for (queued *item; (item = queue_take_any(t->queue)) != NULL;)
        sending_return_unsent(t, item);
}

static void *run(void *context) {
    transport *t = context;
    bool stopping = false;
    do {
        enqueue(t, take_incoming(t, &stopping));
        if (!stopping)
            begin_turns(t);
        int running = 0;
        if (curl_multi_perform(t->multi, &running) != CURLM_OK)
            abort();
        if (end_transfers(t) == 0 && may_go_on(t, stopping))
            wait_for_work(t, stopping);
    } while (may_go_on(t, stopping));
    return_everything(t);
    return NULL;
}

/* ── starting and stopping ── */

static void free_transport(transport *t) {
    for (size_t i = 0; i < LIMIT_SENDS_AT_ONCE; i++)
        transfer_release(&t->transfers[i]);
    if (t->multi != NULL && curl_multi_cleanup(t->multi) != CURLM_OK)
        abort();
    queue_free(t->queue);
    threads_free(t->threads);
    pthread_mutex_destroy(&t->lock);
    free(t->figures);
    free(t);
    curl_global_cleanup();
}

static bool init_curl(transport *t, err *e) {
    t->multi = curl_multi_init();
    if (t->multi == NULL || curl_multi_setopt(t->multi, CURLMOPT_MAXCONNECTS, (long)IDLE_CONNECTIONS_MAX) != CURLM_OK)
        return err_set(e, ERR_SYSTEM, "libcurl cannot be set up");
    for (size_t i = 0; i < LIMIT_SENDS_AT_ONCE; i++) {
        if (!transfer_init(&t->transfers[i], e))
            return false;
        t->transfers[i].next = t->free_transfers;
        t->free_transfers = &t->transfers[i];
    }
    return true;
}

transport *transport_start(const transport_options *options, err *e) {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        err_set(e, ERR_SYSTEM, "libcurl cannot be set up");
        return NULL;
    }
    transport *t = mem_zalloc(1, sizeof *t);
    t->options = *options;
    if (t->options.user_agent == NULL)
        t->options.user_agent = "onus";
    (void)channels_names(options->channels, &t->channel_count);
    t->figures = mem_zalloc(t->channel_count, sizeof *t->figures);
    t->queue = queue_new();
    t->threads = threads_new(THREADS_MAX);
    pthread_mutex_init(&t->lock, NULL);
    if (!init_curl(t, e) ||
        (pthread_create(&t->thread, NULL, run, t) != 0 && !err_set(e, ERR_SYSTEM, "the system gives no thread"))) {
        free_transport(t);
        return NULL;
    }
    return t;
}

static bool add_incoming(transport *t, queued *item) {
    pthread_mutex_lock(&t->lock);
    const bool taken = !t->stopping, was_empty = t->incoming == NULL;
    if (taken) {
        atomic_fetch_add(&t->queued, 1);
        atomic_fetch_add(&t->figures[item->channel->index].waiting, 1);
        if (was_empty)
            t->incoming = item;
        else
            t->incoming_last->next = item;
        t->incoming_last = item;
    }
    pthread_mutex_unlock(&t->lock);
    /* A list that was not empty has woken the thread already, which has not taken it yet. */
    if (taken && was_empty && curl_multi_wakeup(t->multi) != CURLM_OK)
        abort();
    return taken;
}

/* The settings have lost the channel that the message was meant for. */
static void return_unknown(transport *t, transport_job *job) {
    delivery_result result = {.message_id = job->message.id,
                              .verdict = GIVE_UP,
                              .at = clock_now(&t->options.clock),
                              .detail = arena_printf(job->memory, "the settings have no channel \"%s\"",
                                                     text_shorten(job->memory, job->message.channel, 100))};
    t->options.done(t->options.context, job, &result);
}

bool transport_submit(transport *t, transport_job *job) {
    if (atomic_load(&t->queued) >= LIMIT_DISPATCH_QUEUE)
        return false;
    const channel *c = channels_find(t->options.channels, job->message.channel);
    if (c == NULL) {
        return_unknown(t, job);
        return true;
    }
    queued *item = ARENA_NEW(job->memory, queued);
    *item = (queued){job, c, NULL};
    return add_incoming(t, item);
}

size_t transport_queued(const transport *t) {
    return atomic_load(&t->queued);
}

void transport_stop(transport *t, usec grace) {
    if (t == NULL)
        return;
    pthread_mutex_lock(&t->lock);
    t->stopping = true;
    t->stop_at = clock_monotonic(&t->options.clock) + grace;
    pthread_mutex_unlock(&t->lock);
    if (curl_multi_wakeup(t->multi) != CURLM_OK || pthread_join(t->thread, NULL) != 0)
        abort();
    free_transport(t);
}

/* ── figures ── */

static void put_gauge(const transport *t, buf *out, const char *name, const char *help, size_t which) {
    size_t count = 0;
    const char *const *names = channels_names(t->options.channels, &count);
    buf_printf(out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
    for (size_t i = 0; i < count; i++) {
        channel_figures *f = &t->figures[i];
        const size_t value = atomic_load(which == 0 ? &f->waiting : which == 1 ? &f->in_flight : &f->open);
        buf_printf(out, "%s{channel=", name);
        buf_put_json(out, names[i]);
        buf_printf(out, "} %zu\n", value);
    }
}

void transport_put_metrics(transport *t, buf *out) {
    put_gauge(t, out, "onus_transport_waiting", "Messages in memory that wait for their turn, by channel.", 0);
    put_gauge(t, out, "onus_transport_in_flight", "Messages on their way now, by channel.", 1);
    put_gauge(t, out, "onus_transport_breakers_open", "Destinations that are left alone for a while, by channel.", 2);
}
