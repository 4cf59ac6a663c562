/* What the tests of notify share: channels from option lists, and a small HTTP server that behaves as told. */
#ifndef ONUS_TEST_NOTIFY_SUPPORT_H
#define ONUS_TEST_NOTIFY_SUPPORT_H

#include "../render/sample.h"
#include "onus/notify.h"

#include <pthread.h>

/* ── channels ── */

typedef struct channel_spec {
    const char *name, *kind;
    const char *options[16]; /* name, value, …, NULL */
} channel_spec;

typedef struct test_channels {
    channels *channels; /* NULL: refused */
    diagnostics problems;
} test_channels;

test_channels channels_from(const channel_spec *specs, size_t count);
void channels_drop(test_channels *c);
/* The problems as lines of text. */
const char *problems_text(const test_channels *c, arena *a);

/* ── an HTTP server ── */

typedef enum server_manner {
    SERVER_OK,       /* 200, body as given */
    SERVER_STATUS,   /* a status of the script */
    SERVER_HANG,     /* reads and never answers */
    SERVER_RESET,    /* closes with RST after the request */
    SERVER_HUGE,     /* 200 and 10 MB */
    SERVER_REDIRECT, /* 302 to another port */
    SERVER_SLOW      /* answers after 300 ms */
} server_manner;

typedef struct test_server test_server;

typedef struct seen_request {
    char *head; /* request line and headers */
    char *body;
    unsigned long connection;
} seen_request;

typedef struct server_script {
    server_manner manner;
    int status;          /* SERVER_STATUS */
    const char *headers; /* more header lines, each with CR LF */
    const char *body;
    const char *update_body; /* for chat.update; NULL: as `body` */
} server_script;

test_server *server_start(const server_script *script);
int server_port(const test_server *s);
void server_become(test_server *s, const server_script *script); /* from the next request on */
size_t server_count(test_server *s);
size_t server_most_at_once(test_server *s); /* requests under way at the same time */
seen_request server_request(test_server *s, size_t n);
void server_stop(test_server *s);

/* ── results of a transport ── */

typedef struct outcome {
    int64_t message_id;
    delivery_verdict verdict;
    int status;
    char detail[320], thread[64];
    usec next_at, at;
    bool untried;
} outcome;

typedef struct outcomes {
    struct bench *bench;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    outcome items[30000];
    size_t count;
} outcomes;

outcomes *outcomes_new(void);
void outcomes_free(outcomes *o);
/* done() of the transport. */
void outcomes_done(void *context, transport_job *job, const delivery_result *result);
/* Waits until there are `count`; false after 20 s. */
bool outcomes_wait(outcomes *o, size_t count);
const outcome *outcomes_find(outcomes *o, int64_t message_id);

/* ── a transport on real channels ── */

typedef struct bench {
    test_channels channels;
    templates *templates;
    link_keys keys;
    outcomes *outcomes;
    transport *transport;
    /* Set before the first message is sent. */
    usec now;                 /* 0: the system's clock */
    _Atomic int lives;        /* what may_begin says; 0: it is not asked */
    int64_t lost;             /* the message that is not ours any more */
    _Atomic int looks_before; /* how often `lost` was still ours */
} bench;

enum { BENCH_HELD_UP = 1, BENCH_MAY_BEGIN = 2 };

bench bench_start(const channel_spec *specs, size_t count);
void bench_stop(bench *b, usec grace);

typedef struct send_spec {
    int64_t id, incident;
    const char *channel, *address;
    raci_letter letter;
    message_reason reason;
    bool first;
    int attempts;
    usec expires_at; /* 0: in a day */
    bool lasts_for_ever;
    const char *thread; /* NULL: none */
} send_spec;
void bench_send(bench *b, const send_spec *s);

const char *url_text(arena *a, int port, const char *path);

#endif
