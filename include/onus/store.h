/* Store: the only user of libpq. Every fact is in PostgreSQL; time is always an argument (no now() in SQL).
 *
 * A store_conn is one connection, owned by one thread. Functions reconnect by themselves when the connection is lost,
 * and report ERR_UNAVAILABLE until it is back. Statements live in sql/queries/NAME.sql, are turned into constants at
 * build time and prepared once a connection. ERR_CONFLICT: another node or person was first; load again and decide
 * again. */
#ifndef ONUS_STORE_H
#define ONUS_STORE_H

#include "onus/decide.h"
#include "onus/json.h"
#include "onus/misroute.h"
#include "onus/patience.h"
#include "onus/secret.h"
#include "onus/settings.h"

typedef struct store_conn store_conn;

/* `node`: this process's name in leases, at most 63 bytes, unique among nodes and restarts. `shared`: the patience of
 * the process, which outlives the connection; NULL: none, it connects whenever it is used. Does not connect yet. */
store_conn *store_conn_new(secret database, const char *node, patience *shared);
void store_conn_free(store_conn *c);
MUST_USE bool store_ping(store_conn *c, err *e);
/* Commits a row of its own, which takes new space on the disk: does this server take writes now? A disk that is full, a
 * server that only reads and a standby that a commit waits for are found by nothing less. */
MUST_USE bool store_check_commit(store_conn *c, usec now, err *e);
/* What the newest failure looked like to libpq: true when the connection itself is gone. */
bool store_is_connected(const store_conn *c);

/* A trip to the server for whom somebody waits has LIMIT_DATABASE_ANSWER_MS, connecting included; then it fails and the
 * connection is given up. Nothing is ever cancelled: a cancelled wait for a synchronous standby would report success.
 * The server's session ends when it notices; until then it counts, and past LIMIT_DATABASE_SESSIONS_LEFT no new one is
 * opened. Nobody waits for this connection: it has longer. */
void store_unhurried(store_conn *c);
/* The newest failure: no answer came in time. */
bool store_was_silent(const store_conn *c);
/* The newest failure: a commit was sent, and nobody knows whether it was done. */
bool store_is_uncertain(const store_conn *c);

/* What has failed is begun again at once where that may help: a conflict a few times, after a growing moment; a
 * connection that was found dead, once, on a new one. Everything else is the caller's to answer or to repeat later. */
typedef struct store_tries {
    bool idempotent; /* may be done twice: begun again though a commit of it may have been done */
    int conflicts, reconnects;
} store_tries;
MUST_USE bool store_again(const store_conn *c, store_tries *tries, const err *e);

/* A row that a newer version has written may hold a word that this one does not know (ERR_SYSTEM). Where many rows are
 * read it is passed over, so that the others are served: how many since this was last asked, and why of the newest. */
size_t store_passed_over(store_conn *c, err *why);

/* ── schema ── */
/* Applies what is missing under an advisory lock, each file in one transaction; refuses a database that is newer than
 * the binary. */
MUST_USE bool store_migrate(store_conn *c, usec now, int *applied, err *e);
/* Makes the history partitions of this month and the next two, drops those older than `retention_months`, prunes
 * resolved incidents, ended alert keys and seen delivery ids in small bounded steps. Never touches what is open or
 * undelivered. */
MUST_USE bool store_housekeep(store_conn *c, usec now, int retention_months, err *e);

/* ── chart revisions ── */
/* Keeps the text once per digest and gives its number. */
MUST_USE bool store_record_chart(store_conn *c, const char *digest, const char *text, const char *path, usec now,
                                 int64_t *revision, err *e);

/* ── the group commit ── */
typedef struct intake_batch {
    const prepared_event *events;
    size_t event_count;
    const char *const *delivery_ids; /* to remember with this commit; may be empty */
    size_t delivery_id_count;
    int64_t handoffs_serial; /* of the snapshot that the events were prepared with */
} intake_batch;

