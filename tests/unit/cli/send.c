/* `onus send` against a server that answers as the service does. */
#include "unit/cli/harness.h"

#include "cli/scenario.h"
#include "onus/http.h"
#include "onus/ingest.h"
#include "onus/json.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* What a scenario's body means to the format of its source. */
Test(send, bodies_are_what_the_formats_read) {
    static const struct {
        const char *name, *format;
        size_t events;
        const char *label, *value;
    } table[] = {
        {"drift", "alertmanager", 2, "model", "fraud-detection"},
        {"drift", "grafana", 2, "model", "fraud-detection"},
        {"drift", "prometheus", 2, "model", "fraud-detection"},
        {"drift", "pagerduty-event", 1, "model", "fraud-detection"},
        {"retraining", "cloudevent", 1, "request", "retraining"},
        {"gpu", "cloudevent", 1, "request", "environment"},
    };
    for (size_t i = 0; i < 2 * sizeof table / sizeof *table; i++) {
        bool resolved = i % 2;
        arena *a = arena_new();
        const scenario *s = scenario_for(table[i / 2].name, table[i / 2].format);
        buf body;
        buf_init(&body);
        const char *needle = s->put(&body, &(scenario_wish){.memory = a,
                                                            .now = 1700000000 * USEC_PER_SECOND,
                                                            .resolved = resolved,
                                                            .routing_key = "0123456789abcdef0123456789abcdef"});
        source from = {.name = s->source, .format = table[i / 2].format};
        http_header_view type = {"Content-Type", s->content_type};
        ingest_request r = {.from = &from,
                            .body = body.data,
                            .body_len = body.len,
                            .headers = &type,
                            .header_count = 1,
                            .now = 1700000001 * USEC_PER_SECOND};
        ingest_result result;
        err e = {0};
        cr_assert(ingest_parse(ingest_format_find(from.format), &r, a, &result, &e), "%s: %s", s->name, e.text);
        cr_assert_eq(result.count, table[i / 2].events);
        cr_expect_eq(result.events[0].kind, resolved ? EVENT_RESOLVED : EVENT_FIRING, "%s", s->name);
        cr_expect_str_eq(labels_get(result.events[0].labels, table[i / 2].label), table[i / 2].value);
        cr_expect_str_neq(result.events[0].title, "");
        buf shown;
        buf_init(&shown);
        labels_put_json(&shown, result.events[0].labels);
        buf_put_json(&shown, result.events[0].key);
        cr_expect(strstr(shown.data, needle), "%s is not found again in %s", s->name, shown.data);
        buf_release(&shown);
        buf_release(&body);
        arena_free(a);
    }
}

/* The end must close what the beginning opened. */
Test(send, both_ends_have_one_key) {
    for (size_t i = 0; i < 2; i++) {
        arena *a = arena_new();
        const scenario *s = scenario_find(i ? "gpu" : "retraining");
        const char *keys[2];
        for (size_t k = 0; k < 2; k++) {
            buf body;
            buf_init(&body);
            (void)s->put(&body, &(scenario_wish){.memory = a, .now = 1700000000 * USEC_PER_SECOND, .resolved = k == 1});
            source from = {.name = "requests", .format = "cloudevent"};
            http_header_view type = {"Content-Type", s->content_type};
            ingest_request r = {
                .from = &from, .body = body.data, .body_len = body.len, .headers = &type, .header_count = 1, .now = 1};
            ingest_result result;
            err e = {0};
            cr_assert(ingest_parse(ingest_format_find("cloudevent"), &r, a, &result, &e), "%s", e.text);
            keys[k] = result.events[0].key;
            buf_release(&body);
        }
        cr_expect_str_eq(keys[0], keys[1]);
        arena_free(a);
    }
}

typedef struct fake {
    int posts, shows;
    char token[64];
} fake;

static bool take(void *app, void *worker, http_exchange *x, http_response *r) {
    fake *f = app;
    (void)worker;
    const char *authorization = http_header(x, "Authorization");
    snprintf(f->token, sizeof f->token, "%s", authorization ? authorization : "");
    f->posts++;
    if (strcmp(http_path_param(x, "name"), "alertmanager") != 0)
        http_respond_problem(x, r, 404, "no such source");
    else
        http_respond_json(x, r, 200, "{\"status\":\"success\"}");
    return true;
}

static bool list(void *app, void *worker, http_exchange *x, http_response *r) {
    (void)app, (void)worker;
    http_respond_json(x, r, 200, "{\"incidents\":[{\"id\":9},{\"id\":7},{\"id\":5}],\"next_cursor\":null}");
    return true;
}

