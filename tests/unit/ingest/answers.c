/* The answers, verdict by verdict: what decides whether a sender repeats. */
#include "support.h"

typedef struct answer_case {
    const char *format;
    ingest_verdict verdict;
    const char *why;
    int status;
    const char *content_type, *body; /* NULL: none */
    int retry_after;
} answer_case;

#define PROBLEM(title, status, detail)                                                                                 \
    "{\"type\":\"about:blank\",\"title\":\"" title "\",\"status\":" status ",\"detail\":\"" detail "\"}"
#define INVALID_EVENT(errors)                                                                                          \
    "{\"status\":\"invalid event\",\"message\":\"Event object is invalid\",\"errors\":[" errors "]}"
#define PD_AWAY "{\"status\":\"unavailable\",\"message\":\"Event was not processed, please try again\"}"
#define JSON "application/json"
#define PROBLEM_JSON "application/problem+json"

static const answer_case cases[] = {
    {"alertmanager", INGEST_ACCEPTED, NULL, 200, JSON, "{\"status\":\"success\",\"accepted\":0}", 0},
    {"alertmanager", INGEST_INVALID, "a \"b\"", 400, PROBLEM_JSON, PROBLEM("Bad Request", "400", "a \\\"b\\\""), 0},
    {"alertmanager", INGEST_TOO_LARGE, "big", 413, PROBLEM_JSON, PROBLEM("Content Too Large", "413", "big"), 0},
    {"alertmanager", INGEST_UNAVAILABLE, "away", 503, PROBLEM_JSON, PROBLEM("Service Unavailable", "503", "away"), 5},
    {"alertmanager", INGEST_UNAVAILABLE, NULL, 503, PROBLEM_JSON,
     PROBLEM("Service Unavailable", "503", "nothing was kept; send it again"), 5},
    {"cloudevent", INGEST_DENIED, "no", 403, PROBLEM_JSON, PROBLEM("Forbidden", "403", "no"), 0},
    {"prometheus", INGEST_ACCEPTED, NULL, 200, NULL, NULL, 0},
    {"prometheus", INGEST_INVALID, "a\nb", 400, JSON, "\"a\\nb\"", 0},
    {"prometheus", INGEST_TOO_LARGE, "big", 413, JSON, "\"big\"", 0},
    {"prometheus", INGEST_UNAVAILABLE, "away", 503, JSON, "\"away\"", 5},
    {"pagerduty-event", INGEST_INVALID, "one; two", 400, JSON, INVALID_EVENT("\"one\",\"two\""), 0},
    {"pagerduty-event", INGEST_DENIED, "Invalid routing key", 400, JSON, INVALID_EVENT("\"Invalid routing key\""), 0},
    {"pagerduty-event", INGEST_TOO_LARGE, "big", 413, JSON, INVALID_EVENT("\"big\""), 0},
    {"pagerduty-event", INGEST_UNAVAILABLE, "away", 503, JSON, PD_AWAY, 5},
    {"pagerduty-change", INGEST_ACCEPTED, NULL, 202, JSON,
     "{\"status\":\"success\",\"message\":\"Change event processed\"}", 0},
    {"pagerduty-change", INGEST_UNAVAILABLE, NULL, 503, JSON, PD_AWAY, 5},
    {"pagerduty-webhook", INGEST_UNAVAILABLE, "away", 503, PROBLEM_JSON, PROBLEM("Service Unavailable", "503", "away"),
     5},
};

static void expect_text(const char *got, const char *wanted, const answer_case *c, const char *what) {
    cr_expect((got == NULL) == (wanted == NULL), "%s, %s", c->format, what);
    if (got && wanted)
        cr_expect_str_eq(got, wanted, "%s, verdict %d, %s: %s", c->format, c->verdict, what, got);
}

Test(ingest_answers, verdict_by_verdict) {
    static const ingest_result nothing;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const answer_case *c = &cases[i];
        arena *a = arena_new();
        ingest_answer out;
        ingest_answer_for(ingest_format_find(c->format), c->verdict, c->verdict == INGEST_ACCEPTED ? &nothing : NULL,
                          c->why, a, &out);
        cr_expect_eq(out.status, c->status, "%s, verdict %d: %d", c->format, c->verdict, out.status);
        cr_expect_eq(out.retry_after, c->retry_after, "%s, verdict %d", c->format, c->verdict);
        expect_text(out.content_type, c->content_type, c, "content type");
        expect_text(out.body, c->body, c, "body");
        arena_free(a);
    }
}

Test(ingest_answers, no_format_ever_answers_429) {
    size_t count;
    const ingest_format *const *formats = ingest_formats(&count);
    for (size_t i = 0; i < count; i++) {
        for (ingest_verdict v = INGEST_ACCEPTED; v <= INGEST_DENIED; v++) {
            arena *a = arena_new();
            ingest_answer out;
            ingest_answer_for(formats[i], v, NULL, NULL, a, &out);
            cr_expect_neq(out.status, 429);
            cr_expect_eq(out.status / 100 == 2, v == INGEST_ACCEPTED, "%s, verdict %d: %d", formats[i]->name, v,
                         out.status);
            cr_expect_eq(out.status == 503, v == INGEST_UNAVAILABLE);
            arena_free(a);
        }
    }
}

Test(ingest_answers, errors_become_verdicts) {
    static const struct {
        err_kind kind;
        ingest_verdict verdict;
    } kinds[] = {
        {ERR_INVALID, INGEST_INVALID},         {ERR_LIMIT, INGEST_TOO_LARGE},    {ERR_DENIED, INGEST_DENIED},
        {ERR_UNAVAILABLE, INGEST_UNAVAILABLE}, {ERR_SYSTEM, INGEST_UNAVAILABLE}, {ERR_CONFLICT, INGEST_INVALID},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        cr_expect_eq(ingest_verdict_of(&(err){.kind = kinds[i].kind}), kinds[i].verdict);
}

Test(ingest_answers, the_table_is_complete) {
    size_t count;
    const ingest_format *const *formats = ingest_formats(&count);
    cr_expect_eq(count, 7);
    for (size_t i = 0; i < count; i++) {
        cr_expect_eq(ingest_format_find(formats[i]->name), formats[i]);
        cr_expect(formats[i]->doc[0] && formats[i]->parse && formats[i]->body_limit);
    }
    cr_expect_null(ingest_format_find("nagios"));
    cr_expect_null(ingest_format_find(""));
}
