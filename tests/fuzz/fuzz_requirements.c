/* Requirement files: any text gives lines in their order; what is pinned says to what. */
#include "domain/requirements.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    arena *a = arena_new();
    requirements_reader r;
    requirement q;
    unsigned line = 0;
    requirements_reader_init(&r, input_text(a, data, size), a);
    while (requirements_next(&r, &q)) {
        MUST(q.line > line && q.text[0] && q.name && q.marker);
        MUST((q.kind == REQUIREMENT_WRONG) <= (q.problem != NULL));
        MUST(!q.version || (q.version[0] && !strchr(q.version, '*')));
        MUST(q.kind != REQUIREMENT_NAMED || q.name[0]);
        line = q.line;
    }
    arena_free(a);
    return 0;
}
