/* What was known of each version at any moment: an immutable, counted snapshot of all timelines, and what an alert's
 * labels say of it.
 *
 * The difficulty: an alert asks as of the moment at which it began, which may lie before the newest change, and clocks
 * of nodes differ. Changes are ordered by their commits; as of a moment counts the last one whose own time is not after
 * it. */
#include "onus/handoffs.h"

#include "onus/text.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { OWN_VALUE_BYTES = 60, LINE_BYTES = 500, ACTOR_BYTES = 100, DATE_BYTES = 10 };

typedef struct version_history version_history;

typedef struct moment {
    int64_t serial;
    usec at;
    handoff_state state;
    const char *actor;
    version_history *of;
    version_history *holder; /* the version that is accepted from then on; NULL: none */
} moment;

struct version_history {
    const char *model, *version, *summary;
    const moment **moments; /* in the order of their commits */
    size_t count;
};

typedef struct model_history {
    const char *model;
    const version_history *versions; /* sorted by version */
    size_t version_count;
    moment *moments; /* of all its versions, in the order of their commits */
    size_t count;
} model_history;

struct handoffs {
    arena *memory;
    _Atomic int references;
    int64_t serial;
    model_history *models; /* sorted by model */
    size_t model_count;
    size_t counts[HANDOFF_STATE_COUNT];
};

/* ── building ── */

static int by_version(const void *a, const void *b) {
    const handoff_change *x = a, *y = b;
    int order = strcmp(x->model, y->model);
    if (order == 0)
        order = strcmp(x->version, y->version);
    return order != 0 ? order : (x->serial > y->serial) - (x->serial < y->serial);
}

static int by_serial(const void *a, const void *b) {
    const moment *x = a, *y = b;
    return (x->serial > y->serial) - (x->serial < y->serial);
}

static size_t count_changes(const handoffs *h) {
    size_t count = 0;
    for (size_t m = 0; h != NULL && m < h->model_count; m++)
        count += h->models[m].count;
    return count;
}

/* All changes, old and new, by model and version; the caller frees. */
static handoff_change *gather(const handoffs *older, const handoff_change *changes, size_t count, size_t *total) {
    size_t known = count_changes(older), filled = 0;
    handoff_change *all = mem_zalloc(known + count + 1, sizeof *all);
    for (size_t m = 0; older != NULL && m < older->model_count; m++) {
        for (size_t i = 0; i < older->models[m].count; i++) {
            const moment *one = &older->models[m].moments[i];
            all[filled++] = (handoff_change){one->serial, one->of->model, one->of->version, one->state,
                                             one->at,     one->actor,     one->of->summary};
        }
    }
    for (size_t i = 0; i < count; i++)
        all[filled++] = changes[i];
    qsort(all, filled, sizeof *all, by_version);
    *total = filled;
    return all;
}

static size_t count_equal(const handoff_change *all, size_t count, bool same_version) {
    size_t equal = 1;
    while (equal < count && strcmp(all[0].model, all[equal].model) == 0 &&
           (!same_version || strcmp(all[0].version, all[equal].version) == 0))
        equal++;
    return equal;
}

/* One version of the model: `count` changes. */
static void add_version(handoffs *h, model_history *m, version_history *v, const handoff_change *all) {
    v->model = m->model;
    v->version = arena_strdup(h->memory, all[0].version);
    v->summary = arena_strdup(h->memory, all[v->count - 1].summary);
    v->moments = ARENA_ARRAY(h->memory, const moment *, v->count);
    for (size_t i = 0; i < v->count; i++)
        m->moments[m->count++] = (moment){.serial = all[i].serial,
                                          .at = all[i].at,
                                          .state = all[i].state,
                                          .actor = arena_strdup(h->memory, all[i].actor),
                                          .of = v};
    h->counts[all[v->count - 1].state]++;
    if (all[v->count - 1].serial > h->serial)
        h->serial = all[v->count - 1].serial;
}

/* Who holds the model after each change, and each version's own changes. */
static void order_moments(model_history *m) {
    version_history *holder = NULL;
    qsort(m->moments, m->count, sizeof *m->moments, by_serial);
    for (size_t i = 0; i < m->count; i++) {
        moment *one = &m->moments[i];
        if (one->state == HANDOFF_ACCEPTED)
            holder = one->of;
        else if (one->of == holder)
            holder = NULL;
        one->holder = holder;
    }
}

static void link_moments(model_history *m, version_history *versions) {
    for (size_t v = 0; v < m->version_count; v++)
        versions[v].count = 0;
    for (size_t i = 0; i < m->count; i++) {
        version_history *v = m->moments[i].of;
        v->moments[v->count++] = &m->moments[i];
    }
}

static void add_model(handoffs *h, model_history *m, const handoff_change *all, size_t count) {
    size_t versions = 0;
    for (size_t at = 0; at < count; at += count_equal(all + at, count - at, true))
        versions++;
    version_history *made = ARENA_ARRAY(h->memory, version_history, versions);
    m->model = arena_strdup(h->memory, all[0].model);
    m->moments = ARENA_ARRAY(h->memory, moment, count);
    m->versions = made;
    for (size_t at = 0; at < count; at += made[m->version_count++].count) {
        version_history *v = &made[m->version_count];
        v->count = count_equal(all + at, count - at, true);
        add_version(h, m, v, all + at);
    }
    order_moments(m);
    link_moments(m, made);
}

