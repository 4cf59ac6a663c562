/* Notify: builds requests and reads replies (both pure), and one transport that does the I/O (src/notify/transport.c,
 * the only user of libcurl). Channel kinds are rows of one table (src/notify/kinds.c). */
#ifndef ONUS_NOTIFY_H
#define ONUS_NOTIFY_H

#include "onus/diagnostic.h"
#include "onus/render.h"
#include "onus/settings.h"

typedef struct channel channel; /* one configured channel; immutable */

/* A request, ready to be sent. All texts in the message's arena. */
typedef struct outgoing {
    enum { OUTGOING_NONE /* nothing to send: record */, OUTGOING_HTTP, OUTGOING_SMTP } protocol;
    const char *method;         /* POST, PUT */
    const char *url;            /* may hold a secret: never logged; `destination` is what may be shown */
    const char *const *headers; /* "Name: value", no CR or LF */
    size_t header_count;
    const char *body;
    size_t body_len;
    const char *mail_from, *mail_to; /* SMTP; the body is the whole RFC 5322 message */
    const char *username;
    secret password;
    bool require_tls;            /* SMTP: STARTTLS must succeed */
    bool forbid_tls;             /* SMTP: not even tried */
    bool allow_private;          /* may connect to private addresses */
    const char *ca;              /* PEM; trusted instead of the system's. NULL: the system's */
    const struct outgoing *then; /* sent when this one is delivered; its failure changes nothing but the detail */
} outgoing;

typedef struct reply {
    bool answered; /* false: no answer; `failure` says why */
    const char *failure;
    bool failure_is_permanent; /* the address is refused by policy, the URL is malformed, … */
    long status;               /* HTTP status or SMTP code */
    const char *body;          /* at most LIMIT_REPLY_BYTES, NUL-terminated */
    size_t body_len;
    usec retry_after; /* from the header; clamped to [0, 1 h] */
} reply;

typedef enum option_type {
    OPTION_TEXT,
    OPTION_URL,      /* http or https */
    OPTION_SMTP_URL, /* smtp or smtps */
    OPTION_MAIL,     /* an address, or Name <address> */
    OPTION_BOOL,
    OPTION_WORD,    /* one of `words` */
    OPTION_HEADERS, /* Name: value, one a line */
} option_type;

/* One option of a channel. Any may be given as NAME_file or NAME_env. */
typedef struct option_row {
    const char *name;
    option_type type;
    bool required, secret;
    const char *standard; /* what holds when it is not given; NULL: nothing */
    const char *words;    /* OPTION_WORD: a|b|c */
    const char *doc;
} option_row;

enum { CHANNEL_OPTIONS_MAX = 12 };

/* Options that every kind has: allow_private, ca. */
const option_row *channel_common_options(size_t *count);

typedef struct channel_kind {
    const char *name; /* slack, email, webhook, pagerduty, record … */
    const char *doc;
    const option_row *options;
    size_t option_count;
    /* What the options must be together; says what is wrong, or NULL. May be NULL. */
    const char *(*check)(const channel *c);
    /* Why a contact with this address ("": none) can never be reached; NULL: it may be. `c` NULL: the options are not
     * known, so only what holds for all of them is said. May be NULL: every contact can be reached. */
    const char *(*address_fault)(const channel *c, const char *address);
    bool only_records;    /* nothing is sent: what is committed is delivered */
    bool one_destination; /* all addresses stand behind one server: queue, rate and breaker are the channel's */
    usec least_interval;  /* between two messages to one destination; 0: none (then LIMIT_SENDS_PER_DESTINATION at once)
                           */
    bool (*build)(const channel *c, const message *m, const message_links *links, const templates *t, usec now,
                  arena *a, outgoing *out, err *e);
    void (*classify)(const channel *c, const message *m, const reply *r, arena *a, delivery_result *out);
} channel_kind;

const channel_kind *channel_kind_find(const char *name);
const channel_kind *const *channel_kinds(size_t *count);

/* All channels of the settings. NULL when any is wrong; every problem goes to `d`. */
typedef struct channels channels;
MUST_USE channels *channels_new(const settings *s, diagnostics *d);
void channels_free(channels *c);
const channel *channels_find(const channels *c, const char *name);
const char *const *channels_names(const channels *c, size_t *count);
/* A chart_context's contact_fault. `all`: the channels; NULL: they are not known, and kinds are guessed by names. */
const char *channels_contact_fault(const void *all, const contact *who);
const channel_kind *channel_kind_of(const channel *c);
const char *channel_name(const channel *c);

/* The transport: one thread owns a curl multi handle. Queues per destination: order, rate limit, circuit breaker; a
 * dead or slow destination never delays another. */
typedef struct transport transport;

typedef struct transport_job {
    arena *memory;   /* owns everything below; passes to the transport and back */
    message message; /* m.incident is in the memory too */
    void *user;      /* the caller's */
} transport_job;

typedef struct transport_options {
    const channels *channels;
    const templates *templates;
    const link_keys *link_keys;
    const char *public_url;
    usec link_lifetime;
    onus_clock clock;
    /* Called on the transport's thread after each attempt, or with TRY_LATER, untried, when a breaker is open or a stop
     * returns the job. next_at has the backoff in it. Takes over job and memory; `result` and its texts are in
     * job->memory. Must not block. */
    void (*done)(void *context, transport_job *job, const delivery_result *result);
    void *context;
    const char *user_agent; /* NULL: "onus" */
    /* Another node may have been given a message that waits here. Asked on the transport's thread immediately before
     * each request; must not block. NULL: always. may_begin false: nothing leaves for now, asked again soon. is_ours
     * false: the message goes back untried. */
    bool (*may_begin)(void *context);
    bool (*is_ours)(void *context, int64_t message_id);
} transport_options;

MUST_USE transport *transport_start(const transport_options *options, err *e);
/* Never blocks. False when LIMIT_DISPATCH_QUEUE is reached or the transport stops: the job stays the caller's. A
 * message for a channel that the settings do not have goes to done() before this returns. */
MUST_USE bool transport_submit(transport *t, transport_job *job);
size_t transport_queued(const transport *t); /* waiting and in flight */
/* Stops taking, waits at most `grace` for what is in flight, returns the rest through done(), ends the thread. */
void transport_stop(transport *t, usec grace);
/* Prometheus text for the transport's own figures: in flight, breakers open, by channel. Thread-safe. */
void transport_put_metrics(transport *t, buf *out);

#endif
