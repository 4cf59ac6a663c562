/* Requests of each kind: what is sent where, and what never is. */
#include "support.h"

#include "notify/notify_room.h"
#include "onus/crypto.h"

#include <criterion/criterion.h>
#include <string.h>

typedef struct built {
    test_channels made;
    templates *templates;
    arena *memory;
    outgoing out;
    err e;
    bool ok;
} built;

static built build_message(const channel_spec *spec, const message *m, const message_links *links) {
    built b = {.made = channels_from(spec, 1), .memory = arena_new()};
    cr_assert_not_null(b.made.channels, "%s", problems_text(&b.made, b.memory));
    b.templates = templates_load(NULL, &b.e);
    cr_assert_not_null(b.templates, "%s", b.e.text);
    const channel *c = channels_find(b.made.channels, spec->name);
    b.ok = request_build(c, m, links, b.templates, SAMPLE_NOW, b.memory, &b.out, &b.e);
    return b;
}

static void drop(built *b) {
    channels_drop(&b->made);
    templates_free(b->templates);
    arena_free(b->memory);
}

static const char *header(const outgoing *out, const char *name) {
    const size_t len = strlen(name);
    for (size_t h = 0; h < out->header_count; h++)
        if (strncmp(out->headers[h], name, len) == 0 && out->headers[h][len] == ':')
            return out->headers[h] + len + 2;
    return "";
}

static cJSON *body_of(const outgoing *out) {
    err e = {0};
    cJSON *body = json_parse(out->body, out->body_len, &e);
    cr_assert_not_null(body, "%s in %s", e.text, out->body);
    return body;
}

static const char *text_of(const cJSON *object, const char *name) {
    const char *text = cJSON_GetStringValue(json_member(object, name));
    return text == NULL ? "(none)" : text;
}

static const channel_spec slack_webhook = {"slack", "slack", {"url", "https://hooks.slack.example/T/B/x", NULL}};
static const channel_spec slack_bot = {"slack", "slack", {"token", "xoxb-1", "channel", "C024BE91L", NULL}};

/* ── slack ── */

Test(slack, a_page_has_buttons_that_carry_the_link_and_its_token) {
    const incident i = sample_incident();
    const message m = sample_message(&i, RACI_RESPONSIBLE, REASON_OPENED);
    built b = build_message(&slack_webhook, &m, &sample_links);
    cr_assert(b.ok, "%s", b.e.text);
    cr_expect_str_eq(b.out.url, "https://hooks.slack.example/T/B/x");
    cJSON *body = body_of(&b.out);
    cr_expect_str_eq(text_of(body, "text"), ":rotating_light: *Page: P99 latency of the fraud model breaches its SLO*");
    cr_expect(cJSON_IsFalse(json_member(body, "unfurl_links")) && cJSON_IsFalse(json_member(body, "unfurl_media")));
    const cJSON *actions = cJSON_GetArrayItem(json_member(body, "blocks"), 1);
    const cJSON *buttons = json_member(actions, "elements");
    static const char *const ids[] = {"acknowledge", "contest", "resolve"};
    cr_assert_eq(cJSON_GetArraySize(buttons), 3);
    for (int n = 0; n < 3; n++) {
        const cJSON *button = cJSON_GetArrayItem(buttons, n);
        cr_expect_str_eq(text_of(button, "action_id"), ids[n]);
        cr_expect_str_eq(text_of(button, "value"), "TOKEN.MAC");
        cr_expect_str_eq(text_of(button, "url"), sample_links.act);
    }
    cJSON_Delete(body);
    drop(&b);
}

/* Accountable is offered the decision, and nobody else is. */
Test(slack, who_decides_a_contest_gets_buttons_for_it) {
    static const struct {
        raci_letter letter;
        const char *by, *proposed, *ids[5];
    } cases[] = {
        {RACI_ACCOUNTABLE, "Ada", "Platform Engineer (Platform)", {"accept", "decline", "resolve"}},
        {RACI_ACCOUNTABLE, "Ada", "", {"decline", "resolve"}},
        {RACI_ACCOUNTABLE, "", "", {"acknowledge", "contest", "resolve"}},
        {RACI_RESPONSIBLE, "Ada", "Platform Engineer (Platform)", {"acknowledge", "resolve"}},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        incident i = sample_incident();
        i.contested_by = cases[c].by;
        i.proposed_role = i.proposed_name = cases[c].proposed;
        const message m = sample_message(&i, cases[c].letter, REASON_CONTESTED);
        built b = build_message(&slack_webhook, &m, &sample_links);
        cJSON *body = body_of(&b.out);
        const cJSON *buttons = json_member(cJSON_GetArrayItem(json_member(body, "blocks"), 1), "elements");
        int count = 0;
        for (; cases[c].ids[count] != NULL; count++)
            cr_expect_str_eq(text_of(cJSON_GetArrayItem(buttons, count), "action_id"), cases[c].ids[count], "%zu", c);
        cr_expect_eq(cJSON_GetArraySize(buttons), count, "%zu", c);
        if (c == 0)
            cr_expect_str_eq(text_of(json_member(cJSON_GetArrayItem(buttons, 0), "text"), "text"),
                             "Give it to Platform Engineer (Platform)");
        cJSON_Delete(body);
        drop(&b);
    }
}

