/* JSON in and out, as trees of cJSON's nodes, which know doubles only: a number that was read has the bytes that were
 * sent in `valuestring`, and these are what is printed. `valuedouble` is for comparing.
 *
 * Every reading refuses, with the place: what is not JSON's grammar, text after the value, an empty body. A strict one
 * also refuses nesting past JSON_DEPTH_MAX, a NUL (raw or \u0000), lone surrogates, control characters and other bytes
 * than UTF-8 in strings, unknown escapes, and a key that occurs twice in one object. The others mend that (json_mend).
 */
#ifndef ONUS_JSON_H
#define ONUS_JSON_H

#include "onus/buf.h"

#include <cjson/cJSON.h>

enum { JSON_DEPTH_MAX = 64 };

typedef enum json_reading {
    JSON_STRICT,  /* of files and of what people write: a mistake is told */
    JSON_MENDED,  /* of machines' answers: U+FFFD in the place of what is no text */
    JSON_AS_SENT, /* of senders: strings and keys keep what is no text apart, so that two stay two. They may not be
                     UTF-8: text_mended() makes texts of them. They end at their NUL all the same */
} json_reading;

typedef enum json_mend {
    JSON_MEND_TEXT,   /* a piece of a string that is no text, or a control character in it */
    JSON_MEND_KEY,    /* a key that occurs again: the last one holds */
    JSON_MEND_MARK,   /* a byte order mark before the body (passed over in strict readings, too) */
    JSON_MEND_NUMBER, /* NaN, Infinity, -Infinity: kept as a number with these bytes */
    JSON_MEND_DEPTH,  /* what is nested past JSON_DEPTH_MAX: a string of its text */
    JSON_MEND_COUNT
} json_mend;

typedef struct json_mends {
    size_t count[JSON_MEND_COUNT];
} json_mends;

const char *json_mend_to_text(json_mend kind);

typedef struct json_input {
    const char *bytes; /* need not end in NUL */
    size_t len;
    json_reading reading;
    arena *memory;     /* the tree goes there and ends with it, and is never deleted. NULL: to the heap, and the caller
                          deletes it */
    json_mends *mends; /* added to; may be NULL */
    size_t *wrong_at;  /* the byte at which it is no JSON, SIZE_MAX when a key occurs twice; may be NULL */
} json_input;

/* A tree may take 40 times the text's bytes ("[0,0,…"), so give it an arena that does not live longer than the reading.
 */
MUST_USE cJSON *json_read(const json_input *in, err *e);
/* Strictly, to the heap. */
MUST_USE cJSON *json_parse(const char *bytes, size_t len, err *e);
/* What a machine has written, an answer or a stored document: mended, to the heap. */
MUST_USE cJSON *json_parse_mended(const char *bytes, size_t len, err *e);
/* Strictly, into an arena. */
MUST_USE const cJSON *json_parse_in(arena *a, const char *bytes, size_t len, err *e);
/* The strict check alone. */
MUST_USE bool json_check(const char *bytes, size_t len, err *e);

/* Members by exact name. A member that is missing or null gives the fallback without an error. */
const cJSON *json_member(const cJSON *object, const char *name);
/* A string member's text; "" when it is missing or something else. Points into the tree. */
const char *json_text(const cJSON *object, const char *name);
/* NULL when missing or null; an error when it is something else than a string. Points into the tree. */
MUST_USE bool json_string(const cJSON *object, const char *name, const char **out, err *e);
/* A whole number below 2^53, on either side of 0; otherwise `fallback`. */
int64_t json_int(const cJSON *object, const char *name, int64_t fallback);
bool json_bool(const cJSON *object, const char *name, bool fallback);
/* The text of a scalar (string as it is, number and bool printed), NULL for null, an object or an array's compact JSON
 * otherwise. */
char *json_scalar_text(arena *a, const cJSON *value);

/* A JSON pointer's next step: pointer/key, with ~ and / escaped (RFC 6901). */
char *json_pointer_step(arena *a, const char *pointer, const char *key);
/* What stands at a pointer, null as well; NULL when nothing does. */
const cJSON *json_pointer_find(const cJSON *root, const char *pointer);

/* Equal as values: members in any order, numbers to the last digit. Linear in depth, unlike cJSON_Compare, which
 * doubles at every level. */
bool json_equal(const cJSON *a, const cJSON *b);

/* The value as compact JSON. */
void json_print(buf *b, const cJSON *value);

#endif
