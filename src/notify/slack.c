/* The kind "slack": an incoming webhook (url), or a bot (token and channel) that also edits the incident's first
 * message and answers in its thread. Leaves the layout of blocks to slack_blocks.c.
 *
 * The one difficulty: Slack says 200 to what it did not do. Success is the text "ok" for a webhook, and "ok": true for
 * the Web API; everything else is read for its reason. */
#include "notify/slack_blocks.h"
#include "onus/text.h"

#include <string.h>

enum { SLACK_URL, SLACK_TOKEN, SLACK_CHANNEL, SLACK_API_URL, SLACK_OPTIONS };

static const option_row options[SLACK_OPTIONS] = {
    [SLACK_URL] = {"url", OPTION_URL, false, true, NULL, NULL, "The incoming webhook; or token and channel."},
    [SLACK_TOKEN] = {"token", OPTION_TEXT, false, true, NULL, NULL, "The bot's token (xoxb-…), with chat:write."},
    [SLACK_CHANNEL] = {"channel", OPTION_TEXT, false, false, NULL, NULL,
                       "Where the bot posts: a channel's id, or #name; a contact's own address comes first."},
    [SLACK_API_URL] = {"api_url", OPTION_URL, false, false, "https://slack.com/api", NULL, "The Web API."},
};

static const char *check(const channel *c) {
    if (option_is_set(c, SLACK_URL) == option_is_set(c, SLACK_TOKEN))
        return "a channel of kind slack needs either url (an incoming webhook) or token (a bot), and not both";
    if (option_is_set(c, SLACK_URL) && option_is_set(c, SLACK_CHANNEL))
        return "an incoming webhook posts where Slack says; channel is for a bot's token";
    return NULL;
}

/* ── building ── */

/* "C024BE91L:1503435956.000247", as Slack gives them; anything else is no thread, and nothing of it is sent. */
typedef struct thread_ref {
    const char *channel, *ts;
} thread_ref;

