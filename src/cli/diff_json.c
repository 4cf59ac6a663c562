/* Owns a difference as JSON. */
#include "cli/diff.h"

static void put_text(buf *b, const char *name, const char *text) {
    buf_printf(b, "\"%s\":", name);
    buf_put_json(b, text);
    buf_putc(b, ',');
}

static void put_sides(buf *b, const char *name, size_t before, size_t after) {
    buf_printf(b, "\"%s\":{\"before\":%zu,\"after\":%zu},", name, before, after);
}

static void put_counts(buf *b, const tally_count of[SIDE_COUNT]) {
    put_sides(b, "alerts", of[BEFORE].alerts, of[AFTER].alerts);
    put_sides(b, "pages", of[BEFORE].pages, of[AFTER].pages);
    put_sides(b, "night_pages", of[BEFORE].night, of[AFTER].night);
}

static void put_charts(buf *b, const chart_changes *changes) {
    buf_puts(b, "\"changes\":[");
    for (size_t i = 0; i < changes->count; i++) {
        const chart_change *c = &changes->items[i];
        buf_puts(b, i ? ",{" : "{");
        put_text(b, "change", c->sign == '+' ? "added" : c->sign == '-' ? "removed" : "changed");
        put_text(b, "what", c->what);
        put_text(b, "id", c->id);
        put_text(b, "text", c->text);
        buf_printf(b, "\"line\":%u}", c->line);
    }
    buf_puts(b, "]}");
}

static void put_totals(buf *b, const tally *t, arena *a) {
    put_text(b, "night", t->night ? night_to_text(t->night, a) : NULL);
    put_counts(b, t->total);
    buf_printf(b, "\"changed\":%zu,\"kinds\":{", tally_changed(t));
    for (int k = 0; k < CHANGE_KIND_COUNT; k++)
        buf_printf(b, "%s\"%s\":%zu", k ? "," : "", change_kind_to_text((change_kind)k), t->by_kind[k]);
    buf_puts(b, "},");
}

static void put_teams(buf *b, const tally *t) {
    const char *between = "";
    buf_puts(b, "\"teams\":[");
    for (const tally_team *team = t->teams; team; team = team->hh.next) {
        if (!tally_team_changed(team))
            continue;
        buf_printf(b, "%s{", between);
        between = ",";
        put_text(b, "team", team->id);
        put_text(b, "name", team->name);
        put_counts(b, team->of);
        put_sides(b, "told", team->told[BEFORE], team->told[AFTER]);
        buf_printf(b, "\"gained\":%zu,\"lost\":%zu}", team->gained, team->lost);
    }
    buf_puts(b, "],");
}

static void put_rows(buf *b, const tally *t) {
    const char *between = "";
    buf_puts(b, "\"rows\":[");
    for (const tally_row *row = t->rows; row; row = row->hh.next) {
        if (!tally_row_changed(row))
            continue;
        buf_printf(b, "%s{", between);
        between = ",";
        put_text(b, "row", row->id);
        put_counts(b, row->of);
        buf_printf(b, "\"gained\":%zu,\"lost\":%zu,\"moved\":%zu,\"otherwise\":%zu}", row->gained, row->lost,
                   row->moved, row->otherwise);
    }
    buf_puts(b, "],");
}

static void put_alerts(buf *b, const tally *t) {
    buf_puts(b, "\"changed_alerts\":[");
    for (const tally_change *c = t->changes; c; c = c->hh.next) {
        buf_puts(b, c == t->changes ? "{" : ",{");
        put_text(b, "name", c->name);
        put_text(b, "kind", change_kind_to_text(c->kind));
        put_text(b, "change", c->text);
        put_text(b, "row_before", c->rows[BEFORE]);
        put_text(b, "row_after", c->rows[AFTER]);
        put_text(b, "why", c->why);
        put_counts(b, c->of);
        buf_puts(b, "\"example\":");
        buf_put_json(b, c->example);
        buf_putc(b, '}');
    }
    buf_printf(b, "],\"unlisted\":%zu}", t->unlisted);
}

void diff_print_json(const cli *c, const diff_view *v) {
    buf b;
    buf_init(&b);
    buf_putc(&b, '{');
    put_text(&b, "old", v->paths[BEFORE]);
    put_text(&b, "new", v->paths[AFTER]);
    put_text(&b, "over", v->over);
    if (!v->over) {
        put_charts(&b, v->charts);
    } else {
        put_totals(&b, v->tally, c->memory);
        put_teams(&b, v->tally);
        put_rows(&b, v->tally);
        put_alerts(&b, v->tally);
    }
    buf_putc(&b, '\n');
    fputs(b.data, c->out);
    buf_release(&b);
}
