/* Handoff: the package with which a model crosses from the Science Loop to the System Loop, and what must be true of
 * it.
 *
 * Five parts: artifact, dependencies, schema, baseline, resources (docs/handoff-package.md). Reading and checking are
 * pure: what files say, and what the database knows of earlier versions, is handed in. Every failure is found in one
 * run. */
#ifndef ONUS_HANDOFF_H
#define ONUS_HANDOFF_H

#include "onus/diagnostic.h"

/* declared → validated → accepted → superseded, or rejected, or handed back (from accepted). */
typedef enum handoff_state {
    HANDOFF_NONE, /* nobody has declared this version */
    HANDOFF_DECLARED,
    HANDOFF_VALIDATED,
    HANDOFF_ACCEPTED,
    HANDOFF_SUPERSEDED,
    HANDOFF_REJECTED,
    HANDOFF_HANDED_BACK,
    HANDOFF_STATE_COUNT
} handoff_state;

const char *handoff_state_to_text(handoff_state s); /* none | declared | … | handed-back */
MUST_USE bool handoff_state_from_text(const char *text, handoff_state *out);

typedef enum handoff_part {
    HANDOFF_ARTIFACT, /* and who the model is: model, model_version */
    HANDOFF_DEPENDENCIES,
    HANDOFF_SCHEMA,
    HANDOFF_BASELINE,
    HANDOFF_RESOURCES,
    HANDOFF_PART_COUNT
} handoff_part;

const char *handoff_part_to_text(handoff_part p); /* artifact | dependencies | schema | baseline | resources */

/* A manifest that was read: what others need to know by name, and the whole as JSON. */
typedef struct handoff_package {
    const char *model, *version;  /* never "" */
    const char *rollback_version; /* "" when not said, and when the manifest says "none" (a first version) */
    const char *json;             /* the manifest, compact; stored and shown */
    struct cJSON *tree;           /* the same, parsed; freed by handoff_package_release */
} handoff_package;

/* The manifest as JSON, as the API takes it; at most LIMIT_HANDOFF_BYTES. ERR_INVALID when it is no manifest at all
 * (not JSON, no model, no version), ERR_LIMIT when it is too large; what is wrong with the five parts is
 * handoff_check's to say. */
MUST_USE bool handoff_package_read(arena *a, const char *json, size_t len, handoff_package *out, err *e);
/* The same of a tree, which then belongs to the package, with nothing refused: model and version may be "". For
 * validating what is not finished yet. */
void handoff_package_adopt(arena *a, struct cJSON *tree, handoff_package *out);
void handoff_package_release(handoff_package *p);

typedef struct handoff_finding {
    diagnostic_level level;
    handoff_part part;
    const char *path; /* JSON pointer into the manifest (RFC 6901); for a missing value, where it belongs */
    unsigned line;    /* of the text at `path`, from 1; 0: the whole value */
    const char *rule; /* "unpinned-dependency" */
    const char *text; /* what, and how to mend it */
} handoff_finding;

typedef struct handoff_findings {
    arena *memory;
    handoff_finding *items;
    size_t count, capacity;
    size_t errors; /* of them, the unshown ones too */
} handoff_findings;

enum { HANDOFF_FINDINGS_MAX = 1000 }; /* past it problems are only counted */

/* A file of the artifact that lies where the check runs. */
typedef struct handoff_file {
    const char *path;
    int64_t size;
    const char *sha256; /* 64 hex digits */
    const char *fault;  /* why it cannot be read; NULL: it was read */
} handoff_file;

/* What is known beside the manifest. */
typedef struct handoff_context {
    usec now;
    usec baseline_age_max;           /* 0: 90 days */
    const handoff_package *previous; /* the version accepted last; NULL: none, or not known */
    bool history_known;              /* false: the rollback version cannot be looked up */
    bool rollback_accepted;          /* it was accepted once */
    const handoff_file *files;       /* what is not among them stands as declared */
    size_t file_count;
} handoff_context;

/* Adds every failure of every part; nothing else is touched. Pure. */
void handoff_check(const handoff_package *p, const handoff_context *c, handoff_findings *out);
/* [{"level","part","path","line","rule","text"}] */
void handoff_findings_put_json(buf *b, const handoff_findings *f);
/* One line on what a part holds, whether it is right or not: "3 files, 41 MB, digests recomputed". */
const char *handoff_part_summary(const handoff_package *p, const handoff_context *c, handoff_part part, arena *a);

/* What a manifest's value is, by its place. For readers of YAML, where 1.10 may be a version or a number. */
typedef enum handoff_kind {
    HANDOFF_KIND_UNKNOWN, /* no such key */
    HANDOFF_KIND_MAP,
    HANDOFF_KIND_LIST,
    HANDOFF_KIND_TEXT,
    HANDOFF_KIND_FILE, /* a path, read by the command line; the service takes the contents only */
    HANDOFF_KIND_NUMBER,
    HANDOFF_KIND_QUANTITY, /* a text or a number: "500m", 2 */
    HANDOFF_KIND_DATA,     /* any JSON: a JSON Schema, a sample */
} handoff_kind;

handoff_kind handoff_kind_at(const char *pointer);

#endif
