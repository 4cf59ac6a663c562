/* `onus handoff` as people and pipelines meet it. The folders of tests/golden/handoff are packages; beside each stands
 * what must be printed of it, word by word. GOLDEN_WRITE=1 writes them anew. */
#include "unit/cli/harness.h"

#include "cli/handoff.h"
#include "onus/handoff.h"
#include "onus/json.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FOLDER "tests/golden/handoff/"

/* The baselines of these packages are as old as this program. */
#define VALIDATE "handoff validate --max-age 36500d "

static void compare(const char *name, const char *text) {
    char path[128];
    snprintf(path, sizeof path, FOLDER "%s.txt", name);
    if (getenv("GOLDEN_WRITE")) {
        FILE *f = fopen(path, "w");
        cr_assert(f && fputs(text, f) >= 0 && fclose(f) == 0);
        return;
    }
    char *expected = project_file(path);
    cr_expect_str_eq(text, expected, "%s", name);
    free(expected);
}

Test(handoff, packages_read_as_they_should) {
    static const struct {
        const char *name;
        int status;
    } PACKAGES[] = {{"good", 0},        {"conda", 0},   {"syntax", 1}, {"everything", 1},
                    {"mlflow-only", 1}, {"digests", 1}, {"tensor", 1}};
    outcome o;
    outcome_init(&o);
    for (size_t i = 0; i < sizeof PACKAGES / sizeof *PACKAGES; i++) {
        char arguments[128];
        snprintf(arguments, sizeof arguments, VALIDATE FOLDER "%s", PACKAGES[i].name);
        outcome_run(&o, arguments);
        cr_expect_eq(o.status, PACKAGES[i].status, "%s: %s", PACKAGES[i].name, o.err);
        compare(PACKAGES[i].name, o.out);
    }
    outcome_release(&o);
}

Test(handoff, the_example_lacks_only_its_files) {
    outcome o;
    outcome_init(&o);
    outcome_run(&o, VALIDATE "config/handoff.example.yaml");
    cr_expect_eq(o.status, 0, "%s", o.out);
    cr_expect(strstr(o.out, "digests declared, not recomputed"), "%s", o.out);
    cr_expect(strstr(o.out, "no errors, 0 warnings"), "%s", o.out);
    outcome_release(&o);
}

/* And the example and its reference say so. */
Test(handoff, of_the_example_only_one_date_must_be_written_anew) {
    outcome o;
    outcome_init(&o);
    outcome_run(&o, "handoff validate config/handoff.example.yaml");
    cr_expect_eq(o.status, 1);
    cr_expect(strstr(o.out, "[stale-baseline]") && strstr(o.out, "\n1 error, 0 warnings"), "%s", o.out);
    static const char *const SAID_IN[] = {"config/handoff.example.yaml", "docs/handoff-package.md"};
    for (size_t i = 0; i < sizeof SAID_IN / sizeof *SAID_IN; i++) {
        char *text = project_file(SAID_IN[i]);
        cr_expect(strstr(text, "must be written anew") && strstr(text, "--max-age 36500d"), "%s", SAID_IN[i]);
        free(text);
    }
    char *example = project_file("config/handoff.example.yaml"), *year = strstr(example, "2025-01-15T09:00:00Z");
    cr_assert(year);
    usec yesterday = clock_now(&o.c.clock) - USEC_PER_DAY;
    memcpy(year, time_to_short_text(o.c.memory, yesterday), strlen("2025-01-15"));
    outcome_file(&o, "handoff.yaml", example);
    outcome_run(&o, "handoff validate @handoff.yaml");
    cr_expect_eq(o.status, 0, "%s", o.out);
    free(example);
    outcome_release(&o);
}

/* config/handoff.schema.json names no key that the program does not know. */
static void check_schema_keys(const cJSON *schema, const cJSON *defs, const char *pointer, arena *a) {
    const cJSON *ref = json_member(schema, "$ref");
    if (cJSON_IsString(ref))
        schema = json_pointer_find(defs, ref->valuestring + strlen("#/$defs"));
    cr_assert(schema, "%s", pointer);
    cr_expect_neq(handoff_kind_at(pointer), HANDOFF_KIND_UNKNOWN, "%s", pointer);
    const cJSON *properties = json_member(schema, "properties");
    for (const cJSON *item = properties ? properties->child : NULL; item; item = item->next)
        check_schema_keys(item, defs, json_pointer_step(a, pointer, item->string), a);
    if (handoff_kind_at(pointer) == HANDOFF_KIND_LIST)
        check_schema_keys(json_member(schema, "items"), defs, json_pointer_step(a, pointer, "0"), a);
}

