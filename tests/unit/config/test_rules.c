/* Rule files as people have them: what is read out of each shape, where it stands, and what is said of what is wrong.
 * GOLDEN_WRITE=1 writes the expected lists anew. */
#include "config/rule_reader.h"

#include "onus/limits.h"
#include "support.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER "tests/golden/rules/"

/* One rule a line, then what was reported. */
static char *listing(arena *a, const alert_rules *rules, const diagnostics *d) {
    buf b;
    buf_init(&b);
    for (size_t i = 0; i < rules->count; i++) {
        const alert_rule *one = &rules->items[i];
        buf_printf(&b, "%s:%u:%u [%s] ", one->file, one->at.line, one->at.column, one->group);
        labels_put_json(&b, one->labels);
        buf_puts(&b, "\n    summary ");
        buf_put_json(&b, one->summary);
        buf_puts(&b, "\n    expr ");
        buf_put_json(&b, one->expression);
        buf_putc(&b, '\n');
    }
    for (size_t i = 0; i < d->count; i++) {
        diagnostic_print(&b, &d->items[i]);
        buf_putc(&b, '\n');
    }
    char *text = buf_to_arena(&b, a);
    buf_release(&b);
    return text;
}

static void write_golden(const char *path, const char *text) {
    FILE *f = fopen(path, "w");
    cr_assert(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

static void check_golden(const char *name) {
    arena *a = arena_new();
    diagnostics d;
    diagnostics_init(&d);
    alert_rules rules;
    const char *path = arena_printf(a, FOLDER "%s", name), *golden = arena_printf(a, FOLDER "%s.expected", name);
    cr_expect(alert_rules_load(&path, 1, a, &rules, &d));
    char *got = listing(a, &rules, &d);
    if (getenv("GOLDEN_WRITE"))
        write_golden(golden, got);
    const char *want = read_test_file(a, golden);
    cr_expect_str_eq(got, want ? want : "", "%s:\n%s", name, got);
    diagnostics_release(&d);
    arena_free(a);
}

Test(rules, every_shape_of_file) {
    static const char *const NAMES[] = {
        "groups.yaml",  "bare.yaml",        "manifests.yaml", "helm.yaml",       "prometheus-braces.yaml",
        "jsonnet.json", "jsonnet.yaml",     "aliases.yaml",   "collection.yaml", "grafana.yaml",
        "broken.yaml",  "called-alert.yaml"};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        check_golden(NAMES[i]);
}

/* ── what is wrong, and what is too much ── */

static bool load(const char *text, size_t len, arena *a, alert_rules *rules, diagnostics *d) {
    diagnostics_init(d);
    return alert_rules_load_bytes(text, len, "r.yaml", a, rules, d);
}

typedef struct bad_file {
    const char *text;
    size_t rules; /* that are read all the same */
    const char *rule, *words;
    unsigned line, column;
} bad_file;

Test(rules, bad_files_say_where) {
    static const bad_file CASES[] = {
        {"", 0, "no-rules", "no alerting rule", 0, 0},
        {"# only a comment\n---\n", 0, "no-rules", "no alerting rule", 0, 0},
        {"groups: []\n", 0, "no-rules", "no alerting rule", 0, 0},
        {"just words\n", 0, "no-rules", "no alerting rule", 0, 0},
        {"- alert: { a: b }\n", 0, "no-rules", "no alerting rule", 0, 0},
        {"- alert:\n  expr: x\n", 0, "empty-name", "without a name", 1, 9},
        {"- { alert: A, expr: x }\n- alert: [\n", 1, "yaml-syntax", "", 3, 1},
        {"- alert: A\n  expr: \"x\n", 0, "yaml-syntax", "", 3, 1},
        {"- alert: A\n\t- alert: B\n", 0, "yaml-syntax", "", 2, 1},
        {"- { alert: A, expr: x }\n- alert: B\n  expr: \xff\n", 2, "not-utf8", "UTF-8", 3, 9},
        {"- { alert: A, expr: x }\n- alert: B\n  expr: b: c\n- { alert: C, expr: x }\n- alert: D\n  expr: b: c\n", 2,
         "yaml-syntax", "colon", 3, 10},
        {"- { alert: A, expr: x }\n---\n- alert: [}\n---\n- { alert: B, expr: x }\n", 2, "yaml-syntax", "", 3, 11},
        {"- alert: {{ .Values.name\n", 0, "yaml-key", "plain text", 1, 11},
        {"- alert: A\n  ? [x]\n  : y\n- { alert: B, expr: x }\n", 1, "yaml-key", "plain text", 2, 5},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        const bad_file *one = &CASES[i];
        arena *a = arena_new();
        diagnostics d;
        alert_rules rules;
        bool read = load(one->text, strlen(one->text), a, &rules, &d);
        cr_expect_eq(read, rules.count > 0 || d.errors == 0, "%s", one->text);
        cr_expect_eq(rules.count, one->rules, "%s: %s", one->text, listing(a, &rules, &d));
        cr_expect(reported(&d, one->rule, one->words), "%s: %s", one->text, report(a, &d));
        if (d.count > 0) {
            cr_expect_eq(d.items[0].at.line, one->line, "%s: %s", one->text, report(a, &d));
            cr_expect_eq(d.items[0].at.column, one->column, "%s: %s", one->text, report(a, &d));
        }
        diagnostics_release(&d);
        arena_free(a);
    }
}

/* `count` times one piece between a head and a tail. */
static char *repeated(const char *head, const char *piece, size_t count, const char *tail) {
    buf b;
    buf_init(&b);
    buf_puts(&b, head);
    for (size_t i = 0; i < count; i++)
        buf_puts(&b, piece);
    buf_puts(&b, tail);
    return buf_detach(&b);
}

Test(rules, a_nul_is_said_and_what_is_behind_it_is_read) {
    static const char TEXT[] = "- alert: A\n  expr: \0x\n- { alert: B, expr: x }\n";
    arena *a = arena_new();
    diagnostics d;
    alert_rules rules;
    cr_expect(load(TEXT, sizeof TEXT - 1, a, &rules, &d));
    cr_expect_eq(rules.count, 2);
    cr_expect(reported(&d, "not-utf8", "NUL"));
    diagnostics_release(&d);
    arena_free(a);
}

typedef struct bomb {
    const char *head, *piece;
    size_t count;
    const char *tail, *rule;
    size_t rules_max;
} bomb;

Test(rules, bombs_are_bounded) {
    static const bomb BOMBS[] = {
        {"", "[", 100000, "", "too-deep", 0},
        {"", "- 1\n", 1000001, "", "too-large", 0},
        {"", "- { alert: A, expr: x }\n", LIMIT_RULES + 1, "", "too-large", LIMIT_RULES},
        {"- alert: A\n  expr: x\n  labels:\n", "    a1: b\n", 1, "", "none", 1},
        /* each anchor holds the one before it twice: 2^30 rules in a kilobyte */
        {"a0: &a0 [{ alert: A, expr: x }]\na1: &a1 [*a0, *a0]\na2: &a2 [*a1, *a1]\na3: &a3 [*a2, *a2]\na4: &a4 [*a3, "
         "*a3]\n"
         "a5: &a5 [*a4, *a4]\na6: &a6 [*a5, *a5]\na7: &a7 [*a6, *a6]\na8: &a8 [*a7, *a7]\na9: &a9 [*a8, *a8]\n"
         "b0: &b0 [*a9, *a9]\nb1: &b1 [*b0, *b0]\nb2: &b2 [*b1, *b1]\nb3: &b3 [*b2, *b2]\nb4: &b4 [*b3, *b3]\n"
         "b5: &b5 [*b4, *b4]\nb6: &b6 [*b5, *b5]\nb7: &b7 [*b6, *b6]\nb8: &b8 [*b7, *b7]\nb9: &b9 [*b8, *b8]\n",
         "c: [*b9, *b9, *b9, *b9]\n", 1, "", "too-large", LIMIT_RULES},
        /* the same without a rule in it */
        {"a0: &a0 [{ b: A }]\na1: &a1 [*a0, *a0]\na2: &a2 [*a1, *a1]\na3: &a3 [*a2, *a2]\na4: &a4 [*a3, *a3]\n"
         "a5: &a5 [*a4, *a4]\na6: &a6 [*a5, *a5]\na7: &a7 [*a6, *a6]\na8: &a8 [*a7, *a7]\na9: &a9 [*a8, *a8]\n"
         "b0: &b0 [*a9, *a9]\nb1: &b1 [*b0, *b0]\nb2: &b2 [*b1, *b1]\nb3: &b3 [*b2, *b2]\nb4: &b4 [*b3, *b3]\n"
         "b5: &b5 [*b4, *b4]\nb6: &b6 [*b5, *b5]\nb7: &b7 [*b6, *b6]\nb8: &b8 [*b7, *b7]\nb9: &b9 [*b8, *b8]\n",
         "c: [*b9, *b9, *b9, *b9]\n", 1, "", "too-large", 0},
        /* merges within merges */
        {"a: &a { alert: A, expr: x, <<: { <<: { <<: { <<: { <<: { <<: { <<: { <<: { <<: { labels: {} } } } } } } } } "
         "} }\n",
         "- <<: *a\n", 0, "", "none", 1},
        /* an error in each item */
        {"", "- alert: A\n  expr: b: c\n", 50000, "", "yaml-syntax", LIMIT_RULES},
        {"", "{{", 100000, "", "yaml-key", 0},
        {"- alert: A\n  x: ", "{{`", 100000, "", "yaml-syntax", 0},
    };
    for (size_t i = 0; i < sizeof BOMBS / sizeof *BOMBS; i++) {
        const bomb *one = &BOMBS[i];
        arena *a = arena_new();
        diagnostics d;
        alert_rules rules;
        char *text = repeated(one->head, one->piece, one->count, one->tail);
        (void)!load(text, strlen(text), a, &rules, &d);
        cr_expect_leq(rules.count, one->rules_max, "%zu: %zu", i, rules.count);
        if (strcmp(one->rule, "none") == 0)
            cr_expect(rules.count == one->rules_max && d.count == 0, "%zu: %s", i, report(a, &d));
        else
            cr_expect(reported(&d, one->rule, ""), "%zu: %s", i, report(a, &d));
        free(text);
        diagnostics_release(&d);
        arena_free(a);
    }
}

Test(rules, labels_are_bounded) {
    arena *a = arena_new();
    diagnostics d;
    alert_rules rules;
    buf b;
    buf_init(&b);
    buf_puts(&b, "- alert: Many\n  expr: x\n  labels:\n");
    for (int i = 0; i < LIMIT_LABELS_PER_ALERT; i++)
        buf_printf(&b, "    l%d: x\n", i);
    buf_puts(&b, "- alert: Long\n  expr: x\n  labels: { l: ");
    for (int i = 0; i <= LIMIT_LABEL_VALUE_BYTES; i++)
        buf_putc(&b, 'x');
    buf_puts(&b, " }\n- { alert: Good, expr: x }\n");
    cr_expect(load(b.data, b.len, a, &rules, &d));
    cr_expect_eq(rules.count, 1);
    cr_expect(reported(&d, "too-many", "") && reported(&d, "too-long", ""), "%s", report(a, &d));
    buf_release(&b);
    diagnostics_release(&d);
    arena_free(a);
}

/* ── folders ── */

static void make_file(const char *folder, const char *name, const char *text) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    write_golden(path, text);
}

static void make_folder(const char *folder, const char *name) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    cr_assert_eq(mkdir(path, 0700), 0);
}

