/* `match` of a row or a service → matcher lists, with errors at the character inside the text.
 *
 * The difficulty: YAML's own commas and quotes. In [a = "x, y"] YAML ends the item at the comma, and what arrives here
 * is `a = "x`; the error must say so. */
#include "config/chart_loader.h"

#include "onus/limits.h"
#include "onus/text.h"

#include <string.h>

static size_t chars_in(const char *text, size_t bytes) {
    size_t chars = 0;
    for (size_t i = 0; i < bytes && text[i]; i++)
        chars += ((unsigned char)text[i] & 0xC0) != 0x80;
    return chars;
}

/* The place of a byte of a scalar, when its characters stand in the file one to one; else the scalar's own. */
static yaml_node place_in(const yaml_node *scalar, size_t byte) {
    size_t total = chars_in(scalar->text, strlen(scalar->text)), quotes = scalar->plain ? 0 : 1;
    yaml_node at = *scalar;
    if (scalar->length != total + 2 * quotes)
        return at;
    size_t before = chars_in(scalar->text, byte);
    at.at.column += (unsigned)(quotes + before);
    at.length = (unsigned)(total > before ? total - before : 1);
    return at;
}

static bool has_open_quote(const char *text) {
    size_t quotes = 0;
    for (; *text; text++)
        quotes += *text == '"';
    return quotes % 2 != 0;
}

static bool parse_text(const chart_loader *l, const yaml_node *scalar, matchers *out) {
    size_t error_at = 0;
    err e;
    if (matchers_parse(l->in.memory, scalar->text, out, &error_at, &e)) {
        chart_check_blanks(l, scalar, out);
        return true;
    }
    yaml_node at = place_in(scalar, error_at);
    const char *hint =
        scalar->plain && has_open_quote(scalar->text)
            ? " (a comma or bracket ended the item for YAML: put the whole matcher between single quotes)"
            : "";
    field_error(&l->in, &at, "bad-matcher", "%s%s", e.text, hint);
    return false;
}

/* Appends; the two lists' regexes now belong to *into. */
static void append(const chart_loader *l, matchers *into, matchers more) {
    matcher *items = ARENA_ARRAY(l->in.memory, matcher, into->count + more.count + 1);
    if (into->count > 0)
        memcpy(items, into->items, into->count * sizeof *items);
    if (more.count > 0)
        memcpy(items + into->count, more.items, more.count * sizeof *items);
    *into = (matchers){items, into->count + more.count};
}

/* One list: a text, or texts that must all match. */
static bool read_list(const chart_loader *l, const yaml_node *node, matchers *out) {
    matchers list = {0};
    bool good = true;
    size_t count = node->kind == YAML_TREE_LIST ? node->count : 1;
    for (size_t i = 0; i < count; i++) {
        const yaml_node *item = node->kind == YAML_TREE_LIST ? node->items[i] : node;
        matchers more = {0};
        if (item->kind != YAML_TREE_SCALAR) {
            field_error(&l->in, item, "bad-matcher", "a matcher is a text like `environment = production`, not %s",
                        yaml_kind_to_text(item->kind));
            good = false;
        } else if (!parse_text(l, item, &more)) {
            good = false;
        } else {
            append(l, &list, more);
        }
        if (list.count <= LIMIT_MATCHERS_PER_LIST)
            continue;
        field_error(&l->in, item, "too-many", "more than %d matchers in one list", LIMIT_MATCHERS_PER_LIST);
        good = false;
        break;
    }
    if (good && list.count == 0) {
        field_error(&l->in, node, "empty-match",
                    "an empty list of matchers would claim every event; name at least one "
                    "label, or leave it to `unowned`");
        good = false;
    }
    if (!good)
        matchers_release(&list);
    else
        *out = list;
    return good;
}

/* True when every item is a list; false when none is; reports a mixture. */
static bool is_list_of_lists(const chart_loader *l, const yaml_node *node) {
    size_t lists = 0;
    for (size_t i = 0; node->kind == YAML_TREE_LIST && i < node->count; i++)
        lists += node->items[i]->kind == YAML_TREE_LIST;
    if (lists > 0 && lists < node->count)
        field_error(&l->in, node, "bad-matcher",
                    "texts and lists are mixed: write every alternative as a list of its "
                    "own, `- [a = b, c = d]`");
    return lists > 0;
}

match_lists chart_load_match(const chart_loader *l, const yaml_node *owner, const char *what) {
    match_lists out = {0};
    const yaml_node *node = yaml_get(owner, "match");
    if (!node) {
        field_error(&l->in, owner, "missing-match", "this %s has no `match`; add `match: [label = value]`", what);
        return out;
    }
    bool many = is_list_of_lists(l, node);
    size_t count = many ? node->count : 1;
    if (count > CHART_LISTS_PER_ROW_MAX) {
        field_error(&l->in, node, "too-many", "%zu lists of matchers; at most %d are allowed", count,
                    CHART_LISTS_PER_ROW_MAX);
        return out;
    }
    out.items = ARENA_ARRAY(l->in.memory, matchers, count + 1);
    out.nodes = ARENA_ARRAY(l->in.scratch, const yaml_node *, count + 1);
    for (size_t i = 0; i < count; i++) {
        const yaml_node *item = many ? node->items[i] : node;
        if (many && item->kind != YAML_TREE_LIST)
            continue; /* reported above */
        if (read_list(l, item, &out.items[out.count]))
            out.nodes[out.count++] = item;
    }
    return out;
}
