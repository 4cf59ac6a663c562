/* The intake: events that were parsed and wait to be committed, in a lane for each committer. Bounded in events and
 * bytes over all lanes; past it a source is answered 503 at once. A submission's memory belongs to its exchange (or to
 * the submission, when it comes from inside) and outlives its commit. */
#ifndef ONUS_APP_INTAKE_H
#define ONUS_APP_INTAKE_H

#include "app/app.h"

typedef struct submission {
    struct submission *next;
    http_exchange *exchange; /* answered after the commit; NULL: from inside */
    arena *own_memory;       /* from inside: freed after the commit */
    const ingest_format *format;
    const ingest_result *result; /* what the answer is made from; NULL from inside */
    const event *events;         /* what has to be committed: the result's, less what the memory answered */
    size_t count;
    size_t bytes;                    /* of the body that holds them */
    const char *const *delivery_ids; /* "source\x1fid" */
    size_t delivery_id_count;
    usec arrived; /* monotonic */
    /* submission_prepare */
    prepared_event *prepared; /* one an event, by this chart and these handoffs; NULL: the committer does it */
    chart *chart;             /* both referenced */
    handoffs *handoffs;
    size_t lane;
    /* Set by the committer. */
    ingest_verdict verdict;
    const char *why;
} submission;

enum { LANES_MAX = 4 };

intake *intake_new(size_t lanes);
size_t intake_lanes(const intake *in);
void intake_free(intake *in);
/* False when the queue is full or closed: the submission stays the caller's. */
MUST_USE bool intake_put(intake *in, submission *s);
/* Waits for something in a lane, then takes what has gathered there: whole submissions until `max` events are reached.
 * NULL after intake_close, when all is taken. */
submission *intake_take(intake *in, size_t lane, size_t max);
/* What was taken is done: makes room. */
void intake_settled(intake *in, size_t events, size_t bytes);
size_t intake_events(intake *in);
void intake_close(intake *in);

/* Routes the events where they come in, on whatever thread that is, and chooses the lane: alerts of one group go the
 * same way, so that two committers seldom wait for each other's locks. `memory` lasts as long as the submission. */
void submission_prepare(app *a, submission *s, arena *memory);
void submission_forget_prepared(submission *s);

/* Fills the response as the source's format answers this verdict. */
void intake_respond(http_exchange *x, const ingest_format *format, ingest_verdict verdict, const ingest_result *result,
                    const char *why, http_response *out);

/* A committer: one thread with one connection, for one lane. Ends after intake_close, when everything queued there is
 * committed or answered. */
typedef struct committer committer;
MUST_USE committer *committer_start(app *a, size_t lane, err *e);
bool committer_is_live(const committer *c, usec now_monotonic);
void committer_join(committer *c); /* after intake_close */

#endif
