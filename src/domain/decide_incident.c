/* What happens to an incident: it opens, reopens, gets worse, is acknowledged, ends; each with its line on the timeline
 * and whom to tell.
 *
 * Leaves to decide_events and decide_action when each of these happens. Every text here is read by people, first of all
 * at night: a whole sentence that says what and why. */
#include "deciding.h"

#include "onus/text.h"

#include <assert.h>

static const char *activity_of(const chart_row *row) {
    return row->index == UNOWNED_ROW ? "unowned" : row->id;
}

static const char *runbook_of(const prepared_event *p) {
    const char *own = labels_get(p->event->annotations, "runbook_url");
    bool is_link = text_starts_with(own, "https://") || text_starts_with(own, "http://");
    if (p->route.row->runbook != NULL && p->route.row->runbook[0] != '\0')
        return p->route.row->runbook;
    return is_link ? own : "";
}

/* A prepared event that nobody has asked about handoffs has none. */
static labels handoff_kept(const prepared_event *p, arena *a) {
    const event *e = p->event;
    if (p->handoff.model == NULL)
        return (labels){0};
    return handoff_fact_kept(a, &p->handoff, handoff_own_value(e->annotations, e->labels));
}

void incident_take_handoff(deciding *d, incident *i, const prepared_event *p) {
    bool is_known = p->handoff.model != NULL && p->handoff.state != HANDOFF_NONE;
    const char *kept = labels_get(i->handoff, "version");
    if (!is_known || (kept[0] != '\0' && !handoff_is_named(p->event->labels)))
        return;
    bool is_same = text_equal(kept, p->handoff.version) &&
                   text_equal(labels_get(i->handoff, "model"), p->handoff.model) &&
                   text_equal(labels_get(i->handoff, "state"), handoff_state_to_text(p->handoff.state));
    if (is_same)
        return; /* a storm must not write it with each alert */
    if (deciding_wants_whole(d, i))
        return;
    i->handoff = handoff_kept(p, d->memory);
    deciding_touch_incident(d, i);
}

static incident incident_from(const decide_context *ctx, const prepared_event *p, arena *a) {
    const event *e = p->event;
    const route *r = &p->route;
    return (incident){.state = INCIDENT_TRIGGERED,
                      .group_key = r->group_key,
                      .chart_revision = ctx->chart->revision,
                      .activity = activity_of(r->row),
                      .activity_name = r->row->name,
                      .loop = r->row->loop,
                      .severity = r->severity,
                      .service = r->service,
                      .title = e->title,
                      .why = route_why(r, a),
                      .runbook = runbook_of(p),
                      .link = e->link,
                      .raci = r->raci,
                      .consult = r->row->consult,
                      .labels = e->labels,
                      .annotations = e->annotations,
                      .handoff = handoff_kept(p, a),
                      .starts_at = e->starts_at,
                      .opened_at = ctx->now,
                      .acknowledged_by = "",
                      .acknowledged_source = "",
                      .contested_by = "",
                      .contest_reason = "",
                      .proposed_role = "",
                      .proposed_name = "",
                      .acknowledge_within = r->row->acknowledge_within,
                      .decide_within = r->row->decide_within,
                      .acknowledge_expires = r->row->acknowledge_expires,
                      .reopen_after = r->row->reopen_after};
}

incident *incident_open(deciding *d, const prepared_event *p, alert *first, const char *actor) {
    incident made = incident_from(d->ctx, p, d->memory);
    made.due_at = incident_next_due(&made, d->ctx->now);
    incident *i = world_add_incident(d->world, &made);
    i->words_of = first;
    deciding_touch_incident(d, i);
    deciding_record(d, &(timeline_entry){.incident = i,
                                         .alert = first,
                                         .kind = "opened",
                                         .actor = actor,
                                         .text = arena_printf(d->memory, "“%s” began, with severity %s. %s", i->title,
                                                              severity_to_text(i->severity), i->why)});
    deciding_tell(d, &(telling){.incident = i, .reason = REASON_OPENED, .actor = "", .note = ""});
    return i;
}

