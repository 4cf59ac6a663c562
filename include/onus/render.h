/* Rendering: templates + facts → text. Pure once the templates are loaded.
 *
 * Templates are mustache files, found as KIND/LETTER.REASON.PART, then KIND/REASON.PART, then KIND/LETTER.PART, then
 * KIND/default.PART (KIND: slack, email, webhook, …; PART: text, html, subject, json …), first in the user's directory,
 * then among the shipped ones, which are built in. Partials: KIND/_name.PART. LETTER and REASON as
 * raci_letter_to_text and message_reason_to_text write them. KIND "words" holds the sentences that every channel
 * shares: the facts headline, ask, why_you and first_step.
 *
 * {{fact}} is escaped for the place it stands in: html parts and pages as HTML, json parts as the inside of a JSON
 * string, other parts of slack as Slack's text, everything else not at all. */
#ifndef ONUS_RENDER_H
#define ONUS_RENDER_H

#include "onus/json.h"
#include "onus/message.h"

enum { TEMPLATE_BYTES_MAX = 256 * 1024, TEMPLATE_FILES_MAX = 1000, TEMPLATE_PARTIAL_DEPTH_MAX = 8 };

typedef struct templates templates; /* immutable after loading; rendering is thread-safe */

/* `directory` NULL: the shipped ones only. Every template is compiled here: a bad one is an error that names file and
 * line. */
MUST_USE templates *templates_load(const char *directory, err *e);
void templates_free(templates *t);

/* The links that a message offers; "" when it offers none. */
typedef struct message_links {
    const char *act;      /* /a/{token}: acknowledge, contest, resolve */
    const char *incident; /* in the console */
} message_links;

/* What a message can say, made once and rendered by each of its parts. Facts are listed in docs/templates.md. Made from
 * the message, its links and the time; needs none of them afterwards. */
typedef struct message_facts message_facts;
message_facts *message_facts_new(const templates *t, const message *m, const message_links *links, usec now);
void message_facts_free(message_facts *f); /* NULL is fine */

MUST_USE char *render_message(const templates *t, const char *kind, const char *part, const message_facts *f, arena *a,
                              err *e);

/* The whole message as one JSON object, in the shape of docs/channels.md. What webhook/default.json consists of. */
void render_payload(const message *m, const message_links *links, usec now, arena *a, buf *out);
/* True when the webhook's template for this message is only {{{payload}}}: then nothing but render_payload is needed.
 */
bool templates_payload_only(const templates *t, const char *kind, const char *part, const message *m);

/* A page of the console or of a link: templates/page/NAME.html inside templates/page/layout.html, with any facts (a
 * JSON object). HTML-escaped. */
MUST_USE char *render_page(const templates *t, const char *name, const cJSON *facts, arena *a, err *e);
/* A report as one HTML file: templates/report/NAME.html with any facts; {{{style}}} is the pages' style sheet. */
MUST_USE char *render_report(const templates *t, const char *name, const cJSON *facts, arena *a, err *e);
/* A template's text as it is, e.g. "page/style.css"; NULL when there is none. */
const char *templates_text(const templates *t, const char *name);

/* Slack's text: & < > escaped, and with them <!channel>. Cuts to `max` bytes after escaping, never inside an entity or
 * a character. */
void escape_slack(buf *out, const char *text, size_t len);
char *slack_cut(arena *a, const char *escaped, size_t max);

#endif
