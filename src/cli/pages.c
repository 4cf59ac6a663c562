/* Owns replaying incidents as far as pages need it: one group, one incident, open from its first alert to its last end.
 * What people did then (acknowledge, resolve by hand) and what silence caused is not replayed.
 *
 * The difficulty is memory: a year may have a million groups. Those that nothing can reopen any more are forgotten, and
 * so only what is open at once is held. */
#include "cli/pages.h"

#include "onus/hash_table.h"

#include <stdlib.h>
#include <string.h>

enum { SWEEP_AT = 64 * 1024 };
#define NEVER INT64_MAX

typedef struct group {
    uint64_t key[2]; /* of the group key; 128 bits are as good as the text */
    usec open_until; /* when the last of its alerts ends; NEVER: not yet */
    usec reopen_after, paged_at;
    severity worst;
    UT_hash_handle hh;
} group;

struct pages {
    arena *memory; /* of the groups */
    group *groups;
    unsigned sweep_at;
};

pages *pages_new(void) {
    pages *p = mem_zalloc(1, sizeof *p);
    p->memory = arena_new();
    p->sweep_at = SWEEP_AT;
    return p;
}

void pages_free(pages *p) {
    if (!p)
        return;
    HASH_CLEAR(hh, p->groups);
    arena_free(p->memory);
    free(p);
}

static bool is_over(const group *g, usec at) {
    return g->open_until != NEVER && at - g->open_until > g->reopen_after;
}

/* What is kept moves to a new arena. */
static void sweep(pages *p, usec at) {
    arena *memory = arena_new();
    group *kept = NULL;
    for (const group *g = p->groups; g; g = g->hh.next) {
        if (is_over(g, at))
            continue;
        group *copy = ARENA_NEW(memory, group);
        *copy = *g;
        HASH_ADD(hh, kept, key, sizeof copy->key, copy);
    }
    HASH_CLEAR(hh, p->groups);
    arena_free(p->memory);
    p->memory = memory;
    p->groups = kept;
    unsigned left = HASH_COUNT(kept);
    p->sweep_at = left > SWEEP_AT / 2 ? 2 * left : SWEEP_AT;
}

static group *group_of(pages *p, const page_question *q, bool *made) {
    size_t len = strlen(q->group_key);
    uint64_t key[2] = {hash_bytes(q->group_key, len, 1), hash_bytes(q->group_key, len, 2)};
    group *g = NULL;
    HASH_FIND(hh, p->groups, key, sizeof key, g);
    *made = g == NULL;
    if (g)
        return g;
    if (HASH_COUNT(p->groups) >= p->sweep_at)
        sweep(p, q->at);
    g = ARENA_NEW(p->memory, group);
    memcpy(g->key, key, sizeof key);
    HASH_ADD(hh, p->groups, key, sizeof g->key, g);
    return g;
}

bool pages_count(pages *p, const page_question *q) {
    bool made;
    group *g = group_of(p, q, &made);
    bool open = !made && g->open_until > q->at;
    bool paged = !open || (q->severity > g->worst && g->paged_at != q->at); /* what is unsent shows the worse one */
    if (made || (!open && is_over(g, q->at)))                               /* a new incident */
        g->worst = q->severity;
    usec end = q->ends_at == 0 ? NEVER : q->ends_at > q->at ? q->ends_at : q->at;
    if (!open || end > g->open_until)
        g->open_until = end;
    g->worst = q->severity > g->worst ? q->severity : g->worst;
    g->reopen_after = q->reopen_after;
    g->paged_at = paged ? q->at : g->paged_at;
    return paged;
}
