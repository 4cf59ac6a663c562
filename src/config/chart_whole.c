/* What is whole in a chart with errors, so that one error does not hide the others: rows and services with an error of
 * their own take no part in the checks across parts. Only for charts that are not returned. */
#include "config/chart_loader.h"

bool chart_is_broken(const chart_loader *l, size_t errors_before, const yaml_node *node) {
    return l->in.d->errors > errors_before || (node && node->repeated);
}

static void keep_rows(chart_loader *l) {
    chart *c = l->chart;
    row_source unowned = l->rows[c->row_count];
    size_t kept = 0;
    for (size_t i = 0; i < c->row_count; i++) {
        if (l->rows[i].broken) {
            for (size_t m = 0; m < c->rows[i].match_count; m++)
                matchers_release(&c->rows[i].match[m]);
            continue;
        }
        c->rows[kept] = c->rows[i];
        c->rows[kept].index = (int)kept;
        l->rows[kept++] = l->rows[i];
    }
    c->row_count = kept;
    l->rows[kept] = unowned;
    if (l->unowned_broken) { /* nobody bears a letter there */
        c->unowned.accountable = NULL;
        c->unowned.responsible_count = c->unowned.consulted_count = c->unowned.informed_count = 0;
        c->unowned.acknowledge_within = 1;
    }
}

static void keep_services(chart_loader *l, chart_service *services) {
    size_t kept = 0;
    for (size_t i = 0; i < l->chart->service_count; i++) {
        if (l->broken_services[i]) {
            matchers_release(&services[i].match);
            continue;
        }
        services[kept] = services[i];
        l->service_nodes[kept++] = l->service_nodes[i];
    }
    l->chart->service_count = kept;
}

void chart_keep_whole(chart_loader *l) {
    chart_service *services = ARENA_ARRAY(l->in.memory, chart_service, l->chart->service_count + 1);
    for (size_t i = 0; i < l->chart->service_count; i++)
        services[i] = l->chart->services[i];
    l->chart->services = services;
    keep_rows(l);
    keep_services(l, services);
}
