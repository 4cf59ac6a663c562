/* Private to the command line: a handoff package from a folder or a file, put together to one manifest. */
#ifndef ONUS_CLI_HANDOFF_LOAD_H
#define ONUS_CLI_HANDOFF_LOAD_H

#include "cli/folder.h"
#include "onus/handoff_file.h"

enum { HANDOFF_TEXTS_MAX = 16, HANDOFF_FILES_MAX = 10000 };

/* A file that was read as text, for showing its lines. */
typedef struct loaded_text {
    const char *path; /* as shown */
    const char *bytes;
    size_t len;
} loaded_text;

typedef struct handoff_loaded {
    const char *path;  /* as it was given */
    folder folder;     /* nothing outside is read */
    bool within;       /* folder is there */
    diagnostics found; /* what is wrong with the files themselves */
    handoff_package package;
    handoff_places places;
    loaded_text texts[HANDOFF_TEXTS_MAX];
    size_t text_count;
    handoff_file *files; /* of the artifact, when it lies here */
    size_t file_count;
} handoff_loaded;

/* What is wrong with files is in `found`; with any error there, `package` is what could be read all the same. Released
 * by the caller; everything else lives in c->memory. */
void handoff_load(cli *c, const char *path, handoff_loaded *out);
void handoff_loaded_release(handoff_loaded *l);

/* ── handoff_files.c ── */
/* A text below the folder, kept in `texts`; NULL with a finding at `place` when it cannot be read. */
const loaded_text *handoff_read_text(cli *c, handoff_loaded *l, const char *name, const handoff_place *place);
/* Puts the contents of the files that the manifest names in place of the names. */
void handoff_resolve_files(cli *c, handoff_loaded *l, struct cJSON *manifest);
/* Digests of the artifact's files, when it lies here. */
void handoff_digest_files(cli *c, handoff_loaded *l, struct cJSON *manifest);
/* Makes the manifest's list of files from what the folder holds. */
void handoff_list_files(cli *c, handoff_loaded *l, struct cJSON *manifest);

/* ── handoff_lock.c ── */
/* The text of a requirement file with those that it includes (-r) in place, put into the manifest as its lock. */
void handoff_put_lock(cli *c, handoff_loaded *l, struct cJSON *manifest, const loaded_text *text);

/* ── handoff_mlflow.c ── */
/* What MLflow left in the folder, where the manifest says nothing. */
void handoff_add_mlflow_files(cli *c, handoff_loaded *l, struct cJSON *manifest);

#endif
