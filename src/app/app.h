/* What the files of the app room share: the running service, and one header line a part. Nobody outside this room
 * includes it. */
#ifndef ONUS_APP_PRIVATE_H
#define ONUS_APP_PRIVATE_H

#include "app/metrics.h"
#include "onus/http.h"
#include "onus/notify.h"
#include "onus/store.h"

#include <pthread.h>

typedef struct alert_memory alert_memory;
typedef struct charts charts;
typedef struct database_state database_state;
typedef struct dispatcher dispatcher;
typedef struct handoff_view handoff_view;
typedef struct intake intake;
typedef struct ticker ticker;

enum {
    MESSAGE_LEASE_SECONDS = 60,  /* a node that dies gives its messages to the others after this */
    STALL_SECONDS = 60,          /* a thread that has not turned for so long no longer feeds the watchdog */
    MEMORY_ALERTS_MAX = 1000000, /* open alerts whose repetitions are answered from memory */
    NODE_NAME_MAX = 64,
};

#define MESSAGE_LEASE (MESSAGE_LEASE_SECONDS * USEC_PER_SECOND)

/* The event in the log when a row holds a word that this version does not know. */
#define UNREADABLE_ROW "a row that a newer onus has written cannot be read"

/* What app_warn_once has said: a hash of each text, and when. */
enum { SAID_MAX = 64 };
typedef struct said_once {
    pthread_mutex_t lock;
    struct {
        uint64_t text;
        usec at; /* monotonic; 0: free */
    } items[SAID_MAX];
} said_once;

/* Lines of the log that say of an incident that it opened, in this second. */
typedef struct opened_log {
    _Atomic int64_t second;
    _Atomic size_t lines;
} opened_log;

typedef struct app {
    onus_clock clock;     /* the face of `steady` */
    steady_clock *steady; /* follows the database's */
    logger *log;
    settings *settings;
    secret database; /* the settings' or the private cluster's */
    patience *patience;
    char node[NODE_NAME_MAX];
    char user_agent[NODE_NAME_MAX]; /* onus/VERSION, in what we send */
    channels *channels;
    templates *templates;
    opened_log opened_log;
    said_once said;
    metrics *metrics;
    database_state *database_state;
    charts *charts;
    handoff_view *handoffs;
    alert_memory *memory;
    dispatcher *dispatcher;
    struct parser *parser;
    intake *intake;
    ticker *ticker;
    http_server *http;
    _Atomic bool loop_hangs; /* an HTTP loop does, by the main thread's last look: another must say so */
} app;

/* One worker of the API: a thread with a connection. */
typedef struct worker {
    store_conn *store;
} worker;

/* The decide context of this moment, without handoffs, which only events need. The chart is referenced: chart_unref
 * when done. */
decide_context app_decide_context(app *a, chart **held);

/* Marks the messages whose channel only records: their commit is their delivery. Called by every decider; they are
 * counted once they are committed. */
void app_mark_kept(const app *a, changes *out);
void app_count_kept(const app *a, const changes *done);

/* A connection of the calling thread's own; all share the patience. */
store_conn *app_connection(const app *a);
/* After a change that failed: counts it when nobody knows whether it was done. */
void app_count_uncertain(app *a, const store_conn *store);
/* Says that a task failed. Of a database that is away the patience has spoken, for all. */
void app_warn(const app *a, const char *event, const err *e);
/* The same for what stays as it is and is met again and again: each text once an hour, as far as memory goes. */
void app_warn_once(app *a, const char *event, const err *e);
/* Says and counts what the connection has passed over since it was last asked, if anything. */
void app_say_passed_over(app *a, store_conn *store);

const http_route *app_routes(size_t *count);
bool app_authorize(void *context, void *worker, http_exchange *x, const char *bearer, api_role *role, const char **user,
                   err *e);

/* One decision about one incident: `decide` gets the context of this moment; what it decides is committed and sent.
 * `decide` returns false, with e filled, to change nothing. Tried again while other nodes are in the way or the
 * connection had gone stale. */
typedef struct incident_change {
    bool (*decide)(const decide_context *context, const void *argument, world *w, incident *i, arena *a, changes *out,
                   err *e);
    const void *argument;
    size_t *changed; /* incidents that changed; may be NULL */
} incident_change;
MUST_USE bool app_change_incident(app *a, store_conn *store, int64_t incident_id, const incident_change *change,
                                  err *e);

/* May the bearer of a link of this letter do this? Only Accountable decides a contest. ERR_DENIED. */
MUST_USE bool app_may_act(raci_letter letter, action_kind kind, err *e);

/* A person's words in a field of a form, cut to LIMIT_NOTE_BYTES; "" when there are none. */
MUST_USE bool app_form_text(http_exchange *x, const char *name, const char **out, err *e);
/* The role that the form's `to` names; an error where one must be chosen and the field was sent empty. */
MUST_USE bool app_form_taker(http_exchange *x, action_kind kind, const char **out, err *e);

/* Acts on an incident for a person or a program, and sends what follows from it. */
MUST_USE bool app_act(app *a, worker *w, int64_t incident_id, const action *act, err *e);

#endif
