/* What the files that read alerting rules share: private to src/config/rule_*.c. */
#ifndef ONUS_CONFIG_RULE_READER_H
#define ONUS_CONFIG_RULE_READER_H

#include "config/yaml_tree.h"
#include "onus/rules.h"

typedef struct rule_reader {
    arena *memory;  /* the rules live here */
    arena *scratch; /* of one file */
    diagnostics *d;
    alert_rules *out;
    size_t capacity;
    size_t visits;     /* nodes looked at in this file: aliases could make a small file endless */
    bool full;         /* a bound was met and reported: nothing more is taken */
    const char *file;  /* in `memory` */
    const char *bytes; /* the whole file */
    size_t len;
} rule_reader;

/* A part of a file: all of it, or a text that stands in it. */
typedef struct rule_text {
    const char *bytes;
    size_t len;
    unsigned lines_before, columns_before;
    bool inner; /* a text in a ConfigMap; it holds no further one */
} rule_text;

/* rule_text.c: every document of it, templates or not. */
void rule_text_read(rule_reader *r, const rule_text *text);
/* rule_collect.c: every alerting rule in a tree, wherever it stands. */
void rule_collect(rule_reader *r, const yaml_node *root, bool inner);

/* ── rule_template.c ── */

bool rule_has_templates(const char *bytes, size_t len);
/* The text with its templates made plain: what stands between the braces is written in characters that mean nothing in
 * YAML, and a line of nothing but templates becomes empty. Every line and column keeps its number. */
char *rule_mask(const char *bytes, size_t len, arena *a, size_t *out_len);
/* A masked value as it was written; a copy. */
char *rule_unmask(arena *a, const char *text);

#endif
