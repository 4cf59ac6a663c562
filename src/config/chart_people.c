/* Teams, roles and services of a chart: who there is, and who plays what. Leaves single people to chart_persons.c and
 * rotations to chart_rotation.c. */
#include "config/chart_loader.h"

#include "onus/text.h"

#include <string.h>

/* ── finding ── */

static size_t find_word(word_list words, const char *text) {
    size_t i = 0;
    while (i < words.count && strcmp(words.words[i], text) != 0)
        i++;
    return i;
}

static void check_dissolved(const chart_loader *l, const yaml_node *name, const chart_team *team) {
    if (chart_day_has_come(l, team->dissolved))
        field_problem(&l->in, chart_late_level(l), name, "dissolved-team",
                      "the team \"%s\" was dissolved on %s; name the team that took over",
                      field_shown(&l->in, team->id), field_day_text(&l->in, team->dissolved));
}

const chart_team *chart_find_team(const chart_loader *l, const yaml_node *name) {
    size_t i = find_word(l->team_ids, name->text);
    if (i < l->team_ids.count) {
        check_dissolved(l, name, &l->teams[i]);
        return &l->teams[i];
    }
    field_error(&l->in, name, "unknown-team", "there is no team \"%s\"%s", field_shown(&l->in, name->text),
                field_suggest(&l->in, name->text, l->team_ids));
    return NULL;
}

const chart_role *chart_find_role(const chart_loader *l, const yaml_node *name) {
    size_t i = find_word(l->role_ids, name->text);
    if (i < l->role_ids.count)
        return &l->chart->roles[i];
    field_error(&l->in, name, "unknown-role", "there is no role \"%s\"%s", field_shown(&l->in, name->text),
                field_suggest(&l->in, name->text, l->role_ids));
    return NULL;
}

/* ── teams ── */

static void read_team(chart_loader *l, chart_team *team, const yaml_node *key, const yaml_node *map) {
    static const char *const KEYS[] = {"name", "contacts", "description", "dissolved", "rotation", "overrides"};
    chart_check_id(l, key, "team");
    team->at = key->at;
    team->name = team->id;
    if (!field_is_map(&l->in, map, "a team"))
        return;
    fields_check_keys(&l->in, map, "a team", WORD_LIST(KEYS));
    (void)field_text(&l->in, map, "description", CHART_DESCRIPTION_BYTES);
    team->name = chart_name_or(l, map, team->id);
    contact_list contacts = chart_load_contacts(l, map);
    team->contacts = contacts.items;
    team->contact_count = contacts.count;
    field_day(&l->in, map, "dissolved", &team->dissolved);
    chart_load_rotation(l, team, map);
}

void chart_load_teams(chart_loader *l, const yaml_node *root) {
    const yaml_node *map = chart_section(l, root, "teams", CHART_TEAMS_MAX);
    size_t count = map ? map->count : 0, most = count + CHART_ROLES_MAX; /* each role may make a team of one */
    l->teams = ARENA_ARRAY(l->in.memory, chart_team, most);
    l->team_nodes = ARENA_ARRAY(l->in.scratch, const yaml_node *, most);
    l->broken_teams = ARENA_ARRAY(l->in.scratch, bool, most);
    l->chart->teams = l->teams;
    if (!map)
        return;
    l->team_ids = chart_ids(l, map);
    for (size_t i = 0; i < count; i++) {
        l->teams[i].id = l->team_ids.words[i];
        l->team_nodes[i] = map->keys[i];
        size_t before = l->in.d->errors;
        read_team(l, &l->teams[i], map->keys[i], map->items[i]);
        l->broken_teams[i] = chart_is_broken(l, before, map->items[i]);
    }
    l->chart->team_count = count;
}

/* ── roles ── */

/* The team that a person is alone; one for all of the person's roles, so that two letters of theirs meet. */
static const chart_team *team_of_one(chart_loader *l, const yaml_node *name, const chart_person *person) {
    chart *c = l->chart;
    for (size_t i = l->team_ids.count; i < c->team_count; i++)
        if (l->teams[i].person == person)
            return &l->teams[i];
    if (find_word(l->team_ids, person->id) < l->team_ids.count)
        field_error(&l->in, name, "bad-id", "\"%s\" is the id of a person and of a team; rename one",
                    field_shown(&l->in, person->id));
    l->team_nodes[c->team_count] = name;
    chart_team *team = &l->teams[c->team_count++];
    *team = (chart_team){.id = person->id,
                         .name = person->name,
                         .contacts = person->contacts,
                         .contact_count = person->contact_count,
                         .at = name->at,
                         .person = person};
    return team;
}

static const chart_team *find_alone(chart_loader *l, const yaml_node *name) {
    const chart_person *person = chart_find_person(l, name);
    if (!person)
        return NULL;
    chart_check_departed(l, name, person);
    return team_of_one(l, name, person);
}

