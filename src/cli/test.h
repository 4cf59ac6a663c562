/* Judging cases against a chart, and how the verdicts read. */
#ifndef ONUS_CLI_TEST_H
#define ONUS_CLI_TEST_H

#include "cli/chart_view.h"

#include "onus/cases.h"
#include "onus/decide.h"

/* One key of `expect` that does not hold. */
typedef struct case_failure {
    case_field field;
    const char *expected, *came; /* "mlops-engineer, team:mlops" | "nobody" */
    const char *hint;            /* "the chart has no role …", or "" */
} case_failure;

enum { CASE_NEAR_MAX = 4 };

typedef struct case_verdict {
    const test_case *of;
    route route;
    const case_failure *failures;
    size_t failure_count; /* 0: it holds */
    near_miss near[CASE_NEAR_MAX];
    size_t near_count; /* for the first failures of a run; the row that was expected is among them */
} case_verdict;

typedef struct test_results {
    const char *chart_path;
    const chart *chart;
    case_verdict *verdicts;
    size_t count, failed;
} test_results;

typedef struct test_question {
    const chart *chart;
    const test_case *const *cases; /* those of one file lie together */
    size_t count;
    usec now; /* for cases without a time */
} test_question;

/* Pure. All in the arena, pointing into cases and chart. */
void cases_judge(const test_question *q, arena *a, test_results *out);

void test_print_text(const cli *c, const test_results *r, bool verbose);
void test_print_json(const cli *c, const test_results *r);
/* JUnit's XML, as CI systems read it: a suite a file, a testcase a case. */
void test_put_junit(buf *b, arena *a, const test_results *r);

/* "row X (file:line): 1 of 2 matchers fit; fails: …" */
const char *case_near_text(arena *a, const test_results *r, const near_miss *m);
/* "responsible: expected …, came …; hint" */
const char *case_failure_text(arena *a, const case_failure *f);

#endif
