/* Mails as text: headers that no stranger can add to, lines that every server takes. */
#include "support.h"

#include "notify/notify_room.h"

#include <criterion/criterion.h>
#include <string.h>

static const mail plain = {.from = "Onus <onus@example.com>",
                           .reply_to = "",
                           .to = "oncall@example.com",
                           .subject = "Page: it is down",
                           .text = "Hello\n.\nFrom me",
                           .html = "<p>Hello</p>",
                           .message_id = "<onus.incident.42.aaaa@example.com>",
                           .thread_id = "",
                           .incident = "42",
                           .important = true,
                           .at = SAMPLE_NOW};

static bool has_line(const char *text, const char *line) {
    const char *found = strstr(text, line);
    return found != NULL && (found == text || found[-1] == '\n') && strncmp(found + strlen(line), "\r\n", 2) == 0;
}

Test(mail, has_its_headers) {
    arena *a = arena_new();
    const char *text = mail_build(&plain, a);
    static const char *const lines[] = {
        "To: oncall@example.com",
        "Subject: Page: it is down",
        "Date: Fri, 02 Jan 2026 02:05:00 +0000",
        "Message-ID: <onus.incident.42.aaaa@example.com>",
        "Auto-Submitted: auto-generated",
        "X-Onus-Incident: 42",
        "Importance: high",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Type: text/html; charset=utf-8",
        "<p>Hello</p>",
    };
    for (size_t l = 0; l < sizeof lines / sizeof *lines; l++)
        cr_expect(has_line(text, lines[l]), "no line \"%s\" in\n%s", lines[l], text);
    cr_expect(strstr(text, "In-Reply-To") == NULL && strstr(text, "References") == NULL);
    mail later = plain;
    later.thread_id = plain.message_id;
    text = mail_build(&later, a);
    cr_expect(has_line(text, "In-Reply-To: <onus.incident.42.aaaa@example.com>"));
    cr_expect(has_line(text, "References: <onus.incident.42.aaaa@example.com>"));
    arena_free(a);
}

Test(mail, strangers_add_no_headers) {
    arena *a = arena_new();
    mail m = plain;
    m.subject = "x\r\nBcc: all@example.com\r\n\r\n<script>";
    const char *text = mail_build(&m, a);
    cr_expect(strstr(text, "\nBcc:") == NULL);
    arena_free(a);
}

Test(mail, every_line_is_short_and_ascii) {
    static char huge[5000];
    for (size_t n = 0; n + 4 < sizeof huge; n += 4)
        memcpy(huge + n, n % 12 == 0 ? "a = " : "🔥", 4);
    arena *a = arena_new();
    mail m = plain;
    m.subject = huge;
    m.text = huge;
    m.html = "line with a blank at its end \nand = and \t\n";
    const char *text = mail_build(&m, a);
    size_t column = 0;
    for (const char *c = text; *c != '\0'; c++) {
        cr_assert((unsigned char)*c < 0x80);
        cr_assert(*c != '\n' || (c > text && c[-1] == '\r'), "only CR LF ends a line");
        column = *c == '\n' ? 0 : column + 1;
        cr_assert(column <= 78, "a line of %zu bytes", column);
    }
    cr_expect(strstr(text, "line with a blank at its end=20\r\nand =3D and =09\r\n") != NULL);
    arena_free(a);
}

Test(mail, words_hold_whole_characters) {
    arena *a = arena_new();
    mail m = plain;
    m.subject = "Größe: ünïcödé ünïcödé ünïcödé ünïcödé ünïcödé";
    const char *text = mail_build(&m, a);
    cr_expect(strstr(text, "Subject: =?UTF-8?Q?Gr=C3=B6=C3=9Fe=3A_") != NULL, "%s", text);
    for (const char *c = text; (c = strstr(c, "?=\r\n =?")) != NULL; c++)
        cr_expect(strncmp(c - 3, "=C3", 3) != 0, "a character is split between two words");
    arena_free(a);
}

Test(mail, addresses) {
    static const struct {
        const char *text, *address; /* NULL: refused */
    } cases[] = {
        {"a@b.example", "a@b.example"},
        {"Onus <a@b.example>", "a@b.example"},
        {"<a@b.example>", "a@b.example"},
        {"a", NULL},
        {"@b", NULL},
        {"a@", NULL},
        {"a@b@c", NULL},
        {"a@b.example\r\nBcc: c@d", NULL},
        {"a@b.example, c@d.example", NULL},
        {"-oQ@b.example", NULL},
        {"ü@b.example", NULL},
        {"a b@c.example", NULL},
        {"Onus <a@b.example", NULL},
        {"", NULL},
    };
    arena *a = arena_new();
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        const char *address = mail_address_of(cases[c].text, a);
        cr_expect((address == NULL) == (cases[c].address == NULL), "%s", cases[c].text);
        if (address != NULL && cases[c].address != NULL)
            cr_expect_str_eq(address, cases[c].address);
    }
    arena_free(a);
}

Test(mail, ids_are_stable_and_make_a_thread_per_contact) {
    const incident i = sample_incident();
    message first = sample_message(&i, RACI_RESPONSIBLE, REASON_OPENED);
    first.address = "a@example.com";
    message later = sample_message(&i, RACI_RESPONSIBLE, REASON_RESOLVED);
    later.address = "a@example.com";
    later.id = 1001;
    message other = first;
    other.address = "b@example.com";
    arena *a = arena_new();
    const char *id = NULL, *thread = NULL, *later_id = NULL, *later_thread = NULL, *other_id = NULL, *none = NULL;
    mail_ids(&first, "onus@example.com", a, &id, &thread);
    mail_ids(&later, "onus@example.com", a, &later_id, &later_thread);
    mail_ids(&other, "onus@example.com", a, &other_id, &none);
    cr_expect_str_eq(thread, "");
    cr_expect_str_eq(later_id, "<onus.1001@example.com>");
    cr_expect_str_eq(later_thread, id);
    cr_expect(strcmp(id, other_id) != 0, "two lists that one person reads show both mails");
    arena_free(a);
}
