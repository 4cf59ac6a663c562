/* Charts: any file gives a chart or errors with a place; any chart routes any event to one A and at least one R, and
 * shifts follow one another without a hole. */
#include "fuzz.h"
#include "onus/diagnostic.h"
#include "onus/rotation.h"

#include <string.h>

#define NOW ((usec)1772323200 * USEC_PER_SECOND) /* 2026-03-01 */

static void check_rotation(const rotation *r, usec now) {
    rotation_turn turns[16];
    size_t count = rotation_turns(r, now, now + 30 * USEC_PER_DAY, 16, turns);
    MUST(count > 0 && turns[0].from == now && turns[0].person == rotation_at(r, now));
    for (size_t i = 0; i < count; i++)
        MUST(turns[i].from < turns[i].until && (i == 0 || turns[i].from == turns[i - 1].until));
}

static void check_route(const chart *c, labels set) {
    arena *a = arena_new();
    route found;
    near_miss misses[4];
    chart_route(c, &(route_question){set, "source\x1fkey", NOW}, a, &found);
    MUST(found.row && found.raci.responsible_count > 0 && found.raci.accountable.team);
    const char *why = route_why(&found, a);
    MUST(found.group_key[0] && strlen(why) > 20 && strlen(why) < 2000 && !strchr(why, '\n'));
    MUST(chart_near_misses(c, set, a, 4, misses) <= 4);
    arena_free(a);
}

static void check_diagnostics(diagnostics *d, const chart *c) {
    buf text;
    buf_init(&text);
    MUST((c == NULL) == (d->errors > 0));
    diagnostics_sort(d);
    for (size_t i = 0; i < d->count; i++)
        diagnostic_print(&text, &d->items[i]);
    diagnostics_put_json(&text, d);
    buf_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const label drift[] = {
        {"alertname", "DataDrift"}, {"environment", "production"}, {"model", "fraud"}, {"severity", "critical"}};
    diagnostics d;
    diagnostics_init(&d);
    chart *c =
        chart_load_bytes(&(chart_source){(const char *)data, size, "raci.yaml"}, &(chart_context){.now = NOW}, &d);
    check_diagnostics(&d, c);
    if (c) {
        arena *a = arena_new();
        check_route(c, labels_from_pairs(a, drift, 4));
        check_route(c, (labels){0});
        for (size_t i = 0; i < c->team_count; i++)
            if (c->teams[i].rotation)
                check_rotation(c->teams[i].rotation, NOW);
        arena_free(a);
    }
    chart_unref(c);
    diagnostics_release(&d);
    return 0;
}
