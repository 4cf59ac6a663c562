/* Private to the domain: requirement files as pip reads them (pip.pypa.io/en/stable/reference/requirements-file-format,
 * PEP 508), one logical line after the other. Reads no file: an include is a line like any other. */
#ifndef ONUS_DOMAIN_REQUIREMENTS_H
#define ONUS_DOMAIN_REQUIREMENTS_H

#include "onus/arena.h"

typedef enum requirement_kind {
    REQUIREMENT_NAMED,   /* name[extras]==1.2; marker --hash=… */
    REQUIREMENT_URL,     /* name @ https://…, https://…, ./a.whl */
    REQUIREMENT_VCS,     /* git+https://…@commit */
    REQUIREMENT_INCLUDE, /* -r FILE, -c FILE; name: the file */
    REQUIREMENT_OPTION,  /* --index-url … */
    REQUIREMENT_WRONG,   /* none of these; problem says why */
} requirement_kind;

typedef struct requirement {
    requirement_kind kind;
    unsigned line;        /* where it begins, from 1 */
    const char *text;     /* without comments, continuations joined */
    const char *name;     /* as PEP 503 spells it: lower case, one - for runs of -_. ; "" when not said */
    const char *version;  /* of the one ==; NULL when it is not pinned by one */
    const char *marker;   /* "" when there is none */
    const char *problem;  /* REQUIREMENT_WRONG: what is wrong */
    const char *bad_hash; /* the first --hash that is none, else NULL */
    size_t hash_count;
    bool editable;
    bool has_commit; /* REQUIREMENT_VCS: @ and a whole commit id */
} requirement;

typedef struct requirements_reader {
    const char *at; /* what is left of the text, which must outlive the reader */
    unsigned line;
    arena *memory; /* of the texts that are given out */
} requirements_reader;

void requirements_reader_init(requirements_reader *r, const char *text, arena *a);
/* The next line that holds something; false at the end. */
MUST_USE bool requirements_next(requirements_reader *r, requirement *out);

#endif
