/* Owns what a page offers to whoever may act on an incident: which buttons make sense now, and to whom it can be given.
 * Leaves the buttons themselves to the templates. */
#include "app/page_actions.h"

#include "onus/limits.h"
#include "onus/links.h"
#include "onus/text.h"

#include <string.h>

static void add_text(cJSON *object, const char *name, const char *text) {
    if (!cJSON_AddStringToObject(object, name, text))
        mem_exhausted();
}

bool page_is_of_former(const cJSON *incident, const link_claim *claim) {
    const cJSON *responsible = json_member(json_member(incident, "raci"), "responsible"), *one;
    cJSON_ArrayForEach(one, responsible) {
        const party p = {.team = json_text(one, "team"), .team_name = json_text(one, "team_name")};
        if (link_is_of(claim->team, claim->who, &p))
            return false;
    }
    return true;
}

void page_facts_add_buttons(cJSON *facts, const cJSON *incident, page_rights may) {
    const char *state = json_text(incident, "state");
    bool open = !text_equal(state, "resolved"), contested = *json_text(incident, "contested_by") != '\0';
    const struct {
        const char *name;
        bool value;
    } flags[] = {
        {"can_acknowledge", !may.has_lost_it && text_equal(state, "triggered")},
        {"can_unacknowledge", !may.has_lost_it && text_equal(state, "acknowledged")},
        {"can_contest", !may.has_lost_it && open && !contested},
        {"can_withdraw", open && contested && may.withdraws},
        {"can_decide", open && contested && may.decides},
        {"can_resolve", open},
        {"is_resolved", !open},
    };
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (!cJSON_AddBoolToObject(facts, flags[i].name, flags[i].value))
            mem_exhausted();
}

static void add_taker(cJSON *list, const party *p, bool proposed, arena *a) {
    cJSON *one = cJSON_CreateObject();
    if (!one || !cJSON_AddItemToArray(list, one) || !cJSON_AddBoolToObject(one, "proposed", proposed))
        mem_exhausted();
    add_text(one, "role", p->role);
    add_text(one, "role_name", text_shorten(a, p->role_name, LIMIT_CELL_BYTES));
    add_text(one, "who", text_shorten(a, party_team_text(a, p), LIMIT_CELL_BYTES));
}

void page_facts_add_takers(const decide_context *context, cJSON *facts, const cJSON *incident, arena *a) {
    const cJSON *responsible = json_member(json_member(incident, "raci"), "responsible");
    const char *has_it = cJSON_GetArraySize(responsible) == 1 ? json_text(responsible->child, "role") : "";
    cJSON *list = cJSON_AddArrayToObject(facts, "takers");
    party *takers = NULL;
    size_t count = decide_takers(context, json_text(incident, "service"), a, &takers);
    for (size_t i = 0; list && i < count; i++)
        if (!text_equal(takers[i].role, has_it))
            add_taker(list, &takers[i], text_equal(takers[i].role, json_text(incident, "proposed_role")), a);
}
