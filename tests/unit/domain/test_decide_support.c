#include "test_decide_support.h"

#include <criterion/criterion.h>

#include <string.h>

static const contact mlops[] = {{"slack", "mlops"}, {"mail", "mlops"}};
static const contact head[] = {{"mail", "head"}};
static const contact science[] = {{"mail", "science"}};
static const contact vp[] = {{"mail", "vp"}};
static const contact business[] = {{"slack", "business"}};
static const contact platform[] = {{"slack", "platform"}, {"mail", "head"}};

static const party responsible = {"mlops-engineer", "MLOps Engineer", "mlops", "MLOps", mlops, 2};
static const party consulted = {"ml-engineer", "ML Engineer", "science", "Fraud Science", science, 1};
static const party informed[] = {{"vp-engineering", "VP Engineering", "vp", "VP", vp, 1},
                                 {"business", "Business", "business", "Business", business, 1}};

static const chart_team teams[] = {{"mlops", "MLOps", mlops, 2, {0}},
                                   {"platform", "Platform", platform, 2, {0}},
                                   {"science", "Fraud Science", science, 1, {0}},
                                   {"ghosts", "Ghosts", NULL, 0, {0}}};
static const chart_role roles[] = {{"mlops-engineer", "MLOps Engineer", &teams[0], {0}},
                                   {"platform-engineer", "Platform Engineer", &teams[1], {0}},
                                   {"ghost", "Ghost", &teams[3], {0}}};
static const chart_service_role fraud_roles[] = {{&roles[1], &teams[2]}};
static const chart_service services[] = {{"fraud", {0}, fraud_roles, 1, {0}}};

void scene_init(scene *s) {
    memset(s, 0, sizeof *s);
    s->memory = arena_new();
    s->world = world_new(s->memory);
    s->chart.revision = 7;
    s->chart.roles = roles;
    s->chart.role_count = sizeof roles / sizeof *roles;
    s->chart.services = services;
    s->chart.service_count = 1;
    s->ctx = (decide_context){.chart = &s->chart, .message_lifetime = USEC_PER_DAY, .node = "here"};
    s->row = (chart_row){.id = "degraded",
                         .name = "Production model degraded",
                         .loop = LOOP_SYSTEM,
                         .runbook = "",
                         .consult = CONSULT_POSTMORTEM,
                         .acknowledge_within = MINUTES(15),
                         .decide_within = MINUTES(15),
                         .acknowledge_expires = MINUTES(240),
                         .reopen_after = MINUTES(10)};
    s->raci = (raci){.responsible = &responsible,
                     .responsible_count = 1,
                     .accountable = {"head-of-mlops", "Head of MLOps", "head", "Leads", head, 1},
                     .consulted = &consulted,
                     .consulted_count = 1,
                     .informed = informed,
                     .informed_count = 2};
}

void scene_release(scene *s) {
    arena_free(s->memory);
}

static const char *or_else(const char *text, const char *fallback) {
    return text != NULL ? text : fallback;
}

static event *event_of(const scene *s, const sent *from, int minute) {
    event *e = ARENA_NEW(s->memory, event);
    *e = (event){.kind = from->kind,
                 .source = "alertmanager",
                 .key = or_else(from->key, "a"),
                 .title = or_else(from->title, "Drift"),
                 .starts_at = NOON + MINUTES(from->no_start ? minute : from->starts),
                 .ends_at = from->ends != 0 ? NOON + MINUTES(from->ends) : 0,
                 .expires_at = from->expires != 0 ? NOON + MINUTES(from->expires) : 0,
                 .starts_at_given = !from->no_start,
                 .link = "",
                 .actor = or_else(from->actor, ""),
                 .note = or_else(from->note, ""),
                 .began_at = NOON + (from->began != 0 ? MINUTES(from->began) : MINUTES(minute) - USEC_PER_SECOND)};
    if (from->kind == EVENT_RESOLVED && e->ends_at == 0)
        e->ends_at = NOON + MINUTES(minute);
    return e;
}

