/* Owns the set of templates: the shipped ones, the user's over them, each compiled once. Leaves what a template's text
 * means to source.c and kainjow, and facts to facts.c.
 *
 * The one difficulty: a user's partial must also reach the shipped templates that use it, so all texts are gathered
 * before any is compiled. */
#include "onus/embedded.h"
#include "onus/hash_table.h"
#include "onus/text.h"
#include "render/render_room.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct template_file {
    char *name;                         /* KIND/rest */
    char *text;                         /* owned */
    char *where;                        /* for errors: the user's path, or the name */
    struct mustache_template *compiled; /* NULL for partials and files that are no templates */
    bool payload_only;
    UT_hash_handle hh;
} template_file;

struct templates {
    template_file *files;
    size_t count;
};

static template_file *find_file(const templates *t, const char *name) {
    template_file *found = NULL;
    HASH_FIND_STR(t->files, name, found);
    return found;
}

static const char *find_text(void *context, const char *name) {
    const template_file *file = find_file(context, name);
    return file == NULL ? NULL : file->text;
}

const char *templates_text(const templates *t, const char *name) {
    const template_file *file = find_file(t, name);
    return file == NULL ? NULL : file->text;
}

/* ── gathering ── */

static void put_file(templates *t, const char *name, const char *text, const char *where) {
    template_file *file = find_file(t, name);
    if (file == NULL) {
        file = mem_zalloc(1, sizeof *file);
        file->name = mem_strdup(name);
        HASH_ADD_KEYPTR(hh, t->files, file->name, strlen(file->name), file);
        t->count++;
    }
    free(file->text);
    free(file->where);
    file->text = mem_strdup(text);
    file->where = mem_strdup(where);
}

static bool read_whole(const char *path, buf *out, err *e) {
    FILE *stream = fopen(path, "re");
    if (stream == NULL)
        return err_set(e, ERR_SYSTEM, "cannot read %s: %s", path, strerror(errno));
    char piece[8192];
    size_t got = 0;
    while ((got = fread(piece, 1, sizeof piece, stream)) > 0 && out->len <= TEMPLATE_BYTES_MAX)
        buf_put(out, piece, got);
    const bool failed = ferror(stream) != 0;
    if (fclose(stream) != 0 || failed)
        return err_set(e, ERR_SYSTEM, "cannot read %s", path);
    if (out->len > TEMPLATE_BYTES_MAX)
        return err_set(e, ERR_LIMIT, "%s: a template may have at most %d bytes", path, TEMPLATE_BYTES_MAX);
    return text_is_utf8(out->data, out->len) || err_set(e, ERR_INVALID, "%s: not UTF-8", path);
}

static bool add_user_file(templates *t, const char *directory, const char *name, err *e) {
    arena *a = arena_new();
    const char *path = arena_printf(a, "%s/%s", directory, name);
    buf text;
    buf_init(&text);
    bool ok = read_whole(path, &text, e);
    if (ok && t->count >= TEMPLATE_FILES_MAX)
        ok = err_set(e, ERR_LIMIT, "%s: more than %d templates", directory, TEMPLATE_FILES_MAX);
    if (ok)
        put_file(t, name, text.data, path);
    buf_release(&text);
    arena_free(a);
    return ok;
}

static bool add_folder(templates *t, const char *directory, const char *kind, err *e) {
    arena *a = arena_new();
    const char *path = arena_printf(a, "%s/%s", directory, kind);
    DIR *folder = opendir(path);
    bool ok = folder != NULL || errno == ENOTDIR || err_set(e, ERR_SYSTEM, "cannot read %s: %s", path, strerror(errno));
    const struct dirent *entry = NULL;
    while (ok && folder != NULL && (entry = readdir(folder)) != NULL)
        if (entry->d_name[0] != '.' && !text_ends_with(entry->d_name, "~"))
            ok = add_user_file(t, directory, arena_printf(a, "%s/%s", kind, entry->d_name), e);
    if (folder != NULL)
        closedir(folder);
    arena_free(a);
    return ok;
}

static bool add_directory(templates *t, const char *directory, err *e) {
    DIR *folders = opendir(directory);
    if (folders == NULL)
        return err_set(e, ERR_SYSTEM, "cannot read the templates in %s: %s", directory, strerror(errno));
    bool ok = true;
    const struct dirent *entry = NULL;
    while (ok && (entry = readdir(folders)) != NULL)
        if (entry->d_name[0] != '.')
            ok = add_folder(t, directory, entry->d_name, e);
    closedir(folders);
    return ok;
}

/* ── compiling ── */

static unsigned line_of(const char *text, size_t at) {
    unsigned line = 1;
    for (size_t i = 0; i < at && text[i] != '\0'; i++)
        line += text[i] == '\n';
    return line;
}

/* The file by itself, so that an error's line is the line in the file and not in what its partials made of it. */
static bool check_alone(const template_file *file, err *e) {
    size_t at = 0;
    struct mustache_template *compiled =
        mustache_compile(file->text, strlen(file->text), escape_for(file->name), &at, e);
    mustache_free(compiled);
    return compiled != NULL || err_prefix(e, "%s:%u", file->where, line_of(file->text, at));
}

