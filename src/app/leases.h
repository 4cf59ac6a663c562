/* What this process may send: the messages that it has in hand, each until its lease ends, and only as long as the
 * database holds this node for alive. Thread-safe; nothing blocks.
 *
 * Times are of the monotonic clock, which counts through a stop of the process and of the machine, and begin before the
 * statement was sent that gave the lease: whoever reckons by the database's row comes later. */
#ifndef ONUS_APP_LEASES_H
#define ONUS_APP_LEASES_H

#include "onus/clock.h"

#include <stddef.h>

typedef struct leases leases;

typedef enum lease_taken { LEASE_TAKEN, LEASE_EXTENDED, LEASE_NO_ROOM } lease_taken;

leases *leases_new(onus_clock clock);
void leases_free(leases *l);

/* LEASE_EXTENDED: it was in hand already. */
lease_taken leases_take(leases *l, int64_t message_id, usec ends);
void leases_drop(leases *l, int64_t message_id);
/* True when it was in hand. */
bool leases_extend(leases *l, int64_t message_id, usec ends);

/* Renewing: asks for all that is in hand (*ids is malloc'ed), then says which are still ours. What was asked for and is
 * not among them is nobody's to send here. What came meanwhile is untouched. */
size_t leases_ask(leases *l, int64_t **ids);
void leases_renewed(leases *l, const int64_t *ids, size_t count, usec ends);

/* The database holds this node for alive as long as the session at the other end of `line` lives; `line` is taken over.
 * -1: it does not. */
void leases_set_line(leases *l, int line);
/* Nobody else is there who could take anything. */
void leases_set_alone(leases *l, bool alone);

bool leases_may_begin(leases *l);
/* It is, and will be for as long as a request may take. */
bool leases_is_ours(leases *l, int64_t message_id);

#endif
