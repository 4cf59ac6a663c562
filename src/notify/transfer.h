/* A transfer: one easy handle of libcurl, used again and again for one request at a time. Used by the transport's
 * thread only. */
#ifndef ONUS_TRANSFER_H
#define ONUS_TRANSFER_H

#include "notify/queue.h"

#include <curl/curl.h>

typedef struct transfer {
    CURL *easy;
    struct transfer *next; /* among the free ones */
    /* whose turn it is; the transport's */
    queue_turn turn;
    const struct transport *transport;
    message_links links;
    const outgoing *request;
    delivery_result result; /* of the first request, while its follow-up is under way */
    bool following;
    usec started;
    /* one request */
    struct curl_slist *headers, *recipients;
    size_t sent; /* bytes of an SMTP body */
    buf body;    /* of the reply */
    bool body_full;
    bool refused; /* an address was refused by policy, */
    bool opened;  /* and one was not */
    bool clear;   /* TLS was required and is not there */
    bool lost;    /* the message is not ours any more */
    char refused_address[64];
    char error[CURL_ERROR_SIZE];
} transfer;

MUST_USE bool transfer_init(transfer *t, err *e);
void transfer_release(transfer *t);
/* Sets the handle up for `request`; false: libcurl will not (e says what). */
MUST_USE bool transfer_prepare(transfer *t, const outgoing *request, const char *user_agent, err *e);
/* What came of it. Texts live until the next prepare. */
void transfer_reply(transfer *t, CURLcode code, arena *a, reply *out);

#endif
