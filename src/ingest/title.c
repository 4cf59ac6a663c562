/* Titles. Owns the order in which an event's texts are tried and their cleaning; escaping is the output's.
 *
 * The difficulty: a title goes into subjects, chat lines and logs, so it must be one line whatever the sender wrote. */
#include "ingest/title.h"

#include "onus/limits.h"
#include "onus/text.h"

#include <string.h>

/* Labels that tell one instance of an alert from another, most telling first. */
static const char *const telling[] = {"model", "service", "app", "job", "instance", "namespace", "environment"};
enum { TELLING_COUNT = sizeof telling / sizeof *telling, TELLING_SHOWN = 2 };

static bool is_control(const char *p) {
    unsigned char c = (unsigned char)p[0], next = (unsigned char)p[1];
    return c < 0x20 || c == 0x7F || (c == 0xC2 && next >= 0x80 && next < 0xA0); /* U+0080 to U+009F */
}

/* One line without spaces at its ends. Control characters become spaces. */
static char *one_line(arena *a, const char *text) {
    size_t len = strlen(text), used = 0;
    char *line = arena_alloc(a, len + 1);
    for (const char *p = text; *p; p++) {
        bool control = is_control(p);
        if (control && (unsigned char)*p == 0xC2)
            p++;
        char c = control ? ' ' : *p;
        if (c != ' ' || used > 0)
            line[used++] = c;
    }
    while (used > 0 && line[used - 1] == ' ')
        used--;
    line[used] = '\0';
    return used > LIMIT_TITLE_BYTES ? text_shorten(a, line, LIMIT_TITLE_BYTES) : line;
}

static void put_label(buf *b, const char *name, const char *value, size_t place) {
    buf_puts(b, place ? ", " : "");
    buf_puts(b, name);
    buf_putc(b, '=');
    buf_puts(b, value);
}

static void put_telling(buf *b, labels set) {
    size_t put = 0;
    for (size_t i = 0; i < TELLING_COUNT && put < TELLING_SHOWN; i++) {
        const char *value = labels_get(set, telling[i]);
        if (*value == '\0')
            continue;
        buf_puts(b, put ? "" : " (");
        put_label(b, telling[i], value, put++);
    }
    buf_puts(b, put ? ")" : "");
}

static char *from_labels(arena *a, const event *draft) {
    const char *name = labels_get(draft->labels, "alertname");
    buf b;
    buf_init(&b);
    buf_puts(&b, name);
    if (*name)
        put_telling(&b, draft->labels);
    for (size_t i = 0; !*name && i < draft->labels.count && i < TELLING_SHOWN; i++)
        put_label(&b, draft->labels.items[i].name, draft->labels.items[i].value, i);
    char *line = one_line(a, b.data);
    buf_release(&b);
    return line;
}

char *title_make(arena *a, const event *draft) {
    const char *candidates[] = {draft->title ? draft->title : "", labels_get(draft->annotations, "summary"),
                                labels_get(draft->annotations, "title")};
    for (size_t i = 0; i < sizeof candidates / sizeof *candidates; i++) {
        char *line = one_line(a, candidates[i]);
        if (*line)
            return line;
    }
    char *line = from_labels(a, draft);
    if (*line == '\0')
        line = one_line(a, draft->key);
    return *line ? line : arena_strdup(a, "event without a name");
}
