/* Warnings about a chart that works and should still be otherwise: too many who are asked, a team that answers for
 * everything, rows that nobody has looked at, what is not used. Each is a rule of lint_rules.c, and may be allowed.
 *
 * The difficulty is certainty: a row that cannot be critical needs no escalation, and whether it can be is asked of its
 * matchers. */
#include "config/chart_loader.h"

#include "config/match_values.h"
#include "onus/lint.h"
#include "onus/text.h"

#include <string.h>

/* The node of a row's key, else the row's own. */
static const yaml_node *key_or_row(const row_source *source, const char *key) {
    const yaml_node *node = yaml_get(source->map, key);
    return node ? node : source->map;
}

/* ── who is asked and told ── */

static void check_crowds(const chart_loader *l, const chart_row *row, const row_source *source) {
    const char *id = field_shown(&l->in, row->id);
    if (row->consulted_count > LINT_CONSULTED_MAX)
        field_warning(&l->in, key_or_row(source, "consulted"), "many-consulted",
                      "%zu roles are Consulted for \"%s\", more than %d; inform those who only want to know",
                      row->consulted_count, id, LINT_CONSULTED_MAX);
    if (row->informed_count > LINT_INFORMED_MAX)
        field_warning(&l->in, key_or_row(source, "informed"), "many-informed",
                      "%zu roles are Informed of \"%s\", more than %d; one channel or a team's lead may do",
                      row->informed_count, id, LINT_INFORMED_MAX);
    if (row->loop == LOOP_SYSTEM && row->consult == CONSULT_NOW && row->consulted_count > 0)
        field_warning(&l->in, key_or_row(source, "consult"), "consulted-at-night",
                      "\"%s\" asks the Consulted at once, at night too; remove `consult: now` to ask them for the "
                      "post-mortem",
                      id);
}

/* ── escalation ── */

/* Senders write a word as they like; the chart disregards case, a matcher does not. */
static bool admits_in_any_case(const matcher *m, const char *word) {
    char shapes[3][CHART_NAME_BYTES + 1]; /* upper, lower, Capital */
    size_t len = strlen(word);
    if (len > CHART_NAME_BYTES)
        return true;
    for (size_t i = 0; i <= len; i++) {
        bool lower = word[i] >= 'a' && word[i] <= 'z', upper = word[i] >= 'A' && word[i] <= 'Z';
        shapes[0][i] = (char)(lower ? word[i] - 'a' + 'A' : word[i]);
        shapes[1][i] = (char)(upper ? word[i] - 'A' + 'a' : word[i]);
        shapes[2][i] = i == 0 ? shapes[0][i] : shapes[1][i];
    }
    return matcher_admits(m, word) || matcher_admits(m, shapes[0]) || matcher_admits(m, shapes[1]) ||
           matcher_admits(m, shapes[2]);
}

static bool list_can_be_critical(const matchers *list, chart_severity_words critical) {
    for (size_t i = 0; i < list->count; i++) {
        bool one = strcmp(list->items[i].name, "severity") != 0;
        for (size_t k = 0; k < critical.count && !one; k++)
            one = admits_in_any_case(&list->items[i], critical.words[k]);
        if (!one)
            return false;
    }
    return true;
}

static bool can_be_critical(const chart *c, const chart_row *row) {
    chart_severity_words critical = chart_words_of(c, SEVERITY_CRITICAL);
    for (size_t i = 0; i < row->match_count; i++)
        if (list_can_be_critical(&row->match[i], critical))
            return true;
    return row->index == UNOWNED_ROW;
}

static bool is_responsible(const chart_row *row, const chart_role *role) {
    for (size_t i = 0; i < row->responsible_count; i++)
        if (row->responsible[i] == role)
            return true;
    return false;
}

/* What the whole chart says is reported once, at its place. */
static bool check_escalation(const chart_loader *l, const chart_row *row, const row_source *source) {
    bool silent = row->acknowledge_within == 0 && !is_responsible(row, row->accountable);
    const yaml_node *at = yaml_get(source->map, "acknowledge_within");
    if (!silent || !can_be_critical(l->chart, row))
        return false;
    if (at)
        field_warning(&l->in, at, "never-escalated",
                      "\"%s\" can be critical, but its Accountable is never paged when the Responsible are silent; "
                      "write how long they may be, as 15m",
                      field_shown(&l->in, row->id));
    return !at;
}

/* ── agreement ── */

