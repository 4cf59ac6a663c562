/* The kind "slack": an incoming webhook (url), or a bot (token and channel) that also edits the incident's first
 * message and answers in its thread. Leaves the layout of blocks to slack_blocks.c.
 *
 * The one difficulty: Slack says 200 to what it did not do, with "ok": false; and others who take Slack's messages say
 * 200 in words of their own. */
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

/* What Slack says when it may work later; everything else it says is for good. */
static const char *const passing_errors[] = {
    "ratelimited",     "rate_limited",        "message_limit_exceeded", "internal_error", "fatal_error",
    "request_timeout", "service_unavailable", "team_added_to_org",      "accesslimited",  "rollup_error",
};

/* Slack's documented words for what a webhook did not take, should a relay between make a 200 of them. */
static const char *const refusals[] = {
    "action_prohibited", "channel_is_archived",  "channel_not_found", "invalid_payload", "invalid_token",
    "no_active_hooks",   "no_service",           "no_team",           "no_text",         "rollup_error",
    "team_disabled",     "too_many_attachments", "user_not_found",
};

static bool is_listed(const char *word, const char *const *list, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (text_equal(list[i], word))
            return true;
    return false;
}

static bool is_false(const cJSON *value) {
    return cJSON_IsFalse(value) || (cJSON_IsString(value) && text_equal_nocase(value->valuestring, "false"));
}

/* Mattermost, Rocket.Chat, Zulip and others that take Slack's messages say in their own words whether they did. */
static bool says_failed(const cJSON *body) {
    static const char *const FAILED[] = {"error", "fail", "failed", "failure"};
    const cJSON *error = json_member(body, "error"), *errors = json_member(body, "errors");
    bool failed = is_false(json_member(body, "ok")) || is_false(json_member(body, "success")) ||
                  (error && !cJSON_IsFalse(error) && *json_text(body, "error")) || cJSON_IsObject(error) ||
                  cJSON_GetArraySize(errors) > 0;
    for (size_t i = 0; i < sizeof FAILED / sizeof *FAILED; i++)
        failed = failed || text_equal_nocase(json_text(body, "status"), FAILED[i]) ||
                 text_equal_nocase(json_text(body, "result"), FAILED[i]);
    return failed;
}

/* What a 2xx said, when it said that it did not take the message; NULL: nothing of the kind. A bot's answer is an
 * object, always; a page of HTML is somebody else's. */
static const char *failure_in(const reply *r, const cJSON *body, bool bot, arena *a) {
    char *text = arena_strndup(a, r->body ? r->body : "", r->body_len);
    text[strcspn(text, "\r\n")] = '\0';
    if (cJSON_IsObject(body))
        return says_failed(body) ? json_text(body, "error") : NULL;
    bool foreign = bot || text[strspn(text, " \t")] == '<';
    return foreign ? "" : is_listed(text, refusals, sizeof refusals / sizeof *refusals) ? text : NULL;
}

/* A 2xx that says no word of failure is never sent again: whoever took it would be told every minute for a day. */
static void classify(const channel *c, const message *m, const reply *r, arena *a, delivery_result *out) {
    classify_http(c, m, r, a, out);
    if (out->verdict != DELIVERED)
        return;
    err e;
    cJSON *body = json_parse_mended(r->body ? r->body : "", r->body_len, &e);
    const char *failure = failure_in(r, body, option_is_set(c, SLACK_TOKEN), a);
    const char *posted_in = json_text(body, "channel"), *ts = json_text(body, "ts");
    if (failure) {
        bool passes = is_listed(failure, passing_errors, sizeof passing_errors / sizeof *passing_errors);
        out->verdict = passes ? TRY_LATER : GIVE_UP;
        out->detail = *failure ? text_shorten(a, arena_printf(a, "Slack refused it: %s", failure), 300)
                               : text_shorten(a, arena_printf(a, "not delivered, although %s", out->detail), 300);
    } else if (option_is_set(c, SLACK_TOKEN) && *posted_in && *ts && *m->thread == '\0') {
        out->thread = arena_printf(a, "%s:%s", posted_in, ts);
    }
    cJSON_Delete(body);
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
