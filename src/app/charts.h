/* The chart in use: one immutable snapshot, swapped whole. A bad edit changes nothing; it is remembered for /-/ready
 * until it is mended. */
#ifndef ONUS_APP_CHARTS_H
#define ONUS_APP_CHARTS_H

#include "app/app.h"

charts *charts_new(const char *path, const channels *known);
void charts_free(charts *c);
chart *charts_current(charts *c); /* a reference of the caller's; NULL before the first load */

/* Reads the file and takes it into use if it is good and differs. `report` gets every error and warning, one a line. */
MUST_USE bool charts_reload(charts *c, store_conn *store, usec now, buf *report, err *e);
/* True once when the file has changed on disk and has been still since the last look (an editor may still be writing).
 */
bool charts_file_changed(charts *c);

typedef struct charts_status {
    int64_t revision;
    usec loaded_at;
    bool last_reload_ok;
    const char *problem; /* in the arena; "" when there is none */
} charts_status;
charts_status charts_get_status(charts *c, arena *a);

#endif