static const severity severities[] = {
    [SENT_WARNING] = SEVERITY_WARNING, [SENT_INFO] = SEVERITY_INFO, [SENT_CRITICAL] = SEVERITY_CRITICAL};

static const matchers everything = {NULL, 0};

static prepared_event prepare(scene *s, const sent *from, int minute) {
    const event *e = event_of(s, from, minute);
    return (prepared_event){.event = e,
                            .route = {.row = &s->row,
                                      .won = &everything,
                                      .severity = severities[from->severity],
                                      .service = "fraud",
                                      .raci = s->raci,
                                      .group_key = or_else(from->group, "g")},
                            .content_hash = event_content_hash(e) ^ (uint64_t)from->severity};
}

static void give_ids(scene *s) {
    for (size_t i = 0; i < s->changes.incident_count; i++) {
        if (s->changes.incidents[i]->id == 0)
            s->changes.incidents[i]->id = ++s->newest_id;
    }
    for (size_t i = 0; i < s->changes.alert_count; i++) {
        if (s->changes.alerts[i]->id == 0)
            s->changes.alerts[i]->id = ++s->newest_id;
    }
}

/* ── the same batch with partial incidents, as the store loads them first ── */

static void add_partial(world *w, const incident *i) {
    if (i != NULL && world_find_incident(w, i->id) == NULL) {
        incident own = incident_partial(i);
        (void)world_add_incident(w, &own);
    }
}

static world *partial_world(const scene *s, const prepared_event *prepared, size_t count) {
    world *w = world_new(s->memory);
    for (size_t i = 0; i < count; i++) {
        const alert *a = world_find_alert(s->world, prepared[i].event->source, prepared[i].event->key);
        add_partial(w, a != NULL ? a->incident : NULL);
        add_partial(w, world_find_group(s->world, prepared[i].route.group_key));
    }
    for (size_t i = 0; i < count; i++) {
        const alert *a = world_find_alert(s->world, prepared[i].event->source, prepared[i].event->key);
        if (a == NULL)
            continue;
        alert own = *a;
        own.touched = false;
        own.incident = a->incident != NULL ? world_find_incident(w, a->incident->id) : NULL;
        (void)world_add_alert(w, &own);
    }
    return w;
}

/* Either the partial world says that it does not suffice, or it leads to the same. */
static void expect_agreement(const scene *whole, const scene *partial) {
    const changes *a = &whole->changes, *b = &partial->changes;
    if (b->wants_whole)
        return;
    cr_assert_str_eq(outcomes(partial), outcomes(whole));
    cr_assert_str_eq(timeline(partial), timeline(whole));
    cr_assert_str_eq(told(partial), told(whole));
    for (size_t i = 0; i < a->timeline_count; i++)
        cr_assert_str_eq(b->timeline[i].text, a->timeline[i].text);
    cr_assert_eq(b->incident_count, a->incident_count);
    for (size_t i = 0; i < a->incident_count; i++) {
        const incident *x = a->incidents[i], *y = b->incidents[i];
        cr_assert(y->open_alerts == x->open_alerts && y->total_alerts == x->total_alerts && y->state == x->state &&
                      y->severity == x->severity && y->starts_at == x->starts_at,
                  "%s, not %s", state_of(whole, y), state_of(whole, x));
    }
}

void scene_send(scene *s, int minute, const sent *events, size_t count) {
    prepared_event *prepared = ARENA_ARRAY(s->memory, prepared_event, count);
    for (size_t i = 0; i < count; i++)
        prepared[i] = prepare(s, &events[i], minute);
    s->ctx.now = NOON + MINUTES(minute);
    scene partial = {.memory = s->memory};
    decide_events(&s->ctx, partial_world(s, prepared, count), prepared, count, s->memory, &partial.changes);
    decide_events(&s->ctx, s->world, prepared, count, s->memory, &s->changes);
    s->wanted_whole = partial.changes.wants_whole;
    expect_agreement(s, &partial);
    give_ids(s);
}

