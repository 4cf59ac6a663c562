/* Owns what libcurl is told about one request, and what it says afterwards. Leaves queues, verdicts and retries to
 * others.
 *
 * The one difficulty is where a request may go. The address is judged when a socket is opened, and again before the
 * request is sent, because a connection that another channel opened may be used again. */
#include "notify/transport.h"
#include "onus/text.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECT_SECONDS = 5, RETRY_AFTER_MAX_SECONDS = 3600 };

bool transfer_init(transfer *t, err *e) {
    t->easy = curl_easy_init();
    buf_init(&t->body);
    t->body.limit = LIMIT_REPLY_BYTES;
    return t->easy != NULL || err_set(e, ERR_SYSTEM, "libcurl gives no handle");
}

static void forget_request(transfer *t) {
    curl_slist_free_all(t->headers);
    curl_slist_free_all(t->recipients);
    t->headers = t->recipients = NULL;
    t->sent = 0;
    t->body_full = t->refused = t->opened = t->clear = t->lost = false;
    t->refused_address[0] = t->error[0] = '\0';
    buf_clear(&t->body);
    t->body.overflow = false;
}

void transfer_release(transfer *t) {
    if (t->easy == NULL)
        return;
    curl_easy_cleanup(t->easy);
    forget_request(t);
    buf_release(&t->body);
    t->easy = NULL;
}

/* ── callbacks ── */

static size_t on_body(char *bytes, size_t size, size_t count, void *context) {
    transfer *t = context;
    const size_t len = size * count, room = LIMIT_REPLY_BYTES - t->body.len;
    buf_put(&t->body, bytes, len < room ? len : room);
    t->body_full = len > room;
    return t->body_full ? 0 : len;
}

/* SMTP's reply lines come as headers; the last one is kept, but for the goodbye (221). */
static size_t on_smtp_line(char *bytes, size_t size, size_t count, void *context) {
    transfer *t = context;
    if (size * count >= 3 && memcmp(bytes, "221", 3) == 0)
        return size * count;
    buf_clear(&t->body);
    buf_put(&t->body, bytes, size * count < LIMIT_REPLY_BYTES ? size * count : LIMIT_REPLY_BYTES);
    return size * count;
}

static size_t on_read(char *room, size_t size, size_t count, void *context) {
    transfer *t = context;
    const size_t left = t->request->body_len - t->sent, max = size * count;
    const size_t len = left < max ? left : max;
    memcpy(room, t->request->body + t->sent, len);
    t->sent += len;
    return len;
}

/* A connection that breaks while it is used again makes libcurl send once more from the start. */
static int on_seek(void *context, curl_off_t offset, int origin) {
    transfer *t = context;
    if (origin != SEEK_SET || offset < 0 || (size_t)offset > t->request->body_len)
        return CURL_SEEKFUNC_FAIL;
    t->sent = (size_t)offset;
    return CURL_SEEKFUNC_OK;
}

static curl_socket_t on_open(void *context, curlsocktype purpose, struct curl_sockaddr *address) {
    transfer *t = context;
    if (purpose != CURLSOCKTYPE_IPCXN ||
        !address_allowed(address_classify(&address->addr), t->request->allow_private)) {
        t->refused = true;
        const void *bytes = address->family == AF_INET6
                                ? (const void *)&((const struct sockaddr_in6 *)(const void *)&address->addr)->sin6_addr
                                : (const void *)&((const struct sockaddr_in *)(const void *)&address->addr)->sin_addr;
        if (inet_ntop(address->family, bytes, t->refused_address, sizeof t->refused_address) == NULL)
            t->refused_address[0] = '\0';
        return CURL_SOCKET_BAD;
    }
    t->opened = true;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static bool is_encrypted(CURL *easy) {
    struct curl_tlssessioninfo *session = NULL;
    return curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &session) == CURLE_OK && session != NULL &&
           session->internals != NULL;
}