Test(slack, what_slack_cannot_have_said_is_no_thread) {
    static const char *const cases[] = {"https://r.ex<!everyone>", "<!channel>:17.1", "C99:17<@U1>", ":17.1", "C99:"};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        incident i = sample_incident();
        message m = sample_message(&i, RACI_RESPONSIBLE, REASON_ACKNOWLEDGED);
        m.thread = cases[k];
        built made = build_message(&slack_bot, &m, &sample_links);
        cJSON *body = body_of(&made.out);
        cr_expect_str_eq(text_of(body, "channel"), "C024BE91L", "%s", cases[k]);
        cr_expect_str_eq(text_of(body, "thread_ts"), "(none)", "%s", cases[k]);
        cJSON_Delete(body);
        drop(&made);
    }
}

Test(slack, a_bot_posts_then_threads_and_updates) {
    incident i = sample_incident();
    message m = sample_message(&i, RACI_RESPONSIBLE, REASON_OPENED);
    built first = build_message(&slack_bot, &m, &sample_links);
    cr_expect_str_eq(first.out.url, "https://slack.com/api/chat.postMessage");
    cr_expect_str_eq(header(&first.out, "Authorization"), "Bearer xoxb-1");
    cr_expect_null(first.out.then);
    cJSON *body = body_of(&first.out);
    cr_expect_str_eq(text_of(body, "channel"), "C024BE91L");
    cr_expect_str_eq(text_of(body, "thread_ts"), "(none)");
    cJSON_Delete(body);
    drop(&first);

    i.state = INCIDENT_ACKNOWLEDGED;
    i.acknowledged_by = "Ada";
    m = sample_message(&i, RACI_RESPONSIBLE, REASON_ACKNOWLEDGED);
    m.thread = "C99:1700000000.000100";
    built second = build_message(&slack_bot, &m, &sample_links);
    body = body_of(&second.out);
    cr_expect_str_eq(text_of(body, "channel"), "C99");
    cr_expect_str_eq(text_of(body, "thread_ts"), "1700000000.000100");
    cJSON_Delete(body);
    cr_assert_not_null(second.out.then);
    cr_expect_str_eq(second.out.then->url, "https://slack.com/api/chat.update");
    body = body_of(second.out.then);
    cr_expect_str_eq(text_of(body, "ts"), "1700000000.000100");
    cr_expect(strstr(text_of(body, "text"), "Acknowledged by Ada") != NULL);
    cJSON_Delete(body);
    drop(&second);
}

Test(slack, a_contact_names_another_channel) {
    const incident i = sample_incident();
    message m = sample_message(&i, RACI_RESPONSIBLE, REASON_OPENED);
    m.address = "#fraud";
    built b = build_message(&slack_bot, &m, &sample_links);
    cJSON *body = body_of(&b.out);
    cr_expect_str_eq(text_of(body, "channel"), "#fraud");
    cJSON_Delete(body);
    drop(&b);
}

Test(slack, limits_hold_whatever_is_said) {
    static char huge[60000];
    for (size_t n = 0; n + 4 < sizeof huge; n += 4)
        memcpy(huge + n, "🔥", 4);
    incident i = sample_incident();
    i.title = huge;
    i.why = huge;
    const label annotations[] = {{"summary", huge}};
    i.annotations = (labels){annotations, 1};
    message m = sample_message(&i, RACI_RESPONSIBLE, REASON_OPENED);
    m.note = huge;
    built b = build_message(&slack_webhook, &m, &sample_links);
    cJSON *body = body_of(&b.out);
    const cJSON *section = json_member(cJSON_GetArrayItem(json_member(body, "blocks"), 0), "text");
    cr_expect(strlen(text_of(section, "text")) <= 3000);
    cr_expect(strlen(text_of(body, "text")) <= 300);
    cr_expect(b.out.body_len < 12000);
    cJSON_Delete(body);
    drop(&b);
}

