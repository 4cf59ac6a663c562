/* A path through the program that is run again and again, each time with another allocation refused. */
#ifndef FAULT_EXHAUST_H
#define FAULT_EXHAUST_H

#include "onus/buf.h"

typedef struct fault_path {
    const char *name;
    /* Makes what the path needs, once, before anything is refused. */
    void (*prepare)(void);
    /* Puts all that it found out into `result`. False: it failed in an orderly way. */
    bool (*run)(buf *result);
    /* Undoes what prepare() left behind; may be NULL. */
    void (*clean)(void);
} fault_path;

extern const fault_path fault_paths[]; /* ends with a NULL name */

#endif
