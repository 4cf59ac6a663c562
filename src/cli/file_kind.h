/* Which kind of file this is, by its content, without parsing it: `onus check` must say something useful about a file
 * that does not parse. */
#ifndef ONUS_CLI_FILE_KIND_H
#define ONUS_CLI_FILE_KIND_H

#include "onus/chart.h"

typedef enum file_kind { FILE_UNKNOWN, FILE_CHART, FILE_SETTINGS } file_kind;

/* A chart has `activities` or `unowned`; settings have `listen`, `sources` or `channels`. The outermost such key
 * decides. YAML in block style or JSON. */
file_kind file_kind_of(const char *bytes, size_t len);
/* Where `key: value` first stands (the value's place); {0} when nowhere. For messages about what the parsed settings no
 * longer know the place of. */
file_position file_find_value(const char *bytes, size_t len, const char *key, const char *value);

#endif
