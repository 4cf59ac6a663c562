/* JSON Schema (draft 7) over valijson and nlohmann's JSON (Debian: libvalijson-dev, nlohmann-json3-dev), for schemas
 * that the domain has prepared (domain/schema.h): without $ref, so that nothing is ever fetched and nothing recurs,
 * within bounds, and with JSON_SCHEMA_PATTERN in place of `pattern`: valijson would take std::regex, which backtracks
 * and runs out of stack; here it is RE2's, found anywhere in the text.
 *
 * A compiled schema is immutable and may be used by many threads at once. */
#ifndef ONUS_BRIDGE_JSON_SCHEMA_H
#define ONUS_BRIDGE_JSON_SCHEMA_H

#include "onus/err.h"

#ifdef __cplusplus
extern "C" {
#endif

#define JSON_SCHEMA_PATTERN "x-onus-pattern"

struct json_schema;

/* NULL: valijson does not take it; `e` has its words. `schema`: JSON. */
MUST_USE struct json_schema *json_schema_new(const char *schema, err *e);
void json_schema_free(struct json_schema *s); /* NULL is fine */

/* `each`, when not NULL, is called with every part of the value that does not fit: a JSON pointer and valijson's words,
 * the innermost first. False with `e` when the value is no JSON or could not be compared. */
typedef void json_schema_misfit(void *context, const char *pointer, const char *text);
MUST_USE bool json_schema_fits(const struct json_schema *s, const char *value, json_schema_misfit *each, void *context,
                               bool *fits, err *e);

#ifdef __cplusplus
}
#endif
#endif
