/* Which nodes live. The lock of a session says so: the server ends it with the process that held it, within moments, or
 * within the bound of the keepalives when a machine vanishes.
 *
 * The one difficulty: a session may end while its node lives. So who finds a lock free waits a moment before it takes
 * what the node had in hand, and the node looks at the session's line before it sends (node_line). */
#include "rows.h"
#include "trip.h"

#include <fcntl.h>
#include <unistd.h>

bool store_hold_node(store_conn *c, usec now, usec ahead, err *e) {
    if (c->holds_node)
        return true;
    trip t;
    params p;
    params_init(&p);
    params_text(&p, c->node);
    params_time(&p, now);
    params_int(&p, ahead);
    bool ok = trip_one(&t, c, "hold_node", &p, e);
    trip_end(&t);
    c->holds_node = ok;
    return ok;
}

bool store_holds_node(const store_conn *c) {
    return c->holds_node;
}

int store_node_line(const store_conn *c) {
    return c->holds_node ? fcntl(PQsocket(c->pg), F_DUPFD_CLOEXEC, 0) : -1;
}

bool store_leave_node(store_conn *c, err *e) {
    trip t;
    params p;
    params_init(&p);
    params_text(&p, c->node);
    bool ok = trip_one(&t, c, "leave_node", &p, e);
    trip_end(&t);
    return ok;
}

bool store_free_from_gone_nodes(store_conn *c, const gone_nodes *when, nodes_seen *out, err *e) {
    trip t;
    params p;
    params_init(&p);
    params_text(&p, c->node);
    params_time(&p, when->now);
    params_time(&p, when->now - when->believed_after);
    params_time(&p, when->now - when->forgotten_after);
    params_int(&p, when->ahead);
    bool ok = trip_one(&t, c, "free_from_gone_nodes", &p, e);
    if (ok) {
        const PGresult *r = trip_result(&t, 0);
        *out = (nodes_seen){(size_t)row_int(r, 0, column_of(r, "freed")), (size_t)row_int(r, 0, column_of(r, "others")),
                            row_time(r, 0, column_of(r, "server_time"))};
    }
    trip_end(&t);
    return ok;
}

bool store_server_time(store_conn *c, usec *at, usec *ahead, err *e) {
    trip t;
    bool ok = trip_one(&t, c, "server_time", NULL, e);
    if (ok) {
        *at = row_time(trip_result(&t, 0), 0, 0);
        *ahead = row_int(trip_result(&t, 0), 0, 1);
    }
    trip_end(&t);
    return ok;
}
