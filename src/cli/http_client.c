/* Owns the one HTTP request that `onus send` makes, by libcurl's easy interface. The service's own transport is
 * notify's. */
#include "cli/http_client.h"

#include "onus/buf.h"

#include <curl/curl.h>
#include <string.h>

enum { REPLY_BYTES_MAX = 4 * 1024 * 1024, TIMEOUT_SECONDS = 15, CONNECT_SECONDS = 5 };

typedef struct call {
    CURL *curl;
    struct curl_slist *headers;
    buf body;
    char why[CURL_ERROR_SIZE];
    bool bad; /* an option was refused */
} call;

static size_t take(char *bytes, size_t size, size_t count, void *context) {
    buf *body = context;
    buf_put(body, bytes, size * count);
    return body->overflow ? 0 : size * count;
}

static void add_header(call *c, const char *line) {
    struct curl_slist *more = curl_slist_append(c->headers, line);
    c->bad = c->bad || !more;
    c->headers = more ? more : c->headers;
}

#define SET(c, option, value) ((c)->bad = (c)->bad || curl_easy_setopt((c)->curl, (option), (value)) != CURLE_OK)

static void set_body(call *c, arena *a, const client_request *r) {
    add_header(c, arena_printf(a, "Content-Type: %s", r->content_type));
    add_header(c, "Expect:");
    SET(c, CURLOPT_POST, 1L);
    SET(c, CURLOPT_POSTFIELDS, r->body);
    SET(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(r->body));
}

static void set_options(call *c, arena *a, const client_request *r) {
    SET(c, CURLOPT_URL, r->url);
    SET(c, CURLOPT_PROTOCOLS_STR, "http,https");
    SET(c, CURLOPT_NOSIGNAL, 1L);
    SET(c, CURLOPT_TIMEOUT, (long)TIMEOUT_SECONDS);
    SET(c, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
    SET(c, CURLOPT_ERRORBUFFER, c->why);
    SET(c, CURLOPT_WRITEFUNCTION, take);
    SET(c, CURLOPT_WRITEDATA, &c->body);
    if (r->body)
        set_body(c, a, r);
    if (secret_is_set(r->token))
        add_header(c, arena_printf(a, "Authorization: Bearer %s", secret_reveal(r->token)));
    if (r->username) {
        SET(c, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
        SET(c, CURLOPT_USERNAME, r->username);
        SET(c, CURLOPT_PASSWORD, secret_reveal(r->password));
    }
    if (r->header)
        add_header(c, r->header);
    SET(c, CURLOPT_HTTPHEADER, c->headers);
}

bool client_call(arena *a, const client_request *request, client_reply *out, err *e) {
    call c = {.curl = curl_easy_init()};
    buf_init(&c.body);
    c.body.limit = REPLY_BYTES_MAX;
    bool done = false;
    if (c.curl)
        set_options(&c, a, request);
    if (!c.curl || c.bad) {
        (void)err_set(e, ERR_SYSTEM, "cannot prepare a request to %s", request->url);
        goto out;
    }
    CURLcode code = curl_easy_perform(c.curl);
    if (code != CURLE_OK) {
        (void)err_set(e, ERR_UNAVAILABLE, "%s: %s", request->url, *c.why ? c.why : curl_easy_strerror(code));
        goto out;
    }
    if (curl_easy_getinfo(c.curl, CURLINFO_RESPONSE_CODE, &out->status) != CURLE_OK)
        out->status = 0;
    out->body = buf_to_arena(&c.body, a);
    done = true;
out:
    curl_slist_free_all(c.headers);
    curl_easy_cleanup(c.curl);
    buf_release(&c.body);
    return done;
}

const char *client_escape(arena *a, const char *text) {
    char *escaped = curl_easy_escape(NULL, text, 0);
    const char *copy = arena_strdup(a, escaped ? escaped : "");
    curl_free(escaped);
    return copy;
}

const char *client_library_version(void) {
    return curl_version_info(CURLVERSION_NOW)->version;
}
