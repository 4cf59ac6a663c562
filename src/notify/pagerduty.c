/* The kind "pagerduty": Events API v2 out. Triggers, acknowledges and resolves one PagerDuty alert per incident.
 *
 * The one difficulty: PagerDuty knows three actions and Onus more reasons; what has no action there changes nothing
 * there. */
#include "notify/notify_room.h"
#include "onus/text.h"

#include <string.h>

enum { PAGERDUTY_ROUTING_KEY, PAGERDUTY_URL, PAGERDUTY_OPTIONS };
enum { SUMMARY_BYTES = 1024, DETAIL_BYTES = 1000, ROUTING_KEY_BYTES = 32 };

static const option_row options[PAGERDUTY_OPTIONS] = {
    [PAGERDUTY_ROUTING_KEY] = {"routing_key", OPTION_TEXT, false, true, NULL, NULL,
                               "The integration key of the PagerDuty service. Without it each contact must name one: "
                               "CHANNEL:KEY"},
    [PAGERDUTY_URL] = {"url", OPTION_URL, false, false, "https://events.pagerduty.com/v2/enqueue", NULL,
                       "Where events are sent."},
};

/* NULL: PagerDuty has no word for it. */
static const char *const actions[REASON_COUNT] = {
    [REASON_OPENED] = "trigger",         [REASON_SEVERITY_RAISED] = "trigger",
    [REASON_REOPENED] = "trigger",       [REASON_ACKNOWLEDGED] = "acknowledge",
    [REASON_UNACKNOWLEDGED] = "trigger", [REASON_ACKNOWLEDGEMENT_EXPIRED] = "trigger",
    [REASON_ESCALATED] = "trigger",      [REASON_CONTESTED] = "trigger",
    [REASON_REASSIGNED] = "trigger",     [REASON_RESOLVED] = "resolve",
    [REASON_UNDELIVERABLE] = "trigger",  [REASON_UNDECIDED] = "trigger",
    [REASON_DECLINED] = "trigger",
};

static void put_member(buf *b, const char *name, const char *value) {
    buf_printf(b, ",\"%s\":", name);
    buf_put_json(b, value == NULL ? "" : value);
}

static void put_link(buf *b, const char *href, const char *text, bool *first) {
    if (*href == '\0')
        return;
    buf_puts(b, *first ? "{\"href\":" : ",{\"href\":");
    buf_put_json(b, href);
    put_member(b, "text", text);
    buf_putc(b, '}');
    *first = false;
}

static void put_payload(buf *b, const message *m, const char *summary, arena *a) {
    const incident *i = m->incident;
    buf_puts(b, ",\"payload\":{\"summary\":");
    buf_put_json(b, text_shorten(a, summary, SUMMARY_BYTES));
    put_member(b, "source", *i->service != '\0' ? i->service : "onus");
    put_member(b, "severity", severity_to_text(i->severity));
    put_member(b, "timestamp", time_to_text(a, i->starts_at != 0 ? i->starts_at : i->opened_at));
    put_member(b, "component", i->service);
    put_member(b, "group", loop_to_text(i->loop));
    put_member(b, "class", i->activity);
    buf_puts(b, ",\"custom_details\":{\"letter\":");
    buf_put_json(b, raci_letter_to_text(m->letter));
    put_member(b, "role", m->role_name);
    put_member(b, "team", m->team_name);
    put_member(b, "why", text_shorten(a, i->why, DETAIL_BYTES));
    put_member(b, "runbook", i->runbook);
    buf_puts(b, "}}");
}

static const char *event_body(const message *m, const message_links *links, const char *key, const char *summary,
                              arena *a) {
    buf b;
    buf_init(&b);
    buf_puts(&b, "{\"routing_key\":");
    buf_put_json(&b, key);
    put_member(&b, "event_action", actions[m->reason]);
    put_member(&b, "dedup_key", arena_printf(a, "onus-%lld", (long long)m->incident->id));
    put_payload(&b, m, summary, a);
    put_member(&b, "client", "Onus");
    if (*links->incident != '\0')
        put_member(&b, "client_url", links->incident);
    buf_puts(&b, ",\"links\":[");
    bool first = true;
    put_link(&b, links->act,
             message_decides(m) ? "Accept, decline, or resolve in Onus" : "Acknowledge, not mine, or resolve in Onus",
             &first);
    put_link(&b, links->incident, "The incident in Onus", &first);
    buf_puts(&b, "]}");
    char *body = arena_strndup(a, b.data, b.len);
    buf_release(&b);
    return body;
}

/* PagerDuty's own keys have 32 characters; whoever else takes such events (`url`) has keys of its own. */
static const char *address_fault(const channel *c, const char *address) {
    if (c == NULL || option_is_set(c, PAGERDUTY_ROUTING_KEY))
        return NULL;
    if (*address == '\0')
        return "is missing, and the channel has no routing_key: write CHANNEL:KEY";
    const size_t plain = strspn(address, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
    if (!option_is_set(c, PAGERDUTY_URL) && (plain != ROUTING_KEY_BYTES || address[plain] != '\0'))
        return "is no integration key of PagerDuty: it has 32 letters and digits";
    for (const char *at = address; *at != '\0'; at++)
        if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 0x7f)
            return "is no key: it holds white space or a letter that is not ASCII";
    return NULL;
}

static bool build(const channel *c, const message *m, const message_links *links, const templates *t, usec now,
                  arena *a, outgoing *out, err *e) {
    const char *key = option_is_set(c, PAGERDUTY_ROUTING_KEY) ? option_text(c, PAGERDUTY_ROUTING_KEY) : m->address;
    if (actions[m->reason] == NULL) {
        out->protocol = OUTGOING_NONE;
        return true;
    }
    message_facts *facts = message_facts_new(t, m, links, now);
    const char *summary = render_message(t, "pagerduty", "summary", facts, a, e);
    message_facts_free(facts);
    if (summary == NULL)
        return false;
    const char *url = option_text(c, PAGERDUTY_URL);
    header_list headers = {.count = 0};
    header_add(&headers, a, "X-Onus-Message-Id", message_id_text(a, m));
    out->body = event_body(m, links, key, summary, a);
    request_json(c, url, &headers, a, out);
    out->allow_private = channel_allows_private(c, url, true);
    return true;
}

static void classify(const channel *c, const message *m, const reply *r, arena *a, delivery_result *out) {
    classify_http(c, m, r, a, out);
    if (actions[m->reason] == NULL)
        out->detail = "nothing of this kind can be told to PagerDuty";
}

const channel_kind kind_pagerduty = {
    .name = "pagerduty",
    .doc = "One PagerDuty alert per incident, by the Events API v2.",
    .options = options,
    .option_count = PAGERDUTY_OPTIONS,
    .address_fault = address_fault,
    .build = build,
    .classify = classify,
};
