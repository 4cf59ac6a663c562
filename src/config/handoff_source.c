/* Owns turning YAML into JSON that remembers its places. Leaves what a manifest must hold to the domain. The
 * difficulty: YAML guesses types, and a version 1.10 must not become the number 1.1; so the manifest's own table says
 * where texts stand, and only elsewhere are numbers numbers. */
#include "onus/handoff_file.h"

#include "config/yaml_tree.h"
#include "onus/json.h"
#include "onus/limits.h"
#include "onus/text.h"

#include <stdio.h>
#include <string.h>

enum { SOURCE_BYTES_MAX = LIMIT_HANDOFF_BYTES, POINTER_BYTES_MAX = 512, INDEX_BYTES = 24 };

typedef struct converting {
    const handoff_source *source;
    arena *memory;
    handoff_places *places;
} converting;

/* ── places ── */

void handoff_place_add(handoff_places *places, arena *a, handoff_place place) {
    if (places->count == places->capacity) {
        size_t capacity = places->capacity ? 2 * places->capacity : 64;
        handoff_place *items = ARENA_ARRAY(a, handoff_place, capacity);
        if (places->count > 0)
            memcpy(items, places->items, places->count * sizeof *items);
        places->items = items;
        places->capacity = capacity;
    }
    places->items[places->count++] = place;
}

const handoff_place *handoff_place_find(const handoff_places *places, const char *pointer) {
    const handoff_place *best = NULL;
    size_t best_len = 0;
    for (size_t i = 0; i < places->count; i++) {
        size_t len = strlen(places->items[i].pointer);
        bool around =
            strncmp(places->items[i].pointer, pointer, len) == 0 && (pointer[len] == '\0' || pointer[len] == '/');
        if (around && (!best || len >= best_len)) {
            best = &places->items[i];
            best_len = len;
        }
    }
    return best;
}

bool handoff_place_of_line(const handoff_places *places, const char *pointer, unsigned line, handoff_place *out) {
    const handoff_place *best = handoff_place_find(places, pointer);
    if (!best)
        return false;
    for (size_t i = 0; i < places->count && line > 0; i++) {
        const handoff_place *p = &places->items[i];
        if (strcmp(p->pointer, pointer) == 0 && p->first <= line && (best->first > line || p->first >= best->first))
            best = p;
    }
    *out = *best;
    if (line > 0 && best->lines > 0 && strcmp(best->pointer, pointer) == 0) {
        unsigned above = best->first > 0 ? best->first : 1;
        out->at = (file_position){best->lines + line - above, 1};
        out->length = 0;
    }
    return true;
}

/* A block's text begins in the line behind its | or >. */
static unsigned first_line(const converting *c, const yaml_node *node) {
    if (node->kind != YAML_TREE_SCALAR || node->plain || !strchr(node->text, '\n'))
        return 0;
    const char *at = c->source->bytes, *end = at + c->source->len;
    for (unsigned line = 1; line < node->at.line && at < end; line++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        at = newline ? newline + 1 : end;
    }
    const char *stop = memchr(at, '\n', (size_t)(end - at));
    bool block = stop && memchr(at, '|', (size_t)(stop - at));
    return block ? node->at.line + 1 : 0;
}

static void note_place(const converting *c, const yaml_node *node, const char *pointer) {
    handoff_place_add(c->places, c->memory,
                      (handoff_place){pointer, c->source->path, node->at, node->length, first_line(c, node)});
}

/* Below a long pointer nothing is noted by itself: what is around it will do. */
static const char *step(const converting *c, const char *pointer, const char *key) {
    return strlen(pointer) > POINTER_BYTES_MAX ? pointer : json_pointer_step(c->memory, pointer, key);
}

/* ── scalars ── */

static bool texts_stand_at(const converting *c, const char *pointer) {
    if (c->source->reading != HANDOFF_READ_MANIFEST)
        return c->source->reading == HANDOFF_READ_TEXTS;
    handoff_kind kind = handoff_kind_at(pointer);
    return kind == HANDOFF_KIND_TEXT || kind == HANDOFF_KIND_FILE || kind == HANDOFF_KIND_QUANTITY;
}

/* A number as JSON writes it; YAML's other forms (0x1F, 1_000, .5) stay texts. */
static cJSON *number_from(const char *text) {
    err e;
    if (!strchr("-0123456789", text[0]))
        return NULL;
    cJSON *value = json_parse(text, strlen(text), &e);
    if (cJSON_IsNumber(value))
        return value;
    cJSON_Delete(value);
    return NULL;
}

