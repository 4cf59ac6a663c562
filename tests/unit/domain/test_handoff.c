/* A handoff's checks, as a table: what is changed in a good package → what is found. */
#include "onus/handoff.h"

#include "onus/json.h"
#include "onus/limits.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define HEX64 "9b2f4c1de07a5836b4c9d2e1f0a8b7c6d5e4f3a2b1c0d9e8f7a6b5c4d3e2f1a0"
#define HEX40 "3f2a9c41d0b85e76a1c4f0e2d9b8a7c6d5e4f3a2"

static const char good[] =
    "{\"handoff\":1,\"model\":\"fraud\",\"model_version\":\"12\",\"artifact\":{\"uri\":\"s3://models/fraud/"
    "12\",\"files\":[{"
    "\"path\":\"model.onnx\",\"size\":9,\"sha256\":\"" HEX64 "\"}],\"source_commit\":\"" HEX40
    "\",\"rollback_version\":\"11\"},\"dependencies\":{\"lock\":\"numpy==1.26.2\\nscipy==1.11.4\\n\",\"runtime\":"
    "\"python "
    "3.10.12\",\"image\":\"registry.example.com/fraud@sha256:" HEX64
    "\"},\"schema\":{\"input\":{\"type\":\"object\",\"required\":[\"a\"],\"properties\":{\"a\":{\"type\":\"integer\"}}}"
    ","
    "\"output\":{\"type\":\"number\"},\"sample\":{\"request\":{\"a\":1},\"response\":0.5}},\"baseline\":{\"dataset\":{"
    "\"id\":"
    "\"golden-7\",\"sha256\":\"" HEX64 "\"},\"evaluated_at\":\"2026-01-31T09:00:00Z\",\"metrics\":[{\"name\":\"auc\","
    "\"value\":0.9,\"direction\":\"higher\",\"threshold\":0.85},{\"name\":\"fpr\",\"value\":0.01,\"direction\":"
    "\"lower\","
    "\"threshold\":0.02}]},\"resources\":{\"requests\":{\"cpu\":\"500m\",\"memory\":\"1Gi\",\"gpu\":0},\"limits\":{"
    "\"cpu\":2,"
    "\"memory\":\"2Gi\",\"gpu\":0},\"load\":{\"rate\":200},\"latency\":{\"p50\":\"8.5ms\",\"p99\":\"40ms\",\"slo\":"
    "\"100ms\"},"
    "\"peak_memory\":\"1.4Gi\"}}";

static usec now(void) {
    usec t;
    err e;
    cr_assert(time_from_text("2026-03-01T00:00:00Z", &t, &e));
    return t;
}

/* docs/handoff-package.md explains every rule. */
static void expect_explained(const char *rule) {
    static char text[64 * 1024];
    char word[64];
    if (!text[0]) {
        FILE *doc = fopen("docs/handoff-package.md", "r");
        cr_assert(doc, "run from the top of the tree");
        cr_assert_gt(fread(text, 1, sizeof text - 1, doc), 0);
        fclose(doc);
    }
    snprintf(word, sizeof word, "`%s`", rule);
    cr_expect(strstr(text, word), "docs/handoff-package.md does not explain %s", rule);
}

/* "path rule;" of each, warnings with a ~ before, a line with : behind the path. */
static void print_findings(const handoff_findings *f, char *out, size_t size) {
    out[0] = '\0';
    for (size_t i = 0; i < f->count; i++) {
        size_t len = strlen(out);
        const handoff_finding *one = &f->items[i];
        char line[32] = "";
        if (one->line)
            snprintf(line, sizeof line, ":%u", one->line);
        snprintf(out + len, size - len, "%s%s%s %s;", one->level == DIAGNOSTIC_WARNING ? "~" : "", one->path, line,
                 one->rule);
        cr_expect(one->text[0]);
        expect_explained(one->rule);
    }
}

