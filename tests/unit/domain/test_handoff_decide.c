/* What may be done with a version, in every state: the table as an operator would write it, and that a version which
 * was accepted never silently becomes another one. */
#include "onus/handoffs.h"

#include "onus/limits.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define NOW ((usec)1769860800 * USEC_PER_SECOND) /* 2026-01-31T12:00:00Z */
#define SHA "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* A package without an error. `image`: of its dependencies; `uri`: of its artifact. */
static const char *manifest(arena *a, const char *uri, const char *rollback, const char *image) {
    return arena_printf(
        a,
        "{\"handoff\":1,\"model\":\"fraud\",\"model_version\":\"3.2.0\",\"artifact\":{\"uri\":\"%s\",\"files\":[{"
        "\"path\":"
        "\"model.pkl\",\"size\":10,\"sha256\":\"" SHA "\"}],\"source_commit\":"
        "\"0123456789abcdef0123456789abcdef01234567\",\"rollback_version\":\"%s\"},\"dependencies\":{\"lock\":"
        "\"numpy==1.26.4\\n\",\"runtime\":\"python 3.10.12\",\"image\":\"registry.example.com/%s@sha256:" SHA "\"},"
        "\"schema\":{\"input\":{\"type\":\"object\"},\"output\":{\"type\":\"object\"},\"sample\":{\"request\":{},"
        "\"response\":{}}},\"baseline\":{\"dataset\":{\"id\":\"golden-7\",\"sha256\":\"" SHA "\"},\"evaluated_at\":"
        "\"2026-01-20T00:00:00Z\",\"metrics\":[{\"name\":\"accuracy\",\"value\":0.94,\"direction\":\"higher\","
        "\"threshold\":"
        "0.9},{\"name\":\"rmse\",\"value\":2,\"direction\":\"lower\",\"threshold\":3}]},\"resources\":{\"requests\":{"
        "\"cpu\":"
        "\"1\",\"memory\":\"1Gi\",\"gpu\":0},\"limits\":{\"cpu\":\"2\",\"memory\":\"2Gi\",\"gpu\":0},\"load\":{"
        "\"rate\":50},"
        "\"latency\":{\"p50\":\"10ms\",\"p99\":\"40ms\",\"slo\":\"100ms\"},\"peak_memory\":\"1.5Gi\"}}",
        uri, rollback, image);
}

typedef struct asked {
    arena *a;
    handoff_known known;
    handoff_request request;
    handoff_decision out;
    err e;
} asked;

static bool ask(asked *q, handoff_action action, const char *json, const char *reason) {
    handoff_package p = {0};
    q->request = (handoff_request){.action = action, .reason = reason, .now = NOW};
    if (json != NULL) {
        cr_assert(handoff_package_read(q->a, json, strlen(json), &p, &q->e), "%s", q->e.text);
        q->request.package = &p;
    }
    q->out = (handoff_decision){0};
    q->e = (err){0};
    bool ok = handoff_decide(&q->known, &q->request, q->a, &q->out, &q->e);
    handoff_package_release(&p);
    return ok;
}

static asked known_as(arena *a, handoff_state state) {
    return (asked){.a = a,
                   .known = {.model = "fraud",
                             .version = "3.2.0",
                             .state = state,
                             .manifest = state == HANDOFF_NONE ? "" : manifest(a, "s3://m/1", "none", "one"),
                             .previous_manifest = "",
                             .changes = state == HANDOFF_NONE ? 0 : 2,
                             .findings = state == HANDOFF_DECLARED ? 2 : 0,
                             .versions = 1}};
}

/* "": nothing changes; "!": refused, the text says why. */
typedef struct row {
    handoff_state from;
    const char *same;   /* declared again, the same manifest */
    const char *mended; /* … with another image */
    const char *other;  /* … with another artifact */
    const char *revalidate, *accept, *reject, *hand_back;
} row;

static const row rows[] = {
    {HANDOFF_NONE, "validated", "validated", "validated", "!nobody has declared 3.2.0 of fraud",
     "!nobody has declared 3.2.0 of fraud", "!nobody", "!nobody"},
    {HANDOFF_DECLARED, "", "validated", "validated", "validated", "!its package has 2 errors; mend the package",
     "rejected", "!is declared"},
    {HANDOFF_VALIDATED, "", "validated", "validated", "validated", "accepted", "rejected",
     "!can be accepted or rejected"},
    {HANDOFF_ACCEPTED, "", "!versions are immutable", "!versions are immutable", "!what was accepted is handed back",
     "", "!what was accepted is handed back", "handed-back"},
    {HANDOFF_SUPERSEDED, "", "!versions are immutable", "!versions are immutable",
     "!another version has taken its place", "accepted", "!another version", "!another version"},
    {HANDOFF_REJECTED, "", "validated", "validated", "validated", "!declare the mended package, or revalidate", "",
     "!is rejected"},
    {HANDOFF_HANDED_BACK, "", "validated", "!with another artifact; declare the new one as a new version", "validated",
     "!declare the mended package, or revalidate", "!is handed-back", ""},
};

