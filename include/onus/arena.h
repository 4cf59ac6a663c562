/* Arena: memory of one request, batch or job, released in one call.
 *
 * Never returns NULL (out of memory exits). Not thread-safe: an arena belongs to one thread at a time and may be handed
 * over whole. Blocks are aligned for any type. */
#ifndef ONUS_ARENA_H
#define ONUS_ARENA_H

#include "onus/err.h"

#include <stdarg.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct arena arena;

arena *arena_new(void);
void arena_free(arena *a);  /* NULL is fine */
void arena_reset(arena *a); /* forgets everything, keeps one chunk for the next job */

void *arena_alloc(arena *a, size_t size);                /* not zeroed */
void *arena_zalloc(arena *a, size_t count, size_t size); /* zeroed; count * size is checked for overflow */
char *arena_strdup(arena *a, const char *text);          /* NULL gives NULL */
char *arena_strndup(arena *a, const char *text, size_t len);
char *arena_printf(arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
size_t arena_bytes(const arena *a); /* bytes held, for limits and tests */

#define ARENA_NEW(a, type) ((type *)arena_zalloc((a), 1, sizeof(type)))
#define ARENA_ARRAY(a, type, count) ((type *)arena_zalloc((a), (count), sizeof(type)))

/* Memory that outlives a job. Never NULL; out of memory exits with a line on stderr. Freed with free(). */
void *mem_alloc(size_t size);
void *mem_zalloc(size_t count, size_t size);
void *mem_realloc(void *old, size_t count, size_t size);
char *mem_strdup(const char *text);
/* What all of these do when there is none; for C++'s operator new, too. */
__attribute__((noreturn)) void mem_exhausted(void);

#ifdef __cplusplus
}
#endif

#endif
