/* Owns how a route reads for people. Leaves JSON to route_json.c. */
#include "cli/route.h"

#include "onus/text.h"

#include <string.h>

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

static const char *step_when(arena *a, const route_view *v, const plan_step *s) {
    if (s->after < 0)
        return "when it is over";
    if (v->at_given)
        return time_to_short_text(a, v->at + s->after);
    return s->after == 0 ? "at once" : arena_printf(a, "after %s", duration_to_text(a, s->after));
}

static void print_field(const cli *c, const char *name, const char *text) {
    if (*text)
        fprintf(c->out, "  %-9s %s\n", name, printable(c->memory, text));
}

/* The parts of a group key stand between unit separators; what the alert lacks is a dash. */
static const char *group_text(arena *a, const char *key) {
    buf b;
    buf_init(&b);
    for (const char *at = key;; at++) {
        size_t len = strcspn(at, "\x1f");
        buf_printf(&b, "%s%.*s", at == key ? "" : " / ", len ? (int)len : 1, len ? at : "-");
        at += len;
        if (!*at)
            break;
    }
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
    print_field(c, "at", v->at_given ? time_to_short_text(a, v->at) : "");
    print_field(c, "why", route_why(r, a));
    print_field(c, "matched", route_matched(a, r));
    print_field(c, "service", r->service);
    print_field(c, "grouped", group_text(a, r->group_key));
    print_field(c, "runbook", r->row->runbook ? r->row->runbook : "");
    fputc('\n', c->out);
}

static const char *source_text(arena *a, const route *r, const party *p) {
    const char *source = route_player_source(r, p);
    if (text_equal(source, "service"))
        return arena_printf(a, "service %s says so", r->service);
    return text_equal(source, "person") ? "the role names the person" : "plays it by default";
}

static void add_party(text_table *t, const route *r, raci_letter letter, const party *p) {
    table_add(t, (const char *const[]){letter_title(letter), p->role_name, party_team_text(t->memory, p),
                                       printable(t->memory, source_text(t->memory, r, p))});
}

static void print_raci(const cli *c, const route *r) {
    static const char *const columns[] = {"LETTER", "ROLE", "PLAYED BY", "BECAUSE"};
    const raci *who = &r->raci;
    text_table t;
    table_init(&t, c->memory, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < who->responsible_count; i++)
        add_party(&t, r, RACI_RESPONSIBLE, &who->responsible[i]);
    add_party(&t, r, RACI_ACCOUNTABLE, &who->accountable);
    for (size_t i = 0; i < who->consulted_count; i++)
        add_party(&t, r, RACI_CONSULTED, &who->consulted[i]);
    for (size_t i = 0; i < who->informed_count; i++)
        add_party(&t, r, RACI_INFORMED, &who->informed[i]);
    table_print(c, &t);
    fputc('\n', c->out);
}

static void print_shifts(const cli *c, const route_view *v) {
    static const char *const columns[] = {"ON CALL", "OF", "UNTIL", "THEN"};
    if (v->shift_count == 0)
        return;
    text_table t;
    table_init(&t, c->memory, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < v->shift_count; i++) {
        const oncall_view *s = &v->shifts[i];
        table_add(&t, (const char *const[]){person_text(s->now.person), s->team->name,
                                            s->ends ? zone_to_text(team_zone(s->team), s->now.until, c->memory) : "",
                                            s->ends ? person_text(s->next) : ""});
    }
    table_print(c, &t);
    fputc('\n', c->out);
}

static void print_plan(const cli *c, const route_view *v) {
    static const char *const columns[] = {"WHEN", "WHO", "TEAM", "WHAT", "REACHED AT"};
    text_table t;
    table_init(&t, c->memory, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < v->step_count; i++) {
        const plan_step *s = &v->steps[i];
        const char *contacts = contacts_text(c->memory, s->who->contacts, s->who->contact_count);
        table_add(&t, (const char *const[]){step_when(c->memory, v, s), s->who->role_name,
                                            party_team_text(c->memory, s->who), step_text(s),
                                            contacts[0] ? contacts : "nothing: nobody is told"});
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
    const char *text = arena_printf(a, "%zu of %zu matchers fit; fails: %s", m->passed, m->asked, b.data);
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
    print_raci(c, &v->route);
    print_shifts(c, v);
    print_plan(c, v);
    print_near(c, v);
}