static const chart_team *find_player(chart_loader *l, const yaml_node *key, const yaml_node *map) {
    const yaml_node *team = yaml_get(map, "team"), *person = yaml_get(map, "person");
    if (team && person)
        field_error(&l->in, person, "two-players", "a team or a person plays a role: remove `person` or `team`");
    if (team)
        return field_text(&l->in, map, "team", CHART_NAME_BYTES) ? chart_find_team(l, team) : NULL;
    if (person)
        return field_text(&l->in, map, "person", CHART_NAME_BYTES) ? find_alone(l, person) : NULL;
    field_error(&l->in, key, "missing-team", "the role \"%s\" has no team; add `team: ID`: who plays it by default",
                field_shown(&l->in, key->text));
    return NULL;
}

static void read_role(chart_loader *l, chart_role *role, const yaml_node *key, const yaml_node *map) {
    static const char *const KEYS[] = {"name", "team", "person", "description"};
    chart_check_id(l, key, "role");
    role->at = key->at;
    role->name = role->id;
    if (!field_is_map(&l->in, map, "a role"))
        return;
    fields_check_keys(&l->in, map, "a role", WORD_LIST(KEYS));
    (void)field_text(&l->in, map, "description", CHART_DESCRIPTION_BYTES);
    role->name = chart_name_or(l, map, role->id);
    role->team = find_player(l, key, map);
}

void chart_load_roles(chart_loader *l, const yaml_node *root) {
    const yaml_node *map = chart_section(l, root, "roles", CHART_ROLES_MAX);
    if (!map)
        return;
    l->role_ids = chart_ids(l, map);
    chart_role *roles = ARENA_ARRAY(l->in.memory, chart_role, map->count + 1);
    l->role_nodes = ARENA_ARRAY(l->in.scratch, const yaml_node *, map->count + 1);
    for (size_t i = 0; i < map->count; i++) {
        roles[i].id = l->role_ids.words[i];
        l->role_nodes[i] = map->keys[i];
        read_role(l, &roles[i], map->keys[i], map->items[i]);
    }
    l->chart->roles = roles;
    l->chart->role_count = map->count;
}

/* ── services ── */

static void read_service_roles(const chart_loader *l, chart_service *service, const yaml_node *roles) {
    if (!roles || !field_is_map(&l->in, roles, "\"roles\" of a service"))
        return;
    chart_service_role *items = ARENA_ARRAY(l->in.memory, chart_service_role, roles->count + 1);
    for (size_t i = 0; i < roles->count; i++) {
        const chart_role *role = chart_find_role(l, roles->keys[i]);
        const chart_team *team = NULL;
        if (roles->items[i]->kind == YAML_TREE_SCALAR)
            team = chart_find_team(l, roles->items[i]);
        else
            field_error(&l->in, roles->items[i], "wrong-type", "one team plays a role: write `ROLE: TEAM`");
        if (role && team)
            items[service->role_count++] = (chart_service_role){role, team};
    }
    service->roles = items;
}

static bool is_printable(const char *text) {
    for (const unsigned char *at = (const unsigned char *)text; *at; at++)
        if (*at < ' ' || *at == 0x7f)
            return false;
    return text[0] != '\0' && strlen(text) <= CHART_NAME_BYTES;
}

static void read_service(const chart_loader *l, chart_service *service, const yaml_node *key, const yaml_node *map) {
    static const char *const KEYS[] = {"match", "roles", "description"};
    service->id = arena_strdup(l->in.memory, key->text);
    service->at = key->at;
    if (!is_printable(key->text))
        field_error(&l->in, key, "bad-id", "a service's id is one line of at most %d bytes", CHART_NAME_BYTES);
    if (!field_is_map(&l->in, map, "a service"))
        return;
    fields_check_keys(&l->in, map, "a service", WORD_LIST(KEYS));
    (void)field_text(&l->in, map, "description", CHART_DESCRIPTION_BYTES);
    match_lists match = chart_load_match(l, map, "service");
    if (match.count > 0)
        service->match = match.items[0];
    if (match.count > 1) {
        field_error(&l->in, match.nodes[1], "too-many",
                    "a service has one list of matchers; write an alternative as a "
                    "regex (model =~ \"a|b\"), or a second service");
        for (size_t i = 1; i < match.count; i++)
            matchers_release(&match.items[i]);
    }
    read_service_roles(l, service, yaml_get(map, "roles"));
}

void chart_load_services(chart_loader *l, const yaml_node *root) {
    const yaml_node *map = chart_section(l, root, "services", CHART_SERVICES_MAX);
    if (!map)
        return;
    chart_service *services = ARENA_ARRAY(l->in.memory, chart_service, map->count + 1);
    l->service_nodes = ARENA_ARRAY(l->in.scratch, const yaml_node *, map->count + 1);
    l->broken_services = ARENA_ARRAY(l->in.scratch, bool, map->count + 1);
    for (size_t i = 0; i < map->count; i++) {
        l->service_nodes[i] = map->keys[i];
        size_t before = l->in.d->errors;
        read_service(l, &services[i], map->keys[i], map->items[i]);
        l->broken_services[i] = map->keys[i]->repeated || chart_is_broken(l, before, map->items[i]);
    }
    l->chart->services = services;
    l->chart->service_count = map->count;
}
