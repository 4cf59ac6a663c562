/* The text form of figures: types, escaping, cumulative buckets. (promtool reads the whole page in the end-to-end
 * tests.) */
#include "onus/metrics.h"

#include <criterion/criterion.h>
#include <string.h>

Test(metrics, samples_escape_label_values) {
    buf b;
    buf_init(&b);
    const char *pairs[] = {"channel", "a\"b\\c\nd", NULL};
    metric_put_family(&b, "x_total", METRIC_COUNTER, "What it counts.");
    metric_put_sample(&b, "x_total", pairs, 3);
    metric_put_sample(&b, "x_total", NULL, 0.25);
    cr_expect_str_eq(b.data, "# HELP x_total What it counts.\n# TYPE x_total counter\n"
                             "x_total{channel=\"a\\\"b\\\\c\\nd\"} 3\nx_total 0.25\n");
    buf_release(&b);
}

Test(metrics, a_clock_that_was_set_back_takes_nothing_away) {
    histogram h = {0};
    histogram_observe(&h, -USEC_PER_HOUR);
    buf b;
    buf_init(&b);
    histogram_put(&b, "x_seconds", NULL, &h);
    cr_expect(strstr(b.data, "x_seconds_sum 0.000000\n") && strstr(b.data, "x_seconds_count 1\n"));
    buf_release(&b);
}

Test(metrics, histogram_buckets_are_cumulative) {
    histogram h = {0};
    histogram_observe(&h, 1500); /* 1.5 ms */
    histogram_observe(&h, 1500);
    histogram_observe(&h, 100 * USEC_PER_SECOND); /* past every bound */
    buf b;
    buf_init(&b);
    histogram_put(&b, "x_seconds", NULL, &h);
    cr_expect(strstr(b.data, "x_seconds_bucket{le=\"0.001\"} 0\n"));
    cr_expect(strstr(b.data, "x_seconds_bucket{le=\"0.002\"} 2\n"));
    cr_expect(strstr(b.data, "x_seconds_bucket{le=\"60\"} 2\n"));
    cr_expect(strstr(b.data, "x_seconds_bucket{le=\"+Inf\"} 3\n"));
    cr_expect(strstr(b.data, "x_seconds_sum 100.003000\n"));
    cr_expect(strstr(b.data, "x_seconds_count 3\n"));
    buf_release(&b);
}
