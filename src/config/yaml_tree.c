/* libyaml's events → a located tree. Knows YAML and nothing of charts or settings.
 *
 * The difficulty: hostile input. libyaml has no limit on nesting, lets keys repeat and resolves nothing; so bytes,
 * depth and nodes are counted here, between its events. What could multiply (aliases) is refused, or in the tolerant
 * dialects shared: an alias is another pointer to the same node, and counts as one. */
#include "config/yaml_tree.h"

#include "onus/limits.h"
#include "onus/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>

/* A list or map that is still open. */
typedef struct frame {
    yaml_node *node;
    yaml_node *key; /* a map's key that waits for its value */
    size_t capacity;
} frame;

enum { ANCHORS_MAX = 256 };

typedef struct anchor {
    const char *name;
    yaml_node *node;
} anchor;

typedef struct builder {
    const yaml_input *in;
    arena *memory;
    diagnostics *d;
    yaml_parser_t parser;
    frame open[LIMIT_YAML_DEPTH];
    size_t depth, nodes;
    yaml_node *root;
    size_t documents;
    anchor *anchors; /* tolerant: in the order of the file; the last of a name counts */
    size_t anchor_count;
} builder;

const char *yaml_kind_to_text(yaml_kind kind) {
    static const char *const TEXT[] = {
        [YAML_TREE_SCALAR] = "a text", [YAML_TREE_LIST] = "a list", [YAML_TREE_MAP] = "a map"};
    return TEXT[kind];
}

yaml_node *yaml_get(const yaml_node *map, const char *key) {
    if (!map || map->kind != YAML_TREE_MAP)
        return NULL;
    for (size_t i = 0; i < map->count; i++)
        if (strcmp(map->keys[i]->text, key) == 0)
            return map->items[i];
    return NULL;
}

static bool joins(const yaml_node *map, size_t i, const char *key, const yaml_node *first) {
    return map->items[i]->kind == first->kind && strcmp(map->keys[i]->text, key) == 0;
}

void yaml_join_repeated(yaml_node *map, const char *key, arena *a) {
    yaml_node *first = yaml_get(map, key);
    size_t total = 0, count = 0;
    for (size_t i = 0; first && i < map->count; i++)
        total += joins(map, i, key, first) ? map->items[i]->count : 0;
    if (!first || first->kind == YAML_TREE_SCALAR || total == first->count)
        return;
    yaml_node **items = ARENA_ARRAY(a, yaml_node *, total), **keys = ARENA_ARRAY(a, yaml_node *, total);
    for (size_t i = 0; i < map->count; i++)
        for (size_t k = 0; joins(map, i, key, first) && k < map->items[i]->count; k++) {
            items[count] = map->items[i]->items[k];
            keys[count++] = first->kind == YAML_TREE_MAP ? map->items[i]->keys[k] : NULL;
        }
    first->items = items;
    first->keys = first->kind == YAML_TREE_MAP ? keys : NULL;
    first->count = total;
    first->repeated = true;
}

bool yaml_is_null(const yaml_node *node) {
    return node->kind == YAML_TREE_SCALAR && node->plain &&
           (node->text[0] == '\0' || strcmp(node->text, "~") == 0 || strcmp(node->text, "null") == 0);
}

static bool is_strict(const builder *b) {
    return b->in->dialect == YAML_STRICT;
}

static file_position position_of(const builder *b, yaml_mark_t mark) {
    return (file_position){(unsigned)mark.line + 1 + b->in->lines_before,
                           (unsigned)mark.column + 1 + b->in->columns_before};
}

static bool fail(builder *b, yaml_mark_t at, const char *rule, const char *what) {
    diagnostics_add(b->d, DIAGNOSTIC_ERROR, b->in->path, position_of(b, at), 1, rule, "%s", what);
    return false;
}

static unsigned length_of(const yaml_event_t *event) {
    yaml_mark_t from = event->start_mark, to = event->end_mark;
    bool one_line = from.line == to.line && to.column > from.column;
    return one_line ? (unsigned)(to.column - from.column) : 1;
}

static yaml_node *make_node(builder *b, const yaml_event_t *event, yaml_kind kind) {
    if (++b->nodes > LIMIT_YAML_NODES) {
        diagnostics_add(b->d, DIAGNOSTIC_ERROR, b->in->path, position_of(b, event->start_mark), 1, "too-large",
                        "more than %d values in one file; split it", LIMIT_YAML_NODES);
        return NULL;
    }
    yaml_node *node = ARENA_NEW(b->memory, yaml_node);
    node->kind = kind;
    node->at = position_of(b, event->start_mark);
    node->end = position_of(b, event->end_mark);
    node->length = kind == YAML_TREE_SCALAR ? length_of(event) : 1;
    node->text = "";
    return node;
}

