/* Owns how a difference reads on a terminal. */
#include "cli/diff.h"

enum { EXAMPLE_INDENT = 4 };

/* ── the charts themselves ── */

static void print_charts(const cli *c, const diff_view *v) {
    for (size_t i = 0; i < v->charts->count; i++) {
        const chart_change *ch = &v->charts->items[i];
        ink color = ch->sign == '+' ? INK_GREEN : ch->sign == '-' ? INK_RED : INK_YELLOW;
        const char *place =
            ch->line ? arena_printf(c->memory, " (%s:%u)", v->paths[ch->sign == '-' ? BEFORE : AFTER], ch->line) : "";
        fprintf(c->out, "%s %s%s%s%s: %s\n", paint(c, color, (char[]){ch->sign, '\0'}), ch->what, ch->id[0] ? " " : "",
                printable(c->memory, ch->id), place, printable(c->memory, ch->text));
    }
    if (v->charts->count == 0)
        fprintf(c->out, "the charts say the same\n");
}

/* ── what it does to alerts ── */

static void print_head(const cli *c, const diff_view *v) {
    const tally *t = v->tally;
    fprintf(c->out, "%s, by %s and by %s\n", v->over, v->paths[BEFORE], v->paths[AFTER]);
    for (int k = 0; k < CHANGE_KIND_COUNT; k++)
        if (t->by_kind[k])
            fprintf(c->out, "  %-44s %zu\n", change_kind_to_title((change_kind)k), t->by_kind[k]);
    fprintf(c->out, "  %-44s %zu\n", "as before", t->by_kind[CHANGE_NONE]);
    if (t->night)
        fprintf(c->out, "  %-44s %s\n  %-44s %s\n", "pages",
                diff_counts_text(c->memory, t->total[BEFORE].pages, t->total[AFTER].pages),
                arena_printf(c->memory, "of them at night (%s)", night_to_text(t->night, c->memory)),
                diff_counts_text(c->memory, t->total[BEFORE].night, t->total[AFTER].night));
}

static void print_table(const cli *c, const tally_table *t) {
    if (t->table.row_count == 0)
        return;
    fputc('\n', c->out);
    table_print(c, &t->table);
    if (t->rest[0])
        fprintf(c->out, "%s\n", t->rest);
}

static void print_line(const cli *c, const char *head, const char *text) {
    fprintf(c->out, "%*s%-6s %s\n", EXAMPLE_INDENT, "", head, printable(c->memory, text));
}

static void print_change(const cli *c, const tally *t, const tally_change *ch) {
    arena *a = c->memory;
    fprintf(c->out, "  %s  %zu×", paint(c, INK_BOLD, printable(a, ch->name)), ch->of[AFTER].alerts);
    if (t->night)
        fprintf(c->out, ", pages %s, at night %s", diff_counts_text(a, ch->of[BEFORE].pages, ch->of[AFTER].pages),
                diff_counts_text(a, ch->of[BEFORE].night, ch->of[AFTER].night));
    fputc('\n', c->out);
    print_line(c, "row", diff_rows_text(a, ch));
    print_line(c, "change", ch->text);
    print_line(c, "why", ch->why);
    print_line(c, "alert", ch->example);
}

static void print_changes(const cli *c, const diff_view *v) {
    const tally *t = v->tally;
    size_t shown = 0, hidden = t->unlisted;
    change_kind kind = CHANGE_NONE;
    for (const tally_change *ch = t->changes; ch; ch = ch->hh.next) {
        if (shown == v->shown_max) {
            hidden += ch->of[AFTER].alerts;
            continue;
        }
        if (ch->kind != kind)
            fprintf(c->out, "\n%s\n", change_kind_to_title(ch->kind));
        kind = ch->kind;
        print_change(c, t, ch);
        shown++;
    }
    if (hidden)
        fprintf(c->out, "\nand %zu more alerts that change\n", hidden);
}

void diff_print_text(const cli *c, const diff_view *v) {
    if (!v->over) {
        print_charts(c, v);
        return;
    }
    print_head(c, v);
    tally_table teams = diff_team_table(v, c->memory), rows = diff_row_table(v, c->memory);
    print_table(c, &teams);
    print_table(c, &rows);
    print_changes(c, v);
}
