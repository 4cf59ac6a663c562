/* Events: their names and their content hash.
 *
 * Leaves making them to ingest and judging them to decide. The difficulty: the hash is stored with the alert and
 * compared after restarts and by other nodes, so it must never depend on the process (hash_bytes does). */
#include "onus/event.h"

static const char *const kind_names[] = {
    [EVENT_FIRING] = "firing",
    [EVENT_RESOLVED] = "resolved",
    [EVENT_ACKNOWLEDGED] = "acknowledged",
    [EVENT_UNACKNOWLEDGED] = "unacknowledged",
    [EVENT_NOTE] = "note",
};

const char *event_kind_to_text(event_kind kind) {
    return kind_names[kind];
}

/* FNV-1a. Every field ends with its NUL (which no text holds) and every list with a count, so that no two different
 * contents are the same bytes. */
static uint64_t hash_text(uint64_t hash, const char *text) {
    const unsigned char *p = (const unsigned char *)(text != NULL ? text : "");
    do {
        hash = (hash ^ *p) * UINT64_C(0x100000001b3);
    } while (*p++ != '\0');
    return hash;
}

static uint64_t hash_number(uint64_t hash, uint64_t number) {
    for (int byte = 0; byte < 8; byte++)
        hash = (hash ^ (number >> (8 * byte) & 0xff)) * UINT64_C(0x100000001b3);
    return hash;
}

static uint64_t hash_labels(uint64_t hash, labels set) {
    hash = hash_number(hash, set.count);
    for (size_t i = 0; i < set.count; i++) {
        hash = hash_text(hash, set.items[i].name);
        hash = hash_text(hash, set.items[i].value);
    }
    return hash;
}

uint64_t event_content_hash(const event *e) {
    if (e->content_hash != 0)
        return e->content_hash;
    uint64_t hash = hash_number(UINT64_C(0xcbf29ce484222325), (uint64_t)e->kind);
    hash = hash_labels(hash, e->labels);
    hash = hash_labels(hash, e->annotations);
    hash = hash_text(hash, e->title);
    hash = hash_text(hash, e->link);
    /* A start that is only when we heard of it differs with each sending and says nothing about the content. */
    return hash_number(hash, e->starts_at_given ? (uint64_t)e->starts_at : 0);
}
