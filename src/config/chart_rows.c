/* The rows of a chart: activities and `unowned`. One row at a time; what needs two rows is chart_check_*.c's. */
#include "config/chart_loader.h"

#include "onus/limits.h"
#include "onus/text.h"

#include <string.h>

static const char *const ROW_KEYS[] = {"id",
                                       "name",
                                       "description",
                                       "loop",
                                       "match",
                                       "responsible",
                                       "accountable",
                                       "A/R",
                                       "consulted",
                                       "informed",
                                       "group_by",
                                       "runbook",
                                       "consult",
                                       "acknowledge_within",
                                       "acknowledge_expires",
                                       "decide_within",
                                       "reopen_after",
                                       "verified"};
static const char *const UNOWNED_KEYS[] = {"name",
                                           "description",
                                           "loop",
                                           "responsible",
                                           "accountable",
                                           "A/R",
                                           "consulted",
                                           "informed",
                                           "group_by",
                                           "runbook",
                                           "consult",
                                           "acknowledge_within",
                                           "acknowledge_expires",
                                           "decide_within",
                                           "reopen_after",
                                           "verified"};

/* ── people ── */

typedef struct role_list {
    const chart_role **items;
    size_t count;
} role_list;

static bool has_role(const role_list *list, const chart_role *role) {
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i] == role)
            return true;
    return false;
}

static void add_role(const chart_loader *l, role_list *list, const yaml_node *name) {
    const chart_role *role = chart_find_role(l, name);
    if (role && has_role(list, role))
        field_error(&l->in, name, "duplicate-role", "the role \"%s\" stands here twice; remove one",
                    field_shown(&l->in, name->text));
    else if (role)
        list->items[list->count++] = role;
}

static role_list read_roles(const chart_loader *l, const yaml_node *map, const char *key) {
    text_list names = field_texts(&l->in, map, key, CHART_ROLES_PER_LETTER_MAX);
    role_list list = {ARENA_ARRAY(l->in.memory, const chart_role *, names.count + 2), 0};
    for (size_t i = 0; i < names.count; i++)
        add_role(l, &list, names.nodes[i]);
    return list;
}

static const chart_role *read_accountable(const chart_loader *l, const yaml_node *map, const char *key) {
    const yaml_node *node = yaml_get(map, key);
    if (node && node->kind == YAML_TREE_LIST) {
        field_error(&l->in, node, "not-one-accountable",
                    "exactly one role is Accountable: write one, without brackets");
        return NULL;
    }
    return field_text(&l->in, map, key, CHART_NAME_BYTES) ? chart_find_role(l, node) : NULL;
}

/* `A/R: role` makes one role both; other roles may be Responsible beside it. */
static void read_both(const chart_loader *l, const yaml_node *map, chart_row *row, role_list *responsible) {
    if (yaml_get(map, "accountable"))
        field_error(&l->in, yaml_get(map, "accountable"), "not-one-accountable",
                    "`A/R` names the Accountable already; remove `accountable`");
    row->accountable = read_accountable(l, map, "A/R");
    if (row->accountable && !has_role(responsible, row->accountable))
        responsible->items[responsible->count++] = row->accountable;
}

static void read_people(const chart_loader *l, const yaml_node *map, chart_row *row) {
    role_list responsible = read_roles(l, map, "responsible");
    role_list consulted = read_roles(l, map, "consulted");
    role_list informed = read_roles(l, map, "informed");
    bool both = yaml_get(map, "A/R") != NULL;
    if (both)
        read_both(l, map, row, &responsible);
    else
        row->accountable = read_accountable(l, map, "accountable");
    if (!both && !yaml_get(map, "accountable"))
        field_error(&l->in, map, "no-accountable", "nobody is Accountable for \"%s\"; add `accountable: ROLE`",
                    field_shown(&l->in, row->id));
    bool given = both || yaml_get(map, "responsible");
    if (!given || (responsible.count == 0 && yaml_get(map, "responsible") &&
                   yaml_get(map, "responsible")->kind == YAML_TREE_LIST && yaml_get(map, "responsible")->count == 0))
        field_error(&l->in, map, "no-responsible", "nobody is Responsible for \"%s\"; add `responsible: ROLE`",
                    field_shown(&l->in, row->id));
    row->responsible = responsible.items;
    row->responsible_count = responsible.count;
    row->consulted = consulted.items;
    row->consulted_count = consulted.count;
    row->informed = informed.items;
    row->informed_count = informed.count;
}

