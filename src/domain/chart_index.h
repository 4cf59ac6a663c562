/* What compiling a chart makes, for routing: private to src/domain/chart*.c. */
#ifndef ONUS_DOMAIN_CHART_INDEX_H
#define ONUS_DOMAIN_CHART_INDEX_H

#include "domain/list_index.h"
#include "onus/chart.h"

struct chart_index {
    list_index *rows;     /* owner: the row's number */
    list_index *services; /* owner: the service's number */
    raci *defaults;       /* who plays each row's letters where no service says otherwise; the last one is unowned's */
    bool *rotates;        /* for these rows that depends on the moment, and `defaults` has nothing */
};

/* A role's party in a service (NULL: none in particular), as of a moment. */
party chart_party(const chart_role *role, const chart_service *service, usec at, arena *a);

severity chart_severity(const chart *c, const char *word);

#endif
