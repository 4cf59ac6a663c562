/* Private to the domain: amounts with a unit, exact.
 *
 * Kubernetes quantities (kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity): a decimal number,
 * then nothing, a binary suffix (Ki Mi Gi Ti Pi Ei), a decimal one (n u m k M G T P E), or an exponent (e3, E-2).
 * Times: a decimal number, then ns, us, µs, ms, s, m or h. Both are kept in whole billionths; what is finer is rounded
 * up, as Kubernetes does, and at most 2^63-1 whole units are taken. */
#ifndef ONUS_DOMAIN_QUANTITY_H
#define ONUS_DOMAIN_QUANTITY_H

#include "onus/err.h"

typedef __int128 nano;

#define NANO_ONE ((nano)1000000000)

MUST_USE bool quantity_from_text(const char *text, nano *out, err *e);
/* In seconds. Never negative. */
MUST_USE bool latency_from_text(const char *text, nano *out, err *e);

#endif
