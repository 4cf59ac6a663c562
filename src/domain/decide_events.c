/* Events against what is known: which alert, which episode of it, which incident.
 *
 * Identity is (source, key); an episode is its starts_at where the source gives one. The difficulty: deliveries come
 * late, twice and out of order, and a source may end what still fires and say again that it fires, with the start that
 * it had. So whatever says that something fires pages, unless it can be shown to be older than the end. The rules stand
 * in docs/decisions/0002-incident-rules.md. */
#include "deciding.h"

#include "onus/text.h"

static const char *actor_of(const event *e) {
    return e->actor != NULL && e->actor[0] != '\0' ? e->actor : e->source;
}

static const char *told_actor_of(const event *e) {
    return e->actor != NULL ? e->actor : "";
}

static const char *note_of(const event *e) {
    return e->note != NULL ? e->note : "";
}

static bool is_open(const alert *a) {
    return a != NULL && a->ends_at == 0;
}

/* ── firing ── */

static void alert_take_content(alert *a, const prepared_event *p) {
    const event *e = p->event;
    a->content_hash = p->content_hash;
    a->severity = p->route.severity;
    a->labels = e->labels;
    a->annotations = e->annotations;
    a->title = e->title;
    a->link = e->link;
}

/* A sending that was delayed on its way must not shorten what a newer one has promised. */
static void alert_see(deciding *d, alert *a, const event *e) {
    a->last_seen_at = d->ctx->now;
    if (e->expires_at == 0 || e->expires_at > a->expires_at)
        a->expires_at = e->expires_at;
    deciding_touch_alert(d, a);
}

static alert *alert_begin(deciding *d, alert *known, const prepared_event *p) {
    const event *e = p->event;
    alert *a = known != NULL ? known : world_add_alert(d->world, &(alert){.source = e->source, .key = e->key});
    alert_take_content(a, p);
    a->starts_at = e->starts_at;
    a->ends_at = a->expires_at = 0;
    a->closed_at = a->late_at = a->late_starts_at = a->acknowledged_at = 0;
    a->closed_by = "";
    a->received_at = d->ctx->now;
    alert_see(d, a, e);
    return a;
}

static void incident_take_alert(deciding *d, incident *i, alert *a) {
    i->open_alerts++;
    i->unacknowledged++;
    if (a->incident != i)
        i->total_alerts++;
    if (a->starts_at < i->starts_at)
        i->starts_at = a->starts_at;
    a->incident = i;
    deciding_touch_incident(d, i);
}

static void incident_join(deciding *d, incident *i, alert *a, const prepared_event *p) {
    const char *again = a->incident == i ? "again" : "too";
    const char *text = arena_printf(d->memory, "“%s” fires %s, with severity %s.", p->event->title, again,
                                    severity_to_text(p->route.severity));
    deciding_record(
        d, &(timeline_entry){.incident = i, .alert = a, .kind = "joined", .actor = actor_of(p->event), .text = text});
    if (p->route.severity > i->severity)
        incident_raise(d, i, p, actor_of(p->event));
    else if (i->state == INCIDENT_ACKNOWLEDGED && i->acknowledged_source[0] != '\0')
        incident_outgrow_acknowledgement(d, i, p, actor_of(p->event));
}

static bool reopens(const incident *i, usec now) {
    return i->state == INCIDENT_RESOLVED && i->reopen_after > 0 && now - i->resolved_at <= i->reopen_after;
}

/* A new episode finds its incident: the open one of its group, the one that ended a moment ago, or a new one. */
static event_outcome begin_episode(deciding *d, const prepared_event *p, alert *known) {
    alert *a = alert_begin(d, known, p);
    incident *i = world_find_group(d->world, p->route.group_key);
    event_outcome outcome = OUTCOME_OPENED;
    bool joins = i != NULL && i->state != INCIDENT_RESOLVED, again = !joins && i != NULL && reopens(i, d->ctx->now);
    if (joins || again)
        incident_take_handoff(d, i, p);
    if (joins) {
        incident_join(d, i, a, p);
        outcome = OUTCOME_JOINED;
    } else if (again) {
        incident_reopen(d, i, p, actor_of(p->event));
        outcome = OUTCOME_REOPENED;
    } else {
        i = incident_open(d, p, a, actor_of(p->event));
    }
    incident_take_alert(d, i, a);
    return outcome;
}

/* A person has resolved the incident while this alert fired. A newer start than was known then is something else; the
 * known one is the same thing, which still fires. A source that names no start and repeats nothing says each thing
 * once: what it says after the end is new. */
