/* The table of lint rules against what the code reports, and against docs/lint.md. */
#include "onus/lint.h"
#include "support.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <dirent.h>
#include <string.h>

static const char *const ROOMS[] = {"src/domain", "src/config", "src/ingest", "src/notify", "src/app", "src/cli"};
/* Whatever reports a problem, or hands a rule's name on to what does. */
static const char *const REPORTERS[] = {"diagnostics_add(", "field_error(",       "field_warning(", "field_problem(",
                                        "fail(b",           "refuse(p",           "report(w",       "report(l",
                                        "source_fault){",   "#define REST_RULE",  "warn(r",         "handoff_error(",
                                        "handoff_warning(", "handoff_line_error("};

typedef struct found_rules {
    const char *names[256];
    size_t count;
} found_rules;

static bool is_rule_name(const char *text, size_t len) {
    size_t hyphens = 0;
    for (size_t i = 0; i < len; i++) {
        if (!islower((unsigned char)text[i]) && !isdigit((unsigned char)text[i]) && text[i] != '-')
            return false;
        hyphens += text[i] == '-';
    }
    return len > 3 && hyphens > 0 && text[0] != '-';
}

static bool has_name(const found_rules *all, const char *name) {
    for (size_t i = 0; i < all->count; i++)
        if (strcmp(all->names[i], name) == 0)
            return true;
    return false;
}

/* The first literal of one statement that looks like a rule's name. */
static void take_rule(arena *a, const char *from, found_rules *all) {
    const char *end = from + strcspn(from, ";");
    for (const char *quote = memchr(from, '"', (size_t)(end - from)); quote && quote < end;) {
        const char *close = quote + 1 + strcspn(quote + 1, "\"");
        char *name = arena_strndup(a, quote + 1, (size_t)(close - quote - 1));
        if (is_rule_name(name, strlen(name))) {
            if (!has_name(all, name) && all->count < sizeof all->names / sizeof *all->names)
                all->names[all->count++] = name;
            return;
        }
        quote = strchr(close + 1, '"');
    }
}

static void read_source(arena *a, const char *path, found_rules *all) {
    const char *text = read_test_file(a, path);
    cr_assert_not_null(text, "run from the root of the checkout");
    for (size_t r = 0; r < sizeof REPORTERS / sizeof *REPORTERS; r++)
        for (const char *at = strstr(text, REPORTERS[r]); at; at = strstr(at + 1, REPORTERS[r]))
            take_rule(a, at, all);
}

static void read_sources(arena *a, found_rules *all) {
    for (size_t i = 0; i < sizeof ROOMS / sizeof *ROOMS; i++) {
        DIR *room = opendir(ROOMS[i]);
        cr_assert_not_null(room, "run from the root of the checkout");
        for (struct dirent *one = readdir(room); one; one = readdir(room))
            if (strlen(one->d_name) > 2 && strcmp(one->d_name + strlen(one->d_name) - 2, ".c") == 0)
                read_source(a, arena_printf(a, "%s/%s", ROOMS[i], one->d_name), all);
        closedir(room);
    }
}

/* Rules of packages are handed from check to check, so that any mention counts. */
static bool is_of_packages(arena *a, const lint_rule *rule) {
    bool found = false;
    DIR *room = opendir("src/domain");
    cr_assert_not_null(room, "run from the root of the checkout");
    const char *quoted = arena_printf(a, "\"%s\"", rule->name);
    for (struct dirent *one = readdir(room); one && !found && rule->scope == LINT_HANDOFF; one = readdir(room)) {
        const char *text =
            strstr(one->d_name, ".c") ? read_test_file(a, arena_printf(a, "src/domain/%s", one->d_name)) : NULL;
        found = text && strstr(text, quoted);
    }
    closedir(room);
    return found;
}

Test(lint_rules, what_the_code_reports_is_what_the_table_lists) {
    arena *a = arena_new();
    found_rules reported_by_code = {0};
    read_sources(a, &reported_by_code);
    size_t count;
    const lint_rule *rules = lint_rules(&count);
    cr_expect_gt(reported_by_code.count, 60, "the sources are read");
    for (size_t i = 0; i < reported_by_code.count; i++)
        cr_expect_not_null(lint_rule_find(reported_by_code.names[i]), "src/config/lint_rules.c lacks %s",
                           reported_by_code.names[i]);
    for (size_t i = 0; i < count; i++)
        cr_expect(has_name(&reported_by_code, rules[i].name) || is_of_packages(a, &rules[i]), "nothing reports %s",
                  rules[i].name);
    arena_free(a);
}

Test(lint_rules, the_reference_says_what_the_table_says) {
    arena *a = arena_new();
    const char *text = read_test_file(a, "docs/lint.md");
    cr_assert_not_null(text, "run from the root of the checkout");
    size_t count, lines = 0;
    const lint_rule *rules = lint_rules(&count);
    for (size_t i = 0; i < count; i++) {
        const lint_rule *r = &rules[i];
        const char *row = arena_printf(a, "| `%s` | %s%s | %s | %s |\n", r->name, diagnostic_level_to_text(r->level),
                                       r->may_be_allowed ? ", may be allowed" : "", r->doc, r->mend);
        cr_expect_not_null(strstr(text, row), "docs/lint.md lacks this line:\n%s", row);
    }
    for (const char *at = strstr(text, "\n| `"); at; at = strstr(at + 1, "\n| `"))
        lines++;
    cr_expect_eq(lines, count, "docs/lint.md has rows that the table lacks");
    arena_free(a);
}

Test(lint_rules, each_is_whole_and_named_once) {
    size_t count;
    const lint_rule *rules = lint_rules(&count);
    for (size_t i = 0; i < count; i++) {
        bool plain = strcmp(rules[i].name, "missing") == 0;
        cr_expect(plain || is_rule_name(rules[i].name, strlen(rules[i].name)), "%s", rules[i].name);
        cr_expect_not_null(strchr(".?", rules[i].doc[strlen(rules[i].doc) - 1]), "%s", rules[i].name);
        cr_expect_eq(lint_rule_find(rules[i].name), &rules[i], "%s is there twice", rules[i].name);
        cr_expect(!rules[i].may_be_allowed || rules[i].scope == LINT_CHART || rules[i].scope == LINT_HISTORY, "%s",
                  rules[i].name);
    }
    cr_expect_str_eq(lint_rule_suggest("shadowd-row"), "shadowed-row");
    cr_expect_null(lint_rule_find("shadowed"));
}
