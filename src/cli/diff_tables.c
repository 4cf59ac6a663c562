/* Owns the columns in which teams and rows are summed up: one row of a table each. */
#include "cli/diff.h"

enum { COLUMNS_MAX = 8 };

/* What a line of either table says. */
typedef struct tally_line {
    const char *name;
    const tally_count *of;
    const size_t *told; /* NULL: not a team */
    size_t gained, lost, moved, otherwise;
} tally_line;

typedef struct tally_column {
    const char *title;
    bool timed; /* only of alerts that have a time */
    const char *(*cell)(arena *a, const tally_line *l);
} tally_column;

const char *diff_counts_text(arena *a, size_t before, size_t after) {
    return before == after ? arena_printf(a, "%zu", after) : arena_printf(a, "%zu → %zu", before, after);
}

const char *diff_rows_text(arena *a, const tally_change *c) {
    return strcmp(c->rows[BEFORE], c->rows[AFTER]) == 0 ? c->rows[AFTER]
                                                        : arena_printf(a, "%s → %s", c->rows[BEFORE], c->rows[AFTER]);
}

static const char *number(arena *a, size_t n) {
    return n ? arena_printf(a, "%zu", n) : "";
}

static const char *name_cell(arena *a, const tally_line *l) {
    return printable(a, l->name);
}
static const char *pages_cell(arena *a, const tally_line *l) {
    return diff_counts_text(a, l->of[BEFORE].pages, l->of[AFTER].pages);
}
static const char *night_cell(arena *a, const tally_line *l) {
    return diff_counts_text(a, l->of[BEFORE].night, l->of[AFTER].night);
}
static const char *alerts_cell(arena *a, const tally_line *l) {
    return diff_counts_text(a, l->of[BEFORE].alerts, l->of[AFTER].alerts);
}
static const char *gained_cell(arena *a, const tally_line *l) {
    return number(a, l->gained);
}
static const char *lost_cell(arena *a, const tally_line *l) {
    return number(a, l->lost);
}
static const char *moved_cell(arena *a, const tally_line *l) {
    return number(a, l->moved);
}
static const char *otherwise_cell(arena *a, const tally_line *l) {
    return number(a, l->otherwise);
}
static const char *told_cell(arena *a, const tally_line *l) {
    return diff_counts_text(a, l->told[BEFORE], l->told[AFTER]);
}

static const tally_column TEAM_COLUMNS[] = {
    {"TEAM", false, name_cell},     {"PAGES", true, pages_cell},    {"AT NIGHT", true, night_cell},
    {"ALERTS", false, alerts_cell}, {"GAINED", false, gained_cell}, {"LOST", false, lost_cell},
    {"HEARS OF", false, told_cell},
};

static const tally_column ROW_COLUMNS[] = {
    {"ROW", false, name_cell},      {"PAGES", true, pages_cell},          {"AT NIGHT", true, night_cell},
    {"ALERTS", false, alerts_cell}, {"GAINED", false, gained_cell},       {"LOST", false, lost_cell},
    {"MOVED", false, moved_cell},   {"OTHERWISE", false, otherwise_cell},
};

typedef struct column_set {
    const tally_column *items[COLUMNS_MAX];
    size_t count;
} column_set;

static column_set choose(const tally_column *all, size_t count, bool timed) {
    column_set set = {.count = 0};
    for (size_t i = 0; i < count; i++)
        if (timed || !all[i].timed)
            set.items[set.count++] = &all[i];
    return set;
}

typedef struct building {
    column_set set;
    tally_table out;
    size_t room, hidden;
} building;

static building begin(column_set set, size_t room, arena *a) {
    building b = {.set = set, .room = room};
    const char **titles = ARENA_ARRAY(a, const char *, COLUMNS_MAX);
    for (size_t i = 0; i < set.count; i++)
        titles[i] = set.items[i]->title;
    table_init(&b.out.table, a, titles, set.count);
    return b;
}

static void add(building *b, const tally_line *l) {
    const char *cells[COLUMNS_MAX];
    if (b->out.table.row_count == b->room) {
        b->hidden++;
        return;
    }
    for (size_t i = 0; i < b->set.count; i++)
        cells[i] = b->set.items[i]->cell(b->out.table.memory, l);
    table_add(&b->out.table, cells);
}

static tally_table finish(building *b, const char *what) {
    b->out.rest =
        b->hidden ? arena_printf(b->out.table.memory, "and %zu more %s%s", b->hidden, what, b->hidden == 1 ? "" : "s")
                  : "";
    return b->out;
}

tally_table diff_team_table(const diff_view *v, arena *a) {
    const tally *t = v->tally;
    size_t columns = sizeof TEAM_COLUMNS / sizeof *TEAM_COLUMNS;
    building b = begin(choose(TEAM_COLUMNS, columns, t->night != NULL), v->shown_max, a);
    for (const tally_team *team = t->teams; team; team = team->hh.next)
        if (tally_team_changed(team))
            add(&b, &(tally_line){.name = team->name,
                                  .of = team->of,
                                  .told = team->told,
                                  .gained = team->gained,
                                  .lost = team->lost});
    return finish(&b, "team");
}

tally_table diff_row_table(const diff_view *v, arena *a) {
    const tally *t = v->tally;
    size_t columns = sizeof ROW_COLUMNS / sizeof *ROW_COLUMNS;
    building b = begin(choose(ROW_COLUMNS, columns, t->night != NULL), v->shown_max, a);
    for (const tally_row *row = t->rows; row; row = row->hh.next)
        if (tally_row_changed(row))
            add(&b, &(tally_line){.name = row->id,
                                  .of = row->of,
                                  .gained = row->gained,
                                  .lost = row->lost,
                                  .moved = row->moved,
                                  .otherwise = row->otherwise});
    return finish(&b, "row");
}
