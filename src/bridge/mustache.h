/* Mustache over kainjow's library (Debian: libkainjow-mustache-dev), for the render room only.
 *
 * A compiled template and a tree of facts are read only while rendering, as long as the template holds no partials and
 * the facts no lambdas: kainjow then writes nothing but its error text, which cannot occur. The render room expands
 * partials before compiling, so one template may be rendered by several threads at once. */
#ifndef ONUS_BRIDGE_MUSTACHE_H
#define ONUS_BRIDGE_MUSTACHE_H

#include "onus/buf.h"

#include <cjson/cJSON.h>

struct mustache_template;
struct mustache_facts;

/* How {{name}} is escaped; {{{name}}} never is. */
typedef void (*mustache_escape)(buf *out, const char *text, size_t len);

/* NULL: the text is wrong; `e` says what, and *error_at is the byte offset. */
MUST_USE struct mustache_template *mustache_compile(const char *text, size_t len, mustache_escape escape,
                                                    size_t *error_at, err *e);
void mustache_free(struct mustache_template *t); /* NULL is fine */

/* Null, false and "" are false; numbers are printed as JSON prints them. */
MUST_USE struct mustache_facts *mustache_facts_new(const cJSON *facts);
void mustache_facts_set(struct mustache_facts *f, const char *name, const char *text);
void mustache_facts_free(struct mustache_facts *f); /* NULL is fine */

void mustache_render(const struct mustache_template *t, const struct mustache_facts *f, buf *out);

#endif
