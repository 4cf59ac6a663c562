/* Owns the snapshot of handoffs in use, and its extension. The one difficulty: the ticker, the committer and API
 * workers refresh it at the same time, and an older snapshot must never take the place of a newer one. */
#include "app/handoff_view.h"

#include <pthread.h>
#include <stdlib.h>

struct handoff_view {
    pthread_mutex_t lock; /* current */
    pthread_mutex_t refreshing;
    handoffs *current;
};

handoff_view *handoff_view_new(void) {
    handoff_view *v = mem_zalloc(1, sizeof *v);
    pthread_mutex_init(&v->lock, NULL);
    pthread_mutex_init(&v->refreshing, NULL);
    v->current = handoffs_new(NULL, NULL, 0, 0);
    return v;
}

void handoff_view_free(handoff_view *v) {
    if (!v)
        return;
    handoffs_unref(v->current);
    pthread_mutex_destroy(&v->lock);
    pthread_mutex_destroy(&v->refreshing);
    free(v);
}

handoffs *handoff_view_current(handoff_view *v) {
    pthread_mutex_lock(&v->lock);
    handoffs *now = handoffs_ref(v->current);
    pthread_mutex_unlock(&v->lock);
    return now;
}

static void swap(handoff_view *v, handoffs *fresh) {
    pthread_mutex_lock(&v->lock);
    handoffs *old = v->current;
    v->current = fresh;
    pthread_mutex_unlock(&v->lock);
    handoffs_unref(old);
}

/* Up to `serial`, though the change that it counted may have been removed since: who commits events compares serials.
 */
static bool extend(handoff_view *v, store_conn *store, int64_t serial, err *e) {
    arena *memory = arena_new();
    handoffs *known = handoff_view_current(v);
    handoff_change *changes = NULL;
    size_t count = 0;
    bool ok = store_handoff_changes(store, handoffs_serial(known), memory, &changes, &count, e);
    if (ok)
        swap(v, handoffs_new(known, changes, count, serial));
    handoffs_unref(known);
    arena_free(memory);
    return ok;
}

/* One at a time; an older one cannot overtake. Most often nothing has changed, and then one row says so. */
bool handoff_view_refresh(handoff_view *v, store_conn *store, err *e) {
    int64_t serial = 0;
    pthread_mutex_lock(&v->refreshing);
    handoffs *known = handoff_view_current(v);
    bool ok = store_handoffs_serial(store, &serial, e);
    if (ok && serial > handoffs_serial(known))
        ok = extend(v, store, serial, e);
    handoffs_unref(known);
    pthread_mutex_unlock(&v->refreshing);
    return ok;
}
