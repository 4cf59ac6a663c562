/* Private to the command line: files below one folder, and never outside it. */
#ifndef ONUS_CLI_FOLDER_H
#define ONUS_CLI_FOLDER_H

#include "cli/cli.h"
#include "onus/handoff.h"

typedef struct folder {
    const char *path; /* as it was given; for showing */
    const char *real; /* resolved */
} folder;

MUST_USE bool folder_open(arena *a, const char *path, folder *out, err *e);

/* Where a folder, or the one that holds a file, lies below `f`, however it is named: "" or "models/fraud/". False when
 * it does not, or is not there. */
MUST_USE bool folder_find(arena *a, const folder *f, const char *path, const char **within);

/* Size and SHA-256 digest of a regular file below the folder, by a relative path; links are followed as long as they
 * stay below. False as well when it was changed meanwhile. `path` is not copied. */
MUST_USE bool folder_digest(arena *a, const folder *f, const char *path, handoff_file *out, err *e);
/* "folder/path", for showing. */
const char *folder_path(arena *a, const folder *f, const char *path);
/* There is something of this name, which need not be readable. */
bool folder_has(const folder *f, const char *path);
/* At most `max` bytes, else an error; NUL-terminated, in the arena. */
MUST_USE bool folder_read(arena *a, const folder *f, const char *path, size_t max, char **bytes, size_t *len, err *e);

/* Everything below but folders, as relative paths in their order: also what is no file, and links, other than those to
 * folders below. More than `max`: an error. */
MUST_USE bool folder_list(arena *a, const folder *f, size_t max, const char ***paths, size_t *count, err *e);

#endif
