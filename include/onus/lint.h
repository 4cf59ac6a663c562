/* Lint: the rules by which charts and settings are checked, one row each (src/config/lint_rules.c). A rule's name
 * stands behind every problem that is reported, and in the comments that silence one:
 *
 *     informed: [a, b, c, d, e, f, g, h, i]   # onus: allow many-informed: they share one channel
 *
 * on the line of the problem, or alone on the line above it. Only what leaves the file usable may be allowed, and never
 * without a reason. */
#ifndef ONUS_LINT_H
#define ONUS_LINT_H

#include "onus/diagnostic.h"

typedef enum lint_scope {
    LINT_ANY,
    LINT_CHART,
    LINT_HISTORY,
    LINT_SETTINGS,
    LINT_RULE_FILE,
    LINT_CASES,
    LINT_HANDOFF
} lint_scope;

/* LINT_HISTORY: a chart held against what was recorded, when that is asked. */
typedef struct lint_rule {
    const char *name; /* a-z 0-9 - */
    lint_scope scope; /* the files in which it is found */
    diagnostic_level level;
    bool may_be_allowed;
    const char *doc;  /* a sentence: what is wrong */
    const char *mend; /* a sentence: what to do */
} lint_rule;

enum {
    LINT_CONSULTED_MAX = 3, /* roles of one row; past it many-consulted */
    LINT_INFORMED_MAX = 8,
    LINT_ACCOUNTABLE_PERCENT = 60, /* of the rows, for one team */
    LINT_ACCOUNTABLE_ROWS_MIN = 5, /* a smaller chart is not asked */
    LINT_VERIFIED_DAYS = 180,
};

const lint_rule *lint_rules(size_t *count);
const lint_rule *lint_rule_find(const char *name); /* NULL when unknown */
const char *lint_rule_suggest(const char *name);   /* the nearest rule's name, or NULL */
const char *
lint_scope_to_text(lint_scope scope); /* any file | chart | history | settings | rule file | cases | handoff */

#endif