static bool is_page(const char *name) {
    return text_starts_with(name, "page/") && text_ends_with(name, ".html");
}

static bool is_payload_only(const char *text) {
    static const char tag[] = "{{{payload}}}";
    return text_starts_with(text, tag) && strspn(text + sizeof tag - 1, " \n") == strlen(text + sizeof tag - 1);
}

static bool compile_file(templates *t, template_file *file, err *e) {
    const char *base = strchr(file->name, '/');
    if (base == NULL || text_ends_with(file->name, ".css") || text_ends_with(file->name, ".svg"))
        return true;
    if (!check_alone(file, e))
        return false;
    if (base[1] == '_' || text_equal(file->name, "page/layout.html"))
        return true;
    const source_files files = {find_text, t};
    buf source;
    buf_init(&source);
    const bool page = is_page(file->name) && find_text(t, "page/layout.html") != NULL;
    bool ok = source_prepare(&files, page ? "page/layout.html" : file->name, page ? file->text : NULL, &source, e);
    if (ok) {
        size_t at = 0;
        file->compiled = mustache_compile(source.data, source.len, escape_for(file->name), &at, e);
        file->payload_only = is_payload_only(file->text);
        ok = file->compiled != NULL || err_prefix(e, "%s", file->where);
    }
    buf_release(&source);
    return ok;
}

static bool compile_all(templates *t, err *e) {
    for (template_file *file = t->files; file != NULL; file = file->hh.next)
        if (!compile_file(t, file, e))
            return false;
    return true;
}

templates *templates_load(const char *directory, err *e) {
    templates *t = mem_zalloc(1, sizeof *t);
    for (const struct embedded_file *shipped = templates_data; shipped->name != NULL; shipped++)
        put_file(t, shipped->name, shipped->text, shipped->name);
    if ((directory != NULL && !add_directory(t, directory, e)) || !compile_all(t, e)) {
        templates_free(t);
        return NULL;
    }
    return t;
}

void templates_free(templates *t) {
    if (t == NULL)
        return;
    template_file *file = NULL, *next = NULL;
    HASH_ITER (hh, t->files, file, next) {
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the head moves on with each deletion */
        HASH_DELETE(hh, t->files, file);
        mustache_free(file->compiled);
        free(file->name);
        free(file->text);
        free(file->where);
        free(file);
    }
    free(t);
}

/* ── finding ── */

enum { NAME_BYTES_MAX = 160 };

static const template_file *find_named(const templates *t, const char *kind, const char *words, const char *part) {
    char name[NAME_BYTES_MAX];
    const int len = snprintf(name, sizeof name, "%s/%s.%s", kind, words, part);
    return len > 0 && (size_t)len < sizeof name ? find_file(t, name) : NULL;
}

static const template_file *find_for(const templates *t, const char *kind, const char *part, raci_letter letter,
                                     message_reason reason) {
    const char *letter_text = raci_letter_to_text(letter), *reason_text = message_reason_to_text(reason);
    char both[NAME_BYTES_MAX];
    const int len = snprintf(both, sizeof both, "%s.%s", letter_text, reason_text);
    const char *const tries[] = {len > 0 && (size_t)len < sizeof both ? both : "default", reason_text, letter_text,
                                 "default"};
    const template_file *found = NULL;
    for (size_t i = 0; i < sizeof tries / sizeof *tries && found == NULL; i++)
        found = find_named(t, kind, tries[i], part);
    return found;
}

const struct mustache_template *templates_find(const templates *t, const char *kind, const char *part,
                                               raci_letter letter, message_reason reason) {
    const template_file *file = find_for(t, kind, part, letter, reason);
    return file == NULL ? NULL : file->compiled;
}

bool templates_payload_only(const templates *t, const char *kind, const char *part, const message *m) {
    const template_file *file = find_for(t, kind, part, m->letter, m->reason);
    return file != NULL && file->payload_only;
}

static char *render_file(const template_file *file, struct mustache_facts *data, arena *a) {
    buf out;
    buf_init(&out);
    mustache_render(file->compiled, data, &out);
    source_decode(out.data, out.len);
    char *text = buf_to_arena(&out, a);
    buf_release(&out);
    return text;
}

char *render_page(const templates *t, const char *name, const cJSON *facts, arena *a, err *e) {
    const template_file *file = find_named(t, "page", name, "html");
    if (file == NULL || file->compiled == NULL) {
        err_set(e, ERR_NOT_FOUND, "no template page/%s.html", name);
        return NULL;
    }
    struct mustache_facts *data = mustache_facts_new(facts);
    char *page = render_file(file, data, a);
    mustache_facts_free(data);
    return page;
}

char *render_report(const templates *t, const char *name, const cJSON *facts, arena *a, err *e) {
    const template_file *file = find_named(t, "report", name, "html");
    if (file == NULL || file->compiled == NULL) {
        err_set(e, ERR_NOT_FOUND, "no template report/%s.html", name);
        return NULL;
    }
    const char *style = templates_text(t, "page/style.css");
    struct mustache_facts *data = mustache_facts_new(facts);
    mustache_facts_set(data, "style", style ? style : "");
    char *report = render_file(file, data, a);
    mustache_facts_free(data);
    return report;
}
