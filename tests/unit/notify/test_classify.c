/* What replies come to, by kind: delivered, try later, give up. */
#include "support.h"

#include "notify/notify_room.h"

#include <criterion/criterion.h>
#include <string.h>

#define HTTP(status_, body_)                                                                                           \
    { .answered = true, .status = (status_), .body = (body_), .body_len = sizeof(body_) - 1 }
#define NO_ANSWER(why, for_good)                                                                                       \
    { .failure = (why), .failure_is_permanent = (for_good), .body = "" }

static const channel_spec hook = {"c", "webhook", {"url", "https://x.example", NULL}};
static const channel_spec slack_hook = {"c", "slack", {"url", "https://x.example", NULL}};
static const channel_spec slack_bot = {"c", "slack", {"token", "t", "channel", "C1", NULL}};
static const channel_spec smtp_mail = {"c", "email", {"smtp", "smtp://m", "from", "a@b.example", NULL}};
static const channel_spec postmark = {"c", "postmark", {"token", "t", "from", "a@b.example", NULL}};
static const channel_spec sendgrid = {"c", "sendgrid", {"token", "t", "from", "a@b.example", NULL}};
static const channel_spec pagerduty = {"c", "pagerduty", {"routing_key", "t", NULL}};

static const struct {
    const channel_spec *spec;
    reply reply;
    delivery_verdict verdict;
    const char *detail;
} cases[] = {
    {&hook, HTTP(200, ""), DELIVERED, "200 OK"},
    {&hook, HTTP(204, ""), DELIVERED, "204"},
    {&hook, HTTP(299, ""), DELIVERED, "299"},
    {&hook, HTTP(301, ""), GIVE_UP, "redirects are not followed"},
    {&hook, HTTP(400, "bad field\nx"), GIVE_UP, "400 Bad Request: bad field x"},
    {&hook, HTTP(404, ""), GIVE_UP, "404"},
    {&hook, HTTP(408, ""), TRY_LATER, "408"},
    {&hook, HTTP(410, ""), GIVE_UP, "410"},
    {&hook, HTTP(425, ""), TRY_LATER, "425"},
    {&hook, HTTP(429, ""), TRY_LATER, "429 Too Many Requests"},
    {&hook, HTTP(500, ""), TRY_LATER, "500"},
    {&hook, HTTP(503, ""), TRY_LATER, "503"},
    {&hook, HTTP(599, ""), TRY_LATER, "599"},
    {&hook, HTTP(200, "\xff\xfe"), DELIVERED, "200 OK"},
    {&hook, NO_ANSWER("Could not resolve host: x.example", false), TRY_LATER, "Could not resolve host"},
    {&hook, NO_ANSWER("the address 10.0.0.1 is not public", true), GIVE_UP, "not public"},

    {&slack_hook, HTTP(200, "ok"), DELIVERED, "200 OK"},
    /* What takes Slack's messages, as its documentation has it: Mattermost, Rocket.Chat, Zulip, Discord, Teams. */
    {&slack_hook, HTTP(200, "ok\n"), DELIVERED, "200 OK"},
    {&slack_hook, HTTP(200, "{\"success\":true}"), DELIVERED, "200 OK"},
    {&slack_hook, HTTP(200, "{\"ok\":true}"), DELIVERED, "200 OK"},
    {&slack_hook, HTTP(200, "{\"result\":\"success\",\"msg\":\"\"}"), DELIVERED, "200 OK"},
    {&slack_hook, HTTP(204, ""), DELIVERED, "204"},
    {&slack_hook, HTTP(200, ""), DELIVERED, "200 OK"},
    {&slack_hook, HTTP(200, "1"), DELIVERED, "200 OK"},
    {&slack_hook, HTTP(202, "Accepted"), DELIVERED, "202"},
    {&slack_hook, HTTP(201, "{\"id\":1199452093415247873,\"error\":null}"), DELIVERED, "201"},
    {&slack_hook, HTTP(200, "[]"), DELIVERED, "200"},
    {&slack_hook, HTTP(200, "{\"success\":true,\"error\":\"\",\"errors\":[]}"), DELIVERED, "200"},
    {&slack_hook, HTTP(200, "{\"success\":false,\"error\":\"invalid-channel\"}"), GIVE_UP, "invalid-channel"},
    {&slack_hook, HTTP(200, "{\"success\":false}"), GIVE_UP, "not delivered, although 200"},
    {&slack_hook, HTTP(200, "{\"result\":\"error\",\"msg\":\"Stream does not exist\"}"), GIVE_UP, "Stream does not"},
    {&slack_hook, HTTP(200, "{\"status\":\"FAILED\"}"), GIVE_UP, "FAILED"},
    {&slack_hook, HTTP(200, "{\"error\":{\"code\":404}}"), GIVE_UP, "404"},
    {&slack_hook, HTTP(200, "{\"errors\":[\"no\"]}"), GIVE_UP, "no"},
    {&slack_hook, HTTP(200, "{\"ok\":false,\"error\":\"ratelimited\"}"), TRY_LATER, "ratelimited"},
    {&slack_hook, HTTP(200, "invalid_payload"), GIVE_UP, "invalid_payload"},
    {&slack_hook, HTTP(200, "<html>sign in"), GIVE_UP, "not delivered, although 200 OK: <html>"},
    {&slack_hook, HTTP(200, " \t<!DOCTYPE html>"), GIVE_UP, "not delivered"},
    {&slack_hook, HTTP(200, "{\"ok\":true,\"text\":\"\xff\\u0000\"}"), DELIVERED, "200"},
    {&slack_hook, HTTP(503, "{\"success\":true}"), TRY_LATER, "503"},
    {&slack_hook, HTTP(400, "invalid_payload"), GIVE_UP, "invalid_payload"},
    {&slack_hook, HTTP(403, "action_prohibited"), GIVE_UP, "action_prohibited"},
    {&slack_hook, HTTP(410, "channel_is_archived"), GIVE_UP, "channel_is_archived"},
    {&slack_hook, HTTP(429, ""), TRY_LATER, "429"},
    {&slack_hook, HTTP(500, "rollup_error"), TRY_LATER, "rollup_error"},

    {&slack_bot, HTTP(200, "{\"ok\":true,\"channel\":\"C1\",\"ts\":\"1.2\"}"), DELIVERED, "200"},
    {&slack_bot, HTTP(200, "{\"ok\":false,\"error\":\"channel_not_found\"}"), GIVE_UP, "channel_not_found"},
    {&slack_bot, HTTP(200, "{\"ok\":false,\"error\":\"invalid_auth\"}"), GIVE_UP, "invalid_auth"},
    {&slack_bot, HTTP(200, "{\"ok\":false,\"error\":\"ratelimited\"}"), TRY_LATER, "ratelimited"},
    {&slack_bot, HTTP(200, "{\"ok\":false,\"error\":\"internal_error\"}"), TRY_LATER, "internal_error"},
    {&slack_bot, HTTP(200, "not json"), GIVE_UP, "not delivered, although 200"},
    {&slack_bot, HTTP(200, ""), GIVE_UP, "not delivered"},
    {&slack_bot, HTTP(200, "<html>"), GIVE_UP, "not delivered"},
    {&slack_bot, HTTP(200, "{\"success\":true}"), DELIVERED, "200"},
    {&slack_bot, HTTP(502, ""), TRY_LATER, "502"},

    {&smtp_mail, HTTP(250, "2.0.0 kept"), DELIVERED, "250: 2.0.0 kept"},
    {&smtp_mail, HTTP(421, "closing"), TRY_LATER, "421"},
    {&smtp_mail, HTTP(451, "greylisted"), TRY_LATER, "greylisted"},
    {&smtp_mail, HTTP(550, "no such mailbox"), GIVE_UP, "no such mailbox"},
    {&smtp_mail, HTTP(535, "bad password"), GIVE_UP, "the mail relay of channel \"c\" refused its credentials: 535"},
    {&smtp_mail, NO_ANSWER("Connection refused", false), TRY_LATER, "Connection refused"},

    {&postmark, HTTP(200, "{\"ErrorCode\":0,\"Message\":\"OK\"}"), DELIVERED, "200"},
    {&postmark, HTTP(200, "{\"ErrorCode\":406}"), GIVE_UP, "not delivered"},
    {&postmark, HTTP(200, "hello"), GIVE_UP, "not delivered"},
    {&postmark, HTTP(422, "{\"ErrorCode\":300}"), GIVE_UP, "422"},
    {&sendgrid, HTTP(202, ""), DELIVERED, "202"},
    {&sendgrid, HTTP(401, ""), GIVE_UP, "401"},
    {&pagerduty, HTTP(202, "{\"status\":\"success\"}"), DELIVERED, "202"},
    {&pagerduty, HTTP(400, "invalid event"), GIVE_UP, "invalid event"},
    {&pagerduty, HTTP(429, ""), TRY_LATER, "429"},
};

