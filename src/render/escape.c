/* Owns how text is made harmless: escapes by place, and the cleaning of facts before they meet a template. Leaves
 * HTML and JSON escapes themselves to base.
 *
 * The one difficulty: labels and annotations are written by strangers, so nothing here trusts length, line ends or the
 * scheme of a link. */
#include "onus/text.h"
#include "render/render_room.h"

#include <string.h>

static void escape_none(buf *out, const char *text, size_t len) {
    buf_put(out, text, len);
}

static void escape_html(buf *out, const char *text, size_t len) {
    arena *a = arena_new();
    (void)len;
    buf_put_html(out, text_visible(a, text));
    arena_free(a);
}

/* The inside of a JSON string: templates write the quotes themselves. */
static void escape_json(buf *out, const char *text, size_t len) {
    (void)len;
    buf quoted;
    buf_init(&quoted);
    buf_put_json(&quoted, text);
    buf_put(out, quoted.data + 1, quoted.len - 2);
    buf_release(&quoted);
}

void escape_slack(buf *out, const char *text, size_t len) {
    for (size_t i = 0; i < len; i++) {
        switch (text[i]) {
        case '&':
            buf_puts(out, "&amp;");
            break;
        case '<':
            buf_puts(out, "&lt;");
            break;
        case '>':
            buf_puts(out, "&gt;");
            break;
        default:
            buf_putc(out, text[i]);
        }
    }
}

mustache_escape escape_for(const char *name) {
    if (text_ends_with(name, ".html"))
        return escape_html;
    if (text_ends_with(name, ".json"))
        return escape_json;
    return text_starts_with(name, "slack/") ? escape_slack : escape_none;
}

/* Where a cut at `max` would split "&amp;" or a <https://…|link>, the cut moves before it. */
static size_t before_unfinished(const char *text, size_t end, char open, char close) {
    for (size_t i = end; i > 0; i--) {
        if (text[i - 1] == close)
            return end;
        if (text[i - 1] == open)
            return i - 1;
    }
    return end;
}

char *slack_cut(arena *a, const char *escaped, size_t max) {
    static const char ellipsis[] = "…";
    size_t len = strlen(escaped);
    if (len <= max)
        return arena_strndup(a, escaped, len);
    size_t end = max > sizeof ellipsis ? text_cut(escaped, max - (sizeof ellipsis - 1)) : 0;
    end = before_unfinished(escaped, end, '<', '>');
    const size_t entity_start = end > 5 ? end - 5 : 0;
    end = entity_start + before_unfinished(escaped + entity_start, end - entity_start, '&', ';');
    return arena_printf(a, "%.*s%s", (int)end, escaped, ellipsis);
}

const char *fact_text(arena *a, const char *text, size_t max, bool lines) {
    if (text == NULL || *text == '\0')
        return "";
    char *clean = text_shorten(a, text_visible(a, text), max);
    for (char *c = clean; *c != '\0'; c++) {
        const unsigned char byte = (unsigned char)*c;
        if ((byte < 0x20 && !(lines && byte == '\n')) || byte == 0x7f)
            *c = ' ';
    }
    return clean;
}

const char *fact_url(arena *a, const char *url) {
    if (url == NULL || !(text_starts_with(url, "https://") || text_starts_with(url, "http://")))
        return "";
    buf out;
    buf_init(&out);
    for (const char *c = url; *c != '\0'; c++) {
        const unsigned char byte = (unsigned char)*c;
        if (byte <= 0x20 || byte == 0x7f || strchr("\"'<>|`\\^{}", byte) != NULL)
            buf_printf(&out, "%%%02X", byte);
        else
            buf_putc(&out, *c);
    }
    char *clean = buf_to_arena(&out, a);
    buf_release(&out);
    return clean;
}
