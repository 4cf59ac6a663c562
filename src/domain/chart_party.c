/* Who plays a role at a moment: the team, who of it is on call, and by which contacts they are reached.
 *
 * The difficulty: whoever is on call is told first, and the team's contacts as well; one that both name is told once.
 */
#include "domain/chart_index.h"
#include "onus/rotation.h"
#include "onus/text.h"

#include <string.h>

static bool has_contact(const contact *items, size_t count, const contact *c) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(items[i].channel, c->channel) == 0 && strcmp(items[i].address, c->address) == 0)
            return true;
    return false;
}

static void add_contacts(contact *items, size_t *count, const contact *more, size_t more_count) {
    for (size_t i = 0; i < more_count; i++)
        if (!has_contact(items, *count, &more[i]))
            items[(*count)++] = more[i];
}

static void take_contacts(party *p, const chart_person *person, const chart_team *team, arena *a) {
    contact *items = ARENA_ARRAY(a, contact, person->contact_count + team->contact_count + 1);
    p->contact_count = 0;
    add_contacts(items, &p->contact_count, person->contacts, person->contact_count);
    add_contacts(items, &p->contact_count, team->contacts, team->contact_count);
    p->contacts = items;
}

void party_take_team(party *p, const chart_team *team, usec at, arena *a) {
    const chart_person *person = team->rotation ? rotation_at(team->rotation, at) : team->person;
    p->team = team->id;
    p->team_name = team->name;
    p->person = person ? person->id : "";
    p->person_name = person ? person->name : "";
    p->contacts = team->contacts;
    p->contact_count = team->contact_count;
    if (person && !team->person)
        take_contacts(p, person, team, a);
}

party chart_party(const chart_role *role, const chart_service *service, usec at, arena *a) {
    const chart_team *team = role->team;
    for (size_t i = 0; service && i < service->role_count; i++)
        if (service->roles[i].role == role)
            team = service->roles[i].team;
    party p = {.role = role->id, .role_name = role->name};
    party_take_team(&p, team, at, a);
    return p;
}

const char *party_team_text(arena *a, const party *p) {
    bool somebody = p->person_name && p->person_name[0];
    if (!somebody || text_equal(p->person, p->team))
        return p->team_name;
    return arena_printf(a, "%s" PARTY_ON_CALL "%s", p->team_name, p->person_name);
}
