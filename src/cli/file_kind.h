/* Which kind of file this is, by its content, without parsing it: `onus check` must say something useful about a file
 * that does not parse. */
#ifndef ONUS_CLI_FILE_KIND_H
#define ONUS_CLI_FILE_KIND_H

#include "onus/chart.h"

typedef enum file_kind {
    FILE_UNKNOWN,
    FILE_CHART,
    FILE_SETTINGS,
    FILE_CASES,   /* of `onus test` */
    FILE_HANDOFF, /* a package's manifest */
    FILE_RULES    /* Prometheus' */
} file_kind;

/* A chart has `activities` or `unowned`; settings have `listen`, `sources` or `channels`; and so on. The outermost such
 * key decides, and of several at one depth that of a chart or of settings. YAML in block style or JSON. */
file_kind file_kind_of(const char *bytes, size_t len);
/* What a file is that is neither a chart nor settings, and how it is checked: "a file of cases; check it with …". NULL
 * for the others. */
const char *file_kind_advice(file_kind kind);
/* Where `key: value` first stands (the value's place); {0} when nowhere. For messages about what the parsed settings no
 * longer know the place of. */
file_position file_find_value(const char *bytes, size_t len, const char *key, const char *value);

#endif
