/* The people of one incident as JSON, to be kept with it: a later edit of the chart must not change who was told. */
#include "onus/chart.h"
#include "onus/json.h"

#include <string.h>

static void put_member(buf *b, const char *name, const char *value, bool first) {
    if (!first)
        buf_putc(b, ',');
    buf_put_json(b, name);
    buf_putc(b, ':');
    buf_put_json(b, value);
}

static void put_contacts(buf *b, const party *p) {
    buf text;
    buf_init(&text);
    buf_puts(b, ",\"contacts\":[");
    for (size_t i = 0; i < p->contact_count; i++) {
        const contact *c = &p->contacts[i];
        buf_clear(&text);
        buf_printf(&text, "%s%s%s", c->channel, c->address[0] ? ":" : "", c->address);
        if (i > 0)
            buf_putc(b, ',');
        buf_put_json(b, text.data);
    }
    buf_putc(b, ']');
    buf_release(&text);
}

static void put_party(buf *b, const party *p) {
    buf_putc(b, '{');
    put_member(b, "role", p->role, true);
    put_member(b, "role_name", p->role_name, false);
    put_member(b, "team", p->team, false);
    put_member(b, "team_name", p->team_name, false);
    if (p->person && p->person[0]) {
        put_member(b, "person", p->person, false);
        put_member(b, "person_name", p->person_name, false);
    }
    put_contacts(b, p);
    buf_putc(b, '}');
}

static void put_parties(buf *b, raci_letter letter, const party *parties, size_t count) {
    buf_printf(b, "\"%s\":[", raci_letter_to_text(letter));
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_putc(b, ',');
        put_party(b, &parties[i]);
    }
    buf_putc(b, ']');
}

void raci_put_json(buf *b, const raci *r) {
    buf_putc(b, '{');
    put_parties(b, RACI_RESPONSIBLE, r->responsible, r->responsible_count);
    buf_printf(b, ",\"%s\":", raci_letter_to_text(RACI_ACCOUNTABLE));
    put_party(b, &r->accountable);
    buf_putc(b, ',');
    put_parties(b, RACI_CONSULTED, r->consulted, r->consulted_count);
    buf_putc(b, ',');
    put_parties(b, RACI_INFORMED, r->informed, r->informed_count);
    buf_putc(b, '}');
}

static bool read_text(arena *a, const cJSON *object, const char *name, const char **out, err *e) {
    const char *text = NULL;
    if (!json_string(object, name, &text, e))
        return false;
    if (!text)
        return err_set(e, ERR_INVALID, "a party has no \"%s\"", name);
    *out = arena_strdup(a, text);
    return true;
}

/* Nobody in particular, where the member is missing. */
static bool read_person(arena *a, const cJSON *object, party *p, err *e) {
    const char *id = NULL, *name = NULL;
    if (!json_string(object, "person", &id, e) || !json_string(object, "person_name", &name, e))
        return false;
    p->person = id ? arena_strdup(a, id) : "";
    p->person_name = name ? arena_strdup(a, name) : "";
    return true;
}

static bool read_contacts(arena *a, const cJSON *list, party *p, err *e) {
    int count = cJSON_IsArray(list) ? cJSON_GetArraySize(list) : 0;
    contact *contacts = ARENA_ARRAY(a, contact, (size_t)count + 1);
    const cJSON *item;
    cJSON_ArrayForEach(item, list) {
        if (!cJSON_IsString(item))
            return err_set(e, ERR_INVALID, "a party's contact is not a string");
        const char *colon = strchr(item->valuestring, ':');
        size_t len = colon ? (size_t)(colon - item->valuestring) : strlen(item->valuestring);
        contacts[p->contact_count++] =
            (contact){arena_strndup(a, item->valuestring, len), colon ? arena_strdup(a, colon + 1) : ""};
    }
    p->contacts = contacts;
    return true;
}

static bool read_party(arena *a, const cJSON *object, party *out, err *e) {
    if (!cJSON_IsObject(object))
        return err_set(e, ERR_INVALID, "a party is not an object");
    party p = {0};
    if (!read_text(a, object, "role", &p.role, e) || !read_text(a, object, "role_name", &p.role_name, e) ||
        !read_text(a, object, "team", &p.team, e) || !read_text(a, object, "team_name", &p.team_name, e) ||
        !read_person(a, object, &p, e) || !read_contacts(a, json_member(object, "contacts"), &p, e))
        return false;
    *out = p;
    return true;
}

typedef struct party_list {
    const party *items;
    size_t count;
} party_list;

static bool read_parties(arena *a, const cJSON *tree, raci_letter letter, party_list *out, err *e) {
    const cJSON *list = json_member(tree, raci_letter_to_text(letter)), *item;
    if (list && !cJSON_IsArray(list))
        return err_set(e, ERR_INVALID, "\"%s\" is not a list", raci_letter_to_text(letter));
    party *parties = ARENA_ARRAY(a, party, (size_t)(list ? cJSON_GetArraySize(list) : 0) + 1);
    size_t count = 0;
    cJSON_ArrayForEach(item, list) if (!read_party(a, item, &parties[count++], e)) return false;
    *out = (party_list){parties, count};
    return true;
}

static bool read_raci(arena *a, const cJSON *tree, raci *out, err *e) {
    party_list responsible, consulted, informed;
    party accountable;
    if (!cJSON_IsObject(tree))
        return err_set(e, ERR_INVALID, "the parties are not a JSON object");
    if (!read_parties(a, tree, RACI_RESPONSIBLE, &responsible, e) ||
        !read_party(a, json_member(tree, raci_letter_to_text(RACI_ACCOUNTABLE)), &accountable, e) ||
        !read_parties(a, tree, RACI_CONSULTED, &consulted, e) || !read_parties(a, tree, RACI_INFORMED, &informed, e))
        return false;
    *out = (raci){responsible.items, responsible.count, accountable,   consulted.items,
                  consulted.count,   informed.items,    informed.count};
    return true;
}

bool raci_from_json(arena *a, const char *json, raci *out, err *e) {
    cJSON *tree = json_parse(json, strlen(json), e);
    if (!tree)
        return false;
    bool done = read_raci(a, tree, out, e);
    cJSON_Delete(tree);
    return done;
}