/* People hear of what fires now, not of what began it and may have ended. */
static void incident_take_words(deciding *d, incident *i, const prepared_event *p) {
    const event *e = p->event;
    i->title = e->title;
    i->link = e->link;
    i->runbook = runbook_of(p);
    i->labels = e->labels;
    i->annotations = e->annotations;
    i->words_of = world_find_alert(d->world, e->source, e->key);
}

void incident_reopen(deciding *d, incident *i, const prepared_event *p, const char *actor) {
    usec quiet = d->ctx->now - i->resolved_at;
    const char *since =
        quiet < USEC_PER_SECOND
            ? "at once"
            : arena_printf(d->memory, "%s later", duration_to_text(d->memory, quiet - quiet % USEC_PER_SECOND));
    /* What has ended counts no more: neither its severity nor the time since. */
    if (i->open_alerts == 0 || p->route.severity > i->severity)
        i->severity = p->route.severity;
    i->starts_at = p->event->starts_at;
    i->why = route_why(&p->route, d->memory);
    incident_take_words(d, i, p);
    const incident_transition *moved = incident_move(i, TRIGGER_REFIRED, d->ctx->now);
    assert(moved != NULL);
    (void)moved;
    const char *note = arena_printf(d->memory, "The incident had ended; “%s” fires %s.", p->event->title, since);
    deciding_touch_incident(d, i);
    deciding_record(d, &(timeline_entry){.incident = i,
                                         .kind = "reopened",
                                         .actor = actor,
                                         .text = arena_printf(d->memory, "%s It reopens.", note)});
    deciding_tell(d, &(telling){.incident = i, .reason = REASON_REOPENED, .actor = "", .note = note});
}

void incident_raise(deciding *d, incident *i, const prepared_event *p, const char *actor) {
    severity before = i->severity;
    const char *held_by = i->state == INCIDENT_ACKNOWLEDGED ? i->acknowledged_by : NULL;
    i->severity = p->route.severity;
    incident_take_words(d, i, p);
    const incident_transition *moved = incident_move(i, TRIGGER_SEVERITY_RAISED, d->ctx->now);
    assert(moved != NULL);
    (void)moved;
    const char *note = arena_printf(d->memory, "“%s” has severity %s; until now the worst was %s.", p->event->title,
                                    severity_to_text(i->severity), severity_to_text(before));
    const char *text = held_by == NULL ? note
                                       : arena_printf(d->memory,
                                                      "%s The acknowledgement by %s was for the milder thing and no "
                                                      "longer holds.",
                                                      note, held_by);
    deciding_touch_incident(d, i);
    deciding_record(d, &(timeline_entry){.incident = i, .kind = "severity_raised", .actor = actor, .text = text});
    deciding_tell(d, &(telling){.incident = i, .reason = REASON_SEVERITY_RAISED, .actor = "", .note = note});
}

void incident_outgrow_acknowledgement(deciding *d, incident *i, const prepared_event *p, const char *actor) {
    if (deciding_wants_whole(d, i))
        return;
    const char *note = arena_printf(d->memory,
                                    "“%s” fires too. The acknowledgement by %s at %s was for the other alerts and no "
                                    "longer holds for all of it.",
                                    p->event->title, i->acknowledged_by, i->acknowledged_source);
    const incident_transition *moved = incident_move(i, TRIGGER_JOINED, d->ctx->now);
    assert(moved != NULL);
    (void)moved;
    incident_take_words(d, i, p);
    deciding_touch_incident(d, i);
    deciding_record(d, &(timeline_entry){.incident = i, .kind = "unacknowledged", .actor = actor, .text = note});
    deciding_tell(d, &(telling){.incident = i, .reason = REASON_SEVERITY_RAISED, .actor = "", .note = note});
}

static const char *by_what_means(deciding *d, const char *via) {
    static const struct {
        const char *via, *phrase;
    } means[] = {
        {"", ""},
        {"link", " by a link"},
        {"slack", " in Slack"},
        {"api", " through the API"},
        {"console", " in the console"},
    };
    for (size_t m = 0; m < sizeof means / sizeof *means; m++) {
        if (text_equal(via, means[m].via))
            return means[m].phrase;
    }
    return arena_printf(d->memory, " at %s", via);
}

