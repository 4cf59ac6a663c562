/* Owns one message's way through the transport: links, build, send, read the reply, and what its destination learns
 * from it. Leaves order to queue.c, libcurl's details to transfer.c, and the loop to transport.c.
 *
 * The one difficulty: an attempt ends in one of three verdicts whatever happened, and exactly once. Times that last
 * (pauses, breakers) are monotonic; times that are stored are wall time. */
#include "notify/transport.h"
#include "onus/crypto.h"
#include "onus/text.h"

#include <string.h>

static const char NOT_OURS[] = "another node may send it";

#define PAUSE_HERE (10 * USEC_PER_SECOND) /* a longer pause is waited for in the database */

static uint32_t chance(void) {
    uint32_t random;
    crypto_random(&random, sizeof random);
    return random;
}

/* ── ends ── */

void sending_done(transport *t, queued *item, delivery_result *result) {
    transport_job *job = item->job;
    result->message_id = job->message.id;
    if (result->at == 0)
        result->at = clock_now(&t->options.clock);
    if (result->detail == NULL)
        result->detail = "";
    atomic_fetch_sub(&t->queued, 1);
    t->options.done(t->options.context, job, result);
}

/* Not past the message's end: then it is given up, at the stated age. */
static usec after(const transport *t, const message *m, usec delay) {
    const usec now = clock_now(&t->options.clock), next = now + delay;
    return m->expires_at > now && next > m->expires_at ? m->expires_at : next;
}

static usec next_attempt(const transport *t, const message *m, usec at_least) {
    return after(t, m, backoff_delay(m->attempts + 1, at_least, chance()));
}

/* Its destination is left alone for so long. The message has done nothing, and waits no longer for it than that, but
 * for a spread, so that not all come at once. */
static usec postponed(const transport *t, const message *m, usec wait) {
    return after(t, m, wait + (usec)((uint64_t)(wait / 2) * chance() >> 32));
}

void sending_return_unsent(transport *t, queued *item) {
    sending_done(
        t, item,
        &(delivery_result){.verdict = TRY_LATER, .untried = true, .detail = "the service stopped before it was sent"});
}

void sending_refuse(transport *t, queued *item, usec room_in) {
    sending_done(t, item,
                 &(delivery_result){.verdict = TRY_LATER,
                                    .untried = true,
                                    .detail = "not tried: too many messages wait for this destination",
                                    .next_at = clock_now(&t->options.clock) + room_in});
}

bool sending_is_ours(const transport *t, const transport_job *job) {
    return t->options.is_ours == NULL || t->options.is_ours(t->options.context, job->message.id);
}

static void end_unused(transport *t, const queue_turn *turn, delivery_result *result) {
    queue_unused(t->queue, turn, clock_monotonic(&t->options.clock));
    sending_done(t, turn->item, result);
}

/* ── the beginning ── */

/* Those who may act are R and A, as long as there is anything to do. */
static const char *act_link(const transport *t, const message *m, arena *a) {
    if (m->letter > RACI_ACCOUNTABLE || m->incident->state == INCIDENT_RESOLVED)
        return "";
    const usec made = m->created_at != 0 ? m->created_at : clock_now(&t->options.clock);
    const link_claim claim = {
        .incident = m->incident->id,
        .letter = m->letter,
        .team = m->team,
        .who = arena_printf(a, "%s (%s%s%s)", m->team_name, m->channel, *m->address == '\0' ? "" : ":", m->address),
        .expires_at = made + t->options.link_lifetime};
    const char *token = link_token(a, t->options.link_keys, &claim);
    return *token == '\0' ? "" : arena_printf(a, "%s/a/%s", t->options.public_url, token);
}

