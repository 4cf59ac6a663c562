/* Label sets: order, later wins, lookup, Alertmanager's fingerprint. */
#include "onus/labels.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

Test(labels, sorted_once_each_without_empty_values) {
    arena *a = arena_new();
    const label pairs[] = {{"b", "1"}, {"a", "x"}, {"b", "2"}, {"c", ""}, {"a", ""}, {"d", "4"}};
    labels set = labels_from_pairs(a, pairs, 6);
    cr_assert_eq(set.count, 2);
    cr_expect_str_eq(set.items[0].name, "b");
    cr_expect_str_eq(set.items[0].value, "2", "of a name given twice the later wins");
    cr_expect_str_eq(labels_get(set, "a"), "", "an empty later value removes");
    cr_expect_str_eq(labels_get(set, "d"), "4");
    cr_expect_eq(labels_from_pairs(a, NULL, 0).count, 0);
    arena_free(a);
}

Test(labels, found_in_large_sets) {
    arena *a = arena_new();
    label pairs[100];
    for (int i = 0; i < 100; i++)
        pairs[i] = (label){arena_printf(a, "n%03d", 99 - i), arena_printf(a, "v%d", 99 - i)};
    labels set = labels_from_pairs(a, pairs, 100);
    for (int i = 0; i < 100; i++)
        cr_expect_str_eq(labels_get(set, arena_printf(a, "n%03d", i)), arena_printf(a, "v%d", i));
    cr_expect_str_eq(labels_get(set, "n"), "");
    cr_expect_str_eq(labels_get(set, "z"), "");
    arena_free(a);
}

Test(labels, with_adds_replaces_and_removes) {
    arena *a = arena_new();
    labels set = {0};
    set = labels_with(a, set, "m", "1");
    set = labels_with(a, set, "a", "2");
    set = labels_with(a, set, "z", "3");
    set = labels_with(a, set, "m", "4");
    cr_assert_eq(set.count, 3);
    cr_expect_str_eq(set.items[1].value, "4");
    cr_expect_eq(labels_with(a, set, "m", "").count, 2);
    cr_expect_eq(labels_with(a, set, "none", "").count, 3);
    cr_expect(labels_equal(set, labels_copy(a, set)));
    cr_expect_not(labels_equal(set, labels_with(a, set, "m", "5")));
    arena_free(a);
}

/* Values of prometheus/common's own tests (model/signature_test.go). */
Test(labels, fingerprint_is_alertmanagers) {
    arena *a = arena_new();
    cr_expect_eq(labels_fingerprint((labels){0}), UINT64_C(14695981039346656037));
    const label pairs[] = {{"name", "garland, briggs"}, {"fear", "love is not enough"}};
    cr_expect_eq(labels_fingerprint(labels_from_pairs(a, pairs, 2)), UINT64_C(5799056148416392346));
    arena_free(a);
}

Test(labels, json_both_ways) {
    arena *a = arena_new();
    const label pairs[] = {{"name", "a \"b\"\n"}, {"größe", "<!channel>"}};
    labels set = labels_from_pairs(a, pairs, 2), back;
    buf b;
    buf_init(&b);
    labels_put_json(&b, set);
    err e;
    cr_assert(labels_from_json(a, b.data, &back, &e));
    cr_expect(labels_equal(set, back));
    cr_expect_not(labels_from_json(a, "{\"a\":1}", &back, &e));
    cr_expect_not(labels_from_json(a, "[]", &back, &e));
    cr_expect_not(labels_from_json(a, "{\"a\":", &back, &e));
    buf_release(&b);
    arena_free(a);
}
