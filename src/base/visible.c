/* Text that a stranger wrote, as people may see it. What has no width, or turns the direction of its neighbours, can
 * make one text look like another: it is named in its place. */
#include "onus/text.h"

#include "utf8.h"

#include <string.h>

/* Of Unicode: Bidi_Control, Default_Ignorable_Code_Point but for variation selectors, C1, the separators. */
static const struct {
    uint32_t first, last;
} unseen[] = {
    {0x80, 0x9f},     {0xad, 0xad},     {0x34f, 0x34f},     {0x61c, 0x61c},     {0x115f, 0x1160},   {0x17b4, 0x17b5},
    {0x180b, 0x180f}, {0x200b, 0x200f}, {0x2028, 0x202e},   {0x2060, 0x206f},   {0x3164, 0x3164},   {0xfeff, 0xfeff},
    {0xffa0, 0xffa0}, {0xfff0, 0xfffb}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe00ff},
};

static bool is_unseen(uint32_t code) {
    for (size_t i = 0; i < sizeof unseen / sizeof *unseen; i++)
        if (code >= unseen[i].first && code <= unseen[i].last)
            return true;
    return false;
}

/* The next one from `at` on, or NULL. */
static const unsigned char *find_unseen(const unsigned char *at, const unsigned char *end, uint32_t *code,
                                        size_t *len) {
    while (at < end) {
        *len = *at < 0x80 ? 1 : utf8_read(at, end, code);
        if (*len > 1 && is_unseen(*code))
            return at;
        at += *len > 0 ? *len : 1;
    }
    return NULL;
}

const char *text_visible(arena *a, const char *text) {
    const unsigned char *at = (const unsigned char *)text, *end = at + strlen(text), *found;
    uint32_t code = 0;
    size_t len = 0;
    if (!find_unseen(at, end, &code, &len))
        return text;
    buf b;
    buf_init(&b);
    while ((found = find_unseen(at, end, &code, &len))) {
        buf_put(&b, (const char *)at, (size_t)(found - at));
        buf_printf(&b, "⟨U+%04X⟩", (unsigned)code);
        at = found + len;
    }
    buf_put(&b, (const char *)at, (size_t)(end - at));
    const char *shown = buf_to_arena(&b, a);
    buf_release(&b);
    return shown;
}
