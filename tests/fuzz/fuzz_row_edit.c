/* Row edits from whatever labels senders have used: what is printed can be pasted, and does what it says. A line is an
 * incident: `m` or `k` (moved, kept), then name=value pairs between tabs. */
#include "fuzz.h"
#include "onus/diagnostic.h"
#include "onus/row_edit.h"
#include "onus/text.h"

enum { INCIDENTS_MAX = 64, PAIRS_MAX = 16 };

static const char head[] = "version: 1\n"
                           "teams: { a: { contacts: [x] }, b: { contacts: [y] }, c: { contacts: [z] } }\n"
                           "roles: { ra: { team: a }, rb: { team: b }, rc: { team: c } }\n"
                           "unowned: { loop: system, responsible: ra, accountable: rc }\n"
                           "activities:\n";
static const char row[] = "  - { id: all, loop: system, match: ['x != \"\"'], responsible: ra, accountable: rc }\n";

static labels labels_of(arena *a, char *text) {
    label pairs[PAIRS_MAX] = {{"x", "y"}};
    size_t count = 1;
    char *save = NULL;
    for (char *pair = strtok_r(text, "\t", &save); pair && count < PAIRS_MAX; pair = strtok_r(NULL, "\t", &save)) {
        char *equals = strchr(pair, '=');
        if (!equals || equals == pair)
            continue;
        *equals = '\0';
        if (strcmp(pair, "x") != 0)
            pairs[count++] = (label){pair, equals + 1};
    }
    return labels_from_pairs(a, pairs, count);
}

static void check(arena *a, const row_edit *x, const routed_incident *all, size_t count) {
    if (*x->problem || strncmp(x->where, "before", 6) != 0)
        return;
    const char *text = arena_printf(a, "%s%s%s", head, x->yaml, row);
    diagnostics d;
    diagnostics_init(&d);
    chart *c = chart_load_bytes(&(chart_source){text, strlen(text), "pasted"}, NULL, &d);
    MUST(c != NULL);
    size_t rightly = 0, wrongly = 0;
    for (size_t i = 0; i < count; i++) {
        route r;
        chart_route(c, &(route_question){.set = all[i].labels, .identity = ""}, a, &r);
        bool moved = strcmp(r.raci.responsible[0].role, "rb") == 0;
        rightly += moved && *all[i].moved_to;
        wrongly += moved && !*all[i].moved_to;
    }
    MUST(wrongly == 0 && x->wrongly == 0 && rightly == x->rightly && rightly > 0);
    MUST(x->rightly + x->missed == x->moved);
    chart_unref(c);
    diagnostics_release(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    arena *a = arena_new();
    char *text = arena_strndup(a, (const char *)data, size), *save = NULL;
    routed_incident all[INCIDENTS_MAX];
    size_t count = 0, edit_count = 0;
    for (char *line = text_is_utf8(text, strlen(text)) ? strtok_r(text, "\n", &save) : NULL;
         line && count < INCIDENTS_MAX; line = strtok_r(NULL, "\n", &save))
        all[count++] = (routed_incident){1, "all", *line == 'm' ? "rb" : "", labels_of(a, line + (*line != '\0'))};
    row_edit *edits;
    err e = {0};
    MUST(row_edits_find(arena_printf(a, "%s%s", head, row), all, count, a, &edits, &edit_count, &e));
    for (size_t i = 0; i < edit_count; i++)
        check(a, &edits[i], all, count);
    buf json;
    buf_init(&json);
    row_edits_put_json(&json, edits, edit_count);
    buf_release(&json);
    arena_free(a);
    return 0;
}