/* Connected, or about to use a connection again: the last moment before the request leaves. */
static int before_request(void *context, char *peer, char *local, int peer_port, int local_port) {
    (void)local, (void)peer_port, (void)local_port;
    transfer *t = context;
    if (!t->following && !sending_is_ours(t->transport, t->turn.item->job)) {
        t->lost = true;
        return CURL_PREREQFUNC_ABORT;
    }
    if (!address_allowed(address_classify_text(peer), t->request->allow_private)) {
        t->refused = true;
        t->opened = false;
        (void)!snprintf(t->refused_address, sizeof t->refused_address, "%s", peer);
        return CURL_PREREQFUNC_ABORT;
    }
    if (t->request->protocol == OUTGOING_SMTP && t->request->require_tls && !is_encrypted(t->easy)) {
        t->clear = true;
        return CURL_PREREQFUNC_ABORT;
    }
    return CURL_PREREQFUNC_OK;
}

/* ── setting up ── */

/* Latches the first refusal, so that a list of settings is checked once. */
typedef struct setup {
    CURL *easy;
    CURLcode code;
} setup;

#define SET(s, option, value)                                                                                          \
    do {                                                                                                               \
        if ((s)->code == CURLE_OK)                                                                                     \
            (s)->code = curl_easy_setopt((s)->easy, option, value);                                                    \
    } while (0)

static void set_common(transfer *t, setup *s) {
    SET(s, CURLOPT_URL, t->request->url);
    SET(s, CURLOPT_NOSIGNAL, 1L);
    SET(s, CURLOPT_QUICK_EXIT, 1L); /* a resolver that hangs must not hold the thread */
    SET(s, CURLOPT_FOLLOWLOCATION, 0L);
    SET(s, CURLOPT_PROXY, "");
    SET(s, CURLOPT_NOPROXY, "*");
    SET(s, CURLOPT_SSL_VERIFYPEER, 1L);
    SET(s, CURLOPT_SSL_VERIFYHOST, 2L);
    SET(s, CURLOPT_TIMEOUT_MS, LIMIT_SEND_SECONDS * 1000L);
    SET(s, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_SECONDS * 1000L);
    SET(s, CURLOPT_ERRORBUFFER, t->error);
    SET(s, CURLOPT_PRIVATE, t);
    SET(s, CURLOPT_OPENSOCKETFUNCTION, on_open);
    SET(s, CURLOPT_OPENSOCKETDATA, t);
    SET(s, CURLOPT_PREREQFUNCTION, before_request);
    SET(s, CURLOPT_PREREQDATA, t);
    SET(s, CURLOPT_WRITEFUNCTION, on_body);
    SET(s, CURLOPT_WRITEDATA, t);
    if (t->request->ca != NULL) {
        struct curl_blob pem = {(void *)(uintptr_t)t->request->ca, strlen(t->request->ca), CURL_BLOB_COPY};
        SET(s, CURLOPT_CAINFO_BLOB, &pem);
    }
}

static bool append(struct curl_slist **list, const char *line) {
    struct curl_slist *longer = curl_slist_append(*list, line);
    if (longer != NULL)
        *list = longer;
    return longer != NULL;
}

