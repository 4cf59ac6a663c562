/* Files of cases: what is read, and every mistake with its place. */
#include "onus/cases.h"
#include "support.h"

#include <criterion/criterion.h>
#include <string.h>

static bool load(arena *a, const char *text, test_cases *out, diagnostics *d) {
    diagnostics_init(d);
    return cases_load_bytes(&(cases_text){text, strlen(text), "cases.yaml"}, a, out, d);
}

Test(cases, every_key_is_read) {
    arena *a = arena_new();
    diagnostics d;
    test_cases all = {0};
    cr_assert(load(a,
                   "version: 1\n"
                   "cases:\n"
                   "  - name: night\n"
                   "    labels: { alertname: Drift, model: fraud, empty: \"\", version: 1.10 }\n"
                   "    at: 2026-03-01T02:00:00Z\n"
                   "    handoff: accepted\n"
                   "    handoff_version: 7\n"
                   "    expect:\n"
                   "      loop: system\n"
                   "      row: degraded\n"
                   "      service: []\n"
                   "      severity: critical\n"
                   "      responsible: [a, team:b]\n"
                   "      accountable: c\n"
                   "      consulted: []\n"
                   "      informed: d\n"
                   "      paged: [\"mail:x@example.com\"]\n"
                   "      group: g\n",
                   &all, &d),
              "%s", report(a, &d));
    cr_assert_eq(all.count, 1);
    const test_case *c = &all.items[0];
    cr_expect_str_eq(c->name, "night");
    cr_expect_eq(c->at.line, 3);
    cr_expect_eq(c->moment, (usec)1772330400 * USEC_PER_SECOND);
    cr_expect_eq(c->labels.count, 5, "an empty label is a missing one");
    cr_expect_str_eq(labels_get(c->labels, "version"), "1.10", "as it is written");
    cr_expect_str_eq(labels_get(c->labels, "handoff"), "accepted");
    cr_expect_str_eq(labels_get(c->labels, "handoff_version"), "7");
    for (int f = 0; f < CASE_FIELD_COUNT; f++)
        cr_expect(c->expect[f].given, "%s", case_field_to_text((case_field)f));
    cr_expect_eq(c->expect[CASE_SERVICE].count, 0);
    cr_expect_eq(c->expect[CASE_CONSULTED].count, 0);
    cr_expect_str_eq(c->expect[CASE_RESPONSIBLE].words[1], "team:b");
    cr_expect_eq(c->expect[CASE_INFORMED].at.line, 16);
    diagnostics_release(&d);
    arena_free(a);
}

Test(cases, what_is_left_out_is_not_checked) {
    arena *a = arena_new();
    diagnostics d;
    test_cases all = {0};
    cr_assert(load(a, "version: 1\ncases: [{ name: x, labels: { a: b }, expect: { loop: system } }]\n", &all, &d));
    for (int f = 0; f < CASE_FIELD_COUNT; f++)
        cr_expect_eq(all.items[0].expect[f].given, f == CASE_LOOP);
    cr_expect_eq(all.items[0].moment, 0);
    diagnostics_release(&d);
    arena_free(a);
}

/* Around one case: `- { name: x, labels: { a: b }, expect: { loop: system } }` with something wrong. */
typedef struct mistake {
    const char *text, *at, *says;
} mistake;

#define HEAD "version: 1\ncases:\n"

