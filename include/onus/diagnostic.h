/* Diagnostics: all errors and warnings of a file in one run, each with its place, what is wrong, how to mend it, and
 * the rule's name. */
#ifndef ONUS_DIAGNOSTIC_H
#define ONUS_DIAGNOSTIC_H

#include "onus/chart.h"

typedef enum diagnostic_level { DIAGNOSTIC_WARNING, DIAGNOSTIC_ERROR } diagnostic_level;

const char *diagnostic_level_to_text(diagnostic_level level); /* warning | error */

typedef struct diagnostic {
    diagnostic_level level;
    const char *file;
    file_position at;
    unsigned length;    /* characters to underline; 0: unknown */
    const char *rule;   /* "unknown-role" */
    const char *text;   /* "no role \"ml-enginer\"; did you mean \"ml-engineer\"?" */
    const char *reason; /* why a comment of the file allows it; NULL: none does */
} diagnostic;

typedef struct diagnostics {
    arena *memory;
    diagnostic *items;
    size_t count, capacity;
    size_t errors, warnings; /* the unshown ones too */
    size_t unshown;
    size_t shown_warnings; /* of the items; they make room for errors */
    char *rest;            /* the text of the item that counts them */
    diagnostic *allowed;   /* what comments of the file silence (onus/lint.h); no error and no warning */
    size_t allowed_kept, allowed_capacity;
    size_t allowed_count;  /* of them, those past DIAGNOSTICS_MAX too, which are not kept */
    struct allows *allows; /* the comments of the file that was loaded last; NULL: none */
} diagnostics;

enum { DIAGNOSTICS_MAX = 200 }; /* past it one last item says how many more there are */

void diagnostics_init(diagnostics *d);
void diagnostics_release(diagnostics *d);
/* What a comment of the file allows is kept apart, and is no error. */
void diagnostics_add(diagnostics *d, diagnostic_level level, const char *file, file_position at, unsigned length,
                     const char *rule, const char *fmt, ...) PRINTF_LIKE(7, 8);
/* By file, line, column. */
void diagnostics_sort(diagnostics *d);

/* "file:line:column: error: text [rule]" */
void diagnostic_print(buf *b, const diagnostic *item);
/* The same, then the line of the file with a caret under the place. `source`: the file's bytes, in UTF-8 (NULL with 0:
 * none). */
void diagnostic_print_with_source(buf *b, const diagnostic *item, const char *source, size_t len);
/* The line with this number without its end; NULL when there is none. Lines end as YAML says (text_line_break). */
const char *source_line(const char *source, size_t len, unsigned line, const char **end);
/* {"file","line","column","length","level":"error|warning","rule","text"}; with "reason" when it is allowed */
void diagnostic_put_json(buf *b, const diagnostic *item);
/* {"diagnostics":[…],"errors":N} */
void diagnostics_put_json(buf *b, const diagnostics *d);

/* What a chart is held against, besides itself. NULL in its place: nothing. */
typedef struct chart_context {
    const char *const *channels; /* names that contacts may use; NULL: not checked */
    size_t channel_count;
    /* Why a contact can never be reached, as what is said of "its address"; NULL: it may be. NULL: nobody is asked. */
    const char *(*contact_fault)(const void *channels, const contact *who);
    const void *contact_channels; /* its first argument */
    usec now;                     /* who has left by today, and which teams are gone; 0: dates are not looked at */
    bool running; /* a service reads it: what a date alone makes wrong, and a contact out of reach, is a warning, so
                     that neither a day nor a new version takes its chart away */
} chart_context;

typedef struct chart_source {
    const char *bytes;
    size_t len;
    const char *path; /* for the diagnostics */
} chart_source;

/* The chart from a file or from bytes: parsed, checked, compiled. NULL when there is any error. */
MUST_USE chart *chart_load(const char *path, const chart_context *context, diagnostics *d);
MUST_USE chart *chart_load_bytes(const chart_source *text, const chart_context *context, diagnostics *d);

#endif
