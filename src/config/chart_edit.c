/* Edits of a chart's rows, made in the tree and not in the text, so that they fit whatever the file is laid out like: a
 * row put in, or values put into a row. */
#include "config/chart_loader.h"

#include "onus/limits.h"

#include <stdlib.h>
#include <string.h>

static void insert_row(yaml_node *list, yaml_node *row, size_t before, arena *a) {
    yaml_node **items = ARENA_ARRAY(a, yaml_node *, list->count + 1);
    size_t at = before < list->count ? before : list->count;
    for (size_t i = 0; i < at; i++)
        items[i] = list->items[i];
    items[at] = row;
    for (size_t i = at; i < list->count; i++)
        items[i + 1] = list->items[i];
    list->items = items;
    list->count++;
}

static void put_value(yaml_node *map, yaml_node *key, yaml_node *value, arena *a) {
    for (size_t i = 0; i < map->count; i++)
        if (strcmp(map->keys[i]->text, key->text) == 0) {
            map->items[i] = value;
            return;
        }
    yaml_node **keys = ARENA_ARRAY(a, yaml_node *, map->count + 1);
    yaml_node **items = ARENA_ARRAY(a, yaml_node *, map->count + 1);
    for (size_t i = 0; i < map->count; i++) {
        keys[i] = map->keys[i];
        items[i] = map->items[i];
    }
    keys[map->count] = key;
    items[map->count] = value;
    map->keys = keys;
    map->items = items;
    map->count++;
}

static bool apply(const chart_edit *edit, yaml_node *root, arena *a, diagnostics *d) {
    yaml_input in = {edit->yaml, strlen(edit->yaml), "edit", LIMIT_CHART_BYTES};
    yaml_node *made = yaml_tree_parse(&in, a, d), *rows = yaml_get(root, "activities");
    if (!made || !rows || rows->kind != YAML_TREE_LIST)
        return false;
    if (made->kind == YAML_TREE_LIST && made->count == 1) {
        insert_row(rows, made->items[0], edit->row, a);
        return true;
    }
    if (made->kind != YAML_TREE_MAP || edit->row >= rows->count || rows->items[edit->row]->kind != YAML_TREE_MAP) {
        diagnostics_add(d, DIAGNOSTIC_ERROR, in.path, made->at, 0, "wrong-type",
                        "an edit is one row, or values of one");
        return false;
    }
    for (size_t i = 0; i < made->count; i++)
        put_value(rows->items[edit->row], made->keys[i], made->items[i], a);
    return true;
}

static int from_the_end(const void *a, const void *b) {
    const chart_edit *x = a, *y = b;
    return (x->row < y->row) - (x->row > y->row);
}

/* From the end, so that no edit moves the place of another. */
bool chart_edits_apply(const chart_edits *edits, yaml_node *root, arena *a, diagnostics *d) {
    qsort(edits->items, edits->count, sizeof *edits->items, from_the_end);
    for (size_t i = 0; i < edits->count; i++)
        if (!apply(&edits->items[i], root, a, d))
            return false;
    return true;
}
