/* Owns the memory of threads. */
#include "notify/threads.h"
#include "onus/hash_table.h"

#include <stdlib.h>
#include <string.h>

typedef struct thread_entry {
    char *key, *thread;
    UT_hash_handle hh;
} thread_entry;

struct threads {
    thread_entry *entries; /* uthash keeps the order of insertion: the oldest is first */
    size_t max;
    buf key;
};

threads *threads_new(size_t max) {
    threads *t = mem_zalloc(1, sizeof *t);
    t->max = max;
    buf_init(&t->key);
    return t;
}

static void forget(threads *t, thread_entry *entry) {
    HASH_DELETE(hh, t->entries, entry);
    free(entry->key);
    free(entry->thread);
    free(entry);
}

void threads_free(threads *t) {
    if (t == NULL)
        return;
    while (t->entries != NULL)
        forget(t, t->entries);
    buf_release(&t->key);
    free(t);
}

static thread_entry *find(threads *t, const message *m) {
    buf_clear(&t->key);
    buf_printf(&t->key, "%lld\x1f%s\x1f%s", (long long)m->incident->id, m->channel, m->address);
    thread_entry *found = NULL;
    HASH_FIND(hh, t->entries, t->key.data, t->key.len, found);
    return found;
}

static void insert(threads *t, const char *thread) {
    thread_entry *entry = mem_zalloc(1, sizeof *entry);
    entry->key = mem_strdup(t->key.data);
    entry->thread = mem_strdup(thread);
    HASH_ADD_KEYPTR(hh, t->entries, entry->key, strlen(entry->key), entry);
    if (HASH_COUNT(t->entries) > t->max)
        forget(t, t->entries);
}

void threads_put(threads *t, const message *m, const char *thread) {
    thread_entry *known = find(t, m);
    if (known != NULL)
        forget(t, known);
    insert(t, thread);
}

const char *threads_get(threads *t, const message *m) {
    thread_entry *known = find(t, m);
    if (known == NULL)
        return "";
    HASH_DELETE(hh, t->entries, known);
    HASH_ADD_KEYPTR(hh, t->entries, known->key, strlen(known->key), known);
    return known->thread;
}
