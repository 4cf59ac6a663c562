/* Owns the layout of a Slack message and Slack's limits on it. Leaves words to the templates.
 *
 * The one difficulty: limits are on text that is escaped already, so cuts happen here, never inside an entity. A
 * button's `value` carries the link's token; with an incoming webhook it also has the link's URL, because without
 * interactivity Slack would do nothing when it is pressed. */
#include "notify/slack_blocks.h"
#include "onus/text.h"

#include <string.h>

enum { SECTION_MAX = 3000, PREVIEW_MAX = 300, VALUE_MAX = 2000, BUTTON_URL_MAX = 3000 };

static const struct button_row {
    const char *action, *text, *style;
    bool when_triggered, when_acknowledged;
} buttons[] = {
    {"acknowledge", "Acknowledge", "primary", true, false},
    {"contest", "Not mine", NULL, true, true},
    {"resolve", "Resolve", NULL, true, true},
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

static void put_button(buf *b, const slack_post *p, const struct button_row *row) {
    const char *token = link_token_of(p->links);
    put_button_text(b, row->text);
    put_member(b, "action_id", row->action);
    if (row->style != NULL) {
        buf_putc(b, ',');
        put_member(b, "style", row->style);
    }
    if (strlen(token) <= VALUE_MAX) {
        buf_putc(b, ',');
        put_member(b, "value", token);
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
        if (!(state == INCIDENT_TRIGGERED ? buttons[i].when_triggered : buttons[i].when_acknowledged))
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