/* ── the other fields ── */

static void read_loop(const chart_loader *l, const yaml_node *map, chart_row *row) {
    static const char *const LOOPS[] = {"science", "system", "platform"};
    const char *text = field_text(&l->in, map, "loop", CHART_NAME_BYTES);
    if (!text && !yaml_get(map, "loop"))
        field_error(&l->in, map, "missing-loop", "\"%s\" has no loop; add `loop: science`, `system` or `platform`",
                    field_shown(&l->in, row->id));
    if (text && !loop_from_text(text, &row->loop))
        field_error(&l->in, yaml_get(map, "loop"), "unknown-loop", "there is no loop \"%s\"%s",
                    field_shown(&l->in, text), field_suggest(&l->in, text, WORD_LIST(LOOPS)));
}

static void read_group_by(const chart_loader *l, const yaml_node *map, chart_row *row) {
    const yaml_node *node = yaml_get(map, "group_by");
    text_list given = field_texts(&l->in, map, "group_by", CHART_GROUP_LABELS_MAX);
    const char **names = ARENA_ARRAY(l->in.memory, const char *, given.count + 1);
    for (size_t i = 0; i < given.count; i++) {
        names[i] = arena_strdup(l->in.memory, given.nodes[i]->text);
        row->group_by_alert = row->group_by_alert || strcmp(names[i], "...") == 0;
    }
    if (row->group_by_alert && given.count > 1)
        field_error(&l->in, node, "bad-group", "`...` means one incident per alert; nothing may stand beside it");
    if (node && !row->group_by_alert) {
        row->group_by = names;
        row->group_by_count = given.count;
    }
}

static void read_runbook(const chart_loader *l, const yaml_node *map, chart_row *row) {
    const char *text = field_text(&l->in, map, "runbook", LIMIT_URL_BYTES);
    row->runbook = text ? arena_strdup(l->in.memory, text) : "";
    const char *fault = text ? field_url_fault(&l->in, text) : NULL;
    if (fault)
        field_error(&l->in, yaml_get(map, "runbook"), "bad-url", "a runbook is a link, and %s", fault);
}

static void read_consult(const chart_loader *l, const yaml_node *map, chart_row *row) {
    static const char *const WORDS[] = {"now", "postmortem"};
    row->consult = row->loop == LOOP_SYSTEM ? CONSULT_POSTMORTEM : CONSULT_NOW;
    const char *text = field_text(&l->in, map, "consult", CHART_NAME_BYTES);
    if (!text)
        return;
    if (strcmp(text, WORDS[0]) == 0)
        row->consult = CONSULT_NOW;
    else if (strcmp(text, WORDS[1]) == 0)
        row->consult = CONSULT_POSTMORTEM;
    else
        field_error(&l->in, yaml_get(map, "consult"), "bad-word", "\"consult\" is `now` or `postmortem`, not \"%s\"%s",
                    field_shown(&l->in, text), field_suggest(&l->in, text, WORD_LIST(WORDS)));
}

static const char *text_or(const chart_loader *l, const yaml_node *map, const char *key, const char *fallback) {
    size_t max = strcmp(key, "description") == 0 ? CHART_DESCRIPTION_BYTES : CHART_NAME_BYTES;
    const char *text = field_text(&l->in, map, key, max);
    return text ? arena_strdup(l->in.memory, text) : fallback;
}

/* All but id and match, which `unowned` has not. */
static void read_common(const chart_loader *l, const yaml_node *map, chart_row *row) {
    row->at = map->at;
    row->name = text_or(l, map, "name", row->id);
    row->description = text_or(l, map, "description", "");
    read_loop(l, map, row);
    read_people(l, map, row);
    read_group_by(l, map, row);
    read_runbook(l, map, row);
    read_consult(l, map, row);
    field_day(&l->in, map, "verified", &row->verified);
    row->acknowledge_within = l->acknowledge_within;
    row->acknowledge_expires = l->acknowledge_expires;
    row->reopen_after = l->reopen_after;
    field_duration(&l->in, map, "acknowledge_within", &row->acknowledge_within);
    field_duration(&l->in, map, "acknowledge_expires", &row->acknowledge_expires);
    field_duration(&l->in, map, "reopen_after", &row->reopen_after);
    row->decide_within = l->decide_within < 0 ? row->acknowledge_within : l->decide_within;
    field_duration(&l->in, map, "decide_within", &row->decide_within);
}