static void make_link(const char *folder, const char *name, const char *to) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    cr_assert_eq(symlink(to, path), 0);
}

Test(rules, folders_are_walked) {
    char folder[] = "/tmp/onus-rules-XXXXXX", command[64];
    cr_assert(mkdtemp(folder));
    make_file(folder, "b.yaml", "- { alert: B, expr: x }\n");
    make_file(folder, "a.yml", "- { alert: A, expr: x }\n");
    make_folder(folder, "c");
    make_file(folder, "c/deep.rules", "- { alert: C, expr: x }\n");
    make_file(folder, "c/one.rule", "- { alert: D, expr: x }\n");
    make_file(folder, "c/values.yaml", "replicas: 1\nx: [\n"); /* no rules, no YAML: none of our business */
    make_file(folder, "c/notes.txt", "- { alert: NotAsked, expr: x }\n");
    make_folder(folder, ".git");
    make_file(folder, ".git/hidden.yaml", "- { alert: Hidden, expr: x }\n");
    make_link(folder, "c/up", "..");        /* a loop */
    make_link(folder, "d.yaml", "b.yaml");  /* as Kubernetes mounts files */
    make_link(folder, "e.yaml", "nowhere"); /* leads nowhere */
    make_file(folder, "f.yaml", "- alert: [\n");
    make_file(folder, "g.yaml", "rules: none here\n");
    arena *a = arena_new();
    diagnostics d;
    diagnostics_init(&d);
    alert_rules rules;
    const char *paths[] = {folder, "/nowhere.yaml", arena_printf(a, "%s/c/values.yaml", folder),
                           arena_printf(a, "%s/c/notes.txt", folder)};
    cr_expect(alert_rules_load(paths, 4, a, &rules, &d));
    static const char *const NAMES[] = {"A", "B", "C", "D", "B", "NotAsked"};
    cr_assert_eq(rules.count, 6, "%s", listing(a, &rules, &d));
    for (size_t i = 0; i < 6; i++)
        cr_expect_str_eq(labels_get(rules.items[i].labels, "alertname"), NAMES[i]);
    cr_expect_eq(rules.file_count, 6);
    cr_expect_str_eq(alert_rules_left_out(&rules, a),
                     " (left out in folders: 4 passed over for their names, 2 without an alerting rule)",
                     "notes.txt, .git, the links up and to nowhere; values.yaml and g.yaml: %s",
                     alert_rules_left_out(&rules, a));
    cr_expect_eq(d.errors, 3, "f.yaml, the missing file, and the one that was named: %s", report(a, &d));
    cr_expect(reported(&d, "unreadable-file", "No such file"));
    diagnostics_release(&d);
    diagnostics_init(&d);
    paths[0] = arena_printf(a, "%s/.git/..data", folder);
    cr_expect_not(alert_rules_load(paths, 1, a, &rules, &d));
    make_folder(folder, "empty");
    paths[0] = arena_printf(a, "%s/empty", folder);
    cr_expect_not(alert_rules_load(paths, 1, a, &rules, &d));
    cr_expect(reported(&d, "no-rules", "below"), "%s", report(a, &d));
    diagnostics_release(&d);
    arena_free(a);
    snprintf(command, sizeof command, "rm -r %s", folder);
    cr_expect_eq(system(command), 0);
}

