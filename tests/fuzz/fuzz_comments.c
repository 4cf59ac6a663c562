/* Comments of YAML: whatever a comment says, the file says the same. So with every comment's text replaced by #### the
 * tree is the same, and the same comments are found. (Leaving them out would not do: the first one behind a block ends
 * it.) */
#include "config/yaml_tree.h"
#include "fuzz.h"

enum { BYTES_MAX = 1 << 20 };

typedef struct covering {
    const char *bytes;
    char *covered;
    size_t found, places;
} covering;

static void cover(void *context, const yaml_comment *c) {
    covering *k = context;
    MUST(c->text[-1] == '#' && c->text > k->bytes && c->at.line > 0 && c->at.column > 0);
    memset(k->covered + (c->text - k->bytes), '#', c->len);
    k->found++;
    k->places += (size_t)c->at.line * 7 + c->at.column + c->alone;
}

static void compare(const yaml_node *a, const yaml_node *b) { // NOLINT(misc-no-recursion)
    MUST(a->kind == b->kind && a->count == b->count && strcmp(a->text, b->text) == 0);
    for (size_t i = 0; i < a->count; i++) {
        if (a->kind == YAML_TREE_MAP)
            compare(a->keys[i], b->keys[i]);
        compare(a->items[i], b->items[i]);
    }
}

static void check_comments(const yaml_input *in, const yaml_node *root, arena *a, diagnostics *d) {
    char *bytes = arena_alloc(a, in->len + 1);
    memcpy(bytes, in->bytes, in->len);
    covering first = {.bytes = in->bytes, .covered = bytes}, second = {.bytes = bytes, .covered = bytes};
    yaml_comments_find(in, root, cover, &first);
    yaml_input covered = {bytes, in->len, "f", BYTES_MAX};
    yaml_node *again = yaml_tree_parse(&covered, a, d);
    MUST(again);
    compare(root, again);
    yaml_comments_find(&covered, again, cover, &second);
    MUST(first.found == second.found && first.places == second.places);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    arena *a = arena_new();
    diagnostics d;
    diagnostics_init(&d);
    yaml_input in = {(const char *)data, size, "f", BYTES_MAX};
    yaml_node *root = yaml_tree_parse(&in, a, &d);
    if (root)
        check_comments(&in, root, a, &d);
    diagnostics_release(&d);
    arena_free(a);
    return 0;
}
