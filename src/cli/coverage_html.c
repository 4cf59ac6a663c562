/* Owns the HTML report: one file that needs no other, from templates/report/coverage.html and the members of the JSON.
 * The file is written beside the old one and takes its place when it is whole. */
#include "cli/coverage.h"

#include "onus/render.h"
#include "onus/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What the report does not show would cost as much to carry as what it does. */
static void drop_unshown(cJSON *alert) {
    static const char *const UNSHOWN[] = {"column", "group", "labels", "row_line", "owned"};
    for (size_t i = 0; i < sizeof UNSHOWN / sizeof *UNSHOWN; i++)
        cJSON_DeleteItemFromObjectCaseSensitive(alert, UNSHOWN[i]);
}

/* What JSON says by a number or a list, as a template can ask for it. */
static void add_words(const coverage *v, cJSON *facts) {
    cJSON_AddStringToObject(facts, "when", time_to_short_text(v->c->memory, clock_now(&v->c->clock)));
    cJSON_AddBoolToObject(facts, "has_unowned", v->unowned > 0);
    cJSON_AddBoolToObject(facts, "has_contested", v->contested > 0);
    cJSON *row = NULL, *alert = NULL;
    cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(facts, "rows"))
        cJSON_AddBoolToObject(row, "used", json_int(row, "alerts", 0) > 0);
    cJSON_ArrayForEach(alert, cJSON_GetObjectItemCaseSensitive(facts, "alerts")) {
        cJSON_AddBoolToObject(alert, "unowned", !json_bool(alert, "owned", false));
        cJSON_AddStringToObject(alert, "owner_row", cJSON_GetStringValue(json_member(alert, "row")));
        drop_unshown(alert);
    }
}

static cJSON *make_facts(const coverage *v, const diagnostics *d, err *e) {
    buf b;
    buf_init(&b);
    coverage_put_json(v, d, &b);
    cJSON *facts = json_parse(b.data, b.len, e);
    buf_release(&b);
    if (facts)
        add_words(v, facts);
    return facts;
}

static bool cannot_write(const char *path, int why, err *e) {
    return err_set(e, ERR_SYSTEM, "cannot write %s: %s", path, strerror(why));
}

bool coverage_check_html(arena *a, const char *path, err *e) {
    const char *slash = strrchr(path, '/');
    const char *folder = !slash ? "." : slash == path ? "/" : arena_strndup(a, path, (size_t)(slash - path));
    struct stat about;
    if (stat(path, &about) == 0 && S_ISDIR(about.st_mode))
        return cannot_write(path, EISDIR, e);
    return access(folder, W_OK | X_OK) == 0 || cannot_write(path, errno, e);
}

/* 0, or why not. */
static int write_whole(const char *path, const char *text) {
    FILE *f = fopen(path, "we");
    if (!f)
        return errno;
    size_t len = strlen(text);
    bool done = fwrite(text, 1, len, f) == len;
    int why = errno;
    if (fclose(f) != 0 && done)
        return errno;
    return done ? 0 : why;
}

static bool replace_file(arena *a, const char *path, const char *text, err *e) {
    const char *beside = arena_printf(a, "%s.%ld.tmp", path, (long)getpid());
    int why = write_whole(beside, text);
    if (why == 0 && rename(beside, path) == 0)
        return true;
    why = why ? why : errno;
    (void)unlink(beside);
    return cannot_write(path, why, e);
}

bool coverage_write_html(const coverage *v, const diagnostics *d, const char *path, err *e) {
    *e = (err){0};
    templates *t = templates_load(NULL, e);
    cJSON *facts = t ? make_facts(v, d, e) : NULL;
    char *page = facts ? render_report(t, "coverage", facts, v->c->memory, e) : NULL;
    bool done = page && replace_file(v->c->memory, path, page, e);
    cJSON_Delete(facts);
    templates_free(t);
    return done;
}
