/* Text: cuts stay within characters, encodings have one spelling, escapes leave nothing dangerous. */
#include "fuzz.h"
#include "onus/json.h"
#include "onus/text.h"

static void check_cut(arena *a, const char *text, size_t max) {
    size_t len = strlen(text), cut = text_cut(text, max);
    MUST(cut <= max && cut <= len);
    char *brief = text_shorten(a, text, max);
    MUST(strlen(brief) <= max);
    if (text_is_utf8(text, len))
        MUST(text_is_utf8(text, cut) && text_is_utf8(brief, strlen(brief)) && (cut + 4 > max || cut == len));
}

static void check_encodings(arena *a, const uint8_t *data, size_t size) {
    unsigned char *bytes;
    size_t len;
    err e = {0};
    MUST(text_from_hex(a, text_to_hex(a, data, size), &bytes, &len, &e));
    MUST(len == size && memcmp(bytes, data, len) == 0);
    MUST(text_from_base64(a, text_to_base64url(a, data, size), &bytes, &len, &e));
    MUST(len == size && memcmp(bytes, data, len) == 0);
}

static void check_decodings(arena *a, const char *text) {
    unsigned char *bytes;
    size_t len;
    int64_t number;
    err e = {0};
    if (text_from_base64(a, text, &bytes, &len, &e))
        MUST(strncmp(text_to_base64url(a, bytes, len), text, 1) == 0 || strchr("+/", text[0]));
    if (text_from_hex(a, text, &bytes, &len, &e))
        MUST(text_equal_nocase(text_to_hex(a, bytes, len), text));
    if (text_to_int(text, -1000, 1000, "n", &number, &e))
        MUST(number >= -1000 && number <= 1000);
}

static void check_escapes(const char *text) {
    buf json, html;
    err e = {0};
    buf_init(&json);
    buf_init(&html);
    buf_put_json(&json, text);
    buf_put_html(&html, text);
    if (text_is_utf8(text, strlen(text)))
        MUST(json_check(json.data, json.len, &e));
    MUST(!strpbrk(html.data, "<>\"'"));
    buf_release(&json);
    buf_release(&html);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const words[] = {"responsible", "accountable", "consulted", "informed"};
    arena *a = arena_new();
    const char *text = input_text(a, data, size);
    for (size_t max = 0; max < 12; max++)
        check_cut(a, text, max);
    check_encodings(a, data, size);
    check_decodings(a, text);
    check_escapes(text);
    (void)text_did_you_mean(text, words, 4);
    arena_free(a);
    return 0;
}
