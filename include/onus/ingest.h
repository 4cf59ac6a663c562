/* Ingest: bytes → events. Knows formats and nothing else; does no I/O. Formats are rows of one table
 * (src/ingest/formats.c). */
#ifndef ONUS_INGEST_H
#define ONUS_INGEST_H

#include "onus/event.h"
#include "onus/json.h"
#include "onus/source.h"

typedef struct http_header_view {
    const char *name; /* any case */
    const char *value;
} http_header_view;

typedef struct ingest_request {
    const source *from;
    const char *body; /* raw bytes; need not be UTF-8, need not end in NUL */
    size_t body_len;
    const http_header_view *headers;
    size_t header_count;
    usec now;          /* when the request arrived */
    arena *scratch;    /* of the caller's thread, for what ends with the parsing: the body's tree. Empty afterwards.
                          NULL: an arena is made for the time */
    json_mends *mends; /* ingest_parse sets it: what a format mends in the body is counted here */
} ingest_request;

typedef struct ingest_result {
    event *events; /* may be empty: a ping, a resolve of nothing, an event type that is counted only */
    size_t count;
    size_t refused;          /* alerts of this body that were refused, while others were kept (Alertmanager API v2) */
    const char *refused_why; /* the reasons, joined, at most 1 KiB; NULL when none */
    const char *const *delivery_ids; /* for deduplication: one for the whole body (X-Webhook-Id), or one for each event
                                        in their order (CloudEvents source and id) */
    size_t delivery_id_count;        /* 0: the format has none; 1 or `count` */
    const char *noop; /* why there are no events: "ping", "test", "empty", "change", "unmapped:<type>"; NULL otherwise.
                         Counted per source; at most 64 bytes of [a-z0-9_.:-] */
    json_mends mends; /* what was no text, no number or twice in the body */
    const char *echo; /* what the format's answer repeats (dedup_key); NULL when none */
} ingest_result;

typedef enum ingest_verdict {
    INGEST_ACCEPTED,    /* committed (or nothing to commit); with `refused` alerts the answer is 400 all the same, after
                           the commit of the others */
    INGEST_INVALID,     /* the body is wrong: 400, with the error's text */
    INGEST_TOO_LARGE,   /* 413 */
    INGEST_UNAVAILABLE, /* the database is away or the queue is full: 503 with Retry-After, never 429 */
    INGEST_DENIED,      /* the key that the body carries is unknown: 403, or what the original says */
} ingest_verdict;

/* What a failed parse means for the answer. */
ingest_verdict ingest_verdict_of(const err *e);

typedef struct ingest_answer {
    int status;
    const char *content_type; /* NULL: no body */
    const char *body;         /* in the arena */
    int retry_after;          /* seconds; 0: no header */
} ingest_answer;

typedef struct ingest_format {
    const char *name; /* as in the settings */
    const char *doc;  /* one line for docs and --help */
    size_t body_limit;
    /* The format's own signature, over the raw body. NULL when it has none. Called only when the source has
     * hmac_secrets. ERR_INVALID: malformed header (400). ERR_NOT_FOUND: no signature (401). ERR_DENIED: wrong (403). */
    bool (*check_signature)(const ingest_request *request, err *e);
    /* True when the format carries its key in the body and parse() checks it (routing_keys). */
    bool key_in_body;
    /* ERR_INVALID (400), ERR_LIMIT (413), ERR_DENIED (403 or the original's own answer). Everything in the result is in
     * the arena. True with `refused` alerts when at least one was kept: the good ones are committed, then the answer
     * says what was wrong with the others. False when none was. */
    bool (*parse)(const ingest_request *request, arena *a, ingest_result *out, err *e);
    /* How the original answers. `result` is NULL when parse failed; `why` is the error's text or NULL. NULL function:
     * the common answers. */
    void (*answer)(ingest_verdict verdict, const ingest_result *result, const char *why, arena *a, ingest_answer *out);
} ingest_format;

const ingest_format *ingest_format_find(const char *name); /* NULL when unknown */
const ingest_format *const *ingest_formats(size_t *count); /* the table, for docs, --help and settings */

/* Why nobody could ever post to a source: its format does not exist, or does not carry what the source asks for. */
typedef struct source_fault {
    const char *rule; /* unknown-format | never-passes */
    const char *text; /* in the arena */
    file_span place;  /* in the settings */
} source_fault;
/* True when there is one. */
bool ingest_source_fault(const source *from, arena *a, source_fault *out);

typedef enum ingest_auth {
    INGEST_AUTH_OK,
    INGEST_AUTH_MISSING /* 401 */,
    INGEST_AUTH_WRONG /* 403 */,
    INGEST_AUTH_MALFORMED /* 400 */,
    INGEST_AUTH_BY_BODY /* of ingest_judge_headers alone: the body must tell */
} ingest_auth;

/* Bearer, basic, or the format's signature: one that is configured and passes is enough; when hmac_secrets are set the
 * signature is required. A source with routing_keys alone passes here and is checked by parse(). No auth configured: OK
 * only when peer_is_loopback. What can never pass (hmac_secrets for a format without a signature) is refused. */
ingest_auth ingest_authenticate(const ingest_format *format, const ingest_request *request, bool peer_is_loopback,
                                err *e);

/* The same by the headers alone, before the body is read: what a signature or a key in the body must prove is
 * INGEST_AUTH_BY_BODY. The request's body is not looked at. */
ingest_auth ingest_judge_headers(const ingest_format *format, const ingest_request *request, bool peer_is_loopback,
                                 err *e);

/* True when a source asks for no credentials at all. */
bool ingest_is_open(const source *s);
/* True when the request carries credentials of the kind that its source asks for, right or wrong. */
bool ingest_credentials_shown(const ingest_format *format, const ingest_request *request);

/* parse() behind the common checks: body limit, and the bounds of limits.h on every event. */
MUST_USE bool ingest_parse(const ingest_format *format, const ingest_request *request, arena *a, ingest_result *out,
                           err *e);
/* The format's answer, or the common one: 200 {"status":"success",…}, RFC 9457 problems otherwise. */
void ingest_answer_for(const ingest_format *format, ingest_verdict verdict, const ingest_result *result,
                       const char *why, arena *a, ingest_answer *out);

#endif
