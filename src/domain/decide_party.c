/* Who plays a role, by its name, for a service, by its name: what a reassignment gives. */
#include "deciding.h"

#include "domain/chart_index.h"
#include "onus/text.h"

static const chart_role *role_find(const chart *c, const char *role_id) {
    for (size_t r = 0; r < c->role_count; r++) {
        if (text_equal(c->roles[r].id, role_id))
            return &c->roles[r];
    }
    return NULL;
}

/* NULL when the incident's service is no entry of the chart (any more): then the defaults hold. */
static const chart_service *service_find(const chart *c, const char *service) {
    for (size_t s = 0; s < c->service_count; s++) {
        if (text_equal(c->services[s].id, service))
            return &c->services[s];
    }
    return NULL;
}

bool party_for_role(const deciding *d, const char *role_id, const char *service, party *out) {
    const chart *c = d->ctx->chart;
    const chart_role *role = role_find(c, role_id);
    if (role == NULL)
        return false;
    *out = chart_party(role, service_find(c, service), d->ctx->now, d->memory);
    return true;
}
