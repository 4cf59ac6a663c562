/* What differs for people between two routings of one alert. */
#ifndef ONUS_CLI_WHOM_H
#define ONUS_CLI_WHOM_H

#include "onus/decide.h"

/* In the order of what matters most; an alert counts by the first that is true of it. */
typedef enum change_kind {
    CHANGE_MOVED,    /* other people are Responsible */
    CHANGE_TOLD,     /* other people hear of it, or at another time */
    CHANGE_REACHED,  /* the same people by other contacts */
    CHANGE_SEVERITY, /* it counts as more or less severe */
    CHANGE_GROUPED,  /* it joins another incident */
    CHANGE_KIND_COUNT,
    CHANGE_NONE = CHANGE_KIND_COUNT
} change_kind;

const char *change_kind_to_text(change_kind k);  /* moved | told | … */
const char *change_kind_to_title(change_kind k); /* "moved to another Responsible" */

typedef struct whom_change {
    change_kind kind;
    const char *text; /* "MLOps → ML Engineering"; "" for CHANGE_NONE */
} whom_change;

/* Pure; the text is in the arena. A renamed row or role changes nothing for anybody. */
whom_change whom_compare(const route *before, const route *after, arena *a);
#endif
