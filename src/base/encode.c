/* Bytes as text: hex and base64. Owns both directions. The difficulty: a token must have one spelling only, so base64
 * whose unused bits are not zero is refused. */
#include "onus/text.h"

#include <string.h>

char *text_to_hex(arena *a, const void *bytes, size_t len) {
    static const char digits[] = "0123456789abcdef";
    const unsigned char *from = bytes;
    char *text = arena_alloc(a, 2 * len + 1);
    for (size_t i = 0; i < len; i++) {
        text[2 * i] = digits[from[i] >> 4];
        text[2 * i + 1] = digits[from[i] & 15];
    }
    text[2 * len] = '\0';
    return text;
}

static int hex_value(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool text_from_hex(arena *a, const char *hex, unsigned char **out, size_t *out_len, err *e) {
    size_t len = strlen(hex);
    if (len % 2)
        return err_set(e, ERR_INVALID, "hex text with an odd number of digits");
    unsigned char *bytes = arena_alloc(a, len / 2);
    for (size_t i = 0; i < len; i += 2) {
        int high = hex_value(hex[i]), low = hex_value(hex[i + 1]);
        if (high < 0 || low < 0)
            return err_set(e, ERR_INVALID, "not a hex digit at byte %zu", high < 0 ? i : i + 1);
        bytes[i / 2] = (unsigned char)(high << 4 | low);
    }
    *out = bytes;
    *out_len = len / 2;
    return true;
}

char *text_to_base64url(arena *a, const void *bytes, size_t len) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const unsigned char *from = bytes;
    char *text = arena_alloc(a, len / 3 * 4 + 5);
    size_t put = 0;
    uint32_t bits = 0;
    unsigned held = 0;
    for (size_t i = 0; i < len; i++) {
        bits = bits << 8 | from[i];
        for (held += 8; held >= 6; held -= 6)
            text[put++] = digits[bits >> (held - 6) & 63];
    }
    if (held)
        text[put++] = digits[bits << (6 - held) & 63];
    text[put] = '\0';
    return text;
}

static int base64_value(char c) {
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+' || c == '-')
        return 62;
    return c == '/' || c == '_' ? 63 : -1;
}

/* Length without padding; padding must complete a group of four. */
static bool unpadded_length(const char *text, size_t *len, err *e) {
    size_t all = strlen(text), padding = 0;
    while (padding < 2 && padding < all && text[all - padding - 1] == '=')
        padding++;
    *len = all - padding;
    if ((padding && all % 4) || *len % 4 == 1)
        return err_set(e, ERR_INVALID, "base64 text of a wrong length");
    return true;
}

bool text_from_base64(arena *a, const char *text, unsigned char **out, size_t *out_len, err *e) {
    size_t len, put = 0;
    if (!unpadded_length(text, &len, e))
        return false;
    unsigned char *bytes = arena_alloc(a, len / 4 * 3 + 3);
    uint32_t bits = 0;
    unsigned held = 0;
    for (size_t i = 0; i < len; i++) {
        int value = base64_value(text[i]);
        if (value < 0)
            return err_set(e, ERR_INVALID, "not a base64 digit at byte %zu", i);
        bits = bits << 6 | (uint32_t)value;
        held += 6;
        if (held >= 8) {
            held -= 8;
            bytes[put++] = (unsigned char)(bits >> held & 255);
        }
    }
    if (bits & ((1U << held) - 1))
        return err_set(e, ERR_INVALID, "base64 text that does not end at a byte");
    *out = bytes;
    *out_len = put;
    return true;
}
