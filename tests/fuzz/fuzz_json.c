/* JSON: what the check takes, cJSON must read, and what is printed must read back the same. */
#include "fuzz.h"
#include "onus/json.h"
#include "onus/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *bytes = (const char *)data;
    err e = {0};
    bool good = json_check(bytes, size, &e);
    cJSON *tree = json_parse(bytes, size, &e);
    if (!good || !tree) {
        MUST(e.kind == ERR_INVALID && e.text[0]);
        MUST(good ? strstr(e.text, "occurs twice") != NULL : tree == NULL);
        return 0;
    }
    buf once, again;
    buf_init(&once);
    buf_init(&again);
    json_print(&once, tree);
    MUST(text_is_utf8(once.data, once.len));
    arena *a = arena_new();
    const cJSON *reread = json_parse_in(a, once.data, once.len, &e);
    MUST(reread);
    json_print(&again, reread);
    MUST(strcmp(once.data, again.data) == 0);
    cJSON_Delete(tree);
    arena_free(a);
    buf_release(&once);
    buf_release(&again);
    return 0;
}