/* One transaction: begin; lock and load the world; `decide` (must be quick, no I/O); write; commit. True means
 * committed. Alerts are loaded without labels, annotations, title and link, incidents partially; when what was decided
 * wants_whole, they are loaded whole and `decide` is called once more, with another world. Alerts that join what this
 * connection wrote last are decided without being looked up, and once more with a look when that fails. Ids are given
 * to new incidents, alerts and messages before the write. New messages are leased to this node until now + lease when
 * `lease` > 0, so that the caller can send them at once; 0 leaves them for whoever claims. What must not be sent at
 * once (its not_before lies ahead, or it waits behind an earlier message of the incident to the same contact) is not
 * leased and comes back with not_before > now; the others come back with their thread. The caller has asked store_seen
 * for the delivery ids; a race between nodes gives ERR_CONFLICT, and so does a handoff that has changed since the
 * snapshot, so that no event is routed by less than what was committed before it came. ERR_CONFLICT: nothing happened,
 * try again. ERR_INVALID: one of the events is poison (the caller bisects). ERR_UNAVAILABLE: outcome unknown or nothing
 * happened; the sender repeats.
 */
typedef struct store_decider {
    void (*decide)(void *context, world *w, changes *out);
    void *context;
} store_decider;
MUST_USE bool store_commit_events(store_conn *c, const intake_batch *batch, const store_decider *decider, usec now,
                                  usec lease, arena *a, changes *out, err *e);
/* Of the delivery ids ("source\x1fid"), which were seen before? Fills seen[count]. */
MUST_USE bool store_seen(store_conn *c, const char *const *delivery_ids, size_t count, bool *seen, err *e);

/* Remembers one by itself, at once. *first: nobody has before. */
MUST_USE bool store_take_delivery(store_conn *c, const char *delivery_id, usec now, bool *first, err *e);

/* The same for one incident: an action, the ticker, an undeliverable page. ERR_NOT_FOUND: no such incident. The decider
 * returns false to roll back, with e filled. */
typedef struct store_incident_decider {
    bool (*decide)(void *context, world *w, incident *i, arena *a, changes *out, err *e);
    void *context;
} store_incident_decider;
MUST_USE bool store_change_incident(store_conn *c, int64_t incident_id, const store_incident_decider *decider, usec now,
                                    usec lease, arena *a, changes *out, err *e);

/* Incidents whose due_at has come (ids; at most `max`), least recently due first. Nodes may both get one:
 * store_change_incident locks it, decide_due finds nothing due then. */
MUST_USE bool store_due_incidents(store_conn *c, usec now, size_t max, int64_t *ids, size_t *count, err *e);
/* Alerts whose expires_at has passed, as EVENT_RESOLVED events ready for the intake. */
MUST_USE bool store_expired_alerts(store_conn *c, usec now, size_t max, arena *a, event **events, size_t *count,
                                   err *e);

/* Re-sent, unchanged alerts: moves last_seen_at and expires_at. matched[i] is false where the alert is no longer open
 * as `content_hash` (another node closed it): forget it. */
typedef struct seen_alert {
    int64_t alert_id;
    uint64_t content_hash;
    usec last_seen_at, expires_at;
    bool matched; /* out */
} seen_alert;
MUST_USE bool store_touch_alerts(store_conn *c, seen_alert *alerts, size_t count, err *e);
/* Of those that did not match: what had ended, with this very content, before it was seen, as EVENT_FIRING events ready
 * for the intake. */
MUST_USE bool store_seen_after_end(store_conn *c, const seen_alert *alerts, size_t count, arena *a, event **events,
                                   size_t *event_count, err *e);
/* All open alerts, to fill the memory at start; calls `each` for every one. */
typedef struct open_alert {
    const char *source, *key;
    int64_t alert_id;
    uint64_t content_hash;
    usec starts_at;
} open_alert;
MUST_USE bool store_each_open_alert(store_conn *c, void (*each)(void *context, const open_alert *a), void *context,
                                    err *e);

/* ── outbox ── */
/* Leases up to `max` ready messages, oldest first, pages before the rest, with their incidents; skips a destination
 * where another node holds an earlier message, and a message whose incident has an earlier one waiting for the same
 * contact (a page waits for pages only). Messages past expires_at come too: the sender gives them up, so that it is on
 * the timeline. Each message is in an arena of its own (out[i].memory). */
typedef struct claimed_message {
    arena *memory;
    message message;
    const char *unreadable; /* NULL; else why this binary cannot read it, and only its id is good. It stays leased */
} claimed_message;
MUST_USE bool store_claim_messages(store_conn *c, usec now, usec lease, size_t max, claimed_message *out, size_t *count,
                                   err *e);