/* … and lacks none that the example has, as it allows no others. */
Test(handoff, the_schema_for_editors_knows_the_keys) {
    outcome o;
    outcome_init(&o);
    outcome_run(&o, VALIDATE "--print config/handoff.example.yaml");
    outcome_file(&o, "manifest.json", o.out);
    outcome_file(
        &o, "handoff.yaml",
        "model: m\nmodel_version: 1\nschema: { input_file: schema.json, sample: { request_file: manifest.json } }\n");
    char *schema = project_file("config/handoff.schema.json");
    outcome_file(&o, "schema.json", schema);
    outcome_run(&o, "handoff validate @handoff.yaml");
    cr_expect_null(strstr(o.out, "misfit"), "%s", o.out);
    cr_expect_null(strstr(o.out, "-schema]"), "%s", o.out);
    err e;
    cJSON *tree = json_parse(schema, strlen(schema), &e);
    arena *a = arena_new();
    cr_assert(tree, "%s", e.text);
    check_schema_keys(tree, json_member(tree, "$defs"), "", a);
    arena_free(a);
    cJSON_Delete(tree);
    free(schema);
    outcome_release(&o);
}

Test(handoff, an_old_baseline_is_refused_by_default) {
    outcome o;
    outcome_init(&o);
    outcome_run(&o, "handoff validate " FOLDER "good");
    cr_expect_eq(o.status, 1);
    cr_expect(strstr(o.out, "at most 90 are allowed") && strstr(o.out, "[stale-baseline]"), "%s", o.out);
    outcome_release(&o);
}

Test(handoff, the_printed_manifest_is_whole_and_right) {
    outcome o;
    outcome_init(&o);
    outcome_run(&o, VALIDATE "--print " FOLDER "good");
    cr_assert_eq(o.status, 0, "%s", o.err);
    arena *a = arena_new();
    handoff_package p;
    err e;
    cr_assert(handoff_package_read(a, o.out, o.out_len, &p, &e), "%s", e.text);
    cr_expect_str_eq(p.model, "fraud-detection");
    cr_expect_str_eq(p.version, "12", "a version is a text, whatever YAML thinks");
    cr_expect_str_eq(p.rollback_version, "11");
    handoff_findings found = {.memory = a};
    handoff_check(&p, &(handoff_context){.now = clock_now(&o.c.clock), .baseline_age_max = 36500 * USEC_PER_DAY},
                  &found);
    cr_expect_eq(found.count, 0, "%s", found.count ? found.items[0].text : "");
    handoff_package_release(&p);
    arena_free(a);
    outcome_release(&o);
}

Test(handoff, findings_go_beside_the_printed_manifest) {
    outcome o;
    outcome_init(&o);
    outcome_run(&o, VALIDATE "--print " FOLDER "digests");
    cr_expect_eq(o.status, 1);
    cr_expect(o.out[0] == '{' && strchr(o.out, '\n') == o.out + o.out_len - 1, "one line of JSON: %s", o.out);
    cr_expect(strstr(o.err, "[digest-mismatch]"), "%s", o.err);
    outcome_release(&o);
}

static const cJSON *find_rule(const cJSON *findings, const char *rule) {
    for (const cJSON *item = findings->child; item; item = item->next)
        if (strcmp(json_member(item, "rule")->valuestring, rule) == 0)
            return item;
    return NULL;
}

Test(handoff, json_has_the_place_of_every_finding) {
    outcome o;
    outcome_init(&o);
    outcome_run(&o, VALIDATE "--json " FOLDER "everything " FOLDER "good");
    cr_expect_eq(o.status, 1);
    err e;
    cJSON *json = json_parse(o.out, o.out_len - 1, &e);
    cr_assert(json, "%s", e.text);
    const cJSON *packages = json_member(json, "packages"), *first = packages->child;
    cr_expect_eq(cJSON_GetArraySize(packages), 2);
    cr_expect_str_eq(json_member(first, "model")->valuestring, "churn");
    cr_expect_eq(json_int(first, "errors", 0), json_int(json, "errors", 1));
    cr_expect_eq(json_int(first->next, "errors", 1), 0);
    cr_expect_eq(cJSON_GetArraySize(json_member(first, "parts")), HANDOFF_PART_COUNT);
    const cJSON *found = find_rule(json_member(first, "findings"), "repeated-dependency");
    cr_assert(found);
    cr_expect_str_eq(json_member(found, "file")->valuestring, FOLDER "everything/requirements/base.txt");
    cr_expect_str_eq(json_member(found, "path")->valuestring, "/dependencies/lock");
    cr_expect_str_eq(json_member(found, "part")->valuestring, "dependencies");
    cr_expect_eq(json_int(found, "line", 0), 5);
    cJSON_Delete(json);
    outcome_release(&o);
}

static const char manifest[] = "model: m\nmodel_version: 2\n"
                               "schema:\n"
                               "  input: { type: object, required: [a, b], properties: { a: { type: string }, b: { "
                               "type: integer } } }\n"
                               "  output: { type: number }\n";

Test(handoff, breaking_changes_are_found_against_a_previous_package) {
    outcome o;
    outcome_init(&o);
    outcome_file(&o, "old.yaml",
                 "model: m\nmodel_version: 1\nschema:\n"
                 "  input: { type: object, required: [a], properties: { a: { type: integer } } }\n"
                 "  output: { type: integer }\n");
    outcome_file(&o, "new.yaml", manifest);
    outcome_run(&o, "handoff validate --previous @old.yaml @new.yaml");
    cr_expect_eq(o.status, 1);
    cr_expect(strstr(o.out, "new.yaml:4:61: error: this is string now, and was integer"), "%s", o.out);
    cr_expect(strstr(o.out, "\"b\" is required now and is new"), "%s", o.out);
    cr_expect(strstr(o.out, "new.yaml:5:11: error: this is number now, and was integer"), "%s", o.out);
    outcome_run(&o, "handoff validate --previous @none.yaml @new.yaml");
    cr_expect_eq(o.status, 1);
    cr_expect(strstr(o.err, "none.yaml"), "%s", o.err);
    outcome_release(&o);
}