handoffs *handoffs_new(const handoffs *older, const handoff_change *changes, size_t count, int64_t serial) {
    arena *memory = arena_new();
    handoffs *h = ARENA_NEW(memory, handoffs);
    size_t total = 0, models = 0;
    handoff_change *all = gather(older, changes, count, &total);
    h->memory = memory;
    h->references = 1;
    /* Of changes that were removed nothing is left but their serials. */
    h->serial = older != NULL && older->serial > serial ? older->serial : serial;
    for (size_t at = 0; at < total; at += count_equal(all + at, total - at, false))
        models++;
    h->models = ARENA_ARRAY(memory, model_history, models + 1);
    for (size_t at = 0; at < total;) {
        size_t of_model = count_equal(all + at, total - at, false);
        add_model(h, &h->models[h->model_count++], all + at, of_model);
        at += of_model;
    }
    free(all);
    return h;
}

handoffs *handoffs_ref(handoffs *h) {
    atomic_fetch_add(&h->references, 1);
    return h;
}

void handoffs_unref(handoffs *h) {
    if (h != NULL && atomic_fetch_sub(&h->references, 1) == 1)
        arena_free(h->memory);
}

int64_t handoffs_serial(const handoffs *h) {
    return h->serial;
}

size_t handoffs_count(const handoffs *h, handoff_state s) {
    return h->counts[s];
}

/* ── looking up ── */

static int compare_model(const void *name, const void *item) {
    return strcmp(name, ((const model_history *)item)->model);
}

static int compare_version(const void *name, const void *item) {
    return strcmp(name, ((const version_history *)item)->version);
}

static const moment *version_as_of(const version_history *v, usec at) {
    for (size_t i = v->count; i > 0; i--) {
        if (v->moments[i - 1]->at <= at)
            return v->moments[i - 1];
    }
    return NULL;
}

static const moment *find_version(const model_history *m, const char *version, usec at) {
    const version_history *v = bsearch(version, m->versions, m->version_count, sizeof *m->versions, compare_version);
    return v != NULL ? version_as_of(v, at) : NULL;
}

/* What was accepted then, else what had changed last. */
static const moment *find_current(const model_history *m, usec at) {
    for (size_t i = m->count; i > 0; i--) {
        const moment *last = &m->moments[i - 1];
        if (last->at > at)
            continue;
        const moment *accepted = last->holder != NULL ? version_as_of(last->holder, at) : NULL;
        return accepted != NULL ? accepted : last;
    }
    return NULL;
}

static const char *first_of(labels set, const char *const names[2]) {
    const char *value = labels_get(set, names[0]);
    return value[0] != '\0' ? value : labels_get(set, names[1]);
}

static const char *const model_names[] = {"model", "model_name"}, *const version_names[] = {"model_version", "version"};

bool handoff_is_named(labels set) {
    return first_of(set, version_names)[0] != '\0';
}

handoff_fact handoffs_find(const handoffs *h, labels set, usec at) {
    const char *model = first_of(set, model_names), *version = first_of(set, version_names);
    handoff_fact f = {.model = model, .version = "", .state = HANDOFF_NONE, .actor = "", .summary = ""};
    if (model[0] == '\0' || h == NULL || h->model_count == 0)
        return f;
    const model_history *m = bsearch(model, h->models, h->model_count, sizeof *h->models, compare_model);
    const moment *then = m == NULL ? NULL : version[0] != '\0' ? find_version(m, version, at) : find_current(m, at);
    if (then != NULL)
        f = (handoff_fact){model, then->of->version, then->state, then->at, then->actor, then->of->summary};
    return f;
}

labels handoff_fact_labels(arena *a, labels set, const handoff_fact *f) {
    const char *state = f->model[0] != '\0' ? handoff_state_to_text(f->state) : "";
    if (!text_equal(labels_get(set, "handoff"), state))
        set = labels_with(a, set, "handoff", state);
    if (!text_equal(labels_get(set, "handoff_version"), f->version))
        set = labels_with(a, set, "handoff_version", f->version);
    return set;
}

/* ── for people ── */

static const char *const value_names[] = {"value",    "current_value",  "current", "metric_value",
                                          "observed", "observed_value", "values"};

const char *const *handoff_value_names(size_t *count) {
    *count = sizeof value_names / sizeof *value_names;
    return value_names;
}

static const char *first_value(labels set) {
    for (size_t i = 0; i < sizeof value_names / sizeof *value_names; i++) {
        const char *value = labels_get(set, value_names[i]);
        if (value[0] != '\0')
            return value;
    }
    return "";
}

const char *handoff_own_value(labels annotations, labels set) {
    const char *told = first_value(annotations);
    return told[0] != '\0' ? told : first_value(set);
}

static const char *line(arena *a, const handoff_fact *f, const char *own_value) {
    if (f->state == HANDOFF_NONE)
        return "";
    const char *state = f->state == HANDOFF_HANDED_BACK ? "handed back" : handoff_state_to_text(f->state);
    const char *text =
        arena_printf(a, "version %s, %s %.*s by %s%s%s", f->version, state, DATE_BYTES, time_to_text(a, f->at),
                     text_shorten(a, f->actor, ACTOR_BYTES), f->summary[0] != '\0' ? "; " : "", f->summary);
    if (own_value[0] != '\0')
        text = arena_printf(a, "%s; the alert says %s", text, text_shorten(a, own_value, OWN_VALUE_BYTES));
    return text_shorten(a, text, LINE_BYTES);
}

labels handoff_fact_kept(arena *a, const handoff_fact *f, const char *own_value) {
    if (f->model[0] == '\0')
        return (labels){0};
    const label pairs[] = {{"by", text_shorten(a, f->actor, ACTOR_BYTES)},
                           {"model", f->model},
                           {"since", f->at != 0 ? time_to_text(a, f->at) : ""},
                           {"state", handoff_state_to_text(f->state)},
                           {"text", line(a, f, own_value)},
                           {"version", f->version}};
    return labels_from_pairs(a, pairs, sizeof pairs / sizeof *pairs);
}
