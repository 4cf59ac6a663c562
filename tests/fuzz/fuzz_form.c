/* Queries and forms: name=value&… decodes to UTF-8 without NUL, or is refused. */
#include "fuzz.h"
#include "http/server.h"
#include "onus/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    arena *a = arena_new();
    http_field *fields = NULL;
    size_t count = 0;
    if (request_parse_fields(a, (const char *)data, size, &fields, &count)) {
        for (size_t i = 0; i < count; i++) {
            MUST(text_is_utf8(fields[i].name, strlen(fields[i].name)));
            MUST(text_is_utf8(fields[i].value, strlen(fields[i].value)));
        }
    }
    arena_free(a);
    return 0;
}
