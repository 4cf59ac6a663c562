/* What a chart's people say together: two rows with one id, a team with two letters, people whom nothing reaches.
 *
 * The difficulty: a service may let another team play a role, so letters can collide in a service that do not collide
 * in the row. Pairs of roles that meet in a row are noted once, and each service is held against the pairs. */
#include "config/chart_loader.h"

#include <stdlib.h>
#include <string.h>

/* ── ids ── */

static int compare_ids(const void *left, const void *right) {
    const chart_row *a = *(const chart_row *const *)left, *b = *(const chart_row *const *)right;
    int order = strcmp(a->id, b->id);
    return order != 0 ? order : a->index < b->index ? -1 : 1;
}

static void check_ids(const chart_loader *l) {
    const chart *c = l->chart;
    const chart_row **sorted = ARENA_ARRAY(l->in.scratch, const chart_row *, c->row_count + 1);
    for (size_t i = 0; i < c->row_count; i++)
        sorted[i] = &c->rows[i];
    qsort(sorted, c->row_count, sizeof *sorted, compare_ids);
    for (size_t i = 1; i < c->row_count; i++)
        if (strcmp(sorted[i - 1]->id, sorted[i]->id) == 0)
            field_error(&l->in, yaml_get(l->rows[sorted[i]->index].map, "id"), "duplicate-id",
                        "the row in line %u has the id \"%s\" too; give each row its own", sorted[i - 1]->at.line,
                        field_shown(&l->in, sorted[i]->id));
}

/* ── letters ── */

/* `the team "mlops"`, or who of it is on call. */
static const char *player_text(const chart_loader *l, const chart_team *team, const chart_person *on_call) {
    const char *id = field_shown(&l->in, team->id);
    if (!on_call)
        return arena_printf(l->in.scratch, "the %s \"%s\"", team->person ? "person" : "team", id);
    return arena_printf(l->in.scratch, "\"%s\", who is on call for the team \"%s\",", field_shown(&l->in, on_call->id),
                        id);
}

typedef struct seat {
    const chart_role *role;
    raci_letter letter;
} seat;

typedef struct seats {
    seat *items;
    size_t count;
} seats;

/* A role whose team is an error plays no part. */
static void add_seats(seats *s, const chart_role *const *roles, size_t count, raci_letter letter) {
    for (size_t i = 0; i < count; i++)
        if (roles[i] && roles[i]->team)
            s->items[s->count++] = (seat){roles[i], letter};
}

static seats seats_of(const chart_loader *l, const chart_row *row) {
    size_t most = row->responsible_count + row->consulted_count + row->informed_count + 1;
    seats s = {ARENA_ARRAY(l->in.scratch, seat, most), 0};
    add_seats(&s, &row->accountable, 1, RACI_ACCOUNTABLE);
    add_seats(&s, row->responsible, row->responsible_count, RACI_RESPONSIBLE);
    add_seats(&s, row->consulted, row->consulted_count, RACI_CONSULTED);
    add_seats(&s, row->informed, row->informed_count, RACI_INFORMED);
    return s;
}

/* A and R together are allowed where the row says so. */
static bool may_share(const row_source *source, const seat *a, const seat *b) {
    return a->letter == b->letter || (source->both && a->letter == RACI_ACCOUNTABLE && b->letter == RACI_RESPONSIBLE);
}

typedef struct people_check {
    const chart_loader *l;
    uint16_t *meet; /* [role][role]: 1 + the row where they bear different letters, 0: nowhere */
} people_check;

static size_t role_number(const people_check *k, const chart_role *role) {
    return (size_t)(role - k->l->chart->roles);
}

static void report_two_letters(const people_check *k, const row_source *source, const seat *a, const seat *b) {
    const field_reader *in = &k->l->in;
    bool may_be_written = a->letter == RACI_ACCOUNTABLE && b->letter == RACI_RESPONSIBLE;
    const yaml_node *at = yaml_get(source->map, raci_letter_to_text(b->letter));
    field_error(in, at ? at : source->map, "two-letters", "%s is %s and %s here (roles %s and %s); %s",
                player_text(k->l, b->role->team, NULL), raci_letter_to_text(a->letter), raci_letter_to_text(b->letter),
                field_shown(in, a->role->id), field_shown(in, b->role->id),
                may_be_written ? "give one to another team, or say that it is meant: `A/R: ROLE` instead of both"
                               : "leave it the more demanding letter");
}

static void check_row_letters(const people_check *k, const chart_row *row, const row_source *source) {
    seats s = seats_of(k->l, row);
    size_t roles = k->l->chart->role_count;
    for (size_t i = 0; i < s.count; i++)
        for (size_t j = i + 1; j < s.count; j++) {
            const seat *a = &s.items[i], *b = &s.items[j];
            if (may_share(source, a, b))
                continue;
            size_t x = role_number(k, a->role), y = role_number(k, b->role);
            k->meet[x * roles + y] = k->meet[y * roles + x] = (uint16_t)(row->index + 2);
            if (a->role->team == b->role->team)
                report_two_letters(k, source, a, b);
        }
}

