/* Owns what happens to a template's text before it is compiled: partials are put in their places, a line that holds
 * nothing but a section tag or a comment disappears (the specification's "standalone" lines), and blanks and line ends
 * are encoded. Leaves parsing to kainjow.
 *
 * The one difficulty is kainjow's own idea of lines: it keeps the empty line of a section that is not rendered, and
 * makes a node of every blank. Bytes that UTF-8 never uses stand for blank and line end while it works; nothing that is
 * rendered can hold them. */
#include "onus/text.h"
#include "render/render_room.h"

#include <string.h>

enum { CODE_BLANK = 0xFE, CODE_LINE = 0xFF };

typedef struct expansion {
    const source_files *files;
    const char *content; /* what {{> content}} means: the page inside its layout */
    buf *out;
    err *e;
} expansion;

static bool expand(const expansion *x, const char *name, const char *text, int depth);

void source_decode(char *text, size_t len) {
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)text[i] == CODE_BLANK)
            text[i] = ' ';
        else if ((unsigned char)text[i] == CODE_LINE)
            text[i] = '\n';
    }
}

static void put_encoded(buf *out, const char *text, size_t len) {
    for (size_t i = 0; i < len; i++)
        buf_putc(out, text[i] == ' ' ? (char)CODE_BLANK : text[i] == '\n' ? (char)CODE_LINE : text[i]);
}

/* The end of the tag that starts at `tag`, or NULL. */
static const char *tag_end(const char *tag) {
    const bool raw = tag[2] == '{';
    const char *end = strstr(tag + 2, raw ? "}}}" : "}}");
    return end == NULL ? NULL : end + (raw ? 3 : 2);
}

static const char *skip_blanks(const char *c) {
    while (*c == ' ' || *c == '\t')
        c++;
    return c;
}

/* The tag when it stands alone on the line that starts at `line`, else NULL. */
static const char *standalone_tag(const char *line) {
    const char *tag = skip_blanks(line);
    if (strncmp(tag, "{{", 2) != 0 || tag[2] == '\0' || strchr("#^/!>", tag[2]) == NULL)
        return NULL;
    const char *end = tag_end(tag);
    if (end == NULL)
        return NULL;
    end = skip_blanks(end);
    return *end == '\n' || *end == '\0' ? tag : NULL;
}

/* "{{> name}}" of "KIND/anything.PART" is KIND/_name.PART. */
static const char *partial_file(const char *user, const char *partial, size_t len, arena *a) {
    const char *slash = strchr(user, '/'), *dot = strrchr(user, '.');
    return arena_printf(a, "%.*s/_%.*s%s", (int)(slash - user), user, (int)len, partial, dot);
}

static bool expand_partial(const expansion *x, const char *user, const char *tag, const char *end, bool alone,
                           int depth) {
    const char *from = skip_blanks(tag + 3), *to = end - 2;
    while (to > from && (to[-1] == ' ' || to[-1] == '\t'))
        to--;
    arena *a = arena_new();
    const bool is_content = x->content != NULL && strncmp(from, "content", (size_t)(to - from)) == 0;
    const char *name = is_content ? user : partial_file(user, from, (size_t)(to - from), a);
    const char *text = is_content ? x->content : x->files->find(x->files->context, name);
    bool ok = true;
    if (text == NULL)
        ok = err_set(x->e, ERR_INVALID, "%s: no partial \"%s\" (there is no file %s)", user,
                     arena_strndup(a, from, (size_t)(to - from)), name);
    else if (depth >= TEMPLATE_PARTIAL_DEPTH_MAX)
        ok = err_set(x->e, ERR_LIMIT, "%s: partials more than %d deep; does %s include itself?", user,
                     TEMPLATE_PARTIAL_DEPTH_MAX, name);
    else
        ok = expand(x, name, text, depth + 1);
    if (ok && !alone && x->out->len > 0 && (unsigned char)x->out->data[x->out->len - 1] == CODE_LINE &&
        text_ends_with(text, "\n"))
        x->out->data[--x->out->len] = '\0';
    arena_free(a);
    return ok;
}

static bool expand_tag(const expansion *x, const char *user, const char *tag, bool alone, int depth) {
    const char *end = tag_end(tag);
    if (tag[2] == '>')
        return expand_partial(x, user, tag, end, alone, depth);
    if (tag[2] != '!')
        buf_put(x->out, tag, (size_t)(end - tag));
    return true;
}

/* One line with its line end; returns where the next one starts. */
static bool expand_line(const expansion *x, const char *user, const char **line, int depth) {
    const char *alone = standalone_tag(*line);
    if (alone != NULL) {
        const char *next = skip_blanks(tag_end(alone));
        *line = *next == '\n' ? next + 1 : next;
        return expand_tag(x, user, alone, true, depth);
    }
    const char *c = *line;
    while (*c != '\0' && *c != '\n') {
        if (strncmp(c, "{{", 2) != 0) {
            put_encoded(x->out, c++, 1);
            continue;
        }
        if (tag_end(c) == NULL)
            return err_set(x->e, ERR_INVALID, "%s: a tag is not closed", user);
        if (!expand_tag(x, user, c, false, depth))
            return false;
        c = tag_end(c);
    }
    if (*c == '\n')
        put_encoded(x->out, c++, 1);
    *line = c;
    return true;
}

static bool expand(const expansion *x, const char *name, const char *text, int depth) {
    while (*text != '\0')
        if (!expand_line(x, name, &text, depth))
            return false;
    if (x->out->len > TEMPLATE_BYTES_MAX)
        return err_set(x->e, ERR_LIMIT, "%s: larger than %d bytes with its partials", name, TEMPLATE_BYTES_MAX);
    return true;
}

bool source_prepare(const source_files *files, const char *name, const char *content, buf *out, err *e) {
    const expansion x = {files, content, out, e};
    return expand(&x, name, files->find(files->context, name), 0);
}