/* Why this turn sends nothing, or false. */
static bool is_held_back(transport *t, const queue_turn *turn, delivery_result *result) {
    const message *m = &turn->item->job->message;
    const destination *d = turn->destination;
    const usec now = clock_now(&t->options.clock), monotonic = clock_monotonic(&t->options.clock);
    if (!sending_is_ours(t, turn->item->job))
        *result = (delivery_result){.verdict = TRY_LATER, .untried = true, .detail = NOT_OURS};
    else if (m->expires_at != 0 && now >= m->expires_at)
        *result = (delivery_result){.verdict = GIVE_UP, .detail = "it could not be delivered within its lifetime"};
    else if (d->paused_until > monotonic)
        *result = (delivery_result){.verdict = TRY_LATER,
                                    .untried = true,
                                    .detail = "not tried: the receiver has asked to be left alone for a while",
                                    .next_at = postponed(t, m, d->paused_until - monotonic)};
    else if (breaker_is_open(&d->breaker, monotonic))
        *result = (delivery_result){.verdict = TRY_LATER,
                                    .untried = true,
                                    .detail = "not tried: the receiver has failed several times in a row",
                                    .next_at = postponed(t, m, d->breaker.open_until - monotonic)};
    else
        return false;
    return true;
}

static bool build(transport *t, const queue_turn *turn, outgoing *request, err *e) {
    transport_job *job = turn->item->job;
    message *m = &job->message;
    if (m->thread == NULL)
        m->thread = "";
    if (*m->thread == '\0' && !m->first)
        m->thread = arena_strdup(job->memory, threads_get(t->threads, m));
    const message_links links = {
        act_link(t, m, job->memory),
        arena_printf(job->memory, "%s/incidents/%lld", t->options.public_url, (long long)m->incident->id)};
    const channel *c = turn->item->channel;
    return request_build(c, m, &links, t->options.templates, clock_now(&t->options.clock), job->memory, request, e);
}

static transfer *take_transfer(transport *t) {
    transfer *x = t->free_transfers;
    t->free_transfers = x->next;
    t->in_flight++;
    return x;
}

static void give_transfer(transport *t, transfer *x) {
    x->next = t->free_transfers;
    t->free_transfers = x;
    t->in_flight--;
}

static bool start(transport *t, transfer *x, const outgoing *request, err *e) {
    if (!transfer_prepare(x, request, t->options.user_agent, e))
        return false;
    x->transport = t;
    const CURLMcode code = curl_multi_add_handle(t->multi, x->easy);
    return code == CURLM_OK || err_set(e, ERR_SYSTEM, "libcurl will not send it: %s", curl_multi_strerror(code));
}

static void end_recorded(transport *t, const queue_turn *turn) {
    const channel *c = turn->item->channel;
    transport_job *job = turn->item->job;
    delivery_result result = {0};
    c->kind->classify(c, &job->message, &(reply){.answered = true, .status = 204, .body = ""}, job->memory, &result);
    queue_finished(t->queue, turn, clock_monotonic(&t->options.clock));
    sending_done(t, turn->item, &result);
}

static void begin_transfer(transport *t, const queue_turn *turn, const outgoing *request) {
    transfer *x = take_transfer(t);
    x->turn = *turn;
    x->following = false;
    x->started = clock_monotonic(&t->options.clock);
    err e;
    if (start(t, x, request, &e)) {
        atomic_fetch_add(&t->figures[turn->item->channel->index].in_flight, 1);
        return;
    }
    give_transfer(t, x);
    end_unused(t, turn,
               &(delivery_result){.verdict = GIVE_UP, .detail = arena_strdup(turn->item->job->memory, e.text)});
}

void sending_begin(transport *t, const queue_turn *turn) {
    arena *a = turn->item->job->memory;
    atomic_fetch_sub(&t->figures[turn->item->channel->index].waiting, 1);
    delivery_result held = {0};
    if (is_held_back(t, turn, &held)) {
        end_unused(t, turn, &held);
        return;
    }
    outgoing *request = ARENA_NEW(a, outgoing);
    err e;
    if (!build(t, turn, request, &e))
        end_unused(t, turn, &(delivery_result){.verdict = GIVE_UP, .detail = text_shorten(a, e.text, 300)});
    else if (request->protocol == OUTGOING_NONE)
        end_recorded(t, turn);
    else
        begin_transfer(t, turn, request);
}