static const chart_team *team_in(const chart_service *service, const chart_role *role) {
    for (size_t i = 0; i < service->role_count; i++)
        if (service->roles[i].role == role)
            return service->roles[i].team;
    return role->team;
}

static void check_service_letters(const people_check *k, size_t index) {
    const chart *c = k->l->chart;
    const chart_service *service = &c->services[index];
    for (size_t i = 0; i < service->role_count; i++)
        for (size_t r = 0; r < c->role_count; r++) {
            const chart_role *mine = service->roles[i].role, *other = &c->roles[r];
            uint16_t row = k->meet[role_number(k, mine) * c->role_count + r];
            bool repeated = team_in(service, other) != other->team && other < mine; /* seen from the other side */
            if (row == 0 || repeated || team_in(service, other) != service->roles[i].team)
                continue;
            field_error(
                &k->l->in, k->l->service_nodes[index], "two-letters",
                "in this service the team \"%s\" plays %s and %s, which bear two letters in row \"%s\"; give one "
                "to another team",
                field_shown(&k->l->in, service->roles[i].team->id), field_shown(&k->l->in, mine->id),
                field_shown(&k->l->in, other->id), row == 1 ? "unowned" : c->rows[row - 2].id);
        }
}

/* ── reach ── */

/* The most demanding letter that each role bears anywhere; RACI_LETTER_COUNT: none. */
static raci_letter *letters_of_roles(const chart_loader *l) {
    const chart *c = l->chart;
    raci_letter *letters = ARENA_ARRAY(l->in.scratch, raci_letter, c->role_count + 1);
    for (size_t i = 0; i < c->role_count; i++)
        letters[i] = (raci_letter)RACI_LETTER_COUNT;
    for (size_t i = 0; i <= c->row_count; i++) {
        seats s = seats_of(l, i < c->row_count ? &c->rows[i] : &c->unowned);
        for (size_t k = 0; k < s.count; k++) {
            raci_letter *known = &letters[s.items[k].role - c->roles];
            if (s.items[k].letter < *known)
                *known = s.items[k].letter;
        }
    }
    return letters;
}

static const chart_person *unreached_in(const chart_person *const *people, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (people[i]->contact_count == 0)
            return people[i];
    return NULL;
}

/* Somebody who has shifts and no contacts. */
static const chart_person *unreached(const rotation *r) {
    const chart_person *found = NULL;
    for (size_t i = 0; i < r->layer_count && !found; i++)
        found = unreached_in(r->layers[i].people, r->layers[i].people_count);
    for (size_t i = 0; i < r->override_count && !found; i++)
        found = unreached_in(&r->overrides[i].person, 1);
    return found;
}

/* Whoever cannot be reached only because of another error. */
static bool is_known(const chart_loader *l, const chart_team *team) {
    bool people = team->person || team->rotation;
    return !(people && l->broken.people) && !l->broken_teams[team - l->teams];
}

static void check_reach(const chart_loader *l, const yaml_node *at, raci_letter letter, const chart_team *team) {
    if (!team || !is_known(l, team))
        return;
    if (letter == (raci_letter)RACI_LETTER_COUNT || team->contact_count > 0)
        return;
    const chart_person *on_call = team->rotation ? unreached(team->rotation) : NULL;
    if (team->rotation && !on_call)
        return;
    const char *player = player_text(l, team, on_call);
    if (letter == RACI_RESPONSIBLE)
        field_error(&l->in, at, "unreachable-responsible",
                    "%s plays this role, which is Responsible, but has no contacts to page; add `contacts` to %s",
                    player,
                    team->person ? "the person"
                    : on_call    ? "the person or to the team"
                                 : "the team");
    else
        field_warning(&l->in, at, "nobody-told",
                      "%s plays this role, which is %s, but has no contacts: nobody will be told", player,
                      raci_letter_to_text(letter));
}

/* Teams answer at night and on holidays; a person does not. */
static void check_alone(const chart_loader *l, size_t role, raci_letter letter) {
    const chart_team *team = l->chart->roles[role].team;
    if (team && team->person && letter == RACI_RESPONSIBLE)
        field_warning(&l->in, l->role_nodes[role], "person-responsible",
                      "%s alone plays this role, which is Responsible: who is paged when they are away? Name a team "
                      "with a rotation",
                      field_shown(&l->in, team->name));
}

void chart_check_people(const chart_loader *l) {
    const chart *c = l->chart;
    people_check k = {l, ARENA_ARRAY(l->in.scratch, uint16_t, c->role_count * c->role_count + 1)};
    check_ids(l);
    for (size_t i = 0; i <= c->row_count; i++)
        check_row_letters(&k, i < c->row_count ? &c->rows[i] : &c->unowned, &l->rows[i]);
    raci_letter *letters = letters_of_roles(l);
    for (size_t i = 0; i < c->role_count; i++) {
        check_reach(l, l->role_nodes[i], letters[i], c->roles[i].team);
        check_alone(l, i, letters[i]);
    }
    for (size_t i = 0; i < c->service_count; i++) {
        check_service_letters(&k, i);
        for (size_t r = 0; r < c->services[i].role_count; r++)
            check_reach(l, l->service_nodes[i], letters[role_number(&k, c->services[i].roles[r].role)],
                        c->services[i].roles[r].team);
    }
}
