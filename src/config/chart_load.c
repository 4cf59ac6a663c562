/* Loading a chart: bytes → located tree → plain data → checks → compiled. The parts are read by
 * chart_persons.c, chart_people.c, chart_rotation.c, chart_match.c and chart_rows.c; what no single field can show is
 * checked by chart_check.c and chart_shadow.c.
 *
 * The difficulty: all problems in one run, and none that only follows from another. So the parts go on after an error,
 * and what is broken takes no part in the checks across parts (chart_whole.c). */
#include "config/chart_loader.h"

#include "config/allow.h"
#include "onus/crypto.h"
#include "onus/limits.h"
#include "onus/text.h"

#include <string.h>

static const char *const KEYS[] = {"version",
                                   "people",
                                   "teams",
                                   "roles",
                                   "services",
                                   "severities",
                                   "activities",
                                   "service_labels",
                                   "unowned",
                                   "acknowledge_within",
                                   "acknowledge_expires",
                                   "reopen_after",
                                   "decide_within"};

static const char *const DEFAULT_SERVICE_LABELS[] = {"model", "service", "app"};

static void check_version(const chart_loader *l, const yaml_node *root) {
    const char *text = field_text(&l->in, root, "version", CHART_NAME_BYTES);
    if (text && strcmp(text, "1") != 0)
        field_error(&l->in, yaml_get(root, "version"), "bad-version", "version \"%s\" is not known; write `version: 1`",
                    field_shown(&l->in, text));
    if (!yaml_get(root, "version"))
        field_error(&l->in, root, "bad-version", "`version: 1` is missing");
}

/* ── severities ── */

static bool is_taken(const chart *c, const char *word) {
    for (int s = SEVERITY_INFO; s <= SEVERITY_CRITICAL; s++)
        for (size_t i = 0; i < c->severities[s].count; i++)
            if (text_equal_nocase(c->severities[s].words[i], word))
                return true;
    return false;
}

static void read_words(const chart_loader *l, const yaml_node *map, severity s) {
    text_list given = field_texts(&l->in, map, severity_to_text(s), CHART_SEVERITY_WORDS_MAX);
    const char **words = ARENA_ARRAY(l->in.memory, const char *, given.count + 1);
    chart_severity_words *into = &l->chart->severities[s];
    into->words = words;
    for (size_t i = 0; i < given.count; i++) {
        if (is_taken(l->chart, given.nodes[i]->text))
            field_error(&l->in, given.nodes[i], "duplicate-word",
                        "the word \"%s\" stands here or at another severity "
                        "already; remove one",
                        field_shown(&l->in, given.nodes[i]->text));
        else
            words[into->count++] = arena_strdup(l->in.memory, given.nodes[i]->text);
    }
}

static void read_severities(const chart_loader *l, const yaml_node *root) {
    static const char *const WORDS[] = {"critical", "warning", "info"};
    const yaml_node *map = yaml_get(root, "severities");
    if (!map || !field_is_map(&l->in, map, "\"severities\""))
        return;
    fields_check_keys(&l->in, map, "\"severities\"", WORD_LIST(WORDS));
    for (int s = SEVERITY_CRITICAL; s >= SEVERITY_INFO; s--)
        read_words(l, map, (severity)s);
}

/* ── the whole ── */

static void read_service_labels(const chart_loader *l, const yaml_node *root) {
    chart *c = l->chart;
    c->service_labels = DEFAULT_SERVICE_LABELS;
    c->service_label_count = sizeof DEFAULT_SERVICE_LABELS / sizeof *DEFAULT_SERVICE_LABELS;
    if (!yaml_get(root, "service_labels"))
        return;
    text_list given = field_texts(&l->in, root, "service_labels", CHART_GROUP_LABELS_MAX);
    const char **names = ARENA_ARRAY(l->in.memory, const char *, given.count + 1);
    for (size_t i = 0; i < given.count; i++)
        names[i] = arena_strdup(l->in.memory, given.nodes[i]->text);
    c->service_labels = names;
    c->service_label_count = given.count;
}

static void read_defaults(chart_loader *l, const yaml_node *root) {
    l->acknowledge_within = 15 * USEC_PER_MINUTE;
    l->acknowledge_expires = 4 * USEC_PER_HOUR;
    l->reopen_after = 10 * USEC_PER_MINUTE;
    l->default_acknowledge = yaml_get(root, "acknowledge_within");
    l->decide_within = -1;
    field_duration(&l->in, root, "acknowledge_within", &l->acknowledge_within);
    field_duration(&l->in, root, "acknowledge_expires", &l->acknowledge_expires);
    field_duration(&l->in, root, "reopen_after", &l->reopen_after);
    field_duration(&l->in, root, "decide_within", &l->decide_within);
}

static void require_section(const chart_loader *l, const yaml_node *root, const char *name, const char *what) {
    if (!yaml_get(root, name))
        field_error(&l->in, root, "missing-section", "`%s` is missing: %s", name, what);
}

