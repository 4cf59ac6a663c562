/* Owns the way to a running service: where it is, the token, and what its problems say. Leaves what is asked to the
 * subcommands. The service's words may hold anything: they are cleaned before they reach a terminal. */
#include "cli/remote.h"

#include "onus/limits.h"
#include "onus/text.h"

#include <stdlib.h>
#include <string.h>

enum { SAID_BYTES = 400 };

static const struct argp_option options[] = {
    {"url", 'u', "URL", 0, "The service (default: $ONUS_URL, else http://127.0.0.1:8080)", 0},
    {"token-file", 't', "FILE", 0, "A token for its API (default: $ONUS_TOKEN_FILE)", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state) {
    remote_options *o = state->input;
    switch (key) {
    case 'u':
        o->url = arg;
        return 0;
    case 't':
        o->token_file = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp remote_argp = {options, parse, NULL, NULL, NULL, NULL, NULL};

static const char *from_environment(const char *given, const char *name) {
    const char *value = given ? given : getenv(name);
    return value && *value ? value : NULL;
}

void remote_take_environment(remote_options *o) {
    o->url = from_environment(o->url, "ONUS_URL");
    o->token_file = from_environment(o->token_file, "ONUS_TOKEN_FILE");
}

bool remote_read_secret(cli *c, const char *path, secret *out, err *e) {
    char *bytes;
    size_t len;
    bool cut;
    if (!file_read(c->memory, path, LIMIT_SECRET_BYTES, &bytes, &len, &cut, e))
        return false;
    bytes[strcspn(bytes, "\r\n")] = '\0';
    *out = secret_from_text(bytes);
    memset(bytes, 0, len);
    return true;
}

bool remote_init(remote *r, cli *c, const remote_options *given, err *e) {
    remote_options o = *given;
    remote_take_environment(&o);
    const char *base = o.url ? o.url : "http://127.0.0.1:8080";
    size_t len = strlen(base);
    while (len > 0 && base[len - 1] == '/')
        len--;
    *r = (remote){.c = c, .base = arena_strndup(c->memory, base, len)};
    return !o.token_file || remote_read_secret(c, o.token_file, &r->token, e);
}

void remote_release(remote *r) {
    secret_release(&r->token);
}

const char *remote_url(const remote *r, const char *path) {
    return arena_printf(r->c->memory, "%s%s", r->base, path);
}

/* What a problem says (RFC 9457), else the body as it is. */
static void say_refused(const remote *r, const client_reply *reply, const cJSON *problem, err *e) {
    arena *a = r->c->memory;
    const cJSON *detail = json_member(problem, "detail");
    const char *said = cJSON_IsString(detail) ? detail->valuestring : reply->body;
    err_kind kind = reply->status == 404 ? ERR_NOT_FOUND : reply->status / 100 == 5 ? ERR_UNAVAILABLE : ERR_INVALID;
    (void)err_set(e, kind, "%s answered %ld: %s%s", r->base, reply->status,
                  printable(a, text_shorten(a, said, SAID_BYTES)),
                  reply->status == 401 ? " (--token-file or ONUS_TOKEN_FILE)" : "");
}

cJSON *remote_call(const remote *r, const char *path, const char *body, cJSON **problem, err *e) {
    client_request request = {
        .url = remote_url(r, path), .body = body, .content_type = "application/json", .token = r->token};
    client_reply reply;
    if (problem)
        *problem = NULL;
    if (!client_call(r->c->memory, &request, &reply, e))
        return NULL;
    cJSON *answer = json_parse(reply.body, strlen(reply.body), e);
    if (reply.status / 100 == 2)
        return answer;
    say_refused(r, &reply, answer, e);
    if (problem)
        *problem = answer;
    else
        cJSON_Delete(answer);
    return NULL;
}
