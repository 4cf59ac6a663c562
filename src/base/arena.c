/* Arena: a chain of chunks, newest first, carved from the front. Owns the memory of one job; leaves memory that
 * outlives a job to mem.c. The difficulty: every message has its own arena, so a new one must cost one small malloc
 * (its first chunk is part of it), while a body of 16 MiB must not cost thousands (chunks double). */
#include "onus/arena.h"

#include <assert.h>
#include <sanitizer/asan_interface.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if __has_feature(address_sanitizer) || defined(__SANITIZE_ADDRESS__)
enum { GUARD_BYTES = 16 }; /* between blocks, so that running past one is seen */
#else
enum { GUARD_BYTES = 0 };
#endif

enum {
    FIRST_BYTES = 2048,
    SECOND_BYTES = 4096,
    CHUNK_BYTES_MAX = 256 * 1024,
    PRINTED_ONCE_BYTES = 128,  /* a longer text is printed to be measured, and again */
    KEPT_BYTES_MAX = 64 * 1024 /* of one chunk, from job to job */
};

typedef struct chunk {
    struct chunk *older;
    size_t size, used; /* of bytes */
    alignas(max_align_t) char bytes[];
} chunk;

struct arena {
    chunk *newest; /* NULL: only the first chunk is in use */
    size_t next_size;
    size_t total;
    size_t first_used;
    alignas(max_align_t) char first[];
};

enum { FIRST_ROOM = FIRST_BYTES - sizeof(struct arena) };

arena *arena_new(void) {
    arena *a = mem_alloc(FIRST_BYTES);
    *a = (arena){.next_size = SECOND_BYTES, .total = FIRST_BYTES};
    ASAN_POISON_MEMORY_REGION(a->first, FIRST_ROOM);
    return a;
}

static void chunk_free(arena *a, chunk *c) {
    a->total -= sizeof *c + c->size;
    ASAN_UNPOISON_MEMORY_REGION(c->bytes, c->size);
    free(c);
}

static void arena_drop(arena *a, chunk *from) {
    while (from) {
        chunk *older = from->older;
        chunk_free(a, from);
        from = older;
    }
}

void arena_free(arena *a) {
    if (!a)
        return;
    arena_drop(a, a->newest);
    ASAN_UNPOISON_MEMORY_REGION(a->first, FIRST_ROOM);
    free(a);
}

/* A job that needed several chunks makes room for the next one of its size in a single chunk, so that the jobs of a
 * worker or a connection, which are much alike, soon allocate nothing. */
void arena_reset(arena *a) {
    chunk *kept = a->newest;
    size_t next = SECOND_BYTES;
    if (kept && (kept->older || kept->size > KEPT_BYTES_MAX)) {
        while (next < a->total && next < KEPT_BYTES_MAX)
            next *= 2;
        arena_drop(a, kept);
        kept = NULL;
    } else if (kept) {
        kept->used = 0;
        ASAN_POISON_MEMORY_REGION(kept->bytes, kept->size);
    }
    a->newest = kept;
    a->next_size = next;
    a->first_used = 0;
    ASAN_POISON_MEMORY_REGION(a->first, FIRST_ROOM);
}

/* A block from the front of what is left, or NULL. `align` is a power of two. */
static void *carve(char *bytes, size_t room, size_t *used, size_t size, size_t align) {
    size_t start = (*used + align - 1) & ~(align - 1);
    if (start > room || size > room - start)
        return NULL;
    *used = start + size + GUARD_BYTES < room ? start + size + GUARD_BYTES : room;
    ASAN_UNPOISON_MEMORY_REGION(bytes + start, size);
    return bytes + start;
}

static chunk *chunk_add(arena *a, size_t size) {
    if (size > SIZE_MAX / 2)
        size = SIZE_MAX / 2; /* malloc refuses it, and says so */
    size_t wanted = size > a->next_size ? size : a->next_size;
    chunk *c = mem_alloc(sizeof *c + wanted);
    *c = (chunk){.size = wanted};
    a->total += sizeof *c + wanted;
    ASAN_POISON_MEMORY_REGION(c->bytes, c->size);
    if (a->next_size < CHUNK_BYTES_MAX)
        a->next_size *= 2;
    return c;
}

static void *arena_take(arena *a, size_t size, size_t align) {
    void *block = a->newest ? carve(a->newest->bytes, a->newest->size, &a->newest->used, size, align)
                            : carve(a->first, FIRST_ROOM, &a->first_used, size, align);
    if (block)
        return block;
    chunk *c = chunk_add(a, size);
    block = carve(c->bytes, c->size, &c->used, size, align);
    assert(block);
    /* A chunk of one huge block goes behind the newest, whose rest stays in use. */
    if (a->newest && c->size - c->used < a->newest->size - a->newest->used) {
        c->older = a->newest->older;
        a->newest->older = c;
    } else {
        c->older = a->newest;
        a->newest = c;
    }
    return block;
}

void *arena_alloc(arena *a, size_t size) {
    return arena_take(a, size ? size : 1, alignof(max_align_t));
}

void *arena_zalloc(arena *a, size_t count, size_t size) {
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        total = SIZE_MAX;
    void *block = arena_alloc(a, total);
    return memset(block, 0, total);
}

char *arena_strndup(arena *a, const char *text, size_t len) {
    if (!text)
        return NULL;
    len = strnlen(text, len);
    char *copy = arena_take(a, len + 1, 1);
    memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

char *arena_strdup(arena *a, const char *text) {
    if (!text)
        return NULL;
    size_t size = strlen(text) + 1;
    return memcpy(arena_take(a, size, 1), text, size);
}

char *arena_printf(arena *a, const char *fmt, ...) {
    char few[PRINTED_ONCE_BYTES];
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int len = vsnprintf(few, sizeof few, fmt, args);
    va_end(args);
    assert(len >= 0);
    size_t size = (size_t)len + 1;
    char *text = arena_take(a, size, 1);
    int written = len;
    if (size <= sizeof few)
        memcpy(text, few, size);
    else
        written = vsnprintf(text, size, fmt, again);
    va_end(again);
    assert(written == len);
    (void)written;
    return text;
}

size_t arena_bytes(const arena *a) {
    return a->total;
}