bool scene_act(scene *s, int minute, const action *act, err *e) {
    s->ctx.now = NOON + MINUTES(minute);
    action own = *act;
    own.via = or_else(act->via, "link");
    return decide_action(&s->ctx, s->world, scene_incident(s), &own, s->memory, &s->changes, e);
}

void scene_due(scene *s, int minute) {
    s->ctx.now = NOON + MINUTES(minute);
    decide_due(&s->ctx, s->world, scene_incident(s), s->memory, &s->changes);
}

incident *scene_incident(const scene *s) {
    return world_find_group(s->world, "g");
}

static const char *heard(const scene *s, const message *m) {
    return arena_printf(s->memory, "%c%c%s", "RACI"[m->letter], message_is_page(m->letter, m->reason) ? '!' : '.',
                        message_reason_to_text(m->reason));
}

const char *told(const scene *s) {
    const char *text = "", *before = "";
    for (size_t i = 0; i < s->changes.message_count; i++) {
        const char *one = heard(s, &s->changes.messages[i]);
        if (strcmp(one, before) != 0)
            text = arena_printf(s->memory, "%s%s%s", text, text[0] ? " " : "", one);
        before = one;
    }
    return text;
}

const char *told_contacts(const scene *s) {
    const char *text = "";
    for (size_t i = 0; i < s->changes.message_count; i++) {
        const message *m = &s->changes.messages[i];
        text = arena_printf(s->memory, "%s%s%s%s %s:%s", text, text[0] ? ", " : "", heard(s, m),
                            m->first ? " (first)" : "", m->channel, m->address);
    }
    return text;
}

const char *contests(const scene *s) {
    const char *text = "";
    for (size_t i = 0; i < s->changes.contest_count; i++) {
        const contest *c = &s->changes.contests[i];
        const char *moved = c->to.role != NULL ? arena_printf(s->memory, " to %s", c->to.role) : "";
        text = arena_printf(s->memory, "%s%s%s of %s by %s%s", text, i > 0 ? ", " : "",
                            contest_decision_to_text(c->decision), c->from.role,
                            c->decision == CONTEST_UNDECIDED ? c->by : c->decided_by, moved);
    }
    return text;
}

const char *outcomes(const scene *s) {
    const char *text = "";
    for (size_t i = 0; i < s->changes.outcome_count; i++)
        text = arena_printf(s->memory, "%s%s%s", text, i > 0 ? " " : "", event_outcome_to_text(s->changes.outcomes[i]));
    return text;
}

const char *timeline(const scene *s) {
    const char *text = "";
    for (size_t i = 0; i < s->changes.timeline_count; i++)
        text = arena_printf(s->memory, "%s%s%s", text, i > 0 ? " " : "", s->changes.timeline[i].kind);
    return text;
}

const char *timeline_text(const scene *s, const char *kind) {
    const char *text = "";
    for (size_t i = 0; i < s->changes.timeline_count; i++) {
        if (strcmp(s->changes.timeline[i].kind, kind) == 0)
            text = s->changes.timeline[i].text;
    }
    return text;
}

size_t pages_to(const scene *s, raci_letter letter) {
    size_t count = 0;
    for (size_t i = 0; i < s->changes.message_count; i++) {
        const message *m = &s->changes.messages[i];
        count += m->letter == letter && message_is_page(m->letter, m->reason);
    }
    return count;
}

const char *state_of(const scene *s, const incident *i) {
    if (i == NULL)
        return "none";
    const char *due = i->due_at == 0 ? "-" : arena_printf(s->memory, "%d", (int)((i->due_at - NOON) / USEC_PER_MINUTE));
    return arena_printf(s->memory, "%s %d/%d due %s", incident_state_to_text(i->state), i->open_alerts, i->total_alerts,
                        due);
}
