/* Times as Prometheus, Grafana, PagerDuty and people write them. */
#include "onus/clock.h"

#include <criterion/criterion.h>
#include <string.h>

typedef struct good_time {
    const char *text;
    usec is;
} good_time;

static const good_time good[] = {
    {"1970-01-01T00:00:00Z", 0},
    {"2026-01-02T03:04:05Z", 1767323045000000},
    {"2026-01-02T03:04:05.678Z", 1767323045678000},
    {"2026-01-02T03:04:05.678901234Z", 1767323045678901}, /* Prometheus: nanoseconds */
    {"2026-01-02T03:04:05.1Z", 1767323045100000},
    {"2026-01-02t03:04:05z", 1767323045000000},
    {"2026-01-02 03:04:05Z", 1767323045000000},
    {"2026-01-02T04:04:05+01:00", 1767323045000000},
    {"2026-01-02T03:04:05+0000", 1767323045000000}, /* PagerDuty */
    {"2026-01-01T19:34:05-07:30", 1767323045000000},
    {"2024-02-29T12:00:00Z", 1709208000000000},
    {"2000-02-29T00:00:00Z", 951782400000000},
    {"2016-12-31T23:59:60Z", 1483228800000000}, /* leap second */
    {"1969-12-31T23:59:59.999999Z", -1},
    {"1905-03-01T00:00:00Z", -2046124800000000},
    {"0001-01-01T00:00:00Z", 0}, /* Go's zero time: not set */
    {"0001-01-01T00:00:01Z", -62135596799000000},
    {"9999-12-31T23:59:59Z", 253402300799000000},
};

Test(time, reads_what_the_senders_write) {
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        usec t = 42;
        err e = {0};
        cr_expect(time_from_text(good[i].text, &t, &e), "%s: %s", good[i].text, e.text);
        cr_expect_eq(t, good[i].is, "%s: %lld, not %lld", good[i].text, (long long)t, (long long)good[i].is);
    }
}

static const char *const bad[] = {
    "",
    "now",
    "2026-01-02",
    "2026-01-02T03:04Z",
    "2026-01-02T03:04:05",
    "2026-01-02T03:04:05+1",
    "2026-01-02T03:04:05+01:60",
    "2026-01-02T03:04:05+24:00",
    "2026-01-02T24:00:00Z",
    "2026-01-02T03:60:05Z",
    "2026-01-02T03:04:61Z",
    "2026-13-02T03:04:05Z",
    "2026-00-02T03:04:05Z",
    "2026-01-00T03:04:05Z",
    "2026-04-31T03:04:05Z",
    "2026-02-29T03:04:05Z",
    "1900-02-29T03:04:05Z",
    "2026-01-02T03:04:05.Z",
    "2026-01-02T03:04:05ZZ",
    "2026-01-02T03:04:05Z ",
    " 2026-01-02T03:04:05Z",
    "-026-01-02T03:04:05Z",
    "-2026-01-02T03:04:05Z",
    "+2026-01-02T03:04:05Z",
    "12026-01-02T03:04:05Z",
    "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00+00:01",
    "9999-12-31T23:59:59-00:01",
    "2026-1-2T3:4:5Z",
};

Test(time, refuses_the_rest_and_leaves_the_result_alone) {
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        usec t = 42;
        err e = {0};
        cr_expect(!time_from_text(bad[i], &t, &e), "%s was taken", bad[i]);
        cr_expect_eq(t, 42, "%s", bad[i]);
        cr_expect_eq(e.kind, ERR_INVALID, "%s", bad[i]);
    }
    usec t = 42;
    err e = {0};
    cr_expect(!time_from_text(NULL, &t, &e));
}

typedef struct written_time {
    usec t;
    const char *full, *brief, *mail;
} written_time;

static const written_time written[] = {
    {1767323045678901, "2026-01-02T03:04:05.678Z", "2026-01-02 03:04 UTC", "Fri, 02 Jan 2026 03:04:05 +0000"},
    {1709208000000000, "2024-02-29T12:00:00.000Z", "2024-02-29 12:00 UTC", "Thu, 29 Feb 2024 12:00:00 +0000"},
    {-1, "1969-12-31T23:59:59.999Z", "1969-12-31 23:59 UTC", "Wed, 31 Dec 1969 23:59:59 +0000"},
    {-62135596799000000, "0001-01-01T00:00:01.000Z", "0001-01-01 00:00 UTC", "Mon, 01 Jan 0001 00:00:01 +0000"},
};

Test(time, writes_for_programs_people_and_mail) {
    arena *a = arena_new();
    for (size_t i = 0; i < sizeof written / sizeof *written; i++) {
        cr_expect_str_eq(time_to_text(a, written[i].t), written[i].full);
        cr_expect_str_eq(time_to_short_text(a, written[i].t), written[i].brief);
        cr_expect_str_eq(time_to_mail_text(a, written[i].t), written[i].mail);
    }
    arena_free(a);
}

Test(time, every_day_of_800_years_reads_back) {
    arena *a = arena_new();
    for (usec day = -146097; day < 146097; day++) {
        usec t = day * USEC_PER_DAY + 12345 * USEC_PER_MS, again = 0;
        err e = {0};
        cr_assert(time_from_text(time_to_text(a, t), &again, &e), "%s", e.text);
        cr_assert_eq(again, t);
        arena_reset(a);
    }
    arena_free(a);
}

Test(time, the_ends_of_the_type_are_written_without_harm) {
    arena *a = arena_new();
    cr_expect_not_null(time_to_text(a, INT64_MAX));
    cr_expect_not_null(time_to_mail_text(a, INT64_MIN));
    arena_free(a);
}

Test(time, waits_end_by_the_clock_that_nobody_sets) {
    onus_clock c = clock_system();
    usec before = clock_monotonic(&c);
    struct timespec until = clock_wait_until(1750);
    usec after = clock_monotonic(&c), end = (usec)until.tv_sec * USEC_PER_SECOND + until.tv_nsec / 1000;
    cr_expect(end >= before + 1750 * USEC_PER_MS && end <= after + 1750 * USEC_PER_MS);
    cr_expect(until.tv_nsec >= 0 && until.tv_nsec < 1000000000);
}

Test(time, the_system_clock_moves_on) {
    onus_clock clock = clock_system();
    usec before = clock_monotonic(&clock);
    cr_expect_geq(clock_monotonic(&clock), before);
    cr_expect_gt(clock_now(&clock), INT64_C(1700000000) * USEC_PER_SECOND);
}