static void check_age(const chart_loader *l, const chart_row *row, const row_source *source) {
    const char *id = field_shown(&l->in, row->id);
    int days = (int)((l->now - row->verified) / USEC_PER_DAY);
    if (row->verified == 0)
        field_warning(&l->in, key_or_row(source, "id"), "stale-row",
                      "\"%s\" does not say when people agreed to it, as other rows do; add `verified: YYYY-MM-DD`", id);
    else if (days > LINT_VERIFIED_DAYS)
        field_warning(&l->in, key_or_row(source, "verified"), "stale-row",
                      "nobody has agreed to \"%s\" for %d days; ask its Responsible and its Accountable, and write the "
                      "day",
                      id, days);
}

static void check_ages(const chart_loader *l) {
    const chart *c = l->chart;
    bool asked = false, wanted = l->now > 0 && !l->context->running;
    for (size_t i = 0; i < c->row_count && wanted && !asked; i++)
        asked = c->rows[i].verified != 0;
    for (size_t i = 0; i < c->row_count && asked; i++)
        check_age(l, &c->rows[i], &l->rows[i]);
}

/* ── use ── */

static void mark_all(const chart *c, bool *used, const chart_role *const *roles, size_t count) {
    for (size_t i = 0; i < count; i++)
        used[roles[i] - c->roles] = true;
}

static void mark_row(const chart *c, bool *used, const chart_row *row) {
    mark_all(c, used, &row->accountable, 1);
    mark_all(c, used, row->responsible, row->responsible_count);
    mark_all(c, used, row->consulted, row->consulted_count);
    mark_all(c, used, row->informed, row->informed_count);
}

static void check_roles(const chart_loader *l) {
    const chart *c = l->chart;
    bool *used = ARENA_ARRAY(l->in.scratch, bool, c->role_count + 1);
    for (size_t i = 0; i < c->row_count; i++)
        mark_row(c, used, &c->rows[i]);
    mark_row(c, used, &c->unowned);
    for (size_t i = 0; i < c->role_count; i++)
        if (!used[i])
            field_warning(&l->in, l->role_nodes[i], "unused-role", "no row uses the role \"%s\"; remove it, or use it",
                          field_shown(&l->in, c->roles[i].id));
}

static void check_teams(const chart_loader *l) {
    const chart *c = l->chart;
    bool *used = ARENA_ARRAY(l->in.scratch, bool, c->team_count + 1);
    for (size_t i = 0; i < c->role_count; i++)
        used[c->roles[i].team - c->teams] = true;
    for (size_t i = 0; i < c->service_count; i++)
        for (size_t k = 0; k < c->services[i].role_count; k++)
            used[c->services[i].roles[k].team - c->teams] = true;
    for (size_t i = 0; i < c->team_count; i++)
        if (!used[i])
            field_warning(&l->in, l->team_nodes[i], "unused-team",
                          "the team \"%s\" plays no role; remove it, or give it one",
                          field_shown(&l->in, c->teams[i].id));
}

static void check_balance(const chart_loader *l) {
    const chart *c = l->chart;
    size_t *rows = ARENA_ARRAY(l->in.scratch, size_t, c->team_count + 1);
    for (size_t i = 0; i < c->row_count; i++)
        rows[c->rows[i].accountable->team - c->teams]++;
    for (size_t i = 0; i < c->team_count && c->row_count >= LINT_ACCOUNTABLE_ROWS_MIN; i++)
        if (rows[i] * 100 > c->row_count * LINT_ACCOUNTABLE_PERCENT)
            field_warning(&l->in, l->team_nodes[i], "one-team-accountable",
                          "the %s \"%s\" is Accountable for %zu of %zu rows; give some to those who answer for their "
                          "outcome",
                          c->teams[i].person ? "person" : "team", field_shown(&l->in, c->teams[i].id), rows[i],
                          c->row_count);
}

void chart_check_style(const chart_loader *l) {
    const chart *c = l->chart;
    bool by_default = false;
    for (size_t i = 0; i <= c->row_count; i++) {
        const chart_row *row = i < c->row_count ? &c->rows[i] : &c->unowned;
        check_crowds(l, row, &l->rows[i]);
        by_default = (!l->broken.severities && check_escalation(l, row, &l->rows[i])) || by_default;
    }
    if (by_default)
        field_warning(&l->in, l->default_acknowledge, "never-escalated",
                      "rows that say nothing else can be critical, but their Accountable is never paged when the "
                      "Responsible are silent; write how long they may be, as 15m");
    check_ages(l);
    if (!l->broken.rows && !l->broken.roles)
        check_roles(l);
    if (!l->broken.teams && !l->broken.roles && !l->broken.services)
        check_teams(l);
    if (!l->broken.rows && !l->broken.roles && !l->broken.teams)
        check_balance(l);
}
