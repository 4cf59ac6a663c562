/* Owns how a coverage reads on a terminal. What strangers wrote (file names, alerts, groups) goes through printable. */
#include "cli/coverage.h"

#include "onus/text.h"

#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES = 80, LISTED_MAX = 12 /* alerts of a proposal, idle rows */ };

static const char *shown(const coverage *v, const char *text) {
    return printable(v->c->memory, text_shorten(v->c->memory, text, NAME_BYTES));
}

static const char *mark(const coverage *v, const covered_alert *one) {
    if (!one->owned)
        return paint(v->c, INK_RED, "unowned");
    return one->contest ? paint(v->c, INK_YELLOW, "contested") : "";
}

/* ── alerts ── */

static bool is_shown(const covered_alert *one, const coverage_display *how) {
    return !how->problems_only || !one->owned || one->contest;
}

static void add_alert(text_table *t, const coverage *v, const covered_alert *one) {
    arena *a = v->c->memory;
    table_add(t,
              (const char *const[]){shown(v, one->name), severity_to_text(one->severity), loop_to_text(one->row->loop),
                                    one->row->id, party_names(a, one->raci.responsible, one->raci.responsible_count),
                                    one->raci.accountable.role_name, mark(v, one), printable(a, alert_place(a, one))});
}

static void print_alerts(const coverage *v, const covered_alert *const *alerts, size_t count) {
    static const char *const columns[] = {"ALERT", "SEVERITY", "LOOP", "ROW", "RESPONSIBLE", "ACCOUNTABLE", "", "AT"};
    text_table t;
    table_init(&t, v->c->memory, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < count; i++)
        add_alert(&t, v, alerts[i]);
    table_print(v->c, &t);
    fputc('\n', v->c->out);
}

/* ── groups ── */

static const char *group_of(const covered_alert *one, coverage_grouping by) {
    switch (by) {
    case GROUPED_BY_FILE:
        return one->rule->file;
    case GROUPED_BY_ROW:
        return one->row->id;
    case GROUPED_BY_TEAM:
        return one->raci.responsible[0].team_name;
    case GROUPED_NOT:
        break;
    }
    return "";
}

typedef struct grouped {
    const covered_alert *alert;
    const char *group;
} grouped;

static int by_group(const void *left, const void *right) {
    const grouped *a = left, *b = right;
    int order = strcmp(a->group, b->group);
    return order != 0 ? order : (a->alert > b->alert) - (a->alert < b->alert);
}

static size_t print_group(const coverage *v, const grouped *items, size_t count) {
    const covered_alert **alerts = ARENA_ARRAY(v->c->memory, const covered_alert *, count);
    size_t end = 0, unowned = 0;
    for (; end < count && strcmp(items[end].group, items[0].group) == 0; end++) {
        alerts[end] = items[end].alert;
        unowned += !items[end].alert->owned;
    }
    if (*items[0].group) {
        fprintf(v->c->out, "%s: %zu%s\n", paint(v->c, INK_BOLD, shown(v, items[0].group)), end,
                unowned ? arena_printf(v->c->memory, " (%zu unowned)", unowned) : "");
    }
    print_alerts(v, alerts, end);
    return end;
}

static void print_groups(const coverage *v, const coverage_display *how) {
    grouped *items = ARENA_ARRAY(v->c->memory, grouped, v->count ? v->count : 1);
    size_t count = 0;
    for (size_t i = 0; i < v->count; i++)
        if (is_shown(&v->alerts[i], how))
            items[count++] = (grouped){&v->alerts[i], group_of(&v->alerts[i], how->grouping)};
    if (count > 1)
        qsort(items, count, sizeof *items, by_group);
    for (size_t at = 0; at < count;)
        at += print_group(v, items + at, count - at);
}

/* ── problems ── */

static void print_heading(const coverage *v, const char *text) {
    fprintf(v->c->out, "%s\n", paint(v->c, INK_BOLD, text));
}

static void print_yaml(const coverage *v, const char *yaml) {
    for (const char *at = yaml; *at;) {
        size_t len = strcspn(at, "\n");
        fprintf(v->c->out, "      %s\n", printable(v->c->memory, arena_strndup(v->c->memory, at, len)));
        at += len + (at[len] == '\n');
    }
}

static void print_proposal(const coverage *v, const proposal *p) {
    arena *a = v->c->memory;
    for (size_t i = 0; i < p->count && i < LISTED_MAX; i++)
        fprintf(v->c->out, "  %s  %s\n", shown(v, p->alerts[i]->name), printable(a, alert_place(a, p->alerts[i])));
    if (p->count > LISTED_MAX)
        fprintf(v->c->out, "  and %zu more\n", p->count - LISTED_MAX);
    if (p->row)
        fprintf(v->c->out, "    add to the match of row %s (%s); %s:\n", p->row->id, row_place(a, v, p->row),
                printable(a, p->why));
    else
        fprintf(v->c->out, "    %s%s\n", p->why, *p->yaml ? "; a row of its own, under activities:" : "");
    print_yaml(v, p->yaml);
}

static void print_unowned(const coverage *v) {
    if (v->proposal_count == 0)
        return;
    print_heading(v, "Unowned, and what would give them an owner");
    for (size_t i = 0; i < v->proposal_count; i++)
        print_proposal(v, &v->proposals[i]);
    fputc('\n', v->c->out);
}

/* A contested alert and what contests it. */
typedef struct reason {
    const covered_alert *alert;
    const char *text;
} reason;

