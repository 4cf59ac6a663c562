/* Private to the http room: the server, its loops, their connections, exchanges and mailboxes.
 *
 * Threads: a connection belongs to one loop for its life, and everything that touches it or the loop's MHD runs on that
 * loop's thread. An exchange belongs to the loop, too, until it is handed out (EXCHANGE_AWAY), then to whoever
 * completes it, and comes back through the loop's mailbox. What the loops share (http_server) is constant, atomic or
 * locked. */
#ifndef ONUS_HTTP_SERVER_H
#define ONUS_HTTP_SERVER_H

#include "onus/http.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>

enum {
    ROUTE_SEGMENTS_MAX = 12,
    ROUTE_PARAMS_MAX = 6,
    BODY_KEPT_BYTES = 64 * 1024,       /* an exchange's buffer that is larger is given back after the request */
    DISCARD_BYTES_MAX = 64 * 1024,     /* of a refused request's body read for the connection's sake */
    EXCHANGES_KEPT = 256,              /* idle exchanges kept for the next requests, by all loops together */
    CONNECTION_POOL_BYTES = 24 * 1024, /* cleared by MHD with every request: it costs time */
    LINGERING_MAX = 128,               /* of one loop */
    LINGERING_BYTES_MAX = 64 * 1024 * 1024,
};

/* ── routes.c ── */
typedef struct http_field {
    const char *name, *value;
} http_field;

typedef struct route_table route_table;

typedef struct route_match {
    const http_route *route; /* NULL: none */
    const char *allow;       /* "GET, HEAD": the methods that the path knows; NULL when it knows none */
    http_field params[ROUTE_PARAMS_MAX];
    size_t param_count;
} route_match;

MUST_USE route_table *routes_compile(const http_options *options, err *e);
void routes_free(route_table *t);
void routes_match(const route_table *t, const char *method, const char *const *segments, size_t count, arena *a,
                  route_match *out);

/* ── mailbox.c: what others have for a loop; outlives the server while an exchange is away ── */
typedef struct http_mailbox http_mailbox;

/* What a connection holds of the server's room. */
typedef struct seat {
    ip_address peer;
    bool counted;  /* among its address's connections; not a trusted proxy's */
    bool reserved; /* of the room that is kept for links and probes: it ends after one request */
} seat;

/* A connection on its way from the loop that accepted it to the one that serves it. */
typedef struct newcomer {
    struct newcomer *next;
    int fd;
    socklen_t address_len;
    struct sockaddr_storage address;
    seat seat;
} newcomer;

typedef struct mail {
    http_exchange *completed;
    newcomer *newcomers; /* the taker's to free */
} mail;

http_mailbox *mailbox_new(int *wake_fd, err *e);
http_mailbox *mailbox_ref(http_mailbox *m);
void mailbox_unref(http_mailbox *m);
void mailbox_wake(http_mailbox *m);
void mailbox_clear_wake(http_mailbox *m);
/* True when the loop may sleep: nothing is there, and from now on a push wakes it. */
bool mailbox_may_sleep(http_mailbox *m);
mail mailbox_take_all(http_mailbox *m);
/* False: the server has given up waiting, the exchange is the caller's to free. */
bool mailbox_push(http_mailbox *m, http_exchange *x);
void mailbox_push_newcomer(http_mailbox *m, newcomer *n);
/* False: it was completed meanwhile (and stands in the mailbox). True: its completer frees it. */
bool mailbox_abandon(http_mailbox *m, http_exchange *x);

/* ── exchange.c ── */
typedef enum exchange_stage {
    EXCHANGE_NEW,      /* the request line is here */
    EXCHANGE_BODY,     /* headers checked; the body comes in */
    EXCHANGE_AWAY,     /* handed out; the connection is suspended */
    EXCHANGE_BACK,     /* completed; the connection has been resumed */
    EXCHANGE_ANSWERED, /* the response is queued */
} exchange_stage;

/* Why a request gets no handler. status 0: it gets one. */
typedef struct refusal {
    int status;
    const char *detail;
    bool cut;         /* the rest of the connection cannot be trusted, or is not worth reading */
    const char *line; /* one more header, or NULL */
} refusal;

struct http_connection;
typedef struct http_loop http_loop;

