/* Owns how a route reads: as text for people, as JSON for programs. */
#include "cli/route.h"

#include "onus/text.h"

static const char *step_text(const plan_step *s) {
    static const char *const opened[] = {
        [RACI_RESPONSIBLE] = "is paged: do the work",
        [RACI_ACCOUNTABLE] = "is told: answers for the outcome",
        [RACI_CONSULTED] = "is asked now",
        [RACI_INFORMED] = "is told, and told when it is over",
    };
    if (s->reason == REASON_ESCALATED)
        return s->letter == RACI_ACCOUNTABLE ? "is paged, when nobody has acknowledged" : "is paged again";
    if (s->reason == REASON_POSTMORTEM)
        return "is asked, for the post-mortem";
    return opened[s->letter];
}

static const char *step_when(arena *a, const plan_step *s, usec at) {
    if (s->after < 0)
        return "when it is over";
    if (at)
        return time_to_short_text(a, at + s->after);
    return s->after == 0 ? "at once" : arena_printf(a, "after %s", duration_to_text(a, s->after));
}

static void print_field(const cli *c, const char *name, const char *text) {
    if (*text)
        fprintf(c->out, "  %-9s %s\n", name, printable(c->memory, text));
}

/* The parts of a group key stand between unit separators. */
static const char *group_text(arena *a, const char *key) {
    buf b;
    buf_init(&b);
    for (; *key; key++)
        if (*key == '\x1f')
            buf_puts(&b, " / ");
        else
            buf_putc(&b, *key);
    const char *text = buf_to_arena(&b, a);
    buf_release(&b);
    return text;
}

static const char *row_place(arena *a, const char *path, const chart_row *row) {
    return row->at.line ? arena_printf(a, "%s:%u", path, row->at.line) : path;
}

static void print_head(const cli *c, const route_view *v) {
    const route *r = &v->route;
    arena *a = c->memory;
    fprintf(c->out, "%s  (%s, %s)\n", paint(c, INK_BOLD, r->row->name), loop_title(r->row->loop),
            severity_to_text(r->severity));
    print_field(c, "row", arena_printf(a, "%s  %s", r->row->id, row_place(a, v->path, r->row)));
    print_field(c, "why", r->why);
    print_field(c, "service", r->service);
    print_field(c, "grouped", group_text(a, r->group_key));
    print_field(c, "runbook", r->row->runbook ? r->row->runbook : "");
    fputc('\n', c->out);
}

static void add_party(text_table *t, raci_letter letter, const party *p) {
    table_add(t, (const char *const[]){letter_title(letter), p->role_name, p->team_name,
                                       contacts_text(t->memory, p->contacts, p->contact_count)});
}

static void print_raci(const cli *c, const raci *r) {
    static const char *const columns[] = {"LETTER", "ROLE", "TEAM", "REACHED AT"};
    text_table t;
    table_init(&t, c->memory, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < r->responsible_count; i++)
        add_party(&t, RACI_RESPONSIBLE, &r->responsible[i]);
    add_party(&t, RACI_ACCOUNTABLE, &r->accountable);
    for (size_t i = 0; i < r->consulted_count; i++)
        add_party(&t, RACI_CONSULTED, &r->consulted[i]);
    for (size_t i = 0; i < r->informed_count; i++)
        add_party(&t, RACI_INFORMED, &r->informed[i]);
    table_print(c, &t);
    fputc('\n', c->out);
}

static void print_plan(const cli *c, const route_view *v) {
    static const char *const columns[] = {"WHEN", "WHO", "TEAM", "WHAT"};
    text_table t;
    table_init(&t, c->memory, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < v->step_count; i++) {
        const plan_step *s = &v->steps[i];
        table_add(&t, (const char *const[]){step_when(c->memory, s, v->at), s->who->role_name, s->who->team_name,
                                            step_text(s)});
    }
    table_print(c, &t);
}

