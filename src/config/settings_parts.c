/* Sources and channels of onus.yaml. A source's format and a channel's kind are names here: ingest and notify know
 * which exist, and check the options. */
#include "config/settings_table.h"

#include "onus/text.h"

#include <string.h>

enum { SOURCES_MAX = 1000, CHANNELS_MAX = 1000, OPTIONS_MAX = 64, OPTION_NAME_BYTES = 64 };

/* ── sources ── */

static void check_source(const settings_loader *l, const yaml_node *node, const source *s) {
    if (!s->name && !yaml_get(node, "name"))
        field_error(&l->in, node, "missing-name", "this source has no name; add `name: alertmanager`");
    if (!s->format && !yaml_get(node, "format"))
        field_error(&l->in, node, "missing-format", "this source has no format; add `format: alertmanager`");
    bool password = yaml_get(node, "password") || yaml_get(node, "password_file") || yaml_get(node, "password_env");
    bool username = yaml_get(node, "username") || yaml_get(node, "username_file") || yaml_get(node, "username_env");
    if (username != password)
        field_error(&l->in, node, "half-basic",
                    "basic authentication needs both `username` and `password`; add the "
                    "other one");
}

/* Where a setting is given, in whichever of its ways. */
static file_span place_of(const settings_loader *l, const yaml_node *map, const char *name) {
    const yaml_node *node = settings_find_given(l, map, name);
    return node ? (file_span){node->at, node->length} : (file_span){0};
}

static void note_places(const settings_loader *l, const yaml_node *map, source *s) {
    s->name_at = place_of(l, map, "name");
    s->format_at = place_of(l, map, "format");
    s->secret_at = place_of(l, map, "secret");
    s->routing_keys_at = place_of(l, map, "routing_keys");
}

static void check_source_name(const settings_loader *l, const yaml_node *node, size_t index) {
    const source *sources = l->into->sources;
    for (size_t i = 0; i < index && sources[index].name; i++)
        if (sources[i].name && strcmp(sources[i].name, sources[index].name) == 0)
            field_error(&l->in, yaml_get(node, "name"), "duplicate-name",
                        "another source has the name \"%s\"; give each its own", sources[index].name);
}

void settings_read_sources(const settings_loader *l, const yaml_node *root) {
    const yaml_node *list = yaml_get(root, "sources");
    if (!list || yaml_is_null(list))
        return;
    if (list->kind != YAML_TREE_LIST || list->count > SOURCES_MAX) {
        field_error(&l->in, list, "wrong-type", "\"sources\" must be a list of at most %d: - { name: …, format: … }",
                    SOURCES_MAX);
        return;
    }
    source *sources = ARENA_ARRAY(l->in.memory, source, list->count + 1);
    l->into->sources = sources;
    for (size_t i = 0; i < list->count; i++) {
        source *s = &sources[l->into->source_count];
        if (!field_is_map(&l->in, list->items[i], "a source"))
            continue;
        l->into->source_count++;
        settings_read_section(l, SECTION_SOURCE, list->items[i], s);
        note_places(l, list->items[i], s);
        check_source(l, list->items[i], s);
        check_source_name(l, list->items[i], (size_t)(s - sources));
    }
}

/* ── channels ── */

/* Options that no log and no error may show, whatever kind has them; and those that hide a key in an address. */
static bool is_hidden(const char *kind, const char *name) {
    static const char *const ENDS[] = {"token", "password", "secret", "_key"};
    for (size_t i = 0; i < sizeof ENDS / sizeof *ENDS; i++)
        if (text_ends_with(name, ENDS[i]))
            return true;
    return strcmp(kind, "slack") == 0 && strcmp(name, "url") == 0;
}

/* A list of texts is one text of lines (headers, recipients). A wrong item gives "", which is reported as empty. */
static yaml_node join_lines(const settings_loader *l, const yaml_node *list) {
    yaml_node joined = {.kind = YAML_TREE_SCALAR, .at = list->at, .length = list->length, .text = ""};
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i]->kind != YAML_TREE_SCALAR || i >= OPTIONS_MAX) {
            joined.text = "";
            break;
        }
        joined.text = arena_printf(l->in.scratch, "%s%s%s", joined.text, i ? "\n" : "", list->items[i]->text);
    }
    return joined;
}

static void read_option(const settings_loader *l, channel_settings *c, const yaml_node *key, const yaml_node *value,
                        channel_option *options) {
    char name[OPTION_NAME_BYTES];
    bool outside = setting_strip(key->text, name, sizeof name);
    for (size_t i = 0; i < c->option_count; i++)
        if (strcmp(options[i].name, name) == 0) {
            field_error(&l->in, key, "two-values", "\"%s\" is given in two ways; keep one", name);
            return;
        }
    bool hide = outside || is_hidden(c->kind, name);
    yaml_node joined = value->kind == YAML_TREE_LIST && !outside ? join_lines(l, value) : *value;
    given_value v = given_read(l, &joined, key->text, hide && strcmp(name, "ca") != 0); /* a certificate is public */
    channel_option *o = &options[c->option_count++];
    *o = (channel_option){.name = arena_strdup(l->in.memory, name),
                          .at = value->at,
                          .length = value->length,
                          .key = {key->at, key->length}};
    if (v.text && hide)
        o->hidden = secret_from_text(v.text);
    else if (v.text)
        o->text = arena_strdup(l->in.memory, v.text);
    given_release(&v);
}

static void read_channel(const settings_loader *l, channel_settings *c, const yaml_node *key, const yaml_node *map) {
    c->name = arena_strdup(l->in.memory, key->text);
    c->at = key->at;
    c->length = key->length;
    c->kind = "";
    if (!field_is_id(key->text))
        field_error(&l->in, key, "bad-id", "a channel's name must be made of a-z 0-9 . _ - (at most 63)");
    if (!field_is_map(&l->in, map, "a channel"))
        return;
    if (map->count > OPTIONS_MAX) {
        field_error(&l->in, key, "too-many", "a channel has at most %d options", OPTIONS_MAX);
        return;
    }
    const char *kind = field_text(&l->in, map, "kind", OPTION_NAME_BYTES);
    if (!kind && !yaml_get(map, "kind"))
        field_error(&l->in, key, "missing-kind",
                    "this channel has no kind; add `kind: slack`, email, webhook, record …");
    c->kind = kind ? arena_strdup(l->in.memory, kind) : "";
    c->kind_at = place_of(l, map, "kind");
    channel_option *options = ARENA_ARRAY(l->in.memory, channel_option, map->count + 1);
    c->options = options;
    for (size_t i = 0; i < map->count; i++)
        if (strcmp(map->keys[i]->text, "kind") != 0)
            read_option(l, c, map->keys[i], map->items[i], options);
}

void settings_read_channels(const settings_loader *l, const yaml_node *root) {
    const yaml_node *map = yaml_get(root, "channels");
    if (!map || yaml_is_null(map) || !field_is_map(&l->in, map, "\"channels\""))
        return;
    if (map->count > CHANNELS_MAX) {
        field_error(&l->in, map, "too-many", "at most %d channels are allowed", CHANNELS_MAX);
        return;
    }
    channel_settings *channels = ARENA_ARRAY(l->in.memory, channel_settings, map->count + 1);
    for (size_t i = 0; i < map->count; i++)
        read_channel(l, &channels[i], map->keys[i], map->items[i]);
    l->into->channels = channels;
    l->into->channel_count = map->count;
}
