/* What the files of the notify room share. */
#ifndef ONUS_NOTIFY_ROOM_H
#define ONUS_NOTIFY_ROOM_H

#include "onus/notify.h"

struct sockaddr;

typedef struct option_value {
    const char *text; /* not secret */
    secret hidden;
    bool set;
} option_value;

struct channel {
    const char *name;
    const channel_kind *kind;
    option_value values[CHANNEL_OPTIONS_MAX]; /* in the order of the kind's table */
    option_value allow_private, ca;
    bool settings_allow_private;
    size_t index; /* among the channels */
};

/* options.c */
MUST_USE bool options_read(const channel_settings *s, const char *file, channel *c, diagnostics *d);
void options_release(channel *c);
/* The option's text, secret or not; its standard value when it was not given; "" without one. */
const char *option_text(const channel *c, size_t option);
bool option_is_set(const channel *c, size_t option);
const char *option_ca(const channel *c); /* NULL: the system's */

/* policy.c: may this request go to a private address? `from_settings`: the operator wrote the URL, not the chart. */
bool channel_allows_private(const channel *c, const char *url, bool from_settings);
/* Why a URL that a contact names can never be reached, or NULL. */
const char *channel_url_fault(const channel *c, const char *url);

/* address.c: judged by the address that is connected to, never by the text of a URL. */
typedef enum address_class {
    ADDRESS_PUBLIC,
    ADDRESS_PRIVATE,    /* loopback, RFC 1918, RFC 6598, unique local */
    ADDRESS_LINK_LOCAL, /* where cloud machines find their credentials */
    ADDRESS_UNUSABLE    /* unspecified, multicast, reserved: refused whatever is allowed */
} address_class;
address_class address_classify(const struct sockaddr *address);
address_class address_classify_text(const char *address); /* an IP literal; ADDRESS_UNUSABLE when it is none */
bool address_allowed(address_class class, bool allow_private);

/* request.c: building outgoing requests. */
enum { OUTGOING_HEADERS_MAX = 32 };
typedef struct header_list {
    const char *items[OUTGOING_HEADERS_MAX];
    size_t count;
} header_list;
void header_add(header_list *h, arena *a, const char *name, const char *value); /* control characters dropped */
/* POST of JSON to a URL of the settings, with content type, message id and `more` headers. */
void request_json(const channel *c, const char *url, header_list *more, arena *a, outgoing *out);
/* The kind's request, once the contact is one that it can reach. */
MUST_USE bool request_build(const channel *c, const message *m, const message_links *links, const templates *t,
                            usec now, arena *a, outgoing *out, err *e);
const char *message_id_text(arena *a, const message *m); /* "onus-42": stable across retries */
const char *link_token_of(const message_links *links);   /* the last segment of the acting link, "" without one */

/* classify.c: what an HTTP or SMTP reply comes to, where the kind knows nothing better. */
void classify_http(const channel *c, const message *m, const reply *r, arena *a, delivery_result *out);
void classify_smtp(const channel *c, const message *m, const reply *r, arena *a, delivery_result *out);
/* "200 OK: first words of the body" */
const char *reply_detail(const reply *r, arena *a);

/* mail_address.c */
/* Why this is not one bare ASCII address (RFC 5321: a dot-string at a domain), or NULL. */
const char *mail_address_fault(const char *address);
/* The address_fault of every kind that sends mail. */
const char *mail_contact_fault(const channel *c, const char *address);
const char *mail_address_of(const char *mailbox, arena *a); /* a@b of "Name <a@b>"; NULL when it is none */

/* mail_text.c: RFC 5322 and MIME. */
typedef struct mail {
    const char *from, *reply_to, *to;
    const char *subject, *text, *html;
    const char *message_id, *thread_id; /* with <>; thread_id "" for the first */
    const char *incident;               /* for X-Onus-Incident */
    bool important;
    usec at;
} mail;
char *mail_build(const mail *m, arena *a);
void mail_ids(const message *m, const char *from_address, arena *a, const char **id, const char **thread);
/* Subject, text and html of a message. */
MUST_USE bool mail_render(const templates *t, const message *m, const message_links *links, usec now, arena *a,
                          mail *out, err *e);

/* The kinds, one file each. */
extern const channel_kind kind_email, kind_pagerduty, kind_postmark, kind_record, kind_sendgrid, kind_slack,
    kind_webhook;

#endif
