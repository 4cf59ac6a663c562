/* The embedded default, `onus serve --local DIR`: a private PostgreSQL cluster in DIR. Made on first use (initdb with
 * data checksums, UTF-8), found through pg_config, Unix socket only (0700), run as an unprivileged user when we are
 * root, stopped with the service; a postmaster left over by kill -9 is adopted or recovered. Lives in the store room;
 * part of its contract. */
#ifndef ONUS_LOCAL_POSTGRES_H
#define ONUS_LOCAL_POSTGRES_H

#include "onus/secret.h"

typedef struct local_postgres local_postgres;

/* Waits until it accepts connections (at most 60 s, recovery included: `progress` is called with a sentence at each
 * step). */
MUST_USE local_postgres *local_postgres_start(const char *directory, void (*progress)(void *context, const char *text),
                                              void *context, err *e);
secret local_postgres_conninfo(const local_postgres *p);
/* The connection string of a cluster in DIR that runs already, for `onus token --local DIR`. ERR_UNAVAILABLE when it
 * does not run. */
MUST_USE bool local_postgres_find(const char *directory, secret *conninfo, err *e);
/* True while the postmaster lives; restarts it when it has died. Called every few seconds. */
MUST_USE bool local_postgres_watch(local_postgres *p, err *e);
void local_postgres_stop(local_postgres *p); /* fast shutdown, waits, frees */

#endif
