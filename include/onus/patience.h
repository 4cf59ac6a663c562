/* Patience: how a process bears with a database that is away. One for all threads, shared by their connections, so that
 * however many want it, it is asked for at one pace and spoken of once.
 *
 * While the database cannot be reached, one thread at a time tries to connect, after waits that double with jitter; the
 * others fail at once. Who repeats work by himself waits patience_left before the next try. Thread-safe. */
#ifndef ONUS_PATIENCE_H
#define ONUS_PATIENCE_H

#include "onus/clock.h"

enum {
    PATIENCE_LEAST_MS = 100,  /* between the first failure and the next try, at most; half of it at least */
    PATIENCE_MOST_MS = 2000,  /* between later ones */
    PATIENCE_QUIET_MS = 5000, /* a server that refused is well when it has refused nothing for so long */
};

/* What went wrong, in the words of a connection. */
typedef enum trouble {
    TROUBLE_UNREACHED, /* no connection could be made */
    TROUBLE_SILENT,    /* a statement was not answered in time */
    TROUBLE_REFUSED,   /* a statement was answered with "not now": a full disk, a shutdown, a cancelled statement */
} trouble;

/* A change of state. */
typedef struct patience_news {
    bool away;
    const char *why; /* of the first failure; lasts as long as the call */
    usec lasted;     /* back: how long it was away */
} patience_news;

typedef struct patience_options {
    onus_clock clock;
    void (*changed)(void *context, const patience_news *news); /* on the thread that found it, once; must not block */
    void *context;
} patience_options;

typedef struct patience patience;

patience *patience_new(const patience_options *options);
void patience_free(patience *p);

/* For connections. May this thread connect now? True: it does so, and reports patience_failed or patience_worked.
 * False: ERR_UNAVAILABLE, with what was the matter. */
MUST_USE bool patience_may_connect(patience *p, err *e);
void patience_failed(patience *p, trouble what, const char *why);
void patience_worked(patience *p);

/* For who uses it. How long until another try makes sense; 0: now. */
usec patience_left(patience *p);
/* Somebody was told that it is away, and not yet that it is back. */
bool patience_is_away(const patience *p);

#endif
