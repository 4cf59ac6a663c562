/* Owns how an incident of the API reads on a terminal: who, as what, by which contact, whether it arrived, and why. */
#include "cli/send.h"

#include "cli/chart_view.h"
#include "onus/text.h"

#include <string.h>

static const char *text_of(const cJSON *object, const char *name) {
    const cJSON *value = json_member(object, name);
    return cJSON_IsString(value) ? value->valuestring : "";
}

static const char *letter_text(const char *letter) {
    raci_letter l;
    return raci_letter_from_text(letter, &l) ? letter_title(l) : letter;
}

static const char *what_text(arena *a, const cJSON *delivery) {
    char *reason = arena_strdup(a, text_of(delivery, "reason"));
    for (char *at = strchr(reason, '_'); at; at = strchr(at, '_'))
        *at = ' ';
    return cJSON_IsTrue(json_member(delivery, "page")) ? arena_printf(a, "page (%s)", reason) : reason;
}

static const char *contact_text(arena *a, const cJSON *delivery) {
    const char *address = text_of(delivery, "address");
    return *address ? arena_printf(a, "%s:%s", text_of(delivery, "channel"), address) : text_of(delivery, "channel");
}

/* delivered | gave up: the last attempt's reason | waiting */
static const char *state_text(const cli *c, const cJSON *delivery) {
    const char *state = text_of(delivery, "state");
    const cJSON *attempts = json_member(delivery, "attempts");
    const cJSON *last = cJSON_IsArray(attempts) ? cJSON_GetArrayItem(attempts, cJSON_GetArraySize(attempts) - 1) : NULL;
    const char *detail = last ? text_of(last, "detail") : "";
    if (text_equal(state, "delivered"))
        return "delivered";
    return *detail ? arena_printf(c->memory, "%s: %s", state, detail) : state;
}

static void add_deliveries(const cli *c, text_table *t, const cJSON *incident) {
    const cJSON *d;
    cJSON_ArrayForEach(d, json_member(incident, "deliveries")) {
        table_add(t, (const char *const[]){letter_text(text_of(d, "letter")), text_of(d, "role"), text_of(d, "team"),
                                           contact_text(c->memory, d), what_text(c->memory, d), state_text(c, d)});
    }
}

static bool was_told(const cJSON *incident, const char *letter, const char *role_name) {
    const cJSON *d;
    cJSON_ArrayForEach(d, json_member(incident, "deliveries")) {
        if (text_equal(text_of(d, "letter"), letter) && text_equal(text_of(d, "role"), role_name))
            return true;
    }
    return false;
}

static void add_untold(text_table *t, const cJSON *incident, const char *letter, const cJSON *party) {
    const char *name = text_of(party, "role_name");
    if (cJSON_IsObject(party) && !was_told(incident, letter, name))
        table_add(t, (const char *const[]){letter_text(letter), name, text_of(party, "team_name"), "", "",
                                           text_equal(letter, "consulted") ? "asked when it is over" : "not told yet"});
}

/* Who is part of it, but has not been written to: Consulted for the post-mortem. */
static void add_the_rest(text_table *t, const cJSON *incident) {
    const cJSON *raci = json_member(incident, "raci"), *one;
    for (int l = 0; l < RACI_LETTER_COUNT; l++) {
        const char *letter = raci_letter_to_text((raci_letter)l);
        const cJSON *parties = json_member(raci, letter);
        if (cJSON_IsArray(parties)) {
            cJSON_ArrayForEach(one, parties) {
                add_untold(t, incident, letter, one);
            }
        } else {
            add_untold(t, incident, letter, parties);
        }
    }
}

bool incident_is_waiting(const cJSON *incident) {
    const cJSON *d;
    cJSON_ArrayForEach(d, json_member(incident, "deliveries")) {
        if (text_equal(text_of(d, "state"), "waiting"))
            return true;
    }
    return false;
}

void incident_print(const cli *c, const cJSON *incident) {
    static const char *const columns[] = {"LETTER", "ROLE", "TEAM", "BY", "WHAT", "STATE"};
    loop l;
    const char *loop_name = loop_from_text(text_of(incident, "loop"), &l) ? loop_title(l) : text_of(incident, "loop");
    text_table t;
    fprintf(c->out, "%s\n", paint(c, INK_BOLD, printable(c->memory, text_of(incident, "title"))));
    fprintf(c->out, "  incident  %lld, %s, %s, %s\n", (long long)json_int(incident, "id", 0),
            text_of(incident, "state"), text_of(incident, "severity"), loop_name);
    fprintf(c->out, "  row       %s (%s)\n", text_of(incident, "activity"), text_of(incident, "activity_name"));
    fprintf(c->out, "  why       %s\n\n", printable(c->memory, text_of(incident, "why")));
    table_init(&t, c->memory, columns, sizeof columns / sizeof *columns);
    add_deliveries(c, &t, incident);
    add_the_rest(&t, incident);
    table_print(c, &t);
}
