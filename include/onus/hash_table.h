/* uthash as it is used here: hashes are keyed, because strangers choose the keys, and out of memory exits. */
#ifndef ONUS_HASH_TABLE_H
#define ONUS_HASH_TABLE_H

#include "onus/crypto.h"

#define HASH_FUNCTION(key, len, hash) ((hash) = (unsigned)hash_bytes((key), (len), 0))
#define uthash_fatal(why) mem_exhausted()
#include <uthash.h>

#endif
