/* A real server on a free port with a handful of routes, and a raw client to talk to it byte by byte. */
#ifndef TESTS_HTTP_HARNESS_H
#define TESTS_HTTP_HARNESS_H

#include "onus/http.h"

#include <pthread.h>

enum { WAITING_MAX = 512, REPLY_MAX = 256 * 1024 };

typedef struct harness {
    http_server *server;
    int port;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    http_exchange *waiting[WAITING_MAX]; /* handed to us by POST /later */
    size_t waiting_count;
    bool gate_open;     /* GET /gate waits for it on its worker, GET /hang on its loop */
    size_t at_the_gate; /* threads that wait there */
    size_t finished;    /* responses, by the callback */
    int last_status;
} harness;

/* `o` may be NULL; host, routes, app and callbacks are filled in, and the system's clock where it has none. */
void harness_start(harness *h, const http_options *o);
void harness_stop(harness *h, usec grace);
void harness_await_waiting(harness *h, size_t count);
void harness_await_gate(harness *h, size_t count);
void harness_open_gate(harness *h);
/* Completes everything that waits with 200 "done". */
size_t harness_complete_all(harness *h);
/* The same again and again, as a thread, until `left` are completed. */
typedef struct harness_completer {
    harness *h;
    size_t left;
} harness_completer;
void *harness_complete_as_they_come(void *completer);

typedef struct reply {
    int status; /* 0: the connection ended, or nothing came within five seconds */
    char head[8192];
    char body[REPLY_MAX];
    size_t body_len;
} reply;

int client_connect(const harness *h);                           /* from 127.0.0.1 */
int client_connect_from(const harness *h, const char *address); /* of 127/8 */
bool client_is_accepted(const harness *h);                      /* false: the port is closed */
void client_send(int fd, const char *text);
bool client_send_bytes(int fd, const void *bytes, size_t len); /* false: the peer has closed */
/* One response: its head, and as much body as Content-Length says (none for `head_only`). */
void client_read(int fd, reply *r, bool head_only);
/* True when the peer closes within five seconds without sending more. */
bool client_at_end(int fd);
/* Connects, sends, reads, closes. */
void client_ask(const harness *h, const char *request, reply *r);
bool reply_has(const reply *r, const char *header_line);

#endif
