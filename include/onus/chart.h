/* The RACI chart: who owns what. Plain data, filled by config (chart_load) and compiled once into an immutable,
 * refcounted snapshot.
 *
 * Routing is pure: labels → the first row in the order of the file that matches, and with it R, A, C, I. The index (a
 * hash on each row's most selective equality, an RE2 set for regexes) makes a 10,000-row chart as fast as a 10-row one.
 * What no row claims goes to `unowned`. */
#ifndef ONUS_CHART_H
#define ONUS_CHART_H

#include "onus/clock.h"
#include "onus/matcher.h"
#include "onus/position.h"

typedef enum loop { LOOP_SCIENCE, LOOP_SYSTEM, LOOP_PLATFORM } loop;
typedef enum severity { SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_CRITICAL } severity; /* ascending */
typedef enum raci_letter { RACI_RESPONSIBLE, RACI_ACCOUNTABLE, RACI_CONSULTED, RACI_INFORMED } raci_letter;
typedef enum consult_when {
    CONSULT_NOW,
    CONSULT_POSTMORTEM
} consult_when; /* when C is asked: at once, or when it is over */

enum { LOOP_COUNT = 3, RACI_LETTER_COUNT = 4, UNOWNED_ROW = -1 };

const char *loop_to_text(loop l); /* science | system | platform */
MUST_USE bool loop_from_text(const char *text, loop *out);
const char *loop_title(loop l); /* Science Loop | System Loop | Platform */
const char *severity_to_text(severity s);
MUST_USE bool severity_from_text(const char *text, severity *out);
const char *raci_letter_to_text(raci_letter letter); /* responsible | accountable | consulted | informed */
MUST_USE bool raci_letter_from_text(const char *text, raci_letter *out);

typedef struct contact {
    const char *channel; /* a channel of the settings */
    const char *address; /* "" when the channel needs none */
} contact;

typedef struct chart_person {
    const char *id, *name;
    const contact *contacts;
    size_t contact_count;
    usec left; /* from this day on they are gone (00:00 UTC); 0: they are here */
    file_position at;
} chart_person;

typedef struct chart_team {
    const char *id, *name;
    const contact *contacts;
    size_t contact_count;
    file_position at;
    usec dissolved;                  /* from this day on there is no such team; 0: there is */
    const struct rotation *rotation; /* who of it is on call (onus/rotation.h); NULL: all of it, always */
    const chart_person *person;      /* a team of one, made for a role that a person plays; NULL otherwise */
} chart_team;

typedef struct chart_role {
    const char *id, *name;
    const chart_team *team; /* who plays it by default; a team of one where the role names a person */
    file_position at;
} chart_role;

typedef struct chart_service_role {
    const chart_role *role;
    const chart_team *team;
} chart_service_role;

typedef struct chart_service {
    const char *id;
    matchers match;
    const chart_service_role *roles;
    size_t role_count;
    file_position at;
} chart_service;

typedef struct chart_row {
    const char *id, *name;
    const char *description; /* "" when there is none */
    usec verified;           /* the day on which people last agreed to it; 0: not said */
    loop loop;
    matchers *match; /* any of these lists; all matchers in a list */
    size_t match_count;
    const chart_role *const *responsible; /* at least one */
    size_t responsible_count;
    const chart_role *accountable; /* exactly one */
    const chart_role *const *consulted;
    size_t consulted_count;
    const chart_role *const *informed;
    size_t informed_count;
    const char *const *group_by; /* label names, "service" for the event's service; NULL: [service, alertname] */
    size_t group_by_count;
    bool group_by_alert;      /* [...]: one incident per alert */
    const char *runbook;      /* URL or "" */
    consult_when consult;     /* default: system → post-mortem, else now */
    usec acknowledge_within;  /* A is paged when R is silent for so long; 0: never */
    usec decide_within;       /* A is asked again when a contest is undecided for so long; 0: never */
    usec acknowledge_expires; /* an acknowledgement is good for so long, then R is paged again; 0: for ever */
    usec reopen_after;        /* firing again within this of its end: the same incident reopens */
    int index;                /* in the file, from 0; UNOWNED_ROW for the unowned row */
    file_position at;
} chart_row;