static bool is_another_episode(const deciding *d, const alert *open, const event *e) {
    const incident *i = open->incident;
    if (i->state != INCIDENT_RESOLVED)
        return false;
    if (e->starts_at_given)
        return e->starts_at > open->starts_at;
    return e->expires_at == 0 && (e->began_at > i->resolved_at || i->resolved_at > d->ctx->now);
}

static void incident_count_out(incident *i, const alert *a) {
    i->open_alerts--;
    i->unacknowledged -= a->acknowledged_at == 0;
}

static event_outcome begin_another_episode(deciding *d, const prepared_event *p, alert *open) {
    incident_count_out(open->incident, open);
    deciding_touch_incident(d, open->incident);
    return begin_episode(d, p, open);
}

/* Of several starts that a source names for one open alert (two Prometheus see it begin a moment apart, or an end was
 * lost on its way) the alert keeps the newest, so that the late end of anything older does not end it. The incident
 * shows the earliest. */
static void take_start(deciding *d, alert *open, const event *e) {
    incident *i = open->incident;
    if (!e->starts_at_given)
        return;
    if (e->starts_at > open->starts_at)
        open->starts_at = e->starts_at;
    if (i->state == INCIDENT_RESOLVED || e->starts_at >= i->starts_at)
        return;
    i->starts_at = e->starts_at;
    deciding_touch_incident(d, i);
}

static event_outcome repeat_or_update(deciding *d, const prepared_event *p, alert *open) {
    const event *e = p->event;
    alert_see(d, open, e);
    if (open->content_hash == p->content_hash)
        return OUTCOME_REPEATED;
    alert_take_content(open, p);
    take_start(d, open, e);
    if (open->incident->state != INCIDENT_RESOLVED && p->route.severity > open->incident->severity)
        incident_raise(d, open->incident, p, actor_of(e));
    return OUTCOME_UPDATED;
}

/* ── late ── */

/* An end that bears its own time as the start (Grafana's all do) names no episode. */
static bool names_episode(usec starts_at, usec ends_at) {
    return starts_at < ends_at;
}

/* It names a start before that of the episode which has ended. Said once more, by a request that began after the first
 * was heard, it is no delayed delivery. */
static bool has_older_start(const deciding *d, const alert *closed, const event *e) {
    bool older =
        e->starts_at_given && e->starts_at < closed->starts_at && names_episode(closed->starts_at, closed->ends_at);
    bool said_before = closed->late_at != 0 && e->starts_at >= closed->late_starts_at &&
                       (e->began_at > closed->late_at || closed->late_at > d->ctx->now);
    return older && !said_before;
}

/* Its request was under way before the end was answered. The end's decision stands for the answer, which follows it, so
 * that a request in between pages. It is known by the clock of the node that decided; where that is another's, or has
 * been set back since, nothing is shown. What began after the end is newer whenever its request came. */
static bool was_under_way(const deciding *d, const alert *closed, const event *e) {
    bool same_clock = text_equal(closed->closed_by, d->ctx->node) && closed->closed_at <= d->ctx->now;
    bool began_before = e->began_at != 0 && e->began_at < closed->closed_at;
    return same_clock && began_before && (!e->starts_at_given || e->starts_at < closed->ends_at);
}

static event_outcome put_on_record(deciding *d, alert *closed, const event *e, const char *why) {
    if (closed->astray)
        d->out->wants_astray = true;
    if (closed->incident == NULL)
        return OUTCOME_LATE;
    const char *text =
        arena_printf(d->memory, "“%s” fires, it was said: %s. If it is said once more, it counts.", e->title, why);
    deciding_record(
        d, &(timeline_entry){.incident = closed->incident, .kind = "late", .actor = actor_of(e), .text = text});
    return OUTCOME_LATE;
}

/* The oldest start and the first hearing stay, so that senders with several older starts do not keep one another late.
 */
static void remember_older_start(deciding *d, alert *closed, const event *e) {
    if (closed->late_at != 0 && e->starts_at >= closed->late_starts_at)
        return;
    closed->late_at = closed->late_at != 0 ? closed->late_at : d->ctx->now;
    closed->late_starts_at = e->starts_at;
    deciding_touch_alert(d, closed);
}

static event_outcome decide_firing_again(deciding *d, const prepared_event *p, alert *closed) {
    const event *e = p->event;
    const bool older = has_older_start(d, closed, e);
    if (older)
        remember_older_start(d, closed, e);
    if (was_under_way(d, closed, e))
        return put_on_record(d, closed, e, "by a request that was under way when it ended");
    if (older)
        return put_on_record(d, closed, e, "since before the episode that has ended");
    return begin_episode(d, p, closed);
}

