/* Trees → alerting rules. Owns what a rule looks like; leaves the wrapping alone: a map that is shaped like a rule is
 * one, wherever it stands (groups, a bare list, a PrometheusRule, a List of them, Helm values, a collection's own
 * levels), and the nearest map with `rules` around it is its group.
 *
 * The difficulty: aliases make the tree a graph, in which few nodes can be met without end. Depth and visits are
 * counted. */
#include "config/rule_reader.h"

#include "onus/limits.h"
#include "onus/text.h"

#include <ctype.h>
#include <string.h>

enum {
    SUMMARY_BYTES = 1024,
    EXPRESSION_BYTES = 4096,
    ANNOTATIONS_BYTES = 8192,
    MERGE_DEPTH = 8, /* << in what << names */
    VISITS_MAX = 4 * LIMIT_YAML_NODES
};

/* What a rule may look like: its keys. The first row that fits counts. */
typedef struct rule_shape {
    const char *name, *expression;
    const char *also; /* another key that it must have; NULL: none */
    bool camel_case;  /* the name is words for people; the alert's is made of them */
} rule_shape;

static const rule_shape SHAPES[] = {
    {"alert", "expr", NULL, false},      /* Prometheus, Thanos, Loki, Mimir, VictoriaMetrics */
    {"title", "condition", NULL, false}, /* Grafana's provisioned rules: the alert's name is the title */
    {"name", "query", "severity", true}, /* collections that print rules from a list of their own */
};
enum { SHAPE_COUNT = sizeof SHAPES / sizeof *SHAPES };

static const char *const SUMMARIES[] = {"summary", "message", "title", "description"};

typedef struct scope {
    const char *group;
    const yaml_node *labels; /* the group's own; NULL: none */
    bool inner;
    bool listed; /* in a group's `rules` */
    unsigned depth;
} scope;

/* ── looking into maps ── */

static const yaml_node *member_at(const yaml_node *map, const char *key, unsigned depth);

/* `<<: *defaults`, or a list of them: the first that has the key. */
static const yaml_node *merged_member(const yaml_node *from, const char *key, unsigned depth) {
    if (!from || depth == MERGE_DEPTH)
        return NULL;
    if (from->kind == YAML_TREE_MAP)
        return member_at(from, key, depth + 1);
    const yaml_node *found = NULL;
    for (size_t i = 0; i < from->count && i < MERGE_DEPTH && !found; i++)
        found = from->items[i]->kind == YAML_TREE_MAP ? member_at(from->items[i], key, depth + 1) : NULL;
    return found;
}

static const yaml_node *member_at(const yaml_node *map, const char *key, unsigned depth) {
    const yaml_node *own = yaml_get(map, key);
    return own ? own : merged_member(yaml_get(map, "<<"), key, depth);
}

static const yaml_node *member(const yaml_node *map, const char *key) {
    return member_at(map, key, 0);
}

static const yaml_node *scalar_member(const yaml_node *map, const char *key) {
    const yaml_node *found = member(map, key);
    return found && found->kind == YAML_TREE_SCALAR ? found : NULL;
}

static const char *text_member(const yaml_node *map, const char *key) {
    const yaml_node *found = scalar_member(map, key);
    return found && !yaml_is_null(found) ? found->text : "";
}

static const rule_shape *shape_of(const yaml_node *map) {
    for (size_t i = 0; i < SHAPE_COUNT; i++)
        if (scalar_member(map, SHAPES[i].name) && scalar_member(map, SHAPES[i].expression) &&
            (!SHAPES[i].also || scalar_member(map, SHAPES[i].also)))
            return &SHAPES[i];
    return NULL;
}

/* ── one rule ── */

typedef struct pair_list {
    label pairs[LIMIT_LABELS_PER_ALERT + 1];
    size_t count;
    bool too_many, too_long;
} pair_list;

static void add_pair(rule_reader *r, pair_list *list, const char *name, const char *value) {
    if (strlen(name) > LIMIT_LABEL_NAME_BYTES || strlen(value) > LIMIT_LABEL_VALUE_BYTES)
        list->too_long = true;
    else if (list->count == LIMIT_LABELS_PER_ALERT)
        list->too_many = true;
    else
        list->pairs[list->count++] = (label){rule_unmask(r->memory, name), rule_unmask(r->memory, value)};
}

