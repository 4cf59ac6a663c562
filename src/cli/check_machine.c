/* What `onus check` found, for programs: JSON, the commands of GitHub's workflows, GitLab's code quality report. SARIF
 * has a file of its own.
 *
 * The difficulty: a text is a stranger's, and each form has its own characters that end it. */
#include "cli/check.h"

#include "onus/crypto.h"

#include <string.h>

/* Line numbers move, and texts name them; the line itself stays. */
static const char *place_text(const check_report *r, const checked_file *f, const diagnostic *item) {
    const char *end, *line = source_line(f->bytes, f->len, item->at.line, &end);
    return line ? arena_strndup(r->c->memory, line, (size_t)(end - line)) : item->text;
}

const char *check_fingerprint(const check_report *r, const checked_file *f, const diagnostic *item) {
    const char *place = place_text(r, f, item);
    size_t before = 0;
    for (size_t i = 0; i < f->found.count && &f->found.items[i] != item; i++)
        before +=
            strcmp(f->found.items[i].rule, item->rule) == 0 && strcmp(place_text(r, f, &f->found.items[i]), place) == 0;
    const char *all = arena_printf(r->c->memory, "%s\n%s\n%s\n%zu", f->path, item->rule, place, before);
    return crypto_sha256_hex(r->c->memory, all, strlen(all));
}

/* ── JSON ── */

static void put_items(buf *b, const diagnostic *items, size_t count, bool *first) {
    for (size_t i = 0; i < count; i++) {
        buf_puts(b, *first ? "" : ",");
        diagnostic_put_json(b, &items[i]);
        *first = false;
    }
}

void check_print_json(const check_report *r, buf *b) {
    bool first = true;
    buf_puts(b, "{\"diagnostics\":[");
    for (size_t i = 0; i < r->count; i++)
        put_items(b, r->files[i].found.items, r->files[i].found.count, &first);
    buf_puts(b, "],\"allowed\":[");
    first = true;
    for (size_t i = 0; i < r->count; i++)
        put_items(b, r->files[i].found.allowed, r->files[i].found.allowed_kept, &first);
    buf_puts(b, "],\"files\":[");
    for (size_t i = 0; i < r->count; i++) {
        buf_puts(b, i ? ",{\"path\":" : "{\"path\":");
        buf_put_json(b, r->files[i].path);
        buf_puts(b, ",\"summary\":");
        buf_put_json(b, r->files[i].summary);
        buf_printf(b, ",\"errors\":%zu,\"warnings\":%zu}", r->files[i].found.errors, r->files[i].found.warnings);
    }
    buf_printf(b, "],\"errors\":%zu,\"warnings\":%zu}\n", r->errors, r->warnings);
}

/* ── GitHub ── */

/* Past % and line ends a command's text may hold anything; its properties end at a comma or a colon as well. */
static void put_escaped(buf *b, const char *text, const char *special) {
    for (; *text; text++)
        if (*text == '%' || *text == '\r' || *text == '\n' || strchr(special, *text))
            buf_printf(b, "%%%02X", (unsigned char)*text);
        else
            buf_putc(b, *text);
}

static void put_command(buf *b, const checked_file *f, const diagnostic *item) {
    buf_printf(b, "::%s file=", diagnostic_level_to_text(item->level));
    put_escaped(b, f->path, ",:");
    if (item->at.line > 0)
        buf_printf(b, ",line=%u,col=%u", item->at.line, item->at.column);
    if (item->at.line > 0 && item->length > 0)
        buf_printf(b, ",endColumn=%u", item->at.column + item->length);
    buf_printf(b, ",title=onus %s::", item->rule);
    put_escaped(b, item->text, "");
    buf_putc(b, '\n');
}

void check_print_github(const check_report *r, buf *b) {
    for (size_t i = 0; i < r->count; i++)
        for (size_t k = 0; k < r->files[i].found.count; k++)
            put_command(b, &r->files[i], &r->files[i].found.items[k]);
}

/* ── GitLab ── */

static void put_quality(const check_report *r, buf *b, const checked_file *f, const diagnostic *item) {
    const char *path = strncmp(f->path, "./", 2) == 0 ? f->path + 2 : f->path; /* it wants none */
    buf_puts(b, "{\"description\":");
    buf_put_json(b, item->text);
    buf_printf(b,
               ",\"check_name\":\"%s\",\"fingerprint\":\"%s\",\"severity\":\"%s\",\"location\":{\"path\":", item->rule,
               check_fingerprint(r, f, item), item->level == DIAGNOSTIC_ERROR ? "major" : "minor");
    buf_put_json(b, path);
    buf_printf(b, ",\"lines\":{\"begin\":%u}}}", item->at.line > 0 ? item->at.line : 1);
}

void check_print_gitlab(const check_report *r, buf *b) {
    bool first = true;
    buf_putc(b, '[');
    for (size_t i = 0; i < r->count; i++)
        for (size_t k = 0; k < r->files[i].found.count; k++) {
            buf_puts(b, first ? "\n" : ",\n");
            put_quality(r, b, &r->files[i], &r->files[i].found.items[k]);
            first = false;
        }
    buf_puts(b, "\n]\n");
}
