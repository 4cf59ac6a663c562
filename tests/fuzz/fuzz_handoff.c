/* Handoff manifests as the API takes them: any bytes give a package or an error; any package gives findings within
 * their bound, printed as JSON; what was read is read again the same; and one that is its own predecessor breaks
 * nothing. */
#include "fuzz.h"
#include "onus/handoff.h"
#include "onus/json.h"

static size_t breaking_count(const handoff_findings *f) {
    static const char *const RULES[] = {"removed-field",  "retyped-field", "new-required-field", "narrowed-enum",
                                        "narrowed-range", "widened-enum",  "closed-object",      "changed-schema"};
    size_t count = 0;
    for (size_t i = 0; i < f->count; i++)
        for (size_t k = 0; k < sizeof RULES / sizeof *RULES; k++)
            count += strcmp(f->items[i].rule, RULES[k]) == 0;
    return count;
}

static void check_printed(const handoff_findings *f) {
    err e = {0};
    buf b;
    buf_init(&b);
    handoff_findings_put_json(&b, f);
    cJSON *json = json_parse(b.data, b.len, &e);
    MUST(json && (size_t)cJSON_GetArraySize(json) == f->count);
    cJSON_Delete(json);
    buf_release(&b);
}

static void check_package(arena *a, const handoff_package *p) {
    const handoff_file file = {"model.onnx", 1, "00"};
    handoff_context c = {.now = USEC_PER_DAY, .previous = p, .history_known = true, .files = &file, .file_count = 1};
    handoff_findings f = {.memory = a};
    handoff_check(p, &c, &f);
    MUST(f.count <= HANDOFF_FINDINGS_MAX && f.errors + HANDOFF_FINDINGS_MAX >= f.count);
    MUST(breaking_count(&f) == 0);
    for (size_t i = 0; i < f.count; i++)
        MUST(f.items[i].path && f.items[i].rule[0] && f.items[i].text[0] && f.items[i].part < HANDOFF_PART_COUNT);
    check_printed(&f);
    for (int i = 0; i < HANDOFF_PART_COUNT; i++)
        MUST(handoff_part_summary(p, &c, (handoff_part)i, a));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    arena *a = arena_new();
    handoff_package p, again;
    err e = {0};
    if (handoff_package_read(a, (const char *)data, size, &p, &e)) {
        MUST(p.model[0] && p.version[0]);
        check_package(a, &p);
        MUST(handoff_package_read(a, p.json, strlen(p.json), &again, &e));
        MUST(strcmp(p.json, again.json) == 0);
        handoff_package_release(&again);
        handoff_package_release(&p);
    } else {
        MUST(e.text[0]);
    }
    arena_free(a);
    return 0;
}