/* The later of a name wins: so what is merged in comes first, and the map's own from the last to the first. */
static void add_labels(rule_reader *r, pair_list *list, const yaml_node *map, unsigned depth) {
    if (!map || map->kind != YAML_TREE_MAP || depth == MERGE_DEPTH)
        return;
    const yaml_node *merged = yaml_get(map, "<<");
    if (merged && merged->kind == YAML_TREE_MAP)
        add_labels(r, list, merged, depth + 1);
    for (size_t i = 0; merged && merged->kind == YAML_TREE_LIST && i < merged->count && i < MERGE_DEPTH; i++)
        add_labels(r, list, merged->items[merged->count - 1 - i], depth + 1);
    for (size_t i = map->count; i > 0 && !list->too_many; i--)
        if (map->items[i - 1]->kind == YAML_TREE_SCALAR && !yaml_is_null(map->items[i - 1]))
            add_pair(r, list, map->keys[i - 1]->text, map->items[i - 1]->text);
}

/* "Host OOM kill detected" → HostOomKillDetected, as such collections print it. */
static const char *camel_case(arena *a, const char *words) {
    char *copy = arena_strdup(a, words), *into = copy;
    bool first = true;
    for (const char *at = words; *at; at++) {
        if (*at == ' ' || *at == '-') {
            first = first || *at == ' ';
            continue;
        }
        *into++ = (char)(first ? toupper((unsigned char)*at) : tolower((unsigned char)*at));
        first = false;
    }
    *into = '\0';
    return copy;
}

static const char *summary_of(rule_reader *r, const yaml_node *map) {
    const yaml_node *annotations = member(map, "annotations");
    for (size_t i = 0; i < sizeof SUMMARIES / sizeof *SUMMARIES; i++) {
        const char *text = text_member(annotations, SUMMARIES[i]);
        if (*text)
            return text_shorten(r->memory, rule_unmask(r->scratch, text), SUMMARY_BYTES);
    }
    return text_shorten(r->memory, rule_unmask(r->scratch, text_member(map, "description")), SUMMARY_BYTES);
}

static const char *annotations_of(rule_reader *r, const yaml_node *map) {
    const yaml_node *annotations = member(map, "annotations");
    buf b;
    buf_init(&b);
    for (size_t i = 0; annotations && i < annotations->count && b.len < ANNOTATIONS_BYTES; i++)
        if (annotations->items[i]->kind == YAML_TREE_SCALAR)
            buf_printf(&b, "%s\n", rule_unmask(r->scratch, annotations->items[i]->text));
    const char *text = text_shorten(r->memory, b.data, ANNOTATIONS_BYTES);
    buf_release(&b);
    return text;
}

static void warn(const rule_reader *r, const yaml_node *at, const char *rule, const char *what) {
    diagnostics_add(r->d, DIAGNOSTIC_WARNING, r->file, at->at, at->length, rule, "%s", what);
}

static void grow(rule_reader *r) {
    if (r->out->count < r->capacity)
        return;
    size_t capacity = r->capacity ? 2 * r->capacity : 64;
    alert_rule *items = ARENA_ARRAY(r->memory, alert_rule, capacity);
    if (r->out->count > 0)
        memcpy(items, r->out->items, r->out->count * sizeof *items);
    r->out->items = items;
    r->capacity = capacity;
}

static bool has_room(rule_reader *r, const yaml_node *at) {
    if (r->out->count < LIMIT_RULES && arena_bytes(r->memory) < LIMIT_RULE_BYTES)
        return true;
    diagnostics_add(r->d, DIAGNOSTIC_ERROR, r->file, at->at, 1, "too-large",
                    "more than %d rules or %d MiB of them; what follows is not read: give fewer files", LIMIT_RULES,
                    LIMIT_RULE_BYTES / 1024 / 1024);
    r->full = true;
    return false;
}

static void add_rule(rule_reader *r, const yaml_node *map, const rule_shape *shape, const scope *in) {
    const yaml_node *name = scalar_member(map, shape->name);
    pair_list list;
    list.count = 0;
    list.too_many = list.too_long = false;
    if (yaml_is_null(name) || name->text[0] == '\0') {
        warn(r, name, "empty-name", "an alert without a name; passed over");
        return;
    }
    if (!has_room(r, name))
        return;
    add_labels(r, &list, in->labels, 0);
    add_labels(r, &list, member(map, "labels"), 0);
    if (shape->camel_case)
        add_pair(r, &list, "severity", text_member(map, "severity"));
    add_pair(r, &list, "alertname", shape->camel_case ? camel_case(r->scratch, name->text) : name->text);
    if (list.too_many || list.too_long) {
        warn(r, name, list.too_many ? "too-many" : "too-long",
             "more labels, or a longer one, than an alert may have; passed over");
        return;
    }
    grow(r);
    r->out->items[r->out->count++] = (alert_rule){
        .file = r->file,
        .at = name->at,
        .group = in->group,
        .labels = labels_from_pairs(r->memory, list.pairs, list.count),
        .summary = summary_of(r, map),
        .annotations = annotations_of(r, map),
        .expression =
            text_shorten(r->memory, rule_unmask(r->scratch, text_member(map, shape->expression)), EXPRESSION_BYTES),
    };
}

