/* Owns the memory of open alerts: an open-addressing table of 64-bit keys, 40 bytes an alert. Two alerts are taken for
 * one only if both their key hash and their content hash agree (128 bits). The difficulty: entries move when one is
 * deleted, so a flush names keys, never slots. And the HTTP loops wait for the lock: what was seen is listed when it is
 * seen, so that a flush takes as long as it takes out, however many alerts are open. */
#include "app/alert_memory.h"

#include "onus/crypto.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

typedef struct entry {
    uint64_t key; /* 0: free */
    uint64_t content;
    int64_t alert_id;
    usec seen_at; /* 0: nothing to flush; else its key is in `seen` */
    usec expires_at;
} entry;

struct alert_memory {
    pthread_mutex_t lock;
    entry *table;
    size_t mask, count, max;
    uint64_t seed;
    uint64_t *seen;    /* keys to flush; one that was forgotten since may be among them, and one that came back twice */
    size_t seen_count; /* at most as many as the table has slots */
};

enum { FIRST_SLOTS = 1024 };

alert_memory *alert_memory_new(size_t max) {
    alert_memory *m = mem_zalloc(1, sizeof *m);
    pthread_mutex_init(&m->lock, NULL);
    m->table = mem_zalloc(FIRST_SLOTS, sizeof *m->table);
    m->seen = mem_zalloc(FIRST_SLOTS, sizeof *m->seen);
    m->mask = FIRST_SLOTS - 1;
    m->max = max;
    crypto_random(&m->seed, sizeof m->seed);
    return m;
}

void alert_memory_free(alert_memory *m) {
    if (!m)
        return;
    pthread_mutex_destroy(&m->lock);
    free(m->table);
    free(m->seen);
    free(m);
}

static uint64_t key_of(const alert_memory *m, const char *source, const char *key) {
    uint64_t h = hash_bytes(source, strlen(source) + 1, m->seed);
    h = hash_bytes(key, strlen(key), h);
    return h ? h : 1;
}

static entry *find(alert_memory *m, uint64_t key) {
    for (size_t i = key & m->mask; m->table[i].key; i = (i + 1) & m->mask)
        if (m->table[i].key == key)
            return &m->table[i];
    return NULL;
}

static void put(entry *table, size_t mask, const entry *e) {
    size_t i = e->key & mask;
    while (table[i].key)
        i = (i + 1) & mask;
    table[i] = *e;
}

static void grow(alert_memory *m) {
    size_t slots = (m->mask + 1) * 2;
    entry *bigger = mem_zalloc(slots, sizeof *bigger);
    for (size_t i = 0; i <= m->mask; i++)
        if (m->table[i].key)
            put(bigger, slots - 1, &m->table[i]);
    free(m->table);
    m->seen = mem_realloc(m->seen, slots, sizeof *m->seen);
    m->table = bigger;
    m->mask = slots - 1;
}

/* Closes the gap, so that no probe sequence is cut. */
static void erase(alert_memory *m, entry *gone) {
    size_t hole = (size_t)(gone - m->table);
    for (size_t i = (hole + 1) & m->mask; m->table[i].key; i = (i + 1) & m->mask) {
        size_t home = m->table[i].key & m->mask;
        if (((i - home) & m->mask) >= ((i - hole) & m->mask)) {
            m->table[hole] = m->table[i];
            hole = i;
        }
    }
    memset(&m->table[hole], 0, sizeof m->table[hole]);
    m->count--;
}

size_t alert_memory_count(alert_memory *m) {
    pthread_mutex_lock(&m->lock);
    size_t count = m->count;
    pthread_mutex_unlock(&m->lock);
    return count;
}

/* Without what was forgotten since. */
static void list_seen_anew(alert_memory *m) {
    m->seen_count = 0;
    for (size_t i = 0; i <= m->mask; i++)
        if (m->table[i].seen_at)
            m->seen[m->seen_count++] = m->table[i].key;
}

static void mark_seen(alert_memory *m, entry *known, usec at) {
    bool listed = known->seen_at != 0;
    known->seen_at = at;
    if (listed)
        return;
    if (m->seen_count > m->mask)
        list_seen_anew(m); /* `known` among them */
    else
        m->seen[m->seen_count++] = known->key;
}

/* Without a start of its source's, a new episode looks like a repetition: another node may have ended the old one. */
bool alert_memory_repeats(alert_memory *m, event *e, usec now) {
    if (e->kind != EVENT_FIRING)
        return false;
    e->content_hash = event_content_hash(e);
    pthread_mutex_lock(&m->lock);
    entry *known = find(m, key_of(m, e->source, e->key));
    bool same = known && known->content == e->content_hash && e->starts_at_given;
    if (same) {
        mark_seen(m, known, now);
        known->expires_at = e->expires_at;
    }
    pthread_mutex_unlock(&m->lock);
    e->unheard = !known;
    return same;
}

void alert_memory_learn(alert_memory *m, const open_alert *a) {
    pthread_mutex_lock(&m->lock);
    uint64_t key = key_of(m, a->source, a->key);
    entry *known = find(m, key);
    if (known) {
        known->content = a->content_hash;
        known->alert_id = a->alert_id;
    } else if (m->count < m->max) {
        if ((m->count + 1) * 4 > (m->mask + 1) * 3)
            grow(m);
        put(m->table, m->mask, &(entry){.key = key, .content = a->content_hash, .alert_id = a->alert_id});
        m->count++;
    }
    pthread_mutex_unlock(&m->lock);
}

void alert_memory_forget(alert_memory *m, const char *source, const char *key) {
    pthread_mutex_lock(&m->lock);
    entry *known = find(m, key_of(m, source, key));
    if (known)
        erase(m, known);
    pthread_mutex_unlock(&m->lock);
}

size_t alert_memory_take_seen(alert_memory *m, size_t max, seen_alert *out, uint64_t *slots) {
    size_t taken = 0;
    pthread_mutex_lock(&m->lock);
    while (m->seen_count && taken < max) {
        uint64_t key = m->seen[--m->seen_count];
        entry *e = find(m, key);
        if (!e || !e->seen_at)
            continue;
        out[taken] = (seen_alert){e->alert_id, e->content, e->seen_at, e->expires_at, false};
        slots[taken++] = key;
        e->seen_at = 0;
    }
    pthread_mutex_unlock(&m->lock);
    return taken;
}

void alert_memory_settle(alert_memory *m, const seen_alert *seen, const uint64_t *slots, size_t count, bool failed) {
    pthread_mutex_lock(&m->lock);
    for (size_t i = 0; i < count; i++) {
        entry *e = find(m, slots[i]);
        if (!e || e->content != seen[i].content_hash || e->alert_id != seen[i].alert_id)
            continue;
        if (failed && !e->seen_at)
            mark_seen(m, e, seen[i].last_seen_at);
        else if (!failed && !seen[i].matched && !e->seen_at)
            erase(m, e);
    }
    pthread_mutex_unlock(&m->lock);
}
