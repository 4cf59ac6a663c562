/* What the files that load a chart share: private to src/config/chart_*.c. */
#ifndef ONUS_CONFIG_CHART_LOADER_H
#define ONUS_CONFIG_CHART_LOADER_H

#include "config/fields.h"
#include "onus/rotation.h"

enum {
    CHART_PEOPLE_MAX = 10000,
    CHART_TEAMS_MAX = 1000,
    CHART_ROLES_MAX = 256,
    CHART_SERVICES_MAX = 20000,
    CHART_CONTACTS_MAX = 32,
    CHART_LAYERS_MAX = 10,
    CHART_LAYER_PEOPLE_MAX = 64,
    CHART_OVERRIDES_MAX = 500,
    CHART_ROLES_PER_LETTER_MAX = 64,
    CHART_LISTS_PER_ROW_MAX = 1000,
    CHART_GROUP_LABELS_MAX = 16,
    CHART_SEVERITY_WORDS_MAX = 100,
    CHART_NAME_BYTES = 200,
    CHART_DESCRIPTION_BYTES = 4096,
    CHART_CONTACT_BYTES = 512,
};

/* Where a row stands in the file. */
typedef struct row_source {
    const yaml_node *map;
    const yaml_node **lists; /* one per matcher list */
    bool broken;             /* something in it is an error */
    bool both;               /* its Accountable is Responsible too, and says so: A/R */
} row_source;

/* The parts in which something is an error: what only seems to follow from that is not reported. */
typedef struct broken_parts {
    bool people, teams, roles, services, rows, severities;
} broken_parts;

typedef struct chart_loader {
    field_reader in;
    chart *chart;
    word_list channels;                   /* words NULL: any channel will do */
    size_t errors_before;                 /* of other files in the same run */
    const yaml_node *default_acknowledge; /* the chart's own acknowledge_within; NULL: not given */
    const chart_source *source;
    const chart_context *context; /* what it is held against; never NULL */
    usec now;                     /* 0: dates are not looked at */
    word_list person_ids, team_ids, role_ids;
    const chart_person **people;                                 /* by id */
    chart_team *teams;                                           /* with room for the teams of one */
    const yaml_node **team_nodes, **role_nodes, **service_nodes; /* a team of one: where the role names the person */
    struct loaded_zone *zones;
    broken_parts broken;
    bool *broken_teams, *broken_services, unowned_broken;
    row_source *rows;                                           /* one per row, then unowned's */
    usec acknowledge_within, acknowledge_expires, reopen_after; /* what a row has that says nothing */
    usec decide_within; /* the same; -1: as long as the row's acknowledge_within */
} chart_loader;

/* A chart as it would be after edits of its rows, without touching its text. */
typedef struct chart_edit {
    const char *yaml; /* a list with one row; or a map whose values take the place of the row's own */
    size_t row;       /* which row, as the chart is; for a new one: before which, activities.count: after all */
} chart_edit;
typedef struct chart_edits {
    chart_edit *items; /* sorted here */
    size_t count;
} chart_edits;
/* False, with a diagnostic, when the YAML is not that. */
MUST_USE bool chart_edits_apply(const chart_edits *edits, yaml_node *root, arena *a, diagnostics *d);
/* chart_load_bytes of the edited chart, held against nothing else. */
MUST_USE chart *chart_load_edited(const chart_source *text, const chart_edits *edits, diagnostics *d);

/* Each fills its part of the chart and reports what is wrong with it. People, then teams, then roles, then the rest. */
void chart_load_people(chart_loader *l, const yaml_node *root);
void chart_load_teams(chart_loader *l, const yaml_node *root);
void chart_load_roles(chart_loader *l, const yaml_node *root);
void chart_load_services(chart_loader *l, const yaml_node *root);
void chart_load_rows(chart_loader *l, const yaml_node *root);

/* chart_persons.c: what people and teams share. */
const yaml_node *chart_section(const chart_loader *l, const yaml_node *root, const char *name, size_t max);
word_list chart_ids(const chart_loader *l, const yaml_node *section);
void chart_check_id(const chart_loader *l, const yaml_node *key, const char *what);
const char *chart_name_or(const chart_loader *l, const yaml_node *map, const char *fallback);
typedef struct contact_list {
    const contact *items;
    size_t count;
} contact_list;
contact_list chart_load_contacts(const chart_loader *l, const yaml_node *map);

/* chart_rotation.c: `rotation` and `overrides` of a team. */
void chart_load_rotation(chart_loader *l, chart_team *team, const yaml_node *map);

/* What a day or a new version alone makes wrong: an error, or for a running service a warning. */
diagnostic_level chart_late_level(const chart_loader *l);
/* Has the day come? Not when either is 0. */
bool chart_day_has_come(const chart_loader *l, usec day);

/* Names → things; report when unknown, and when dissolved or departed by today. */
const chart_person *chart_find_person(const chart_loader *l, const yaml_node *name);
void chart_check_departed(const chart_loader *l, const yaml_node *name, const chart_person *person);
const chart_team *chart_find_team(const chart_loader *l, const yaml_node *name);
const chart_role *chart_find_role(const chart_loader *l, const yaml_node *name);

/* `match`: a text, a list of texts (all must match), or a list of such lists (any may). Lists that are wrong are
 * reported and left out. `nodes` gets one node per list. */
typedef struct match_lists {
    matchers *items;
    const yaml_node **nodes;
    size_t count;
} match_lists;
/* chart_blank.c: white space at the edge of a value or an alternative, in a text that holds these matchers. */
void chart_check_blanks(const chart_loader *l, const yaml_node *scalar, const matchers *list);
match_lists chart_load_match(const chart_loader *l, const yaml_node *owner, const char *what);

/* chart_whole.c: was there an error since, or is a key given twice in the node (NULL: none is there)? */
bool chart_is_broken(const chart_loader *l, size_t errors_before, const yaml_node *node);
/* Of a chart with errors: leaves the rows and services that are whole, so that they can be checked across. Roles and
 * teams stay; a role may have no team then. */
void chart_keep_whole(chart_loader *l);

/* What no single field can show. */
void chart_check_people(const chart_loader *l);
void chart_check_matchers(const chart_loader *l);
void chart_check_shadows(const chart_loader *l);
/* Warnings about what works and should still be otherwise. */
void chart_check_style(const chart_loader *l);

#endif
