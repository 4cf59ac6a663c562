/* The kinds "postmark" and "sendgrid": mail by an HTTP API. Postmark's shape is JSON with capitals and a 200 whose
 * ErrorCode counts; SendGrid's is a 202 without a body. */
#include "notify/notify_room.h"
#include "onus/text.h"

#include <string.h>

enum { API_TOKEN, API_FROM, API_REPLY_TO, API_URL, API_STREAM, API_OPTIONS };

#define COMMON_ROWS                                                                                                    \
    [API_TOKEN] = {"token", OPTION_TEXT, true, true, NULL, NULL, "The API token."},                                    \
    [API_FROM] = {"from", OPTION_MAIL, true, false, NULL, NULL, "Who it is from; an address the service knows."},      \
    [API_REPLY_TO] = {"reply_to", OPTION_MAIL, false, false, NULL, NULL, "Where answers go."}

static const option_row postmark_options[] = {
    COMMON_ROWS,
    [API_URL] = {"api_url", OPTION_URL, false, false, "https://api.postmarkapp.com", NULL, "The API."},
    [API_STREAM] = {"message_stream", OPTION_TEXT, false, false, "outbound", NULL, "Postmark's message stream."},
};

static const option_row sendgrid_options[] = {
    COMMON_ROWS,
    [API_URL] = {"api_url", OPTION_URL, false, false, "https://api.sendgrid.com", NULL, "The API."},
};

static void put_member(buf *b, const char *name, const char *value) {
    buf_printf(b, ",\"%s\":", name);
    buf_put_json(b, value);
}

/* What threads the mails of an incident, as name and value. */
static size_t thread_headers(const mail *m, const char *pairs[4][2]) {
    size_t count = 0;
    pairs[count][0] = "Auto-Submitted", pairs[count++][1] = "auto-generated";
    pairs[count][0] = "X-Onus-Incident", pairs[count++][1] = m->incident;
    if (*m->thread_id != '\0') {
        pairs[count][0] = "In-Reply-To", pairs[count++][1] = m->thread_id;
        pairs[count][0] = "References", pairs[count++][1] = m->thread_id;
    }
    return count;
}

static const char *take(buf *b, arena *a) {
    const char *text = arena_strndup(a, b->data, b->len);
    buf_release(b);
    return text;
}

static const char *postmark_body(const channel *c, const mail *m, arena *a) {
    buf b;
    buf_init(&b);
    buf_puts(&b, "{\"From\":");
    buf_put_json(&b, m->from);
    put_member(&b, "To", m->to);
    if (*m->reply_to != '\0')
        put_member(&b, "ReplyTo", m->reply_to);
    put_member(&b, "Subject", m->subject);
    put_member(&b, "TextBody", m->text);
    put_member(&b, "HtmlBody", m->html);
    put_member(&b, "MessageStream", option_text(c, API_STREAM));
    buf_puts(&b, ",\"Headers\":[{\"Name\":\"X-PM-KeepID\",\"Value\":\"true\"},{\"Name\":\"Message-ID\",\"Value\":");
    buf_put_json(&b, m->message_id);
    buf_putc(&b, '}');
    const char *pairs[4][2];
    const size_t count = thread_headers(m, pairs);
    for (size_t i = 0; i < count; i++) {
        buf_puts(&b, ",{\"Name\":");
        buf_put_json(&b, pairs[i][0]);
        put_member(&b, "Value", pairs[i][1]);
        buf_putc(&b, '}');
    }
    buf_puts(&b, "]}");
    return take(&b, a);
}

/* {"email":"a@b","name":"A"} */
static void put_sendgrid_address(buf *b, const char *mailbox, arena *a) {
    const char *angle = strchr(mailbox, '<');
    buf_puts(b, "{\"email\":");
    buf_put_json(b, mail_address_of(mailbox, a));
    if (angle != NULL && angle > mailbox) {
        size_t len = (size_t)(angle - mailbox);
        while (len > 0 && mailbox[len - 1] == ' ')
            len--;
        put_member(b, "name", arena_strndup(a, mailbox, len));
    }
    buf_putc(b, '}');
}

