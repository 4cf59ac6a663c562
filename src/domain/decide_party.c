/* Who plays a role for a service: the service's own team where the chart names one, else the role's. */
#include "deciding.h"

#include "onus/text.h"

static const chart_role *role_find(const chart *c, const char *role_id) {
    for (size_t r = 0; r < c->role_count; r++) {
        if (text_equal(c->roles[r].id, role_id))
            return &c->roles[r];
    }
    return NULL;
}

static const chart_team *team_for(const chart *c, const chart_role *role, const char *service) {
    for (size_t s = 0; s < c->service_count; s++) {
        if (!text_equal(c->services[s].id, service))
            continue;
        for (size_t r = 0; r < c->services[s].role_count; r++) {
            if (text_equal(c->services[s].roles[r].role->id, role->id))
                return c->services[s].roles[r].team;
        }
    }
    return role->team;
}

bool chart_party(const chart *c, const char *role_id, const char *service, party *out) {
    const chart_role *role = role_find(c, role_id);
    if (role == NULL)
        return false;
    const chart_team *team = team_for(c, role, service);
    *out = (party){.role = role->id,
                   .role_name = role->name,
                   .team = team->id,
                   .team_name = team->name,
                   .contacts = team->contacts,
                   .contact_count = team->contact_count};
    return true;
}
