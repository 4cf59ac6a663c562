/* Owns how a route reads for programs: one JSON object. */
#include "cli/route.h"

static void put_person(buf *b, const char *id, const char *name) {
    bool somebody = id && id[0];
    put_json_text(b, "person", somebody ? id : NULL);
    put_json_text(b, "person_name", somebody ? name : NULL);
}

static void put_player(buf *b, const route_view *v, raci_letter letter, const party *p) {
    buf_puts(b, letter == RACI_RESPONSIBLE && p == v->route.raci.responsible ? "{" : ",{");
    put_json_text(b, "letter", raci_letter_to_text(letter));
    put_json_text(b, "role", p->role);
    put_json_text(b, "team", p->team);
    put_person(b, p->person, p->person_name);
    buf_printf(b, "\"because\":\"%s\"}", route_player_source(&v->route, p));
}

/* Who plays each role for this service, and why: by default, because the service says so, or by name. */
static void put_players(buf *b, const route_view *v) {
    const raci *r = &v->route.raci;
    buf_puts(b, "\"players\":[");
    for (size_t i = 0; i < r->responsible_count; i++)
        put_player(b, v, RACI_RESPONSIBLE, &r->responsible[i]);
    put_player(b, v, RACI_ACCOUNTABLE, &r->accountable);
    for (size_t i = 0; i < r->consulted_count; i++)
        put_player(b, v, RACI_CONSULTED, &r->consulted[i]);
    for (size_t i = 0; i < r->informed_count; i++)
        put_player(b, v, RACI_INFORMED, &r->informed[i]);
    buf_putc(b, ']');
}

static void put_shifts(buf *b, const route_view *v, arena *a) {
    buf_puts(b, "\"oncall\":[");
    for (size_t i = 0; i < v->shift_count; i++) {
        const oncall_view *s = &v->shifts[i];
        buf_puts(b, i ? ",{" : "{");
        put_json_text(b, "team", s->team->id);
        put_json_text(b, "team_name", s->team->name);
        put_person(b, s->now.person ? s->now.person->id : "", s->now.person ? s->now.person->name : "");
        put_json_text(b, "until", s->ends ? time_to_text(a, s->now.until) : NULL);
        put_json_text(b, "next_person", s->next ? s->next->id : NULL);
        buf_puts(b, "\"time_zone\":");
        buf_put_json(b, team_zone(s->team)->name);
        buf_putc(b, '}');
    }
    buf_putc(b, ']');
}

static void put_plan(buf *b, const route_view *v, arena *a) {
    buf_puts(b, "\"plan\":[");
    for (size_t i = 0; i < v->step_count; i++) {
        const plan_step *s = &v->steps[i];
        buf_puts(b, i ? ",{" : "{");
        put_json_text(b, "letter", raci_letter_to_text(s->letter));
        put_json_text(b, "reason", message_reason_to_text(s->reason));
        put_json_text(b, "role", s->who->role);
        put_json_text(b, "team", s->who->team);
        put_person(b, s->who->person, s->who->person_name);
        buf_puts(b, "\"contacts\":");
        put_contacts_json(b, s->who->contacts, s->who->contact_count);
        buf_putc(b, ',');
        put_json_text(b, "at", s->after < 0 ? NULL : time_to_text(a, v->at + s->after));
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
        put_json_text(b, "activity", m->row->id);
        put_json_text(b, "failed", m->failed ? failed.data : NULL);
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
    put_json_text(&b, "activity", r->row->id);
    put_json_text(&b, "activity_name", r->row->name);
    put_json_text(&b, "loop", loop_to_text(r->row->loop));
    put_json_text(&b, "severity", severity_to_text(r->severity));
    put_json_text(&b, "service", r->service);
    put_json_text(&b, "group_key", r->group_key);
    put_json_text(&b, "why", route_why(r, c->memory));
    put_json_text(&b, "matched", r->won ? route_matched(c->memory, r) : NULL);
    put_json_text(&b, "runbook", r->row->runbook);
    put_json_time(&b, "at", v->at, c->memory);
    put_json_text(&b, "file", v->path);
    buf_printf(&b, "\"line\":%u,\"labels\":", r->row->at.line);
    labels_put_json(&b, v->set);
    buf_puts(&b, ",\"raci\":");
    raci_put_json(&b, &r->raci);
    buf_putc(&b, ',');
    put_players(&b, v);
    buf_putc(&b, ',');
    put_shifts(&b, v, c->memory);
    buf_putc(&b, ',');
    put_plan(&b, v, c->memory);
    buf_putc(&b, ',');
    put_near(&b, v);
    buf_puts(&b, "}\n");
    fputs(b.data, c->out);
    buf_release(&b);
}