static const char *sendgrid_body(const channel *c, const mail *m, arena *a) {
    (void)c;
    buf b;
    buf_init(&b);
    buf_puts(&b, "{\"personalizations\":[{\"to\":[{\"email\":");
    buf_put_json(&b, m->to);
    buf_puts(&b, "}]}],\"from\":");
    put_sendgrid_address(&b, m->from, a);
    if (*m->reply_to != '\0') {
        buf_puts(&b, ",\"reply_to\":");
        put_sendgrid_address(&b, m->reply_to, a);
    }
    put_member(&b, "subject", m->subject);
    buf_puts(&b, ",\"content\":[{\"type\":\"text/plain\"");
    put_member(&b, "value", m->text);
    buf_puts(&b, "},{\"type\":\"text/html\"");
    put_member(&b, "value", m->html);
    buf_puts(&b, "}],\"headers\":{\"Message-ID\":");
    buf_put_json(&b, m->message_id);
    const char *pairs[4][2];
    const size_t count = thread_headers(m, pairs);
    for (size_t i = 0; i < count; i++)
        put_member(&b, pairs[i][0], pairs[i][1]);
    buf_puts(&b, "}}");
    return take(&b, a);
}

/* ── both ── */

typedef struct mail_api {
    const char *path;
    const char *token_header, *token_prefix;
    const char *(*body)(const channel *c, const mail *m, arena *a);
} mail_api;

static const mail_api postmark = {"/email", "X-Postmark-Server-Token", "", postmark_body};
static const mail_api sendgrid = {"/v3/mail/send", "Authorization", "Bearer ", sendgrid_body};

typedef struct mail_job {
    const channel *c;
    const message *m;
    const mail_api *api;
    arena *a;
} mail_job;

static void request_mail(const mail_job *j, const mail *letter, outgoing *out) {
    const char *base = option_text(j->c, API_URL);
    header_list headers = {.count = 0};
    header_add(&headers, j->a, j->api->token_header,
               arena_printf(j->a, "%s%s", j->api->token_prefix, option_text(j->c, API_TOKEN)));
    header_add(&headers, j->a, "Accept", "application/json");
    out->body = j->api->body(j->c, letter, j->a);
    request_json(j->c, arena_printf(j->a, "%s%s", base, j->api->path), &headers, j->a, out);
    out->allow_private = channel_allows_private(j->c, base, true);
}

static bool build_mail(const mail_job *j, const message_links *links, const templates *t, usec now, outgoing *out,
                       err *e) {
    mail letter = {
        .from = option_text(j->c, API_FROM), .reply_to = option_text(j->c, API_REPLY_TO), .to = j->m->address};
    if (!mail_render(t, j->m, links, now, j->a, &letter, e))
        return false;
    request_mail(j, &letter, out);
    return true;
}

static bool build_postmark(const channel *c, const message *m, const message_links *links, const templates *t, usec now,
                           arena *a, outgoing *out, err *e) {
    const mail_job j = {c, m, &postmark, a};
    return build_mail(&j, links, t, now, out, e);
}

static bool build_sendgrid(const channel *c, const message *m, const message_links *links, const templates *t, usec now,
                           arena *a, outgoing *out, err *e) {
    const mail_job j = {c, m, &sendgrid, a};
    return build_mail(&j, links, t, now, out, e);
}

static void classify_postmark(const channel *c, const message *m, const reply *r, arena *a, delivery_result *out) {
    classify_http(c, m, r, a, out);
    if (out->verdict != DELIVERED)
        return;
    err e;
    cJSON *body = json_parse_mended(r->body, r->body_len, &e);
    const int64_t code = json_int(body, "ErrorCode", -1);
    cJSON_Delete(body);
    if (code == 0)
        return;
    out->verdict = GIVE_UP; /* without a code, too: it was not Postmark that answered, and may have taken it */
    out->detail = text_shorten(a, arena_printf(a, "not delivered, although %s", out->detail), 300);
}

const channel_kind kind_postmark = {
    .name = "postmark",
    .doc = "Mail by Postmark's HTTP API.",
    .options = postmark_options,
    .option_count = sizeof postmark_options / sizeof *postmark_options,
    .address_fault = mail_contact_fault,
    .one_destination = true,
    .build = build_postmark,
    .classify = classify_postmark,
};

const channel_kind kind_sendgrid = {
    .name = "sendgrid",
    .doc = "Mail by SendGrid's HTTP API.",
    .options = sendgrid_options,
    .option_count = sizeof sendgrid_options / sizeof *sendgrid_options,
    .address_fault = mail_contact_fault,
    .one_destination = true,
    .build = build_sendgrid,
    .classify = classify_http,
};