static void check_with(const char *json, const handoff_context *c, const char *expected, const char *about) {
    arena *a = arena_new();
    handoff_package p;
    err e = {0};
    char found[4096];
    cr_assert(handoff_package_read(a, json, strlen(json), &p, &e), "%s: %s", about, e.text);
    handoff_findings f = {.memory = a};
    handoff_check(&p, c, &f);
    print_findings(&f, found, sizeof found);
    cr_expect_str_eq(found, expected, "%s", about);
    handoff_package_release(&p);
    arena_free(a);
}

/* The good package with the value at `pointer` replaced; NULL removes it. */
static char *changed(const char *pointer, const char *value) {
    err e;
    cJSON *tree = json_parse(good, strlen(good), &e);
    cr_assert(tree, "%s", e.text);
    char above[128];
    const char *last = strrchr(pointer, '/') + 1;
    snprintf(above, sizeof above, "%.*s", (int)(last - 1 - pointer), pointer);
    const cJSON *found = json_pointer_find(tree, above);
    cr_assert(found, "%s", pointer);
    cJSON *parent = (cJSON *)(uintptr_t)found, *item = value ? json_parse(value, strlen(value), &e) : NULL;
    cr_assert(!value || item, "%s", value);
    if (!value)
        cJSON_DeleteItemFromObjectCaseSensitive(parent, last);
    else if (cJSON_GetObjectItemCaseSensitive(parent, last))
        cJSON_ReplaceItemInObjectCaseSensitive(parent, last, item);
    else
        cJSON_AddItemToObject(parent, last, item);
    char *text = cJSON_PrintUnformatted(tree);
    cJSON_Delete(tree);
    return text;
}

static void check_change(const char *pointer, const char *value, const char *expected) {
    char *json = changed(pointer, value), about[256];
    snprintf(about, sizeof about, "%s = %s", pointer, value ? value : "(removed)");
    check_with(json, &(handoff_context){.now = now()}, expected, about);
    cJSON_free(json);
}

typedef struct change_case {
    const char *pointer, *value, *found;
} change_case;

Test(handoff, a_good_package_has_no_findings) {
    check_with(good, &(handoff_context){.now = now(), .history_known = true, .rollback_accepted = true}, "", "good");
}