/* ── templates ── */

Test(rules, a_mask_keeps_every_place_and_can_be_taken_off) {
    static const struct {
        const char *text, *kept; /* what is left of it once it is masked and unmasked */
    } CASES[] = {
        {"a: {{ .x }}\nb", "a: {{ .x }}\nb"},
        {"{{ if .x }}\na\n  {{- end -}}  \nb", "\na\n\nb"},
        {"{{/* one\ntwo: \"\n*/}}\na", "\n\n\na"},
        {"{% raw %}\n{{ a }} b", "\n{{ a }} b"},
        {"%(a)s: %(b", "%(a)s: %(b"},
        {"a: {{ \"}}\" }} c", "a: {{ \"}}\" }} c"},
        {"a: {{`{{ x }}`}}\r\n{{ y }}\r\n", "a: {{`{{ x }}`}}\r\n\n"},
        {"a: {{ never ends", "a: {{ never ends"},
        {"größe {{ größe }}", "größe {{ größe }}"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        arena *a = arena_new();
        size_t len;
        char *masked = rule_mask(CASES[i].text, strlen(CASES[i].text), a, &len);
        cr_expect_eq(len, strlen(masked));
        cr_expect_str_eq(rule_unmask(a, masked), CASES[i].kept);
        arena_free(a);
    }
    cr_expect(rule_has_templates("x {{ y }}", 9));
    cr_expect_not(rule_has_templates("{ a: { b: c } } 100 % (x)", 25));
}