/* ── the reply ── */

enum { SMTP_CLOSING = 421 };

/* What the reply says about the destination, whatever it says about the message. */
static void learn(transport *t, destination *d, const reply *r) {
    const usec now = clock_monotonic(&t->options.clock);
    const bool failed = r->answered ? r->status >= 500 : !r->failure_is_permanent;
    const bool is_smtp = d->channel->kind == &kind_email;
    if (is_smtp ? r->answered && r->status != SMTP_CLOSING : r->answered && !failed)
        breaker_succeeded(&d->breaker);
    else if (failed || (is_smtp && r->answered))
        breaker_failed(&d->breaker, now, chance());
    if (r->retry_after <= 0)
        return;
    usec *until = r->retry_after <= PAUSE_HERE ? &d->not_before : &d->paused_until;
    if (*until < now + r->retry_after)
        *until = now + r->retry_after;
}

static void finish(transport *t, transfer *x, delivery_result *result) {
    const queue_turn turn = x->turn;
    atomic_fetch_sub(&t->figures[turn.item->channel->index].in_flight, 1);
    give_transfer(t, x);
    queue_finished(t->queue, &turn, clock_monotonic(&t->options.clock));
    sending_done(t, turn.item, result);
}

static void judge(transport *t, transfer *x, const reply *r, delivery_result *result) {
    const channel *c = x->turn.item->channel;
    const message *m = &x->turn.item->job->message;
    c->kind->classify(c, m, r, x->turn.item->job->memory, result);
    result->took = clock_monotonic(&t->options.clock) - x->started;
    result->at = clock_now(&t->options.clock);
    if (result->verdict == TRY_LATER)
        result->next_at = next_attempt(t, m, result->retry_after);
    if (result->verdict == DELIVERED && result->thread != NULL)
        threads_put(t->threads, m, result->thread);
}

/* The message is delivered; what follows is worth trying, and worth a word when it fails. */
static void follow_up(transport *t, transfer *x, const delivery_result *first) {
    err e;
    x->result = *first;
    x->following = true;
    if (!start(t, x, x->request->then, &e))
        finish(t, x, &x->result);
}

static void finish_following(transport *t, transfer *x, const reply *r) {
    const channel *c = x->turn.item->channel;
    arena *a = x->turn.item->job->memory;
    delivery_result second = {0};
    c->kind->classify(c, &x->turn.item->job->message, r, a, &second);
    if (second.verdict != DELIVERED)
        x->result.detail = text_shorten(
            a, arena_printf(a, "%s; the first message could not be changed: %s", x->result.detail, second.detail), 300);
    finish(t, x, &x->result);
}

void sending_completed(transport *t, transfer *x, CURLcode code) {
    reply r;
    if (x->lost && !x->following) {
        finish(t, x, &(delivery_result){.verdict = TRY_LATER, .untried = true, .detail = NOT_OURS});
        return;
    }
    transfer_reply(x, code, x->turn.item->job->memory, &r);
    learn(t, x->turn.destination, &r);
    if (x->following) {
        finish_following(t, x, &r);
        return;
    }
    delivery_result result = {0};
    judge(t, x, &r, &result);
    if (result.verdict == DELIVERED && x->request->then != NULL)
        follow_up(t, x, &result);
    else
        finish(t, x, &result);
}

void sending_aborted(transport *t, transfer *x) {
    delivery_result result = x->result;
    if (!x->following)
        result = (delivery_result){.verdict = TRY_LATER,
                                   .detail = "the service stopped while it was under way",
                                   .next_at = next_attempt(t, &x->turn.item->job->message, 0)};
    finish(t, x, &result);
}