/* ── webhook ── */

Test(webhook, is_signed_over_time_and_body) {
    static const channel_spec spec = {
        "hook", "webhook", {"url", "https://x.example/in", "secret", "s3cret", "headers", "X-Team: mlops\n", NULL}};
    const incident i = sample_incident();
    const message m = sample_message(&i, RACI_RESPONSIBLE, REASON_OPENED);
    built b = build_message(&spec, &m, &sample_links);
    cr_assert(b.ok, "%s", b.e.text);
    const char *text = arena_printf(b.memory, "%s.%s", header(&b.out, "X-Onus-Timestamp"), b.out.body);
    const char *expected =
        arena_printf(b.memory, "v1=%s", crypto_hmac_sha256_hex(b.memory, "s3cret", text, strlen(text)));
    cr_expect_str_eq(header(&b.out, "X-Onus-Timestamp"), "1767319500");
    cr_expect_str_eq(header(&b.out, "X-Onus-Signature"), expected);
    cr_expect_str_eq(header(&b.out, "X-Onus-Message-Id"), "onus-1000");
    cr_expect_str_eq(header(&b.out, "X-Team"), "mlops");
    cr_expect_str_eq(b.out.method, "POST");
    drop(&b);
}

Test(webhook, a_contact_names_the_url_only_where_the_settings_do_not) {
    static const channel_spec open = {"hook", "webhook", {NULL}},
                              fixed = {"hook", "webhook", {"url", "https://fixed.example", NULL}};
    const incident i = sample_incident();
    message m = sample_message(&i, RACI_RESPONSIBLE, REASON_OPENED);
    m.address = "https://theirs.example/x";
    built b = build_message(&open, &m, &sample_links);
    cr_expect_str_eq(b.out.url, "https://theirs.example/x");
    drop(&b);
    b = build_message(&fixed, &m, &sample_links);
    cr_expect_str_eq(b.out.url, "https://fixed.example");
    drop(&b);
    m.address = "file:///etc/passwd";
    b = build_message(&open, &m, &sample_links);
    cr_expect_not(b.ok);
    drop(&b);
}

/* ── who may reach private addresses ── */

Test(policy, private_addresses_need_the_operators_word) {
    static const struct {
        channel_spec spec;
        const char *address;
        bool allowed;
    } cases[] = {
        {{"h", "webhook", {"url", "http://127.0.0.1:9/in", NULL}}, "", true},
        {{"h", "webhook", {"url", "http://localhost/in", NULL}}, "", true},
        {{"h", "webhook", {"url", "http://[::1]/in", NULL}}, "", true},
        {{"h", "webhook", {"url", "http://10.1.2.3/in", NULL}}, "", true},
        {{"h", "webhook", {"url", "http://2130706433/in", NULL}}, "", true}, /* 127.0.0.1 in another spelling */
        {{"h", "webhook", {"url", "http://169.254.169.254/in", NULL}}, "", false},
        {{"h", "webhook", {"url", "http://inside.example/in", NULL}}, "", false},
        {{"h", "webhook", {"url", "http://inside.example/in", "allow_private", "true", NULL}}, "", true},
        {{"h", "webhook", {"url", "http://127.0.0.1:9/in", "allow_private", "false", NULL}}, "", false},
        {{"h", "webhook", {NULL}}, "http://inside.example/in", false},
        {{"h", "email", {"smtp", "smtp://mailhub", "from", "a@b.example", NULL}}, "x@example.com", true},
        {{"h", "email", {"smtp", "smtp://mailhub", "from", "a@b.example", "allow_private", "false", NULL}},
         "x@example.com",
         false},
        {{"h", "pagerduty", {"routing_key", "k", "url", "http://127.0.0.1:9/v2", NULL}}, "", true},
        {{"h", "slack", {"url", "http://127.0.0.1:9/hook", NULL}}, "", true},
    };
    const incident i = sample_incident();
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        message m = sample_message(&i, RACI_RESPONSIBLE, REASON_OPENED);
        m.address = cases[c].address;
        built b = build_message(&cases[c].spec, &m, &sample_links);
        cr_assert(b.ok, "case %zu: %s", c, b.e.text);
        cr_expect_eq(b.out.allow_private, cases[c].allowed, "case %zu", c);
        drop(&b);
    }
}

/* ── pagerduty ── */