static void append(builder *b, frame *f, yaml_node *node) {
    yaml_node *list = f->node;
    if (list->count == f->capacity) {
        size_t capacity = f->capacity ? 2 * f->capacity : 8;
        yaml_node **items = ARENA_ARRAY(b->memory, yaml_node *, capacity);
        yaml_node **keys = ARENA_ARRAY(b->memory, yaml_node *, list->kind == YAML_TREE_MAP ? capacity : 1);
        for (size_t i = 0; i < list->count; i++) {
            items[i] = list->items[i];
            if (list->kind == YAML_TREE_MAP)
                keys[i] = list->keys[i];
        }
        list->items = items;
        list->keys = keys;
        f->capacity = capacity;
    }
    if (list->kind == YAML_TREE_MAP)
        list->keys[list->count] = f->key;
    list->items[list->count++] = node;
    f->key = NULL;
}

/* Puts a node where it belongs: the root, a list's item, a map's key or value. */
static bool place(builder *b, const yaml_event_t *event, yaml_node *node) {
    if (!node)
        return false;
    if (b->depth == 0) {
        b->root = node;
        return true;
    }
    frame *f = &b->open[b->depth - 1];
    if (f->node->kind == YAML_TREE_MAP && !f->key) {
        if (node->kind != YAML_TREE_SCALAR)
            return fail(b, event->start_mark, "yaml-key", "a key must be a plain text, not a list or a map");
        f->key = node;
        return true;
    }
    append(b, f, node);
    return true;
}

/* ── anchors, aliases and tags ── */

static bool is_special(const builder *b, const yaml_char_t *name, const yaml_char_t *tag) {
    return is_strict(b) && (name != NULL || tag != NULL);
}

static bool refuse_special(builder *b, const yaml_event_t *event, const yaml_char_t *name) {
    return name ? fail(b, event->start_mark, "yaml-alias", "anchors (&name) are not supported; write the value out")
                : fail(b, event->start_mark, "yaml-tag",
                       "tags (!name) are not supported; quote a text that begins with !");
}

static void remember(builder *b, const yaml_char_t *name, yaml_node *node) {
    if (!name || !node || b->anchor_count == ANCHORS_MAX)
        return;
    if (!b->anchors)
        b->anchors = ARENA_ARRAY(b->memory, anchor, ANCHORS_MAX);
    b->anchors[b->anchor_count++] = (anchor){arena_strdup(b->memory, (const char *)name), node};
}

static yaml_node *anchored(const builder *b, const char *name) {
    for (size_t i = b->anchor_count; i > 0; i--)
        if (strcmp(b->anchors[i - 1].name, name) == 0)
            return b->anchors[i - 1].node;
    return NULL;
}

/* An alias of what is still open would make the tree endless. */
static bool on_alias(builder *b, const yaml_event_t *event) {
    if (is_strict(b))
        return fail(b, event->start_mark, "yaml-alias", "aliases (*name) are not supported; write the value out");
    yaml_node *own = make_node(b, event, YAML_TREE_SCALAR);
    yaml_node *node = anchored(b, (const char *)event->data.alias.anchor);
    if (own && (!node || node->open)) {
        diagnostics_add(b->d, DIAGNOSTIC_WARNING, b->in->path, own->at, 1, "yaml-alias",
                        "nothing before this has that name (&name), or it holds this itself; read as empty");
        node = own;
        node->plain = true;
    }
    return own && place(b, event, node);
}

static bool on_scalar(builder *b, const yaml_event_t *event) {
    if (is_special(b, event->data.scalar.anchor, event->data.scalar.tag))
        return refuse_special(b, event, event->data.scalar.anchor);
    const char *text = (const char *)event->data.scalar.value;
    if (strlen(text) != event->data.scalar.length)
        return fail(b, event->start_mark, "yaml-syntax", "a text must not hold a NUL character");
    yaml_node *node = make_node(b, event, YAML_TREE_SCALAR);
    if (!node)
        return false;
    node->text = arena_strdup(b->memory, text);
    node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    remember(b, event->data.scalar.anchor, node);
    return place(b, event, node);
}

static bool on_start(builder *b, const yaml_event_t *event, yaml_kind kind) {
    bool list = kind == YAML_TREE_LIST;
    const yaml_char_t *name = list ? event->data.sequence_start.anchor : event->data.mapping_start.anchor;
    const yaml_char_t *tag = list ? event->data.sequence_start.tag : event->data.mapping_start.tag;
    if (is_special(b, name, tag))
        return refuse_special(b, event, name);
    if (b->depth == LIMIT_YAML_DEPTH)
        return fail(b, event->start_mark, "too-deep", "lists and maps are nested too deeply");
    yaml_node *node = make_node(b, event, kind);
    if (!place(b, event, node))
        return false;
    node->open = true;
    remember(b, name, node);
    b->open[b->depth++] = (frame){.node = node};
    return true;
}

