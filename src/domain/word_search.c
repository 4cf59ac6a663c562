/* Many words in one pass: a trie of the words, and for each node the longest suffix that is in the trie too.
 *
 * The difficulty is memory: a table of 256 children a node would be mostly empty, so the children of all nodes share
 * one open hash of (node, byte). */
#include "domain/word_search.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { NO_WORD = -1, ROOT = 0 };

typedef struct node {
    uint32_t parent, depth;
    uint32_t suffix; /* the longest proper suffix that is a node */
    uint32_t told;   /* the nearest node on the chain of suffixes that ends a word, or ROOT */
    int word;        /* that ends here */
    unsigned char byte;
} node;

typedef struct edge {
    uint64_t key; /* (node << 8 | byte) + 1; 0: free */
    uint32_t child;
} edge;

struct word_search {
    node *nodes;
    size_t count, capacity;
    edge *edges;
    size_t edge_mask;
    unsigned char first[256]; /* does any word begin with this byte? */
};

static size_t edge_at(const word_search *s, uint64_t key) {
    uint64_t hash = key * UINT64_C(0x9E3779B97F4A7C15);
    size_t i = (size_t)(hash >> 32) & s->edge_mask;
    while (s->edges[i].key != 0 && s->edges[i].key != key)
        i = (i + 1) & s->edge_mask;
    return i;
}

static uint64_t edge_key(uint32_t from, unsigned char byte) {
    return ((uint64_t)from << 8 | byte) + 1;
}

/* The child, or ROOT when there is none. */
static uint32_t child_of(const word_search *s, uint32_t from, unsigned char byte) {
    const edge *e = &s->edges[edge_at(s, edge_key(from, byte))];
    return e->key != 0 ? e->child : ROOT;
}

static uint32_t new_node(word_search *s, uint32_t parent, unsigned char byte) {
    if (s->count == s->capacity) {
        s->capacity = s->capacity ? 2 * s->capacity : 64;
        s->nodes = mem_realloc(s->nodes, s->capacity, sizeof *s->nodes);
    }
    uint32_t depth = s->count > 0 ? s->nodes[parent].depth + 1 : 0;
    s->nodes[s->count] = (node){.parent = parent, .depth = depth, .word = NO_WORD, .byte = byte};
    return (uint32_t)s->count++;
}

/* Twice as many slots as there are nodes, at least. */
static void grow_edges(word_search *s) {
    if (s->edges && 2 * s->count < s->edge_mask)
        return;
    edge *old = s->edges;
    size_t old_count = old ? s->edge_mask + 1 : 0, size = old ? 2 * old_count : 256;
    s->edges = mem_zalloc(size, sizeof *s->edges);
    s->edge_mask = size - 1;
    for (size_t i = 0; i < old_count; i++)
        if (old[i].key != 0)
            s->edges[edge_at(s, old[i].key)] = old[i];
    free(old);
}

word_search *word_search_new(void) {
    word_search *s = mem_zalloc(1, sizeof *s);
    new_node(s, ROOT, 0);
    grow_edges(s);
    return s;
}

void word_search_free(word_search *s) {
    if (!s)
        return;
    free(s->nodes);
    free(s->edges);
    free(s);
}

void word_search_add(word_search *s, const char *word, size_t len, int number) {
    uint32_t at = ROOT;
    s->first[(unsigned char)word[0]] = 1;
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)word[i];
        uint32_t child = child_of(s, at, byte);
        if (child == ROOT) {
            grow_edges(s);
            child = new_node(s, at, byte);
            s->edges[edge_at(s, edge_key(at, byte))] = (edge){edge_key(at, byte), child};
        }
        at = child;
    }
    s->nodes[at].word = number;
}

/* From a node by a byte, falling back to suffixes until one goes on. */
static uint32_t step(const word_search *s, uint32_t from, unsigned char byte) {
    for (;;) {
        uint32_t child = child_of(s, from, byte);
        if (child != ROOT || from == ROOT)
            return child;
        from = s->nodes[from].suffix;
    }
}

static void link_node(word_search *s, uint32_t at) {
    node *n = &s->nodes[at];
    n->suffix = n->depth > 1 ? step(s, s->nodes[n->parent].suffix, n->byte) : ROOT;
    n->told = n->word != NO_WORD ? at : s->nodes[n->suffix].told;
}

/* By depth, because a node's suffix is shorter than the node. */
void word_search_compile(word_search *s) {
    uint32_t deepest = 0;
    for (size_t i = 0; i < s->count; i++)
        deepest = s->nodes[i].depth > deepest ? s->nodes[i].depth : deepest;
    uint32_t *begin = mem_zalloc((size_t)deepest + 2, sizeof *begin), *order = mem_zalloc(s->count, sizeof *order);
    for (size_t i = 0; i < s->count; i++)
        begin[s->nodes[i].depth + 1]++;
    for (uint32_t d = 0; d <= deepest; d++)
        begin[d + 1] += begin[d];
    for (size_t i = 0; i < s->count; i++)
        order[begin[s->nodes[i].depth]++] = (uint32_t)i;
    for (size_t i = 1; i < s->count; i++) /* the first is the root */
        link_node(s, order[i]);
    free(begin);
    free(order);
}

typedef struct finds {
    int *items;
    size_t count, capacity;
} finds;

static void tell(const word_search *s, uint32_t at, finds *f) {
    for (uint32_t n = s->nodes[at].told; n != ROOT; n = s->nodes[s->nodes[n].suffix].told) {
        if (f->count == f->capacity) {
            f->capacity = f->capacity ? 2 * f->capacity : 64;
            f->items = mem_realloc(f->items, f->capacity, sizeof *f->items);
        }
        f->items[f->count++] = s->nodes[n].word;
    }
}

size_t word_search_run(const word_search *s, const char *text, int **found) {
    finds f = {0};
    uint32_t at = ROOT;
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte >= 'A' && byte <= 'Z')
            byte = (unsigned char)(byte + 32);
        if (at == ROOT && !s->first[byte])
            continue;
        at = step(s, at, byte);
        tell(s, at, &f);
    }
    *found = f.items;
    return f.count;
}
