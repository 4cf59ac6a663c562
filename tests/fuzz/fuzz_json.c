/* JSON: what is taken must read back the same when it is printed; what a strict reading takes, every reading takes as
 * it is; and what is mended is text. */
#include "fuzz.h"
#include "onus/json.h"
#include "onus/text.h"

static void print_twice(const cJSON *tree, json_reading reading) {
    buf once, again;
    err e = {0};
    buf_init(&once);
    buf_init(&again);
    json_print(&once, tree);
    MUST(reading == JSON_AS_SENT || text_is_utf8(once.data, once.len));
    arena *a = arena_new();
    json_mends mends = {0};
    const cJSON *reread = json_read(&(json_input){once.data, once.len, reading, a, &mends, NULL}, &e);
    MUST(reread && mends.count[JSON_MEND_KEY] == 0 && mends.count[JSON_MEND_MARK] == 0);
    MUST(reading == JSON_AS_SENT || mends.count[JSON_MEND_TEXT] == 0);
    json_print(&again, reread);
    MUST(strcmp(text_mended(a, once.data), text_mended(a, again.data)) == 0);
    arena_free(a);
    buf_release(&once);
    buf_release(&again);
}

static cJSON *read_as(const char *bytes, size_t size, json_reading reading) {
    err e = {0};
    size_t wrong_at = 0;
    json_mends mends = {0};
    cJSON *tree = json_read(&(json_input){bytes, size, reading, NULL, &mends, &wrong_at}, &e);
    if (tree)
        print_twice(tree, reading);
    else
        MUST(e.kind == ERR_INVALID && e.text[0] && (wrong_at <= size || wrong_at == SIZE_MAX));
    return tree;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *bytes = (const char *)data;
    cJSON *strict = read_as(bytes, size, JSON_STRICT), *mended = read_as(bytes, size, JSON_MENDED),
          *sent = read_as(bytes, size, JSON_AS_SENT);
    MUST((mended == NULL) == (sent == NULL));
    MUST(!strict || (mended && json_equal(strict, mended) && json_equal(strict, sent)));
    cJSON_Delete(strict);
    cJSON_Delete(mended);
    cJSON_Delete(sent);
    return 0;
}
