/* What `onus check` found, for people: the problems of each file with the line and a caret, then what the files are. */
#include "cli/check.h"

#include <string.h>

/* "file:1:2: error: text [rule]", with the place, the word and the rule in their colours. */
static void put_headline(const cli *c, buf *b, const char *line, const diagnostic *item) {
    const char *word = arena_printf(c->memory, "%s: ", diagnostic_level_to_text(item->level));
    const char *at = strstr(line, word), *rule = strrchr(line, '[');
    if (!c->color || !at || !rule || rule < at) {
        buf_puts(b, line);
        return;
    }
    buf_puts(b, paint(c, INK_BOLD, arena_strndup(c->memory, line, (size_t)(at - line))));
    buf_puts(b, paint(c, item->level == DIAGNOSTIC_ERROR ? INK_RED : INK_YELLOW, word));
    at += strlen(word);
    buf_put(b, at, (size_t)(rule - at));
    buf_puts(b, paint(c, INK_DIM, rule));
}

static void put_item(const cli *c, buf *b, const diagnostic *item, const checked_file *f) {
    buf plain;
    buf_init(&plain);
    diagnostic_print_with_source(&plain, item, f->bytes, f->bytes ? f->len : 0);
    char *rest = NULL, *text = arena_strdup(c->memory, plain.data);
    char *headline = strtok_r(text, "\n", &rest), *source = strtok_r(NULL, "\n", &rest);
    char *caret = strtok_r(NULL, "\n", &rest);
    put_headline(c, b, headline, item);
    buf_putc(b, '\n');
    if (source)
        buf_printf(b, "%s\n", source);
    if (caret)
        buf_printf(b, "%s\n", paint(c, item->level == DIAGNOSTIC_ERROR ? INK_RED : INK_YELLOW, caret));
    buf_release(&plain);
}

static const char *counted(arena *a, size_t count, const char *what) {
    return arena_printf(a, "%zu %s%s", count, what, count == 1 ? "" : "s");
}

void check_print_text(const check_report *r, buf *b) {
    const cli *c = r->c;
    for (size_t i = 0; i < r->count; i++)
        for (size_t k = 0; k < r->files[i].found.count; k++)
            put_item(c, b, &r->files[i].found.items[k], &r->files[i]);
    for (size_t i = 0; i < r->count; i++)
        if (r->files[i].summary)
            buf_printf(b, "%s: %s\n", printable(c->memory, r->files[i].path), r->files[i].summary);
    buf_puts(b,
             r->errors ? paint(c, INK_RED, counted(c->memory, r->errors, "error")) : paint(c, INK_GREEN, "no errors"));
    buf_printf(b, ", %s", counted(c->memory, r->warnings, "warning"));
    if (r->allowed)
        buf_printf(b, ", %zu allowed by comments", r->allowed);
    buf_putc(b, '\n');
}
