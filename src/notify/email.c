/* The kind "email": one message per recipient to an SMTP relay. Leaves RFC 5322 to mail_text.c, SMTP itself to libcurl.
 *
 * The one difficulty is encryption: credentials never go over a line that is not encrypted, so with them STARTTLS is
 * required unless the settings say otherwise. */
#include "notify/notify_room.h"
#include "onus/text.h"

#include <string.h>

enum { EMAIL_SMTP, EMAIL_USERNAME, EMAIL_PASSWORD, EMAIL_STARTTLS, EMAIL_FROM, EMAIL_REPLY_TO, EMAIL_OPTIONS };

static const option_row options[EMAIL_OPTIONS] = {
    [EMAIL_SMTP] = {"smtp", OPTION_SMTP_URL, true, false, NULL, NULL,
                    "The relay: smtp://HOST:PORT, or smtps://HOST:PORT for TLS from the first byte."},
    [EMAIL_USERNAME] = {"username", OPTION_TEXT, false, false, NULL, NULL, "With password: SMTP AUTH."},
    [EMAIL_PASSWORD] = {"password", OPTION_TEXT, false, true, NULL, NULL, "The password for username."},
    [EMAIL_STARTTLS] = {"starttls", OPTION_WORD, false, false, NULL, "required|opportunistic|off",
                        "must be required, opportunistic or off; not given: required with credentials, else "
                        "opportunistic"},
    [EMAIL_FROM] = {"from", OPTION_MAIL, true, false, NULL, NULL,
                    "Who it is from: onus@example.com, or Onus <onus@…>."},
    [EMAIL_REPLY_TO] = {"reply_to", OPTION_MAIL, false, false, NULL, NULL, "Where answers go."},
};

static const char *check(const channel *c) {
    if (option_is_set(c, EMAIL_USERNAME) != option_is_set(c, EMAIL_PASSWORD))
        return "username and password go together";
    if (option_is_set(c, EMAIL_PASSWORD) && text_equal(option_text(c, EMAIL_STARTTLS), "off") &&
        !text_starts_with(option_text(c, EMAIL_SMTP), "smtps://"))
        return "a password must not cross the network in clear; set starttls to required";
    return NULL;
}

static bool build(const channel *c, const message *m, const message_links *links, const templates *t, usec now,
                  arena *a, outgoing *out, err *e) {
    mail letter = {.from = option_text(c, EMAIL_FROM), .reply_to = option_text(c, EMAIL_REPLY_TO), .to = m->address};
    if (!mail_render(t, m, links, now, a, &letter, e))
        return false;
    const char *starttls = option_text(c, EMAIL_STARTTLS);
    out->protocol = OUTGOING_SMTP;
    out->url = option_text(c, EMAIL_SMTP);
    out->mail_from = mail_address_of(letter.from, a);
    out->mail_to = m->address;
    out->body = mail_build(&letter, a);
    out->body_len = strlen(out->body);
    out->require_tls = *starttls == '\0' ? option_is_set(c, EMAIL_PASSWORD) : text_equal(starttls, "required");
    out->forbid_tls = text_equal(starttls, "off");
    out->username = option_text(c, EMAIL_USERNAME);
    out->password = c->values[EMAIL_PASSWORD].hidden;
    /* A relay of the settings is normally inside, and named: allowed unless the channel says no. */
    out->allow_private = !c->allow_private.set || channel_allows_private(c, out->url, true);
    out->ca = option_ca(c);
    return true;
}

const channel_kind kind_email = {
    .name = "email",
    .doc = "Mail by an SMTP relay.",
    .options = options,
    .option_count = EMAIL_OPTIONS,
    .check = check,
    .address_fault = mail_contact_fault,
    .one_destination = true,
    .build = build,
    .classify = classify_smtp,
};