static void expect(asked *q, bool ok, const char *wanted, const char *what) {
    const char *from = handoff_state_to_text(q->known.state);
    if (wanted[0] == '!') {
        cr_expect_not(ok, "%s, %s: is not refused", from, what);
        cr_expect(strstr(q->e.text, wanted + 1), "%s, %s: %s", from, what, q->e.text);
        cr_expect_eq(q->e.kind, q->known.state == HANDOFF_NONE ? ERR_NOT_FOUND : ERR_CONFLICT);
        return;
    }
    cr_expect(ok, "%s, %s: %s", from, what, q->e.text);
    cr_expect_eq(q->out.changes, wanted[0] != '\0', "%s, %s", from, what);
    cr_expect_str_eq(handoff_state_to_text(q->out.to), wanted[0] != '\0' ? wanted : from, "%s, %s", from, what);
}

Test(handoff_decide, every_state_and_what_can_be_done_in_it) {
    arena *a = arena_new();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const row *r = &rows[i];
        asked q = known_as(a, r->from);
        expect(&q, ask(&q, HANDOFF_DECLARE, manifest(a, "s3://m/1", "none", "one"), ""), r->same, "the same");
        expect(&q, ask(&q, HANDOFF_DECLARE, manifest(a, "s3://m/1", "none", "two"), ""), r->mended, "mended");
        expect(&q, ask(&q, HANDOFF_DECLARE, manifest(a, "s3://m/2", "none", "one"), ""), r->other, "another artifact");
        expect(&q, ask(&q, HANDOFF_REVALIDATE, NULL, ""), r->revalidate, "revalidate");
        expect(&q, ask(&q, HANDOFF_ACCEPT, NULL, "load test passed"), r->accept, "accept");
        expect(&q, ask(&q, HANDOFF_REJECT, NULL, "no load test"), r->reject, "reject");
        expect(&q, ask(&q, HANDOFF_HAND_BACK, NULL, "no load test"), r->hand_back, "hand-back");
    }
    arena_free(a);
}

Test(handoff_decide, what_is_written) {
    arena *a = arena_new();
    asked q = known_as(a, HANDOFF_NONE);
    cr_assert(ask(&q, HANDOFF_DECLARE, manifest(a, "s3://m/1", "none", "one"), ""));
    cr_expect_str_eq(q.out.manifest, manifest(a, "s3://m/1", "none", "one"));
    cr_expect_str_eq(q.out.findings, "[]");
    cr_expect_str_eq(q.out.summary, "baseline accuracy 0.94 (threshold 0.9), rmse 2 (threshold 3)");
    cr_expect_eq(q.out.errors, 0);
    q = known_as(a, HANDOFF_VALIDATED);
    cr_assert(ask(&q, HANDOFF_ACCEPT, NULL, "load test passed"));
    cr_expect_null(q.out.manifest);
    cr_expect_null(q.out.findings);
    cr_expect_str_eq(q.out.reason, "load test passed");
    arena_free(a);
}

Test(handoff_decide, errors_keep_it_declared_with_all_findings) {
    arena *a = arena_new();
    asked q = known_as(a, HANDOFF_NONE);
    cr_assert(ask(&q, HANDOFF_DECLARE, manifest(a, "s3://m/latest", "3.1.0", "one"), ""));
    cr_expect_eq(q.out.to, HANDOFF_DECLARED);
    cr_expect_eq(q.out.errors, 2, "%s", q.out.findings);
    cr_expect(strstr(q.out.findings, "mutable-version") && strstr(q.out.findings, "rollback-not-accepted"), "%s",
              q.out.findings);
    q.known.rollback_accepted = true;
    cr_assert(ask(&q, HANDOFF_DECLARE, manifest(a, "s3://m/1", "3.1.0", "one"), ""));
    cr_expect_eq(q.out.to, HANDOFF_VALIDATED, "%s", q.out.findings);
    q.known.previous_manifest = manifest(a, "s3://m/0", "none", "one");
    cr_assert(ask(&q, HANDOFF_DECLARE, manifest(a, "s3://m/1", "none", "one"), ""));
    cr_expect(strstr(q.out.findings, "rollback-missing"), "the version accepted last is known: %s", q.out.findings);
    arena_free(a);
}