static event_outcome decide_firing(deciding *d, const prepared_event *p) {
    alert *known = world_find_alert(d->world, p->event->source, p->event->key);
    if (known != NULL && !is_open(known))
        return decide_firing_again(d, p, known);
    if (known == NULL || known->incident == NULL) /* resolved by a person so long ago that it is kept no more */
        return begin_episode(d, p, known);
    if (is_another_episode(d, known, p->event))
        return begin_another_episode(d, p, known);
    return repeat_or_update(d, p, known);
}

/* ── resolved ── */

static usec end_of(const deciding *d, const event *e) {
    return e->ends_at != 0 ? e->ends_at : d->ctx->now;
}

/* What an alert was ended by, for whoever says later that it fires. Where the source names no start, nothing but the
 * order of the requests says what came first: only what began to arrive before the end did is older. And an expiry is
 * no word of the source: whatever that says was true all the time. */
static void alert_close(deciding *d, alert *a, const event *e) {
    a->expires_at = 0;
    a->closed_by = d->ctx->node != NULL ? d->ctx->node : "";
    a->closed_at = e->expires_at != 0 ? 0 : e->starts_at_given ? d->ctx->now : e->began_at;
    deciding_touch_alert(d, a);
}

/* The end came before the beginning: remembered, so that the beginning is known as late when it was under way. Without
 * a start of the source there would be nothing to know it by. */
static event_outcome remember_end(deciding *d, const prepared_event *p) {
    if (!p->event->starts_at_given)
        return OUTCOME_NOTHING;
    alert *a = alert_begin(d, NULL, p);
    a->ends_at = end_of(d, p->event);
    alert_close(d, a, p->event);
    return OUTCOME_NOTHING;
}

/* Resolved twice, or the end of an episode that came and went unheard. */
static event_outcome resolve_closed(deciding *d, const event *e, alert *closed) {
    if (!e->starts_at_given)
        return OUTCOME_NOTHING;
    bool newer = names_episode(e->starts_at, end_of(d, e)) && e->starts_at > closed->starts_at;
    if (newer || end_of(d, e) > closed->ends_at) {
        closed->starts_at = newer ? e->starts_at : closed->starts_at;
        closed->ends_at = end_of(d, e);
        alert_close(d, closed, e);
    }
    return newer ? OUTCOME_NOTHING : OUTCOME_LATE;
}

static bool is_end_of_older(const alert *open, const event *e) {
    bool older_episode =
        e->starts_at_given && e->starts_at < open->starts_at && e->ends_at != 0 && e->ends_at <= open->starts_at;
    bool repeated_since = e->expires_at != 0 && (open->expires_at == 0 || open->expires_at > e->expires_at);
    return older_episode || repeated_since;
}

static void alert_end(deciding *d, alert *a, const event *e) {
    usec end = end_of(d, e);
    if (e->starts_at_given && e->starts_at > a->starts_at && names_episode(e->starts_at, end))
        a->starts_at = e->starts_at; /* it has ended with a newer episode, whose beginning is late now */
    a->ends_at = end > a->starts_at ? end : a->starts_at;
    alert_close(d, a, e);
}

static const char *all_over(deciding *d, const incident *i, const char *title) {
    if (i->total_alerts == 1)
        return arena_printf(d->memory, "“%s” has ended.", title);
    return arena_printf(d->memory, "“%s” has ended, the last of %d alerts.", title, i->total_alerts);
}

/* A known alert may come without its texts, which its history holds. */
static const char *title_of(const alert *a, const event *e) {
    return a->title != NULL && a->title[0] != '\0' ? a->title : e->title;
}

static void incident_lose_alert(deciding *d, incident *i, const alert *a, const event *e) {
    incident_count_out(i, a);
    deciding_touch_incident(d, i);
    if (i->open_alerts == 0 && i->state != INCIDENT_RESOLVED) {
        cause by = {.actor = actor_of(e), .told = told_actor_of(e), .via = "", .note = all_over(d, i, title_of(a, e))};
        incident_end(d, i, TRIGGER_ALERTS_RESOLVED, &by);
        return;
    }
    const char *text = arena_printf(d->memory, "“%s” has ended; %d still firing.", title_of(a, e), i->open_alerts);
    deciding_record(d, &(timeline_entry){.incident = i, .kind = "alert_resolved", .actor = actor_of(e), .text = text});
}

static event_outcome decide_resolved(deciding *d, const prepared_event *p) {
    const event *e = p->event;
    alert *known = world_find_alert(d->world, e->source, e->key);
    if (known == NULL)
        return remember_end(d, p);
    if (!is_open(known))
        return resolve_closed(d, e, known);
    if (is_end_of_older(known, e))
        return OUTCOME_LATE;
    alert_end(d, known, e);
    if (known->incident != NULL)
        incident_lose_alert(d, known->incident, known, e);
    return OUTCOME_RESOLVED;
}