static const mistake MISTAKES[] = {
    {"cases: []\n", "1:1", "version: 1"},
    {"version: 2\ncases: []\n", "1:10", "version: 1"},
    {"version: 1\ncase: []\n", "2:1", "did you mean \"cases\"?"},
    {"version: 1\n", "1:1", "`cases` must be a list"},
    {"- x\n", "1:1", "must be a map"},
    {HEAD "  - x\n", "3:5", "a case must be a map"},
    {HEAD "  - { labels: { a: b }, expect: { loop: system } }\n", "3:5", "`name` is missing"},
    {HEAD "  - { name: x, expect: { loop: system } }\n", "3:5", "`labels` is missing"},
    {HEAD "  - { name: x, labels: { a: b } }\n", "3:5", "expects nothing"},
    {HEAD "  - { name: x, labels: { a: b }, expect: {} }\n", "3:42", "expects nothing"},
    {HEAD "  - { name: x, lables: { a: b }, labels: { a: b }, expect: { loop: system } }\n", "3:16",
     "did you mean \"labels\"?"},
    {HEAD "  - { name: x, labels: { a: b }, expect: { respnsible: y } }\n", "3:44", "did you mean \"responsible\"?"},
    {HEAD "  - { name: x, labels: { a: b }, expect: { loop: sience } }\n", "3:50", "did you mean \"science\"?"},
    {HEAD "  - { name: x, labels: { a: b }, expect: { severity: page } }\n", "3:54", "critical, warning, info"},
    {HEAD "  - { name: x, labels: { a: b }, expect: { loop: [] } }\n", "3:50", "never empty"},
    {HEAD "  - { name: x, labels: { a: b }, expect: { accountable: [] } }\n", "3:57", "never empty"},
    {HEAD "  - { name: x, labels: { a: b }, expect: { row: [a, b] } }\n", "3:49", "one word"},
    {HEAD "  - { name: x, labels: { a: b }, at: noon, expect: { loop: system } }\n", "3:38",
     "\"noon\" is not a time; write it as 2026-01-02T03:04:05Z\n"},
    {HEAD "  - { name: x, labels: { a: b }, handoff: acepted, expect: { loop: system } }\n", "3:43",
     "did you mean \"accepted\"?"},
    {HEAD "  - { name: x, labels: { handoff: none }, handoff: none, expect: { loop: system } }\n", "3:52",
     "among the labels"},
    {HEAD "  - { name: x, labels: { a: [b] }, expect: { loop: system } }\n", "3:29", "must be a text"},
    {HEAD "  - { name: x, labels: { a: }, expect: { loop: system } }\n", "3:", "must be a text"},
    {HEAD "  - { name: x, labels: { a: b }, expect: { loop: system } }\n"
          "  - { name: x, labels: { a: b }, expect: { loop: system } }\n",
     "4:13", "line 3"},
};

Test(cases, every_mistake_has_its_place_and_says_how_to_mend_it) {
    for (size_t i = 0; i < sizeof MISTAKES / sizeof *MISTAKES; i++) {
        const mistake *m = &MISTAKES[i];
        arena *a = arena_new();
        diagnostics d;
        test_cases all = {0};
        cr_expect(!load(a, m->text, &all, &d), "%s", m->text);
        const char *found = report(a, &d);
        cr_expect(strstr(found, m->at) && strstr(found, m->says), "%s\n→ %s (%s, %s)", m->text, found, m->at, m->says);
        cr_expect_eq(all.count, 0);
        diagnostics_release(&d);
        arena_free(a);
    }
}

Test(cases, all_mistakes_come_in_one_run) {
    arena *a = arena_new();
    diagnostics d;
    test_cases all = {0};
    cr_expect(!load(a, HEAD "  - { name: x, labels: { a: b }, expect: { lop: system } }\n  - { name: y }\n", &all, &d));
    cr_expect_eq(d.errors, 3, "%s", report(a, &d));
    diagnostics_release(&d);
    arena_free(a);
}

Test(cases, a_key_given_twice_hides_no_other_mistake) {
    arena *a = arena_new();
    diagnostics d;
    test_cases all = {0};
    cr_expect(!load(a,
                    "version: 1\n" HEAD "  - { name: x, labels: { a: b }, expect: { lop: system } }\n"
                    "cases:\n  - { name: y }\n",
                    &all, &d));
    cr_expect_eq(d.errors, 5, "two keys, one unknown, and what y lacks:\n%s", report(a, &d));
    diagnostics_release(&d);
    arena_free(a);
}