/* ── texts in a ConfigMap ── */

static unsigned indent_of_line(const rule_reader *r, unsigned line) {
    const char *at = r->bytes, *end = r->bytes + r->len;
    for (unsigned i = 1; i < line; i++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        if (!newline)
            return 0;
        at = newline + 1;
    }
    return (unsigned)strspn(at, " ");
}

/* A block's first line is the one below its `|`, and all are indented alike. Of another text only the place is known.
 */
static void read_inner(rule_reader *r, const yaml_node *value) {
    if (value->kind != YAML_TREE_SCALAR || !strstr(value->text, "rules"))
        return;
    bool block = !value->plain && value->length == 1;
    size_t before = r->out->count;
    char *bytes = rule_unmask(r->scratch, value->text);
    rule_text_read(r, &(rule_text){.bytes = bytes,
                                   .len = strlen(bytes),
                                   .lines_before = block ? value->at.line : value->at.line - 1,
                                   .columns_before = block ? indent_of_line(r, value->at.line + 1) : 0,
                                   .inner = true});
    for (size_t i = before; i < r->out->count && !block; i++)
        r->out->items[i].at = value->at;
}

static bool is_config_map(const yaml_node *map) {
    return strcmp(text_member(map, "kind"), "ConfigMap") == 0;
}

/* ── the walk ── */

static bool may_visit(rule_reader *r, const yaml_node *node, const scope *in) {
    if (r->full || in->depth > LIMIT_YAML_DEPTH)
        return false;
    if (r->visits++ < VISITS_MAX)
        return true;
    warn(r, node, "too-large", "aliases repeat more than can be read; what follows in this file is not read");
    r->full = true;
    return false;
}

static void walk(rule_reader *r, const yaml_node *node, const scope *in);

/* Words about a thing, whatever their names are: no rules. */
static bool holds_words(const char *key) {
    return strcmp(key, "labels") == 0 || strcmp(key, "annotations") == 0;
}

static void walk_members(rule_reader *r, const yaml_node *map, const scope *in) {
    for (size_t i = 0; i < map->count; i++) {
        scope inside = *in;
        inside.listed = strcmp(map->keys[i]->text, "rules") == 0;
        if (!holds_words(map->keys[i]->text))
            walk(r, map->items[i], &inside);
    }
}

static void walk_map(rule_reader *r, const yaml_node *map, const scope *in) {
    const rule_shape *shape = shape_of(map);
    if (shape && !map->open)
        add_rule(r, map, shape, in);
    const yaml_node *named = scalar_member(map, "alert");
    if (!shape && named && in->listed && !map->open)
        warn(r, named, "no-expression", "an alert without `expr` is no rule; passed over");
    if (shape || scalar_member(map, "record"))
        return;
    scope inside = *in;
    inside.depth++;
    if (member(map, "rules")) {
        inside.group = rule_unmask(r->memory, text_member(map, "name"));
        inside.labels = member(map, "labels");
    }
    walk_members(r, map, &inside);
    const yaml_node *data = !in->inner && is_config_map(map) ? yaml_get(map, "data") : NULL;
    for (size_t i = 0; data && i < data->count && !r->full; i++)
        read_inner(r, data->items[i]);
}

static void walk(rule_reader *r, const yaml_node *node, const scope *in) {
    if (!may_visit(r, node, in) || node->kind == YAML_TREE_SCALAR)
        return;
    if (node->kind == YAML_TREE_MAP) {
        walk_map(r, node, in);
        return;
    }
    scope inside = *in;
    inside.depth++;
    for (size_t i = 0; i < node->count; i++)
        walk(r, node->items[i], &inside);
}

void rule_collect(rule_reader *r, const yaml_node *root, bool inner) {
    walk(r, root, &(scope){.group = "", .inner = inner});
}
