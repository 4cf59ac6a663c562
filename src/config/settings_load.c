/* Loading onus.yaml: each value is found (settings_value.c), read by its type, and put where the table says.
 *
 * The difficulty: types write through offsets, so each reader below must agree with the member that the table names. */
#include "config/settings_table.h"

#include "config/allow.h"
#include "onus/limits.h"
#include "onus/text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { KEYS_MAX = 64, NAME_BYTES = 63 };

/* One value on its way to its place. */
typedef struct placing {
    const settings_loader *l;
    const setting *row;
    const yaml_node *node; /* where it is said; NULL: the default */
    void *base;            /* the struct that the offsets are of */
} placing;

static void *place_of(const placing *p, size_t offset) {
    return (char *)p->base + offset;
}

static void refuse(const placing *p, const char *what) {
    field_error(&p->l->in, p->node, "bad-value", "\"%s%s\" %s", setting_section_prefix(p->row->section), p->row->name,
                what);
}

/* ── types ── */

static void read_text(const placing *p, const char *text) {
    if (strlen(text) > LIMIT_URL_BYTES || strpbrk(text, "\r\n"))
        refuse(p, "must be one line of at most 2048 bytes");
    else
        *(const char **)place_of(p, p->row->offset) = arena_strdup(p->l->in.memory, text);
}

