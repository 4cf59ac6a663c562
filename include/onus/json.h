/* JSON in: a strict check before cJSON, which by itself accepts invalid UTF-8, cuts strings at \u0000 and knows doubles
 * only.
 *
 * json_parse refuses: not UTF-8, NUL (raw or \u0000), lone surrogates, control characters in strings, leading zeros,
 * numbers that a double cannot hold (1e400), nesting past JSON_DEPTH_MAX, text after the value, an empty body, and a
 * key that occurs twice in one object. Errors say the byte offset. The tree is freed with cJSON_Delete by the caller.
 */
#ifndef ONUS_JSON_H
#define ONUS_JSON_H

#include "onus/buf.h"

#include <cjson/cJSON.h>

enum { JSON_DEPTH_MAX = 64 };

/* The check alone: no allocation but a few hundred bytes of stack; linear. */
MUST_USE bool json_check(const char *bytes, size_t len, err *e);
/* The same, with the byte at which it is wrong (0 when all is well, or when there is nothing). */
MUST_USE bool json_check_at(const char *bytes, size_t len, size_t *wrong_at, err *e);
/* Check, then parse. `bytes` need not end in NUL. */
MUST_USE cJSON *json_parse(const char *bytes, size_t len, err *e);

/* The same into an arena, with which the tree ends: it is never deleted, and out of memory exits. It may take 40 times
 * the text's bytes ("[0,0,…"), so give it an arena that does not live longer than the reading. */
MUST_USE const cJSON *json_parse_in(arena *a, const char *bytes, size_t len, err *e);

/* Members by exact name. A member that is missing or null gives the fallback without an error. */
const cJSON *json_member(const cJSON *object, const char *name);
/* A string member's text; "" when it is missing or something else. Points into the tree. */
const char *json_text(const cJSON *object, const char *name);
/* NULL when missing or null; an error when it is something else than a string. Points into the tree. */
MUST_USE bool json_string(const cJSON *object, const char *name, const char **out, err *e);
/* A whole number within 2^53; otherwise `fallback`. */
int64_t json_int(const cJSON *object, const char *name, int64_t fallback);
bool json_bool(const cJSON *object, const char *name, bool fallback);
/* The text of a scalar (string as it is, number and bool printed), NULL for null, an object or an array's compact JSON
 * otherwise. */
char *json_scalar_text(arena *a, const cJSON *value);

/* A JSON pointer's next step: pointer/key, with ~ and / escaped (RFC 6901). */
char *json_pointer_step(arena *a, const char *pointer, const char *key);
/* What stands at a pointer, null as well; NULL when nothing does. */
const cJSON *json_pointer_find(const cJSON *root, const char *pointer);

/* Equal as values: members in any order. Linear in depth, unlike cJSON_Compare, which doubles at every level. */
bool json_equal(const cJSON *a, const cJSON *b);

/* The value as compact JSON. */
void json_print(buf *b, const cJSON *value);

#endif