Test(classify, three_answers) {
    const incident i = sample_incident();
    const message m = sample_message(&i, RACI_RESPONSIBLE, REASON_OPENED);
    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
        arena *a = arena_new();
        test_channels made = channels_from(cases[n].spec, 1);
        cr_assert_not_null(made.channels, "%s", problems_text(&made, a));
        const channel *c = channels_find(made.channels, "c");
        delivery_result result = {0};
        c->kind->classify(c, &m, &cases[n].reply, a, &result);
        cr_expect_eq(result.verdict, cases[n].verdict, "case %zu: %s", n, result.detail);
        cr_expect(strstr(result.detail, cases[n].detail) != NULL, "case %zu: %s", n, result.detail);
        cr_expect(strlen(result.detail) <= 300);
        cr_expect_eq(result.message_id, 1000);
        channels_drop(&made);
        arena_free(a);
    }
}

Test(classify, a_bot_learns_the_thread_once) {
    const incident i = sample_incident();
    message m = sample_message(&i, RACI_RESPONSIBLE, REASON_OPENED);
    const reply r = HTTP(200, "{\"ok\":true,\"channel\":\"C1\",\"ts\":\"1.2\"}");
    arena *a = arena_new();
    test_channels made = channels_from(&slack_bot, 1);
    const channel *c = channels_find(made.channels, "c");
    delivery_result result = {0};
    c->kind->classify(c, &m, &r, a, &result);
    cr_assert_not_null(result.thread);
    cr_expect_str_eq(result.thread, "C1:1.2");
    m.thread = "C1:1.2";
    result = (delivery_result){0};
    c->kind->classify(c, &m, &r, a, &result);
    cr_expect_null(result.thread);
    channels_drop(&made);
    arena_free(a);
}