struct http_exchange {
    arena *memory;
    buf body;
    http_mailbox *mailbox;
    struct http_connection *connection; /* loop only */
    http_loop *loop;                    /* loop only, while not abandoned */
    http_exchange *next;                /* in the mailbox or in the pool */
    exchange_stage stage;
    bool abandoned; /* guarded by the mailbox */
    const char *method, *uri, *path, *user;
    const char *host;  /* whom it asks for: the target's authority, else Host; NULL: nobody */
    ip_address peer;   /* of the connection */
    ip_address client; /* the same, or whom a believed proxy forwards */
    bool uri_too_long, version_1_0;
    api_role role;
    const char **segments;
    size_t segment_count;
    http_field *query;
    size_t query_count;
    http_field *form;
    size_t form_count;
    bool form_parsed;
    http_header_view *headers;
    size_t header_count;
    route_match match;
    refusal refused;
    const char *uri_end; /* in MHD's memory, to compare with, no more */
    bool has_body;
    uint64_t content_length; /* UINT64_MAX: chunked */
    size_t body_in;          /* received, kept or not */
    size_t accounted;        /* of the bytes of all bodies under way */
    bool proven;             /* its credentials were good before its body came */
    bool checking;           /* a worker looks at its credentials, no more */
    bool authorized;         /* and found them good */
    bool counted;            /* among the connections of its client: it came through a trusted proxy */
    usec began;
    http_response response; /* kept: everything in memory */
    const char *kept_body;  /* a body that is in memory already */
};

http_exchange *exchange_new(http_mailbox *mailbox);
void exchange_free(http_exchange *x);
void exchange_reset(http_exchange *x);
/* Copies the response into the exchange's arena. */
void exchange_keep(http_exchange *x, const http_response *r);

/* ── request.c ── */
/* What MHD hands over. */
typedef struct mhd_request {
    struct MHD_Connection *mhd;
    const char *method, *version;
} mhd_request;

/* Reads headers, target and framing of the request; fills x and, where it is refused, x->refused. */
void request_read(http_exchange *x, const mhd_request *from);
/* Decodes name=value&… into the arena. False: malformed, too many fields, NUL or not UTF-8. */
bool request_parse_fields(arena *a, const char *text, size_t len, http_field **out, size_t *count);

/* ── client.c ── */
/* Who asks: by the connection, or by the word of a proxy that the settings believe. After request_read's headers. */
ip_address client_find(const http_exchange *x, const http_options *o);

/* True when the connection is that of a proxy that the settings believe. */
bool client_is_trusted(const http_options *o, const ip_address *address);

/* ── response.c ── */
const char *response_title(int status);
/* The response as an MHD response; its body stays where it is. */
struct MHD_Response *response_to_mhd(const http_response *r, bool close);
void refusal_respond(http_exchange *x, const refusal *why, http_response *r);
/* Whole HTTP messages, for connection_cut. */
char *refusal_print(arena *a, const refusal *why);
char *response_print(arena *a, const http_response *r);

/* ── connection.c ── */
typedef struct http_connection {
    struct http_connection *previous, *next;
    http_loop *loop;
    struct MHD_Connection *mhd;
    http_exchange *exchange;
    int fd;
    bool abandoned; /* its exchange is somebody else's now: answered 503 */
    bool reading;   /* a request is under way, and nothing of a response */
    seat seat;
    usec deadline; /* 0: none */
} http_connection;

typedef struct lingering {
    int fd; /* -1: free */
    usec until;
    size_t bytes;
} lingering;

http_connection *connection_of(struct MHD_Connection *mhd);
void connection_notify(void *loop, struct MHD_Connection *mhd, void **context,
                       enum MHD_ConnectionNotificationCode code);
/* Sends a short answer past MHD, which cannot answer amid a body, and keeps the socket open until the peer has read it.
 * The caller makes MHD close its side. */
void connection_cut(http_connection *c, const refusal *why);
/* The same where MHD cannot be told to close: it finds that it cannot write. */
void connection_end(http_connection *c, const refusal *why);
void connection_cut_with(http_connection *c, const http_response *r);
/* Ends a connection of the reserved room that has not asked yet, the oldest of this address or else of all. False:
 * there is none. */
bool connections_displace(http_loop *l, const ip_address *address);
/* A short answer on a socket that is no connection yet. Closes it. */
void newcomer_refuse(http_loop *l, int fd, const refusal *why);
/* For MHD's log: a Content-Length that is no number is answered by MHD 0.9.75 with a garbled message, which its log
 * announces; a proper one takes its place. */
void connections_refuse_bad_lengths(void *loop, const char *format, va_list args);
/* Ends what has passed its deadline. */
void connections_tick(http_loop *l, usec now);
void lingering_read(http_loop *l, size_t index);
void lingering_tick(http_loop *l, usec now, bool all);

