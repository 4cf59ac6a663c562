/* Alerting rules of Prometheus rule files: what may fire, known before it fires. Read by config, used by the command
 * line's coverage and diff. (prometheus.io/docs/prometheus/latest/configuration/alerting_rules) */
#ifndef ONUS_RULES_H
#define ONUS_RULES_H

#include "onus/diagnostic.h"

typedef struct alert_rule {
    const char *file;
    file_position at;  /* of the alert's name */
    const char *group; /* "" where the file has no groups */
    labels labels;     /* alertname and the rule's own labels; a templated value stays as it is written */
    const char *summary, *expression; /* "" when there is none; cut where they are very long */
    const char *annotations;          /* all values, a line each; cut likewise */
} alert_rule;

typedef struct alert_rules {
    alert_rule *items; /* in the order of the paths, then of the file; a name may occur several times */
    size_t count;
    size_t file_count; /* with a rule */
    /* Of what folders hold: not opened for its name (another ending, hidden, a link to a folder); opened, and without
     * an alerting rule. */
    size_t passed_over, without_rules;
} alert_rules;

/* Files, directories with all their .yaml, .yml, .json, .rule and .rules files below, and "-" for standard input. With
 * and without `groups:`, PrometheusRule manifests, Helm's and jsonnet's braces: docs/coverage.md lists the shapes.
 * Recording rules are passed over. What cannot be read is reported with its place, and the rest is read all the same;
 * false when nothing could be (true, without any rule, when there was nothing wrong but no rule). All in the arena.
 * Bounds: LIMIT_RULE_FILES, LIMIT_RULE_FILE_BYTES, LIMIT_RULE_BYTES, LIMIT_RULES. */
MUST_USE bool alert_rules_load(const char *const *paths, size_t path_count, arena *a, alert_rules *out, diagnostics *d);
/* The same from bytes in memory, which need not end in NUL; `path` is for places and diagnostics. */
MUST_USE bool alert_rules_load_bytes(const char *bytes, size_t len, const char *path, arena *a, alert_rules *out,
                                     diagnostics *d);

/* " (left out in folders: 3 passed over for their names, 1 without an alerting rule)"; "" when there were none. */
const char *alert_rules_left_out(const alert_rules *rules, arena *a);

#endif