const char *cause_sentence(deciding *d, const cause *by, const char *what) {
    const char *means = by_what_means(d, by->via);
    if (by->note[0] == '\0')
        return arena_printf(d->memory, "%s %s%s.", by->actor, what, means);
    return arena_printf(d->memory, "%s %s%s: %s", by->actor, what, means, by->note);
}

static void incident_hold(incident *i, const cause *by) {
    i->acknowledged_by = by->actor;
    i->acknowledged_source = by->is_sender ? by->via : "";
}

/* An acknowledgement by a second person is worth a line; it changes nothing else, but that a person's takes the place
 * of the senders', which are good for their alerts only. */
static void incident_acknowledge_again(deciding *d, incident *i, const cause *by) {
    bool takes_over = i->acknowledged_source[0] != '\0' && !by->is_sender;
    if (deciding_wants_whole(d, i) || (text_equal(i->acknowledged_by, by->actor) && !takes_over))
        return;
    const char *text =
        cause_sentence(d, by, arena_printf(d->memory, "acknowledged it too (%s has had it)", i->acknowledged_by));
    deciding_record(d, &(timeline_entry){.incident = i, .kind = "acknowledged", .actor = by->actor, .text = text});
    if (!takes_over)
        return;
    incident_hold(i, by);
    i->acknowledged_at = d->ctx->now;
    i->due_at = incident_next_due(i, d->ctx->now);
    deciding_touch_incident(d, i);
}

void incident_acknowledge(deciding *d, incident *i, const cause *by) {
    if (i->state == INCIDENT_ACKNOWLEDGED) {
        incident_acknowledge_again(d, i, by);
        return;
    }
    /* A contest stays: somebody works on it meanwhile, and whose it is is still Accountable's to decide. */
    if (incident_move(i, TRIGGER_ACKNOWLEDGE, d->ctx->now) == NULL)
        return;
    incident_hold(i, by);
    deciding_touch_incident(d, i);
    deciding_record(d, &(timeline_entry){.incident = i,
                                         .kind = "acknowledged",
                                         .actor = by->actor,
                                         .text = cause_sentence(d, by, "acknowledged it")});
    deciding_tell(d, &(telling){.incident = i, .reason = REASON_ACKNOWLEDGED, .actor = by->told, .note = by->note});
}

void incident_unacknowledge_at_source(deciding *d, incident *i, const cause *by) {
    deciding_record(d,
                    &(timeline_entry){.incident = i, .kind = "unacknowledged", .actor = by->actor, .text = by->note});
    if (i->acknowledged_source[0] == '\0' || incident_move(i, TRIGGER_UNACKNOWLEDGE, d->ctx->now) == NULL)
        return;
    deciding_touch_incident(d, i);
    deciding_tell(d, &(telling){.incident = i, .reason = REASON_UNACKNOWLEDGED, .actor = by->told, .note = by->note});
}

void incident_end(deciding *d, incident *i, incident_trigger trigger, const cause *by) {
    if (i->state != INCIDENT_RESOLVED && incident_is_contested(i))
        contest_settle(d, i, &(verdict){.decision = CONTEST_LAPSED, .by = "onus", .reason = ""});
    if (incident_move(i, trigger, d->ctx->now) == NULL)
        return;
    const char *text = trigger == TRIGGER_RESOLVE ? cause_sentence(d, by, "resolved it") : by->note;
    if (trigger == TRIGGER_RESOLVE && i->open_alerts > 0)
        text = arena_printf(d->memory, "%s (%d of its alerts still fired then.)", text, i->open_alerts);
    deciding_touch_incident(d, i);
    deciding_record(d, &(timeline_entry){.incident = i, .kind = "resolved", .actor = by->actor, .text = text});
    deciding_tell(d, &(telling){.incident = i, .reason = REASON_RESOLVED, .actor = by->told, .note = by->note});
}
