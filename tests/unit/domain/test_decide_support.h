/* A small world for the tests of deciding: one row with R, A, C, I, events in minutes, and what came of them as text.
 */
#ifndef TEST_DECIDE_SUPPORT_H
#define TEST_DECIDE_SUPPORT_H

#include "onus/decide.h"

#define MINUTES(n) ((usec)(n)*USEC_PER_MINUTE)
#define NOON ((usec)1767268800 * USEC_PER_SECOND) /* 2026-01-01T12:00:00Z, minute 0 */

typedef struct scene {
    arena *memory;
    chart chart;
    chart_row row;
    raci raci;
    decide_context ctx;
    world *world;
    changes changes;   /* of the newest step */
    bool wanted_whole; /* the newest batch could not be decided with partial incidents */
    int64_t newest_id;
} scene;

/* A warning unless said otherwise. */
typedef enum sent_severity { SENT_WARNING, SENT_INFO, SENT_CRITICAL } sent_severity;

/* One event; minutes after noon. What is left out: firing, key "a", group "g", a warning, began at its sending. */
typedef struct sent {
    event_kind kind;
    const char *key, *group;
    sent_severity severity;
    int starts, ends, expires; /* minutes; ends and expires: 0 for none */
    bool no_start;             /* the source names no start */
    int began;                 /* its request began to arrive at this minute; 0: a second before it was decided */
    const char *title, *actor, *note;
} sent;

#define FIRING(...) ((sent){.kind = EVENT_FIRING, __VA_ARGS__})
#define RESOLVED(...) ((sent){.kind = EVENT_RESOLVED, __VA_ARGS__})

/* R: MLOps (slack:mlops, mail:mlops), A: mail:head, C: mail:science, I: mail:vp and slack:business. Acknowledge within
 * 15 minutes, acknowledgements are good for 4 hours, reopens within 10 minutes, C is asked at the end. */
void scene_init(scene *s);
void scene_release(scene *s);

/* One batch, committed at `minute`: new incidents and alerts get ids, as the store gives them. Each is decided with
 * partial incidents too, and must come to the same unless that wants_whole. */
void scene_send(scene *s, int minute, const sent *events, size_t count);
bool scene_act(scene *s, int minute, const action *act, err *e); /* on the incident of group "g"; via NULL: a link */
void scene_due(scene *s, int minute);
incident *scene_incident(const scene *s); /* of group "g" */

#define SEND(s, minute, ...)                                                                                           \
    scene_send((s), (minute), (const sent[]){__VA_ARGS__}, sizeof((const sent[]){__VA_ARGS__}) / sizeof(sent))
#define ACT(s, minute, ...) scene_act((s), (minute), &(action){__VA_ARGS__}, &(err){0})

/* "R!opened A.opened I.opened": letters and reasons in order, ! a page, . a notice; equal neighbours once. */
const char *told(const scene *s);
/* "R!opened slack:mlops, …": each message. */
const char *told_contacts(const scene *s);
/* "undecided of mlops-engineer by Bob", "accepted of mlops-engineer by Hana to platform-engineer": what is kept. */
const char *contests(const scene *s);
const char *outcomes(const scene *s);                        /* "opened joined" */
const char *timeline(const scene *s);                        /* the kinds: "opened joined" */
const char *timeline_text(const scene *s, const char *kind); /* of the last of this kind; "" */
size_t pages_to(const scene *s, raci_letter letter);
/* "triggered 2/3 due 15": state, alerts open/total, due minute (- never). */
const char *state_of(const scene *s, const incident *i);

#endif