/* ── workers.c ── */
typedef struct workers workers;

workers *workers_start(const http_options *options);
bool workers_submit(workers *w, http_exchange *x); /* false: the queue is full, or stopped */
/* Each worker ends the request it has; those that wait are completed with 503. */
void workers_stop(workers *w);
size_t workers_running(const workers *w);
void workers_free(workers *w);

/* ── peers.c: what each address holds; locked ── */
typedef enum peer_holding {
    PEER_CONNECTIONS, /* and requests under way that a trusted proxy forwards */
    PEER_UNPROVEN_BYTES,
    PEER_HOLDINGS
} peer_holding;

typedef struct peers peers;

peers *peers_new(void);
void peers_free(peers *p);
/* False: it would hold more than `most`. An IPv6 address counts as its /64. */
bool peers_take(peers *p, const ip_address *address, peer_holding what, size_t amount, size_t most);
void peers_give(peers *p, const ip_address *address, peer_holding what, size_t amount);

/* ── server.c: what the loops share ── */
struct http_server {
    http_options options; /* constant, as are the routes, the port and the loops */
    route_table *routes;
    workers *workers;
    int port;
    http_loop *loops;
    size_t loop_count;
    pthread_mutex_t accepting; /* guards listen_fd; who holds it takes new connections */
    int listen_fd;             /* -1: closed */
    _Atomic bool quiesced, stop;
    peers *peers;
    _Atomic size_t active;         /* exchanges under way */
    _Atomic size_t reserved_seats; /* of the loops' seats, those of the room that is kept */
    _Atomic size_t proven_bytes;   /* of the bodies under way whose credentials are good */
    _Atomic size_t unproven_bytes; /* of the others */
};

usec server_now(const http_server *s); /* monotonic */

/* ── loop.c: one thread, its MHD daemon and its connections ── */
struct http_loop {
    http_server *server;
    http_mailbox *mailbox;
    struct MHD_Daemon *mhd;
    int epoll_fd, wake_fd;
    pthread_t thread;
    bool started;
    /* The rest is the thread's own, but for the atomics. */
    http_connection *connections;
    http_exchange *pool;
    size_t pooled;
    arena *scratch; /* of the handler that runs */
    lingering lingering[LINGERING_MAX];
    size_t reserved; /* its seats of the room that is kept for links and probes */
    usec last_tick;
    bool listening;          /* its epoll set has the listening socket */
    const newcomer *offered; /* to MHD; NULL once it has taken it */
    bool stopping;
    _Atomic usec busy_since; /* monotonic: when this turn began; 0 while it waits */
    _Atomic size_t seats;    /* connections that are its own, or on their way to it */
};

/* What the data of an event of the loop's epoll set says: who it is for. */
enum { WATCH_MHD, WATCH_WAKE, WATCH_LISTEN, WATCH_LINGERING /* and its index */ };

/* Half open after a failure: loop_free. */
MUST_USE bool loop_open(http_loop *l, http_server *s, err *e);
MUST_USE bool loop_start(http_loop *l, err *e);
void loop_wake(http_loop *l);
void loop_take_newcomer(http_loop *l, const newcomer *n); /* on its thread */
void loop_join(http_loop *l);                             /* after the server's `stop` and loop_wake */
void loop_free(http_loop *l);                             /* what it holds, not the struct */
/* True when one turn has lasted longer than `within`: a handler hangs in it. */
bool loop_is_stuck(const http_loop *l, usec now, usec within);

/* ── listen.c ── */
MUST_USE int listen_open(const char *host, int port, int *bound_port, err *e);

/* ── accept.c: who gets a new connection ── */
void accept_newcomers(http_loop *l);
/* Looks at the listening socket again, where it has looked away because there was no room. */
void accept_resume(http_loop *l);
/* The seat of a connection that has ended, or was not taken. */
void seat_give_back(http_loop *l, const seat *which);
void accept_end(http_server *s); /* closes the listening socket */

/* ── dispatch.c: what happens to one request, on its loop ── */
void *dispatch_uri(void *loop, const char *uri, struct MHD_Connection *mhd);
enum MHD_Result dispatch_request(void *loop, struct MHD_Connection *mhd, const char *url, const char *method,
                                 const char *version, const char *data, size_t *data_len, void **context);
void dispatch_completed(void *loop, struct MHD_Connection *mhd, void **context, enum MHD_RequestTerminationCode code);
void exchange_release(http_exchange *x);

#endif
