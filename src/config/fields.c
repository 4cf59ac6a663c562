/* Typed fields of a YAML tree: texts, lists, durations, unknown keys. Knows no chart and no settings.
 *
 * The difficulty is the sentence: it must say what is wrong and what to write instead. */
#include "config/fields.h"

#include "onus/limits.h"
#include "onus/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SHOWN_BYTES = 80, SENTENCE_BYTES = 1024, FEW_WORDS = 16, ID_BYTES = 63 };

void field_problem(const field_reader *r, diagnostic_level level, const yaml_node *at, const char *rule,
                   const char *fmt, ...) {
    char text[SENTENCE_BYTES];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (len >= (int)sizeof text)
        text[text_cut(text, sizeof text - 1)] = '\0';
    diagnostics_add(r->d, level, r->file, at ? at->at : (file_position){0}, at ? at->length : 0, rule, "%s", text);
}

const char *field_shown(const field_reader *r, const char *text) {
    return text_shorten(r->scratch, text, SHOWN_BYTES);
}

const char *field_suggest(const field_reader *r, const char *text, word_list known) {
    if (r->d->errors >= DIAGNOSTICS_MAX)
        return ""; /* nobody will see it, and many words take their time */
    const char *near = text_did_you_mean(text, known.words, known.count);
    if (near)
        return arena_printf(r->scratch, "; did you mean \"%s\"?", field_shown(r, near));
    if (known.count == 0 || known.count > FEW_WORDS)
        return "";
    buf list;
    buf_init(&list);
    for (size_t i = 0; i < known.count; i++)
        buf_printf(&list, "%s%s", i ? ", " : "; there are: ", field_shown(r, known.words[i]));
    const char *out = buf_to_arena(&list, r->scratch);
    buf_release(&list);
    return out;
}

bool field_is_map(const field_reader *r, const yaml_node *node, const char *what) {
    if (node->kind == YAML_TREE_MAP)
        return true;
    field_error(r, node, "wrong-type", "%s must be a map (key: value lines), not %s", what,
                yaml_is_null(node) ? "empty" : yaml_kind_to_text(node->kind));
    return false;
}

static bool is_known(const char *word, word_list known) {
    for (size_t i = 0; i < known.count; i++)
        if (strcmp(word, known.words[i]) == 0)
            return true;
    return false;
}

void fields_check_keys(const field_reader *r, const yaml_node *map, const char *what, word_list known) {
    for (size_t i = 0; i < map->count; i++)
        if (!is_known(map->keys[i]->text, known))
            field_error(r, map->keys[i], "unknown-key", "%s has no key \"%s\"%s", what,
                        field_shown(r, map->keys[i]->text), field_suggest(r, map->keys[i]->text, known));
}

const char *field_text(const field_reader *r, const yaml_node *map, const char *key, size_t max) {
    const yaml_node *node = yaml_get(map, key);
    if (!node)
        return NULL;
    if (node->kind != YAML_TREE_SCALAR) {
        field_error(r, node, "wrong-type", "\"%s\" must be one text, not %s", key, yaml_kind_to_text(node->kind));
        return NULL;
    }
    if (yaml_is_null(node) || node->text[0] == '\0') {
        field_error(r, node, "empty-value", "\"%s\" is empty; write a value or remove the key", key);
        return NULL;
    }
    if (strlen(node->text) > max) {
        field_error(r, node, "too-long", "\"%s\" is longer than %zu bytes", key, max);
        return NULL;
    }
    return node->text;
}

static bool is_text_item(const field_reader *r, const yaml_node *item, const char *key) {
    bool good = item->kind == YAML_TREE_SCALAR && !yaml_is_null(item) && item->text[0] != '\0';
    if (!good)
        field_error(r, item, "wrong-type", "\"%s\" must be a text or a list of texts; this item is %s", key,
                    item->kind == YAML_TREE_SCALAR ? "empty" : yaml_kind_to_text(item->kind));
    return good;
}

text_list field_texts(const field_reader *r, const yaml_node *map, const char *key, size_t max_items) {
    const yaml_node *node = yaml_get(map, key);
    if (!node)
        return (text_list){0};
    size_t given = node->kind == YAML_TREE_LIST ? node->count : 1;
    if (given > max_items) {
        field_error(r, node, "too-many", "\"%s\" has %zu items; at most %zu are allowed", key, given, max_items);
        return (text_list){0};
    }
    text_list list = {ARENA_ARRAY(r->scratch, const yaml_node *, given ? given : 1), 0};
    for (size_t i = 0; i < given; i++) {
        const yaml_node *item = node->kind == YAML_TREE_LIST ? node->items[i] : node;
        if (is_text_item(r, item, key))
            list.nodes[list.count++] = item;
    }
    return list;
}

void field_duration(const field_reader *r, const yaml_node *map, const char *key, usec *out) {
    const yaml_node *node = yaml_get(map, key);
    const char *text = field_text(r, map, key, ID_BYTES);
    if (!text)
        return;
    err e;
    int64_t value;
    if (text_to_duration(text, &value, &e))
        *out = value;
    else
        field_error(r, node, "bad-duration", "\"%s\" is not a duration: write it like 15m, 4h, 1h30m or 0s (for never)",
                    field_shown(r, text));
}

void field_day(const field_reader *r, const yaml_node *map, const char *key, usec *out) {
    const char *text = field_text(r, map, key, SHOWN_BYTES);
    if (!text)
        return;
    err e;
    const char *time = arena_printf(r->scratch, "%sT00:00:00Z", text);
    if (strlen(text) != strlen("2026-01-31") || !time_from_text(time, out, &e))
        field_error(r, yaml_get(map, key), "bad-date", "\"%s\" is not a day; write it like 2026-01-31",
                    field_shown(r, text));
}

const char *field_day_text(const field_reader *r, usec day) {
    return arena_strndup(r->scratch, time_to_text(r->scratch, day), strlen("2026-01-31"));
}

/* What stands in no URL (RFC 3986) and would end it where it is shown. */
static const char *bad_character(const field_reader *r, const char *text) {
    for (const char *at = text; *at; at++) {
        if ((unsigned char)*at <= ' ' || *at == 0x7f)
            return "must hold no white space and no control character: write a space as %20";
        if (strchr("\"<>\\^`", *at))
            return arena_printf(r->scratch, "must not hold %c: write it as %%%02X", *at, (unsigned char)*at);
    }
    return NULL;
}

const char *field_url_fault(const field_reader *r, const char *text) {
    size_t scheme = text_starts_with(text, "https://") ? 8 : text_starts_with(text, "http://") ? 7 : 0;
    if (scheme == 0)
        return "must begin with https:// or http://";
    if (text[scheme] == '\0' || text[scheme] == '/')
        return "must name a host after //";
    if (strlen(text) > LIMIT_URL_BYTES)
        return arena_printf(r->scratch, "must have at most %d bytes", LIMIT_URL_BYTES);
    return bad_character(r, text);
}

bool field_is_id(const char *text) {
    size_t len = strlen(text);
    if (len == 0 || len > ID_BYTES || strchr("._-", text[0]))
        return false;
    return strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789._-") == len;
}
