/* Rendering: templates + facts → text. Pure once the templates are loaded.
 *
 * Templates are mustache files, found as KIND/LETTER.REASON.PART, then KIND/REASON.PART, then KIND/LETTER.PART, then
 * KIND/default.PART (KIND: slack, email, webhook, …; PART: text, html, subject, json …), first in the user's directory,
 * then among the shipped ones, which are built in. Partials: KIND/_name.PART. */
#ifndef ONUS_RENDER_H
#define ONUS_RENDER_H

#include "onus/json.h"
#include "onus/message.h"

typedef enum render_escape { ESCAPE_NONE, ESCAPE_HTML, ESCAPE_SLACK, ESCAPE_JSON } render_escape;

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

/* Facts are listed in docs/templates.md: what, since when, loop, row, why you, who else and as what, runbook, links. */
MUST_USE char *render_message(const templates *t, const char *kind, const char *part, render_escape escape,
                              const message *m, const message_links *links, usec now, arena *a, err *e);
/* A page of the console or of a link: templates/page/NAME.html with any facts (a JSON object). HTML-escaped. */
MUST_USE char *render_page(const templates *t, const char *name, const cJSON *facts, arena *a, err *e);

#endif
