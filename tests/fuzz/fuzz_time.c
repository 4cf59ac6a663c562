/* Times and durations: what is read and written must read back the same. */
#include "fuzz.h"
#include "onus/clock.h"
#include "onus/text.h"

static void check_time(arena *a, const char *text) {
    usec t, again;
    err e = {0};
    if (!time_from_text(text, &t, &e)) {
        MUST(e.kind == ERR_INVALID);
        return;
    }
    char *written = time_to_text(a, t);
    MUST(strlen(written) == strlen("2026-01-02T03:04:05.678Z"));
    MUST(time_from_text(written, &again, &e));
    MUST(again <= t && t - again < USEC_PER_MS);
    MUST(strlen(time_to_short_text(a, t)) == strlen("2026-01-02 03:04 UTC"));
    MUST(strlen(time_to_mail_text(a, t)) == strlen("Fri, 02 Jan 2026 03:04:05 +0000"));
}

static void check_duration(arena *a, const char *text) {
    int64_t length, again;
    err e = {0};
    if (!text_to_duration(text, &length, &e))
        return;
    MUST(length >= 0);
    MUST(text_to_duration(duration_to_text(a, length), &again, &e));
    MUST(again == length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    arena *a = arena_new();
    const char *text = input_text(a, data, size);
    check_time(a, text);
    check_duration(a, text);
    if (size >= sizeof(usec)) {
        usec any;
        memcpy(&any, data, sizeof any);
        (void)time_to_text(a, any);
        (void)time_to_mail_text(a, any);
        (void)duration_to_text(a, any);
    }
    arena_free(a);
    return 0;
}
