/* HTTP: the only user of libmicrohttpd. A few threads run an epoll loop each; no handler on one may block. Handlers
 * that need the database run on workers. A connection stays with one loop; new ones go to the loop with the fewest.
 *
 * So handlers run on several threads at once, on loops as on workers, and `app` with all that they touch must be
 * thread-safe. An exchange is with one thread at a time, and needs no lock.
 *
 * The server refuses what smuggles (Content-Length with Transfer-Encoding, duplicate Content-Length, unknown
 * encodings), bounds headers, body, connections and the time of a whole request (limits.h), and answers problems as RFC
 * 9457. */
#ifndef ONUS_HTTP_H
#define ONUS_HTTP_H

#include "onus/buf.h"
#include "onus/clock.h"
#include "onus/ingest.h"
#include "onus/network.h"
#include "onus/settings.h"

typedef struct http_server http_server;
typedef struct http_exchange http_exchange; /* one request and its response; lives until the response is sent */

const char *http_method(const http_exchange *x);
const char *http_path(const http_exchange *x); /* decoded, without query */
const char *http_path_param(const http_exchange *x,
                            const char *name); /* {name} of the route's pattern; never NULL for a name of it */
const char *http_query(const http_exchange *x, const char *name); /* first value, decoded; NULL when missing */
/* The same; `fallback` where it is missing. */
const char *http_query_or(const http_exchange *x, const char *name, const char *fallback);
size_t http_query_all(const http_exchange *x, const char *name, const char **out, size_t max);
const char *http_header(const http_exchange *x, const char *name); /* any case; NULL when missing */
const http_header_view *http_headers(const http_exchange *x, size_t *count);
const char *http_body(const http_exchange *x, size_t *len); /* NUL-terminated, may hold NULs */
/* A field of an application/x-www-form-urlencoded body; NULL when missing. */
const char *http_form(http_exchange *x, const char *name);
/* True when the caller is a program on this machine that knows it: the connection is loopback's, Host is a loopback
 * literal or localhost, no header tells of a proxy, and no browser speaks for the page of another site (Origin). A web
 * page that has its own name point to 127.0.0.1 fails at Host. */
bool http_is_local(const http_exchange *x);
/* The address that asks: the connection's, or whom a trusted proxy forwards. */
const char *http_client(http_exchange *x);
usec http_began(const http_exchange *x); /* monotonic: when its first line had come */
arena *http_arena(http_exchange *x);     /* released with the exchange */
/* Of the loop that runs the handler, for what ends before it returns; on a loop only. Whoever uses it leaves it empty.
 */
arena *http_scratch(http_exchange *x);
const char *http_user(const http_exchange *x); /* name of the token, or "loopback"; "" before authorization */
api_role http_role(const http_exchange *x);    /* what authorize granted; API_ROLE_NONE on public routes */

typedef struct http_response {
    int status;
    const char *content_type; /* NULL: no body */
    const char *body;         /* copied or in the exchange's arena */
    size_t body_len;
    const char *headers[16]; /* "Name: value", ended by NULL */
} http_response;

void http_respond_json(http_exchange *x, http_response *r, int status, const char *json);
void http_respond_text(http_exchange *x, http_response *r, int status, const char *text);
void http_respond_html(
    http_exchange *x, http_response *r, int status,
    const char *html); /* with a strict Content-Security-Policy, no-store, no-referrer, nosniff, DENY framing */
/* application/problem+json: {"type":"about:blank","title":…,"status":…,"detail":…} */
void http_respond_problem(http_exchange *x, http_response *r, int status, const char *detail);
/* The status that fits the error's kind, and its text as the detail. */
void http_respond_err(http_exchange *x, http_response *r, const err *e);
void http_add_header(http_exchange *x, http_response *r, const char *name,
                     const char *value); /* CR and LF refused by assertion */

typedef enum http_runs { HTTP_ON_LOOP, HTTP_ON_WORKER } http_runs; /* a route with a role runs on a worker */

