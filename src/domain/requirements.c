/* Requirement files: logical lines, and what each of them asks for. Leaves to its callers whether that is good enough.
 * The difficulty: pip's format has no grammar of its own. A comment needs a blank before it, a URL may hold a #, and
 * options stand behind the requirement on the same line. */
#include "domain/requirements.h"

#include "domain/pep508.h"

#include "onus/buf.h"
#include "onus/text.h"

#include <ctype.h>
#include <string.h>

enum { COMMIT_DIGITS = 40 };

void requirements_reader_init(requirements_reader *r, const char *text, arena *a) {
    if (text_starts_with(text, "\xEF\xBB\xBF"))
        text += 3;
    *r = (requirements_reader){text, 1, a};
}

/* ── logical lines ── */

static size_t line_length(const char *at) {
    size_t len = strcspn(at, "\n");
    return len > 0 && at[len - 1] == '\r' ? len - 1 : len;
}

/* Where a comment begins: a # at the start or behind a blank. */
static size_t comment_start(const char *at, size_t len) {
    for (size_t i = 0; i < len; i++)
        if (at[i] == '#' && (i == 0 || isspace((unsigned char)at[i - 1])))
            return i;
    return len;
}

/* Appends one line of the file; true when it goes on in the next. A comment ends at its own line. */
static bool read_physical(requirements_reader *r, buf *into) {
    size_t whole = line_length(r->at), len = comment_start(r->at, whole);
    bool goes_on = len == whole && len > 0 && r->at[len - 1] == '\\';
    buf_put(into, r->at, goes_on ? len - 1 : len);
    r->at += strcspn(r->at, "\n");
    r->at += *r->at == '\n';
    r->line++;
    return goes_on && *r->at != '\0';
}

static char *trimmed(arena *a, const char *text, size_t len) {
    while (len > 0 && isspace((unsigned char)text[len - 1]))
        len--;
    while (len > 0 && isspace((unsigned char)*text)) {
        text++;
        len--;
    }
    return arena_strndup(a, text, len);
}

static const char *next_logical(requirements_reader *r, unsigned *line) {
    buf b;
    buf_init(&b);
    *line = r->line;
    while (read_physical(r, &b))
        ;
    const char *text = trimmed(r->memory, b.data, b.len);
    buf_release(&b);
    return text;
}

/* ── words ── */

static const char *skip_blanks(const char *at) {
    while (isspace((unsigned char)*at))
        at++;
    return at;
}

/* `-r FILE`, `--requirement=FILE`: what stands behind the option, else NULL. */
static const char *after_option(const char *text, const char *option) {
    size_t len = strlen(option);
    if (strncmp(text, option, len) != 0)
        return NULL;
    const char *rest = skip_blanks(text + len);
    if (*rest == '=' && option[1] == '-')
        return skip_blanks(rest + 1);
    bool apart = rest > text + len || *rest == '\0';
    return apart || option[1] != '-' ? rest : NULL;
}

static const char *after_any(const char *text, const char *const *options) {
    for (; *options; options++) {
        const char *rest = after_option(text, *options);
        if (rest)
            return rest;
    }
    return NULL;
}

/* ── hashes ── */

static bool is_hash(const char *text, size_t len) {
    static const struct {
        const char *name;
        size_t digits;
    } KINDS[] = {{"sha256:", 64}, {"sha384:", 96}, {"sha512:", 128}};
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++)
        if (text_starts_with(text, KINDS[i].name)) {
            size_t digits = strspn(text + strlen(KINDS[i].name), "0123456789abcdefABCDEF");
            return digits == KINDS[i].digits && len == strlen(KINDS[i].name) + digits;
        }
    return false;
}

