/* UTF-8 checks and cuts. Owns what a well-formed character is. The difficulty: the second byte's range depends on the
 * first (Unicode 15, table 3-7); checking the decoded value afterwards covers the same cases. */
#include "utf8.h"

#include "onus/text.h"

#include <string.h>

static size_t sequence_length(unsigned char first) {
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first <= 0xdf)
        return 2;
    if (first >= 0xe0 && first <= 0xef)
        return 3;
    return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

size_t utf8_read(const unsigned char *at, const unsigned char *end, uint32_t *code) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    static const unsigned char first_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    if (at >= end)
        return 0;
    size_t len = sequence_length(*at);
    if (!len || (size_t)(end - at) < len)
        return 0;
    uint32_t value = *at & first_bits[len];
    for (size_t i = 1; i < len; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (at[i] & 0x3f);
    }
    if (value < least[len] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        return 0;
    if (code)
        *code = value;
    return len;
}

bool text_is_utf8(const char *bytes, size_t len) {
    const unsigned char *at = (const unsigned char *)bytes;
    const unsigned char *end = at + len;
    while (at < end) {
        if (*at == 0)
            return false;
        size_t step = *at < 0x80 ? 1 : utf8_read(at, end, NULL);
        if (!step)
            return false;
        at += step;
    }
    return true;
}

static bool continues(const unsigned char *at, const unsigned char *end) {
    return at < end && (*at & 0xc0) == 0x80;
}

/* Bytes of what is not UTF-8 and one mistake. */
static size_t mistake_length(const unsigned char *at, const unsigned char *end) {
    if ((*at == 0xc0 || *at == 0xc1) && continues(at + 1, end))
        return 2;
    bool surrogate = *at == 0xed && continues(at + 1, end) && at[1] >= 0xa0 && continues(at + 2, end);
    return surrogate ? 3 : 1;
}

void buf_put_mended(buf *b, const char *bytes, size_t len) {
    const unsigned char *at = (const unsigned char *)bytes, *end = at + len, *run = at;
    while (at < end) {
        size_t step = *at ? utf8_read(at, end, NULL) : 0;
        if (!step) {
            buf_put(b, (const char *)run, (size_t)(at - run));
            buf_puts(b, "\xef\xbf\xbd");
            run = at + mistake_length(at, end);
        }
        at = step ? at + step : run;
    }
    buf_put(b, (const char *)run, (size_t)(end - run));
}

const char *text_mended(arena *a, const char *text) {
    size_t len = strlen(text);
    if (text_is_utf8(text, len))
        return text;
    buf b;
    buf_init(&b);
    buf_put_mended(&b, text, len);
    char *mended = buf_to_arena(&b, a);
    buf_release(&b);
    return mended;
}

size_t text_cut(const char *text, size_t max) {
    size_t len = strnlen(text, max);
    if (len < max || text[len] == '\0')
        return len;
    size_t cut = len;
    /* Text that is not UTF-8 is cut where asked. */
    for (int back = 0; back < 4; back++, cut--) {
        if (((unsigned char)text[cut] & 0xc0) != 0x80)
            return cut;
        if (cut == 0)
            break;
    }
    return len;
}

char *text_shorten(arena *a, const char *text, size_t max) {
    static const char ellipsis[] = "…";
    enum { ELLIPSIS_BYTES = sizeof ellipsis - 1 };
    if (strnlen(text, max + 1) <= max)
        return arena_strdup(a, text);
    if (max < ELLIPSIS_BYTES)
        return arena_strndup(a, text, text_cut(text, max));
    return arena_printf(a, "%.*s%s", (int)text_cut(text, max - ELLIPSIS_BYTES), text, ellipsis);
}

size_t text_line_break(const char *at, const char *end) {
    const unsigned char *byte = (const unsigned char *)at;
    size_t room = (size_t)(end - at);
    if (room == 0)
        return 0;
    if (byte[0] == '\n')
        return 1;
    if (byte[0] == '\r')
        return room > 1 && byte[1] == '\n' ? 2 : 1;
    if (room > 1 && byte[0] == 0xC2 && byte[1] == 0x85)
        return 2;
    bool separator = room > 2 && byte[0] == 0xE2 && byte[1] == 0x80 && (byte[2] == 0xA8 || byte[2] == 0xA9);
    return separator ? 3 : 0;
}