typedef struct chart_severity_words {
    const char *const *words;
    size_t count;
} chart_severity_words;

typedef struct chart {
    int64_t revision;   /* set by the store when recorded; 0 before */
    const char *digest; /* SHA-256 of the file, hex */
    const chart_person *people;
    size_t person_count;
    const chart_team *teams; /* the teams of one stand last */
    size_t team_count;
    const chart_role *roles;
    size_t role_count;
    const chart_service *services; /* the first that matches wins */
    size_t service_count;
    chart_row *rows;
    size_t row_count;
    chart_row unowned;
    chart_severity_words
        severities[3]; /* by enum severity; words compared without case; an unknown or missing word is a warning */
    const char *const *service_labels;
    size_t service_label_count;
    struct chart_index *index; /* made by chart_compile */
    arena *memory;             /* everything above lives here */
    _Atomic int references;
} chart;

/* The words that mean a severity: the chart's, or those that hold when it names none. */
chart_severity_words chart_words_of(const chart *c, severity s);

/* Takes the plain data (in `c->memory`) and makes the index. */
MUST_USE bool chart_compile(chart *c, err *e);
chart *chart_ref(chart *c);
void chart_unref(chart *c); /* frees with the last reference; NULL is fine */

/* Who plays a role in one event. */
typedef struct party {
    const char *role, *role_name;
    const char *team, *team_name;
    const contact *contacts; /* the person's, then the team's */
    size_t contact_count;
    const char *person, *person_name; /* who of the team is on call; "" or NULL: the whole team */
} party;

/* Sets the team's half: its name, who of it is on call at that moment, whom to tell. */
void party_take_team(party *p, const chart_team *team, usec at, arena *a);
#define PARTY_ON_CALL ", on call: "
/* The team as people read it, with who is on call: "MLOps", "MLOps, on call: Ann Lee"; "Ann Lee" for a team of one. */
const char *party_team_text(arena *a, const party *p);

typedef struct raci {
    const party *responsible;
    size_t responsible_count;
    party accountable;
    const party *consulted;
    size_t consulted_count;
    const party *informed;
    size_t informed_count;
} raci;

typedef struct route {
    const chart_row *row; /* never NULL; &chart->unowned when no row claims the event */
    const matchers *won;  /* the list of the row that matched; NULL for unowned */
    severity severity;
    const char *service;        /* an entry of services, a label's value, or "" */
    const chart_service *entry; /* of services; NULL: none matches */
    raci raci;
    const char *group_key; /* one open incident per value; starts with the row's id */
    labels set;            /* what was routed */
} route;

/* What is asked of the chart. */
typedef struct route_question {
    labels set;
    const char *identity; /* source and key: makes the group key when the row groups by alert */
    usec at;              /* the moment at which people are told: who is on call then */
    labels sent;          /* values of labels that were no text, as they were sent: they part groups */
} route_question;

/* Pure; thread-safe; all results in the arena (pointing into the chart: keep a reference while they live). */
void chart_route(const chart *c, const route_question *q, arena *a, route *out);

/* One sentence for people: the row, what of the alert's labels decided, whose service. Names no regex: that is for
 * whoever writes the chart. One line, of bounded length. Pure. */
const char *route_why(const route *r, arena *a);

/* The losing rows that match, or for which something that they ask for is there: the nearest to winning, each with its
 * first failing matcher; best first. For `onus route`. */
typedef struct near_miss {
    const chart_row *row;
    const matchers *list;
    const matcher *failed;
    size_t passed; /* of `asked`, those that matched */
    size_t asked;  /* matchers of the list, but for those that hold because a label need not be there (!=, = "") */
    bool hidden;   /* it matches, but an earlier row won */
} near_miss;
near_miss chart_near_miss(const chart_row *row, labels set); /* of one row, however far it is */
size_t chart_near_misses(const chart *c, labels set, arena *a, size_t max, near_miss *out);

/* {"responsible":[{"role","role_name","team","team_name","person","person_name","contacts":["CHANNEL:ADDRESS",…]}],
 * "accountable":{…},…}; kept with each incident. The person's two are there only when somebody in particular is on
 * call. */
void raci_put_json(buf *b, const raci *r);
MUST_USE bool raci_from_json(arena *a, const char *json, raci *out, err *e);

#endif
