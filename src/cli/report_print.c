/* How a report reads: on a terminal as tables, in a review as Markdown. The two differ only in how a heading, a table
 * and a block are set; what they say is said once. */
#include "cli/report.h"

#include "onus/row_edit.h"
#include "onus/text.h"

#include <string.h>

typedef struct page {
    const cli *c;
    const cJSON *report;
    bool markdown;
} page;

/* ── values ── */

static const char *text_of(const page *p, const cJSON *item, const char *name) {
    return printable(p->c->memory, json_text(item, name));
}

static const char *number_of(const page *p, const cJSON *item, const char *name) {
    return arena_printf(p->c->memory, "%lld", (long long)json_int(item, name, 0));
}

/* "1 incident", "2 incidents" */
static const char *count_of(const page *p, const cJSON *item, const char *name, const char *what) {
    int64_t count = json_int(item, name, 0);
    return arena_printf(p->c->memory, "%lld %s%s", (long long)count, what, count == 1 ? "" : "s");
}

static const char *rate_of(const page *p, const cJSON *item) {
    const cJSON *rate = json_member(item, "misroute_rate");
    return cJSON_IsNumber(rate) ? arena_printf(p->c->memory, "%.1f %%", rate->valuedouble * 100) : "-";
}

static const char *median_of(const page *p, const cJSON *item) {
    const cJSON *seconds = json_member(item, "median_seconds_to_owner");
    return cJSON_IsNumber(seconds)
               ? duration_to_rough_text(p->c->memory, (usec)(seconds->valuedouble * (double)USEC_PER_SECOND))
               : "-";
}

/* ── layout ── */

static void put_heading(const page *p, const char *text) {
    fprintf(p->c->out, p->markdown ? "\n### %s\n\n" : "\n%s\n", p->markdown ? text : paint(p->c, INK_BOLD, text));
}

/* A cell of Markdown: a bar would end it. */
static const char *cell(const page *p, const char *text) {
    buf b;
    buf_init(&b);
    for (; *text; text++) {
        if (*text == '|' || *text == '\\' || *text == '<' || *text == '`')
            buf_putc(&b, '\\');
        buf_putc(&b, *text);
    }
    const char *out = buf_to_arena(&b, p->c->memory);
    buf_release(&b);
    return out;
}

static void put_markdown_row(const page *p, const char *const *cells, size_t count) {
    for (size_t i = 0; i < count; i++)
        fprintf(p->c->out, "| %s ", cells[i] ? cell(p, cells[i]) : "");
    fputs("|\n", p->c->out);
}

static void put_table(const page *p, const text_table *t) {
    if (!p->markdown) {
        table_print(p->c, t);
        return;
    }
    put_markdown_row(p, t->columns, t->column_count);
    for (size_t i = 0; i < t->column_count; i++)
        fputs("|---", p->c->out);
    fputs("|\n", p->c->out);
    for (size_t row = 0; row < t->row_count; row++)
        put_markdown_row(p, &t->cells[row * t->column_count], t->column_count);
}

/* ── the parts ── */

static void put_summary(const page *p) {
    const cJSON *r = p->report;
    if (p->markdown)
        fputs("## How the chart routes\n\n", p->c->out);
    fprintf(p->c->out, "%s opened from %.10s to %.10s: %s contested, %s misrouted (%s)",
            count_of(p, r, "incidents", "incident"), text_of(p, r, "since"), text_of(p, r, "until"),
            number_of(p, r, "contested"), number_of(p, r, "misrouted"), rate_of(p, r));
    if (json_int(r, "misrouted", 0) > 0)
        fprintf(p->c->out, ", with their owner after %s (median)", median_of(p, r));
    fputs(".\n", p->c->out);
    if (json_bool(r, "truncated", false))
        fputs("Only the first of each list are shown.\n", p->c->out);
}

static void put_rows(const page *p) {
    static const char *const columns[] = {"ROW",       "LOOP", "INCIDENTS",    "CONTESTED",
                                          "MISROUTED", "RATE", "TIME TO OWNER"};
    const cJSON *item;
    text_table t;
    table_init(&t, p->c->memory, columns, sizeof columns / sizeof *columns);
    cJSON_ArrayForEach(item, json_member(p->report, "rows"))
        table_add(&t, (const char *const[]){text_of(p, item, "activity"), text_of(p, item, "loop"),
                                            number_of(p, item, "incidents"), number_of(p, item, "contested"),
                                            number_of(p, item, "misrouted"), rate_of(p, item), median_of(p, item)});
    put_heading(p, "By row");
    put_table(p, &t);
}

