/* Who is on call now, for an incident that began in another shift: whoever is paged again is whoever is on call then.
 *
 * An edit of the chart alone does not change who was told; a shift that has ended does. The difficulty: the people of
 * an incident are shared with the route and the batch, so that a change makes new lists. */
#include "deciding.h"

#include "domain/chart_index.h"
#include "onus/text.h"

#include <string.h>

enum { CHANGES_NAMED_MAX = 8 };

/* A team is named once, however many roles it plays. */
typedef struct shift_change {
    deciding *d;
    incident *incident;
    const char *named[CHANGES_NAMED_MAX];
    size_t named_count;
    bool changed;
} shift_change;

static const chart_team *team_find(const chart *c, const char *id) {
    for (size_t t = 0; t < c->team_count; t++)
        if (text_equal(c->teams[t].id, id))
            return &c->teams[t];
    return NULL;
}

static bool is_named(const shift_change *change, const char *team) {
    for (size_t n = 0; n < change->named_count; n++)
        if (text_equal(change->named[n], team))
            return true;
    return false;
}

static const char *person_or_team(const party *p) {
    return p->person_name != NULL && p->person_name[0] != '\0' ? p->person_name : "the whole team";
}

static void record_change(shift_change *change, const party *was, const party *now) {
    if (is_named(change, now->team) || change->named_count == CHANGES_NAMED_MAX)
        return;
    change->named[change->named_count++] = now->team;
    const char *text = arena_printf(change->d->memory, "On call for %s is now %s; until now it was %s.", now->team_name,
                                    person_or_team(now), person_or_team(was));
    deciding_record(
        change->d,
        &(timeline_entry){.incident = change->incident, .kind = "oncall_changed", .actor = "onus", .text = text});
}

static bool same_person(const party *a, const party *b) {
    return text_equal(a->person != NULL ? a->person : "", b->person != NULL ? b->person : "");
}

static party now_on_call(shift_change *change, const party *was) {
    const chart_team *team = team_find(change->d->ctx->chart, was->team);
    if (team == NULL)
        return *was;
    party now = *was;
    party_take_team(&now, team, change->d->ctx->now, change->d->memory);
    if (same_person(&now, was))
        return *was;
    change->changed = true;
    record_change(change, was, &now);
    return now;
}

static const party *list_on_call(shift_change *change, const party *was, size_t count) {
    party *now = ARENA_ARRAY(change->d->memory, party, count + 1);
    for (size_t p = 0; p < count; p++)
        now[p] = now_on_call(change, &was[p]);
    return now;
}

const raci *incident_take_oncall(deciding *d, incident *i) {
    shift_change change = {.d = d, .incident = i};
    raci now = i->raci;
    now.responsible = list_on_call(&change, now.responsible, now.responsible_count);
    now.accountable = now_on_call(&change, &now.accountable);
    now.consulted = list_on_call(&change, now.consulted, now.consulted_count);
    now.informed = list_on_call(&change, now.informed, now.informed_count);
    if (!change.changed)
        return NULL;
    raci *before = ARENA_NEW(d->memory, raci);
    *before = i->raci;
    i->raci = now;
    deciding_touch_incident(d, i);
    return before;
}
