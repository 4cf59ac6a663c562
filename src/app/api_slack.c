/* POST /v1/slack/interactions: buttons pressed in Slack. The signature proves Slack, the button's value (a link token)
 * names the incident and the party, the payload names the person. (Slack: verifying requests; block_actions payloads)
 */
#include "app/api.h"

#include "onus/crypto.h"
#include "onus/json.h"
#include "onus/text.h"

#include <string.h>

enum { SLACK_CLOCK_SKEW_SECONDS = 300 };

/* What the headers of a request from Slack say before its body is read. */
typedef struct slack_headers {
    const char *signature, *stamp;
} slack_headers;

static bool read_headers(const app *a, const http_exchange *x, slack_headers *out, err *e) {
    int64_t seconds = 0;
    *out = (slack_headers){http_header(x, "X-Slack-Signature"), http_header(x, "X-Slack-Request-Timestamp")};
    if (!secret_is_set(a->settings->slack_signing_secret))
        return err_set(e, ERR_DENIED,
                       "secrets.slack_signing_secret_file is not set, so nothing from Slack is believed");
    if (!out->signature || !out->stamp ||
        !text_to_int(out->stamp, 0, INT64_MAX / USEC_PER_SECOND, "X-Slack-Request-Timestamp", &seconds, e))
        return err_set(e, ERR_DENIED, "the request is not signed by Slack");
    usec off = clock_now(&a->clock) - seconds * USEC_PER_SECOND;
    if (off > SLACK_CLOCK_SKEW_SECONDS * USEC_PER_SECOND || off < -SLACK_CLOCK_SKEW_SECONDS * USEC_PER_SECOND)
        return err_set(e, ERR_DENIED, "the request's timestamp is more than %d s off", SLACK_CLOCK_SKEW_SECONDS);
    return true;
}

static bool signature_ok(const app *a, http_exchange *x, err *e) {
    slack_headers h;
    size_t len = 0;
    const char *body = http_body(x, &len);
    if (!read_headers(a, x, &h, e))
        return false;
    buf base;
    buf_init(&base);
    buf_printf(&base, "v0:%s:", h.stamp);
    buf_put(&base, body, len);
    const char *mac =
        crypto_hmac_sha256_hex(http_arena(x), secret_reveal(a->settings->slack_signing_secret), base.data, base.len);
    buf_release(&base);
    return text_equal_secret(arena_printf(http_arena(x), "v0=%s", mac), h.signature) ||
           err_set(e, ERR_DENIED, "the signature does not match");
}

static void deny(app *a, http_exchange *x, const err *e, http_response *r) {
    metrics_count(a->metrics, COUNTER_AUTH_FAILURES, 1);
    http_respond_problem(x, r, 403, e->text);
}

http_admission api_slack_admit(void *context, http_exchange *x, http_response *r) {
    slack_headers h;
    err e = {0};
    if (read_headers(context, x, &h, &e))
        return HTTP_UNPROVEN;
    deny(context, x, &e, r);
    return HTTP_REFUSED;
}

/* Buttons ask for no words: these stand for what the person would have had to say. */
static const struct {
    action_kind kind;
    const char *note;
} BUTTONS[] = {
    {ACTION_ACKNOWLEDGE, ""}, {ACTION_UNACKNOWLEDGE, ""},
    {ACTION_RESOLVE, ""},     {ACTION_CONTEST, "said so by the button in Slack"},
    {ACTION_ACCEPT, ""},      {ACTION_DECLINE, "decided so by the button in Slack"},
};

static bool is_button(action_kind kind, const char **note) {
    for (size_t i = 0; i < sizeof BUTTONS / sizeof *BUTTONS; i++) {
        if (BUTTONS[i].kind != kind)
            continue;
        *note = BUTTONS[i].note;
        return true;
    }
    return false;
}

/* The first action of the payload; false when it is a button that only opens a link. */
static bool press_of(http_exchange *x, const cJSON *payload, action *act, const char **token, err *e) {
    const cJSON *user = json_member(payload, "user"), *press = cJSON_GetArrayItem(json_member(payload, "actions"), 0);
    const char *id = NULL, *value = NULL, *name = NULL, *username = NULL;
    if (!json_string(press, "action_id", &id, e) || !json_string(press, "value", &value, e) ||
        !json_string(user, "name", &name, e) || !json_string(user, "username", &username, e))
        return false;
    if (!id || !value || !action_kind_from_text(id, &act->kind) || !is_button(act->kind, &act->note))
        return false;
    const char *person = username ? username : name ? name : "somebody";
    act->actor = arena_printf(http_arena(x), "%s (Slack)", text_shorten(http_arena(x), person, 100));
    size_t token_len = strcspn(value, " "); /* TOKEN, or TOKEN ROLE */
    act->to = arena_strdup(http_arena(x), value[token_len] ? value + token_len + 1 : "");
    *token = arena_strndup(http_arena(x), value, token_len);
    return true;
}

/* A press is good once: whoever records the request cannot send it again while its timestamp is good. */
static bool is_first(app *a, struct worker *w, http_exchange *x, err *e) {
    const char *id = arena_printf(http_arena(x), "slack\x1f%s", http_header(x, "X-Slack-Signature"));
    bool first = false;
    if (!store_take_delivery(w->store, id, clock_now(&a->clock), &first, e))
        return false;
    return first || err_set(e, ERR_CONFLICT, "This press was taken before.");
}

static bool act_on_press(app *a, struct worker *w, http_exchange *x, const cJSON *payload, err *e) {
    action act = {.via = "slack"};
    const char *token = NULL;
    link_claim claim;
    if (!press_of(x, payload, &act, &token, e))
        return e->kind == ERR_NONE;
    if (!link_verify(http_arena(x), &a->settings->link_keys, token, clock_now(&a->clock), &claim, e))
        return false;
    act.made_for = claim.letter == RACI_RESPONSIBLE ? claim.who : "";
    act.made_for_team = claim.team;
    return is_first(a, w, x, e) && app_may_act(claim.letter, act.kind, e) && app_act(a, w, claim.incident, &act, e);
}

bool api_slack_interaction(void *context, void *worker, http_exchange *x, http_response *r) {
    app *a = context;
    err e = {0};
    if (!signature_ok(a, x, &e)) {
        deny(a, x, &e, r);
        return true;
    }
    const char *text = http_form(x, "payload");
    cJSON *payload = json_parse_mended(text ? text : "", text ? strlen(text) : 0, &e);
    bool ok = payload && act_on_press(a, worker, x, payload, &e);
    cJSON_Delete(payload);
    if (ok) {
        http_respond_text(x, r, 200, "");
    } else if (payload &&
               (e.kind == ERR_CONFLICT || e.kind == ERR_NOT_FOUND || e.kind == ERR_DENIED || e.kind == ERR_INVALID)) {
        /* Slack shows the person nothing but a warning sign for other statuses; the text of a 200 is shown only to
         * them. */
        buf out;
        buf_init(&out);
        buf_puts(&out, "{\"response_type\":\"ephemeral\",\"replace_original\":false,\"text\":");
        buf_put_json(&out, e.text);
        buf_putc(&out, '}');
        http_respond_json(x, r, 200, buf_to_arena(&out, http_arena(x)));
        buf_release(&out);
    } else {
        http_respond_err(x, r, &e);
    }
    return true;
}