Test(handoff, nothing_outside_the_folder_is_read) {
    static const struct {
        const char *line, *said;
    } CASES[] = {
        {"dependencies: { lock_file: ../secret.txt }\n", "../secret.txt"},
        {"dependencies: { lock_file: /etc/passwd }\n", "is an absolute path"},
        {"dependencies: { lock_file: link }\n", "link leaves the folder"},
        {"dependencies: { lock_file: . }\n", "it is a folder"},
        {"dependencies: { lock_file: inside.txt }\n", "/etc/hostname is an absolute path"},
        {"schema: { input_file: 7 }\n", "cannot read 7"},
        {"artifact: { files: [{ path: link, size: 1, sha256: x }] }\n", "link leaves the folder"},
    };
    outcome o;
    outcome_init(&o);
    char link[256];
    snprintf(link, sizeof link, "%s/link", o.directory);
    cr_assert_eq(symlink("/etc/hostname", link), 0);
    outcome_file(&o, "inside.txt", "-r /etc/hostname\n");
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        char text[256];
        snprintf(text, sizeof text, "model: m\nmodel_version: 1\n%s", CASES[i].line);
        outcome_file(&o, "handoff.yaml", text);
        outcome_run(&o, "handoff validate @handoff.yaml");
        cr_expect_eq(o.status, 1);
        cr_expect(strstr(o.out, CASES[i].said), "%s: %s", CASES[i].line, o.out);
        cr_expect_null(strstr(o.out, "root:"), "%s", o.out);
    }
    outcome_release(&o);
}

Test(handoff, requirement_files_that_include_one_another_end) {
    outcome o;
    outcome_init(&o);
    outcome_file(&o, "a.txt", "-r b.txt\n");
    outcome_file(&o, "b.txt", "-r a.txt\n");
    outcome_file(&o, "handoff.yaml", "model: m\nmodel_version: 1\ndependencies: { lock_file: a.txt }\n");
    outcome_run(&o, "handoff validate @handoff.yaml");
    cr_expect_eq(o.status, 1);
    cr_expect(strstr(o.out, "include one another without end"), "%s", o.out);
    outcome_release(&o);
}

Test(handoff, what_is_no_package_is_said) {
    outcome o;
    outcome_init(&o);
    outcome_run(&o, "handoff validate @");
    cr_expect_eq(o.status, 1);
    cr_expect(strstr(o.out, "there is neither handoff.yaml nor MLmodel here"), "%s", o.out);
    outcome_run(&o, "handoff validate @none");
    cr_expect_eq(o.status, 1);
    outcome_file(&o, "list.yaml", "- 1\n");
    outcome_run(&o, "handoff validate @list.yaml");
    cr_expect(strstr(o.out, "list.yaml:1:1: error: a manifest is a map of keys"), "%s", o.out);
    outcome_file(&o, "bad.json", "{\"model\": \"m\",}");
    outcome_run(&o, "handoff validate @bad.json");
    cr_expect(strstr(o.out, "[json-syntax]"), "%s", o.out);
    outcome_release(&o);
}

Test(handoff, verbs_are_listed_and_suggested) {
    outcome o;
    outcome_init(&o);
    size_t count;
    const handoff_verb *all = handoff_verbs(&count);
    outcome_run(&o, "handoff --help");
    cr_expect_eq(o.status, 0);
    for (size_t i = 0; i < count; i++)
        cr_expect(strstr(o.out, all[i].doc), "%s", all[i].name);
    outcome_run(&o, "handoff valdate x");
    cr_expect_eq(o.status, 2);
    cr_expect(strstr(o.err, "did you mean \"validate\"?"), "%s", o.err);
    outcome_run(&o, "handoff");
    cr_expect_eq(o.status, 2);
    outcome_release(&o);
}

static void run_and_exit(const char *arguments) {
    outcome o;
    outcome_init(&o);
    outcome_run(&o, arguments);
    exit(99); /* the command line must have ended the process by itself */
}

#define USAGE(name, arguments)                                                                                         \
    Test(handoff_usage, name, .exit_code = 2) {                                                                        \
        run_and_exit(arguments);                                                                                       \
    }
USAGE(validate_without_a_package, "handoff validate")
USAGE(a_wrong_age, "handoff validate --max-age soon x")
USAGE(a_state_that_there_is_not, "handoff list --url http://127.0.0.1:1 --state unknown")
USAGE(a_state_with_a_slip, "handoff list --url http://127.0.0.1:1 --state acepted")
USAGE(no_age, "handoff validate --max-age 0s x")
USAGE(json_and_print, "handoff validate --json --print x")
