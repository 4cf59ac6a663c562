/* What two charts make of the same alerts, summed up by team, by row and by kind of alert. */
#ifndef ONUS_CLI_TALLY_H
#define ONUS_CLI_TALLY_H

#include "cli/night.h"
#include "cli/pages.h"
#include "cli/whom.h"

#include "onus/hash_table.h"

enum { BEFORE, AFTER, SIDE_COUNT };

/* One alert as it may come (a rule's) or came (recorded). */
typedef struct replayed {
    labels set;
    const char *name;     /* for people; never "" */
    const char *identity; /* source and key */
    usec at;              /* when people were told; for rules: when it is asked */
    usec ends_at;         /* 0: it still fires */
} replayed;

typedef struct tally_count {
    size_t alerts, pages, night; /* pages and night: of recorded events only */
} tally_count;

typedef struct tally_team {
    const char *id, *name;
    tally_count of[SIDE_COUNT]; /* as Responsible */
    size_t gained, lost;        /* alerts for which it becomes, or no longer is, Responsible */
    size_t told[SIDE_COUNT];    /* alerts of which it hears as A, C or I */
    UT_hash_handle hh;
} tally_team;

typedef struct tally_row {
    const char *id;
    tally_count of[SIDE_COUNT];
    size_t gained, lost; /* alerts that come from, or go to, other rows */
    size_t moved;        /* of the alerts that it has now: with another Responsible */
    size_t otherwise;    /* … changed in another way */
    UT_hash_handle hh;
} tally_row;

/* Alerts of one name that change in one way. */
typedef struct tally_change {
    const char *key;
    change_kind kind;
    const char *name, *rows[SIDE_COUNT], *text;
    const char *why;     /* of the first one's new routing */
    const char *example; /* its labels */
    tally_count of[SIDE_COUNT];
    UT_hash_handle hh;
} tally_change;

enum { TALLY_CHANGES_MAX = 2000 }; /* kept; the alerts of further ones are counted in `unlisted` */

typedef struct tally {
    arena *memory, *scratch;
    const chart *charts[SIDE_COUNT];
    pages *pages[SIDE_COUNT]; /* NULL: alerts without a time */
    const night *night;
    tally_team *teams;
    tally_row *rows;
    tally_change *changes;
    size_t by_kind[CHANGE_KIND_COUNT + 1]; /* alerts; the last: as before */
    size_t unlisted;
    tally_count total[SIDE_COUNT];
} tally;

typedef struct tally_question {
    const chart *before, *after;
    const night *night; /* NULL: alerts without a time; nothing is paged */
} tally_question;

/* The charts must outlive it. */
void tally_init(tally *t, const tally_question *q);
void tally_release(tally *t);
/* Oldest first. */
void tally_add(tally *t, const replayed *e);
/* Sorts: what changes most comes first. */
void tally_finish(tally *t);

bool tally_team_changed(const tally_team *team);
bool tally_row_changed(const tally_row *row);
size_t tally_changed(const tally *t); /* alerts that change for anybody */

#endif
