/* Owns the deep copy of a message and of the incident it tells about. Every text is copied on purpose: the batch and
 * the chart go, the message stays. */
#include "app/message_copy.h"

static contact *copy_contacts(arena *a, const contact *from, size_t count) {
    contact *to = ARENA_ARRAY(a, contact, count + 1);
    for (size_t i = 0; i < count; i++)
        to[i] = (contact){arena_strdup(a, from[i].channel), arena_strdup(a, from[i].address)};
    return to;
}

static party copy_party(arena *a, const party *from) {
    party to = *from;
    to.role = arena_strdup(a, from->role);
    to.role_name = arena_strdup(a, from->role_name);
    to.team = arena_strdup(a, from->team);
    to.team_name = arena_strdup(a, from->team_name);
    to.person = arena_strdup(a, from->person);
    to.person_name = arena_strdup(a, from->person_name);
    to.contacts = copy_contacts(a, from->contacts, from->contact_count);
    return to;
}

static party *copy_parties(arena *a, const party *from, size_t count) {
    party *to = ARENA_ARRAY(a, party, count + 1);
    for (size_t i = 0; i < count; i++)
        to[i] = copy_party(a, &from[i]);
    return to;
}

static raci copy_raci(arena *a, const raci *from) {
    raci to = *from;
    to.responsible = copy_parties(a, from->responsible, from->responsible_count);
    to.accountable = copy_party(a, &from->accountable);
    to.consulted = copy_parties(a, from->consulted, from->consulted_count);
    to.informed = copy_parties(a, from->informed, from->informed_count);
    return to;
}

static incident *copy_incident(arena *a, const incident *from) {
    incident *to = ARENA_NEW(a, incident);
    *to = *from;
    const char **texts[] = {&to->group_key,    &to->activity, &to->activity_name,  &to->service,
                            &to->title,        &to->why,      &to->runbook,        &to->acknowledged_by,
                            &to->contested_by, &to->link,     &to->contest_reason, &to->proposed_role,
                            &to->proposed_name};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = arena_strdup(a, *texts[i]);
    to->raci = copy_raci(a, &from->raci);
    to->labels = labels_copy(a, from->labels);
    to->annotations = labels_copy(a, from->annotations);
    to->handoff = labels_copy(a, from->handoff);
    return to;
}

message message_copy(arena *a, const message *from) {
    message to = *from;
    const char **texts[] = {&to.channel, &to.address, &to.role_name, &to.team_name,
                            &to.team,    &to.actor,   &to.note,      &to.thread};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = arena_strdup(a, *texts[i]);
    to.incident = copy_incident(a, from->incident);
    return to;
}