/* 9 is another's; 7 is ours, and one delivery is under way the first time. */
static bool show(void *app, void *worker, http_exchange *x, http_response *r) {
    fake *f = app;
    (void)worker;
    bool ours = strcmp(http_path_param(x, "id"), "7") == 0;
    const char *state = ours && f->shows++ < 2 ? "waiting" : "delivered";
    http_respond_json(
        x, r, 200,
        arena_printf(
            http_arena(x),
            "{\"id\":%s,\"state\":\"triggered\",\"loop\":\"system\",\"severity\":\"critical\",\"title\":\"P99\","
            "\"activity\":\"row-1\",\"activity_name\":\"Row one\",\"why\":\"Because \\u001b[2J.\","
            "\"alerts\":[{\"labels\":{\"alertname\":\"%s\"}}],"
            "\"raci\":{\"responsible\":[{\"role\":\"e\",\"role_name\":\"Engineer\",\"team_name\":\"Ops\"}],"
            "\"accountable\":{\"role_name\":\"Head\",\"team_name\":\"Leads\"},"
            "\"consulted\":[{\"role_name\":\"Scientist\",\"team_name\":\"Science\"}],\"informed\":[]},"
            "\"deliveries\":[{\"letter\":\"responsible\",\"reason\":\"opened\",\"page\":true,\"channel\":\"chat\","
            "\"address\":\"\",\"role\":\"Engineer\",\"team\":\"Ops\",\"state\":\"%s\",\"attempts\":[]},"
            "{\"letter\":\"accountable\",\"reason\":\"opened\",\"page\":false,\"channel\":\"mail\","
            "\"address\":\"h@example.com\",\"role\":\"Head\",\"team\":\"Leads\",\"state\":\"gave_up\","
            "\"attempts\":[{\"detail\":\"550 no such user\"}]}]}",
            http_path_param(x, "id"), ours ? "FraudModelP99LatencySLOBreach" : "Other", state));
    return true;
}

Test(send, shows_who_was_told_and_why) {
    static const http_route routes[] = {
        {"POST", "/v1/sources/{name}", HTTP_ON_LOOP, 65536, API_ROLE_NONE, "", take},
        {"GET", "/v1/incidents", HTTP_ON_LOOP, 0, API_ROLE_NONE, "", list},
        {"GET", "/v1/incidents/{id}", HTTP_ON_LOOP, 0, API_ROLE_NONE, "", show},
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
    char line[256];
    snprintf(line, sizeof line, "send drift --token-file @token --url http://127.0.0.1:%d/", http_port(server));
    outcome_run(&o, line);
    cr_expect_eq(o.status, 0, "%s", o.err);
    static const char *const said[] = {
        "incident  7",   "row-1 (Row one)",  "Engineer",  "page (opened)",         "delivered",
        "h@example.com", "550 no such user", "Scientist", "asked when it is over", "Because  [2J."};
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        cr_expect(strstr(o.out, said[i]), "\"%s\" is not in:\n%s", said[i], o.out);
    cr_expect_null(strstr(o.out, "waiting"), "it waits for the delivery: %s", o.out);
    cr_expect_str_eq(f.token, "Bearer onus_secret");
    outcome_file(&o, "source-token", "of-the-source\n");
    snprintf(line, sizeof line, "send drift --source-token-file @source-token --url http://127.0.0.1:%d",
             http_port(server));
    outcome_run(&o, line);
    cr_expect_eq(o.status, 0, "%s", o.err);
    cr_expect_str_eq(f.token, "Bearer of-the-source");
    snprintf(line, sizeof line, "http://127.0.0.1:%d", http_port(server));
    setenv("ONUS_URL", line, true);
    outcome_run(&o, "send drift");
    cr_expect_eq(o.status, 0, "%s", o.err);
    cr_expect_str_eq(f.token, "", "nothing was given");
    outcome_run(&o, "send drift --url http://127.0.0.1:1");
    cr_expect_eq(o.status, 1, "what is given goes before the environment");
    unsetenv("ONUS_URL");
    snprintf(line, sizeof line, "send drift --source nowhere --url http://127.0.0.1:%d", http_port(server));
    outcome_run(&o, line);
    cr_expect_eq(o.status, 1);
    cr_expect(strstr(o.err, "404") && strstr(o.err, "no such source"), "%s", o.err);
    http_stop(server, 0);
    snprintf(line, sizeof line, "send drift --url http://127.0.0.1:%d", 1);
    outcome_run(&o, line);
    cr_expect_eq(o.status, 1);
    cr_expect_eq(f.posts, 4);
    outcome_run(&o, "send gpu --dry-run");
    cr_expect(strstr(o.out, "\"specversion\":\"1.0\""), "%s", o.out);
    outcome_release(&o);
}