static int by_reason(const void *left, const void *right) {
    const reason *a = left, *b = right;
    int order = strcmp(a->text, b->text);
    return order != 0 ? order : (a->alert > b->alert) - (a->alert < b->alert);
}

static size_t print_reason(const coverage *v, const reason *items, size_t count) {
    arena *a = v->c->memory;
    size_t end = 0;
    fprintf(v->c->out, "  %s\n", printable(a, items[0].text));
    for (; end < count && strcmp(items[end].text, items[0].text) == 0; end++)
        if (end < LISTED_MAX)
            fprintf(v->c->out, "    %s  %s  %s\n", shown(v, items[end].alert->name), items[end].alert->row->id,
                    printable(a, alert_place(a, items[end].alert)));
    if (end > LISTED_MAX)
        fprintf(v->c->out, "    and %zu more\n", end - LISTED_MAX);
    return end;
}

static void print_contested(const coverage *v) {
    reason *items = ARENA_ARRAY(v->c->memory, reason, v->contested + 1);
    size_t count = 0;
    if (v->contested == 0)
        return;
    for (size_t i = 0; i < v->count; i++)
        if (v->alerts[i].contest)
            items[count++] = (reason){&v->alerts[i], contest_text(v->c->memory, v, &v->alerts[i])};
    qsort(items, count, sizeof *items, by_reason);
    print_heading(v, "Contested: a label decides that the rule lacks, or that rules of one name give differently");
    for (size_t at = 0; at < count;)
        at += print_reason(v, items + at, count - at);
    fputs("Set the label in the rule, or give --label when the sender adds it.\n\n", v->c->out);
}

/* ── totals ── */

static const char *share_text(arena *a, size_t part, size_t whole) {
    return arena_printf(a, "%.1f %%", percent(part, whole));
}

static void print_loops(const coverage *v) {
    static const char *const columns[] = {"LOOP", "ALERTS", "SHARE"};
    arena *a = v->c->memory;
    text_table t;
    table_init(&t, a, columns, sizeof columns / sizeof *columns);
    for (int i = 0; i < LOOP_COUNT; i++)
        table_add(&t, (const char *const[]){loop_title((loop)i), arena_printf(a, "%zu", v->by_loop[i]),
                                            share_text(a, v->by_loop[i], v->count)});
    table_print(v->c, &t);
    fputc('\n', v->c->out);
}

static void print_rows(const coverage *v) {
    static const char *const columns[] = {"ROW", "LOOP", "ALERTS", "SHARE", "AT"};
    arena *a = v->c->memory;
    text_table t;
    table_init(&t, a, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i <= v->chart->row_count; i++) {
        const chart_row *row = i < v->chart->row_count ? &v->chart->rows[i] : &v->chart->unowned;
        if (v->by_row[i] > 0)
            table_add(&t, (const char *const[]){row->id, loop_to_text(row->loop), arena_printf(a, "%zu", v->by_row[i]),
                                                share_text(a, v->by_row[i], v->count), row_place(a, v, row)});
    }
    table_print(v->c, &t);
    fputc('\n', v->c->out);
}

static void print_idle_rows(const coverage *v) {
    size_t listed = 0;
    if (v->idle_rows == 0)
        return;
    fputs("Rows that own none of these: ", v->c->out);
    for (size_t i = 0; i < v->chart->row_count && listed < LISTED_MAX; i++)
        if (v->by_row[i] == 0)
            fprintf(v->c->out, "%s%s", listed++ ? ", " : "", v->chart->rows[i].id);
    if (v->idle_rows > listed)
        fprintf(v->c->out, " and %zu more", v->idle_rows - listed);
    fputs("\n\n", v->c->out);
}

static void print_teams(const coverage *v) {
    static const char *const columns[] = {"TEAM", "RESPONSIBLE FOR", "SHARE", "ACCOUNTABLE FOR"};
    arena *a = v->c->memory;
    text_table t;
    table_init(&t, a, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < v->team_count; i++) {
        const team_share *one = &v->teams[i];
        table_add(&t, (const char *const[]){one->name, arena_printf(a, "%zu", one->responsible),
                                            share_text(a, one->responsible, v->count),
                                            arena_printf(a, "%zu", one->accountable)});
    }
    table_print(v->c, &t);
    fputc('\n', v->c->out);
}

static void print_sum(const coverage *v) {
    size_t owned = v->count - v->unowned;
    const char *unowned = arena_printf(v->c->memory, "%zu unowned", v->unowned);
    const char *contested = arena_printf(v->c->memory, "%zu contested", v->contested);
    fprintf(v->c->out, "%zu alert%s in %zu file%s: %zu owned (%.1f %%), %s, %s%s\n", v->count, v->count == 1 ? "" : "s",
            v->rules.file_count, v->rules.file_count == 1 ? "" : "s", owned, percent(owned, v->count),
            paint(v->c, v->unowned ? INK_RED : INK_GREEN, unowned),
            v->contested ? paint(v->c, INK_YELLOW, contested) : contested,
            alert_rules_left_out(&v->rules, v->c->memory));
    if (v->unexamined)
        fprintf(v->c->out, "%zu alerts bear so many different labels that they were not examined for contests\n",
                v->unexamined);
}

void coverage_print_text(const coverage *v, const coverage_display *how) {
    print_groups(v, how);
    print_unowned(v);
    print_contested(v);
    if (!how->problems_only) {
        print_loops(v);
        print_rows(v);
        print_idle_rows(v);
        print_teams(v);
    }
    print_sum(v);
}
