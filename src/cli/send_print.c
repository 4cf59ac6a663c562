/* Owns how an incident of the API reads on a terminal: who, as what, by which contact, whether it arrived, and why. */
#include "cli/send.h"

#include "cli/chart_view.h"
#include "onus/text.h"

#include <string.h>

static const char *letter_text(const char *letter) {
    raci_letter l;
    return raci_letter_from_text(letter, &l) ? letter_title(l) : letter;
}

static const char *what_text(arena *a, const cJSON *delivery) {
    char *reason = arena_strdup(a, json_text(delivery, "reason"));
    for (char *at = strchr(reason, '_'); at; at = strchr(at, '_'))
        *at = ' ';
    return cJSON_IsTrue(json_member(delivery, "page")) ? arena_printf(a, "page (%s)", reason) : reason;
}

static const char *contact_text(arena *a, const cJSON *delivery) {
    const char *address = json_text(delivery, "address");
    return *address ? arena_printf(a, "%s:%s", json_text(delivery, "channel"), address)
                    : json_text(delivery, "channel");
}

/* delivered | gave up: the last attempt's reason | waiting */
static const char *state_text(const cli *c, const cJSON *delivery) {
    const char *state = json_text(delivery, "state");
    const cJSON *attempts = json_member(delivery, "attempts");
    const cJSON *last = cJSON_IsArray(attempts) ? cJSON_GetArrayItem(attempts, cJSON_GetArraySize(attempts) - 1) : NULL;
    const char *detail = last ? json_text(last, "detail") : "";
    if (text_equal(state, "delivered"))
        return "delivered";
    return *detail ? arena_printf(c->memory, "%s: %s", state, detail) : state;
}

static void add_deliveries(const cli *c, text_table *t, const cJSON *incident) {
    const cJSON *d;
    cJSON_ArrayForEach(d, json_member(incident, "deliveries")) {
        table_add(t,
                  (const char *const[]){letter_text(json_text(d, "letter")), json_text(d, "role"), json_text(d, "team"),
                                        contact_text(c->memory, d), what_text(c->memory, d), state_text(c, d)});
    }
}

static bool was_told(const cJSON *incident, const char *letter, const char *role_name) {
    const cJSON *d;
    cJSON_ArrayForEach(d, json_member(incident, "deliveries")) {
        if (text_equal(json_text(d, "letter"), letter) && text_equal(json_text(d, "role"), role_name))
            return true;
    }
    return false;
}

static void add_untold(text_table *t, const cJSON *incident, const char *letter, const cJSON *party) {
    const char *name = json_text(party, "role_name");
    if (cJSON_IsObject(party) && !was_told(incident, letter, name))
        table_add(t, (const char *const[]){letter_text(letter), name, json_text(party, "team_name"), "", "",
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
        if (text_equal(json_text(d, "state"), "waiting"))
            return true;
    }
    return false;
}

void incident_print(const cli *c, const cJSON *incident) {
    static const char *const columns[] = {"LETTER", "ROLE", "TEAM", "BY", "WHAT", "STATE"};
    loop l;
    const char *loop_name =
        loop_from_text(json_text(incident, "loop"), &l) ? loop_title(l) : json_text(incident, "loop");
    text_table t;
    fprintf(c->out, "%s\n", paint(c, INK_BOLD, printable(c->memory, json_text(incident, "title"))));
    fprintf(c->out, "  incident  %lld, %s, %s, %s\n", (long long)json_int(incident, "id", 0),
            json_text(incident, "state"), json_text(incident, "severity"), loop_name);
    fprintf(c->out, "  row       %s (%s)\n", json_text(incident, "activity"), json_text(incident, "activity_name"));
    fprintf(c->out, "  why       %s\n\n", printable(c->memory, json_text(incident, "why")));
    table_init(&t, c->memory, columns, sizeof columns / sizeof *columns);
    add_deliveries(c, &t, incident);
    add_the_rest(&t, incident);
    table_print(c, &t);
}