/* Records attempts: delivered, next try, or given up (with timeline entries for delivered and gave_up), and thread
 * references. `undeliverable` gets the incidents where now every contact of a page to R has given up (each once,
 * decided by this call under a lock). */
typedef struct undeliverable_page {
    int64_t incident_id;
    const char *why;
} undeliverable_page;
MUST_USE bool store_record_results(store_conn *c, const delivery_result *results, size_t count, usec now, arena *a,
                                   undeliverable_page **undeliverable, size_t *undeliverable_count, err *e);
/* Undeliverable pages that somebody found, but that no timeline entry "undeliverable" followed within 30 s: the finder
 * may have died in between. Offered again every 30 s, five times at most. For the ticker. */
MUST_USE bool store_pending_undeliverable(store_conn *c, usec now, size_t max, arena *a,
                                          undeliverable_page **undeliverable, size_t *count, err *e);
/* Prolongs this node's leases on messages that still wait in its queues. `ids` become those that are still its own. */
MUST_USE bool store_renew_leases(store_conn *c, int64_t *ids, size_t *count, usec now, usec lease, err *e);
/* Gives leased messages back that nothing was done about (a stop, a full queue, a destination that is left alone): no
 * attempt is counted. */
typedef struct released_message {
    int64_t id;
    usec next_at; /* 0: ready at once */
} released_message;
MUST_USE bool store_release_messages(store_conn *c, const released_message *messages, size_t count, err *e);
/* Gives back what commits of unknown outcome, whose leases end at `ends`, have leased to this node after all. */
MUST_USE bool store_free_uncertain(store_conn *c, const usec *ends, size_t count, size_t *freed, err *e);
/* Messages that wait, and the age of the oldest one that is ready. */
MUST_USE bool store_outbox_figures(store_conn *c, usec now, int64_t *waiting, usec *oldest_age, err *e);

/* ── which nodes live ── */
/* This connection's session is from now on what says that the node lives; when it ends, others take what the node has
 * in hand. Does nothing when it is so already. */
MUST_USE bool store_hold_node(store_conn *c, usec now, usec ahead, err *e);
bool store_holds_node(const store_conn *c);
/* The session's line, as a file descriptor of the caller's own: hung up as soon as the session is. -1: none. For
 * looking at only, from any thread; to be closed when the session has ended. */
int store_node_line(const store_conn *c);
/* An ordered stop. */
MUST_USE bool store_leave_node(store_conn *c, err *e);
typedef struct gone_nodes {
    usec now;
    usec believed_after;  /* how long a lock must have been free */
    usec forgotten_after; /* as long as what a dead node wrote last may still be committed */
    usec ahead;           /* our clock, of the server's */
} gone_nodes;
typedef struct nodes_seen {
    size_t freed;     /* messages that are ready now */
    size_t others;    /* nodes that live beside this one */
    usec server_time; /* by the server's clock, while this was under way */
} nodes_seen;
/* Makes ready what nodes that are gone had in hand. */
MUST_USE bool store_free_from_gone_nodes(store_conn *c, const gone_nodes *when, nodes_seen *out, err *e);
/* The server's clock, and how far a node that lives is `ahead` of it; 0: there is none. */
MUST_USE bool store_server_time(store_conn *c, usec *at, usec *ahead, err *e);

/* ── reading, as JSON text made by PostgreSQL ── */
typedef struct incident_filter {
    const char *state;                 /* "" all, "open" = triggered or acknowledged, or a state */
    const char *loop, *team, *service; /* "" any; team: id of any party */
    int limit;                         /* 1–LIMIT_PAGE_ITEMS */
    int64_t before_id;                 /* cursor; 0: from the newest */
} incident_filter;
/* {"incidents":[…],"next_cursor":"…"|null} */
MUST_USE bool store_list_incidents(store_conn *c, const incident_filter *f, arena *a, char **json, err *e);
/* With raci, why, alerts[], timeline[], deliveries[] (each with its attempts). ERR_NOT_FOUND. */
MUST_USE bool store_show_incident(store_conn *c, int64_t id, arena *a, char **json, err *e);
/* Counts for /metrics: open incidents by loop, state and severity: [{"loop","state","severity","count"}]. */
MUST_USE bool store_incident_counts(store_conn *c, arena *a, char **json, err *e);