/* ── what was done at the source ── */

/* The open alert that something was done to; NULL: nothing is left to do it to. */
static alert *find_acted_on(const deciding *d, const event *e) {
    alert *known = world_find_alert(d->world, e->source, e->key);
    bool is_there = is_open(known) && known->incident != NULL && known->incident->state != INCIDENT_RESOLVED;
    return is_there ? known : NULL;
}

static cause cause_at_source(const event *e) {
    return (cause){.actor = actor_of(e), .told = actor_of(e), .via = e->source, .note = note_of(e), .is_sender = true};
}

static void alert_acknowledge(deciding *d, alert *a, usec at) {
    if ((a->acknowledged_at == 0) == (at == 0))
        return;
    a->incident->unacknowledged += at == 0 ? 1 : -1;
    a->acknowledged_at = at;
    deciding_touch_alert(d, a);
}

/* A sender speaks for its own alert; the incident is acknowledged when that can be said of all that is open. */
static event_outcome decide_acknowledged(deciding *d, const prepared_event *p) {
    alert *known = find_acted_on(d, p->event);
    if (known == NULL)
        return OUTCOME_NOTHING;
    incident *i = known->incident;
    if (deciding_wants_whole(d, i))
        return OUTCOME_ACKNOWLEDGED;
    alert_acknowledge(d, known, d->ctx->now);
    cause by = cause_at_source(p->event);
    if (i->unacknowledged <= 0 || i->state == INCIDENT_ACKNOWLEDGED) {
        incident_acknowledge(d, i, &by);
        return OUTCOME_ACKNOWLEDGED;
    }
    const char *what =
        arena_printf(d->memory, "acknowledged “%s”, one of %d alerts,", title_of(known, p->event), i->open_alerts);
    deciding_record(
        d, &(timeline_entry){
               .incident = i, .kind = "acknowledged", .actor = by.actor, .text = cause_sentence(d, &by, what)});
    return OUTCOME_ACKNOWLEDGED;
}

static event_outcome decide_unacknowledged(deciding *d, const prepared_event *p) {
    alert *known = find_acted_on(d, p->event);
    if (known == NULL)
        return OUTCOME_NOTHING;
    if (deciding_wants_whole(d, known->incident))
        return OUTCOME_NOTED;
    alert_acknowledge(d, known, 0);
    cause by = cause_at_source(p->event);
    incident_unacknowledge_at_source(d, known->incident, &by);
    return OUTCOME_NOTED;
}

static event_outcome decide_note(deciding *d, const prepared_event *p) {
    const event *e = p->event;
    alert *known = world_find_alert(d->world, e->source, e->key);
    if (known == NULL || known->incident == NULL)
        return OUTCOME_NOTHING;
    const char *text = note_of(e)[0] != '\0' ? e->note : e->title;
    deciding_record(d,
                    &(timeline_entry){.incident = known->incident, .kind = "note", .actor = actor_of(e), .text = text});
    return OUTCOME_NOTED;
}

static event_outcome (*const rules[])(deciding *d, const prepared_event *p) = {
    [EVENT_FIRING] = decide_firing,
    [EVENT_RESOLVED] = decide_resolved,
    [EVENT_ACKNOWLEDGED] = decide_acknowledged,
    [EVENT_UNACKNOWLEDGED] = decide_unacknowledged,
    [EVENT_NOTE] = decide_note,
};

static incident *incident_of(const deciding *d, const event *e, event_outcome outcome) {
    if (outcome == OUTCOME_NOTHING || outcome == OUTCOME_LATE)
        return NULL;
    const alert *a = world_find_alert(d->world, e->source, e->key);
    return a != NULL ? a->incident : NULL;
}

void decide_events(const decide_context *ctx, world *w, const prepared_event *events, size_t count, arena *a,
                   changes *out) {
    deciding d = {.ctx = ctx, .world = w, .memory = a, .out = out};
    deciding_begin(&d);
    out->outcomes = ARENA_ARRAY(a, event_outcome, count);
    out->event_incidents = ARENA_ARRAY(a, incident *, count);
    out->outcome_count = count;
    for (size_t i = 0; i < count; i++) {
        const event *e = events[i].event;
        out->outcomes[i] = rules[e->kind](&d, &events[i]);
        out->event_incidents[i] = incident_of(&d, e, out->outcomes[i]);
    }
    deciding_finish(&d);
}
