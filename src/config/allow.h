/* Comments that silence lint rules, with the reason: `# onus: allow RULE, RULE: why`. Private to src/config. */
#ifndef ONUS_CONFIG_ALLOW_H
#define ONUS_CONFIG_ALLOW_H

#include "config/fields.h"

enum { ALLOWS_MAX = 20000, ALLOW_RULES_MAX = 16 /* of one comment */, ALLOW_REASON_BYTES = 500 };

/* One rule of one comment. */
typedef struct allow {
    unsigned line; /* whose problems it silences */
    const char *rule, *reason;
    file_position at; /* of the comment */
    unsigned length;
    bool alone;
    bool used;
} allow;

typedef struct allows {
    const char *file;
    allow *items; /* by line */
    size_t count, capacity;
} allows;

/* Takes the comments of a file that was parsed into r->d, which they speak to from now on; reports what is wrong with
 * them (bad-allow). */
void allows_read(const field_reader *r, const yaml_input *in, const yaml_node *root);
/* What silences the rule in that line, marked as used; NULL: nothing. */
const allow *allows_use(allows *a, const char *file, unsigned line, const char *rule);
/* Reports what silenced nothing. Only after everything was checked. */
void allows_report_unused(const field_reader *r);

#endif
