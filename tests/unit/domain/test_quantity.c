/* Kubernetes quantities and latencies, as exact numbers. */
#include "domain/quantity.h"

#include <criterion/criterion.h>
#include <stdint.h>

Test(quantity, is_read_exactly) {
    static const struct {
        const char *text;
        int64_t whole, billionths;
    } CASES[] = {
        {"0", 0, 0},
        {"2", 2, 0},
        {"+2.50", 2, 500000000},
        {".5", 0, 500000000},
        {"5.", 5, 0},
        {"500m", 0, 500000000},
        {"100u", 0, 100000},
        {"1n", 0, 1},
        {"0.1n", 0, 1}, /* rounded up */
        {"1k", 1000, 0},
        {"1Ki", 1024, 0},
        {"1.5Gi", 1610612736, 0},
        {"0.5Ki", 512, 0},
        {"1e3", 1000, 0},
        {"1E3", 1000, 0},
        {"12e-1", 1, 200000000},
        {"1E", 1000000000000000000, 0}, /* exa, no exponent */
        {"1.000000000000000Gi", 1073741824, 0},
        {"0.1Ki", 102, 400000000},
        {"-1", -1, 0},
        {"9223372036854775807", INT64_MAX, 0},
        {"7Ei", 8070450532247928832, 0},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        nano value;
        err e = {0};
        cr_assert(quantity_from_text(CASES[i].text, &value, &e), "%s: %s", CASES[i].text, e.text);
        cr_expect(value == (nano)CASES[i].whole * NANO_ONE + CASES[i].billionths, "%s", CASES[i].text);
    }
}

Test(quantity, what_kubernetes_refuses_is_refused) {
    static const char *const WRONG[] = {"",
                                        "Gi",
                                        "1GB",
                                        "1 Gi",
                                        "1gi",
                                        "1Kib",
                                        "1e",
                                        "1e3m",
                                        "1.2.3",
                                        "0x10",
                                        "1e99",
                                        "abc",
                                        "--1",
                                        ".",
                                        "1e3.5",
                                        "8Ei",
                                        "9223372036854775808",
                                        "1,5",
                                        "inf",
                                        "nan",
                                        "1e 3",
                                        "5m ",
                                        "99999999999999999999"};
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        nano value;
        err e = {0};
        cr_expect_not(quantity_from_text(WRONG[i], &value, &e), "%s", WRONG[i]);
        cr_expect(e.text[0], "%s", WRONG[i]);
    }
}

Test(quantity, latencies_have_units) {
    static const struct {
        const char *text;
        int64_t billionths; /* -1: refused */
    } CASES[] = {
        {"12ms", 12000000},   {"12.5ms", 12500000},  {"250us", 250000}, {"250µs", 250000}, {"1.2s", 1200000000},
        {"2m", 120000000000}, {"1h", 3600000000000}, {"5ns", 5},        {"0s", 0},         {"12", -1},
        {"ms", -1},           {"-1ms", -1},          {"1 ms", -1},      {"1min", -1},      {"", -1}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        nano value = -1;
        err e = {0};
        bool done = latency_from_text(CASES[i].text, &value, &e);
        cr_expect_eq(done, CASES[i].billionths >= 0, "%s", CASES[i].text);
        cr_expect(value == CASES[i].billionths, "%s", CASES[i].text);
    }
}
