/* Matchers: what parses, prints; what is printed parses to the same; a failure names a place within the text. */
#include "fuzz.h"
#include "onus/matcher.h"
#include "onus/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const label given[] = {{"alertname", "DataDrift"}, {"environment", "production"}, {"model", "fraud"}};
    arena *a = arena_new();
    labels set = labels_from_pairs(a, given, 3);
    const char *text = input_text(a, data, size);
    matchers list = {0}, again = {0};
    size_t at = 0;
    err e = {0};
    if (!matchers_parse(a, text, &list, &at, &e)) {
        MUST(at <= strlen(text) && e.text[0]);
        arena_free(a);
        return 0;
    }
    bool matched = matchers_match(&list, set);
    MUST(matched == (matchers_first_failure(&list, set) == NULL));
    buf once, twice;
    buf_init(&once);
    buf_init(&twice);
    matchers_print(&once, &list);
    MUST(list.count == 0 || matchers_parse(a, once.data, &again, &at, &e));
    matchers_print(&twice, &again);
    MUST(strcmp(once.data, twice.data) == 0);
    MUST(list.count == 0 || matchers_match(&again, set) == matched);
    matchers_release(&list);
    matchers_release(&again);
    buf_release(&once);
    buf_release(&twice);
    arena_free(a);
    return 0;
}
