/* What the files of the render room share. */
#ifndef ONUS_RENDER_ROOM_H
#define ONUS_RENDER_ROOM_H

#include "bridge/mustache.h"
#include "onus/render.h"

/* escape.c */
mustache_escape escape_for(const char *name); /* by a template's name */
/* One line, or several with `lines`: control characters become blanks, at most `max` bytes, never NULL. */
const char *fact_text(arena *a, const char *text, size_t max, bool lines);
/* An http(s) URL with everything encoded that could end a link in HTML or Slack; "" when it is none. */
const char *fact_url(arena *a, const char *url);

/* source.c: turns a template's text into what kainjow compiles to the right thing. */
typedef struct source_files {
    const char *(*find)(void *context, const char *name); /* text of a file, or NULL */
    void *context;
} source_files;
/* Partials in their places, standalone tags without their lines, blanks and line ends encoded. */
MUST_USE bool source_prepare(const source_files *files, const char *name, const char *content, buf *out, err *e);
/* Undoes the encoding of blanks and line ends, in place. */
void source_decode(char *text, size_t len);

/* templates.c */
const struct mustache_template *templates_find(const templates *t, const char *kind, const char *part,
                                               raci_letter letter, message_reason reason);

/* facts.c */
cJSON *facts_build(const message *m, const message_links *links, usec now, arena *a);

#endif
