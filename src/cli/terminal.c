/* Owns what a person sees: colours, tables, the sentence of a failure. */
#include "cli/cli.h"

#include "onus/limits.h"
#include "onus/text.h"

#include <libsmartcols/libsmartcols.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

const char *paint(const cli *c, ink color, const char *text) {
    static const char *const codes[] = {
        [INK_BOLD] = "1", [INK_RED] = "1;31", [INK_YELLOW] = "1;33", [INK_GREEN] = "32", [INK_DIM] = "2",
    };
    return c->color ? arena_printf(c->memory, "\033[%sm%s\033[0m", codes[color], text) : text;
}

const char *printable(arena *a, const char *text) {
    char *copy = arena_strdup(a, text_visible(a, text));
    for (unsigned char *at = (unsigned char *)copy; *at; at++)
        if (*at < 0x20 || *at == 0x7F)
            *at = ' ';
    return copy;
}

int cli_fail(cli *c, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    fputs("onus: ", c->err);
    vfprintf(c->err, fmt, args);
    fputc('\n', c->err);
    va_end(args);
    return EXIT_FAILED;
}

void table_init(text_table *t, arena *a, const char *const *columns, size_t column_count) {
    *t = (text_table){.columns = columns, .column_count = column_count, .memory = a};
}

void table_add(text_table *t, const char *const *cells) {
    if (t->row_count == t->row_capacity) {
        t->row_capacity = t->row_capacity ? 2 * t->row_capacity : 16;
        const char **more = ARENA_ARRAY(t->memory, const char *, t->row_capacity * t->column_count);
        if (t->row_count > 0)
            memcpy(more, t->cells, t->row_count * t->column_count * sizeof *more);
        t->cells = more;
    }
    const char **row = &t->cells[t->row_count++ * t->column_count];
    memcpy(row, cells, t->column_count * sizeof *cells);
    for (size_t i = 0; i + 1 < t->column_count; i++)
        if (row[i])
            row[i] = text_shorten(t->memory, row[i], LIMIT_CELL_BYTES);
}

static bool fill(struct libscols_table *out, const text_table *t) {
    for (size_t i = 0; i < t->column_count; i++)
        if (!scols_table_new_column(out, t->columns[i], 0, 0))
            return false;
    for (size_t row = 0; row < t->row_count; row++) {
        struct libscols_line *line = scols_table_new_line(out, NULL);
        if (!line)
            return false;
        for (size_t i = 0; i < t->column_count; i++) {
            const char *cell = t->cells[row * t->column_count + i];
            if (scols_line_set_data(line, i, cell ? cell : "") != 0)
                return false;
        }
    }
    return true;
}

void table_print(const cli *c, const text_table *t) {
    char *text = NULL;
    struct libscols_table *out = scols_new_table();
    /* Nothing is cut to a terminal's width: whom a page reaches must be readable whole. */
    if (out && scols_table_enable_maxout(out, 0) == 0 && scols_table_set_termforce(out, SCOLS_TERMFORCE_NEVER) == 0 &&
        fill(out, t) && scols_print_table_to_string(out, &text) == 0 && text)
        fputs(text, c->out);
    if (text && *text && text[strlen(text) - 1] != '\n')
        fputc('\n', c->out);
    free(text);
    scols_unref_table(out);
}