static thread_ref thread_parse(const char *thread, arena *a) {
    static const char id[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    size_t channel = thread == NULL ? 0 : strspn(thread, id);
    const char *colon = channel > 0 && thread[channel] == ':' ? thread + channel : NULL;
    if (colon == NULL || colon[1] == '\0' || colon[1 + strspn(colon + 1, "0123456789.")] != '\0')
        return (thread_ref){"", ""};
    return (thread_ref){arena_strndup(a, thread, (size_t)(colon - thread)), colon + 1};
}

static void request_api(const channel *c, const char *method, const char *body, arena *a, outgoing *out) {
    const char *base = option_text(c, SLACK_API_URL);
    header_list headers = {.count = 0};
    header_add(&headers, a, "Authorization", arena_printf(a, "Bearer %s", option_text(c, SLACK_TOKEN)));
    out->body = body;
    request_json(c, arena_printf(a, "%s/%s", base, method), &headers, a, out);
    out->allow_private = channel_allows_private(c, base, true);
}

/* The first message says how things stand; what it said when it was sent is in its thread. */
static bool changes_first(message_reason r) {
    return r == REASON_ACKNOWLEDGED || r == REASON_UNACKNOWLEDGED || r == REASON_RESOLVED || r == REASON_REOPENED;
}

static void build_bot(const channel *c, const message *m, slack_post *post, outgoing *out) {
    const thread_ref thread = thread_parse(m->thread, post->memory);
    const bool threaded = *thread.ts != '\0';
    post->channel = threaded ? thread.channel : *m->address != '\0' ? m->address : option_text(c, SLACK_CHANNEL);
    post->thread_ts = thread.ts;
    request_api(c, "chat.postMessage", slack_message(post), post->memory, out);
    if (threaded && changes_first(m->reason) && post->update != NULL) {
        outgoing *edit = ARENA_NEW(post->memory, outgoing);
        request_api(c, "chat.update", slack_update(post), post->memory, edit);
        out->then = edit;
    }
}

static void build_webhook(const channel *c, const slack_post *post, outgoing *out) {
    const char *url = option_text(c, SLACK_URL);
    header_list headers = {.count = 0};
    out->body = slack_message(post);
    request_json(c, url, &headers, post->memory, out);
    out->allow_private = channel_allows_private(c, url, true);
}

static bool build(const channel *c, const message *m, const message_links *links, const templates *t, usec now,
                  arena *a, outgoing *out, err *e) {
    slack_post post = {
        .m = m, .links = links, .memory = a, .bot = option_is_set(c, SLACK_TOKEN), .channel = "", .thread_ts = ""};
    message_facts *facts = message_facts_new(t, m, links, now);
    post.text = render_message(t, "slack", "text", facts, a, e);
    post.update = post.bot && post.text != NULL ? render_message(t, "slack", "update", facts, a, e) : NULL;
    message_facts_free(facts);
    if (post.text == NULL || (post.bot && post.update == NULL))
        return false;
    if (post.bot)
        build_bot(c, m, &post, out);
    else
        build_webhook(c, &post, out);
    return true;
}

/* Only a bot reads addresses: a webhook has its channel. */
static const char *address_fault(const channel *c, const char *address) {
    if (c == NULL || !option_is_set(c, SLACK_TOKEN))
        return NULL;
    if (*address == '\0')
        return option_is_set(c, SLACK_CHANNEL) ? NULL : "is missing, and the channel's options name no Slack channel";
    const bool named = *address == '#';
    for (const char *at = address + named; *at != '\0'; at++)
        if ((unsigned char)*at <= ' ' || *at == 0x7f || strchr("#@,;:<>", *at) != NULL)
            return "is no Slack channel: write #name, or the channel's id (C024BE91L)";
    return address[named] == '\0' ? "is no Slack channel: a name stands after #" : NULL;
}

/* ── reading ── */

/* What the Web API says when it may work later; everything else it says is for good. */
static const char *const passing_errors[] = {
    "ratelimited",     "rate_limited",        "message_limit_exceeded", "internal_error", "fatal_error",
    "request_timeout", "service_unavailable", "team_added_to_org",      "accesslimited",
};

static void classify_webhook(const reply *r, arena *a, delivery_result *out) {
    if (out->verdict != DELIVERED || text_equal(r->body, "ok") || text_equal(r->body, "ok\n"))
        return;
    out->verdict = TRY_LATER;
    out->detail = arena_printf(a, "not delivered, although %s", out->detail);
}

static void classify_bot(const message *m, const reply *r, arena *a, delivery_result *out) {
    if (out->verdict != DELIVERED)
        return;
    err e;
    cJSON *body = json_parse_mended(r->body, r->body_len, &e);
    const char *error = cJSON_GetStringValue(json_member(body, "error")),
               *posted_in = cJSON_GetStringValue(json_member(body, "channel")),
               *ts = cJSON_GetStringValue(json_member(body, "ts"));
    if (!json_bool(body, "ok", false)) {
        out->verdict = error == NULL ? TRY_LATER : GIVE_UP;
        for (size_t i = 0; i < sizeof passing_errors / sizeof *passing_errors; i++)
            if (error != NULL && text_equal(error, passing_errors[i]))
                out->verdict = TRY_LATER;
        out->detail = error == NULL ? arena_printf(a, "not delivered, although %s", out->detail)
                                    : text_shorten(a, arena_printf(a, "Slack refused it: %s", error), 300);
    } else if (posted_in != NULL && ts != NULL && *m->thread == '\0')
        out->thread = arena_printf(a, "%s:%s", posted_in, ts);
    cJSON_Delete(body);
}

static void classify(const channel *c, const message *m, const reply *r, arena *a, delivery_result *out) {
    classify_http(c, m, r, a, out);
    if (option_is_set(c, SLACK_TOKEN))
        classify_bot(m, r, a, out);
    else
        classify_webhook(r, a, out);
}

const channel_kind kind_slack = {
    .name = "slack",
    .doc = "A Slack channel, by incoming webhook or by a bot.",
    .options = options,
    .option_count = SLACK_OPTIONS,
    .check = check,
    .address_fault = address_fault,
    .least_interval = USEC_PER_SECOND,
    .build = build,
    .classify = classify,
};
