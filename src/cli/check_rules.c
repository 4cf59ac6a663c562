/* `onus check --rules` and `--explain`: the table of lint rules, for people and as JSON. */
#include "cli/check.h"

#include <string.h>

static void put_rule_json(buf *b, const lint_rule *rule) {
    buf_printf(b, "{\"name\":\"%s\",\"in\":\"%s\",\"level\":\"%s\",\"may_be_allowed\":%s,\"doc\":", rule->name,
               lint_scope_to_text(rule->scope), diagnostic_level_to_text(rule->level),
               rule->may_be_allowed ? "true" : "false");
    buf_put_json(b, rule->doc);
    buf_puts(b, ",\"mend\":");
    buf_put_json(b, rule->mend);
    buf_putc(b, '}');
}

static void print_json(const cli *c) {
    size_t count;
    const lint_rule *rules = lint_rules(&count);
    buf b;
    buf_init(&b);
    buf_puts(&b, "{\"rules\":[");
    for (size_t i = 0; i < count; i++) {
        buf_puts(&b, i ? "," : "");
        put_rule_json(&b, &rules[i]);
    }
    fprintf(c->out, "%s]}\n", b.data);
    buf_release(&b);
}

int check_print_rules(cli *c, bool json) {
    static const char *const COLUMNS[] = {"RULE", "IN", "LEVEL", "ALLOW", "MEANING"};
    size_t count;
    const lint_rule *rules = lint_rules(&count);
    if (json) {
        print_json(c);
        return EXIT_DONE;
    }
    text_table t;
    table_init(&t, c->memory, COLUMNS, sizeof COLUMNS / sizeof *COLUMNS);
    for (size_t i = 0; i < count; i++) {
        const char *cells[] = {rules[i].name, lint_scope_to_text(rules[i].scope),
                               diagnostic_level_to_text(rules[i].level), rules[i].may_be_allowed ? "yes" : "",
                               rules[i].doc};
        table_add(&t, cells);
    }
    table_print(c, &t);
    return EXIT_DONE;
}

static void print_rule(const cli *c, const lint_rule *rule) {
    fprintf(c->out, "%s (%s, %s)\n\n  %s\n  To mend it: %s\n", paint(c, INK_BOLD, rule->name),
            diagnostic_level_to_text(rule->level), lint_scope_to_text(rule->scope), rule->doc, rule->mend);
    if (rule->may_be_allowed)
        fprintf(c->out,
                "  To allow it, write the reason on the line of the problem, or alone on the line above:\n"
                "    # onus: allow %s: why\n",
                rule->name);
}

int check_explain(cli *c, const char *name, bool json) {
    const lint_rule *rule = lint_rule_find(name);
    const char *near = rule ? NULL : lint_rule_suggest(name);
    if (!rule) {
        fprintf(c->err, "onus: no rule \"%s\"%s%s%s\n", printable(c->memory, name),
                near ? "; did you mean \"" : "; `onus check --rules` lists them", near ? near : "", near ? "\"?" : "");
        return EXIT_USAGE;
    }
    if (!json) {
        print_rule(c, rule);
        return EXIT_DONE;
    }
    buf b;
    buf_init(&b);
    put_rule_json(&b, rule);
    fprintf(c->out, "%s\n", b.data);
    buf_release(&b);
    return EXIT_DONE;
}
