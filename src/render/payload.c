/* Owns the JSON document that a webhook gets: stable names, every value escaped by construction. Leaves the choice
 * whether it is sent as it is to the template webhook/default.json. */
#include "onus/text.h"
#include "render/render_room.h"

enum { PAYLOAD_VALUE_MAX = 4096 };

typedef struct json_out {
    buf *out;
    arena *a;
    bool first; /* no comma before the next member */
} json_out;

static void member(json_out *j, const char *name) {
    buf_puts(j->out, j->first ? "\"" : ",\"");
    buf_puts(j->out, name);
    buf_puts(j->out, "\":");
    j->first = false;
}

static void put_text(json_out *j, const char *name, const char *text) {
    member(j, name);
    buf_put_json(j->out, text == NULL ? "" : text);
}

static void put_long_text(json_out *j, const char *name, const char *text) {
    put_text(j, name, text == NULL ? "" : text_shorten(j->a, text, PAYLOAD_VALUE_MAX));
}

static void put_number(json_out *j, const char *name, int64_t value) {
    member(j, name);
    buf_put_int(j->out, value);
}

static void put_time(json_out *j, const char *name, usec t) {
    member(j, name);
    buf_put_json(j->out, t == 0 ? NULL : time_to_text(j->a, t));
}

static void open_object(json_out *j, const char *name) {
    member(j, name);
    buf_putc(j->out, '{');
    j->first = true;
}

static void close_object(json_out *j) {
    buf_putc(j->out, '}');
    j->first = false;
}

static void put_labels(json_out *j, const char *name, labels set) {
    open_object(j, name);
    for (size_t i = 0; i < set.count; i++) {
        if (i > 0)
            buf_putc(j->out, ',');
        buf_put_json(j->out, set.items[i].name);
        buf_putc(j->out, ':');
        buf_put_json(j->out, text_shorten(j->a, set.items[i].value, PAYLOAD_VALUE_MAX));
    }
    close_object(j);
}

static void put_party(json_out *j, const party *p) {
    buf_putc(j->out, '{');
    j->first = true;
    put_text(j, "role", p->role);
    put_text(j, "role_name", p->role_name);
    put_text(j, "team", p->team);
    put_text(j, "team_name", p->team_name);
    if (p->person && p->person[0]) {
        put_text(j, "person", p->person);
        put_text(j, "person_name", p->person_name);
    }
    close_object(j);
}

static void put_parties(json_out *j, const char *name, const party *parties, size_t count) {
    member(j, name);
    buf_putc(j->out, '[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_putc(j->out, ',');
        put_party(j, &parties[i]);
    }
    buf_putc(j->out, ']');
    j->first = false;
}

static void put_raci(json_out *j, const raci *r) {
    open_object(j, "raci");
    put_parties(j, "responsible", r->responsible, r->responsible_count);
    member(j, "accountable");
    put_party(j, &r->accountable);
    put_parties(j, "consulted", r->consulted, r->consulted_count);
    put_parties(j, "informed", r->informed, r->informed_count);
    close_object(j);
}

static void put_message(json_out *j, const message *m) {
    put_number(j, "id", m->id);
    put_text(j, "reason", message_reason_to_text(m->reason));
    put_text(j, "letter", raci_letter_to_text(m->letter));
    member(j, "page");
    buf_puts(j->out, message_is_page(m->letter, m->reason) ? "true" : "false");
    put_text(j, "role", m->role_name);
    put_text(j, "team", m->team_name);
    put_text(j, "actor", m->actor);
    put_long_text(j, "note", m->note);
    put_time(j, "created_at", m->created_at);
}

static void put_incident_times(json_out *j, const incident *i) {
    put_time(j, "starts_at", i->starts_at);
    put_time(j, "opened_at", i->opened_at);
    put_time(j, "acknowledged_at", i->acknowledged_at);
    put_text(j, "acknowledged_by", i->acknowledged_by);
    put_time(j, "resolved_at", i->resolved_at);
}

static void put_contest(json_out *j, const incident *i) {
    put_text(j, "contested_by", i->contested_by);
    put_time(j, "contested_at", i->contested_at);
    put_long_text(j, "contest_reason", i->contest_reason);
    put_text(j, "proposed_role", i->proposed_role);
}

static void put_incident(json_out *j, const incident *i) {
    open_object(j, "incident");
    put_number(j, "id", i->id);
    put_text(j, "state", incident_state_to_text(i->state));
    put_text(j, "title", i->title);
    put_text(j, "severity", severity_to_text(i->severity));
    put_text(j, "loop", loop_to_text(i->loop));
    put_text(j, "activity", i->activity);
    put_text(j, "activity_name", i->activity_name);
    put_text(j, "service", i->service);
    put_long_text(j, "why", i->why);
    put_text(j, "runbook", fact_url(j->a, i->runbook));
    put_text(j, "link", fact_url(j->a, i->link));
    put_incident_times(j, i);
    put_contest(j, i);
    put_number(j, "open_alerts", i->open_alerts);
    put_number(j, "total_alerts", i->total_alerts);
    put_labels(j, "labels", i->labels);
    put_labels(j, "annotations", i->annotations);
    if (i->handoff.count > 0)
        put_labels(j, "handoff", i->handoff);
    put_raci(j, &i->raci);
    close_object(j);
}

void render_payload(const message *m, const message_links *links, usec now, arena *a, buf *out) {
    json_out j = {out, a, true};
    buf_putc(out, '{');
    put_text(&j, "version", "1");
    put_time(&j, "sent_at", now);
    put_message(&j, m);
    put_incident(&j, m->incident);
    open_object(&j, "links");
    put_text(&j, "act", links->act);
    put_text(&j, "incident", links->incident);
    close_object(&j);
    close_object(&j);
}