/* True when an error is in it. */
static bool load_part(chart_loader *l, const yaml_node *root, const char *name,
                      void (*load)(chart_loader *l, const yaml_node *root)) {
    size_t before = l->in.d->errors;
    load(l, root);
    return chart_is_broken(l, before, yaml_get(root, name));
}

static void load_severities(chart_loader *l, const yaml_node *root) {
    read_severities(l, root);
}

static void load_parts(chart_loader *l, const yaml_node *root) {
    broken_parts *broken = &l->broken;
    broken->severities = load_part(l, root, "severities", load_severities);
    read_service_labels(l, root);
    read_defaults(l, root);
    broken->people = load_part(l, root, "people", chart_load_people);
    broken->teams = load_part(l, root, "teams", chart_load_teams) || !yaml_get(root, "teams");
    broken->roles = load_part(l, root, "roles", chart_load_roles) || !yaml_get(root, "roles");
    broken->services = load_part(l, root, "services", chart_load_services);
    broken->rows = load_part(l, root, "activities", chart_load_rows) || l->unowned_broken;
}

static void check_across(chart_loader *l) {
    bool whole = l->in.d->errors == l->errors_before;
    if (!whole)
        chart_keep_whole(l);
    chart_check_people(l);
    chart_check_matchers(l);
    chart_check_shadows(l);
    chart_check_style(l);
    if (whole)
        allows_report_unused(&l->in);
}

static void read_chart(chart_loader *l, const yaml_node *root) {
    if (!field_is_map(&l->in, root, "a chart"))
        return;
    fields_check_keys(&l->in, root, "a chart", WORD_LIST(KEYS));
    require_section(l, root, "teams", "who there is, and how to reach them");
    require_section(l, root, "roles", "the words of the rows, and which team plays each");
    check_version(l, root);
    load_parts(l, root);
    check_across(l);
}

static chart *new_chart(const char *bytes, size_t len) {
    arena *memory = arena_new();
    chart *c = ARENA_NEW(memory, chart);
    c->memory = memory;
    c->references = 1;
    c->digest = crypto_sha256_hex(memory, bytes, len);
    c->unowned.index = UNOWNED_ROW;
    return c;
}

static chart_loader loader_for(const chart_source *text, const chart_context *context, diagnostics *d) {
    static const chart_context NOTHING = {0};
    chart_loader l = {.in = {NULL, NULL, d, text->path}, .errors_before = d->errors};
    l.source = text;
    l.context = context ? context : &NOTHING;
    l.channels = (word_list){l.context->channels, l.context->channel_count};
    l.now = l.context->now;
    return l;
}

/* The chart of the tree, or NULL. */
static chart *read_tree(chart_loader *l, const char *path, yaml_node *root) {
    static const char *const SECTIONS[] = {"people", "teams", "roles", "services", "activities"};
    for (size_t i = 0; i < sizeof SECTIONS / sizeof *SECTIONS; i++)
        yaml_join_repeated(root, SECTIONS[i], l->in.scratch);
    size_t errors_before = l->errors_before;
    if (!root->repeated)
        l->errors_before = l->in.d->errors; /* a bad comment hides no other problem */
    read_chart(l, root);
    err e;
    if (l->in.d->errors == errors_before && !chart_compile(l->chart, &e))
        diagnostics_add(l->in.d, DIAGNOSTIC_ERROR, path, (file_position){0}, 0, "not-compiled", "%s", e.text);
    if (l->in.d->errors == errors_before)
        return l->chart;
    chart_unref(l->chart);
    return NULL;
}

/* `edits` NULL: as it is. */
static chart *load(const chart_source *text, const chart_context *context, const chart_edits *edits, diagnostics *d) {
    arena *scratch = arena_new();
    yaml_input in = {text->bytes, text->len, text->path, LIMIT_CHART_BYTES};
    chart_loader l = loader_for(text, context, d);
    l.in.scratch = scratch;
    yaml_node *root = yaml_tree_parse(&in, scratch, d);
    chart *c = NULL;
    bool whole = d->errors == l.errors_before; /* but for keys that are given twice */
    if (root)
        allows_read(&l.in, &in, root); /* before the edits, which stand nowhere in the text */
    if (root && edits && (!whole || !chart_edits_apply(edits, root, scratch, d)))
        root = NULL;
    if (root) {
        l.chart = new_chart(text->bytes, text->len);
        l.in.memory = l.chart->memory;
        c = read_tree(&l, text->path, root);
    }
    arena_free(scratch);
    return c;
}

chart *chart_load_bytes(const chart_source *text, const chart_context *context, diagnostics *d) {
    chart *c = load(text, context, NULL, d);
    diagnostics_sort(d);
    return c;
}

chart *chart_load_edited(const chart_source *text, const chart_edits *edits, diagnostics *d) {
    return load(text, NULL, edits, d);
}

chart *chart_load(const char *path, const chart_context *context, diagnostics *d) {
    arena *a = arena_new();
    size_t len = 0;
    const char *bytes = config_read_file(path, LIMIT_CHART_BYTES, a, &len, d);
    chart *c = bytes ? chart_load_bytes(&(chart_source){bytes, len, path}, context, d) : NULL;
    arena_free(a);
    return c;
}