static const char *miss_text(arena *a, const near_miss *m) {
    if (m->hidden)
        return "matches, but the row above it won";
    buf b;
    buf_init(&b);
    if (m->failed)
        matcher_print(&b, m->failed);
    const char *text =
        arena_printf(a, "%zu of %zu matchers fit; fails: %s", m->passed, m->list ? m->list->count : 0, b.data);
    buf_release(&b);
    return text;
}

static void print_near(const cli *c, const route_view *v) {
    static const char *const columns[] = {"OTHER ROW", "AT", "WHY NOT"};
    if (v->near_count == 0)
        return;
    text_table t;
    table_init(&t, c->memory, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < v->near_count; i++)
        table_add(&t, (const char *const[]){v->near[i].row->id, row_place(c->memory, v->path, v->near[i].row),
                                            miss_text(c->memory, &v->near[i])});
    fputc('\n', c->out);
    table_print(c, &t);
}

void route_print_text(const cli *c, const route_view *v) {
    print_head(c, v);
    print_raci(c, &v->route.raci);
    print_plan(c, v);
    print_near(c, v);
}

/* ── JSON ── */

static void put_member(buf *b, const char *name, const char *text) {
    buf_printf(b, "\"%s\":", name);
    buf_put_json(b, text);
    buf_putc(b, ',');
}

static void put_plan(buf *b, const route_view *v) {
    buf_puts(b, "\"plan\":[");
    for (size_t i = 0; i < v->step_count; i++) {
        const plan_step *s = &v->steps[i];
        buf_puts(b, i ? ",{" : "{");
        put_member(b, "letter", raci_letter_to_text(s->letter));
        put_member(b, "reason", message_reason_to_text(s->reason));
        put_member(b, "role", s->who->role);
        put_member(b, "team", s->who->team);
        buf_printf(b, "\"page\":%s,\"after_seconds\":", s->page ? "true" : "false");
        if (s->after < 0)
            buf_puts(b, "null");
        else
            buf_put_int(b, s->after / USEC_PER_SECOND);
        buf_putc(b, '}');
    }
    buf_putc(b, ']');
}

static void put_near(buf *b, const route_view *v) {
    buf_puts(b, "\"near\":[");
    for (size_t i = 0; i < v->near_count; i++) {
        const near_miss *m = &v->near[i];
        buf failed;
        buf_init(&failed);
        if (m->failed)
            matcher_print(&failed, m->failed);
        buf_puts(b, i ? ",{" : "{");
        put_member(b, "activity", m->row->id);
        put_member(b, "failed", m->failed ? failed.data : NULL);
        buf_printf(b, "\"line\":%u,\"passed\":%zu,\"hidden\":%s}", m->row->at.line, m->passed,
                   m->hidden ? "true" : "false");
        buf_release(&failed);
    }
    buf_putc(b, ']');
}

void route_print_json(const cli *c, const route_view *v) {
    const route *r = &v->route;
    buf b;
    buf_init(&b);
    buf_putc(&b, '{');
    put_member(&b, "activity", r->row->id);
    put_member(&b, "activity_name", r->row->name);
    put_member(&b, "loop", loop_to_text(r->row->loop));
    put_member(&b, "severity", severity_to_text(r->severity));
    put_member(&b, "service", r->service);
    put_member(&b, "group_key", r->group_key);
    put_member(&b, "why", r->why);
    put_member(&b, "runbook", r->row->runbook);
    put_member(&b, "file", v->path);
    buf_printf(&b, "\"line\":%u,\"labels\":", r->row->at.line);
    labels_put_json(&b, v->set);
    buf_puts(&b, ",\"raci\":");
    raci_put_json(&b, &r->raci);
    buf_putc(&b, ',');
    put_plan(&b, v);
    buf_putc(&b, ',');
    put_near(&b, v);
    buf_puts(&b, "}\n");
    fputs(b.data, c->out);
    buf_release(&b);
}
