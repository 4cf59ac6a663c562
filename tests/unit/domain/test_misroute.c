/* What tells the labels of moved incidents apart from those that stayed: tables of labels as people write them. */
#include "onus/misroute.h"
#include "onus/text.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { SETS_MAX = 64 };

/* "a=b c=d" */
static labels set_of(arena *a, const char *text) {
    label pairs[16];
    size_t count = 0;
    char *save = NULL, *copy = arena_strdup(a, text);
    for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        char *equals = strchr(word, '=');
        *equals = '\0';
        pairs[count++] = (label){word, equals + 1};
    }
    return labels_from_pairs(a, pairs, count);
}

static size_t sets_of(arena *a, const char *const *texts, labels *out) {
    size_t count = 0;
    for (; texts[count] != NULL; count++)
        out[count] = set_of(a, texts[count]);
    return count;
}

static const char *found(arena *a, const char *const *these, const char *const *others) {
    labels moved[SETS_MAX], kept[SETS_MAX];
    size_t moved_count = sets_of(a, these, moved), kept_count = sets_of(a, others, kept);
    separation s;
    labels_separate(moved, moved_count, kept, kept_count, a, &s);
    buf b;
    buf_init(&b);
    for (size_t i = 0; i < s.count; i++) {
        buf_puts(&b, i > 0 ? " | " : "");
        matchers_print(&b, &s.lists[i]);
        buf_printf(&b, " (%zu)", s.covered[i]);
    }
    const char *text = buf_to_arena(&b, a);
    buf_release(&b);
    return text;
}

#define SETS(...) ((const char *const[]){__VA_ARGS__, NULL})

Test(misroute, what_tells_them_apart) {
    const struct {
        const char *why;
        const char *const *these, *const *others;
        const char *expected;
    } cases[] = {
        {"one value", SETS("ns=ml job=a", "ns=ml job=b"), SETS("ns=web job=a", "ns=web job=c"), "ns = ml (2)"},
        {"that a label is there, whatever its value", SETS("ns=x gpu=1", "ns=x gpu=2"), SETS("ns=x", "ns=x"),
         "gpu != \"\" (2)"},
        {"that a label is missing", SETS("ns=x", "ns=x kind=a"), SETS("ns=x owner=a kind=a", "ns=x owner=b"),
         "owner = \"\" (2)"},
        {"two together", SETS("ns=ml kind=job", "ns=ml kind=job"), SETS("ns=ml kind=pod", "ns=web kind=job"),
         "kind = job, ns = ml (2)"},
        {"several beside one another", SETS("ns=a x=1", "ns=a x=2", "ns=b x=1"), SETS("ns=c x=1", "ns=c x=2"),
         "ns = a (2) | ns = b (1)"},
        {"of equals the label with the fewest values, and not a single thing",
         SETS("app=train pod=p1", "app=train pod=p1"), SETS("app=serve pod=p2", "app=serve pod=p3"), "app = train (2)"},
        {"a value rather than a presence", SETS("zone=a gpu=1", "zone=a gpu=1"), SETS("zone=b", "zone=b"),
         "gpu = 1 (2)"},
        {"only the part that can be told apart", SETS("ns=a", "ns=b", "ns=b"), SETS("ns=a", "ns=c"), "ns = b (2)"},
        {"the same labels", SETS("ns=a", "ns=b"), SETS("ns=a", "ns=b"), ""},
        {"nothing but what the others have, too", SETS("ns=a"), SETS("ns=a kind=x", "ns=a kind=y"), "kind = \"\" (1)"},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        arena *a = arena_new();
        const char *text = found(a, cases[c].these, cases[c].others);
        cr_expect_str_eq(text, cases[c].expected, "%s: %s", cases[c].why, text);
        arena_free(a);
    }
}

/* What is found is true: it holds for as many as it says, and for none of the others. */
Test(misroute, what_is_found_holds) {
    arena *a = arena_new();
    unsigned seed = 7;
    for (int round = 0; round < 200; round++) {
        labels these[SETS_MAX], others[SETS_MAX];
        size_t counts[2] = {0};
        for (int i = 0; i < 40; i++) {
            seed = seed * 1103515245 + 12345;
            unsigned r = seed >> 8;
            const char *text = arena_printf(a, "a=%u b=%u c=%u", r % 3, r / 3 % 4, r / 12 % 5);
            bool is_moved = r / 60 % 3 == 0;
            (is_moved ? these : others)[counts[!is_moved]++] = set_of(a, text);
        }
        separation s;
        labels_separate(these, counts[0], others, counts[1], a, &s);
        size_t covered = 0;
        for (size_t i = 0; i < counts[0]; i++) {
            bool any = false;
            for (size_t l = 0; l < s.count; l++)
                any = any || matchers_match(&s.lists[l], these[i]);
            covered += any;
        }
        cr_assert_eq(covered, s.total);
        for (size_t i = 0; i < counts[1]; i++)
            for (size_t l = 0; l < s.count; l++)
                cr_assert_not(matchers_match(&s.lists[l], others[i]));
    }
    arena_free(a);
}

/* Thousands of incidents with labels of their own: bounded, and what is common is still found. */
Test(misroute, many_incidents_with_many_values) {
    enum { MANY = 3000 };
    arena *a = arena_new();
    labels *these = ARENA_ARRAY(a, labels, MANY), *others = ARENA_ARRAY(a, labels, MANY);
    for (int i = 0; i < MANY; i++) {
        these[i] = set_of(a, arena_printf(a, "ns=ml pod=p%d node=n%d id=%d", i, i % 50, i * 7));
        others[i] = set_of(a, arena_printf(a, "ns=web%d pod=q%d node=n%d id=%d", i % 9, i, i % 50, i * 7 + 1));
    }
    separation s;
    labels_separate(these, 1000, others, MANY, a, &s);
    cr_assert_eq(s.count, 1);
    cr_expect_str_eq(s.lists[0].items[0].value, "ml");
    cr_expect_eq(s.total, 1000);
    arena_free(a);
}

Test(misroute, nothing_to_tell_apart) {
    arena *a = arena_new();
    labels one = set_of(a, "a=b");
    separation s;
    labels_separate(&one, 0, &one, 1, a, &s);
    cr_expect_eq(s.count, 0);
    labels empty = {0};
    labels_separate(&empty, 1, &empty, 1, a, &s);
    cr_expect_eq(s.count, 0);
    arena_free(a);
}