static int compare_keys(const void *left, const void *right) {
    const yaml_node *a = *(yaml_node *const *)left, *b = *(yaml_node *const *)right;
    int order = strcmp(a->text, b->text);
    if (order != 0)
        return order;
    if (a->at.line != b->at.line)
        return a->at.line < b->at.line ? -1 : 1;
    return a->at.column < b->at.column ? -1 : a->at.column > b->at.column;
}

static void report_repeated(builder *b, yaml_node *map, const yaml_node *first, yaml_node *key) {
    diagnostics_add(b->d, is_strict(b) ? DIAGNOSTIC_ERROR : DIAGNOSTIC_WARNING, b->in->path, key->at, key->length,
                    "duplicate-key", "\"%s\" is given twice; the first is in line %u: keep one of them",
                    text_shorten(b->memory, key->text, 100), first->at.line);
    key->repeated = map->repeated = true;
    for (size_t i = 0; i < b->depth; i++)
        b->open[i].node->repeated = true;
}

static void report_repeated_keys(builder *b, yaml_node *map) {
    if (map->count < 2 || b->in->dialect == YAML_TEMPLATED)
        return;
    yaml_node **sorted = mem_alloc(map->count * sizeof(yaml_node *));
    memcpy(sorted, map->keys, map->count * sizeof(yaml_node *));
    qsort(sorted, map->count, sizeof *sorted, compare_keys);
    for (size_t i = 1; i < map->count; i++)
        if (strcmp(sorted[i - 1]->text, sorted[i]->text) == 0)
            report_repeated(b, map, sorted[i - 1], sorted[i]);
    free(sorted);
}

static bool on_end(builder *b) {
    frame *f = &b->open[--b->depth];
    f->node->open = false;
    if (f->node->kind == YAML_TREE_MAP)
        report_repeated_keys(b, f->node);
    return true;
}

static bool on_event(builder *b, const yaml_event_t *event) {
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (b->documents++ > 0)
            return fail(b, event->start_mark, "second-document",
                        "a second document (---) begins here; only one is read");
        return true;
    case YAML_ALIAS_EVENT:
        return on_alias(b, event);
    case YAML_SCALAR_EVENT:
        return on_scalar(b, event);
    case YAML_SEQUENCE_START_EVENT:
        return on_start(b, event, YAML_TREE_LIST);
    case YAML_MAPPING_START_EVENT:
        return on_start(b, event, YAML_TREE_MAP);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return on_end(b);
    default:
        return true;
    }
}

/* ── libyaml's own errors ── */

static file_position position_at_byte(const yaml_input *in, size_t offset) {
    file_position at = {1 + in->lines_before, 1 + in->columns_before};
    const char *byte = in->bytes, *end = byte + (offset < in->len ? offset : in->len);
    while (byte < end) {
        size_t line_end = text_line_break(byte, in->bytes + in->len);
        if (line_end > 0)
            at = (file_position){at.line + 1, 1 + in->columns_before};
        else if (((unsigned char)*byte & 0xC0) != 0x80)
            at.column++;
        byte += line_end ? line_end : 1;
    }
    return at;
}

/* What people usually did when libyaml says this. */
static const struct {
    const char *problem, *hint;
} HINTS[] = {
    {"found character that cannot start any token",
     "this character cannot stand here: indent with spaces, not tabs, and quote a text that begins with % @ or `"},
    {"mapping values are not allowed in this context",
     "a colon is not allowed here: check the indentation, and quote a text that holds \": \""},
    {"did not find expected key", "a key is expected here: check the indentation"},
    {"did not find expected ',' or ']'",
     "a comma or ] is missing before this: close the list, and quote a text that holds [ ] { } or a comma"},
    {"did not find expected ',' or '}'",
     "a comma or } is missing before this: close the map, and quote a text that holds [ ] { } or a comma"},
    {"could not find expected ':'", "a colon is missing after this key, or a quoted text does not end"},
    {"found unexpected end of stream", "a quoted text, a list or a map is not closed before the end of the file"},
    {"found unknown escape character",
     "unknown escape in a text between double quotes: write \\\\ for a backslash, or use single quotes"},
    {"did not find expected '-' indicator", "a list item (- ) is expected here: check the indentation"},
    {"did not find expected <document start>", "this is not YAML: a map of keys is expected"},
};

