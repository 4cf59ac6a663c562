/* Who may post: bearer, basic, signatures, and nothing at all. */
#include "support.h"

static void expect(attempt *t, ingest_auth wanted, const char *what) {
    ingest_auth got = attempt_authenticate(t, false);
    cr_expect_eq(got, wanted, "%s: got %d, wanted %d (%s)", what, got, wanted, t->error.text);
    cr_expect(got == INGEST_AUTH_OK || t->error.text[0], "%s: a refusal says why", what);
}

static void expect_header(const source *from, const char *format, const char *header, ingest_auth wanted) {
    attempt *t = attempt_new(format);
    t->from = *from;
    attempt_body(t, "{}");
    if (header)
        attempt_header(t, "authorization", header);
    expect(t, wanted, header ? header : "no header");
    attempt_free(t);
}

Test(ingest_auth, without_authentication_only_this_machine) {
    attempt *t = attempt_new("alertmanager");
    attempt_body(t, "{}");
    cr_expect_eq(attempt_authenticate(t, true), INGEST_AUTH_OK);
    cr_expect_eq(attempt_authenticate(t, false), INGEST_AUTH_MISSING);
    attempt_free(t);
}

Test(ingest_auth, bearer) {
    static const struct {
        const char *header;
        ingest_auth wanted;
    } cases[] = {
        {"Bearer s3cret-token", INGEST_AUTH_OK},
        {"bearer   s3cret-token", INGEST_AUTH_OK},
        {"Bearer s3cret-tokem", INGEST_AUTH_WRONG},
        {"Bearer s3cret-token ", INGEST_AUTH_WRONG},
        {"Bearer s3cret", INGEST_AUTH_WRONG},
        {"Bearer ", INGEST_AUTH_MALFORMED},
        {"Bearer", INGEST_AUTH_MISSING},
        {"s3cret-token", INGEST_AUTH_MISSING},
        {"Basic dXNlcjpwYXNz", INGEST_AUTH_MISSING},
        {"", INGEST_AUTH_MISSING},
        {NULL, INGEST_AUTH_MISSING},
    };
    source from = {.name = "test", .token = secret_from_text("s3cret-token")};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_header(&from, "alertmanager", cases[i].header, cases[i].wanted);
    secret_release(&from.token);
}

Test(ingest_auth, a_token_is_demanded_of_this_machine_too) {
    attempt *t = attempt_new("alertmanager");
    t->from.token = secret_from_text("x");
    attempt_body(t, "{}");
    cr_expect_eq(attempt_authenticate(t, true), INGEST_AUTH_MISSING);
    secret_release(&t->from.token);
    attempt_free(t);
}

Test(ingest_auth, basic_in_utf8) {
    static const struct {
        const char *header;
        ingest_auth wanted;
    } cases[] = {
        {"Basic dGVzdDoxMjPCow==", INGEST_AUTH_OK}, /* RFC 7617: test:123£ */
        {"basic dGVzdDoxMjPCow", INGEST_AUTH_OK},
        {"Basic dGVzdDoxMjOj", INGEST_AUTH_MALFORMED}, /* the same in ISO 8859-1 */
        {"Basic dGVzdDoxMjM=", INGEST_AUTH_WRONG},     /* test:123 */
        {"Basic VGVzdDoxMjPCow==", INGEST_AUTH_WRONG}, /* Test:123£ */
        {"Basic dGVzdA==", INGEST_AUTH_MALFORMED},     /* no colon */
        {"Basic dGVzdDoxMjPCowA=", INGEST_AUTH_MALFORMED},
        {"Basic !!", INGEST_AUTH_MALFORMED},
        {"Bearer dGVzdDoxMjPCow==", INGEST_AUTH_MISSING},
    };
    source from = {.name = "test", .username = "test", .password = secret_from_text("123£")};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_header(&from, "prometheus", cases[i].header, cases[i].wanted);
    secret_release(&from.password);
}

Test(ingest_auth, a_password_may_hold_colons) {
    source from = {.name = "test", .username = "u", .password = secret_from_text("a:b")};
    expect_header(&from, "alertmanager", "Basic dTphOmI=", INGEST_AUTH_OK);
    secret_release(&from.password);
}

Test(ingest_auth, token_or_password_is_enough) {
    source from = {.name = "test", .username = "u", .password = secret_from_text("p"), .token = secret_from_text("t")};
    expect_header(&from, "alertmanager", "Bearer t", INGEST_AUTH_OK);
    expect_header(&from, "alertmanager", "Basic dTpw", INGEST_AUTH_OK);
    expect_header(&from, "alertmanager", "Bearer p", INGEST_AUTH_WRONG);
    secret_release(&from.password);
    secret_release(&from.token);
}

