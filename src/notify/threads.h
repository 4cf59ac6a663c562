/* Which thread an incident has with a contact: what the newest replies said, before the database has it. A bounded
 * memory; the least recently used is forgotten. Used by the transport's thread only. */
#ifndef ONUS_THREADS_H
#define ONUS_THREADS_H

#include "onus/message.h"

enum { THREADS_MAX = 4096 };

typedef struct threads threads;

threads *threads_new(size_t max);
void threads_free(threads *t); /* NULL is fine */
void threads_put(threads *t, const message *m, const char *thread);
/* "" when unknown; valid until the next put. */
const char *threads_get(threads *t, const message *m);

#endif
