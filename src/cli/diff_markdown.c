/* Owns a difference as Markdown, to be pasted into a review: the summary above, the details folded. The difficulty:
 * names of rows and labels are anybody's text, and must not become markup. */
#include "cli/diff.h"

#include <ctype.h>
#include <string.h>

/* In a cell or a sentence: what means something to Markdown or HTML is escaped, a line end is a space. */
static void put_plain(buf *b, arena *a, const char *text) {
    for (const char *at = printable(a, text); *at; at++) {
        if (*at == '<')
            buf_puts(b, "&lt;");
        else if (*at == '>')
            buf_puts(b, "&gt;");
        else if (*at == '&')
            buf_puts(b, "&amp;");
        else if (strchr("\\`*_[]|~#@", *at))
            buf_printf(b, "\\%c", *at);
        else
            buf_putc(b, *at);
    }
}

static void put_row(buf *b, arena *a, const char *const *cells, size_t count) {
    buf_putc(b, '|');
    for (size_t i = 0; i < count; i++) {
        buf_putc(b, ' ');
        put_plain(b, a, cells[i]);
        buf_puts(b, " |");
    }
    buf_putc(b, '\n');
}

static void put_columns(buf *b, arena *a, const char *const *columns, size_t count) {
    put_row(b, a, columns, count);
    buf_putc(b, '|');
    for (size_t i = 0; i < count; i++)
        buf_puts(b, "---|");
    buf_putc(b, '\n');
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void open_details(buf *b, arena *a, const char *summary) {
    buf_puts(b, "\n<details><summary>");
    put_plain(b, a, summary);
    buf_puts(b, "</summary>\n\n");
}

static void close_details(buf *b) {
    buf_puts(b, "\n</details>\n");
}

/* ── the charts themselves ── */

static void put_charts(buf *b, arena *a, const diff_view *v) {
    static const char *const columns[] = {"", "what", "line", "change"};
    buf_puts(b, "### Chart: ");
    put_plain(b, a, v->paths[BEFORE]);
    buf_puts(b, " → ");
    put_plain(b, a, v->paths[AFTER]);
    buf_printf(b, "\n\n%zu change%s.\n", v->charts->count, v->charts->count == 1 ? "" : "s");
    if (v->charts->count == 0)
        return;
    open_details(b, a, "What changes");
    put_columns(b, a, columns, COUNT(columns));
    for (size_t i = 0; i < v->charts->count; i++) {
        const chart_change *c = &v->charts->items[i];
        const char *cells[] = {c->sign == '+'   ? "added"
                               : c->sign == '-' ? "removed"
                                                : "changed",
                               arena_printf(a, "%s %s", c->what, c->id), c->line ? arena_printf(a, "%u", c->line) : "",
                               c->text};
        put_row(b, a, cells, COUNT(cells));
    }
    close_details(b);
}

/* ── what it does to alerts ── */

static void put_head(buf *b, arena *a, const diff_view *v) {
    const tally *t = v->tally;
    buf_puts(b, "### Whose pages change: ");
    put_plain(b, a, v->paths[BEFORE]);
    buf_puts(b, " → ");
    put_plain(b, a, v->paths[AFTER]);
    buf_puts(b, "\n\nReplayed over ");
    put_plain(b, a, v->over);
    buf_printf(b, ": **%zu %s**, %zu as before.\n", tally_changed(t), tally_changed(t) == 1 ? "changes" : "change",
               t->by_kind[CHANGE_NONE]);
    for (int k = 0; k < CHANGE_KIND_COUNT; k++)
        if (t->by_kind[k])
            buf_printf(b, "%s* %zu %s\n", k == 0 || !tally_changed(t) ? "\n" : "", t->by_kind[k],
                       change_kind_to_title((change_kind)k));
    if (t->night)
        buf_printf(b, "\nPages: **%s**; at night (%s): **%s**.\n",
                   diff_counts_text(a, t->total[BEFORE].pages, t->total[AFTER].pages), night_to_text(t->night, a),
                   diff_counts_text(a, t->total[BEFORE].night, t->total[AFTER].night));
}

/* Their titles are written small, as in a sentence. */
static void put_table(buf *b, arena *a, const tally_table *of) {
    const text_table *t = &of->table;
    const char **titles = ARENA_ARRAY(a, const char *, t->column_count + 1);
    for (size_t i = 0; i < t->column_count; i++) {
        char *small = arena_strdup(a, t->columns[i]);
        for (char *at = small; *at; at++)
            *at = (char)tolower((unsigned char)*at);
        titles[i] = small;
    }
    put_columns(b, a, titles, t->column_count);
    for (size_t i = 0; i < t->row_count; i++)
        put_row(b, a, &t->cells[i * t->column_count], t->column_count);
    if (of->rest[0])
        buf_printf(b, "\n%s\n", of->rest);
}

static void put_changes(buf *b, arena *a, const diff_view *v) {
    static const char *const columns[] = {"alert", "times", "pages", "change", "row", "why"};
    const tally *t = v->tally;
    size_t shown = 0, hidden = t->unlisted;
    open_details(b, a, "The alerts that change");
    put_columns(b, a, columns, COUNT(columns));
    for (const tally_change *c = t->changes; c; c = c->hh.next) {
        if (shown == v->shown_max) {
            hidden += c->of[AFTER].alerts;
            continue;
        }
        const char *cells[] = {c->name,
                               arena_printf(a, "%zu", c->of[AFTER].alerts),
                               t->night ? diff_counts_text(a, c->of[BEFORE].pages, c->of[AFTER].pages) : "",
                               arena_printf(a, "%s: %s", change_kind_to_text(c->kind), c->text),
                               diff_rows_text(a, c),
                               c->why};
        put_row(b, a, cells, COUNT(cells));
        shown++;
    }
    if (hidden)
        buf_printf(b, "\nand %zu more alerts that change\n", hidden);
    close_details(b);
}

void diff_print_markdown(const cli *c, const diff_view *v) {
    buf b;
    buf_init(&b);
    if (!v->over) {
        put_charts(&b, c->memory, v);
    } else {
        put_head(&b, c->memory, v);
        if (tally_changed(v->tally) > 0) {
            tally_table teams = diff_team_table(v, c->memory), rows = diff_row_table(v, c->memory);
            buf_putc(&b, '\n');
            put_table(&b, c->memory, &teams);
            open_details(&b, c->memory, "By row");
            put_table(&b, c->memory, &rows);
            close_details(&b);
            put_changes(&b, c->memory, v);
        }
    }
    fputs(b.data, c->out);
    buf_release(&b);
}
