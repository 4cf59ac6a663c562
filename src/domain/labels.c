/* Labels: sorted sets of name=value. Owns order, lookup, fingerprint and their JSON; bounds on names and values are
 * ingest's.
 *
 * The difficulty: of a name given twice the later wins, so sorting must be stable, and qsort is not. */
#include "onus/labels.h"

#include "onus/json.h"

#include <stdlib.h>
#include <string.h>

enum { LINEAR_SEARCH_MAX = 8 };

/* By name, then by place in the caller's array. */
static int compare_given(const void *left, const void *right) {
    const label *a = *(const label *const *)left, *b = *(const label *const *)right;
    int order = strcmp(a->name, b->name);
    if (order != 0)
        return order;
    return a < b ? -1 : a > b;
}

labels labels_from_pairs(arena *a, const label *pairs, size_t count) {
    if (count == 0)
        return (labels){0};
    const label **order = ARENA_ARRAY(a, const label *, count);
    for (size_t i = 0; i < count; i++)
        order[i] = &pairs[i];
    qsort(order, count, sizeof *order, compare_given);

    label *items = ARENA_ARRAY(a, label, count);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        bool overruled = i + 1 < count && strcmp(order[i]->name, order[i + 1]->name) == 0;
        if (!overruled && order[i]->value[0] != '\0')
            items[kept++] = *order[i];
    }
    return (labels){items, kept};
}

labels labels_copy(arena *a, labels from) {
    label *items = ARENA_ARRAY(a, label, from.count ? from.count : 1);
    for (size_t i = 0; i < from.count; i++)
        items[i] = (label){arena_strdup(a, from.items[i].name), arena_strdup(a, from.items[i].value)};
    return (labels){items, from.count};
}

/* The first item whose name is not before `name`. */
static size_t lower_bound(labels set, const char *name) {
    size_t low = 0, high = set.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(set.items[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const char *labels_get(labels set, const char *name) {
    if (set.count > LINEAR_SEARCH_MAX) {
        size_t i = lower_bound(set, name);
        return i < set.count && strcmp(set.items[i].name, name) == 0 ? set.items[i].value : "";
    }
    for (size_t i = 0; i < set.count; i++)
        if (strcmp(set.items[i].name, name) == 0)
            return set.items[i].value;
    return "";
}

bool labels_equal(labels a, labels b) {
    if (a.count != b.count)
        return false;
    for (size_t i = 0; i < a.count; i++)
        if (strcmp(a.items[i].name, b.items[i].name) != 0 || strcmp(a.items[i].value, b.items[i].value) != 0)
            return false;
    return true;
}

labels labels_with(arena *a, labels set, const char *name, const char *value) {
    label *items = ARENA_ARRAY(a, label, set.count + 1);
    size_t at = lower_bound(set, name), kept = at;
    if (at > 0)
        memcpy(items, set.items, at * sizeof *items);
    if (value[0] != '\0')
        items[kept++] = (label){name, value};
    if (at < set.count && strcmp(set.items[at].name, name) == 0)
        at++;
    if (at < set.count)
        memcpy(items + kept, set.items + at, (set.count - at) * sizeof *items);
    return (labels){items, kept + set.count - at};
}

/* A NUL within a text, which stands there as C0 80 (json.h), counts as the byte that Alertmanager hashes. */
static uint64_t fnv1a(uint64_t hash, const char *text) {
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        bool nul = p[0] == 0xC0 && p[1] == 0x80;
        hash = (hash ^ (nul ? 0 : *p)) * UINT64_C(1099511628211);
        p += nul;
    }
    return (hash ^ 0xFF) * UINT64_C(1099511628211);
}

uint64_t labels_fingerprint(labels set) {
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < set.count; i++)
        hash = fnv1a(fnv1a(hash, set.items[i].name), set.items[i].value);
    return hash;
}

void labels_put_json(buf *b, labels set) {
    buf_putc(b, '{');
    for (size_t i = 0; i < set.count; i++) {
        if (i > 0)
            buf_putc(b, ',');
        buf_put_json(b, set.items[i].name);
        buf_putc(b, ':');
        buf_put_json(b, set.items[i].value);
    }
    buf_putc(b, '}');
}

static bool pairs_from_tree(arena *a, const cJSON *tree, labels *out, err *e) {
    if (!cJSON_IsObject(tree))
        return err_set(e, ERR_INVALID, "labels must be a JSON object");
    size_t count = 0, i = 0;
    const cJSON *member;
    cJSON_ArrayForEach(member, tree) count++;
    label *pairs = ARENA_ARRAY(a, label, count ? count : 1);
    cJSON_ArrayForEach(member, tree) {
        if (!cJSON_IsString(member))
            return err_set(e, ERR_INVALID, "the value of label \"%.100s\" is not a string", member->string);
        pairs[i++] = (label){arena_strdup(a, member->string), arena_strdup(a, member->valuestring)};
    }
    *out = labels_from_pairs(a, pairs, count);
    return true;
}

bool labels_from_json(arena *a, const char *json, labels *out, err *e) {
    if (strcmp(json, "{}") == 0) { /* the commonest of what the database gives back */
        *out = (labels){0};
        return true;
    }
    cJSON *tree = json_parse(json, strlen(json), e);
    if (!tree)
        return false;
    bool done = pairs_from_tree(a, tree, out, e);
    cJSON_Delete(tree);
    return done;
}
