/* Paths → rule files → rules. Owns walking folders and the bounds on files; leaves texts to rule_text.c.
 *
 * The difficulty: what is in a folder was not asked for file by file. A file there that holds no rules is passed over
 * and counted; one that was named and holds none is said. */
#include "config/rule_reader.h"

#include "onus/limits.h"
#include "onus/text.h"

#include <errno.h>
#include <fts.h>
#include <string.h>
#include <sys/stat.h>

enum { FOLDER_DEPTH_MAX = 32 };

static const char *const SUFFIXES[] = {".yaml", ".yml", ".json", ".rule", ".rules"};

typedef struct rule_files {
    rule_reader in;
    size_t bytes; /* read so far */
    size_t files; /* opened so far */
} rule_files;

static void report(const rule_files *f, const char *path, const char *rule, const char *what) {
    diagnostics_add(f->in.d, DIAGNOSTIC_ERROR, path, (file_position){0}, 0, rule, "%s", what);
}

static bool has_room(rule_files *f, const char *path) {
    if (f->files < LIMIT_RULE_FILES && f->bytes < LIMIT_RULE_BYTES)
        return true;
    diagnostics_add(f->in.d, DIAGNOSTIC_ERROR, path, (file_position){0}, 0, "too-large",
                    "more than %d files or %d MiB of them; this and what follows is not read", LIMIT_RULE_FILES,
                    LIMIT_RULE_BYTES / 1024 / 1024);
    f->in.full = true;
    return false;
}

/* Of the many files in a folder, only those are read that could hold a rule. */
static bool may_hold_rules(const char *bytes) {
    return strstr(bytes, "alert") || strstr(bytes, "rules");
}

static bool read_bytes(rule_files *f, char *bytes, size_t len, bool named) {
    rule_reader *r = &f->in;
    size_t before = r->out->count, errors = r->d->errors;
    r->bytes = bytes;
    r->len = len;
    r->visits = 0;
    rule_text_read(r, &(rule_text){.bytes = bytes, .len = len});
    bool found = r->out->count > before;
    if (found)
        r->out->file_count++;
    if (named && !found && r->d->errors == errors)
        diagnostics_add(r->d, DIAGNOSTIC_WARNING, r->file, (file_position){0}, 0, "no-rules",
                        "no alerting rule is in it");
    return found;
}

static void read_file(rule_files *f, const char *path, const char *shown, bool named) {
    rule_reader *r = &f->in;
    if (r->full || !has_room(f, shown))
        return;
    f->files++;
    size_t len = 0;
    size_t errors = r->d->errors;
    bool found = false;
    char *bytes = config_read_file(path, LIMIT_RULE_FILE_BYTES, r->scratch, &len, r->d);
    if (bytes && (named || may_hold_rules(bytes))) {
        f->bytes += len;
        r->file = arena_strdup(r->memory, shown);
        found = read_bytes(f, bytes, len, named);
    }
    r->out->without_rules += !named && !found && r->d->errors == errors;
    arena_reset(r->scratch);
}

static bool has_suffix(const char *name) {
    for (size_t i = 0; i < sizeof SUFFIXES / sizeof *SUFFIXES; i++)
        if (text_ends_with(name, SUFFIXES[i]))
            return true;
    return false;
}

/* A link to a file counts as a file (Kubernetes mounts them so); a link to a folder is not followed. */
static bool is_rule_file(const FTSENT *entry) {
    struct stat about;
    if (entry->fts_name[0] == '.' || !has_suffix(entry->fts_name))
        return false;
    return entry->fts_info == FTS_F ||
           (entry->fts_info == FTS_SL && stat(entry->fts_accpath, &about) == 0 && S_ISREG(about.st_mode));
}

static bool is_passed_over(const FTSENT *entry) {
    return entry->fts_level > 0 && (entry->fts_name[0] == '.' || entry->fts_level > FOLDER_DEPTH_MAX);
}

static void visit(rule_files *f, FTS *tree, FTSENT *entry) {
    if (entry->fts_info == FTS_D) {
        if (!is_passed_over(entry))
            return;
        (void)fts_set(tree, entry, FTS_SKIP);
        f->in.out->passed_over++;
    } else if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR)
        report(f, entry->fts_path, "unreadable-file", strerror(entry->fts_errno));
    else if (is_rule_file(entry))
        read_file(f, entry->fts_path, entry->fts_path, false);
    else if (entry->fts_info != FTS_DP)
        f->in.out->passed_over++;
}

static int by_name(const FTSENT **left, const FTSENT **right) {
    return strcmp((*left)->fts_name, (*right)->fts_name);
}

static void read_folder(rule_files *f, const char *path) {
    size_t before = f->in.out->count, errors = f->in.d->errors;
    char *const roots[] = {arena_strdup(f->in.memory, path), NULL};
    FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, by_name);
    if (!tree) {
        report(f, path, "unreadable-file", strerror(errno));
        return;
    }
    for (FTSENT *entry; !f->in.full && (entry = fts_read(tree));)
        visit(f, tree, entry);
    fts_close(tree);
    if (f->in.out->count == before && f->in.d->errors == errors)
        report(f, path, "no-rules", "no alerting rule is in any .yaml, .yml, .json, .rule or .rules file below");
}

static void read_path(rule_files *f, const char *path) {
    struct stat about;
    if (strcmp(path, "-") == 0)
        read_file(f, "/dev/stdin", "stdin", true);
    else if (stat(path, &about) == 0 && S_ISDIR(about.st_mode))
        read_folder(f, path);
    else
        read_file(f, path, path, true);
}

bool alert_rules_load_bytes(const char *bytes, size_t len, const char *path, arena *a, alert_rules *out,
                            diagnostics *d) {
    size_t errors = d->errors;
    *out = (alert_rules){0};
    rule_files f = {.in = {.memory = a, .scratch = arena_new(), .d = d, .out = out, .file = arena_strdup(a, path)}};
    char *copy = arena_alloc(f.in.scratch, len + 1);
    memcpy(copy, bytes, len);
    copy[len] = '\0';
    read_bytes(&f, copy, len, true);
    arena_free(f.in.scratch);
    return out->count > 0 || d->errors == errors;
}

bool alert_rules_load(const char *const *paths, size_t path_count, arena *a, alert_rules *out, diagnostics *d) {
    size_t errors = d->errors;
    *out = (alert_rules){0};
    rule_files f = {.in = {.memory = a, .scratch = arena_new(), .d = d, .out = out}};
    for (size_t i = 0; i < path_count && !f.in.full; i++)
        read_path(&f, paths[i]);
    arena_free(f.in.scratch);
    return out->count > 0 || d->errors == errors;
}

const char *alert_rules_left_out(const alert_rules *rules, arena *a) {
    const size_t over = rules->passed_over, without = rules->without_rules;
    const char *names = over == 0 ? "" : arena_printf(a, "%zu passed over for their names", over);
    const char *empty = without == 0 ? "" : arena_printf(a, "%zu without an alerting rule", without);
    if (over + without == 0)
        return "";
    return arena_printf(a, " (left out in folders: %s%s%s)", names, over && without ? ", " : "", empty);
}