/* ── handoffs ── */
typedef struct handoff_key {
    const char *model, *version;
    const char *rollback_version; /* as a new manifest names it; NULL: as the stored one does */
} handoff_key;

/* One transaction in which no other handoff changes: load; `decide` (called once, may fail to change nothing); write,
 * the timelines too; commit. When a version is accepted, the one that was accepted before is superseded. */
typedef struct store_handoff_change {
    handoff_key key;
    bool (*decide)(void *context, const handoff_known *known, arena *a, handoff_decision *out, err *e);
    void *context;
    const char *actor;
    usec now;
} store_handoff_change;
/* `created`: nobody had declared it before. */
MUST_USE bool store_change_handoff(store_conn *c, const store_handoff_change *change, arena *a, handoff_decision *out,
                                   bool *created, err *e);

/* The serial of the newest change; and the changes after a serial, in the order of their commits. */
MUST_USE bool store_handoffs_serial(store_conn *c, int64_t *serial, err *e);
MUST_USE bool store_handoff_changes(store_conn *c, int64_t after, arena *a, handoff_change **changes, size_t *count,
                                    err *e);

typedef struct handoff_filter {
    const char *model, *state; /* "" any */
    int limit;                 /* 1–LIMIT_PAGE_ITEMS */
    int64_t before_id;         /* cursor; 0: from the newest */
} handoff_filter;
/* {"handoffs":[…],"next_cursor":"…"|null} */
MUST_USE bool store_list_handoffs(store_conn *c, const handoff_filter *f, arena *a, char **json, err *e);
/* With manifest, findings[] and timeline[]. ERR_NOT_FOUND. */
MUST_USE bool store_show_handoff(store_conn *c, const handoff_key *key, arena *a, char **json, err *e);

/* ── what was recorded ── */
/* One episode of an alert, with its labels as they were last. Texts last until `each` returns. */
typedef struct recorded_event {
    const char *source, *key, *title;
    labels labels;
    severity severity;                    /* by the chart of that time */
    usec starts_at, received_at, ends_at; /* ends_at 0: it still fires */
    int64_t incident_id;
    const char *activity; /* the row that its incident was opened by; "" when the incident is kept no more */
} recorded_event;
typedef struct recorded_reader {
    bool (*each)(void *context, const recorded_event *e); /* false: enough */
    void *context;
} recorded_reader;
/* The episodes first heard of since then, oldest first, in one snapshot and with bounded memory: a page is read at a
 * time. `each` must be quick (the snapshot is held meanwhile) and must not use the connection. */
MUST_USE bool store_each_recorded_event(store_conn *c, usec since, const recorded_reader *reader, err *e);

/* ── reports ── */
typedef struct report_span {
    usec since, until; /* incidents that opened then */
    const char *zone;  /* of the nights: a name that PostgreSQL knows; ERR_INVALID otherwise */
} report_span;
/* Misroutes by row and team, what no row claims, pages by night, contacts that gave up: docs/api.yaml, Report. */
MUST_USE bool store_report(store_conn *c, const report_span *span, arena *a, char **json, err *e);
/* The figures alone, for /metrics: {"activity":[{"name","incidents","misrouted"}],"team":[…],"contests":[{"name",
 * "decision","count"}]}. */
MUST_USE bool store_misroute_figures(store_conn *c, const report_span *span, arena *a, char **json, err *e);
/* What row edits are sought in: the moved ones first, then the newest. */
MUST_USE bool store_routed_incidents(store_conn *c, const report_span *span, size_t max, arena *a,
                                     routed_incident **out, size_t *count, err *e);
/* A chart as it was recorded; 0: the newest revision. ERR_NOT_FOUND. */
MUST_USE bool store_chart_text(store_conn *c, int64_t revision, arena *a, char **text, err *e);

/* ── API tokens: only their SHA-256 is kept ── */
MUST_USE bool store_add_token(store_conn *c, const char *name, const char *sha256_hex, api_role role, usec now,
                              usec expires_at, err *e);
MUST_USE bool store_find_token(store_conn *c, const char *sha256_hex, usec now, arena *a, const char **name,
                               api_role *role, err *e); /* ERR_NOT_FOUND */
MUST_USE bool store_revoke_token(store_conn *c, const char *name, usec now, err *e);
MUST_USE bool store_list_tokens(store_conn *c, arena *a, char **json, err *e);

#endif
