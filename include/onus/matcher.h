/* Matchers in Alertmanager's grammar: name = value, !=, =~, !~; optional braces, commas, quotes. A missing label equals
 * "". Regexes are RE2, anchored ^(?:…)$. (prometheus/alertmanager/matcher/parse, pkg/labels) */
#ifndef ONUS_MATCHER_H
#define ONUS_MATCHER_H

#include "onus/labels.h"

typedef enum matcher_op { MATCH_EQUAL, MATCH_NOT_EQUAL, MATCH_REGEX, MATCH_NOT_REGEX } matcher_op;

const char *matcher_op_to_text(matcher_op op);

struct regex; /* src/bridge/re2: compiled, immutable, thread-safe */

typedef struct matcher {
    const char *name;
    const char *value;
    matcher_op op;
    struct regex
        *regex; /* for the two regex operators, else NULL; owned by whoever owns the matcher: matcher_release */
} matcher;

typedef struct matchers {
    matcher *items; /* all must match; an empty list matches everything */
    size_t count;
} matchers;

/* Parses one matcher or a list of them ("{a=b, c=~\"d\"}"). On failure *error_at is the byte offset. Texts in the
 * arena. */
MUST_USE bool matchers_parse(arena *a, const char *text, matchers *out, size_t *error_at, err *e);
void matchers_release(matchers *m); /* frees the regexes */

bool matcher_matches(const matcher *m, labels set);
bool matchers_match(const matchers *m, labels set);
/* The first matcher that fails, or NULL. */
const matcher *matchers_first_failure(const matchers *m, labels set);

/* As a person would write it: environment = production, alertname =~ "(?i).*drift.*" (quotes only where needed). */
void matcher_print(buf *b, const matcher *m);
void matchers_print(buf *b, const matchers *m);

#endif
