/* YAML as a tree in which every node knows where it stands. Bounded bytes, depth and nodes. Our own files are a strict
 * subset: one document; no aliases, anchors or tags; no key twice. What others wrote is read as far as it can be. */
#ifndef ONUS_CONFIG_YAML_TREE_H
#define ONUS_CONFIG_YAML_TREE_H

#include "onus/diagnostic.h"

typedef enum yaml_kind { YAML_TREE_SCALAR, YAML_TREE_LIST, YAML_TREE_MAP } yaml_kind;

typedef struct yaml_node yaml_node;

struct yaml_node {
    yaml_kind kind;
    bool plain;    /* a scalar without quotes and not a block: its characters stand in the file one to one */
    bool repeated; /* of a key: an earlier one has its name; of a map or list: in it, or in what it holds, a key is
                      repeated */
    bool open;     /* what follows it could not be read: it may lack something. Only in the tolerant dialects */
    file_position at;
    file_position end; /* of a scalar: after its last character. A block scalar ends where its next line begins */
    unsigned length;   /* characters to underline; at least 1 */
    const char *text;  /* a scalar's value; "" otherwise. UTF-8 without NUL */
    yaml_node **items; /* a list's items; a map's values */
    yaml_node **keys;  /* a map's keys, scalars */
    size_t count;
};

typedef enum yaml_dialect {
    YAML_STRICT, /* NULL when there is a problem (one is reported: past a syntax error nothing can be trusted), but for
                  * keys that are given twice: each is an error, and the tree holds them all */
    YAML_TOLERANT, /* aliases are followed: the tree then shares nodes, and may be deeper than any nesting in the file.
                    * Tags are passed over. Of a key that is given twice the first counts, with a warning. What stands
                    * before a syntax error is returned, with the error. An empty document is NULL without a problem */
    YAML_TEMPLATED /* the same, and a key may be given twice, as the branches of a template do */
} yaml_dialect;

typedef struct yaml_input {
    const char *bytes;
    size_t len;
    const char *path; /* for the diagnostics */
    size_t bytes_max;
    yaml_dialect dialect;
    unsigned lines_before, columns_before; /* where the bytes begin in the file, when they are a part of it */
} yaml_input;

MUST_USE yaml_node *yaml_tree_parse(const yaml_input *in, arena *a, diagnostics *d);

/* A map's value by key; NULL when missing. */
yaml_node *yaml_get(const yaml_node *map, const char *key);
/* Of a list or map whose key is given twice: the first gets what the others hold, so that nothing is missed that only
 * seems to be missing. */
void yaml_join_repeated(yaml_node *map, const char *key, arena *a);
/* True for a value that is left empty (`key:`), ~ or null. */
bool yaml_is_null(const yaml_node *node);
const char *yaml_kind_to_text(yaml_kind kind); /* a text | a list | a map */

/* A comment: from its # to the end of its line. */
typedef struct yaml_comment {
    file_position at;
    const char *text; /* in the input, after the # */
    size_t len;       /* bytes */
    bool alone;       /* nothing but blanks stands before it */
} yaml_comment;

/* Calls `each` for the comments of a file that was parsed, in their order; libyaml drops them.
 * (src/config/yaml_comments.c)
 */
typedef void yaml_comment_each(void *context, const yaml_comment *comment);
void yaml_comments_find(const yaml_input *in, const yaml_node *root, yaml_comment_each *each, void *context);
/* The input without the mark that some editors put before UTF-8. */
yaml_input yaml_input_without_mark(const yaml_input *in);

/* The whole file, NUL-terminated, in the arena; problems are reported. `max`: refuses larger files. */
MUST_USE char *config_read_file(const char *path, size_t max, arena *a, size_t *len, diagnostics *d);

#endif
