/* A copied message owns every text: it reads the same after the original's memory is gone. */
#include "app/message_copy.h"

#include "onus/json.h"

#include <criterion/criterion.h>

static message original(arena *a) {
    contact *c = ARENA_NEW(a, contact);
    *c = (contact){arena_strdup(a, "mail"), arena_strdup(a, "ann@example.com")};
    party *p = ARENA_NEW(a, party);
    *p = (party){.role = arena_strdup(a, "sre"),
                 .role_name = arena_strdup(a, "SRE"),
                 .team = arena_strdup(a, "ops"),
                 .team_name = arena_strdup(a, "Ops"),
                 .person = arena_strdup(a, "ann"),
                 .person_name = arena_strdup(a, "Ann"),
                 .contacts = c,
                 .contact_count = 1};
    incident *i = ARENA_NEW(a, incident);
    *i = (incident){
        .id = 9, .title = arena_strdup(a, "Disk full"), .why = arena_strdup(a, "row \"disk\""), .group_key = ""};
    i->raci = (raci){.responsible = p, .responsible_count = 1, .accountable = *p};
    i->labels = labels_from_pairs(a, (label[]){{arena_strdup(a, "alertname"), arena_strdup(a, "DiskFull")}}, 1);
    i->handoff = labels_from_pairs(a, (label[]){{arena_strdup(a, "state"), arena_strdup(a, "accepted")}}, 1);
    return (message){.id = 5,
                     .incident = i,
                     .channel = c->channel,
                     .address = c->address,
                     .role_name = p->role_name,
                     .team_name = p->team_name};
}

Test(message_copy, outlives_the_original) {
    arena *theirs = arena_new(), *ours = arena_new();
    message from = original(theirs);
    message copy = message_copy(ours, &from);
    arena_free(theirs); /* AddressSanitizer sees any text that was not copied */
    cr_expect_eq(copy.id, 5);
    cr_expect_str_eq(copy.address, "ann@example.com");
    cr_expect_str_eq(copy.incident->raci.responsible[0].person_name, "Ann");
    cr_expect_str_eq(copy.incident->title, "Disk full");
    cr_expect_str_eq(copy.incident->raci.responsible[0].contacts[0].channel, "mail");
    cr_expect_str_eq(copy.incident->raci.accountable.team_name, "Ops");
    cr_expect_str_eq(labels_get(copy.incident->labels, "alertname"), "DiskFull");
    cr_expect_str_eq(labels_get(copy.incident->handoff, "state"), "accepted");
    cr_expect_null(copy.note);
    arena_free(ours);
}