Test(pagerduty, one_alert_for_one_incident) {
    static const channel_spec spec = {"pd", "pagerduty", {"routing_key", "R0UT1NG", NULL}};
    static const struct {
        message_reason reason;
        const char *action; /* NULL: nothing is sent */
    } cases[] = {{REASON_OPENED, "trigger"},   {REASON_ESCALATED, "trigger"}, {REASON_ACKNOWLEDGED, "acknowledge"},
                 {REASON_RESOLVED, "resolve"}, {REASON_REOPENED, "trigger"},  {REASON_NOTE, NULL},
                 {REASON_POSTMORTEM, NULL}};
    const incident i = sample_incident();
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        const message m = sample_message(&i, RACI_RESPONSIBLE, cases[c].reason);
        built b = build_message(&spec, &m, &sample_links);
        cr_assert(b.ok, "%s", b.e.text);
        if (cases[c].action == NULL)
            cr_expect_eq(b.out.protocol, OUTGOING_NONE);
        else {
            cJSON *body = body_of(&b.out);
            cr_expect_str_eq(text_of(body, "event_action"), cases[c].action);
            cr_expect_str_eq(text_of(body, "dedup_key"), "onus-42");
            cr_expect_str_eq(text_of(body, "routing_key"), "R0UT1NG");
            cr_expect_str_eq(text_of(json_member(body, "payload"), "severity"), "critical");
            cr_expect_str_eq(text_of(json_member(body, "payload"), "source"), "fraud-detection");
            cJSON_Delete(body);
        }
        drop(&b);
    }
}

/* ── mail by API ── */

Test(email_api, postmark_and_sendgrid_have_their_shapes) {
    static const channel_spec postmark = {"pm", "postmark", {"token", "T", "from", "Onus <onus@example.com>", NULL}},
                              sendgrid = {"sg", "sendgrid", {"token", "T", "from", "Onus <onus@example.com>", NULL}};
    const incident i = sample_incident();
    message m = sample_message(&i, RACI_RESPONSIBLE, REASON_OPENED);
    m.address = "oncall@example.com";
    built b = build_message(&postmark, &m, &sample_links);
    cr_expect_str_eq(b.out.url, "https://api.postmarkapp.com/email");
    cr_expect_str_eq(header(&b.out, "X-Postmark-Server-Token"), "T");
    cJSON *body = body_of(&b.out);
    cr_expect_str_eq(text_of(body, "To"), "oncall@example.com");
    cr_expect(strstr(text_of(body, "Subject"), "Page: ") != NULL && strstr(text_of(body, "HtmlBody"), "<html") != NULL);
    cJSON_Delete(body);
    drop(&b);
    b = build_message(&sendgrid, &m, &sample_links);
    cr_expect_str_eq(b.out.url, "https://api.sendgrid.com/v3/mail/send");
    cr_expect_str_eq(header(&b.out, "Authorization"), "Bearer T");
    body = body_of(&b.out);
    const cJSON *to = json_member(cJSON_GetArrayItem(json_member(body, "personalizations"), 0), "to");
    cr_expect_str_eq(text_of(cJSON_GetArrayItem(to, 0), "email"), "oncall@example.com");
    cr_expect_str_eq(text_of(json_member(body, "from"), "name"), "Onus");
    cr_expect_str_eq(text_of(cJSON_GetArrayItem(json_member(body, "content"), 0), "type"), "text/plain");
    cJSON_Delete(body);
    drop(&b);
}

Test(record, sends_nothing) {
    static const channel_spec spec = {"out", "record", {NULL}};
    const incident i = sample_incident();
    const message m = sample_message(&i, RACI_RESPONSIBLE, REASON_OPENED);
    built b = build_message(&spec, &m, &sample_links);
    cr_expect(b.ok && b.out.protocol == OUTGOING_NONE);
    drop(&b);
}

/* What a stranger wrote must not begin another header, nor end the head. */
Test(build, a_header_value_is_one_line) {
    static const struct {
        const char *value, *line;
    } rows[] = {
        {"plain", "X: plain"},         {"a\nBcc: all@example.com", "X: aBcc: all@example.com"},
        {"a\r\nBcc: b", "X: aBcc: b"}, {"a\rb", "X: ab"},
        {"a\r\n\r\nbody", "X: abody"}, {"\na\n", "X: a"},
        {"a\tb", "X: a\tb"},           {"a\x7f\x01\x1f\vb", "X: ab"},
        {"ä\u2028", "X: ä\u2028"},
    };
    arena *a = arena_new();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        header_list h = {.count = 0};
        header_add(&h, a, "X", rows[i].value);
        cr_expect_str_eq(h.items[0], rows[i].line);
    }
    arena_free(a);
}
