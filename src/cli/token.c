/* `onus token`: bearer tokens of the API. The token itself is printed once and never stored: the database keeps its
 * SHA-256. */
#include "cli/database.h"

#include "onus/crypto.h"
#include "onus/json.h"
#include "onus/text.h"

#include <string.h>

enum { TOKEN_BYTES = 32, NAME_BYTES_MAX = 100 };

typedef struct token_options {
    database_options database;
    const char *verb, *name, *role, *expires;
    bool json;
} token_options;

typedef struct token_verb {
    const char *name;
    int (*run)(cli *c, store_conn *conn, const token_options *o);
    bool needs_name, needs_role;
} token_verb;

static int add(cli *c, store_conn *conn, const token_options *o);
static int list(cli *c, store_conn *conn, const token_options *o);
static int revoke(cli *c, store_conn *conn, const token_options *o);

static const token_verb verbs[] = {
    {"add", add, true, true},
    {"list", list, false, false},
    {"revoke", revoke, true, false},
};

static const struct argp_option options[] = {
    {"name", 'n', "NAME", 0, "The token's name: who or what uses it", 0},
    {"role", 'r', "ROLE", 0, "viewer (read), responder (act on incidents) or admin (reload, too)", 0},
    {"expires", 'e', "DURATION", 0, "Good for so long (90d, 12h); default: until it is revoked", 0},
    {"json", 'j', NULL, 0, "Print JSON", 0},
    {0},
};

static const token_verb *verb_find(const char *name) {
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    return NULL;
}

static void check_usage(struct argp_state *state, token_options *o) {
    const token_verb *verb = verb_find(o->verb ? o->verb : "add");
    if (!verb) {
        argp_error(state, "no \"token %s\"; use add, list or revoke", o->verb);
        return;
    }
    if (verb->needs_name && !o->name)
        argp_error(state, "token %s needs a name", verb->name);
    if (verb->needs_role && !o->role)
        argp_error(state, "token %s needs --role viewer, responder or admin", verb->name);
    if (o->name && (strlen(o->name) > NAME_BYTES_MAX || !*o->name || !text_is_utf8(o->name, strlen(o->name))))
        argp_error(state, "a token's name is UTF-8 of 1 to %d bytes", NAME_BYTES_MAX);
    o->verb = verb->name;
}

static error_t parse(int key, char *arg, struct argp_state *state) {
    token_options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->database;
        return 0;
    case 'n':
        o->name = arg;
        return 0;
    case 'r':
        o->role = arg;
        return 0;
    case 'e':
        o->expires = arg;
        return 0;
    case 'j':
        o->json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num > 1)
            return ARGP_ERR_UNKNOWN;
        *(state->arg_num == 0 ? &o->verb : &o->name) = arg;
        return 0;
    case ARGP_KEY_END:
        check_usage(state, o);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int add(cli *c, store_conn *conn, const token_options *o) {
    arena *a = c->memory;
    err e = {0};
    api_role role = API_ROLE_NONE;
    int64_t good_for = 0;
    unsigned char bytes[TOKEN_BYTES];
    if (!api_role_from_text(o->role, &role) || role == API_ROLE_NONE)
        return cli_fail(c, "no role \"%s\"; use viewer, responder or admin", o->role), EXIT_USAGE;
    if (o->expires && !text_to_duration(o->expires, &good_for, &e))
        return cli_fail(c, "--expires: %s", e.text), EXIT_USAGE;
    crypto_random(bytes, sizeof bytes);
    const char *token = arena_printf(a, "onus_%s", text_to_base64url(a, bytes, sizeof bytes));
    usec now = clock_now(&c->clock);
    if (!store_add_token(conn, o->name, crypto_sha256_hex(a, token, strlen(token)), role, now,
                         good_for ? now + good_for : 0, &e))
        return cli_fail(c, "%s", e.text);
    if (o->json)
        fprintf(c->out, "{\"token\":\"%s\",\"role\":\"%s\"}\n", token, api_role_to_text(role));
    else
        fprintf(c->out, "%s\n", token);
    fprintf(c->err, "This is the only time that the token is shown. Use it as: Authorization: Bearer TOKEN\n");
    return EXIT_DONE;
}

static int list(cli *c, store_conn *conn, const token_options *o) {
    static const char *const columns[] = {"NAME", "ROLE", "MADE", "EXPIRES", "REVOKED"};
    char *json = NULL;
    err e = {0};
    if (!store_list_tokens(conn, c->memory, &json, &e))
        return cli_fail(c, "%s", e.text);
    if (o->json)
        return fprintf(c->out, "%s\n", json) < 0 ? EXIT_FAILED : EXIT_DONE;
    cJSON *all = json_parse(json, strlen(json), &e);
    if (!all)
        return cli_fail(c, "%s", e.text);
    text_table t;
    table_init(&t, c->memory, columns, sizeof columns / sizeof *columns);
    const cJSON *item;
    cJSON_ArrayForEach(item, all) {
        const char *expires = json_text(item, "expires_at");
        table_add(&t,
                  (const char *const[]){json_text(item, "name"), json_text(item, "role"), json_text(item, "created_at"),
                                        *expires ? expires : "never", json_text(item, "revoked_at")});
    }
    table_print(c, &t);
    cJSON_Delete(all);
    return EXIT_DONE;
}

static int revoke(cli *c, store_conn *conn, const token_options *o) {
    err e = {0};
    if (!store_revoke_token(conn, o->name, clock_now(&c->clock), &e))
        return cli_fail(c, "%s", e.text);
    fprintf(c->out, "revoked %s\n", o->name);
    return EXIT_DONE;
}

int token_run(cli *c, int argc, char **argv) {
    static const struct argp_child children[] = {{&database_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options,
        parse,
        "add NAME --role ROLE\nlist\nrevoke NAME",
        "Makes, lists and revokes bearer tokens for the API. A token is shown once; only its SHA-256 is kept.",
        children,
        NULL,
        NULL};
    token_options o = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    store_conn *conn = database_open(c, &o.database);
    if (!conn)
        return EXIT_FAILED;
    int status = verb_find(o.verb)->run(c, conn, &o);
    store_conn_free(conn);
    return status;
}
