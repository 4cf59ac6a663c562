/* Files of cases: any file gives cases that can be judged, or errors with a place. */
#include "fuzz.h"
#include "onus/cases.h"

static void check_case(const test_case *c) {
    size_t given = 0;
    MUST(c->name[0] && c->at.line > 0);
    for (int f = 0; f < CASE_FIELD_COUNT; f++) {
        given += c->expect[f].given;
        for (size_t i = 0; i < c->expect[f].count; i++)
            MUST(c->expect[f].words[i][0]);
    }
    MUST(given > 0);
    for (size_t i = 1; i < c->labels.count; i++)
        MUST(strcmp(c->labels.items[i - 1].name, c->labels.items[i].name) < 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    arena *a = arena_new();
    diagnostics d;
    test_cases all = {0};
    diagnostics_init(&d);
    bool good = cases_load_bytes(&(cases_text){(const char *)data, size, "cases.yaml"}, a, &all, &d);
    MUST(good == (d.errors == 0));
    MUST(good || all.count == 0);
    for (size_t i = 0; i < all.count; i++)
        check_case(&all.items[i]);
    diagnostics_release(&d);
    arena_free(a);
    return 0;
}
