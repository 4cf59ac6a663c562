/* Owns a coverage as JSON; docs/coverage.md lists its members. The HTML report is made of the same. */
#include "cli/coverage.h"

static void put_text(buf *b, const char *name, const char *text) {
    buf_printf(b, "\"%s\":", name);
    buf_put_json(b, text);
    buf_putc(b, ',');
}

static void put_number(buf *b, const char *name, size_t number) {
    buf_printf(b, "\"%s\":%zu,", name, number);
}

static void put_share(buf *b, const char *name, size_t part, size_t whole) {
    buf_printf(b, "\"%s\":%.1f", name, percent(part, whole));
}

static void put_party(buf *b, const party *who) {
    buf_putc(b, '{');
    put_text(b, "role", who->role);
    put_text(b, "role_name", who->role_name);
    put_text(b, "team", who->team);
    buf_puts(b, "\"team_name\":");
    buf_put_json(b, who->team_name);
    buf_putc(b, '}');
}

static void put_rule(buf *b, const covered_alert *one) {
    put_text(b, "alert", one->name);
    put_text(b, "file", one->rule->file);
    buf_printf(b, "\"line\":%u,\"column\":%u,", one->rule->at.line, one->rule->at.column);
    put_text(b, "group", one->rule->group);
    buf_puts(b, "\"labels\":");
    labels_put_json(b, one->set);
    buf_putc(b, ',');
}

static void put_contest(buf *b, const coverage *v, const covered_alert *one) {
    static const char *const KINDS[] = {[CONTEST_NAME] = "name", [CONTEST_KEY] = "label"};
    buf_puts(b, "\"contested\":");
    if (!one->contest) {
        buf_puts(b, "null");
        return;
    }
    const chart_row *row = one->contest == CONTEST_NAME ? one->other->row : one->rival.row;
    buf_putc(b, '{');
    put_text(b, "by", KINDS[one->contest]);
    put_text(b, "row", row->id);
    put_text(b, "loop", loop_to_text(row->loop));
    buf_puts(b, "\"why\":");
    buf_put_json(b, contest_text(v->c->memory, v, one));
    buf_putc(b, '}');
}

static void put_alert(buf *b, const coverage *v, const covered_alert *one) {
    buf_putc(b, '{');
    put_rule(b, one);
    put_text(b, "severity", severity_to_text(one->severity));
    put_text(b, "loop", loop_to_text(one->row->loop));
    put_text(b, "row", one->row->id);
    put_number(b, "row_line", one->row->at.line);
    buf_printf(b, "\"owned\":%s,\"responsible\":[", one->owned ? "true" : "false");
    for (size_t i = 0; i < one->raci.responsible_count; i++) {
        buf_puts(b, i ? "," : "");
        put_party(b, &one->raci.responsible[i]);
    }
    buf_puts(b, "],\"accountable\":");
    put_party(b, &one->raci.accountable);
    buf_putc(b, ',');
    put_contest(b, v, one);
    buf_putc(b, '}');
}

static void put_alerts(buf *b, const coverage *v) {
    buf_puts(b, "\"alerts\":[");
    for (size_t i = 0; i < v->count; i++) {
        buf_puts(b, i ? "," : "");
        put_alert(b, v, &v->alerts[i]);
    }
    buf_puts(b, "],");
}

static void put_loops(buf *b, const coverage *v) {
    buf_puts(b, "\"loops\":[");
    for (int i = 0; i < LOOP_COUNT; i++) {
        buf_puts(b, i ? ",{" : "{");
        put_text(b, "loop", loop_to_text((loop)i));
        put_text(b, "title", loop_title((loop)i));
        put_number(b, "alerts", v->by_loop[i]);
        put_number(b, "unowned", v->unowned_by_loop[i]);
        put_share(b, "percent", v->by_loop[i], v->count);
        buf_putc(b, '}');
    }
    buf_puts(b, "],");
}

static void put_rows(buf *b, const coverage *v) {
    buf_puts(b, "\"rows\":[");
    for (size_t i = 0; i <= v->chart->row_count; i++) {
        const chart_row *row = i < v->chart->row_count ? &v->chart->rows[i] : &v->chart->unowned;
        buf_puts(b, i ? ",{" : "{");
        put_text(b, "row", row->id);
        put_text(b, "name", row->name);
        put_text(b, "loop", loop_to_text(row->loop));
        put_number(b, "line", row->at.line);
        put_number(b, "alerts", v->by_row[i]);
        put_share(b, "percent", v->by_row[i], v->count);
        buf_putc(b, '}');
    }
    buf_puts(b, "],");
}

static void put_teams(buf *b, const coverage *v) {
    buf_puts(b, "\"teams\":[");
    for (size_t i = 0; i < v->team_count; i++) {
        buf_puts(b, i ? ",{" : "{");
        put_text(b, "team", v->teams[i].id);
        put_text(b, "name", v->teams[i].name);
        put_number(b, "responsible", v->teams[i].responsible);
        put_number(b, "accountable", v->teams[i].accountable);
        put_share(b, "percent", v->teams[i].responsible, v->count);
        buf_putc(b, '}');
    }
    buf_puts(b, "],");
}

static void put_proposal(buf *b, const proposal *p) {
    buf_putc(b, '{');
    put_text(b, "row", p->row ? p->row->id : NULL);
    if (p->row)
        put_number(b, "row_line", p->row->at.line);
    put_text(b, "why", p->why);
    put_text(b, "match", p->match);
    put_text(b, "yaml", p->yaml);
    buf_puts(b, "\"alerts\":[");
    for (size_t i = 0; i < p->count; i++) {
        buf_puts(b, i ? ",{" : "{");
        put_text(b, "alert", p->alerts[i]->name);
        put_text(b, "file", p->alerts[i]->rule->file);
        buf_printf(b, "\"line\":%u}", p->alerts[i]->rule->at.line);
    }
    buf_puts(b, "]}");
}

static void put_proposals(buf *b, const coverage *v) {
    buf_puts(b, "\"suggestions\":[");
    for (size_t i = 0; i < v->proposal_count; i++) {
        buf_puts(b, i ? "," : "");
        put_proposal(b, &v->proposals[i]);
    }
    buf_puts(b, "],");
}

void coverage_put_json(const coverage *v, const diagnostics *d, buf *out) {
    buf_putc(out, '{');
    put_text(out, "chart", v->chart_path);
    put_number(out, "files", v->rules.file_count);
    put_number(out, "passed_over", v->rules.passed_over);
    put_number(out, "without_rules", v->rules.without_rules);
    put_number(out, "total", v->count);
    put_number(out, "owned", v->count - v->unowned);
    put_number(out, "unowned", v->unowned);
    put_number(out, "contested", v->contested);
    put_number(out, "unexamined", v->unexamined);
    put_share(out, "owned_percent", v->count - v->unowned, v->count);
    buf_putc(out, ',');
    put_loops(out, v);
    put_rows(out, v);
    put_teams(out, v);
    put_alerts(out, v);
    put_proposals(out, v);
    buf_puts(out, "\"problems\":");
    diagnostics_put_json(out, d);
    buf_puts(out, "}\n");
}
