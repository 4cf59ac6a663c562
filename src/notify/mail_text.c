/* Owns the text of a mail: RFC 5322 headers, RFC 2047 words, MIME parts in quoted-printable. Leaves sending to the
 * transport.
 *
 * The one difficulty: everything that stands in a header comes from strangers. Line ends never reach one, and what is
 * not plain ASCII is encoded and folded so that no line passes 76 bytes. */
#include "notify/notify_room.h"
#include "onus/crypto.h"
#include "onus/text.h"

#include <string.h>

enum { LINE_MAX_BYTES = 76, WORD_MAX_BYTES = 75, HEADER_PLAIN_MAX = 60, SUBJECT_MAX = 250 };

/* Every mail of an incident to one contact belongs to one thread. The ids differ by contact: who stands in two teams'
 * lists gets both mails, and mailboxes drop the second of two equal ids. */
void mail_ids(const message *m, const char *from_address, arena *a, const char **id, const char **thread) {
    const char *domain = strrchr(from_address, '@') + 1;
    const char *whom = arena_printf(a, "%s:%s", m->channel, m->address);
    const char *mark = arena_strndup(a, crypto_sha256_hex(a, whom, strlen(whom)), 8);
    const char *first = arena_printf(a, "<onus.incident.%lld.%s@%s>", (long long)m->incident->id, mark, domain);
    *id = m->first ? first : arena_printf(a, "<onus.%lld@%s>", (long long)m->id, domain);
    *thread = m->first ? "" : first;
}

/* ── headers ── */

static bool is_plain(const char *text) {
    for (const char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || (unsigned char)*c >= 0x7f)
            return false;
    return strlen(text) <= HEADER_PLAIN_MAX && strstr(text, "=?") == NULL;
}

static bool is_q_literal(unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("!*+-/.", c) != NULL);
}

static size_t utf8_length(const char *c) {
    const unsigned char lead = (unsigned char)*c;
    const size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    return strnlen(c, length);
}

/* RFC 2047 in Q, a new word before the line is full; a character is never split between words. */
static void put_words(buf *b, const char *text, size_t column) {
    static const char open[] = "=?UTF-8?Q?", close[] = "?=";
    size_t used = column + sizeof open - 1 + sizeof close - 1;
    buf_puts(b, open);
    for (const char *c = text; *c != '\0';) {
        const size_t length = utf8_length(c);
        const size_t need = length == 1 && (is_q_literal((unsigned char)*c) || *c == ' ') ? 1 : 3 * length;
        if (used + need > WORD_MAX_BYTES) {
            buf_printf(b, "%s\r\n %s", close, open);
            used = 1 + sizeof open - 1 + sizeof close - 1;
        }
        for (size_t i = 0; i < length; i++) {
            if (need == 1)
                buf_putc(b, c[i] == ' ' ? '_' : c[i]);
            else
                buf_printf(b, "=%02X", (unsigned char)c[i]);
        }
        used += need;
        c += length;
    }
    buf_puts(b, close);
}