static void set_http(transfer *t, setup *s, const char *user_agent) {
    const outgoing *r = t->request;
    bool ok = append(&t->headers, "Expect:");
    for (size_t i = 0; ok && i < r->header_count; i++)
        ok = append(&t->headers, r->headers[i]);
    if (!ok)
        s->code = CURLE_OUT_OF_MEMORY;
    SET(s, CURLOPT_PROTOCOLS_STR, "http,https");
    SET(s, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(s, CURLOPT_USERAGENT, user_agent);
    SET(s, CURLOPT_POSTFIELDS, r->body);
    SET(s, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body_len);
    SET(s, CURLOPT_CUSTOMREQUEST, r->method);
    SET(s, CURLOPT_HTTPHEADER, t->headers);
}

static void set_smtp(transfer *t, setup *s) {
    const outgoing *r = t->request;
    if (!append(&t->recipients, arena_printf(t->turn.item->job->memory, "<%s>", r->mail_to)))
        s->code = CURLE_OUT_OF_MEMORY;
    SET(s, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    SET(s, CURLOPT_CONNECTTIMEOUT_MS, LIMIT_SEND_SECONDS * 1000L); /* greeting, STARTTLS and AUTH count as connecting */
    SET(s, CURLOPT_USE_SSL,
        r->require_tls  ? (long)CURLUSESSL_ALL
        : r->forbid_tls ? (long)CURLUSESSL_NONE
                        : (long)CURLUSESSL_TRY);
    SET(s, CURLOPT_MAIL_FROM, arena_printf(t->turn.item->job->memory, "<%s>", r->mail_from));
    SET(s, CURLOPT_MAIL_RCPT, t->recipients);
    SET(s, CURLOPT_HEADERFUNCTION, on_smtp_line);
    SET(s, CURLOPT_HEADERDATA, t);
    SET(s, CURLOPT_READFUNCTION, on_read);
    SET(s, CURLOPT_READDATA, t);
    SET(s, CURLOPT_SEEKFUNCTION, on_seek);
    SET(s, CURLOPT_SEEKDATA, t);
    SET(s, CURLOPT_UPLOAD, 1L);
    SET(s, CURLOPT_INFILESIZE_LARGE, (curl_off_t)r->body_len);
    if (r->username != NULL && *r->username != '\0') {
        SET(s, CURLOPT_USERNAME, r->username);
        SET(s, CURLOPT_PASSWORD, secret_reveal(r->password));
    }
}

bool transfer_prepare(transfer *t, const outgoing *request, const char *user_agent, err *e) {
    forget_request(t);
    curl_easy_reset(t->easy);
    t->request = request;
    setup s = {t->easy, CURLE_OK};
    set_common(t, &s);
    if (request->protocol == OUTGOING_SMTP)
        set_smtp(t, &s);
    else
        set_http(t, &s, user_agent);
    return s.code == CURLE_OK || err_set(e, ERR_INVALID, "libcurl will not send it: %s", curl_easy_strerror(s.code));
}

/* ── afterwards ── */

static usec retry_after(CURL *easy) {
    curl_off_t seconds = 0;
    if (curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &seconds) != CURLE_OK || seconds <= 0)
        return 0;
    return (seconds < RETRY_AFTER_MAX_SECONDS ? seconds : RETRY_AFTER_MAX_SECONDS) * USEC_PER_SECOND;
}

static const CURLcode permanent_failures[] = {CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_USE_SSL_FAILED,
                                              CURLE_LOGIN_DENIED};

static bool is_permanent(const transfer *t, CURLcode code) {
    if (t->clear || (t->refused && !t->opened))
        return true;
    for (size_t i = 0; i < sizeof permanent_failures / sizeof *permanent_failures; i++)
        if (permanent_failures[i] == code)
            return true;
    return false;
}

static const char *failure_text(const transfer *t, CURLcode code, arena *a) {
    if (t->refused && !t->opened)
        return arena_printf(a, "the address %s is not public; set allow_private on the channel if that is meant",
                            t->refused_address);
    if (t->clear)
        return "the connection to the relay is not encrypted, and starttls is required";
    return arena_strdup(a, t->error[0] != '\0' ? t->error : curl_easy_strerror(code));
}

/* An HTTP status alone is an answer when it is bad news; good news counts only whole. An SMTP answer counts when it
 * refuses, or when all went well. */
static bool is_answered(const transfer *t, CURLcode code, long status) {
    if (code == CURLE_OK)
        return true;
    if (t->clear || (t->refused && !t->opened))
        return false;
    if (t->request->protocol == OUTGOING_SMTP)
        return status >= 400;
    return status >= 300 || (status >= 200 && t->body_full);
}

void transfer_reply(transfer *t, CURLcode code, arena *a, reply *out) {
    long status = 0;
    if (curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK)
        status = 0;
    *out = (reply){.answered = is_answered(t, code, status),
                   .body = t->body.data,
                   .body_len = t->body.len,
                   .retry_after = retry_after(t->easy)};
    if (out->answered) {
        const bool smtp = t->request->protocol == OUTGOING_SMTP, coded = smtp && out->body_len > 4;
        out->status = smtp && code == CURLE_OK ? 250 : status;
        out->body += coded ? 4 : 0; /* "550 " is in the status already */
        out->body_len -= coded ? 4 : 0;
        return;
    }
    out->failure = failure_text(t, code, a);
    out->failure_is_permanent = is_permanent(t, code);
}
