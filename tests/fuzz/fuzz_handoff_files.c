/* What is read of a package's files: manifests in YAML and JSON with their places, MLflow's MLmodel, and one as JSON
 * with its input example in it. The first byte says which. */
#include "fuzz.h"
#include "onus/handoff_file.h"
#include "onus/json.h"

static void check_places(const handoff_places *places) {
    for (size_t i = 0; i < places->count; i++) {
        handoff_place at;
        MUST(places->items[i].at.line > 0 && places->items[i].at.column > 0);
        if (i < 100)
            MUST(handoff_place_of_line(places, places->items[i].pointer, 1, &at));
    }
}

static bool holds_no_number(const cJSON *value) {
    bool found = cJSON_IsNumber(value) && value->valuestring && strcmp(value->valuestring, "NaN") == 0;
    for (const cJSON *item = value->child; item && !found; item = item->next)
        found = holds_no_number(item);
    return found;
}

static void add_mlflow(arena *a, const cJSON *tree, const handoff_places *places, diagnostics *d) {
    handoff_places made = {0};
    handoff_assembly to = {cJSON_CreateObject(), &made, a, d};
    const mlflow_model m = {"MLmodel", tree, places};
    const cJSON *example = json_member(tree, "example");
    (void)mlflow_example_path(&m);
    if (example)
        handoff_add_mlflow_example(&to, &m, cJSON_Duplicate(example, true), NULL);
    handoff_add_mlflow(&to, &m);
    const cJSON *sample = json_member(json_member(to.manifest, "schema"), "sample");
    MUST(!sample || !holds_no_number(sample));
    cJSON_Delete(to.manifest);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const NAMES[] = {"handoff.yaml", "handoff.json", "MLmodel", "MLmodel.json"};
    if (size < 1)
        return 0;
    static const handoff_reading HOW[] = {HANDOFF_READ_MANIFEST, HANDOFF_READ_MANIFEST, HANDOFF_READ_TEXTS,
                                          HANDOFF_READ_EXAMPLE};
    size_t which = data[0] % 4;
    arena *a = arena_new();
    diagnostics d;
    handoff_places places = {0};
    diagnostics_init(&d);
    const handoff_source s = {NAMES[which], (const char *)data + 1, size - 1, "", HOW[which]};
    cJSON *tree = handoff_source_read(&s, a, &places, &d);
    MUST(tree || d.errors > 0);
    check_places(&places);
    if (tree && which >= 2 && d.errors == 0)
        add_mlflow(a, tree, &places, &d);
    cJSON_Delete(tree);
    diagnostics_release(&d);
    arena_free(a);
    return 0;
}