/* Takes the options off the end: from the first " --" on. */
static void read_options(requirement *q, arena *a, char *text) {
    char *from = text;
    do {
        from = strstr(from, "--");
        if (from && (from == text || isspace((unsigned char)from[-1])))
            break;
        from = from ? from + 2 : NULL;
    } while (from);
    if (!from)
        return;
    for (const char *at = from; (at = strstr(at, "--hash")) != NULL;) {
        at += strlen("--hash");
        at += strspn(at, " =\t");
        size_t len = strcspn(at, " \t");
        if (is_hash(at, len))
            q->hash_count++;
        else if (!q->bad_hash)
            q->bad_hash = arena_strndup(a, at, len);
    }
    *from = '\0';
}

/* ── one requirement ── */

static bool is_vcs(const char *text) {
    static const char *const SCHEMES[] = {"git+", "hg+", "svn+", "bzr+"};
    for (size_t i = 0; i < sizeof SCHEMES / sizeof *SCHEMES; i++)
        if (text_starts_with(text, SCHEMES[i]))
            return true;
    return false;
}

/* https://…@COMMIT#egg=name */
static bool names_commit(const char *url) {
    const char *at = strrchr(url, '@');
    if (!at)
        return false;
    size_t digits = strspn(at + 1, "0123456789abcdef");
    return digits == COMMIT_DIGITS && (at[1 + digits] == '\0' || at[1 + digits] == '#');
}

static bool is_place(const char *text) {
    static const char *const ENDS[] = {".whl", ".tar.gz", ".zip", ".tar.bz2"};
    size_t len = strcspn(text, " \t;#");
    const char *scheme = strstr(text, "://");
    if ((scheme && scheme < text + len) || text_starts_with(text, "file:") || *text == '.' || *text == '/')
        return true;
    for (size_t i = 0; i < sizeof ENDS / sizeof *ENDS; i++)
        if (len > strlen(ENDS[i]) && strncmp(text + len - strlen(ENDS[i]), ENDS[i], strlen(ENDS[i])) == 0)
            return true;
    return false;
}

static void read_place(requirement *q, arena *a, const char *text) {
    const char *url = arena_strndup(a, text, strcspn(text, " \t"));
    if (is_vcs(url)) {
        q->kind = REQUIREMENT_VCS;
        q->has_commit = names_commit(url);
        return;
    }
    q->kind = REQUIREMENT_URL;
    const char *hash = strstr(url, "sha256=");
    if (hash && hash > url && strchr("#&", hash[-1]) && strspn(hash + 7, "0123456789abcdef") == 64)
        q->hash_count++;
}

static void read_named(requirement *q, arena *a, const char *text) {
    pep508 p = pep508_read(a, text);
    q->name = p.name;
    q->version = p.version;
    q->marker = p.marker;
    q->problem = p.problem;
    q->kind = p.problem ? REQUIREMENT_WRONG : REQUIREMENT_NAMED;
    if (p.url && !p.problem)
        read_place(q, a, p.url);
}

static void read_line(requirement *q, arena *a) {
    static const char *const INCLUDES[] = {"-r", "--requirement", "-c", "--constraint", NULL}, *const EDITABLES[] = {
                                                                                                   "-e", "--editable",
                                                                                                   NULL};
    const char *text = q->text, *file = after_any(text, INCLUDES), *editable = after_any(text, EDITABLES);
    if (file) {
        q->kind = REQUIREMENT_INCLUDE;
        q->name = file;
        return;
    }
    q->editable = editable != NULL;
    if (*text == '-' && !editable) {
        q->kind = REQUIREMENT_OPTION;
        return;
    }
    char *rest = arena_strdup(a, editable ? editable : text);
    read_options(q, a, rest);
    if (is_vcs(rest) || ((q->editable || is_place(rest)) && !pep508_names_place(rest)))
        read_place(q, a, rest);
    else
        read_named(q, a, rest);
}

bool requirements_next(requirements_reader *r, requirement *out) {
    while (*r->at) {
        *out = (requirement){.name = "", .marker = ""};
        out->text = next_logical(r, &out->line);
        if (*out->text == '\0')
            continue;
        read_line(out, r->memory);
        return true;
    }
    return false;
}