Test(ingest_auth, two_authorization_headers_are_malformed) {
    attempt *t = attempt_new("alertmanager");
    t->from.token = secret_from_text("t");
    attempt_body(t, "{}");
    attempt_header(t, "Authorization", "Bearer t");
    attempt_header(t, "authorization", "Bearer other");
    expect(t, INGEST_AUTH_MALFORMED, "two headers");
    secret_release(&t->from.token);
    attempt_free(t);
}

Test(ingest_auth, what_can_never_pass_is_refused) {
    secret key = secret_from_text("k");
    attempt *t = attempt_new("alertmanager");
    attempt_body(t, "{}");
    t->from.hmac_secrets = &key, t->from.hmac_secret_count = 1;
    cr_expect_eq(attempt_authenticate(t, true), INGEST_AUTH_WRONG, "a key for a format without a signature");
    t->from.hmac_secret_count = 0;
    t->from.routing_keys = &key, t->from.routing_key_count = 1;
    cr_expect_eq(attempt_authenticate(t, true), INGEST_AUTH_WRONG, "a routing key for a format without one");
    attempt_free(t);
    secret_release(&key);
}

/* ── signatures ── */

static const char hello[] = "{\"hello\":\"world\"}";

typedef struct signature_case {
    const char *header; /* HEX stands for the right digits */
    ingest_auth wanted;
} signature_case;

static char *with_hex(arena *a, const char *pattern, const char *hex) {
    const char *at = strstr(pattern, "HEX");
    return at ? arena_printf(a, "%.*s%s%s", (int)(at - pattern), pattern, hex, at + 3) : arena_strdup(a, pattern);
}

static void check_signatures(const char *format, const char *header, const signature_case *cases, size_t count) {
    secret keys[] = {secret_from_text("new-key"), secret_from_text("old-key")};
    for (size_t i = 0; i < count; i++) {
        attempt *t = attempt_new(format);
        t->from.hmac_secrets = keys, t->from.hmac_secret_count = 2;
        attempt_body(t, hello);
        attempt_header(t, "Content-Type", "application/cloudevents+json");
        const char *hex = crypto_hmac_sha256_hex(t->memory, "old-key", hello, strlen(hello));
        if (cases[i].header)
            attempt_header(t, header, with_hex(t->memory, cases[i].header, hex));
        expect(t, cases[i].wanted, cases[i].header ? cases[i].header : "none");
        attempt_free(t);
    }
    secret_release(&keys[0]);
    secret_release(&keys[1]);
}

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

Test(ingest_auth, pagerduty_signatures) {
    static const signature_case cases[] = {
        {"v1=HEX", INGEST_AUTH_OK},
        {"v1=" ZEROS ",v1=HEX", INGEST_AUTH_OK},
        {"v1=HEX, v1=" ZEROS, INGEST_AUTH_OK},
        {"v2=something,v1=HEX", INGEST_AUTH_OK},
        {"v1=" ZEROS, INGEST_AUTH_WRONG},
        {"v1=" ZEROS ",v1=" ZEROS, INGEST_AUTH_WRONG},
        {"v1=zz", INGEST_AUTH_MALFORMED},
        {"v1=HEX0", INGEST_AUTH_MALFORMED},
        {"v1=HEX,", INGEST_AUTH_MALFORMED},
        {"v1=HEX,v1=abc", INGEST_AUTH_MALFORMED},
        {"HEX", INGEST_AUTH_MALFORMED},
        {"v2=HEX", INGEST_AUTH_MALFORMED},
        {"garbage", INGEST_AUTH_MALFORMED},
        {"", INGEST_AUTH_MISSING},
        {NULL, INGEST_AUTH_MISSING},
    };
    check_signatures("pagerduty-webhook", "x-pagerduty-signature", cases, sizeof cases / sizeof *cases);
}

Test(ingest_auth, grafana_signatures) {
    static const signature_case cases[] = {
        {"HEX", INGEST_AUTH_OK},        {ZEROS, INGEST_AUTH_WRONG},  {"sha256=HEX", INGEST_AUTH_MALFORMED},
        {"abc", INGEST_AUTH_MALFORMED}, {NULL, INGEST_AUTH_MISSING},
    };
    check_signatures("grafana", "X-Grafana-Alerting-Signature", cases, sizeof cases / sizeof *cases);
}