/* What a request's headers say before its body is read. */
typedef enum http_admission {
    HTTP_REFUSED,  /* `r` is the answer; no byte of the body is read */
    HTTP_PROVEN,   /* its credentials are good */
    HTTP_UNPROVEN, /* only the body can tell (a signature, a key in it): it is kept in a small room of its own */
} http_admission;

typedef struct http_route {
    const char *method;  /* GET also answers HEAD */
    const char *pattern; /* /v1/incidents/{id}/{action}; a {name} is one segment */
    http_runs runs;
    size_t body_limit; /* 0: no body allowed */
    api_role role;     /* least role; API_ROLE_NONE: public, the handler checks by itself */
    const char *doc;
    /* HTTP_ON_LOOP: returns true when `r` is filled; false: the exchange is suspended, and http_complete will be called
     * exactly once from any thread. HTTP_ON_WORKER: fills r, returns true. `worker` is what worker_start made (NULL on
     * a loop). */
    bool (*handle)(void *app, void *worker, http_exchange *x, http_response *r);
    /* Of a public route, on its loop, where the request has a body. NULL: HTTP_UNPROVEN. A route with a role needs
     * none: a worker asks `authorize` before the body is read. */
    http_admission (*admit)(void *app, http_exchange *x, http_response *r);
    bool reserved; /* answered on the connections that are kept for links and probes, too */
} http_route;

void http_complete(http_exchange *x,
                   const http_response *r); /* thread-safe; the response is copied before it returns */

typedef struct http_options {
    const char *host;
    int port;
    const http_route *routes; /* must outlive the server; an unknown path gives 404, a known path with another method
                                 405 with Allow */
    size_t route_count;
    int loops; /* threads that take in requests; 0: one. The bounds below are of all of them together */
    int workers;
    size_t worker_queue; /* requests waiting for a worker; past it 503 */
    void *app;
    void *(*worker_start)(void *app);
    void (*worker_stop)(void *app, void *worker);
    /* On a worker: the role of the presented bearer token ("" when none), and the user's name into *user (in the
     * arena). ERR_DENIED: unknown token (401). ERR_UNAVAILABLE gives 503. A role below the route's gives 401 without a
     * token, 403 with one. */
    bool (*authorize)(void *app, void *worker, http_exchange *x, const char *bearer, api_role *role, const char **user,
                      err *e);
    /* After each response, on its loop, and so on several threads at once; for metrics and the access log at debug
     * level. Must not block. `route` is NULL when none matched. */
    void (*finished)(void *app, const http_route *route, const char *method, int status, usec took, size_t body_in);
    const ip_network *trusted_proxies; /* whose X-Forwarded-For or Forwarded is believed; must outlive the server */
    size_t trusted_proxy_count;
    onus_clock clock;
    /* 0: the value of limits.h. Tests shorten them. */
    usec request_deadline;
    usec idle_timeout;              /* whole seconds */
    size_t connections;             /* open at once */
    size_t reserved_connections;    /* of them, for routes that are `reserved` */
    size_t connections_per_address; /* 0: all. A trusted proxy's do not count, but the requests that it forwards do */
    size_t bodies_bytes;            /* of all bodies under way whose credentials are good; past it 503 */
    size_t unproven_bodies_bytes;   /* of the others; one address may hold a quarter */
} http_options;

MUST_USE http_server *http_start(const http_options *options, err *e);
/* Could a server be started there now? Nothing keeps the address until it is: a caller asks early, so that what takes
 * long is not begun in vain. */
MUST_USE bool http_may_listen(const char *host, int port, err *e);
const char *http_library_version(void);
int http_port(const http_server *s); /* the port that was bound */
/* True while every loop turns: none has been in one turn for longer than `within`. For the watchdog. */
bool http_is_live(const http_server *s, usec within);
/* Stops accepting and closes the listening socket; requests under way go on. */
void http_quiesce(http_server *s);
/* Waits at most `grace` for requests under way, lets each worker end the request it has, answers 503 to those that are
 * still suspended, then stops and frees. http_complete may be called for such a request even after this has returned:
 * it then only frees the exchange. */
void http_stop(http_server *s, usec grace);

#endif
