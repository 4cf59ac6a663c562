/* What comes back from the database as JSON: labels and RACI. What is read prints to what reads back the same. */
#include "fuzz.h"
#include "onus/chart.h"
#include "onus/labels.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    arena *a = arena_new();
    const char *text = input_text(a, data, size);
    labels set, again;
    raci people, people_again;
    buf once;
    err e = {0};
    buf_init(&once);
    if (labels_from_json(a, text, &set, &e)) {
        labels_put_json(&once, set);
        MUST(labels_from_json(a, once.data, &again, &e));
        MUST(labels_equal(set, again) && labels_fingerprint(set) == labels_fingerprint(again));
    }
    buf_clear(&once);
    if (raci_from_json(a, text, &people, &e)) {
        raci_put_json(&once, &people);
        MUST(raci_from_json(a, once.data, &people_again, &e));
        MUST(people.responsible_count == people_again.responsible_count);
    }
    buf_release(&once);
    arena_free(a);
    return 0;
}