static const char *hint_for(const char *problem) {
    for (size_t i = 0; i < sizeof HINTS / sizeof *HINTS; i++)
        if (strcmp(problem, HINTS[i].problem) == 0)
            return HINTS[i].hint;
    return problem;
}

static void report_syntax(builder *b) {
    const yaml_parser_t *p = &b->parser;
    if (p->error == YAML_MEMORY_ERROR)
        mem_exhausted();
    file_position at = position_of(b, p->problem_mark);
    if (p->error == YAML_READER_ERROR)
        at = position_at_byte(b->in, p->problem_offset);
    diagnostics_add(b->d, DIAGNOSTIC_ERROR, b->in->path, at, 1, "yaml-syntax", "%s",
                    p->problem ? hint_for(p->problem) : "this is not YAML");
}

static bool pull_events(builder *b) {
    for (bool more = true; more;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&b->parser, &event)) {
            report_syntax(b);
            return false;
        }
        more = event.type != YAML_STREAM_END_EVENT;
        bool done = on_event(b, &event);
        yaml_event_delete(&event);
        if (!done)
            return false;
    }
    return true;
}

/* ── bytes ── */

static size_t utf8_prefix(const yaml_input *in) {
    size_t good = 0;
    while (good < in->len) {
        unsigned char lead = (unsigned char)in->bytes[good];
        size_t len = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
        if (good + len > in->len || !text_is_utf8(in->bytes + good, len))
            return good;
        good += len;
    }
    return good;
}

static bool check_bytes(const yaml_input *in, diagnostics *d) {
    if (in->len > in->bytes_max) {
        diagnostics_add(d, DIAGNOSTIC_ERROR, in->path, (file_position){0}, 0, "too-large",
                        "the file is larger than %zu KiB", in->bytes_max / 1024);
        return false;
    }
    if (text_is_utf8(in->bytes, in->len))
        return true;
    size_t good = utf8_prefix(in);
    diagnostics_add(d, DIAGNOSTIC_ERROR, in->path, position_at_byte(in, good), 1, "not-utf8",
                    "the file is not UTF-8 from here on, or holds a NUL; save it as UTF-8");
    return false;
}

yaml_input yaml_input_without_mark(const yaml_input *in) {
    yaml_input out = *in;
    if (in->len >= 3 && memcmp(in->bytes, "\xEF\xBB\xBF", 3) == 0) {
        out.bytes += 3;
        out.len -= 3;
    }
    return out;
}

yaml_node *yaml_tree_parse(const yaml_input *given, arena *a, diagnostics *d) {
    yaml_input in = yaml_input_without_mark(given);
    if (!check_bytes(&in, d))
        return NULL;
    builder b = {.in = &in, .memory = a, .d = d};
    if (!yaml_parser_initialize(&b.parser))
        mem_exhausted();
    yaml_parser_set_encoding(&b.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&b.parser, (const unsigned char *)in.bytes, in.len);
    bool done = pull_events(&b);
    yaml_parser_delete(&b.parser);
    if (done && !b.root && is_strict(&b))
        diagnostics_add(d, DIAGNOSTIC_ERROR, in.path, (file_position){1, 1}, 0, "empty-file", "the file is empty");
    return done || !is_strict(&b) ? b.root : NULL;
}

static bool read_all(int fd, char *into, size_t room, size_t *len) {
    for (*len = 0; *len < room;) {
        ssize_t got = read(fd, into + *len, room - *len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return false;
        if (got == 0)
            return true;
        *len += (size_t)got;
    }
    return true;
}

char *config_read_file(const char *path, size_t max, arena *a, size_t *len, diagnostics *d) {
    const file_position nowhere = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat about;
    if (fd < 0 || fstat(fd, &about) != 0 || S_ISDIR(about.st_mode)) {
        diagnostics_add(d, DIAGNOSTIC_ERROR, path, nowhere, 0, "unreadable-file", "cannot be read: %s",
                        strerror(fd >= 0 ? EISDIR : errno));
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    size_t room = about.st_size > 0 && (size_t)about.st_size < max ? (size_t)about.st_size + 1 : max + 1;
    char *bytes = arena_alloc(a, room + 1);
    bool done = read_all(fd, bytes, room, len);
    int why = errno;
    close(fd);
    if (!done)
        diagnostics_add(d, DIAGNOSTIC_ERROR, path, nowhere, 0, "unreadable-file", "cannot be read: %s", strerror(why));
    else if (*len > max)
        diagnostics_add(d, DIAGNOSTIC_ERROR, path, nowhere, 0, "too-large", "the file is larger than %zu KiB",
                        max / 1024);
    if (!done || *len > max)
        return NULL;
    bytes[*len] = '\0';
    return bytes;
}
