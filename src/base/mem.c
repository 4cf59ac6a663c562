/* Memory that outlives a job. Owns what happens when there is none: one line on stderr and exit 71 (EX_OSERR), because
 * every fact is in the database and another start recovers the work. */
#include "onus/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

/* No stdio and no atexit handlers: both may allocate. */
void mem_exhausted(void) {
    static const char line[] = "onus: out of memory\n";
    ssize_t ignored = write(STDERR_FILENO, line, sizeof line - 1);
    (void)ignored; /* there is nowhere else to say it */
    _exit(EX_OSERR);
}

void *mem_alloc(size_t size) {
    void *block = malloc(size ? size : 1);
    if (!block)
        mem_exhausted();
    return block;
}

void *mem_zalloc(size_t count, size_t size) {
    void *block = calloc(count ? count : 1, size ? size : 1);
    if (!block)
        mem_exhausted();
    return block;
}

void *mem_realloc(void *old, size_t count, size_t size) {
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        mem_exhausted();
    void *block = realloc(old, total ? total : 1);
    if (!block)
        mem_exhausted();
    return block;
}

char *mem_strdup(const char *text) {
    if (!text)
        return NULL;
    size_t size = strlen(text) + 1;
    return memcpy(mem_alloc(size), text, size);
}
