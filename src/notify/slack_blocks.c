/* Owns the layout of a Slack message and Slack's limits on it. Leaves words to the templates.
 *
 * The one difficulty: limits are on text that is escaped already, so cuts happen here, never inside an entity. A
 * button's `value` carries the link's token; with an incoming webhook it also has the link's URL, because without
 * interactivity Slack would do nothing when it is pressed. */
#include "notify/slack_blocks.h"
#include "onus/text.h"

#include <string.h>

enum { SECTION_MAX = 3000, PREVIEW_MAX = 300, VALUE_MAX = 2000, BUTTON_URL_MAX = 3000, BUTTON_TEXT_MAX = 75 };

static bool may_accept(const message *m) {
    return message_decides(m) && m->incident->proposed_role[0] != '\0';
}

static bool may_acknowledge(const message *m) {
    return m->incident->state == INCIDENT_TRIGGERED && !message_decides(m);
}

static bool may_contest(const message *m) {
    return !incident_is_contested(m->incident);
}

static bool may_always(const message *m) {
    (void)m;
    return true;
}

/* A modal would be needed to ask for words or for a role: whoever wants to say more opens the link. */
static const struct button_row {
    const char *action, *text, *style;
    bool (*shown)(const message *m);
} buttons[] = {
    {"accept", "Give it to ", "primary", may_accept}, /* and the name of who was proposed */
    {"decline", "It stays", NULL, message_decides},   {"acknowledge", "Acknowledge", "primary", may_acknowledge},
    {"contest", "Not mine", NULL, may_contest},       {"resolve", "Resolve", NULL, may_always},
};

static void put_member(buf *b, const char *name, const char *value) {
    buf_printf(b, "\"%s\":", name);
    buf_put_json(b, value);
}

static void put_button_text(buf *b, const char *text) {
    buf_puts(b, "{\"type\":\"button\",\"text\":{\"type\":\"plain_text\",");
    put_member(b, "text", text);
    buf_puts(b, "},");
}

/* "Give it to Platform Engineer (Platform)" */
static const char *button_text(const slack_post *p, const struct button_row *row) {
    const char *name = row->shown == may_accept ? p->m->incident->proposed_name : "";
    buf escaped;
    buf_init(&escaped);
    buf_puts(&escaped, row->text);
    escape_slack(&escaped, name, strlen(name));
    const char *text = slack_cut(p->memory, escaped.data, BUTTON_TEXT_MAX);
    buf_release(&escaped);
    return text;
}

/* The link's token, and for a button that names a role the role: an old message does what it says, whoever has been
 * proposed since. */
static const char *button_value(const slack_post *p, const struct button_row *row) {
    const char *token = link_token_of(p->links);
    return row->shown == may_accept ? arena_printf(p->memory, "%s %s", token, p->m->incident->proposed_role) : token;
}

static void put_button(buf *b, const slack_post *p, const struct button_row *row) {
    const char *value = button_value(p, row);
    put_button_text(b, button_text(p, row));
    put_member(b, "action_id", row->action);
    if (row->style != NULL) {
        buf_putc(b, ',');
        put_member(b, "style", row->style);
    }
    if (strlen(value) <= VALUE_MAX) {
        buf_putc(b, ',');
        put_member(b, "value", value);
    }
    if (!p->bot && strlen(p->links->act) <= BUTTON_URL_MAX) {
        buf_putc(b, ',');
        put_member(b, "url", p->links->act);
    }
    buf_putc(b, '}');
}

static void put_open_button(buf *b, const slack_post *p) {
    buf_putc(b, ',');
    put_button_text(b, "Open");
    put_member(b, "action_id", "open");
    buf_putc(b, ',');
    put_member(b, "url", p->links->act);
    buf_putc(b, '}');
}

static void put_actions(buf *b, const slack_post *p) {
    const incident_state state = p->m->incident->state;
    if (*p->links->act == '\0' || state == INCIDENT_RESOLVED)
        return;
    buf_printf(b, ",{\"type\":\"actions\",\"block_id\":\"onus-%lld\",\"elements\":[", (long long)p->m->incident->id);
    bool first = true;
    for (size_t i = 0; i < sizeof buttons / sizeof *buttons; i++) {
        if (!buttons[i].shown(p->m))
            continue;
        if (!first)
            buf_putc(b, ',');
        put_button(b, p, &buttons[i]);
        first = false;
    }
    if (p->bot && strlen(p->links->act) <= BUTTON_URL_MAX)
        put_open_button(b, p);
    buf_puts(b, "]}");
}

/* The text's first line: what a notification shows. */
static const char *preview(const slack_post *p, const char *text) {
    return slack_cut(p->memory, arena_strndup(p->memory, text, strcspn(text, "\n")), PREVIEW_MAX);
}

static void put_content(buf *b, const slack_post *p, const char *text) {
    put_member(b, "text", preview(p, text));
    buf_puts(b, ",\"blocks\":[{\"type\":\"section\",\"text\":{\"type\":\"mrkdwn\",");
    put_member(b, "text", slack_cut(p->memory, text, SECTION_MAX));
    buf_puts(b, "}}");
    put_actions(b, p);
    buf_puts(b, "]");
}

static const char *finish(buf *b, const slack_post *p) {
    buf_putc(b, '}');
    const char *json = arena_strndup(p->memory, b->data, b->len);
    buf_release(b);
    return json;
}

const char *slack_message(const slack_post *p) {
    buf b;
    buf_init(&b);
    buf_putc(&b, '{');
    if (p->bot) {
        put_member(&b, "channel", p->channel);
        buf_putc(&b, ',');
    }
    if (*p->thread_ts != '\0') {
        put_member(&b, "thread_ts", p->thread_ts);
        if (message_is_page(p->m->letter, p->m->reason))
            buf_puts(&b, ",\"reply_broadcast\":true");
        buf_putc(&b, ',');
    }
    put_content(&b, p, p->text);
    buf_puts(&b, ",\"unfurl_links\":false,\"unfurl_media\":false");
    return finish(&b, p);
}

const char *slack_update(const slack_post *p) {
    buf b;
    buf_init(&b);
    buf_putc(&b, '{');
    put_member(&b, "channel", p->channel);
    buf_putc(&b, ',');
    put_member(&b, "ts", p->thread_ts);
    buf_putc(&b, ',');
    put_content(&b, p, p->update);
    return finish(&b, p);
}