static void read_name(const placing *p, const char *text) {
    size_t len = strlen(text);
    if (len > NAME_BYTES || text[0] == '-' || strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") != len)
        refuse(p, "must be made of a-z 0-9 and - (at most 63)");
    else
        read_text(p, text);
}

static void read_secret(const placing *p, const char *text) {
    *(secret *)place_of(p, p->row->offset) = secret_from_text(text);
}

static void read_path(const placing *p, const char *text) {
    if (strpbrk(text, "\r\n"))
        refuse(p, "must be one line");
    else
        *(const char **)place_of(p, p->row->offset) = settings_resolve_path(p->l, text);
}

static void read_url(const placing *p, const char *text) {
    const char *fault = field_url_fault(&p->l->in, text);
    if (fault) {
        refuse(p, arena_printf(p->l->in.scratch, "is a URL, and %s", fault));
        return;
    }
    size_t len = strlen(text);
    while (text[len - 1] == '/')
        len--;
    *(const char **)place_of(p, p->row->offset) = arena_strndup(p->l->in.memory, text, len);
}

static void read_listen(const placing *p, const char *text) {
    settings *s = p->base;
    const char *colon = strrchr(text, ':');
    size_t host = colon ? (size_t)(colon - text) : 0;
    bool bracketed = host >= 2 && text[0] == '[' && text[host - 1] == ']';
    int64_t port;
    err e;
    if (!colon || !text_to_int(colon + 1, p->row->min, p->row->max, "the port", &port, &e) ||
        (!bracketed && memchr(text, ':', host)) || strpbrk(text, " \t\r\n/"))
        refuse(p, "must read HOST:PORT, [IPV6]:PORT or :PORT, with a port from 0 to 65535");
    else {
        s->listen_port = (int)port;
        s->listen_host =
            bracketed ? arena_strndup(p->l->in.memory, text + 1, host - 2) : arena_strndup(p->l->in.memory, text, host);
    }
}

static void read_int(const placing *p, const char *text) {
    int64_t value;
    err e;
    if (text_to_int(text, p->row->min, p->row->max, p->row->name, &value, &e))
        *(int *)place_of(p, p->row->offset) = (int)value;
    else
        refuse(p, arena_printf(p->l->in.scratch, "must be a number from %lld to %lld", (long long)p->row->min,
                               (long long)p->row->max));
}

static void read_bool(const placing *p, const char *text) {
    bool yes = strcmp(text, "true") == 0;
    if (yes || strcmp(text, "false") == 0)
        *(bool *)place_of(p, p->row->offset) = yes;
    else
        refuse(p, "must be true or false");
}

static void read_duration(const placing *p, const char *text) {
    int64_t value;
    err e;
    if (!text_to_duration(text, &value, &e))
        refuse(p, "must be a duration like 15m, 24h or 7d");
    else if (value < p->row->min || value > p->row->max)
        refuse(p, arena_printf(p->l->in.scratch, "must lie between %s and %s",
                               duration_to_text(p->l->in.scratch, p->row->min),
                               duration_to_text(p->l->in.scratch, p->row->max)));
    else
        *(usec *)place_of(p, p->row->offset) = value;
}

static void read_log_level(const placing *p, const char *text) {
    if (!log_level_from_text(text, place_of(p, p->row->offset)))
        refuse(p, "must be debug, info, warn or error");
}

static void read_log_format(const placing *p, const char *text) {
    if (!log_format_from_text(text, place_of(p, p->row->offset)))
        refuse(p, "must be key_value or json");
}

static void read_api_role(const placing *p, const char *text) {
    if (!api_role_from_text(text, place_of(p, p->row->offset)))
        refuse(p, "must be none, viewer, responder or admin");
}

/* ── lists ── */

/* What a list of the settings gives, item by item. */
typedef struct list_reader {
    const placing *p;
    void (*put)(const placing *p, void *items, size_t index, const char *text);
    void *items; /* room for the row's `max` */
    size_t count;
} list_reader;

static void add_item(list_reader *list, const char *text) {
    if (list->count < (size_t)list->p->row->max)
        list->put(list->p, list->items, list->count, text);
    list->count++;
}

/* Each line that is not blank. */
static void add_lines(list_reader *list, char *text) {
    char *rest = NULL;
    for (char *line = strtok_r(text, "\r\n", &rest); line; line = strtok_r(NULL, "\r\n", &rest)) {
        line += strspn(line, " \t");
        for (size_t len = strlen(line); len > 0 && strchr(" \t", line[len - 1]); len--)
            line[len - 1] = '\0';
        if (line[0] != '\0')
            add_item(list, line);
    }
}

static void read_items(list_reader *list, given_value *v) {
    const placing *p = list->p;
    if (v->text) {
        char *lines = mem_strdup(v->text);
        size_t len = strlen(lines);
        add_lines(list, lines);
        explicit_bzero(lines, len);
        free(lines);
    }
    for (size_t i = 0; v->node->kind == YAML_TREE_LIST && i < v->node->count; i++) {
        const yaml_node *item = v->node->items[i];
        if (item->kind != YAML_TREE_SCALAR || item->text[0] == '\0')
            field_error(&p->l->in, item, "wrong-type", "an item of \"%s\" must be a text", p->row->name);
        else
            add_item(list, item->text);
    }
    if (list->count <= (size_t)p->row->max)
        return;
    refuse(p, arena_printf(p->l->in.scratch, "holds more than %lld", (long long)p->row->max));
    list->count = (size_t)p->row->max;
}

static void put_secret(const placing *p, void *items, size_t index, const char *text) {
    (void)p;
    ((secret *)items)[index] = secret_from_text(text);
}

static void put_network(const placing *p, void *items, size_t index, const char *text) {
    err e;
    if (!network_from_text(text, &((ip_network *)items)[index], &e))
        refuse(p, arena_printf(p->l->in.scratch, "must hold addresses or networks like 192.0.2.7 or 10.0.0.0/8: %s",
                               e.text));
}

static void read_secrets(const placing *p, given_value *v) {
    secret *items = ARENA_ARRAY(p->l->in.memory, secret, (size_t)p->row->max);
    list_reader list = {p, put_secret, items, 0};
    read_items(&list, v);
    *(const secret **)place_of(p, p->row->offset) = items;
    *(size_t *)place_of(p, p->row->count_offset) = list.count;
}

static void read_networks(const placing *p, given_value *v) {
    ip_network *items = ARENA_ARRAY(p->l->in.memory, ip_network, (size_t)p->row->max);
    list_reader list = {p, put_network, items, 0};
    read_items(&list, v);
    *(const ip_network **)place_of(p, p->row->offset) = items;
    *(size_t *)place_of(p, p->row->count_offset) = list.count;
}

static void read_link_keys(const placing *p, given_value *v) {
    link_keys *keys = place_of(p, p->row->offset);
    list_reader list = {p, put_secret, keys->keys, 0};
    read_items(&list, v);
    keys->count = list.count;
    for (size_t i = 0; i < keys->count; i++)
        if (strlen(secret_reveal(keys->keys[i])) < LINK_KEY_BYTES_MIN)
            refuse(p, "holds a key of less than 32 bytes; make one with: openssl rand -hex 32");
}

/* ── one setting, one section ── */

static void (*const READERS[SETTING_TYPE_COUNT])(const placing *p, const char *text) = {
    [SETTING_TEXT] = read_text,
    [SETTING_NAME] = read_name,
    [SETTING_SECRET] = read_secret,
    [SETTING_PATH] = read_path,
    [SETTING_LISTEN] = read_listen,
    [SETTING_URL] = read_url,
    [SETTING_INT] = read_int,
    [SETTING_BOOL] = read_bool,
    [SETTING_DURATION] = read_duration,
    [SETTING_LOG_LEVEL] = read_log_level,
    [SETTING_LOG_FORMAT] = read_log_format,
    [SETTING_API_ROLE] = read_api_role,
};

static void (*const LIST_READERS[SETTING_TYPE_COUNT])(const placing *p, given_value *v) = {
    [SETTING_SECRETS] = read_secrets,
    [SETTING_LINK_KEYS] = read_link_keys,
    [SETTING_NETWORKS] = read_networks,
};

static bool is_secret(setting_type type) {
    return type == SETTING_SECRET || type == SETTING_SECRETS || type == SETTING_LINK_KEYS;
}

static void place_text(const placing *p, const char *text) {
    assert(READERS[p->row->type]); /* a type without one has a reader of lists, and no fallback */
    READERS[p->row->type](p, text);
}

static void read_setting(const settings_loader *l, const setting *row, const yaml_node *map, void *base) {
    given_value v = given_find(l, map, row->name, is_secret(row->type));
    placing p = {l, row, v.node, base};
    bool list = v.node && v.node->kind == YAML_TREE_LIST;
    const char *text = v.node ? v.text : row->fallback;
    if (list && !LIST_READERS[row->type])
        refuse(&p, "must be one text, not a list");
    else if (v.node && LIST_READERS[row->type] && (v.text || list))
        LIST_READERS[row->type](&p, &v);
    else if (text)
        place_text(&p, text);
    given_release(&v);
}

static word_list known_keys(const settings_loader *l, setting_section section) {
    size_t count, known = 0;
    const setting *table = settings_table(&count);
    const char **words = ARENA_ARRAY(l->in.scratch, const char *, 3 * count + KEYS_MAX);
    for (size_t i = 0; i < count; i++) {
        if (table[i].section != section)
            continue;
        words[known++] = table[i].name;
        words[known++] = arena_printf(l->in.scratch, "%s_file", table[i].name);
        words[known++] = arena_printf(l->in.scratch, "%s_env", table[i].name);
    }
    static const char *const SECTIONS[] = {"secrets", "sources", "channels"};
    for (size_t i = 0; section == SECTION_TOP && i < 3; i++)
        words[known++] = SECTIONS[i];
    return (word_list){words, known};
}

void settings_read_section(const settings_loader *l, setting_section section, const yaml_node *map, void *base) {
    static const char *const WHAT[] = {
        [SECTION_TOP] = "the settings file", [SECTION_SECRETS] = "\"secrets\"", [SECTION_SOURCE] = "a source"};
    size_t count;
    const setting *table = settings_table(&count);
    if (map && map->kind == YAML_TREE_MAP)
        fields_check_keys(&l->in, map, WHAT[section], known_keys(l, section));
    for (size_t i = 0; i < count; i++)
        if (table[i].section == section)
            read_setting(l, &table[i], map, base);
}

/* ── the whole ── */

/* The default file is used with `serve --local` even when the settings do not name one. */
static yaml_node *link_key_node(const settings_loader *l, yaml_node *root) {
    yaml_node *section = yaml_get(root, "secrets"), *node = yaml_get(section, "link_key_file");
    if (node || !l->options->local || yaml_get(section, "link_key") || yaml_get(section, "link_key_env"))
        return node;
    yaml_node *key = ARENA_NEW(l->in.scratch, yaml_node), *map = ARENA_NEW(l->in.scratch, yaml_node);
    node = ARENA_NEW(l->in.scratch, yaml_node);
    *key = (yaml_node){.kind = YAML_TREE_SCALAR, .plain = true, .text = "link_key_file"};
    *node = (yaml_node){.kind = YAML_TREE_SCALAR, .text = "secrets/link-key"};
    *map = (yaml_node){.kind = YAML_TREE_MAP, .text = ""};
    size_t count = section && section->kind == YAML_TREE_MAP ? section->count : 0;
    map->keys = ARENA_ARRAY(l->in.scratch, yaml_node *, count + 1);
    map->items = ARENA_ARRAY(l->in.scratch, yaml_node *, count + 1);
    for (; map->count < count; map->count++) {
        map->keys[map->count] = section->keys[map->count];
        map->items[map->count] = section->items[map->count];
    }
    map->keys[map->count] = key;
    map->items[map->count++] = node;
    return map;
}

static void read_secrets_section(const settings_loader *l, yaml_node *root) {
    yaml_node *map = yaml_get(root, "secrets");
    if (map && !field_is_map(&l->in, map, "\"secrets\""))
        return;
    yaml_node *node = link_key_node(l, root);
    if (node && node->kind == YAML_TREE_MAP) {
        map = node;
        node = yaml_get(map, "link_key_file");
    }
    err e;
    if (node && node->kind == YAML_TREE_SCALAR && l->options->local && !l->options->offline &&
        !link_key_file_make(settings_resolve_path(l, node->text), &e))
        field_error(&l->in, node, "no-link-key", "%s", e.text);
    settings_read_section(l, SECTION_SECRETS, map, l->into);
}

static void check_required(const settings_loader *l, const yaml_node *root) {
    if (l->options->offline)
        return;
    if (!l->options->local && !secret_is_set(l->into->database) && !yaml_get(root, "database_file") &&
        !yaml_get(root, "database_env"))
        field_error(&l->in, root, "missing-database",
                    "`database` is missing; add `database: host=… dbname=onus`, or start with --local DIR");
    const yaml_node *secrets = yaml_get(root, "secrets");
    if (l->into->link_keys.count == 0 && !yaml_get(secrets, "link_key_file") && !yaml_get(secrets, "link_key_env"))
        field_error(
            &l->in, root, "missing-link-key",
            "the key for the links in messages is missing; run `openssl rand -hex 32 > secrets/link-key` and add "
            "`secrets: { link_key_file: secrets/link-key }`");
}

static void default_public_url(const settings_loader *l) {
    settings *s = l->into;
    if (s->public_url)
        return;
    const char *host = s->listen_host ? s->listen_host : "";
    bool all = host[0] == '\0' || strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
    bool six = strchr(host, ':') != NULL;
    s->public_url = arena_printf(s->memory, "http://%s%s%s:%d", !all && six ? "[" : "", all ? "127.0.0.1" : host,
                                 !all && six ? "]" : "", s->listen_port);
}

static void read_all(const settings_loader *l, yaml_node *root) {
    if (!field_is_map(&l->in, root, "the settings file"))
        return;
    settings_read_section(l, SECTION_TOP, root, l->into);
    const yaml_node *chart = settings_find_given(l, root, "chart"),
                    *templates = settings_find_given(l, root, "templates");
    if (chart)
        l->into->chart_at = (file_span){chart->at, chart->length};
    if (templates)
        l->into->templates_at = (file_span){templates->at, templates->length};
    read_secrets_section(l, root);
    settings_read_sources(l, root);
    settings_read_channels(l, root);
    check_required(l, root);
    default_public_url(l);
}

static const char *directory_of(arena *a, const char *path) {
    const char *slash = strrchr(path, '/');
    if (!slash)
        return ".";
    return slash == path ? "/" : arena_strndup(a, path, (size_t)(slash - path));
}

static settings *new_settings(const char *path) {
    arena *memory = arena_new();
    settings *s = ARENA_NEW(memory, settings);
    s->memory = memory;
    s->path = arena_strdup(memory, path);
    s->directory = directory_of(memory, path);
    return s;
}

settings *settings_load(const char *path, const settings_options *options, diagnostics *d) {
    size_t errors_before = d->errors, len = 0;
    settings *s = new_settings(path);
    arena *scratch = arena_new();
    settings_loader l = {{s->memory, scratch, d, path}, s, options};
    const char *bytes = options->bytes;
    if (bytes)
        len = options->len;
    else
        bytes = config_read_file(path, LIMIT_SETTINGS_BYTES, scratch, &len, d);
    yaml_input in = {bytes, len, path, LIMIT_SETTINGS_BYTES};
    yaml_node *root = bytes ? yaml_tree_parse(&in, scratch, d) : NULL;
    if (root && d->errors == errors_before) {
        allows_read(&l.in, &in, root); /* no rule of settings may be allowed; a comment that tries is told so */
        read_all(&l, root);
        allows_report_unused(&l.in);
    }
    arena_free(scratch);
    diagnostics_sort(d);
    if (d->errors == errors_before)
        return s;
    settings_free(s);
    return NULL;
}

/* ── the end ── */

static void release_secrets(const secret *items, size_t count) {
    for (size_t i = 0; i < count; i++) {
        secret one = items[i];
        secret_release(&one);
    }
}

void settings_free(settings *s) {
    if (!s)
        return;
    secret_release(&s->database);
    secret_release(&s->slack_signing_secret);
    release_secrets(s->link_keys.keys, s->link_keys.count);
    for (size_t i = 0; i < s->source_count; i++) {
        const source *from = &s->sources[i];
        release_secrets(&from->token, 1);
        release_secrets(&from->password, 1);
        release_secrets(from->hmac_secrets, from->hmac_secret_count);
        release_secrets(from->routing_keys, from->routing_key_count);
    }
    for (size_t i = 0; i < s->channel_count; i++)
        for (size_t k = 0; k < s->channels[i].option_count; k++)
            release_secrets(&s->channels[i].options[k].hidden, 1);
    arena_free(s->memory);
}
