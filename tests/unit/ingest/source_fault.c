/* Sources that nobody could ever use. */
#include "onus/ingest.h"

#include <criterion/criterion.h>
#include <string.h>

typedef struct fault_case {
    source from;
    const char *rule, *words; /* NULL: none */
    unsigned line;
} fault_case;

Test(source_fault, what_can_never_pass_is_found_read_or_not) {
    static const secret one[] = {{0}};
    static const file_span here = {{7, 3}, 4};
    static const fault_case CASES[] = {
        {{.name = "a", .format = "alertmanager"}, NULL, NULL, 0},
        {{.name = "a", .format = "alertmanger", .format_at = here},
         "unknown-format",
         "did you mean \"alertmanager\"?",
         7},
        {{.name = "a", .format = "x", .format_at = here}, "unknown-format", "there are alertmanager, grafana", 7},
        {{.name = "a", .format = "alertmanager", .secret_at = here}, "never-passes", "`token` instead of `secret`", 7},
        {{.name = "a", .format = "alertmanager", .hmac_secrets = one, .hmac_secret_count = 1},
         "never-passes",
         "secret",
         0},
        {{.name = "a", .format = "pagerduty-webhook", .secret_at = here}, NULL, NULL, 0},
        {{.name = "a", .format = "grafana", .secret_at = here}, NULL, NULL, 0},
        {{.name = "a", .format = "grafana", .routing_keys_at = here}, "never-passes", "no routing key", 7},
        {{.name = "a", .format = "pagerduty-event", .routing_keys_at = here}, NULL, NULL, 0},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        arena *a = arena_new();
        source_fault fault = {0};
        cr_assert_eq(ingest_source_fault(&CASES[i].from, a, &fault), CASES[i].rule != NULL, "%zu", i);
        if (CASES[i].rule) {
            cr_expect_str_eq(fault.rule, CASES[i].rule);
            cr_expect_not_null(strstr(fault.text, CASES[i].words), "%zu: %s", i, fault.text);
            cr_expect_eq(fault.place.at.line, CASES[i].line, "%zu", i);
        }
        arena_free(a);
    }
}
