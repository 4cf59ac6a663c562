/* The verbs of `onus handoff` that talk to a service, against one that answers with whatever it likes. */
#include "unit/cli/harness.h"

#include "onus/http.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

typedef struct fake {
    char body[256], token[64], path[128];
} fake;

static void remember(fake *f, http_exchange *x) {
    size_t len = 0;
    const char *authorization = http_header(x, "Authorization");
    snprintf(f->body, sizeof f->body, "%s", http_body(x, &len));
    snprintf(f->token, sizeof f->token, "%s", authorization ? authorization : "");
    snprintf(f->path, sizeof f->path, "%s", http_path(x));
}

/* What a service would hardly say; a terminal must survive it. */
static const char odd[] =
    "{\"model\":\"m\\u001b[2J\",\"version\":\"1\",\"state\":\"acc\\u0007epted\",\"errors\":\"x\","
    "\"summary\":7,\"findings\":[{\"level\":\"error\",\"path\":\"/a\\u001b\",\"rule\":\"r\",\"text\":\"t\\nu\"},7],"
    "\"timeline\":[{\"at\":\"2026\",\"state\":\"s\",\"actor\":\"Ann\\u009b31m\",\"reason\":null}]}";

static bool show(void *app, void *worker, http_exchange *x, http_response *r) {
    (void)worker;
    remember(app, x);
    http_respond_json(x, r, 200, odd);
    return true;
}

static bool act(void *app, void *worker, http_exchange *x, http_response *r) {
    (void)worker;
    remember(app, x);
    if (strcmp(http_path_param(x, "action"), "accept") == 0)
        http_respond_json(x, r, 200, odd);
    else
        http_respond_json(
            x, r, 409, "{\"detail\":\"no \\u001b[1m\",\"findings\":[{\"path\":\"/p\",\"text\":\"mend\\u001bit\"},{}]}");
    return true;
}

static bool list(void *app, void *worker, http_exchange *x, http_response *r) {
    (void)worker;
    remember(app, x);
    const char *cursor = http_query(x, "cursor");
    http_respond_json(
        x, r, 200,
        cursor ? "{\"handoffs\":[{\"model\":\"second\",\"version\":\"1\"}],\"next_cursor\":null}"
               : "{\"handoffs\":[{\"model\":\"first\",\"errors\":2,\"changed_at\":\"2026-01-05T12:30:00Z\"}],"
                 "\"next_cursor\":\"7\"}");
    return true;
}

static void run_at(outcome *o, const http_server *server, const char *arguments) {
    char line[512];
    snprintf(line, sizeof line, "%s --url http://127.0.0.1:%d/", arguments, http_port(server));
    outcome_run(o, line);
}

static bool is_clean(const char *text) {
    for (; *text; text++)
        if (((unsigned char)*text < 0x20 && *text != '\n') || *text == 0x7F)
            return false;
    return true;
}

Test(handoff_remote, what_is_sent_and_what_is_shown) {
    static const http_route routes[] = {
        {"GET", "/v1/handoffs", HTTP_ON_LOOP, 0, API_ROLE_NONE, "", list},
        {"GET", "/v1/handoffs/{model}/{version}", HTTP_ON_LOOP, 0, API_ROLE_NONE, "", show},
        {"POST", "/v1/handoffs/{model}/{version}/{action}", HTTP_ON_LOOP, 65536, API_ROLE_NONE, "", act},
    };
    fake f = {0};
    http_options options = {
        .host = "127.0.0.1", .routes = routes, .route_count = 3, .app = &f, .clock = clock_system()};
    err e;
    http_server *server = http_start(&options, &e);
    cr_assert(server);
    outcome o;
    outcome_init(&o);
    outcome_file(&o, "token", "onus_secret\n");
    run_at(&o, server, "handoff accept org/m 1%0 --by A\"nn --reason fine --token-file @token");
    cr_expect_eq(o.status, 0, "%s", o.err);
    cr_expect_str_eq(f.body, "{\"reason\":\"fine\",\"by\":\"A\\\"nn\"}");
    cr_expect_str_eq(f.path, "/v1/handoffs/org/m/1%0/accept");
    cr_expect_str_eq(f.token, "Bearer onus_secret");
    cr_expect(is_clean(o.out) && strstr(o.out, "t u [r]") && strstr(o.out, "by Ann"), "%s", o.out);
    run_at(&o, server, "handoff reject m 1 --reason no");
    cr_expect_eq(o.status, 1);
    cr_expect(is_clean(o.err) && strstr(o.err, "409") && strstr(o.err, "  /p: mend it"), "%s", o.err);
    run_at(&o, server, "handoff show m 1");
    cr_expect_eq(o.status, 0, "%s", o.err);
    cr_expect(is_clean(o.out), "%s", o.out);
    run_at(&o, server, "handoff list");
    cr_expect_eq(o.status, 0, "%s", o.err);
    cr_expect(strstr(o.out, "first") && strstr(o.out, "2 errors") && strstr(o.out, "2026-01-05 12:30") &&
                  strstr(o.out, "second"),
              "%s", o.out);
    http_stop(server, 0);
    outcome_run(&o, "handoff show m 1 --url http://127.0.0.1:1");
    cr_expect_eq(o.status, 1);
    outcome_release(&o);
}

/* argp ends the process by itself. */
#define USAGE(name, arguments)                                                                                         \
    Test(handoff_usage, name, .exit_code = 2) {                                                                        \
        outcome o;                                                                                                     \
        outcome_init(&o);                                                                                              \
        outcome_run(&o, "handoff " arguments);                                                                         \
        exit(99);                                                                                                      \
    }
USAGE(accept_without_a_version, "accept m")
USAGE(show_of_nothing, "show")
USAGE(show_of_too_much, "show m 1 2")
USAGE(reject_without_a_reason, "reject m 1")
USAGE(hand_back_without_a_reason, "hand-back m 1")
USAGE(declare_nothing, "declare")
USAGE(declare_two, "declare a b")
USAGE(accept_without_a_reason, "accept m 1")
USAGE(a_draft_is_only_declared, "accept m 1 --reason x --draft")
USAGE(nothing_to_give_reasons_for, "show m 1 --reason x")
USAGE(list_takes_options_only, "list m")

Test(handoff_remote, nothing_is_declared_that_cannot_be_read) {
    outcome o;
    outcome_init(&o);
    outcome_file(&o, "bad.json", "{\"model\":\"m\",");
    outcome_run(&o, "handoff declare --draft @bad.json --url http://127.0.0.1:1");
    cr_expect_eq(o.status, 1);
    cr_expect(strstr(o.err, "not declared") && strstr(o.err, "bad.json"), "%s", o.err);
    outcome_release(&o);
}
