/* Private to the domain: one dependency specifier as PEP 508 has it, its versions as PEP 440 has them. Agrees with the
 * library `packaging`, by which pip reads (tests/oracle/test_requirements.py). */
#ifndef ONUS_DOMAIN_PEP508_H
#define ONUS_DOMAIN_PEP508_H

#include "onus/arena.h"

typedef struct pep508 {
    const char *name;    /* as PEP 503 spells it; "" when there is none */
    const char *url;     /* behind @; NULL when there is none */
    const char *version; /* what == or === asks for, when it can be no other; else NULL */
    const char *marker;  /* behind the semicolon; "" when there is none */
    const char *problem; /* why it cannot be read; NULL when it can be */
} pep508;

MUST_USE pep508 pep508_read(arena *a, const char *text);
/* "name @", "name[extra]@": what follows is a URL, whatever it looks like. */
MUST_USE bool pep508_names_place(const char *text);

#endif
