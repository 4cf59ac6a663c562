/* The reader behind json_parse: a tree as it was written, keys that occur twice included. */
#ifndef BASE_JSON_READ_H
#define BASE_JSON_READ_H

#include "onus/json.h"

/* NULL: no JSON; e and in->wrong_at say where. */
MUST_USE cJSON *json_read_tree(const json_input *in, err *e);

#endif