static cJSON *scalar_from(const converting *c, const yaml_node *node, const char *pointer) {
    if (yaml_is_null(node))
        return cJSON_CreateNull();
    if (!node->plain || texts_stand_at(c, pointer))
        return cJSON_CreateString(node->text);
    if (strcmp(node->text, "true") == 0 || strcmp(node->text, "false") == 0)
        return cJSON_CreateBool(node->text[0] == 't');
    cJSON *number = number_from(node->text);
    return number ? number : cJSON_CreateString(node->text);
}

/* ── trees: the YAML reader has bounded their depth ── */

static cJSON *value_from(const converting *c, const yaml_node *node, const char *pointer);

/* An unknown key is underlined itself, not its value. */
static bool is_unknown(const converting *c, const char *pointer) {
    return c->source->reading == HANDOFF_READ_MANIFEST && handoff_kind_at(pointer) == HANDOFF_KIND_UNKNOWN;
}

static void add_items(const converting *c, const yaml_node *node, cJSON *into, const char *pointer) {
    for (size_t i = 0; i < node->count; i++) {
        bool map = node->kind == YAML_TREE_MAP;
        char index[INDEX_BYTES];
        (void)snprintf(index, sizeof index, "%zu", i);
        const char *below = step(c, pointer, map ? node->keys[i]->text : index);
        cJSON *item = value_from(c, node->items[i], below);
        bool added = map ? cJSON_AddItemToObject(into, node->keys[i]->text, item) : cJSON_AddItemToArray(into, item);
        if (!added)
            mem_exhausted();
        if (below != pointer)
            note_place(c, map && is_unknown(c, below) ? node->keys[i] : node->items[i], below);
    }
}

static cJSON *value_from(const converting *c, const yaml_node *node, const char *pointer) {
    cJSON *value = node->kind == YAML_TREE_MAP    ? cJSON_CreateObject()
                   : node->kind == YAML_TREE_LIST ? cJSON_CreateArray()
                                                  : scalar_from(c, node, pointer);
    if (!value)
        mem_exhausted();
    if (node->kind != YAML_TREE_SCALAR)
        add_items(c, node, value, pointer);
    return value;
}

static bool is_json(const handoff_source *s) {
    return text_ends_with(s->path, ".json");
}

/* In characters, as in every diagnostic: the bytes before may be any. */
static file_position position_of(const handoff_source *s, size_t byte) {
    file_position at = {1, 1};
    for (size_t i = 0; i < byte && i < s->len; i++) {
        bool newline = s->bytes[i] == '\n', continues = ((unsigned char)s->bytes[i] & 0xC0) == 0x80;
        at.line += newline;
        at.column = newline ? 1 : at.column + !continues;
    }
    return at;
}

/* A key that occurs twice is no matter of grammar: YAML's reader knows where it stands. */
static file_position fault_position(const handoff_source *s, const diagnostics *as_yaml, size_t wrong_at) {
    if (wrong_at != SIZE_MAX)
        return position_of(s, wrong_at);
    for (size_t i = 0; i < as_yaml->count; i++)
        if (strcmp(as_yaml->items[i].rule, "duplicate-key") == 0)
            return as_yaml->items[i].at;
    return (file_position){1, 1};
}

static cJSON *read_json(const handoff_source *s, const diagnostics *as_yaml, diagnostics *d) {
    size_t wrong_at = 0;
    err e;
    json_reading how = s->reading == HANDOFF_READ_EXAMPLE ? JSON_MENDED : JSON_STRICT;
    cJSON *tree = json_read(&(json_input){.bytes = s->bytes, .len = s->len, .reading = how, .wrong_at = &wrong_at}, &e);
    if (!tree)
        diagnostics_add(d, DIAGNOSTIC_ERROR, s->path, fault_position(s, as_yaml, wrong_at), 1, "json-syntax", "%s",
                        e.text);
    return tree;
}

cJSON *handoff_source_read(const handoff_source *s, arena *a, handoff_places *places, diagnostics *d) {
    converting c = {s, a, places};
    yaml_input in = {s->bytes, s->len, s->path, SOURCE_BYTES_MAX};
    diagnostics unshown; /* JSON's own escapes are not YAML's: then only the places are lost */
    diagnostics_init(&unshown);
    const yaml_node *root = yaml_tree_parse(&in, a, is_json(s) ? &unshown : d);
    cJSON *tree = root && unshown.errors == 0 ? value_from(&c, root, s->prefix) : NULL;
    if (root)
        note_place(&c, root, s->prefix);
    if (is_json(s)) {
        cJSON_Delete(tree);
        tree = read_json(s, &unshown, d);
    }
    diagnostics_release(&unshown);
    return tree;
}
