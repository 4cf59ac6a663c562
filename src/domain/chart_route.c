/* Routing: labels → row, service, severity, people and group key. Pure. Leaves the reason to chart_why.c.
 *
 * The difficulty: the group key is identity. It must be the same text for the same group on every node and after every
 * restart, different for different groups whatever bytes the labels hold, and short enough for a database index. */
#include "domain/chart_index.h"
#include "onus/crypto.h"
#include "onus/text.h"

#include <string.h>

enum {
    GROUP_KEY_BYTES_MAX = 512, /* a longer one is replaced by its SHA-256 */
};

#define SEPARATOR '\x1f'

static const char *const DEFAULT_GROUP_BY[] = {"service", "alertname"};

/* ── service ── */

static const chart_service *find_service(const chart *c, labels set) {
    const indexed_list *won = list_index_first(c->index->services, set);
    return won ? &c->services[won->owner] : NULL;
}

/* The label that names the service where no entry does; NULL: none. */
static const char *service_label(const chart *c, labels set) {
    for (size_t i = 0; i < c->service_label_count; i++)
        if (labels_get(set, c->service_labels[i])[0] != '\0')
            return c->service_labels[i];
    return NULL;
}

static const char *service_name(const chart *c, const chart_service *service, labels set) {
    const char *label = service ? NULL : service_label(c, set);
    return service ? service->id : label ? labels_get(set, label) : "";
}

/* ── people ── */

typedef struct people_question {
    const chart_service *service;
    usec at;
    arena *memory;
} people_question;

static const party *parties_of(const people_question *q, const chart_role *const *roles, size_t count) {
    party *parties = ARENA_ARRAY(q->memory, party, count ? count : 1);
    for (size_t i = 0; i < count; i++)
        parties[i] = chart_party(roles[i], q->service, q->at, q->memory);
    return parties;
}

static raci resolve_raci(const chart *c, const chart_row *row, const people_question *q) {
    size_t index = row->index == UNOWNED_ROW ? c->row_count : (size_t)row->index;
    bool by_service = q->service && q->service->role_count > 0;
    if (!by_service && !c->index->rotates[index])
        return c->index->defaults[index];
    return (raci){
        .responsible = parties_of(q, row->responsible, row->responsible_count),
        .responsible_count = row->responsible_count,
        .accountable = chart_party(row->accountable, q->service, q->at, q->memory),
        .consulted = parties_of(q, row->consulted, row->consulted_count),
        .consulted_count = row->consulted_count,
        .informed = parties_of(q, row->informed, row->informed_count),
        .informed_count = row->informed_count,
    };
}

/* ── group key ── */

typedef struct key_parts {
    const char **values;
    size_t count;
} key_parts;

/* A label's value as it was sent. */
static const char *value_sent(const route_question *q, const char *name) {
    const char *sent = labels_get(q->sent, name);
    return *sent ? sent : labels_get(q->set, name);
}

static const char *service_sent(const chart *c, const route *r, const route_question *q) {
    const char *label = r->entry || q->sent.count == 0 ? NULL : service_label(c, q->set);
    return label ? value_sent(q, label) : r->service;
}

static key_parts group_parts(const chart *c, const route *r, const route_question *q, arena *a) {
    const chart_row *row = r->row;
    const char *const *names = row->group_by ? row->group_by : DEFAULT_GROUP_BY;
    size_t count = row->group_by ? row->group_by_count : 2;
    key_parts parts = {ARENA_ARRAY(a, const char *, count + 2), 0};
    parts.values[parts.count++] = row->id;
    if (row->group_by_alert) {
        parts.values[parts.count++] = q->identity;
        return parts;
    }
    for (size_t i = 0; i < count; i++)
        parts.values[parts.count++] =
            strcmp(names[i], "service") == 0 ? service_sent(c, r, q) : value_sent(q, names[i]);
    return parts;
}

/* A value that holds the separator could make two groups look like one, and one that is no text cannot be kept. The
 * identity of an alert is text, and holds the separator on purpose. */
static bool needs_digest(const key_parts *parts, const route_question *q, bool by_alert) {
    for (size_t i = 1; i < parts->count && !by_alert; i++)
        if (strchr(parts->values[i], SEPARATOR) ||
            (q->sent.count > 0 && !text_is_utf8(parts->values[i], strlen(parts->values[i]))))
            return true;
    return false;
}

static size_t joined_len(const key_parts *parts) {
    size_t len = 0;
    for (size_t i = 0; i < parts->count; i++)
        len += strlen(parts->values[i]) + 1;
    return len;
}

/* Each part with its NUL, so that the boundaries count too. */
static char *join(const key_parts *parts, size_t len, char between, arena *a) {
    char *text = arena_alloc(a, len), *at = text;
    for (size_t i = 0; i < parts->count; i++) {
        size_t part = strlen(parts->values[i]);
        memcpy(at, parts->values[i], part);
        at += part;
        *at++ = between;
    }
    at[-1] = '\0';
    return text;
}

static const char *make_group_key(const chart *c, const route *r, const route_question *q, arena *a) {
    key_parts parts = group_parts(c, r, q, a);
    size_t len = joined_len(&parts);
    if (len <= GROUP_KEY_BYTES_MAX && !needs_digest(&parts, q, r->row->group_by_alert))
        return join(&parts, len, SEPARATOR, a);
    const char *exact = join(&parts, len, '\0', a);
    return arena_printf(a, "%s%csha256:%s", r->row->id, SEPARATOR, crypto_sha256_hex(a, exact, len));
}

void chart_route(const chart *c, const route_question *q, arena *a, route *out) {
    labels set = q->set;
    const indexed_list *won = list_index_first(c->index->rows, set);
    const chart_service *service = find_service(c, set);
    route r = {
        .row = won ? &c->rows[won->owner] : &c->unowned,
        .won = won ? won->list : NULL,
        .set = set,
        .severity = chart_severity(c, labels_get(set, "severity")),
        .service = service_name(c, service, set),
        .entry = service,
    };
    r.raci = resolve_raci(c, r.row, &(people_question){service, q->at, a});
    r.group_key = make_group_key(c, &r, q, a);
    *out = r;
}
