/* Private to the domain: how the parts of a handoff are checked. A part's check reads a tree whose shape has been
 * reported already, and so passes over values of a wrong type without a word. */
#ifndef ONUS_DOMAIN_HANDOFF_PART_H
#define ONUS_DOMAIN_HANDOFF_PART_H

#include "onus/handoff.h"
#include "onus/json.h"

typedef struct handoff_checking {
    const handoff_package *package;
    const handoff_context *context;
    const cJSON *root;
    handoff_findings *out;
    handoff_part part; /* whose findings are added */
} handoff_checking;

void handoff_error(const handoff_checking *k, const char *path, const char *rule, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
void handoff_warning(const handoff_checking *k, const char *path, const char *rule, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
/* The same for one line of a text. */
void handoff_line_error(const handoff_checking *k, const char *path, unsigned line, const char *rule, const char *fmt,
                        ...) PRINTF_LIKE(5, 6);

/* Cut to what fits into a sentence. */
const char *handoff_shown(const handoff_checking *k, const char *text);

/* The value at a path of plain keys, "/artifact/uri"; NULL when missing or null. */
const cJSON *handoff_value(const cJSON *root, const char *path);
/* Its text when it is one and not "", else NULL. */
const char *handoff_text(const cJSON *root, const char *path);
/* A pointer's next step, escaped (RFC 6901). */
const char *handoff_path_key(arena *a, const char *path, const char *key);
const char *handoff_path_index(arena *a, const char *path, size_t index);

bool handoff_is_sha256(const char *text); /* 64 hex digits */

/* ── one file each ── */
void handoff_check_shape(handoff_checking *k); /* unknown keys, missing values, wrong types */
void handoff_check_artifact(const handoff_checking *k);
void handoff_check_dependencies(const handoff_checking *k);
void handoff_check_schema(const handoff_checking *k);
void handoff_check_baseline(const handoff_checking *k);
void handoff_check_resources(const handoff_checking *k);

#endif
