/* The lists that a decision fills: incidents, alerts, timeline, tellings.
 *
 * Owns listing each thing once and folding causes. The difficulty is the folding: a storm of one kind must page once,
 * but no page may be lost and the last word must be the last message. So a cause that comes again moves to the end. */
#include "deciding.h"

#include <stdint.h>
#include <string.h>

/* Room for one more; doubling keeps a batch of n linear. The old array stays in the arena. */
static void *room_for_one(arena *memory, void *items, size_t count, size_t *room, size_t size) {
    if (count < *room)
        return items;
    size_t more = *room == 0 ? 8 : *room * 2;
    void *bigger = arena_zalloc(memory, more, size);
    if (count > 0)
        memcpy(bigger, items, count * size);
    *room = more;
    return bigger;
}

#define MAKE_ROOM(d, items, count, room)                                                                               \
    ((items) = room_for_one((d)->memory, (items), (count), &(room), sizeof *(items)))

void deciding_begin(deciding *d) {
    *d->out = (changes){0};
    d->tellings = NULL;
    d->telling_count = d->telling_room = 0;
    d->incident_room = d->alert_room = d->timeline_room = d->message_room = d->contest_room = 0;
    world_begin_decision(d->world);
}

void deciding_finish(deciding *d) {
    for (size_t i = 0; i < d->telling_count; i++) {
        if (!d->tellings[i].superseded)
            deciding_put_messages(d, &d->tellings[i]);
    }
}

void deciding_touch_incident(deciding *d, incident *i) {
    i->touched = true;
    i->updated_at = d->ctx->now;
    incident_marks *marks = world_marks(d->world, i);
    if (marks->listed)
        return;
    marks->listed = true;
    MAKE_ROOM(d, d->out->incidents, d->out->incident_count, d->incident_room);
    d->out->incidents[d->out->incident_count++] = i;
}

void deciding_touch_alert(deciding *d, alert *a) {
    a->touched = true;
    if (!world_list_alert(d->world, a))
        return;
    MAKE_ROOM(d, d->out->alerts, d->out->alert_count, d->alert_room);
    d->out->alerts[d->out->alert_count++] = a;
}

void deciding_record(deciding *d, const timeline_entry *entry) {
    MAKE_ROOM(d, d->out->timeline, d->out->timeline_count, d->timeline_room);
    timeline_entry *own = &d->out->timeline[d->out->timeline_count++];
    *own = *entry;
    own->at = d->ctx->now;
}

void deciding_put_message(deciding *d, const message *m) {
    MAKE_ROOM(d, d->out->messages, d->out->message_count, d->message_room);
    d->out->messages[d->out->message_count++] = *m;
}

void deciding_keep_contest(deciding *d, const contest *c) {
    MAKE_ROOM(d, d->out->contests, d->out->contest_count, d->contest_room);
    d->out->contests[d->out->contest_count++] = *c;
}

/* The page that is still unsent will show the worse severity; a second one would tell nothing new. */
static bool folds_into(message_reason newest, message_reason reason) {
    return reason == REASON_SEVERITY_RAISED && (newest == REASON_OPENED || newest == REASON_REOPENED);
}

/* What pages anybody. */
static bool is_paged(message_reason reason) {
    for (int letter = RACI_RESPONSIBLE; letter < RACI_LETTER_COUNT; letter++)
        if (message_is_page((raci_letter)letter, reason))
            return true;
    return false;
}

bool deciding_wants_whole(deciding *d, const incident *i) {
    d->out->wants_whole = d->out->wants_whole || i->partial;
    return i->partial;
}

void deciding_tell(deciding *d, const telling *t) {
    if (deciding_wants_whole(d, t->incident))
        return;
    incident_marks *marks = world_marks(d->world, t->incident);
    if (marks->newest != 0 && folds_into(d->tellings[marks->newest - 1].reason, t->reason))
        return;
    /* The opening has found who is on call; every later page asks again. */
    const raci *people =
        t->reason != REASON_OPENED && is_paged(t->reason) ? incident_take_oncall(d, t->incident) : NULL;
    uint32_t before = marks->told[t->reason];
    if (before != 0) {
        d->tellings[before - 1].superseded = true;
        people = people != NULL ? people : d->tellings[before - 1].before;
    }
    MAKE_ROOM(d, d->tellings, d->telling_count, d->telling_room);
    telling *own = &d->tellings[d->telling_count++];
    *own = *t;
    own->before = people != NULL ? people : t->before;
    marks->told[t->reason] = marks->newest = (uint32_t)d->telling_count;
}
