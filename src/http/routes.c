/* Owns the route table: patterns cut into segments once, and the match of a path. Leaves handlers to dispatch.c and
 * workers.c. The difficulty: a path that is known under another method must name all methods that it knows. */
#include "http/server.h"

#include "onus/text.h"

#include <string.h>

typedef struct route_segment {
    const char *text; /* literal, or the parameter's name */
    bool is_param;
} route_segment;

typedef struct route_entry {
    const http_route *route;
    route_segment segments[ROUTE_SEGMENTS_MAX];
    size_t count;
} route_entry;

struct route_table {
    arena *memory;
    route_entry *entries;
    size_t count;
};

static bool segment_add(arena *a, route_entry *entry, const char *text, size_t len, err *e) {
    if (entry->count == ROUTE_SEGMENTS_MAX)
        return err_set(e, ERR_LIMIT, "route %s has more than %d segments", entry->route->pattern, ROUTE_SEGMENTS_MAX);
    route_segment *s = &entry->segments[entry->count++];
    s->is_param = len > 2 && text[0] == '{' && text[len - 1] == '}';
    s->text = s->is_param ? arena_strndup(a, text + 1, len - 2) : arena_strndup(a, text, len);
    return true;
}

static bool entry_compile(arena *a, route_entry *entry, err *e) {
    const char *at = entry->route->pattern;
    if (*at != '/')
        return err_set(e, ERR_INVALID, "route %s must start with /", at);
    while (*at == '/') {
        size_t len = strcspn(++at, "/");
        if (!segment_add(a, entry, at, len, e))
            return false;
        at += len;
    }
    size_t params = 0;
    for (size_t i = 0; i < entry->count; i++)
        params += entry->segments[i].is_param;
    if (params > ROUTE_PARAMS_MAX)
        return err_set(e, ERR_LIMIT, "route %s has more than %d parameters", entry->route->pattern, ROUTE_PARAMS_MAX);
    if (entry->route->role != API_ROLE_NONE && entry->route->runs != HTTP_ON_WORKER)
        return err_set(e, ERR_INVALID, "route %s has a role, so it must run on a worker", entry->route->pattern);
    return true;
}

route_table *routes_compile(const http_options *options, err *e) {
    arena *a = arena_new();
    route_table *t = ARENA_NEW(a, route_table);
    t->memory = a;
    t->count = options->route_count;
    t->entries = ARENA_ARRAY(a, route_entry, t->count);
    for (size_t i = 0; i < t->count; i++) {
        t->entries[i].route = &options->routes[i];
        if (!entry_compile(a, &t->entries[i], e)) {
            arena_free(a);
            return NULL;
        }
    }
    return t;
}

void routes_free(route_table *t) {
    if (t)
        arena_free(t->memory);
}

static bool entry_matches(const route_entry *entry, const char *const *segments, size_t count) {
    if (entry->count != count)
        return false;
    for (size_t i = 0; i < count; i++) {
        const route_segment *s = &entry->segments[i];
        if (s->is_param ? segments[i][0] == '\0' : strcmp(s->text, segments[i]) != 0)
            return false;
    }
    return true;
}

static bool method_fits(const http_route *r, const char *method) {
    return strcmp(r->method, method) == 0 || (strcmp(r->method, "GET") == 0 && strcmp(method, "HEAD") == 0);
}

static void match_fill(const route_entry *entry, const char *const *segments, route_match *out) {
    out->route = entry->route;
    for (size_t i = 0; i < entry->count; i++)
        if (entry->segments[i].is_param)
            out->params[out->param_count++] = (http_field){entry->segments[i].text, segments[i]};
}

static const char *allow_add(arena *a, const char *allow, const char *method) {
    const char *more = strcmp(method, "GET") == 0 ? "GET, HEAD" : method;
    return allow ? arena_printf(a, "%s, %s", allow, more) : more;
}

void routes_match(const route_table *t, const char *method, const char *const *segments, size_t count, arena *a,
                  route_match *out) {
    *out = (route_match){0};
    for (size_t i = 0; i < t->count; i++) {
        const route_entry *entry = &t->entries[i];
        if (!entry_matches(entry, segments, count))
            continue;
        if (method_fits(entry->route, method)) {
            match_fill(entry, segments, out);
            return;
        }
        out->allow = allow_add(a, out->allow, entry->route->method);
    }
    if (out->allow)
        out->allow = allow_add(a, out->allow, "OPTIONS");
}
