/* Teams, roles and services of a chart: who there is, and who plays what. */
#include "config/chart_loader.h"

#include "onus/text.h"

#include <string.h>

/* ── finding ── */

static const yaml_node *section(const chart_loader *l, const yaml_node *root, const char *name, size_t max) {
    const yaml_node *map = yaml_get(root, name);
    if (!map || !field_is_map(&l->in, map, arena_printf(l->in.scratch, "\"%s\"", name)))
        return NULL;
    if (map->count <= max)
        return map;
    field_error(&l->in, map, "too-many", "%zu %s; at most %zu are allowed", map->count, name, max);
    return NULL;
}

static size_t find_word(word_list words, const char *text) {
    size_t i = 0;
    while (i < words.count && strcmp(words.words[i], text) != 0)
        i++;
    return i;
}

const chart_team *chart_find_team(const chart_loader *l, const yaml_node *name) {
    size_t i = find_word(l->team_ids, name->text);
    if (i < l->team_ids.count)
        return &l->chart->teams[i];
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

static void check_id(const chart_loader *l, const yaml_node *key, const char *what) {
    if (!field_is_id(key->text))
        field_error(&l->in, key, "bad-id", "the id \"%s\" of a %s must be made of a-z 0-9 . _ - (at most 63)",
                    field_shown(&l->in, key->text), what);
}

/* The ids of a section, which are its keys. */
static word_list ids_of(const chart_loader *l, const yaml_node *map) {
    const char **words = ARENA_ARRAY(l->in.memory, const char *, map->count + 1);
    for (size_t i = 0; i < map->count; i++)
        words[i] = arena_strdup(l->in.memory, map->keys[i]->text);
    return (word_list){words, map->count};
}

static const char *name_or(const chart_loader *l, const yaml_node *map, const char *fallback) {
    const char *name = field_text(&l->in, map, "name", CHART_NAME_BYTES);
    return name ? arena_strdup(l->in.memory, name) : fallback;
}

/* ── teams ── */

static void check_channel(const chart_loader *l, const yaml_node *node, const char *channel) {
    if (!l->channels.words)
        return;
    if (find_word(l->channels, channel) == l->channels.count)
        field_error(&l->in, node, "unknown-channel", "the settings have no channel \"%s\"%s",
                    field_shown(&l->in, channel), field_suggest(&l->in, channel, l->channels));
}

static contact read_contact(const chart_loader *l, const yaml_node *node) {
    arena *a = l->in.memory;
    const char *colon = strchr(node->text, ':');
    contact c = {arena_strdup(a, node->text), ""};
    if (colon)
        c = (contact){arena_strndup(a, node->text, (size_t)(colon - node->text)), arena_strdup(a, colon + 1)};
    if (strlen(node->text) > CHART_CONTACT_BYTES || strpbrk(node->text, "\r\n\t"))
        field_error(&l->in, node, "bad-contact", "a contact is one line of at most %d bytes", CHART_CONTACT_BYTES);
    else if (!field_is_id(c.channel) || (colon && c.address[0] == '\0'))
        field_error(&l->in, node, "bad-contact",
                    "write a contact as CHANNEL or \"CHANNEL:ADDRESS\"; CHANNEL is a name "
                    "from the settings' channels");
    else
        check_channel(l, node, c.channel);
    return c;
}

static void read_team(const chart_loader *l, chart_team *team, const yaml_node *key, const yaml_node *map) {
    static const char *const KEYS[] = {"name", "contacts", "description"};
    check_id(l, key, "team");
    team->at = key->at;
    team->name = team->id;
    if (!field_is_map(&l->in, map, "a team"))
        return;
    fields_check_keys(&l->in, map, "a team", WORD_LIST(KEYS));
    (void)field_text(&l->in, map, "description", CHART_DESCRIPTION_BYTES);
    team->name = name_or(l, map, team->id);
    text_list given = field_texts(&l->in, map, "contacts", CHART_CONTACTS_MAX);
    contact *contacts = ARENA_ARRAY(l->in.memory, contact, given.count + 1);
    for (size_t i = 0; i < given.count; i++)
        contacts[i] = read_contact(l, given.nodes[i]);
    team->contacts = contacts;
    team->contact_count = given.count;
}

void chart_load_teams(chart_loader *l, const yaml_node *root) {
    const yaml_node *map = section(l, root, "teams", CHART_TEAMS_MAX);
    if (!map)
        return;
    l->team_ids = ids_of(l, map);
    chart_team *teams = ARENA_ARRAY(l->in.memory, chart_team, map->count + 1);
    l->team_nodes = ARENA_ARRAY(l->in.scratch, const yaml_node *, map->count + 1);
    for (size_t i = 0; i < map->count; i++) {
        teams[i].id = l->team_ids.words[i];
        l->team_nodes[i] = map->keys[i];
        read_team(l, &teams[i], map->keys[i], map->items[i]);
    }
    l->chart->teams = teams;
    l->chart->team_count = map->count;
}

/* ── roles ── */

static void read_role(const chart_loader *l, chart_role *role, const yaml_node *key, const yaml_node *map) {
    static const char *const KEYS[] = {"name", "team", "description"};
    check_id(l, key, "role");
    role->at = key->at;
    role->name = role->id;
    if (!field_is_map(&l->in, map, "a role"))
        return;
    fields_check_keys(&l->in, map, "a role", WORD_LIST(KEYS));
    (void)field_text(&l->in, map, "description", CHART_DESCRIPTION_BYTES);
    role->name = name_or(l, map, role->id);
    if (field_text(&l->in, map, "team", CHART_NAME_BYTES))
        role->team = chart_find_team(l, yaml_get(map, "team"));
    else if (!yaml_get(map, "team"))
        field_error(&l->in, key, "missing-team", "the role \"%s\" has no team; add `team: ID`: who plays it by default",
                    field_shown(&l->in, key->text));
}

void chart_load_roles(chart_loader *l, const yaml_node *root) {
    const yaml_node *map = section(l, root, "roles", CHART_ROLES_MAX);
    if (!map)
        return;
    l->role_ids = ids_of(l, map);
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
    const yaml_node *map = section(l, root, "services", CHART_SERVICES_MAX);
    if (!map)
        return;
    chart_service *services = ARENA_ARRAY(l->in.memory, chart_service, map->count + 1);
    l->service_nodes = ARENA_ARRAY(l->in.scratch, const yaml_node *, map->count + 1);
    for (size_t i = 0; i < map->count; i++) {
        l->service_nodes[i] = map->keys[i];
        read_service(l, &services[i], map->keys[i], map->items[i]);
    }
    l->chart->services = services;
    l->chart->service_count = map->count;
}
