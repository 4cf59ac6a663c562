/* The comments of a YAML file, which libyaml drops. What they say is others' business.
 *
 * The difficulty: a # within a quoted text, a block or a word is no comment. The parsed tree knows where each scalar
 * begins and ends; whatever is # outside of them begins a comment, as libyaml's own scanner has it. */
#include "config/yaml_tree.h"

#include "onus/text.h"

#include <string.h>

typedef struct scanner {
    const char *at, *end;
    file_position place; /* of `at` */
    bool blank;          /* nothing but blanks since the line's beginning */
    yaml_comment_each *each;
    void *context;
} scanner;

static bool is_before(file_position a, file_position b) {
    return a.line < b.line || (a.line == b.line && a.column < b.column);
}

static void step(scanner *s) {
    size_t line_end = text_line_break(s->at, s->end);
    if (line_end > 0) {
        s->at += line_end;
        s->place = (file_position){s->place.line + 1, 1};
        s->blank = true;
        return;
    }
    s->blank = s->blank && (*s->at == ' ' || *s->at == '\t');
    do
        s->at++;
    while (s->at < s->end && ((unsigned char)*s->at & 0xC0) == 0x80);
    s->place.column++;
}

static void take_comment(scanner *s) {
    yaml_comment c = {.at = s->place, .text = s->at + 1, .alone = s->blank};
    while (s->at < s->end && text_line_break(s->at, s->end) == 0)
        step(s);
    c.len = (size_t)(s->at - c.text);
    s->each(s->context, &c);
}

/* Everything up to `until` is outside of scalars. */
static void scan_to(scanner *s, file_position until) {
    while (s->at < s->end && is_before(s->place, until)) {
        if (*s->at == '#')
            take_comment(s);
        else
            step(s);
    }
}

static void skip_to(scanner *s, file_position until) {
    while (s->at < s->end && is_before(s->place, until))
        step(s);
}

static void pass_scalar(scanner *s, const yaml_node *node) {
    scan_to(s, node->at);
    bool block = s->at < s->end && (*s->at == '|' || *s->at == '>') && !node->plain && is_before(node->at, node->end);
    if (block)
        scan_to(s, (file_position){node->at.line + 1, 1}); /* a comment may stand behind | */
    skip_to(s, node->end);
}

static void pass(scanner *s, const yaml_node *node) { // NOLINT(misc-no-recursion): LIMIT_YAML_DEPTH bounds it
    if (node->kind == YAML_TREE_SCALAR)
        pass_scalar(s, node);
    for (size_t i = 0; i < node->count; i++) {
        if (node->kind == YAML_TREE_MAP)
            pass(s, node->keys[i]);
        pass(s, node->items[i]);
    }
}

void yaml_comments_find(const yaml_input *in, const yaml_node *root, yaml_comment_each *each, void *context) {
    yaml_input text = yaml_input_without_mark(in);
    scanner s = {text.bytes, text.bytes + text.len, {1, 1}, true, each, context};
    pass(&s, root);
    scan_to(&s, (file_position){(unsigned)-1, 1});
}