static const char *one_line(arena *a, const char *text) {
    char *line = arena_strdup(a, text);
    for (char *c = line; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = ' ';
    return line;
}

static void put_text_header(buf *b, const char *name, const char *text) {
    buf_printf(b, "%s: ", name);
    if (is_plain(text))
        buf_puts(b, text);
    else
        put_words(b, text, strlen(name) + 2);
    buf_puts(b, "\r\n");
}

/* Tokens that hold no text of strangers: addresses, ids, dates. */
static void put_header(buf *b, const char *name, const char *value) {
    buf_printf(b, "%s: %s\r\n", name, value);
}

static void put_mailbox(buf *b, const char *name, const char *mailbox, arena *a) {
    const char *address = mail_address_of(mailbox, a), *open = strchr(mailbox, '<');
    size_t len = open == NULL ? 0 : (size_t)(open - mailbox);
    while (len > 0 && (mailbox[len - 1] == ' ' || mailbox[len - 1] == '"'))
        len--;
    const size_t quote = len > 0 && mailbox[0] == '"' ? 1 : 0;
    buf_printf(b, "%s: ", name);
    if (len > quote) {
        put_words(b, one_line(a, arena_strndup(a, mailbox + quote, len - quote)), strlen(name) + 2);
        buf_putc(b, ' ');
    }
    buf_printf(b, "<%s>\r\n", address);
}

/* ── parts ── */

static bool needs_quoting(const char *c) {
    if (*c == '=' || (unsigned char)*c < ' ' || (unsigned char)*c >= 0x7f)
        return *c != '\t';
    return false;
}

/* A blank at the end of a line would be lost on the way. */
static bool ends_line(const char *c) {
    return c[1] == '\n' || c[1] == '\0' || (c[1] == '\r' && c[2] == '\n');
}

static void put_quoted_printable(buf *b, const char *text) {
    size_t column = 0;
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '\n' || (*c == '\r' && c[1] == '\n')) {
            buf_puts(b, "\r\n");
            c += *c == '\r';
            column = 0;
            continue;
        }
        const bool quote = needs_quoting(c) || ((*c == ' ' || *c == '\t') && ends_line(c));
        const size_t need = quote ? 3 : 1;
        if (column + need > LINE_MAX_BYTES - 1) {
            buf_puts(b, "=\r\n");
            column = 0;
        }
        if (quote)
            buf_printf(b, "=%02X", (unsigned char)*c);
        else
            buf_putc(b, *c);
        column += need;
    }
    buf_puts(b, "\r\n");
}

static void put_part(buf *b, const char *boundary, const char *type, const char *text) {
    buf_printf(b, "--%s\r\nContent-Type: %s; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n",
               boundary, type);
    put_quoted_printable(b, text);
}

char *mail_build(const mail *m, arena *a) {
    /* Quoted-printable text never holds "=_". */
    static const char boundary[] = "=_onus_part";
    buf b;
    buf_init(&b);
    put_mailbox(&b, "From", m->from, a);
    put_header(&b, "To", m->to);
    if (*m->reply_to != '\0')
        put_mailbox(&b, "Reply-To", m->reply_to, a);
    put_text_header(&b, "Subject", one_line(a, text_shorten(a, m->subject, SUBJECT_MAX)));
    put_header(&b, "Date", time_to_mail_text(a, m->at));
    put_header(&b, "Message-ID", m->message_id);
    if (*m->thread_id != '\0') {
        put_header(&b, "In-Reply-To", m->thread_id);
        put_header(&b, "References", m->thread_id);
    }
    put_header(&b, "Auto-Submitted", "auto-generated");
    put_header(&b, "X-Onus-Incident", m->incident);
    if (m->important)
        put_header(&b, "Importance", "high");
    buf_printf(&b, "MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=\"%s\"\r\n\r\n", boundary);
    put_part(&b, boundary, "text/plain", m->text);
    put_part(&b, boundary, "text/html", m->html);
    buf_printf(&b, "--%s--\r\n", boundary);
    char *text = arena_strndup(a, b.data, b.len);
    buf_release(&b);
    return text;
}

bool mail_render(const templates *t, const message *m, const message_links *links, usec now, arena *a, mail *out,
                 err *e) {
    message_facts *facts = message_facts_new(t, m, links, now);
    out->subject = render_message(t, "email", "subject", facts, a, e);
    out->text = out->subject == NULL ? NULL : render_message(t, "email", "text", facts, a, e);
    out->html = out->text == NULL ? NULL : render_message(t, "email", "html", facts, a, e);
    message_facts_free(facts);
    if (out->html == NULL)
        return false;
    out->subject = one_line(a, out->subject);
    mail_ids(m, mail_address_of(out->from, a), a, &out->message_id, &out->thread_id);
    out->incident = arena_printf(a, "%lld", (long long)m->incident->id);
    out->important = message_is_page(m->letter, m->reason);
    out->at = m->created_at != 0 ? m->created_at : now;
    return true;
}
