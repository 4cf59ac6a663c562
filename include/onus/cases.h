/* Cases: what people expect of a chart, written down in YAML (docs/testing-charts.md). Read by config, judged by the
 * command line's test. */
#ifndef ONUS_CASES_H
#define ONUS_CASES_H

#include "onus/diagnostic.h"

/* What a case may expect; each is a key of `expect`. */
typedef enum case_field {
    CASE_LOOP,
    CASE_ROW,
    CASE_SERVICE,
    CASE_SEVERITY,
    CASE_RESPONSIBLE,
    CASE_ACCOUNTABLE,
    CASE_CONSULTED,
    CASE_INFORMED,
    CASE_PAGED,
    CASE_GROUP,
    CASE_FIELD_COUNT
} case_field;

const char *case_field_to_text(case_field f); /* loop | row | … */

/* Words as they are written; whether the chart knows them is the judge's to say. */
typedef struct case_expectation {
    bool given; /* false: not checked */
    const char *const *words;
    size_t count; /* 0: none is expected */
    file_position at;
} case_expectation;

typedef struct test_case {
    const char *file, *name;                   /* a name occurs once in a file */
    file_position at;                          /* of the name */
    labels labels;                             /* the alert's, with handoff and handoff_version */
    usec moment;                               /* when it begins; 0: not said */
    case_expectation expect[CASE_FIELD_COUNT]; /* at least one is given */
} test_case;

typedef struct test_cases {
    test_case *items;
    size_t count;
} test_cases;

enum {
    CASES_BYTES_MAX = 8 * 1024 * 1024,
    CASES_MAX = 20000, /* in one file */
    CASE_WORDS_MAX = 64,
    CASE_NAME_BYTES = 300,
};

/* All problems in one run, with their places; false when there is any error. Results in the arena. */
MUST_USE bool cases_load(const char *path, arena *a, test_cases *out, diagnostics *d);

typedef struct cases_text {
    const char *bytes;
    size_t len;
    const char *path; /* for the diagnostics and the cases */
} cases_text;
MUST_USE bool cases_load_bytes(const cases_text *text, arena *a, test_cases *out, diagnostics *d);

#endif
