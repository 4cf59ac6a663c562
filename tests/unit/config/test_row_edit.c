/* The row edits against misroutes: recorded incidents and a chart → the YAML to paste, and what it would have done. */
#include "support.h"

#include "onus/json.h"
#include "onus/row_edit.h"
#include "onus/text.h"

#include <criterion/criterion.h>
#include <string.h>

enum { INCIDENTS_MAX = 64 };

typedef struct past {
    const char *activity, *moved_to, *labels; /* "a=b c=d" */
    int times;
} past;

typedef struct story {
    arena *memory;
    routed_incident all[INCIDENTS_MAX];
    size_t count;
    row_edit *edits;
    size_t edit_count;
} story;

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

static const char ROWS[] = "  - id: jobs\n"
                           "    name: Jobs\n"
                           "    loop: system\n"
                           "    match: [kind = job]\n"
                           "    responsible: mlops-engineer\n"
                           "    accountable: head-of-mlops\n"
                           "  - { id: late, loop: platform, match: [namespace = ml], responsible: mlops-engineer, "
                           "accountable: head-of-mlops }\n"
                           "  - { id: models, loop: science, match: [kind = model], responsible: ml-engineer, "
                           "accountable: head-of-mlops }\n";

static void tell(story *s, const char *rows, const past *what, size_t count) {
    *s = (story){.memory = arena_new()};
    for (size_t i = 0; i < count; i++)
        for (int n = 0; n < what[i].times; n++) {
            cr_assert_lt(s->count, INCIDENTS_MAX);
            s->all[s->count] = (routed_incident){(int64_t)s->count + 1, what[i].activity, what[i].moved_to,
                                                 set_of(s->memory, what[i].labels)};
            s->count++;
        }
    err e = {0};
    cr_assert(row_edits_find(chart_text(s->memory, rows), s->all, s->count, s->memory, &s->edits, &s->edit_count, &e),
              "%s", e.text);
}

#define TELL(s, rows, ...)                                                                                             \
    tell((s), (rows), (const past[]){__VA_ARGS__}, sizeof((const past[]){__VA_ARGS__}) / sizeof(past))

Test(row_edit, a_row_for_what_differs) {
    story s;
    TELL(&s, ROWS, {"jobs", "ml-engineer", "kind=job namespace=ml", 5}, {"jobs", "", "kind=job namespace=web", 40});
    cr_assert_eq(s.edit_count, 1);
    const row_edit *x = s.edits;
    cr_expect_str_eq(x->problem, "");
    cr_expect_eq(x->moved, 5);
    cr_expect_eq(x->kept, 40);
    cr_expect_str_eq(x->difference, "namespace = ml in 5 of 5 moved and 0 of 40 kept");
    cr_expect_str_eq(x->where, "before row \"jobs\"");
    cr_expect_str_eq(x->yaml, "  - id: jobs-ml-engineer\n"
                              "    name: 'Jobs (ml-engineer)'\n"
                              "    loop: science\n"
                              "    match:\n"
                              "      - ['kind = job', 'namespace = ml']\n"
                              "    responsible: ml-engineer\n"
                              "    accountable: head-of-mlops\n");
    cr_expect_eq(x->rightly, 5);
    cr_expect_eq(x->wrongly, 0);
    cr_expect_eq(x->missed, 0);
    arena_free(s.memory);
}

/* Pasted where it says, the chart loads, and routes them rightly. */
Test(row_edit, what_is_printed_can_be_pasted) {
    story s;
    TELL(&s, ROWS, {"jobs", "ml-engineer", "kind=job it's=x:y team=a\"b\\c", 3}, {"jobs", "", "kind=job it's=z", 4});
    cr_assert_eq(s.edit_count, 1);
    const char *yaml = s.edits[0].yaml;
    diagnostics d;
    chart *c = load_text(chart_text(s.memory, arena_printf(s.memory, "%s%s", yaml, ROWS)), &d);
    cr_assert_not_null(c, "%s\n%s", yaml, report(s.memory, &d));
    route r;
    chart_route(c, &(route_question){.set = s.all[0].labels, .identity = ""}, s.memory, &r);
    cr_expect_str_eq(r.raci.responsible[0].role, "ml-engineer", "%s", yaml);
    chart_route(c, &(route_question){.set = s.all[3].labels, .identity = ""}, s.memory, &r);
    cr_expect_str_eq(r.row->id, "jobs");
    chart_unref(c);
    diagnostics_release(&d);
    arena_free(s.memory);
}

/* It stands before the row, and takes nothing from the rows below it, seen or not. */
Test(row_edit, only_narrows_the_row) {
    story s;
    TELL(&s, ROWS, {"jobs", "ml-engineer", "kind=job namespace=ml", 5}, {"jobs", "", "kind=job namespace=web", 5},
         {"late", "", "namespace=ml", 5});
    cr_assert_eq(s.edit_count, 1);
    cr_expect_str_eq(s.edits[0].difference, "namespace = ml in 5 of 5 moved and 0 of 5 kept");
    cr_expect(strstr(s.edits[0].yaml, "['kind = job', 'namespace = ml']") != NULL, "%s", s.edits[0].yaml);
    cr_expect_eq(s.edits[0].wrongly, 0);
    arena_free(s.memory);
}