Test(handoff, what_is_changed_is_found) {
    static const change_case CASES[] = {
        /* shape */
        {"/artifact/uri", NULL, "/artifact/uri missing;"},
        {"/artifact/uri", "null", "/artifact/uri missing;"},
        {"/artifact/uri", "\"\"", "/artifact/uri wrong-type;"},
        {"/artifact/uri", "7", "/artifact/uri wrong-type;"},
        {"/artifact/url", "\"x\"", "/artifact/url unknown-key;"},
        {"/handoff", NULL, ""},
        {"/baseline/dataset", NULL, "/baseline/dataset/id missing;/baseline/dataset/sha256 missing;"},
        {"/baseline/dataset", "[]", "/baseline/dataset wrong-type;"},
        {"/schema/input_file", "\"in.json\"", "/schema/input_file unread-file;"},
        /* artifact */
        {"/model_version", "\"latest\"", "/model_version mutable-version;"},
        {"/artifact/uri", "\"s3://models/fraud/latest\"", "/artifact/uri mutable-version;"},
        {"/artifact/uri", "\"models:/fraud@latest\"", "/artifact/uri mutable-version;"},
        {"/artifact/uri", "\"s3://latest-models/fraud/12\"", ""},
        {"/artifact/files", "[]", "/artifact/files missing;"},
        {"/artifact/files", "[{\"path\":\"a\",\"size\":1,\"sha256\":\"abc\"}]", "/artifact/files/0/sha256 bad-digest;"},
        {"/artifact/files", "[{\"path\":\"a\",\"size\":1.5,\"sha256\":\"" HEX64 "\"}]",
         "/artifact/files/0/size bad-size;"},
        {"/artifact/files", "[{\"path\":\"/a\",\"size\":1,\"sha256\":\"" HEX64 "\"}]",
         "/artifact/files/0/path bad-path;"},
        {"/artifact/files", "[{\"path\":\"a/../../b\",\"size\":1,\"sha256\":\"" HEX64 "\"}]",
         "/artifact/files/0/path bad-path;"},
        {"/artifact/source_commit", "\"3f2a9c4\"", "/artifact/source_commit bad-commit;"},
        {"/artifact/rollback_version", "\"12\"", "/artifact/rollback_version rollback-to-itself;"},
        {"/artifact/rollback_version", "\"latest\"", "/artifact/rollback_version mutable-version;"},
        {"/artifact/rollback_version", "\"none\"", ""},
        /* dependencies */
        {"/dependencies/lock", NULL, "/dependencies/lock missing;"},
        {"/dependencies/lock", "\"# nothing\"", "/dependencies/lock missing;"},
        {"/dependencies/lock", "\"a==1\\nb>=2\\nc\"",
         "/dependencies/lock:2 unpinned-dependency;/dependencies/lock:3 unpinned-dependency;"},
        {"/dependencies/lock", "\"a==1\\n-r b.txt\"", "/dependencies/lock:2 unread-include;"},
        {"/dependencies/lock", "\"a==1 --hash=sha256:" HEX64 "\\nb==2\"", "/dependencies/lock:2 mixed-hashes;"},
        {"/dependencies/lock", "\"a==1 --hash=sha256:12\"", "/dependencies/lock:1 bad-digest;"},
        {"/dependencies/lock", "\"a==1\\nA==2\"", "/dependencies/lock:2 repeated-dependency;"},
        {"/dependencies/lock", "\"a==1 ; python_version < '3'\\na==2 ; python_version >= '3'\"", ""},
        {"/dependencies/lock", "\"a==1 b\"", "/dependencies/lock:1 bad-requirement;"},
        {"/dependencies/lock_sha256", "\"" HEX64 "\"", "/dependencies/lock_sha256 digest-mismatch;"},
        {"/dependencies/lock_sha256", "\"x\"", "/dependencies/lock_sha256 bad-digest;"},
        {"/dependencies/conda", "{\"dependencies\":[\"python=3.10.12\",\"numpy==1.26\",\"a=1.2=py_0\",\"b::c=1.2.3\"]}",
         ""},
        {"/dependencies/conda", "{\"dependencies\":[\"python=3.10\",\"numpy>=1\",\"pip\",\"a=1.*\"]}",
         "/dependencies/conda/dependencies/0 unpinned-dependency;/dependencies/conda/dependencies/1 "
         "unpinned-dependency;"
         "~/dependencies/conda/dependencies/2 unpinned-installer;/dependencies/conda/dependencies/3 "
         "unpinned-dependency;"},
        {"/dependencies/conda", "{\"dependencies\":[{\"pip\":[\"a==1\",\"b\"]},7]}",
         "/dependencies/conda/dependencies/0/pip/1 unpinned-dependency;/dependencies/conda/dependencies/1 bad-conda;"},
        {"/dependencies/conda", "{}", "/dependencies/conda bad-conda;"},
        {"/dependencies/runtime", "\"python\"", "/dependencies/runtime unpinned-runtime;"},
        {"/dependencies/runtime", "\"python 3.x\"", "/dependencies/runtime unpinned-runtime;"},
        {"/dependencies/runtime", "\"python>=3.10.1\"", "/dependencies/runtime unpinned-runtime;"},
        {"/dependencies/runtime", "\"python 3.10\"", "~/dependencies/runtime unpinned-runtime;"},
        {"/dependencies/runtime", "\"openjdk-21.0.2\"", ""},
        {"/dependencies/image", "\"registry.example.com/fraud:12\"", "/dependencies/image image-without-digest;"},
        {"/dependencies/image", "\"registry.example.com/fraud@sha256:12\"",
         "/dependencies/image image-without-digest;"},
        {"/dependencies/image", "\"registry.example.com:5000/fraud:latest\"", "/dependencies/image mutable-version;"},
        {"/dependencies/image", "\"registry.example.com/fraud:12@sha256:" HEX64 "\"", ""},
        /* schema */
        {"/schema/input", "{\"type\":\"objct\"}", "/schema/input/type bad-schema;"},
        {"/schema/input", "{\"$ref\":\"https://example.com/x\"}", "/schema/input/$ref unresolved-ref;"},
        {"/schema/output", "{}", "~/schema/output empty-schema;"},
        {"/schema/sample", "{\"request\":{\"a\":\"x\"},\"response\":\"y\"}",
         "/schema/sample/request/a sample-misfit;/schema/sample/response sample-misfit;"},
        /* baseline */
        {"/baseline/evaluated_at", "\"yesterday\"", "/baseline/evaluated_at bad-time;"},
        {"/baseline/evaluated_at", "\"2026-03-03T00:00:01Z\"", "/baseline/evaluated_at bad-time;"},
        {"/baseline/evaluated_at", "\"2025-11-01\"", "/baseline/evaluated_at stale-baseline;"},
        {"/baseline/evaluated_at", "\"2025-12-02\"", ""},
        {"/baseline/metrics", "[]", "/baseline/metrics missing;"},
        {"/baseline/metrics", "[{\"name\":\"a\",\"value\":1,\"direction\":\"higher\",\"threshold\":1}]",
         "/baseline/metrics/0/threshold threshold-side;"},
        {"/baseline/metrics", "[{\"name\":\"a\",\"value\":1,\"direction\":\"lower\",\"threshold\":0.5}]",
         "/baseline/metrics/0/threshold threshold-side;"},
        {"/baseline/metrics", "[{\"name\":\"a\",\"value\":1,\"direction\":\"up\",\"threshold\":2}]",
         "/baseline/metrics/0/direction bad-direction;"},
        {"/baseline/metrics", "[{\"name\":\"a\",\"value\":\"1\",\"direction\":\"lower\",\"threshold\":2}]",
         "/baseline/metrics/0/value wrong-type;"},
        {"/baseline/dataset/sha256", "\"12\"", "/baseline/dataset/sha256 bad-digest;"},
        {"/baseline/dataset/id", "\"golden:latest\"", "/baseline/dataset/id mutable-version;"},
        /* resources */
        {"/resources/requests/cpu", "\"2001m\"", "/resources/requests/cpu request-over-limit;"},
        {"/resources/requests/cpu", "\"2000m\"", ""},
        {"/resources/requests/cpu", "\"2 cores\"", "/resources/requests/cpu bad-quantity;"},
        {"/resources/requests/cpu", "0", "/resources/requests/cpu bad-quantity;"},
        {"/resources/requests/cpu", "-1", "/resources/requests/cpu bad-quantity;"},
        {"/resources/requests/memory", "\"2049Mi\"", "/resources/requests/memory request-over-limit;"},
        {"/resources/requests/gpu", "1", "/resources/requests/gpu gpu-request;"},
        {"/resources/requests/gpu", "\"500m\"",
         "/resources/requests/gpu bad-quantity;/resources/requests/gpu gpu-request;"},
        {"/resources/peak_memory", "\"2147483649\"", "/resources/peak_memory peak-over-limit;"},
        {"/resources/peak_memory", "\"2147483648\"", ""},
        {"/resources/latency/p50", "\"41ms\"", "/resources/latency/p50 latency-order;"},
        {"/resources/latency/slo", "\"39.9ms\"", "/resources/latency/p99 slo-breach;"},
        {"/resources/latency/slo", "\"0.04s\"", ""},
        {"/resources/latency/slo", "\"fast\"", "/resources/latency/slo bad-duration;"},
        {"/resources/load/rate", "0", "/resources/load/rate bad-rate;"},
        {"/resources/load", NULL, "/resources/load/rate missing;"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        check_change(CASES[i].pointer, CASES[i].value, CASES[i].found);
}

Test(handoff, the_rollback_version_must_have_been_accepted) {
    char *first = changed("/artifact/rollback_version", "\"none\"");
    handoff_package previous = {.model = "fraud", .version = "11", .json = "{}"};
    static const char NOT_ACCEPTED[] = "/artifact/rollback_version rollback-not-accepted;",
                      MISSING[] = "/artifact/rollback_version rollback-missing;";
    usec t = now();
    check_with(good, &(handoff_context){.now = t}, "", "nobody knows");
    check_with(good, &(handoff_context){.now = t, .history_known = true}, NOT_ACCEPTED, "never accepted");
    check_with(good, &(handoff_context){.now = t, .history_known = true, .rollback_accepted = true}, "", "accepted");
    check_with(first, &(handoff_context){.now = t, .history_known = true}, "", "a first version");
    check_with(first, &(handoff_context){.now = t, .history_known = true, .previous = &previous}, MISSING,
               "no first one");
    cJSON_free(first);
}

Test(handoff, files_that_were_read_are_compared) {
    static const handoff_file SAME = {"model.onnx", 9, HEX64}, ANOTHER = {"else", 1, "00"};
    handoff_file changed_file = SAME;
    changed_file.size = 8;
    changed_file.sha256 = "0000000000000000000000000000000000000000000000000000000000000000";
    usec t = now();
    check_with(good, &(handoff_context){.now = t, .files = &SAME, .file_count = 1}, "", "same");
    check_with(good, &(handoff_context){.now = t, .files = &ANOTHER, .file_count = 1}, "", "not read");
    check_with(good, &(handoff_context){.now = t, .files = &changed_file, .file_count = 1},
               "/artifact/files/0/sha256 digest-mismatch;/artifact/files/0/size size-mismatch;", "changed");
}

Test(handoff, the_policy_says_how_old_a_baseline_may_be) {
    usec t = now();
    check_with(good, &(handoff_context){.now = t, .baseline_age_max = 28 * USEC_PER_DAY},
               "/baseline/evaluated_at stale-baseline;", "28 days");
    check_with(good, &(handoff_context){.now = t, .baseline_age_max = 29 * USEC_PER_DAY}, "", "29 days");
}

Test(handoff, what_breaks_the_accepted_version_is_found) {
    char *older = changed("/schema/input", "{\"type\":\"object\",\"required\":[\"a\"],\"properties\":{\"a\":{\"type\":"
                                           "\"number\"},\"b\":{\"type\":\"string\"}},\"additionalProperties\":false}");
    arena *a = arena_new();
    handoff_package previous;
    err e;
    cr_assert(handoff_package_read(a, older, strlen(older), &previous, &e));
    check_with(good, &(handoff_context){.now = now(), .previous = &previous},
               "/schema/input/properties/a retyped-field;~/schema/input/properties/b removed-field;", "retyped");
    handoff_package_release(&previous);
    arena_free(a);
    cJSON_free(older);
}

Test(handoff, what_is_no_manifest_is_refused) {
    static const struct {
        const char *json, *said;
    } CASES[] = {
        {"", "not JSON"},
        {"[]", "a manifest is a JSON object"},
        {"{}", "does not say its model"},
        {"{\"model\":\"m\"}", "does not say its model_version"},
        {"{\"model\":\"\",\"model_version\":\"1\"}", "model must be a text"},
        {"{\"model\":\"m\",\"model_version\":1}", "model_version must be a text in quotes"},
        {"{\"model\":\"m\\n\",\"model_version\":\"1\"}", "control character"},
        {"{\"handoff\":2,\"model\":\"m\",\"model_version\":\"1\"}", "handoff must be 1"},
        {"{\"model\":\"m\",\"model\":\"m\",\"model_version\":\"1\"}", "occurs twice"},
    };
    arena *a = arena_new();
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        handoff_package p;
        err e = {0};
        cr_expect_not(handoff_package_read(a, CASES[i].json, strlen(CASES[i].json), &p, &e), "%s", CASES[i].json);
        cr_expect(strstr(e.text, CASES[i].said), "%s: %s", CASES[i].json, e.text);
        cr_expect_eq(e.kind, ERR_INVALID);
    }
    char *large = arena_alloc(a, LIMIT_HANDOFF_BYTES + 1);
    memset(large, ' ', LIMIT_HANDOFF_BYTES + 1);
    handoff_package p;
    err e = {0};
    cr_expect_not(handoff_package_read(a, large, LIMIT_HANDOFF_BYTES + 1, &p, &e));
    cr_expect_eq(e.kind, ERR_LIMIT);
    arena_free(a);
}

Test(handoff, findings_are_bounded_and_all_counted) {
    buf b;
    buf_init(&b);
    buf_puts(&b, "{\"model\":\"m\",\"model_version\":\"1\"");
    for (int i = 0; i < 3000; i++)
        buf_printf(&b, ",\"k%d\":1", i);
    buf_putc(&b, '}');
    arena *a = arena_new();
    handoff_package p;
    err e;
    cr_assert(handoff_package_read(a, b.data, b.len, &p, &e), "%s", e.text);
    handoff_findings f = {.memory = a};
    handoff_check(&p, &(handoff_context){.now = now()}, &f);
    cr_expect_eq(f.count, HANDOFF_FINDINGS_MAX);
    cr_expect_geq(f.errors, 3000);
    buf_clear(&b);
    handoff_findings_put_json(&b, &f);
    cJSON *json = json_parse(b.data, b.len, &e);
    cr_assert(json, "%s", e.text);
    cr_expect_eq(cJSON_GetArraySize(json), HANDOFF_FINDINGS_MAX);
    cJSON_Delete(json);
    handoff_package_release(&p);
    arena_free(a);
    buf_release(&b);
}

Test(handoff, words_and_values_are_inverse) {
    for (int i = 0; i < HANDOFF_STATE_COUNT; i++) {
        handoff_state back = HANDOFF_STATE_COUNT;
        cr_expect(handoff_state_from_text(handoff_state_to_text((handoff_state)i), &back));
        cr_expect_eq((int)back, i);
    }
    handoff_state none;
    cr_expect_not(handoff_state_from_text("handed_back", &none));
}

Test(handoff, each_place_has_its_kind) {
    static const struct {
        const char *pointer;
        handoff_kind kind;
    } CASES[] = {{"", HANDOFF_KIND_MAP},
                 {"/model_version", HANDOFF_KIND_TEXT},
                 {"/artifact/files/12/sha256", HANDOFF_KIND_TEXT},
                 {"/artifact/files/12/size", HANDOFF_KIND_NUMBER},
                 {"/artifact/files/x/size", HANDOFF_KIND_UNKNOWN},
                 {"/schema/input/properties/a", HANDOFF_KIND_DATA},
                 {"/schema/input_file", HANDOFF_KIND_FILE},
                 {"/schema/inputs", HANDOFF_KIND_UNKNOWN},
                 {"/resources/requests/cpu", HANDOFF_KIND_QUANTITY}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        cr_expect_eq(handoff_kind_at(CASES[i].pointer), CASES[i].kind, "%s", CASES[i].pointer);
}

Test(handoff, parts_are_summarized) {
    static const char *const SUMMARIES[] = {
        "1 file of 9 B, digests declared, not recomputed, rollback to 11",
        "requirements: 2, python 3.10.12, registry.example.com/fraud@sha256:" HEX64,
        "input and output, a sample",
        "auc 0.9, fpr 0.01, on golden-7, measured 2026-01-31T09:00:00Z",
        "cpu 500m, memory 1Gi, gpu 0, p99 40ms, at 200 requests/s",
    };
    arena *a = arena_new();
    handoff_package p;
    err e;
    cr_assert(handoff_package_read(a, good, strlen(good), &p, &e));
    handoff_context c = {.now = now()};
    for (int i = 0; i < HANDOFF_PART_COUNT; i++)
        cr_expect_str_eq(handoff_part_summary(&p, &c, (handoff_part)i, a), SUMMARIES[i]);
    handoff_package_release(&p);
    arena_free(a);
}
