/* What this node knows of handoffs: one immutable snapshot, extended by what others have committed since. Thread-safe.
 *
 * It may be behind; whoever commits events notices (store_commit_events), refreshes, and decides again. */
#ifndef ONUS_APP_HANDOFF_VIEW_H
#define ONUS_APP_HANDOFF_VIEW_H

#include "app/app.h"

handoff_view *handoff_view_new(void); /* knows nothing yet */
void handoff_view_free(handoff_view *v);
handoffs *handoff_view_current(handoff_view *v); /* a reference of the caller's */
/* Reads what has changed. */
MUST_USE bool handoff_view_refresh(handoff_view *v, store_conn *store, err *e);

#endif