static void put_teams(const page *p) {
    static const char *const columns[] = {"TEAM", "INCIDENTS",     "CONTESTED", "MISROUTED",
                                          "RATE", "TIME TO OWNER", "PAGES",     "AT NIGHT"};
    const cJSON *item;
    text_table t;
    table_init(&t, p->c->memory, columns, sizeof columns / sizeof *columns);
    cJSON_ArrayForEach(item, json_member(p->report, "teams")) table_add(
        &t, (const char *const[]){text_of(p, item, "team_name"), number_of(p, item, "incidents"),
                                  number_of(p, item, "contested"), number_of(p, item, "misrouted"), rate_of(p, item),
                                  median_of(p, item), number_of(p, item, "pages"), number_of(p, item, "night_pages")});
    put_heading(p, "By team");
    put_table(p, &t);
    fprintf(p->c->out, "%s%s, %s of them between 22:00 and 07:00 (%s).\n", p->markdown ? "\n" : "",
            count_of(p, p->report, "pages", "page"), number_of(p, p->report, "night_pages"),
            text_of(p, p->report, "time_zone"));
}

static void put_unowned(const page *p) {
    static const char *const columns[] = {"TITLE", "INCIDENTS"};
    const cJSON *unowned = json_member(p->report, "unowned"), *item;
    if (json_int(unowned, "incidents", 0) == 0)
        return;
    text_table t;
    table_init(&t, p->c->memory, columns, sizeof columns / sizeof *columns);
    cJSON_ArrayForEach(item, json_member(unowned, "titles"))
        table_add(&t, (const char *const[]){text_of(p, item, "title"), number_of(p, item, "incidents")});
    put_heading(p,
                arena_printf(p->c->memory, "Claimed by no row: %s, %s", count_of(p, unowned, "incidents", "incident"),
                             count_of(p, unowned, "events", "alert")));
    put_table(p, &t);
}

static void put_gave_up(const page *p) {
    static const char *const columns[] = {"CONTACT", "MESSAGES", "LAST", "WHY"};
    const cJSON *list = json_member(p->report, "gave_up"), *item;
    if (cJSON_GetArraySize(list) == 0)
        return;
    text_table t;
    table_init(&t, p->c->memory, columns, sizeof columns / sizeof *columns);
    cJSON_ArrayForEach(item, list) {
        const char *address = text_of(p, item, "address");
        const char *contact =
            arena_printf(p->c->memory, "%s%s%s", text_of(p, item, "channel"), *address ? ":" : "", address);
        table_add(&t, (const char *const[]){contact, number_of(p, item, "messages"), text_of(p, item, "last_at"),
                                            text_of(p, item, "detail")});
    }
    put_heading(p, "Contacts that gave up");
    put_table(p, &t);
}

/* Line by line, as an end of line is part of it, and nothing else may steer the terminal. */
static void put_yaml(const page *p, const char *yaml) {
    if (p->markdown)
        fputs("\n```yaml\n", p->c->out);
    while (*yaml) {
        size_t len = strcspn(yaml, "\n");
        fprintf(p->c->out, "%s\n", printable(p->c->memory, arena_strndup(p->c->memory, yaml, len)));
        yaml += len + (yaml[len] == '\n');
    }
    if (p->markdown)
        fputs("```\n\n", p->c->out);
}

static void put_edit(const page *p, const cJSON *edit) {
    const char *yaml = cJSON_GetStringValue(json_member(edit, "yaml")), *problem = text_of(p, edit, "problem");
    fprintf(p->c->out, "%s of row %s went to %s; %s stayed.", count_of(p, edit, "moved", "incident"),
            text_of(p, edit, "activity"), text_of(p, edit, "to_name"), number_of(p, edit, "kept"));
    if (*text_of(p, edit, "difference"))
        fprintf(p->c->out, " What differs: %s.", text_of(p, edit, "difference"));
    if (!*problem && json_int(edit, "moved", 0) == 1)
        fputs(" From a single incident: look before you paste.", p->c->out);
    fprintf(p->c->out, " %s\n", *problem ? problem : arena_printf(p->c->memory, "Put %s:", text_of(p, edit, "where")));
    if (*problem || !yaml) {
        fputs("\n", p->c->out);
        return;
    }
    put_yaml(p, yaml);
    fprintf(p->c->out, "Replayed on the recorded incidents: %s moved rightly, %s wrongly, %s not moved.\n\n",
            number_of(p, edit, "rightly"), number_of(p, edit, "wrongly"), number_of(p, edit, "missed"));
}

static void put_edits(const page *p) {
    const cJSON *edits = json_member(p->report, "edits"), *edit;
    if (cJSON_GetArraySize(edits) == 0)
        return;
    put_heading(p, "What would have prevented it");
    cJSON_ArrayForEach(edit, edits) put_edit(p, edit);
}

void report_print(const cli *c, const cJSON *report, bool markdown) {
    page p = {c, report, markdown};
    put_summary(&p);
    put_rows(&p);
    put_teams(&p);
    put_unowned(&p);
    put_gave_up(&p);
    put_edits(&p);
}
