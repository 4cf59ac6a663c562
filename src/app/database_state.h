/* What is known of the database: does it take writes, and the figures that only it has. One thread looks every few
 * seconds, so that probes and scrapes, however many, are answered at once and cost the database nothing. Thread-safe.
 */
#ifndef ONUS_APP_DATABASE_STATE_H
#define ONUS_APP_DATABASE_STATE_H

#include "app/app.h"

MUST_USE database_state *database_state_start(app *a, err *e);
void database_state_stop(database_state *s); /* NULL is fine */
bool database_state_is_live(const database_state *s, usec now_monotonic);

/* Somebody has decided about an owner: misroutes are counted anew, now. */
void database_state_recount(database_state *s);

typedef struct database_readiness {
    bool ready;          /* the newest commit that was made for this succeeded, and is not too old */
    const char *problem; /* in the arena; "" when ready */
    double age_seconds;  /* since the newest look has ended; since the start when there was none */
} database_readiness;
database_readiness database_state_ready(database_state *s, arena *a);

/* onus_database_up and its age, open incidents, misroutes: as they were at the newest look. */
void database_state_put_metrics(database_state *s, buf *out);

#endif
