/* The people of a chart, one by one, and what they share with teams: ids, names, contacts, days that have come.
 *
 * The difficulty: thousands of people may be named by thousands of shifts, so they are found by a sorted list. */
#include "config/chart_loader.h"

#include <stdlib.h>
#include <string.h>

/* ── what people and teams share ── */

const yaml_node *chart_section(const chart_loader *l, const yaml_node *root, const char *name, size_t max) {
    const yaml_node *map = yaml_get(root, name);
    if (!map || !field_is_map(&l->in, map, arena_printf(l->in.scratch, "\"%s\"", name)))
        return NULL;
    if (map->count <= max)
        return map;
    field_error(&l->in, map, "too-many", "%zu %s; at most %zu are allowed", map->count, name, max);
    return NULL;
}

word_list chart_ids(const chart_loader *l, const yaml_node *section) {
    const char **words = ARENA_ARRAY(l->in.memory, const char *, section->count + 1);
    for (size_t i = 0; i < section->count; i++)
        words[i] = arena_strdup(l->in.memory, section->keys[i]->text);
    return (word_list){words, section->count};
}

void chart_check_id(const chart_loader *l, const yaml_node *key, const char *what) {
    if (!field_is_id(key->text))
        field_error(&l->in, key, "bad-id", "the id \"%s\" of a %s must be made of a-z 0-9 . _ - (at most 63)",
                    field_shown(&l->in, key->text), what);
}

const char *chart_name_or(const chart_loader *l, const yaml_node *map, const char *fallback) {
    const char *name = field_text(&l->in, map, "name", CHART_NAME_BYTES);
    return name ? arena_strdup(l->in.memory, name) : fallback;
}

static bool is_channel(const chart_loader *l, const char *channel) {
    for (size_t i = 0; i < l->channels.count; i++)
        if (strcmp(l->channels.words[i], channel) == 0)
            return true;
    return !l->channels.words;
}

static bool has_control(const char *text) {
    while (*text && (unsigned char)*text >= ' ' && *text != 0x7f)
        text++;
    return *text != '\0';
}

/* Somebody could wait for this page for ever. */
static void check_reach(const chart_loader *l, const yaml_node *node, const contact *c) {
    const chart_context *context = l->context;
    const char *fault = context->contact_fault ? context->contact_fault(context->contact_channels, c) : NULL;
    if (fault)
        field_problem(&l->in, chart_late_level(l), node, "unreachable-contact",
                      "this contact can never be reached: its address %s", fault);
}

static contact read_contact(const chart_loader *l, const yaml_node *node) {
    arena *a = l->in.memory;
    const char *colon = strchr(node->text, ':');
    contact c = {arena_strdup(a, node->text), ""};
    if (colon)
        c = (contact){arena_strndup(a, node->text, (size_t)(colon - node->text)), arena_strdup(a, colon + 1)};
    if (strlen(node->text) > CHART_CONTACT_BYTES || has_control(node->text))
        field_error(&l->in, node, "bad-contact",
                    "a contact is one line of at most %d bytes, without control characters", CHART_CONTACT_BYTES);
    else if (!field_is_id(c.channel) || (colon && c.address[0] == '\0'))
        field_error(&l->in, node, "bad-contact",
                    "write a contact as CHANNEL or \"CHANNEL:ADDRESS\"; CHANNEL is a name "
                    "from the settings' channels");
    else if (!is_channel(l, c.channel))
        field_error(&l->in, node, "unknown-channel", "the settings have no channel \"%s\"%s",
                    field_shown(&l->in, c.channel), field_suggest(&l->in, c.channel, l->channels));
    else
        check_reach(l, node, &c);
    return c;
}

contact_list chart_load_contacts(const chart_loader *l, const yaml_node *map) {
    text_list given = field_texts(&l->in, map, "contacts", CHART_CONTACTS_MAX);
    contact *contacts = ARENA_ARRAY(l->in.memory, contact, given.count + 1);
    for (size_t i = 0; i < given.count; i++)
        contacts[i] = read_contact(l, given.nodes[i]);
    return (contact_list){contacts, given.count};
}

diagnostic_level chart_late_level(const chart_loader *l) {
    return l->context->running ? DIAGNOSTIC_WARNING : DIAGNOSTIC_ERROR;
}

bool chart_day_has_come(const chart_loader *l, usec day) {
    return day != 0 && l->now != 0 && day <= l->now;
}

/* ── people ── */

static void read_person(const chart_loader *l, chart_person *person, const yaml_node *key, const yaml_node *map) {
    static const char *const KEYS[] = {"name", "contacts", "left", "description"};
    chart_check_id(l, key, "person");
    person->at = key->at;
    person->name = person->id;
    if (!field_is_map(&l->in, map, "a person"))
        return;
    fields_check_keys(&l->in, map, "a person", WORD_LIST(KEYS));
    (void)field_text(&l->in, map, "description", CHART_DESCRIPTION_BYTES);
    person->name = chart_name_or(l, map, person->id);
    contact_list contacts = chart_load_contacts(l, map);
    person->contacts = contacts.items;
    person->contact_count = contacts.count;
    field_day(&l->in, map, "left", &person->left);
}

static int compare_people(const void *left, const void *right) {
    return strcmp((*(const chart_person *const *)left)->id, (*(const chart_person *const *)right)->id);
}

void chart_load_people(chart_loader *l, const yaml_node *root) {
    const yaml_node *map = chart_section(l, root, "people", CHART_PEOPLE_MAX);
    if (!map)
        return;
    l->person_ids = chart_ids(l, map);
    chart_person *people = ARENA_ARRAY(l->in.memory, chart_person, map->count + 1);
    l->people = ARENA_ARRAY(l->in.scratch, const chart_person *, map->count + 1);
    for (size_t i = 0; i < map->count; i++) {
        people[i].id = l->person_ids.words[i];
        l->people[i] = &people[i];
        read_person(l, &people[i], map->keys[i], map->items[i]);
    }
    qsort(l->people, map->count, sizeof(const chart_person *), compare_people);
    l->chart->people = people;
    l->chart->person_count = map->count;
}

static int compare_name(const void *name, const void *person) {
    return strcmp(name, (*(const chart_person *const *)person)->id);
}

const chart_person *chart_find_person(const chart_loader *l, const yaml_node *name) {
    const chart_person *const *found =
        l->people ? bsearch(name->text, l->people, l->person_ids.count, sizeof(const chart_person *), compare_name)
                  : NULL;
    if (found)
        return *found;
    field_error(&l->in, name, "unknown-person", "there is no person \"%s\"%s", field_shown(&l->in, name->text),
                l->person_ids.count > 0 ? field_suggest(&l->in, name->text, l->person_ids)
                                        : "; name them in `people` at the top of the file");
    return NULL;
}

void chart_check_departed(const chart_loader *l, const yaml_node *name, const chart_person *person) {
    if (chart_day_has_come(l, person->left))
        field_problem(&l->in, chart_late_level(l), name, "departed-person",
                      "\"%s\" (%s) left on %s; name somebody who is here", field_shown(&l->in, person->id),
                      field_shown(&l->in, person->name), field_day_text(&l->in, person->left));
}
