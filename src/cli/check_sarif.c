/* What `onus check` found as SARIF 2.1.0 (OASIS), which code reviews show at its place. What a comment allows is in it
 * as suppressed, with the reason. */
#include "cli/check.h"

#include <ctype.h>
#include <string.h>

static const char HEAD[] =
    "{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\",\"runs\":[{";

/* A path as a URI reference (RFC 3986). */
static const char *uri_of(const check_report *r, const char *path) {
    buf b;
    buf_init(&b);
    if (path[0] == '/')
        buf_puts(&b, "file://");
    else if (path[0] == '<')
        path = "stdin";
    else if (strncmp(path, "./", 2) == 0)
        path += 2;
    for (; *path; path++)
        if (isalnum((unsigned char)*path) || strchr("-._~/", *path))
            buf_putc(&b, *path);
        else
            buf_printf(&b, "%%%02X", (unsigned char)*path);
    const char *uri = buf_to_arena(&b, r->c->memory);
    buf_release(&b);
    return uri;
}

static void put_text(buf *b, const char *name, const char *text) {
    buf_printf(b, ",\"%s\":{\"text\":", name);
    buf_put_json(b, text);
    buf_putc(b, '}');
}

static void put_rule(buf *b, const lint_rule *rule) {
    buf_printf(b, "{\"id\":\"%s\"", rule->name);
    put_text(b, "shortDescription", rule->doc);
    put_text(b, "help", rule->mend);
    buf_printf(b, ",\"defaultConfiguration\":{\"level\":\"%s\"}}", diagnostic_level_to_text(rule->level));
}

static void put_tool(buf *b) {
    size_t count;
    const lint_rule *rules = lint_rules(&count);
    buf_puts(b, "\"tool\":{\"driver\":{\"name\":\"onus\",\"version\":");
    buf_put_json(b, ONUS_VERSION);
    buf_puts(b, ",\"rules\":[");
    for (size_t i = 0; i < count; i++) {
        buf_puts(b, i ? ",\n" : "\n");
        put_rule(b, &rules[i]);
    }
    buf_puts(b, "]}}");
}

static void put_rule_of(buf *b, const diagnostic *item) {
    size_t count;
    const lint_rule *rule = lint_rule_find(item->rule);
    buf_printf(b, "\"ruleId\":\"%s\"", item->rule);
    if (rule)
        buf_printf(b, ",\"ruleIndex\":%td", rule - lint_rules(&count));
}

static void put_place(buf *b, const check_report *r, const checked_file *f, const diagnostic *item) {
    buf_puts(b, ",\"locations\":[{\"physicalLocation\":{\"artifactLocation\":{\"uri\":");
    buf_put_json(b, uri_of(r, f->path));
    buf_putc(b, '}');
    if (item->at.line > 0)
        buf_printf(b, ",\"region\":{\"startLine\":%u,\"startColumn\":%u", item->at.line, item->at.column);
    if (item->at.line > 0 && item->length > 0)
        buf_printf(b, ",\"endColumn\":%u", item->at.column + item->length);
    buf_puts(b, item->at.line > 0 ? "}}}]" : "}}]");
}

static void put_result(buf *b, const check_report *r, const checked_file *f, const diagnostic *item) {
    buf_puts(b, "\n{");
    put_rule_of(b, item);
    buf_printf(b, ",\"level\":\"%s\"", diagnostic_level_to_text(item->level));
    put_text(b, "message", item->text);
    put_place(b, r, f, item);
    if (item->reason) {
        buf_puts(b, ",\"suppressions\":[{\"kind\":\"inSource\",\"justification\":");
        buf_put_json(b, item->reason);
        buf_puts(b, "}]");
    } else {
        buf_printf(b, ",\"partialFingerprints\":{\"onus/v1\":\"%s\"}", check_fingerprint(r, f, item));
    }
    buf_putc(b, '}');
}

static void put_results(buf *b, const check_report *r) {
    bool first = true;
    for (size_t i = 0; i < r->count; i++) {
        const checked_file *f = &r->files[i];
        for (size_t k = 0; k < f->found.count + f->found.allowed_kept; k++) {
            bool allowed = k >= f->found.count;
            buf_puts(b, first ? "" : ",");
            put_result(b, r, f, allowed ? &f->found.allowed[k - f->found.count] : &f->found.items[k]);
            first = false;
        }
    }
}

void check_print_sarif(const check_report *r, buf *b) {
    buf_puts(b, HEAD);
    put_tool(b);
    buf_puts(b, ",\n\"columnKind\":\"unicodeCodePoints\",\"results\":[");
    put_results(b, r);
    buf_puts(b, "]}]}\n");
}