/* ── rows ── */

static const char *read_id(const chart_loader *l, const yaml_node *map) {
    const char *text = field_text(&l->in, map, "id", CHART_NAME_BYTES);
    if (!text) {
        if (!yaml_get(map, "id"))
            field_error(&l->in, map, "missing-id", "this row has no id; add `id: a-short-name`, which stays for good");
        return "?";
    }
    if (!field_is_id(text) || strcmp(text, "unowned") == 0)
        field_error(&l->in, yaml_get(map, "id"), "bad-id",
                    "the id \"%s\" of a row must be made of a-z 0-9 . _ - (at most 63), and not be `unowned`",
                    field_shown(&l->in, text));
    return arena_strdup(l->in.memory, text);
}

static void read_row(chart_loader *l, const yaml_node *map, size_t index) {
    chart_row *row = &l->chart->rows[index];
    row->index = (int)index;
    l->rows[index].map = map;
    row->id = "?";
    if (!field_is_map(&l->in, map, "a row of \"activities\""))
        return;
    fields_check_keys(&l->in, map, "a row", WORD_LIST(ROW_KEYS));
    row->id = read_id(l, map);
    read_common(l, map, row);
    match_lists match = chart_load_match(l, map, "row");
    row->match = match.items;
    row->match_count = match.count;
    l->rows[index].lists = match.nodes;
    l->rows[index].both = yaml_get(map, "A/R") != NULL;
}

static void read_activities(chart_loader *l, const yaml_node *list) {
    if (list->kind != YAML_TREE_LIST) {
        field_error(&l->in, list, "wrong-type", "\"activities\" must be a list of rows (- id: …), not %s",
                    yaml_is_null(list) ? "empty" : yaml_kind_to_text(list->kind));
        return;
    }
    if (list->count > LIMIT_CHART_ROWS) {
        field_error(&l->in, list, "too-many", "%zu rows; at most %d are allowed", list->count, LIMIT_CHART_ROWS);
        return;
    }
    l->chart->rows = ARENA_ARRAY(l->in.memory, chart_row, list->count + 1);
    l->rows = ARENA_ARRAY(l->in.scratch, row_source, list->count + 1);
    l->chart->row_count = list->count;
    for (size_t i = 0; i < list->count; i++) {
        size_t before = l->in.d->errors;
        read_row(l, list->items[i], i);
        l->rows[i].broken = chart_is_broken(l, before, list->items[i]);
    }
}

static void read_unowned(chart_loader *l, const yaml_node *root) {
    chart_row *row = &l->chart->unowned;
    *row = (chart_row){.id = "unowned", .name = "unowned", .index = UNOWNED_ROW, .runbook = "", .description = ""};
    const yaml_node *map = yaml_get(root, "unowned");
    if (!map) {
        field_error(
            &l->in, root, "missing-unowned",
            "`unowned` is missing: who takes what no row claims? Add `unowned: { loop: system, responsible: ROLE, "
            "accountable: ROLE }`");
        return;
    }
    if (!field_is_map(&l->in, map, "\"unowned\""))
        return;
    fields_check_keys(&l->in, map, "\"unowned\"", WORD_LIST(UNOWNED_KEYS));
    read_common(l, map, row);
    row->name = text_or(l, map, "name", "claimed by no row");
    l->rows[l->chart->row_count] = (row_source){.map = map, .both = yaml_get(map, "A/R") != NULL};
}

void chart_load_rows(chart_loader *l, const yaml_node *root) {
    l->rows = ARENA_ARRAY(l->in.scratch, row_source, 1);
    const yaml_node *list = yaml_get(root, "activities");
    if (list)
        read_activities(l, list);
    else
        field_error(&l->in, root, "missing-activities", "`activities` is missing: the rows of the chart");
    size_t before = l->in.d->errors;
    read_unowned(l, root);
    l->unowned_broken = chart_is_broken(l, before, yaml_get(root, "unowned"));
}