/* Of a row with several lists those that claimed the moved ones are kept; what stands there already is not said twice.
 */
Test(row_edit, narrows_the_lists_that_claimed_them) {
    static const char LISTS[] = "  - id: jobs\n"
                                "    loop: system\n"
                                "    match:\n"
                                "      - [kind = job]\n"
                                "      - ['alertname =~ \"Job.*\"', namespace != \"\"]\n"
                                "      - [kind = other]\n"
                                "    responsible: mlops-engineer\n"
                                "    accountable: head-of-mlops\n";
    story s;
    TELL(&s, LISTS, {"jobs", "ml-engineer", "kind=job namespace=ml", 1},
         {"jobs", "ml-engineer", "alertname=JobLate namespace=ml", 1}, {"jobs", "", "kind=job", 2},
         {"jobs", "", "kind=other", 2});
    cr_assert_eq(s.edit_count, 1);
    cr_expect(strstr(s.edits[0].yaml, "    match:\n"
                                      "      - ['kind = job', 'namespace = ml']\n"
                                      "      - ['alertname =~ \"Job.*\"', 'namespace != \"\"', 'namespace = ml']\n"
                                      "    responsible") != NULL,
              "%s", s.edits[0].yaml);
    cr_expect_eq(s.edits[0].rightly, 2);
    arena_free(s.memory);
}

Test(row_edit, nothing_separates_them) {
    story s;
    TELL(&s, ROWS, {"jobs", "ml-engineer", "kind=job namespace=ml", 2}, {"jobs", "", "kind=job namespace=ml", 9});
    cr_assert_eq(s.edit_count, 1);
    cr_expect_str_eq(s.edits[0].problem, "No label tells them apart from those that stayed.");
    cr_expect_str_eq(s.edits[0].yaml, "");
    arena_free(s.memory);
}

Test(row_edit, all_of_a_row_went_elsewhere) {
    story s;
    TELL(&s, ROWS, {"jobs", "ml-engineer", "kind=job namespace=ml", 2}, {"jobs", "ml-engineer", "kind=job", 1});
    cr_assert_eq(s.edit_count, 1);
    cr_expect_str_eq(s.edits[0].where, "in row \"jobs\"");
    cr_expect_str_eq(s.edits[0].yaml, "responsible: ml-engineer\naccountable: head-of-mlops\n");
    cr_expect_eq(s.edits[0].rightly, 3);
    cr_expect_eq(s.edits[0].wrongly, 0);
    arena_free(s.memory);
}

Test(row_edit, what_no_row_claims_gets_a_row_at_the_end) {
    story s;
    TELL(&s, ROWS, {"unowned", "ml-engineer", "alertname=Drift", 2}, {"unowned", "", "alertname=Disk", 3});
    cr_assert_eq(s.edit_count, 1);
    cr_expect_str_eq(s.edits[0].where, "after the last row");
    cr_expect(strstr(s.edits[0].yaml, "- id: unowned-ml-engineer\n") != NULL, "%s", s.edits[0].yaml);
    cr_expect_eq(s.edits[0].rightly, 2);
    cr_expect_eq(s.edits[0].wrongly, 0);
    arena_free(s.memory);
}

/* The chart has been mended since, or the row has gone: what it gets right by now needs no edit. */
Test(row_edit, only_what_the_chart_still_gets_wrong) {
    story s;
    TELL(&s, ROWS, {"jobs", "ml-engineer", "kind=model", 5}, {"gone", "", "kind=job", 5});
    cr_expect_eq(s.edit_count, 0);
    arena_free(s.memory);
}

Test(row_edit, says_why_the_chart_would_not_take_it) {
    static const char A_R[] = "  - { id: jobs, loop: system, match: [kind = job], A/R: mlops-engineer }\n";
    story s;
    TELL(&s, A_R, {"jobs", "ml-engineer", "kind=job", 2});
    cr_assert_eq(s.edit_count, 1);
    cr_expect(text_starts_with(s.edits[0].problem, "The chart would not take the edit: "), "%s", s.edits[0].problem);
    cr_expect_str_eq(s.edits[0].yaml, "");
    arena_free(s.memory);
    TELL(&s, ROWS, {"jobs", "dissolved", "kind=job a=b", 2}, {"jobs", "", "kind=job", 2});
    cr_expect_str_eq(s.edits[0].problem, "The chart has no such role any more.");
    arena_free(s.memory);
}

