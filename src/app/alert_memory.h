/* What is open and unchanged, so that the same alert sent again is answered without the database. Filled only after a
 * commit, dropped on close; thread-safe. A hint, never the truth: what it does not hold goes the long way. Another node
 * may close an alert that it still holds; the flush of "last seen" finds that out. */
#ifndef ONUS_APP_ALERT_MEMORY_H
#define ONUS_APP_ALERT_MEMORY_H

#include "onus/store.h"

typedef struct alert_memory alert_memory;

alert_memory *alert_memory_new(size_t max);
void alert_memory_free(alert_memory *m);
size_t alert_memory_count(alert_memory *m);

/* True when exactly this is known to be open: it is marked as seen now, to be flushed. Notes in the event what was
 * found out: its content hash, and whether anything is open under its key. */
bool alert_memory_repeats(alert_memory *m, event *e, usec now);
void alert_memory_learn(alert_memory *m, const open_alert *a);
void alert_memory_forget(alert_memory *m, const char *source, const char *key);

/* The alerts seen since they were last taken, at most `max`. `slots` gets what alert_memory_settle needs. */
size_t alert_memory_take_seen(alert_memory *m, size_t max, seen_alert *out, uint64_t *slots);
/* After store_touch_alerts: forgets what did not match, unless it has been seen meanwhile, which must be looked at,
 * too; when `failed`, all are marked as seen again. */
void alert_memory_settle(alert_memory *m, const seen_alert *seen, const uint64_t *slots, size_t count, bool failed);

#endif