Test(ingest_auth, cloudevent_signatures) {
    static const signature_case cases[] = {
        {"sha256=HEX", INGEST_AUTH_OK},      {"sha256=" ZEROS, INGEST_AUTH_WRONG}, {"HEX", INGEST_AUTH_MALFORMED},
        {"sha1=HEX", INGEST_AUTH_MALFORMED}, {NULL, INGEST_AUTH_MISSING},
    };
    check_signatures("cloudevent", "X-Hub-Signature-256", cases, sizeof cases / sizeof *cases);
}

Test(ingest_auth, a_known_vector_and_upper_case_hex) {
    /* printf '{"hello":"world"}' | openssl dgst -sha256 -hmac old-key */
    secret key = secret_from_text("old-key");
    attempt *t = attempt_new("grafana");
    t->from.hmac_secrets = &key, t->from.hmac_secret_count = 1;
    attempt_body(t, hello);
    attempt_header(t, "X-Grafana-Alerting-Signature",
                   "9DF2483E03271773218396A1C5744238FA7634B238A7FCE382B54CA60E16C5E8");
    expect(t, INGEST_AUTH_OK, "the vector");
    attempt_free(t);
    secret_release(&key);
}

Test(ingest_auth, grafana_signs_a_timestamp_when_told_so) {
    static const struct {
        const char *timestamp; /* as sent */
        const char *signed_as;
        ingest_auth wanted;
    } cases[] = {
        {"1767323045", "1767323045:", INGEST_AUTH_OK},
        {"1767322746", "1767322746:", INGEST_AUTH_OK},    /* 299 s ago */
        {"1767322744", "1767322744:", INGEST_AUTH_WRONG}, /* 301 s ago: a replay */
        {"1767323346", "1767323346:", INGEST_AUTH_WRONG},
        {"1767323045", "", INGEST_AUTH_WRONG}, /* the body alone was signed */
        {"1767323046", "1767323045:", INGEST_AUTH_WRONG},
        {"yesterday", "yesterday:", INGEST_AUTH_MALFORMED},
    };
    secret key = secret_from_text("k");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        attempt *t = attempt_new("grafana");
        t->from.hmac_secrets = &key, t->from.hmac_secret_count = 1;
        attempt_body(t, hello);
        const char *text = arena_printf(t->memory, "%s%s", cases[i].signed_as, hello);
        attempt_header(t, "X-Grafana-Alerting-Timestamp", cases[i].timestamp);
        attempt_header(t, "X-Grafana-Alerting-Signature", crypto_hmac_sha256_hex(t->memory, "k", text, strlen(text)));
        expect(t, cases[i].wanted, cases[i].timestamp);
        attempt_free(t);
    }
    secret_release(&key);
}

Test(ingest_auth, a_signed_cloudevent_must_not_keep_its_attributes_in_headers) {
    secret key = secret_from_text("k");
    attempt *t = attempt_new("cloudevent");
    t->from.hmac_secrets = &key, t->from.hmac_secret_count = 1;
    attempt_body(t, hello);
    attempt_header(t, "Content-Type", "application/json");
    attempt_header(t, "X-Hub-Signature-256",
                   arena_printf(t->memory, "sha256=%s", crypto_hmac_sha256_hex(t->memory, "k", hello, strlen(hello))));
    expect(t, INGEST_AUTH_MALFORMED, "binary mode");
    cr_expect(strstr(t->error.text, "structured"), "%s", t->error.text);
    attempt_free(t);
    secret_release(&key);
}

Test(ingest_auth, a_routing_key_is_checked_by_the_parser) {
    secret key = secret_from_text(ROUTING_KEY);
    attempt *t = attempt_new("pagerduty-event");
    t->from.routing_keys = &key, t->from.routing_key_count = 1;
    attempt_body(
        t, "{\"routing_key\":\"ffffffffffffffffffffffffffffffff\",\"event_action\":\"resolve\",\"dedup_key\":\"k\"}");
    expect(t, INGEST_AUTH_OK, "the header has nothing to say");
    attempt_parse(t);
    cr_expect(!t->done);
    cr_expect_eq(t->error.kind, ERR_DENIED);
    cr_expect_eq(t->answer.status, 400, "as the original answers");
    cr_expect_str_eq(t->answer.body,
                     "{\"status\":\"invalid event\",\"message\":\"Event object is invalid\",\"errors\":["
                     "\"Invalid routing key\"]}");
    attempt_free(t);
    secret_release(&key);
}
