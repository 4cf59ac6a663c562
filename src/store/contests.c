/* Contests: written with the decision that begins or ends them, and what is counted from them later. The incident's own
 * facts are kept with each, since a reassignment and the next edit of the chart change them. */
#include "change.h"

#include "onus/text.h"

static const char *or_empty(const char *text) {
    return text != NULL ? text : "";
}

static void put_party(param *columns[4], const party *p) {
    column_text(columns[0], or_empty(p->role));
    column_text(columns[1], or_empty(p->role_name));
    column_text(columns[2], or_empty(p->team));
    column_text(columns[3], or_empty(p->team_name));
}

static void party_columns(params *p, param *columns[4]) {
    for (int c = 0; c < 4; c++)
        columns[c] = params_column(p, PARAM_TEXT);
}

void write_contests(trip *t, const changes *done) {
    if (done->contest_count == 0)
        return;
    params p;
    params_init(&p);
    param *from[4], *to[4];
    param *incident_id = params_column(&p, PARAM_INT), *at = params_column(&p, PARAM_TIME);
    param *activity = params_column(&p, PARAM_TEXT), *revision = params_column(&p, PARAM_INT);
    param *whose = params_column(&p, PARAM_TEXT), *service = params_column(&p, PARAM_TEXT);
    param *set = params_column(&p, PARAM_TEXT);
    party_columns(&p, from);
    param *by = params_column(&p, PARAM_TEXT), *reason = params_column(&p, PARAM_TEXT);
    param *proposed = params_column(&p, PARAM_TEXT), *decision = params_column(&p, PARAM_TEXT);
    param *decided_at = params_column(&p, PARAM_TIME), *decided_by = params_column(&p, PARAM_TEXT);
    param *decision_reason = params_column(&p, PARAM_TEXT);
    party_columns(&p, to);
    for (size_t i = 0; i < done->contest_count; i++) {
        const contest *c = &done->contests[i];
        column_int(incident_id, c->incident->id);
        column_time(at, c->at);
        column_text(activity, c->incident->activity);
        column_int(revision, c->incident->chart_revision);
        column_text(whose, loop_to_text(c->incident->loop));
        column_text(service, c->incident->service);
        column_open(set);
        labels_put_json(&set->value, c->incident->labels);
        column_close(set);
        put_party(from, &c->from);
        column_text(by, c->by);
        column_text(reason, c->reason);
        column_text(proposed, c->proposed_role);
        column_text(decision, c->decision == CONTEST_UNDECIDED ? NULL : contest_decision_to_text(c->decision));
        column_time(decided_at, c->decided_at);
        column_text(decided_by, c->decided_by);
        column_text(decision_reason, c->decision_reason);
        put_party(to, &c->to);
    }
    (void)trip_send(t, "write_contests", &p);
}