Test(row_edit, most_misroutes_first_and_ids_of_their_own) {
    static const char TAKEN[] = "  - { id: jobs-ml-engineer, loop: system, match: [x = y], responsible: "
                                "mlops-engineer, accountable: head-of-mlops }\n";
    story s;
    arena *a = arena_new();
    TELL(&s, arena_printf(a, "%s%s", ROWS, TAKEN), {"late", "ml-engineer", "namespace=ml k=1", 1},
         {"late", "", "namespace=ml", 1}, {"jobs", "ml-engineer", "kind=job a=b", 3}, {"jobs", "", "kind=job", 2});
    cr_assert_eq(s.edit_count, 2);
    cr_expect_str_eq(s.edits[0].activity, "jobs");
    cr_expect(strstr(s.edits[0].yaml, "id: jobs-ml-engineer-2\n") != NULL, "%s", s.edits[0].yaml);
    cr_expect_str_eq(s.edits[1].activity, "late");
    arena_free(a);
    arena_free(s.memory);
}

/* Several edits are compiled together; one that the chart does not take must not spoil the others. */
Test(row_edit, each_is_judged_by_itself) {
    static const char MORE[] = "  - { id: own, loop: system, match: [kind = own], A/R: mlops-engineer }\n";
    story s;
    arena *a = arena_new();
    TELL(&s, arena_printf(a, "%s%s", ROWS, MORE), {"own", "ml-engineer", "kind=own", 5},
         {"jobs", "ml-engineer", "kind=job ns=ml", 3}, {"jobs", "head-of-mlops", "kind=job ns=hq", 2},
         {"jobs", "", "kind=job ns=web", 4}, {"unowned", "ml-engineer", "ns=ml", 1}, {"unowned", "", "ns=web", 1});
    static const struct {
        const char *activity, *to;
        size_t rightly;
        bool refused;
    } expected[] = {{"own", "ml-engineer", 0, true},
                    {"jobs", "ml-engineer", 3, false},
                    {"jobs", "head-of-mlops", 0, true}, /* it would be Responsible and Accountable */
                    {"unowned", "ml-engineer", 1, false}};
    cr_assert_eq(s.edit_count, 4);
    for (size_t i = 0; i < 4; i++) {
        cr_expect_str_eq(s.edits[i].activity, expected[i].activity);
        cr_expect_str_eq(s.edits[i].to, expected[i].to);
        cr_expect_eq(s.edits[i].rightly, expected[i].rightly, "%zu: %zu", i, s.edits[i].rightly);
        cr_expect_eq(s.edits[i].wrongly, 0);
        cr_expect_eq(s.edits[i].problem[0] != '\0', expected[i].refused, "%zu: %s", i, s.edits[i].problem);
    }
    arena_free(a);
    arena_free(s.memory);
}

Test(row_edit, several_together) {
    story s;
    TELL(&s, ROWS, {"jobs", "ml-engineer", "kind=job ns=ml", 3}, {"jobs", "", "kind=job ns=web", 4},
         {"late", "ml-engineer", "namespace=ml a=b", 2}, {"late", "", "namespace=ml a=c", 4},
         {"unowned", "ml-engineer", "x=y", 1}, {"unowned", "", "x=z", 1});
    cr_assert_eq(s.edit_count, 3);
    for (size_t i = 0; i < 3; i++) {
        cr_expect_str_eq(s.edits[i].problem, "");
        cr_expect_eq(s.edits[i].rightly, s.edits[i].moved);
        cr_expect_eq(s.edits[i].wrongly + s.edits[i].missed, 0);
    }
    arena_free(s.memory);
}

Test(row_edit, of_a_chart_that_does_not_load) {
    arena *a = arena_new();
    row_edit *edits;
    size_t count;
    err e = {0};
    cr_expect_not(row_edits_find("version: 2\n", NULL, 0, a, &edits, &count, &e));
    cr_expect_eq(e.kind, ERR_INVALID);
    arena_free(a);
}

Test(row_edit, as_json_with_the_report) {
    story s;
    TELL(&s, ROWS, {"jobs", "ml-engineer", "kind=job a=\"", 1}, {"jobs", "", "kind=job", 1});
    buf b;
    buf_init(&b);
    row_edits_put_json(&b, s.edits, s.edit_count);
    err e = {0};
    const char *whole = report_with_edits(s.memory, "{\"incidents\" : 2}", b.data);
    cJSON *json = json_parse(whole, strlen(whole), &e);
    cr_assert_not_null(json, "%s: %s", e.text, whole);
    const cJSON *edit = cJSON_GetArrayItem(json_member(json, "edits"), 0);
    cr_expect_eq(json_int(json, "incidents", 0), 2);
    cr_expect_eq(json_int(edit, "rightly", 0), 1);
    cr_expect_str_eq(cJSON_GetStringValue(json_member(edit, "to_name")), "ml-engineer");
    cJSON_Delete(json);
    buf_release(&b);
    arena_free(s.memory);
}