Test(handoff_decide, what_moves_the_ownership_needs_a_reason) {
    arena *a = arena_new();
    asked q = known_as(a, HANDOFF_ACCEPTED);
    cr_expect_not(ask(&q, HANDOFF_HAND_BACK, NULL, ""));
    cr_expect_eq(q.e.kind, ERR_INVALID);
    q = known_as(a, HANDOFF_VALIDATED);
    cr_expect_not(ask(&q, HANDOFF_REJECT, NULL, ""));
    cr_expect_eq(q.e.kind, ERR_INVALID);
    cr_expect_not(ask(&q, HANDOFF_ACCEPT, NULL, ""), "so does taking over");
    cr_expect_eq(q.e.kind, ERR_INVALID);
    q = known_as(a, HANDOFF_DECLARED);
    cr_expect(ask(&q, HANDOFF_REVALIDATE, NULL, ""), "checking again moves nothing to anybody");
    arena_free(a);
}

Test(handoff_decide, nothing_grows_without_a_bound) {
    arena *a = arena_new();
    asked q = known_as(a, HANDOFF_NONE);
    q.known.versions = LIMIT_HANDOFF_VERSIONS;
    cr_expect_not(ask(&q, HANDOFF_DECLARE, manifest(a, "s3://m/1", "none", "one"), ""));
    cr_expect_eq(q.e.kind, ERR_LIMIT);
    q = known_as(a, HANDOFF_VALIDATED);
    q.known.changes = LIMIT_HANDOFF_CHANGES;
    cr_expect_not(ask(&q, HANDOFF_ACCEPT, NULL, "tried"));
    cr_expect_eq(q.e.kind, ERR_LIMIT);
    cr_expect_not(ask(&q, HANDOFF_REVALIDATE, NULL, ""));
    cr_expect_not(ask(&q, HANDOFF_DECLARE, manifest(a, "s3://m/1", "none", "two"), ""));
    cr_expect(ask(&q, HANDOFF_DECLARE, manifest(a, "s3://m/1", "none", "one"), ""), "what changes nothing goes on");
    asked running = known_as(a, HANDOFF_ACCEPTED);
    running.known.changes = LIMIT_HANDOFF_CHANGES;
    cr_expect(ask(&running, HANDOFF_HAND_BACK, NULL, "it fails under load"), "the way back is always open");
    q.known.versions = LIMIT_HANDOFF_VERSIONS;
    q.known.changes = 2;
    cr_expect(ask(&q, HANDOFF_ACCEPT, NULL, "tried"), "what is there can be accepted");
    arena_free(a);
}

static const char *read_file(const char *path) {
    static char text[65536];
    FILE *f = fopen(path, "r");
    cr_assert_not_null(f, "%s", path);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    (void)fclose(f);
    return text;
}

Test(handoff_decide, the_table_of_the_document_is_the_one_in_force) {
    buf wanted;
    buf_init(&wanted);
    handoff_print_transitions(&wanted);
    cr_expect_not_null(strstr(read_file("docs/handoff.md"), wanted.data), "docs/handoff.md must hold\n%s", wanted.data);
    buf_release(&wanted);
}

Test(handoff_decide, words_in_both_directions) {
    handoff_action v;
    for (int i = 0; i < HANDOFF_ACTION_COUNT; i++) {
        cr_assert(handoff_action_from_text(handoff_action_to_text((handoff_action)i), &v));
        cr_expect_eq(v, (handoff_action)i);
    }
    cr_expect_not(handoff_action_from_text("handback", &v));
}

Test(handoff_decide, a_summary_is_short_whatever_the_baseline_is) {
    static const struct {
        const char *baseline, *summary;
    } cases[] = {
        {"7", ""},
        {"{\"metrics\":{\"name\":\"x\"}}", ""},
        {"{\"metrics\":[7,{\"name\":\"auc\"},{\"name\":\"f1\",\"value\":0.5}]}", "baseline f1 0.5"},
        {"{\"metrics\":[{\"name\":\"a\",\"value\":1},{\"name\":\"b\",\"value\":2},{\"name\":\"c\",\"value\":3},{"
         "\"name\":"
         "\"d\",\"value\":4}]}",
         "baseline a 1, b 2, c 3"},
    };
    arena *a = arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        handoff_package p = {0};
        err e;
        const char *json =
            arena_printf(a, "{\"model\":\"m\",\"model_version\":\"1\",\"baseline\":%s}", cases[i].baseline);
        cr_assert(handoff_package_read(a, json, strlen(json), &p, &e));
        cr_expect_str_eq(handoff_summary(&p, a), cases[i].summary);
        handoff_package_release(&p);
    }
    arena_free(a);
}
